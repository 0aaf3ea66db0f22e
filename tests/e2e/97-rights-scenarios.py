"""Goal: the acceptance scenarios about requests, deadlines, holds and clocks
with the very dates they name, on a gateway that lives through the year 2026;
and what a person is told in the end.
Scenarios: compliance 9, D2, D3, D4, H1, H2, Q5, R1, R7.

The clock is the gateway's own (FAULTS=1)."""
import json
import re

from case import case, check, envelope, equal, main, post, rows, w
from sweeping import (alarms, approved_run, clock, clocked, desk, run, token,
                      write)

ANNA, BERT, CARL, DORA, EMIL = (f"49171392009{i:02}" for i in range(61, 66))
KEPT = {}


def make(world):
    world.make(extra="rights: {copies: decide}\n")
    if not clocked(world):
        return
    clock(world, 2026, 1, 31, confirm=False)
    world.serve()
    token(world)
    world.start_phone()
    # The helpdesk's own clock does not move with the gateway's.
    world.start_desk("--tolerance", "1000000000000")
    for label in ("DSB", "Zweite"):
        KEPT[label] = json.loads(world.postern(
            "token", "create", "--scope", "rights", "--label", label,
            "--days", "3660", "--json"))


def rights(world, method, path, body=None, who="DSB"):
    return world.api(method, path, body, token=KEPT[who]["token"])


def opened(world, kind, phone, **more):
    status, made = rights(world, "POST", "/v1/requests", {
        "type": kind, "channel": "mail",
        "identifiers": [{"kind": "phone", "value": phone}], **more})
    equal(status, 201, str(made))
    return made["id"]


def get(world, request):
    return rights(world, "GET", f"/v1/requests/{request}")[1]


def act(world, request, what, body=None, who="DSB"):
    return rights(world, "POST", f"/v1/requests/{request}/{what}", body, who)


def until_state(world, request, *states):
    return w.until(f"{states}", 60, lambda: (
        lambda r: r if r["state"] in states else None)(get(world, request)))


def letters(world, request):
    return rights(world, "GET", f"/v1/requests/{request}/file")[1]["letters"]


def texts(world, phone):
    return [e.get("text", "") for e in world.chat(phone)
            if e["from"] == "business"]


def told(world, phone, part):
    return w.until(f"{part!r} in the chat", 60, lambda: next(
        (t for t in reversed(texts(world, phone)) if part in t), None))


def served(world, phone, text):
    """A case whose last word is ours; what the helpdesk was told."""
    conversation = write(world, phone, text, world.now)
    equal(world.answer(conversation, "Gern geschehen")[0], 202, "answer")
    w.until("answered", 60, lambda: "Gern geschehen" in texts(world, phone))
    return world.note_with(text)["data"]


def ask(world, phone, word="Löschen"):
    """What the chat wants to hear back."""
    before = texts(world, phone)
    said(world, phone, word)
    text = w.until("the question", 60, lambda: next(
        (t for t in texts(world, phone)[len(before):]
         if "genau diese Antwort" in t), None))
    return re.search(r"\n\n(.*[A-Z]{4}-[A-Z]{4})\n", text).group(1)


def said(world, phone, text):
    KEPT["n"] = KEPT.get("n", 0) + 1
    equal(post(world, envelope(
        {"id": f"wamid.S{KEPT['n']}", "type": "text", "text": {"body": text},
         "timestamp": str(world.now)}, phone=phone))[0], 200, "ack")


def newest(world, kind):
    found = rights(world, "GET", "/v1/requests?limit=50")[1]["requests"]
    return next(r for r in found if r["type"] == kind)["id"]


# --- deadlines --------------------------------------------------------------


@case
def d2_of_the_thirty_first(world):
    if world.plan is None:
        return "skipped"
    served(world, ANNA, "Guten Tag, hier Anna")
    one = opened(world, "rectification", ANNA, text="Anna Beispiel",
                 proof={"method": "ausweis"})
    equal(get(world, one)["due"], "2026-03-02", "due")
    until_state(world, one, "in_progress")
    clock(world, 2026, 2, 27, confirm=False)
    status, got = act(world, one, "extend", {
        "reason_code": "JustificationA12Complexity", "text": "Umzug."})
    equal((status, got["state"], got["due"]), (200, "extended", "2026-04-30"),
          str(got))
    letter = letters(world, one)[-1]
    check("30.04.2026" in letter["text"] and letter["made"] < "2026-03-02",
          str(letter))
    equal(rights(world, "DELETE", f"/v1/requests/{one}")[0], 200, "over")


