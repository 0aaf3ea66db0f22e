"""Goal: killed at any call of a backup, of a restore, or of the replay after
it, the same state is reached, and each step is in the proof log once.
Source: compliance 9, R6; 7.4.

The calls are counted by the gateway's fault layer (FAULTS=1)."""
import json
import shutil
import sqlite3
import subprocess
import sys

from case import ROOT, SLOW, case, check, equal, main, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

FAULTY = ROOT / "build" / "flavour-torture" / "postern"
CALLS = ("write pwrite pwritev fdatasync fsync ftruncate rename unlink open"
         " close")
FILES = "spool archive wal keystore keys media folder other ledger"
MOST = 40 // SLOW
PHONES = [f"49171392088{i:02}" for i in range(4)]
KEPT = {}


def make(world):
    world.plan = None
    world.make()
    if not FAULTY.exists() or w.BUILD != ROOT / "build":
        return
    world.binary = str(FAULTY)
    world.plan = faults.Plan(world)
    world.start_all()
    for phone in PHONES:
        world.phone_text(f"Hallo {phone[-2:]}", phone=phone)
        KEPT[phone] = world.note_with(f"Hallo {phone[-2:]}")["data"]
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]
    KEPT["out"] = world.dir / "elsewhere"
    KEPT["out"].mkdir()
    KEPT["to"] = world.postern("backup", "keygen", "--out", str(
        KEPT["out"] / "identity")).strip()


def run(world, *args):
    return subprocess.run([world.binary, "-d", str(world.data), *args],
                          capture_output=True, timeout=120)


def calls_of(world, act):
    """How many there are when nothing goes wrong."""
    world.plan.clear()
    world.plan.rule(0, "verb", CALLS, FILES, "count")
    world.plan.arm()
    done = act()
    world.plan.arm(False)
    equal(done.returncode, 0, done.stderr)
    return world.plan.seen()


def places(calls):
    check(calls > 10, f"{calls} calls")
    step = max(1, calls // MOST)
    return range(1, calls + 1, step)


def killed_at(world, number, act):
    world.plan.clear()
    world.plan.rule(0, "verb", CALLS, FILES, "kill", at=number)
    world.plan.arm()
    done = act()
    world.plan.clear()
    return done.returncode


@case
def a_backup_killed_anywhere_is_none_and_the_next_one_is_whole(world):
    if world.plan is None:
        return "skipped"
    file = KEPT["out"] / "data"

    def act():
        return run(world, "backup", str(file), "--to", KEPT["to"])

    calls = calls_of(world, act)
    killed = 0
    for number in list(places(calls))[::4]:
        file.unlink()
        killed += killed_at(world, number, act) == -9
        if file.exists():  # after it got its name
            continue
        equal(act().returncode, 0, f"after call {number}")
    check(killed > 3, f"{killed} kills")
    file.unlink(missing_ok=True)
    equal(act().returncode, 0, "the last one")
    left = [p.name for p in world.data.iterdir() if "backup" in p.name]
    equal(left, [], "left behind")


@case
def somebody_is_erased_after_it(world):
    if world.plan is None:
        return "skipped"
    (KEPT["out"] / "data").unlink()
    equal(run(world, "backup", str(KEPT["out"] / "data"), "--to",
              KEPT["to"]).returncode, 0, "backup")
    KEPT["token"] = json.loads(world.postern(
        "token", "list", "--json"))["tokens"][-1]["id"]
    world.postern("token", "revoke", KEPT["token"])
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]
    gone = KEPT[PHONES[1]]
    world.api("POST", f"/v1/conversations/{gone['conversation']}/close")
    made = world.api("POST", "/v1/erasures", {"person": gone["person"]["id"]},
                     token=KEPT["rights"])[1]
    w.until("erased", 60, lambda: world.api(
        "GET", f"/v1/erasures/{made['id']}",
        token=KEPT["rights"])[1]["step"] == "done")
    world.stop("postern")
    world.plan.close()
    KEPT["before"] = world.dir / "before"
    shutil.copytree(world.data, KEPT["before"],
                    ignore=shutil.ignore_patterns("run"))


