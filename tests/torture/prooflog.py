#!/usr/bin/env python3
"""Goal: whichever system call is the last one of the worker or the keeper, or
fails, once or from then on, while the proof log is written, signed, given a
new key, pruned or published: the log verifies, extends the last checkpoint
that anybody saw, and goes on.  A witness never forgets what it signed.

Numbers of calls, as in sites.py; of each scenario and kind all (nightly), or
some that are drawn (short)."""
import datetime
import json
import shutil
import signal
import sqlite3
import time

import audit
import ledger
import setup
import sites
import witnessing
from ledger import w
from setup import figure, folder, instance

DAY = 24 * 3_600_000
BUNDLE = 256
LIFE = 60      # hits of one instance
BUNDLES = LIFE + 2
SETTINGS = ("ledger: {checkpoint: {minutes: 1440, entries: 100000}, "
            "publish: true, keep: P1Y}\n")

DISK = f"{sites.DISK} other"
# scenario: (roles, each walked for itself; files)
SCENARIOS = {
    "append": (("worker", "keeper"), DISK),
    "checkpoint": (("worker", "keeper"), DISK),
    "rotate": (("worker", "keeper"), DISK),
    "prune": (("worker",), f"{DISK} ledger"),
    "publish": (("worker",), "ledger"),
    "witness": (("verb",), "other"),
}
FAULTS = [f for f in sites.FAULTS if f[1] not in ("EMFILE", "ENOMEM")]


