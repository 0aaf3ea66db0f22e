"""What Postern is measured beside: each prepares itself below one folder,
says why when it cannot, measures once per call, stops completely.  After each
measurement it is asked how much it stored; that has to be what it answered."""
import csv
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import string
import subprocess
import time

import alone

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
        600, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive",
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


def load_argv(context, world, url, *args):
    """The load generator, signing with this instance's secret."""
    return [world.sim, "load", "--hook", url, "--secret-file",
            str(world.data / "secrets" / "whatsapp-app"), "--json",
            "--bytes", str(context.text_bytes), *map(str, args)]


def load(context, world, url, *args):
    """One run of the load generator; its figures.  All have to be taken."""
    done = subprocess.run(load_argv(context, world, url, *args),
                          stdout=subprocess.PIPE, timeout=180,
                          stdin=subprocess.DEVNULL)
    figures = json.loads(done.stdout)
    if figures["failed"] or figures["acknowledged"] != figures["sent"]:
        raise Skip(f"{figures['failed']} of {figures['sent']} requests were "
                   "not answered 200")
    return figures


def folder_bytes(folder):
    return sum(p.stat().st_size for p in folder.iterdir())


def grown(by, figures):
    """Whether files of 8 MiB each, closed ones cut to their records, have
    grown by what was acknowledged."""
    if by < 0.9 * figures["acknowledged"] * figures["body_bytes"] - (8 << 20):
        raise ValueError("its files have not what was acknowledged")


def same(stored, answered):
    if stored != answered:
        raise Skip(f"answered {answered}, stored {stored}")


class Server:
    """One process, or a tree of them, and a folder of its own."""

    def __init__(self, context, name):
        self.context, self.process = context, None
        self.port = w.free_port()
        self.home = context.dir / f"{name}-{context.slow_us}"
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()

    def env(self, **more):
        """The library that makes every flush slower, if this is its turn."""
        slow = self.context.slow_library
        return {**os.environ, **more, **({"LD_PRELOAD": str(slow)} if slow
                                         else {})}

    def begin(self, argv, cwd=None):
        self.process = subprocess.Popen(argv, cwd=cwd or self.home,
                                        env=self.env(), **QUIET)
        try:
            wait_port(self.port)
        except Skip:
            end(self.process)
            raise

    def warm(self, seconds):
        """Not counted: compilers that learn while they run, first pages."""
        self.measure(seconds)
        self.is_slowed()

    def is_slowed(self):
        """The loader only warns when it cannot preload a library."""
        library = self.context.slow_library
        for pid in alone.tree(self.roots()[:1]) if library else ():
            try:
                maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
            except OSError:
                continue  # it has just ended
            if maps and library.name not in maps:
                raise Skip("a process of it does not have the slower flush")

    def roots(self):
        return [self.process.pid]

    def asleep(self):
        return []

    def stop(self):
        if self.process is not None:
            alone.thaw(self)
            end(self.process)
        shutil.rmtree(self.home, ignore_errors=True)


class Bare(Server):
    """libmicrohttpd, suspend and resume on every request, no work."""

    def __init__(self, context):
        super().__init__(context, "bare-server")
        self.begin([str(context.dir / "bare"), str(self.port)])

    def measure(self, seconds):
        return load(self.context, self.context.signer,
                    f"http://127.0.0.1:{self.port}/hooks/bare",
                    "--seconds", seconds)


class Floor(Server):
    """The same library; verify, seal, one write and flush per group, answer:
    the work that nobody can leave out, and nothing else."""

    def __init__(self, context):
        super().__init__(context, "floor")
        self.spool = self.home / "spool"
        self.spool.mkdir()
        secret = context.signer.data / "secrets" / "whatsapp-app"
        self.begin([str(context.dir / "floor"), str(self.port), str(secret),
                    str(self.spool)])

    def measure(self, seconds):
        for path in sorted(self.spool.iterdir())[:-1]:
            path.unlink()
        before = folder_bytes(self.spool)
        figures = load(self.context, self.context.signer,
                       f"http://127.0.0.1:{self.port}/hooks/floor",
                       "--seconds", seconds)
        grown(folder_bytes(self.spool) - before, figures)
        return figures


