"""A witness that is hit again and again: what it signed it remembers."""
import contextlib
import hashlib
import pathlib
import subprocess
import sys
import time
import types

import faults
import ledger
import setup
from ledger import w

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import tlog  # noqa: E402

NAME = "witness.example/dpo"
LOG = tlog.Key("gateway.example/audit", bytes(range(32)))
FILE = hashlib.sha256(LOG.name.encode()).hexdigest()


def size_of(note):
    return int(note.split(b"\n")[1]) if note else 0


class Witness:
    def __init__(self, directory, roles):
        self.dir, self.roles = directory, roles
        self.data = directory / "data"
        self.processes = {}
        self.port = w.free_port()
        self.history, self.hits, self.crashes = [], 0, 0
        self.vkey = self.verb("init", "--name", NAME, "--log", LOG.vkey(),
                              "--listen", f"127.0.0.1:{self.port}")
        # As faults.Plan and sites.Walk want it.
        self.world = self
        self.plan = faults.Plan(types.SimpleNamespace(data=self.data))
        self.start()

    def argv(self, *args):
        return [str(setup.FAULTY / "postern"), "-d", str(self.data), "ledger",
                "witness", *args]

    def verb(self, *args):
        done = subprocess.run(self.argv(*args), capture_output=True,
                              text=True, timeout=60)
        ledger.check(done.returncode == 0, done.stderr)
        return done.stdout.strip()

    def start(self):
        with open(self.dir / "postern.log", "ab") as out:
            self.process = subprocess.Popen(
                self.argv(), stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        w.until("the witness answers", 30, self.answers, 0.01)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def answers(self):
        ledger.check(self.process.poll() is None, "the witness ended: " +
                     (self.dir / "postern.log").read_text()[-1000:])
        return w.call("GET", self.url("/"), timeout=2)[0] == 404

    def stop(self, name=None):
        self.process.terminate()
        return self.process.wait(30)

    def add(self, history, patience=20):
        """(status, answer); the history extends what it saw last."""
        return w.call("POST", self.url("/add-checkpoint"), tlog.add_checkpoint(
            LOG, len(self.history), history), timeout=patience)

    def stored(self):
        path = self.data / "logs" / FILE
        return path.read_bytes() if path.exists() else b""

    def hit(self, scenario, roles, fault, at=1, stack=0):
        action, error, times, calls = fault
        began = (self.dir / "postern.log").stat().st_size
        self.hits += 1
        self.clock = time.monotonic()
        longer = self.history + [f"entry-{self.hits}".encode()]
        self.plan.clear()
        self.plan.rule(0, roles, calls, "other", action, at, error, times)
        self.plan.arm()
        answer = self.add(longer, 2)
        self.plan.arm(False)
        self.check_end(fault, answer, began)
        self.judge(longer, answer)
        self.crashes += ledger.check_ends(self, began)
        return self.plan.fired(), self.plan.seen()

    def check_end(self, fault, answer, began):
        """A disk that fails ends it, with an answer; it is started anew."""
        action, error, _, _ = fault
        if answer[0] != 500 and self.process.poll() is None:
            self.stop()
        status = self.process.wait(30)
        failed = status == 1 and answer[0] == 500 and error == "EIO" and \
            '"witness.ends"' in setup.log_of(self)[began:]
        ledger.check(failed or status == 0 or (status, action) == (-9, "kill"),
                     f"it ended with {status} and answered {answer[0]}")

    def judge(self, longer, answer):
        text = tlog.checkpoint(LOG, longer)
        if answer[0] == 200:
            ledger.check(tlog.cosigned(self.vkey, text + answer[1]),
                         "no cosignature")
        note = self.stored()
        ledger.check(size_of(note) in (len(self.history), len(longer)),
                     f"it remembers {size_of(note)}")
        signed = size_of(note) == len(longer)
        ledger.check(signed or answer[0] != 200, "it forgot what it signed")
        if note:
            ledger.check(tlog.cosigned(self.vkey, note), "what it remembers")
        self.start()
        # Another history of this size, and then what goes on from the first.
        other = self.history + [f"other-{self.hits}".encode()]
        if signed:
            ledger.check(self.add(other)[0] == 409, "a second history")
            self.history = longer
        ledger.check(self.add(self.history + [b"next"])[0] == 200,
                     "it does not go on")
        self.history = self.history + [b"next"]

    def took(self):
        return ""


@contextlib.contextmanager
def witness(directory, roles):
    (directory / "witness").mkdir()
    one = Witness(directory / "witness", roles)
    try:
        yield one
    finally:
        one.plan.close()
        one.process.kill()
        one.process.wait()
