"""Goal: a helpdesk that is dead, slow, redirects, floods or answers for other
messages loses nothing and hinders nobody; dead letters are visible and
retried; a private address outside the allow list is never connected to."""
import json
import os
import socket
import threading

from case import case, check, envelope, equal, main, post, rows, w

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
    provider: {{role: processor, contract: "DPA", mechanism: DPF, review: 2027-03-01}}
"""
PATH2 = "0123456789abcdef0123456789abcdef"
TRAP = {"hits": 0}


def trap_listener():
    """A listener that must never see a connection."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(10)

    def count():
        while True:
            try:
                c, _ = s.accept()
            except OSError:
                return
            TRAP["hits"] += 1
            c.close()
    threading.Thread(target=count, daemon=True).start()
    return s.getsockname()[1]


def make(world):
    TRAP["port"] = trap_listener()
    world.make()
    policy = (world.data / "policy.yaml").read_text()
    # A second channel and a second desk that goes where it must not.
    policy = policy.replace("channels:\n", "channels:\n  zweiter: {purpose: support, data: MSG_SUPPORT}\n", 1)
    policy = policy.replace("helpdesks:\n", "helpdesks:\n  zweites: {sees: [text], person: alias}\n", 1)
    world.make(
        channels=SECOND.format(path=PATH2, phone=world.ports["phone"]),
        helpdesks=f"  zweites: {{type: webhook, url: \"https://127.0.0.1:{TRAP['port']}/x\", secret: {{file: secrets/desk}}}}\n",
        routes="  - {channel: zweiter, helpdesk: zweites}\n",
        extra="limits: {attempts_max: 2}\n", policy=policy)
    world.start_all()


def goes_through(world, mode, seconds=60, **how):
    """While the desk misbehaves for a while a message is not lost."""
    text = f"Unter {mode}"
    world.control("desk", mode=mode, count=1, **how)
    world.phone_text(text, phone="4917139200002")
    world.note_with(text, seconds)
    equal(sum(n["data"].get("text") == text for n in world.notes()), 1, "times")


@case
def a_private_address_outside_the_list_is_never_connected_to(world):
    url = world.url("public", f"/hooks/whatsapp/{PATH2}")
    body = envelope({"id": "wamid.TRAP", "type": "text", "text": {
        "body": "Ins Leere"}}).replace(w.ACCOUNT.encode(), b"5550001")
    equal(post(world, body, path=url)[0], 200, "ack")
    w.until("tried", 20, lambda: rows(
        world, "SELECT attempts FROM outbox WHERE destination='zweites'") not in ([], [(0,)]))
    equal(TRAP["hits"], 0, "connections")


@case
def a_redirect_is_not_followed_and_the_message_comes_later(world):
    goes_through(world, "redirect", target=f"http://127.0.0.1:{TRAP['port']}/")
    equal(TRAP["hits"], 0, "connections")


@case
def an_error_a_cut_and_a_flood_lose_nothing(world):
    for mode in ("500", "cut", "flood", "slowdown"):
        print(f"   {mode}")
        goes_through(world, mode)


@case
def an_answer_for_another_message_changes_nothing(world):
    note = world.notes("message.received")[0]
    before = world.api("GET", f"/v1/messages/{note['data']['message']}")[1]
    world.control("desk", mode="foreign", count=1, target=json.dumps(
        {"message": note["data"]["message"], "state": "deleted"}))
    world.phone_text("Für jemand anderen")
    world.note_with("Für jemand anderen")
    equal(world.api("GET", f"/v1/messages/{note['data']['message']}")[1], before, "message")


@case
def order_per_conversation_is_kept_through_failures(world):
    world.control("desk", mode="503", count=1)
    for i in range(10):
        world.phone_text(f"Reihe {i}", phone="4917139200003")
    world.note_with("Reihe 9", 90)
    got = [n["data"]["text"] for n in world.notes("message.received")
           if n["data"].get("text", "").startswith("Reihe ")]
    equal(got, [f"Reihe {i}" for i in range(10)], "order")


@case
def dead_letters_are_visible_and_can_be_retried(world):
    world.control("desk", mode="400")
    world.phone_text("Toter Brief", phone="4917139200001")
    letters = w.until("a dead letter", 90, lambda: [
        r for r in json.loads(world.postern("outbox", "list", "--json"))["outbox"]
        if r["state"] == "dead" and r["destination"] == "desk"])
    text = world.postern("outbox", "list")
    check("dead" in text and "Toter" not in text, "the list")
    check(letters[0]["reason"], "a reason")
    world.control("desk", mode="ok")
    for letter in letters:
        world.postern("outbox", "retry", letter["id"])
    world.note_with("Toter Brief", 60)


@case
def a_dead_desk_is_waited_for(world):
    world.stop("desk")
    for i in range(20):
        world.phone_text(f"Wartet {i}", phone="4917139200002")
    w.until("archived", 20, lambda: rows(
        world, "SELECT count(*) FROM outbox WHERE destination='desk'")[0][0] >= 20)
    w.time.sleep(5)
    # attempts_max is 2 here, but nobody there costs no attempt.
    equal(rows(world, "SELECT count(*) FROM outbox WHERE destination='desk'"
                      " AND (attempts>0 OR state='dead')")[0][0], 0, "attempts")
    world.start_desk()
    for i in range(20):
        world.note_with(f"Wartet {i}", 60)


@case
def a_hanging_desk_does_not_hinder_the_intake(world):
    world.control("desk", mode="hang", count=1)
    began = w.time.monotonic()
    for i in range(50):
        status, _ = post(world, envelope({"id": f"wamid.HANG{i}", "type": "text",
                                          "text": {"body": f"Zug {i}"}},
                                         phone=f"4917139201{i:03}"))
        equal(status, 200, "ack")
    w.until("all but the hanging one are there", 30, lambda: sum(
        n["data"].get("text", "").startswith("Zug ") for n in world.notes()) >= 49)
    print(f"   {w.time.monotonic() - began:.1f} s")


@case
def the_second_desk_never_got_a_connection(world):
    equal(TRAP["hits"], 0, "connections")


main(make)
