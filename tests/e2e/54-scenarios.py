"""Goal: the scenarios of consent and notice that live by the calendar, through
the real interfaces and on their own dates: what is asked runs out after a week,
who stopped in November is asked anew in December, a purpose is of one channel
alone, and no notice without what the law wants in it comes into force.

The clock is the gateway's own (FAULTS=1).  Proves: compliance 9, C1, C2, C3,
C5, C6, C7, W1, W3, I1.  docs/testing.md says which other script shows which."""
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
PATH2, ACCOUNT2 = "0123456789abcdef0123456789abcdef", "5550001"
SECOND = """\
  zweiter:
    type: whatsapp
    path: {path}
    phone_number_id: "{account}"
    app_secret: {{file: secrets/whatsapp-app}}
    verify_token: {{file: secrets/whatsapp-verify}}
    access_token: {{file: secrets/whatsapp-access}}
    api: "http://127.0.0.1:{phone}/v25.0"
    allow: ["127.0.0.1:{phone}"]
    provider: {{role: processor, contract: "DPA", mechanism: DPF, review: 2040-01-01}}
"""
NEVER, IN_TIME, TWICE, ELSEWHERE = (f"49171394000{n:02}" for n in range(1, 5))
PERSONS, CNVS, IDS = {}, {}, {"last": 0}
YEAR = datetime.date.today().year + 1


def make(world):
    world.make()
    policy = (world.data / "policy.yaml").read_text().replace(
        "channels:\n",
        "channels:\n  zweiter: {purpose: support, data: MSG_SUPPORT}\n", 1)
    world.make(channels=SECOND.format(path=PATH2, account=ACCOUNT2,
                                      phone=world.ports["phone"]),
               routes="  - {channel: zweiter, helpdesk: desk}\n",
               policy=policy)
    world.plan = None
    if not CLOCKED.exists() or w.BUILD != ROOT / "build":
        return
    world.binary = str(CLOCKED)
    world.plan = faults.Plan(world)
    world.serve()
    (world.dir / "desk-token").write_text(json.loads(world.postern(
        "token", "create", "--scope", "desk", "--helpdesk", "desk", "--days",
        "3660", "--json"))["token"])
    world.start_phone()
    # The helpdesk's own clock does not move with the gateway's.
    world.start_desk("--tolerance", "1000000000000")


def clock(world, month, day, hour=10, minute=0):
    """That moment of next year in Berlin, by the gateway's clock."""
    at = datetime.datetime(YEAR, month, day, hour, minute, tzinfo=BERLIN)
    world.now = int(at.timestamp())
    world.plan.clock(int((at.timestamp() - time.time()) * 1000))
    world.confirm_clock()
    return at


def write(world, phone, text, account=None):
    IDS["last"] += 1
    body = envelope({"id": f"wamid.S{IDS['last']}", "type": "text",
                     "timestamp": str(world.now), "text": {"body": text}},
                    phone=phone)
    if account is None:
        equal(post(world, body)[0], 200, "ack")
        return
    body = body.replace(w.ACCOUNT.encode(), account.encode())
    path = f"http://127.0.0.1:{world.ports['public']}/hooks/whatsapp/{PATH2}"
    equal(post(world, body, path=path)[0], 200, "ack")


def greet(world, phone, text):
    """A newcomer's first words: who that is, and the conversation."""
    write(world, phone, text)
    CNVS[phone] = world.note_with(text)["data"]["conversation"]
    PERSONS[phone] = rows(world, "SELECT max(id) FROM person")[0][0]


def said(world, phone):
    return [s["text"]["body"] for s in world.phone_state()["sends"]
            if s.get("to") == "+" + phone and "text" in s]


def asked(world, phone):
    return sum("Antworten Sie JA" in text for text in said(world, phone))


def events(world, phone):
    """[(kind, day in Berlin)] of marketing, in their order."""
    return [(kind, datetime.datetime.fromtimestamp(at / 1000, BERLIN).date())
            for kind, at in rows(
                world, "SELECT kind,at_ms FROM consent_event WHERE person=?"
                " AND purpose='marketing' ORDER BY at_ms,id", PERSONS[phone])]


def last(world, phone):
    found = events(world, phone)
    return found[-1][0] if found else None


def start(world, phone):
    """Start, and exactly one question more."""
    before = asked(world, phone)
    write(world, phone, "Start")
    w.until("the question", 30, lambda: asked(world, phone) == before + 1)


def advertise(world, phone, cnv=None):
    return world.api(
        "POST", f"/v1/conversations/{cnv or CNVS[phone]}/messages",
        {"text": f"Angebot {phone}", "purpose": "marketing"})


def refused(world, phone, code, cnv=None):
    status, problem = advertise(world, phone, cnv)
    equal(status, 403, "status")
    check(code in [r["code"] for r in problem["reasons"]], problem["reasons"])
    check(f"Angebot {phone}" not in said(world, phone), "it was sent")


@case
def c1_c7_first_of_october(world):
    """Who says nothing gets nothing; who says yes is a consent."""
    if world.plan is None:
        return "skipped"
    clock(world, 10, 1)
    # Of this person nothing else is known than that they were asked.
    greet(world, NEVER, "Start")
    w.until("the question", 30, lambda: asked(world, NEVER) == 1)
    refused(world, NEVER, "consent_missing")
    for phone in (IN_TIME, TWICE, ELSEWHERE):
        greet(world, phone, f"Hallo, hier ist {phone}")
        refused(world, phone, "consent_missing")
        start(world, phone)
        refused(world, phone, "consent_missing")
    for phone in (TWICE, ELSEWHERE):
        write(world, phone, "JA")
        w.until("given", 30, lambda p=phone: last(world, p) == "given")


