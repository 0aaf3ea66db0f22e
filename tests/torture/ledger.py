"""The ledger check: what the load generator sent and was acknowledged, held
against what the desk, the archive and the disk have after a fault."""
import json
import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sim"))
sys.dont_write_bytecode = True

import audit  # noqa: E402
import proved  # noqa: E402
import world as w  # noqa: E402

# What every text of the load generator holds, and its sender's name.
CANARIES = ["etaoin shrdlu etaoin", "Lasttest"]
OWN_CHECK = "AddressSanitizer: CHECK failed: sanitizer_linux_libcdep.cpp"
FLIGHT = 64  # calls to the desk that one end of a process can cut


def check(claim, what):
    if not claim:
        raise w.Failure(what)


def lines(path, word, before_us=None):
    """The keys of these lines, in order; only those written before."""
    found = []
    for line in w.whole_lines(path):
        part = line.split()
        if part[0] == word and (before_us is None or
                                int(part[2]) < before_us):
            found.append(part[1])
    return found


def delivered(world):
    """(key, webhook-id, conversation, text) of each delivery, in order."""
    found = []
    for line in w.whole_lines(world.dir / "desk.ledger"):
        note = json.loads(line)
        if note.get("type") == "message.received":
            found.append((note["text"].split()[0], note["id"],
                          note["conversation"], note["text"]))
    return found


def put_aside(world):
    """How many are in quarantine or are dead letters: visible, not lost."""
    total = 0
    for table, where in (("quarantine", ""), ("outbox", "WHERE state='dead'")):
        total += rows(world, f"SELECT count(*) FROM {table} {where}")[0][0]
    return total


def rows(world, sql, *args, name="postern.db"):
    db = sqlite3.connect(f"file:{world.data}/{name}?mode=ro", uri=True,
                         timeout=10)
    try:
        return db.execute(sql, args).fetchall()
    finally:
        db.close()


def aside_reasons(world):
    return rows(world, "SELECT 'quarantine',reason FROM quarantine UNION ALL "
                "SELECT state,reason FROM outbox WHERE state<>'waiting'")


def missing(world, acked):
    return set(acked) - {key for key, *_ in delivered(world)}


def wait_delivered(world, acked, seconds, aside=0, pause=0.1):
    """Until nothing acknowledged is missing, but for what lies aside."""
    acked = set(acked)

    def arrived():
        gone = missing(world, acked)
        return not gone or (aside and len(gone) <= aside)
    try:
        w.until("acknowledged", seconds, arrived, pause, exact=True)
    except w.Failure:
        gone = sorted(missing(world, acked))
        raise w.Failure(f"LOST: {len(gone)} of {len(acked)} acknowledged "
                        f"messages did not reach the desk within {seconds} s, "
                        f"aside: {aside_reasons(world)}: {gone[:5]}") from None


def stored(world):
    return rows(world, "SELECT count(*) FROM message WHERE direction='in'")[0][0]


def check_sent(world, sent, before=0):
    """before: how many of other loads lay in the archive."""
    strange = {key for key, *_ in delivered(world)} - set(sent)
    check(not strange, f"delivered and never sent: {sorted(strange)[:5]}")
    count = stored(world) - before
    check(count <= len(set(sent)), f"{count} stored of {len(set(sent))} sent")


def check_doubles(world, most):
    """How many were delivered more than once."""
    ids = {}
    for key, webhook_id, *_ in delivered(world):
        ids.setdefault(key, []).append(webhook_id)
    twice = {k: v for k, v in ids.items() if len(v) > 1}
    for key, seen in twice.items():
        check(len(set(seen)) == 1,
              f"{key} came with {len(set(seen))} webhook-ids")
    check(len(twice) <= most,
          f"{len(twice)} doubles, {most} can have been in flight")
    return len(twice)


def check_order(world):
    newest = {}
    for key, _, conversation, text in delivered(world):
        number = int(text.split()[2][1:])
        # A run of the load generator numbers its own messages.
        seen = newest.setdefault((conversation, key.split("-")[0]), {})
        if key in seen:
            continue  # the repetition of one in flight
        if seen:
            check(number > max(seen.values()),
                  f"number {number} after {max(seen.values())}")
        seen[key] = number


def check_sound(world):
    for name in ("postern.db", "keeper.db"):
        found = rows(world, "PRAGMA quick_check", name=name)[0][0]
        check(found == "ok", f"quick_check of {name}: {found}")
    wrong = proved.look(world.data)
    check(not wrong, f"not what the proof log says: {wrong[:5]}")
    audit.of(world).verify()


def dumps(log):
    """[[(file, function), ...], ...]: what faults_stack.c says of crashes,
    each of a process; other processes write in between."""
    found = {}
    for line in log.splitlines():
        part = line.split()
        if part[:1] == ["crash"] and len(part) == 6:
            found.setdefault(part[1], []).append((part[3], part[4]))
    return list(found.values())


def theirs(frames):
    """Whether it is one of those OpenSSL and glibc have by themselves while
    they set themselves up and an allocation fails: a lock that was not made,
    a list of databases that was not read."""
    inside = []
    for file, name in frames[1:]:  # without the handler
        if not file.startswith("lib"):
            break
        inside.append((file, name))
    files = [file for file, _ in inside if not file.startswith("libc.so")]
    if files:  # two of them: it was not handed nonsense by us
        return len(files) > 1 and all(
            f.startswith("libcrypto.so") for f in files)
    return bool(inside) and inside[-1][1] in ("getgrnam", "getpwnam")


def inside_a_library(log):
    found = dumps(log)
    return bool(found) and all(theirs(frames) for frames in found)


def check_ends(world, start=0, short_memory=False):
    """No process ended by a signal but the SIGKILL of a test.  Gives how many
    crashed inside a library while memory was short."""
    log = (world.dir / "postern.log").read_text(errors="replace")[start:]
    for sign in ("Sanitizer", "runtime error:"):
        # Its own look at a thread's stack needs memory too.
        if short_memory:
            log = log.replace(OWN_CHECK, "")
        at = log.find(sign)
        check(at < 0, f"a sanitizer spoke: {log[max(0, at - 200):at + 3000]}")
    excused = 0
    for line in log.splitlines():
        if "child.ended" not in line:
            continue
        at = line.split("signal", 1)[1] if "signal" in line else ""
        digits = "".join(c for c in at[:6] if c.isdigit())
        if digits in ("", "0", "9"):
            continue
        told = [x for x in log.splitlines()
                if x.startswith("crash ") or "Assertion" in x]
        check(short_memory and inside_a_library(log),
              f"a process crashed: {line} {' '.join(told[:24])}")
        excused += 1
    return excused


def check_all(world, log, kills, before_us=None, seconds=90, before=0,
              sweep=True):
    """Everything of the ledger.  Gives (acknowledged, sent, doubles)."""
    sent = set(lines(log, "sent"))
    acked = set(lines(log, "acked", before_us))
    wait_delivered(world, acked, seconds)
    check_sent(world, sent, before)
    doubles = check_doubles(world, kills * FLIGHT)
    check_order(world)
    check_sound(world)
    audit.of(world).extend()
    if sweep:
        found = world.sweep(CANARIES)
        check(not found, f"clear text on the disk: {found[:5]}")
    return len(acked), len(sent), doubles
