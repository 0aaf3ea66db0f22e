"""Goal: what the policy tools say on the command line, the internal API says
as well: each call is compared with the verb and its --json, bad questions are
answered with the place and what would be right."""
import itertools
import json
import re
import subprocess

from case import ROOT, case, check, equal, main

EVERYTHING = (ROOT / "tests/policies/everything.yaml").read_text()
LINES = {"Content-Type": "application/x-ndjson"}
ROW = {"name": "chat, fällig", "today": "2026-11-21", "trigger": "schedule",
       "basis": "legitimate_interest", "purpose": "support",
       "purpose_active": False, "rule_due": "2026-11-21",
       "statutory_last_day": None, "legal_hold": False, "restriction": None}


def make(world):
    world.make()
    world.serve()


def run(world, *args, status=0, stdin=None):
    done = subprocess.run(
        [world.binary, "-d", str(world.data), "policy", *map(str, args)],
        capture_output=True, timeout=60, input=stdin)
    equal(done.returncode, status, f"{args}: {done.stderr.decode()}")
    return done


def told(world, *args, status=0):
    return json.loads(run(world, *args, "--json", status=status).stdout)


def api(world, method, path, body=None, status=200, name="anna", **more):
    got, answer = world.api(method, "/v1/policy/" + path, body,
                            token=world.person(name).read_text(), **more)
    equal(got, status, f"{method} {path}: {str(answer)[:300]}")
    return answer


def file(world, name, text):
    path = world.dir / name
    path.write_text(text)
    return path


def places(done):
    """The line:column of each finding that a verb prints."""
    return [(int(line), int(column)) for line, column in
            re.findall(r"^[^:\n]*:(\d+):(\d+): ", done.stderr.decode(), re.M)]


def findings(answer):
    equal(answer["type"], "urn:postern:problem:invalid", "type")
    return [(one["line"], one["column"]) for one in answer["findings"]]


# --- due and decide -----------------------------------------------------------


@case
def due_days(world):
    for query in ({"start": "2027-08-30", "period": "P6M"},
                  {"start": "2024-02-29", "period": "P1Y6M"},
                  {"start": "2026-03-15", "statutory": "HGB_Handelsbrief_6"}):
        path = "due?" + "&".join(f"{k}={v}" for k, v in query.items())
        options = itertools.chain.from_iterable(
            ("--" + k, v) for k, v in query.items())
        equal(api(world, "GET", path), told(world, "due", *options), path)
    for query, status in (("start=2027-02-30&period=P6M", 1),
                          ("start=2027-02-03&period=6M", 1),
                          ("start=9999-02-03&period=P6Y", 1),
                          ("start=2027-02-03&statutory=HGB_Handelsbrif_6", 1),
                          ("start=2027-02-03&statutory=x", 1)):
        answer = api(world, "GET", "due?" + query, status=400)
        said = run(world, "due", *itertools.chain.from_iterable(
            ("--" + p.split("=")[0], p.split("=")[1])
            for p in query.split("&")), status=status).stderr.decode()
        equal("postern: " + ("" if answer["detail"].startswith("that") else
                             "--") + answer["detail"] + "\n", said, query)
    for query in ("", "?start=2027-01-01", "?period=P6M", "?end=2027-01-01",
                  "?start=2027-01-01&period=P6M&statutory=HGB_Handelsbrief_6",
                  "?start=2027-01-01&start=2027-01-01&period=P6M"):
        api(world, "GET", "due" + query, status=400)


def rows_of(count):
    triggers = ("schedule", "art17", "withdrawal", "objection_marketing",
                "objection_6_1_f")
    bases = ("consent", "contract", "legal_obligation", "legitimate_interest")
    every = itertools.product(triggers, bases, (True, False), (True, False),
                              (None, "2032-12-31"))
    for i, (trigger, basis, active, hold, law) in zip(range(count), every):
        yield {**ROW, "name": f"row {i}", "trigger": trigger, "basis": basis,
               "purpose_active": active, "legal_hold": hold,
               "statutory_last_day": law}


def as_lines(rows):
    return "".join(json.dumps(r, ensure_ascii=False) + "\n"
                   for r in rows).encode()


@case
def lines_of_facts_are_decided_as_by_the_verb(world):
    for body in (as_lines(rows_of(160)), as_lines([ROW]).rstrip(),
                 b"\n \t\n" + as_lines([ROW]) + b"\r\n"):
        # Byte for byte: the answer of one row is an object, of more is none.
        wanted = run(world, "decide", "-", "--json", stdin=body).stdout
        answer = api(world, "POST", "decide", body, headers=LINES)
        if isinstance(answer, dict):
            equal(answer, json.loads(wanted), "one decision")
        else:
            equal(answer, wanted, "decisions")
    equal(api(world, "POST", "decide", b"\n", headers=LINES), b"", "none")


