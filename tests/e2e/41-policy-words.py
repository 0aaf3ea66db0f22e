"""Goal: a lawyer reads what the policy does, in words, through the real
program: one made-up event explained with its reasons, the difference of
two policies, the papers that follow from one, and what became of a stored message."""
import datetime
import itertools
import json
import pathlib
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

from case import FIXTURES, ROOT, case, check, equal, main

TEMPLATES = sorted((ROOT / "policy/templates").glob("*.yaml"))
EVERYTHING = ROOT / "tests/policies/everything.yaml"


def run(world, *args, status=0):
    done = subprocess.run([world.binary, *map(str, args)],
                          capture_output=True, timeout=20)
    equal(done.returncode, status, f"{args}: {done.stderr.decode()}")
    return done


def words(world, *args):
    return run(world, *args).stdout.decode()


def told(world, *args):
    return json.loads(run(world, *args, "--json").stdout)


def explain(world, policy, *args):
    return told(world, "policy", "explain", "--policy", policy, *args)


# --- explain ----------------------------------------------------------------


@case
def an_event_is_told_with_facts_decision_and_reasons(world):
    got = explain(world, EVERYTHING, "--channel", "laden", "--text",
                  "Rechnung für Karte 4111 1111 1111 1111", "--helpdesk",
                  "desk", "--first", "--at", "2026-11-21T10:00:00+01:00")
    equal(got["keyword"], "NONE", "keyword")
    equal(got["facts"]["day"], "2026-11-21", "day")
    equal(got["decision"]["data"], "MSG_BUSINESS", "Datenart")
    check(got["decision"]["forward"], "not forwarded")
    lines = EVERYTHING.read_text().splitlines()
    for reason in got["reasons"]:
        check(len(reason["text"]) > 20 and "$" not in reason["text"], reason)
    tag = [r for r in got["reasons"] if r["code"] == "channel.tag"]
    check("Rechnung" in lines[tag[0]["line"] - 1], f"line of {tag}")
    card = got["redacted"][0]
    equal((card["find"], card["before"], card["count"]), ("card", "store", 1),
          "redacted")
    check("find: card" in lines[card["line"] - 1], "line of redact")
    equal([(r["line"], r["article"]) for r in got["reasons"]
           if r["code"] == "redact.store"],
          [(card["line"], "Art. 5(1)(c) GDPR")], "reason")


@case
def reasons_are_sentences_with_rule_line_and_article(world):
    german = words(world, "policy", "explain", "--policy", EVERYTHING,
                   "--channel", "laden", "--purpose", "newsletter",
                   "--consent", "withdrawn", "--window", "closed")
    line = next(i for i, text in
                enumerate(EVERYTHING.read_text().splitlines(), 1)
                if text.startswith("  newsletter:"))
    for part in ("Die Antwort wird verweigert.",
                 "Die Einwilligung in den Zweck newsletter wurde widerrufen.",
                 f"consent_withdrawn, everything.yaml:{line}, Art. 7 DSGVO",
                 "window.closed, fest eingebaut"):
        check(part in german, f"no {part!r} in {german}")
    english = words(world, "policy", "explain", "--policy", EVERYTHING,
                    "--channel", "laden", "--purpose", "newsletter",
                    "--consent", "withdrawn", "--language", "en")
    check("The reply is refused." in english and "Art. 7 GDPR" in english,
          english)


@case
def every_event_of_every_template_is_explained(world):
    for policy, event, first in itertools.product(
            TEMPLATES, ("message", "edit", "delete", "reply"), (True, False)):
        got = explain(world, policy, "--event", event, "--text", "Hallo",
                      *(["--first"] if first else []))
        equal(got["facts"]["event"], event, policy.name)
        check(got["reasons"], f"{policy.name} {event}: no reason")
        for reason in got["reasons"]:
            check(reason["text"].endswith("."), reason)
            check("ohne Satz" not in reason["text"], reason)
        notices = [s["kind"] for s in got["decision"]["say"]]
        equal("notice" in notices, first and event == "message",
              f"{policy.name} {event} {first}")


