#!/usr/bin/env python3
"""Runs the torture scripts, some at once because they mostly wait; prints
every case's verdict and ends with `N passed, M failed`.

TORTURE=short|nightly sets the sizes; KILLS, IMAGES, MUTANTS, SITES,
MEMORY_SITES and SEED set single ones."""
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
NIGHTLY = os.environ.get("TORTURE", "short") == "nightly"
AT_ONCE = int(os.environ.get("AT_ONCE", 1 if NIGHTLY else 4))
SEED = os.environ.get("SEED") or str(random.randrange(2 ** 32))
LIMIT_S = 4 * 3600 if NIGHTLY else 170
# The longest first.
JOBS = [["sites.py", "start"], ["power.py"], ["sites.py", "stop"],
        ["edges.py"], ["kill.py"],
        ["sites.py", "acknowledge", "archive", "deliver"]]


def job(words):
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / words[0]), *words[1:]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, timeout=LIMIT_S,
            env={**os.environ, "SEED": SEED})
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        code, output = -1, (late.stdout or b"") + b"\nnot finished in time"
    return words, code, output.decode(errors="replace"), \
        time.monotonic() - began


def main():
    passed = failed = skipped = 0
    print(f"seed {SEED}, {'nightly' if NIGHTLY else 'short'}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(job, words) for words in JOBS]):
            words, code, output, took = done.result()
            print(f"-- {' '.join(words)} ({took:.0f} s)\n{output}",
                  end="", flush=True)
            verdicts = re.findall(r"^(ok|FAILED|skipped) ", output, re.M)
            passed += verdicts.count("ok")
            skipped += verdicts.count("skipped")
            bad = verdicts.count("FAILED")
            if code != 0 and bad == 0 or not verdicts:
                print(f"FAILED {words[0]}_ended_with_{code}")
                bad += 1
            failed += bad
    print(f"{passed} passed, {failed} failed"
          + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
