"""Goal: figures without persons: how soon questions are answered, what became
of messages, who opted out of what; by hour, day and month, nothing about fewer
than five, nothing of a day that is not over, and all of it outlives whatever
is deleted.

The clock is the gateway's own (FAULTS=1)."""
import datetime
import json
import re
import sys
import time
import zoneinfo

from case import ROOT, case, check, envelope, equal, main, post, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

CLOCKED = ROOT / "build" / "flavour-torture" / "postern"
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
POLICY = """\
policy: zahlen
version: 1
purposes:
  support: {basis: contract}
  werbung: {basis: consent, marketing: true, ask: frage}
data:
  MSG: {from: process_end, delete: P90D}
  MEDIA: {from: process_end, delete: P90D}
  RAW: {from: collection, delete: P3D}
channels:
  kundenservice:
    purpose: support
    data: MSG
    media: {data: MEDIA}
    hours:
      days: {mon: ["08:00-18:00"], tue: ["08:00-18:00"], wed: ["08:00-18:00"],
             thu: ["08:00-18:00"], fri: ["08:00-18:00"]}
      outside: zu
helpdesks:
  desk: {sees: [text, attachments], person: alias}
notices:
  frage: "Duerfen wir Ihnen Angebote senden? JA oder NEIN."
  zu: "Wir sind morgen wieder da."
"""
ASKED = {}  # conversations by phone
IDS = {"last": 0}


def make(world):
    world.make(policy=POLICY)
    world.plan = None
    if not CLOCKED.exists() or w.BUILD != ROOT / "build":
        return
    world.binary = str(CLOCKED)
    world.plan = faults.Plan(world)
    today = datetime.datetime.now(BERLIN).date()
    world.day = today + datetime.timedelta((1 - today.weekday()) % 7 or 7)
    world.serve()
    world.desk_token()
    world.auditor = json.loads(world.postern(
        "token", "create", "--scope", "audit", "--label", "zahlen",
        "--json"))["token"]
    world.start_phone()
    # The helpdesk's own clock does not move with the gateway's.
    world.start_desk("--tolerance", "1000000000000")


def clock(world, hour, minute, days=0):
    """The gateway's clock: so late on that Tuesday in Berlin, or days after."""
    day = world.day + datetime.timedelta(days)
    at = datetime.datetime(day.year, day.month, day.day, hour, minute,
                           tzinfo=BERLIN)
    world.now = int(at.timestamp())
    world.plan.clock(int((at.timestamp() - time.time()) * 1000))


def period(world, hour):
    at = datetime.datetime(world.day.year, world.day.month, world.day.day, hour,
                           tzinfo=BERLIN)
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:00:00Z")


def write(world, phone, text):
    IDS["last"] += 1
    body = envelope({"id": f"wamid.F{IDS['last']}", "type": "text",
                     "timestamp": str(world.now), "text": {"body": text}},
                    phone=phone)
    equal(post(world, body)[0], 200, "ack")


def phones(first, count):
    return [f"49171401{number:05d}" for number in range(first, first + count)]


def ask(world, who):
    for phone in who:
        write(world, phone, f"Eine Frage von {phone}")
    for phone in who:
        ASKED[phone] = world.note_with(
            f"Eine Frage von {phone}")["data"]["conversation"]


def send(world, who, statuses, body):
    """Messages of the desk, until all of them have come so far."""
    world.control("phone", statuses=statuses)
    made = []
    for phone in who:
        status, got = world.api(
            "POST", f"/v1/conversations/{ASKED[phone]}/messages", body)
        equal(status, 202, "status")
        made.append(got["message"])
    for message in made:
        w.until(f"{statuses[-1]}", 30, lambda m=message: world.api(
            "GET", f"/v1/messages/{m}")[1]["state"] == statuses[-1])


def figure(world, name, detail=None):
    return rows(world, "SELECT coalesce(sum(n),0) FROM figure WHERE name=?"
                " AND (? IS NULL OR detail=?)", name, detail, detail)[0][0]


def stats(world, kind, **query):
    """The rows of a kind, by detail and period."""
    text = "&".join(f"{k}={v}" for k, v in query.items())
    status, got = world.api("GET", f"/v1/stats?{text}", token=world.auditor)
    equal(status, 200, "status")
    return got[kind]


def that_day(world, kind, **query):
    return stats(world, kind, **{"from": world.day, "to": world.day}, **query)


@case
def questions_and_answers_are_counted_as_they_happen(world):
    if world.plan is None:
        return "skipped"
    clock(world, 9, 5)
    ask(world, phones(0, 16))
    clock(world, 9, 15)
    send(world, phones(0, 6), ["sent", "delivered", "read"],
         {"text": "Gern, sofort."})
    clock(world, 9, 50)
    send(world, phones(6, 5), ["sent", "delivered"], {"text": "Ja."})
    # Once more is no first answer, and thanks are no question.
    write(world, phones(0, 1)[0], "Danke, und noch etwas")
    world.note_with("Danke, und noch etwas")
    clock(world, 19, 30)
    ask(world, phones(100, 5))
    clock(world, 22, 30)
    ask(world, phones(200, 2))
    equal(figure(world, "question.asked", "open"), 16, "asked")
    equal(figure(world, "question.asked", "outside"), 7, "outside")
    equal(figure(world, "question.answered_15m"), 6, "within 15 minutes")
    equal(figure(world, "question.answered_60m"), 5, "within 60 minutes")
    equal(figure(world, "message.sent", ""), 11, "sent")
    equal(figure(world, "message.read", ""), 6, "read")


