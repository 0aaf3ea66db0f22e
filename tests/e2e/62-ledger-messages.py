"""Goal: whatever becomes of messages, the proof log says what the archive
holds; a message that is removed, exchanged or slipped in behind its back is
found and named.  docs/ledger.md, "Messages"."""
import json
import random
import sqlite3
import subprocess
import sys

from case import ROOT, case, check, envelope, equal, main, post, rows, w
import proved

sys.path.insert(0, str(ROOT / "tests" / "torture"))

import killing  # noqa: E402

PHONE, ASKED, LATE = (f"49171392006{i}" for i in (71, 72, 73))
EIGHT_DAYS = 8 * 86_400_000
BASE = {}


def make(world):
    world.make()
    BASE["policy"] = (world.data / "policy.yaml").read_text()
    world.start_all()


def entries(world, event):
    """n of each entry of this kind."""
    found = [json.loads(body) for body, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id")]
    return [e["n"] for e in found if e["e"] == f"messages.{event}"]


def sound(world):
    equal(proved.look(world.data), [], "what is wrong")


def says(world, name, text, phone=PHONE):
    message = {"id": f"wamid.{name}", "type": "text", "text": {"body": text}}
    equal(post(world, envelope(message, phone=phone))[0], 200, "ack")
    return world.note_with(text)["data"]


def deletes(world, name):
    message = {"id": f"wamid.{name}.del", "type": "revoke",
               "revoke": {"original_message_id": f"wamid.{name}"}}
    equal(post(world, envelope(message, phone=PHONE))[0], 200, "ack")


def edits(world, name, text):
    message = {"id": f"wamid.{name}.{text}", "type": "edit", "edit": {
        "original_message_id": f"wamid.{name}",
        "message": {"type": "text", "text": {"body": text}}}}
    equal(post(world, envelope(message, phone=PHONE))[0], 200, "ack")


def told(world, kind, message):
    return w.until(kind, 20, lambda: next(
        (n["data"] for n in world.notes(kind)
         if n["data"]["message"] == message), None))


def use(world, changes):
    """Another on_delete and on_edit from now on."""
    text = BASE["policy"].replace("    on_delete: forget\n", changes, 1)
    check(text != BASE["policy"], "the template has no on_delete")
    world.adopt(text.split("\ntests:")[0] + "\n")


@case
def what_comes_and_what_is_sent_is_told(world):
    data = says(world, "one", "Wo ist mein Paket?")
    world.greeted(PHONE)
    status, made = world.answer(data["conversation"], "Unterwegs")
    equal(status, 202, "status")
    w.until("sent", 20, lambda: world.api(
        "GET", f"/v1/messages/{made['message']}")[1]["state"] != "queued")
    # The text, the notice of first contact, the answer; the provider's ids of
    # what was sent are sealed with it.
    equal(sum(entries(world, "archived")), 3, "archived")
    w.until("changed", 20, lambda: sum(entries(world, "changed")) == 2)
    sound(world)


@case
def many_in_one_body_are_one_entry(world):
    before = entries(world, "archived")
    equal(post(world, envelope(*(
        {"id": f"wamid.many{i}", "type": "text",
         "text": {"body": f"Nummer {i}"}} for i in range(7)),
        phone=PHONE))[0], 200, "ack")
    world.note_with("Nummer 6")
    equal(entries(world, "archived"), before + [7], "entries")
    sound(world)


@case
def what_its_sender_changes_or_takes_back_is_told(world):
    edits(world, "one", "Wo ist mein grosses Paket?")
    w.until("changed", 20, lambda: sum(entries(world, "changed")) == 3)
    data = says(world, "two", "Vergessen Sie das")
    deletes(world, "two")
    told(world, "message.deleted", data["message"])
    equal(entries(world, "forgotten"), [1], "forgotten")
    sound(world)
    # What is hidden keeps its content: the old text is a message of its own.
    use(world, "    on_delete: forget\n    on_edit: mask\n")
    data = says(world, "three", "Erste Fassung")
    edits(world, "three", "Zweite Fassung")
    told(world, "message.edited", data["message"])
    equal(rows(world, "SELECT count(*) FROM message WHERE kind='version'"),
          [(1,)], "versions")
    sound(world)
    deletes(world, "three")
    told(world, "message.deleted", data["message"])
    equal(entries(world, "forgotten"), [1, 2], "it and what it was")
    sound(world)
    use(world, "    on_delete: {keep: legal_obligation, as: MSG_BUSINESS}\n")
    data = says(world, "four", "Hiermit bestelle ich")
    before = sum(entries(world, "changed"))
    deletes(world, "four")
    told(world, "message.deleted", data["message"])
    equal(sum(entries(world, "changed")), before + 1, "sealed anew")
    sound(world)


@case
def what_runs_out_is_told(world):
    says(world, "ask", "*** START ***", phone=ASKED)
    w.until("the question", 20, lambda: rows(
        world, "SELECT 1 FROM consent_event WHERE kind='requested'"))
    before = sum(entries(world, "forgotten"))
    world.stop("postern")
    with sqlite3.connect(world.data / "postern.db") as db:
        db.execute("UPDATE consent_event SET at_ms=at_ms-?,"
                   " until_ms=until_ms-?", (EIGHT_DAYS, EIGHT_DAYS))
    db.close()
    world.serve()
    w.until("forgotten", 30, lambda: rows(
        world, "SELECT count(*) FROM consent_event") == [(0,)])
    check(sum(entries(world, "forgotten")) > before + 1, "what was forgotten")
    sound(world)


@case
def what_was_replayed_is_told(world):
    path = world.data / "postern.yaml"
    good = path.read_text()
    world.stop("postern")
    path.write_text(good.replace("mechanism: DPF", "mechanism: invalid", 1))
    world.serve()
    message = {"id": "wamid.late", "type": "text",
               "text": {"body": "Erst spaeter"}}
    equal(post(world, envelope(message, phone=LATE))[0], 200, "ack")
    listed = w.until("quarantined", 20, lambda: json.loads(
        world.postern("quarantine", "list", "--json"))["quarantine"])
    world.stop("postern")
    path.write_text(good)
    world.serve()
    before = sum(entries(world, "archived"))
    world.postern("quarantine", "replay", listed[0]["id"])
    world.note_with("Erst spaeter")
    check(sum(entries(world, "archived")) > before, "what was archived")
    sound(world)


@case
def what_survives_kills_is_told(world):
    before = rows(world, "SELECT count(*) FROM message")[0][0]
    killing.kill_loop(world, 6, random.Random(62), world.dir / "load.ledger",
                      most=0.8)
    check(rows(world, "SELECT count(*) FROM message")[0][0] > before + 20,
          "hardly any load went through")
    sound(world)


# --- behind its back --------------------------------------------------------

# What is done, and how the verb begins to say so.
MANIPULATIONS = {
    "the row is removed":
        ("DELETE FROM message WHERE id=:id", "a message was removed"),
    "the content is removed":
        ("UPDATE message SET content_sealed=NULL WHERE id=:id",
         "a message is not what"),
    "another content":
        ("UPDATE message SET content_sealed=(SELECT m.content_sealed FROM"
         " message m WHERE m.id<:id AND m.content_sealed IS NOT NULL LIMIT 1)"
         " WHERE id=:id", "a message is not what"),
    "a bit":
        ("UPDATE message SET content_sealed=CAST(substr(content_sealed,1,"
         "length(content_sealed)-1)||x'00' AS BLOB) WHERE id=:id",
         "a message is not what"),
    "said to be forgotten":
        ("INSERT INTO ledger_gone SELECT :id,max(entry) FROM ledger_gone",
         "the table of changed messages"),
    "another id":
        ("UPDATE message SET id=:id+1 WHERE id=:id", "a message was removed"),
    "its record is removed":
        ("UPDATE ledger_batch SET messages=substr(messages,1,"
         "length(messages)-40) WHERE entry=(SELECT max(entry) FROM"
         " ledger_batch WHERE length(messages)>40 AND :id>0)",
         "the list of messages is not"),
}


def copy(world, name):
    """The archive as it is now, in a folder of its own."""
    folder = world.dir / name
    folder.mkdir()
    source = sqlite3.connect(world.data / "postern.db", timeout=10)
    target = sqlite3.connect(folder / "postern.db")
    with target:
        source.backup(target)
    source.close()
    return folder, target


def verify(world, *args):
    """(exit status, answer) of the verb."""
    done = subprocess.run(
        [world.binary, "--json", "-d", str(world.data), "ledger", "verify",
         "--vkey", f"@{world.dir / 'vkey'}", *map(str, args)],
        capture_output=True, timeout=60)
    return done.returncode, json.loads(done.stdout)


@case
def the_verb_finds_it_sound_beside_the_gateway(world):
    (world.dir / "vkey").write_text(world.postern("ledger", "keys"))
    world.postern("ledger", "checkpoint")
    load = world.load("--seconds", 3, "--connections", 4, "--persons", 40,
                      "--rate", 300)
    try:
        for _ in range(5):
            status, answer = verify(world)
            equal((status, answer["verdict"], answer.get("messages")),
                  (0, "sound", "those the log knows"), answer)
    finally:
        load.wait()
    status, answer = verify(world, "--log-only")
    equal((status, answer.get("messages")), (0, None), answer)


@case
def what_is_done_behind_its_back_is_found_and_named(world):
    outside = says(world, "last", "Dies bleibt bestehen")["message"]
    inside, = rows(world, "SELECT max(id) FROM message WHERE direction='in'"
                   " AND id NOT IN (SELECT message FROM ledger_gone)")[0]
    for number, (what, (sql, told)) in enumerate(MANIPULATIONS.items()):
        folder, db = copy(world, f"harmed-{number}")
        equal(proved.look(folder), [], "before")
        equal(verify(world, folder)[0], 0, "before")
        with db:
            equal(db.execute(sql, {"id": inside}).rowcount, 1, what)
        db.close()
        check(proved.look(folder), f"{what}: not found by the test itself")
        status, answer = verify(world, folder)
        equal((status, answer["verdict"]), (1, "bad_message"), what)
        check(answer["text"].startswith(told), f"{what}: {answer['text']}")
        if what != "its record is removed":
            check(outside in answer["text"], f"{what}: {answer['text']}")
        equal(verify(world, "--log-only", folder)[0], 0, "the log itself")


main(make)
