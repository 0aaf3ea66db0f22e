"""Goal: a backup of the data comes back on an empty machine, and whoever was
erased or restricted since is so again before anything is served; whoever
wanted no advertising since gets none, what was held since is held.
Scenarios: compliance 9, R6 and X3; 7.4; 1 (6)."""
import json
import shutil
import subprocess
import time

from case import case, check, equal, main, rows, w

ANNA, BERT, CARL = "4917139208801", "4917139208802", "4917139208803"
DORA = "4917139208804"  # of whom a letter is kept
EDDA = "4917139208805"  # who wants advertising, and then not
SAYS = {ANNA: "Kanarienvogel von Anna", BERT: "Kanarienvogel von Bert",
        CARL: "Kanarienvogel von Carl", DORA: "Kanarienvogel von Dora"}
WORDS = "einundzwanzig gute Worte"
KEPT = {}


def make(world):
    world.make()
    world.start_all()
    for phone, text in SAYS.items():
        world.phone_text(text, phone=phone)
        KEPT[phone] = world.note_with(text)["data"]
    equal(world.api("POST", f"/v1/conversations/{KEPT[DORA]['conversation']}"
                    "/tags", {"datenart": "MSG_BUSINESS"})[0], 200, "tagged")
    world.phone_text("Hiermit bestelle ich", phone=DORA)
    KEPT["letter"] = world.note_with("Hiermit bestelle ich")["data"]["message"]
    agree(world)
    KEPT["out"] = world.dir / "backups"
    KEPT["out"].mkdir()
    secret(world, "words", WORDS)
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


def advertise(world):
    return world.api(
        "POST", f"/v1/conversations/{KEPT[EDDA]['conversation']}/messages",
        {"text": "Angebot", "purpose": "marketing"})[0]


def edda(world, text):
    world.phone_text(text, phone=EDDA)
    return world.note_with(text)["data"]


def agree(world):
    """Edda wants advertising when the backup is made."""
    KEPT[EDDA] = edda(world, "Guten Tag, hier ist Edda")
    world.greeted(EDDA)
    edda(world, "Start")
    w.until("the question", 20, lambda: any(
        "Antworten Sie" in s.get("text", {}).get("body", "")
        for s in world.phone_state()["sends"] if s.get("to") == "+" + EDDA))
    edda(world, "JA")
    w.until("given", 20, lambda: advertise(world) == 202)


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


def outside(world, name):
    """What an auditor keeps: a checkpoint, and the keys of then."""
    (KEPT["out"] / name).write_text(world.postern("ledger", "checkpoint"))
    with open(KEPT["out"] / "vkeys", "a") as keys:
        keys.write(world.postern("ledger", "keys"))


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
    status, made = rights(world, "POST", "/v1/requests", {
        "type": "rectification", "text": "Anna Muster", "identifiers": [
            {"kind": "phone", "value": ANNA}], "proof": {"method": "ausweis"}})
    equal(status, 201, made)
    KEPT["request"] = made["id"]
    outside(world, "early")
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


# --- what happens after the backup ------------------------------------------


def rights(world, method, path, body=None):
    return world.api(method, path, body, token=KEPT["rights"])


def erase(world, phone):
    status, made = rights(world, "POST", "/v1/erasures",
                          {"person": KEPT[phone]["person"]["id"]})
    equal(status, 202, made)
    return w.until("the erasure is done", 60, lambda: (
        lambda e: e if e["step"] == "done" else None)(
            rights(world, "GET", f"/v1/erasures/{made['id']}")[1]))


@case
def r6_a_person_is_erased_after_the_backup(world):
    cnv = KEPT[BERT]["conversation"]
    (KEPT["row"],), = rows(
        world, "SELECT person FROM conversation WHERE id=(SELECT min(id)"
        " FROM conversation WHERE id>(SELECT min(id) FROM conversation))")
    world.api("POST", f"/v1/conversations/{cnv}/close")
    done = erase(world, BERT)
    check(done["keys"] >= 2, done)
    check((world.data / "erasures.log").read_text().count("erased") >= 1,
          "erasures.log")
    check("gone " in (world.data / "forgotten.log").read_text(),
          "forgotten.log")
    for text in (ANNA, BERT, CARL, SAYS[BERT]):
        for name in ("erasures.log", "forgotten.log"):
            check(text not in (world.data / name).read_text(), name)


