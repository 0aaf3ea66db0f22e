"""One Postern instance with its simulated outside world, for demo and tests.

Everything listens on loopback.  Needs nothing but Python's standard library
and the two built programs.
"""
import base64
import collections
import http.client
import json
import os
import pathlib
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
ACCOUNT = "7794189252778687"

SETTINGS = """\
# Made by the demo; the real file comes from `postern init`.
controller:
  name: Muster GmbH
  contact: "Musterweg 1, 10115 Berlin"
  address: {{street: Musterweg 1, postal_code: "10115", city: Berlin}}
  email: info@muster.example
  phone: "+49 30 1234567"
  policy_url: https://muster.example/datenschutz
  dpo: datenschutz@muster.example
  land: BE
  timezone: Europe/Berlin
  language: de
listen: {{public: "127.0.0.1:{public}", internal: "127.0.0.1:{internal}"}}
store: sqlite
channels:
  kundenservice:
    type: whatsapp
    path: {path}
    phone_number_id: "{account}"
    app_secret: {{file: secrets/whatsapp-app}}
    verify_token: {{file: secrets/whatsapp-verify}}
    access_token: {{file: secrets/whatsapp-access}}
    api: "http://127.0.0.1:{phone}/v25.0"
    allow: ["127.0.0.1:{phone}"]
    media_hosts: ["127.0.0.1"]
    provider: {{role: processor, contract: "DPA 2026-03", mechanism: DPF, review: 2027-03-01}}
{channels}helpdesks:
  desk: {{type: webhook, url: "{desk_url}", secret: {{file: secrets/desk}}, allow: ["127.0.0.1:{desk}"]}}
{helpdesks}routes:
  - {{channel: kundenservice, helpdesk: desk}}
{routes}{extra}"""


class Failure(Exception):
    """A step of a story or test did not hold."""


PATIENCE_S = 60

given = collections.deque(maxlen=400)


def free_port():
    """Below those the kernel gives to connections: one of these may be taken
    again before it is listened on.  A gateway that is started anew leaves its
    ports for a moment: meanwhile a UDP socket of the same number holds them
    against every other script that looks for one."""
    while True:
        port = random.randrange(10000, 32000)
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            held.bind(("127.0.0.1", port))
            with socket.socket() as s:
                s.bind(("127.0.0.1", port))
        except OSError:
            held.close()
            continue
        given.append(held)
        return port


