"""Goal: a copy of somebody's data gives nothing of others away, whatever they
wrote is text in it, what may be taken elsewhere fits the published schema, and
a copy nobody fetched is gone when it is over.

Proves: compliance 9, Q2, Q3, Q4, E6 (Art. 15(4), 20 GDPR)."""
import datetime
import json
import os
import signal
import sys
import time
import zoneinfo

import copies
import packaged
from case import ROOT, case, check, equal, main, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

CLOCKED = ROOT / "build" / "flavour-torture" / "postern"
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
ANNA, OTHER, GONE, LATE = (f"49171392078{n:02}" for n in range(1, 5))
QUOTED = "+49 1523 555 0147"
MAIL = "frau.beispiel@example.org"
HOSTILE = (
    "<script>alert(1)</script>", "</li></ol><img src=x onerror=alert(1)>",
    "]]>--><!-- <![CDATA[", '"}],"about":{"x":[', "&amp;&lt;b&gt; &#x41;",
    '=HYPERLINK("https://example.org","Klick")', "+1+1", "-2+3", "@SUM(A1)",
    "\t=1+1", "  =1+1", "a\r\n=1+1", "Zeile\nZwei, \"mit\" Komma; und mehr",
    "‮umgekehrt‬ ­ ​ \u2028", "😀 ÄÖÜ ß 漢字", "`code` {{7*7}} ${7*7} %n",
    "javascript:alert(1)", "../../etc/passwd",
)
IS = {}


def make(world):
    world.make(extra=copies.PORTAL)
    world.plan = None
    if CLOCKED.exists() and w.BUILD == ROOT / "build":
        world.binary = str(CLOCKED)
        world.plan = faults.Plan(world)
    world.start_all()
    IS["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB", "--days",
        "3650", "--json"))["token"]


def write(world, phone, *texts):
    for text in texts:
        world.phone_text(text, phone=phone)
    return w.until("all of it is there", 60, lambda: next(
        (n["data"] for n in world.notes("message.received")
         if n["data"].get("text") == texts[-1]), None))


def copy_of(world, phone, what=None):
    begin = copies.in_the_chat(world, phone) if what is None else \
        copies.in_the_portal(world, phone, what)
    status, content = copies.fetch(world, copies.ask(world, phone, begin))
    equal(status, 200, "status of the download")
    copies.gone(world)
    return packaged.Package(content)


@case
def whatever_was_written_is_text(world):
    IS["anna"] = write(world, ANNA, *HOSTILE, "Das war alles")
    p = IS["copy"] = copy_of(world, ANNA)
    texts = [m.get("text") for m in p.data["messages"]]
    for text in HOSTILE:
        check(text in texts, f"data.json lacks {text!r}")
        for name in ("README_de.html", "README_en.html"):
            whole = " ".join(p.text(name).split())
            check(" ".join(text.split()) in whole.replace("�", "") or
                  not text.isprintable(), f"{name} lacks {text!r}")
    check("x" not in p.data["about"], "somebody wrote into the JSON")
    cells = [r["text"] for r in p.rows]
    for text in ('=HYPERLINK("https://example.org","Klick")', "+1+1", "-2+3",
                 "@SUM(A1)", "\t=1+1"):
        check("'" + text in cells, f"a formula is one: {text!r}")


@case
def q2_numbers_of_others_are_masked(world):
    write(world, OTHER, "Guten Tag")
    write(world, OTHER, f"Fragen Sie {QUOTED} oder {MAIL}",
          f"Ich selbst bin unter +{OTHER} da")
    conversation = world.note_with("Guten Tag")["data"]["conversation"]
    world.answer(conversation, f"Ihre Nachbarin hat {QUOTED}")
    world.api("POST", f"/v1/conversations/{conversation}/notes",
              {"text": f"Nachbarin {QUOTED} nicht mehr anrufen"})
    p = copy_of(world, OTHER)
    for name, content in p.files.items():
        check(MAIL.encode() not in content, f"{name}: the address of another")
        check(QUOTED.encode() not in content, f"{name}: the number of another")
    texts = [m.get("text") or "" for m in p.data["messages"]]
    check("Fragen Sie [TELEFON] oder [E-MAIL]" in texts, texts)
    check(f"Ich selbst bin unter +{OTHER} da" in texts, "their own is masked")
    check("Ihre Nachbarin hat [TELEFON]" in texts, "in an answer")
    equal([n["text"] for n in p.data["notes"]],
          ["Nachbarin [TELEFON] nicht mehr anrufen"], "in a note")
    told = {r["id"]: r for r in p.manifest["redactions"]}
    masked = [m["id"] for m in p.data["messages"] if "masked" in m] + \
        [n["id"] for n in p.data["notes"] if "masked" in n]
    equal(sorted(told), sorted(masked), "redactions")
    equal(len(masked), 3, "how many")
    equal({r["ground"] for r in told.values()}, {"Art. 15(4) GDPR"}, "ground")
    check(["email", "phone"] in [r["found"] for r in told.values()], "kinds")


