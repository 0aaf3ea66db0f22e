"""Goal: 40 canaries in every field, and none is readable in the data folder,
the write-ahead log, temporary files or logs, in whatever state a message is."""
import base64
import json

from case import case, check, envelope, equal, main, post, rows, w

CANARIES = [f"kanarie{i:02}vogel{(i * 7919) % 10007:05}" for i in range(32)]
NUMBERS = [f"49171392{i:06}" for i in range(770000, 770008)]


def make(world):
    world.make()
    world.serve()
    world.desk_token()
    world.start_phone()


def sweep(world, state):
    equal(world.sweep(CANARIES + NUMBERS), [], f"clear text while {state}")


def vcard(text):
    return f"BEGIN:VCARD\nVERSION:3.0\nFN:{text}\nEND:VCARD"


def every_field(stem):
    """Messages with a canary in each field a provider fills."""
    c = iter(CANARIES)
    k = lambda: next(c)  # noqa: E731
    return [
        {"type": "text", "text": {"body": k()}},
        {"type": "image", "image": {"id": k(), "mime_type": "image/jpeg",
                                    "sha256": "x", "caption": k()}},
        {"type": "document", "document": {"id": k(), "filename": k() + ".pdf",
                                          "caption": k(), "sha256": k()}},
        {"type": "location", "location": {"latitude": 52.1, "longitude": 13.2,
                                          "name": k(), "address": k(), "url": k()}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": k()},
                                           "phones": [{"phone": n} for n in NUMBERS[1:2] + NUMBERS[3:]],
                                           "vcard": vcard(k())}]},
        {"type": "button", "button": {"payload": k(), "text": k()}},
        {"type": "interactive", "interactive": {
            "type": "button_reply", "button_reply": {"id": k(), "title": k()}}},
        {"type": "interactive", "interactive": {
            "type": "nfm_reply", "nfm_reply": {"name": k(), "body": k(),
                                               "response_json": json.dumps({"a": k()})}}},
        {"type": "order", "order": {"catalog_id": k(), "text": k(),
                                    "product_items": []}},
        {"type": "reaction", "reaction": {"message_id": k(), "emoji": k()}},
        {"type": "text", "text": {"body": k()}, "context": {"id": k(), "from": NUMBERS[2]}},
        {"type": "text", "text": {"body": k()}, "referral": {"headline": k(), "ctwa_clid": k()}},
        {"type": k(), "text": {"body": k()}},
    ]


def send_all(world, stem):
    for i, message in enumerate(every_field(stem)):
        body = envelope({"id": f"wamid.{CANARIES[31]}{stem}{i}", **message},
                        phone=NUMBERS[0], name=CANARIES[30])
        equal(post(world, body)[0], 200, "ack")


@case
def while_spooled_with_the_keeper_locked(world):
    world.postern("keys", "lock")
    send_all(world, "spooled")
    segments = list((world.data / "spool").glob("*.seg"))
    check(segments, "a spool segment")
    sweep(world, "spooled")
    world.postern("keys", "unlock")


@case
def while_queued_for_a_helpdesk_that_is_away(world):
    w.until("archived", 20, lambda: rows(
        world, "SELECT count(*) FROM message WHERE direction='in'")[0][0] >= 13)
    # Nobody there costs no attempt, but leaves its reason.
    w.until("tried", 20, lambda: rows(
        world, "SELECT count(*) FROM outbox WHERE reason='unreachable'")[0][0])
    sweep(world, "queued and retrying")


@case
def while_quarantined(world):
    body = f'{{"broken": "{CANARIES[0]} {NUMBERS[0]}"'.encode()
    equal(post(world, body)[0], 200, "ack")
    w.until("quarantined", 20, lambda: rows(
        world, "SELECT count(*) FROM quarantine")[0][0] == 1)
    sweep(world, "quarantined")


@case
def after_delivery_and_answer(world):
    world.start_desk()
    note = world.note_with(CANARIES[0], 60)
    status, _ = world.answer(note["data"]["conversation"], CANARIES[29])
    equal(status, 202, "answer")
    w.until("the phone has it", 20, lambda: any(
        e.get("text") == CANARIES[29] for e in world.chat(NUMBERS[0])))
    sweep(world, "delivered")


@case
def after_a_media_file_with_a_canary_inside(world):
    inside = (CANARIES[5] * 20000).encode()
    w.call("POST", world.url("phone", f"/phone/file?from={NUMBERS[0]}"
                             f"&name={CANARIES[6]}.txt&caption={CANARIES[7]}x"),
           inside, {"Content-Type": "text/plain"})
    note = world.note_with(CANARIES[7] + "x", 30)
    href = note["data"]["attachments"][0]["href"]
    got = w.call("GET", world.url("internal", href),
                 headers={"Authorization": f"Bearer {world.token()}"})[1]
    check(got == inside, "the file differs")
    sweep(world, "kept as a file")


@case
def the_sweep_would_find_a_canary(world):
    trap = world.data / "media" / "trap"
    trap.write_bytes(b"xx" + base64.b64encode(b"a" + CANARIES[3].encode()))
    check(world.sweep(CANARIES), "the sweep is blind")
    trap.unlink()


main(make)
