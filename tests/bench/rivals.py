"""What Postern is measured beside: each prepares itself below one folder,
says why when it cannot, measures once per call, stops completely."""
import csv
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import time

import world as w

HERE = pathlib.Path(__file__).resolve().parent
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
         "stdin": subprocess.DEVNULL}


class Skip(Exception):
    """Cannot run here; the text says why."""


def run(argv, seconds=60, **more):
    done = subprocess.run(argv, capture_output=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        tail = (done.stdout + done.stderr).decode(errors="replace")[-300:]
        raise Skip(f"{argv[0]} ended with {done.returncode}: {tail}")
    return done.stdout.decode(errors="replace")


def install(package, program):
    """apt-get, as root only; started services of the package are not wanted."""
    if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
        return
    if os.geteuid() != 0:
        raise Skip(f"{program} is missing and only root can install it")
    print(f"   installing {package}", flush=True)
    run(["apt-get", "install", "-y", "-q", "--no-install-recommends", package],
        300, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive",
                  "RUNLEVEL": "1"})


def wait_port(port, seconds=20):
    try:
        w.until("a rival listens", seconds, lambda: w.port_taken(port))
    except w.Failure as failure:
        raise Skip(str(failure))


def end(process):
    if process is not None and process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def load(context, url, *args):
    """One run of the load generator; its figures."""
    done = subprocess.run(
        [context.sim, "load", "--hook", url, "--secret-file",
         str(context.secret), "--json", "--bytes", str(context.text_bytes),
         *map(str, args)], stdout=subprocess.PIPE, timeout=180,
        stdin=subprocess.DEVNULL)
    return json.loads(done.stdout)


class Bare:
    """libmicrohttpd, suspend and resume on every request, no work."""

    def __init__(self, context):
        self.port = w.free_port()
        self.process = subprocess.Popen(
            [str(context.dir / "bare"), str(self.port)], **QUIET)
        self.context = context
        wait_port(self.port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hooks/bare"

    def count(self):
        return int(w.call("GET", self.url)[1] or 0)

    def measure(self, seconds):
        return load(self.context, self.url, "--seconds", seconds)

    def stop(self):
        end(self.process)


class Node:
    """Fastify, better-sqlite3, sodium-native; HMAC, parse, seal, insert."""

    def __init__(self, context, mode):
        self.context, self.process = context, None
        home = context.dir / "node"
        home.mkdir(exist_ok=True)
        self.prepare(home)
        self.port = w.free_port()
        for old in home.glob(f"{mode}.db*"):
            old.unlink()
        self.process = subprocess.Popen(
            ["node", "service.js", str(self.port), str(context.secret),
             f"{mode}.db", mode], cwd=home, **QUIET)
        wait_port(self.port)

    @staticmethod
    def prepare(home):
        install("nodejs", "node")
        install("npm", "npm")
        for name in ("package.json", "service.js"):
            shutil.copy(HERE / "node" / name, home / name)
        built = home / "node_modules/better-sqlite3/build/Release"
        if not (built / "better_sqlite3.node").exists():
            print("   npm install", flush=True)
            run(["npm", "install", "--no-audit", "--no-fund"], 240, cwd=home)
        if not (built / "better_sqlite3.node").exists():
            raise Skip("npm did not build better-sqlite3")

    def measure(self, seconds):
        return load(self.context, f"http://127.0.0.1:{self.port}/hooks/node",
                    "--seconds", seconds)

    def stop(self):
        end(self.process)


class Redis:
    """SET of the same number of bytes, appendfsync always."""

    def __init__(self, context, clients):
        install("redis-server", "redis-server")
        self.context, self.clients = context, clients
        self.port = w.free_port()
        home = context.dir / f"redis-{clients}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        self.count = 20000
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "yes", "--appendfsync", "always",
             "--auto-aof-rewrite-percentage", "0", "--dir", str(home)],
            **QUIET)
        wait_port(self.port)

    def measure(self, seconds):
        text = run(["redis-benchmark", "-p", str(self.port), "-c",
                    str(self.clients), "-n", str(self.count), "-d",
                    str(self.context.body_bytes), "-r", "1000000", "-t", "set",
                    "--csv"], 90)
        row = next(r for r in csv.reader(text.splitlines()) if r[0] == "SET")
        rate = float(row[1])
        self.count = max(5000, int(rate * seconds))
        return {"per_second": rate, "p50_ms": float(row[4]),
                "p99_ms": float(row[6])}

    def stop(self):
        end(self.process)


