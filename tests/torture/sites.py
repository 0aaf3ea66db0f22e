#!/usr/bin/env python3
"""Goal: whichever system call is the last one of a process, or fails, once or
from then on, nothing acknowledged is lost and a restart heals.

For each scenario and kind of fault the n-th call is hit, n = 1, 2, ... until
a run passes without the fault (nightly), or for SITES drawn n (short).  Of
allocations, the first whose place has not failed yet, until no run has one."""
import hashlib
import itertools
import random
import time

import audit
import ledger
import setup
from faults import COLLECT, DISK, FRESH
from ledger import w
from setup import PART, PARTS, figure, folder, instance, size, turn

SITES = size("SITES", 1, 0)  # of each line below; 0: every one
# Allocations, by the place that makes them, failing once and from then on; 0:
# every place.
MEMORY = size("MEMORY_SITES", 1, 0)
MEMORY_FOR_EVER = size("MEMORY_FOR_EVER", 1, 0)
ONLY = setup.os.environ.get("FAULT")  # ENOMEM, kill, short, ...
HOUR = 3_600_000
LIFE = 60      # hits of one instance: its ledgers stay short
QUIET = 5      # runs without a new place: all are known
PLACES = 9000  # more of one walk: a place is not the same in every run
AGAIN = 3      # a drawn place that only some runs come by
SLOW_S = 8     # a hit that says where its time went
WRONG = 5      # findings of one walk are enough to look at

CHANGES = "write pwrite pwritev ftruncate rename unlink open fallocate"
SYNCS = "fdatasync fsync"
ALL = ("keeper", "worker", "intake", "serve")
# scenario: (roles, each walked for itself; files; armed before the start)
SCENARIOS = {
    "start": (ALL, DISK, True),
    "acknowledge": (("intake",), f"{DISK} other", False),
    "archive": (("worker", "keeper"), DISK, False),
    "deliver": (("worker",), "other", False),
    "stop": (ALL, f"{DISK} other", False),
}
# (action, error, times, calls)
FAULTS = [("kill", None, 1, f"{CHANGES} {SYNCS} sendmsg close")] + [
    (action, error, times, calls) for action, error, calls in (
        ("error", "EIO", f"write pwrite pwritev {SYNCS} rename unlink close"),
        ("error", "ENOSPC", "write pwrite pwritev ftruncate fallocate open"),
        ("error", "EMFILE", "open"),
        ("short", None, "write pwrite pwritev"),
        ("error", "ENOMEM", "malloc")) for times in (1, 0)]


def serving(world):
    process = world.processes.get("postern")
    return process is not None and process.poll() is None


