"""Goal: whoever got data of a person hears that it is erased: two helpdesks, of
which one confirms and one fails, and a processor by OpenDSR; after the last try
there is a task, and the list says how it stands with each.
Scenarios: compliance 9, N1; Art. 19 GDPR."""
import json
import os
import shutil
import signal
import threading

from case import case, check, envelope, equal, main, post, rows, w

import processor  # tests/sim

PATH2 = "0123456789abcdef0123456789abcd84"
ERNA = "4917139208401"
DOMAIN = "dsr.versand.example"
OWN = "https://postern.example/opendsr/callback"
SECOND = """\
  zweiter:
    type: whatsapp
    path: {path}
    phone_number_id: "5550001"
    app_secret: {{file: secrets/whatsapp-app}}
    verify_token: {{file: secrets/whatsapp-verify}}
    access_token: {{file: secrets/whatsapp-access}}
    api: "http://127.0.0.1:{phone}/v25.0"
    allow: ["127.0.0.1:{phone}"]
    provider: {{role: processor, contract: "DPA 2026-03", mechanism: DPF, review: 2027-03-01}}
"""
EXTRA = """\
limits: {{attempts_max: 2}}
portal: {{url: "https://postern.example"}}
processors:
  versand:
    title: Versand Muster
    purpose: shipping
    domain: {domain}
    url: "http://127.0.0.1:{port}/v2"
    allow: ["127.0.0.1:{port}"]
    identities: [phone]
    gets: every
    certificate: firm.pem
"""
KEPT = {}


def desk2(_, body):
    """The second helpdesk; while it is slow, whoever asked may die."""
    if KEPT.get("slow") and b'"person.erased"' in body:
        KEPT["slow"].wait(60)
    return KEPT["answers"], ""


def make(world):
    port, firm = w.free_port(), w.free_port()
    world.make()
    policy = (world.data / "policy.yaml").read_text()
    policy = policy.replace("channels:\n", "channels:\n  zweiter: {purpose: support, data: MSG_SUPPORT}\n", 1)
    policy = policy.replace("helpdesks:\n", "helpdesks:\n  zweites: {sees: [text], person: alias}\n", 1)
    world.make(
        channels=SECOND.format(path=PATH2, phone=world.ports["phone"]),
        helpdesks=f"  zweites: {{type: webhook, url: \"http://127.0.0.1:{port}/inbox\", "
                  f"secret: {{file: secrets/desk}}, allow: [\"127.0.0.1:{port}\"]}}\n",
        routes="  - {channel: zweiter, helpdesk: zweites}\n",
        extra=EXTRA.format(domain=DOMAIN, port=firm), policy=policy)
    text = (world.data / "postern.yaml").read_text()
    (world.data / "postern.yaml").write_text(text.replace(
        "desk: {type: webhook,", "desk: {type: webhook, confirms: true,", 1))
    key, cert = processor.make_key(world.dir, DOMAIN)
    KEPT["key"] = key
    KEPT["other"] = processor.make_key(world.dir, DOMAIN, "other")[0]
    shutil.copy(cert, world.data / "firm.pem")
    (world.data / "firm.pem").chmod(0o644)
    KEPT["firm"] = processor.Processor(firm, key, DOMAIN)
    KEPT["desk2"] = processor.Server(port, desk2)
    KEPT["answers"] = 204
    world.start_all()
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


def erase(world):
    """Art. 17, by who answers for it; gives the row of the erasure."""
    status, made = world.api("POST", "/v1/erasures",
                             {"person": KEPT["person"]}, token=KEPT["rights"])
    equal(status, 202, made)
    w.until("the erasure is done", 60, lambda: world.api(
        "GET", f"/v1/erasures/{made['id']}",
        token=KEPT["rights"])[1].get("step") == "done")


def state(world, recipient):
    found = rows(world, "SELECT state FROM telling WHERE recipient=?",
                 recipient)
    return found[0][0] if found else None


def becomes(world, recipient, wanted):
    w.until(f"{recipient} {wanted}", 60,
            lambda: state(world, recipient) == wanted)


def told(server):
    with server.lock:
        return [(g["headers"], json.loads(g["body"])) for g in server.got
                if b'"person.erased"' in g["body"]]


@case
def a_person_writes_on_two_channels(world):
    world.phone_text("Guten Tag", phone=ERNA)
    note = world.note_with("Guten Tag")
    KEPT["cnv"] = note["data"]["conversation"]
    KEPT["person"] = note["data"]["person"]["id"]
    url = world.url("public", f"/hooks/whatsapp/{PATH2}")
    body = envelope({"id": "wamid.ZWEI", "type": "text", "text": {
        "body": "Auch hier"}}, phone=ERNA).replace(
            w.ACCOUNT.encode(), b"5550001")
    equal(post(world, body, path=url)[0], 200, "ack")
    there = w.until("the second helpdesk has it", 30, lambda: [
        g for g in KEPT["desk2"].of("POST") if b"Auch hier" in g["body"]])
    KEPT["cnv2"] = json.loads(there[0]["body"])["data"]["conversation"]


