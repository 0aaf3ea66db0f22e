"""Goal: everything of a person is erased and nothing else: rows, files, index,
keys, and every byte that was stored of them; the log still verifies.
Scenarios: compliance 9, E1, E5 (each step once); assurance P7."""
import json
import os
import random
import sqlite3
import time

from case import case, check, equal, main, rows, w

ONE, TWO = "4917139206401", "4917139206402"
CANARY = "Sellerieknolle"
KEPT = {"ciphers": []}


def send_file(world, data, caption, phone=ONE):
    w.call("POST", world.url("phone", f"/phone/file?from={phone}&name=b.jpg"
                             f"&caption={caption}"), data,
           {"Content-Type": "application/pdf"})


def make(world):
    world.make()
    world.start_all()
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]
    for i in range(50):
        world.phone_text(f"{CANARY} Nummer {i}", phone=ONE)
    for i in range(5):
        send_file(world, CANARY.encode() + random.randbytes(70_000),
                  f"Datei{i}")
    world.phone_text("Das bleibt", phone=TWO)
    send_file(world, random.randbytes(9000), "Bleibtauch", TWO)
    for i in range(50):
        note = world.note_with(f"{CANARY} Nummer {i}", 60)
    for i in range(5):
        world.note_with(f"Datei{i}", 60)
    KEPT["cnv"] = note["data"]["conversation"]
    KEPT["person"] = note["data"]["person"]["id"]
    KEPT["message"] = note["data"]["message"]
    KEPT["two"] = world.note_with("Das bleibt", 60)["data"]["conversation"]
    world.note_with("Bleibtauch", 60)
    equal(world.answer(KEPT["cnv"], f"{CANARY} zurueck")[0], 202, "answer")
    w.until("it is there", 30, lambda: any(
        e.get("text") == f"{CANARY} zurueck" for e in world.chat(ONE)))
    w.until("provider's copies are tidied", 60,
            lambda: world.phone_state()["media_deleted"] >= 6)


def person_row(world):
    (one,), = rows(world, "SELECT person FROM conversation WHERE id IN (SELECT"
                   " min(id) FROM conversation)")
    return one


def erase(world):
    return world.api("POST", "/v1/erasures", {"person": KEPT["person"]},
                     token=KEPT["rights"])


def done(world, made):
    def look():
        status, got = world.api("GET", f"/v1/erasures/{made['id']}",
                                token=KEPT["rights"])
        equal(status, 200, got)
        return got if got["step"] == "done" else None
    return w.until("the erasure is done", 60, look)


@case
def only_who_answers_for_rights_may_erase(world):
    equal(world.api("POST", "/v1/erasures", {"person": KEPT["person"]})[0],
          403, "a desk's token")
    equal(world.api("POST", "/v1/erasures", {"person": KEPT["cnv"]},
                    token=KEPT["rights"])[0], 400, "no person")
    equal(world.api("POST", "/v1/erasures", {},
                    token=KEPT["rights"])[0], 400, "nobody")
    equal(world.api("GET", f"/v1/erasures/{KEPT['person']}",
                    token=KEPT["rights"])[0], 404, "no erasure")


@case
def e1_the_person_is_erased(world):
    person = KEPT["row"] = person_row(world)
    equal(world.api("POST", f"/v1/conversations/{KEPT['cnv']}/close")[0], 200,
          "closed")
    # What is stored of them, as it is stored.
    KEPT["ciphers"] = [c for c, in rows(
        world, "SELECT content_sealed FROM message WHERE key_person=? AND"
        " content_sealed IS NOT NULL", person)]
    check(len(KEPT["ciphers"]) >= 55, len(KEPT["ciphers"]))
    KEPT["ciphers"] += [c for c, in rows(
        world, "SELECT media_sealed FROM attachment WHERE key_person=?",
        person)]
    KEPT["ciphers"] += [v for row in rows(
        world, "SELECT address_sealed,address_hash FROM address WHERE"
        " person=?", person) for v in row]
    KEPT["files"] = [f for f, in rows(
        world, "SELECT file FROM attachment WHERE key_person=? AND file IS NOT"
        " NULL", person)]
    equal(len(KEPT["files"]), 5, "files")
    for name in KEPT["files"]:
        sealed = (world.data / "media" / name[:2] / name).read_bytes()
        KEPT["ciphers"] += [sealed[:64], sealed[-64:]]
    status, made = erase(world)
    equal(status, 202, made)
    got = done(world, made)
    equal([s["step"] for s in got["steps"]],
          ["decide", "freeze", "rows", "index", "keys", "wal", "ledger",
           "tell", "verify", "stamp", "answer"], "each step once")
    equal((got["erased"], got["kept"], got["files"]), (got["of"], 0, 5), got)
    check(got["keys"] >= 3, got)
    KEPT["erasure"] = got


