"""Goal: of who is erased nothing is left in any table, column or file but what
docs/forgetting.md lists, and no key that is left opens what an old copy of the
database still has; a consent that was given ends, its proof stays, restricted,
and is named; an import does not bring it back.
Scenarios: compliance 1.6, 3.3, 7.4; 9, E1, E6; assurance P7."""
import json
import random
import shutil
import sqlite3
import subprocess

from case import case, check, envelope, equal, main, post, rows, w

ANNA, BERT, CARL = "4917139209501", "4917139209502", "4917139209503"
CANARY, NAME = "Pastinakenmus", "Wilhelmine Rautenzweig"
WORDING = "Ja, ich möchte Angebote per Chat erhalten.\nWiderruf: STOP"
KEPT = {}
# What stays of a person, by column: random ids that lead to nothing.
STAYS = {
    "erasure.person", "telling.person",
    # The files of their requests, which live by the rule of REQUEST.
    "request.person", "request.conversation",
    "ledger_gone.message",  # which entry of the proof log told of it last
}


def token(world, name, *scopes):
    wanted = [a for s in scopes for a in ("--scope", s)]
    KEPT[name] = json.loads(world.postern(
        "token", "create", *wanted, "--label", name, "--json"))["token"]


def make(world):
    world.make()
    policy = (world.data / "policy.yaml").read_text()
    # What was edited and deleted is still there, under message_version.
    text = policy.replace("    on_delete: forget\n",
                          "    on_delete: mask\n    on_edit: mask\n", 1)
    check(text != policy, "the template has no on_delete")
    world.make(policy=text.split("\ntests:")[0] + "\n")
    world.start_all()
    token(world, "dsb", "rights")
    token(world, "ops", "operator")


def dsb(world, method, path, body=None):
    return world.api(method, path, body, token=KEPT["dsb"])


def texts(world, phone):
    return [e.get("text", "") for e in world.chat(phone)
            if e["from"] == "business"]


def said(world, phone, part):
    return w.until(f"{part!r} in the chat", 30, lambda: next(
        (t for t in reversed(texts(world, phone)) if part in t), None))


def event(world, phone, message):
    equal(post(world, envelope(message, phone=phone, name=NAME))[0], 200,
          "ack")


def somebody(world, phone):
    """Somebody who left something in every table there is."""
    n = phone[-2:]
    event(world, phone, {"id": f"wamid.{n}.1", "type": "text", "text": {
        "body": f"{CANARY} {n}"}})
    data = world.note_with(f"{CANARY} {n}", 60)["data"]
    KEPT[phone] = {"cnv": data["conversation"], "msg": data["message"],
                   "per": data["person"]["id"]}
    event(world, phone, {"id": f"wamid.{n}.e", "type": "edit", "edit": {
        "original_message_id": f"wamid.{n}.1", "message": {
            "type": "text", "text": {"body": f"{CANARY} neu {n}"}}}})
    # Of a message that never came.
    event(world, phone, {"id": f"wamid.{n}.d", "type": "revoke", "revoke": {
        "original_message_id": f"wamid.{n}.none"}})
    w.call("POST", world.url("phone", f"/phone/file?from={phone}&name=b.pdf"
                             f"&caption=Datei{n}"),
           CANARY.encode() + random.randbytes(40_000),
           {"Content-Type": "application/pdf"})
    KEPT[phone]["file"] = world.note_with(f"Datei{n}", 60)["data"]
    world.phone_text("Ich will vielleicht keine Werbung mehr", phone=phone)
    world.note_with("Ich will vielleicht keine Werbung mehr", 60)
    post(world, b"{kaputt " + phone.encode())  # not understood
    cnv = KEPT[phone]["cnv"]
    equal(world.api("POST", f"/v1/conversations/{cnv}/notes",
                    {"text": f"{CANARY} Notiz"})[0], 201, "note")
    equal(dsb(world, "POST", f"/v1/persons/{KEPT[phone]['per']}/disclosures",
              {"recipient": "Paketdienst", "purpose": "Versand"})[0], 201,
          "disclosure")
    equal(world.api("GET", f"/v1/conversations/{cnv}")[0], 200, "viewed")
    equal(world.answer(cnv, f"{CANARY} zurück {n}")[0], 202, "answer")
    w.until("answered", 30, lambda: f"{CANARY} zurück {n}" in texts(world,
                                                                    phone))


