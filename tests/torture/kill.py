#!/usr/bin/env python3
"""Goal: SIGKILL at random moments, over each process and all together, loses
nothing acknowledged.  KILLS says how many."""
import killing
import ledger
import setup
from setup import PLAIN, figure, folder, instance, share, size, turn

KILLS = share(size("KILLS", 12, 1000))
ROUND = 100  # kills of one instance: the ledgers stay small


def kills_lose_nothing(rng):
    left = KILLS
    while left > 0:
        turn.look()
        with folder() as directory, \
                instance(directory / "world", PLAIN, False) as (world, _):
            world.start_all()
            log = directory / "load.ledger"
            now = min(left, ROUND)
            enough = 10 * now
            kills = killing.kill_loop(world, now, rng, log, most=0.8,
                                      enough=enough)
            done = sum(kills.values())
            acked, sent, doubles = ledger.check_all(world, log, done)
            ledger.check(acked >= enough, "hardly any load went through")
            ledger.check_ends(world)
            print(f"   {kills}: {acked} acknowledged of {sent} sent, "
                  f"{doubles} delivered more than once", flush=True)
            figure("kills", done)
            figure("acknowledged under kills", acked)
            left -= now


if __name__ == "__main__":
    setup.run([kills_lose_nothing])
