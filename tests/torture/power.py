#!/usr/bin/env python3
"""Goal: whatever a power cut leaves of unsynced writes and names, what was
acknowledged before is delivered afterwards, once, and both databases are
sound.  And the harness finds losses where there must be some: with a sync of
the spool left out, with the archive's log not synced, with the answer before
the commit."""
import concurrent.futures
import os
import shutil
import signal

import audit
import ledger
import replay
import setup
from ledger import w
from setup import PLAIN, figure, folder, instance, share, size, turn

IMAGES = share(size("IMAGES", 30, 2000))
MUTANTS = size("MUTANTS", 6, 24)
AT_ONCE = size("JOBS", 3, 3)
RECORDED = 250  # images of one recording
CHUNK = 50
ENOUGH = 50  # acknowledged while it is recorded


class Recording:
    """One run of some seconds: what was before, every operation, the load's
    ledger.  mutate(plan) makes the product a worse one."""

    def __init__(self, directory, mutate=None, slow_ms=20, turns=3):
        self.dir = directory
        with instance(directory / "world") as (world, plan):
            warm_up(world)
            self.before = ledger.stored(world)
            self.snapshot = replay.Snapshot(world, directory / "before")
            plan.record()
            if mutate is not None:
                mutate(plan)
            # A slow archive: more hangs on the spool alone.
            plan.rule(1, "worker", "fdatasync fsync", "archive wal", "delay",
                      times=0, ms=slow_ms)
            plan.arm()
            self.log = directory / "load.ledger"
            self.seen = []  # (when, keys, checkpoint) as somebody outside got it
            # A mutant's loss is to show in the messages.
            under_load(world, self.log, turns,
                       self.seen if mutate is None else None)
            plan.record(False)
            plan.clear()
            self.ops = setup.faults.read_recording(world)
            self.template = directory / "template"
            self.template.mkdir()
            for name in ("path", "desk-token"):
                shutil.copy2(world.dir / name, self.template / name)
        times = [int(line.split()[2]) for line in
                 self.log.read_text().splitlines()
                 if line.startswith("acked")]
        ledger.check(len(times) > ENOUGH, f"only {len(times)} acknowledged")
        self.acked_us = times
        # Where names change the order of syncs matters most.
        self.named_us = [op.begin // 1000 for op in self.ops
                         if op.op in (*replay.NAMES, replay.faults.SYNC_FOLDER)]

    def kinds(self):
        count = {}
        for op in self.ops:
            count[op.op] = count.get(op.op, 0) + 1
        return count


def warm_up(world):
    """Files exist, a few messages are through, everything is stopped."""
    world.start_all()
    world.load("--count", 20, "--connections", 4, "--persons", 8, "--ledger",
               world.dir / "warm.ledger").wait()
    ledger.wait_delivered(
        world, ledger.lines(world.dir / "warm.ledger", "acked"), 60)
    world.stop("postern")


def keep_outside(world, seen):
    """A checkpoint that was given out, and when; none if it was not."""
    auditor = audit.of(world)
    if seen is not None and auditor.ask_keys() and auditor.sign():
        seen.append((w.time.monotonic_ns() // 1000, auditor.keys,
                     auditor.last))


def under_load(world, log, turns, seen):
    """The desk takes nothing, so that everything hangs on the disk; the
    intake is started anew, so that segments are closed and unlinked; the root
    key is renewed, by a rename."""
    world.control("desk", mode="hang")
    world.serve()
    load = world.load("--seconds", 60, "--connections", 8, "--persons", 40,
                      "--rate", 120, "--retry", "--ledger", log)
    for part in range(turns):
        for _ in range(4):
            w.time.sleep(0.15)
            keep_outside(world, seen)
        if part == 0:
            world.postern("keys", "rotate")
        if part + 1 < turns:
            w.until("an intake", 10, lambda: "intake" in world.children())
            os.kill(world.children()["intake"], signal.SIGTERM)
    w.until("enough is acknowledged", 60,
            lambda: len(ledger.lines(log, "acked")) > ENOUGH)
    load.send_signal(signal.SIGTERM)
    load.wait()
    w.time.sleep(0.3)
    # Cut hard: an orderly end would sync what a cut must not find synced.
    world.processes["postern"].send_signal(signal.SIGKILL)
    world.stop("postern")
    world.stop("desk", signal.SIGKILL)


