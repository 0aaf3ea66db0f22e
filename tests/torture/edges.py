#!/usr/bin/env python3
"""Goal: a full disk, a slow disk, a clock that jumps and a second instance
lose nothing acknowledged and need no restart."""
import concurrent.futures
import contextlib
import errno
import json
import os
import pathlib
import signal
import socket
import subprocess

import ledger
import setup
from ledger import w
from setup import NIGHTLY, folder, instance, size

MIB = 2 ** 20
HOUR = 3_600_000
STOPS = size("STOPS", 1, 200)


def send(world, log, count=12, seconds=90):
    """Gives the exit status of a load that repeats nothing."""
    return world.load("--count", count, "--connections", 4, "--persons", 6,
                      "--ledger", log).wait(seconds)


# --- disk ---------------------------------------------------------------------

def mounted(place, mib):
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=711",
                           "torture", str(place)], capture_output=True)
    return done.returncode == 0


def fill(place, leave):
    """A file that takes all room but this."""
    with open(place / "filler", "wb") as file:
        held = 0
        while True:
            room = os.statvfs(place)
            free = room.f_bavail * room.f_frsize - leave
            if free < room.f_frsize:
                return
            try:
                os.posix_fallocate(file.fileno(), held, free)
                held += free
            except OSError as full:  # somebody took some meanwhile
                ledger.check(full.errno == errno.ENOSPC, str(full))
                leave += 4 * room.f_frsize


def full_disk_is_refused_before_the_edge_and_heals(rng):
    if os.geteuid() != 0:
        print("   needs root, to mount a small disk")
        return "skipped"
    with folder() as directory:
        disk = directory / "disk"
        if not mounted(disk, 96):
            print("   mounting a tmpfs is not allowed here")
            return "skipped"
        try:
            with instance(disk / "world", extra="limits: {disk_low_bytes: 33554432}\n") \
                    as (world, _):
                fill_and_free(world, disk, directory / "load.ledger")
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)


def refused(world):
    """503 comes before anybody looks at the signature's value."""
    return w.call("POST", world.hook, b"{}", {
        "X-Hub-Signature-256": "sha256=" + "0" * 64})[0] == 503


def fill_and_free(world, disk, log):
    world.start_all()
    before = world.children()
    ledger.check(send(world, log) == 0, "refused while there was room")
    for leave in (20 * MIB, 4096):
        fill(disk, leave)
        w.until("503", 60, lambda: refused(world))
        # Nothing is acknowledged at the edge; what was, arrives.
        send(world, log)
        (disk / "filler").unlink()
        w.until("it takes messages again", 60,
                lambda: send(world, log) == 0, 0.5)
    ledger.check_all(world, log, 0)
    ledger.check(world.children() == before, "a process was restarted")


def erase(world, person, token):
    """Deleting needs room: refused until there is some."""
    made = w.until("the erasure is taken", 60, lambda: (
        lambda got: got[1] if got[0] == 202 else None)(world.api(
            "POST", "/v1/erasures", {"person": person}, token=token)), 0.2)
    w.until("it is done", 60, lambda: world.api(
        "GET", f"/v1/erasures/{made['id']}", token=token)[1].get("step") ==
        "done", 0.2)


def erase_and_free(world, disk):
    reserve = world.data / "reserve"
    world.start_all()
    token = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--json"))["token"]
    world.phone_text("Guten Tag")
    person = world.note_with("Guten Tag")["data"]["person"]["id"]
    ledger.check(reserve.stat().st_size == 16 * MIB, "no reserve")
    fill(disk, 4096)
    w.until("503", 60, lambda: refused(world))
    erase(world, person, token)
    ledger.check(reserve.stat().st_size == 0, "the reserve was not needed")
    ledger.check(refused(world), "messages took the room that was given")
    (disk / "filler").unlink()
    w.until("there is a reserve again", 60,
            lambda: reserve.stat().st_size == 16 * MIB)


def full_disk_lets_a_person_be_erased(rng):
    if os.geteuid() != 0:
        print("   needs root, to mount a small disk")
        return "skipped"
    with folder() as directory:
        disk = directory / "disk"
        if not mounted(disk, 160):
            print("   mounting a tmpfs is not allowed here")
            return "skipped"
        try:
            with instance(disk / "world", extra="limits: {disk_low_bytes: "
                          "33554432, reserve_bytes: 16777216}\n") as (world, _):
                erase_and_free(world, disk)
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)