class Site:
    """One instance that is hit again and again."""

    def __init__(self, world, plan, log):
        self.world, self.plan, self.log = world, plan, log
        self.hits = self.jumped = self.aside = self.crashes = 0
        world.serve()
        world.desk_token()
        world.start_desk("--tolerance", "1000000000")
        audit.of(world).extend()

    def load(self, patience):
        """What was not answered in time is given up and never asked for; at
        once when the supervisor has ended, as nobody comes back."""
        # Two of the four are new each time.
        load = self.world.load("--count", 12, "--connections", 4, "--persons",
                               4, "--first-person", 2 * self.hits, "--bytes",
                               200, "--retry", "--ledger", self.log)
        end = time.monotonic() + patience
        while load.poll() is None:
            if time.monotonic() > end or not serving(self.world):
                load.kill()
            time.sleep(0.01)
        load.stdout.close()

    def hit(self, scenario, roles, fault, at=1, stack=0):
        """Whether the fault fired, and how many calls it saw."""
        _, files, early = SCENARIOS[scenario]
        action, error, times, calls = fault
        if calls == "malloc":
            files = "other"
        began = len(setup.log_of(self.world))
        self.clock = [time.monotonic()]
        self.plan.clear()
        if stack == FRESH:
            self.plan.rule(0, roles, calls, files, action, PARTS, error, times,
                           PART - 1, stack)
        else:
            self.plan.rule(0, roles, calls, files, action, at, error, times,
                           stack=stack)
        if early:
            self.world.stop("postern")
            self.plan.arm()
            self.world.serve(wait=False)
        else:
            self.plan.arm()
        once = times == 1 or action == "count"
        self.load(2.0 if once else 0.8)
        self.clock.append(time.monotonic())
        # What fails for ever may hold everything up: less patience.
        well = self.arrived(1.0 if once else 0.4) and once and self.ready()
        self.clock.append(time.monotonic())
        if not well or scenario == "stop" or setup.SANITIZED:
            self.heal(scenario)
        self.clock.append(time.monotonic())
        self.plan.arm(False)  # what is asked from here on is no part of it
        # Without memory a message may become a dead letter: seen, not lost.
        self.judge(began, error == "ENOMEM" and not setup.NIGHTLY,
                   error == "ENOMEM")
        self.clock.append(time.monotonic())
        return self.plan.fired(), self.plan.seen()

    def took(self):
        """Seconds of load, arrival, healing and judging; what took long."""
        parts = [b - a for a, b in zip(self.clock, self.clock[1:])]
        return " ".join(f"{part:.1f}" for part in parts) \
            if sum(parts) > SLOW_S else ""

    def arrived(self, seconds):
        """Whether it needs no restart to deliver again."""
        acked = ledger.lines(self.log, "acked")
        try:
            return w.until("arrived", seconds, lambda: not serving(
                self.world) or len(ledger.missing(self.world, acked)) <=
                self.aside, 0.02, exact=True)
        except w.Failure:
            return False

    def ready(self):
        try:
            return self.world.ready()
        except w.Failure:  # it has ended
            return False

    def heal(self, scenario):
        """A clean disk, a new start, and an hour, as retries wait."""
        if scenario != "stop":
            self.plan.arm(False)
        if serving(self.world):
            self.world.stop("postern")
        else:
            self.world.processes.pop("postern", None)
        self.plan.arm(False)
        self.jumped += HOUR
        self.plan.clock(self.jumped)
        self.world.serve()

    def judge(self, began, lenient, short_memory):
        self.hits += 1
        world = self.world
        acked = ledger.lines(self.log, "acked")
        try:
            ledger.wait_delivered(world, acked, 15 if lenient else 60,
                                  self.aside)
        except w.Failure as lost:
            if not lenient:
                raise
            w.until(str(lost), 60, lambda: len(ledger.missing(
                world, acked)) <= ledger.put_aside(world), 0.5)
            self.aside = ledger.put_aside(world)
            print(f"   seen, not lost: {lost}", flush=True)
        ledger.check_sent(world, ledger.lines(self.log, "sent"))
        ledger.check_doubles(world, self.hits * ledger.FLIGHT)
        ledger.check_order(world)
        audit.after_fault(world)
        self.crashes += ledger.check_ends(world, began, short_memory)