@case
def lines_with_findings_decide_nothing(world):
    bad = [ROW, {**ROW, "today": "2026-02-30"}, {**ROW, "hold": True},
           {k: v for k, v in ROW.items() if k != "restriction"}]
    body = as_lines(bad) + b"{\"today\":\nnonsense\n" + as_lines([ROW])
    answer = api(world, "POST", "decide", body, status=400, headers=LINES)
    done = run(world, "decide", "-", stdin=body, status=1)
    equal(findings(answer), places(done), "places")
    equal(sorted({line for line, _ in findings(answer)}), [2, 3, 4, 5, 6],
          "lines")
    check("did you mean 'legal_hold'?" not in answer["findings"][0]["text"]
          and "2026-11-21" in answer["findings"][0]["text"], answer)
    # What nobody may send: another type, more than a turn of the loop takes.
    api(world, "POST", "decide", dict(ROW), status=415)
    many = as_lines(rows_of(1)) * 501
    equal(api(world, "POST", "decide", many, status=413, headers=LINES)["type"],
          "urn:postern:problem:too_large", "lines")
    wide = as_lines([{**ROW, "name": "x" * 60000}]) * 5
    api(world, "POST", "decide", wide, status=413, headers=LINES)
    # Every key is a typing error: a hundred are told, and soon.
    mess = json.dumps({f"k{i}": 0 for i in range(5000)}).encode()
    answer = api(world, "POST", "decide", mess, status=400, headers=LINES)
    equal(len(answer["findings"]), 100, "findings")


# --- test ---------------------------------------------------------------------


@case
def the_tests_inside_a_policy(world):
    wanted = told(world, "test")
    got = api(world, "POST", "test", {})
    check(got["passed"] > 0 and got["failed"] == 0, "no tests in the template")
    equal(got, {**wanted, "file": "policy.yaml"}, "in force")
    wrong = EVERYTHING.replace("forward: desk}", "forward: praxis}")
    for text, failed in ((EVERYTHING, 0), (wrong, 1)):
        path = file(world, "policy.yaml", text)
        got = api(world, "POST", "test", {"policy": text})
        equal(got["failed"], failed, "tests that fail")
        equal(got, {**told(world, "test", path, status=failed),
                    "file": "policy.yaml"}, "sent")
    one = EVERYTHING.partition("\ntests:")[0] + "\n"
    got = api(world, "POST", "test", {"policy": one})
    equal((got["passed"], got["failed"], got["tests"]), (0, 0, []), "no tests")
    check(len(got["uncovered"]) > 3, "nothing is uncovered")


@case
def a_broken_policy_is_told_with_its_places(world):
    broken = EVERYTHING.replace("P90D", "90 days").replace(
        "basis: contract", "basis: contrat")
    path = file(world, "broken.yaml", broken)
    wanted = places(run(world, "test", path, status=1))
    check(len(wanted) > 1, f"findings {wanted}")
    for tool, body in (("test", {"policy": broken}),
                       ("explain", {"policy": broken, "channel": "laden"}),
                       ("diff", {"new": broken}),
                       ("diff", {"old": broken, "new": EVERYTHING})):
        answer = api(world, "POST", tool, body, status=400)
        equal(findings(answer), wanted, tool)
    answer = api(world, "POST", "diff", {"new": broken}, status=400)
    check(answer["detail"].endswith(": new"), answer["detail"])
    for body in ({"policy": 7}, {"policy": ""}, {"police": EVERYTHING}):
        api(world, "POST", "test", body, status=400)
    api(world, "POST", "test", b"[]", status=400,
        headers={"Content-Type": "application/json"})


# --- explain ------------------------------------------------------------------


def options(question):
    for member, value in question.items():
        yield "--" + member
        if value is not True:
            yield value


@case
def a_text_or_a_made_up_event(world):
    path = file(world, "policy.yaml", EVERYTHING)
    alone = ({"text": "Stopp!"}, {"text": "START"}, {"text": "ja"},
             {"text": "Löscht alles über mich", "language": "en"})
    for question in alone:
        equal(api(world, "POST", "explain", question),
              told(world, "explain", *options(question)), question)
    events = (
        {"channel": "laden", "first": True, "text":
         "Rechnung für Karte 4111 1111 1111 1111", "language": "en",
         "helpdesk": "desk", "at": "2026-11-21T10:00:00+01:00"},
        {"channel": "laden", "event": "reply", "purpose": "newsletter",
         "consent": "withdrawn", "suppressed": True, "minor": True},
        {"channel": "laden", "media": "audio", "bytes": "999", "land": "BY"},
        {"channel": "praxis", "event": "delete", "tagged": "MSG_HEALTH",
         "restricted": True, "speaks": "en", "window": "closed",
         "template": True, "mechanism": "overdue"},
    )
    for question in events:
        wanted = told(world, "explain", "--policy", path, *options(question))
        sent = dict(question, policy=EVERYTHING)
        if "bytes" in sent:
            sent["bytes"] = int(sent["bytes"])
        equal(api(world, "POST", "explain", sent), wanted, question)
    # Without a file: what is in force, beside routes and Land of the instance.
    question = {"text": "Guten Tag, wo ist mein Paket?", "first": True}
    got = api(world, "POST", "explain", question)
    equal(got, told(world, "explain", *options(question)), "in force")
    equal(got["facts"]["helpdesk"], "desk", "its route")


