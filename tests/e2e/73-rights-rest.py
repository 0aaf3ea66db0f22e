"""Goal: a request of a data subject over the API, from receipt to its end: the
same answer for people who are known and who are not, deadlines by the
calendar, reasons for every no, and nobody decides alone where the law is
strict.
Scenarios: compliance 5.1; 9, E3, Q5, D2, D3, D4.

The clock is the gateway's own (FAULTS=1)."""
import datetime
import json
import sys
import time

from case import ROOT, case, check, equal, main, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

CLOCKED = ROOT / "build" / "flavour-torture" / "postern"
ANNA, STRANGER = "4917139200901", "4917139200999"
KEPT = {}


def make(world):
    world.make()
    world.plan = None
    if CLOCKED.exists() and w.BUILD == ROOT / "build":
        world.binary = str(CLOCKED)
        world.plan = faults.Plan(world)
    world.start_all()
    tokens(world)
    world.phone_text("Hallo, hier Anna", phone=ANNA)
    conversation = world.note_with("Hallo, hier Anna")["data"]["conversation"]
    world.answer(conversation, "Gern geschehen")
    w.until("the answer is there", 20, lambda: any(
        e.get("text") == "Gern geschehen" for e in world.chat(ANNA)))


def tokens(world):
    for label in ("DSB", "Vertretung"):
        KEPT[label] = json.loads(world.postern(
            "token", "create", "--scope", "rights", "--label", label,
            "--json"))["token"]


def rights(world, method, path, body=None, who="DSB", **headers):
    return world.api(method, path, body, token=KEPT[who], headers=headers)


def ask(world, kind, phone=ANNA, **more):
    return rights(world, "POST", "/v1/requests", {
        "type": kind, "identifiers": [{"kind": "phone", "value": phone}],
        **more})


def opened(world, kind, phone=ANNA, **more):
    status, made = ask(world, kind, phone, **more)
    equal(status, 201, str(made))
    return made["id"]


def get(world, request):
    return rights(world, "GET", f"/v1/requests/{request}")[1]


def until_state(world, request, *states):
    return w.until(f"{states}", 30, lambda: (
        lambda r: r if r["state"] in states else None)(get(world, request)))


def act(world, request, what, body=None, who="DSB"):
    return rights(world, "POST", f"/v1/requests/{request}/{what}", body, who)


def refused(answer, status, kind, reason=None):
    equal((answer[0], answer[1]["type"].rsplit(":", 1)[1]), (status, kind),
          str(answer[1]))
    if reason:
        equal(answer[1]["reason"], reason, str(answer[1]))


# --- who asks ---------------------------------------------------------------


@case
def e3_known_and_unknown_get_the_same_answer(world):
    known, stranger = ask(world, "access"), ask(world, "access", STRANGER)
    equal(known[0], 201, str(known[1]))
    equal(stranger[0], 201, str(stranger[1]))
    equal(sorted(known[1]), ["due_at", "due_basis", "id", "received_at",
                             "state"], "members")
    for member in ("state", "due_at", "due_basis"):
        equal(known[1][member], stranger[1][member], member)
    one, other = (get(world, r[1]["id"]) for r in (known, stranger))
    equal({k: v for k, v in one.items() if k not in
           ("id", "received_at", "events")},
          {k: v for k, v in other.items() if k not in
           ("id", "received_at", "events")}, "what is shown")
    w.until("proof is asked for in the chat", 20, lambda: any(
        "Auskunft über Ihre Daten" in e.get("text", "")
        for e in world.chat(ANNA)))
    equal(world.chat(STRANGER), [], "a stranger's chat")
    equal(rows(world, "SELECT count(*) FROM request WHERE asked_day IS NOT"
               " NULL"), [(2,)], "the clock rests for both")
    KEPT["stranger"] = stranger[1]["id"]
    for made in (known, stranger):
        equal(rights(world, "DELETE", f"/v1/requests/{made[1]['id']}")[1]
              ["state"], "withdrawn", "taken back")


