"""SIGKILL at random moments over the three processes, under load."""
import os
import signal

import audit
import ledger
from ledger import w


def kill_loop(world, rounds, rng, log, slow=1, most=1.2, enough=0):
    """Gives how often each was killed.  The load has ended then.  Where the
    machine is so slow that between these kills less than enough was
    acknowledged, there are more, up to four times as many."""
    auditor = audit.of(world)
    auditor.extend()
    load = world.load("--seconds", 36000, "--connections", 8, "--persons", 40,
                      "--rate", 150 // slow, "--retry", "--ledger", log)
    kills = {"intake": 0, "worker": 0, "keeper": 0, "all": 0}
    try:
        for n in range(4 * rounds):
            if n >= rounds and len(ledger.lines(log, "acked")) >= enough:
                break
            w.time.sleep(rng.uniform(0.05, most) * slow)
            # Of which the answer may be lost.
            auditor.sign(0.5)
            target = rng.choice(list(kills))
            children = world.children()
            names = list(children) if target == "all" else [target]
            for name in names:
                if name in children:
                    os.kill(children[name], signal.SIGKILL)
            kills[target] += 1
        w.time.sleep(1)
        world.wait_ready()
    finally:
        load.send_signal(signal.SIGTERM)
        load.wait()
    return kills
