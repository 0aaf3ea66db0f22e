"""Goal: every breach is in the register with its reasons; its clock runs by
elapsed hours; who could be read is counted; after the legal end nobody is told
without saying why so late.
Scenarios: compliance 2.7; 9, B1 and B2; all of fixtures/deadlines/breach-clock.

The clock is the gateway's own (FAULTS=1)."""
import datetime
import json
import subprocess
import sys

from case import FIXTURES, ROOT, case, check, equal, main, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

CLOCKED = ROOT / "build" / "flavour-torture" / "postern"
DAY = 86_400_000
UTC = datetime.timezone.utc
PHONES = [f"49171392090{i:02}" for i in range(5)]
KEPT = {}


def make(world):
    world.plan = None
    world.make()
    if not CLOCKED.exists() or w.BUILD != ROOT / "build":
        return
    world.binary = str(CLOCKED)
    world.plan = faults.Plan(world)
    world.start_all()
    for phone in PHONES:
        world.phone_text(f"Hallo von {phone[-2:]}", phone=phone)
        KEPT[phone] = world.note_with(f"Hallo von {phone[-2:]}")["data"]
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--days", "365", "--json"))["token"]


def later(world, days):
    """All moments of the fixtures are in the past then."""
    world.plan.clock(days * DAY)
    KEPT["days"] = days


def now(world):
    return datetime.datetime.now(UTC) + datetime.timedelta(
        days=KEPT.get("days", 0))


def ago(world, hours):
    return (now(world) - datetime.timedelta(hours=hours)).isoformat()


def ask(world, method, path, body=None):
    return world.api(method, "/v1/breaches" + path, body,
                     token=KEPT["rights"])


def opened(world, **more):
    status, made = ask(world, "POST", "", {
        "types": "confidentiality", "cause": "keys", **more})
    equal(status, 201, made)
    return made


def counted(world, made):
    return w.until("it is counted", 30, lambda: (
        lambda b: b if b["subjects"] is not None else None)(
            ask(world, "GET", "/" + made["id"])[1]))


def alarms(world):
    return sorted((a["kind"], a["object"]) for a in json.loads(
        world.postern("alarms", "--json"))["alarms"])


@case
def b1_every_row_of_the_fixtures_by_its_clock(world):
    if world.plan is None:
        return "skipped"
    later(world, 60)
    lines = (FIXTURES / "deadlines" / "breach-clock.jsonl").read_text()
    all_rows = [json.loads(line) for line in lines.splitlines()]
    check(len(all_rows) >= 7, "rows")
    for hours in sorted({r["hours"] for r in all_rows}):
        if hours != 72:
            world.stop("postern")
            world.make(extra=f"breach: {{hours: {hours}}}\n")
            world.serve()
        for row in all_rows:
            if row["hours"] != hours:
                continue
            made = opened(world, aware=row["aware_at"])
            equal((made["internal_due"], made["legal_due"]),
                  (row["internal_due"], row["legal_due"]), row["name"])
    world.stop("postern")
    world.make()
    world.serve()


@case
def what_could_be_read_is_counted(world):
    if world.plan is None:
        return "skipped"
    whole = counted(world, opened(world, aware=ago(world, 1)))
    equal(whole["subjects"], len(PHONES), "persons")
    check(whole["records"] >= 2 * len(PHONES), whole["records"])
    equal({b["channel"] for b in whole["by"]}, {"kundenservice"}, "channels")
    equal(sum(b["records"] for b in whole["by"]), whole["records"], "by")
    desk = counted(world, opened(world, aware=ago(world, 1),
                                 cause="helpdesk", helpdesk="desk"))
    equal(desk["subjects"], len(PHONES), "of the helpdesk")
    other = counted(world, opened(world, aware=ago(world, 1),
                                  cause="helpdesk", helpdesk="nobody"))
    equal((other["subjects"], other["records"]), (0, 0), "of another")
    empty = counted(world, opened(
        world, aware=ago(world, 1), cause="period",
        **{"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"}))
    equal((empty["subjects"], empty["records"]), (0, 0), "another time")
    tokens = json.loads(world.postern("token", "list", "--json"))["tokens"]
    one = next(t for t in tokens if t["scopes"] == "desk")
    by_token = counted(world, opened(world, aware=ago(world, 1),
                                     cause="token", token=one["id"]))
    equal(by_token["subjects"], len(PHONES), "by its token")


