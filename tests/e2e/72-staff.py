"""Goal: nothing counts per member of staff, whatever is asked of the gateway;
whose pseudonym it is two roles find out together, and each step is logged.
Proves: compliance 3.6, 9, P1."""
import json
import re

from case import ROOT, case, check, equal, main, rows, w

ONE = "4917139672201"
SCOPES = ("desk", "rights", "policy", "audit", "operator", "policy.approve",
          "works_council")
KEPT = {}
# What is a number beside a person's token, and why.
MAY = {"approvals", "needed",  # people who agree to a hold
       "found",  # messages, by the words of a hold
       "version", "tolerance", "line", "bytes"}  # of a policy


def make(world):
    world.make()
    world.start_all()
    for scope in SCOPES:
        KEPT[scope] = json.loads(world.postern(
            "token", "create", "--scope", scope, "--label",
            f"Kollege {scope}", "--json"))
        path = world.dir / f"token-{scope}"
        path.write_text(KEPT[scope]["token"])
        path.chmod(0o600)
    world.phone_text("Guten Tag", phone=ONE)
    note = world.note_with("Guten Tag")["data"]
    KEPT["conversation"], KEPT["message"] = note["conversation"], note["message"]
    KEPT["person"] = note["person"]["id"]


def ask(world, scope, method, path, body=None):
    return world.api(method, path, body, token=KEPT[scope]["token"])


