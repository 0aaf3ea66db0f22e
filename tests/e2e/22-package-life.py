#!/usr/bin/env python3
"""Goal: the package lives its whole life, under load, and loses nothing.

Installed, started as its unit says, upgraded to a rebuilt package, downgraded
by mistake, removed and installed again while a provider sends, purged; all on
a private machine over this one (machine.py), where the script plays systemd.
Proves: "install, start by systemd-style command line, send, upgrade to a
rebuilt package while sending, remove: nothing lost, nothing left behind
except data".
"""
import hashlib
import os
import pathlib
import re
import resource
import shutil
import sys
import tempfile
import time
import traceback

from case import CASES, case, check, equal, w
from installed import (ACCOUNTS, DATA, UNITS, USERS, Installed, digest,
                       drop_in, ledger, left_behind)
import machine
import manager
import package

# --- installed ---------------------------------------------------------------


@case
def installing_makes_users_and_a_place_and_starts_nothing(world):
    said, asked = world.dpkg("-i", world.old)
    equal(asked, ["daemon-reload"], "asked of systemctl")
    check("postern init" in said, said)
    users = [world.machine.user(u) for u in USERS]
    check(all(users), "users are missing")
    for user in users:
        equal(user["shell"], "/usr/sbin/nologin", user["name"])
        check(user["uid"] < 1000, f"{user['name']} is no system user")
    equal(sorted(world.machine.group("postern")["members"]),
          ["postern-intake", "postern-keeper", "postern-worker"], "group")
    st = world.data.stat()
    equal((oct(st.st_mode & 0o7777), st.st_uid, st.st_gid),
          ("0o700", users[0]["uid"], users[0]["gid"]), "the place of the data")
    equal(list(world.data.iterdir()), [], "data comes with the package")
    equal(world.machine.run("dpkg", "--verify", "postern"), "", "dpkg -V")
    outside = {p for p in left_behind(world)
               if p.startswith("/etc/")} - ACCOUNTS
    equal(outside, set(), "settings come with the package")


@case
def its_users_and_its_place_come_back_when_asked(world):
    accounts = {n: (world.machine.root / n[1:]).read_bytes()
                for n in ACCOUNTS if (world.machine.root / n[1:]).exists()}
    world.machine.run("systemd-sysusers", "postern.conf")
    for name, text in accounts.items():
        equal((world.machine.root / name[1:]).read_bytes(), text, name)
    was = world.data.stat()
    world.data.rmdir()
    world.machine.run("systemd-tmpfiles", "--create", "postern.conf")
    now = world.data.stat()
    equal((now.st_mode, now.st_uid, now.st_gid),
          (was.st_mode, was.st_uid, was.st_gid), "by tmpfiles")


@case
def enabled_before_init_it_does_not_start(world):
    world.machine.run("systemctl", "enable", manager.UNIT)
    check(not world.manager.start(), "it started without settings")


@case
def init_as_its_user_makes_files_for_nobody_else(world):
    world.make()
    world.own()
    world.postern("check")
    uid = world.machine.user("postern")["uid"]
    equal(world.data.stat().st_mode & 0o7777, 0o700, "the place of the data")
    for path in [world.data, *world.data.rglob("*")]:
        st = path.lstat()
        equal(st.st_uid, uid, path.name)
        # A public key is public.
        check(st.st_mode & 0o077 == 0 or path.name == "spool.pub", path.name)


# --- running ---------------------------------------------------------------------


def status_of(pid):
    return dict(line.split(":\t", 1) for line in
                pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                if ":\t" in line)


def limited(pid, which, wanted):
    """Whether both limits are so, or where root here cannot raise its own as
    some containers' cannot, what it had."""
    most = resource.getrlimit(which)[1]
    raises = int(status_of("self")["CapEff"], 16) >> 24 & 1
    if not raises and most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    equal(resource.prlimit(pid, which), (wanted, wanted), f"limit {which}")