def wanted(world, kind, phone):
    """A request of somebody who showed who they are."""
    status, made = dsb(world, "POST", "/v1/requests", {
        "type": kind, "channel": "mail", "identifiers": [
            {"kind": "phone", "value": phone}], "proof": {"method": "ausweis"}})
    equal(status, 201, made)
    return made["id"]


def reaches(world, request, *states):
    return w.until(f"{request} {states}", 60, lambda: (
        lambda r: r if r["state"] in states else None)(
            dsb(world, "GET", f"/v1/requests/{request}")[1]))


def tables(db):
    """{table: columns} of everything that is stored."""
    return {t: [c[1] for c in db.execute(f"PRAGMA table_info({t})")]
            for t, in db.execute("SELECT name FROM sqlite_master WHERE"
                                 " type='table'")}


def traces(world, ids):
    """{table.column: numbers} where one of these ids stands."""
    found = {}
    db = sqlite3.connect(f"file:{world.data}/postern.db?mode=ro", uri=True)
    for table, columns in tables(db).items():
        for row in db.execute(f"SELECT * FROM {table}"):
            for column, value in zip(columns, row):
                if isinstance(value, int) and value in ids:
                    found.setdefault(f"{table}.{column}", set()).add(value)
    db.close()
    return found


def everything_of(world, person):
    """Ids of all that hangs on a person, and the sealed bytes of it."""
    shared = {"erasure", "request", "telling", "hold", "token", "policy_version"}
    ids, sealed, grown = {person}, set(), True
    db = sqlite3.connect(f"file:{world.data}/postern.db?mode=ro", uri=True)
    while grown:
        grown = False
        for table, columns in tables(db).items():
            if table in shared or "id" not in columns:
                continue
            at = columns.index("id")
            for row in db.execute(f"SELECT * FROM {table}"):
                # Counters are small, ids are not.
                if any(isinstance(v, int) and v > 1 << 32 and v in ids
                       for v in row):
                    grown |= row[at] not in ids
                    ids.add(row[at])
                    sealed |= {bytes(v) for c, v in zip(columns, row)
                               if isinstance(v, bytes) and len(v) >= 16
                               and c.endswith(("_sealed", "_hash"))}
    db.close()
    return ids, sealed


