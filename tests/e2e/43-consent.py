"""Goal: consent through the real interfaces: signed webhooks in, a simulated
provider out, REST.  Time passes by making the archive older while the gateway
rests.  Scenarios: compliance 9, C1-C5, C7, W1-W4, W6."""
import hashlib
import json
import sqlite3
import time

from case import case, check, envelope, equal, main, post, rows, w

EIGHT_DAYS = 8 * 86_400_000
PERSONS = {}  # ids by phone
AD, SUPPORT = "Unser Angebot", "Ihr Paket kommt"


def make(world):
    world.make()
    policy = (world.data / "policy.yaml").read_text()
    support = next(line for line in policy.splitlines()
                   if line.startswith("  support:"))
    world.make(policy=policy.replace(
        support, support + "\n  termine: {basis: consent, marketing: false,"
        " ask: {de: frage_werbung, en: ask_marketing}}", 1))
    world.start_all()


def says(world, phone, text):
    """The desk's conversation with a person who wrote just this."""
    world.phone_text(text, phone=phone)
    return world.note_with(text)["data"]["conversation"]


def said(world, phone):
    """What the gateway sent to a phone, in order."""
    return [s["text"]["body"] for s in world.phone_state()["sends"]
            if s.get("to") == "+" + phone and "text" in s]


def asked(world, phone):
    return sum("Antworten Sie" in text for text in said(world, phone))


def advertise(world, cnv, text=AD, purpose="marketing"):
    return world.api("POST", f"/v1/conversations/{cnv}/messages",
                     {"text": text, "purpose": purpose})


def refused(world, cnv, code, purpose="marketing"):
    status, problem = advertise(world, cnv, purpose=purpose)
    equal(status, 403, "status")
    codes = [r["code"] for r in problem["reasons"]]
    check(code in codes, f"{code} not among {codes}")


def events(world, phone):
    """Kinds of a person's events about marketing, in their order."""
    return [kind for kind, in rows(
        world, "SELECT kind FROM consent_event WHERE person=?"
        " AND purpose='marketing' ORDER BY at_ms,id", PERSONS[phone])]


def newcomer(world, phone, text):
    """A person who just wrote for the first time; rows know them by id."""
    before = rows(world, "SELECT coalesce(max(id),0) FROM person")[0][0]
    cnv = says(world, phone, text)
    PERSONS[phone] = rows(world, "SELECT max(id) FROM person")[0][0]
    check(PERSONS[phone] > before, "no new person")
    return cnv


def agree(world, phone):
    """A person who said Start and JA."""
    cnv = newcomer(world, phone, f"Hallo von {phone}")
    world.phone_text("Start", phone=phone)
    w.until("the question", 20, lambda: asked(world, phone) == 1)
    world.phone_text("JA", phone=phone)
    w.until("given", 20, lambda: "given" in events(world, phone))
    return cnv


def state_of(world, made):
    return world.api("GET", f"/v1/messages/{made['message']}")[1]["state"]


def never_sent(world, made, phone, text, code):
    w.until("failed", 60, lambda: state_of(world, made) == "failed")
    note = w.until("message.undelivered", 20, lambda: next(
        (n for n in world.notes("message.undelivered")
         if n["data"]["message"] == made["message"]), None))
    check(code in json.dumps(note["data"]), note["data"])
    equal(said(world, phone).count(text), 0, "sends")


@case
def c1_without_consent_nothing_reaches_the_provider(world):
    cnv = newcomer(world, "4917139200101", "Wo ist mein Paket?")
    refused(world, cnv, "consent_missing")
    equal(said(world, "4917139200101").count(AD), 0, "sends")
    equal(rows(world, "SELECT sum(n) FROM figure WHERE name='send.blocked'"
               " AND detail='consent_missing'")[0][0], 1, "figure")
    log = (world.dir / "postern.log").read_text()
    check("send.blocked" in log, "no log line")
    check("4917139200101" not in log, "a number in the log")


