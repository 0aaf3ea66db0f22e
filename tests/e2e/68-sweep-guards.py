"""Goal: nothing goes that nobody wanted to go: a clock that is wrong, a rule
with a typo, one that was taken away, a file that was swapped, one person alone,
and more than was approved delete nothing; what was approved goes, so much a
day.  The clock is the gateway's own (FAULTS=1).
Proves: compliance 9, R5, R7, R8; assurance P8."""
import json
import signal

from case import case, check, equal, main, rows, w
from sweeping import (alarms, approve, approved_run, clock, clocked, idle,
                      run, stored, token, waiting, write)

POLICY = """\
policy: waechter
version: {version}
purposes:
  support: {{basis: contract}}
data:
{rule}  NEU: {{from: collection, delete: P300D}}
  MEDIA: {{from: process_end, delete: P90D}}
  RAW: {{from: collection, delete: P3D}}
channels:
  kundenservice: {{purpose: support, data: {data}, media: {{data: MEDIA}}}}
helpdesks:
  desk: {{sees: [text], person: name}}
approvals: {{policy: 2, delay: P7D, tolerance: 20}}
"""
SETTINGS = "sweep: {few: 2, daily_cap: 30}\n"
PHONE = "4917139680001"
MADE = {}


def policy(rule="  MSG: {from: collection, delete: P30D}\n", data="MSG",
           version=1):
    return POLICY.format(rule=rule, data=data, version=version)


def make(world):
    world.make(policy=policy(), extra=SETTINGS)
    if not clocked(world):
        return
    world.serve()
    token(world)
    world.start_phone()
    # The helpdesk's own clock does not move with the gateway's.
    world.start_desk("--tolerance", "1000000000000")


def many(world, n):
    for i in range(n):
        write(world, PHONE, f"Nachricht {stored(world)} {i}", world.now)


def restart(world):
    world.stop("postern")
    world.serve()


def calm(world, text):
    """Nothing of the archive goes, however often it is asked for."""
    before = stored(world)
    status = world.postern("sweep", "run", "--json", check=False)
    check(text in status, status)
    equal(stored(world), before, "messages")


@case
def r5_more_than_was_approved_stops_before_the_first(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2027, 3, 1)
    many(world, 12)
    clock(world, 2027, 3, 20)
    many(world, 28)
    clock(world, 2027, 4, 5, 1)
    dry = run(world, "dry-run")
    equal(dry["counts"]["erase"], 12, str(dry))
    equal([r["datenart"] for r in dry["counts"]["data"]], ["MSG"], "counted")
    approve(world, dry)
    clock(world, 2027, 4, 25, 1)
    real = run(world)
    equal((real["state"], real["waits_for"]), ("counted", "beyond"), str(real))
    equal(real["compared_with"], dry["id"], "compared with")
    equal(stored(world), 40, "messages")
    check("sweep.approval" in alarms(world), alarms(world))


@case
def what_is_approved_goes_so_much_a_day(world):
    if world.plan is None:
        return "skipped"
    waits, = waiting(world)
    approve(world, waits)
    w.until("as many as may go on a day", 60, lambda: stored(world) == 10)
    calm(world, "under way")
    check("sweep.approval" not in alarms(world), alarms(world))
    clock(world, 2027, 4, 26, 0, 5)
    w.until("the rest", 60, lambda: stored(world) == 0)
    idle(world)


@case
def r7_a_clock_set_back_and_one_ahead_delete_nothing(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2027, 5, 1, 1)
    many(world, 5)
    people = rows(world, "SELECT count(*) FROM address")
    clock(world, 2027, 4, 20, 1, confirm=False)
    w.until("alarm", 60, lambda: "clock.back" in alarms(world))
    calm(world, "clock")
    # 400 days ahead, also through a start.
    clock(world, 2028, 6, 4, 4, confirm=False)
    w.until("alarm", 60, lambda: "clock.ahead" in alarms(world))
    calm(world, "clock")
    world.person("emil", "audit")  # an entry of the log at that time
    restart(world)
    calm(world, "clock")
    world.stop("postern", signal.SIGKILL)
    world.serve()
    calm(world, "clock")
    equal(rows(world, "SELECT count(*) FROM address"), people, "addresses")
    clock(world, 2027, 5, 1, 1, 10, confirm=False)
    w.until("no alarm", 60, lambda: not alarms(world))
    restart(world)
    equal(json.loads(w.call(
        "GET", world.url("internal", "/v1/clock"),
        headers={"Authorization": "Bearer "
                 + world.person("anna").read_text()})[1])["clock"],
          "good", "the clock")
    equal(run(world)["counts"]["erase"], 0, "nothing is due")
    equal(stored(world), 5, "messages")


