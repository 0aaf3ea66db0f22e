#!/usr/bin/env python3
"""A sweep over a full archive, nearly all of which is due: how long it takes,
what memory it needs, and what it does to the acknowledgement meanwhile.

    sweep.py BUILD FILLED     (make bench-sweep; FILLED: an archive)

Exit status 1 when a target is missed: p99 of the intake at most doubled, memory
flat."""
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "sim"), str(ROOT / "tests" / "bench")]
sys.dont_write_bytecode = True

import ours  # noqa: E402

ROUNDS = 3
LOAD_S = 4
RATE = 3000          # per second, open loop: half of what it can
RATIO_MAX = 2
GROWTH_MIB_MAX = 32  # caches of the archive
WHOLE = bool(os.environ.get("WHOLE"))  # to the end, not only beside the loads
DUE_SQL = ("UPDATE conversation SET state='closed',"
           " closed_ms=opened_ms+86400000")


class Context:
    text_bytes, slow_us, slow_library = 800, 0, None

    def __init__(self, build):
        self.build, self.dir = build, build / "bench"


class Due(ours.Ours):
    """An instance whose archive is full before it starts."""

    def __init__(self, context, archive):
        self.archive = archive
        super().__init__(context, "swept")

    def start(self):
        db = self.world.data / "postern.db"
        shutil.copyfile(self.archive, db)
        db.chmod(0o600)
        archive = sqlite3.connect(db)
        with archive:
            archive.execute(DUE_SQL)
        archive.close()
        with open(self.world.data / "postern.yaml", "a") as settings:
            settings.write("sweep: {daily_cap: 100000000}\n")
        super().start()

    def sweep(self, *args):
        done = subprocess.run(
            [self.world.binary, "-d", str(self.world.data), "sweep", *args,
             "--json"], capture_output=True, timeout=120, check=True)
        return json.loads(done.stdout)

    def until(self, run, *states):
        while True:
            got = self.sweep("status", run["id"])
            if got["state"] in states:
                return got
            time.sleep(0.1)

    def status(self, field):
        pid = self.world.children()["worker"]
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(text.split(field + ":")[1].split()[0]) / 1024

    def p99(self):
        return self.behind("--rate", RATE, "--seconds", LOAD_S)["p99_ms"]


def beside(one):
    """(p99 without, p99 meanwhile, seconds of the deletion)."""
    idle = [one.p99() for _ in range(ROUNDS)]
    run = one.sweep("run")
    one.until(run, "running", "done")
    began, busy = time.monotonic(), []
    while one.sweep("status", run["id"])["state"] == "running" and \
            len(busy) < ROUNDS:
        busy.append(one.p99())
    if WHOLE:
        one.until(run, "done")
    took = time.monotonic() - began
    done = one.sweep("status", run["id"])
    print(f"{done['done']} records in {took:.1f} s, "
          f"{done['done'] / took:.0f}/s, {len(busy)} loads meanwhile",
          flush=True)
    return statistics.median(idle), \
        statistics.median(busy) if busy else 0.0


def main():
    context = Context(pathlib.Path(sys.argv[1]).resolve())
    context.dir.mkdir(parents=True, exist_ok=True)
    one = Due(context, pathlib.Path(sys.argv[2]).resolve())
    try:
        one.warm(1)
        one.world.confirm_clock()  # the archive is of another machine
        began = time.monotonic()
        dry = one.until(one.sweep("dry-run"), "counted")
        print(f"counted {dry['counts']['erase']} in "
              f"{time.monotonic() - began:.1f} s", flush=True)
        one.sweep("approve", dry["id"], "--token-file",
                  str(one.world.person("dora", "rights")))
        before = one.status("VmRSS")
        idle, busy = beside(one)
        peak = one.status("VmHWM")
    finally:
        one.gone()
    ratio = busy / idle
    print(f"intake at {RATE}/s: p99 {idle:.2f} ms, {busy:.2f} ms while "
          f"swept: ratio {ratio:.2f}; memory {before:.0f} MiB before, "
          f"{peak:.0f} MiB at most")
    good = 0 < ratio <= RATIO_MAX and peak - before <= GROWTH_MIB_MAX
    print("reached" if good else "NOT reached")
    sys.exit(0 if good else 1)


main()