@case
def a_text_alone_needs_no_policy(world):
    got = told(world, "policy", "explain", "--text", "Stopp!")
    equal((got["keyword"], got["normalised"]), ("STOP", "stopp"), "keyword")
    got = explain(world, EVERYTHING, "--channel", "laden", "--text",
                  "Kein Bock mehr!")
    equal((got["keyword"], got["normalised"]), ("STOP", "kein bock mehr"),
          "the policy's own word")


@case
def a_wrong_event_is_told(world):
    everything = ("policy", "explain", "--policy", EVERYTHING)
    for args, said, status in (
            (("--text", "x"), "one of laden praxis", 1),
            (("--channel", "ladn"), "one of laden praxis", 1),
            (("--channel", "laden", "--event", "massage"),
             "did you mean 'message'", 1),
            (("--channel", "laden", "--consent", "?"), "one of absent", 1),
            (("--channel", "laden", "--at", "2026-11-21"), "--at", 1),
            (("--channel", "laden", "--media", "vidio"), "'video'", 1),
            (("--channel", "laden", "--bytes", "-1"), "--bytes", 1),
            (("--channel", "laden", "--tagged", "MSG"), "--tagged", 1),
            (("--channel", "laden", "--language", "fr"), "--language", 1),
            (("--channel", "laden", "--speaks", "fr"), "--speaks", 1),
            (("--channel",), "no value", 2),
            (("--first", "--chanel", "laden"), "unknown option", 2)):
        done = run(world, *everything, *args, status=status)
        check(said in done.stderr.decode(), f"{args}: {done.stderr.decode()}")
        equal(done.stdout, b"", f"output of {args}")
    done = run(world, "policy", "explain", "--policy", "/nowhere.yaml",
               status=1)
    check(b"cannot be opened" in done.stderr, done.stderr)
    done = run(world, "policy", "explain", status=2)
    check(b"usage: postern policy explain" in done.stderr, done.stderr)


# --- diff -------------------------------------------------------------------


def changed(directory, *replacements):
    """A copy of the policy with every key, with texts replaced."""
    text = EVERYTHING.read_text()
    for old, new in replacements:
        check(old in text, f"{old} is not in the policy")
        text = text.replace(old, new)
    file = pathlib.Path(directory) / "new.yaml"
    file.write_text(text)
    return file


@case
def a_difference_is_told_in_rules_with_both_lines(world):
    with tempfile.TemporaryDirectory() as directory:
        new = changed(directory, ("delete: P14D", "delete: P7D"),
                      ("person: alias", "person: address"),
                      ("version: 7", "# two\n# lines\nversion: 8"))
        got = told(world, "policy", "diff", EVERYTHING, new)
        german = words(world, "policy", "diff", EVERYTHING, new)
        english = words(world, "policy", "diff", EVERYTHING, new,
                        "--language", "en")
    check(not got["nothing"] and got["shortens_retention"]
          and got["shows_more"], got)
    equal([(c["section"], c["name"], c["field"], c["effect"],
            c["shortens_retention"], c["shows_more"], c["change"])
           for c in got["changes"]],
          [("data", "MSG_HEALTH", "delete", "shorter", True, False,
            "changed"),
           ("helpdesks", "desk", "person", "more", False, True, "changed")],
          "changes")
    for change in got["changes"]:
        equal(change["line_new"], change["line_old"] + 2, "lines")
    equal((got["old"]["version"], got["new"]["version"]), (7, 8), "versions")
    for part in ("Version 7", "künftig 7 Tage ab Ende des Vorgangs",
                 "! kann die Aufbewahrung verkürzen",
                 "! kann jemandem mehr zeigen", "Änderungen: 2"):
        check(part in german, f"no {part!r} in {german}")
    check("may shorten retention" in english, english)


