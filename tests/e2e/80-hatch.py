"""Goal: what the public asks goes through the intake to the worker, within
bounds; while the worker is away, slow or flooded the hooks notice nothing, and
what was given up has no effect.
Source: design 1.3; compliance 5.1; assurance 6 (rate limits)."""
import contextlib
import json
import os
import signal
import socket
import threading

from case import case, check, envelope, equal, main, post, raw, rows, w

ASKS = 12
FORM = b"application/x-www-form-urlencoded"
ASK = b"what=access&kind=phone&value=%2B49+171+5550100&text="
BODY_MAX = 64 * 1024
VISITORS_MAX = 128


def make(world):
    world.make(extra=f"portal: {{asks_per_minute: {ASKS}}}\n")
    world.start_all()


def head(target, *lines, method=b"POST", length=None):
    first = method + b" " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    rest = list(lines)
    if length is not None:
        rest.append(b"Content-Length: %d" % length)
    return first + b"".join(line + b"\r\n" for line in rest) + b"\r\n"


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer[:5] == b"HTTP/" else 0


def ask(world, target=b"/privacy", *lines, method=b"GET", body=None):
    """(status, whole answer): each of these closes its connection."""
    data = head(target, *lines, method=method,
                length=None if body is None else len(body)) + (body or b"")
    answer, closed = raw(world, data, wait=60)
    check(closed, "the connection stayed open")
    return status_of(answer), answer


def hooks_pass(world, count, name):
    """Each is acknowledged at once, and arrives."""
    for i in range(count):
        text = f"{name} {chr(97 + i)}"
        status, _ = post(world, envelope({
            "id": f"wamid.{name}{i}", "type": "text",
            "text": {"body": text}}))
        equal(status, 200, "status of a hook")
    return [f"{name} {chr(97 + i)}" for i in range(count)]


def requests(world):
    return rows(world, "SELECT count(*) FROM request")[0][0]


@case
def what_is_asked_is_answered_by_the_worker(world):
    status, answer = ask(world)
    equal(status, 200, "status")
    check(b"Ihre Rechte an Ihren Daten" in answer, answer[:600])
    status, answer = ask(world, b"/privacy?lang=en")
    check(b"Your rights to your data" in answer, answer[:600])
    status, answer = ask(world, b"/privacy/nowhere")
    equal(status, 404, "an address nobody has")
    check(b"Diese Adresse gibt es nicht" in answer, answer)
    equal(ask(world, b"/privacy/")[0], 200, "as people type it")
    status, answer = ask(world, b"/opendsr/nowhere")
    equal(status, 404, "one of other machines")
    check(b"application/problem+json" in answer, answer)
    equal(ask(world, b"/privacy/status/x", method=b"DELETE")[0], 405,
          "a method no page has")


@case
def bounds_are_kept_before_anything_is_read(world):
    form = b"Content-Type: " + FORM
    for name, wanted, data in (
            ("a body too long", 413,
             head(b"/privacy", form, length=BODY_MAX + 1)),
            ("a body without a length", 411, head(b"/privacy", form)),
            ("a path too long", 404,
             head(b"/privacy/status/" + b"a" * 250, method=b"GET")),
            ("a query too long", 400,
             head(b"/privacy?a=" + b"b" * 1100, method=b"GET")),
            ("another method", 405,
             head(b"/privacy", method=b"PUT", length=0)),
            ("the method of the intake itself", 405,
             head(b"/privacy/paket/x", method=b"DONE", length=0)),
            ("two types", 400, head(b"/privacy", form, form, length=0)),
            ("two signatures, one of them old", 400,
             head(b"/opendsr/v2/requests", b"X-OpenDSR-Signature: a",
                  b"X-OpenGDPR-Signature: a", length=0)),
            ("a header too long", 400,
             head(b"/privacy", b"Accept-Language: " + b"a" * 1100,
                  method=b"GET")),
            ("an expectation", 417,
             head(b"/privacy", b"Expect: wonders", length=0)),
            ("length and chunks", 400,
             head(b"/privacy", b"Transfer-Encoding: chunked", length=3)),
            ("a body of a GET", 400,
             head(b"/privacy", method=b"GET", length=3)),
            ("an escape in the path", 400,
             head(b"/privacy/%2e%2e/x", method=b"GET")),
            ("a folded line", 400,
             head(b"/privacy", b"X-A: 1\r\n 2", method=b"GET"))):
        answer, closed = raw(world, data, wait=60)
        equal((name, status_of(answer)), (name, wanted), "status")
        check(closed, f"{name}: the connection stayed open")


@case
def a_body_may_come_in_chunks_and_is_counted(world):
    before = requests(world)
    lines = (b"Content-Type: " + FORM, b"Transfer-Encoding: chunked")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p)
                      for p in (ASK[:9], ASK[9:])) + b"0\r\n\r\n"
    answer, closed = raw(world, head(b"/privacy", *lines) + chunks, wait=60)
    equal(status_of(answer), 303, "status")
    check(closed, "stayed open")
    equal(requests(world), before + 1, "requests")
    big = b"%x\r\n" % (BODY_MAX + 1) + b"a" * (BODY_MAX + 1) + b"\r\n0\r\n\r\n"
    answer, _ = raw(world, head(b"/privacy", *lines) + big, wait=60)
    equal(status_of(answer), 413, "status of too many")
    # Whatever follows such a body is not served.
    answer, _ = raw(world, head(b"/privacy", *lines) + chunks +
                    head(b"/privacy", method=b"GET"), wait=60)
    equal(answer.count(b"HTTP/1.1 "), 1, "answers")