@case
def both_matters_are_over(world):
    token = json.loads(world.postern(
        "token", "create", "--scope", "desk", "--helpdesk", "zweites",
        "--label", "zweites", "--json"))["token"]
    for cnv, own in ((KEPT["cnv"], None), (KEPT["cnv2"], token)):
        equal(world.api("POST", f"/v1/conversations/{cnv}/close",
                        token=own)[0], 200, "closed")


@case
def n1_each_gets_a_signed_notice(world):
    KEPT["answers"] = 500
    KEPT["firm"].breaks = [503]
    erase(world)
    becomes(world, "desk", "confirmed")
    note = w.until("the notice", 20, lambda: next(
        iter(world.notes("person.erased")), None))
    equal(note["data"]["person"]["id"], KEPT["person"], "person")
    equal(note["data"]["conversations"], [KEPT["cnv"]], "conversations")
    check(note["webhook_id"].startswith("tel_"), note["webhook_id"])
    equal(rows(world, "SELECT reason FROM telling WHERE recipient='desk'"),
          [("confirmed",)], "it said so itself")


@case
def n1_failures_are_tried_again_and_end_in_a_task(world):
    becomes(world, "zweites", "failed")
    tries = told(KEPT["desk2"])
    equal(len(tries), 2, "attempts")
    equal(tries[0][0]["webhook-id"], tries[1][0]["webhook-id"], "one id")
    check("webhook-signature" in tries[0][0], "unsigned")
    equal(rows(world, "SELECT kind,detail FROM alarm WHERE ended_ms IS NULL"
               " AND kind='recipient.failed'"),
          [("recipient.failed", "zweites")], "the task")


@case
def n1_a_processor_is_asked_once_and_says_when_it_is_done(world):
    becomes(world, "versand", "sent")
    posts = KEPT["firm"].of("POST")
    equal(len(posts), 2, "the first was refused with 503")
    ids = {json.loads(p["body"])["subject_request_id"] for p in posts}
    equal(len(ids), 1, "one id")
    asked = json.loads(posts[1]["body"])
    equal(asked["subject_request_type"], "erasure", "type")
    equal(asked["extensions"][DOMAIN]["identities"],
          [{"kind": "phone", "value": "+" + ERNA}], "whom")
    equal(asked["status_callback_urls"], [OWN], "where to")
    one, url = ids.pop(), world.url("public", "/opendsr/callback")
    firm = KEPT["firm"]
    equal(firm.tells(url, one, "completed", OWN, key=KEPT["other"]), 400,
          "somebody else's signature")
    equal(firm.tells(url, one, "completed", OWN, spoil=True), 400,
          "another body")
    equal(firm.tells(url, one, "completed", "https://a.example/"), 400,
          "another address")
    equal(state(world, "versand"), "sent", "nothing happened")
    equal(firm.tells(url, one, "completed", OWN), 202, "its callback")
    equal(firm.tells(url, one, "completed", OWN), 202, "once more")
    equal(state(world, "versand"), "confirmed", "state")


@case
def n1_the_list_says_how_it_stands(world):
    (one,), = rows(world, "SELECT erasure FROM telling LIMIT 1")
    found = dict(rows(world, "SELECT recipient,state FROM telling WHERE"
                      " erasure=?", one))
    equal(found, {"desk": "confirmed", "zweites": "failed",
                  "versand": "confirmed", "kundenservice": "impossible",
                  "zweiter": "impossible"}, "recipients")


def tel_of(world, recipient):
    """Its id as others see it: the id of its notice."""
    return told(KEPT["desk2"])[0][0]["webhook-id"]


@case
def who_failed_is_told_again_when_somebody_says_so(world):
    KEPT["answers"] = 204
    tel = tel_of(world, "zweites")
    KEPT["slow"] = threading.Event()
    equal(world.api("POST", f"/v1/tellings/{tel}/retry")[0], 403, "a desk")
    equal(world.api("POST", f"/v1/tellings/{tel}/confirm")[0], 404,
          "another desk's")
    status, got = world.api("POST", f"/v1/tellings/{tel}/retry",
                            token=KEPT["rights"])
    equal((status, got["state"]), (200, "pending"), got)
    # Killed while it is being told: it is told again, under the same id.
    w.until("it is under way", 30, lambda: len(told(KEPT["desk2"])) == 3)
    worker = world.children()["worker"]
    os.kill(worker, signal.SIGKILL)
    KEPT["slow"].set()
    becomes(world, "zweites", "confirmed")
    world.wait_ready()
    equal(len({h["webhook-id"] for h, _ in told(KEPT["desk2"])}), 1, "one id")
    equal(rows(world, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL AND"
               " kind='recipient.failed'"), [(0,)], "the task is over")
    equal(world.api("POST", f"/v1/tellings/{tel}/retry",
                    token=KEPT["rights"])[0], 409, "nothing failed")


@case
def nothing_is_left_that_names_the_person(world):
    w.until("seals and keys are gone", 30, lambda: rows(
        world, "SELECT count(*) FROM telling WHERE telling_sealed IS NOT NULL"
        " OR year<>0") == [(0,)])
    events = [json.loads(b)["e"] for b, in rows(
        world, "SELECT body FROM ledger_entry")]
    equal(events.count("recipient.confirmed"), 3, "confirmed")
    check(events.count("recipient.failed") == 1, "failed")
    KEPT["firm"].close()
    KEPT["desk2"].close()


main(make)