@case
def c2_a_yes_is_kept_with_its_proof(world):
    phone = "4917139200102"
    cnv = agree(world, phone)
    equal(events(world, phone), ["requested", "given"], "events")
    prompt, answer, began, given, sealed = rows(
        world, "SELECT g.prompt,g.answer,r.at_ms,g.at_ms,"
        "length(g.evidence_sealed) FROM consent_event g JOIN consent_event r"
        " ON r.person=g.person AND r.kind='requested'"
        " WHERE g.kind='given' AND g.person=?", PERSONS[phone])[0]
    check(began < given, "times")
    check(sealed > 100, "no evidence")
    equal(rows(world, "SELECT kind FROM message WHERE id=?", prompt)[0][0],
          "ask", "prompt")
    equal(rows(world, "SELECT direction FROM message WHERE id=?",
               answer)[0][0], "in", "answer")
    status, made = advertise(world, cnv)
    equal(status, 202, "status")
    w.until("sent", 30, lambda: AD in said(world, phone))


@case
def c5_purposes_are_separate(world):
    cnv = agree(world, "4917139200105")
    refused(world, cnv, "consent_missing", purpose="termine")


@case
def c3_an_unanswered_question_is_forgotten_with_who_was_asked(world):
    phone = "4917139200103"
    cnv = newcomer(world, phone, "*** START ***")
    person = PERSONS[phone]
    w.until("the question", 20, lambda: asked(world, phone) == 1)
    equal(events(world, phone), ["requested"], "events")
    world.stop("postern")
    with sqlite3.connect(world.data / "postern.db") as db:
        db.execute("UPDATE consent_event SET at_ms=at_ms-?, until_ms=until_ms-?"
                   " WHERE person=?", (EIGHT_DAYS, EIGHT_DAYS, person))
    db.close()
    world.serve()
    w.until("forgotten", 30, lambda: events(world, phone) == [])
    equal(rows(world, "SELECT count(*) FROM address WHERE person=?",
               person), [(0,)], "addresses")
    equal(rows(world, "SELECT count(*) FROM message m JOIN conversation c ON"
               " c.id=m.conversation WHERE c.person=? AND"
               " m.content_sealed IS NOT NULL", person), [(0,)], "texts")
    equal(rows(world, "SELECT sum(n) FROM figure WHERE"
               " name='consent.expired'"), [(1,)], "figure")
    refused(world, cnv, "consent_missing")


@case
def c4_the_wording_outlives_the_policy(world):
    phone = "4917139200104"
    agree(world, phone)
    policy = (world.data / "policy.yaml").read_text()
    before, = rows(world, "SELECT e.wording,w.text FROM consent_event e JOIN"
                   " wording w ON w.sha256=e.wording WHERE e.kind='given' AND"
                   " e.person=?", PERSONS[phone])
    world.adopt(policy.replace("Antworten Sie JA", "Antworten Sie uns JA"))
    after, = rows(world, "SELECT e.wording,w.text FROM consent_event e JOIN"
                  " wording w ON w.sha256=e.wording WHERE e.kind='given' AND"
                  " e.person=?", PERSONS[phone])
    equal(after, before, "wording")
    equal(hashlib.sha256(after[1].encode()).digest(), after[0], "SHA-256")


@case
def c7_start_asks_again_and_revives_nothing(world):
    phone = "4917139200107"
    cnv = agree(world, phone)
    world.phone_text("Stop", phone=phone)
    w.until("withdrawn", 20, lambda: events(world, phone)[-1] == "withdrawn")
    world.phone_text("Start", phone=phone)
    w.until("asked", 20, lambda: events(world, phone)[-1] == "requested")
    w.until("one more question", 20,
            lambda: asked(world, phone) == 2)
    refused(world, cnv, "consent_missing")
    world.phone_text("JA", phone=phone)
    w.until("given", 20, lambda: events(world, phone)[-1] == "given")
    equal(events(world, phone), ["requested", "given", "withdrawn",
                                 "requested", "given"], "history")
    status, made = advertise(world, cnv, "Nach dem zweiten Ja")
    equal(status, 202, "status")
    w.until("sent", 30, lambda: "Nach dem zweiten Ja" in said(world, phone))