def log(world, event):
    return [e for e in (json.loads(b) for b, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id"))
        if e["e"] == event]


def routes():
    """Every address that is read, from the table the gateway has."""
    table = (ROOT / "gateway" / "api" / "route.c").read_text()
    found = sorted(set(re.findall(r'\{"GET",\s*"(/[^"]*)"', table)))
    check(len(found) > 30, str(found))
    return found


def filled(pattern):
    """With the ids there are; None: it needs one of another kind."""
    for mark, name in (("{cnv}", "conversation"), ("{msg}", "message"),
                       ("{per}", "person"), ("{hld}", "hold")):
        if mark in pattern and name in KEPT:
            pattern = pattern.replace(mark, KEPT[name])
    pattern = pattern.replace("{nam}", "support")
    return None if "{" in pattern else pattern


def names_somebody(value):
    return isinstance(value, str) and (
        re.fullmatch(r"tok_[0-9a-z]{26}|st_[0-9a-f]{16}", value) is not None
        or value.startswith("Kollege "))


def counts_of_people(value, where="", found=None):
    """Members that are numbers in an object that names somebody, and objects
    whose members are somebody's."""
    found = [] if found is None else found
    if isinstance(value, dict):
        named = any(names_somebody(v) for v in value.values())
        for key, inner in value.items():
            number = isinstance(inner, (int, float)) and \
                not isinstance(inner, bool)
            if names_somebody(key) or (named and number and key not in MAY):
                found.append(f"{where}.{key}")
            counts_of_people(inner, f"{where}.{key}", found)
    elif isinstance(value, list):
        for inner in value:
            counts_of_people(inner, where + "[]", found)
    return found


@case
def the_search_would_find_a_count(world):
    somebody = KEPT["desk"]["id"]
    for count in ({"token": somebody, "n": 3}, {somebody: 3},
                  {"list": [{"staff": "st_" + "a" * 16, "replies": 1}]},
                  {"label": "Kollege desk", "seconds": 0.5}):
        check(counts_of_people(count), f"not found: {count}")
    check(not counts_of_people({"token": somebody, "used": "2026-01-01"}),
          "a time is no count")


@case
def p1_no_answer_counts_per_member_of_staff(world):
    # There is something to count.
    for _ in range(3):
        world.answer(KEPT["conversation"], "Gern")
        ask(world, "desk", "GET", f"/v1/conversations/{KEPT['conversation']}")
        ask(world, "rights", "GET", f"/v1/conversations/{KEPT['conversation']}"
            "?purpose=rights_request")
    equal(ask(world, "rights", "POST", "/v1/holds", {
        "scope": "conversation", "conversation": KEPT["conversation"],
        "reason": "Streit", "matter_ref": "R 1",
        "approver": KEPT["policy"]["id"],
        "review": w.time.strftime("%Y-%m-%d", w.time.gmtime(
            w.time.time() + 30 * 86400))})[0], 201, "hold")
    KEPT["hold"] = ask(world, "rights", "GET", "/v1/holds")[1]["holds"][0]["id"]
    asked = answered = 0
    for pattern in routes():
        path = filled(pattern)
        if path is None:
            continue
        asked += 1
        for scope in SCOPES:
            status, got = ask(world, scope, "GET", path)
            if status != 200:
                continue
            answered += 1
            if isinstance(got, dict):
                equal(counts_of_people(got), [], f"{path} as {scope}")
            else:
                text = got.decode() if isinstance(got, bytes) else str(got)
                if path == "/v1/openapi.yaml":
                    continue
                check(not re.search(r"\btok_[0-9a-z]{26}|\bst_[0-9a-f]{16}|"
                                    r"Kollege", text), f"{path} as {scope}")
    check(asked > 20 and answered > 40, f"{asked} asked, {answered} answered")


@case
def p1_nor_does_the_archive(world):
    """No row is somebody's and holds a number: what there is are acts."""
    for table, in rows(world, "SELECT name FROM sqlite_schema WHERE"
                       " type='table' AND name NOT LIKE 'sqlite_%'"):
        info = rows(world, f"PRAGMA table_info({table})")
        columns = {name for _, name, *_ in info}
        keys = {name for _, name, *_, key in info if key}
        if "staff" in columns or keys & {"actor", "token", "owner"}:
            check(not columns & {"n", "count", "seconds", "took_ms"}, table)
    equal(rows(world, "SELECT count(*) FROM figure WHERE name||detail LIKE"
               " '%tok_%' OR detail LIKE '%Kollege%'"), [(0,)], "figures")


@case
def p1_a_pseudonym_takes_two_roles(world):
    (digits,), = rows(world, "SELECT DISTINCT staff FROM viewed WHERE"
                      " what='conversation' AND purpose='rights_request'")
    staff = "st_" + digits
    check(any(e["act"] == staff for e in log(world, "access.viewed")), staff)
    want = {"staff": staff, "purpose": "misuse"}
    for scope in ("desk", "policy", "audit", "operator"):
        equal(ask(world, scope, "POST", "/v1/staff/reveal", want)[0], 403,
              scope)
    for body in ({"staff": staff}, {"staff": "st_x", "purpose": "misuse"},
                 {"staff": staff, "purpose": "curiosity"}):
        equal(ask(world, "rights", "POST", "/v1/staff/reveal", body)[0], 400,
              str(body))
    made = json.loads(world.postern(
        "staff", "reveal", staff, "--purpose", "misuse", "--token-file",
        str(world.dir / "token-rights"), "--json"))
    equal((made["state"], made["asked_as"]), ("asked", "rights"), str(made))
    path = f"/v1/staff/reveal/{made['id']}"
    status, problem = ask(world, "rights", "POST", path + "/approve", {})
    equal((status, problem["type"][-7:]), (403, "another"), "one alone")
    again = json.loads(world.postern(
        "token", "create", "--scope", "works_council", "--label",
        "Kollege rights", "--json"))["token"]
    equal(world.api("POST", path + "/approve", {}, token=again)[0], 403,
          "the same person in another role")
    check("label" not in ask(world, "rights", "GET", path)[1], "too early")
    equal(ask(world, "works_council", "POST", path + "/approve", {})[0], 200,
          "the other role")
    equal(ask(world, "works_council", "POST", path + "/approve", {})[0], 409,
          "twice")
    for scope in ("rights", "works_council"):
        status, shown = ask(world, scope, "GET", path)
        equal((status, shown["token"], shown["label"]),
              (200, KEPT["rights"]["id"], "Kollege rights"), scope)
    equal(world.api("GET", path, token=again)[1].get("label"), None,
          "a third person")
    told = [(e.get("r", ""), e["obj"]) for e in log(world, "staff.reveal")]
    equal(told, [(r, made["id"]) for r in ("request", "approved", "", "")],
          "in the log")
    listed = ask(world, "works_council", "GET", "/v1/staff/reveal")[1]
    check("Kollege" not in json.dumps(listed), "in the list")
    equal(rows(world, "SELECT token FROM staff_reveal"), [(None,)], "stored")


@case
def p1_one_no_is_enough_and_the_council_has_no_other_role(world):
    made = ask(world, "works_council", "POST", "/v1/staff/reveal",
               {"staff": "st_" + "a" * 16, "purpose": "breach"})[1]
    path = f"/v1/staff/reveal/{made['id']}"
    equal(ask(world, "rights", "POST", path + "/refuse", {})[1]["state"],
          "refused", "state")
    equal(ask(world, "rights", "POST", path + "/approve", {})[0], 409, "after")
    check("label" not in ask(world, "rights", "GET", path)[1], "shown")
    for scopes in ("works_council rights", "operator works_council"):
        equal(ask(world, "operator", "POST", "/v1/tokens",
                  {"scopes": scopes, "label": "x"})[0], 400, scopes)


main(make)