def swept(world, needles):
    hits = []
    for path in list(world.data.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            hits += [path.name for n in needles if n in content]
    return hits


def snapshot(world, name):
    """The database of now, and the media, as a thief would have them."""
    there = world.dir / name
    there.mkdir()
    old = sqlite3.connect(f"file:{world.data}/postern.db?mode=ro", uri=True)
    new = sqlite3.connect(there / "postern.db")
    old.backup(new)
    old.close()
    new.close()
    shutil.copytree(world.data / "media", there / "media")


def close(world, phone):
    equal(world.api("POST", f"/v1/conversations/{KEPT[phone]['cnv']}/close")[0],
          200, "closed")


@case
def three_leave_something_everywhere(world):
    for phone in (ANNA, BERT, CARL):
        somebody(world, phone)
    for phone in (ANNA, BERT):
        reaches(world, wanted(world, "access", phone), "completed")
    world.phone_text("Start", phone=ANNA)
    said(world, ANNA, "Antworten Sie")
    world.phone_text("JA", phone=ANNA)
    w.until("given", 30, lambda: rows(
        world, "SELECT 1 FROM consent_event WHERE kind='given'"))
    world.phone_text("Start", phone=BERT)  # and no answer
    said(world, BERT, "Antworten Sie")
    for phone in (ANNA, BERT, CARL):
        (KEPT[phone]["row"],), = rows(
            world, "SELECT person FROM conversation ORDER BY id LIMIT 1"
            " OFFSET ?", [ANNA, BERT, CARL].index(phone))
    for table in ("message_version", "tombstone", "note", "disclosure",
                  "viewed", "review", "notice_sent", "quarantine", "package",
                  "attachment", "consent_event"):
        check(rows(world, f"SELECT count(*) FROM {table}")[0][0] > 0, table)
    w.until("provider's copies are tidied", 60, lambda: rows(
        world, "SELECT count(*) FROM attachment WHERE tidy=1") == [(0,)])


@case
def all_of_one_goes(world):
    close(world, BERT)
    ids, sealed = everything_of(world, KEPT[BERT]["row"])
    check(len(ids) > 15 and len(sealed) > 10, (len(ids), len(sealed)))
    for name in rows(world, "SELECT file FROM attachment WHERE key_person=?"
                     " AND file IS NOT NULL", KEPT[BERT]["row"]):
        content = (world.data / "media" / name[0][:2] / name[0]).read_bytes()
        sealed |= {content[:64], content[-64:]}
    snapshot(world, "before")
    request = wanted(world, "erasure", BERT)
    done = reaches(world, request, "completed", "waiting_recipients")
    names = {i["datenart"]: i["verdict"] for i in done["items"]}
    # A question nobody answered proves no consent.
    equal(names, dict.fromkeys((
        "CONTACT", "DOI_PENDING", "MEDIA", "MSG_SUPPORT", "NOTICE", "RAW"),
        "erase"), "settled")
    KEPT["request"] = request
    found = traces(world, ids)
    equal(set(found) - STAYS, set(), "columns")
    equal(swept(world, sealed), [], "as it was stored")
    equal(world.sweep([BERT]), [], "in clear")


@case
def a_given_consent_ends_and_its_proof_stays(world):
    close(world, ANNA)
    request = wanted(world, "erasure", ANNA)
    done = reaches(world, request, "completed", "waiting_recipients")
    letter = dsb(world, "GET", f"/v1/requests/{request}/file")[1]["letters"]
    items = {i["datenart"]: i for i in done["items"]}
    equal((items["CONSENT"]["verdict"], items["CONSENT"]["n"]),
          ("restrict_until", 3), items)
    equal(items["SUPPRESS"]["verdict"], "keep", items)
    for part in ("3 × aufbewahrt, eingeschränkt", "Art. 17 Abs. 3 Buchst. e",
                 "§§ 195, 199 Abs. 1 BGB",
                 "Sperrliste"):
        check(part in letter[-1]["text"], letter[-1])
    equal(rows(world, "SELECT kind,by_whom FROM consent_event WHERE"
               " purpose='marketing' ORDER BY at_ms,id"),
          [("requested", "controller"), ("given", "subject"),
           ("withdrawn", "subject")], "events")
    status, shown = dsb(world, "GET",
                        f"/v1/persons/{KEPT[ANNA]['per']}/consents")
    equal((status, [c["state"] for c in shown["consents"]]),
          (200, ["ConsentWithdrawn"]), shown)


@case
def an_import_does_not_agree_again(world):
    row = {"address": "+" + ANNA, "purpose": "marketing",
           "channel": "kundenservice", "given_at": "2026-01-10T09:12:00Z",
           "wording": WORDING, "language": "de",
           "evidence": {"form": "Karte"}}
    path = world.dir / "import.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n")
    got = world.postern("consent", "import", str(path), "--json", check=False)
    equal(json.loads(got.splitlines()[0])["result"], "suppressed", got)
    world.phone_text("Ich bin wieder da", phone=ANNA)
    data = world.note_with("Ich bin wieder da", 60)["data"]
    check(data["person"]["id"] != KEPT[ANNA]["per"], "known")
    status, problem = world.api(
        "POST", f"/v1/conversations/{data['conversation']}/messages",
        {"text": "Angebot", "purpose": "marketing"})
    equal(status, 403, problem)
    status, shown = dsb(world, "GET",
                        f"/v1/persons/{data['person']['id']}/consents")
    check(shown["suppressed"], shown)


