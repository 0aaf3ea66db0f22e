"""Goal: advertising ends with one click, from outside, without a log-in; a GET
changes nothing, and nobody makes an address for somebody else.
Scenario: compliance 9, W7 (RFC 8058); the header is for channels that have
one."""
import html.parser
import http.client
import json
import secrets
import urllib.parse

from case import FIXTURES, case, check, equal, main, rows, w

PHONE, OTHER = "4917139510101", "4917139510102"
URL = "https://chat.muster.example"
FORM = "application/x-www-form-urlencoded"
CLICK = b"List-Unsubscribe=One-Click"
KEPT = {}


def make(world):
    world.make()
    world.secret("unsubscribe", secrets.token_hex(32))
    world.make(extra=f"unsubscribe: {{url: {URL}, "
                     "secret: {file: secrets/unsubscribe}}\n")
    world.start_all()


def says(world, phone, text):
    world.phone_text(text, phone=phone)
    return world.note_with(text)["data"]["conversation"]


def agree(world, phone):
    cnv = says(world, phone, f"Hallo Nummer {phone[-3:]}")
    world.greeted(phone)
    says(world, phone, "Start")
    w.until("the question", 20, lambda: any(
        "Antworten Sie" in s.get("text", {}).get("body", "")
        for s in world.phone_state()["sends"] if s.get("to") == "+" + phone))
    says(world, phone, "JA")
    w.until("given", 20, lambda: advertise(world, cnv) == 202)
    return cnv


def advertise(world, cnv):
    return world.api("POST", f"/v1/conversations/{cnv}/messages",
                     {"text": "Angebot", "purpose": "marketing"})[0]