@case
def an_access_is_a_package_with_a_link_for_once(world):
    request = opened(world, "access", proof={"method": "ausweis"},
                     channel="mail")
    until_state(world, request, "completed")
    status, view = rights(world, "GET", f"/v1/requests/{request}/package")
    equal((status, view["state"]), (200, "ready"), str(view))
    links = [act(world, request, "package")[1]["link"] for _ in range(2)]
    check(links[0] != links[1], "a new one each time")
    check(all("/privacy/paket/" in link for link in links), str(links))


@case
def e3_a_proved_stranger_is_told_that_there_is_nothing(world):
    request = opened(world, "erasure", STRANGER, channel="mail")
    equal(act(world, request, "identity", {"method": "letter"})[0], 200,
          "identity")
    done = until_state(world, request, "completed")
    equal((done["items"], done["erasure"]), ([], None), str(done))
    file = rights(world, "GET", f"/v1/requests/{request}/file")[1]
    check("keine Daten gespeichert" in file["letters"][-1]["text"], str(file))
    refused(act(world, request, "identity", {"method": "letter"}), 409,
            "conflict", "state")


@case
def only_who_answers_for_rights_may(world):
    equal(world.api("GET", "/v1/requests")[0], 403, "a desk's token")
    refused(ask(world, "nonsense"), 400, "invalid")
    refused(ask(world, "access", received_at="2999-01-01T00:00:00Z"), 400,
            "invalid")
    refused(rights(world, "POST", "/v1/requests", {
        "type": "access", "identifiers": []}), 400, "invalid")
    refused(rights(world, "POST", "/v1/requests", {
        "type": "access", "name": "Anna"}), 400, "invalid")


@case
def a_repeated_call_opens_one(world):
    body = {"type": "rectification", "text": "Anna Beispiel", "identifiers": [
        {"kind": "phone", "value": ANNA}]}
    first, again = (rights(world, "POST", "/v1/requests", body,
                           **{"Idempotency-Key": "einmal"}) for _ in range(2))
    equal(first, again, "answers")
    equal(rights(world, "DELETE", f"/v1/requests/{first[1]['id']}")[0], 200,
          "withdrawn")
    refused(rights(world, "DELETE", f"/v1/requests/{first[1]['id']}"), 409,
            "conflict", "state")


# --- deadlines --------------------------------------------------------------


@case
def d2_d3_d4_days_are_those_of_the_calendar(world):
    for received, day, due in (
            ("2026-01-31T10:00:00+01:00", "2026-01-31", "2026-03-02"),
            ("2026-03-10T23:30:00Z", "2026-03-11", "2026-04-13"),
            ("2026-06-01T09:00:00+02:00", "2026-06-01", "2026-07-01")):
        got = get(world, opened(world, "restriction", STRANGER,
                                received_at=received))
        equal((got["receipt_day"], got["due"]), (day, due), received)
        refused(act(world, got["id"], "extend",
                    {"reason_code": "JustificationA12Complexity"}), 409,
                "conflict", "state")
        equal(rights(world, "DELETE", f"/v1/requests/{got['id']}")[0], 200,
              "withdrawn")


# --- yes and no -------------------------------------------------------------


@case
def q5_a_hard_no_needs_a_text_and_a_second_person(world):
    request = opened(world, "rectification", text="Anna Beispiel",
                     proof={"method": "ausweis"}, channel="mail")
    until_state(world, request, "in_progress")
    no = {"decision": "refuse",
          "reason_code": "JustificationA12ManifestlyExcessive"}
    refused(act(world, request, "decide", no), 400, "invalid", "text")
    status, got = act(world, request, "decide", {
        **no, "text": "Der vierzigste Antrag dieser Woche."})
    equal((status, got["state"], got["verdict"]),
          (200, "in_progress", "proposed"), str(got))
    refused(act(world, request, "approve"), 403, "another", "approver")
    status, got = act(world, request, "approve", who="Vertretung")
    equal((status, got["state"]), (200, "refused"), str(got))
    letter = rights(world, "GET", f"/v1/requests/{request}/file")[1][
        "letters"][-1]["text"]
    for part in ("offenkundig exzessiv", "vierzigste", "Aufsichtsbehörde",
                 "Berlin", "vor Gericht", "Art. 12 Abs. 5 Buchst. b DSGVO"):
        check(part in letter, f"{part!r} is not in {letter!r}")