@case
def r6_of_another_a_letter_is_kept(world):
    world.api("POST", f"/v1/conversations/{KEPT[DORA]['conversation']}/close")
    done = erase(world, DORA)
    equal(done["kept"], 1, done)


@case
def x3_another_is_restricted_after_the_backup(world):
    status, made = rights(
        world, "POST", f"/v1/conversations/{KEPT[CARL]['conversation']}"
        "/restrict", {"ground": "a", "of": "person"})
    equal(status, 200, made)
    check((world.data / "restrictions.log").exists(), "restrictions.log")


@case
def who_says_stop_after_it_gets_no_advertising(world):
    edda(world, "STOP")
    w.until("withdrawn", 20, lambda: advertise(world) != 202)
    text = (world.data / "withdrawals.log").read_text()
    equal([text.count(f"{word} ") > 0 for word in ("withdrawn", "suppressed")],
          [True, True], text)
    check(EDDA not in text, "a number in withdrawals.log")


@case
def and_something_is_held_after_it(world):
    others = [json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", label, "--json"))
        for label in ("Recht", "Leitung")]
    status, hold = rights(world, "POST", "/v1/holds", {
        "scope": "person", "person": KEPT[ANNA]["person"]["id"],
        "reason": "Streit", "matter_ref": "R 1", "approver": others[0]["id"],
        "review": time.strftime("%Y-%m-%d", time.gmtime(
            time.time() + 30 * 86400))})
    equal(status, 201, hold)
    for other in others:
        equal(world.api("POST", f"/v1/holds/{hold['id']}/approve",
                        token=other["token"])[0], 200, "approved")
    KEPT["hold"] = hold["id"]
    w.until("in holds.log", 20, lambda: " active " in (
        world.data / "holds.log").read_text())
    check("Streit" not in (world.data / "holds.log").read_text(), "in clear")


@case
def an_answer_and_a_message_come_after_it_too(world):
    world.phone_text("Nach der Sicherung", phone=ANNA)
    world.note_with("Nach der Sicherung")
    outside(world, "late")
    KEPT["received"] = len(world.notes("message.received"))
    KEPT["notes"] = len(world.notes())
    KEPT["chats"] = {p: len(world.chat(p)) for p in SAYS}
    KEPT["size"] = len(rows(world, "SELECT id FROM ledger_entry"))
    KEPT["executed"] = len(entries(world, "erase.executed"))


# --- an empty machine -------------------------------------------------------

ELSEWHERE = ("erasures.log", "forgotten.log", "restrictions.log",
             "withdrawals.log", "holds.log")


def empty_machine(world, logs=ELSEWHERE):
    """The folder of now is gone; what is kept elsewhere is there."""
    if "lost" not in KEPT:
        KEPT["lost"] = world.dir / "lost"
        shutil.move(world.data, KEPT["lost"])
    shutil.rmtree(world.data, ignore_errors=True)
    world.data.mkdir(mode=0o700)
    shutil.copytree(KEPT["lost"] / "secrets", world.data / "secrets")
    for name in logs:
        if (KEPT["lost"] / name).exists():
            shutil.copy2(KEPT["lost"] / name, world.data / name)


def restore(world, *more, data="data"):
    out = KEPT["out"]
    return run(world, "restore", str(out / data), "--identity",
               str(out / "identity"), *(more or (
                   "--keys", str(out / "keys"), "--passphrase-file",
                   str(out / "words"))))


@case
def without_what_remembers_erasures_nothing_is_restored(world):
    world.stop("postern")
    empty_machine(world, ())
    code, said = restore(world)
    equal((code, "erasures.log" in said), (1, True), said)
    # The others may be missing, but not without a word.
    for name in ELSEWHERE[1:]:
        check(f"no {name} in this folder" in said, said)
    empty_machine(world)
    check("no withdrawals.log" not in restore(world, data="identity")[1],
          "missed what is there")
    empty_machine(world, ())
    restore(world)
    equal(sorted(p.name for p in world.data.iterdir()), ["lock", "secrets"],
          "left behind")


