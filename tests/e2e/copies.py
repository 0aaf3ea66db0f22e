"""What the scripts about copies of a person's data share: asking for one in
the chat as a person does, and fetching it by its link."""
import re

from case import check, equal, raw, rows, w

PUBLIC = "https://rechte.example"
PORTAL = f'portal: {{url: "{PUBLIC}"}}\n'


def said(world, phone):
    return [e.get("text") or "" for e in world.chat(phone)
            if e["from"] == "business"]


def newest(world, phone, pattern, before):
    for text in said(world, phone)[before:]:
        found = re.search(pattern, text)
        if found:
            return found
    return None


def ask(world, phone, begin, code="KOPIE"):
    """Asks, sends back what proves who asks; the link that comes."""
    before = len(said(world, phone))
    begin()
    proof = w.until("what to send back", 30, lambda: newest(
        world, phone, code + r" \S+", before))
    world.phone_text(proof.group(), phone=phone)
    return w.until("the link", 60, lambda: newest(
        world, phone, re.escape(PUBLIC) + r"(/privacy/paket/\S+)",
        before)).group(1)


def in_the_chat(world, phone):
    return lambda: world.phone_text("Meine Daten", phone=phone)


def in_the_portal(world, phone, what):
    """The form of the page, as a browser sends it."""
    def begin():
        form = f"what={what}&kind=phone&value=%2B{phone}&text="
        answer, _ = raw(world, (
            "POST /privacy HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
            "application/x-www-form-urlencoded\r\nConnection: close\r\n"
            f"Content-Length: {len(form)}\r\n\r\n{form}").encode(), wait=60)
        equal(answer.split(b" ", 2)[1], b"303", "the form")
    return begin


def fetch(world, path):
    """(status, body) of the button behind the link."""
    answer, closed = raw(world, (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
        "application/x-www-form-urlencoded\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n").encode(), wait=60)
    check(closed, "the connection stayed open")
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        body = unchunk(body)
    return int(head.split(b" ", 2)[1]), body


def unchunk(data):
    whole = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        size = int(size, 16)
        if size == 0:
            return whole
        whole, data = whole + data[:size], data[size + 2:]
    raise w.Failure("the answer ends too early")


def state(world, kind="access"):
    found = rows(world, "SELECT state FROM package WHERE kind=? ORDER BY id"
                 " DESC LIMIT 1", kind)
    return found[0][0] if found else None


def files(world):
    return sorted(p.name for p in (world.data / "packages").iterdir())


def gone(world):
    w.until("file and link are gone", 30, lambda: files(world) == [])
    equal(rows(world, "SELECT count(*) FROM package WHERE file IS NOT NULL"
               " OR link IS NOT NULL OR key_sealed IS NOT NULL"), [(0,)],
          "what rows still name")
