"""Goal: 100 000 mutated or unsigned requests, and none is stored.

Requests go over four keep-alive connections as raw bytes; where the gateway
closes, the script connects again.
"""
import random
import socket

from case import SLOW, case, check, envelope, equal, main, post, rows, sign, w

COUNT = 100_000 // (10 if SLOW > 1 else 1)
SEED = random.randrange(2 ** 32)


def mutate(rng, body, signature):
    """A body or signature that is not what the provider sent."""
    kind = rng.randrange(8)
    if kind == 0:
        at = rng.randrange(len(body))
        body = body[:at] + bytes([body[at] ^ (1 << rng.randrange(8))]) + body[at + 1:]
    elif kind == 1:
        body = body + b"\n"
    elif kind == 2:
        body = body[:rng.randrange(1, len(body))]
    elif kind == 3:
        signature = None
    elif kind == 4:
        at = rng.randrange(7, 71)
        digit = rng.choice([d for d in "0123456789abcdef" if d != signature[at]])
        signature = signature[:at] + digit + signature[at + 1:]
    elif kind == 5:
        signature = signature.replace("sha256=", rng.choice(
            ["sha1=", "", "SHA256=", "sha256:", "sha256= "]))
    elif kind == 6:
        signature = signature[:rng.randrange(0, 71)]
    else:
        signature = "sha256=" + "%064x" % rng.getrandbits(256)
    return body, signature


class Line:
    def __init__(self, world):
        self.world = world
        self.socket = None

    def send(self, body, signature):
        head = (f"POST /hooks/whatsapp/{self.world.path} HTTP/1.1\r\n"
                f"Host: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n")
        if signature is not None:
            head += f"X-Hub-Signature-256: {signature}\r\n"
        for _ in range(5):
            try:
                if self.socket is None:
                    self.socket = socket.create_connection(
                        ("127.0.0.1", self.world.ports["public"]), 10)
                self.socket.sendall(head.encode() + b"\r\n" + body)
                return self.answer()
            except OSError:
                self.socket = None
        return 0

    def answer(self):
        got = b""
        while b"\r\n\r\n" not in got:
            part = self.socket.recv(65536)
            if not part:
                raise OSError("closed")
            got += part
        head, rest = got.split(b"\r\n\r\n", 1)
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15:].split(b"\r\n")[0]) if at >= 0 else 0
        while len(rest) < length:
            part = self.socket.recv(65536)
            if not part:
                break
            rest += part
        if b"connection: close" in lower:
            self.socket.close()
            self.socket = None
        return int(head.split(b" ", 2)[1])


@case
def a_hundred_thousand_mutated_requests_are_all_refused(world):
    print(f"   seed {SEED}")
    rng = random.Random(SEED)
    body = envelope({"id": "wamid.MUTANT", "type": "text",
                     "text": {"body": "Mutant"}})
    signature = sign(world, body)
    lines = [Line(world) for _ in range(4)]
    answers = {}
    for i in range(COUNT):
        status = lines[i % 4].send(*mutate(rng, body, signature))
        answers[status] = answers.get(status, 0) + 1
    print(f"   answers {answers}")
    check(set(answers) <= {401}, f"answers {answers}")


@case
def none_of_them_was_stored(world):
    world.phone_text("Das echte")
    world.note_with("Das echte")
    equal(rows(world, "SELECT count(*) FROM message WHERE direction='in'")[0][0], 1,
          "messages")
    equal(rows(world, "SELECT count(*) FROM quarantine")[0][0], 0, "quarantined")
    for line in w.call("GET", world.url("internal", "/metrics"))[1].decode().splitlines():
        if line.startswith("postern_received_bodies"):
            equal(float(line.split()[-1]), 1.0, "bodies the worker saw")


@case
def a_wrong_signature_is_401_without_a_reason(world):
    status, body = post(world, b"{}", "sha256=" + "0" * 64)
    problem = w.json.loads(body)
    equal(status, 401, "status")
    check(set(problem) <= {"type", "title", "status", "instance"},
          f"more than a request id: {sorted(problem)}")
    check(problem["instance"].startswith("req_"), "a request id")


@case
def an_unknown_path_is_404_and_a_large_body_413(world):
    equal(post(world, b"{}", path=world.url("public", "/hooks/whatsapp/" + "0" * 32))[0],
          404, "unknown path")
    equal(w.call("GET", world.url("public", "/"))[0], 404, "root")
    line = Line(world)
    line.socket = socket.create_connection(("127.0.0.1", world.ports["public"]), 10)
    line.socket.sendall(
        (f"POST /hooks/whatsapp/{world.path} HTTP/1.1\r\nHost: x\r\n"
         f"X-Hub-Signature-256: sha256={'0' * 64}\r\n"
         "Content-Length: 999999999\r\n\r\n").encode())
    equal(line.answer(), 413, "too large")


main()
