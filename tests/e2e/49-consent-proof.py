"""Goal: who agreed to what, shown and proved: `postern consent show`,
`postern consent proof` and the calls behind them.  The wording outlives its
policy byte for byte.  Scenario: compliance 9, C4."""
import hashlib
import html
import http.client
import json
import subprocess
import xml.etree.ElementTree

from case import case, check, equal, main, rows, w

PHONE = "4917139490101"
OLD = ('Dürfen wir Ihnen hier "Angebote" & <Neues> schicken?\n\n'
       "Antworten Sie JA. Widerruf: STOP.")
KEPT = {}


def make(world):
    world.make()
    policy = (world.data / "policy.yaml").read_text()
    at = policy.index("  frage_werbung:")
    text = policy.index("    text: ", at)
    world.make(policy=policy[:text] + "    text: " + json.dumps(
        OLD, ensure_ascii=False) + policy[policy.index("\n", text):])
    world.start_all()


def verb(world, *args, status=0):
    done = subprocess.run([world.binary, "-d", str(world.data), "consent",
                           *args], capture_output=True, timeout=60)
    equal(done.returncode, status, done.stderr.decode())
    return done.stdout.decode()


def says(world, text):
    message = world.phone_text(text, phone=PHONE)
    return message, world.note_with(text)["data"]["person"]["id"]


def kinds(world):
    return [k for k, in rows(
        world, "SELECT kind FROM consent_event ORDER BY at_ms,id")]


@case
def somebody_agrees(world):
    _, KEPT["person"] = says(world, "Hallo")
    world.greeted(PHONE)
    says(world, "Start")
    w.until("the question", 20, lambda: any(
        s.get("text", {}).get("body") == OLD
        for s in world.phone_state()["sends"]))
    KEPT["answer"], _ = says(world, "Ja!")
    w.until("given", 20, lambda: kinds(world) == ["requested", "given"])


@case
def what_is_known_is_shown_without_a_word_of_it(world):
    got = json.loads(verb(world, "show", KEPT["person"], "--json"))
    consent, = got["consents"]
    equal((consent["purpose"], consent["channel"], consent["state"],
           consent["valid"]), ("marketing", "kundenservice", "ConsentGiven",
                               True), "consent")
    equal([e["event"] for e in consent["events"]], ["requested", "given"],
          "events")
    equal(consent["events"][1]["wording"],
          hashlib.sha256(OLD.encode()).hexdigest(), "wording")
    equal(got["suppressed"], [], "list")
    check("Ja!" not in json.dumps(got) and PHONE not in json.dumps(got),
          "content")
    words = verb(world, "show", KEPT["person"])
    check("marketing, kundenservice: erteilt bis 20" in words, words)
    check("Antwort im Gespräch" in words, words)
    check("given" in verb(world, "show", KEPT["person"], "--language", "en"),
          "English")


def record(world):
    receipt = json.loads(verb(world, "proof", KEPT["person"], "marketing"))
    return receipt["dpv:hasRecordOfActivity"][0]


@case
def c4_the_proof_has_the_wording_of_then(world):
    before = record(world)
    world.stop("postern")
    policy = (world.data / "policy.yaml").read_text()
    (world.data / "policy.yaml").write_text(policy.replace(
        "version: 1", "version: 2", 1).replace("Antworten Sie JA.",
                                               "Bitte antworten Sie mit JA."))
    world.serve()
    after = record(world)
    equal(after, before, "the record")
    notice, = after["dpv:hasNotice"]
    equal(notice["gw:text"].encode(), OLD.encode(), "wording")
    equal(notice["gw:sha256"], hashlib.sha256(OLD.encode()).hexdigest(),
          "SHA-256")
    asked, given = after["dpv:hasConsentStatus"]
    equal((asked["dpv:hasNotice"], given["dpv:hasNotice"]),
          (notice["@id"], notice["@id"]), "its wording")
    equal((given["gw:answer"], given["gw:answerMessage"]),
          ("Ja!", KEPT["answer"]), "answer")
    check(given["gw:promptMessage"].startswith("wamid."), given)
    equal(given["gw:promptMessage"], asked["gw:promptMessage"], "prompt")
    check(PHONE not in json.dumps(after), "a number in the record")