@case
def r8_a_shorter_rule_of_one_person_deletes_nothing(world):
    if world.plan is None:
        return "skipped"
    MADE["p0d"] = world.propose(policy("  MSG: {from: collection,"
                                       " delete: P0D}\n"))
    check(MADE["p0d"]["shortens"], str(MADE["p0d"]))
    clock(world, 2027, 5, 3, 4)
    approved_run(world)
    equal(stored(world), 5, "proposed")
    world.approve(MADE["p0d"], "bert", "carl")
    clock(world, 2027, 5, 8, 4)
    approved_run(world)
    equal(stored(world), 5, "approved, and waits")


@case
def r8_nor_a_clock_that_makes_the_delay_shorter(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2027, 5, 30, 4, confirm=False)
    w.until("alarm", 60, lambda: "clock.ahead" in alarms(world))
    restart(world)
    equal(world.version(MADE["p0d"])["state"], "approved", "not in force")
    clock(world, 2027, 5, 8, 5, confirm=False)
    w.until("no alarm", 60, lambda: "clock.ahead" not in alarms(world))


@case
def in_force_it_still_has_to_be_approved(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2027, 5, 11, 4)
    w.until("it is in force", 60,
            lambda: world.version(MADE["p0d"])["state"] == "active")
    made = run(world)
    equal((made["state"], made["waits_for"]), ("counted", "shorter"), str(made))
    equal(stored(world), 5, "messages")
    by = {json.loads(body)["act"] for body, in rows(
        world, "SELECT body FROM ledger_entry")
        if json.loads(body)["e"].startswith("policy.")
        and json.loads(body).get("pol") == 2}
    check(len([b for b in by if b.startswith("st_")]) == 3, str(by))
    approve(world, made)
    w.until("then it goes", 60, lambda: stored(world) == 0)
    idle(world)


@case
def a_swapped_file_decides_nothing(world):
    if world.plan is None:
        return "skipped"
    many(world, 3)
    text = policy("  MSG: {from: collection, delete: P200D}\n", version=3)
    made = world.propose(text)
    world.approve(made, "bert", "carl")
    w.until("a longer rule", 60,
            lambda: world.version(made)["state"] == "active")
    (world.data / "policy.yaml").write_text(
        policy("  MSG: {from: collection, delete: P1D}\n", version=9))
    restart(world)
    clock(world, 2027, 5, 20, 4)
    approved_run(world)
    equal(stored(world), 3, "messages")


@case
def a_rule_that_was_taken_away_puts_it_before_a_person(world):
    if world.plan is None:
        return "skipped"
    made = world.propose(policy(rule="", data="NEU", version=10))
    world.approve(made, "bert", "carl")
    clock(world, 2027, 5, 29, 4)
    w.until("it is in force", 60,
            lambda: world.version(made)["state"] == "active")
    approved_run(world)
    equal(stored(world), 3, "messages")
    found = json.loads(world.postern("sweep", "reviews", "--json"))["reviews"]
    equal([(r["kind"], r["datenart"], r["state"]) for r in found],
          [("unclassified", "MSG", "open")], str(found))
    check("sweep.unclassified" in alarms(world), alarms(world))
    MADE["review"] = found[0]["id"]
    clock(world, 2027, 11, 1, 4)
    approved_run(world)
    equal(stored(world), 3, "half a year is not over")


@case
def a_person_decides_and_it_goes(world):
    if world.plan is None:
        return "skipped"
    path = str(world.person("dora", "rights"))
    out = json.loads(world.postern("sweep", "decide", MADE["review"], "erase",
                                   "--token-file", path, "--json"))
    equal(out["decision"], "erase", str(out))
    equal(stored(world), 3, "not at once")
    approved_run(world)
    equal(stored(world), 0, "messages")
    check("sweep.unclassified" not in alarms(world), alarms(world))


main(make)
