"""Goal: consents from elsewhere through the real program: `postern consent
import` and POST /v1/consents/import; what is taken, what is not, and nothing
personal in what is said about it.  Scenario: compliance 9, W5."""
import json
import sqlite3
import subprocess

from case import case, check, equal, main, rows, w

PHONE, OTHER = "4917139500101", "4917139500102"
WORDING = "Ja, ich möchte Angebote per Chat erhalten.\nWiderruf: STOP"


def make(world):
    world.make()
    world.start_all()


def row(phone=PHONE, **more):
    return {"address": "+" + phone, "purpose": "marketing",
            "channel": "kundenservice", "given_at": "2026-01-10T09:12:00Z",
            "wording": WORDING, "language": "de",
            "evidence": {"form": "Karte", "folder": "Ordner 3"}, **more}


def imported(world, *lines, status=0, more=("--json",)):
    text = "\n".join(line if isinstance(line, str)
                     else json.dumps(line, ensure_ascii=False)
                     for line in lines)
    done = subprocess.run(
        [world.binary, "-d", str(world.data), "consent", "import", "-", *more],
        input=text.encode(), capture_output=True, timeout=60)
    equal(done.returncode, status, done.stderr.decode())
    for secret in (PHONE, OTHER, "Karte", "Ordner"):
        check(secret.encode() not in done.stdout + done.stderr,
              "something of a row in what is said about it")
    return done


def results(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def says(world, phone, text):
    world.phone_text(text, phone=phone)
    return world.note_with(text)["data"]["conversation"]


@case
def a_proven_consent_is_taken_once_and_counts(world):
    got, = results(imported(world, row()))
    equal((got["line"], got["result"], got["state"]),
          (1, "accepted", "ConsentGiven"), "result")
    check(got["person"].startswith("per_"), got)
    again, = results(imported(world, row()))
    equal((again["result"], again["person"]), ("known", got["person"]),
          "again")
    cnv = says(world, PHONE, "Guten Tag")
    equal(world.api("POST", f"/v1/conversations/{cnv}/messages",
                    {"text": "Angebot", "purpose": "marketing"})[0], 202,
          "status")
    equal(rows(world, "SELECT text FROM wording WHERE name='import'"),
          [(WORDING,)], "wording")


@case
def w5_a_withdrawal_outlives_an_import(world):
    says(world, PHONE, "Stopp!")
    w.until("withdrawn", 20, lambda: rows(
        world, "SELECT 1 FROM consent_event WHERE kind='withdrawn'"))
    got, = results(imported(world, row(given_at="2026-01-11T00:00:00Z",
                                       consent=True), status=1))
    equal((got["result"], got["state"]), ("suppressed", "ConsentWithdrawn"),
          "result")
    cnv = says(world, PHONE, "Noch da?")
    status, problem = world.api(
        "POST", f"/v1/conversations/{cnv}/messages",
        {"text": "Angebot", "purpose": "marketing"})
    equal(status, 403, "status")
    check("consent_withdrawn" in json.dumps(problem), problem)


@case
def each_row_has_its_result_and_its_place(world):
    done = imported(
        world, row(OTHER, evidence=None), '{"address"', "",
        row(OTHER, purpose="fishing"), row(OTHER, address="Anna"),
        row(OTHER), status=1)
    equal([(g["line"], g["result"]) for g in results(done)],
          [(1, "unproven"), (2, "refused"), (4, "refused"), (5, "refused"),
           (6, "accepted")], "results")
    places = [line.split(b": ")[0] for line in done.stderr.splitlines()]
    equal([p.split(b":")[1] for p in places], [b"1", b"2", b"4", b"5"],
          done.stderr)
    check(b"purpose is not known; a purpose of the policy" in done.stderr,
          done.stderr)
    equal(rows(world, "SELECT count(*) FROM person"), [(2,)], "persons")


@case
def the_words_are_for_people_too(world):
    done = imported(world, row(OTHER), row(
        OTHER, wording=None, given_at="2026-02-01T00:00:00Z"), status=1,
        more=())
    equal(done.stdout.decode().splitlines(),
          ["line 2: unproven (ConsentGiven)",
           "0 accepted, 1 known, 0 suppressed, 1 unproven, 0 expired,"
           " 0 refused"], "words")
    done = subprocess.run(
        [world.binary, "consent", "import", "--check", "-", "--json"],
        input=(json.dumps(row()) + "\n" +
               json.dumps(row(given_at="gestern"))).encode(),
        capture_output=True, timeout=20)
    equal([(g["form"], g["result"]) for g in results(done)],
          [("row", "accept"), ("row", "reject")], "check")


@case
def the_list_is_asked_when_a_message_is_handed_in(world):
    cnv = says(world, OTHER, "Und Sie?")
    advert = {"text": "Angebot", "purpose": "marketing"}
    equal(world.api("POST", f"/v1/conversations/{cnv}/messages", advert)[0],
          202, "before")
    imported(world, row(OTHER, given_at=None, consent=False,
                        withdrawn_at="2026-03-01T00:00:00Z"))
    world.stop("postern")
    with sqlite3.connect(world.data / "postern.db") as db:
        # What the person said is forgotten; the list is not.
        db.execute("DELETE FROM consent_event WHERE kind='withdrawn' AND"
                   " method='import'")
    db.close()
    world.serve()
    status, problem = world.api("POST", f"/v1/conversations/{cnv}/messages",
                                advert)
    equal(status, 403, "status")
    check("consent_suppressed" in json.dumps(problem), problem)
    equal(world.answer(cnv, "Ihr Paket kommt")[0], 202, "support")


@case
def the_call_needs_its_scope_and_its_shape(world):
    token = json.loads(world.postern("token", "create", "--scope", "rights",
                                     "--label", "dpo", "--json"))["token"]
    equal(world.api("POST", "/v1/consents/import", {"rows": [row()]})[0], 403,
          "desk")
    for bad in ({}, {"rows": []}, {"rows": [row()] * 101}, {"row": [row()]}):
        equal(world.api("POST", "/v1/consents/import", bad, token=token)[0],
              400, str(list(bad)))
    status, got = world.api("POST", "/v1/consents/import",
                            {"rows": [row(OTHER), 7]}, token=token,
                            headers={"Idempotency-Key": "one"})
    equal((status, got["known"], got["refused"]), (200, 1, 1), str(got))
    equal([g["row"] for g in got["results"]], [1, 2], "rows")


@case
def nothing_of_it_is_in_clear(world):
    equal(world.sweep([PHONE, OTHER, "Ordner 3"]), [], "canaries")


main(make)