def stop_on_a_slow_disk(world, plan, log, delay_ms):
    """SIGTERM while 300 wait for their sync.  Gives the seconds it took."""
    plan.rule(0, "intake worker keeper", "fdatasync fsync",
              setup.faults.DISK, "delay", times=0, ms=delay_ms)
    plan.arm()
    sent = len(ledger.lines(log, "sent"))
    acked = len(ledger.lines(log, "acked"))
    load = world.load("--count", 300, "--connections", 300,
                      "--persons", 300, "--ledger", log)
    w.until("requests under way", 60, lambda: len(
        ledger.lines(log, "sent")) - sent >= 300, 0.01)
    waiting = 300 - len(ledger.lines(log, "acked")) + acked
    ledger.check(waiting > 100, f"only {waiting} waited")
    began = w.time.monotonic()
    status = world.stop("postern", seconds=40)
    took = w.time.monotonic() - began
    plan.clear()
    load.kill()
    load.wait()
    ledger.check(status == 0, f"ended with {status}")
    # 10, and a machine that is busy or slow.
    ledger.check(took <= (10.5 if NIGHTLY else 13), f"took {took:.1f} s")
    ledger.check_ends(world)
    world.serve()
    return took


def slow_disk_lets_three_hundred_go_in_time(rng):
    """Instances side by side: they only sleep."""
    with contextlib.ExitStack() as stack:
        sites = []
        for _ in range(min(STOPS, 8)):
            directory = stack.enter_context(folder())
            world, plan = stack.enter_context(instance(directory / "world"))
            world.start_all()
            sites.append((world, plan, directory / "load.ledger", 2000))
        took, rounds = [], -(-STOPS // len(sites))
        with concurrent.futures.ThreadPoolExecutor(len(sites)) as pool:
            for _ in range(rounds):
                setup.turn.look()
                took += pool.map(lambda s: stop_on_a_slow_disk(*s), sites)
        for world, _, log, _ in sites:
            ledger.check_all(world, log, rounds)
        print(f"   {len(took)} stops, the longest {max(took):.1f} s",
              flush=True)
        setup.figure("stops on a slow disk", len(took))


# --- time ---------------------------------------------------------------------

def clock_jumps_lose_nothing(rng):
    with folder() as directory, \
            instance(directory / "world") as (world, plan):
        world.serve()
        world.desk_token()
        world.start_desk("--tolerance", "1000000000000")
        log = directory / "load.ledger"
        jumps = [HOUR, -HOUR, 30 * 24 * HOUR, -24 * HOUR, 0, 400 * 24 * HOUR]
        for jump in jumps:
            plan.clock(jump)
            ledger.check(send(world, log) == 0, f"refused after {jump} ms")
            ledger.wait_delivered(world, ledger.lines(log, "acked"), 60)
        world.stop("postern")
        plan.clock(-2 * HOUR)
        world.serve()
        ledger.check(send(world, log) == 0, "refused")
        acked, _, doubles = ledger.check_all(world, log, 0)
        ledger.check(acked == 12 * (len(jumps) + 1), f"{acked} acknowledged")
        ledger.check(doubles == 0, "sent twice")


# --- instances ----------------------------------------------------------------

def second_instance_is_refused(rng):
    with folder() as directory, \
            instance(directory / "world", plan=False) as (world, _):
        world.start_all()
        log = directory / "load.ledger"
        before = {p: p.stat().st_mtime_ns for p in
                  pathlib.Path(world.data / "keys").iterdir()}
        done = subprocess.run(
            [world.binary, "-d", str(world.data), "serve"], timeout=60,
            capture_output=True)
        ledger.check(done.returncode == 1, f"status {done.returncode}")
        ledger.check(b"another postern serves" in done.stderr, "no reason")
        ledger.check(before == {p: p.stat().st_mtime_ns for p in before},
                     "it changed the keys")
        send(world, log)
        ledger.check_all(world, log, 0)
        # The supervisor dies; its children must not outlive it for long.
        os.kill(world.processes["postern"].pid, signal.SIGKILL)
        world.stop("postern")
        world.serve()
        send(world, log)
        ledger.check_all(world, log, 1)
        with socket.create_connection(("127.0.0.1", world.ports["public"])):
            pass


if __name__ == "__main__":
    setup.run([full_disk_is_refused_before_the_edge_and_heals,
               full_disk_lets_a_person_be_erased,
               slow_disk_lets_three_hundred_go_in_time,
               clock_jumps_lose_nothing, second_instance_is_refused])