@case
def nothing_of_what_people_write_lies_in_clear(world):
    if world.plan is None:
        return "skipped"
    KEPT["text"] = "Ein Rechner mit Daten wurde gestohlen"
    made = opened(world, aware=ago(world, 1), cause="data",
                  description=KEPT["text"])
    equal(made["texts"]["description"], KEPT["text"], "opens")
    equal(made["exception_suggested"], "a", "the keys are safe")
    equal(world.sweep([KEPT["text"]]), [], "in clear")
    KEPT["data"] = made


@case
def b2_one_without_a_risk_is_in_the_register_and_nobody_is_told(world):
    if world.plan is None:
        return "skipped"
    made = KEPT["data"]
    status, problem = ask(world, "POST", f"/{made['id']}/decide",
                          {"risk": "none"})
    equal(status, 400, "without a reason")
    status, made = ask(world, "POST", f"/{made['id']}/decide", {
        "risk": "none", "reason": "Verschlüsselt, Schlüssel sicher"})
    equal((status, made["decision"]), (200, "none"), made)
    status, made = ask(world, "POST", f"/{made['id']}/close",
                       {"lessons": "Schränke abschließen"})
    equal((status, made["state"], made["notified"]), (200, "closed", None),
          made)
    equal(made["texts"]["reason"], "Verschlüsselt, Schlüssel sicher", "why")
    check(made["id"] in [b["id"] for b in ask(world, "GET", "")[1][
        "breaches"]], "register")
    equal(ask(world, "POST", f"/{made['id']}/decide",
              {"risk": "high", "reason": "x"})[0], 409, "closed")


@case
def b2_after_the_legal_end_it_has_to_be_said_why(world):
    if world.plan is None:
        return "skipped"
    made = opened(world, aware=ago(world, 80))
    status, made = ask(world, "POST", f"/{made['id']}/decide", {
        "risk": "high", "reason": "Alles war lesbar"})
    equal((status, made["decision"]), (200, "notify"), made)
    equal(ask(world, "POST", f"/{made['id']}/decide", {
        "risk": "risk", "decision": "none", "reason": "x"})[0], 409,
        "threshold")
    equal(ask(world, "POST", f"/{made['id']}/decide", {
        "risk": "high", "exception": "a", "reason": "x"})[0], 409,
        "the keys are not safe")
    path = f"/{made['id']}/notify"
    status, problem = ask(world, "POST", path, {"to": "authority"})
    equal((status, problem["detail"]), (409, "delay_reason"), problem)
    equal(ask(world, "GET", f"/{made['id']}")[1]["notified"], None, "saved")
    equal(ask(world, "POST", f"/{made['id']}/close", {})[0], 409, "closed")
    status, made = ask(world, "POST", path, {
        "to": "authority", "delay_reason": "Krankheit"})
    equal(status, 200, made)
    check(made["notified"] is not None, made)
    equal(ask(world, "POST", f"/{made['id']}/close", {})[0], 409,
          "persons are not told")
    equal(ask(world, "POST", path, {"to": "authority",
                                    "phase": "supplement"})[0], 200, "more")
    status, made = ask(world, "POST", path, {"to": "subjects"})
    equal([p["what"] for p in made["phases"]],
          ["authority.first", "authority.supplement", "subjects.first"],
          "phases")
    equal(ask(world, "POST", f"/{made['id']}/close", {})[0], 200, "close")