@case
def our_own_records_are_good_ones(world):
    for more in ([], ["--form", "kantara"]):
        proof = verb(world, "proof", KEPT["person"], "marketing", *more)
        done = subprocess.run([world.binary, "consent", "import", "--check",
                               "-"], input=proof.encode(),
                              capture_output=True, timeout=20)
        equal((done.returncode, done.stderr), (0, b""), proof)


def page(world, language):
    """The page over the internal listener, with its headers."""
    c = http.client.HTTPConnection("127.0.0.1", world.ports["internal"],
                                   timeout=20)
    c.request("GET", f"/v1/persons/{KEPT['person']}/consents/marketing/proof"
              f"?language={language}", headers={
                  "Authorization": f"Bearer {KEPT['token']}",
                  "Accept": "text/html,application/xhtml+xml"})
    answer = c.getresponse()
    return answer, answer.read().decode()


@case
def the_page_is_whole_in_both_languages(world):
    KEPT["token"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "dpo",
        "--json"))["token"]
    for language, title in (("de", "Nachweis einer Einwilligung"),
                            ("en", "Proof of a consent")):
        answer, text = page(world, language)
        equal((answer.status, answer.headers["Content-Type"]),
              (200, "text/html; charset=utf-8"), "answer")
        check(f"<h1>{title}</h1>" in text, text[:500])
        xml.etree.ElementTree.fromstring(text.split("\n", 1)[1])
        check(html.escape(OLD).replace("\n", "<br/>") in text, "wording")
        check(hashlib.sha256(OLD.encode()).hexdigest() in text, "SHA-256")
        check("Ja!" in text and KEPT["answer"] in text, "answer")
        for outside in ("http://", "src=", "href=", "<script"):
            check(outside not in text.replace(
                'xmlns="http://www.w3.org/1999/xhtml"', ""), outside)
    policy = answer.headers["Content-Security-Policy"]
    check(policy.startswith("default-src 'none'; style-src 'sha256-"), policy)
    style = text.split("<style>")[1].split("</style>")[0]
    digest = __import__("base64").b64encode(
        hashlib.sha256(style.encode()).digest()).decode()
    check(digest in policy, "the style is not the one that is allowed")


@case
def an_end_is_part_of_the_proof(world):
    stop, _ = says(world, "Stopp!")
    w.until("withdrawn", 20, lambda: kinds(world)[-1] == "withdrawn")
    events = record(world)["dpv:hasConsentStatus"]
    equal([e["@type"][0] for e in events],
          ["dpv:ConsentRequested", "dpv:ConsentGiven",
           "dpv:ConsentWithdrawn"], "events")
    equal(events[2]["gw:answerMessage"], stop, "what ended it")
    check("gw:answerMessage" not in events[0], "a question has no answer")
    got = json.loads(verb(world, "show", KEPT["person"], "--json"))
    equal(got["consents"][0]["state"], "ConsentWithdrawn", "state")
    check(all(s["scope"] == "marketing" for s in got["suppressed"]) and
          got["suppressed"], "the list")
    check("Sperrliste" in page(world, "de")[1], "the list on the page")


@case
def nobody_learns_of_others(world):
    path = f"/v1/persons/{KEPT['person']}/consents"
    equal(world.api("GET", path)[0], 403, "desk")
    for bad in (f"{path}/fishing/proof", f"{path}/a..b/proof",
                "/v1/persons/per_00000000000000000000000000/consents",
                f"{path}/marketing/proof?channel=other"):
        equal(world.api("GET", bad, token=KEPT["token"])[0], 404, bad)
    for bad in ("form=pdf", "language=fr", "channel=a%20b", "from=x"):
        equal(world.api("GET", f"{path}/marketing/proof?{bad}",
                        token=KEPT["token"])[0], 400, bad)
    verb(world, "proof", KEPT["person"], status=2)
    verb(world, "show", "msg_1", status=2)
    log = (world.dir / "postern.log").read_text()
    check("consent.proved" in log and KEPT["person"] not in log, "the log")


main(make)