class Postgres:
    """Single-row commits of the same bytes: pgbench, 16 clients."""

    def __init__(self, context):
        self.bin = self.find()
        try:
            self.user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            raise Skip("there is no user postgres")
        self.home = context.dir / "postgres"
        self.data = self.home / "data"
        self.port = w.free_port()
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()
        shutil.chown(self.home, self.user)
        if os.geteuid() != 0:
            raise Skip("only root can become postgres")
        self.tool("initdb", "-D", self.data, "-A", "trust", "-U", "postgres")
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"listen_addresses='127.0.0.1'\nport={self.port}\n"
                       "unix_socket_directories=''\nfsync=on\n"
                       "synchronous_commit=on\nmax_wal_size='1GB'\n")
        self.tool("pg_ctl", "-D", self.data, "-w", "-l", self.home / "log",
                  "start")
        self.sql("CREATE TABLE message (id bigserial PRIMARY KEY, body bytea)")
        script = self.home / "insert.sql"
        script.write_text("INSERT INTO message (body) VALUES ('\\x"
                          + os.urandom(context.body_bytes).hex() + "');\n")
        script.chmod(0o644)

    @staticmethod
    def find():
        places = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not places:
            install("postgresql", "pg_ctlcluster")
            places = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not places:
            raise Skip("PostgreSQL is not installed")
        return places[-1]

    def tool(self, name, *args, seconds=60):
        return run(["runuser", "-u", self.user, "--", str(self.bin / name),
                    *map(str, args)], seconds, cwd=self.home)

    def at(self):
        return ["-h", "127.0.0.1", "-p", self.port, "-U", "postgres"]

    def sql(self, text):
        self.tool("psql", *self.at(), "-qc", text)

    def measure(self, seconds):
        text = self.tool("pgbench", *self.at(), "-n", "-M", "prepared", "-c",
                         16, "-j", 2, "-T", max(1, int(seconds)), "-f",
                         self.home / "insert.sql", "postgres")
        rate = float(re.search(r"tps = ([\d.]+)", text)[1])
        return {"per_second": rate, "p50_ms": float(
            re.search(r"latency average = ([\d.]+)", text)[1])}

    def stop(self):
        try:
            self.tool("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        except Skip:
            pass


POSTFIX_MASTER = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = bench.invalid
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
relayhost = [127.0.0.1]:{sink}
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_host_lookup = native
disable_dns_lookups = yes
smtpd_client_connection_count_limit = 0
default_process_limit = 100
"""


class Postfix:
    """smtp-source -> relay with its normal queue sync -> smtp-sink."""

    def __init__(self, context):
        self.sink = None
        if os.geteuid() != 0:
            raise Skip("only root can run a Postfix of its own")
        self.installable()
        self.context = context
        self.home = context.dir / "postfix"
        self.etc = self.home / "etc"
        self.env = {**os.environ, "MAIL_CONFIG": str(self.etc)}
        shutil.rmtree(self.home, ignore_errors=True)
        for name in ("etc", "queue", "data"):
            (self.home / name).mkdir(parents=True)
        try:
            shutil.chown(self.home / "data", "postfix")
        except LookupError:
            raise Skip("the package made no user postfix")
        self.port, self.sink_port = w.free_port(), w.free_port()
        (self.etc / "main.cf").write_text(POSTFIX_MAIN.format(
            home=self.home, sink=self.sink_port))
        (self.etc / "master.cf").write_text(POSTFIX_MASTER.format(
            port=f"127.0.0.1:{self.port}"))
        self.sink = subprocess.Popen(
            ["smtp-sink", "-u", "nobody", f"127.0.0.1:{self.sink_port}",
             "1000"], **QUIET)
        self.postfix("start")
        wait_port(self.port)
        self.count = 300

    @staticmethod
    def installable():
        if shutil.which("postfix", path="/usr/sbin:/usr/bin"):
            return
        others = run(["sh", "-c", "dpkg-query -W -f '${Package} ${Provides}"
                      " ${db:Status-Status}\\n' | grep mail-transport-agent |"
                      " grep ' installed' || true"])
        if others.strip():
            raise Skip("another mail server is installed; it stays")
        install("postfix", "postfix")

    def postfix(self, verb):
        """It daemonises with our pipes, so it gets none."""
        done = subprocess.run(["postfix", "-c", str(self.etc), verb],
                              env=self.env, timeout=60, **QUIET)
        if done.returncode != 0 and verb == "start":
            log = self.home / "log"
            raise Skip("postfix start failed: " + (
                log.read_text()[-300:] if log.exists() else "no log"))

    def waiting(self):
        return sum(1 for name in ("maildrop", "incoming", "active", "deferred")
                   for root, _, files in os.walk(self.home / "queue" / name)
                   for _ in files)

    def measure(self, seconds):
        began = time.monotonic()
        run(["smtp-source", "-s", "32", "-m", str(self.count), "-l",
             str(self.context.body_bytes), "-f", "a@bench.invalid", "-t",
             "b@bench.invalid", f"127.0.0.1:{self.port}"], 60, env=self.env)
        accepted = self.count / (time.monotonic() - began)
        try:
            w.until("Postfix has relayed all", 60,
                    lambda: self.waiting() == 0, 0.02)
        except w.Failure as failure:
            raise Skip(str(failure))
        rate = self.count / (time.monotonic() - began)
        self.count = max(100, int(rate * seconds))
        return {"per_second": rate, "accepted_per_second": accepted}

    def stop(self):
        if self.etc.exists():
            self.postfix("stop")
        end(self.sink)
