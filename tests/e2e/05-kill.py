"""Goal: kill -9 at random moments over all three processes under load loses
no acknowledged message, doubles none beyond the in-flight ones (same
webhook-id), keeps the order within a conversation.

ROUNDS sets the number of kills (default 50).
"""
import json
import os
import pathlib
import random
import signal

from case import SLOW, case, check, equal, main, rows, w

ROUNDS = int(os.environ.get("ROUNDS", 50 // (4 if SLOW > 1 else 1)))
SEED = int(os.environ.get("SEED", random.randrange(2 ** 32)))


def make(world):
    world.make()
    world.start_all()


def ledger(path, word):
    lines = pathlib.Path(path).read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith(word + " ")]


def delivered(world):
    """(key, webhook-id, conversation) of each delivery, in order."""
    found = []
    for line in (world.dir / "desk.ledger").read_text().splitlines():
        note = json.loads(line)
        if note.get("type") == "message.received":
            found.append((note["text"].split()[0], note["id"],
                          note["conversation"], note["text"]))
    return found


@case
def acknowledged_messages_survive_every_kill(world):
    print(f"   seed {SEED}, {ROUNDS} kills")
    rng = random.Random(SEED)
    log = world.dir / "load.ledger"
    load = world.load("--seconds", 600, "--connections", 8, "--persons", 40,
                      "--rate", 150 // SLOW, "--retry", "--ledger", log)
    kills = {"intake": 0, "worker": 0, "keeper": 0, "all": 0}
    for _ in range(ROUNDS):
        w.time.sleep(rng.uniform(0.05, 1.2) * SLOW)
        target = rng.choice(list(kills))
        children = world.children()
        names = list(children) if target == "all" else [target]
        for name in names:
            if name in children:
                os.kill(children[name], signal.SIGKILL)
        kills[target] += 1
    print(f"   {kills}")
    w.time.sleep(1)
    world.wait_ready(60)
    load.send_signal(signal.SIGTERM)
    load.wait()
    acked = set(ledger(log, "acked"))
    print(f"   {len(acked)} acknowledged of {len(ledger(log, 'sent'))} sent")
    check(len(acked) > 100, "hardly any load went through")
    w.until("the desk has every acknowledged message", 90 * SLOW, lambda:
            acked <= {k for k, *_ in delivered(world)}, 1)


@case
def nothing_was_doubled_beyond_the_flight_at_a_kill(world):
    ids = {}
    for key, webhook_id, *_ in delivered(world):
        ids.setdefault(key, []).append(webhook_id)
    twice = {k: v for k, v in ids.items() if len(v) > 1}
    print(f"   {len(twice)} delivered more than once, of {len(ids)}")
    for key, seen in twice.items():
        equal(len(set(seen)), 1, "webhook-ids of one message")
    check(len(twice) <= ROUNDS * 64, "more doubles than were in flight")
    stored = rows(world, "SELECT count(*) FROM message WHERE direction='in'")[0][0]
    sent = len(set(ledger(world.dir / "load.ledger", "sent")))
    check(stored <= sent, f"{stored} stored of {sent} sent")


@case
def order_within_a_conversation_is_kept(world):
    newest = {}
    for key, _, conversation, text in delivered(world):
        number = int(text.split()[2][1:])
        seen = newest.setdefault(conversation, {})
        if key in seen:
            continue  # the repetition of one in flight
        if seen:
            check(number > max(seen.values()),
                  f"number {number} after {max(seen.values())}")
        seen[key] = number


@case
def the_archive_is_sound(world):
    equal(rows(world, "PRAGMA quick_check")[0][0], "ok", "quick_check")


main(make)
