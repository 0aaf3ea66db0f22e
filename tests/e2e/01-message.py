"""Goal: a message goes through, sealed, forwarded, answered, once."""
import random

from case import case, check, envelope, equal, main, post, rows, w


@case
def the_desk_gets_the_message_under_an_alias(world):
    world.phone_text("Wann kommt mein Paket?")
    note = world.note_with("Wann kommt mein Paket?")
    equal(note["type"], "message.received", "type")
    data = note["data"]
    equal(data["channel"], "kundenservice", "channel")
    equal(data["via"], "whatsapp", "via")
    equal(data["kind"], "text", "kind")
    equal(data["person"]["name"], None, "name")
    equal(data["person"]["address"], None, "address")
    check(data["person"]["alias"].startswith("Kunde "), "an alias")
    check(data["person"]["id"].startswith("per_"), "a person id")
    check(data["reply_window_ends"], "the end of the window")
    flat = w.json.dumps(note)
    check("4917139200001" not in flat and "ller" not in flat,
          "number or name at the desk")
    equal(world.desk_state()["forged"], 0, "signatures that did not verify")


@case
def the_answer_reaches_the_phone_and_statuses_flow_back(world):
    conversation = world.notes("message.received")[0]["data"]["conversation"]
    status, made = world.answer(conversation, "Es kommt morgen. äöü € 😀")
    equal(status, 202, "status")
    w.until("the phone has it", 15, lambda: any(
        e.get("text") == "Es kommt morgen. äöü € 😀" for e in world.chat()))
    w.until("state read", 15, lambda: world.api(
        "GET", f"/v1/messages/{made['message']}")[1]["state"] == "read")
    w.until("three statuses at the desk", 15, lambda: {
        n["data"]["status"] for n in world.notes("message.status")
        if n["data"]["message"] == made["message"]}
        >= {"sent", "delivered", "read"})


@case
def a_picture_round_trips_byte_equal(world):
    image = b"\xff\xd8\xff\xe0" + random.randbytes(300_001)
    w.call("POST", world.url("phone", "/phone/file?from=4917139200001"
                             "&name=foto.jpg&caption=Bild+1"),
           image, {"Content-Type": "image/jpeg"})
    note = world.note_with("Bild 1")
    attachment = note["data"]["attachments"][0]
    equal(attachment["bytes"], len(image), "length announced")
    equal(attachment["type"], "image/jpeg", "type announced")
    status, got = w.call("GET", world.url("internal", attachment["href"]),
                         headers={"Authorization": f"Bearer {world.token()}"})
    equal(status, 200, "status")
    check(got == image, "the desk's copy differs")
    conversation = note["data"]["conversation"]
    status, up = w.call(
        "POST", world.url("desk", f"/desk/upload?conversation={conversation}"
                          "&name=zur%C3%BCck.jpg"), image,
        {"Content-Type": "image/jpeg"})
    equal(status, 201, "upload")
    status, _ = world.answer(conversation, "Bild zurück",
                             attachment=w.json.loads(up)["attachment"])
    equal(status, 202, "answer")
    entry = w.until("the phone has the picture", 15, lambda: next(
        (e for e in world.chat() if e["from"] == "business" and "media" in e),
        None))
    check(w.call("GET", world.url("phone", f"/phone/media/{entry['media']}"))[1]
          == image, "the phone's copy differs")


@case
def media_at_the_provider_are_deleted_after_the_copy_is_safe(world):
    w.until("the provider's copy is gone", 15, lambda:
            world.phone_state()["media_deleted"] >= 1)


@case
def a_batch_of_a_thousand_in_one_post_arrives_complete_and_once(world):
    messages = [{"id": f"wamid.BATCH{i:04}", "type": "text",
                 "text": {"body": f"Stapel {i:04}"}} for i in range(1000)]
    equal(post(world, envelope(*messages, phone="4917139200002"))[0], 200, "ack")

    def texts():
        return [n["data"]["text"] for n in world.notes("message.received")
                if (n["data"].get("text") or "").startswith("Stapel ")]
    w.until("all at the desk", 60, lambda: len(texts()) >= 1000, 0.3)
    equal(texts(), [f"Stapel {i:04}" for i in range(1000)], "order and number")


