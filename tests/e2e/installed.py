"""The instance a package made on a private machine, and what it leaves."""
import hashlib
import os
import re
import sys

from case import ROOT, check, w
import manager

sys.path.insert(0, str(ROOT / "tests" / "torture"))

import ledger  # noqa: E402

DATA = "/var/lib/postern"
UNITS = "etc/systemd/system"
USERS = ("postern", "postern-intake", "postern-worker", "postern-keeper")
# What dpkg and the tools it calls keep for themselves.
BOOKS = re.compile(
    r"/var/lib/dpkg/(status|available|lock.*|triggers/.*|updates/.*|diversions"
    r"|.*-old|info/postern\.(list|postrm))$|/var/log/(dpkg|alternatives)\.log$"
    r"|/var/cache/(man|ldconfig|apparmor|debconf)/|/etc/[a-z]+-$"
    r"|/etc/\.pwd\.lock$|/var/log/apt/")
ACCOUNTS = {f"/etc/{n}" for n in ("passwd", "group", "shadow", "gshadow",
                                  "subuid", "subgid")}


class Installed(w.World):
    """The instance of the package, its outside world beside the machine."""

    def __init__(self, directory, private):
        super().__init__(directory)
        self.dir.mkdir()
        self.machine = private
        self.data = private.root / DATA.lstrip("/")
        self.manager = manager.Manager(private, self.dir,
                                       self.dir / "postern.log")

    def postern(self, *args, check=True, stdin=None, user="postern"):
        return self.machine.run("postern", *args, ok=check, user=user)

    def own(self):
        """What the operator writes as root is the service's to read."""
        who = self.machine.user("postern")
        for path in (self.data / "secrets", self.data / "postern.yaml",
                     *(self.data / "secrets").iterdir()):
            os.chown(path, who["uid"], who["gid"])

    def running(self):
        if self.manager.process is not None:
            self.processes["postern"] = self.manager.process
        self.wait_ready()

    def dpkg(self, *argv):
        """What dpkg said, and what its scripts asked of systemctl."""
        said = self.machine.run("dpkg", *argv)
        self.processes.pop("postern", None)
        asked = self.manager.settle()
        if self.manager.active():
            self.processes["postern"] = self.manager.process
        return said, asked

    def acked(self):
        return len(ledger.lines(self.dir / "load.ledger", "acked"))

    def more(self, count=150):
        """Waits until so many more are acknowledged."""
        wanted = self.acked() + count
        w.until("more acknowledgements", 60, lambda: self.acked() >= wanted)

    def send(self):
        """A provider that never stops: what is refused it sends again."""
        self.sender = self.load("--seconds", 700, "--rate", 150,
                                "--connections", 16, "--persons", 64,
                                "--retry", "--ledger",
                                self.dir / "load.ledger")

    def sends(self):
        check(self.sender.poll() is None, "the provider stopped sending")

    def stored(self):
        return int(ledger.rows(self, "SELECT count(*) FROM message")[0][0])

    def log(self):
        return (self.dir / "postern.log").read_text(errors="replace")


def digest(folder):
    """Of every name, owner, mode and content below."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        st = path.lstat()
        whole.update(f"{path} {st.st_mode} {st.st_uid} {st.st_gid}\n".encode())
        if path.is_file():
            whole.update(path.read_bytes())
    return whole.hexdigest()


def left_behind(world):
    """What is new or changed on the machine, but for dpkg's books, the data
    and what was so before the package came."""
    return {p: how for p, how in world.machine.diff().items()
            if world.before.get(p) != how and not BOOKS.search(p)
            and not p.startswith(f"{DATA}/")}


def drop_in(world, name, text):
    folder = world.machine.root / UNITS / f"{manager.UNIT}.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