@case
def d2_on_the_day_after_it_is_too_late(world):
    if world.plan is None:
        return "skipped"
    late = opened(world, "rectification", ANNA, text="Anna Beispiel",
                  proof={"method": "ausweis"},
                  received_at="2026-01-31T10:00:00+01:00")
    equal(get(world, late)["due"], "2026-03-02", "due")
    until_state(world, late, "in_progress")
    clock(world, 2026, 3, 3, 0, 1, confirm=False)
    status, got = act(world, late, "extend", {
        "reason_code": "JustificationA12Complexity"})
    equal((status, got["reason"]), (409, "deadline"), str(got))
    equal(rights(world, "DELETE", f"/v1/requests/{late}")[0], 200, "over")


@case
def d4_a_chat_message_before_midnight_elsewhere(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2026, 3, 11, 0, 30, confirm=False)
    equal(world.now, 1773185400, "23:30 UTC on 10 March")
    ask(world, ANNA)
    got = get(world, newest(world, "erasure"))
    equal((got["receipt_day"], got["due"]), ("2026-03-11", "2026-04-13"),
          str(got))
    equal(rights(world, "DELETE", f"/v1/requests/{got['id']}")[0], 200, "over")


@case
def r1_a_ticket_closed_on_the_fifteenth_of_may(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2026, 5, 10)
    conversation = write(world, BERT, "Wo ist mein Paket?", world.now)
    clock(world, 2026, 5, 15, 17)
    desk(world, conversation, "close")
    (KEPT["closed"],), = rows(
        world, "SELECT max(coalesce(closed_ms,0)) FROM conversation")


@case
def d3_the_clock_rests_while_proof_is_waited_for(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2026, 6, 2, confirm=False)
    at = "2026-06-01T09:00:00+02:00"
    one = opened(world, "rectification", ANNA, text="Anna Beispiel",
                 received_at=at)
    clock(world, 2026, 6, 11, confirm=False)
    equal(act(world, one, "identity", {"method": "letter"})[0], 200, "proof")
    got = until_state(world, one, "in_progress")
    equal((got["receipt_day"], got["paused_days"], got["due"]),
          ("2026-06-01", 9, "2026-07-10"), str(got))
    equal(rights(world, "DELETE", f"/v1/requests/{one}")[0], 200, "over")


@case
def proof_asked_for_late_stops_no_clock(world):
    if world.plan is None:
        return "skipped"
    for received, pause, due in (
            # Friday to Wednesday: three working days; to Thursday: four.
            ("2026-06-05T09:00:00+02:00", 5, "2026-07-10"),
            ("2026-06-04T09:00:00+02:00", 0, "2026-07-06")):
        clock(world, 2026, 6, 10, confirm=False)
        one = opened(world, "rectification", ANNA, text="Anna Beispiel",
                     received_at=received)
        clock(world, 2026, 6, 15, confirm=False)
        equal(act(world, one, "identity", {"method": "letter"})[0], 200, "id")
        got = until_state(world, one, "in_progress")
        equal((got["paused_days"], got["due"]), (pause, due), received)
        equal(rights(world, "DELETE", f"/v1/requests/{one}")[0], 200, "over")


# --- copies -----------------------------------------------------------------


@case
def q5_a_second_copy_may_cost_something(world):
    if world.plan is None:
        return "skipped"
    first = opened(world, "access", ANNA, proof={"method": "ausweis"})
    equal(until_state(world, first, "completed")["fee_cents"], 0, "first")
    link = next(x for x in letters(world, first) if x["what"] == "access")
    check("29.06.2026" in link["text"] and "Euro" not in link["text"]
          and "auf anderem Weg" in link["text"], str(link))
    second = opened(world, "access", ANNA, proof={"method": "ausweis"})
    until_state(world, second, "in_progress")
    status, got = act(world, second, "decide", {
        "decision": "grant", "fee_cents": 1250})
    equal((status, got["fee_cents"]), (200, 1250), str(got))
    until_state(world, second, "completed")
    check("12,50 Euro" in letters(world, second)[-1]["text"],
          str(letters(world, second)[-1]))


# --- retention and holds ----------------------------------------------------


@case
def r1_gone_after_the_run_of_the_fourteenth(world):
    if world.plan is None:
        return "skipped"
    n = ("SELECT count(*) FROM message m JOIN conversation c ON"
         " c.id=m.conversation WHERE direction='in' AND c.closed_ms="
         + str(KEPT["closed"]))
    clock(world, 2026, 8, 13, 23)
    approved_run(world)
    equal(rows(world, n), [(1,)], "at the end of 13 August")
    clock(world, 2026, 8, 14, 3)
    approved_run(world)
    equal(rows(world, n), [(0,)], "after the run of 14 August")