@case
def the_same_body_a_hundred_times_is_one_message(world):
    body = envelope({"id": "wamid.SAME", "type": "text",
                     "text": {"body": "Nur einmal"}})
    for _ in range(100):
        equal(post(world, body)[0], 200, "ack")
    world.note_with("Nur einmal")
    w.time.sleep(1)
    equal(sum(n["data"].get("text") == "Nur einmal" for n in world.notes()),
          1, "times at the desk")


@case
def repeated_reordered_batches_arrive_once(world):
    world.control("phone", batch=7, repeat_percent=60, reorder=True)
    for i in range(40):
        world.phone_text(f"Wirr {i}", phone="4917139200003")
    w.until("all at the desk", 30, lambda: len(
        {n["data"]["text"] for n in world.notes("message.received")
         if (n["data"].get("text") or "").startswith("Wirr ")}) == 40)
    w.time.sleep(2)
    got = [n["data"]["text"] for n in world.notes("message.received")
           if (n["data"].get("text") or "").startswith("Wirr ")]
    equal(len(got), 40, "times at the desk")
    world.control("phone", batch=50, repeat_percent=0, reorder=False)


@case
def a_deletion_erases_the_content_and_tells_the_desk(world):
    wamid = world.phone_text("Das nehme ich zurück")
    note = world.note_with("Das nehme ich zurück")
    w.call("POST", world.url("phone", "/phone/delete"),
           {"from": "4917139200001", "id": wamid})
    w.until("message.deleted", 15, lambda: any(
        n["data"]["message"] == note["data"]["message"]
        or n["data"].get("target") == note["data"]["message"]
        for n in world.notes("message.deleted")))
    status, got = world.api("GET", f"/v1/messages/{note['data']['message']}")
    equal(status, 200, "status")
    check(not got.get("text"), "the text is still served")
    equal(got["state"], "deleted", "state")


@case
def a_deletion_that_comes_before_its_message_wins(world):
    equal(post(world, envelope({"id": "wamid.DEL1", "type": "revoke", "revoke": {
        "original_message_id": "wamid.LATE1"}}))[0], 200, "ack")
    w.until("a tombstone", 10, lambda: rows(
        world, "SELECT count(*) FROM tombstone")[0][0] > 0)
    equal(post(world, envelope({"id": "wamid.LATE1", "type": "text", "text": {
        "body": "Schon gelöscht"}}))[0], 200, "ack")
    world.phone_text("Danach")
    world.note_with("Danach")
    check(not any(n["data"].get("text") == "Schon gelöscht"
                  for n in world.notes()), "the deleted message was forwarded")


@case
def an_edit_replaces_the_text(world):
    wamid = world.phone_text("Mit Felher")
    note = world.note_with("Mit Felher")
    world.phone_raw({"type": "edit", "edit": {
        "original_message_id": wamid,
        "message": {"type": "text", "text": {"body": "Ohne Fehler"}}}})
    edited = world.note_with("Ohne Fehler")
    equal(edited["type"], "message.edited", "type")
    got = world.api("GET", f"/v1/messages/{note['data']['message']}")[1]
    equal(got["text"], "Ohne Fehler", "text")


@case
def a_message_of_a_foreign_account_is_dropped(world):
    body = envelope({"id": "wamid.FOREIGN", "type": "text", "text": {
        "body": "Fremdes Konto"}}).replace(w.ACCOUNT.encode(), b"5550001")
    equal(post(world, body)[0], 200, "ack")
    world.phone_text("Nach dem fremden")
    world.note_with("Nach dem fremden")
    check(not any(n["data"].get("text") == "Fremdes Konto"
                  for n in world.notes()), "it was forwarded")


@case
def stored_columns_hold_only_sealed_bytes(world):
    hits = world.sweep(["Wann kommt mein Paket", "4917139200001", "Jörg Müller",
                        "Stapel 0001", "Es kommt morgen", "foto.jpg"])
    equal(hits, [], "clear text on disk")


main()
