"""Goal: a backup of the data comes back on an empty machine, and whoever was
erased or restricted since is so again before anything is served.
Scenarios: compliance 9, R6 and X3; 7.4."""
import json
import os
import pathlib
import shutil
import subprocess

from case import case, check, equal, main, rows, w

ANNA, BERT, CARL = "4917139208801", "4917139208802", "4917139208803"
SAYS = {ANNA: "Kanarienvogel von Anna", BERT: "Kanarienvogel von Bert",
        CARL: "Kanarienvogel von Carl"}
WORDS = "einundzwanzig gute Worte"
KEPT = {}


def make(world):
    world.make()
    world.start_all()
    for phone, text in SAYS.items():
        world.phone_text(text, phone=phone)
        KEPT[phone] = world.note_with(text)["data"]
    KEPT["out"] = world.dir / "backups"
    KEPT["out"].mkdir()
    secret(world, "words", WORDS)


def secret(world, name, text):
    path = KEPT["out"] / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def run(world, *args):
    done = subprocess.run([world.binary, "-d", str(world.data), *args],
                          capture_output=True, timeout=120)
    return done.returncode, (done.stdout + done.stderr).decode()


def entries(world, event):
    return [e for e in (json.loads(b) for b, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id"))
        if e["e"] == event]


def keeper_ids(world):
    """person id -> integer, by what the archive says of conversations."""
    return dict(rows(world, "SELECT id, person FROM conversation"))


@case
def a_pair_is_made_once(world):
    out = KEPT["out"] / "identity"
    code, said = run(world, "backup", "keygen", "--out", str(out))
    equal(code, 0, said)
    KEPT["to"] = said.strip()
    check(KEPT["to"].startswith("pbr_") and len(KEPT["to"]) == 52, said)
    equal(out.stat().st_mode & 0o777, 0o600, "mode")
    equal(run(world, "backup", "keygen", "--out", str(out))[0], 1, "again")


@case
def a_backup_is_made_beside_the_running_gateway(world):
    file = KEPT["out"] / "data"
    equal(run(world, "backup", str(file), "--to", "pbr_wrong")[0], 1, "to")
    code, said = run(world, "backup", str(file), "--to", KEPT["to"])
    equal(code, 0, said)
    equal(run(world, "backup", str(file), "--to", KEPT["to"])[0], 1,
          "over another")
    equal(file.stat().st_mode & 0o777, 0o600, "mode")
    made = entries(world, "backup.made")
    equal([e["r"] for e in made], ["data"], "told")
    raw = file.read_bytes()
    for text in (*SAYS.values(), "postern.db", "SQLite format"):
        check(text.encode() not in raw, f"in clear: {text}")
    equal(sorted(p.name for p in world.data.glob("postern.db*")),
          ["postern.db", "postern.db-shm", "postern.db-wal",
           "postern.db.lock"], "left behind")


@case
def and_one_of_the_keys(world):
    code, said = run(world, "keys", "backup", str(KEPT["out"] / "keys"),
                     "--passphrase-file", str(KEPT["out"] / "words"))
    equal(code, 0, said)
    equal([e["r"] for e in entries(world, "backup.made")],
          ["data", "keys"], "told")
    listed = json.loads(world.postern("backup", "list", "--json"))["backups"]
    equal([(b["kind"], b["expires"] is None) for b in listed],
          [("keys", False), ("data", True)], "list")


@case
def nothing_is_restored_beside_a_running_gateway(world):
    code, said = run(world, "restore", str(KEPT["out"] / "data"),
                     "--identity", str(KEPT["out"] / "identity"))
    equal((code, "serves this folder" in said), (1, True), said)


# --- an empty machine -------------------------------------------------------


def empty_machine(world, erasures="", more=("--passphrase-file", "words")):
    """The folder of now is gone; what is kept elsewhere is there."""
    world.stop("postern")
    shutil.move(world.data, world.dir / f"lost-{len(KEPT)}")
    lost = world.dir / f"lost-{len(KEPT)}"
    KEPT[f"lost-{len(KEPT)}"] = lost
    world.data.mkdir(mode=0o700)
    shutil.copytree(lost / "secrets", world.data / "secrets")
    (world.data / "erasures.log").write_text(erasures)
    (world.data / "erasures.log").chmod(0o600)
    return lost


def restore(world, *more):
    out = KEPT["out"]
    return run(world, "restore", str(out / "data"), "--identity",
               str(out / "identity"), "--keys", str(out / "keys"),
               "--passphrase-file", str(out / "words"), *more)


@case
def it_comes_back_on_an_empty_machine(world):
    world.phone_text("Nach der Sicherung", phone=ANNA)
    world.note_with("Nach der Sicherung")
    before = len(world.notes())
    KEPT["size"] = len(rows(world, "SELECT id FROM ledger_entry"))
    empty_machine(world)
    code, said = restore(world)
    equal(code, 0, said)
    world.serve()
    for phone, text in SAYS.items():
        cnv = KEPT[phone]["conversation"]
        status, seen = world.api("GET", f"/v1/conversations/{cnv}")
        equal((status, [m["text"] for m in seen["messages"]
                        if m["direction"] == "in"]), (200, [text]), phone)
    restored, = entries(world, "backup.restored")
    check(restored["n"] < KEPT["size"] and "root" in restored, restored)
    equal(entries(world, "backup.replayed")[0].get("n"), 0, "replayed")
    equal(len(world.notes()), before, "told again")


@case
def and_goes_on(world):
    world.phone_text("Weiter geht es", phone=ANNA)
    note = world.note_with("Weiter geht es")
    equal(note["data"]["conversation"], KEPT[ANNA]["conversation"], "whose")
    equal(run(world, "ledger", "verify")[0] in (0, 1), True, "log")


main(make)
