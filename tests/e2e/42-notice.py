"""Goal: what the policy says of a message happens when it comes: the notice
of first contact once and in its language, nothing where nothing is due, an
answer outside office hours once a day, held back, reduced or refused until
somebody agreed, and no word over a channel without a mechanism.

The clock is the gateway's own where the build has one (FAULTS=1)."""
import datetime
import json
import sys
import time
import zoneinfo

from case import ROOT, case, check, envelope, equal, main, post, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

CLOCKED = ROOT / "build" / "flavour-torture" / "postern"
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
DE = "Wir verarbeiten Ihre Nachricht, um zu antworten. Abmelden: STOP."
EN = "We process your message to answer it. Unsubscribe: STOP."

POLICY = """\
policy: hinweise
version: {version}
purposes:
  support: {{basis: contract}}
  beratung: {{basis: consent, marketing: false, ask: frage}}
data:
  MSG: {{from: process_end, delete: P90D}}
  MEDIA: {{from: process_end, delete: P90D}}
  NOTICE: {{from: relationship_end, delete: P3Y}}
  RAW: {{from: collection, delete: P3D}}
channels:
  kundenservice: {{{channel}, data: MSG, media: {{data: MEDIA}}}}
helpdesks:
  desk: {{sees: [text, attachments], person: name}}
notices:
  hinweis: "{de}"
  hint: "{en}"
  frage: "Duerfen wir Sie hier beraten? JA oder NEIN."
  zu: "Wir sind gerade nicht da."
"""
FIRST = ("purpose: support, first_contact: notice, "
         "notice: {de: hinweis, en: hint}")
OFFICE = ("purpose: support, hours: {days: {mon: [\"00:00-24:00\"], "
          "tue: [\"00:00-24:00\"], wed: [\"00:00-24:00\"], "
          "thu: [\"00:00-24:00\"], fri: [\"00:00-24:00\"]}, "
          "holidays: land, outside: zu}")


def until_consent(what):
    return ("purpose: beratung, first_contact: consent, notice: hinweis, "
            f"until_consent: {what}")


def policy(channel=FIRST, version=1, de=DE):
    return POLICY.format(channel=channel, version=version, de=de, en=EN)


def restart(world, text=None, mechanism=None):
    world.stop("postern")
    if mechanism is not None:
        path = world.data / "postern.yaml"
        old = path.read_text()
        before, rest = old.split("mechanism: ", 1)
        path.write_text(f"{before}mechanism: {mechanism}," + rest.split(",", 1)[1])
    world.serve()
    if text is not None:
        world.adopt(text)


def make(world):
    world.make(policy=policy())
    world.plan = None
    if CLOCKED.exists() and w.BUILD == ROOT / "build":
        world.binary = str(CLOCKED)
        world.plan = faults.Plan(world)
    world.serve()
    world.desk_token()
    world.start_phone()
    # The helpdesk's own clock does not move with the gateway's.
    world.start_desk("--tolerance", "1000000000000")


def got(world, phone):
    """What the business wrote to this phone."""
    return [e.get("text") for e in world.chat(phone) if e["from"] == "business"]


def log(world, event):
    lines = w.whole_lines(world.dir / "postern.log")
    return [json.loads(line) for line in lines if f'"{event}"' in line]


def settled(world):
    """Everything that is to go to the phone has gone."""
    w.until("nothing waits for the phone", 20, lambda: rows(
        world, "SELECT count(*) FROM outbox WHERE kind='channel' AND"
        " state IN ('waiting','unknown')")[0][0] == 0)


# --- I1, W2 -----------------------------------------------------------------------

@case
def a_first_message_gets_exactly_one_notice_in_its_language(world):
    world.phone_text("Where is my parcel, please?", phone="4917140000001")
    world.phone_text("Wo ist bitte mein Paket?", phone="4917140000002")
    world.greeted("4917140000001")
    world.greeted("4917140000002")
    equal(got(world, "4917140000001"), [EN], "English")
    equal(got(world, "4917140000002"), [DE], "German")
    sent = w.until("both in the log", 10, lambda: (
        lambda found: found if len(found) == 2 else None)(log(world, "notice.sent")))
    equal({(one["notice"], one["version"]) for one in sent},
          {("hint", 1), ("hinweis", 1)}, "what the log names")
    world.phone_text("Und die Rechnung?", phone="4917140000001")
    world.note_with("Und die Rechnung?")
    settled(world)
    equal(got(world, "4917140000001"), [EN], "after the second message")