def address(world, cnv):
    status, got = world.api("GET", f"/v1/conversations/{cnv}/unsubscribe")
    equal(status, 200, "status")
    equal(got["headers"], {
        "List-Unsubscribe": f"<{got['url']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}, "headers")
    check(got["url"].startswith(f"{URL}/unsubscribe/"), got)
    return got["url"][len(URL):]


def visit(world, method, path, body=None, kind=FORM):
    """What stands behind the proxy that ends TLS."""
    c = http.client.HTTPConnection("127.0.0.1", world.ports["public"],
                                   timeout=20)
    c.request(method, path, body, {"Content-Type": kind} if body else {})
    answer = c.getresponse()
    return answer, answer.read().decode()


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.fields = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "input":
            self.fields[dict(attrs)["name"]] = dict(attrs)["value"]


def withdrawn(world):
    return rows(world, "SELECT count(*) FROM consent_event WHERE"
                " kind='withdrawn' AND method='one_click'")[0][0]


@case
def opening_it_changes_nothing(world):
    KEPT["cnv"] = agree(world, PHONE)
    KEPT["path"] = path = address(world, KEPT["cnv"])
    check(PHONE not in path and "per_" not in path, path)
    for _ in range(3):
        answer, text = visit(world, "GET", path)
        equal((answer.status, answer.headers["Content-Type"]),
              (200, "text/html; charset=utf-8"), "answer")
    page = Page(text)
    check({"form", "button"} <= set(page.tags), page.tags)
    check(not {"script", "img", "link", "iframe", "a"} & set(page.tags), text)
    check("Abmelden" in text and "Unsubscribe" in text, "both languages")
    policy = answer.headers["Content-Security-Policy"]
    check("default-src 'none'" in policy and "form-action 'self'" in policy
          and "unsafe" not in policy, policy)
    equal(answer.headers["Referrer-Policy"], "no-referrer", "referrer")
    KEPT["fields"] = page.fields
    equal(advertise(world, KEPT["cnv"]), 202, "still given")


@case
def what_does_not_say_it_changes_nothing(world):
    path = KEPT["path"]
    for body in (b"x=1", b"List-Unsubscribe=", b"list-unsubscribe=one-click",
                 b"a" * 4096):
        equal(visit(world, "POST", path, body)[0].status, 400, body[:20])
    equal(visit(world, "POST", path, b"a" * 5000)[0].status, 413, "size")
    equal(visit(world, "PUT", path, CLICK)[0].status, 405, "PUT")
    wrong = path[:-1] + ("a" if path[-1] != "a" else "b")
    middle = path.replace(".", ".0", 1)
    for method, body in (("GET", None), ("POST", CLICK)):
        good = visit(world, "GET", path)[1] if method == "GET" else None
        for bad in (wrong, middle, path + "x", "/unsubscribe/x",
                    path.replace("kundenservice", "kundenservicf")):
            answer, text = visit(world, method, bad, body)
            equal(answer.status, 200, bad)
            good = good or text
            equal(text, good, "the same answer for all of them")
        equal(visit(world, method, "/unsubscribe/", body)[0].status, 404,
              "no token at all")
    equal(advertise(world, KEPT["cnv"]), 202, "still given")
    equal(withdrawn(world), 0, "events")


@case
def w7_one_click_ends_advertising(world):
    body = urllib.parse.urlencode(KEPT["fields"]).encode()
    equal(body, CLICK, "what the button sends")
    answer, text = visit(world, "POST", KEPT["path"], body)
    equal(answer.status, 200, "status")
    check("Sie sind abgemeldet" in text and "You are unsubscribed" in text,
          text)
    w.until("withdrawn", 20, lambda: withdrawn(world) == 1)
    status, problem = world.api(
        "POST", f"/v1/conversations/{KEPT['cnv']}/messages",
        {"text": "Angebot", "purpose": "marketing"})
    equal(status, 403, "status")
    check("consent_withdrawn" in json.dumps(problem), problem)
    equal(world.answer(KEPT["cnv"], "Ihr Paket kommt")[0], 202, "support")
    w.until("the desk is told", 20, lambda: any(
        (n["data"]["status"], n["data"]["purpose"]) ==
        ("withdrawn", "marketing") for n in world.notes("consent.changed")))
    check(rows(world, "SELECT 1 FROM suppression WHERE reason='one_click'"),
          "the list")


@case
def clicked_again_it_stays_so(world):
    for _ in range(2):
        equal(visit(world, "POST", KEPT["path"], CLICK)[0].status, 200, "again")
    says(world, PHONE, "Danke")  # the spool is read in its order
    equal(withdrawn(world), 1, "events")
    says(world, PHONE, "START")
    w.until("asked", 20, lambda: rows(
        world, "SELECT count(*) FROM consent_event WHERE kind='requested'"
        )[0][0] == 2)
    says(world, PHONE, "Ja")
    w.until("given anew", 20, lambda: advertise(world, KEPT["cnv"]) == 202)
    equal(visit(world, "POST", KEPT["path"], CLICK)[0].status, 200, "once more")
    w.until("withdrawn again", 20, lambda: withdrawn(world) == 2)


@case
def mail_programs_send_forms_of_both_kinds(world):
    cnv = agree(world, OTHER)
    path = address(world, cnv)
    check(path != KEPT["path"], "one address for two")
    parts = (b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"'
             b"\r\n\r\nOne-Click\r\n--x--\r\n")
    equal(visit(world, "POST", path, parts,
                "multipart/form-data; boundary=x")[0].status, 200, "parts")
    w.until("withdrawn", 20, lambda: withdrawn(world) == 3)
    equal(advertise(world, cnv), 403, "advertising")


@case
def the_fixture_of_mail_is_understood(world):
    path = FIXTURES / "email" / "one_click_unsubscribe_http.json"
    if not path.exists():
        return "skipped"
    cnv = agree(world, "4917139510103")
    known, before = address(world, cnv), withdrawn(world)
    fixture = json.loads(path.read_text())
    for row in [fixture, *fixture["also"]]:
        asked = row["request"]
        there = "UNKNOWN" not in asked["path"]
        answer, _ = visit(
            world, asked["method"], known if there else "/unsubscribe/UNKNOWN",
            asked["body"].encode() if "body" in asked else None,
            asked.get("headers", {}).get("Content-Type", FORM))
        equal(answer.status, row["expect"]["status"], str(asked))
    w.until("withdrawn", 20, lambda: withdrawn(world) == before + 1)
    equal(advertise(world, cnv), 403, "advertising")
    return None


@case
def nothing_of_it_is_in_the_log(world):
    log = (world.dir / "postern.log").read_text()
    check(KEPT["path"].rsplit("/", 1)[1] not in log, "a token in the log")
    check(PHONE not in log, "a number in the log")


main(make)
