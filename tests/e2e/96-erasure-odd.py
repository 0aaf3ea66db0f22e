"""Goal: persons in odd states are erased like others: with an answer that is
queued, that may or may not have been sent, with a file that is just being
fetched, with a question that waits, while another one asks for the same; of who
is erased in part everybody who had the data is on the list.
Scenarios: compliance 2.3, 7.4; Art. 12, 17, 19 GDPR; 9, C3, E5."""
import json
import os
import random
import signal

from case import case, check, envelope, equal, main, post, rows, w

CANARY = "Schwarzwurzel"
QUEUED, UNKNOWN, FETCHED, ASKED, TWICE, PARTLY = (
    f"49171392096{i:02}" for i in range(1, 7))
KEPT = {}


def make(world):
    world.make()
    world.start_all()
    KEPT["dsb"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


def dsb(world, method, path, body=None):
    return world.api(method, path, body, token=KEPT["dsb"])


def says(world, phone, text):
    world.phone_text(text, phone=phone)
    return world.note_with(text, 60)["data"]


def close(world, data):
    equal(world.api("POST", f"/v1/conversations/{data['conversation']}/close")
          [0], 200, "closed")


def row_of(world):
    return rows(world, "SELECT max(id) FROM person")[0][0]


def erase(world, person):
    status, made = dsb(world, "POST", "/v1/erasures", {"person": person})
    equal(status, 202, made)
    return made["id"]


def ended(world, erasure):
    return w.until(f"{erasure} is done", 60, lambda: (
        lambda got: got if got["step"] == "done" else None)(
            dsb(world, "GET", f"/v1/erasures/{erasure}")[1]))


def gone(world, person, *needles):
    for table in ("message WHERE key_person", "attachment WHERE key_person",
                  "address WHERE person", "person WHERE id",
                  "conversation WHERE person"):
        equal(rows(world, f"SELECT count(*) FROM {table}=?", person), [(0,)],
              table)
    equal(rows(world, "SELECT count(*) FROM outbox WHERE kind='channel'"),
          [(0,)], "queued")
    equal(world.sweep(needles), [], "in clear")


def sends(world, text):
    return sum(s.get("text", {}).get("body") == text
               for s in world.phone_state()["sends"])


@case
def an_answer_that_is_queued_is_not_sent(world):
    data = says(world, QUEUED, f"{CANARY} A")
    world.greeted(QUEUED)
    row = row_of(world)
    world.control("phone", slow_percent=100)
    equal(world.answer(data["conversation"], "Kommt gleich")[0], 202, "answer")
    w.until("it was tried", 30, lambda: world.phone_state()["slowed"] > 0)
    close(world, data)
    erasure = ended(world, erase(world, data["person"]["id"]))
    world.control("phone", slow_percent=0)
    equal((erasure["kept"], erasure["erased"]), (0, erasure["of"]), erasure)
    gone(world, row, CANARY, QUEUED)
    # What comes after it goes out, so the queue was not only resting.
    other = says(world, "4917139209699", "Und ich?")
    equal(world.answer(other["conversation"], "Ja bitte")[0], 202, "answer")
    w.until("sent", 30, lambda: sends(world, "Ja bitte") == 1)
    equal(sends(world, "Kommt gleich"), 0, "sends")


@case
def an_outcome_that_is_not_known_ends_with_the_person(world):
    data = says(world, UNKNOWN, f"{CANARY} B")
    world.greeted(UNKNOWN)
    row = row_of(world)
    # The provider took it, nobody heard, and its status comes later.
    world.control("phone", send_errors=["cut_after"], status_delay_ms=1500)
    equal(world.answer(data["conversation"], "Unterwegs")[0], 202, "answer")
    w.until("it was sent", 30, lambda: sends(world, "Unterwegs") == 1)
    close(world, data)
    ended(world, erase(world, data["person"]["id"]))
    gone(world, row, CANARY, UNKNOWN)
    w.until("its statuses came", 30, lambda:
            world.phone_state()["waiting"] == 0)
    world.control("phone", status_delay_ms=0)
    gone(world, row, CANARY, UNKNOWN)
    equal(sends(world, "Unterwegs"), 1, "sends")


@case
def a_file_that_is_being_fetched_is_not_kept(world):
    w.call("POST", world.url("phone", "/phone/file?from=4917139209699"
                             "&name=b.pdf&caption=Vorlage"),
           CANARY.encode() + random.randbytes(300_000),
           {"Content-Type": "application/pdf"})
    world.note_with("Vorlage", 60)
    media = next(e["media"] for e in world.chat("4917139209699")
                 if e.get("media"))
    before = set((world.data / "media").rglob("*"))
    data = says(world, FETCHED, f"{CANARY} C")
    world.greeted(FETCHED)
    row = row_of(world)
    close(world, data)
    phone = world.processes["phone"].pid
    os.kill(phone, signal.SIGSTOP)
    try:
        equal(post(world, envelope(
            {"id": "wamid.fetched", "type": "document", "document": {
                "id": media, "mime_type": "application/pdf",
                "sha256": "", "filename": "c.pdf"}}, phone=FETCHED))[0], 200,
            "ack")
        w.until("wanted", 30, lambda: rows(
            world, "SELECT 1 FROM attachment WHERE key_person=? AND"
            " state='wanted'", row))
        cnv = data["conversation"]
        world.api("POST", f"/v1/conversations/{cnv}/close")
        erasure = erase(world, data["person"]["id"])
        w.until("its rows are gone", 30, lambda: rows(
            world, "SELECT count(*) FROM message WHERE key_person=?", row)
            == [(0,)])
    finally:
        os.kill(phone, signal.SIGCONT)
    ended(world, erasure)
    gone(world, row, CANARY, FETCHED)
    equal(set((world.data / "media").rglob("*")) - before, set(), "files")


@case
def a_question_that_waits_is_over(world):
    data = says(world, ASKED, f"{CANARY} D")
    world.phone_text("Start", phone=ASKED)
    w.until("asked", 30, lambda: rows(
        world, "SELECT 1 FROM consent_event WHERE kind='requested'"))
    row = row_of(world)
    close(world, data)
    ended(world, erase(world, data["person"]["id"]))
    gone(world, row, CANARY, ASKED)
    equal(rows(world, "SELECT count(*) FROM consent_event"), [(0,)], "events")
    # The answer comes to a question nobody knows any more.
    again = says(world, ASKED, "JA")
    check(again["person"]["id"] != data["person"]["id"], "known")
    equal(rows(world, "SELECT count(*) FROM consent_event"), [(0,)], "events")


@case
def two_who_ask_at_once_are_both_answered(world):
    data = says(world, TWICE, f"{CANARY} E")
    world.greeted(TWICE)
    row = row_of(world)
    close(world, data)
    erasure = erase(world, data["person"]["id"])
    status, made = dsb(world, "POST", "/v1/requests", {
        "type": "erasure", "channel": "mail", "identifiers": [
            {"kind": "phone", "value": TWICE}],
        "proof": {"method": "ausweis"}})
    equal(status, 201, made)
    ended(world, erasure)
    done = w.until("answered", 60, lambda: (
        lambda r: r if r["state"] in ("completed", "waiting_recipients")
        else None)(dsb(world, "GET", f"/v1/requests/{made['id']}")[1]))
    letters = dsb(world, "GET", f"/v1/requests/{made['id']}/file")[1]
    check(letters["letters"], done)
    gone(world, row, CANARY, TWICE)
    # What is being done is not taken back.
    equal(dsb(world, "DELETE", f"/v1/requests/{made['id']}")[0], 409, "taken")


@case
def of_a_part_everybody_is_told(world):
    data = says(world, PARTLY, f"{CANARY} F")
    world.phone_text("Start", phone=PARTLY)
    w.until("asked", 30, lambda: rows(
        world, "SELECT 1 FROM consent_event WHERE kind='requested'"))
    world.phone_text("JA", phone=PARTLY)
    w.until("given", 30, lambda: rows(
        world, "SELECT 1 FROM consent_event WHERE kind='given'"))
    status, advert = world.api(
        "POST", f"/v1/conversations/{data['conversation']}/messages",
        {"text": f"{CANARY} Angebot", "purpose": "marketing"})
    equal(status, 202, advert)
    w.until("sent", 30, lambda: sends(world, f"{CANARY} Angebot") == 1)
    equal(dsb(world, "POST", f"/v1/persons/{data['person']['id']}/disclosures",
              {"recipient": "Paketdienst", "purpose": "Versand"})[0], 201,
          "disclosure")
    says(world, PARTLY, "Wo bleibt mein Paket?")
    status, made = dsb(world, "POST", "/v1/requests", {
        "type": "erasure", "channel": "mail", "identifiers": [
            {"kind": "phone", "value": PARTLY}],
        "proof": {"method": "ausweis"}})
    equal(status, 201, made)
    # Something would be refused: somebody looks at it.
    w.until("it waits for a decision", 30, lambda: dsb(
        world, "GET", f"/v1/requests/{made['id']}")[1]["state"]
        == "in_progress")
    angebot = f"/v1/conversations/{data['conversation']}/messages"
    equal(world.api("POST", angebot, {"text": "Noch eins",
                                      "purpose": "marketing"})[0], 403,
          "advertised meanwhile")
    # Taken back, it ended nothing.
    equal(dsb(world, "DELETE", f"/v1/requests/{made['id']}")[0], 200, "back")
    equal(rows(world, "SELECT count(*) FROM consent_event WHERE kind IN"
               " ('withdrawn','revoked')"), [(0,)], "consent")
    done = ended(world, erase(world, data["person"]["id"]))
    check(0 < done["erased"] < done["of"], done)
    # Who consents no more is sent no more, whatever else goes on.
    equal(world.api("POST", angebot, {"text": "Noch eins",
                                      "purpose": "marketing"})[0], 403,
          "advertised")
    note = w.until("message.deleted", 30, lambda: next(
        (n for n in world.notes("message.deleted")
         if n["data"]["message"] == advert["message"]), None))
    equal(note["data"]["message"], advert["message"], "told")
    equal(world.notes("person.erased")[-1]["data"]["person"]["id"] !=
          data["person"]["id"], True, "the whole person")
    equal(rows(world, "SELECT recipient,event,state,reason FROM telling WHERE"
               " erasure=(SELECT max(id) FROM erasure) ORDER BY 1"),
          [("Paketdienst", "erased_partly", "impossible", "by_hand"),
           ("desk", "erased_partly", "confirmed", "told_at_once"),
           ("kundenservice", "erased_partly", "impossible",
            "provider_no_call")], "recipients")


main(make)