# --- the restore ------------------------------------------------------------


def again(world, folder):
    shutil.rmtree(world.data)
    shutil.copytree(folder, world.data)
    world.plan = faults.Plan(world)


def restore(world):
    return run(world, "restore", str(KEPT["out"] / "data"), "--identity",
               str(KEPT["out"] / "identity"))


def state(world):
    """What a folder is, but for times."""
    names = sorted(str(p.relative_to(world.data)) for p in
                   world.data.rglob("*") if p.is_file()
                   and not p.name.endswith(("-wal", "-shm", ".lock", ".plan")))
    found = [names]
    for sql in ("SELECT state,count(*) FROM outbox GROUP BY 1 ORDER BY 1",
                "SELECT count(*),max(id) FROM message",
                "SELECT kind,count(*) FROM replay GROUP BY 1 ORDER BY 1",
                "SELECT name FROM meta ORDER BY 1",
                "SELECT origin,size FROM ledger_before ORDER BY 1,2",
                "SELECT count(*) FROM ledger_checkpoint",
                "SELECT count(*) FROM ledger_entry"):
        found.append(rows(world, sql))
    db = sqlite3.connect(f"file:{world.data}/keeper.db?mode=ro", uri=True)
    found.append(db.execute("SELECT name FROM meta ORDER BY 1").fetchall())
    db.close()
    return found


def names(world):
    return [n for n, in rows(world, "SELECT name FROM meta")]


@case
def a_restore_killed_anywhere_goes_on_to_the_same_state(world):
    if world.plan is None:
        return "skipped"
    again(world, KEPT["before"])
    calls = calls_of(world, lambda: restore(world))
    wanted = state(world)
    check(any(name == "restore_phase" for name, in wanted[4]), wanted[4])
    check(("log",) not in wanted[8], "the old log is over")
    killed = halves = 0
    for number in places(calls):
        again(world, KEPT["before"])
        killed += killed_at(world, number, lambda: restore(world)) == -9
        if (world.data / "restore.ready").exists():
            halves += 1
            served = run(world, "serve")
            check(served.returncode == 1 and b"half done" in served.stderr,
                  served.stderr)
        elif "restore_phase" in names(world):
            equal(state(world), wanted, f"it was done at call {number}")
            continue
        done = restore(world)
        equal(done.returncode, 0, (number, done.stderr))
        equal(state(world), wanted, f"killed at call {number} of {calls}")
    check(killed > 20 // SLOW and halves > 0, f"{killed}, {halves}")
    KEPT["restored"] = world.dir / "restored"
    shutil.copytree(world.data, KEPT["restored"])


@case
def a_replay_killed_anywhere_goes_on_and_tells_each_step_once(world):
    if world.plan is None:
        return "skipped"
    for number in range(1, 16, 2 * SLOW):
        again(world, KEPT["restored"])
        world.plan.rule(0, "worker", "fdatasync", "wal", "kill", at=number)
        world.plan.arm()
        world.serve(wait=False)
        world.wait_ready(120)
        fired = world.plan.fired()
        world.plan.clear()
        told = [json.loads(b)["e"] for b, in rows(
            world, "SELECT body FROM ledger_entry")]
        for event in ("backup.restored", "backup.replayed", "erase.executed",
                      "erase.verified"):
            equal(told.count(event), 1, (event, number, fired))
        equal(world.api("GET", "/v1/conversations/"
                        + KEPT[PHONES[1]]["conversation"])[0], 404, "erased")
        equal(world.api("GET", "/v1/conversations/"
                        + KEPT[PHONES[2]]["conversation"])[0], 200, "kept")
        states = {t["id"]: t["state"] for t in json.loads(world.postern(
            "token", "list", "--json"))["tokens"]}
        equal(states[KEPT["token"]], "revoked", "a token")
        world.stop("postern")
        world.plan.close()


main(make)
