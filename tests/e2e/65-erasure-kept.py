"""Goal: what a law keeps of a person who is erased is kept, restricted: shown
to nobody, found by nobody, until its day; a hold keeps everything, and lets go
of it when it ends.
Scenarios: compliance 9, E2, H1, H2."""
import datetime
import json
import sqlite3

from case import case, check, equal, main, rows, w

ONE, TWO = "4917139206501", "4917139206502"
KEPT = {}


def token(world, name, *scopes):
    wanted = [a for s in scopes for a in ("--scope", s)]
    made = json.loads(world.postern("token", "create", *wanted, "--label",
                                    name, "--json"))
    KEPT[name] = made["token"]
    KEPT[name + "_id"] = made["id"]


def told(world, phone, text):
    world.phone_text(text, phone=phone)
    return world.note_with(text)["data"]


def closed(world, cnv):
    equal(world.api("POST", f"/v1/conversations/{cnv}/close")[0], 200, "close")


def make(world):
    world.make()
    world.start_all()
    token(world, "dsb", "rights")
    token(world, "law", "policy.approve")
    for i in range(9):
        note = told(world, ONE, f"Wetter {i}")
    KEPT["person"], KEPT["cnv"] = note["person"]["id"], note["conversation"]
    equal(world.api("POST", f"/v1/conversations/{KEPT['cnv']}/tags",
                    {"datenart": "MSG_BUSINESS"})[0], 200, "tagged")
    KEPT["letters"] = [told(world, ONE, f"Bestellung {i}")["message"]
                       for i in range(3)]
    closed(world, KEPT["cnv"])


def erased(world, person):
    status, made = world.api("POST", "/v1/erasures", {"person": person},
                             token=KEPT["dsb"])
    equal(status, 202, made)
    return w.until("the erasure is done", 60, lambda: (
        lambda got: got if got["step"] == "done" else None)(world.api(
            "GET", f"/v1/erasures/{made['id']}", token=KEPT["dsb"])[1]))


def day(number):
    return (datetime.date(1970, 1, 1) +
            datetime.timedelta(days=number)).isoformat()


@case
def e2_nine_are_erased_and_three_are_kept(world):
    KEPT["ciphers"] = [c for c, in rows(
        world, "SELECT content_sealed FROM message WHERE datenart="
        "'MSG_SUPPORT'")]
    equal(len(KEPT["ciphers"]), 9, "small talk")
    got = erased(world, KEPT["person"])
    # The notice of first contact is a message, too.
    equal((got["of"], got["erased"], got["kept"]), (13, 10, 3), got)
    kept = rows(world, "SELECT verdict,datenart,until_day FROM kept")
    year = datetime.date.today().year + 7
    equal([(v, d, day(u)) for v, d, u in kept],
          [("restrict_until", "MSG_BUSINESS", f"{year}-01-01")] * 3, "kept")
    equal(rows(world, "SELECT count(*) FROM message WHERE datenart="
               "'MSG_BUSINESS' AND content_sealed IS NOT NULL"), [(3,)],
          "letters")


@case
def only_the_keys_of_what_is_kept_are_left(world):
    (person,), = rows(world, "SELECT DISTINCT person FROM kept")
    keys = sqlite3.connect(f"file:{world.data / 'keeper.db'}?mode=ro",
                           uri=True)
    left = keys.execute("SELECT DISTINCT datenart FROM data_key WHERE"
                        " person=? ORDER BY 1", (person,)).fetchall()
    keys.close()
    # Whose letters they are is a part of them.
    equal(left, [("CONTACT",), ("MSG_BUSINESS",)], "keys")
    hits = [path.name for path in world.data.rglob("*") if path.is_file()
            and any(c in path.read_bytes() for c in KEPT["ciphers"])]
    equal(hits, [], "ciphertexts of what was erased")


@case
def what_is_kept_is_shown_to_nobody(world):
    for message in KEPT["letters"]:
        for name in (None, "dsb"):
            equal(world.api("GET", f"/v1/messages/{message}",
                            token=name and KEPT[name])[0] in (403, 404), True,
                  message)
    equal(world.api("GET", f"/v1/conversations/{KEPT['cnv']}")[0], 404,
          "conversation")
    equal(world.answer(KEPT["cnv"], "Sind Sie noch da?")[0] in (403, 404),
          True, "answered")


@case
def nobody_is_found_by_the_number(world):
    note = told(world, ONE, "Guten Tag, ich bin es")
    check(note["person"]["id"] != KEPT["person"], "the same person")
    check(note["conversation"] != KEPT["cnv"], "the same conversation")


@case
def h1_a_hold_keeps_everything(world):
    note = told(world, TWO, "Darueber streiten wir")
    KEPT["held"] = note["person"]["id"]
    closed(world, note["conversation"])
    later = datetime.date.today() + datetime.timedelta(days=30)
    status, hold = world.api("POST", "/v1/holds", {
        "scope": "person", "person": KEPT["held"], "reason": "Streit",
        "matter_ref": "R 1", "approver": KEPT["law_id"],
        "review": later.isoformat()}, token=KEPT["dsb"])
    equal(status, 201, hold)
    equal(world.api("POST", f"/v1/holds/{hold['id']}/approve",
                    token=KEPT["law"])[0], 200, "approved")
    KEPT["hold"] = hold["id"]
    got = erased(world, KEPT["held"])
    equal(got["erased"], 0, got)
    check(got["kept"] >= 2, got)
    equal(rows(world, "SELECT DISTINCT verdict,reason FROM kept WHERE"
               " hold IS NOT NULL"), [("restrict_hold", "HOLD")], "kept")
    KEPT["erasure"] = got["id"]


@case
def h2_released_it_goes(world):
    equal(world.api("POST", f"/v1/holds/{KEPT['hold']}/release",
                    token=KEPT["dsb"])[0], 200, "released")
    w.until("nothing of it is kept", 60, lambda: rows(
        world, "SELECT count(*) FROM kept WHERE datenart<>'MSG_BUSINESS'")
        == [(0,)])
    got = w.until("done once more", 60, lambda: (
        lambda got: got if got["step"] == "done" and got["kept"] == 0
        else None)(world.api("GET", f"/v1/erasures/{KEPT['erasure']}",
                             token=KEPT["dsb"])[1]))
    equal(got["erased"], got["of"], got)
    check(got["keys"] > 0, got)


main(make)
