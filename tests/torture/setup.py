"""What the torture scripts share: an instance of the test build, cases that
print `ok` or `FAILED`, sizes and the seed."""
import contextlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import traceback

from ledger import w
import faults

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAIN = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
FAULTY = ROOT / "build" / "flavour-torture"
NIGHTLY = os.environ.get("TORTURE", "short") == "nightly"
SEED = int(os.environ.get("SEED") or random.randrange(2 ** 32))


def size(name, short, nightly):
    """A variable of make, else by TORTURE."""
    return int(os.environ.get(name) or (nightly if NIGHTLY else short))


def base():
    """In memory if there is room: a killed process leaves its writes to the
    kernel either way, and power cuts are replayed from a recording."""
    named = os.environ.get("TORTURE_DIR")
    memory = pathlib.Path("/dev/shm")
    if named or not os.access(memory, os.W_OK):
        return named
    room = os.statvfs(memory)
    return memory if room.f_bavail * room.f_frsize > 2 ** 31 else None


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="postern-torture-",
                                     dir=base()) as directory:
        os.chmod(directory, 0o711)
        yield pathlib.Path(directory).resolve()


@contextlib.contextmanager
def instance(directory, build=FAULTY, plan=True, **make):
    """A fresh instance, its plan (None without); nothing runs yet."""
    world = w.World(directory, build=build)
    # The simulators are always the plain ones.
    world.sim = str(PLAIN / "postern-sim")
    world.make(**make)
    page = faults.Plan(world) if plan else None
    try:
        yield world, page
    finally:
        if page is not None:
            page.clear()
            page.close()
        world.stop_all()


def log_of(world):
    return (world.dir / "postern.log").read_text(errors="replace")


def run(cases):
    """Runs each, prints its verdict and how long it took; exits."""
    failed = 0
    print(f"   seed {SEED}", flush=True)
    for case in cases:
        began = time.monotonic()
        try:
            told = case(random.Random(f"{SEED} {case.__name__}"))
            print(f"{'skipped' if told == 'skipped' else 'ok'} "
                  f"{case.__name__}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED {case.__name__}", flush=True)
            traceback.print_exc(file=sys.stdout)
        print(f"   {time.monotonic() - began:.1f} s", flush=True)
    sys.exit(1 if failed else 0)
