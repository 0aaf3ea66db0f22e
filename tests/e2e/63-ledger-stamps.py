"""Goal: a time-stamp authority says when a signed checkpoint existed: at least
daily, never holding up anything; what it says is checked before it is kept,
and the openssl command agrees with what was kept.

The clock is the gateway's own (FAULTS=1)."""
import pathlib
import sqlite3
import subprocess
import sys

from case import ROOT, case, check, equal, main, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

CLOCKED = ROOT / "build" / "flavour-torture" / "postern"
HOUR = 3_600_000
LEDGER = """\
ledger:
  checkpoint: {{minutes: 1, entries: 1}}
  stamp: {{url: "http://127.0.0.1:{port}/tsr", root: tsa-root.pem, hours: 24,
          allow: ["127.0.0.1:{port}"]}}
"""


def make(world):
    port = world.ports["tsa"] = w.free_port()
    world.make(extra=LEDGER.format(port=port))
    world.plan = None
    if not CLOCKED.exists() or w.BUILD != ROOT / "build":
        return
    world.start("tsa", [world.sim, "tsa", "--listen", f"127.0.0.1:{port}",
                        "--root-file", str(world.data / "tsa-root.pem")])
    w.until("the authority answers", 10,
            lambda: w.call("GET", world.url("tsa", "/state"))[0] == 200)
    world.binary = str(CLOCKED)
    world.plan = faults.Plan(world)
    world.passed = 0
    world.serve()
    world.desk_token()


def act(world):
    """Something that leaves an entry."""
    world.postern("token", "create", "--scope", "audit", "--label", "extra")


def later(world, hours):
    world.passed += hours * HOUR
    world.plan.clock(world.passed)


def stamps(world, state):
    return rows(world, "SELECT size,token FROM ledger_stamp WHERE state=?"
                " ORDER BY size", state)


def openssl(world, size, token):
    """What another implementation says."""
    (note, at), = rows(world, "SELECT note,at_ms FROM ledger_checkpoint"
                       " WHERE size=?", size)
    name = note.split(b"\n")[0]
    head, signatures = note.rsplit(b"\n\n", 1)
    own = b"".join(line + b"\n" for line in signatures.splitlines()
                   if line.startswith("— ".encode() + name + b" "))
    folder = pathlib.Path(world.dir)
    (folder / "note").write_bytes(head + b"\n\n" + own)
    (folder / "token").write_bytes(token)
    return subprocess.run(
        ["openssl", "ts", "-verify", "-in", str(folder / "token"), "-data",
         str(folder / "note"), "-CAfile", str(world.data / "tsa-root.pem")],
        capture_output=True).returncode


@case
def a_checkpoint_is_stamped_and_openssl_agrees(world):
    if world.plan is None:
        return "skipped"
    act(world)
    w.until("the first stamp", 30, lambda: stamps(world, "done"))
    (size, token), = stamps(world, "done")
    equal(openssl(world, size, token), 0, "openssl agrees")
    check(any('"log.timestamp"' in body.decode() and f'"n":{size}'
              in body.decode() for body, in rows(
                  world, "SELECT body FROM ledger_entry")),
          "the log says that it was stamped")


@case
def the_next_one_comes_a_day_later(world):
    if world.plan is None:
        return "skipped"
    before = stamps(world, "done")
    later(world, 23)
    act(world)
    w.until("a checkpoint", 30, lambda: rows(
        world, "SELECT 1 FROM ledger_checkpoint WHERE size>?",
        before[-1][0] + 1))
    equal(stamps(world, "waiting"), [], "none waits")
    later(world, 2)
    w.until("the second stamp", 60, lambda: len(stamps(world, "done")) == 2)


def ask(world, at):
    """As a run that erased something then."""
    db = sqlite3.connect(world.data / "postern.db", timeout=30)
    with db:
        db.execute("INSERT INTO ledger_stamp(size,state,at_ms)"
                   " VALUES(-1,'asked',?)", (at,))
    db.close()


def asked(world):
    return rows(world, "SELECT 1 FROM ledger_stamp WHERE size=-1")


@case
def a_run_that_erased_is_stamped_with_its_own_checkpoint(world):
    """Not with an older one that happens to be due."""
    if world.plan is None:
        return "skipped"
    before = stamps(world, "done")
    act(world)
    w.until("a checkpoint", 30, lambda: rows(
        world, "SELECT 1 FROM ledger_checkpoint WHERE size>?",
        before[-1][0] + 1))
    (at,), = rows(world, "SELECT MAX(at_ms) FROM ledger_checkpoint")
    ask(world, at + 25 * HOUR)
    later(world, 24)
    w.until("the daily one", 60,
            lambda: len(stamps(world, "done")) == len(before) + 1)
    check(asked(world), "the ask was taken for answered")
    later(world, 2)
    act(world)
    w.until("the one that was asked for", 60,
            lambda: len(stamps(world, "done")) == len(before) + 2)
    check(not asked(world), "the ask still stands")


@case
def what_is_no_stamp_is_not_kept(world):
    """Refused, of another query, of a stranger, half of one, or none."""
    if world.plan is None:
        return "skipped"
    count = len(stamps(world, "done"))
    for number, mode in enumerate(("refuse", "other", "stranger", "broken",
                                   "error"), 1):
        w.call("POST", world.url("tsa", "/mode"), {"mode": mode})
        if number == 1:
            act(world)
        later(world, 24)
        w.until(f"attempt {number}", 60, lambda: rows(
            world, "SELECT 1 FROM ledger_stamp WHERE attempts>=?", number))
        equal(len(stamps(world, "done")), count, mode)
    check(world.ready(), "the gateway goes on")


@case
def an_authority_that_is_back_is_asked_again(world):
    if world.plan is None:
        return "skipped"
    count = len(stamps(world, "done"))
    world.stop("tsa")
    later(world, 24)
    w.until("nobody there", 60, lambda: rows(
        world, "SELECT 1 FROM ledger_stamp WHERE attempts>=6"))
    world.stop("postern")
    port = world.ports["tsa"]
    world.start("tsa", [world.sim, "tsa", "--listen", f"127.0.0.1:{port}",
                        "--root-file", str(world.data / "tsa-root.pem")])
    w.until("the authority answers", 10,
            lambda: w.call("GET", world.url("tsa", "/state"))[0] == 200)
    world.serve()
    later(world, 24)
    w.until("the stamp", 60, lambda: len(stamps(world, "done")) > count)
    size, token = stamps(world, "done")[-1]
    equal(openssl(world, size, token), 0, "openssl agrees")


main(make)