@case
def order_and_comments_change_nothing(world):
    with tempfile.TemporaryDirectory() as directory:
        new = changed(directory, ("[place, device]", "[device, place]"),
                      ("\npurposes:", "\n# why\npurposes:"))
        got = told(world, "policy", "diff", EVERYTHING, new)
        text = words(world, "policy", "diff", EVERYTHING, new)
    check(got["nothing"] and got["changes"] == [], got)
    check("Es ändert sich nichts" in text, text)


@case
def every_template_differs_from_every_other_both_ways(world):
    for a, b in itertools.permutations(TEMPLATES, 2):
        there = told(world, "policy", "diff", a, b)["changes"]
        back = told(world, "policy", "diff", b, a, "--language", "en")
        equal(sorted((c["section"], c["name"], c["field"]) for c in there),
              sorted((c["section"], c["name"], c["field"])
                     for c in back["changes"]), f"{a.name} {b.name}")
        other = {"added": "removed", "removed": "added"}
        equal(sorted((c["name"], c["change"]) for c in there),
              sorted((c["name"], other.get(c["change"], c["change"]))
                     for c in back["changes"]), f"{a.name} {b.name}")


@case
def files_that_do_not_compare_are_told(world):
    broken = ROOT / "Makefile"
    for args, status in (((EVERYTHING,), 2), ((), 2),
                         ((EVERYTHING, "--language"), 2),
                         ((EVERYTHING, EVERYTHING, EVERYTHING), 2),
                         ((EVERYTHING, "/nowhere"), 1),
                         ((EVERYTHING, broken), 1)):
        done = run(world, "policy", "diff", *args, status=status)
        equal(done.stdout, b"", f"output of {args}")
        check(done.stderr, f"silence for {args}")


# --- render -----------------------------------------------------------------

PAPERS = ("loeschkonzept", "verzeichnis", "kanaele", "massnahmen")
CHANNEL = """  {0}:
    type: whatsapp
    path: 5f0c6b1e9a7d4c32b8e1f60a97d3c25{1}
    phone_number_id: "779418925277868{1}"
    app_secret: {{file: secrets/nowhere}}
    verify_token: {{file: secrets/nowhere}}
    access_token: {{file: secrets/nowhere}}
    provider: {{role: processor, contract: "DPA 2026-03", mechanism: DPF, review: 2027-03-01}}
"""
DESK = """  {0}: {{type: webhook, url: "http://127.0.0.1:9000/inbox", secret: {{file: secrets/nowhere}}, allow: ["127.0.0.1:9000"]}}
"""


def settings(channels, desks):
    """Settings without a single secret: a lawyer can read no other."""
    return ("controller: {name: \"Muster & Söhne <GmbH>\", contact: "
            "\"Musterweg 1\", dpo: dpo@muster.example, land: BE, timezone: "
            "Europe/Berlin, language: de}\nchannels:\n"
            + "".join(CHANNEL.format(c, i) for i, c in enumerate(channels))
            + "helpdesks:\n" + "".join(DESK.format(d) for d in desks)
            + "routes:\n" + "".join(
                f"  - {{channel: {c}, helpdesk: {d}}}\n"
                for c, d in zip(channels, desks)))


def instance_of(directory, policy):
    """A data directory of two files, for one policy."""
    names = {"handwerk": "buero", "bank": "service"}
    folder = pathlib.Path(directory) / policy.stem
    folder.mkdir()
    channels, desks = [names.get(policy.stem, policy.stem)], ["desk"]
    if policy == EVERYTHING:
        channels, desks = ["laden", "praxis"], ["desk", "praxis"]
    (folder / "policy.yaml").write_text(policy.read_text())
    (folder / "postern.yaml").write_text(settings(channels, desks))
    return folder


def rendered(world, folder, *args):
    return run(world, "-d", folder, "policy", "render", *args).stdout.decode()


def elements(page):
    """Of a page that is read as XML: it has to be well-formed for that."""
    check(page.startswith("<!DOCTYPE html>\n"), page[:40])
    return ElementTree.fromstring(page.split("\n", 1)[1])


def tag_of(element):
    return element.tag.split("}")[1]


