"""Postern itself under measurement: rates, memory, start, growth."""
import os
import pathlib
import signal
import sqlite3
import statistics
import time

import rivals
import world as w


def memory_kb(pid):
    """(proportional share, resident) of one process."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n"):
        parts = line.split()
        if len(parts) == 3:
            fields[parts[0]] = int(parts[1])
    return fields["Pss:"], fields["Rss:"]


class Ours:
    def __init__(self, context):
        self.context = context
        self.world = w.World(context.dir / "postern", build=context.build)
        self.world.remove()
        self.world.make()
        context.secret = self.world.data / "secrets" / "whatsapp-app"
        context.sim = self.world.sim
        self.desk = None

    def start(self):
        """The desk takes everything; nobody plays the phone."""
        self.world.start("desk", [str(self.context.dir / "bare"),
                                  str(self.world.ports["desk"])])
        rivals.wait_port(self.world.ports["desk"])
        self.world.serve()

    def stop(self):
        for name in ("postern", "desk"):
            self.world.stop(name, seconds=60)

    def at_desk(self):
        return int(w.call("GET", self.world.url("desk", "/"))[1] or 0)

    def figure(self, name):
        text = w.call("GET", self.world.url("internal", "/metrics"))[1]
        for line in text.decode().split("\n"):
            if line.startswith(name + " "):
                return int(float(line.split()[1]))
        raise w.Failure(f"no figure {name}")

    def stored(self):
        return self.figure("postern_worker_messages_stored_total")

    def waiting(self):
        """Acknowledged and not archived (bytes), archived and not told."""
        rows = ('postern_outbox_rows{kind="helpdesk",destination="desk",'
                'state="waiting"}')
        return self.figure("postern_spool_backlog_bytes"), self.figure(rows)

    def quiet(self, seconds):
        """Waits until all is archived and told.  Not seen by how little the
        processes do: on a busy machine a starved one looks idle."""
        try:
            w.until("all is archived and told", seconds,
                    lambda: self.waiting() == (0, 0), 0.25)
        except w.Failure:
            return False
        return True

    def load(self, *args):
        return rivals.load(self.context, self.world.hook, *args)

    def measure(self, seconds):
        """Acknowledgements while the rest of Postern works as well."""
        figures = self.load("--seconds", seconds)
        figures["drained"] = self.quiet(60)
        return figures

    def end_to_end(self, count):
        """From the first request until the desk has the last message."""
        desk, began = self.at_desk(), time.monotonic()
        figures = self.load("--count", count)
        try:
            w.until("the desk has all", 120,
                    lambda: self.at_desk() - desk >= count, 0.02)
        except w.Failure:
            pass
        took = time.monotonic() - began
        return {"per_second": (self.at_desk() - desk) / took,
                "complete": self.at_desk() - desk >= count,
                "acknowledged": figures["acknowledged"]}

    def archive(self, count, seconds):
        """Fills the archive; rate of archiving alone, first and last tenth."""
        marks, target = [], self.stored() + count
        began = time.monotonic()
        while self.stored() < target and time.monotonic() - began < seconds:
            was, at = self.stored(), time.monotonic()
            step = min(max(count // 10, 1000), target - was)
            self.load("--count", step, "--connections", 32)
            late = False
            try:
                w.until("archived", 120, lambda: self.stored() - was >= step,
                        0.02)
            except w.Failure:
                late = True
            marks.append((self.stored() - was) / (time.monotonic() - at))
            if late:
                break
        return {"messages": self.stored(), "marks": marks,
                "first": marks[0] if marks else None,
                "last": statistics.median(marks[-3:]) if marks else None}

    def memory(self):
        return {name: memory_kb(pid)
                for name, pid in self.world.children().items()}

    def start_time(self, waiting):
        """Kill all with so many bodies in the spool; time to ready."""
        children = self.world.children()
        os.kill(children["worker"], signal.SIGSTOP)
        made = self.load("--count", waiting)["acknowledged"]
        top = self.world.processes.pop("postern")
        for pid in (top.pid, *children.values()):
            os.kill(pid, signal.SIGKILL)
        top.wait()
        began = time.monotonic()
        self.world.serve(wait=False)
        w.until("ready again", 120, self.world.ready, 0.005)
        return {"seconds": time.monotonic() - began, "waiting": made}

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
