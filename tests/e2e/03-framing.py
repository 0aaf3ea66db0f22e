"""Goal: every ambiguous framing is refused and the connection closed, also as
a second request on a kept connection; nothing smuggled is ever served."""
import json

from case import ROOT, case, check, equal, main, raw, sign, w

BODY = b'{"object":"whatsapp_business_account","entry":[]}'


def head(world, *lines, target=None, version=b"HTTP/1.1", method=b"POST",
         host=b"Host: 127.0.0.1", length=True, signature=True):
    first = method + b" " + (target or
                             f"/hooks/whatsapp/{world.path}".encode()) + b" " + version
    rest = [host] if host else []
    if signature:
        rest.append(b"X-Hub-Signature-256: " + sign(world, BODY).encode())
    if length:
        rest.append(b"Content-Length: %d" % len(BODY))
    return b"\r\n".join([first, *rest, *lines]) + b"\r\n\r\n"


def malformed(world):
    """(name, bytes): each must be refused and closed."""
    n = b"%d" % len(BODY)
    hook = f"/hooks/whatsapp/{world.path}".encode()
    h = lambda *a, **k: head(world, *a, **k) + BODY  # noqa: E731
    yield "length and chunked", h(b"Transfer-Encoding: chunked")
    yield "chunked before length", head(world, b"Transfer-Encoding: chunked", b"Content-Length: " + n, length=False) + BODY
    yield "two equal lengths", h(b"Content-Length: " + n)
    yield "two lengths", h(b"Content-Length: 3")
    yield "length list", head(world, b"Content-Length: " + n + b", " + n, length=False) + BODY
    for odd in (b"+" + n, b"-1", b"0x10", b"1e1", b"", b" ", n + b"a", b"\x01",
                b"99999999999999999999", n + b" " + n, n + b".0", b"'" + n + b"'"):
        yield f"length {odd!r}", head(world, b"Content-Length: " + odd, length=False) + BODY
    for coding in (b"gzip", b"identity", b"chunked, identity", b"xchunked", b"chunked chunked",
                   b"\x0bchunked", b"gzip, chunked", b"chunked, chunked", b"", b"chunked;a=b", b"\"chunked\""):
        yield f"coding {coding!r}", head(world, b"Transfer-Encoding: " + coding, length=False) + b"0\r\n\r\n"
    yield "two codings", head(world, b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", length=False) + b"0\r\n\r\n"
    yield "two hosts", h(b"Host: other")
    yield "no host", h(host=None)
    yield "host list", h(host=b"Host: a, b")
    yield "space before colon", h(b"X-A : 1")
    yield "space before colon of length", head(world, b"Content-Length : " + n, length=False) + BODY
    yield "tab before colon", h(b"X-A\t: 1")
    yield "space in a name", h(b"X A: 1")
    yield "folded line", h(b"X-A: 1\r\n 2")
    yield "folded line with a tab", h(b"X-A: 1\r\n\t2")
    yield "folded length", head(world, b"Content-Length:\r\n " + n, length=False) + BODY
    yield "first header line folded", h(host=b" X: 1\r\nHost: 127.0.0.1")
    yield "NUL in a value", h(b"X-A: a\0b")
    yield "NUL in a name", h(b"X\0A: a")
    yield "control in a value", h(b"X-A: a\x01b")
    yield "control in a name", h(b"X\x01A: b")
    yield "lone CR in a value", h(b"X-A: a\rb")
    yield "lone LF line end", h().replace(b"\r\n", b"\n")
    yield "one lone LF", h(b"X-A: 1\nX-B: 2")
    yield "lone LF ends the head", h().replace(b"\r\n\r\n", b"\n\n", 1)
    yield "no colon", h(b"garbage")
    yield "empty name", h(b": x")
    for version in (b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.10", b"HTTP/01.1",
                    b"http/1.1", b"HTTP/1", b"HTTP/1.1 x", b"HTTPS/1.1", b"", b"ICY/1.1"):
        yield f"version {version!r}", h(version=version)
    yield "absolute target", h(target=b"http://127.0.0.1" + hook)
    yield "target with a fragment", h(target=hook + b"#a")
    yield "target without slash", h(target=hook[1:])
    yield "target with a NUL", h(target=hook + b"%00")
    yield "target with a raw byte", h(target=hook + b"\xff")
    yield "target with a tab", h(target=hook + b"\ta")
    yield "two spaces in the first line", h().replace(b"POST ", b"POST  ", 1)
    yield "method in lower case", h(method=b"post")
    yield "method with a control", h(method=b"PO\x01ST")
    yield "CONNECT", h(method=b"CONNECT")
    yield "TRACE", h(method=b"TRACE")
    yield "signature twice", h(b"X-Hub-Signature-256: " + sign(world, BODY).encode())
    yield "no signature", h(signature=False)
    yield "chunk size +1", head(world, b"Transfer-Encoding: chunked", length=False) + b"+1\r\na\r\n0\r\n\r\n"
    yield "chunk size 0x1", head(world, b"Transfer-Encoding: chunked", length=False) + b"0x1\r\na\r\n0\r\n\r\n"
    yield "chunk size negative", head(world, b"Transfer-Encoding: chunked", length=False) + b"-1\r\na\r\n0\r\n\r\n"
    yield "chunk size huge", head(world, b"Transfer-Encoding: chunked", length=False) + b"ffffffffffffffff\r\na\r\n0\r\n\r\n"


def collected(world):
    """The cases of tests/framing.json, which test_guard uses as well."""
    token = (world.data / "secrets" / "whatsapp-verify").read_text().strip()
    for c in json.loads((ROOT / "tests" / "framing.json").read_text())["cases"]:
        body = c.get("body", "")
        signature = sign(world, c.get("signed", body).encode("latin-1"))
        head_text = (c["head"]
                     .replace("{HOOK}", f"/hooks/whatsapp/{world.path}")
                     .replace("{SIGN}", f"X-Hub-Signature-256: {signature}\r\n")
                     .replace("{SIGN_FOLDED}", f"X-Hub-Signature-256:\r\n {signature}\r\n")
                     .replace("{TOKEN}", token))
        yield c["name"], (head_text + body).encode("latin-1")


def everything(world):
    yield from malformed(world)
    yield from collected(world)


# A chunk that announces more than will come is cut at the body's deadline.
PATIENCE = 60


def refused(answer, closed):
    """A refusal: one 4xx or 5xx answer (or none) and the end."""
    if not closed:
        return "left open"
    if answer and not (answer.startswith(b"HTTP/1.") and answer[9:10] in b"45"):
        return f"answered {answer[:40]!r}"
    if answer.count(b"HTTP/1.1 200"):
        return "served"
    return None


@case
def every_malformed_request_is_refused_and_closed(world):
    bad, count = [], 0
    for name, data in everything(world):
        count += 1
        why = refused(*raw(world, data, wait=PATIENCE))
        if why:
            bad.append(f"{name}: {why}")
    print(f"   {count} malformed requests")
    check(count >= 60, "fewer than 60")
    check(not bad, "\n".join(bad))


@case
def the_same_as_a_second_request_on_a_kept_connection(world):
    good = head(world) + BODY
    bad = []
    for name, data in everything(world):
        with w.socket.create_connection(("127.0.0.1", world.ports["public"]),
                                        PATIENCE) as s:
            s.sendall(good)
            first = s.recv(65536)
            if not first.startswith(b"HTTP/1.1 200"):
                bad.append(f"{name}: the good one got {first[:40]!r}")
                continue
            rest, closed = b"", True
            try:
                s.sendall(data)
                while part := s.recv(65536):
                    rest += part
            except TimeoutError:
                closed = False
            except OSError:
                pass
        why = refused(rest, closed)
        if why:
            bad.append(f"{name}: {why}")
    check(not bad, "\n".join(bad))


@case
def a_smuggled_second_request_is_never_served(world):
    inner = head(world) + BODY
    for outer in (head(world, b"Transfer-Encoding: chunked") + b"0\r\n\r\n" + inner,
                  head(world, b"Content-Length: 0") + inner,
                  head(world, b"Transfer-Encoding: xchunked", length=False) + b"0\r\n\r\n" + inner):
        answer, closed = raw(world, outer, wait=PATIENCE)
        check(closed, "left open")
        equal(answer.count(b"HTTP/1.1 200"), 0, "served")


@case
def a_good_request_still_goes_through_and_keeps_the_connection(world):
    answer, closed = raw(world, head(world) + BODY, wait=1)
    check(answer.startswith(b"HTTP/1.1 200"), f"{answer[:60]!r}")
    check(not closed, "a good connection was closed")


@case
def chunked_bodies_are_accepted_and_counted(world):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in (BODY[:5], BODY[5:])) + b"0\r\n\r\n"
    answer, _ = raw(world, head(world, b"Transfer-Encoding: chunked", length=False) + chunks, wait=1)
    check(answer.startswith(b"HTTP/1.1 200"), f"{answer[:60]!r}")


@case
def slow_senders_meet_an_absolute_deadline(world):
    began = w.time.monotonic()
    with w.socket.create_connection(("127.0.0.1", world.ports["public"]),
                                    PATIENCE) as s:
        s.settimeout(0.4)
        ended = False
        for byte in head(world) * 3:
            try:
                s.sendall(bytes([byte]))
                if s.recv(1000) == b"":
                    ended = True
            except TimeoutError:
                continue
            except OSError:
                ended = True
            if ended or w.time.monotonic() - began > PATIENCE:
                break
    check(ended, "a slow sender was never cut")


main()
