"""Goal: a social network passes on that somebody wants their data deleted; who
cannot sign it gets nothing done, and learns nothing.
Scenario: compliance 5.4; fixtures/meta-data-deletion."""
import base64
import hashlib
import hmac
import http.client
import json
import re
import secrets
import urllib.parse

from case import FIXTURES, case, check, equal, main, rows, w

URL = "https://rechte.muster.example"
FORM = "application/x-www-form-urlencoded"
TABLE = json.loads((FIXTURES / "meta-data-deletion" /
                    "signed-requests.json").read_text())
SECRET = TABLE["app_secret"].encode()


def make(world):
    world.make(extra=f"portal: {{url: {URL}}}\n")
    world.start_all()


def secret(world):
    return (world.data / "secrets" / "whatsapp-app").read_text().strip(
        ).encode()


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def signed(world, payload, key=None, digest=hashlib.sha256):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload, separators=(",", ":")).encode()
    part = encode(payload)
    mac = hmac.new(key or secret(world), part, digest).digest()
    return encode(mac) + b"." + part


def call(world, body, path=None, kind=FORM):
    c = http.client.HTTPConnection("127.0.0.1", world.ports["public"],
                                   timeout=60)
    c.request("POST", path or f"/privacy/meta/{world.path}", body,
              {"Content-Type": kind})
    answer = c.getresponse()
    got = answer.status, answer.headers, answer.read()
    c.close()
    return got


def asks(world, text, **more):
    return call(world, b"signed_request=" + text, **more)


def requests(world):
    return rows(world, "SELECT count(*) FROM request")[0][0]


def fields(user="218471", **more):
    return {"algorithm": "HMAC-SHA256", "issued_at": 1767225600,
            "user_id": user, **more}


def taken(world, text):
    """The answer to one that is good."""
    before = requests(world)
    status, headers, body = asks(world, text)
    equal(status, 200, "status")
    equal(headers["Content-Type"], "application/json", "type")
    got = json.loads(body)
    equal(sorted(got), ["confirmation_code", "url"], "members")
    check(re.fullmatch("[0-9A-Za-z]+", got["confirmation_code"]), got)
    check(got["url"].startswith(URL + "/privacy/status/"), got)
    equal(requests(world), before + 1, "requests")
    return got


def refused(world, what, *statuses, **more):
    before = requests(world)
    got = call(world, what, **more)
    check(got[0] in statuses, (got[0], what[:80]))
    equal(got[1]["Content-Type"], "application/problem+json", "type")
    equal(requests(world), before, "requests")


@case
def every_case_of_the_table(world):
    """The table has a secret of its own, shorter than the settings take: each
    case is made again with ours, and its meaning kept."""
    for one in TABLE["cases"]:
        text = one["signed_request"]
        good = one["expect"] == "accept"
        # With another secret even the good one is forged.
        refused(world, b"signed_request=" + text.encode(), 401)
        if "." not in text:
            continue
        mac, part = text.split(".")
        theirs = base64.urlsafe_b64decode(mac + "==")
        valid = hmac.compare_digest(theirs, hmac.new(
            SECRET, part.encode(), hashlib.sha256).digest())
        ours = hmac.new(secret(world), part.encode(),
                        hashlib.sha256).digest()
        text = encode(ours if valid else theirs) + b"." + part.encode()
        if good:
            taken(world, text)
        else:
            refused(world, b"signed_request=" + text, 401)