@case
def h1_h2_suspended_and_told_again_when_the_hold_ends(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2026, 10, 1)
    person = served(world, CARL, "Das klären unsere Anwälte")["person"]["id"]
    status, hold = rights(world, "POST", "/v1/holds", {
        "scope": "person", "person": person, "reason": "Klage",
        "matter_ref": "A 1", "approver": KEPT["Zweite"]["id"],
        "review": "2026-12-01"})
    equal(status, 201, str(hold))
    status, hold = rights(world, "POST", f"/v1/holds/{hold['id']}/approve",
                          {}, "Zweite")
    equal(status, 200, str(hold))
    said(world, CARL, ask(world, CARL))
    answer = told(world, CARL, "noch nicht löschen")
    check("wegen Rechtsansprüchen ausgesetzt" in answer
          and "Art. 17 Abs. 3 Buchst. e DSGVO" in answer, answer)
    check("Klage" not in answer and "A 1" not in answer, answer)
    request = newest(world, "erasure")
    done = until_state(world, request, "completed")
    check(all(i["verdict"] != "erase" for i in done["items"]), str(done))
    equal(rows(world, "SELECT count(*) FROM request WHERE reply_sealed IS NOT"
               " NULL"), [(1,)], "where to tell the end of it")
    clock(world, 2026, 10, 2)
    status, got = rights(world, "POST", f"/v1/holds/{hold['id']}/release", {})
    equal((status, got["state"]), (200, "released"), str(got))
    told(world, CARL, "Ihre Daten sind gelöscht")
    done = w.until("the new list", 60, lambda: (
        lambda r: r if r["items"] and r["answered_at"] and all(
            i["verdict"] == "erase" for i in r["items"]) else None)(
                get(world, request)))
    equal(done["state"], "completed", "state")
    w.until("nobody knows where to answer", 90, lambda: rows(
        world, "SELECT count(*) FROM request WHERE reply_sealed IS NOT NULL")
        == [(0,)])
    equal(rows(world, "SELECT count(*) FROM erasure WHERE ended_ms IS NULL"),
          [(0,)], "it is over")
    equal([x["what"] for x in letters(world, request)][-2:],
          ["not_erased", "erased"], "letters")
    equal(world.sweep(["Das klären unsere Anwälte", CARL]), [], "on disk")


@case
def what_a_person_granted_is_erased_though_a_case_is_open(world):
    if world.plan is None:
        return "skipped"
    said(world, DORA, "Wo bleibt mein Paket?")
    world.note_with("Wo bleibt mein Paket?")
    request = opened(world, "erasure", DORA, proof={"method": "ausweis"})
    until_state(world, request, "in_progress")
    equal(act(world, request, "decide", {"decision": "grant"})[0], 200, "yes")
    done = until_state(world, request, "completed")
    check(done["items"] and all(i["verdict"] == "erase"
                                for i in done["items"]), str(done["items"]))
    equal(letters(world, request)[-1]["what"], "erased", "the letter")


# --- the chat ---------------------------------------------------------------


@case
def who_asked_in_the_chat_takes_it_back_there(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2026, 11, 3)
    served(world, EMIL, "Guten Tag, hier Emil")
    before = rows(world, "SELECT count(*) FROM suppression")
    ask(world, EMIL)
    said(world, EMIL, "Zurückziehen!")
    told(world, EMIL, "zurückgenommen")
    got = until_state(world, newest(world, "erasure"), "withdrawn")
    equal(got["events"][-1]["by"], None, "by the person")
    equal(rows(world, "SELECT count(*) FROM suppression"), before, "a STOP")
    # Without an open request it is an ordinary message.
    said(world, EMIL, "Zurückziehen")
    world.note_with("Zurückziehen")


# --- clocks -----------------------------------------------------------------


@case
def r7_three_days_back_five_ahead_and_one(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2026, 11, 21, 3)
    approved_run(world)
    for day, alarm in ((18, "clock.back"), (26, "clock.ahead")):
        clock(world, 2026, 11, day, 3, confirm=False)
        w.until(alarm, 60, lambda: alarm in alarms(world))
        check("clock" in world.postern("sweep", "run", "--json", check=False),
              f"a run on the {day}th")
    clock(world, 2026, 11, 22, 3, confirm=False)
    w.until("no alarm of the clock", 60, lambda: not any(
        a.startswith("clock.") for a in alarms(world)))
    equal(run(world)["state"], "done", "it runs")


main(make)