@case
def in_time_no_reason_is_needed(world):
    if world.plan is None:
        return "skipped"
    made = opened(world, aware=ago(world, 70))
    equal(ask(world, "POST", f"/{made['id']}/notify",
              {"to": "authority"})[0], 200, "told")


@case
def somebody_is_reminded_before(world):
    if world.plan is None:
        return "skipped"
    made = opened(world, aware=ago(world, 65))
    w.until("the alarm", 90, lambda: (
        "breach.internal_due", made["id"]) in alarms(world))
    check(("breach.legal_due", made["id"]) in alarms(world), "legal")
    early = opened(world, aware=ago(world, 10))
    ask(world, "POST", f"/{made['id']}/notify", {"to": "authority"})
    w.until("it ends", 90, lambda: not any(
        o == made["id"] for _, o in alarms(world)))
    equal([k for k, o in alarms(world) if o == early["id"]], [], "too soon")


@case
def a_pack_has_the_drafts_in_both_languages(world):
    if world.plan is None:
        return "skipped"
    made = counted(world, opened(world, aware=ago(world, 1),
                                 description="Ein Fenster stand offen"))
    out = world.dir / "pack"
    world.postern("breach", "pack", made["id"], "--out", str(out))
    equal(sorted(p.name for p in out.iterdir()),
          ["authority.de.md", "authority.en.md", "breach.json",
           "subjects.de.md", "subjects.en.md"], "files")
    german = (out / "authority.de.md").read_text()
    for text in ("Art. 33 DSGVO", "Ein Fenster stand offen", "Muster GmbH",
                 f"(ungefähr): {len(PHONES)}", "[...]"):
        check(text in german, text)
    english = (out / "subjects.en.md").read_text()
    check("About your data at Muster GmbH" in english, english)
    equal(json.loads((out / "breach.json").read_text())["id"], made["id"],
          "record")


@case
def the_verbs_say_the_same(world):
    if world.plan is None:
        return "skipped"
    made = json.loads(world.postern(
        "breach", "open", "--aware", ago(world, 2), "--cause", "keys",
        "--types", "confidentiality availability", "--description", "kurz",
        "--json"))
    done = json.loads(world.postern(
        "breach", "decide", made["id"], "--risk", "risk", "--reason", "so",
        "--json"))
    equal((done["decision"], done["texts"]["description"]),
          ("notify", "kurz"), done)
    check(made["id"] in world.postern("breach", "list"), "list")
    done = json.loads(world.postern("breach", "notify", made["id"], "--to",
                                    "authority", "--json"))
    check(done["notified"] is not None, done)
    bad = subprocess.run([world.binary, "-d", str(world.data), "breach",
                          "notify", made["id"]], capture_output=True)
    equal(bad.returncode, 1, bad.stderr)


@case
def the_proof_log_has_every_act_and_no_text(world):
    if world.plan is None:
        return "skipped"
    entries = [json.loads(b) for b, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id")]
    seen = {(e["e"], e.get("r")) for e in entries
            if e["e"].startswith("breach.")}
    for one in (("breach.opened", None), ("breach.decided", "no_risk"),
                ("breach.decided", "high_risk"), ("breach.decided", "risk"),
                ("breach.notified", "authority"),
                ("breach.notified", "subjects"), ("breach.closed", None)):
        check(one in seen, one)


@case
def what_is_no_breach_is_refused(world):
    if world.plan is None:
        return "skipped"
    good = {"aware": ago(world, 1), "types": "integrity", "cause": "keys"}
    for change in ({"aware": "gestern"}, {"aware": ago(world, -2)},
                   {"types": "noise"}, {"types": ""}, {"cause": "ghost"},
                   {"cause": "token", "token": "tok_x"},
                   {"cause": "period"}, {"cause": "helpdesk"},
                   {"surprise": 1}):
        equal(ask(world, "POST", "", {**good, **change})[0], 400, change)
    equal(world.api("GET", "/v1/breaches")[0], 403, "a desk")
    equal(ask(world, "GET", "/brc_" + "0" * 26)[0], 404, "none")


main(make)
