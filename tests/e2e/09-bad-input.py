"""Goal: bad input meets a clear error at the right place and loses nothing."""
import json
import os
import subprocess

from case import case, check, equal, main, w


def cli(world, *args):
    done = subprocess.run([world.binary, "-d", str(world.data), *args],
                          capture_output=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode()


def with_settings(world, old, new):
    path = world.data / "postern.yaml"
    text = path.read_text()
    check(old in text, f"{old!r} is not in the settings")
    path.write_text(text.replace(old, new, 1))
    try:
        return cli(world, "check")
    finally:
        path.write_text(text)


def position(world, word):
    for n, line in enumerate((world.data / "postern.yaml").read_text().splitlines(), 1):
        if word in line:
            return n, line.index(word) + 1
    raise w.Failure(word)


@case
def check_is_content_with_a_good_instance(world):
    equal(cli(world, "check")[0], 0, "status")


@case
def an_unknown_key_names_line_column_and_the_nearest(world):
    line, column = position(world, "phone_number_id")
    code, text = with_settings(world, "phone_number_id:", "phone_nummer_id:")
    equal(code, 1, "status")
    check(f"postern.yaml:{line}:{column}: " in text, text)
    check("phone_number_id" in text, text)


@case
def bad_settings_are_refused_with_their_place(world):
    for old, new in (("store: sqlite", "store: dbase"),
                     ("land: BE", "land: XX"),
                     ("language: de", "language: klingonisch"),
                     ("type: whatsapp", "type: whatsap"),
                     ("type: whatsapp", "type: &a whatsapp"),
                     ("store: sqlite", "store: sqlite\nstore: sqlite"),
                     ("{file: secrets/whatsapp-app}", "geheim"),
                     ("{file: secrets/whatsapp-app}", "{file: secrets/gibtsnicht}"),
                     ("helpdesk: desk}", "helpdesk: dask}"),
                     ("store: sqlite", "\tstore: sqlite")):
        code, text = with_settings(world, old, new)
        equal(code, 1, f"status for {new!r}: {text}")
        check("postern.yaml:" in text, f"{new!r}: {text}")


@case
def weak_secrets_are_refused(world):
    path = world.data / "secrets" / "whatsapp-app"
    good = path.read_text()
    try:
        for content, mode in (("", 0o600), ("short\n", 0o600), (good, 0o644)):
            path.write_text(content)
            path.chmod(mode)
            code, text = cli(world, "check")
            equal(code, 1, f"status for mode {mode:o}")
            check("postern.yaml:" in text and good.strip() not in text, text)
    finally:
        path.write_text(good)
        path.chmod(0o600)


@case
def the_command_line_answers_wrong_usage_with_2(world):
    for args in (["nonsense"], ["outbox", "fly"], ["serve", "--fast"], ["decode"]):
        code, text = cli(world, *args)
        equal(code, 2, f"status of {args}: {text}")
        check(text, "a word about it")


@case
def help_of_every_verb_shows_its_forms(world):
    verbs = [line.split()[0] for line in cli(world, "--help")[1].splitlines()
             if line.startswith("  ") and line[2].isalpha()]
    check("token" in verbs and "policy" in verbs, str(verbs))
    for verb in verbs:
        code, text = cli(world, verb, "--help")
        equal(code, 0, f"{verb} --help")
        check(f" {verb}" in text.split("usage: ", 1)[-1], f"forms of {verb}")
        check("usage: postern" in text, f"usage of {verb}")


@case
def api_problems_carry_a_request_id_and_nothing_else(world):
    def problem(status, got, wanted):
        equal(status, wanted, f"status: {got}")
        check(got["instance"].startswith("req_"), str(got))
        check(set(got) <= {"type", "title", "status", "detail", "instance", "reasons"}, str(got))
    url = "/v1/conversations/cnv_00000000000000000000000000/messages"
    problem(*world.api("POST", url, {"text": "x"}, token="pst_wrong"), 401)
    problem(*world.api("GET", "/v1/outbox"), 403)
    problem(*world.api("POST", url, {"text": "x"}), 404)
    problem(*world.api("GET", "/v1/nothing"), 404)
    problem(*world.api("GET", "/v1/messages/msg_zzzzzzzzzzzzzzzzzzzzzzzzzz"), 404)
    world.phone_text("Hallo")
    cnv = world.note_with("Hallo")["data"]["conversation"]
    url = f"/v1/conversations/{cnv}/messages"
    problem(*world.api("POST", url, {"text": "x", "tenant_id": 3}), 400)
    problem(*world.api("POST", url, {"text": 5}), 400)
    problem(*world.api("POST", url, {}), 400)
    problem(*world.api("DELETE", url), 405)
    status, got = w.call("POST", world.url("internal", url), b"<xml/>", {
        "Authorization": f"Bearer {world.token()}", "Content-Type": "text/xml"})
    problem(status, json.loads(got), 415)
    status, got = w.call("POST", world.url("internal", url), b"{", {
        "Authorization": f"Bearer {world.token()}", "Content-Type": "application/json"})
    problem(status, json.loads(got), 400)


@case
def an_idempotency_key_makes_one_message(world):
    cnv = world.notes("message.received")[0]["data"]["conversation"]
    url, key = f"/v1/conversations/{cnv}/messages", {"Idempotency-Key": "k-1"}
    first = world.api("POST", url, {"text": "Einmal"}, headers=key)
    equal(first[0], 202, "status")
    equal(world.api("POST", url, {"text": "Einmal"}, headers=key), first, "repeated")
    equal(world.api("POST", url, {"text": "Anders"}, headers=key)[0], 422, "other body")


@case
def a_revoked_token_stops_at_once(world):
    made = json.loads(world.postern("token", "create", "--scope", "desk", "--json"))
    equal(world.api("GET", "/v1/messages/x", token=made["token"])[0], 404, "before")
    world.postern("token", "revoke", made["id"])
    equal(world.api("GET", "/v1/messages/x", token=made["token"])[0], 401, "after")
    check(made["token"] not in world.postern("token", "list"), "the list shows it")


@case
def a_second_instance_is_refused(world):
    code, text = cli(world, "serve")
    equal(code, 1, "status")
    check("serve" in text, text)


@case
def a_taken_port_is_named(world):
    other = w.World(world.dir / "other", {**world.ports})
    other.make()
    done = subprocess.run([other.binary, "-d", str(other.data), "serve"],
                          capture_output=True, timeout=30)
    text = (done.stdout + done.stderr).decode()
    equal(done.returncode, 1, "status")
    check(str(world.ports["public"]) in text, text)


@case
def decode_prints_events_and_refuses_nonsense(world):
    sample = world.dir / "sample.json"
    sample.write_text("{")
    code, text = cli(world, "decode", "whatsapp", str(sample))
    equal(code, 1, "status")
    equal(cli(world, "decode", "telefax", str(sample))[0] in (1, 2), True, "unknown type")


@case
def health_and_metrics_tell_no_personal_data(world):
    equal(w.call("GET", world.url("internal", "/healthz"))[0], 200, "healthz")
    text = w.call("GET", world.url("internal", "/metrics"))[1].decode()
    check("postern_" in text and "# HELP" in text, text[:500])
    check("4917139" not in text and "Hallo" not in text, "personal data")
    status, got = w.call("GET", world.url("internal", "/v1/openapi.yaml"))
    check(status == 200 and b"openapi: 3" in got, "openapi")


main()
