"""Goal: a person asks in the chat what is known of them, and gets all of it:
two channels, attachments, notes, consents, whom it went to and who looked -
without names of staff, once, and not for ever.

Proves: compliance 9, Q1 (Art. 15 GDPR; C-154/21, C-579/21)."""
import json

import copies
import packaged
from case import case, check, envelope, equal, main, post, rows, w

PATH2, ACCOUNT2 = "0123456789abcdef0123456789abcdef", "5550001"
SECOND = """\
  zweiter:
    type: whatsapp
    path: {path}
    phone_number_id: "{account}"
    app_secret: {{file: secrets/whatsapp-app}}
    verify_token: {{file: secrets/whatsapp-verify}}
    access_token: {{file: secrets/whatsapp-access}}
    api: "http://127.0.0.1:{phone}/v25.0"
    allow: ["127.0.0.1:{phone}"]
    provider: {{role: processor, contract: "DPA", mechanism: DPF, review: 2040-01-01}}
"""
ANNA, BERT = "4917139207701", "4917139207702"
LABEL = "Druckerei Muster"
IS = {}


def make(world):
    world.make()
    policy = (world.data / "policy.yaml").read_text().replace(
        "channels:\n",
        "channels:\n  zweiter: {purpose: support, data: MSG_SUPPORT}\n", 1)
    world.make(channels=SECOND.format(path=PATH2, account=ACCOUNT2,
                                      phone=world.ports["phone"]),
               routes="  - {channel: zweiter, helpdesk: desk}\n",
               extra=copies.PORTAL, policy=policy)
    world.start_all()
    IS["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


def on_the_second(world, text, number):
    body = json.loads(envelope({"id": f"wamid.zwei.{number}", "type": "text",
                                "text": {"body": text}}, phone=ANNA))
    body["entry"][0]["changes"][0]["value"]["metadata"] = {
        "display_phone_number": "49", "phone_number_id": ACCOUNT2}
    status, _ = post(world, json.dumps(body).encode(),
                     path=world.url("public", f"/hooks/whatsapp/{PATH2}"))
    equal(status, 200, "status")
    return world.note_with(text)["data"]


def look(world):
    """Three look-ups of the privacy role, each with what for."""
    for kind, what, purpose in (
            ("persons", IS["first"]["person"]["id"] + "/consents", "accuracy"),
            ("persons", IS["first"]["person"]["id"] + "/consents", "accuracy"),
            ("conversations", IS["first"]["conversation"], "security")):
        equal(world.api("GET", f"/v1/{kind}/{what}?purpose={purpose}",
                        token=IS["rights"])[0], 200, purpose)


@case
def what_happens_with_a_person(world):
    world.phone_text("Wo ist meine Bestellung?", phone=ANNA)
    IS["first"] = world.note_with("Wo ist meine Bestellung?")["data"]
    IS["second"] = on_the_second(world, "Ich bin auch hier", 1)
    equal(IS["first"]["person"]["id"], IS["second"]["person"]["id"], "person")
    IS["picture"] = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 300
    w.call("POST", world.url("phone", f"/phone/file?from={ANNA}&name=foto.jpg"
                             "&caption=Beleg"), IS["picture"],
           {"Content-Type": "image/jpeg"})
    world.note_with("Beleg", 60)
    world.answer(IS["first"]["conversation"], "Sie ist unterwegs.")
    world.phone_text("START", phone=ANNA)
    w.until("the question", 30, lambda: any(
        "JA" in t for t in copies.said(world, ANNA)))
    world.phone_text("JA", phone=ANNA)
    w.until("the consent", 30, lambda: rows(
        world, "SELECT count(*) FROM consent_event WHERE kind='given'") ==
        [(1,)])
    world.phone_text("Ich bin jemand anders", phone=BERT)
    world.note_with("Ich bin jemand anders")


@case
def staff_write_notes_that_only_staff_read(world):
    path = f"/v1/conversations/{IS['first']['conversation']}/notes"
    status, made = world.api("POST", path, {"text": "Bittet um Rückruf"})
    equal(status, 201, "status")
    check(made["note"].startswith("nte_"), "id")
    equal(world.api("POST", path, {})[0], 400, "without a text")
    equal(world.api("POST", path, {"text": "x", "by": "me"})[0], 400, "by")
    status, notes = world.api("GET", path)
    equal([n["text"] for n in notes["notes"]], ["Bittet um Rückruf"], "notes")
    equal(world.api("GET", path, token=IS["rights"])[0], 403, "scope")
    check(b"ckruf" not in (world.data / "postern.db").read_bytes() +
          (world.data / "postern.db-wal").read_bytes(), "a note is clear")


@case
def a_disclosure_names_whom(world):
    path = f"/v1/persons/{IS['first']['person']['id']}/disclosures"
    body = {"recipient": LABEL, "purpose": "Versand eines Etiketts"}
    status, _ = world.api("POST", path, body, token=IS["rights"])
    equal(status, 201, "status")
    equal(world.api("POST", path, body)[0], 403, "a desk's token")
    equal(world.api("POST", path, {"recipient": LABEL},
                    token=IS["rights"])[0], 400, "without a purpose")
    made = [json.loads(b) for (b,) in rows(
        world, "SELECT CAST(body AS TEXT) FROM ledger_entry")]
    check([e for e in made if e["e"] == "disclosure.made" and
           e.get("r") == "api"], "it is in the log")
    check(LABEL not in json.dumps(made, ensure_ascii=False),
          "the log names nobody")


@case
def q1_the_copy_has_all_of_it(world):
    look(world)
    link = copies.ask(world, ANNA, copies.in_the_chat(world, ANNA))
    status, page = w.call("GET", world.url("public", link))
    equal(status, 200, "the page before the download")
    equal(copies.state(world), "ready", "looking opens nothing")
    status, content = copies.fetch(world, link)
    equal(status, 200, "status")
    IS["link"], IS["copy"] = link, packaged.Package(content)
    p, data = IS["copy"], IS["copy"].data
    equal(sorted(c["channel"] for c in data["conversations"]),
          ["kundenservice", "zweiter"], "channels")
    texts = [m.get("text") for m in data["messages"]]
    for text in ("Wo ist meine Bestellung?", "Ich bin auch hier", "Beleg",
                 "Sie ist unterwegs.", "JA"):
        check(text in texts, text)
        check(text in p.text("README_de.html"), f"page: {text}")
        check(text in [r["text"] for r in p.rows], f"table: {text}")
    check("Ich bin jemand anders" not in str(p.files), "of somebody else")
    media = [a["path"] for m in data["messages"]
             for a in m.get("attachments", ())]
    equal([p.files[path] for path in media], [IS["picture"]], "media")
    equal([n["text"] for n in data["notes"]], ["Bittet um Rückruf"], "notes")
    check("given" in [c["kind"] for c in data["consents"]], "consents")
    check(any("Neuigkeiten" in x["text"] for x in data["wordings"]), "wordings")
    check(data["notices"], "notices")
    equal([d["recipient"] for d in data["disclosures"]], [LABEL], "whom")
    names = [r["name"] for r in data["recipients"]]
    check(LABEL in names and "desk" in names, names)
    equal([(x["purpose"], x["what"]) for x in data["lookups"]][-3:],
          [("accuracy", "consents")] * 2 + [("security", "conversation")],
          "look-ups")
    for x in data["lookups"]:
        check(x["at"].startswith("20"), x)
    equal([r["type"] for r in data["requests"]], ["access"], "requests")
    equal(data["addresses"][0].get("address") is not None, True, "address")


@case
def it_names_no_staff(world):
    IS["staff"] = {s for table in ("note", "viewed", "disclosure")
                   for (s,) in rows(world, f"SELECT staff FROM {table}")}
    check(len(IS["staff"]) >= 2, "who is to be looked for")
    for name, content in IS["copy"].files.items():
        for staff in IS["staff"]:
            check(staff.encode() not in content, f"{name} names staff")
    for look in IS["copy"].data["lookups"]:
        check("staff" not in look and set(look) <= {
            "at", "what", "purpose", "conversation"}, look)


@case
def it_says_what_is_done_with_the_data(world):
    about = IS["copy"].data["about"]
    equal([p["basis"] for p in about["purposes"] if p["name"] == "support"],
          ["contract"], "purpose")
    check(about["complaint_to"], "authority")
    equal({t["safeguard"] for t in about["transfers"]}, {"DPF"}, "transfers")
    text = IS["copy"].text("README_de.html")
    for words in ("Beschwerde", "Rechtsgrundlage", "90 Tage", "Art. 22 DSGVO",
                  "Widerspruch", "Muster GmbH", LABEL):
        check(words in text, words)
    check("complain" in IS["copy"].text("README_en.html"), "in English")
    basis = {b for f in IS["copy"].manifest["files"] for b in f["basis"]}
    equal(basis, {"contract"}, "legal basis")
    check({"MSG_SUPPORT", "CONTACT", "CONSENT", "STAFF_LOG"} <= {
        d for f in IS["copy"].manifest["files"] for d in f["datenart"]},
        "Datenarten")


@case
def once_fetched_it_is_gone(world):
    copies.gone(world)
    equal(copies.fetch(world, IS["link"])[0], 404, "the link again")
    equal(copies.state(world), "fetched", "state")
    log = (world.dir / "postern.log").read_bytes()
    check(IS["link"].rpartition("/")[2].encode() not in log, "link in the log")
    made = [json.loads(b) for (b,) in rows(
        world, "SELECT CAST(body AS TEXT) FROM ledger_entry")]
    exported = [e for e in made if e["e"] == "access.exported"]
    equal([(e["n"], e["obj"][:4]) for e in exported],
          [(len(IS["copy"].data["messages"]), "pkg_")], "in the log")


main(make)
