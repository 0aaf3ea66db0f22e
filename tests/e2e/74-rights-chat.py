"""Goal: a person asks in the chat for the end of their data, proves who they
are there, is erased, and is told so in the same chat although nothing of them
is left; what a law keeps stays, restricted, and is named.
Scenarios: compliance 4.4; 9, E2, H1."""
import json
import re
import time

from case import case, check, equal, main, rows, w

ANNA, BERT, CARL, DORA = (f"49171392007{i:02}" for i in range(1, 5))
KEPT = {}


def make(world):
    world.make()
    world.start_all()
    for name in ("DSB", "Zweite"):
        KEPT[name] = json.loads(world.postern(
            "token", "create", "--scope", "rights", "--label", name,
            "--json"))["token"]


def rights(world, method, path, body=None, who="DSB"):
    return world.api(method, path, body, token=KEPT[who])


def texts(world, phone):
    return [e.get("text", "") for e in world.chat(phone)
            if e["from"] == "business"]


def told(world, phone, part, seconds=30):
    """The newest text with this in it."""
    return w.until(f"{part!r} in the chat", seconds, lambda: next(
        (t for t in reversed(texts(world, phone)) if part in t), None))


def code_of(text):
    return re.search(r"\n\n(.*[A-Z]{4}-[A-Z]{4})\n", text).group(1)


def newest(world, **where):
    found = rights(world, "GET", "/v1/requests?limit=50")[1]["requests"]
    return next(r for r in found
                if all(r[k] == v for k, v in where.items()))


def state(world, request):
    return rights(world, "GET", f"/v1/requests/{request}")[1]


def until_state(world, request, *states, seconds=40):
    return w.until(f"{request} is {states}", seconds, lambda: (
        lambda r: r if r["state"] in states else None)(state(world, request)))


def talk(world, phone, *words, answer="Gern geschehen"):
    """A case that was served: the last word is ours."""
    for text in words:
        world.phone_text(text, phone=phone)
    conversation = world.note_with(words[-1])["data"]["conversation"]
    status, made = world.answer(conversation, answer)
    equal(status, 202, str(made))
    w.until("the answer is there", 20, lambda: answer in texts(world, phone))
    return conversation


def prove(world, phone, word="Löschen", part="senden Sie bitte genau"):
    before = len([t for t in texts(world, phone) if part in t])
    world.phone_text(word, phone=phone)
    w.until("the question", 20, lambda: len(
        [t for t in texts(world, phone) if part in t]) > before)
    return code_of(told(world, phone, part))


@case
def loeschen_gets_a_question_and_nothing_is_erased_yet(world):
    talk(world, ANNA, "Hallo, hier ist Zimtschnecke")
    KEPT["code"] = prove(world, ANNA)
    check(KEPT["code"].startswith("LÖSCHEN "), KEPT["code"])
    made = newest(world, type="erasure")
    equal((made["state"], made["via"]), ("identity_pending", "chat"), "state")
    equal(state(world, made["id"])["person"], None, "not said before proof")
    equal(rows(world, "SELECT count(*) FROM erasure"), [(0,)], "erasures")


@case
def a_wrong_code_proves_nothing(world):
    world.phone_text("LÖSCHEN BCDF-GHJK", phone=ANNA)
    told(world, ANNA, "stimmt nicht")
    equal(rows(world, "SELECT count(*) FROM erasure"), [(0,)], "erasures")


@case
def the_answer_proves_and_everything_goes(world):
    made = newest(world, type="erasure")
    KEPT["request"] = made["id"]
    world.phone_text(KEPT["code"], phone=ANNA)
    answer = told(world, ANNA, "Ihre Daten sind gelöscht")
    check("Aufsichtsbehörde" in answer and "{" not in answer, answer)
    done = until_state(world, made["id"], "completed", "waiting_recipients",
                       "waiting_backups")
    check(any(i["verdict"] == "erase" and i["n"] > 0 for i in done["items"]),
          str(done["items"]))
    equal(world.sweep(["Zimtschnecke", ANNA]), [], "in clear on disk")
    w.until("nobody knows where to answer", 20, lambda: rows(
        world, "SELECT count(*) FROM request WHERE reply_sealed IS NOT NULL")
        == [(0,)])
    equal(rows(world, "SELECT count(*) FROM address WHERE to_ms IS NULL"),
          [(0,)], "addresses")


