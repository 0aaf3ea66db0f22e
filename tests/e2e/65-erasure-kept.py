"""Goal: what a law keeps of a person who is erased is kept, restricted: shown
to nobody, found by nobody, until its day; a hold keeps everything, and lets go
of it when it ends.  What came with a letter stays as long as the letter; their
day is seen by the gateway's own clock (FAULTS=1).
Scenarios: compliance 9, E2, H1, H2; 3.2 (MEDIA)."""
import datetime
import json
import random
import sqlite3

from case import case, check, equal, main, rows, w
from sweeping import approved_run, clock, clocked

ONE, TWO, THREE = (f"491713920650{n}" for n in range(1, 4))
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
    clocked(world)
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


def keys_of(world, person):
    keys = sqlite3.connect(f"file:{world.data / 'keeper.db'}?mode=ro",
                           uri=True)
    left = keys.execute("SELECT DISTINCT datenart FROM data_key WHERE"
                        " person=? ORDER BY 1", (person,)).fetchall()
    keys.close()
    return [datenart for datenart, in left]


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
    # Whose letters they are is a part of them.
    equal(keys_of(world, person), ["CONTACT", "MSG_BUSINESS"], "keys")
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
    # It still has them, and uses them no more.
    heard = w.until("person.restricted", 30, lambda: next(
        (n for n in world.notes("person.restricted")
         if n["data"]["conversation"] == note["conversation"]), None))
    equal(heard["data"]["status"], "restricted", heard)


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
    w.until("person.erased", 30, lambda: any(
        n["data"]["person"]["id"] == KEPT["held"]
        for n in world.notes("person.erased")))


def picture(world, caption):
    w.call("POST", world.url("phone", f"/phone/file?from={THREE}&caption="
                             f"{caption}&name=bild.pdf"),
           random.randbytes(20_000), {"Content-Type": "application/pdf"})
    return world.note_with(caption, 60)["data"]


@case
def a_picture_stays_as_long_as_its_letter(world):
    talk = picture(world, "Schnappschuss")
    equal(world.api("POST", f"/v1/conversations/{talk['conversation']}/tags",
                    {"datenart": "MSG_BUSINESS"})[0], 200, "tagged")
    letter = picture(world, "Zeichnung")
    KEPT["href"] = letter["attachments"][0]["href"]
    closed(world, talk["conversation"])
    got = erased(world, talk["person"]["id"])
    equal(got["kept"], 2, got)
    equal(rows(world, "SELECT k.kind,k.datenart,k.verdict,k.until_day="
               "(SELECT until_day FROM kept WHERE id=a.message) FROM kept k"
               " JOIN attachment a ON a.id=k.id WHERE a.state='kept'"),
          [("attachment", "MEDIA", "restrict_until", 1)], "until its day")
    (person, file), = rows(world, "SELECT key_person,file FROM attachment"
                           " WHERE file IS NOT NULL")
    equal(keys_of(world, person), ["CONTACT", "MEDIA", "MSG_BUSINESS"], "keys")
    KEPT["third"] = person
    KEPT["file"] = world.data / "media" / file[:2] / file
    check(KEPT["file"].exists(), "its bytes")
    equal([p for p in (world.data / "media").rglob("*") if p.is_file()],
          [KEPT["file"]], "and no others")
    equal(world.api("GET", KEPT["href"])[0] in (403, 404), True, "shown")
    equal(rows(world, "SELECT kind FROM alarm"), [], "alarms")


@case
def on_the_day_both_go(world):
    if world.plan is None:
        return "skipped"
    year = datetime.date.today().year
    clock(world, year + 6, 12, 31, 23)
    approved_run(world)
    check(KEPT["file"].exists(), "the law is not over")
    clock(world, year + 7, 1, 1, 3)
    approved_run(world)
    w.until("nothing is kept", 60, lambda: rows(
        world, "SELECT count(*) FROM kept") == [(0,)])
    equal(rows(world, "SELECT count(*) FROM message WHERE key_person=?",
               KEPT["third"]), [(0,)], "the letter")
    w.until("the picture is gone", 60, lambda: not KEPT["file"].exists())
    w.until("and its keys", 60, lambda: not keys_of(world, KEPT["third"]))


main(make)
