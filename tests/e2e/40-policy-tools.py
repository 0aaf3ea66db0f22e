"""Goal: what lawyers check by hand, through the real program: every row of
the fixtures, an independent calculation of holidays, deadlines and spellings,
and a clear answer to every wrong question.  Needs no instance."""
import datetime
import json
import os
import random
import subprocess
import tempfile

from case import FIXTURES, SLOW, case, check, equal, main, w
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


def run(world, *args, status=0, stdin=b""):
    done = subprocess.run([world.binary, *args], capture_output=True,
                          input=stdin, timeout=20)
    equal(done.returncode, status, f"{args}: {done.stderr.decode()}")
    return done


def told(world, *args):
    return json.loads(run(world, *args, "--json").stdout)


def rows(name):
    text = (FIXTURES / name).read_text()
    found = [json.loads(line) for line in text.splitlines()]
    check(found, f"no rows in {name}")
    return found


def with_fixtures(function):
    """A case that needs the rows of the fixtures."""
    if FIXTURES.exists():
        return case(function)
    print(f"skipped {function.__name__}")
    return function


# --- every row --------------------------------------------------------------


@with_fixtures
def every_keyword_row(world):
    for row in rows("keywords/messages.jsonl"):
        got = told(world, "policy", "explain", "--text", row["text"])
        equal((got["keyword"], got["normalised"]),
              (row["class"], row["normalised"]), row["text"])


@with_fixtures
def every_listed_word_and_hint(world):
    data = json.loads((FIXTURES / "keywords/keywords.json").read_text())
    for keyword, words in data["normalised_keywords"].items():
        for word in words:
            got = told(world, "policy", "explain", "--text", word.upper() + "!")
            equal(got["keyword"], keyword, word)
    for hint in data["review_hints_substring"]:
        got = told(world, "policy", "explain", "--text", f"ab{hint}cd")
        equal(got["keyword"], "REVIEW", hint)


@with_fixtures
def every_retention_row(world):
    for row in rows("retention/iso8601-periods.jsonl"):
        got = told(world, "policy", "due", "--start", row["start"],
                   "--period", row["period"])
        equal(got, {"last_day": row["last_day"],
                    "erase_from": row["erase_from"]}, row["period"])
    for row in rows("retention/statutory.jsonl"):
        got = told(world, "policy", "due", "--start", row["event_date"],
                   "--statutory", row["rule"])
        equal(got, {"last_day": row["last_day_of_retention"],
                    "erase_from": row["earliest_erasure"]}, row["rule"])
    for period in json.loads((FIXTURES / "retention/invalid-periods.json")
                             .read_text()):
        done = run(world, "policy", "due", "--start", "2026-01-31",
                   "--period", period, "--json", status=1)
        equal(done.stdout, b"", f"output for {period!r}")
        check(b"--period" in done.stderr, f"{period!r}: {done.stderr}")


@with_fixtures
def every_erasure_row(world):
    path = FIXTURES / "erasure-decisions/cases.jsonl"
    wanted = rows("erasure-decisions/cases.jsonl")
    for done in (run(world, "policy", "decide", str(path)),
                 run(world, "policy", "decide", "-",
                     stdin=path.read_bytes())):
        got = [json.loads(line) for line in done.stdout.splitlines()]
        equal([(g["name"], g["decision"]) for g in got],
              [(r["name"], r["expect"]) for r in wanted], "decisions")
        check(all(g["reasons"] and all(r["code"] for r in g["reasons"])
                  for g in got), "a decision without a reason")


@with_fixtures
def every_deadline_row(world):
    for row in rows("deadlines/month-deadlines.jsonl"):
        got = told(world, "rights", "due", "--received", row["received_at"],
                   "--land", row["land"], "--months", str(row["months"]),
                   "--paused-days", str(row["paused_days"]))
        equal(got, {"receipt_day": row["receipt_date_local"],
                    "due": row["due_date"],
                    "due_ends": row["due_at_utc_exclusive"]}, row["name"])
    for row in rows("deadlines/breach-clock.jsonl"):
        got = told(world, "rights", "breach-clock", "--aware",
                   row["aware_at"], "--hours", str(row["hours"]))
        equal(got, {"internal_due": row["internal_due"],
                    "legal_due": row["legal_due"]}, row["name"])


