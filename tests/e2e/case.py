"""What the end-to-end scripts share: cases that print `ok` or `FAILED`, a
world in a temporary folder, and requests as raw bytes."""
import hashlib
import hmac
import json
import os
import pathlib
import socket
import sqlite3
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sim"))
sys.dont_write_bytecode = True

import proved  # noqa: E402
import world as w  # noqa: E402

FIXTURES = pathlib.Path(os.environ.get("FIXTURES", "../shared/fixtures"))
if not FIXTURES.is_absolute():
    FIXTURES = (ROOT / FIXTURES).resolve()
SLOW = 4 if os.environ.get("SLOW_BUILD") else 1
CASES = []


def case(function):
    CASES.append(function)
    return function


def check(claim, what):
    if not claim:
        raise w.Failure(what)


def equal(got, wanted, what):
    if got != wanted:
        raise w.Failure(f"{what}: got {got!r}, wanted {wanted!r}")


def main(make=None):
    """Runs every case, or those named as arguments, on one world (made by
    make, or a plain one)."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="postern-e2e-") as directory:
        # Where the three users exist, they have to pass through it.
        os.chmod(directory, 0o711)
        world = w.World(pathlib.Path(directory) / "world")
        try:
            (make or plain)(world)
            for function in CASES:
                if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
                    continue
                began = time.monotonic()
                try:
                    skipped = function(world) == "skipped"
                    print(("skipped " if skipped else "ok ")
                          + function.__name__, flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED {function.__name__}", flush=True)
                    traceback.print_exc(file=sys.stdout)
                    tail(world)
                print(f"   {time.monotonic() - began:.1f} s", flush=True)
        except Exception:
            failed += 1
            print("FAILED start_of_the_world", flush=True)
            traceback.print_exc(file=sys.stdout)
            tail(world)
        finally:
            try:
                status = world.stop("postern")
                if status not in (0, None):
                    failed += 1
                    print(f"FAILED end_of_the_gateway\nstatus {status}")
                    tail(world)
            except w.Failure as failure:
                failed += 1
                print(f"FAILED end_of_the_gateway\n{failure}")
            world.stop_all()
            wrong = proved.look(world.data)
            if wrong:
                failed += 1
                print("FAILED the_messages_are_those_of_the_log\n"
                      + "\n".join(wrong[:20]))
            if reports(world):
                failed += 1
                print("FAILED no_sanitizer_report")
    sys.exit(1 if failed else 0)


def plain(world):
    world.make()
    world.start_all()


def tail(world):
    log = world.dir / "postern.log"
    if log.exists():
        print("--- last log lines")
        print(log.read_text(errors="replace")[-3000:])


def reports(world):
    """Sanitizer findings in the gateway's output."""
    log = world.dir / "postern.log"
    text = log.read_text(errors="replace") if log.exists() else ""
    marks = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
             "WARNING: ThreadSanitizer", "runtime error:")
    if any(m in text for m in marks):
        at = min(text.find(m) for m in marks if m in text)
        print(text[at:at + 6000])
        return True
    return False


def sign(world, body):
    secret = (world.data / "secrets" / "whatsapp-app").read_text().strip()
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(world, body, signature=None, path=None):
    """(status, body) of one webhook; signed rightly unless told otherwise."""
    headers = {"Content-Type": "application/json"}
    signature = sign(world, body) if signature is None else signature
    if signature:
        headers["X-Hub-Signature-256"] = signature
    return w.call("POST", path or world.hook, body, headers)


def envelope(*messages, phone="4917139200001", name="Jörg Müller", **value):
    """The body of one webhook with these message objects."""
    content = {"messaging_product": "whatsapp", "metadata": {
        "display_phone_number": "4930901820", "phone_number_id": w.ACCOUNT},
        "contacts": [{"profile": {"name": name}, "wa_id": phone}],
        "messages": [{"from": phone, "timestamp": str(int(time.time())), **m}
                     for m in messages], **value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [
        {"id": "1", "changes": [{"field": "messages", "value": content}]}]}).encode()


def raw(world, data, port="public", wait=3.0):
    """Everything the listener says to these bytes until it is silent for so
    long, and whether it closed.  The first byte may take longer."""
    with socket.create_connection(("127.0.0.1", world.ports[port]), 60) as s:
        answer = b""
        try:
            s.sendall(data)
            while True:
                part = s.recv(65536)
                if not part:
                    return answer, True
                answer += part
                s.settimeout(wait)
        except (TimeoutError, socket.timeout):
            return answer, False
        except (ConnectionResetError, BrokenPipeError):
            return answer, True


def rows(world, sql, *args):
    db = sqlite3.connect(f"file:{world.data}/postern.db?mode=ro", uri=True,
                         timeout=10)
    try:
        return db.execute(sql, args).fetchall()
    finally:
        db.close()
