"""A service manager for one unit, inside a private machine (machine.py):
reads the installed unit as systemd does, starts and stops what it says, and
answers the systemctl calls of the package's own scripts."""
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

LAUNCH = pathlib.Path(__file__).resolve().parent / "launch.py"
UNIT = "postern.service"
ASK, ANSWER = "run/asked", "run/answered"

# In the place of systemctl: enabling is a matter of files, the rest is asked.
SYSTEMCTL = """\
#!/bin/sh
for word; do
	case $word in
	enable | disable | is-enabled)
		SYSTEMD_OFFLINE=1 exec /usr/bin/systemctl.real "$@" ;;
	esac
done
echo "$*" >/%s
read -r status </%s
exit "$status"
""" % (ASK, ANSWER)


def parse(texts):
    """{section: {key: [value, ...]}} of a unit and its drop-ins: an empty
    assignment forgets the earlier ones."""
    sections = {}
    for text in texts:
        section = None
        for line in text.replace("\\\n", " ").splitlines():
            line = line.strip()
            if not line or line[0] in "#;":
                continue
            if line[0] == "[":
                section = sections.setdefault(line.strip("[]"), {})
                continue
            key, value = (w.strip() for w in line.split("=", 1))
            if value:
                section.setdefault(key, []).append(value)
            else:
                section[key] = []
    return sections


def reader_list(uid):
    """An access list as systemd gives credentials: root and this user read."""
    entries = ((1, 4, -1), (2, 4, uid), (4, 0, -1), (0x10, 4, -1), (0x20, 0, -1))
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, perm, who & 0xFFFFFFFF)
        for tag, perm, who in entries)