@case
def what_no_event_can_be_is_refused_as_by_the_verb(world):
    path = file(world, "policy.yaml", EVERYTHING)
    for question in ({"channel": "laden", "consent": "wthdrawn"},
                     {"channel": "laden", "consent": "x"},
                     {"channel": "lager"}, {"event": "message"},
                     {"channel": "laden", "media": "smell"},
                     {"channel": "laden", "at": "tomorrow"},
                     {"channel": "laden", "tagged": "NOTHING"},
                     {"channel": "laden", "tagged": "ä"},
                     {"channel": "laden", "speaks": "fr"}):
        answer = api(world, "POST", "explain",
                     {**question, "policy": EVERYTHING}, status=400)
        done = run(world, "explain", "--policy", path, *options(question),
                   status=1)
        equal(done.stderr.decode(), f"postern: --{answer['detail']}\n",
              question)
    for body in ({}, {"text": ""}, {"text": 7}, {"first": "yes"}, {"sky": 1},
                 {"text": "x", "language": "fr"}, {"media": "image", "bytes": -1},
                 {"text": "x" * 20000}):
        api(world, "POST", "explain", body, status=400)


# --- diff ---------------------------------------------------------------------


@case
def the_difference_of_two_policies(world):
    text = (world.data / "policy.yaml").read_text()
    changed = EVERYTHING.replace("delete: P90D", "delete: P30D").replace(
        "person: alias", "person: address")
    old = file(world, "old", EVERYTHING)
    new = file(world, "new", changed)
    for language in ("de", "en"):
        wanted = told(world, "diff", old, new, "--language", language)
        check(wanted["shows_more"] and wanted["shortens_retention"], "marks")
        wanted["old"]["file"], wanted["new"]["file"] = "old", "new"
        equal(api(world, "POST", "diff", {"old": EVERYTHING, "new": changed,
                                          "language": language}), wanted,
              language)
    # What is in force is the other one; a version is called by its id.
    force = api(world, "GET", "versions")["in_force"]
    wanted = told(world, "diff", world.data / "policy.yaml", new)
    wanted["old"]["file"], wanted["new"]["file"] = "in force", "new"
    equal(api(world, "POST", "diff", {"new": changed}), wanted, "in force")
    wanted["old"]["file"] = force
    equal(api(world, "POST", "diff", {"old": force, "new": changed}), wanted,
          "a version")
    got = api(world, "POST", "diff", {"old": force, "new": text})
    check(got["nothing"] and got["changes"] == [], got)
    other = force[:-1] + ("0" if force[-1] != "0" else "1")
    for body in ({}, {"old": other}, {"new": "pol_"}, {"new": changed,
                 "language": "fr"}, {"new": 1}, {"neu": changed}):
        api(world, "POST", "diff", body, status=400)


# --- render -------------------------------------------------------------------


@case
def every_paper_in_each_form(world):
    papers = ("loeschkonzept", "verzeichnis", "kanaele", "massnahmen")
    for what, language, form in itertools.product(papers, ("de", "en"),
                                                  ("html", "md")):
        got = api(world, "GET", f"render?what={what}&language={language}"
                  f"&format={form}")
        equal(got, told(world, "render", "--what", what, "--language",
                        language, "--format", form), (what, language, form))
        check(got["policy"]["in_force"] and len(got["papers"][0]["text"]) > 500,
              "no paper")
        plain = run(world, "render", "--what", what, "--language", language,
                    "--format", form).stdout
        equal(got["papers"][0]["text"].encode(), plain, "bytes")
    got = api(world, "GET", "render")
    equal([(p["what"], p["language"], p["format"]) for p in got["papers"]],
          [(p, "de", "html") for p in papers], "all of them")
    for query in ("what=x", "format=pdf", "language=fr", "policy=x"):
        api(world, "GET", "render?" + query, status=400)


# --- who may ------------------------------------------------------------------


@case
def only_those_who_answer_for_the_policy(world):
    calls = (("GET", "due?start=2027-01-01&period=P6M", None, {}),
             ("GET", "render?what=kanaele", None, {}),
             ("POST", "test", {}, {}), ("POST", "explain", {"text": "x"}, {}),
             ("POST", "diff", {"new": EVERYTHING}, {}),
             ("POST", "decide", as_lines([ROW]), LINES))
    world.person("audi", "audit")
    world.person("ops", "operator")
    for method, path, body, headers in calls:
        api(world, method, path, body, headers=headers, name="ops")
        api(world, method, path, body, headers=headers, name="audi",
            status=403)
        equal(world.api(method, "/v1/policy/" + path, body, token="pst_x",
                        headers=headers)[0], 401, "no token")


main(make)
