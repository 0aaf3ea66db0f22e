"""Goal: another controller passes requests of its customers on by OpenDSR 2.0:
known by its token, answered with signatures, told of each state, and never
called at a private address.
Scenarios: compliance 5.2, 2.3; 9, N2."""
import base64
import json
import shutil
import urllib.error
import urllib.request
import uuid

from case import FIXTURES, case, check, equal, main, rows, w

import processor  # tests/sim

ERNA, EMIL, OLGA = "4917139208501", "4917139208502", "4917139208503"
DOMAIN = "opendsr.example.de"
CERT = FIXTURES / "opendsr" / "test-cert.pem"
TOKEN, OTHER = "token-of-mandant-eins", "token-of-mandant-zwei"
EXTRA = """\
portal: {{url: "https://postern.example"}}
opendsr:
  domain: {domain}
  certificate: opendsr.pem
  key: {{file: secrets/opendsr}}
  allow: ["127.0.0.1:{port}"]
  controllers:
    mandant-1: {{token: {{file: secrets/mandant-1}}}}
    mandant-2: {{token: {{file: secrets/mandant-2}}, verified: false}}
"""
KEPT = {}


def make(world):
    port = w.free_port()
    world.make()
    world.secret("mandant-1", TOKEN)
    world.secret("mandant-2", OTHER)
    world.secret("opendsr",
                 (FIXTURES / "opendsr" / "test-key.pem").read_text())
    shutil.copy(CERT, world.data / "opendsr.pem")
    (world.data / "opendsr.pem").chmod(0o644)
    world.make(extra=EXTRA.format(domain=DOMAIN, port=port))
    # It says more than anybody wants to hear.
    KEPT["mandant"] = processor.Server(port, lambda *_: (202, "x" * 50000))
    KEPT["callback"] = f"http://127.0.0.1:{port}/heard"
    world.start_all()
    KEPT["rights"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]


def ask(world, method, path, body=None, token=TOKEN):
    """(status, answer); every answer is signed over its raw bytes."""
    request = urllib.request.Request(
        world.url("public", path), method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Bearer {token}",
                 "Content-Type": "application/json"})
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        raw = answer.read()
        head = {k.lower(): v for k, v in answer.headers.items()}
    if "x-opendsr-signature" in head:
        check(processor.verified(CERT, raw, head["x-opendsr-signature"],
                                 world.dir), "signature")
        equal(head["x-opendsr-processor-domain"], DOMAIN, "domain")
        equal(head["cache-control"], "no-store", "kept by nobody")
        KEPT["signed"] = KEPT.get("signed", 0) + 1
    return answer.status, json.loads(raw) if raw[:1] == b"{" else raw


def body(kind="erasure", phone=None, **more):
    one = {"regulation": "gdpr", "subject_request_id": str(uuid.uuid4()),
           "subject_request_type": kind,
           "submitted_time": "2026-11-22T10:00:00+01:00", **more}
    if phone:
        one["extensions"] = {DOMAIN: {"identities": [
            {"kind": "phone", "value": "+" + phone}]}}
    else:
        one["subject_identities"] = [{
            "identity_type": "email", "identity_value": "erika@example.de",
            "identity_format": "raw"}]
    return one


@case
def discovery_and_certificate(world):
    status, got = ask(world, "GET", "/opendsr/v2/discovery")
    equal((status, got["api_version"]), (200, "2.0"), got)
    equal(got["supported_subject_request_types"],
          ["access", "portability", "erasure"], "types")
    equal(w.call("GET", world.url("public", "/opendsr/v2/certificate"))[1],
          CERT.read_bytes(), "certificate")
    equal(ask(world, "GET", "/v2/discovery")[0], 200, "under its own name")


@case
def every_row_of_the_fixtures(world):
    for line in (FIXTURES / "opendsr" / "requests.jsonl").open():
        row = json.loads(line)
        status, got = ask(world, "POST", "/opendsr/v2/requests", {
            **row["body"], **({"status_callback_urls": []}
                              if row["status"] == 201 else {})})
        equal(status, row["status"], row["name"])
        check("erika" not in json.dumps(got), row["name"])
    equal(rows(world, "SELECT count(*) FROM request"), [(1,)], "one id")