@case
def another_identity_or_a_changed_backup_opens_nothing(world):
    out = KEPT["out"]
    empty_machine(world)
    run(world, "backup", "keygen", "--out", str(out / "other"))
    code, said = run(world, "restore", str(out / "data"), "--identity",
                     str(out / "other"), "--keys", str(out / "keys"),
                     "--passphrase-file", str(out / "words"))
    equal((code, "not for this identity" in said), (1, True), said)
    raw = bytearray((out / "data").read_bytes())
    for at, what in ((3, "magic"), (12, "time"), (60, "box"),
                     (130, "start"), (len(raw) // 2, "middle"),
                     (len(raw) - 1, "end")):
        changed = bytearray(raw)
        changed[at] ^= 1
        (out / "changed").write_bytes(changed)
        equal(restore(world, data="changed")[0], 1, what)
    for length in (0, 7, 100, len(raw) // 2, len(raw) - 1):
        (out / "changed").write_bytes(raw[:length])
        equal(restore(world, data="changed")[0], 1, f"{length} bytes")
    (out / "changed").write_bytes(raw + b"x")
    equal(restore(world, data="changed")[0], 1, "more")
    check(not (world.data / "postern.db").exists(), "something came")
    check(not (world.data / "restore").exists(), "left behind")


@case
def r6_it_is_locked_until_the_erasure_is_done_again(world):
    empty_machine(world)
    code, said = restore(world)
    equal(code, 0, said)
    # A keeper that cannot open holds it there.
    root = world.data / "keys" / "root"
    root.chmod(0o644)
    world.serve(wait=False)
    cnv = KEPT[BERT]["conversation"]
    w.until("it answers", 30, lambda: w.call(
        "GET", world.url("internal", "/healthz"))[0] == 200)
    for phone in SAYS:
        status, problem = world.api(
            "GET", f"/v1/conversations/{KEPT[phone]['conversation']}")
        equal((status, problem.get("detail")), (503, "restoring"), phone)
    equal(w.call("GET", world.url("internal", "/readyz"))[0], 503, "ready")
    equal(rows(world, "SELECT count(*) FROM message WHERE key_person=?",
               KEPT["row"])[0][0] > 0, True, "it came back with the backup")
    root.chmod(0o600)
    world.postern("keys", "unlock")
    world.wait_ready()
    equal(world.api("GET", f"/v1/conversations/{cnv}")[0], 404, "erased")
    for table in ("message WHERE key_person", "address WHERE person",
                  "person WHERE id", "conversation WHERE person"):
        equal(rows(world, f"SELECT count(*) FROM {table}=?", KEPT["row"]),
              [(0,)], table)
    equal(world.sweep([SAYS[BERT], BERT]), [], "in clear")


@case
def r6_the_letter_is_kept_and_nobody_is_shown_it(world):
    """Her keys are there, so no list of destroyed keys names her."""
    equal(rows(world, "SELECT verdict,datenart FROM kept"),
          [("restrict_until", "MSG_BUSINESS")], "kept")
    for path in (f"conversations/{KEPT[DORA]['conversation']}",
                 f"messages/{KEPT['letter']}"):
        equal(world.api("GET", f"/v1/{path}")[0], 404, path)
    (row,), = rows(world, "SELECT person FROM kept")
    equal(rows(world, "SELECT count(*) FROM address WHERE person=? AND"
               " length(address_hash)>0", row), [(0,)], "found by her number")


@case
def the_others_are_there_and_readable(world):
    status, seen = world.api(
        "GET", f"/v1/conversations/{KEPT[ANNA]['conversation']}")
    equal((status, [m["text"] for m in seen["messages"]
                    if m["direction"] == "in"]), (200, [SAYS[ANNA]]), "Anna")


@case
def x3_what_was_restricted_since_is_restricted(world):
    path = f"/v1/conversations/{KEPT[CARL]['conversation']}"
    status, problem = world.api("GET", path)
    equal(status, 403, problem)
    equal([r["code"] for r in problem["reasons"]], ["person.restricted"],
          "why")
    equal(rights(world, "POST", path + "/lift",
                 {"informed": time.strftime("%Y-%m-%d", time.gmtime()),
                  "how": "letter"})[0], 200, "lifted")
    status, seen = world.api("GET", path)
    equal([m["text"] for m in seen["messages"] if m["direction"] == "in"],
          [SAYS[CARL]], "it is whole")


@case
def who_wanted_no_advertising_since_gets_none(world):
    check(advertise(world) != 202, "advertised to who said STOP")
    equal(rows(world, "SELECT kind,method,by_whom FROM consent_event WHERE"
               " kind='withdrawn'"), [("withdrawn", "keyword", "subject")],
          "as it was said")
    check(rows(world, "SELECT count(*) FROM suppression")[0][0] > 0, "list")


@case
def what_was_held_since_is_held(world):
    status, hold = rights(world, "GET", f"/v1/holds/{KEPT['hold']}")
    equal((status, hold["state"], hold["scope"]), (200, "active", "person"),
          hold)


@case
def a_request_of_then_waits_for_a_person(world):
    path = f"/v1/requests/{KEPT['request']}"
    status, was = rights(world, "GET", path)
    equal((status, was["restored"]), (200, True), was)
    kinds = [a["kind"] for a in json.loads(world.postern(
        "alarms", "--json"))["alarms"]]
    check("backup.request" in kinds, kinds)
    said = json.loads(world.postern("rights", "resume", KEPT["request"],
                                    "--json"))
    equal((said["restored"], said["state"]), (False, was["state"]), said)
    equal(rights(world, "POST", path + "/resume")[0], 409, "once")


@case
def the_log_says_what_happened(world):
    restored, = entries(world, "backup.restored")
    check(restored["n"] < KEPT["size"] and "root" in restored, restored)
    replayed, = entries(world, "backup.replayed")
    check(replayed["n"] >= 2, replayed)
    equal(len(entries(world, "erase.executed")), 2, "proved again")
    kinds = [a["kind"] for a in json.loads(world.postern(
        "alarms", "--json"))["alarms"]]
    check("backup.restored" in kinds, kinds)
    equal(rows(world, "SELECT count(*) FROM ledger_before")[0][0] > 0, True,
          "checkpoints of before are kept")
    code, said = run(world, "ledger", "verify")
    equal(code, 0, said)


@case
def an_auditor_is_told_what_came_back_and_what_did_not(world):
    outside(world, "restored")
    folder = KEPT["out"]
    restored, = entries(world, "backup.restored")

    def verify(name):
        code, said = run(world, "--json", "ledger", "verify", "--vkey",
                         "@" + str(folder / "vkeys"), "--checkpoint",
                         str(folder / name))
        return code, json.loads(said)
    code, early = verify("early")
    equal((code, early["verdict"]), (0, "sound"), early)
    check("so this log was called" in early["before"], early)
    code, late = verify("late")
    equal((code, late["verdict"], late["came_back"]),
          (1, "restored", restored["n"]), late)
    equal(verify("restored")[0], 0, "and its own")


@case
def nothing_is_told_again(world):
    equal(len(world.notes("message.received")), KEPT["received"], "notes")
    for phone in SAYS:
        equal(len(world.chat(phone)), KEPT["chats"][phone], phone)
    world.postern("outbox", "list", "restored")


@case
def and_it_goes_on(world):
    world.phone_text("Weiter geht es", phone=ANNA)
    note = world.note_with("Weiter geht es")
    equal(note["data"]["conversation"], KEPT[ANNA]["conversation"], "whose")
    world.phone_text("Ich bin neu hier", phone=BERT)
    note = world.note_with("Ich bin neu hier")
    check(note["data"]["person"]["id"] != KEPT[BERT]["person"]["id"],
          "the number is a new person's")


main(make)