@case
def q5_only_a_further_copy_may_cost_something(world):
    request = opened(world, "rectification", text="Anna Beispiel",
                     proof={"method": "ausweis"}, channel="mail")
    until_state(world, request, "in_progress")
    refused(act(world, request, "decide", {
        "decision": "grant", "fee_cents": 500}), 403, "policy", "fee")
    status, got = act(world, request, "decide", {"decision": "grant"})
    equal((status, got["verdict"]), (200, "granted"), str(got))
    until_state(world, request, "completed")


@case
def a_no_without_its_reason_is_none(world):
    request = opened(world, "rectification", text="Anna Beispiel",
                     proof={"method": "ausweis"}, channel="mail")
    until_state(world, request, "in_progress")
    for reason in (None, "HOLD", "because"):
        refused(act(world, request, "decide", {
            "decision": "refuse", **({"reason_code": reason} if reason
                                     else {})}), 400, "invalid", "reason")
    equal(act(world, request, "decide", {
        "decision": "refuse", "reason_code":
        "JustificationA12IdentityFailure"})[1]["state"], "refused", "state")


@case
def an_objection_to_advertising_counts_at_once(world):
    request = opened(world, "objection", proof={"method": "ausweis"})
    until_state(world, request, "completed")
    check(rows(world, "SELECT count(*) FROM suppression") > [(0,)], "list")


@case
def every_change_is_told_once(world):
    for request, in rows(world, "SELECT id FROM request"):
        (events, states), = rows(
            world, "SELECT count(*), count(DISTINCT state) FROM request_event"
            " WHERE request=?", request)
        equal(events, states, "events")
    listed = rights(world, "GET", "/v1/requests?state=open")[1]["requests"]
    equal(listed, [], "open ones")
    check(rights(world, "GET", "/v1/requests?limit=1")[1]["more"], "more")


# --- another day ------------------------------------------------------------


def at(world, text):
    wanted = datetime.datetime.fromisoformat(text).timestamp()
    world.plan.clock(int((wanted - time.time()) * 1000))
    tokens(world)  # those of before have run out


@case
def d2_more_time_within_the_first_month_only(world):
    if world.plan is None:
        return "skipped"
    at(world, "2027-01-31T10:00:00+01:00")
    first, late = (opened(world, "rectification", text="Anna Beispiel",
                          proof={"method": "ausweis"}, channel="mail")
                   for _ in range(2))
    # The second one is the same wish of the same person.
    equal(get(world, late)["state"], "duplicate", "state")
    equal(get(world, first)["due"], "2027-03-01", "due")
    until_state(world, first, "in_progress")
    at(world, "2027-02-26T10:00:00+01:00")
    refused(act(world, first, "extend", {"reason_code": "HOLD"}), 400,
            "invalid", "reason")
    status, got = act(world, first, "extend", {
        "reason_code": "JustificationA12Complexity", "text": "Umzug."})
    equal((status, got["state"], got["due"]), (200, "extended", "2027-04-30"),
          str(got))
    letter = rights(world, "GET", f"/v1/requests/{first}/file")[1]["letters"]
    check("30.04.2027" in letter[-1]["text"] and "Umzug." in
          letter[-1]["text"], str(letter[-1]))
    equal(rights(world, "DELETE", f"/v1/requests/{first}")[0], 200, "over")
    other = opened(world, "rectification", text="Anna Beispiel",
                   proof={"method": "ausweis"})
    due = get(world, other)["due"]
    at(world, due + "T23:59:00+02:00" if due > "2027-03-28" else
       due + "T23:59:00+01:00")
    until_state(world, other, "in_progress")
    alarms = w.until("an alarm", 20, lambda: rows(
        world, "SELECT kind FROM alarm WHERE ended_ms IS NULL AND kind="
        "'rights.deadline'"))
    check(alarms, "no alarm before the deadline")
    day = datetime.date.fromisoformat(due) + datetime.timedelta(days=1)
    at(world, f"{day}T00:01:00+02:00" if due > "2027-03-28" else
       f"{day}T00:01:00+01:00")
    refused(act(world, other, "extend", {
        "reason_code": "JustificationA12Complexity"}), 409, "conflict",
        "deadline")
    equal(rights(world, "DELETE", f"/v1/requests/{other}")[0], 200, "over")


if __name__ == "__main__":
    main(make)