@case
def w1_stop_ends_marketing_and_nothing_else(world):
    phone = "4917139200111"
    cnv = agree(world, phone)
    sends = len(said(world, phone))
    world.phone_text("Stopp!", phone=phone)
    check(world.note_with("Stopp!"), "the desk does not see it")
    w.until("withdrawn", 20, lambda: events(world, phone)[-1] == "withdrawn")
    w.until("confirmed", 20, lambda: len(said(world, phone)) == sends + 1)
    refused(world, cnv, "consent_withdrawn")
    equal(world.answer(cnv, SUPPORT)[0], 202, "support")
    w.until("sent", 30, lambda: SUPPORT in said(world, phone))
    equal(len(said(world, phone)), sends + 2, "sends")
    check(any((n["data"]["status"], n["data"]["purpose"]) ==
              ("withdrawn", "marketing")
              for n in world.notes("consent.changed")), "no note")


@case
def w2_a_word_in_a_sentence_is_no_order(world):
    phone = "4917139200112"
    agree(world, phone)
    sends = len(said(world, phone))
    says(world, phone, "Bitte stoppen Sie die Lieferung")
    time.sleep(1)
    equal(events(world, phone)[-1], "given", "state")
    equal(len(said(world, phone)), sends, "sends")


@case
def w3_words_to_review_pause_marketing(world):
    phone = "4917139200113"
    cnv = agree(world, phone)
    says(world, phone, "Ich widerrufe meine Einwilligung in Werbung")
    created, due = rows(world, "SELECT created_ms,due_ms FROM review WHERE"
                        " state='open' AND person=?",
                        PERSONS[phone])[0]
    check(created < due <= created + 8 * 86_400_000, "deadline")
    refused(world, cnv, "consent_missing")


def waiting_for_stop(world, phone, code, restart=False):
    cnv = agree(world, phone)
    text = f"Angebot {phone}"
    calls = world.phone_state()["calls"]
    world.control("phone", send_errors=[code] * 40)
    status, made = advertise(world, cnv, text)
    equal(status, 202, "status")
    w.until("tried", 30, lambda: world.phone_state()["calls"] > calls)
    if restart:
        world.stop("postern")
        world.serve()
    world.phone_text("Stop", phone=phone)
    w.until("withdrawn", 20, lambda: events(world, phone)[-1] == "withdrawn")
    world.control("phone", send_errors=[])
    never_sent(world, made, phone, text, "consent_withdrawn")


@case
def w4_a_stop_overtakes_what_was_rate_limited(world):
    waiting_for_stop(world, "4917139200114", 130429)


@case
def w4_a_stop_overtakes_what_is_retried(world):
    waiting_for_stop(world, "4917139200115", 131016)


@case
def w4_a_stop_counts_after_a_restart(world):
    waiting_for_stop(world, "4917139200116", 131016, restart=True)


@case
def w6_a_signal_stops_and_resume_revives_nothing(world):
    phone = "4917139200117"
    cnv = agree(world, phone)
    for value in ("stop", "resume"):
        body = json.loads(envelope(phone=phone))
        change = body["entry"][0]["changes"][0]
        change["field"] = "user_preferences"
        del change["value"]["messages"]
        change["value"]["user_preferences"] = [{
            "wa_id": phone, "detail": "of no concern",
            "category": "marketing_messages", "value": value,
            "timestamp": int(time.time())}]
        equal(post(world, json.dumps(body).encode())[0], 200, value)
        w.until(value, 20, lambda: (
            "optin_signal" if value == "resume" else "withdrawn")
            in events(world, phone))
        refused(world, cnv, "consent_withdrawn")


main(make)