def try_image(rec, number, at_us, mode, seed, seconds):
    """None, or what was wrong with the instance on this image."""
    rng = setup.random.Random(f"{seed} {number}")
    place = rec.dir / f"image-{number}"
    place.mkdir()
    files = replay.Cut(rec.snapshot, rec.ops, at_us * 1000).build(mode, rng)
    replay.write_image(rec.snapshot, files, place / "data")
    for name in ("path", "desk-token"):
        shutil.copy2(rec.template / name, place / name)
    world = w.World(place, build=PLAIN)
    world.make()
    auditor = audit.of(world)
    for when, keys, note in rec.seen:
        if when < at_us:
            auditor.keys, auditor.last = keys, note
    try:
        world.start_desk()
        world.serve()
        ledger.check_all(world, rec.log, 0, at_us, seconds, rec.before,
                         sweep=False)
        return None
    except Exception as wrong:
        if os.environ.get("KEEP"):
            setup.keep(place)
        return f"image {number}, {mode}, {at_us - rec.acked_us[0]} us after " \
               f"the first: {str(wrong)[:600]} {end_of_log(world)}"
    finally:
        world.stop_all()
        shutil.rmtree(place, ignore_errors=True)


def end_of_log(world):
    """Why one did not come up; it holds nothing personal."""
    log = world.dir / "postern.log"
    return setup.log_of(world)[-1500:] if log.exists() else ""


def moment(rec, rng, late):
    """Any time, or just after an acknowledgement, or while names change.
    late: in the second half, when segments have been unlinked."""
    times = rec.acked_us[len(rec.acked_us) // 2 if late else 0:]
    way = rng.random()
    if late or way < 0.4:
        return rng.choice(times) + rng.randint(1, 2000)
    if way < 0.7:
        return max(times[0], rng.choice(rec.named_us) + rng.randint(1, 3000))
    return rng.randint(times[0], times[-1] + 200_000)


def renewed_us(rec):
    """Just before the new root key takes the old one's name: the store
    already wants the new one."""
    return next(op.begin // 1000 for op in rec.ops
                if op.op == replay.faults.RENAME and op.second == "keys/root")


def try_images(rec, count, seed, seconds=60, modes=replay.MODES, late=False,
               at_once=AT_ONCE):
    """The findings of that many cuts."""
    rng = setup.random.Random(seed)
    cuts = [(n, moment(rec, rng, late), modes[n % len(modes)])
            for n in range(count)]
    if not late:
        cuts[0] = (0, renewed_us(rec), modes[0])
    found = []
    for at in range(0, count, CHUNK):
        turn.look()
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            found += pool.map(lambda c: try_image(rec, *c, seed, seconds),
                              cuts[at:at + CHUNK])
    return [f for f in found if f is not None]


def power_cuts_lose_nothing(rng):
    left, found = IMAGES, []
    while left > 0:
        turn.look()
        with folder() as directory:
            rec = Recording(directory)
            kinds = rec.kinds()
            print(f"   {len(rec.ops)} operations: {kinds}", flush=True)
            ledger.check(set(range(replay.faults.WRITE, replay.faults.GROW + 1))
                         <= set(kinds), "the recording has gaps")
            now = min(left, RECORDED)
            found += try_images(rec, now, rng.random())
            left -= now
            figure("power-cut recordings", 1)
            figure("power-cut images", now)
    for one in found[:10]:
        print(f"   {one}", flush=True)
    print(f"   {IMAGES} images, {len(found)} with a finding", flush=True)
    figure("findings", len(found))
    setup.check_none(found, "images with a finding")


def losses(rng, mutate, slow_ms, turns):
    """How many images of one recording lost something."""
    with folder() as directory:
        rec = Recording(directory, mutate, slow_ms, turns)
        # Most of what is lost is waited for in vain: many at once.
        found = try_images(rec, MUTANTS, rng.random(), 4, ("none",), True, 6)
    lossy = [f for f in found if "LOST" in f]
    print(f"   {MUTANTS} images, {len(lossy)} with losses, "
          f"{len(found) - len(lossy)} with other findings", flush=True)
    figure("images of mutants", MUTANTS)
    figure("images of mutants with losses seen", len(lossy))
    return len(lossy)


def caught(rng, mutate, slow_ms=20):
    """A mutant that loses messages must be seen losing them.  On a busy
    machine the archive may not come to what it loses: once more, longer."""
    ledger.check(any(losses(rng, mutate, slow_ms, turns)
                     for turns in (3, 6, 9)), "the harness did not notice")


def mutant_without_the_sync_of_the_spool_is_caught(rng):
    caught(rng, lambda plan: plan.rule(
        0, "intake", "fdatasync", "spool", "drop", times=0), 200)


def mutant_without_the_sync_of_the_log_is_caught(rng):
    """What synchronous=NORMAL does between two checkpoints."""
    caught(rng, lambda plan: plan.rule(
        0, "worker", "fdatasync fsync", "wal", "drop", times=0))


def mutant_that_answers_before_the_commit_is_caught(rng):
    caught(rng, lambda plan: plan.rule(
        0, "intake", "fdatasync", "spool", "late", times=0, ms=60), 200)


if __name__ == "__main__":
    setup.run([power_cuts_lose_nothing] + setup.only_in_first_part([
               mutant_without_the_sync_of_the_spool_is_caught,
               mutant_without_the_sync_of_the_log_is_caught,
               mutant_that_answers_before_the_commit_is_caught]))