def fill(world):
    """Bundles of entries, each a day older than the next, as the gateway
    writes them: every further day one of them may go."""
    noon = datetime.datetime.now(datetime.timezone.utc).replace(
        hour=12, minute=0, second=0, microsecond=0)
    try:
        noon = noon.replace(year=noon.year - 1)
    except ValueError:  # 29 February
        noon = noon.replace(year=noon.year - 1, day=28)
    db = sqlite3.connect(world.data / "postern.db")
    for i in range(BUNDLES * BUNDLE):
        at = noon + datetime.timedelta(days=i // BUNDLE)
        db.execute("INSERT INTO ledger_entry(id,body) VALUES(?,?)", (
            i, json.dumps({
                "act": "system", "e": "policy.changed", "n": i,
                "t": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "v": 1},
                separators=(",", ":"), sort_keys=True).encode()))
    db.commit()
    db.close()


def number(world, name):
    found = ledger.rows(world, "SELECT value FROM meta WHERE name=?", name)
    return int.from_bytes(found[0][0], "big") if found else 0


class Log:
    """One gateway whose log is hit again and again."""

    def __init__(self, world, plan, scenario):
        self.world, self.plan, self.scenario = world, plan, scenario
        self.log = world.dir.parent / "load.ledger"
        self.auditor = audit.of(world)
        self.hits = self.crashes = 0
        self.day = 0
        self.made = set()  # tokens that were answered
        self.clock = []
        if scenario == "prune":
            fill(world)
        world.serve()
        if scenario == "append":
            world.desk_token()
            world.start_phone()
            world.start_desk("--tolerance", "1000000000")
        ledger.check(self.token(), "no token")
        self.auditor.extend()
        self.published()

    # --- acts -----------------------------------------------------------------

    def token(self, timeout=20):
        status, got = audit.ask(self.world, "POST", "/v1/tokens", {
            "scopes": "audit", "label": "torture"}, timeout)
        if status in (200, 201):
            self.made.add(got["id"])
        return status in (200, 201)

    def append(self):
        # Of the three persons one is new.
        load = self.world.load("--count", 4, "--connections", 2, "--persons",
                               3, "--first-person", self.hits, "--bytes", 200,
                               "--retry", "--ledger", self.log)
        self.token(self.patience)
        self.settle(lambda: load.poll() is not None, self.patience)
        load.kill()
        load.wait()
        load.stdout.close()
        acked = ledger.lines(self.log, "acked")
        self.settle(lambda: not ledger.missing(self.world, acked), 0.7)

    def checkpoint(self):
        self.auditor.sign(self.patience)

    def rotate(self):
        audit.ask(self.world, "POST", "/v1/ledger/rotate-key",
                  timeout=self.patience)
        self.auditor.ask_keys(self.patience)

    def prune(self):
        """The first note makes it look what is old and name it, the second
        one covers that, so the rest goes."""
        if not self.auditor.sign(self.patience):
            return
        named = self.auditor.size
        self.settle(lambda: number(self.world, "ledger_pruned") >= named, 1)
        if not self.auditor.sign(self.patience):
            return
        self.settle(self.pruned, 1)
        self.settle(self.removed, 1.2)

    def publish(self):
        self.auditor.sign(self.patience)
        self.settle(lambda: self.awake(self.shown), 1)

    # --- what comes of them ---------------------------------------------------

    def settle(self, test, seconds):
        """Until it is so, or will not be: a process has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.dead():
            try:
                if test():
                    return
            except sqlite3.Error:
                pass
            time.sleep(0.01)

    def dead(self):
        now = self.world.children()
        return any(now.get(name) != pid for name, pid in self.pids.items())

    def bundle(self, n):
        return self.world.data / "ledger" / "tile" / "entries" / f"{n:03d}"

    def shown(self):
        path = self.world.data / "ledger" / "checkpoint"
        return path.exists() and path.read_text() == self.auditor.last

    def first(self):
        return ledger.rows(self.world, "SELECT min(id) FROM ledger_entry")[0][0]

    def pruned(self):
        """All that was named has gone."""
        return self.first() == number(self.world, "ledger_stays")

    def removed(self):
        return not any(self.bundle(n).exists()
                       for n in range(self.first() // BUNDLE))

    def awake(self, test):
        """A loop with nothing to do looks at its files once a second."""
        return self.auditor.ask_keys() and test()

    def published(self):
        w.until("it is published", 60, lambda: self.awake(self.shown))
        self.auditor.verify_published()

    # --- a hit ----------------------------------------------------------------

    def prepare(self, fault, at):
        action, error, times, calls = fault
        self.patience = 1.5 if times == 1 or action == "count" else 0.8
        self.plan.clear()
        self.token()  # something to sign
        if self.scenario == "prune":
            self.day += DAY
            self.plan.clock(self.day)
            self.world.confirm_clock()
        self.pids = self.world.children()
        roles, files = SCENARIOS[self.scenario]
        self.plan.rule(0, self.roles, calls, files, action, at, error, times)

    def hit(self, scenario, roles, fault, at=1, stack=0):
        began = len(setup.log_of(self.world))
        self.roles = roles
        self.clock = [time.monotonic()]
        self.prepare(fault, at)
        top = self.world.processes["postern"]
        # What a killed process leaves is looked at before it comes back.
        if fault[0] == "kill":
            top.send_signal(signal.SIGSTOP)
        self.plan.arm()
        try:
            getattr(self, self.scenario)()
            self.clock.append(time.monotonic())
            self.plan.arm(False)
            if fault[0] == "kill":
                self.look()
        finally:
            top.send_signal(signal.SIGCONT)
        self.clock.append(time.monotonic())
        self.heal()
        self.clock.append(time.monotonic())
        self.judge(began)
        self.clock.append(time.monotonic())
        return self.plan.fired(), self.plan.seen()

    def took(self):
        parts = [b - a for a, b in zip(self.clock, self.clock[1:])]
        return " ".join(f"{part:.1f}" for part in parts) \
            if sum(parts) > sites.SLOW_S else ""

    def look(self):
        self.auditor.verify_published()
        self.auditor.verify()

    def heal(self):
        """It comes back by itself after a kill; what failed for ever, or now
        waits a minute, is started anew."""
        try:
            w.until("ready", 3, self.world.ready, 0.02, exact=True)
            self.look()
        except w.Failure as wrong:
            if "not within" not in str(wrong) and sites.serving(self.world):
                raise
        if sites.serving(self.world):
            self.world.stop("postern")
        else:
            self.world.processes.pop("postern", None)
        self.look()
        self.world.serve()

    def judge(self, began):
        self.hits += 1
        self.auditor.verify()
        self.whole()
        w.until("an act", 60, self.token)
        self.auditor.extend()
        if self.scenario == "append":
            acked = ledger.lines(self.log, "acked")
            ledger.wait_delivered(self.world, acked, 60)
            ledger.check_sent(self.world, ledger.lines(self.log, "sent"))
        if self.scenario == "prune":
            w.until("pruned", 60, lambda: self.pruned() or
                    self.auditor.sign() and self.pruned(), 0.1)
            ledger.check(self.first() > 0, "nothing was ever pruned")
        if self.scenario in ("prune", "publish"):
            self.published()
        if self.scenario == "prune":
            w.until("bundles go", 60, lambda: self.awake(self.removed))
        if self.scenario == "rotate":
            self.chained()
        self.crashes += ledger.check_ends(self.world, began)

    def entries(self):
        return [json.loads(body) for body, in ledger.rows(
            self.world, "SELECT body FROM ledger_entry ORDER BY id")]

    def whole(self):
        """No act without an entry, no entry without an act."""
        told = [e["obj"] for e in self.entries() if e["e"] == "token.created"]
        ledger.check(self.made <= set(told), "an answered act has no entry")
        count, = ledger.rows(self.world, "SELECT count(*) FROM token")[0]
        ledger.check(len(set(told)) == len(told) == count,
                     f"{len(told)} entries of {count} tokens")
        wrong = ledger.proved.look(self.world.data)
        ledger.check(not wrong, f"not what the log says: {wrong[:5]}")

    def chained(self):
        """Whoever knows the first key gets to the last one: each signed a
        note together with the one before it."""
        ids = [key.split("+")[1] for key in self.auditor.keys]
        notes = [audit.signers(bytes(note).decode()) for note, in ledger.rows(
            self.world, "SELECT note FROM ledger_checkpoint")]
        for old, new in zip(ids, ids[1:]):
            ledger.check(any({old, new} <= who for who in notes),
                         f"{old} and {new} signed nothing together")
        told = sum(e["e"] == "log.key_rotated" for e in self.entries())
        ledger.check(told >= len(ids) - 1, f"{told} entries, {len(ids)} keys")
        _, got = audit.ask(self.world, "GET", "/v1/ledger/keys")
        states = [key["state"] for key in got["keys"]]
        ledger.check(states == ["destroyed"] * (len(ids) - 1) + ["signing"],
                     f"keys are {states}")


class Walk(sites.Walk):
    """One fault at every call of one scenario."""

    def begin(self):
        self.stack = setup.contextlib.ExitStack()
        directory = self.stack.enter_context(folder())
        if self.scenario == "witness":
            self.site = self.stack.enter_context(
                witnessing.witness(directory, self.roles))
            return
        world, plan = self.stack.enter_context(
            instance(directory / "world", extra=SETTINGS))
        self.site = Log(world, plan, self.scenario)

    def end(self):
        if self.scenario != "witness":  # which has no archive
            super().end()


def all_of(scenario):
    """Nightly: each kind of fault at each call of each process."""
    for fault in FAULTS:
        if sites.ONLY not in (None, fault[1] or fault[0]):
            continue
        for some in SCENARIOS[scenario][0]:
            walk = Walk(scenario, some, fault)
            walk.run()
            yield walk


def some_of(scenario):
    """Short: one instance, a kill of each process and two other faults."""
    roles = SCENARIOS[scenario][0]
    drawn = [(some, FAULTS[0]) for some in roles]
    walk = Walk(scenario, " ".join(roles), FAULTS[0])
    drawn += [(walk.roles, one)
              for one in walk.rng.sample(FAULTS[1:], sites.SITES)]
    for some, fault in drawn:
        walk.roles, walk.fault = some, fault
        # Runs differ a little in how many there are.
        got = walk.hit(walk.counting())
        at = 1 + int(0.9 * walk.rng.random() * (got[1] if got else 0))
        got = walk.hit(at=at)
        walk.fired += got is None or got[0] > 0
    if walk.site is not None:
        walk.end()
    walk.close()
    figure(f"{scenario}: drawn", walk.fired)
    yield walk


def survives(scenario):
    def case(rng):
        hits, findings = 0, []
        for walk in all_of(scenario) if sites.SITES == 0 else some_of(scenario):
            hits += walk.fired
            findings += walk.findings
        print(f"   {hits} faults fired, {len(findings)} findings", flush=True)
        figure("findings", len(findings))
        ledger.check(hits > 0 or sites.ONLY, "no fault fired")
        setup.check_none(findings, "findings")
    case.__name__ = f"{scenario}_survives_every_fault"
    return case


def unsound(check, what):
    try:
        check()
    except w.Failure:
        return
    raise w.Failure(f"not noticed: {what}")


def edit(world, statement):
    db = sqlite3.connect(world.data / "postern.db")
    db.execute(statement)
    db.commit()
    db.close()


def what_is_not_sound_is_noticed(rng):
    """The checks of a hit, each with something to find."""
    with folder() as directory, instance(
            directory / "world", extra=SETTINGS) as (world, plan):
        log = Log(world, plan, "publish")
        world.stop("postern")
        log.look()
        log.whole()
        archive, shown = world.data / "postern.db", world.data / "ledger"
        good, old = archive.read_bytes(), directory / "old"
        shutil.copytree(shown, old)
        edit(world, "INSERT INTO token SELECT 99,zeroblob(32),scopes,helpdesk,"
             "label,created_ms,expires_ms,revoked_ms,used_ms FROM token LIMIT 1")
        unsound(log.whole, "an act without an entry")
        archive.write_bytes(good)
        edit(world, "DELETE FROM ledger_entry WHERE id=1")
        unsound(log.auditor.verify, "an entry that is gone")
        archive.write_bytes(good)
        world.serve()
        log.auditor.extend()
        log.published()
        world.stop("postern")
        log.look()
        archive.write_bytes(good)
        unsound(log.auditor.verify, "a log that was taken back")
        shutil.rmtree(shown)
        shutil.copytree(old, shown)
        unsound(log.auditor.verify_published, "a folder that was taken back")


if __name__ == "__main__":
    only = setup.sys.argv[1:]
    setup.run([survives(s) for s in SCENARIOS if not only or s in only] +
              ([] if only else [what_is_not_sound_is_noticed]))