class Walk:
    """One fault at every point of one scenario.  Instances come and go."""

    def __init__(self, scenario, roles, fault):
        self.scenario, self.roles, self.fault = scenario, roles, fault
        # Of its own: what it draws depends on no other walk.
        self.rng = random.Random(f"{setup.SEED} {scenario} {roles} {fault}")
        self.fired, self.unmet, self.findings = 0, 0, []
        self.met = set()  # places that failed in instances before
        self.directory = self.site = self.stack = None

    def close(self):
        if self.site is not None:
            self.met |= self.site.plan.stacks()
        if self.site is not None and self.site.crashes:
            figure("crashes inside libcrypto or libc", self.site.crashes)
        if self.stack is not None:
            self.stack.close()
        self.site = self.stack = None

    def begin(self):
        self.stack = setup.contextlib.ExitStack()
        directory = self.stack.enter_context(folder())
        world, plan = self.stack.enter_context(instance(directory / "world"))
        plan.keep_stacks(self.met)
        self.site = Site(world, plan, directory / "load.ledger")

    def hit(self, fault=None, at=1, stack=0):
        """As Site.hit; None after a finding, for which it is renewed."""
        turn.look()
        try:
            if self.site is not None and self.site.hits >= LIFE:
                self.end()
                self.close()
            if self.site is None:
                self.begin()
            got = self.site.hit(self.scenario, self.roles,
                                fault or self.fault, at, stack)
            if self.site.took():
                print(f"   slow: {self.told(at, stack)}: {self.site.took()}",
                      flush=True)
            return got
        except Exception as wrong:
            self.findings.append(f"{self.told(at, stack)}: "
                                 f"{str(wrong)[:900]}")
            print(f"   {self.findings[-1]}", flush=True)
            if setup.os.environ.get("KEEP") and self.site is not None:
                setup.keep(self.site.world.dir)
            self.close()
            return None

    def end(self):
        end(self.site.world)

    def told(self, at, stack):
        action, error, times, calls = self.fault
        where = f"place {stack:016x}" if stack else f"call {at}"
        if stack == FRESH:
            where = f"place {self.fired + 1}"
        return (f"{self.scenario} {self.roles}: {error or action} at {where} "
                f"of [{calls}] " + ("once" if times == 1 else "for ever"))

    def counting(self):
        return ("count", None, 0, self.fault[3])

    def numbers(self):
        """Which n to try.  0 is all of them, in order, without an end."""
        if SITES == 0:
            return itertools.count(1)
        _, seen = self.hit(self.counting()) or (0, 0)
        # In proportion: runs differ a little in how many there are.
        return sorted(1 + int(self.rng.random() * seen) for _ in range(SITES))

    def calls(self):
        """n = 1, 2, ... until five runs pass without the fault: runs differ
        in how much goes into one write."""
        misses = 0
        for at in self.numbers():
            got = self.hit(at=at)
            fired = got is None or got[0] > 0
            self.fired += fired
            misses = 0 if fired else misses + 1
            if misses == 5 and SITES == 0 or len(self.findings) >= WRONG:
                break

    def places(self):
        """Places that allocate, once all are known."""
        known, quiet = set(), 0
        while quiet < QUIET:
            if self.hit(self.counting(), stack=COLLECT) is None:
                break
            more = self.site.plan.stacks()
            quiet = quiet + 1 if more <= known else 0
            known |= more
        return known

    def drawn(self, count):
        """Some of them, the same whatever else a run came by."""
        key = self.rng.random()
        return sorted(self.places(), key=lambda place: hashlib.sha256(
            f"{key} {place}".encode()).digest())[:count]

    def some_allocations(self, count):
        for place in self.drawn(count):
            met = False
            for _ in range(AGAIN):
                got = self.hit(stack=place)
                met = got is None or got[0] > 0
                if met:
                    break
            self.fired += met
            self.unmet += not met
            if len(self.findings) >= WRONG:
                break

    def all_allocations(self):
        """Each run fails at the first place that never failed."""
        quiet = 0
        while quiet < QUIET and len(self.findings) < WRONG:
            got = self.hit(stack=FRESH)
            fired = got is None or got[0] > 0
            self.fired += fired
            quiet = 0 if fired else quiet + 1
            if self.fired > PLACES:
                raise w.Failure("new places without an end")

    def allocations(self):
        count = MEMORY if self.fault[2] == 1 else MEMORY_FOR_EVER
        if count == 0:
            self.all_allocations()
        else:
            self.some_allocations(count)

    def run(self):
        try:
            if self.fault[3] == "malloc":
                self.allocations()
            else:
                self.calls()
            if self.site is not None:
                self.end()
        finally:
            self.close()
        _, error, times, _ = self.fault
        kind = f"{error or self.fault[0]} " + ("once" if times else "for ever")
        figure(f"{self.scenario}: {kind}", self.fired)
        if self.unmet:
            figure(f"{self.scenario}: {kind}, place not met again", self.unmet)


def scenario_survives(scenario):
    def case(rng):
        hits, findings = 0, []
        roles = SCENARIOS[scenario][0]
        for fault in FAULTS:
            if ONLY not in (None, fault[1] or fault[0]):
                continue
            # A place knows its process; a number does not.
            apart = SITES == 0 and fault[3] != "malloc"
            for some in roles if apart else (" ".join(roles),):
                walk = Walk(scenario, some, fault)
                walk.run()
                hits += walk.fired
                findings += walk.findings
        print(f"   {hits} faults fired, {len(findings)} findings", flush=True)
        figure("findings", len(findings))
        ledger.check(hits > 0 or ONLY, "no fault fired")
        setup.check_none(findings, "findings")
    case.__name__ = f"{scenario}_survives_every_fault"
    return case


def end(world):
    world.stop("postern")
    ledger.check_sound(world)
    found = world.sweep(ledger.CANARIES)
    ledger.check(not found, f"clear text on the disk: {found[:5]}")


if __name__ == "__main__":
    only = setup.sys.argv[1:]
    setup.run([scenario_survives(s) for s in SCENARIOS
               if not only or s in only])
