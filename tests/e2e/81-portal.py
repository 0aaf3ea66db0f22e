"""Goal: people ask for what the law gives them on pages that need no log-in
and no script; nobody learns there who is known; looking at a page changes
nothing; a copy is handed out once.
Scenario: compliance 9, E3; 5.1, 2.2; assurance T20."""
import base64
import hashlib
import html.parser
import http.client
import io
import json
import re
import sqlite3
import urllib.parse
import zipfile

from case import case, check, equal, main, rows, w

URL = "https://rechte.muster.example"
KNOWN, OTHER = "4917139810101", "4917139810102"
STRANGER = "4917139819999"
FORM = "application/x-www-form-urlencoded"
KEPT = {}


def make(world):
    world.make(extra=f"portal: {{url: {URL}, asks_per_minute: 600}}\n")
    world.start_all()
    for phone in (KNOWN, OTHER):
        text = f"Hallo von {phone[-1]}"
        world.phone_text(text, phone=phone)
        world.note_with(text)
        world.greeted(phone)


def visit(world, method, path, body=None, **headers):
    """(status, headers, body): what stands behind the proxy that ends TLS."""
    c = http.client.HTTPConnection("127.0.0.1", world.ports["public"],
                                   timeout=60)
    if body is not None and "Content_Type" not in headers:
        headers["Content_Type"] = FORM
    c.request(method, path, body,
              {k.replace("_", "-"): v for k, v in headers.items()})
    answer = c.getresponse()
    got = answer.status, answer.headers, answer.read()
    c.close()
    return got


def ask(world, **fields):
    return visit(world, "POST", "/privacy", urllib.parse.urlencode(
        {"what": "access", "kind": "phone", "text": "", **fields}))


def opened(world, **fields):
    """The address of a new request."""
    status, headers, _ = ask(world, **fields)
    equal(status, 303, "status")
    check(re.fullmatch(r"/privacy/status/[0-9a-z]{32}\?neu=1&lang=de",
                       headers["Location"]), headers["Location"])
    return headers["Location"].split("?")[0]


