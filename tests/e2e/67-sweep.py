"""Goal: what its rule says is over goes, through the real interfaces: a ticket
ninety days after the helpdesk closed it, one that was reopened from its last
closing on, a letter restricted with its ticket and deleted when the law says
so; its files, keys and what the helpdesk may still ask for go with it.
The clock is the gateway's own (FAULTS=1).  Proves: compliance 9, R1, R2, R3."""
from case import case, check, equal, main, rows, w
from sweeping import (approved_run, clock, clocked, desk, run, token, write)

R1, R2, R3 = (f"49171396700{n:02}" for n in range(1, 4))
KEPT = {}


def make(world):
    world.make()
    if not clocked(world):
        return
    world.serve()
    token(world)
    world.start_phone()
    # The helpdesk's own clock does not move with the gateway's.
    world.start_desk("--tolerance", "1000000000000")


def of(world, phone, more=""):
    """Messages of this phone that came in."""
    return rows(world, "SELECT count(*) FROM message WHERE direction='in' AND"
                " conversation=? " + more, KEPT[phone])[0][0]


def greet(world, phone, text):
    """Its conversation, outside and inside."""
    outside = write(world, phone, text, world.now)
    KEPT[phone] = rows(world, "SELECT max(id) FROM conversation")[0][0]
    return outside


@case
def r1_gone_on_the_day_after_ninety_days(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2027, 5, 10)
    KEPT["r1"] = greet(world, R1, "Wo ist mein Paket?")
    KEPT["r2"] = greet(world, R2, "Kaputt angekommen")
    clock(world, 2027, 5, 15, 17)
    desk(world, KEPT["r1"], "close")
    clock(world, 2027, 8, 13, 23)
    approved_run(world)
    equal(of(world, R1), 1, "at the end of 13 August")
    clock(world, 2027, 8, 14, 3)
    approved_run(world)
    equal(of(world, R1), 0, "after the run of 14 August")
    # Who has a copy hears of it, once.
    note = w.until("the desk is told", 30, lambda: next(
        iter(world.notes("messages.expired")), None))
    equal(len(world.notes("messages.expired")), 1, "once")
    data = note["data"]
    equal((data["conversation"], data["all"]), (KEPT["r1"], True), data)
    equal(data["messages"], [said["data"]["message"] for said in
                             world.notes("message.received")
                             if said["data"]["conversation"] == KEPT["r1"]],
          "ids of what it got")
    equal((data["person"]["name"], data["person"]["address"]), (None, None),
          "ids alone")
    status, _ = world.api("GET", f"/v1/conversations/{KEPT['r1']}")
    check(status in (200, 404), f"status {status}")


@case
def r2_reopened_it_counts_from_the_last_closing(world):
    if world.plan is None:
        return "skipped"
    desk(world, KEPT["r2"], "close")
    clock(world, 2027, 9, 23)
    desk(world, KEPT["r2"], "reopen")
    clock(world, 2027, 10, 1)
    desk(world, KEPT["r2"], "close")
    clock(world, 2027, 12, 30, 22)
    approved_run(world)
    equal(of(world, R2), 1, "ninety days are not over")
    clock(world, 2027, 12, 31, 3)
    approved_run(world)
    equal(of(world, R2), 0, "ninety days are over")


@case
def r3_a_letter_is_restricted_then_deleted_by_the_calendar(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2028, 3, 15)
    KEPT["r3"] = greet(world, R3, "Guten Tag")
    desk(world, KEPT["r3"], "tags", {"datenart": "MSG_BUSINESS"})
    write(world, R3, "Hiermit bestelle ich zwei Stück", world.now)
    desk(world, KEPT["r3"], "close")
    clock(world, 2028, 6, 14, 3)
    approved_run(world)
    equal(of(world, R3, "AND datenart='MSG_BUSINESS'"), 1, "the letter")
    equal(of(world, R3, "AND datenart='MSG_SUPPORT'"), 0, "the greeting")
    kept = rows(world, "SELECT verdict FROM kept")
    equal(kept, [("restrict_until",)], "the letter is restricted")
    clock(world, 2034, 12, 31, 23)
    approved_run(world)
    equal(of(world, R3), 1, "the law is not over")
    clock(world, 2035, 1, 1, 3)
    approved_run(world)
    equal(of(world, R3), 0, "the law is over")
    equal(rows(world, "SELECT count(*) FROM kept")[0][0], 0, "kept")


@case
def again_there_is_nothing_left_to_do(world):
    if world.plan is None:
        return "skipped"
    made = run(world)
    equal((made["state"], made["done"]), ("done", 0), str(made))


main(make)