@case
def n2_private_callbacks_are_refused(world):
    before = rows(world, "SELECT count(*) FROM request")
    for url in ("http://controller.example/", "https://127.0.0.1/",
                "https://[::1]/", "https://169.254.169.254/",
                "https://localhost/", "https://10.0.0.1/",
                "https://0x7f.1/", "https://[::ffff:127.0.0.1]/"):
        status, got = ask(world, "POST", "/opendsr/v2/requests",
                          body(status_callback_urls=[url]))
        equal(status, 400, url)
        equal(got["error"]["errors"][0]["reason"], "status_callback_urls",
              "why")
    equal(rows(world, "SELECT count(*) FROM request"), before, "requests")


@case
def only_a_controller_may_and_sees_its_own(world):
    for token in ("", "x", TOKEN + "x"):
        equal(ask(world, "POST", "/opendsr/v2/requests", body(),
                  token=token)[0], 401, "nobody")
    one = body()
    status, got = ask(world, "POST", "/opendsr/v2/requests", one)
    equal((status, got["controller_id"]), (201, "mandant-1"), got)
    equal(json.loads(base64.b64decode(got["encoded_request"])), one, "echo")
    at = f"/opendsr/v2/requests/{one['subject_request_id']}"
    equal(ask(world, "GET", at)[0], 200, "its own")
    equal(ask(world, "GET", at, token=OTHER)[0], 404, "another's")
    equal(ask(world, "DELETE", at)[0], 400, "is not pending any more")


@case
def what_is_pending_is_cancelled(world):
    one = body(status_callback_urls=[KEPT["callback"]])
    at = f"/opendsr/v2/requests/{one['subject_request_id']}"
    equal(ask(world, "POST", "/opendsr/v2/requests", one, token=OTHER)[0],
          201, "created")
    equal(ask(world, "GET", at, token=OTHER)[1]["request_status"], "pending",
          "status")
    equal(ask(world, "DELETE", at, token=OTHER)[0], 202, "cancelled")
    equal(ask(world, "GET", at, token=OTHER)[1]["request_status"],
          "cancelled", "status")
    equal(heard(world, one, "cancelled"), ["pending", "cancelled"], "told")


def heard(world, one, last, version="DSR"):
    """What the controller was told of a request, each signed, up to last."""
    return [told["request_status"]
            for told in heard_whole(world, one, last, version)]


def heard_whole(world, one, last, version="DSR"):
    ours, other = ("X-OpenDSR-", "X-OpenGDPR-")[::1 if version == "DSR" else -1]

    def look():
        with KEPT["mandant"].lock:
            got = [(g["headers"], g["body"]) for g in KEPT["mandant"].got]
        said = []
        for head, raw in got:
            told = json.loads(raw)
            if told["subject_request_id"] != one["subject_request_id"]:
                continue
            equal(told["status_callback_url"], KEPT["callback"], "to whom")
            check(processor.verified(CERT, raw, head[ours + "Signature"],
                                     world.dir), "signature of a callback")
            equal(head[ours + "Processor-Domain"], DOMAIN, "by whom")
            check(other + "Signature" not in head, "of one version")
            said.append(told)
        return said if said and said[-1]["request_status"] == last else None
    return w.until(f"the controller hears {last}", 60, look)


@case
def a_person_is_erased_and_the_controller_hears_of_it(world):
    world.phone_text("Bitte um Rat", phone=ERNA)
    cnv = world.note_with("Bitte um Rat")["data"]["conversation"]
    equal(world.api("POST", f"/v1/conversations/{cnv}/close")[0], 200, "over")
    one = body(phone=ERNA, status_callback_urls=[KEPT["callback"]])
    equal(ask(world, "POST", "/opendsr/v2/requests", one)[0], 201, "asked")
    told = heard(world, one, "completed")
    equal(told, ["pending", "in_progress", "completed"], "in order")
    status, got = ask(world, "GET", "/opendsr/v2/requests/"
                      + one["subject_request_id"])
    equal((status, got["request_status"]), (200, "completed"), got)
    check(got["results_count"] >= 1, got)
    KEPT["done"] = one["subject_request_id"]


@case
def the_list_of_recipients_is_there_on_request(world):
    opened = [json.loads(b)["obj"] for b, in rows(
        world, "SELECT body FROM ledger_entry ORDER BY id")
        if json.loads(b)["e"] == "request.opened"]
    status, got = world.api("GET", f"/v1/requests/{opened[-1]}/recipients",
                            token=KEPT["rights"])
    equal(status, 200, got)
    found = {r["recipient"]: (r["kind"], r["state"], r["reason"])
             for r in got["recipients"]}
    equal(found, {"desk": ("helpdesk", "confirmed", "delivered"),
                  "kundenservice": ("provider", "impossible",
                                    "provider_no_call")}, "recipients")
    equal(world.api("GET", f"/v1/requests/{opened[-1]}/recipients")[0], 403,
          "a helpdesk")
    check(world.notes("person.erased"), "the notice")


