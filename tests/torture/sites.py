#!/usr/bin/env python3
"""Goal: whichever system call is the last one of a process, or fails, once or
from then on, nothing acknowledged is lost and a restart heals.

For each scenario and kind of fault the n-th call is hit, n = 1, 2, ... until
a run passes without the fault (nightly), or for SITES drawn n (short)."""
import itertools

import ledger
import setup
from faults import DISK
from ledger import w
from setup import folder, instance, size

SITES = size("SITES", 1, 0)  # of each line below; 0: every one
# With every allocation failing for itself, a night is not enough for all.
MEMORY = size("MEMORY_SITES", 1, 300)
ONLY = setup.os.environ.get("FAULT")  # ENOMEM, kill, short, ...
HOUR = 3_600_000

CHANGES = "write pwrite pwritev ftruncate rename unlink open fallocate"
SYNCS = "fdatasync fsync"
# scenario: (roles, files, armed before the start)
SCENARIOS = {
    "start": ("keeper worker intake serve", DISK, True),
    "acknowledge": ("intake", f"{DISK} other", False),
    "archive": ("worker keeper", DISK, False),
    "deliver": ("worker", "other", False),
    "stop": ("keeper worker intake serve", f"{DISK} other", False),
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
        self.hits = self.jumped = self.aside = 0
        world.serve()
        world.desk_token()
        world.start_desk("--tolerance", "1000000000")

    def load(self, patience):
        """What was not answered in time is given up and never asked for."""
        load = self.world.load("--count", 12, "--connections", 4, "--persons",
                               6, "--bytes", 200, "--retry", "--ledger",
                               self.log)
        try:
            load.wait(patience)
        except setup.subprocess.TimeoutExpired:
            load.kill()
            load.wait()

    def hit(self, scenario, fault, at):
        """Whether the fault fired, and how many calls it saw."""
        roles, files, early = SCENARIOS[scenario]
        action, error, times, calls = fault
        if calls == "malloc":
            files = "other"
        began = len(setup.log_of(self.world))
        self.plan.clear()
        self.plan.rule(0, roles, calls, files, action, at, error, times)
        if early:
            self.world.stop("postern")
            self.plan.arm()
            self.world.serve(wait=False)
        else:
            self.plan.arm()
        self.load(2.0 if times == 1 else 0.8)
        w.time.sleep(0.05)
        self.heal(scenario)
        # Without memory a message may become a dead letter: seen, not lost.
        self.judge(began, error == "ENOMEM" and not setup.NIGHTLY)
        return self.plan.fired(), self.plan.seen()

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

    def judge(self, began, lenient):
        self.hits += 1
        world = self.world
        try:
            ledger.wait_delivered(world, ledger.lines(self.log, "acked"), 15,
                                  self.aside)
        except w.Failure as lost:
            aside = ledger.put_aside(world)
            gone = ledger.missing(world, ledger.lines(self.log, "acked"))
            if not lenient or len(gone) > aside:
                raise
            self.aside = aside
            print(f"   seen, not lost: {lost}", flush=True)
        ledger.check_sent(world, ledger.lines(self.log, "sent"))
        ledger.check_doubles(world, self.hits * ledger.FLIGHT)
        ledger.check_order(world)
        ledger.check_ends(world, began)


def told(scenario, fault, at):
    action, error, times, calls = fault
    what = error or action
    return (f"{scenario}: {what} at call {at} of [{calls}] "
            + ("once" if times == 1 else "for ever"))


def numbers(site, scenario, fault, rng):
    """Which n to try.  Nightly all of them, in order, without an end."""
    count = MEMORY if "malloc" in fault[3] else SITES
    if count == 0:
        return itertools.count(1)
    counting = ("count", None, 0, fault[3])
    _, seen = site.hit(scenario, counting, 1)
    return sorted(rng.randint(1, max(1, seen)) for _ in range(count))


def walk(site, scenario, fault, rng, findings):
    fired_in_all = misses = 0
    for at in numbers(site, scenario, fault, rng):
        try:
            fired, _ = site.hit(scenario, fault, at)
        except Exception as wrong:
            findings.append(f"{told(scenario, fault, at)}: "
                            f"{str(wrong)[:900]}")
            print(f"   {findings[-1]}", flush=True)
            return fired_in_all + 1, True
        fired_in_all += fired > 0
        # Runs differ in how much goes into one write.
        misses = 0 if fired else misses + 1
        if misses == 5 and SITES == 0:
            break
    return fired_in_all, False


def scenario_survives(scenario):
    def case(rng):
        hits, findings = 0, []
        faults = [f for f in FAULTS if ONLY in (None, f[1] or f[0])]
        while faults:
            with folder() as directory, \
                    instance(directory / "world") as (world, plan):
                site = Site(world, plan, directory / "load.ledger")
                broken = False
                while faults and not broken:
                    more, broken = walk(site, scenario, faults.pop(0), rng,
                                        findings)
                    hits += more
                if not broken:
                    end(world)
        print(f"   {hits} faults fired, {len(findings)} findings", flush=True)
        ledger.check(hits > 0, "no fault fired")
        ledger.check(not findings, f"{len(findings)} findings")
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