ALLOWED = {"html", "head", "meta", "title", "style", "body", "header", "main",
           "h1", "h2", "h3", "h4", "p", "ul", "li", "table", "thead", "tbody",
           "tr", "th", "td", "code", "br", "wbr", "blockquote", "div"}


@case
def papers_of_every_policy_are_well_formed_and_load_nothing(world):
    with tempfile.TemporaryDirectory() as directory:
        for policy in (*TEMPLATES, EVERYTHING):
            folder = instance_of(directory, policy)
            for what, language in itertools.product(PAPERS, ("de", "en")):
                page = rendered(world, folder, "--what", what, "--language",
                                language)
                where = f"{policy.stem} {what} {language}"
                root = elements(page)
                equal(root.get("lang"), language, where)
                extra = {tag_of(e) for e in root.iter()} - ALLOWED
                check(not extra, f"{where}: {extra}")
                for element in root.iter():
                    check(not {"src", "href", "onclick"} & set(element.attrib),
                          where)
                for bad in ("url(", "@import", "(null)", "%s"):
                    check(bad not in page, f"{where}: {bad}")
                title = root.find(".//{*}h1").text
                check(title == root.find(".//{*}title").text, where)
                columns = [len(row) for row in root.findall(".//{*}tr")]
                check(columns and min(columns) >= 2, where)


@case
def markdown_says_the_same_as_html(world):
    with tempfile.TemporaryDirectory() as directory:
        folder = instance_of(directory, EVERYTHING)
        for what, language in itertools.product(PAPERS, ("de", "en")):
            args = ("--what", what, "--language", language)
            page = elements(rendered(world, folder, *args))
            text = rendered(world, folder, *args, "--format", "md")
            check(re.sub("<br/>", "", text).count("<") == 0, f"{what}: <")
            heads = ["".join(e.itertext()) for e in page.iter()
                     if re.fullmatch("h[1-4]", tag_of(e))]
            equal([re.sub(r"[`\\]", "", line.lstrip("# "))
                   for line in text.splitlines() if line.startswith("#")],
                  heads, f"{what} {language}: headings")
            rows = sum(1 for e in page.findall(".//{*}tr")
                       if e[0].tag.endswith("}td") or e[0].get("scope") == "row")
            tables = len([line for line in text.splitlines()
                          if line.startswith("|---")])
            lines = len([line for line in text.splitlines()
                         if line.startswith("|")])
            equal(lines - 2 * tables, rows, f"{what} {language}: rows")


@case
def every_measure_number_is_in_the_official_tables(world):
    if not FIXTURES.exists():
        return
    known = set()
    for table in (FIXTURES / "sdm").glob("massnahmen_*.csv"):
        known |= set(re.findall(r"\bM\d\d\.[DSP]\d\d\b", table.read_text()))
    with tempfile.TemporaryDirectory() as directory:
        page = rendered(world, instance_of(directory, TEMPLATES[0]), "--what",
                        "massnahmen")
    used = set(re.findall(r"\bM\d\d\.[DSP]\d\d\b", page))
    check(len(used) > 40, f"only {used}")
    equal(used - known, set(), "numbers that do not exist")


@case
def a_folder_gets_all_of_them_and_twice_the_same(world):
    with tempfile.TemporaryDirectory() as directory:
        folder = instance_of(directory, EVERYTHING)
        out = pathlib.Path(directory) / "out"
        out.mkdir()
        got = json.loads(rendered(world, folder, "--out", out, "--json"))
        equal([p["what"] for p in got["papers"]], list(PAPERS), "papers")
        equal(sorted(f.name for f in out.iterdir()),
              sorted(f"{p}.html" for p in PAPERS), "files")
        first = {f.name: f.read_bytes() for f in out.iterdir()}
        rendered(world, folder, "--out", out)
        equal({f.name: f.read_bytes() for f in out.iterdir()}, first, "again")
        equal(first["kanaele.html"].decode(),
              rendered(world, folder, "--what", "kanaele"), "printed")
        check(got["policy"]["digest"][:16].encode() in first["kanaele.html"],
              "the digest is not shown")