@case
def c5_a_purpose_is_of_one_channel(world):
    if world.plan is None:
        return "skipped"
    write(world, ELSEWHERE, "Nun auf dem anderen Kanal", ACCOUNT2)
    other = world.note_with("Nun auf dem anderen Kanal")["data"]
    equal(other["channel"], "zweiter", "channel")
    refused(world, ELSEWHERE, "consent_missing", other["conversation"])
    equal(advertise(world, ELSEWHERE)[0], 202, "where it was given")
    w.until("sent", 30,
            lambda: f"Angebot {ELSEWHERE}" in said(world, ELSEWHERE))


@case
def c2_an_answer_counts_for_a_week(world):
    if world.plan is None:
        return "skipped"
    clock(world, 10, 7, 18)
    write(world, IN_TIME, "Ja!")
    w.until("given", 30, lambda: last(world, IN_TIME) == "given")
    equal(events(world, IN_TIME), [
        ("requested", datetime.date(YEAR, 10, 1)),
        ("given", datetime.date(YEAR, 10, 7))], "both times")


@case
def c3_nobody_answered(world):
    if world.plan is None:
        return "skipped"
    clock(world, 10, 9)
    world.stop("postern")
    world.serve()
    w.until("forgotten", 30, lambda: events(world, NEVER) == [])
    equal(rows(world, "SELECT count(*) FROM address WHERE person=?",
               PERSONS[NEVER]), [(0,)], "addresses")
    equal(rows(world, "SELECT sum(n) FROM figure WHERE"
               " name='consent.expired'"), [(1,)], "figure")
    # Too late: nobody is known who was asked.
    write(world, NEVER, "JA, gern")
    late = world.note_with("JA, gern")["data"]["conversation"]
    refused(world, NEVER, "consent_missing", late)
    equal(rows(world, "SELECT count(*) FROM consent_event WHERE kind='given'"),
          [(3,)], "consents")


@case
def w3_a_review_is_due_on_the_next_working_day(world):
    if world.plan is None:
        return "skipped"
    friday = next(day for day in range(10, 17)
                  if datetime.date(YEAR, 10, day).weekday() == 4)
    clock(world, 10, friday, 16)
    write(world, ELSEWHERE, "Ich widerrufe meine Einwilligung in Werbung")
    w.until("a review", 30, lambda: rows(world, "SELECT 1 FROM review"))
    due, = rows(world, "SELECT due_ms FROM review WHERE state='open'")[0]
    monday = datetime.datetime(YEAR, 10, friday + 4, tzinfo=BERLIN)
    equal(due, int(monday.timestamp() * 1000), "the end of Monday")
    status, problem = advertise(world, ELSEWHERE)
    equal(status, 403, "status")
    check("consent_missing" in [r["code"] for r in problem["reasons"]],
          problem["reasons"])


@case
def w1_c7_stopped_in_november_and_asked_anew_in_december(world):
    if world.plan is None:
        return "skipped"
    clock(world, 11, 2)
    write(world, TWICE, "Stopp!")
    w.until("withdrawn", 30, lambda: last(world, TWICE) == "withdrawn")
    refused(world, TWICE, "consent_withdrawn")
    equal(world.answer(CNVS[TWICE], "Ihr Paket ist da")[0], 202, "support")
    clock(world, 12, 1)
    sends = len(said(world, TWICE))
    start(world, TWICE)
    refused(world, TWICE, "consent_missing")
    question = said(world, TWICE)[-1]
    check("Angebot " not in question and
          len(said(world, TWICE)) <= sends + 2, "more than the question")
    write(world, TWICE, "JA")
    w.until("given", 30, lambda: last(world, TWICE) == "given")
    equal(events(world, TWICE), [
        (kind, datetime.date(YEAR, month, day)) for kind, month, day in (
            ("requested", 10, 1), ("given", 10, 1), ("withdrawn", 11, 2),
            ("requested", 12, 1), ("given", 12, 1))], "history")
    equal(advertise(world, TWICE)[0], 202, "status")
    w.until("sent", 30, lambda: f"Angebot {TWICE}" in said(world, TWICE))


@case
def c6_proof_of_a_phone_consent_is_kept_five_years_from_its_last_use(world):
    for start_day, wanted in (
            ("2028-02-29", {"last_day": "2033-02-28",
                            "erase_from": "2033-03-01"}),
            ("2026-03-10", {"last_day": "2031-03-10",
                            "erase_from": "2031-03-11"})):
        got = json.loads(world.postern("policy", "due", "--start", start_day,
                                       "--period", "P5Y", "--json"))
        equal({k: got[k] for k in wanted}, wanted, start_day)


@case
def i1_a_notice_without_what_the_law_wants_is_not_put_in_force(world):
    path = world.data / "policy.yaml"
    good = path.read_text()
    for block in ("complaint", "period"):
        lines = [line for line in good.splitlines(True)
                 if not line.startswith(f"      {block}: ")]
        path.write_text("".join(lines))
        try:
            world.postern("check")
            said_so = ""
        except w.Failure as failure:
            said_so = str(failure)
        finally:
            path.write_text(good)
        check("policy.yaml:" in said_so and block in said_so, said_so)


main(make)