class Node(Server):
    """Fastify, better-sqlite3, sodium-native; HMAC, parse, seal, insert."""

    def __init__(self, context, mode):
        super().__init__(context, f"node-{mode}")
        modules = context.dir / "node"
        self.prepare(modules)
        self.file = self.home / "messages.db"
        self.answered = 0
        secret = context.signer.data / "secrets" / "whatsapp-app"
        self.begin(["node", "service.js", str(self.port), str(secret),
                    str(self.file), mode], modules)

    @staticmethod
    def prepare(home):
        install("nodejs", "node")
        install("npm", "npm")
        home.mkdir(exist_ok=True)
        for name in ("package.json", "service.js"):
            shutil.copy(HERE / "node" / name, home / name)
        built = home / "node_modules/better-sqlite3/build/Release"
        if not (built / "better_sqlite3.node").exists():
            print("   npm install", flush=True)
            run(["npm", "install", "--no-audit", "--no-fund"], 600, cwd=home)
        if not (built / "better_sqlite3.node").exists():
            raise Skip("npm did not build better-sqlite3")

    def measure(self, seconds):
        figures = load(self.context, self.context.signer,
                       f"http://127.0.0.1:{self.port}/hooks/node",
                       "--seconds", seconds)
        self.answered += figures["acknowledged"]
        db = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)
        stored = db.execute("SELECT count(DISTINCT wamid) FROM message"
                            " WHERE length(sealed) > ?",
                            (self.context.body_bytes,)).fetchone()[0]
        db.close()
        same(stored, self.answered)
        return figures