@case
def code_and_answer_reached_no_helpdesk(world):
    seen = json.dumps([n["data"] for n in world.notes()], ensure_ascii=False)
    check("Zimtschnecke" in seen, "the notes are read wrongly")
    for part in (KEPT["code"], "BCDF-GHJK", "senden Sie bitte genau",
                 "Ihre Daten sind"):
        check(part not in seen, f"the helpdesk was told {part!r}")


@case
def who_writes_again_is_a_new_person(world):
    equal(rows(world, "SELECT count(*) FROM person"), [(0,)], "before")
    world.phone_text("Bin wieder da", phone=ANNA)
    world.note_with("Bin wieder da")
    equal(rows(world, "SELECT count(*) FROM person"), [(1,)], "persons")


@case
def in_english_it_is_answered_in_english(world):
    talk(world, BERT, "Hello, could you please tell me when you are open on "
         "the weekend?", answer="From nine to five")
    code = prove(world, BERT, "Delete my data",
                 "please send exactly this answer")
    check(code.startswith("DELETE "), code)
    world.phone_text(code.lower().replace("-", " "), phone=BERT)
    told(world, BERT, "Your data are erased")


@case
def e2_business_letters_stay_and_are_named(world):
    talk(world, CARL, *(f"Frage Nummer {i}" for i in range(4)),
         "Mängelrüge eins", "Mängelrüge zwei", "Mängelrüge Apfelmus")
    world.phone_text(prove(world, CARL), phone=CARL)
    answer = told(world, CARL, "Ihre Daten sind gelöscht")
    check("soweit wir sie löschen dürfen" in answer, answer)
    check("vor Gericht" in answer, answer)  # a no in part is a no
    line = next(t for t in answer.splitlines() if "Geschäftsbriefe" in t)
    for part in ("3 × aufbewahrt, eingeschränkt", "§ 257 Abs. 1", "HGB",
                 "§ 147 Abs. 1", "AO", "bis 31.12.2032", "01.01.2033",
                 "Ein Gesetz verpflichtet uns"):
        check(part in line, f"{part!r} is not in {line!r}")
    made = state(world, newest(world, type="erasure")["id"])
    letters = [i for i in made["items"] if i["datenart"] == "MSG_BUSINESS"]
    equal([(i["verdict"], i["n"], i["until"]) for i in letters],
          [("restrict_until", 3, "2033-01-01")], "letters")
    check(any(i["datenart"] == "MSG_SUPPORT" and i["verdict"] == "erase"
              for i in made["items"]), str(made["items"]))
    equal(world.sweep(["Apfelmus", CARL]), [], "in clear on disk")


@case
def h1_what_is_held_is_suspended_for_legal_claims(world):
    talk(world, DORA, "Das klären unsere Anwälte")
    person = world.note_with("Das klären unsere Anwälte")["data"]["person"]
    tokens = json.loads(world.postern("token", "list", "--json"))["tokens"]
    second = next(t["id"] for t in tokens if t["label"] == "Zweite")
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 90 * 86400))
    status, hold = rights(world, "POST", "/v1/holds", {
        "scope": "person", "person": person["id"], "reason": "Klage",
        "matter_ref": "A-1", "approver": second, "review": day})
    equal(status, 201, str(hold))
    world.phone_text(prove(world, DORA), phone=DORA)
    answer = told(world, DORA, "Rechtsansprüchen ausgesetzt")
    check("Klage" not in answer and "A-1" not in answer, answer)
    check("Wir dürfen Ihre Daten noch nicht löschen" in answer, answer)
    made = state(world, newest(world, type="erasure")["id"])
    check(all(i["verdict"] != "erase" for i in made["items"]
              if i["datenart"].startswith("MSG")), str(made["items"]))


if __name__ == "__main__":
    main(make)
