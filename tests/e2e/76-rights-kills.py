"""Goal: whenever the worker dies while a person asks, proves and is erased,
the request reaches its end, each state once, and the person has the answer.
Scenario: compliance 9, E5."""
import json
import os
import re
import signal
import time

from case import case, check, equal, main, rows, w

# After "Löschen" and after the code, in milliseconds.
MOMENTS = ((0, 5), (30, 80), (120, 300))
KEPT = {}


def make(world):
    world.make()
    world.start_all()
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


def texts(world, phone, part):
    return [e["text"] for e in world.chat(phone)
            if e["from"] == "business" and part in e.get("text", "")]


def told(world, phone, part):
    return w.until(f"{part!r} in the chat", 40,
                   lambda: texts(world, phone, part))[-1]


def kill(world, after_ms):
    """The worker, as if the machine had no power for it."""
    pid = world.children()["worker"]
    time.sleep(after_ms / 1000)  # one of many moments, proof of nothing
    os.kill(pid, signal.SIGKILL)
    w.until("another worker", 30,
            lambda: world.children().get("worker") not in (None, pid))
    world.wait_ready()


@case
def killed_anywhere_it_ends_as_it_should(world):
    for i, (first, second) in enumerate(MOMENTS):
        phone = f"491713920100{i}"
        world.phone_text(f"Guten Tag {i}", phone=phone)
        cnv = world.note_with(f"Guten Tag {i}")["data"]["conversation"]
        equal(world.answer(cnv, "Gern geschehen")[0], 202, "answer")
        told(world, phone, "Gern geschehen")
        world.phone_text("Löschen", phone=phone)
        kill(world, first)
        code = re.search(r"[A-Z]{4}-[A-Z]{4}",
                         told(world, phone, "genau diese")).group()
        world.phone_text(code, phone=phone)
        kill(world, second)
        told(world, phone, "Ihre Daten sind gelöscht")
    w.until("all are over", 60, lambda: rows(
        world, "SELECT count(*) FROM request WHERE ended_ms IS NULL")
        == [(0,)])
    for request, state in rows(world, "SELECT id,state FROM request"):
        equal(state, "completed", "state")
        (events, states), = rows(
            world, "SELECT count(*), count(DISTINCT state) FROM request_event"
            " WHERE request=?", request)
        equal(events, states, "each state once")
        (steps, different), = rows(
            world, "SELECT count(*), count(DISTINCT step) FROM erasure_step"
            " WHERE erasure IN (SELECT id FROM erasure WHERE request=?)",
            request)
        check(steps == different > 5, "each step once")
    equal(len(rows(world, "SELECT id FROM request")), len(MOMENTS), "requests")


@case
def nothing_of_them_is_left(world):
    w.until("no address", 20, lambda: rows(
        world, "SELECT count(*) FROM address WHERE to_ms IS NULL") == [(0,)])
    w.until("nowhere to answer", 70, lambda: rows(
        world, "SELECT count(*) FROM request WHERE reply_sealed IS NOT NULL")
        == [(0,)])
    equal(world.sweep([f"491713920100{i}" for i in range(len(MOMENTS))]), [],
          "in clear on disk")


if __name__ == "__main__":
    main(make)