@case
def what_is_not_signed_as_it_came_is_refused(world):
    good = signed(world, fields())
    mac, part = good.split(b".")
    for text in (
            b"", b".", b"." + part, mac + b".", mac, part, good + b".",
            good + b"." + part, b"a." + part, mac[:-1] + b"." + part,
            mac + b"A." + part, mac + part, mac + b".." + part,
            mac.swapcase() + b"." + part, mac + b"." + part[:-2],
            mac + b"." + part + b"A", mac + b". " + part,
            encode(bytes(32)) + b"." + part, encode(b"") + b"." + part,
            signed(world, fields(), key=b"another secret of some length"),
            signed(world, fields(), key=b"\0"),
            encode(hmac.new(secret(world), json.dumps(fields()).encode(),
                            hashlib.sha256).digest()) + b"." + part,
            signed(world, fields(), digest=hashlib.sha1),
            signed(world, fields(), digest=hashlib.sha512),
            signed(world, fields())[:40], b"x" * 20000):
        refused(world, b"signed_request=" + urllib.parse.quote_from_bytes(
            text).encode(), 401)
    # What is signed is signed, with padding or without.
    taken(world, urllib.parse.quote_from_bytes(mac + b"=." + part).encode())


@case
def another_algorithm_is_refused_though_signed(world):
    for name in ("none", "", "HMAC-SHA1", "hmac-sha256", "HMAC-SHA512", 1,
                 None, ["HMAC-SHA256"]):
        refused(world, b"signed_request=" + signed(
            world, fields(algorithm=name)), 401)
    odd = fields()
    del odd["algorithm"]
    refused(world, b"signed_request=" + signed(world, odd), 401)


@case
def what_names_no_user_is_refused_though_signed(world):
    for payload in (fields(user=""), fields(user=None), fields(user=-1),
                    fields(user=0), fields(user=1.5), fields(user=["1"]),
                    fields(user={"id": "1"}), fields(user="a b"),
                    fields(user="1\0002"), fields(user="ä"),
                    fields(user="1" * 129), fields(issued_at="today"),
                    b"", b"[]", b"nonsense", b"{}{}",
                    b'{"algorithm":"HMAC-SHA256","user_id":"1",'
                    b'"user_id":"2","issued_at":1}'):
        refused(world, b"signed_request=" + signed(world, payload), 400, 401)
    taken(world, signed(world, fields(user=218471)))


@case
def the_form_and_the_address_have_to_be_right(world):
    good = signed(world, fields())
    refused(world, b"signed_request=" + good, 415, kind="application/json")
    refused(world, b"signed_request=" + good + b"&signed_request=" + good,
            400)
    refused(world, b"signed_request=%zz", 400)
    refused(world, b"another=" + good, 401)
    refused(world, b"", 401)
    for path in ("/privacy/meta/" + secrets.token_hex(16), "/privacy/meta/",
                 "/privacy/meta", f"/privacy/meta/{world.path}/x",
                 f"/privacy/meta/{world.path[:-1]}"):
        refused(world, b"signed_request=" + good, 404, path=path)


@case
def the_user_is_forgotten_and_the_page_says_so(world):
    phone = "4917139820101"
    user = "DE.2048" + phone  # as the simulated provider calls its users
    world.phone_text("Vergesst mich", phone=phone)
    note = world.note_with("Vergesst mich")["data"]
    world.greeted(phone)
    equal(world.api("POST", f"/v1/conversations/{note['conversation']}/close",
                    {})[0], 200, "closed")
    got = taken(world, signed(world, fields(user=user)))
    request, person, via, kind = rows(
        world, "SELECT id,person,via,type FROM request "
        "ORDER BY id DESC LIMIT 1")[0]
    check(person != 0, "nobody was found")
    equal((via, kind), ("meta", "erasure"), "the request")
    path = got["url"][len(URL):]

    def page():
        c = http.client.HTTPConnection("127.0.0.1", world.ports["public"],
                                       timeout=60)
        c.request("GET", path)
        answer = c.getresponse()
        text = answer.read().decode()
        c.close()
        equal(answer.status, 200, "status")
        check(user not in text and phone not in text, "an address is shown")
        return text
    check(got["confirmation_code"] in page(), "another number")
    w.until("it is erased", 60, lambda: rows(
        world, "SELECT count(*) FROM message WHERE key_person=?", person) ==
        [(0,)] and "Was aus Ihren Daten wurde" in page())
    check("gelöscht" in page(), page())
    log = (world.dir / "postern.log").read_text()
    check(user not in log and "218471" not in log and phone not in log,
          "in the log")


main(make)
