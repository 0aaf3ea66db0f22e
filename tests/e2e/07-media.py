"""Goal: media are fetched by id, checked for size and hash, sealed, and the
provider's copy deleted; a broken one is named, never silently missing."""
import hashlib
import random

from case import case, check, equal, main, rows, w


def send_file(world, data, caption, mime="image/jpeg", name="bild.jpg"):
    w.call("POST", world.url("phone", f"/phone/file?from=4917139200001&name={name}"
                             f"&caption={caption}"), data, {"Content-Type": mime})


@case
def a_wrong_hash_is_refused_and_named(world):
    world.control("phone", wrong_hash=True)
    send_file(world, random.randbytes(5000), "Falsch")
    note = world.note_with("Falsch", 60)
    world.control("phone", wrong_hash=False)
    equal(rows(world, "SELECT state FROM attachment"), [("failed",)], "state")
    check(note["data"]["attachments"][0].get("failed"), "the desk is told")
    equal([p for p in (world.data / "media").rglob("*") if p.is_file()], [], "files")


@case
def an_expired_address_is_asked_for_again(world):
    world.control("phone", media_ttl_ms=-1)
    send_file(world, random.randbytes(5000), "Abgelaufen")
    w.time.sleep(1)
    world.control("phone", media_ttl_ms=300000)
    note = world.note_with("Abgelaufen", 90)
    check(not note["data"]["attachments"][0].get("failed"), "given up too early")


@case
def sizes_around_a_chunk_come_back_equal(world):
    for size in (1, 65535, 65536, 65537, 3_000_000):
        data = random.randbytes(size)
        send_file(world, data, f"Groesse{size}", "application/pdf", "datei.pdf")
        note = world.note_with(f"Groesse{size}", 60)
        a = note["data"]["attachments"][0]
        equal(a["bytes"], size, "length")
        got = w.call("GET", world.url("internal", a["href"]),
                     headers={"Authorization": f"Bearer {world.token()}"})[1]
        equal(hashlib.sha256(got).hexdigest(), hashlib.sha256(data).hexdigest(), "bytes")


@case
def a_voice_message_arrives(world):
    data = b"OggS" + random.randbytes(9000)
    w.call("POST", world.url("phone", "/phone/file?from=4917139200001"),
           data, {"Content-Type": "audio/ogg"})
    note = w.until("the desk has it", 30, lambda: next(
        (n for n in world.notes("message.received") if n["data"]["kind"] == "audio"), None))
    equal(note["data"]["attachments"][0]["bytes"], len(data), "length")


@case
def the_providers_copies_are_deleted(world):
    w.until("deleted at the provider", 30, lambda:
            world.phone_state()["media_deleted"] >= 6)


@case
def a_deleted_message_takes_its_file_along(world):
    data = random.randbytes(7000)
    answer = w.json.loads(w.call(
        "POST", world.url("phone", "/phone/file?from=4917139200001&caption=Weg"),
        data, {"Content-Type": "image/png"})[1])
    note = world.note_with("Weg", 30)
    before = sum(p.is_file() for p in (world.data / "media").rglob("*"))
    w.call("POST", world.url("phone", "/phone/delete"),
           {"from": "4917139200001", "id": answer["id"]})
    w.until("the file is gone", 20, lambda: sum(
        p.is_file() for p in (world.data / "media").rglob("*")) == before - 1)
    status, _ = world.api("GET", note["data"]["attachments"][0]["href"])
    check(status in (404, 410), f"still served: {status}")


main()