@case
def the_helpdesk_is_told_nothing_of_it_and_finds_it_when_it_looks(world):
    cnv = world.note_with("Wo ist bitte mein Paket?")["data"]["conversation"]
    w.until("read", 15, lambda: [m["state"] for m in world.api(
        "GET", f"/v1/conversations/{cnv}")[1]["messages"]][-1] == "read")
    found = world.api("GET", f"/v1/conversations/{cnv}")[1]["messages"]
    equal([(m["direction"], m["kind"]) for m in found],
          [("in", "text"), ("out", "notice")], "messages")
    equal(found[1]["text"], DE, "its text")
    equal([n for n in world.notes() if n["data"].get("message") == found[1]["id"]],
          [], "notes")


@case
def the_wording_is_kept_byte_for_byte(world):
    equal(sorted(rows(world, "SELECT name,language,text,length(sha256) FROM wording")),
          [("hint", "", EN, 32), ("hinweis", "", DE, 32)], "wordings")
    equal(world.sweep(["Wo ist bitte mein Paket"]), [], "clear text on disk")


@case
def a_sentence_with_stop_inside_is_an_ordinary_message(world):
    world.phone_text("Bitte stoppen Sie die Lieferung", phone="4917140000002")
    world.note_with("Bitte stoppen Sie die Lieferung")
    settled(world)
    equal(got(world, "4917140000002"), [DE], "what was sent")
    equal(rows(world, "SELECT count(*) FROM consent_event")[0][0], 0, "events")


@case
def a_new_wording_is_sent_once_more(world):
    restart(world, policy(version=2, de="Neu: " + DE))
    for text in ("Noch etwas zu dem Paket", "Und noch etwas dazu"):
        world.phone_text(text, phone="4917140000002")
        world.note_with(text)
    settled(world)
    equal(got(world, "4917140000002"), [DE, "Neu: " + DE], "what was sent")
    w.until("version 2 in the log", 10, lambda: [
        one for one in log(world, "notice.sent") if one["version"] == 2])


# --- office hours -----------------------------------------------------------------

def easter(year):
    """Sunday of Easter (Meeus, Gregorian)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return datetime.date(year, month, day + 1)


def write_at(world, day, hour, phone, text):
    """A message a minute after this hour of Berlin, by the gateway's clock."""
    at = datetime.datetime(day.year, day.month, day.day, hour, 1, tzinfo=BERLIN)
    world.plan.clock(int((at.timestamp() - time.time()) * 1000))
    body = envelope({"id": f"wamid.{text}", "type": "text", "text": {"body": text},
                     "timestamp": str(int(at.timestamp()) - 1)}, phone=phone)
    equal(post(world, body)[0], 200, "ack")
    world.note_with(text)
    settled(world)
    return len(got(world, phone))


@case
def outside_office_hours_is_told_once_a_day(world):
    if world.plan is None:
        return "skipped"
    restart(world, policy(OFFICE))
    try:
        over_easter(world, easter(datetime.date.today().year + 1))
    finally:
        world.plan.clock(0)


def over_easter(world, sunday):
    phone, told = "4917140000003", 0
    for days, hour, more in ((-3, 12, 0),                # Thursday
                             (-2, 9, 1), (-2, 20, 0),    # Good Friday
                             (-1, 0, 1), (-1, 23, 0),    # Saturday
                             (0, 12, 1), (1, 12, 1),     # Easter, and its Monday
                             (2, 0, 0)):                 # Tuesday
        told += more
        equal(write_at(world, sunday + datetime.timedelta(days), hour, phone,
                       f"Uhr {days} {hour}"), told, f"answers at {days}, {hour}")
    equal(set(got(world, phone)), {"Wir sind gerade nicht da."}, "answers")


# --- until somebody agreed ----------------------------------------------------------

@case
def a_message_is_held_back(world):
    restart(world, policy(until_consent("{do: hold_back, for: P7D}")))
    phone = "4917140000004"
    world.phone_text("Das ist noch vertraulich", phone=phone)
    held = w.until("held", 15, lambda: rows(
        world, "SELECT id,next_ms FROM outbox WHERE state='held'"))
    left = held[0][1] / 1000 - time.time()
    check(7 * 86400 - 7200 <= left <= 8 * 86400 + 7200, f"for {left} s")
    settled(world)
    listed = json.loads(world.postern("outbox", "list", "--json"))["outbox"]
    row = next(r for r in listed if r["state"] == "held")
    try:
        world.postern("outbox", "retry", row["id"])
        refused = ""
    except w.Failure as failure:
        refused = str(failure)
    check("waits for a consent" in refused, f"let go by hand: {refused}")
    equal(world.api("GET", f"/v1/messages/{row['message']}")[0], 404, "by its id")
    check(not any(n["data"].get("text") == "Das ist noch vertraulich"
                  for n in world.notes()), "the desk has it")


