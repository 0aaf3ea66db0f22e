"""Goal: the keeper signs the proof log as it grows, and nothing is served that
does not extend what it signed last.
Scenario: compliance 9, L5; 6.2, 6.3; 7.6 (log key)."""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess

from case import case, check, equal, main, rows, w

TOKEN = {}
REFUSED = 78
ED25519 = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, before the key


def make(world):
    world.make(extra="ledger: {origin: e2e.example/log, "
                     "checkpoint: {minutes: 1440, entries: 3}}\n")
    world.start_all()
    for scope in ("audit", "operator"):
        TOKEN[scope] = json.loads(world.postern(
            "token", "create", "--scope", scope, "--label", scope,
            "--json"))["token"]


def ask(world, method, path, scope="operator"):
    return world.api(method, f"/v1/ledger/{path}", token=TOKEN[scope])


def sign(world):
    status, body = ask(world, "POST", "checkpoint")
    equal(status, 200, "signed")
    return body


# --- what an auditor does, with nothing of ours ------------------------------


def tree(entries):
    """The root of RFC 6962."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return hashlib.sha256(b"\1" + tree(entries[:k]) +
                          tree(entries[k:])).digest()


def entries_of(world):
    return [bytes(r[0]) for r in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id")]


def signers(world, note, vkeys):
    """Those of the keys that signed, by OpenSSL; one that does not verify is a
    failure."""
    text, lines = note.rsplit("\n\n", 1)
    found = []
    for line in lines.splitlines():
        dash, name, blob = line.split(" ")
        equal(dash, "\u2014", "dash")
        blob = base64.b64decode(blob)
        for vkey in vkeys:
            key_name, key_id, key = vkey.split("+", 2)
            if key_name != name or bytes.fromhex(key_id) != blob[:4]:
                continue
            key = base64.b64decode(key)
            equal(key[0], 1, "Ed25519")
            equal(hashlib.sha256(name.encode() + b"\n" + key).digest()[:4],
                  blob[:4], "key id")
            folder = pathlib.Path(world.dir)
            (folder / "key.der").write_bytes(ED25519 + key[1:])
            (folder / "sig").write_bytes(blob[4:])
            (folder / "text").write_text(text + "\n")
            subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin",
                 "-keyform", "DER", "-inkey", folder / "key.der",
                 "-sigfile", folder / "sig", "-in", folder / "text"],
                check=True, stdout=subprocess.DEVNULL)
            found.append(vkey)
    return found


def verify(world, made, vkeys):
    """The checkpoint is what it says, of the entries there are."""
    origin, size, root, _ = made["checkpoint"].split("\n", 3)
    entries = entries_of(world)
    equal(origin, "e2e.example/log", "origin")
    equal(int(size), made["size"], "size")
    equal(base64.b64decode(root).hex(), made["root"], "root")
    check(made["size"] <= len(entries), "entries")
    equal(tree(entries[:made["size"]]).hex(), made["root"], "tree")
    return signers(world, made["checkpoint"], vkeys)


def keys(world):
    status, body = ask(world, "GET", "keys", "audit")
    equal(status, 200, "keys")
    return body["keys"]


# --- while it serves ---------------------------------------------------------


@case
def so_many_entries_are_signed_without_being_asked(world):
    for i in range(4):
        world.phone_text(f"Nachricht {i}")
        world.note_with(f"Nachricht {i}")
    w.until("a checkpoint", 20, lambda: ask(
        world, "GET", "checkpoint", "audit")[0] == 200)
    status, made = ask(world, "GET", "checkpoint", "audit")
    vkeys = [k["vkey"] for k in keys(world)]
    equal(verify(world, made, vkeys), vkeys, "signers")
    kept = rows(world, "SELECT size FROM ledger_checkpoint ORDER BY size")
    for (size,) in kept:
        entry = json.loads(entries_of(world)[size])
        equal((entry["e"], entry["n"]), ("log.checkpoint", size), "told")


@case
def what_it_says_of_itself_is_not_signed_for_ever(world):
    entries = [json.loads(e)["e"] for e in entries_of(world)]
    for one, two in zip(entries, entries[1:]):
        check((one, two) != ("log.checkpoint", "log.checkpoint"), entries)


@case
def an_operator_signs_now_and_an_auditor_only_looks(world):
    equal(ask(world, "POST", "checkpoint", "audit")[0], 403, "auditor")
    equal(ask(world, "POST", "rotate-key", "audit")[0], 403, "auditor")
    equal(world.api("GET", "/v1/ledger/checkpoint")[0], 403, "a desk")
    world.phone_text("Noch etwas")
    world.note_with("Noch etwas")
    made = sign(world)
    verify(world, made, [k["vkey"] for k in keys(world)])
    equal(ask(world, "GET", "checkpoint", "audit")[1], made, "the last one")
    said = json.loads(world.postern("status", "--json"))["ledger"]
    equal((said["compared"], said["signed_size"], said["signed_at"]),
          (True, made["size"], made["at"]), "status")
    check(said["entries"] >= made["size"], said)
    figures = w.call("GET", world.url("internal", "/metrics"))[1].decode()
    check(f"\npostern_ledger_signed_size {made['size']}\n" in figures, figures)
    check(f"{made['size']} signed at {made['at']}\n"
          in world.postern("status"), "status for people")


@case
def two_keys_sign_once_and_both_stay_listed(world):
    before = keys(world)
    equal([k["state"] for k in before], ["signing"], "one key")
    status, body = ask(world, "POST", "rotate-key")
    equal(status, 200, "rotated")
    after = body["keys"]
    equal([k["state"] for k in after], ["destroyed", "signing"], "states")
    equal(after[0]["vkey"], before[0]["vkey"], "the old one")
    made = ask(world, "GET", "checkpoint", "audit")[1]
    vkeys = [k["vkey"] for k in after]
    equal(verify(world, made, vkeys), vkeys, "both signed")
    equal(after[1]["from_size"], made["size"], "from")
    world.phone_text("Mit neuem Schluessel")
    world.note_with("Mit neuem Schluessel")
    equal(verify(world, sign(world), vkeys), vkeys[1:], "the new one alone")


@case
def a_locked_keeper_signs_later(world):
    world.postern("keys", "lock")
    equal(ask(world, "POST", "checkpoint")[0], 503, "locked")
    equal(ask(world, "GET", "checkpoint")[0], 503, "who asks is not known")
    world.postern("keys", "unlock")
    w.until("it is ready", 30, world.ready)
    sign(world)


# --- stopping and starting ---------------------------------------------------


def signed(world):
    return rows(world, "SELECT max(size) FROM ledger_checkpoint")[0][0]


@case
def an_orderly_stop_leaves_nothing_unsigned(world):
    world.phone_text("Kurz vor dem Ende")
    world.note_with("Kurz vor dem Ende")
    equal(world.stop("postern"), 0, "status")
    rest = [json.loads(e)["e"] for e in entries_of(world)[signed(world):]]
    check(all(e.startswith("log.") for e in rest), rest)
    world.serve()
    world.phone_text("Nach dem Anfang")
    world.note_with("Nach dem Anfang")


@case
def a_worker_that_was_killed_comes_back(world):
    before = signed(world)
    pids = world.children()
    os.kill(pids["worker"], signal.SIGKILL)
    w.until("another worker", 30,
            lambda: world.children().get("worker") not in (None,
                                                           pids["worker"]))
    world.wait_ready()
    check(sign(world)["size"] >= before, "size")


def archive(world):
    return [p for p in (world.data / f"postern.db{end}"
                        for end in ("", "-wal", "-shm")) if p.exists()]


def keep(world, name):
    folder = world.dir / name
    folder.mkdir()
    for path in archive(world):
        shutil.copy2(path, folder)
    return folder


def put_back(world, folder):
    for path in archive(world):
        owner = path.stat()
        path.unlink()
    for path in folder.iterdir():
        shutil.copy2(path, world.data / path.name)
        os.chown(world.data / path.name, owner.st_uid, owner.st_gid)


def refused(world, *says):
    """postern serve ends by itself, for good, and says why."""
    log = world.dir / "postern.log"
    seen = log.stat().st_size
    world.serve(wait=False)
    equal(world.processes["postern"].wait(60), REFUSED, "status")
    del world.processes["postern"]
    text = log.read_text()[seen:]
    for one in says:
        check(one in text, (one, text))
    equal(text.count('"event":"ledger.refused"'), 1, "started once")
    check('"event":"worker.serves"' not in text, "it served")
    check("serve.ready" not in text, "it was ready")


@case
def l5_yesterdays_copy_is_refused_and_says_what_was_signed(world):
    equal(world.stop("postern"), 0, "status")
    yesterday = keep(world, "yesterday")
    old = len(entries_of(world))
    world.serve()
    for i in range(3):
        world.phone_text(f"Von heute {i}")
        world.note_with(f"Von heute {i}")
    sign(world)
    equal(world.stop("postern"), 0, "status")
    size = signed(world)
    today = keep(world, "today")
    put_back(world, yesterday)
    check(old < size, "something was signed since")
    refused(world, f"signed a proof log of {size} entries last",
            f"is shorter ({old} entries)", f'"signed":{size}',
            f'"entries":{old}')
    # Asked again it refuses again, and has changed nothing.
    refused(world, f"signed a proof log of {size} entries last")
    put_back(world, today)
    world.serve()
    check(sign(world)["size"] >= size, "goes on")


def edit(world, *statements):
    db = sqlite3.connect(world.data / "postern.db")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


FORGET_TREE = ("DELETE FROM ledger_tile",
               "DELETE FROM meta WHERE name='ledger_size'")


@case
def a_shortened_and_a_changed_log_are_refused(world):
    equal(world.stop("postern"), 0, "status")
    size = signed(world)
    good = keep(world, "good")
    edit(world, f"DELETE FROM ledger_entry WHERE id>={size - 2}",
         *FORGET_TREE)
    refused(world, f"signed a proof log of {size} entries last",
            f"is shorter ({size - 2} entries)")
    put_back(world, good)
    # The tree still says that there were more.
    edit(world, f"DELETE FROM ledger_entry WHERE id>={size - 1}")
    refused(world, f"signed a proof log of {size} entries last",
            f"is shorter ({size - 1} entries)")
    put_back(world, good)
    edit(world, "UPDATE ledger_entry SET body=(SELECT body FROM ledger_entry"
         " WHERE id=1) WHERE id=2", *FORGET_TREE)
    refused(world, f"signed a proof log of {size} entries last",
            "holds another one")
    put_back(world, good)
    world.serve()


@case
def a_tree_that_is_gone_is_made_again(world):
    equal(world.stop("postern"), 0, "status")
    edit(world, *FORGET_TREE)
    world.serve()
    verify(world, sign(world), [k["vkey"] for k in keys(world)])


@case
def a_name_that_was_signed_stays(world):
    path = world.data / "postern.yaml"
    good = path.read_text()
    equal(world.stop("postern"), 0, "status")
    path.write_text(good.replace("e2e.example/log", "other.example"))
    world.serve()
    verify(world, sign(world), [k["vkey"] for k in keys(world)])
    path.write_text(good)


main(make)
