"""Goal: whatever the gateway and the people at it do leaves its entry in the
proof log, and nothing in the log tells whom it was about.
Scenarios: compliance 6.7; 9, C1, I1, W1, L4; P1."""
import base64
import datetime
import hashlib
import json
import re
import subprocess
import time
import zoneinfo

from case import ROOT, case, check, envelope, equal, main, post, rows, w

ANNA, BERT, CARL, DORA = (f"49171392006{i:02}" for i in range(1, 5))
GONE = "4917139200697"
EMIL = "4917139200605"
LISTED, IMPORTED = "4917139200699", "4917139200698"
NAMES = ["Jörg Müller", "Kanarienvogel"]
TEXTS = ["Hallo von Anna", "Hallo von Bert", "Hallo von Carl",
         "Gern geschehen", "Angebot der Woche", "Nicht zu lesen jetzt"]
BSUID = "DE.4917139200604"
KEPT = {}
# What only time, or a message of many kinds, leads to: tests/test_prove.c.
UNIT = {"backup.restored", "backup.replayed",  # e2e 88
        "breach.opened", "breach.decided", "breach.notified",
        "breach.closed",  # e2e 90
        "consent.reminded", "consent.expired", "key.destroyed",
        "identity.split",
        # tests/test_telling_run.c, tests/e2e/84
        "recipient.told", "recipient.confirmed", "recipient.failed"}
# No act of today leads to them.
LATER = {"consent.renewed", "consent.deferred", "consent.revoked",
         "consent.invalidated", "identity.verified",
         "backup.expired"}


def make(world):
    world.make()
    world.start_all()
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


OPERATOR = "st_" + "0" * 16  # of the host, whoever that is


# --- the log ----------------------------------------------------------------


