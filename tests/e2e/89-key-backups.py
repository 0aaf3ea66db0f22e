"""Goal: a copy of the keys lives thirty days: until then whoever was erased
waits for it, afterwards no restore takes it, and somebody is told to destroy it.
Scenario: compliance 7.4; 9, E4.

The clock is the gateway's own (FAULTS=1)."""
import datetime
import json
import shutil
import subprocess

from case import case, check, equal, main, rows, w
from sweeping import BERLIN, clock, clocked

PHONE = "4917139208901"
KEPT = {}


def make(world):
    world.make()
    if not clocked(world):
        return
    world.start_all()
    world.phone_text("Nur kurz da", phone=PHONE)
    KEPT["note"] = world.note_with("Nur kurz da")["data"]
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB", "--days",
        "3660", "--json"))["token"]
    (world.dir / "words").write_text("einundzwanzig gute Worte\n")
    (world.dir / "words").chmod(0o600)


def run(world, *args):
    done = subprocess.run([world.binary, "-d", str(world.data), *args],
                          capture_output=True, timeout=120)
    return done.returncode, (done.stdout + done.stderr).decode()


def days_on(world, days):
    day = datetime.datetime.now(BERLIN) + datetime.timedelta(days=days)
    clock(world, day.year, day.month, day.day, 12)


def listed(world):
    return json.loads(world.postern("backup", "list", "--json"))["backups"]


def entries(world, event):
    return [e for e in (json.loads(b) for b, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id"))
        if e["e"] == event]


def ask(world, method, path, body=None):
    return world.api(method, path, body, token=KEPT["rights"])


def until_state(world, state):
    return w.until(state, 60, lambda: (
        lambda r: r if r["state"] == state else None)(
            ask(world, "GET", f"/v1/requests/{KEPT['request']}")[1]))


@case
def a_copy_says_until_when_it_may_be_used(world):
    if world.plan is None:
        return "skipped"
    code, said = run(world, "keys", "backup", str(world.dir / "keys"),
                     "--passphrase-file", str(world.dir / "words"))
    equal(code, 0, said)
    one, = listed(world)
    made = datetime.datetime.fromisoformat(one["made"]).astimezone(BERLIN)
    ends = datetime.datetime.fromisoformat(one["expires"]).astimezone(BERLIN)
    KEPT["last"] = (made + datetime.timedelta(days=30)).date()
    equal(ends.date(), KEPT["last"], "the whole last day")
    equal(one["expired"], None, "not yet")


@case
def e4_who_is_erased_waits_for_it(world):
    if world.plan is None:
        return "skipped"
    cnv = KEPT["note"]["conversation"]
    world.api("POST", f"/v1/conversations/{cnv}/close")
    status, made = ask(world, "POST", "/v1/requests", {
        "type": "erasure", "channel": "mail", "proof": {"method": "ausweis"},
        "identifiers": [{"kind": "phone", "value": PHONE}]})
    equal(status, 201, made)
    KEPT["request"] = made["id"]
    got = until_state(world, "waiting_backups")
    done = ask(world, "GET", f"/v1/erasures/{got['erasure']['id']}")[1]
    equal(done["backups_until"], KEPT["last"].isoformat(), "named")


@case
def e4_on_the_last_day_it_is_still_good(world):
    if world.plan is None:
        return "skipped"
    days_on(world, 29)
    world.stop("postern")  # it looks every minute, and when it starts
    world.serve()
    equal(listed(world)[0]["expired"], None, "29 days on")
    equal(entries(world, "backup.expired"), [], "told")
    until_state(world, "waiting_backups")


@case
def e4_then_it_has_expired_and_somebody_is_told(world):
    if world.plan is None:
        return "skipped"
    days_on(world, 31)
    world.stop("postern")
    world.serve()
    w.until("it has expired", 120, lambda: listed(world)[0]["expired"])
    equal(len(entries(world, "backup.expired")), 1, "told once")
    alarms = json.loads(world.postern("alarms", "--json"))["alarms"]
    one, = [a for a in alarms if a["kind"] == "backup.destroy"]
    equal(one["object"], listed(world)[0]["id"], "which")
    world.postern("alarms", "end", one["id"])
    until_state(world, "completed")


@case
def no_restore_takes_it(world):
    if world.plan is None:
        return "skipped"
    out = world.dir
    to = world.postern("backup", "keygen", "--out",
                       str(out / "identity")).strip()
    world.postern("backup", str(out / "copy"), "--to", to)
    world.stop("postern")
    lost = out / "lost"
    shutil.move(world.data, lost)
    world.data.mkdir(mode=0o700)
    for name in ("faults.plan", "erasures.log"):
        shutil.copy2(lost / name, world.data / name)
    code, said = run(world, "restore", str(out / "copy"), "--identity",
                     str(out / "identity"), "--keys", str(out / "keys"),
                     "--passphrase-file", str(out / "words"))
    equal((code, "expired" in said), (1, True), said)
    check(not (world.data / "keeper.db").exists(), "keys came")
    shutil.rmtree(world.data)
    shutil.move(lost, world.data)


main(make)