@case
def the_receipt_is_of_this_request_alone(world):
    world.postern("ledger", "checkpoint")
    path = world.dir / "receipt.tlog-proof"
    world.postern("rights", "certificate", KEPT["request"], "--out", str(path))
    keys = json.loads(world.postern("ledger", "keys", "--json"))["keys"]
    (world.dir / "vkey").write_text("\n".join(k["vkey"] for k in keys) + "\n")
    done = subprocess.run(
        [str(w.BUILD / "postern-verify"), "--receipt", str(path), "--vkey",
         f"@{world.dir / 'vkey'}", "--json"], capture_output=True, text=True)
    equal(done.returncode, 0, done.stdout + done.stderr)
    payload = json.loads(done.stdout)["payload"]
    check(all(n not in payload for n in ("per_", "msg_", "cnv_", BERT)),
          payload)


def opened(world, phone):
    """What the gateway shows of somebody's message, notes and file."""
    seen = b""
    one = KEPT[phone]
    for path in (f"/v1/messages/{one['msg']}",
                 f"/v1/messages/{one['file']['message']}",
                 f"/v1/conversations/{one['cnv']}",
                 f"/v1/conversations/{one['cnv']}/notes",
                 one["file"]["attachments"][0]["href"]):
        status, got = w.call("GET", world.url("internal", path), headers={
            "Authorization": f"Bearer {world.token()}"})
        check(status != 404, f"{path} is not there")
        seen += got
    return seen.decode(errors="replace").count(CANARY)


def put_back(world):
    """The rows and files of then, beside the keys of today."""
    db = sqlite3.connect(world.data / "postern.db")
    db.execute("ATTACH ? AS old", (str(world.dir / "before" / "postern.db"),))
    for table in ("person", "address", "conversation", "message",
                  "message_version", "attachment", "note"):
        db.execute(f"INSERT OR IGNORE INTO main.{table} SELECT * FROM"
                   f" old.{table}")
    db.commit()
    db.close()
    shutil.copytree(world.dir / "before" / "media", world.data / "media",
                    dirs_exist_ok=True)


@case
def nobody_makes_a_key_for_who_is_gone(world):
    """Whatever was still to be told and answered about them since."""
    keys = sqlite3.connect(f"file:{world.data / 'keeper.db'}?mode=ro",
                           uri=True)
    equal(keys.execute("SELECT count(*) FROM data_key WHERE person=?",
                       (KEPT[BERT]["row"],)).fetchone(), (0,), "keys")
    equal([d for d, in keys.execute(
        "SELECT DISTINCT datenart FROM data_key WHERE person=? ORDER BY 1",
        (KEPT[ANNA]["row"],))], ["CONSENT", "CONTACT"], "keys of the proof")
    keys.close()


@case
def an_old_database_is_not_served(world):
    equal(world.stop("postern"), 0, "stopped")
    world.data.rename(world.dir / "today")
    shutil.copytree(world.dir / "today", world.data,
                    ignore=shutil.ignore_patterns("*.sock", "postern.db*"))
    shutil.copy(world.dir / "before" / "postern.db", world.data)
    try:
        world.serve()
    except w.Failure as failure:
        check("replaced by an older copy" in str(failure), failure)
        world.processes.pop("postern", None)
        return
    raise w.Failure("it is served")


@case
def with_the_rows_of_then_nothing_opens(world):
    """Whoever has yesterday's rows and files and today's keys."""
    shutil.rmtree(world.data)
    shutil.copytree(world.dir / "today", world.data,
                    ignore=shutil.ignore_patterns("*.sock"))
    put_back(world)
    world.serve()
    equal(opened(world, BERT), 0, "what was erased")
    check(opened(world, CARL) >= 3, "who was not is read wrongly")
    equal(world.stop("postern"), 0, "stopped")
    shutil.rmtree(world.data)
    (world.dir / "today").rename(world.data)


main(make)