def entries(world):
    return [json.loads(body) for body, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id")]


def told(world, event, **more):
    return [e for e in entries(world) if e["e"] == event
            and all(e.get(k) == v for k, v in more.items())]


def tells(world, event, n=1, **more):
    """The last of at least n such entries, once they are there."""
    return w.until(f"{n} {event} {more}", 20, lambda: (
        lambda found: found[-1] if len(found) >= n else None)(
            told(world, event, **more)))


def says(world, text, phone):
    world.phone_text(text, phone=phone)
    return world.note_with(text)["data"]["conversation"]


def by_staff(entry):
    return re.fullmatch("st_[0-9a-f]{16}", entry["act"]) is not None


# --- people write -----------------------------------------------------------


@case
def the_installation_is_in_it(world):
    equal(tells(world, "key.created")["n"], 1, "root key")
    equal(tells(world, "token.created", r="installed")["act"], "system",
          "the first token")
    equal(tells(world, "policy.changed", r="installed")["pol"], 1, "policy")


@case
def i1_a_first_message_is_disclosed_and_answered_with_the_notice(world):
    KEPT[ANNA] = says(world, TEXTS[0], ANNA)
    world.greeted(ANNA)
    notice = tells(world, "notice.sent")
    equal((notice["act"], notice["pol"]), ("system", 1), "notice")
    check(notice["obj"].startswith("msg_") and "c" in notice, str(notice))
    made = tells(world, "disclosure.made")
    check(made["n"] >= 1 and made["obj"].startswith("dlv_"), str(made))


@case
def an_answer_is_handed_over(world):
    equal(world.answer(KEPT[ANNA], TEXTS[3])[0], 202, "answer")
    sent = tells(world, "send.handed_over")
    check(sent["obj"].startswith("msg_") and "c" in sent, str(sent))


@case
def a_consent_comes_and_goes(world):
    world.phone_text("Start", phone=ANNA)
    asked = tells(world, "consent.requested")
    equal((asked["act"], asked["r"]), ("system", "reply"), "asked")
    w.until("the question", 20, lambda: any(
        "JA" in e.get("text", "") for e in world.chat(ANNA)))
    world.phone_text("Ja", phone=ANNA)
    given = tells(world, "consent.given")
    equal((given["act"], given["r"], given["pol"]), ("subject", "reply", 1),
          "given")
    world.phone_text("Stopp!", phone=ANNA)
    stopped = tells(world, "consent.withdrawn")
    equal((stopped["act"], stopped["r"]), ("subject", "keyword"), "stopped")
    ids = {e["obj"] for e in (asked, given, stopped)}
    check(len(ids) == 3 and all(i.startswith("cns_") for i in ids), ids)


@case
def c1_what_the_policy_refuses_is_told(world):
    status, _ = world.api("POST", f"/v1/conversations/{KEPT[ANNA]}/messages",
                          {"text": TEXTS[4], "purpose": "marketing"})
    equal(status, 403, "advertising")
    blocked = tells(world, "send.blocked", r="consent_withdrawn")
    check(by_staff(blocked) and blocked["obj"] == KEPT[ANNA], str(blocked))


@case
def somebody_says_no_and_the_provider_signals(world):
    says(world, TEXTS[1], BERT)
    world.phone_text("Start", phone=BERT)
    w.until("the question", 20, lambda: any(
        "JA" in e.get("text", "") for e in world.chat(BERT)))
    world.phone_text("Nein", phone=BERT)
    equal(tells(world, "consent.refused")["act"], "subject", "refused")
    for value, event in (("resume", "consent.signal"),
                         ("stop", "consent.withdrawn")):
        body = json.loads(envelope(phone=BERT))
        change = body["entry"][0]["changes"][0]
        change["field"] = "user_preferences"
        del change["value"]["messages"]
        change["value"]["user_preferences"] = [{
            "wa_id": BERT, "detail": "x", "category": "marketing_messages",
            "value": value, "timestamp": int(time.time())}]
        equal(post(world, json.dumps(body).encode())[0], 200, value)
        equal(tells(world, event, r="provider")["act"], "provider", value)


@case
def a_request_is_opened(world):
    world.phone_text("Daten löschen", phone=BERT)
    opened = tells(world, "request.opened")
    equal((opened["act"], opened["r"]), ("subject", "erasure"), "opened")
    check(opened["obj"].startswith("req_") and "c" in opened, str(opened))


@case
def two_halves_of_a_person_are_joined(world):
    ids = {"from_user_id": BSUID}
    # Known by the id alone, then by the number alone, then by both.
    one = json.loads(envelope({"id": "wamid.J1", "type": "text",
                               "text": {"body": "eins"}, **ids}, phone=DORA))
    value = one["entry"][0]["changes"][0]["value"]
    value["contacts"] = [{"profile": {"name": NAMES[1]}, "user_id": BSUID}]
    del value["messages"][0]["from"]
    equal(post(world, json.dumps(one).encode())[0], 200, "id alone")
    world.note_with("eins")
    two = envelope({"id": "wamid.J2", "type": "text",
                    "text": {"body": "zwei"}}, phone=DORA)
    equal(post(world, two)[0], 200, "number alone")
    world.note_with("zwei")
    both = json.loads(envelope({"id": "wamid.J3", "type": "text",
                                "text": {"body": "drei"}, **ids}, phone=DORA))
    value = both["entry"][0]["changes"][0]["value"]
    value["contacts"][0]["user_id"] = BSUID
    equal(post(world, json.dumps(both).encode())[0], 200, "both")
    joined = tells(world, "identity.joined")
    check(joined["obj"].startswith("act_") and "c" in joined, str(joined))


# --- people act -------------------------------------------------------------


@case
def a_restriction_is_set_and_lifted(world):
    world.postern("restrict", "place", KEPT[ANNA], "--ground", "c")
    placed = tells(world, "restrict.set", r="ground_c")
    today = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin")).date()
    world.postern("restrict", "lift", KEPT[ANNA], "--informed", str(today),
                  "--how", "letter")
    lifted = tells(world, "restrict.lifted")
    equal(placed["obj"], lifted["obj"], "which")
    equal([placed["act"], lifted["act"]], [OPERATOR] * 2,
          "the operator of the host")


@case
def imports_are_told_with_what_the_list_kept_out(world):
    def row(phone, **more):
        return json.dumps({
            "address": "+" + phone, "purpose": "marketing",
            "channel": "kundenservice", "given_at": "2026-01-10T09:12:00Z",
            "wording": "Ja, gern", "language": "de",
            "evidence": {"form": "Karte"}, **more})
    done = subprocess.run(
        [world.binary, "-d", str(world.data), "consent", "import", "-",
         "--json"], input="\n".join([row(IMPORTED), row(ANNA)]).encode(),
        capture_output=True, timeout=60)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    equal([r["result"] for r in results], ["accepted", "suppressed"], "rows")
    KEPT["person"] = results[0]["person"]
    equal(tells(world, "import.made")["n"], 1, "made")
    equal(tells(world, "import.suppressed")["n"], 1, "kept out")
    check(by_staff(tells(world, "consent.given", r="import")), "who")


@case
def looking_is_told_and_says_who(world):
    person = KEPT["person"]
    for path, event in ((f"/v1/persons/{person}/consents", "access.viewed"),
                        (f"/v1/persons/{person}/consents/marketing/proof",
                         "access.exported")):
        before = len(told(world, event))
        equal(world.api("GET", path, token=KEPT["rights"])[0], 200, path)
        entry = tells(world, event, before + 1)
        check(by_staff(entry) and entry["act"] != OPERATOR, entry)
        check(entry["obj"].startswith("act_") and "c" in entry, str(entry))
    names = {e["act"] for e in entries(world)}
    check("DSB" not in json.dumps(sorted(names)), names)
    # What a helpdesk was told it may read.
    before = len(told(world, "access.viewed"))
    equal(world.api("GET", f"/v1/conversations/{KEPT[ANNA]}")[0], 200, "desk")
    equal(len(told(world, "access.viewed")), before, "disclosed")


def reviewed(world, mechanism):
    file = world.data / "postern.yaml"
    world.stop("postern")
    file.write_text(re.sub(r"mechanism: \w+", f"mechanism: {mechanism}",
                           file.read_text()))
    world.serve()


@case
def what_is_not_understood_is_told_twice(world):
    reviewed(world, "invalid")
    body = envelope({"id": "wamid.Q1", "type": "text",
                     "text": {"body": TEXTS[5]}}, phone=CARL)
    equal(post(world, body)[0], 200, "ack")
    tells(world, "quarantine.added")
    w.until("the body is there", 20, lambda: rows(
        world, "SELECT count(*) FROM quarantine WHERE bytes=?", len(body))
        == [(1,)])
    reviewed(world, "DPF")
    # Statuses of what went out before are bodies of their own.
    listed = json.loads(world.postern("quarantine", "list", "--json"))
    for one in [q["id"] for q in listed["quarantine"]]:
        tells(world, "quarantine.added", obj=one)
        world.postern("quarantine", "show", one)
        equal(told(world, "access.viewed", obj=one), [], "its size")
        world.postern("quarantine", "show", one, "--body")
        equal(tells(world, "access.viewed", obj=one)["act"], OPERATOR, "body")
        world.postern("quarantine", "replay", one)
        equal(tells(world, "quarantine.replayed", obj=one)["act"], OPERATOR,
              "replayed")
    world.note_with(TEXTS[5])


@case
def a_dropped_delivery_is_told(world):
    world.stop("desk")
    world.phone_text(TEXTS[2], phone=CARL)
    row = w.until("it waits", 20, lambda: next((
        o for o in json.loads(world.postern(
            "outbox", "list", "--json"))["outbox"]
        if o["kind"] == "helpdesk" and o["type"] == "message.received"), None))
    world.postern("outbox", "drop", row["id"])
    equal(tells(world, "outbox.dropped")["obj"], row["id"], "which")
    world.start_desk()


@case
def policies_are_told_with_who_agreed(world):
    (text,), = rows(world, "SELECT bytes FROM policy_version WHERE"
                    " state='active'")
    fresh = text.decode().replace(
        "\npurposes:\n", "\npurposes:\n  probe: {basis: contract}\n", 1)
    check(fresh != text.decode(), "the policy is as it was")
    stopped = world.propose(fresh)
    equal(world.versions(f"/{stopped['id']}/stop", "POST", {})[0], 200, "stop")
    equal(tells(world, "policy.stopped", r="stopped")["obj"], stopped["id"],
          "stopped")
    made = world.adopt(fresh)
    for event in ("policy.proposed", "policy.approved", "policy.changed"):
        entry = tells(world, event, obj=made["id"])
        equal(entry["pol"], made["version"], event)
    # An author and who agrees have two names, and neither is their own.
    proposed = tells(world, "policy.proposed", obj=made["id"])["act"]
    approved = tells(world, "policy.approved", obj=made["id"])["act"]
    check(proposed != approved and proposed.startswith("st_"), proposed)


@case
def holds_are_told_with_who_agreed(world):
    other = json.loads(world.postern("token", "create", "--scope", "policy",
                                     "--label", "Recht", "--json"))
    in_days = lambda n: time.strftime(
        "%Y-%m-%d", time.gmtime(time.time() + n * 86400))
    status, made = world.api("POST", "/v1/holds", {
        "scope": "conversation", "conversation": KEPT[ANNA],
        "reason": "Streit", "matter_ref": "R 1", "approver": other["id"],
        "review": in_days(30)}, token=KEPT["rights"])
    equal(status, 201, str(made))
    path = f"/v1/holds/{made['id']}"
    for what, body, token in (("approve", {}, other["token"]),
                              ("review", {"review": in_days(60)},
                               KEPT["rights"]),
                              ("release", {}, KEPT["rights"])):
        status, said = world.api("POST", f"{path}/{what}", body, token=token)
        equal(status, 200, str(said))
    said = [tells(world, f"hold.{e}", obj=made["id"])
            for e in ("placed", "approved", "reviewed", "released")]
    check(all(by_staff(e) and "c" in e for e in said), str(said))
    check(said[0]["act"] != said[1]["act"], "one person")


@case
def whose_pseudonym_that_is_is_asked_and_told(world):
    council = json.loads(world.postern(
        "token", "create", "--scope", "works_council", "--label", "BR",
        "--json"))["token"]
    made = world.api("POST", "/v1/staff/reveal", {
        "staff": tells(world, "hold.placed")["act"], "purpose": "misuse"},
        token=KEPT["rights"])[1]
    path = f"/v1/staff/reveal/{made['id']}"
    equal(world.api("POST", f"{path}/approve", {}, token=council)[0], 200,
          "approved")
    equal(world.api("GET", path, token=council)[1]["label"], "DSB", "who")
    said = [(e.get("r"), e["obj"]) for e in told(world, "staff.reveal")]
    equal(said, [(r, made["id"]) for r in ("request", "approved", None)],
          "each step")


@case
def keys_are_told(world):
    world.postern("keys", "lock")
    world.postern("keys", "unlock")
    world.postern("keys", "rotate")
    phrase = world.dir / "phrase"
    phrase.write_text("drei Worte und noch eins\n")
    phrase.chmod(0o600)
    world.postern("keys", "backup", str(world.dir / "keys.backup"),
                  "--passphrase-file", str(phrase))
    for event in ("keys.locked", "keys.unlocked", "key.rotated",
                  "backup.made"):
        equal(tells(world, event)["act"], OPERATOR, event)
    equal(tells(world, "key.rotated")["n"], 2, "epoch")
    made = json.loads(world.postern("token", "create", "--scope", "audit",
                                    "--json"))
    world.postern("token", "revoke", made["id"])
    equal(tells(world, "token.revoked")["obj"], made["id"], "token")


@case
def a_copy_without_an_instance_says_that_it_is_not_told(world):
    world.stop("postern")
    done = subprocess.run(
        [world.binary, "-d", str(world.data), "keys", "backup",
         str(world.dir / "keys.silent"), "--passphrase-file",
         str(world.dir / "phrase")], capture_output=True, timeout=60)
    equal(done.returncode, 0, done.stderr.decode())
    check(b"proof log does not tell" in done.stderr, done.stderr.decode())
    world.serve()
    equal(len(told(world, "backup.made")), 1, "told")


@case
def a_made_up_person_is_touched(world):
    made = json.loads(world.postern(
        "canary", "create", "--channel", "kundenservice", "--helpdesk",
        "desk", "--name", "Erfunden", "--text", "Nie geschrieben", "--json"))
    equal(tells(world, "canary.made")["obj"], made["id"], "made")
    equal(told(world, "canary.touched"), [], "nobody saw it")
    equal(world.api("GET", f"/v1/conversations/{made['conversation']}")[0],
          200, "seen")
    touched = tells(world, "canary.touched")
    equal((touched["r"], touched["obj"]), ("viewed", made["id"]), "touched")
    check(by_staff(touched), touched)
    world.postern("canary", "end", made["id"])
    equal(tells(world, "canary.ended")["obj"], made["id"], "ended")


@case
def somebody_is_erased(world):
    world.phone_text("Bitte alles weg", phone=GONE)
    note = world.note_with("Bitte alles weg")["data"]
    equal(world.api("POST", f"/v1/conversations/{note['conversation']}/close")
          [0], 200, "closed")
    status, made = world.api("POST", "/v1/erasures",
                             {"person": note["person"]["id"]},
                             token=KEPT["rights"])
    equal(status, 202, made)
    planned = tells(world, "erase.planned")
    equal((planned["obj"], planned["r"]), (made["id"], "policy"), "planned")
    check(by_staff(planned) and "c" in planned, planned)
    executed = tells(world, "erase.executed")
    equal((executed["act"], executed["obj"], executed["r"]),
          ("system", made["id"], "policy"), "executed")
    check(executed["n"] >= 1 and "c" not in executed, executed)
    equal(tells(world, "erase.verified")["obj"], made["id"], "verified")
    keys = tells(world, "key.destroyed", r="erasure")
    check(keys["n"] >= 1 and keys["obj"] == made["id"], keys)


# --- all of it --------------------------------------------------------------


def ask_for(world, kind, phone, **more):
    status, made = world.api("POST", "/v1/requests", {
        "type": kind, "proof": {"method": "ausweis"},
        "identifiers": [{"kind": "phone", "value": phone}], **more},
        token=KEPT["rights"])
    equal(status, 201, str(made))
    return made["id"]


@case
def requests_are_told_until_their_end(world):
    world.phone_text("Hallo von Emil", phone=EMIL)
    cnv = world.note_with("Hallo von Emil")["data"]["conversation"]
    equal(world.answer(cnv, TEXTS[3])[0], 202, "answer")
    w.until("the answer is there", 20, lambda: any(
        e.get("text") == TEXTS[3] for e in world.chat(EMIL)))
    right = ask_for(world, "rectification", EMIL, text="Emil Beispiel")
    w.until("somebody has to decide", 20, lambda: told(
        world, "request.changed", obj=right, r="in_progress"))
    equal(world.api("POST", f"/v1/requests/{right}/decide",
                    {"decision": "grant"}, token=KEPT["rights"])[0], 200,
          "granted")
    decided = tells(world, "request.decided", obj=right, r="decided")
    check(by_staff(decided) and "c" in decided, str(decided))
    check("c" in tells(world, "identity.rectified"), "rectified")
    equal(tells(world, "request.closed", obj=right)["r"], "completed", "end")
    gone = ask_for(world, "erasure", EMIL)
    answered = tells(world, "request.answered", obj=gone)
    check("c" in answered and answered["n"] > 0, str(answered))


def every_event():
    header = (ROOT / "include/postern/ledgerentry.h").read_text()
    list_of = header.split("#define LEDGER_EVENTS(X)")[1].split("#define")[0]
    return set(re.findall(r'X\(\w+, "([a-z_.]+)"\)', list_of))


@case
def a_person_says_that_the_clock_is_right(world):
    world.confirm_clock()
    equal(tells(world, "clock.confirmed")["act"], OPERATOR, "by the operator")


@case
def somebody_approves_what_a_sweep_would_delete(world):
    made = json.loads(world.postern("sweep", "dry-run", "--json"))
    w.until("it is counted", 20, lambda: json.loads(world.postern(
        "sweep", "status", made["id"], "--json"))["state"] == "counted")
    world.postern("sweep", "approve", made["id"], "--token-file",
                  str(world.person("dora", "rights")))
    entry = tells(world, "sweep.approved", obj=made["id"], r="retention")
    check(by_staff(entry) and entry.get("n") == 0, str(entry))


@case
def every_event_there_is_was_produced(world):
    events = every_event()
    check(len(events) > 40, "the header is read wrongly")
    equal(sorted((UNIT | LATER) - events), [], "names of today")
    seen = {e["e"] for e in entries(world)}
    log = {e for e in events if e.startswith(("log.", "messages."))}
    equal(sorted(events - seen - UNIT - LATER - log), [], "not produced")
    equal(sorted(seen & LATER), [], "produced, and listed as of later")


@case
def entries_are_canonical(world):
    for body, in rows(world, "SELECT body FROM ledger_entry"):
        entry = json.loads(body)
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
        equal(text.encode(), bytes(body), "spelling")
        check(not entry.get("obj", "").startswith("per_"), text)


def spellings():
    for phone in (ANNA, BERT, CARL, DORA, LISTED, IMPORTED):
        rest = phone[2:]
        yield from (phone, "+" + phone, "00" + phone, "0" + rest, rest,
                    f"+49 {rest[:3]} {rest[3:]}", f"0{rest[:3]} {rest[3:]}",
                    f"phone\x1f{phone}", f"phone\x1f+{phone}",
                    "whatsapp:+" + phone, "tel:+" + phone)
    yield from (BSUID, "bsuid\x1f" + BSUID, w.ACCOUNT)
    for text in NAMES + TEXTS:
        yield from (text, text.lower(), text.upper())


def forms(text):
    """A text and every hash of it that needs no key, as it may be written."""
    raw = text.encode()
    hashed = [hashlib.new(name, raw).digest()
              for name in ("sha256", "sha1", "md5", "sha512")]
    hashed += [hashlib.blake2b(raw, digest_size=size).digest()
               for size in (16, 20, 32, 64)]
    yield raw
    for one in [raw, *hashed]:
        if one is not raw:
            # Cut as short as anybody could want to call it a hash.
            yield one[:16]
        if len(one) >= 6:
            yield one.hex().encode()[:32]
            yield one.hex().upper().encode()[:32]
            yield base64.b64encode(one)[:16].rstrip(b"=")
            yield base64.urlsafe_b64encode(one)[:16].rstrip(b"=")


def leaves_the_house(world):
    """What is handed to auditors and witnesses: the signed checkpoint, a
    receipt of every fifth entry, the export of a year."""
    out = world.dir / "handed"
    if not out.exists():
        out.mkdir()
        covered = len(entries(world))  # the checkpoint has an entry, too
        (out / "checkpoint").write_text(world.postern("ledger", "checkpoint"))
        for i in range(0, covered, 5):
            world.postern("ledger", "prove", str(i), "--out",
                          str(out / f"{i}.tlog-proof"))
        year = time.gmtime().tm_year
        world.postern("ledger", "export", "--from", f"{year - 1}-01-01",
                      "--to", f"{year + 1}-12-31", "--out", str(out / "all"))
    return [f.read_bytes() for f in out.rglob("*") if f.is_file()]


def haystack(world):
    hay = leaves_the_house(world)
    check(len(hay) > 10, "nothing is handed out")
    for table in ("ledger_entry", "ledger_tile", "ledger_checkpoint",
                  "ledger_witness", "ledger_stamp", "ledger_batch"):
        for row in rows(world, f"SELECT * FROM {table}"):
            hay += [v if isinstance(v, bytes) else str(v).encode()
                    for v in row if v is not None]
    return hay


def found_in(hay):
    whole = b"\0".join(hay)
    return [text for text in spellings()
            if any(form in whole for form in forms(text))]


@case
def l4_nothing_in_it_tells_whom_it_was_about(world):
    hay = haystack(world)
    check(len(hay) > 40, "nothing to look through")
    equal(found_in(hay), [], "found")


@case
def the_search_would_find_it(world):
    hay = haystack(world)
    number = ("+" + BERT).encode()
    for trap in (number, hashlib.sha256(number).digest(),
                 hashlib.md5(number).hexdigest().encode(),
                 base64.b64encode(hashlib.sha1(number).digest()),
                 hashlib.blake2b(number, digest_size=32).hexdigest().encode(),
                 hashlib.blake2b(number).digest()):
        check(found_in(hay + [b"xx" + trap + b"yy"]), trap)


main(make)
