"""What the torture scripts share: an instance of the test build, cases that
print `ok` or `FAILED`, sizes and the seed."""
import contextlib
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from ledger import w
import faults

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAIN = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
SANITIZED = bool(os.environ.get("SANITIZED"))
FAULTY = ROOT / "build" / ("flavour-address-undefined-torture" if SANITIZED
                           else "flavour-torture")
NIGHTLY = os.environ.get("TORTURE", "short") == "nightly"
# The short form draws the same every time: whether a change is good must not
# be left to chance.  The nightly form looks everywhere, and power cuts and
# kills at other moments each night.
FIXED_SEED = 20260722
SEED = int(os.environ.get("SEED") or (random.randrange(2 ** 32) if NIGHTLY
                                      else FIXED_SEED))


def size(name, short, nightly):
    """A variable of make, else by TORTURE."""
    return int(os.environ.get(name) or (nightly if NIGHTLY else short))


PART, PARTS = map(int, os.environ.get("PART", "1/1").split("/"))


def share(whole):
    """What of it this part does, of several that run side by side."""
    return whole * PART // PARTS - whole * (PART - 1) // PARTS


def only_in_first_part(cases):
    return cases if PART == 1 else []


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


class Turn:
    """TURN names a command, such as one that takes a lock shared with others:
    work is done only while it runs, and it ends after a minute at most."""

    def __init__(self):
        self.command = os.environ.get("TURN")
        self.held, self.until = None, 0

    def look(self):
        """Between two pieces of work."""
        if not self.command or time.monotonic() < self.until:
            return
        self.end()
        self.held = subprocess.Popen(
            [*self.command.split(), "sh", "-c", "echo; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.held.stdout.readline()
        self.until = time.monotonic() + 50

    def end(self):
        if self.held is not None:
            self.held.stdin.close()
            self.held.wait()
            self.held.stdout.close()
        self.held = None


turn = Turn()


def figure(name, number):
    """For the table of run.py, which adds them up."""
    how = "sanitized " if SANITIZED else ""
    print(f"   = {how}{name} = {number}", flush=True)


def check_none(findings, what):
    """The failure itself says the first of them: what a log's reader gets to
    see may be its end only."""
    if findings:
        raise w.Failure("\n".join([f"{len(findings)} {what}", *(
            f"  {one[:700]}" for one in findings[:3])]))


def keep(place):
    """What a finding left, for whoever looks at it."""
    into = tempfile.mkdtemp(prefix="postern-finding-")
    shutil.copytree(place, into, dirs_exist_ok=True,
                    ignore=lambda where, names: [
                        n for n in names if pathlib.Path(where, n).is_socket()])
    print(f"   kept in {into}", flush=True)


def log_of(world):
    return (world.dir / "postern.log").read_text(errors="replace")


def run(cases):
    """Runs each, prints its verdict and how long it took; exits."""
    failed = 0
    print(f"   seed {SEED}", flush=True)
    for case in cases:
        began = time.monotonic()
        turn.look()
        try:
            told = case(random.Random(f"{SEED} {PART} {case.__name__}"))
            print(f"{'skipped' if told == 'skipped' else 'ok'} "
                  f"{case.__name__}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED {case.__name__}", flush=True)
            traceback.print_exc(file=sys.stdout)
        print(f"   {time.monotonic() - began:.1f} s", flush=True)
    turn.end()
    sys.exit(1 if failed else 0)
