"""Goal: whose data were erased gets a receipt that anybody can check with the
key of the log alone: that the entry is in the log, and that it is about this
request.
Scenario: compliance 6.7, 9 L3."""
import base64
import json
import re
import subprocess

from case import case, check, equal, main, w

ANNA = "4917139200801"
KEPT = {}


def make(world):
    world.make()
    world.start_all()
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


def rights(world, method, path, body=None):
    return world.api(method, path, body, token=KEPT["rights"])


def said(world, part):
    return w.until(f"{part!r} in the chat", 30, lambda: next(
        (e["text"] for e in reversed(world.chat(ANNA))
         if e["from"] == "business" and part in e.get("text", "")), None))


def erase(world):
    world.phone_text("Guten Tag", phone=ANNA)
    conversation = world.note_with("Guten Tag")["data"]["conversation"]
    equal(world.answer(conversation, "Gern geschehen")[0], 202, "answer")
    said(world, "Gern geschehen")
    world.phone_text("Löschen", phone=ANNA)
    code = re.search(r"[A-Z]{4}-[A-Z]{4}", said(world, "genau diese")).group()
    world.phone_text(code, phone=ANNA)
    said(world, "Ihre Daten sind gelöscht")


def verify(world, text, name="receipt.tlog-proof"):
    path = world.dir / name
    path.write_text(text)
    done = subprocess.run(
        [str(w.BUILD / "postern-verify"), "--receipt", str(path), "--vkey",
         f"@{world.dir / 'log.vkey'}", "--json"], capture_output=True,
        text=True)
    return done.returncode, json.loads(done.stdout)


def certificate(world):
    """Raw: it is no JSON."""
    status, got = w.call(
        "GET", world.url("internal",
                         f"/v1/requests/{KEPT['id']}/certificate"),
        headers={"Authorization": f"Bearer {KEPT['rights']}"})
    return status, got.decode()


@case
def the_receipt_is_there_once_the_log_is_signed(world):
    erase(world)
    KEPT["id"] = rights(world, "GET",
                        "/v1/requests")[1]["requests"][0]["id"]
    world.postern("ledger", "checkpoint")
    status, text = w.until("the receipt", 30, lambda: (
        lambda got: got if got[0] == 200 else None)(certificate(world)))
    KEPT["text"] = text
    check(text.startswith("c2sp.org/tlog-proof@v1\n"), text[:60])


@case
def the_verifier_needs_the_key_alone(world):
    keys = json.loads(world.postern("ledger", "keys", "--json"))
    (world.dir / "log.vkey").write_text(
        "\n".join(k["vkey"] for k in keys["keys"]) + "\n")
    status, answer = verify(world, KEPT["text"])
    equal((status, answer["verdict"]), (0, "accepted"), str(answer))
    check("is that of the entry" in answer["opening"], str(answer))
    payload = json.loads(answer["payload"])
    equal(payload["type"], "erasure", "what was asked for")
    check(payload["erased"] > 0 and payload["keys"] > 0, str(payload))
    entry = answer["entry"]
    equal((entry["e"], entry["obj"]), ("request.answered", KEPT["id"]),
          "entry")
    shown = rights(world, "GET", f"/v1/requests/{KEPT['id']}")[1]
    equal(payload["erased"], shown["erasure"]["erased"], "erased")


@case
def the_verbs_show_it_and_hand_it_out(world):
    listed = json.loads(world.postern("rights", "list", "--json"))["requests"]
    equal([r["id"] for r in listed], [KEPT["id"]], "list")
    check(KEPT["id"] in world.postern("rights", "show", KEPT["id"]), "show")
    check("Ihre Daten sind gelöscht" in world.postern(
        "rights", "letter", KEPT["id"]), "letter")
    world.postern("rights", "certificate", KEPT["id"], "--out",
                  str(world.dir / "verb.tlog-proof"))
    equal((world.dir / "verb.tlog-proof").read_text(), KEPT["text"], "bytes")


@case
def the_verbs_take_a_request_through_its_states(world):
    body = world.dir / "wish.json"
    body.write_text(json.dumps({"type": "access", "channel": "mail",
                                "identifiers": [{"kind": "phone",
                                                 "value": "4917139200888"}]}))
    made = json.loads(world.postern("rights", "open", "--body", str(body),
                                    "--json"))
    equal(made["state"], "identity_pending", str(made))
    again = json.loads(world.postern("rights", "open", "--body", str(body),
                                     "--json"))
    world.postern("rights", "withdraw", again["id"])
    world.postern("rights", "verify", made["id"], "--method", "ausweis")
    w.until("nothing is stored", 20, lambda: json.loads(world.postern(
        "rights", "show", made["id"], "--json"))["state"] == "completed")
    check("keine Daten gespeichert" in world.postern(
        "rights", "letter", made["id"]), "letter")


def extra_of(text):
    line = next(l for l in text.splitlines() if l.startswith("extra "))
    return line, base64.b64decode(line.split(" ", 1)[1])


@case
def what_was_changed_in_it_is_refused(world):
    line, extra = extra_of(KEPT["text"])
    for old, new in ((b'erased\\":', b'erased\\":1'),
                     (b'"record":"req_', b'"record":"rev_'),
                     (b'"key":"', None)):
        if new is None:
            at = extra.index(old) + len(old)
            other = b"0" if extra[at:at + 1] != b"0" else b"1"
            changed = extra[:at] + other + extra[at + 1:]
        else:
            check(old in extra, str(extra))
            changed = extra.replace(old, new, 1)
        status, answer = verify(world, KEPT["text"].replace(
            line, "extra " + base64.b64encode(changed).decode()))
        equal((status, answer["verdict"]), (1, "refused"), str(answer))


@case
def it_says_nothing_personal(world):
    _, extra = extra_of(KEPT["text"])
    for needle in (ANNA, "Guten Tag", "Müller"):
        check(needle.encode() not in extra, needle)


if __name__ == "__main__":
    main(make)