@case
def a_message_is_forwarded_reduced(world):
    restart(world, policy(until_consent("{do: forward_reduced}")))
    before = len(world.notes("message.received"))
    world.phone_text("Das soll niemand lesen", phone="4917140000005")
    note = w.until("the note", 15, lambda: (
        world.notes("message.received")[before:] or [None])[0])["data"]
    equal((note["text"], note["person"]["name"], note["redacted"]),
          (None, None, ["text"]), "text, name, redacted")
    status, found = world.api("GET", f"/v1/conversations/{note['conversation']}")
    equal(status, 200, "status")
    equal([m["content"] for m in found["messages"] if m["direction"] == "in"],
          ["hidden"], "content")
    equal(found["person"]["name"], None, "name")


@case
def a_refused_message_leaves_no_row(world):
    restart(world, policy(until_consent("{do: refuse}")))
    before = rows(world, "SELECT count(*) FROM message WHERE direction='in'")
    body = envelope({"id": "wamid.REFUSED", "type": "text",
                     "text": {"body": "Das nimmt niemand"}}, phone="4917140000006")
    equal(post(world, body)[0], 200, "ack")
    world.greeted("4917140000006")
    equal(rows(world, "SELECT count(*) FROM message WHERE direction='in'"), before,
          "messages")


# --- T1, T2 -----------------------------------------------------------------------

@case
def a_channel_without_its_provider_cannot_be_enabled(world):
    path = world.data / "postern.yaml"
    good = path.read_text()
    for missing in ("role: processor, ", 'contract: "DPA 2026-03", ',
                    "mechanism: DPF, ", ", review: 2027-03-01"):
        check(missing in good, missing)
        path.write_text(good.replace(missing, "", 1))
        try:
            world.postern("check")
            text = "nothing"
        except w.Failure as failure:
            text = str(failure)
        finally:
            path.write_text(good)
        check("postern.yaml:" in text and "provider has no" in text, text)


def quarantined(world):
    return json.loads(world.postern("quarantine", "list", "--json"))["quarantine"]


@case
def an_invalid_mechanism_stops_everything_and_loses_nothing(world):
    restart(world, policy())
    phone = "4917140000007"
    world.phone_text("Vorher ging es noch", phone=phone)
    cnv = world.note_with("Vorher ging es noch")["data"]["conversation"]
    world.greeted(phone)
    # One reply is under way when the mechanism falls.
    world.control("phone", slow_percent=100)
    status, made = world.answer(cnv, "Unterwegs")
    equal(status, 202, "status")
    w.until("it waits", 15, lambda: world.phone_state()["slowed"] > 0)
    restart(world, mechanism="invalid")
    check(log(world, "channel.mechanism_invalid"), "the log says nothing")
    w.until("it is refused", 90, lambda: world.api(
        "GET", f"/v1/messages/{made['message']}")[1]["state"] == "failed")
    note = w.until("the desk knows", 15, lambda: next(
        (n for n in world.notes("message.undelivered")
         if n["data"]["message"] == made["message"]), None))
    equal(note["data"]["status"], "mechanism_invalid", "why")
    status, problem = world.api("POST", f"/v1/conversations/{cnv}/messages",
                                {"text": "Geht nicht"})
    equal(status, 403, "a new reply")
    check("channel.mechanism" in {r["code"] for r in problem["reasons"]},
          str(problem))
    before = len(quarantined(world))
    world.phone_text("Das liest niemand", phone=phone)
    # Statuses of what went out before come as bodies of their own.
    w.until("in quarantine", 15, lambda: len(quarantined(world)) > before)
    equal([t for t in got(world, phone) if t != DE], [], "what went out")
    world.control("phone", slow_percent=0)
    restart(world, mechanism="SCC")
    check(not any(n["data"].get("text") == "Das liest niemand"
                  for n in world.notes()), "it was told")
    listed = quarantined(world)
    equal({one["reason"] for one in listed}, {"channel.mechanism"}, "reason")
    for one in listed:
        world.postern("quarantine", "replay", one["id"])
    world.note_with("Das liest niemand")
    equal(quarantined(world), [], "quarantine")


main(make)