@case
def while_the_worker_is_away_hooks_are_taken_and_nobody_waits_for_ever(world):
    before = requests(world)
    worker = world.children()["worker"]
    os.kill(worker, signal.SIGSTOP)
    try:
        got, threads = [], []
        for _ in range(40):
            t = threading.Thread(target=lambda: got.append(ask(world)))
            t.start()
            threads.append(t)
        texts = hooks_pass(world, 12, "fort")
        status, answer = ask(world, b"/privacy", b"Content-Type: " + FORM,
                             method=b"POST", body=ASK)
        equal(status, 503, "an ask")
        for t in threads:
            t.join()
        equal([s for s, _ in got], [503] * 40, "statuses")
        for _, answer in got:
            check(b"Retry-After: " in answer, answer)
            check(b"application/problem+json" in answer, answer)
    finally:
        os.kill(worker, signal.SIGCONT)
    for text in texts:
        world.note_with(text)
    equal(ask(world)[0], 200, "afterwards")
    # The ask that was given up was told 503: nothing came of it.
    equal(requests(world), before, "requests")


@case
def who_waits_while_the_worker_dies_is_answered_by_the_next(world):
    worker = world.children()["worker"]
    os.kill(worker, signal.SIGSTOP)
    got = []
    t = threading.Thread(target=lambda: got.append(ask(world)))
    t.start()
    os.kill(worker, signal.SIGKILL)
    t.join()
    check(got[0][0] in (200, 503), got)
    world.wait_ready()
    equal(ask(world)[0], 200, "the next worker")


@case
def an_intake_that_dies_takes_nobody_elses_answer(world):
    intake = world.children()["intake"]
    os.kill(intake, signal.SIGKILL)
    w.until("another intake", 30, lambda: world.children().get(
        "intake", intake) != intake)
    w.until("it serves", 30, lambda: w.call(
        "GET", world.url("public", "/privacy"))[0] == 200)
    equal(ask(world, b"/privacy?lang=en")[0], 200, "status")


@contextlib.contextmanager
def crowd(world, count):
    """So many connections at addresses of the worker, each in the middle of
    its body."""
    sockets = []
    try:
        for _ in range(count):
            s = socket.create_connection(
                ("127.0.0.1", world.ports["public"]), 60)
            s.sendall(head(b"/privacy/status/x", b"Content-Type: " + FORM,
                           length=100) + b"a=")
            sockets.append(s)
        yield sockets
    finally:
        for s in sockets:
            s.close()


@case
def a_crowd_at_the_portal_keeps_no_hook_waiting(world):
    with crowd(world, VISITORS_MAX):
        # They are there once one more is sent away.
        w.until("the portal is full", 30,
                lambda: ask(world)[0] == 503, pause=0.01)
        texts = hooks_pass(world, 12, "gedraenge")
    for text in texts:
        world.note_with(text)
    w.until("there is room again", 30, lambda: ask(world)[0] == 200)


@case
def asks_are_limited_for_all_together_and_nothing_else_is(world):
    before = requests(world)
    answers = [ask(world, b"/privacy", b"Content-Type: " + FORM,
                   method=b"POST", body=ASK) for _ in range(3 * ASKS)]
    statuses = [s for s, _ in answers]
    check(set(statuses) == {303, 429}, statuses)
    equal(requests(world), before + statuses.count(303), "requests")
    late = next(a for s, a in answers if s == 429)
    check(b"Retry-After: " in late, late)
    check(json.loads(late.split(b"\r\n\r\n", 1)[1])["status"] == 429, late)
    # Pages are read, requests looked at, and hooks taken all the same.
    equal(ask(world)[0], 200, "the form")
    place = next(line for s, a in answers if s == 303
                 for line in a.split(b"\r\n")
                 if line.startswith(b"Location: "))[10:]
    equal(ask(world, place)[0], 200, "a status")
    equal(ask(world, place.split(b"?")[0], b"Content-Type: " + FORM,
              method=b"POST", body=b"do=code&code=x")[0], 422, "a code")
    for text in hooks_pass(world, 3, "grenze"):
        world.note_with(text)


@case
def without_a_portal_there_is_none(world):
    world.stop("postern")
    world.make(extra="portal: {enabled: false}\n")
    world.serve()
    equal(ask(world)[0], 404, "status")
    equal(ask(world, b"/privacy/status/" + b"0" * 32)[0], 404, "a status")
    # Copies have another way to those who asked: theirs are handed out.
    status, answer = ask(world, b"/privacy/paket/" + b"0" * 52)
    equal(status, 404, "a copy that is none")
    check(b"Diese Adresse gibt es nicht" in answer, answer[:400])
    status, answer = ask(world, b"/privacy/meta/x", b"Content-Type: " + FORM,
                         method=b"POST", body=b"signed_request=x")
    equal(status, 404, "no such channel")


main(make)
