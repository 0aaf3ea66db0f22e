"""Goal: what the policy takes out of texts reaches no helpdesk; what it takes
out before storing is nowhere afterwards, whoever asks and whatever the policy
says later.  Issue: a message with an IBAN reaches the desk as `[IBAN]`."""
import json

from case import case, check, envelope, equal, main, post, rows, w

IBAN, FLAT = "DE89 3704 0044 0532 0130 00", "DE89370400440532013000"
CARD, MAIL = "4111 1111 1111 1111", "kanarie@vogelhaus.example"
NUMBER = "KD-482019"
RULES = """redact:
  - {find: iban, before: [store, forward]}
  - {find: kundennummer, before: [store]}
  - {find: card, before: [forward]}
  - {find: email, before: [forward]}
patterns: {kundennummer: "KD-######"}
"""
SEEN = {}


def with_rules(world, rules):
    """The template's policy with these rules instead of its own."""
    lines = (world.data / "policy.yaml").read_text().splitlines(True)
    first = next(i for i, line in enumerate(lines)
                 if line.startswith("redact:"))
    last = next(i for i in range(first + 1, len(lines))
                if lines[i].strip() == "" or not lines[i].startswith(" "))
    text = "".join(lines[:first]) + rules + "".join(lines[last:])
    return text.split("\ntests:")[0] + "\n"


def make(world):
    world.make()
    world.make(policy=with_rules(world, RULES))
    world.start_all()


def told(world, text, number="4917139200471"):
    world.phone_text(text, phone=number)


def shown(world, message):
    status, body = world.api("GET", f"/v1/messages/{message}")
    equal(status, 200, "status")
    return body


@case
def an_iban_reaches_the_desk_as_a_label(world):
    told(world, f"Bitte auf Konto {IBAN} erstatten")
    note = world.note_with("Bitte auf Konto [IBAN] erstatten")["data"]
    equal(note["text"], "Bitte auf Konto [IBAN] erstatten", "text")
    equal(note["redacted"], ["iban"], "redacted")
    message = shown(world, note["message"])
    equal(message["text"], "Bitte auf Konto [IBAN] erstatten", "shown")
    equal(message["redacted"], ["iban"], "redacted")
    SEEN["iban"] = note["message"]


@case
def the_reason_names_rule_and_line(world):
    why = json.loads(world.postern("policy", "explain", SEEN["iban"],
                                   "--json"))["why"]
    line = next(i for i, text in enumerate(
        (world.data / "policy.yaml").read_text().splitlines(), 1)
        if "find: iban" in text)
    check(("redact.store", line) in [(r["code"], r["line"]) for r in why], why)
    check(all(r["text"]["de"] and r["text"]["en"] for r in why), "sentences")


@case
def before_forward_only_the_helpdesk_is_spared(world):
    told(world, f"Karte {CARD} oder {MAIL}")
    note = world.note_with("Karte [KARTENNUMMER] oder [E-MAIL]")["data"]
    equal(note["text"], "Karte [KARTENNUMMER] oder [E-MAIL]", "text")
    equal(sorted(note["redacted"]), ["card", "email"], "redacted")
    equal(shown(world, note["message"])["text"], note["text"], "shown")
    equal(sorted(shown(world, note["message"])["redacted"]),
          ["card", "email"], "redacted")
    SEEN["card"] = note["message"]


@case
def captions_files_titles_and_names_are_texts(world):
    call = {"type": "interactive", "interactive": {
        "type": "list_reply", "list_reply": {"id": "1", "title": NUMBER}}}
    body = envelope({"id": "wamid.list", **call}, phone="4917139200472",
                    name=f"Anna {NUMBER}")
    equal(post(world, body)[0], 200, "ack")
    note = world.note_with("[KUNDENNUMMER]")["data"]
    equal(note["text"], "[KUNDENNUMMER]", "title")
    w.call("POST", world.url(
        "phone", "/phone/file?from=4917139200472&name=Beleg-" + NUMBER
        + f".pdf&caption=Anbei-{FLAT}"), b"%PDF-1.4 x",
        {"Content-Type": "application/pdf"})
    note = world.note_with("Anbei-[IBAN]")["data"]
    equal(note["text"], "Anbei-[IBAN]", "caption")
    equal(note["attachments"][0]["name"], "Beleg-[KUNDENNUMMER].pdf", "name")
    equal(sorted(note["redacted"]), ["iban", "kundennummer"], "redacted")


@case
def an_edit_is_redacted_too(world):
    first = {"id": "wamid.first", "type": "text", "text": {"body": "Hallo Welt"}}
    edit = {"id": "wamid.second", "type": "edit", "edit": {
        "original_message_id": "wamid.first", "message": {
            "type": "text", "text": {"body": f"Korrektur: {FLAT}"}}}}
    for message in (first, edit):
        equal(post(world, envelope(message, phone="4917139200473"))[0], 200,
              "ack")
    note = w.until("the edit", 20, lambda: next(
        (n for n in world.notes("message.edited")
         if n["data"]["text"] == "Korrektur: [IBAN]"), None))
    equal(note["data"]["redacted"], ["iban"], "redacted")


@case
def what_was_there_is_countable_without_opening_it(world):
    def with_bit(find):
        return rows(world, "SELECT count(*) FROM message WHERE tags & ?",
                    2 << find)[0][0]
    equal(with_bit(0), 3, "iban")
    equal(with_bit(1), 1, "card")
    equal(with_bit(2), 1, "email")
    equal(with_bit(6), 2, "patterns")


@case
def replies_go_out_as_they_are_written(world):
    note = world.note_with("Bitte auf Konto [IBAN] erstatten")["data"]
    status, made = world.answer(note["conversation"], f"Unser Konto: {IBAN}")
    equal(status, 202, "status")
    w.until("the phone has it", 20, lambda: any(
        e.get("text") == f"Unser Konto: {IBAN}"
        for e in world.chat("4917139200471")))
    equal(shown(world, made["message"])["text"], f"Unser Konto: {IBAN}",
          "what the desk wrote")


@case
def nothing_lies_readable(world):
    equal(world.sweep([IBAN, FLAT, CARD, MAIL, NUMBER]), [], "clear text")


@case
def a_later_policy_brings_back_only_what_was_kept(world):
    spool = {p.name for p in (world.data / "spool").glob("*.seg")}
    world.adopt(with_rules(world, "redact: []\n"))
    world.stop("postern")
    world.serve()
    told(world, "Noch etwas")
    world.note_with("Noch etwas")
    w.until("the old spool is gone", 20, lambda: not spool & {
        p.name for p in (world.data / "spool").glob("*.seg")})
    equal(shown(world, SEEN["iban"])["text"],
          "Bitte auf Konto [IBAN] erstatten", "taken out before storing")
    equal(shown(world, SEEN["iban"])["redacted"], ["iban"], "redacted")
    equal(shown(world, SEEN["card"])["text"], f"Karte {CARD} oder {MAIL}",
          "kept sealed")
    equal(shown(world, SEEN["card"])["redacted"], [], "redacted")


main(make)
