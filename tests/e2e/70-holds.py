"""Goal: a hold by words keeps what mentions the matter, also what comes after
it was placed, from the sweep; what is missing is refused by name, nobody holds
alone, and released it goes with the next run.
The clock is the gateway's own (FAULTS=1).  Proves: compliance 3.4, 9, H2, H3."""
import datetime
import json

from case import case, check, equal, main, rows, w
from sweeping import approved_run, clock, clocked, desk, token, write

ONE, TWO, THREE = (f"49171396720{n:02}" for n in range(1, 4))
MENTIONS, AFTER, OTHER = ("Wo bleibt Order 4711?", "Noch etwas zu ORDER  4711",
                          "Danke, alles gut")
KEPT = {}


def make(world):
    world.make()
    if clocked(world):
        world.serve()
        token(world)
        world.start_phone()
        # The helpdesk's own clock does not move with the gateway's.
        world.start_desk("--tolerance", "1000000000000")
    else:
        world.start_all()
    for name, scope in (("Anna", "rights"), ("Bert", "policy"),
                        ("Carl", "rights"), ("Dora", "policy.approve")):
        KEPT[name] = json.loads(world.postern(
            "token", "create", "--scope", scope, "--label", name, "--days",
            "3660", "--json"))
        path = world.dir / f"token-{name}"
        path.write_text(KEPT[name]["token"])
        path.chmod(0o600)


def today(world):
    at = getattr(world, "now", None)
    return datetime.date.fromtimestamp(at) if at else datetime.date.today()


def in_days(world, n):
    return str(today(world) + datetime.timedelta(n))


def ask(world, method, path, body=None, who="Anna"):
    return world.api(method, f"/v1/holds{path}", body,
                     token=KEPT[who]["token"])


def order(world, **more):
    return {"scope": "query", "words": ["order 4711"], "reason": "Klage",
            "matter_ref": "R 1", "approver": KEPT["Bert"]["id"],
            "review": in_days(world, 300), **more}


def say(world, name, phone, text):
    KEPT[name] = write(world, phone, text, getattr(world, "now", None))
    KEPT[name, "id"] = rows(world, "SELECT max(id) FROM message WHERE"
                            " direction='in'")[0][0]


def there(world, name):
    return rows(world, "SELECT count(*) FROM message WHERE id=?",
                KEPT[name, "id"])[0][0] == 1


def looked(world, n):
    """The hold, once its words were looked for everywhere."""
    return w.until(f"{n} are found", 60, lambda: (
        lambda h: h if h["looked"]["complete"] and h["looked"]["found"] == n
        else None)(ask(world, "GET", f"/{KEPT['hold']}")[1]))


@case
def h2_what_is_missing_is_refused_by_name(world):
    if world.plan is not None:
        clock(world, 2027, 5, 10)
    full = order(world)
    for member in ("scope", "reason", "matter_ref", "approver", "review"):
        status, problem = ask(world, "POST", "", {
            k: v for k, v in full.items() if k != member})
        equal(status, 400, member)
        check(member in problem["detail"], problem["detail"])
    same = json.loads(world.postern("token", "create", "--scope", "policy",
                                    "--label", " anna", "--json"))["id"]
    plain = json.loads(world.postern(
        "token", "create", "--scope", "audit", "--label", "Emil",
        "--json"))["id"]
    for what, more, wanted in (
            ("of one's own", {"approver": KEPT["Anna"]["id"]}, 400),
            ("under another token", {"approver": same}, 403),
            ("of who may not", {"approver": plain}, 400),
            ("of nobody", {"approver": "tok_" + "0" * 26}, 400),
            ("too late", {"review": in_days(world, 370)}, 400),
            ("too soon", {"review": in_days(world, 0)}, 400),
            ("no date", {"review": "soon"}, 400),
            ("of everything", {"words": None, "scope": "query"}, 400),
            ("a person as well", {"person": "per_" + "0" * 26}, 400),
            ("a word of one byte", {"words": ["x"]}, 400)):
        body = {k: v for k, v in order(world, **more).items()
                if v is not None}
        status, problem = ask(world, "POST", "", body)
        equal(status, wanted, f"{what}: {problem}")
    equal(world.api("POST", "/v1/holds", full)[0], 403, "a desk's token")
    done = world.postern("hold", "list", "--json")
    equal(json.loads(done)["holds"], [], "none is there")


@case
def it_is_placed_and_agreed_to_from_the_command_line(world):
    say(world, "before", ONE, MENTIONS)
    say(world, "other", TWO, OTHER)
    made = json.loads(world.postern(
        "hold", "place", "--words", "order 4711", "--reason", "Klage",
        "--matter", "R 1", "--approver", KEPT["Bert"]["id"], "--review",
        in_days(world, 300), "--token-file", str(world.dir / "token-Anna"),
        "--json"))
    equal((made["state"], made["scope"]), ("proposed", "query"), str(made))
    KEPT["hold"] = made["id"]
    equal(looked(world, 1)["words"], ["order 4711"], "words")
    status, _ = ask(world, "POST", f"/{made['id']}/approve", {})
    equal(status, 403, "nobody holds alone")
    for who in ("Bert", "Dora", "Carl"):
        now = json.loads(world.postern(
            "hold", "approve", made["id"], "--token-file",
            str(world.dir / f"token-{who}"), "--json"))
        if now["state"] == "active":
            break
    equal((now["state"], now["approvals"]), ("active", now["needed"]), str(now))
    (line,) = rows(world, "SELECT hold_sealed FROM hold")
    check(b"4711" not in line[0] and b"Klage" not in line[0], "sealed")
    check("Klage" not in json.dumps(ask(world, "GET", "")[1]), "in the list")
    listed = world.postern("hold", "list")
    check(made["id"] in listed and "active" in listed, listed)


@case
def h3_what_comes_later_is_held_and_not_erased(world):
    if world.plan is None:
        return "skipped"
    clock(world, 2027, 5, 12)
    say(world, "after", THREE, AFTER)
    looked(world, 2)
    for name in ("before", "other", "after"):
        desk(world, KEPT[name], "close")
    clock(world, 2027, 8, 20, 3)
    approved_run(world)
    equal([there(world, n) for n in ("before", "after", "other")],
          [True, True, False], "after the run")
    equal(rows(world, "SELECT verdict FROM kept WHERE hold IS NOT NULL"),
          [("restrict_hold",)] * 2, "restricted")
    # Stored, and shown to nobody.
    shown = world.api("GET", f"/v1/conversations/{KEPT['after']}")[1]
    check("4711" not in json.dumps(shown), "shown")


@case
def h2_released_it_goes_with_the_next_run(world):
    if world.plan is None:
        return "skipped"
    said = json.loads(world.postern(
        "hold", "release", KEPT["hold"], "--token-file",
        str(world.dir / "token-Carl"), "--json"))
    equal(said["state"], "released", str(said))
    equal(ask(world, "POST", f"/{KEPT['hold']}/release", {})[0], 409, "twice")
    w.until("what it kept is free", 60, lambda: rows(
        world, "SELECT count(*) FROM kept WHERE hold IS NOT NULL") == [(0,)])
    clock(world, 2027, 8, 21, 3)
    approved_run(world)
    equal([there(world, n) for n in ("before", "after")], [False, False],
          "after the next run")
    equal(rows(world, "SELECT count(*) FROM kept"), [(0,)], "kept")


@case
def nothing_of_it_is_on_disk_in_clear(world):
    found = world.sweep(["Klage", "order 4711", AFTER])
    equal(found, [], "on disk")


main(make)
