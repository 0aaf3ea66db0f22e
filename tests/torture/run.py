#!/usr/bin/env python3
"""Runs the torture scripts, some at once because they mostly wait; prints
every case's verdict, a table and `N passed, M failed`.

TORTURE=short|nightly sets the sizes; KILLS, IMAGES, MUTANTS, SITES,
MEMORY_SITES, MEMORY_FOR_EVER, STOPS and SEED set single ones; AT_ONCE how
many run side by side; TURN a command under which at most a minute of work is
done at a time."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

import recap  # noqa: E402
import setup  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
NIGHTLY = os.environ.get("TORTURE", "short") == "nightly"
AT_ONCE = int(os.environ.get("AT_ONCE", 4))
SEED = str(setup.SEED)
LIMIT_S = 4 * 3600 if NIGHTLY else 900  # of one script, on a slow machine
PATHS = ("start", "acknowledge", "archive", "deliver", "stop")
PROOF = ("append", "checkpoint", "rotate", "prune", "publish", "witness")
KINDS = ("kill", "EIO", "ENOSPC", "EMFILE", "short", "ENOMEM")
# The longest first.
SHORT = [(["sites.py", "start"], {}), (["power.py"], {}),
         (["sites.py", "stop"], {}), (["edges.py"], {}), (["kill.py"], {}),
         (["prooflog.py"], {}),
         (["sites.py", "acknowledge", "archive", "deliver"], {}),
         (["replayer.py"], {})]


def parts(words, count, **more):
    return [(words, {"PART": f"{n + 1}/{count}", **more})
            for n in range(count)]


def nightly():
    """Every walk for itself, the long ones in parts."""
    jobs = parts(["sites.py", "start"], 8, FAULT="ENOMEM")
    for path in ("stop", "archive", "deliver"):
        jobs += parts(["sites.py", path], 2, FAULT="ENOMEM")
    jobs += [(["power.py"], {"PART": f"{n}/2"}) for n in (1, 2)]
    jobs += [(["kill.py"], {"PART": f"{n}/2"}) for n in (1, 2)]
    jobs += [(["sites.py", path], {"FAULT": kind}) for kind in KINDS
             for path in ("stop", "start", "archive", "deliver", "acknowledge")
             if kind != "ENOMEM" or path == "acknowledge"]
    jobs += [(["prooflog.py", path], {"FAULT": kind}) for path in
             ("prune", "publish", "append", "rotate", "checkpoint", "witness")
             for kind in ("EIO", "ENOSPC", "kill", "short")]
    jobs += [(["edges.py"], {}), (["replayer.py"], {})]
    # With the sanitizers everything is slower: some of the points.
    jobs += [(["sites.py", path], {"SANITIZED": "1", **{
        name: os.environ.get(f"SANITIZED_{name}", some) for name, some in (
            ("SITES", "4"), ("MEMORY_SITES", "40"),
            ("MEMORY_FOR_EVER", "10"))}}) for path in PATHS]
    return jobs


def job(words, more):
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / words[0]), *words[1:]],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, timeout=LIMIT_S,
            env={**os.environ, "SEED": SEED, **more})
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        code, output = -1, (late.stdout or b"") + b"\nnot finished in time"
    named = [f"{k}={v}" for k, v in more.items()]
    return " ".join([*named, *words]), code, \
        output.decode(errors="replace"), time.monotonic() - began


def table(figures, seconds):
    """Paths across, kinds of fault down; then what is counted otherwise."""
    found = {}
    for name in figures:
        path, _, kind = name.partition(": ")
        if path.removeprefix("sanitized ") in PATHS + PROOF:
            found.setdefault(kind, set()).add(path)
    for prefix, paths in (("", PATHS), ("", PROOF), ("sanitized ", PATHS)):
        kinds = [k for k in found if any(prefix + p in found[k]
                                         for p in paths)]
        if not kinds:
            continue
        print(f"\n{prefix + 'points where a fault fired':36s}" + "".join(
            f"{p:>13s}" for p in paths))
        for kind in sorted(kinds):
            print(f"{kind:36s}" + "".join(
                f"{figures.get(f'{prefix}{p}: {kind}', 0):13d}"
                for p in paths))
        print(f"{'in all':36s}" + "".join("%13d" % sum(
            figures.get(f"{prefix}{p}: {k}", 0) for k in kinds
            if "not met" not in k) for p in paths))
    print()
    for name, number in figures.items():
        if name.partition(": ")[0].removeprefix("sanitized ") not in PATHS + PROOF:
            print(f"{name:48s}{number:8d}")
    print(f"{'seconds':48s}{seconds:8.0f}")


def main():
    passed = skipped = 0
    failures = []
    figures, began = {}, time.monotonic()
    print(f"seed {SEED}, {'nightly' if NIGHTLY else 'short'}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(job, *one)
                 for one in (nightly() if NIGHTLY else SHORT)]):
            name, code, output, took = done.result()
            print(f"-- {name} ({took:.0f} s)\n{output}", end="", flush=True)
            verdicts = re.findall(r"^(ok|FAILED|skipped) ", output, re.M)
            passed += verdicts.count("ok")
            skipped += verdicts.count("skipped")
            bad = re.findall(r"^FAILED (.*)$", output, re.M)
            failures += [(one, recap.core(output, one)) for one in bad]
            if code != 0 and not bad or not verdicts:
                end = f"{name.split()[-1]}_ended_with_{code}"
                print(f"FAILED {end}")
                failures.append((end, recap.core(output, end)))
            for what, number in re.findall(r"^   = (.+) = (\d+)$", output,
                                           re.M):
                figures[what] = figures.get(what, 0) + int(number)
    table(figures, time.monotonic() - began)
    recap.print_again(failures)
    print(f"{passed} passed, {len(failures)} failed"
          + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failures or not passed else 0)


if __name__ == "__main__":
    main()
