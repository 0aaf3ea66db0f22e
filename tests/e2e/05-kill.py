"""Goal: kill -9 at random moments over all three processes under load loses
no acknowledged message, doubles none beyond the in-flight ones (same
webhook-id), keeps the order within a conversation.

ROUNDS sets the number of kills (default 50).  make torture does more.
"""
import os
import random
import sys

from case import ROOT, SLOW, case, check, main

sys.path.insert(0, str(ROOT / "tests" / "torture"))

import killing  # noqa: E402
import ledger  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", 50 // (4 if SLOW > 1 else 1)))
SEED = int(os.environ.get("SEED", random.randrange(2 ** 32)))


def make(world):
    world.make()
    world.start_all()


@case
def acknowledged_messages_survive_every_kill(world):
    print(f"   seed {SEED}, {ROUNDS} kills")
    log = world.dir / "load.ledger"
    kills = killing.kill_loop(world, ROUNDS, random.Random(SEED), log, SLOW)
    print(f"   {kills}")
    acked = ledger.lines(log, "acked")
    print(f"   {len(acked)} acknowledged of {len(ledger.lines(log, 'sent'))} sent")
    check(len(acked) > 100, "hardly any load went through")
    ledger.wait_delivered(world, acked, 90 * SLOW, pause=1)


@case
def nothing_was_doubled_beyond_the_flight_at_a_kill(world):
    doubles = ledger.check_doubles(world, ROUNDS * ledger.FLIGHT)
    print(f"   {doubles} delivered more than once")
    ledger.check_sent(world, ledger.lines(world.dir / "load.ledger", "sent"))


@case
def order_within_a_conversation_is_kept(world):
    ledger.check_order(world)


@case
def the_archive_is_sound(world):
    ledger.check_sound(world)


main(make)
