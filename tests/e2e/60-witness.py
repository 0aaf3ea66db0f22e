#!/usr/bin/env python3
"""Goal: a witness signs one history of a log, whoever asks, in whatever order,
and whenever it is killed; two gateways made from one folder are told apart."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from case import case, check, equal, main, w  # noqa: E402
import tlog  # noqa: E402

NAME = "witness.example/dpo"
LOG = tlog.Key("gateway.example/audit", bytes(range(32)))
HASH = hashlib.sha256(LOG.name.encode()).hexdigest()
KILLS = 25


def leaves(count, fork=None, mark="other"):
    return [f"{'entry' if fork is None or i < fork else mark}-{i}".encode()
            for i in range(count)]


class Witness:
    """One in a folder of its own, started and ended as often as needed."""

    def __init__(self, world, name, *vkeys):
        self.world, self.name = world, name
        self.dir = world.dir / name
        self.port = w.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        logs = [part for vkey in vkeys for part in ("--log", vkey)]
        self.vkey = self.verb("init", "--name", NAME, *logs, "--listen",
                              f"127.0.0.1:{self.port}").stdout.strip()

    def verb(self, *args, ok=True):
        done = subprocess.run([self.world.binary, "-d", str(self.dir), "ledger",
                               "witness", *args], capture_output=True,
                              text=True, timeout=60)
        check(not ok or done.returncode == 0, done.stdout + done.stderr)
        return done

    def start(self):
        self.world.start(self.name, [self.world.binary, "-d", str(self.dir),
                                     "ledger", "witness"])
        w.until("the witness answers", 30, self.answers)

    def answers(self):
        process = self.world.processes[self.name]
        check(process.poll() is None, "the witness ended: " +
              (self.world.dir / f"{self.name}.log").read_text()[-2000:])
        return w.call("GET", self.url + "/")[0] == 404

    def stop(self, sig=signal.SIGTERM):
        return self.world.stop(self.name, sig)

    def add(self, body):
        return w.call("POST", self.url + "/add-checkpoint", body)

    def shown(self, key=HASH):
        status, note = w.call("GET", f"{self.url}/{key}/checkpoint")
        return note if status == 200 else None


def seen(note):
    return int(note.split(b"\n")[1]) if note else 0


# --- by itself ----------------------------------------------------------------


@case
def init_makes_a_key_that_nothing_replaces(world):
    witness = world.witness = Witness(world, "dpo", LOG.vkey())
    name, _id, kind, _public = tlog.parse_vkey(witness.vkey)
    equal((name, kind), (NAME, 4), "vkey")
    key = witness.dir / "witness.key"
    equal(key.stat().st_mode & 0o7777, 0o600, "mode of the key")
    before = key.read_bytes()
    check(before.strip().decode() not in witness.vkey, "the secret was printed")
    again = witness.verb("init", "--name", "x", "--log", LOG.vkey(), ok=False)
    equal(again.returncode, 1, "second init")
    equal(key.read_bytes(), before, "the key")
    equal(witness.verb("vkey").stdout.strip(), witness.vkey, "verb vkey")
    equal(json.loads(witness.verb("vkey", "--json").stdout),
          {"vkey": witness.vkey}, "verb vkey --json")
    for wrong in (["init"], ["init", "--name", "x"], ["nonsense"],
                  ["init", "--log"]):
        equal(witness.verb(*wrong, ok=False).returncode, 2, str(wrong))
    other = subprocess.run(
        [world.binary, "-d", str(world.data), "ledger", "witness", "init",
         "--name", NAME, "--log", LOG.vkey()], capture_output=True, timeout=60)
    equal(other.returncode, 1, "init in the folder of a gateway")
    check(not (world.data / "witness.key").exists(), "a key beside a gateway's")


@case
def it_runs_in_a_sandbox_and_alone(world):
    world.witness.start()
    process = world.processes["dpo"]
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    if not os.environ.get("SLOW_BUILD"):
        check(re.search(r"^Seccomp:\s2$", status, re.M), "no system call filter")
    check(re.search(r"^NoNewPrivs:\s1$", status, re.M), "no_new_privs")
    second = world.witness.verb(ok=False)
    equal(second.returncode, 1, "a second one in the same folder")
    check("another process" in second.stderr, second.stderr)


@case
def each_answer_is_the_one_of_the_specification(world):
    witness, ours = world.witness, leaves(300)
    stranger = tlog.Key("other.example/log", bytes(range(1, 33)))
    thief = tlog.Key(LOG.name, bytes(range(1, 33)))
    rows = [
        (tlog.add_checkpoint(stranger, 0, ours[:5]), 404, None),
        (tlog.add_checkpoint(thief, 0, ours[:5]), 403, None),
        (b"old 0\n", 400, None),
        (tlog.add_checkpoint(LOG, 7, ours[:5]), 400, None),
        (tlog.add_checkpoint(LOG, 3, ours[:5]), 409, b"0\n"),
        (tlog.add_checkpoint(LOG, 0, ours[:5], proof=[bytes(32)]), 422, None),
        (tlog.add_checkpoint(LOG, 0, ours[:200]), 200, None),
        (tlog.add_checkpoint(LOG, 0, ours[:257]), 409, b"200\n"),
        (tlog.add_checkpoint(LOG, 200, ours[:257], proof=[]), 422, None),
        (tlog.add_checkpoint(LOG, 200, leaves(257, 100)), 422, None),
        (tlog.add_checkpoint(LOG, 200, leaves(200, 100)), 422, None),
        (tlog.add_checkpoint(LOG, 200, ours[:257]), 200, None),
        (tlog.add_checkpoint(LOG, 257, ours[:257]), 200, None),
    ]
    for at, (body, wanted, text) in enumerate(rows):
        status, answer = witness.add(body)
        equal(status, wanted, f"row {at}: {answer}")
        equal(answer if text else None, text, f"row {at}")
        if wanted == 200:
            note = body[body.index(b"\n\n") + 2:] + answer
            when = tlog.cosigned(witness.vkey, note)
            check(when and abs(when - time.time()) < 3600, "cosignature")
    check(tlog.cosigned(witness.vkey, witness.shown()), "what it shows")
    equal(seen(witness.shown()), 257, "what it shows")
    evidence = witness.dir / "logs" / f"{HASH}.other"
    equal(evidence.read_bytes(), tlog.checkpoint(LOG, leaves(200, 100)),
          "evidence of two histories")


@case
def an_orderly_end_forgets_nothing(world):
    equal(world.witness.stop(), 0, "SIGTERM")
    world.witness.start()
    equal(world.witness.add(tlog.add_checkpoint(LOG, 0, leaves(300, 7))),
          (409, b"257\n"), "after the restart")
    equal(world.witness.add(tlog.add_checkpoint(LOG, 257, leaves(260)))[0], 200,
          "it goes on")


# --- rivals and kills -----------------------------------------------------------


def submit(witness, bodies):
    """All at once; [(status, answer)]."""
    found = [None] * len(bodies)

    def one(i):
        found[i] = witness.add(bodies[i])
    threads = [threading.Thread(target=one, args=(i,))
               for i in range(len(bodies))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return found


@case
def of_two_at_once_one_is_signed(world):
    history = leaves(260)
    for _ in range(20):
        rivals = [history + [f"{mark}-{len(history)}".encode()]
                  for mark in ("one", "two")]
        found = submit(world.witness, [
            tlog.add_checkpoint(LOG, len(history), r) for r in rivals])
        equal(sorted(s for s, _ in found), [200, 409],
              f"two histories after {len(history)}")
        history = rivals[0 if found[0][0] == 200 else 1]
    equal(tlog.split_note(world.witness.shown())[0],
          tlog.split_note(tlog.checkpoint(LOG, history))[0], "what it shows")


@case
def killed_at_any_moment_it_signs_one_history(world):
    """Two rivals extend what it saw last, each its own way; it is killed
    meanwhile.  Whatever was answered is one history with what it remembers."""
    chance = random.Random(6)
    witness = Witness(world, "killed", LOG.vkey())
    history, answered, unanswered = [], 0, 0
    for rounds in range(KILLS):
        witness.start()
        rivals = [history + [f"{mark}-{rounds}-{i}".encode()
                             for i in range(1 + chance.randrange(3))]
                  for mark in ("one", "two")]
        bodies = [tlog.add_checkpoint(LOG, len(history), r) for r in rivals]
        killer = threading.Timer(chance.random() * 0.006, lambda: (
            world.processes["killed"].send_signal(signal.SIGKILL)))
        killer.start()
        found = submit(witness, bodies)
        killer.join()
        equal(witness.stop(signal.SIGKILL), -signal.SIGKILL, "killed")
        signed = [i for i in (0, 1) if found[i][0] == 200]
        check(len(signed) < 2, f"two histories signed: {rivals}")
        for i in signed:
            note = tlog.checkpoint(LOG, rivals[i]) + found[i][1]
            check(tlog.cosigned(witness.vkey, note), "its cosignature")
        # What it remembers is what was answered, or what nobody heard of.
        stored = witness.dir / "logs" / HASH
        note = stored.read_bytes() if stored.exists() else b""
        text = tlog.split_note(note)[0] if note else b""
        same = [i for i in (0, 1) if note and text == tlog.split_note(
            tlog.checkpoint(LOG, rivals[i]))[0]]
        if signed:
            equal(same, signed, "what was answered is on the disk")
        answered += len(signed)
        unanswered += bool(same and not signed)
        if same:
            history = rivals[same[0]]
        else:
            equal(seen(note), len(history), "what it remembers")
    print(f"   killed before storing {KILLS - answered - unanswered}, before "
          f"answering {unanswered}, after it {answered}")
    witness.start()
    equal(witness.add(tlog.add_checkpoint(LOG, len(history),
                                          history + [b"last"]))[0], 200,
          "it goes on")
    witness.stop()


# --- opposite a gateway -----------------------------------------------------------


def configure(gateway, *witnesses):
    """Signed when asked for; shown to these witnesses."""
    listed = "".join(
        f'    - {{vkey: "{one.vkey}", url: "{one.url}", '
        f'allow: ["127.0.0.1:{one.port}"]}}\n' for one in witnesses)
    gateway.make(extra="ledger:\n  origin: e2e.example/log\n"
                 "  checkpoint: {minutes: 1440, entries: 100000}\n" +
                 (f"  witnesses:\n{listed}" if listed else ""))


def token(gateway):
    """A token of scope operator; each one made is an entry of the log."""
    return json.loads(gateway.postern("token", "create", "--scope", "operator",
                                      "--label", "e2e", "--json"))["token"]


def sign(gateway, entries=1):
    """So many more entries, and a checkpoint over them: its size."""
    for _ in range(entries):
        key = token(gateway)
    status, made = gateway.api("POST", "/v1/ledger/checkpoint", {}, token=key)
    equal(status, 200, f"signed: {made}")
    return made["size"]


def state(gateway):
    """What the gateway says of its only witness."""
    if not hasattr(gateway, "key"):
        gateway.key = token(gateway)
    status, said = gateway.api("GET", "/v1/ledger/witnesses",
                               token=gateway.key)
    equal((status, len(said["witnesses"])), (200, 1), "witnesses")
    return said["witnesses"][0]


def wait_for(gateway, size, wanted="signs"):
    w.until(f"{wanted} at {size}", 90, lambda: (
        lambda s: s["state"] == wanted and
        (wanted != "signs" or s["size"] == size))(state(gateway)))


def checkpoint(gateway):
    status, made = gateway.api("GET", "/v1/ledger/checkpoint",
                               token=gateway.key)
    equal(status, 200, "checkpoint")
    return made["checkpoint"].encode()


def metric(gateway):
    status, text = w.call("GET", gateway.url("internal", "/metrics"))
    equal(status, 200, "metrics")
    found = re.search(rb'^postern_ledger_witness_disagrees'
                      rb'\{witness="([0-9a-f]{8})"\} (\d)$', text, re.M)
    check(found, "no metric of the witness")
    return found.group(1).decode(), int(found.group(2))


@case
def a_checkpoint_of_the_gateway_is_cosigned(world):
    configure(world)
    world.serve()
    sign(world)
    status, keys = world.api("GET", "/v1/ledger/keys", token=token(world))
    equal(status, 200, "keys")
    world.stop("postern")
    world.officer = Witness(world, "officer", *[one["vkey"] for one in keys["keys"]])
    world.officer.start()
    configure(world, world.officer)
    world.serve()
    wait_for(world, sign(world))
    note = checkpoint(world)
    check(tlog.cosigned(world.officer.vkey, note), "no cosignature")
    equal(seen(world.officer.shown(hashlib.sha256(
        b"e2e.example/log").hexdigest())), seen(note), "what it shows")
    one = state(world)
    equal((one["name"], one["missing"], one["attempts"]), (NAME, 0, 0), "state")
    equal(metric(world), (one["key"], 0), "metric")
    check(f"witness      {NAME} signs (" in world.postern("status"), "status")


@case
def a_witness_that_is_away_stops_nothing(world):
    world.officer.stop(signal.SIGKILL)
    size = sign(world)
    wait_for(world, size, "away")
    check(not tlog.cosigned(world.officer.vkey, checkpoint(world)),
          "cosigned by nobody")
    world.officer.start()
    wait_for(world, size)
    check(tlog.cosigned(world.officer.vkey, checkpoint(world)),
          "no cosignature afterwards")


@case
def two_gateways_made_from_one_are_told_apart(world):
    world.stop("postern")
    twin = w.World(world.dir / "twin")
    shutil.copytree(world.data, twin.data, symlinks=True,
                    ignore=lambda folder, names: [
                        n for n in names if n.endswith(".sock")])
    shutil.copy2(world.path_file, twin.path_file)
    configure(twin, world.officer)
    try:
        world.serve()
        wait_for(world, sign(world, 2))
        twin.serve()
        sign(twin, 3)
        wait_for(twin, 0, "split")
        check(not tlog.cosigned(world.officer.vkey, checkpoint(twin)),
              "two histories cosigned")
        equal(metric(twin)[1], 1, "metric")
        check(f"witness      {NAME} SAW ANOTHER HISTORY" in
              twin.postern("status"), "status")
        log = (twin.dir / "postern.log").read_text()
        check('"level":"error"' in log and
              "ledger.witness_saw_another_history" in log, "log")
        # The first one is signed as ever.
        wait_for(world, sign(world))
        equal(metric(world)[1], 0, "metric of the first")
    finally:
        twin.stop_all()
    world.officer.stop()


def prepare(world):
    world.dir.mkdir(parents=True)
    world.make()


if __name__ == "__main__":
    main(prepare)