@with_fixtures
def every_holiday_row(world):
    text = (FIXTURES / "deadlines/holidays-de-2024-2028.csv").read_text()
    table = [line.split(";") for line in text.splitlines()[1:]]
    for land in LAENDER:
        for year in range(2024, 2029):
            wanted = [{"date": date, "name": name}
                      for date, name, where in table
                      if date.startswith(str(year)) and
                      (where == "ALL" or land in where.split(","))]
            equal(told(world, "rights", "holidays", "--land", land, "--year",
                       str(year)), wanted, f"{land} {year}")


# --- the same, calculated here ----------------------------------------------

LAENDER = "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH".split()


def easter(year):
    """Gauss, with Lichtenberg's correction; not the way of the program."""
    k = year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    s = 2 - (3 * k + 3) // 4
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    og = 21 + d - r
    sz = 7 - (year + year // 4 + s) % 7
    oe = 7 - (og - sz) % 7
    return datetime.date(year, 3, 1) + datetime.timedelta(og + oe - 1)


def free_days(land, year):
    sunday = easter(year)
    days = {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}
    moved = {-2, 1, 39, 50}
    if land in ("BW", "BY", "ST"):
        days.add((1, 6))
    if land in ("BE", "MV"):
        days.add((3, 8))
    if land == "BB":
        moved |= {0, 49}
    if land in "BW BY HE NW RP SL":
        moved.add(60)
    if land == "SL":
        days.add((8, 15))
    if land == "TH":
        days.add((9, 20))
    if land in "BB HB HH MV NI SN ST SH TH":
        days.add((10, 31))
    if land in "BW BY NW RP SL":
        days.add((11, 1))
    if (land, year) == ("BE", 2028):
        days.add((6, 17))
    found = {datetime.date(year, *d) for d in days} | \
        {sunday + datetime.timedelta(n) for n in moved}
    if land == "SN":
        day = datetime.date(year, 11, 22)
        while day.weekday() != 2:
            day -= datetime.timedelta(1)
        found.add(day)
    return found


def due(received, land, months, paused):
    day = received.astimezone(BERLIN).date()
    month = day.month - 1 + months
    end = datetime.date(day.year + month // 12, month % 12 + 1, 1)
    following = (end + datetime.timedelta(31)).replace(day=1)
    end = min(end + datetime.timedelta(day.day - 1),
              following - datetime.timedelta(1))
    end += datetime.timedelta(paused)
    while end.weekday() > 4 or end in free_days(land, end.year):
        end += datetime.timedelta(1)
    midnight = datetime.datetime.combine(
        end + datetime.timedelta(1), datetime.time(), BERLIN)
    return {"receipt_day": day.isoformat(), "due": end.isoformat(),
            "due_ends": midnight.astimezone(datetime.timezone.utc)
            .strftime("%Y-%m-%dT%H:%M:%SZ")}


@case
def holidays_of_ten_years_are_those_calculated_here(world):
    for land in LAENDER:
        for year in range(2026, 2036, SLOW):
            got = told(world, "rights", "holidays", "--land", land,
                       "--year", str(year))
            equal([h["date"] for h in got],
                  [d.isoformat() for d in sorted(free_days(land, year))],
                  f"{land} {year}")


@case
def deadlines_of_ten_years_are_those_calculated_here(world):
    """A day in 211 of each Land, with changing hours, months and pauses."""
    choose = random.Random(4)
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    tried = 0
    for number, land in enumerate(LAENDER):
        for day in range(number * 13, 3650, 211 * SLOW):
            at = start + datetime.timedelta(day, choose.randrange(86400))
            months, paused = choose.choice((1, 3)), choose.choice((0, 0, 9))
            got = told(world, "rights", "due", "--received", at.isoformat(),
                       "--land", land, "--months", str(months),
                       "--paused-days", str(paused))
            equal(got, due(at, land, months, paused),
                  f"{at} {land} {months} {paused}")
            tried += 1
    check(tried > 250 // SLOW, f"only {tried}")


def normalised(text):
    """Compliance 4.4, again."""
    def space(c):
        return c in "\u00a0\u202f\t\r\n" or "\u2000" <= c <= "\u200a"

    def edge(c):
        return c < "\x80" and not c.isalnum() or "\u00a0" <= c <= "\u00bf" or \
            "\u2000" <= c <= "\u206f" or "\u2190" <= c <= "\u2bff" or \
            c in "\ufe0f\u200d" or "\U0001f000" <= c <= "\U0001faff"
    text = "".join(" " if space(c) else c for c in text)
    for umlaut, two in (("äÄ", "ae"), ("öÖ", "oe"), ("üÜ", "ue"), ("ßẞ", "ss")):
        for letter in umlaut:
            text = text.replace(letter, two)
    text = "".join(c.lower() if c < "\x80" else c for c in text)
    while text and edge(text[0]):
        text = text[1:]
    while text and edge(text[-1]):
        text = text[:-1]
    while "  " in text:
        text = text.replace("  ", " ")
    return text


@case
def spellings_are_those_calculated_here(world):
    choose = random.Random(5)
    parts = ["STOP", "Daten", "löschen", "ẞ", "É", "я", "中", "👍🏽", "✋", " ",
             "  ", "\t", "\n", "\u00a0", "\u202f", "\u200a", "\u200b", "\u200d",
             "\ufe0f", "!", "?", "-", "*", '"', "„", "·", "€", "\u2bff",
             "\u2c00", "\U0001fb00", "\x01", "\x7f", "0", "ja"]
    for _ in range(200 // SLOW):
        text = "".join(choose.choice(parts)
                       for _ in range(choose.randrange(12)))
        got = told(world, "policy", "explain", "--text", text)
        equal(got["normalised"], normalised(text), repr(text))


# --- sentences and wrong questions ------------------------------------------


@case
def without_json_there_are_sentences(world):
    for args, said in (
            (("policy", "due", "--start", "2027-08-30", "--period", "P6M"),
             "2028-02-29"),
            (("policy", "due", "--start", "2028-02-29", "--statutory",
              "UWG7a_Einwilligung_5"), "§ 7a(2) UWG"),
            (("policy", "explain", "--text", "Stopp!"), "Schlüsselwort STOP"),
            (("policy", "explain", "--text", "JA", "--language", "en"),
             "consent: yes"),
            (("policy", "explain", "--", "--text", "--json"), '"json"'),
            (("rights", "due", "--received", "2026-01-31T10:00:00+01:00",
              "--land", "BE"), "Monday, 2026-03-02"),
            (("rights", "holidays", "--land", "SN", "--year", "2029"),
             "2029-11-21  Wednesday  Buß- und Bettag"),
            (("rights", "breach-clock", "--aware",
              "2026-12-23T18:05:00+01:00"), "2026-12-26T18:00:00Z"),
            (("policy", "--help"), "--statutory RULE"),
            (("rights", "--help"), "--paused-days N")):
        text = run(world, *args).stdout.decode()
        check(said in text, f"{args}: {text}")


@case
def a_directory_named_from_here_is_the_same_one(world):
    with tempfile.TemporaryDirectory() as here:
        for name in ("data", "./other"):
            for verb in ("init", "check"):
                done = subprocess.run([world.binary, "-d", name, verb],
                                      cwd=here, capture_output=True,
                                      timeout=60)
                equal(done.returncode, 0, f"{verb} {done.stderr.decode()}")
        check(os.path.exists(os.path.join(here, "other", "postern.db")),
              "no archive")


@case
def wrong_input_is_told_and_ends_with_1(world):
    for args, said in (
            (("policy", "due", "--start", "2026-02-30", "--period", "P1D"),
             "--start"),
            (("policy", "due", "--start", "2026-02-28", "--period", "1D"),
             "--period"),
            (("policy", "due", "--start", "9999-12-31", "--period", "P0D"),
             "9999"),
            (("policy", "due", "--start", "2026-02-28", "--statutory",
              "HGB_Handelsbrif_6"), "did you mean 'HGB_Handelsbrief_6'"),
            (("policy", "due", "--start", "2026-02-28", "--statutory", "?"),
             "UWG7a_Einwilligung_5"),
            (("policy", "decide", "/nowhere/facts"), "cannot be opened"),
            (("policy", "decide", "/"), "cannot be"),
            (("rights", "due", "--received", "2026-01-31T10:00:00", "--land",
              "BE"), "--received"),
            (("rights", "due", "--received", "2026-01-31T10:00:00Z",
              "--land", "be"), "BB BE BW"),
            (("rights", "due", "--received", "2026-01-31T10:00:00Z",
              "--land", "BE", "--months", "0"), "--months"),
            (("rights", "due", "--received", "2026-01-31T10:00:00Z",
              "--land", "BE", "--paused-days", "-1"), "--paused-days"),
            (("rights", "due", "--received", "2017-01-31T10:00:00Z",
              "--land", "BE"), "2018"),
            (("rights", "due", "--received", "9999-12-31T23:59:59Z",
              "--land", "BE"), "2018"),
            (("rights", "holidays", "--land", "BE", "--year", "2200"),
             "--year"),
            (("rights", "holidays", "--land", "BE", "--year", "4294969325"),
             "--year"),
            (("rights", "breach-clock", "--aware", "gestern"), "--aware"),
            (("rights", "breach-clock", "--aware", "2026-01-31T10:00:00Z",
              "--hours", "72h"), "--hours"),
            (("rights", "breach-clock", "--aware", "9999-12-31T10:00:00Z"),
             "9999")):
        done = run(world, *args, "--json", status=1)
        equal(done.stdout, b"", f"output of {args}")
        check(said in done.stderr.decode(), f"{args}: {done.stderr.decode()}")


@case
def wrong_usage_is_told_and_ends_with_2(world):
    for args in (("policy",), ("policy", "du"), ("policy", "due"),
                 ("policy", "due", "--start", "2026-01-01"),
                 ("policy", "due", "--start", "2026-01-01", "--period", "P1D",
                  "--statutory", "HGB_Buecher_10"),
                 ("policy", "due", "--start"),
                 ("policy", "due", "--start", "a", "--start", "b"),
                 ("policy", "due", "--begin", "2026-01-01"),
                 ("policy", "decide"), ("policy", "decide", "a", "b"),
                 ("policy", "explain"), ("rights",), ("rights", "due"),
                 ("rights", "holidays", "--land", "BE"),
                 ("rights", "breach-clock", "--hours", "72")):
        done = run(world, *args, status=2)
        check(b"usage: postern " in done.stderr, f"{args}: {done.stderr}")
        equal(done.stdout, b"", f"output of {args}")


FACTS = {"today": "2026-11-21", "trigger": "schedule", "basis": "consent",
         "purpose": "support", "purpose_active": False,
         "rule_due": "2026-11-21", "statutory_last_day": None,
         "legal_hold": False, "restriction": None}


@case
def a_bad_line_is_told_with_its_place(world):
    bad = dict(FACTS, rule_due="2026-11-31")
    lines = [json.dumps(FACTS), "", json.dumps(bad), "{", "[]",
             '{"today": 1, "today": 2}', "x" * 70000,
             json.dumps(dict(FACTS, name="last"))]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(lines))
        file.flush()
        done = run(world, "policy", "decide", file.name, status=1)
        told_at = done.stderr.decode().splitlines()
        column = json.dumps(bad).index('"rule_due"') + 1
        for line, start in zip(told_at, (
                f"{file.name}:3:{column}: 'rule_due' has no such value; ",
                f"{file.name}:4:", f"{file.name}:5:1: ", f"{file.name}:6:",
                f"{file.name}:7:65535: "), strict=True):
            check(line.startswith(start) and "; " in line, line)
    got = [json.loads(line) for line in done.stdout.splitlines()]
    equal([(g.get("name"), g["decision"]) for g in got],
          [(None, "erase"), ("last", "erase")], "the good lines")


@case
def a_forgotten_fact_erases_nothing(world):
    for key in FACTS:
        left = {k: v for k, v in FACTS.items() if k != key}
        done = run(world, "policy", "decide", "-", status=1,
                   stdin=json.dumps(left).encode())
        equal(done.stdout, b"", f"output without {key}")
        check(f"-:1:1: '{key}' is missing; ".encode() in done.stderr, key)


def no_instance(world):
    if not os.access(world.binary, os.X_OK):
        raise w.Failure("no program to run")


main(no_instance)
