"""What somebody outside has of the proof log, and whether the gateway's log
still extends it: the keys and checkpoints it gave out, kept where no fault of
the gateway reaches them.  The check itself is that of the plain build's verbs,
which read the files and know nothing but what is given to them."""
import base64
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim"))

import world as w  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAIN = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()


class Operator(http.client.HTTPConnection):
    """The socket of the operator on this host."""

    def __init__(self, world, timeout):
        super().__init__("postern", timeout=timeout)
        self.path = str(world.data / "run" / "operator.sock")

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(world, method, path, body=None, timeout=20):
    """(status, answer); status 0 when nobody answered."""
    connection = Operator(world, timeout)
    try:
        connection.request(
            method, path, None if body is None else json.dumps(body),
            {} if body is None else {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        connection.close()


def body_of(note):
    """(size, root) of a checkpoint."""
    _, size, root, _ = note.split("\n", 3)
    return int(size), root


def signers(note):
    """The ids of the keys that signed a note, in hex."""
    lines = note.split("\n\n", 1)[1].splitlines()
    return {base64.b64decode(line.split(" ")[2])[:4].hex() for line in lines}


class Auditor:
    """Of one instance.  Keeps what it saw; gives every contradiction."""

    def __init__(self, world):
        self.world = world
        self.keys, self.roots = [], {}
        self.last = self.public = None  # notes; public: of the folder
        self.folder = world.dir / "auditor"
        # Not older than what wrote the archive.
        self.programs = getattr(world, "programs", PLAIN)

    @property
    def size(self):
        return body_of(self.last)[0] if self.last else 0

    def saw(self, note):
        """A checkpoint that left the gateway, whichever way."""
        size, root = body_of(note)
        if self.roots.setdefault(size, root) != root:
            raise w.Failure(f"two histories were signed at {size}")
        if self.last is None or size > self.size:
            self.last = note

    def saw_keys(self, keys):
        """They only become more."""
        if keys[:len(self.keys)] != self.keys:
            raise w.Failure(f"the log's keys were {self.keys}, are {keys}")
        self.keys = keys

    def look(self):
        """What anybody may fetch where it is published."""
        try:
            note = (self.world.data / "ledger" / "checkpoint").read_text()
        except FileNotFoundError:
            return
        self.saw(note)
        if self.public and body_of(note)[0] < body_of(self.public)[0]:
            raise w.Failure("what is published went back")
        self.public = note

    def ask_keys(self, timeout=20):
        status, got = ask(self.world, "GET", "/v1/ledger/keys",
                          timeout=timeout)
        if status == 200:
            self.saw_keys([one["vkey"] for one in got["keys"]])
        return status == 200

    def sign(self, timeout=20):
        """Asks for a checkpoint; whether one was given."""
        status, got = ask(self.world, "POST", "/v1/ledger/checkpoint",
                          timeout=timeout)
        if status == 200:
            self.saw(got["checkpoint"])
        return status == 200

    def run(self, argv, note):
        """One of the programs, with what is known outside."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "keys").write_text("\n".join(self.keys) + "\n")
        argv = [*argv, "--vkey", f"@{self.folder / 'keys'}"]
        if note is not None:
            (self.folder / "checkpoint").write_text(note)
            argv += ["--checkpoint", self.folder / "checkpoint"]
        done = subprocess.run([str(a) for a in argv], capture_output=True,
                              text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def verify(self):
        """The archive extends what was seen last, messages and all."""
        if not self.keys:
            return
        status, said = self.run([self.programs / "postern", "-d", self.world.data,
                                 "ledger", "verify"], self.last)
        if status != 0:
            raise w.Failure(f"the log after {self.size}: {said[:600]}")

    def verify_published(self):
        """The folder anybody may copy, if there is one, extends what was
        seen of it; it may lag behind the archive."""
        self.look()
        if self.public is None:
            return
        status, said = self.run([self.programs / "postern-verify",
                                 self.world.data / "ledger"], self.public)
        if status != 0:
            raise w.Failure(f"published: {said[:600]}")

    def extend(self):
        """The gateway signs again, more than before, and it fits."""
        before = self.size
        w.until("the log's keys", 60, self.ask_keys)
        w.until("a checkpoint", 60, self.sign)
        if self.size <= before:
            raise w.Failure(f"signed {self.size} after {before}")
        self.verify()


def of(world):
    """The auditor of this instance, always the same one."""
    if not hasattr(world, "auditor"):
        world.auditor = Auditor(world)
    return world.auditor


def after_fault(world):
    """Of an instance that serves again: the log extends the last checkpoint
    seen before, and another one extends that."""
    auditor = of(world)
    auditor.verify()
    auditor.extend()
