"""Goal: what its sender deletes or edits is forgotten, masked or kept, as the
policy says; the helpdesk is told, and what was forgotten is nowhere.
channels.md 1.6; Art. 17 GDPR."""
from case import case, check, envelope, equal, main, post, rows, w

PHONE = "4917139200481"
BASE = {}


def make(world):
    world.make()
    BASE["policy"] = (world.data / "policy.yaml").read_text()
    world.start_all()


def use(world, changes):
    """Another on_delete and on_edit from now on."""
    text = BASE["policy"].replace("    on_delete: forget\n", changes, 1)
    check(text != BASE["policy"], "the template has no on_delete")
    world.adopt(text.split("\ntests:")[0] + "\n")


def says(world, name, text):
    message = {"id": f"wamid.{name}", "type": "text", "text": {"body": text}}
    equal(post(world, envelope(message, phone=PHONE))[0], 200, "ack")
    return world.note_with(text)["data"]["message"]


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


def shown(world, message):
    status, body = world.api("GET", f"/v1/messages/{message}")
    equal(status, 200, "status")
    return body


def sealed(world):
    """Sealed contents of what people wrote, as they lie in the archive."""
    return {row[0] for row in rows(
        world, "SELECT content_sealed FROM message WHERE direction='in'"
        " AND content_sealed IS NOT NULL")}


def nowhere(world, blob):
    """Not in the database, its log or anywhere else, sealed or not."""
    return not any(blob in path.read_bytes() for path in world.data.rglob("*")
                   if path.is_file())


@case
def forgotten_is_gone_with_its_sealed_bytes(world):
    before = sealed(world)
    message = says(world, "one", "Meine Diagnose ist geheim")
    blob = (sealed(world) - before).pop()
    deletes(world, "one")
    equal(told(world, "message.deleted", message)["content"], "forgotten",
          "told")
    equal(shown(world, message)["state"], "deleted", "state")
    equal(shown(world, message)["text"], None, "text")
    w.until("the log is emptied", 20, lambda: nowhere(world, blob))
    equal(world.sweep(["Meine Diagnose ist geheim"]), [], "clear text")


@case
def a_file_goes_with_its_message(world):
    body = b"geheime Bilddaten" * 3000
    w.call("POST", world.url("phone", f"/phone/file?from={PHONE}"
                             "&name=bild.jpg&caption=Bild"), body,
           {"Content-Type": "image/jpeg"})
    data = world.note_with("Bild", 30)["data"]
    files = [p for p in (world.data / "media").rglob("*") if p.is_file()]
    equal(len(files), 1, "files")
    wamid = next(e["id"] for e in world.chat(PHONE) if e["from"] != "business")
    message = {"id": f"{wamid}.del", "type": "revoke",
               "revoke": {"original_message_id": wamid}}
    equal(post(world, envelope(message, phone=PHONE))[0], 200, "ack")
    told(world, "message.deleted", data["message"])
    w.until("the file is gone", 20, lambda: not files[0].exists())
    equal(w.call("GET", world.url("internal", data["attachments"][0]["href"]),
                 headers={"Authorization": f"Bearer {world.token()}"})[0],
          410, "the bytes")


@case
def an_edit_leaves_nothing_of_the_old_text(world):
    before = sealed(world)
    message = says(world, "two", "Alt und peinlich")
    blob = (sealed(world) - before).pop()
    edits(world, "two", "Neu")
    equal(told(world, "message.edited", message)["text"], "Neu", "told")
    equal(rows(world, "SELECT count(*) FROM message WHERE kind='version'"),
          [(0,)], "versions")
    w.until("the log is emptied", 20, lambda: nowhere(world, blob))


@case
def masked_is_hidden_from_the_helpdesk_alone(world):
    use(world, "    on_delete: mask\n    on_edit: mask\n")
    message = says(world, "three", "Wird verborgen")
    deletes(world, "three")
    equal(told(world, "message.deleted", message)["content"], "masked", "told")
    view = shown(world, message)
    equal((view["state"], view["content"], view["text"]),
          ("deleted", "hidden", None), "shown")
    equal(rows(world, "SELECT count(*) FROM message WHERE state='masked' AND"
               " content_sealed IS NOT NULL"), [(1,)], "kept sealed")
    message = says(world, "four", "Erste Fassung")
    edits(world, "four", "Zweite Fassung")
    equal(told(world, "message.edited", message)["text"], "Zweite Fassung",
          "told")
    equal(rows(world, "SELECT count(*) FROM message WHERE kind='version' AND"
               " state='masked'"), [(1,)], "versions")
    cnv = world.note_with("Erste Fassung")["data"]["conversation"]
    status, page = world.api("GET", f"/v1/conversations/{cnv}")
    equal(status, 200, "status")
    check(all(m["text"] != "Erste Fassung" for m in page["messages"]),
          "the old text is shown")


@case
def deleting_takes_the_hidden_versions_too(world):
    versions = rows(world, "SELECT content_sealed FROM message WHERE"
                    " kind='version'")
    use(world, "    on_delete: forget\n    on_edit: mask\n")
    deletes(world, "four")
    told(world, "message.deleted",
         world.note_with("Erste Fassung")["data"]["message"])
    w.until("the log is emptied", 20, lambda: nowhere(world, versions[0][0]))


@case
def kept_changes_its_datenart_and_stays(world):
    use(world, "    on_delete: {keep: legal_obligation, as: MSG_BUSINESS}\n"
        "    on_edit: {keep: legal_obligation, as: MSG_BUSINESS}\n")
    message = says(world, "five", "Hiermit bestelle ich")
    deletes(world, "five")
    equal(told(world, "message.deleted", message)["content"], "kept", "told")
    view = shown(world, message)
    equal((view["state"], view["datenart"], view["text"]),
          ("deleted", "MSG_BUSINESS", "Hiermit bestelle ich"), "shown")
    message = says(world, "six", "Zehn Stück")
    edits(world, "six", "Neun Stück")
    equal(told(world, "message.edited", message)["text"], "Neun Stück", "told")
    equal(shown(world, message)["datenart"], "MSG_SUPPORT", "new text")
    equal(rows(world, "SELECT state,datenart FROM message WHERE"
               " kind='version' AND content_sealed IS NOT NULL"),
          [("kept", "MSG_BUSINESS")], "old text")


main(make)