@case
def it_starts_as_its_unit_says(world):
    check(world.manager.start(), "a condition is not met")
    world.running()
    top = world.processes["postern"].pid
    uid = str(world.machine.user("postern")["uid"])
    equal(sorted(world.children()), ["intake", "keeper", "worker"], "children")
    for pid in (top, *world.children().values()):
        status = status_of(pid)
        equal(set(status["Uid"].split()), {uid}, "user")
        equal(status["Groups"].split(), [], "further groups")
        for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            equal(int(status[name], 16), 0, name)
        equal(status["NoNewPrivs"], "1", "no_new_privs")
        equal(status["Seccomp"], "2", "seccomp")
        limited(pid, resource.RLIMIT_CORE, 0)
        limited(pid, resource.RLIMIT_MEMLOCK, 64 << 20)
        limited(pid, resource.RLIMIT_NOFILE, 65536)
    flags = {line.split()[4]: line.split()[5].split(",") for line in
             pathlib.Path(f"/proc/{top}/mountinfo").read_text().splitlines()}
    check({"ro", "noexec"} <= set(flags["/"]), flags["/"])
    check({"rw", "noexec"} <= set(flags[DATA]), flags[DATA])
    nice = pathlib.Path(f"/proc/{world.children()['worker']}/stat").read_text()
    equal(nice.rsplit(")", 1)[1].split()[16], "10", "the worker's niceness")


@case
def nothing_it_wants_is_refused(world):
    log = world.log()
    equal(log.count('"sandbox.entered"'), 3, "sandboxes")
    loud = [li for li in log.splitlines() if '"level":"info"' not in li
            and (machine.has_landlock() or "no_landlock" not in li)]
    equal(loud, [], "warnings of the first start")


@case
def messages_pass_both_ways(world):
    world.desk_token()
    world.start_phone()
    world.start_desk()
    world.phone_text("Grüß Gott aus dem Paket")
    note = world.note_with("Grüß Gott aus dem Paket")
    world.answer(note["data"]["conversation"], "Gleichfalls")
    w.until("the answer is there", 20, lambda: any(
        m.get("text") == "Gleichfalls" for m in world.chat()))
    # From here on the ledger is of the load alone.
    os.truncate(world.dir / "desk.ledger", 0)


@case
def reload_reaches_it(world):
    seen = world.log().count('"serve.reloaded"')
    world.manager.reload()
    w.until("it has reloaded", 30,
            lambda: world.log().count('"serve.reloaded"') > seen)
    world.running()


# --- upgraded, downgraded -----------------------------------------------------------


def a_worker_dies(world):
    """After the new program is in place and before the old one ends."""
    check(world.machine.run("postern", "version").startswith(
        f"postern {world.version}\n"), "the new program is not there yet")
    world.more(50)
    worker, stored = world.children()["worker"], world.stored()
    os.kill(worker, 9)
    w.until("another worker archives", 30, lambda: world.children().get(
        "worker") not in (None, worker) and world.stored() > stored)
    check(os.readlink(f"/proc/{world.processes['postern'].pid}/exe").endswith(
        "(deleted)"), "the old program is not the one that runs")


@case
def an_upgrade_while_sending_loses_nothing(world):
    kept = {path: path.read_bytes() for path in
            (world.data / "postern.yaml", world.data / "policy.yaml")}
    text = (world.data / "postern.yaml").read_text()
    (world.data / "postern.yaml").write_text(f"# by the operator\n{text}")
    kept[world.data / "postern.yaml"] = f"# by the operator\n{text}".encode()
    drop_in(world, "local.conf", "[Service]\nLimitNOFILE=32768\n")
    world.send()
    world.more()
    world.manager.before_restart = lambda: a_worker_dies(world)
    said, asked = world.dpkg("-i", world.new)
    world.manager.before_restart = lambda: None
    equal(asked, ["daemon-reload", "try-restart"], "asked of systemctl")
    check("postern init" not in said, said)
    world.running()
    world.more()
    world.sends()
    top = world.processes["postern"].pid
    check(not os.readlink(f"/proc/{top}/exe").endswith("(deleted)"),
          "the old program still runs")
    limited(top, resource.RLIMIT_NOFILE, 32768)
    for path, content in kept.items():
        equal(path.read_bytes(), content, path.name)
    equal(schema(world), world.schema, "schema")
    w.until("the first 300 are at the desk", 60, lambda: not ledger.missing(
        world, ledger.lines(world.dir / "load.ledger", "acked")[:300]))


def schema(world):
    return int.from_bytes(ledger.rows(
        world, "SELECT value FROM meta WHERE name='schema'")[0][0], "big")


def archive(world):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest()
            for p in world.data.glob("postern.db*") if "-shm" not in p.name}