@case
def e1_nothing_stored_of_them_is_found(world):
    hits = []
    for path in world.data.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            hits += [path.name for c in KEPT["ciphers"] if c in content]
    equal(hits, [], "ciphertexts")
    equal(world.sweep([CANARY, ONE]), [], "in clear")
    for name in KEPT["files"]:
        check(not (world.data / "media" / name[:2] / name).exists(), name)


@case
def e1_keys_and_index_are_gone(world):
    keys = sqlite3.connect(f"file:{world.data / 'keeper.db'}?mode=ro",
                           uri=True)
    equal(keys.execute("SELECT count(*) FROM data_key WHERE person=?",
                       (KEPT["row"],)).fetchone(), (0,), "keys")
    keys.close()
    for table in ("message WHERE key_person", "attachment WHERE key_person",
                  "address WHERE person", "person WHERE id",
                  "conversation WHERE person", "notice_sent WHERE person"):
        equal(rows(world, f"SELECT count(*) FROM {table}=?", KEPT["row"]),
              [(0,)], table)


@case
def the_helpdesk_is_told_and_shown_nothing(world):
    w.until("person.erased", 30, lambda: world.notes("person.erased"))
    equal(len(world.notes("person.erased")), 1, "once")
    for path in (f"/v1/conversations/{KEPT['cnv']}",
                 f"/v1/messages/{KEPT['message']}"):
        equal(world.api("GET", path)[0], 404, path)


@case
def others_are_intact(world):
    status, got = world.api("GET", f"/v1/conversations/{KEPT['two']}")
    equal(status, 200, got)
    check("Das bleibt" in [m["text"] for m in got["messages"]], got)


@case
def the_log_says_so_and_verifies(world):
    told = [json.loads(b) for b, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id")]
    for event, n in (("erase.planned", None),
                     ("erase.executed", KEPT["erasure"]["erased"]),
                     ("erase.verified", None)):
        found = [e for e in told if e["e"] == event]
        equal(len(found), 1, event)
        equal(found[0].get("n"), n, event)
        equal(found[0]["obj"], KEPT["erasure"]["id"], event)
    equal(told[KEPT["erasure"]["entry"]]["e"], "erase.executed", "its index")
    world.postern("ledger", "verify")


@case
def who_writes_again_is_a_stranger(world):
    world.phone_text("Ich bin neu hier", phone=ONE)
    note = world.note_with("Ich bin neu hier")
    check(note["data"]["person"]["id"] != KEPT["person"], "known")
    equal(erase(world)[0], 404, "who was erased is nobody")


def processor_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@case
def a_locked_keeper_keeps_nobody_busy(world):
    note = world.note_with("Ich bin neu hier")["data"]
    equal(world.api("POST", f"/v1/conversations/{note['conversation']}/close")
          [0], 200, "closed")
    world.postern("keys", "lock")
    world.phone_text("Liegt im Spool", phone=TWO)
    w.until("it waits", 30, lambda: b"worker.waits" in (
        world.dir / "postern.log").read_bytes())
    worker = world.children()["worker"]
    before, began = processor_s(worker), time.monotonic()
    time.sleep(1)
    check(processor_s(worker) - before < (time.monotonic() - began) / 2,
          "it goes round without end")
    world.postern("keys", "unlock")
    world.note_with("Liegt im Spool")
    status, made = world.api("POST", "/v1/erasures",
                             {"person": note["person"]["id"]},
                             token=KEPT["rights"])
    equal(status, 202, made)
    done(world, made)


main(make)