@case
def papers_about_nobody_are_refused(world):
    with tempfile.TemporaryDirectory() as directory:
        folder = instance_of(directory, EVERYTHING)
        for args, said, status in (
                ((), "--out", 2), (("--what", "konzept"), "--what", 1),
                (("--what", "kanaele", "--format", "pdf"), "--format", 1),
                (("--what", "kanaele", "--language", "fr"), "--language", 1),
                (("--out", "/nowhere/at/all"), "cannot be made", 1),
                (("--what", "kanaele", "--policy", TEMPLATES[0]),
                 "channel laden of the settings is not in the policy", 1)):
            done = run(world, "-d", folder, "policy", "render", *args,
                       status=status)
            check(said in done.stderr.decode(), f"{args}: {done.stderr}")
            equal(done.stdout, b"", f"output of {args}")
        (folder / "postern.yaml").unlink()
        done = run(world, "-d", folder, "policy", "render", "--what",
                   "kanaele", status=1)
        check(b"postern.yaml" in done.stderr, done.stderr)


# --- the running instance ---------------------------------------------------


@case
def a_stored_message_is_explained_without_what_it_says(world):
    secret = "Wo bleibt mein gelbes Fahrrad?"
    world.phone_text(secret)
    note = world.note_with(secret)
    message = note["data"]["message"]
    got = json.loads(world.postern("--json", "policy", "explain",
                                   message))
    equal((got["message"], got["conversation"], got["direction"]),
          (message, note["data"]["conversation"], "in"), "ids")
    equal((got["outcome"], got["datenart"], got["content"]),
          ("forwarded", "MSG_SUPPORT", "opened"), "outcome")
    check(got["policy"]["in_force"] and got["policy"]["version"] == 1, got)
    equal((got["rule"]["start"], got["rule"]["started"],
           got["rule"]["erase_from"]), ("process_end", None, None), "rule")
    check("channel.first_contact" in [r["code"] for r in got["why"]], got)
    text = world.postern("policy", "explain", message)
    english = world.postern("policy", "explain", message, "--language",
                            "en")
    for part in ("Ergebnis: an den Helpdesk weitergegeben", "(in Kraft)",
                 "90 Tage ab Ende des Vorgangs, mindestens 30 Tage",
                 "Das Startereignis (process_end) ist nicht eingetreten",
                 "wird informiert.", "channel.first_contact, policy.yaml:"):
        check(part in text, f"no {part!r} in {text}")
    check("Outcome: forwarded to the helpdesk" in english, english)
    for out in (json.dumps(got), text, english):
        check("Fahrrad" not in out, "what the message says is shown")


@case
def a_closed_conversation_has_a_due_day(world):
    world.phone_text("Danke, erledigt.")
    note = world.note_with("Danke, erledigt.")
    status, _ = world.api("POST", "/v1/conversations/"
                          f"{note['data']['conversation']}/close")
    check(status in (200, 202, 204), f"close: {status}")
    got = json.loads(world.postern("--json", "policy", "explain",
                                   note["data"]["message"]))
    day = datetime.date.fromisoformat(got["rule"]["started"])
    equal(got["rule"]["erase_from"],
          (day + datetime.timedelta(days=91)).isoformat(), "erasable from")


@case
def a_made_up_id_is_not_explained(world):
    for args, status in (
            (("msg_" + "0" * 26,), 1), (("cnv_" + "0" * 26,), 2),
            (("msg_x", "--language", "fr"), 1)):
        done = run(world, "-d", world.data, "policy", "explain", *args,
                   status=status)
        equal(done.stdout, b"", f"output of {args}")


@case
def the_instances_own_files_are_taken(world):
    got = json.loads(world.postern(
        "--json", "policy", "explain", "--channel", "kundenservice", "--text",
        "Hallo"))
    equal((got["facts"]["helpdesk"], got["facts"]["land"]), ("desk", "BE"),
          "of the settings")
    page = world.postern("policy", "render", "--what", "kanaele")
    check("Kanal" in page and got["policy"]["digest"][:16] in page, page[:300])


main()