@case
def an_older_package_refuses_the_archive_and_touches_nothing(world):
    seen = {}
    world.manager.between = lambda: seen.update(archive(world))
    world.dpkg("-i", world.old)
    world.manager.between = lambda: None
    w.until("it says why", 30,
            lambda: "archive made by a newer Postern" in world.log())
    # The intake has its own files: what it acknowledges waits in the spool.
    world.more()
    check(not world.ready(), "it calls itself ready")
    check(seen, "no archive was looked at")
    equal(archive(world), seen, "the archive")
    world.dpkg("-i", world.new)
    world.running()
    world.more()


# --- other ways to run it --------------------------------------------------------------


PUBLISHED = ("ledger: {publish: true, checkpoint: {minutes: 1440,"
             " entries: 1}}\n")


def published(world):
    """The intake shows a checkpoint made just now."""
    url = world.url("public", "/ledger/checkpoint")

    def size():
        status, body = w.call("GET", url)
        return int(body.split(b"\n")[1]) if status == 200 else 0

    before = size()
    world.more()
    w.until("a newer checkpoint is shown", 60, lambda: size() > before, 0.2)


@case
def the_root_key_may_be_a_credential(world):
    world.manager.stop()
    store = world.machine.root / "etc/credstore"
    store.mkdir(exist_ok=True)
    shutil.move(world.data / "keys/root", store / "postern-root")
    os.chown(store / "postern-root", 0, 0)
    drop_in(world, "credential.conf", "[Service]\nLoadCredential="
            "postern-root:/etc/credstore/postern-root\n")
    settings = world.data / "postern.yaml"
    settings.write_text(settings.read_text()
                        + "keys: {credential: postern-root}\n" + PUBLISHED)
    world.manager.start()
    world.running()
    published(world)


@case
def three_users_take_the_data_over_and_give_it_back(world):
    root = world.machine.root
    world.manager.stop()
    world.machine.run("chown", "-R", "root:", DATA)
    shutil.copy(root / "usr/share/doc/postern/examples/three-users.conf",
                root / UNITS / f"{manager.UNIT}.d")
    world.manager.start()
    world.running()
    published(world)
    for role, pid in world.children().items():
        equal(status_of(pid)["Uid"].split()[0],
              str(world.machine.user(f"postern-{role}")["uid"]), role)
    # Both ways as docs/operation.md says, and the root key to its place.
    world.manager.stop()
    for name in ("three-users.conf", "credential.conf"):
        (root / UNITS / f"{manager.UNIT}.d" / name).unlink()
    settings = world.data / "postern.yaml"
    settings.write_text(settings.read_text().replace(
        "keys: {credential: postern-root}\n", "").replace(PUBLISHED, ""))
    shutil.move(root / "etc/credstore/postern-root", world.data / "keys/root")
    (root / "etc/credstore").rmdir()
    world.machine.run("chown", "-R", "postern:", DATA)
    world.manager.start()
    world.running()
    world.more()


# --- removed ------------------------------------------------------------------------


@case
def removing_leaves_the_data_and_nothing_else(world):
    shutil.rmtree(world.machine.root / UNITS / f"{manager.UNIT}.d")
    _, asked = world.dpkg("-r", "postern")
    check("stop" in asked and not world.manager.active(), asked)
    world.sends()
    gone = world.acked()
    equal(set(left_behind(world)) - ACCOUNTS, set(), "left behind")
    check((world.data / "keys/root").exists(), "the keys went")
    world.dpkg("-i", world.new)
    equal(world.acked(), gone, "acknowledged by nobody")
    check(not world.manager.active(), "it was started")
    check(world.manager.start(), "a condition is not met")
    world.running()
    world.more()


@case
def every_acknowledged_message_arrived_in_order(world):
    world.sender.terminate()
    world.sender.wait(60)
    log = world.dir / "load.ledger"
    acked, sent, doubles = ledger.check_all(world, log, kills=1,
                                           before=1)
    print(f"   {acked} acknowledged of {sent} sent, {doubles} told twice")
    check(acked > 1000, "hardly any load went through")
    loud = {re.search(r'"event":"([^"]*)"', li)[1] for li in
            world.log().splitlines() if '"level":"error"' in li}
    equal(loud, {"worker.cannot_start"}, "errors but the older package's")