@case
def a_refusal_is_told_as_one(world):
    """There is no state for it: nothing was found, and a message says why."""
    world.phone_text("Noch offen", phone=OLGA)
    world.note_with("Noch offen")
    one = body(phone=OLGA, status_callback_urls=[KEPT["callback"]])
    equal(ask(world, "POST", "/opendsr/v2/requests", one)[0], 201, "asked")
    own = w.until("a person has to decide", 30, lambda: [
        r["id"] for r in world.api("GET", "/v1/requests",
                                   token=KEPT["rights"])[1]["requests"]
        if r["state"] == "in_progress"])
    status, got = world.api(
        "POST", f"/v1/requests/{own[0]}/decide", {
            "decision": "refuse", "reason_code": "STILL_NECESSARY"},
        token=KEPT["rights"])
    equal((status, got["state"]), (200, "refused"), got)
    told = heard_whole(world, one, "completed")[-1]
    status, got = ask(world, "GET", "/opendsr/v2/requests/"
                      + one["subject_request_id"])
    for said in (told, got):
        equal((said["request_status"], said["results_count"]),
              ("completed", 0), said)
        check("refused" in said["message"] and "STILL" not in said["message"],
              said)


@case
def a_copy_is_fetched_once(world):
    world.phone_text("Was wissen Sie", phone=EMIL)
    world.note_with("Was wissen Sie")
    one = body("access", phone=EMIL, status_callback_urls=[KEPT["callback"]])
    equal(ask(world, "POST", "/opendsr/v2/requests", one)[0], 201, "asked")
    told = heard_whole(world, one, "completed")[-1]
    got = ask(world, "GET", "/opendsr/v2/requests/"
              + one["subject_request_id"])[1]
    check(got["results_count"] >= 1, got)
    equal(told["results_count"], got["results_count"], "messages in it")
    check("message" not in got and "message" not in told, "no refusal")
    check(got["results_url"].startswith(
        "https://postern.example/privacy/paket/"), got)


@case
def version_one_and_strangers(world):
    for prefix in ("", "/v1", "/opendsr/v1"):
        old = {k: v for k, v in body(
            status_callback_urls=[KEPT["callback"]]).items()
            if k != "regulation"}
        at = f"{prefix}/opengdpr_requests"
        token = {"Authorization": f"Bearer {TOKEN}"}
        equal(w.call("POST", world.url("public", at), old, token)[0], 201, at)
        equal(w.call("GET", world.url(
            "public", f"{at}/{old['subject_request_id']}"), None, token)[0],
            200, at)
        heard(world, old, "completed", version="GDPR")
        if prefix:
            status, got = w.call("GET", world.url(
                "public", f"{prefix}/discovery"))
            equal((status, json.loads(got)["api_version"]), (200, "1.0"),
                  "discovery of version 1")
    equal(w.call("PUT", world.url("public", "/opendsr/v2/requests"))[0], 405,
          "method")
    for method, path, status, name, value in (
            ("DELETE", "/opendsr/v2/requests", 405, "Allow", "POST"),
            ("POST", f"/v2/requests/{uuid.uuid4()}", 405, "Allow",
             "GET, DELETE"),
            ("GET", f"/v2/requests/{uuid.uuid4()}", 401, "WWW-Authenticate",
             "Bearer")):
        try:
            urllib.request.urlopen(urllib.request.Request(
                world.url("public", path), method=method), timeout=60)
        except urllib.error.HTTPError as error:
            with error:
                equal((error.code, error.headers[name]), (status, value), path)
    equal(w.call("GET", world.url("public", "/opendsr/v2/status"))[0], 404,
          "named once, defined nowhere")
    check(KEPT["signed"] > 30, "hardly anything was signed")


@case
def nothing_of_it_is_in_the_log(world):
    log = (world.dir / "postern.log").read_text()
    for needle in ("erika", ERNA, TOKEN, KEPT["done"], "encoded_request"):
        check(needle not in log, needle)
    KEPT["mandant"].close()


main(make)