class Page(html.parser.HTMLParser):
    """What a page asks from elsewhere, and what it says."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.words, self.quiet = [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.quiet = tag == "style"
        for name, value in attrs:
            check(not name.startswith("on") and name != "style",
                  f"{tag} {name}")
            if name in ("src", "href", "action"):
                self.links.append((tag, value))

    def handle_endtag(self, tag):
        self.quiet = False

    def handle_data(self, data):
        if not self.quiet:
            self.words.append(data)


def page(got, status=200):
    """Its words; every page is as careful as the others."""
    equal(got[0], status, "status")
    text = got[2].decode()
    headers = got[1]
    parsed = Page(text)
    check(not {"script", "img", "iframe", "link", "object"} &
          set(parsed.tags), parsed.tags)
    for tag, to in parsed.links:
        check(to.startswith(("/privacy", "#", "?")) or
              to == "https://muster.example/datenschutz", (tag, to))
    style = re.search("<style>(.*?)</style>", text, re.S)[1]
    digest = base64.b64encode(
        hashlib.sha256(style.encode()).digest()).decode()
    policy = headers["Content-Security-Policy"]
    equal(policy, f"default-src 'none'; style-src 'sha256-{digest}'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
          "policy")
    equal(headers["Referrer-Policy"], "no-referrer", "referrer")
    equal(headers["Cache-Control"], "no-store", "cache")
    equal(headers["X-Content-Type-Options"], "nosniff", "type")
    check("Set-Cookie" not in headers, "a cookie")
    return re.sub(r"\s+", " ", " ".join(parsed.words))


def codes(world, phone):
    return [m for e in world.chat(phone) if e["from"] == "business"
            for m in re.findall(r"\b[B-Z]{4}-[B-Z]{4}\b", e.get("text", ""))]


def code_after(world, phone, before):
    return w.until("the code", 30, lambda: [
        c for c in codes(world, phone) if c not in before])[0]


def same(text, place):
    """A page without what every request has of its own."""
    secret = place.rsplit("/", 1)[1]
    return re.sub(r"req_[0-9a-z]{26}", "req", text.replace(secret, "secret"))


def another(number):
    """Spelled like one."""
    return number[:10] + ("b" if number[10] == "a" else "a") + number[11:]


def state(world, place):
    return page(visit(world, "GET", place))


def held(world):
    """All that a page could change."""
    db = sqlite3.connect(f"file:{world.data}/postern.db?mode=ro", uri=True,
                         timeout=10)
    try:
        return {table: db.execute(f"SELECT * FROM {table} ORDER BY 1"
                                  ).fetchall()
                for table in ("request", "request_event", "request_item",
                              "package", "erasure", "consent_event",
                              "outbox", "restriction")}
    finally:
        db.close()


def settled(world):
    """The same, once nothing of what was asked moves any more."""
    w.until("nothing moves", 30, lambda: rows(
        world, "SELECT (SELECT count(*) FROM request WHERE state IN "
        "('received','verified','in_progress','decided','executing') OR "
        "(state='identity_pending' AND proof_hash IS NULL))+(SELECT count(*) "
        "FROM request_letter WHERE state IN ('waiting','unknown'))+(SELECT "
        "count(*) FROM package WHERE state='making')") == [(0,)])
    return held(world)


@case
def known_and_unknown_get_the_same_answers(world):
    pages = {}
    before = codes(world, KNOWN)
    for phone in (KNOWN, STRANGER):
        status, headers, body = ask(world, value="+" + phone)
        place = headers["Location"].split("?")[0]
        KEPT[phone] = place
        seen = [(status, sorted(headers.keys()), body)]
        for method, path, sent in (
                ("GET", place + "?neu=1&lang=de", None),
                ("GET", place, None), ("GET", place + "?lang=en", None),
                ("POST", place, "do=code&code=falsch"),
                ("POST", place, "do=code&code="),
                ("GET", place + "/beleg", None)):
            status, headers, body = visit(world, method, path, sent)
            seen.append((status, sorted(headers.keys()),
                         same(body.decode(), place)))
        pages[phone] = seen
    for one, two in zip(*pages.values()):
        equal(one, two, "an answer")
    # Only the known one hears of it, where they are known.
    KEPT["code"] = code_after(world, KNOWN, before)
    equal(rows(world, "SELECT count(*) FROM request WHERE person<>0")[0][0],
          1, "requests of somebody")


@case
def looking_changes_nothing(world):
    before = settled(world)
    number = re.search(r"req_[0-9a-z]{26}",
                       state(world, KEPT[KNOWN]))[0]
    link = f"/privacy/proof/{number}.{KEPT['code']}"
    for path in ("/privacy", KEPT[KNOWN], KEPT[STRANGER], link,
                 KEPT[KNOWN] + "?do=withdraw", link + "?do=confirm"):
        for _ in range(2):
            visit(world, "GET", path)
            status, _, _ = visit(world, "HEAD", path)
            equal(status, 405, "a look at the head")
    # A form that does not say what it means does nothing either.
    equal(visit(world, "POST", link, "x=y")[0], 404, "an empty proof")
    equal(settled(world), before, "what is stored")
    check("Haben Sie das beantragt?" in page(visit(world, "GET", link)),
          "the question")
    KEPT["link"] = link


@case
def a_form_of_another_page_is_refused(world):
    before = settled(world)
    ours = "what=access&kind=phone&value=%2B491713981&text="
    for name, status, headers in (
            ("another site", 403, {"Sec_Fetch_Site": "cross-site"}),
            ("a neighbour", 403, {"Sec_Fetch_Site": "same-site"}),
            ("another origin", 403, {"Origin": "https://evil.example"}),
            ("one that begins like ours", 403,
             {"Origin": URL + ".evil.example"}),
            ("half of ours", 403, {"Origin": URL[:-3]}),
            ("JSON", 415, {"Content_Type": "application/json"}),
            ("plain text", 415, {"Content_Type": "text/plain"})):
        for path in ("/privacy", KEPT[KNOWN], KEPT["link"]):
            got = visit(world, "POST", path, ours, **headers)
            equal((name, got[0]), (name, status), "status")
            page(got, status)
    for body in ("what=access&what=erasure", "what=%zz", "=x", "a&&b",
                 "a=%00", "a=%ff", "&", "a=b&", "x" * 20000 + "=%"):
        equal((body[:20], visit(world, "POST", "/privacy", body)[0]),
              (body[:20], 400), "status of no form")
    equal(settled(world), before, "what is stored")
    for headers in ({"Sec_Fetch_Site": "same-origin"}, {"Origin": URL},
                    {"Origin": "null"}):
        equal(visit(world, "POST", "/privacy", "what=x", **headers)[0], 422,
              "our own")


@case
def what_is_wrong_is_said_and_what_was_written_is_kept(world):
    odd = '"><script>alert(1)</script>&amp;'
    words = page(ask(world, what="", kind="", value=""), 422)
    for part in ("Fehler:", "Wählen Sie aus, was Sie möchten.",
                 "Wählen Sie aus, womit", "vollständig ein"):
        check(part in words, part)
    got = ask(world, what="rectification", kind="email", value=odd, text=odd)
    text = got[2].decode()
    page(got, 422)
    check('value="&quot;&gt;&lt;script&gt;alert(1)' in text, "not kept")
    check("&quot;&gt;&lt;script&gt;" in text.split("<textarea")[1], "text")
    check('id="rectification" value="rectification" checked' in text, "what")
    check('value="email" selected' in text, "kind")
    for kind, value in (("phone", "12"), ("phone", "keine"),
                        ("phone", "+49 171\n5550100"), ("email", "niemand"), ("email", "@"), ("email", "erika@"),
                        ("email", "@b.de"),
                        ("email", "a@b.de, c@d.de"),
                        ("username", "@"), ("threema", " "),
                        ("bsuid", "DE.1"), ("phone", "1" * 201)):
        check("class=\"wrong\"" in ask(world, kind=kind, value=value)[2]
              .decode(), (kind, value))
    words = page(ask(world, what="rectification", value="+" + KNOWN), 422)
    check("was falsch ist und wie es richtig heißt" in words, words)
    words = page(ask(world, value="+" + KNOWN, text="ä" * 2001), 422)
    check("zu lang" in words, words)


@case
def in_the_language_people_read(world):
    for header, query, title in (
            ("", "", "Ihre Rechte"), ("de-AT,en;q=0.5", "", "Ihre Rechte"),
            ("en-GB,en;q=0.9,de;q=0.8", "", "Your rights"),
            ("fr", "", "Your rights"), ("*", "", "Ihre Rechte"),
            ("de;q=0,en;q=0.1", "", "Your rights"),
            ("de;q=0.05, en;q=0.4", "", "Your rights"),
            ("de ; q=0.0, en ; q=0.001", "", "Your rights"),
            ("en;q=0.999,de;q=1.000", "", "Ihre Rechte"),
            ("en", "?lang=de", "Ihre Rechte"),
            ("de", "?lang=en", "Your rights"),
            ("de", "?lang=tlh", "Ihre Rechte")):
        words = page(visit(world, "GET", "/privacy" + query,
                           Accept_Language=header))
        check(title in words, (header, query))
    for name, wanted in (("de", "Beendet"), ("en", "Ended")):
        place = opened(world, value="+" + STRANGER)
        visit(world, "POST", place, "do=withdraw")
        check(wanted in page(visit(world, "GET", f"{place}?lang={name}")),
              wanted)


@case
def the_code_on_the_page_is_proof_and_the_copy_goes_out_once(world):
    place = KEPT[KNOWN]
    code = KEPT["code"].replace("-", " ").lower()
    status, headers, _ = visit(world, "POST", place, urllib.parse.urlencode(
        {"do": "code", "code": code}))
    equal((status, headers["Location"]), (303, place + "?lang=de"), "answer")
    found = re.compile(re.escape(URL) + r"(/privacy/paket/[0-9a-z]{52})")

    def link():
        for e in world.chat(KNOWN):
            hit = found.search(e.get("text", ""))
            if hit:
                return hit[1]
        return None
    path = w.until("the link", 60, link)
    # Who has the page of the state has not the copy.
    words = state(world, place)
    check("Abgeschlossen" in words and "liegt bereit" in words, words)
    check(path not in words, "the link is on the page")
    before = settled(world)
    for _ in range(3):
        check("Jetzt herunterladen" in page(visit(world, "GET", path)), "")
    equal(settled(world), before, "what is stored")
    status, headers, body = visit(world, "POST", path, "")
    equal(status, 200, "status")
    equal(headers["Content-Type"], "application/zip", "type")
    check(headers["Content-Disposition"].startswith("attachment"), "shown")
    equal(headers["Cache-Control"], "no-store", "cache")
    names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    check("manifest.json" in names, names)
    w.until("it is over", 30, lambda: rows(
        world, "SELECT state FROM package") == [("fetched",)])
    w.until("the link is dead", 30, lambda: visit(
        world, "POST", path, "")[0] == 404)
    equal(visit(world, "GET", path)[0], 404, "the page")
    check("heruntergeladen" in state(world, place), "the state says so")
    equal(visit(world, "GET", "/privacy/paket/" + "0" * 52)[0], 404, "none")


@case
def the_link_of_the_message_is_proof_by_its_button_only(world):
    before = codes(world, OTHER)
    place = opened(world, what="portability", value="00" + OTHER)
    code = code_after(world, OTHER, before)
    number = re.search(r"req_[0-9a-z]{26}", state(world, place))[0]
    good = f"/privacy/proof/{number}.{code}"
    for wrong in (f"/privacy/proof/{number}.BCDF-GHJK", "/privacy/proof/x",
                  f"/privacy/proof/{number}", f"/privacy/proof/.{code}",
                  f"/privacy/proof/{another(number)}.{code}"):
        equal((wrong, visit(world, "POST", wrong, "do=confirm")[0]),
              (wrong, 404), "a wrong link")
    check("Wir warten" in state(world, place), "not yet")
    check("Datenübertragung" in page(visit(world, "GET", good)), "what")
    page(visit(world, "POST", good, "do=confirm"))
    check("Wir warten" not in state(world, place), "proved")
    equal(visit(world, "POST", good, "do=confirm")[0], 404, "once")
    equal(visit(world, "GET", good)[0], 404, "the page is gone too")


@case
def too_many_tries_end_a_request(world):
    for phone in (STRANGER, OTHER):
        place = opened(world, what="restriction", value="+" + phone)
        seen = []
        for i in range(12):
            status, _, _ = visit(world, "POST", place,
                                 f"do=code&code=BCDFGHJ{'KMNPQRST'[i % 8]}")
            seen.append(status)
            if status == 303:
                break
        equal(seen, [422] * 4 + [303], "tries")
        check("Abgelaufen" in state(world, place), "over")


@case
def nobodys_chat_is_filled_from_the_portal(world):
    settled(world)
    before = len(codes(world, OTHER))
    had = rows(world, "SELECT count(*) FROM request WHERE via='portal' AND "
               "person IN (SELECT person FROM request WHERE type="
               "'portability')")[0][0]
    check(0 < had < 5, had)
    pages = []
    for _ in range(8):
        place = opened(world, what="objection", value="+" + OTHER)
        pages.append(same(visit(world, "GET", place)[2].decode(), place))
    w.until("all were asked for their code", 30, lambda: rows(
        world, "SELECT count(*) FROM request WHERE state IN ('received',"
        "'identity_pending') AND proof_hash IS NULL") == [(0,)])
    w.until("all was sent", 30, lambda: rows(
        world, "SELECT count(*) FROM request_letter WHERE state IN "
        "('waiting','unknown')") == [(0,)])
    equal(len(codes(world, OTHER)) - before, 5 - had, "codes")
    equal(len(set(pages)), 1, "pages")


@case
def taken_back_before_anything_happened(world):
    place = opened(world, what="erasure", value="+" + STRANGER)
    page(visit(world, "GET", place))
    equal(visit(world, "POST", place, "do=withdraw")[0], 303, "status")
    words = state(world, place)
    check("Zurückgezogen" in words, words)
    check("Antrag zurückziehen" not in words, "once is enough")
    equal(visit(world, "GET", "/privacy/status/" + "0" * 32)[0], 404, "none")


@case
def nothing_of_it_is_in_the_log(world):
    log = (world.dir / "postern.log").read_text()
    for secret in (KNOWN, OTHER, STRANGER, KEPT["code"],
                   KEPT[KNOWN].rsplit("/", 1)[1], "alert(1)"):
        check(secret not in log, "in the log")
    check(json.loads(log.strip().rsplit("\n", 1)[1]), "not JSON")


main(make)