@case
def a_purge_leaves_the_data_to_its_owner(world):
    world.machine.run("systemctl", "enable", manager.UNIT)
    said, _ = world.dpkg("--purge", "postern")
    check(not world.manager.active(), "it still runs")
    check(f"{DATA} stays" in said, said)
    equal(set(left_behind(world)) - ACCOUNTS, set(), "left behind")
    equal([u for u in USERS if world.machine.user(u)], ["postern"],
          "a number that owns data must not be given to somebody else")


@case
def what_was_purged_can_be_installed_again(world):
    before = digest(world.data)
    said, asked = world.dpkg("-i", world.new)
    equal(asked, ["daemon-reload"], "asked of systemctl")
    check("postern init" not in said, said)
    equal(digest(world.data), before, "data was touched")
    check(world.manager.start(), "a condition is not met")
    world.running()
    world.phone_text("Nach dem Aufräumen")
    world.note_with("Nach dem Aufräumen")
    world.manager.stop()
    before = digest(world.data)
    world.dpkg("--purge", "postern")
    equal(digest(world.data), before, "the purge touched data")


@case
def without_data_nothing_at_all_is_left(world):
    shutil.rmtree(world.data)
    world.dpkg("-i", world.new)
    world.dpkg("--purge", "postern")
    equal([u for u in USERS if world.machine.user(u)], [], "users")
    equal(left_behind(world), {}, "left behind")


# --- the script ----------------------------------------------------------------------


def live(directory):
    """Inside: every case in order; one that fails ends it."""
    directory = pathlib.Path(directory)
    (directory / "machine").mkdir()
    try:
        private = machine.Machine(directory / "machine")
    except machine.Impossible as why:
        print(f"skipped package_life: {why}")
        return 0
    world = Installed(directory / "world", private)
    shutil.copytree(directory / "debs", private.root / "tmp/debs")
    old, new = sorted((directory / "debs").glob("*.deb"))
    world.old, world.new = f"/tmp/debs/{old.name}", f"/tmp/debs/{new.name}"
    world.version = package.field(new, "Version")
    world.programs = directory / "programs"
    world.schema = int((directory / "schema").read_text())
    world.before = private.diff()
    failed = 0
    for function in CASES:
        began = time.monotonic()
        try:
            function(world)
            print(f"ok {function.__name__}", flush=True)
        except Exception:
            failed += 1
            print(f"FAILED {function.__name__}", flush=True)
            traceback.print_exc(file=sys.stdout)
            if (world.dir / "postern.log").exists():
                print(f"--- last log lines\n{world.log()[-3000:]}")
        print(f"   {time.monotonic() - began:.1f} s", flush=True)
        if failed:
            break
    world.stop_all()
    return 1 if failed else 0


def lacking(deb):
    """What this machine lacks to take the package."""
    for name in ("systemctl", "systemd-sysusers", "systemd-tmpfiles",
                 "systemd-analyze", "runuser", "chroot"):
        if shutil.which(name) is None:
            return f"{name} is not installed"
    if shutil.which("postern") or os.path.exists(DATA) or \
            os.path.exists("/etc/credstore/postern-root"):
        return "this machine has a Postern of its own"
    for wish in package.field(deb, "Depends").split(","):
        names = [re.match(r"\s*([a-z0-9.+-]+)", o)[1] for o in wish.split("|")]
        if not any("ok installed" in package.run(
                "dpkg-query", "-W", "-f=${Status}", n, ok=False)
                for n in names):
            return f"{names[0]} is not installed"
    return None


def main():
    why = package.why_not() or machine.why_not()
    if why:
        print(f"skipped package_life: {why}")
        return 0
    with tempfile.TemporaryDirectory(prefix="postern-life-") as directory:
        os.chmod(directory, 0o755)
        directory = pathlib.Path(directory).resolve()
        (directory / "debs").mkdir()
        deb = package.build(directory / "debs")
        why = lacking(deb)
        if why:
            print(f"skipped package_life: {why}")
            return 0
        deb, schema_new = package.rebuild(directory)
        shutil.move(deb, directory / "debs")
        (directory / "programs").mkdir()
        for name in ("postern", "postern-verify"):
            shutil.copy(directory / "rebuilt" / "build" / name,
                        directory / "programs")
        shutil.rmtree(directory / "rebuilt")
        (directory / "schema").write_text(str(schema_new))
        return machine.go_apart(__file__, "--inside", str(directory))


if __name__ == "__main__":
    sys.exit(live(sys.argv[2]) if sys.argv[1:2] == ["--inside"] else main())