class Redis(Server):
    """SET of the same number of bytes, appendfsync always."""

    def __init__(self, context, clients):
        install("redis-server", "redis-server")
        super().__init__(context, f"redis-{clients}")
        self.clients = clients
        self.count = 2000 if context.slow_us else 20000
        self.begin(["redis-server", "--port", str(self.port), "--bind",
                    "127.0.0.1", "--save", "", "--appendonly", "yes",
                    "--appendfsync", "always",
                    "--auto-aof-rewrite-percentage", "0", "--dir",
                    str(self.home)])

    def stored(self):
        """SET commands it carried out without an error."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as s:
            s.sendall(b"INFO everything\r\nQUIT\r\n")
            text = b"".join(iter(lambda: s.recv(65536), b"")).decode()
        if "aof_last_write_status:ok" not in text:
            raise Skip("its log could not be written")
        found = re.search(r"cmdstat_set:calls=(\d+),.*?rejected_calls=(\d+),"
                          r"failed_calls=(\d+)", text)
        return int(found[1]) - int(found[2]) - int(found[3]) if found else 0

    def measure(self, seconds):
        before = self.stored()
        text = run(["redis-benchmark", "-p", str(self.port), "-c",
                    str(self.clients), "-n", str(self.count), "-d",
                    str(self.context.body_bytes), "-r", "100000", "-t", "set",
                    "--csv"], 90)
        same(self.stored() - before, self.count)
        row = next(r for r in csv.reader(text.splitlines()) if r[0] == "SET")
        rate = float(row[1])
        self.count = max(500, int(rate * seconds))
        return {"per_second": rate, "p50_ms": float(row[4]),
                "p99_ms": float(row[6])}


class Postgres(Server):
    """Single-row commits of the same bytes: pgbench.  The bytes travel as a
    parameter of a prepared statement."""

    def __init__(self, context, clients):
        self.bin = self.find()
        try:
            self.user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            raise Skip("there is no user postgres")
        if os.geteuid() != 0:
            raise Skip("only root can become postgres")
        super().__init__(context, f"postgres-{clients}")
        self.clients, self.had = clients, 0
        self.data = self.home / "data"
        shutil.chown(self.home, self.user)
        self.tool("initdb", "-N", "-D", self.data, "-A", "trust", "-U",
                  "postgres")
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"listen_addresses='127.0.0.1'\nport={self.port}\n"
                       "unix_socket_directories=''\nfsync=on\n"
                       "synchronous_commit=on\nwal_sync_method=fdatasync\n"
                       "max_connections=120\nmax_wal_size='1GB'\n")
        self.tool("pg_ctl", "-D", self.data, "-w", "-l", self.home / "log",
                  "start", env=self.env())
        try:
            self.sql("CREATE TABLE message (id bigserial PRIMARY KEY,"
                     " body bytea)")
        except Skip:
            self.stop()
            raise
        (self.home / "insert.sql").write_text(
            "INSERT INTO message (body) VALUES (:body);\n")
        letters = (string.ascii_letters + string.digits).encode()
        self.body = bytes(letters[b % len(letters)] for b in os.urandom(
            context.body_bytes)).decode()

    @staticmethod
    def find():
        places = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not places:
            install("postgresql", "pg_ctlcluster")
            places = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not places:
            raise Skip("PostgreSQL is not installed")
        return places[-1]

    def tool(self, name, *args, seconds=60, **more):
        return run(["runuser", "-u", self.user, "--", str(self.bin / name),
                    *map(str, args)], seconds, cwd=self.home, **more)

    def at(self):
        return ["-h", "127.0.0.1", "-p", self.port, "-U", "postgres"]

    def sql(self, text):
        return self.tool("psql", *self.at(), "-Atqc", text).strip()

    def roots(self):
        return [int((self.data / "postmaster.pid").read_text().split()[0])]

    def stored(self):
        return int(self.sql("SELECT count(*) FROM message WHERE length(body)"
                            f" = {self.context.body_bytes}"))

    def measure(self, seconds):
        text = self.tool("pgbench", *self.at(), "-n", "-M", "prepared", "-c",
                         self.clients, "-j", 2, "-T", max(1, int(seconds)),
                         "-D", f"body={self.body}", "-l", "--log-prefix",
                         self.home / "took", "-f", self.home / "insert.sql",
                         "postgres")
        before, self.had = self.had, self.stored()
        same(self.had - before, int(re.search(
            r"actually processed: (\d+)", text)[1]))
        took = []
        for log in self.home.glob("took.*"):
            took += [int(line.split()[2]) for line in open(log)]
            log.unlink()
        took.sort()
        self.sql("CHECKPOINT")  # not in the time of the next
        return {"per_second": float(re.search(r"tps = ([\d.]+)", text)[1]),
                "p50_ms": took[len(took) // 2] / 1000,
                "p99_ms": took[len(took) * 99 // 100] / 1000}

    def stop(self):
        try:
            alone.thaw(self)
            self.tool("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        except (Skip, OSError):
            pass
        shutil.rmtree(self.home, ignore_errors=True)


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
import_environment = {imported}
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


class Postfix(Server):
    """smtp-source -> relay with its normal queue sync -> smtp-sink."""

    def __init__(self, context):
        self.sink = None
        if os.geteuid() != 0:
            raise Skip("only root can run a Postfix of its own")
        self.installable()
        super().__init__(context, "postfix")
        self.etc = self.home / "etc"
        for name in ("etc", "queue", "data"):
            (self.home / name).mkdir(parents=True)
        try:
            shutil.chown(self.home / "data", "postfix")
        except LookupError:
            raise Skip("the package made no user postfix")
        self.sink_port = w.free_port()
        imported = "MAIL_CONFIG MAIL_LOGTAG TZ LANG=C"
        if context.slow_library:
            imported += f" LD_PRELOAD={context.slow_library}"
        (self.etc / "main.cf").write_text(POSTFIX_MAIN.format(
            home=self.home, sink=self.sink_port, imported=imported))
        (self.etc / "master.cf").write_text(POSTFIX_MASTER.format(
            port=f"127.0.0.1:{self.port}"))
        self.sink = subprocess.Popen(
            ["smtp-sink", "-u", "nobody", f"127.0.0.1:{self.sink_port}",
             "1000"], **QUIET)
        self.count = 300
        try:
            self.postfix("start")
            wait_port(self.port)
        except Skip:
            self.stop()
            raise

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
                              env=self.env(MAIL_CONFIG=str(self.etc)),
                              timeout=60, **QUIET)
        if done.returncode != 0 and verb == "start":
            log = self.home / "log"
            raise Skip("postfix start failed: " + (
                log.read_text()[-300:] if log.exists() else "no log"))

    def roots(self):
        master = (self.home / "queue/pid/master.pid").read_text()
        return [int(master), self.sink.pid]

    def waiting(self):
        return sum(1 for name in ("maildrop", "incoming", "active", "deferred")
                   for root, _, files in os.walk(self.home / "queue" / name)
                   for _ in files)

    def relayed(self):
        log = self.home / "log"
        return log.read_text().count("status=sent") if log.exists() else 0

    def measure(self, seconds):
        before, began = self.relayed(), time.monotonic()
        run(["smtp-source", "-d", "-s", "32", "-m", str(self.count), "-l",
             str(self.context.body_bytes), "-f", "a@bench.invalid", "-t",
             "b@bench.invalid", f"127.0.0.1:{self.port}"], 60)
        accepted = self.count / (time.monotonic() - began)
        try:
            w.until("Postfix has relayed all", 60,
                    lambda: self.waiting() == 0, 0.02)
        except w.Failure as failure:
            raise Skip(str(failure))
        rate = self.count / (time.monotonic() - began)
        w.until("Postfix has logged all", 5,
                lambda: self.relayed() - before >= self.count)
        same(self.relayed() - before, self.count)
        self.count = max(100, int(rate * seconds))
        return {"per_second": rate, "accepted_per_second": accepted}

    def stop(self):
        try:
            alone.thaw(self)
        except (OSError, ValueError):
            pass
        self.postfix("stop")
        end(self.sink)
        shutil.rmtree(self.home, ignore_errors=True)


def prepare(context):
    """Installs what is missing, before any clock runs; who cannot be had says
    so when it is its turn to start."""
    for step in (lambda: Node.prepare(context.dir / "node"),
                 lambda: install("redis-server", "redis-server"),
                 Postgres.find, Postfix.installable):
        try:
            step()
        except (Skip, OSError, subprocess.SubprocessError):
            pass
