"""Postern itself under measurement: rates, memory, start, growth."""
import json
import os
import pathlib
import signal
import sqlite3
import statistics
import subprocess
import time

import alone
import rivals
import world as w

SETTLE = 0.02   # the backlog may grow by this share and still count as steady
NOISE = 512     # messages; what is under way in batches


def memory_kb(pid):
    """(proportional share, resident) of one process."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n"):
        parts = line.split()
        if len(parts) == 3:
            fields[parts[0]] = int(parts[1])
    return fields["Pss:"], fields["Rss:"]


class Ours:
    """All of it: intake, worker, keeper and a desk that takes everything."""

    def __init__(self, context, name="postern"):
        self.context = context
        self.world = w.World(context.dir / f"{name}-{context.slow_us}",
                             build=context.build)
        if context.slow_us:
            self.world.binary = str(
                context.dir / f"postern-slow-{context.slow_us}")
        self.world.remove()
        self.world.make()
        self.start()

    def start(self):
        """The desk takes everything; nobody plays the phone."""
        self.world.start("desk", [str(self.context.dir / "bare"),
                                  str(self.world.ports["desk"])])
        rivals.wait_port(self.world.ports["desk"])
        self.world.serve()

    def roots(self):
        return [p.pid for p in self.world.processes.values()]

    def asleep(self):
        return []

    def warm(self, seconds):
        self.behind("--count", 2000)

    def stop(self):
        for name in ("postern", "desk"):
            if name in self.world.processes:
                self.world.stop(name, seconds=60)

    def gone(self):
        """Ends at once and leaves nothing; from any state."""
        pids = alone.tree(self.roots())
        alone.tell(pids, signal.SIGKILL)
        for process in self.world.processes.values():
            process.wait()
        self.world.processes.clear()
        w.until("all of Postern has ended", 20,
                lambda: not set(pids) & set(alone.parents()))
        self.world.remove()

    # --- looking --------------------------------------------------------------
    def at_desk(self):
        return int(w.call("GET", self.world.url("desk", "/"))[1] or 0)

    def figures(self):
        text = w.call("GET", self.world.url("internal", "/metrics"))[1]
        return dict(line.rsplit(" ", 1) for line in text.decode().split("\n")
                    if line and line[0] != "#")

    def figure(self, name):
        return int(float(self.figures()[name]))

    def waiting(self):
        """Acknowledged and not archived (bytes), archived and not told."""
        rows = ('postern_outbox_rows{kind="helpdesk",destination="desk",'
                'state="waiting"}')
        found = self.figures()
        # A destination without a row in the outbox has no line.
        return (int(found["postern_spool_backlog_bytes"]),
                int(found.get(rows, 0)))

    def drained(self, desk, count, seconds):
        """Waits until the desk has count more than it had, and no other
        (each is told once here); the seconds that took, None too many."""
        began = time.monotonic()
        try:
            w.until("the desk has all", seconds,
                    lambda: self.at_desk() - desk >= count, 0.02, exact=True)
            took = time.monotonic() - began
            w.until("all is archived and told", 30,
                    lambda: self.waiting() == (0, 0), 0.1)
        except w.Failure:
            return None
        if self.at_desk() - desk != count:
            raise ValueError(f"the desk was told {self.at_desk() - desk} of "
                             f"{count} messages")
        return took

    # --- measuring --------------------------------------------------------------
    def load(self, *args):
        if "--rate" not in args:
            return rivals.load(self.context, self.world, self.world.hook,
                               *args)
        # Where latency is the question: what the disk alone takes of it.
        with alone.Beside(self.context.dir,
                          self.context.slow_library) as beside:
            figures = rivals.load(self.context, self.world, self.world.hook,
                                  *args)
        return {**figures, **beside.figures()}

    def behind(self, *args, wait=150):
        """A load, all of Postern at work, then until the desk has all."""
        desk, began = self.at_desk(), time.monotonic()
        figures = self.load(*args)
        loaded = time.monotonic() - began
        rest = self.drained(desk, figures["acknowledged"], wait)
        if rest is None:
            raise ValueError("the desk had not all in time")
        figures["end_to_end"] = figures["acknowledged"] / (loaded + rest)
        figures["rest_s"] = rest
        return figures

    def backlog(self, desk, acknowledged):
        """Acknowledged since and not yet at the desk."""
        now = self.figure("postern_intake_acknowledged_total")
        return now - acknowledged - (self.at_desk() - desk)

    def steady_try(self, rate, seconds):
        """An open loop of this rate: does the desk keep up with it?"""
        desk = self.at_desk()
        acknowledged = self.figure("postern_intake_acknowledged_total")
        began = time.monotonic()
        child = subprocess.Popen(
            rivals.load_argv(self.context, self.world, self.world.hook,
                             "--rate", rate, "--seconds", seconds),
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        time.sleep(seconds / 3)
        early, early_s = self.backlog(desk, acknowledged), time.monotonic()
        time.sleep(max(0, began + seconds - 0.1 - time.monotonic()))
        late, late_s = self.backlog(desk, acknowledged), time.monotonic()
        figures = json.loads(child.communicate(timeout=120)[0])
        sent = rate * (late_s - early_s)
        if self.drained(desk, figures["acknowledged"], 120) is None:
            raise ValueError("the desk had not all in time")
        return {"per_second": figures["per_second"], "rate": rate,
                "seconds": seconds, "backlog": late,
                "in_chain_ms": late / rate * 1000,
                "p50_ms": figures["p50_ms"], "p99_ms": figures["p99_ms"],
                "p999_ms": figures["p999_ms"],
                "follows": late - early <= SETTLE * sent + NOISE and
                figures["acknowledged"] >= 0.98 * rate * seconds}

    def steady(self, guess, seconds, tries, say):
        """The highest steady rate that the whole chain follows."""
        good, bad, best = 0, None, None
        rate = guess
        for number in range(tries):
            got = self.steady_try(int(rate), seconds)
            say(f"{int(rate)}/s: " + ("followed" if got["follows"] else
                                      "the backlog grew"))
            if got["follows"]:
                good, best = rate, got
            else:
                bad = rate
            if bad is None:
                rate = good * 1.25
            else:
                rate = (good + bad) / 2 if good else bad * 0.75
            if bad and good and bad / good < 1.04:
                break
        while best is not None:  # for longer; less, until that holds too
            got = self.steady_try(int(good), seconds * 3)
            say(f"{int(good)}/s for {seconds * 3} s: " +
                ("followed" if got["follows"] else "the backlog grew"))
            if got["follows"]:
                return got
            good *= 0.93
            if good < guess / 10:
                break
        raise ValueError("no steady rate found")

    def grow(self, count, steps, seconds):
        """From nothing to count messages; the rate until the desk has them,
        for each step."""
        marks, total, end = [], 0, time.monotonic() + seconds
        sizes = [10000] + [max(1000, (count - 10000) // steps)] * steps
        for step in sizes:
            if total >= count or time.monotonic() > end:
                break
            got = self.behind("--count", step, "--connections", 32)
            total += step
            marks.append([total, got["end_to_end"]])
        rates = [rate for _, rate in marks]
        stored = self.figure("postern_worker_messages_stored_total")
        return {"messages": stored, "marks": marks, "whole": total >= count,
                "first": statistics.median(rates[1:4]) if rates[1:] else None,
                "last": statistics.median(rates[-3:]) if rates[1:] else None}

    def memory(self):
        return {name: memory_kb(pid)
                for name, pid in self.world.children().items()}

    def start_time(self, waiting):
        """Kill all with so many bodies in the spool; time to ready, and all
        of them have to arrive."""
        children, desk = self.world.children(), self.at_desk()
        os.kill(children["worker"], signal.SIGSTOP)
        made = self.load("--count", waiting)["acknowledged"]
        top = self.world.processes.pop("postern")
        alone.tell((top.pid, *children.values()), signal.SIGKILL)
        top.wait()
        began = time.monotonic()
        self.world.serve(wait=False)
        w.until("ready again", 120, self.world.ready, 0.005)
        took = time.monotonic() - began
        return {"seconds": took, "waiting": made,
                "drained_s": self.drained(desk, made, 150)}

    def archive_bytes(self):
        """(database, sealed) bytes per message; after a stop, so whole."""
        path = self.world.data / "postern.db"
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        columns = [r[1] for r in db.execute("PRAGMA table_info(message)")
                   if r[2] == "BLOB"]
        count = db.execute("SELECT count(*) FROM message").fetchone()[0]
        sealed = sum(db.execute(
            f"SELECT coalesce(sum(length({c})), 0) FROM message").fetchone()[0]
            for c in columns)
        db.close()
        size = sum(p.stat().st_size for p in
                   self.world.data.glob("*.db*") if "shm" not in p.name)
        return {"messages": count, "bytes": size / max(count, 1),
                "sealed_bytes": sealed / max(count, 1)}


class Burst(Ours):
    """Worker and keeper stopped: what the spool takes.  The same work as the
    rivals do before they answer, and like them nothing after it."""

    def __init__(self, context):
        super().__init__(context, "burst")
        self.children = self.world.children()
        alone.tell(self.asleep(), signal.SIGSTOP)

    def asleep(self):
        return [self.children[name] for name in ("worker", "keeper")]

    def warm(self, seconds):
        self.burst("--seconds", seconds)

    def burst(self, *args):
        spool = self.world.data / "spool"
        before = rivals.folder_bytes(spool)
        figures = self.load(*args)
        rivals.grown(rivals.folder_bytes(spool) - before, figures)
        return figures