@case
def q3_what_may_be_taken_elsewhere_fits_the_schema(world):
    conversation = IS["anna"]["conversation"]
    world.answer(conversation, "Das schrieben wir")
    world.api("POST", f"/v1/conversations/{conversation}/notes",
              {"text": "Das dachten wir"})
    p = copy_of(world, ANNA, "portability")
    packaged.portable(p.data)
    equal(p.manifest["kind"], "portability", "kind")
    whole = b"".join(p.files.values()).decode()
    for words in ("Das schrieben wir", "Das dachten wir", "MSG_SUPPORT\",\"st"):
        check(words not in whole, words)
    equal({m["direction"] for m in p.data["messages"]}, {"in"}, "direction")
    check("Das war alles" in [m.get("text") for m in p.data["messages"]],
          "what they provided")
    for name in ("notes", "lookups", "reviews", "recipients", "about"):
        check(name not in p.data, name)


@case
def e6_the_suppression_list_is_shown_to_whom_it_is_about(world):
    note = write(world, GONE, "Hallo", "STOP")
    w.until("on the list", 20, lambda: rows(
        world, "SELECT count(*) FROM suppression")[0][0] > 0)
    world.api("POST", f"/v1/conversations/{note['conversation']}/close")
    status, made = world.api("POST", "/v1/erasures", {
        "person": note["person"]["id"]}, token=IS["rights"])
    check(status in (200, 201, 202), f"{status} {made}")
    w.until("they are erased", 60, lambda: rows(
        world, "SELECT count(*) FROM erasure WHERE ended_ms IS NULL") ==
        [(0,)])
    write(world, GONE, "Da bin ich wieder")
    data = copy_of(world, GONE).data
    check("Hallo" not in [m.get("text") for m in data["messages"]], "erased")
    equal({s["scope"] for s in data["suppressions"]}, {"marketing"}, "list")


def kill(world):
    os.kill(world.children()["worker"], signal.SIGKILL)
    time.sleep(0.1)
    world.wait_ready()


@case
def killed_while_it_is_made_it_is_made(world):
    write(world, LATE, *(f"Nachricht {chr(97 + i % 26)}" for i in range(60)),
          "Die letzte")
    for wait in (0, 0.03):
        def begin():
            copies.in_the_chat(world, LATE)()
            time.sleep(wait)
            kill(world)
        made = rows(world, "SELECT count(*) FROM package")[0][0]
        link = copies.ask(world, LATE, begin)
        kill(world)
        status, content = copies.fetch(world, link)
        equal(status, 200, "status")
        packaged.Package(content)
        copies.gone(world)
        equal(rows(world, "SELECT count(*) FROM package"), [(made + 1,)],
              "copies")


def clock(world, day, hour, minute=0):
    at = datetime.datetime(datetime.date.today().year + 1, 12, day, hour,
                           minute, tzinfo=BERLIN)
    world.plan.clock(int((at.timestamp() - time.time()) * 1000))
    world.confirm_clock()


@case
def q4_nobody_came_for_it(world):
    """Ready on 1 December: the 15th is its last day."""
    if world.plan is None:
        return "skipped"
    clock(world, 1, 10)
    link = copies.ask(world, ANNA, copies.in_the_chat(world, ANNA))
    equal(copies.state(world), "ready", "state")
    equal(len(copies.files(world)), 2, "file and link")
    clock(world, 15, 23)
    equal(w.call("GET", world.url("public", link))[0], 200, "on the last day")
    clock(world, 16, 0, 1)
    equal(copies.fetch(world, link)[0], 404, "after it")
    copies.gone(world)
    equal(copies.state(world), "expired", "state")
    return None


main(make)