def port_taken(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def call(method, url, body=None, headers=None, timeout=20):
    """(status, bytes) of one HTTP call; status 0 when nobody answered."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data=body, method=method,
                                     headers=headers or {})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        try:
            with opener.open(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return 0, b""


def until(what, seconds, test, pause=0.05, exact=False):
    """Waits until test() is true and gives its value.  What has to happen is
    waited for at least PATIENCE_S, as the machine may be slow or busy; exact
    is for what may well not happen, or must happen soon."""
    if not exact:
        seconds = max(seconds, PATIENCE_S)
    end = time.monotonic() + seconds
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(pause)


def whole_lines(path):
    """Of a file that somebody writes at the same time: a line that goes over
    the edge of a page is seen in two halves for a moment."""
    try:
        raw = pathlib.Path(path).read_bytes()
    except FileNotFoundError:
        return []
    return raw[:raw.rfind(b"\n") + 1].decode(errors="replace").split("\n")[:-1]


class World:
    def __init__(self, directory, ports=None, build=BUILD, seed=1):
        self.dir = pathlib.Path(directory)
        self.data = self.dir / "data"
        self.build = pathlib.Path(build)
        self.binary = str(self.build / "postern")
        self.sim = str(self.build / "postern-sim")
        ports = ports or {}
        self.ports = {n: ports.get(n) or free_port()
                      for n in ("public", "internal", "phone", "desk")}
        self.processes = {}
        self.seed = seed
        self.path_file = self.dir / "path"

    # --- making ------------------------------------------------------------
    @property
    def path(self):
        return self.path_file.read_text().strip()

    @property
    def hook(self):
        return (f"http://127.0.0.1:{self.ports['public']}"
                f"/hooks/whatsapp/{self.path}")

    def url(self, name, path=""):
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def postern(self, *args, check=True, stdin=None):
        """Runs one verb; gives its standard output."""
        done = subprocess.run([self.binary, "-d", str(self.data), *args],
                              capture_output=True, input=stdin, timeout=120)
        if check and done.returncode != 0:
            raise Failure(f"postern {args[0]} ended with {done.returncode}: "
                          + (done.stdout + done.stderr).decode()[-2000:])
        return done.stdout.decode()

    def secret(self, name, text):
        path = self.data / "secrets" / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def make(self, desk_url=None, channels="", helpdesks="", routes="",
             extra="", policy=None):
        """A fresh data directory, unless there is one already."""
        self.dir.mkdir(parents=True, exist_ok=True)
        fresh = not (self.data / "postern.yaml").exists()
        if fresh:
            self.postern("init")
            self.path_file.write_text(secrets.token_hex(16))
            self.secret("whatsapp-app", secrets.token_hex(16))
            self.secret("whatsapp-verify", secrets.token_urlsafe(24))
            self.secret("whatsapp-access", secrets.token_urlsafe(40))
            self.secret("desk", "whsec_" +
                        base64.b64encode(secrets.token_bytes(32)).decode())
        (self.data / "postern.yaml").write_text(SETTINGS.format(
            **self.ports, path=self.path, account=ACCOUNT,
            desk_url=desk_url or self.url("desk", "/inbox"),
            channels=channels, helpdesks=helpdesks, routes=routes,
            extra=extra))
        if policy is not None:
            (self.data / "policy.yaml").write_text(policy)
        return fresh

    # --- running ------------------------------------------------------------
    def start(self, name, argv, log=None):
        out = open(log or self.dir / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(
            argv, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        out.close()
        return self.processes[name]

    def serve(self, wait=True):
        self.start("postern", [self.binary, "-d", str(self.data), "serve"])
        if wait:
            self.wait_ready()

    def ready(self):
        if self.processes["postern"].poll() is not None:
            raise Failure("postern serve ended at once: "
                          + (self.dir / "postern.log").read_text()[-2000:])
        return call("GET", self.url("internal", "/readyz"), timeout=2)[0] == 200

    def wait_ready(self, seconds=30):
        until("postern is ready", seconds, self.ready)

    def start_phone(self, *more):
        s = self.data / "secrets"
        self.start("phone", [
            self.sim, "whatsapp", "--listen", f"127.0.0.1:{self.ports['phone']}",
            "--hook", self.hook, "--account", ACCOUNT, "--seed", str(self.seed),
            "--secret-file", str(s / "whatsapp-app"),
            "--token-file", str(s / "whatsapp-access"), *more])
        until("the phone simulator answers", 10,
              lambda: call("GET", self.url("phone", "/state"))[0] == 200)

    def desk_token(self):
        """A token of scope desk; kept beside the instance for a restart."""
        path = self.dir / "desk-token"
        if not path.exists():
            made = json.loads(self.postern(
                "token", "create", "--scope", "desk", "--helpdesk", "desk",
                "--label", "desk", "--json"))
            path.write_text(made["token"])
            path.chmod(0o600)
        return path

    def start_desk(self, *more):
        self.start("desk", [
            self.sim, "desk", "--listen", f"127.0.0.1:{self.ports['desk']}",
            "--secret-file", str(self.data / "secrets" / "desk"),
            "--api", self.url("internal"),
            "--api-token-file", str(self.dir / "desk-token"),
            "--ledger", str(self.dir / "desk.ledger"), *more])
        until("the desk simulator answers", 10,
              lambda: call("GET", self.url("desk", "/state"))[0] == 200)

    def start_all(self):
        self.serve()
        self.desk_token()
        self.start_phone()
        self.start_desk()

    def stop(self, name, sig=signal.SIGTERM, seconds=30):
        process = self.processes.pop(name, None)
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(sig)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failure(f"{name} did not stop within {seconds} s")

    def stop_all(self):
        # The gateway last: the others must cope, and so must it.
        for name in sorted(self.processes, key=lambda n: n == "postern"):
            try:
                self.stop(name)
            except Failure as failure:
                print(failure, file=sys.stderr)

    def children(self):
        """{"intake": pid, ...} of the running gateway."""
        top = self.processes["postern"].pid
        found = {}
        for entry in pathlib.Path("/proc").iterdir():
            try:
                stat = (entry / "stat").read_text()
                if int(stat.rsplit(")", 1)[1].split()[1]) != top:
                    continue
                argv = (entry / "cmdline").read_bytes().split(b"\0")
                found[argv[1].decode().lstrip("@")] = int(entry.name)
            except (OSError, ValueError, IndexError):
                continue
        return found

    # --- the policy ----------------------------------------------------------
    def person(self, name, scope="policy"):
        """The file with the token of somebody who answers for the policy."""
        path = self.dir / f"{name}-token"
        if not path.exists():
            made = json.loads(self.postern(
                "token", "create", "--scope", scope, "--label", name,
                "--days", "3660", "--json"))
            path.write_text(made["token"])
            path.chmod(0o600)
        return path

    def versions(self, path="", method="GET", body=None, name="anna"):
        """(status, answer) of a call about versions of the policy."""
        return self.api(method, "/v1/policy/versions" + path, body,
                        token=self.person(name).read_text())

    def version(self, made):
        return self.versions("/" + made["id"])[1]

    def propose(self, text, name="anna", **more):
        """A version with the next number, once its effect is counted."""
        numbers = [v["version"] for v in self.versions()[1]["versions"]]
        lines = [f"version: {max(numbers) + 1}" if line.startswith("version:")
                 else line for line in text.splitlines()]
        status, made = self.versions("", "POST", {
            "policy": "\n".join(lines) + "\n", **more}, name)
        if status != 202:
            raise Failure(f"not proposed: {status} {made}")
        return until("its effect is counted", 60, lambda: (
            lambda v: v if v["effect"] else None)(self.version(made)))

    def approve(self, made, *names):
        for name in names:
            status, made = self.versions(f"/{made['id']}/approve", "POST", {},
                                         name)
            if status != 200:
                raise Failure(f"not approved by {name}: {status} {made}")
        return made

    def adopt(self, text):
        """Makes a text the policy in force, as people do it."""
        made = self.propose(text)
        self.approve(made, *("bert", "carl", "dora")[:made["needed"]])
        until("the policy is in force", 30,
              lambda: self.version(made)["state"] == "active")
        return made

    # --- the clock -----------------------------------------------------------
    def confirm_clock(self):
        """A person says that the gateway's clock is right: until then nothing
        is deleted by one that was set ahead."""
        self.postern("sweep", "confirm-clock")

    # --- acting --------------------------------------------------------------
    def control(self, name, **how):
        call("POST", self.url(name, "/control"), how)

    def phone_text(self, text, phone="4917139200001", **more):
        return json.loads(call("POST", self.url("phone", "/phone/text"),
                               {"from": phone, "text": text, **more})[1])["id"]

    def phone_raw(self, message, phone="4917139200001", **more):
        return json.loads(call("POST", self.url("phone", "/phone/raw"), {
            "from": phone, "message": message, **more})[1])["id"]

    def phone_state(self):
        return json.loads(call("GET", self.url("phone", "/state"))[1])

    def chat(self, phone="4917139200001"):
        return json.loads(call("GET", self.url("phone", "/phone/state"))[1])[
            "chats"].get(phone, [])

    def greeted(self, phone, seconds=20):
        """Once the notice of first contact is there: what is sent from now
        on is the next thing the phone gets."""
        until("the notice of first contact", seconds, lambda: any(
            e["from"] == "business" for e in self.chat(phone)))

    def desk_state(self):
        return json.loads(call("GET", self.url("desk", "/state"))[1])

    def notes(self, kind=None):
        return [n for n in self.desk_state()["notes"]
                if kind is None or n["type"] == kind]

    def note_with(self, text, seconds=20):
        """The note whose text is exactly this, once the desk has it."""
        def look():
            return next((n for n in self.notes()
                         if n["data"].get("text") == text), None)
        return until("the desk has the message", seconds, look)

    def answer(self, conversation, text=None, **more):
        body = {"conversation": conversation, **more}
        if text is not None:
            body["text"] = text
        status, got = call("POST", self.url("desk", "/desk/answer"), body)
        return status, json.loads(got or b"{}")

    def token(self):
        return (self.dir / "desk-token").read_text().strip()

    def api(self, method, path, body=None, token=None, headers=None):
        """(status, JSON or bytes) of a call with the desk's token."""
        headers = {"Authorization": f"Bearer {token or self.token()}",
                   **(headers or {})}
        status, got = call(method, self.url("internal", path), body, headers)
        try:
            return status, json.loads(got)
        except ValueError:
            return status, got

    def load(self, *args):
        """Starts the load generator in the background."""
        return subprocess.Popen(
            [self.sim, "load", "--hook", self.hook, "--account", ACCOUNT,
             "--secret-file", str(self.data / "secrets" / "whatsapp-app"),
             *map(str, args)], stdout=subprocess.PIPE)

    def sweep(self, needles):
        """Files below the instance (not the simulators') that hold one of
        these texts in clear, as UTF-8, UTF-16, base64 or hex."""
        forms = {}
        for n in needles:
            raw = n.encode()
            forms[n] = [raw, n.encode("utf-16-le"), raw.hex().encode(),
                        json.dumps(n)[1:-1].encode()]
            for shift in range(3):
                b64 = base64.b64encode(b"\0" * shift + raw)
                cut = b64[(4 if shift else 0):-4]
                if len(cut) >= 8:
                    forms[n].append(cut)
        hits = []
        for path in list(self.data.rglob("*")) + [self.dir / "postern.log"]:
            if not path.is_file():
                continue
            try:
                content = path.read_bytes().rstrip(b"\0")
            except FileNotFoundError:
                continue
            for needle, spellings in forms.items():
                if any(s in content for s in spellings):
                    hits.append((path.name, needle))
        return hits

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)
