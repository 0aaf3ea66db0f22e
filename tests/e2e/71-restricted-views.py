"""Goal: what is restricted (Art. 18 GDPR) is in no figure and shown to nobody
but who answers for rights and says what for; each look is on record; lifting
needs a notice; a wish of the person is one.
Proves: compliance 2.3, 9, X1, X2."""
import datetime
import json
import zoneinfo

from case import case, check, equal, main, rows, w

ONE, TWO = "4917139672101", "4917139672102"
KEPT = {}


def make(world):
    world.make()
    world.start_all()
    for name, scope in (("DSB", "rights"), ("Recht", "policy"),
                        ("Lager", "desk")):
        KEPT[name] = json.loads(world.postern(
            "token", "create", "--scope", scope, "--label", name,
            "--json"))["token"]
    for phone in (ONE, TWO):
        text = f"Guten Tag von {phone[-2:]}"
        world.phone_text(text, phone=phone)
        note = world.note_with(text)["data"]
        KEPT[phone] = note["conversation"]
        KEPT[phone, "message"] = note["message"]


def look(world, path, who="DSB", purpose=None):
    more = f"?purpose={purpose}" if purpose else ""
    return world.api("GET", f"/v1/{path}{more}", token=KEPT[who])


def viewed(world):
    return rows(world, "SELECT what,purpose,staff FROM viewed ORDER BY id")


def figures(world):
    return rows(world, "SELECT coalesce(sum(n),0) FROM figure WHERE"
                " name='question.asked'")[0][0]


@case
def who_answers_for_rights_says_what_for_each_time(world):
    status, problem = look(world, f"conversations/{KEPT[TWO]}")
    equal((status, problem["type"][-9:]), (400, "malformed"), str(problem))
    equal(look(world, f"conversations/{KEPT[TWO]}", purpose="curiosity")[0],
          400, "no purpose of ours")
    equal(viewed(world), [], "nothing was shown")
    for _ in range(2):
        status, shown = look(world, f"conversations/{KEPT[TWO]}",
                             purpose="rights_request")
        equal(status, 200, str(shown))
    seen = viewed(world)
    equal([v[:2] for v in seen], [("conversation", "rights_request")] * 2,
          "each look")
    check(seen[0][2] == seen[1][2] and len(seen[0][2]) == 16, "a pseudonym")


@case
def a_helpdesk_at_work_leaves_one_look_a_day(world):
    for _ in range(3):
        equal(world.api("GET", f"/v1/conversations/{KEPT[TWO]}")[0], 200,
              "desk")
        equal(world.api("GET", f"/v1/messages/{KEPT[TWO, 'message']}")[0], 200,
              "desk")
    equal([v[:2] for v in viewed(world)[2:]], [("conversation", "support")],
          "the first of the day")
    equal(look(world, f"conversations/{KEPT[TWO]}", "Lager")[0], 200, "other")
    equal(len(viewed(world)), 4, "of each token")


@case
def x1_a_restricted_one_needs_the_privacy_role_and_a_purpose(world):
    for phone in (ONE, TWO):  # whatever comes next is a question
        equal(world.api("POST", f"/v1/conversations/{KEPT[phone]}/close",
                        {})[0], 200, "closed")
    before = figures(world)
    equal(world.api("POST", f"/v1/conversations/{KEPT[ONE]}/restrict",
                    {"ground": "a"}, token=KEPT["DSB"])[0], 200, "placed")
    n = len(viewed(world))
    cnv, msg = KEPT[ONE], KEPT[ONE, "message"]
    for path in (f"conversations/{cnv}", f"messages/{msg}"):
        for who, purpose in (("Lager", None), ("Lager", "legal_claims"),
                             ("DSB", None)):
            status, problem = look(world, path, who, purpose)
            equal((status, problem["reasons"][0]["code"]),
                  (403, "person.restricted"), f"{path} {who} {purpose}")
    equal(look(world, f"policy/explain/{msg}", "Recht")[0], 403, "explained")
    check("Guten Tag von 01" not in json.dumps(problem), "in a refusal")
    equal(len(viewed(world)), n, "nothing was shown")
    status, shown = look(world, f"conversations/{cnv}", purpose="accuracy")
    equal(status, 200, str(shown))
    check("Guten Tag von 01" in json.dumps(shown), "what it says")
    status, shown = look(world, f"messages/{msg}", purpose="legal_claims")
    equal((status, shown["text"]), (200, "Guten Tag von 01"), "the message")
    equal([v[:2] for v in viewed(world)[n:]],
          [("conversation", "accuracy"), ("message", "legal_claims")], "looks")
    told = [json.loads(b) for b, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id")]
    last = [e for e in told if e["e"] == "access.viewed"][-1]
    equal((last["obj"], last["act"]), (msg, "st_" + viewed(world)[-1][2]),
          "in the proof log")
    # Nor is what comes now counted.
    world.phone_text("Ist das jetzt richtig?", phone=ONE)
    w.until("it waits", 20, lambda: rows(
        world, "SELECT count(*) FROM outbox WHERE state='restricted' AND"
        " type='message.received'") == [(1,)])
    equal(figures(world), before, "counted")
    world.phone_text("Noch eine Frage", phone=TWO)
    world.note_with("Noch eine Frage")
    equal(figures(world), before + 1, "that of somebody else")


@case
def x2_it_is_not_lifted_without_a_notice(world):
    lift = f"/v1/conversations/{KEPT[ONE]}/lift"
    today = datetime.datetime.now(zoneinfo.ZoneInfo("Europe/Berlin")).date()
    for body in ({}, {"informed": str(today)}, {"how": "letter"}):
        equal(world.api("POST", lift, body, token=KEPT["DSB"])[0], 400,
              str(body))
    equal(look(world, f"conversations/{KEPT[ONE]}")[0], 403, "restricted")
    equal(world.api("POST", lift, {"informed": str(today), "how": "letter"},
                    token=KEPT["DSB"])[0], 200, "lifted")
    equal(world.api("GET", f"/v1/conversations/{KEPT[ONE]}")[0], 200, "desk")
    world.note_with("Ist das jetzt richtig?")


@case
def x3_both_are_in_the_log_a_restore_reads(world):
    log = world.data / "restrictions.log"
    lines = w.until("its end", 20, lambda: (
        lambda t: t if "lifted" in t else None)(log.read_text())).splitlines()
    (identity, person, cnv), = rows(
        world, "SELECT id,person,conversation FROM restriction")
    equal(lines[0].split()[0:1] + lines[0].split()[2:],
          ["restricted", str(identity), str(person), str(cnv), "a",
           str(identity)], lines[0])
    equal(lines[1].split()[0:1] + lines[1].split()[2:3],
          ["lifted", str(identity)], lines[1])
    equal(len(lines), 2, str(lines))
    equal(log.stat().st_mode & 0o077, 0, "nobody else's")


main(make)