@case
def opting_out_is_counted_for_the_campaign(world):
    if world.plan is None:
        return "skipped"
    clock(world, 11, 0)
    for phone in phones(0, 10):
        write(world, phone, "Start")
    w.until("all are asked", 30,
            lambda: figure(world, "consent.requested") == 10)
    for phone in phones(0, 10):
        write(world, phone, "JA")
    w.until("all agreed", 30, lambda: figure(world, "consent.given") == 10)
    send(world, phones(0, 10), ["sent", "delivered", "read"],
         {"template": {"name": "sommer", "language": "de"},
          "purpose": "werbung"})
    for phone in phones(0, 5):
        write(world, phone, "Stop")
    w.until("all are out", 30,
            lambda: figure(world, "consent.withdrawn") == 5)
    equal(figure(world, "message.sent", "werbung sommer"), 10, "sent")
    equal(figure(world, "campaign.opted_out", "werbung sommer"), 5, "out")


@case
def nothing_is_shown_of_a_day_that_is_not_over(world):
    if world.plan is None:
        return "skipped"
    clock(world, 23, 59)
    for kind in ("questions", "messages", "campaigns", "events"):
        equal(that_day(world, kind), [], kind)
    text = w.call("GET", world.url("internal", "/metrics"))[1].decode()
    check("postern_day_questions{" not in text, "metrics of today")


@case
def a_deletion_takes_nothing_away(world):
    if world.plan is None:
        return "skipped"
    before = rows(world, "SELECT * FROM figure ORDER BY 1,2,3,4")
    body = envelope({"id": "wamid.Fdelete", "type": "revoke",
                     "timestamp": str(world.now),
                     "revoke": {"original_message_id": "wamid.F1"}},
                    phone=phones(0, 1)[0])
    equal(post(world, body)[0], 200, "ack")
    w.until("deleted", 20, lambda: world.notes("message.deleted"))
    equal(rows(world, "SELECT * FROM figure ORDER BY 1,2,3,4"), before,
          "figures")


@case
def the_day_after_shows_what_is_large_enough(world):
    if world.plan is None:
        return "skipped"
    clock(world, 12, 0, days=1)
    found = {r["hours"]: r for r in that_day(world, "questions")}
    wanted = {"channel": "kundenservice", "period": str(world.day)}
    equal(found["open"], {**wanted, "hours": "open", "asked": 16,
                          "answered_15m": 6, "answered_60m": 11}, "open")
    equal(found["outside"], {**wanted, "hours": "outside", "asked": 7,
                             "answered_15m": 0, "answered_60m": 0}, "outside")
    hours = {(r["hours"], r["period"]): r
             for r in that_day(world, "questions", step="hour")}
    equal(hours["open", period(world, 9)]["answered_15m"], 6, "that hour")
    # Two at half past ten: with the five before it they would be told.
    for hour in (19, 22):
        equal(hours["outside", period(world, hour)]["asked"], None, hour)
    equal(len(hours), 3, "rows")
    events = {(r["name"], r["detail"]): r["count"]
              for r in that_day(world, "events")}
    equal(events["consent.withdrawn", "keyword"], 5, "withdrawn")
    equal(that_day(world, "messages"), [], "messages, too early")
    text = w.call("GET", world.url("internal", "/metrics"))[1].decode()
    check('postern_day_questions{channel="kundenservice",hours="open",'
          'answered="15m"} 6\n' in text, "metrics")


@case
def three_days_later_messages_have_their_fate(world):
    if world.plan is None:
        return "skipped"
    clock(world, 0, 1, days=4)
    row, = that_day(world, "messages")
    equal(row, {"channel": "kundenservice", "period": str(world.day),
                "sent": 11, "delivered": 11, "read": 6}, "messages")
    row, = that_day(world, "campaigns")
    equal(row, {"channel": "kundenservice", "period": str(world.day),
                "purpose": "werbung", "template": "sommer", "sent": 10,
                "delivered": 10, "read": 10, "opted_out": 5}, "campaign")


@case
def nobody_stands_in_a_figure(world):
    if world.plan is None:
        return "skipped"
    for channel, name, detail in rows(
            world, "SELECT DISTINCT channel,name,detail FROM figure"):
        check(re.fullmatch(r"[a-z]*", channel), channel)
        check(re.fullmatch(r"[a-z]+\.[a-z_0-9]+", name), name)
        check(re.fullmatch(r"[a-z_]*( [a-z]+)?", detail), detail)


@case
def odd_questions_are_refused(world):
    if world.plan is None:
        return "skipped"
    for query in ("from=2026-11-02&to=2026-11-01", "from=morgen", "step=year",
                  "from=2026-01-01&to=2026-11-01", "staff=anna"):
        status, body = world.api("GET", f"/v1/stats?{query}",
                                 token=world.auditor)
        equal(status, 400, query)
        equal(body["type"], "urn:postern:problem:malformed", query)
    equal(world.api("GET", "/v1/stats")[0], 403, "the helpdesk's own token")


main(make)
