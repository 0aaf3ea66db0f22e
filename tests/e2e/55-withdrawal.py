"""Goal: a withdrawal that was acknowledged one instant before hand-over stops
the message, whatever became of it until then: queued behind another one, about
to be tried again, resting because of the provider's rate, or found after a
restart.  The worker stands still when the STOP comes, with three thousand other
messages before it in the spool, and the row is due when it goes on.
Proves: issue "Shows 6"; compliance rule 5; W4."""
import os
import signal
import time

from case import case, check, equal, main, rows, w

AD = "Unser Angebot fuer {}"
AHEAD = 3000  # several batches


def said(world, phone):
    """What the gateway sent to a phone, in order."""
    return [s["text"]["body"] for s in world.phone_state()["sends"]
            if s.get("to") == "+" + phone and "text" in s]


def given(world):
    return rows(world, "SELECT count(*) FROM consent_event WHERE"
                " kind='given'")[0][0]


def agree(world, phone):
    """The conversation of a person who said Start and JA."""
    before = given(world)
    world.phone_text(f"Hallo von {phone}", phone=phone)
    cnv = world.note_with(f"Hallo von {phone}")["data"]["conversation"]
    world.phone_text("Start", phone=phone)
    w.until("the question", 30, lambda: any(
        "Antworten Sie" in text for text in said(world, phone)))
    world.phone_text("JA", phone=phone)
    w.until("agreed", 30, lambda: given(world) == before + 1)
    return cnv


def advertise(world, phone, cnv):
    status, made = world.api("POST", f"/v1/conversations/{cnv}/messages", {
        "text": AD.format(phone), "purpose": "marketing"})
    equal(status, 202, "status")
    return made["message"]


def stopped(world, phone):
    """A signed STOP behind much else, acknowledged while the worker rests."""
    done = world.load("--count", AHEAD, "--persons", 50, "--json",
                      "--seed", phone[-3:])
    equal(done.wait(60), 0, "load")
    world.phone_text("Stop", phone=phone)
    w.until("acknowledged", 30,
            lambda: world.phone_state()["waiting"] == 0)
    due, = rows(world, "SELECT max(next_ms) FROM outbox WHERE kind='channel'"
                " AND state='waiting'")[0]
    w.until("the row is due", 60, lambda: time.time() * 1000 > due + 100)


def halt(world):
    worker = world.children()["worker"]
    os.kill(worker, signal.SIGSTOP)
    return worker


def never_sent(world, message, phone):
    w.until("refused", 60, lambda: world.api(
        "GET", f"/v1/messages/{message}")[1]["state"] == "failed")
    note = w.until("message.undelivered", 30, lambda: next(
        (n for n in world.notes("message.undelivered")
         if n["data"]["message"] == message), None))
    check("consent_withdrawn" in str(note["data"]), note["data"])
    check(AD.format(phone) not in said(world, phone), "it was sent")


def tried(world, phone, code):
    """Advertising that the provider did not take, and is due again."""
    cnv = agree(world, phone)
    calls = world.phone_state()["calls"]
    world.control("phone", send_errors=[code] * 40)
    message = advertise(world, phone, cnv)
    w.until("tried", 30, lambda: world.phone_state()["calls"] > calls)
    return message


def stopped_while_halted(world, phone, then):
    """The customer's STOP is acknowledged and not yet read; then the provider
    takes everything, and the worker goes on or dies."""
    worker = halt(world)
    stopped(world, phone)
    world.control("phone", send_errors=[])
    os.kill(worker, then)
    return worker


@case
def a_message_behind_another_is_stopped(world):
    phone = "4917139300001"
    cnv = agree(world, phone)
    calls = world.phone_state()["calls"]
    world.control("phone", send_errors=[131016] * 40)
    equal(world.answer(cnv, "Ihr Paket kommt")[0], 202, "support")
    w.until("tried", 30, lambda: world.phone_state()["calls"] > calls)
    message = advertise(world, phone, cnv)
    stopped_while_halted(world, phone, signal.SIGCONT)
    never_sent(world, message, phone)
    check("Ihr Paket kommt" in said(world, phone), "support goes on")


@case
def a_message_that_is_tried_again_is_stopped(world):
    phone = "4917139300002"
    message = tried(world, phone, 131016)
    stopped_while_halted(world, phone, signal.SIGCONT)
    never_sent(world, message, phone)


@case
def a_message_that_rests_for_the_rate_is_stopped(world):
    phone = "4917139300003"
    message = tried(world, phone, 130429)
    stopped_while_halted(world, phone, signal.SIGCONT)
    never_sent(world, message, phone)


@case
def a_message_found_after_a_restart_is_stopped(world):
    phone = "4917139300004"
    message = tried(world, phone, 131016)
    # It is started again.
    worker = stopped_while_halted(world, phone, signal.SIGKILL)
    w.until("another worker", 30,
            lambda: world.children().get("worker", worker) != worker)
    never_sent(world, message, phone)


@case
def support_does_not_wait_for_the_spool(world):
    phone = "4917139300005"
    world.phone_text("Noch eine Frage dazu", phone=phone)
    cnv = world.note_with("Noch eine Frage dazu")["data"]["conversation"]
    equal(world.answer(cnv, "Gern geschehen")[0], 202, "support")
    w.until("sent", 30, lambda: "Gern geschehen" in said(world, phone))


main()