class Manager:
    def __init__(self, machine, work, log):
        self.machine, self.root = machine, machine.root
        self.work, self.log = pathlib.Path(work), log
        self.process = None
        self.asked = []  # what the package's scripts wanted
        self.before_restart = self.between = lambda: None
        self.trouble = None
        self.play()

    # --- the unit --------------------------------------------------------

    def unit(self):
        paths = [self.root / "lib/systemd/system" / UNIT, *sorted(
            (self.root / "etc/systemd/system" / f"{UNIT}.d").glob("*.conf"))]
        return parse(p.read_text() for p in paths)

    def wanted(self, unit):
        """Conditions of this kind only; another one would be overlooked."""
        conditions = {k: v for k, v in unit["Unit"].items()
                      if k.startswith(("Condition", "Assert"))}
        paths = conditions.pop("ConditionPathExists", [])
        if conditions:
            raise AssertionError(f"nobody here knows {conditions}")
        return all((self.root / p.lstrip("/")).exists() for p in paths)

    def folders(self, service, uid, gid):
        """StateDirectory=: made if missing, given to the user."""
        made = []
        for name in " ".join(service.get("StateDirectory", [])).split():
            path = self.root / "var/lib" / name
            path.mkdir(exist_ok=True)
            if path.stat().st_uid != uid:
                for one in [path, *path.rglob("*")]:
                    os.chown(one, uid, gid, follow_symlinks=False)
            path.chmod(int(service["StateDirectoryMode"][-1], 8))
            made.append(f"/var/lib/{name}")
        return made

    def credentials(self, service, uid):
        """LoadCredential=: a folder of copies, for this user to read."""
        folder = self.root / "run/credentials" / UNIT
        shutil.rmtree(folder, ignore_errors=True)
        for line in service.get("LoadCredential", []):
            name, source = line.split(":", 1)
            folder.mkdir(parents=True, exist_ok=True)
            copy = folder / name
            copy.write_bytes((self.root / source.lstrip("/")).read_bytes())
            copy.chmod(0o400)
            os.setxattr(copy, "system.posix_acl_access", reader_list(uid))
        if not folder.exists():
            return None
        os.chown(folder, uid, 0)
        folder.chmod(0o500)
        return f"/run/credentials/{UNIT}"

    def plan(self, unit):
        service = unit["Service"]
        command, = service["ExecStart"]
        if re.search(r"[%$]", command) or command[0] != "/":
            raise AssertionError(f"nobody here expands {command}")
        user = self.machine.user(service["User"][-1])
        group = self.machine.group(service["Group"][-1])
        writable = self.folders(service, user["uid"], group["gid"])
        folder = self.credentials(service, user["uid"])
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
            "LANG": "C.UTF-8", "HOME": user["home"], "SHELL": user["shell"],
            "LOGNAME": user["name"], "USER": user["name"],
            "INVOCATION_ID": "0123456789abcdef0123456789abcdef"}
        if writable:
            environment["STATE_DIRECTORY"] = ":".join(writable)
        if folder:
            environment["CREDENTIALS_DIRECTORY"] = folder
        return {"root": str(self.root), "argv": shlex.split(command),
                "service": service, "environment": environment,
                "uid": user["uid"], "gid": group["gid"],
                "groups": [g["gid"] for g in self.machine.groups()
                           if user["name"] in g["members"]],
                "writable": writable + " ".join(
                    service.get("ReadWritePaths", [])).split()}

    # --- running it --------------------------------------------------------

    def launch(self, plan):
        path = self.work / "plan.json"
        path.write_text(json.dumps(plan))
        word, tell = os.pipe()
        with open(self.log, "ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-S", str(LAUNCH), str(path), str(tell)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                pass_fds=[tell])
        os.close(tell)
        with os.fdopen(word, "rb") as said:
            why = said.read().decode()
        if why:
            process.wait()
            raise AssertionError(f"{plan['argv']} was not started: {why}")
        return process

    def start(self):
        """Whether it was started: not where a condition is not met."""
        unit = self.unit()
        if not self.wanted(unit):
            return False
        self.process = self.launch(self.plan(unit))
        return True

    def active(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        """KillMode=mixed: asked to end, and nothing is left behind."""
        service = self.unit()["Service"]
        if service["KillMode"] != ["mixed"]:
            raise AssertionError("KillMode")
        process, self.process = self.process, None
        if process is None:
            return
        if process.poll() is not None:
            raise AssertionError(f"it had ended with {process.returncode}")
        process.send_signal(signal.SIGTERM)
        status = process.wait(int(service["TimeoutStopSec"][-1]))
        left = self.machine.running("/usr/bin/postern")
        if status != 0 or left:
            raise AssertionError(f"status {status}, left {left}")

    def restart(self):
        self.before_restart()
        self.stop()
        self.between()
        self.start()

    def reload(self):
        """ExecReload= runs as the service does."""
        unit = self.unit()
        plan = self.plan(unit)
        command, = unit["Service"]["ExecReload"]
        plan["argv"] = shlex.split(
            command.replace("$MAINPID", str(self.process.pid)))
        status = self.launch(plan).wait(60)
        if status != 0:
            raise AssertionError(f"reload: {status}")

    # --- what the scripts ask ------------------------------------------------

    def play(self):
        real = self.root / "usr/bin/systemctl"
        real.rename(real.with_name("systemctl.real"))
        real.write_text(SYSTEMCTL)
        real.chmod(0o755)
        # How the scripts see that there is a manager.
        (self.root / "run/systemd/system").mkdir(parents=True)
        for name in (ASK, ANSWER):
            os.mkfifo(self.root / name, 0o600)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            asked = (self.root / ASK).read_text().strip()
            try:
                status = self.answer([w for w in asked.split()
                                      if not w.startswith("-")])
            except Exception as why:
                self.trouble, status = why, 1
            (self.root / ANSWER).write_text(f"{status}\n")

    def answer(self, words):
        verb, units = words[0], words[1:]
        self.asked.append(verb)
        if units not in ([], [UNIT]):
            raise AssertionError(f"asked about {units}")
        if verb == "is-active":
            return 0 if self.active() else 3
        if verb in ("try-restart", "restart"):
            if self.active() or verb == "restart":
                self.restart()
        elif verb == "stop":
            self.stop()
        elif verb == "start":
            self.start()
        elif verb != "daemon-reload":
            raise AssertionError(f"nobody here knows {words}")
        return 0

    def settle(self):
        """Raises what went wrong while a script waited for its answer."""
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            raise trouble
        asked, self.asked = self.asked, []
        return asked

    def wait_gone(self, seconds=30):
        end = time.monotonic() + seconds
        while self.active():
            if time.monotonic() > end:
                raise AssertionError("it still runs")
            time.sleep(0.05)
