"""Goal: every class of send error ends where channels.md says; an unknown
outcome is never sent twice."""
import time

from case import case, check, envelope, equal, main, post, rows, w


def conversation(world, phone="4917139200001", text="Hallo"):
    world.phone_text(text, phone=phone)
    world.greeted(phone)
    return world.note_with(text)["data"]["conversation"]


def state_of(world, made):
    return world.api("GET", f"/v1/messages/{made['message']}")[1]["state"]


def sends(world, text):
    return sum(s.get("text", {}).get("body") == text
               for s in world.phone_state()["sends"])


def sent_under(world, fault, text, phone):
    cnv = conversation(world, phone, f"Hallo {text}")
    world.control("phone", send_errors=[fault])
    status, made = world.answer(cnv, text)
    equal(status, 202, "status")
    return made


@case
def a_rate_limit_is_waited_for(world):
    made = sent_under(world, 130429, "Nach der Sperre", "4917139200001")
    w.until("read", 60, lambda: state_of(world, made) == "read")
    equal(sends(world, "Nach der Sperre"), 1, "sends")


@case
def a_permanent_error_is_told_to_the_desk(world):
    made = sent_under(world, 131026, "Unzustellbar", "4917139200002")
    w.until("failed", 30, lambda: state_of(world, made) == "failed")
    note = w.until("message.undelivered", 20, lambda: next(
        (n for n in world.notes("message.undelivered")
         if n["data"]["message"] == made["message"]), None))
    equal(note["data"]["error"], 131026, "code")
    equal(sends(world, "Unzustellbar"), 0, "sends")


@case
def the_marketing_stop_by_error_is_kept(world):
    made = sent_under(world, 131050, "Werbung", "4917139200003")
    w.until("failed", 30, lambda: state_of(world, made) == "failed")
    equal(rows(world, "SELECT purpose, kind FROM consent_event"),
          [("marketing", "withdrawn")], "consent events")


@case
def marketing_is_refused_after_the_stop(world):
    cnv = conversation(world, "4917139200003", "Noch da")
    status, body = world.api("POST", f"/v1/conversations/{cnv}/messages",
                             {"text": "Angebot", "purpose": "marketing"})
    equal(status, 403, "status")
    equal(world.api("POST", f"/v1/conversations/{cnv}/messages",
                    {"text": "Antwort"})[0], 202, "service reply")


@case
def taken_but_unheard_is_never_sent_twice(world):
    made = sent_under(world, "cut_after", "Einmal", "4917139200001")
    w.until("settled by its status", 60, lambda: state_of(world, made) == "read")
    equal(sends(world, "Einmal"), 1, "sends")


@case
def an_unknown_outcome_without_a_status_is_not_repeated(world):
    made = sent_under(world, "cut", "Unklar", "4917139200002")
    time.sleep(5)
    check(sends(world, "Unklar") <= 1, "sent twice")
    check(state_of(world, made) in ("queued", "unknown"), state_of(world, made))


@case
def a_closed_window_is_409(world):
    old = envelope({"id": "wamid.OLD", "type": "text", "text": {"body": "Von gestern"},
                    "timestamp": str(int(time.time()) - 90000)}, phone="4917139200099")
    equal(post(world, old)[0], 200, "ack")
    cnv = world.note_with("Von gestern")["data"]["conversation"]
    status, problem = world.api("POST", f"/v1/conversations/{cnv}/messages", {"text": "Zu spät"})
    equal(status, 409, "status")
    status, made = world.api("POST", f"/v1/conversations/{cnv}/messages", {
        "template": {"name": "hallo", "language": "de", "params": ["Anna"]}})
    equal(status, 202, "template")
    w.until("sent", 30, lambda: state_of(world, made) == "read")


@case
def a_broken_account_stops_the_queue_and_keeps_it(world):
    made = sent_under(world, 190, "Konto", "4917139200001")
    time.sleep(2)
    equal(state_of(world, made), "queued", "state")
    equal(rows(world, "SELECT count(*) FROM outbox WHERE kind='channel' AND state='dead'")[0][0], 0, "dead")


main()
