"""Goal: killed at any moment of an erasure, worker or keeper, the gateway comes
back by itself and the person is erased, each step once.
Scenario: compliance 9, E5.

The kills come from the layer between the gateway and the kernel (FAULTS=1)."""
import json
import random
import sqlite3
import sys

from case import ROOT, case, check, equal, main, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

FAULTY = ROOT / "build" / "flavour-torture" / "postern"
STEPS = ["decide", "freeze", "rows", "index", "keys", "wal", "ledger", "tell",
         "verify", "stamp", "answer"]
KEPT = {"n": 0}


def make(world):
    world.make()
    world.plan = None
    if not FAULTY.exists() or w.BUILD != ROOT / "build":
        return
    world.binary = str(FAULTY)
    world.plan = faults.Plan(world)
    world.start_all()
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]
    world.phone_text("Das bleibt", phone="4917139206699")
    world.note_with("Das bleibt")


def somebody(world):
    """A person with texts and a file, whose case is closed."""
    KEPT["n"] += 1
    n = KEPT["n"]
    phone = f"49171392066{n:02}"
    for i in range(3):
        world.phone_text(f"Frage {n}-{i}", phone=phone)
    w.call("POST", world.url("phone", f"/phone/file?from={phone}&name=b.pdf"
                             f"&caption=Anlage{n}"), random.randbytes(5000),
           {"Content-Type": "application/pdf"})
    for i in range(3):
        world.note_with(f"Frage {n}-{i}", 60)
    note = world.note_with(f"Anlage{n}", 60)["data"]
    world.greeted(phone)
    equal(world.api("POST", f"/v1/conversations/{note['conversation']}/close")
          [0], 200, "closed")
    w.until("tidied", 30, lambda: rows(
        world, "SELECT count(*) FROM attachment WHERE tidy=1") == [(0,)])
    (row,), = rows(world, "SELECT max(id) FROM person")
    return note["person"]["id"], row


def keys_of(world, row):
    keys = sqlite3.connect(f"file:{world.data / 'keeper.db'}?mode=ro",
                           uri=True, timeout=10)
    try:
        return keys.execute("SELECT count(*) FROM data_key WHERE person=?",
                            (row,)).fetchone()[0]
    finally:
        keys.close()


def asked(world, person):
    """Until the answer is there: a call that was cut off is made again."""
    def ask():
        try:
            status, made = world.api("POST", "/v1/erasures",
                                     {"person": person},
                                     token=KEPT["rights"])
        except OSError:
            return None
        # Gone already: the first call was heard.
        return status if status in (202, 404) else None
    w.until("it is asked for", 60, ask)


def ended(world, row):
    def look():
        try:
            return rows(world, "SELECT id FROM erasure WHERE person=? AND"
                        " ended_ms IS NOT NULL", row)
        except sqlite3.OperationalError:
            return None
    return w.until("the erasure is done", 90, look)[0][0]


def whole(world, erasure, row):
    w.until("ready", 60, world.ready)
    equal([s for s, in rows(
        world, "SELECT step FROM erasure_step WHERE erasure=? ORDER BY step",
        erasure)], list(range(len(STEPS))), "each step once")
    (n, of, files, keys, kept), = rows(
        world, "SELECT n,of_n,files,keys,kept FROM erasure WHERE id=?",
        erasure)
    equal((n, files, kept), (of, 1, 0), "counts")
    check(n >= 6 and keys >= 2, (n, keys))
    for table in ("message WHERE key_person", "address WHERE person",
                  "attachment WHERE key_person", "person WHERE id",
                  "conversation WHERE person"):
        equal(rows(world, f"SELECT count(*) FROM {table}=?", row), [(0,)],
              table)
    equal(keys_of(world, row), 0, "keys")
    equal(rows(world, "SELECT count(*) FROM erasure_probe"), [(0,)], "probes")
    equal(rows(world, "SELECT count(*) FROM alarm"), [(0,)], "alarms")
    for event in ("erase.planned", "erase.executed", "erase.verified"):
        equal(rows(world, "SELECT count(*) FROM ledger_entry WHERE instr("
                   "CAST(body AS TEXT),?)>0", f'"e":"{event}"'),
              [(KEPT["n"],)], event)


def killed(world, role, call, files, at):
    person, row = somebody(world)
    world.plan.clear()
    world.plan.rule(0, role, call, files, "kill", at)
    world.plan.arm()
    asked(world, person)
    try:
        erasure = ended(world, row)
    finally:
        fired = world.plan.fired()
        world.plan.clear()
    whole(world, erasure, row)
    return fired


def kill_all(world, role, call, files, places):
    if world.plan is None:
        return "skipped"
    fired = [killed(world, role, call, files, at) for at in places]
    check(all(fired), f"struck {fired}")
    return None


@case
def the_worker_is_killed_as_it_writes(world):
    return kill_all(world, "worker", "fdatasync fsync", "wal archive",
                    (1, 4, 8, 13))


@case
def the_worker_is_killed_at_a_file(world):
    return kill_all(world, "worker", "unlink", "media", (1,))


@case
def the_keeper_is_killed_as_it_destroys_keys(world):
    return kill_all(world, "keeper", "fdatasync fsync ftruncate",
                    "keystore keys other wal", (1, 2))


@case
def others_are_intact(world):
    if world.plan is None:
        return "skipped"
    equal(rows(world, "SELECT count(*) FROM message WHERE direction='in'"),
          [(1,)], "left")
    world.postern("ledger", "verify")
    return None


main(make)
