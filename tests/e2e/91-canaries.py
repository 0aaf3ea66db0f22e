"""Goal: whoever opens a made-up person raises an alarm that says what and
who, without a word about anybody; nothing else ever touches them."""
import json

from case import case, check, equal, main, rows, w

MADE = {}


def make(world):
    world.make()
    world.start_all()
    MADE["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


def alarms(world, **more):
    listed = json.loads(world.postern("alarms", "--json"))["alarms"]
    return [a for a in listed
            if all(a[k] == v for k, v in more.items())]


def metric(world):
    text = w.call("GET", world.url("internal", "/metrics"))[1].decode()
    return [line for line in text.splitlines()
            if line.startswith("postern_alarms{")]


def touches(world):
    return [json.loads(b) for b, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id")
        if json.loads(b)["e"] == "canary.touched"]


@case
def a_made_up_person_lies_sealed_like_any_other(world):
    status, made = world.api("POST", "/v1/canaries", {
        "channel": "kundenservice", "helpdesk": "desk",
        "name": "Erika Beispiel", "texts": ["Wo bleibt das Klavier?",
                                            "Bitte um Antwort"]},
        token=MADE["rights"])
    equal(status, 201, "made")
    MADE.update(made)
    equal(world.sweep(["Erika Beispiel", "Klavier"]), [], "in clear")
    listed = json.loads(world.postern("canary", "list", "--json"))["canaries"]
    equal([(c["id"], c["name"]) for c in listed],
          [(made["id"], "Erika Beispiel")], "list")


@case
def nobody_was_told_and_nothing_is_counted(world):
    equal(rows(world, "SELECT count(*) FROM outbox"), [(0,)], "outbox")
    equal(world.notes(), [], "helpdesk")
    equal(alarms(world), [], "alarms")
    equal(metric(world), [], "metrics")
    equal(rows(world, "SELECT count(*) FROM figure"), [(0,)], "figures")


@case
def somebody_else_may_be_opened(world):
    world.phone_text("Hallo")
    cnv = world.note_with("Hallo")["data"]["conversation"]
    equal(world.api("GET", f"/v1/conversations/{cnv}")[0], 200, "shown")
    equal(touches(world), [], "touched")


@case
def opening_it_raises_the_alarm_that_says_who(world):
    status, seen = world.api("GET",
                             f"/v1/conversations/{MADE['conversation']}")
    equal(status, 200, "it looks like any other")
    equal([m["text"] for m in seen["messages"]],
          ["Wo bleibt das Klavier?", "Bitte um Antwort"], "texts")
    one, = alarms(world, kind="canary.touched")
    equal(one["object"], MADE["id"], "which")
    entry, = touches(world)
    equal(one["detail"], f"viewed {entry['act']}", "what and who")
    equal(metric(world), ['postern_alarms{kind="canary.touched"} 1'],
          "metrics")
    check("canary.touched" in world.postern("status"), "status")
    equal(world.api("GET", "/v1/messages/" + seen["messages"][0]["id"])[0],
          200, "once more")
    equal(len(touches(world)), 2, "every touch is in the log")
    equal(len(alarms(world)), 1, "and one alarm")


@case
def asking_for_its_data_is_seen_too(world):
    other = json.loads(world.postern(
        "canary", "create", "--channel", "kundenservice", "--name", "Otto",
        "--text", "Nie geschrieben", "--json"))
    status, made = world.api("POST", "/v1/erasures",
                             {"person": other["person"]},
                             token=MADE["rights"])
    equal(status, 202, made)
    equal([t["r"] for t in touches(world) if t["obj"] == other["id"]],
          ["asked"], "asked")
    w.until("it goes its way", 30, lambda: world.api(
        "GET", f"/v1/erasures/{made['id']}",
        token=MADE["rights"])[1]["step"] == "done")
    world.postern("canary", "end", other["id"])


@case
def a_desk_may_not_see_alarms(world):
    equal(world.api("GET", "/v1/alarms")[0], 403, "desk")
    equal(world.api("GET", "/v1/alarms", token=MADE["rights"])[0], 200,
          "rights")


@case
def somebody_says_that_it_was_seen(world):
    one, = alarms(world)
    world.postern("alarms", "seen", one["id"])
    one, = alarms(world)
    check(one["seen"] is not None, one)
    equal(world.api("POST", "/v1/alarms/alm_" + "0" * 26 + "/seen", {},
                    token=MADE["rights"])[0], 404, "no such alarm")


@case
def what_is_no_canary_is_refused(world):
    for body, what in (
            ({"channel": "nirgends", "name": "A", "texts": ["x"]}, "channel"),
            ({"channel": "kundenservice", "texts": ["x"]}, "name"),
            ({"channel": "kundenservice", "name": "A", "texts": []},
             "texts"),
            ({"channel": "kundenservice", "name": "A", "texts": ["x"] * 17},
             "texts"),
            ({"channel": "kundenservice", "name": "A", "texts": [7]},
             "texts"),
            ({"channel": "kundenservice", "name": "A", "texts": ["x"],
              "helpdesk": "nirgends"}, "helpdesk")):
        equal(world.api("POST", "/v1/canaries", body,
                        token=MADE["rights"])[0], 400, what)
    listed = json.loads(world.postern("canary", "list", "--json"))["canaries"]
    equal([c["id"] for c in listed if c["ended"] is None], [MADE["id"]],
          "made")


@case
def it_outlives_a_restart_and_ends_with_its_alarm(world):
    world.stop("postern")
    world.serve()
    world.postern("alarms", "end", alarms(world)[0]["id"])
    equal(alarms(world), [], "ended")
    world.api("GET", f"/v1/conversations/{MADE['conversation']}")
    equal(len(alarms(world)), 1, "raised again")
    world.postern("canary", "end", MADE["id"])
    equal(alarms(world), [], "over")
    equal(world.api("GET", f"/v1/conversations/{MADE['conversation']}")[0],
          404, "gone")
    listed = json.loads(world.postern("canary", "list", "--json"))["canaries"]
    check(all(c["ended"] is not None and c["name"] is None for c in listed),
          listed)


main(make)
