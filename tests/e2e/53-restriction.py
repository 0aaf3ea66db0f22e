"""Goal: what is restricted (Art. 18 GDPR) is stored and not used: no helpdesk
is told of it, shown it or can answer; lifted, it goes on where it was.
Scenario: compliance 9, X1 (forwarding)."""
import datetime
import json
import zoneinfo

from case import case, check, equal, main, rows, w

ONE, TWO = "4917139200491", "4917139200492"
CNV = {}


def notice(days=0, **more):
    """That the person was told, today on the controller's clock."""
    day = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin")).date()
    return {"informed": str(day + datetime.timedelta(days)), "how": "letter",
            **more}


def make(world):
    world.make()
    world.start_all()
    CNV["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]
    for phone in (ONE, TWO):
        world.phone_text(f"Hallo von {phone}", phone=phone)
        CNV[phone] = world.note_with(
            f"Hallo von {phone}")["data"]["conversation"]


def ask(world, cnv, what, body):
    return world.api("POST", f"/v1/conversations/{cnv}/{what}", body,
                     token=CNV["rights"])


def texts(world):
    return [n["data"].get("text") for n in world.notes("message.received")]


def told(world, status):
    return w.until(f"person.restricted {status}", 20, lambda: next(
        (n for n in world.notes("person.restricted")
         if n["data"]["status"] == status), None))


@case
def only_who_answers_for_rights_may_restrict(world):
    equal(world.api("POST", f"/v1/conversations/{CNV[ONE]}/restrict",
                    {"ground": "a"})[0], 403, "a desk's token")
    equal(ask(world, CNV[ONE], "restrict", {"ground": "e"})[0], 400, "ground")
    equal(ask(world, CNV[ONE], "restrict", {})[0], 400, "no ground")
    equal(ask(world, CNV[ONE], "lift", notice())[0], 409,
          "nothing to lift")


@case
def x1_nothing_of_it_reaches_the_helpdesk(world):
    status, made = ask(world, CNV[ONE], "restrict", {"ground": "a"})
    equal((status, made["state"]), (200, "restricted"), "placed")
    told(world, "restricted")
    world.phone_text("Darf niemand sehen", phone=ONE)
    w.until("it waits", 20, lambda: rows(
        world, "SELECT count(*) FROM outbox WHERE state='restricted'"
        " AND type='message.received'") == [(1,)])
    world.phone_text("Darf jeder sehen", phone=TWO)
    world.note_with("Darf jeder sehen")
    check("Darf niemand sehen" not in texts(world), "told")
    equal(ask(world, CNV[ONE], "restrict", {"ground": "b"})[0], 409, "twice")


@case
def nor_is_it_shown_or_answered(world):
    for method, path, body in (
            ("GET", f"/v1/conversations/{CNV[ONE]}", None),
            ("POST", f"/v1/conversations/{CNV[ONE]}/messages", {"text": "x"}),
            ("POST", f"/v1/conversations/{CNV[ONE]}/close", None)):
        status, problem = world.api(method, path, body)
        equal(status, 403, path)
        equal([r["code"] for r in problem["reasons"]], ["person.restricted"],
              path)
    equal(world.api("GET", f"/v1/conversations/{CNV[TWO]}")[0], 200, "other")


@case
def it_outlives_a_restart_and_is_listed(world):
    world.stop("postern")
    world.serve()
    equal(world.api("GET", f"/v1/conversations/{CNV[ONE]}")[0], 403, "status")
    listed = json.loads(world.postern("restrict", "list", "--json"))
    equal([(r["conversation"], r["of"], r["ground"])
           for r in listed["restrictions"]],
          [(CNV[ONE], "conversation", "a")], "list")


@case
def lifting_needs_the_notice_and_lets_it_go_on(world):
    equal(ask(world, CNV[ONE], "lift", {})[0], 400, "without the notice")
    for body, what in ((notice(2), "a notice of tomorrow"),
                       (notice(-2), "told before it was restricted"),
                       ({"informed": notice()["informed"]}, "how?"),
                       ({"how": "letter"}, "when?"),
                       (notice(how="telepathy"), "no way of telling")):
        equal(ask(world, CNV[ONE], "lift", body)[0], 400, what)
    equal(ask(world, CNV[ONE], "lift", notice())[0], 200, "lifted")
    (kept,), = rows(world, "SELECT informed_how||informed_by FROM restriction"
                    " WHERE lifted_ms IS NOT NULL")
    check(kept.startswith("letter") and len(kept) > 6, "who told, and how")
    world.note_with("Darf niemand sehen")
    told(world, "lifted")
    equal(world.api("GET", f"/v1/conversations/{CNV[ONE]}")[0], 200, "shown")
    equal(rows(world, "SELECT count(*) FROM outbox WHERE state='restricted'"),
          [(0,)], "waiting")


@case
def a_reply_that_waits_is_not_sent_either(world):
    calls = world.phone_state()["calls"]
    world.control("phone", send_errors=[130429] * 40)
    status, made = world.answer(CNV[TWO], "Zu spät")
    equal(status, 202, "status")
    w.until("tried", 20, lambda: world.phone_state()["calls"] > calls)
    world.postern("restrict", "place", CNV[TWO], "--ground", "d", "--person")
    world.control("phone", send_errors=[])
    w.until("failed", 60, lambda: rows(
        world, "SELECT count(*) FROM message WHERE state='failed'") == [(1,)])
    check(all(e.get("text") != "Zu spät" for e in world.chat(TWO)), "sent")
    equal(world.api("GET", f"/v1/messages/{made['message']}")[0], 403, "shown")
    world.postern("restrict", "lift", CNV[TWO], "--informed",
                  notice()["informed"], "--how", "phone")
    equal(world.api("GET", f"/v1/messages/{made['message']}")[1]["state"],
          "failed", "state")


main(make)
