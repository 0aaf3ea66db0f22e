"""Goal: killed anywhere in a run, the sweep goes on where it was: the same
records go, each once, and the log says so once.
The process ends at calls the fault layer picks (FAULTS=1), and by kill -9."""
import os
import signal

from case import case, check, envelope, equal, main, post, rows, w
from sweeping import (approve, clock, clocked, idle, run, stored, sweeps,
                      token, write)

PHONES = [f"49171396900{n:02}" for n in range(1, 6)]
EACH = 60
# The n-th of such calls of the worker, once the run deletes.
KILLS = [("fdatasync", "wal", 1), ("pwrite", "wal", 9), ("fdatasync", "wal", 2),
         ("sendmsg", "other", 2)]
MADE = {}


def make(world):
    world.make()
    if not clocked(world):
        return
    world.serve()
    token(world)
    world.start_phone()
    # The helpdesk's own clock does not move with the gateway's.
    world.start_desk("--tolerance", "1000000000000")


def entries(world, event):
    return [body for body, in rows(world, "SELECT body FROM ledger_entry")
            if f'"e":"{event}"'.encode() in body]


def fill(world, phone):
    """Many at once: the archive takes them in one go."""
    for at in range(0, EACH, 20):
        body = envelope(*({"id": f"wamid.K{phone}{at + i}", "type": "text",
                           "timestamp": str(world.now),
                           "text": {"body": f"Zeile {at + i}"}}
                          for i in range(20)), phone=phone)
        equal(post(world, body)[0], 200, "ack")


@case
def many_messages_are_due(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2027, 3, 1)
    for phone in PHONES:
        write(world, phone, f"Hallo von {phone}", world.now)
        fill(world, phone)
    MADE["all"] = len(PHONES) * (EACH + 1)
    w.until("all are there", 60, lambda: stored(world) == MADE["all"])
    for n in world.notes("message.received"):
        MADE[n["data"]["conversation"]] = True
    for cnv in [k for k in MADE if k.startswith("cnv_")]:
        equal(world.api("POST", f"/v1/conversations/{cnv}/close")[0], 200,
              "close")
    clock(world, 2027, 7, 1, 1)
    waits = run(world)
    equal((waits["state"], waits["waits_for"]), ("counted", "first"),
          str(waits))
    MADE["waits"] = waits


@case
def killed_again_and_again_it_goes_on(world):
    if world.plan is None:
        return "skipped"
    fired = 0
    approve(world, MADE["waits"])
    for call, file, at in KILLS:
        before = world.children().get("worker")
        world.plan.rule(0, "worker", call, file, "kill", at)
        world.plan.arm()
        w.until("it was killed, or is through", 60, lambda: world.plan.fired()
                or stored(world) == 0)
        fired += world.plan.fired() > 0
        world.plan.clear()
        w.until("it is there again", 60, lambda: world.children().get(
            "worker") not in (None, before) or stored(world) == 0)
    check(fired > 0, "nothing was killed")
    pid = world.children().get("worker")
    if pid:
        os.kill(pid, signal.SIGKILL)
    w.until("ready", 60, world.ready)
    w.until("all are gone", 60, lambda: stored(world) == 0)
    idle(world)


@case
def each_went_once_and_the_log_says_so_once(world):
    if world.plan is None:
        return "skipped"
    done = [s for s in sweeps(world) if s["state"] == "done" and s["done"]]
    equal(len(done), 1, f"runs {done}")
    planned = done[0]["counts"]["erase"]
    equal(len(entries(world, "erase.planned")), 1, "planned")
    executed, = entries(world, "erase.executed")
    check(f'"n":{done[0]["done"]},'.encode() in executed, executed)
    equal(done[0]["done"], planned, "records")
    equal(rows(world, "SELECT count(*) FROM sweep_key")[0][0], 0, "keys")
    equal(rows(world, "SELECT count(*) FROM sweep WHERE ended_ms IS NULL")
          [0][0], 0, "open")


main(make)
