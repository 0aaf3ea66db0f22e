"""Goal: authorized agents ask by the Data Rights Protocol 1.0, behind a switch:
signed bodies, checked in order; a token of each; states of the protocol; nothing
of a body is logged.
Scenarios: compliance 5.3, 2.3."""
import base64
import json
import subprocess
import time

from case import FIXTURES, case, check, equal, main, rows, w

import processor  # tests/sim

ERNA, OLGA = "4917139208601", "4917139208602"
LONG = "AGENTUR_" + "X" * 56
GIVEN = json.loads((FIXTURES / "drp" / "signed-requests.json").read_text())
BUSINESS = GIVEN["our_business_id"]
# A private key of Ed25519 around its seed (RFC 8410).
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
KEPT = {}


def pem(kind, der):
    text = base64.b64encode(der).decode()
    return f"-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n"


def make(world):
    world.make()
    seeds = {"TESTAGENT": bytes.fromhex(GIVEN["test_seed_hex"]),
             "ANDERE": b"\x07" * 32, LONG: b"\x0b" * 32}
    agents = []
    for name, seed in seeds.items():
        key = world.dir / f"{name}.key"
        key.write_text(pem("PRIVATE KEY", PKCS8 + seed))
        public = subprocess.run(
            ["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "DER"],
            check=True, capture_output=True).stdout[-32:]
        agents.append({"id": name, "name": name.title(),
                       "verify_key": base64.b64encode(public).decode()})
    equal(agents[0]["verify_key"], GIVEN["verify_key_base64"], "the key")
    (world.data / "agents.json").write_text(json.dumps(agents))
    (world.data / "agents.json").chmod(0o644)
    port = w.free_port()
    KEPT["agent"] = processor.Server(port, lambda *_: (200, ""))
    KEPT["callback"] = f"http://127.0.0.1:{port}/drp"
    world.make(extra=f"drp: {{enabled: true, business_id: {BUSINESS}, "
                     "agents: agents.json, "
                     f"allow: [\"127.0.0.1:{port}\"]}}\n")
    world.start_all()


def stamp(offset):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


def signed(world, agent="TESTAGENT", **claims):
    return signed_as_is(world, agent, {
        "agent-id": agent, "business-id": BUSINESS, "issued-at": stamp(-5),
        "expires-at": stamp(300), "drp.version": "1.0", **claims})


def signed_as_is(world, agent, said):
    raw = json.dumps(said).encode()
    (world.dir / "drp-body").write_bytes(raw)
    signature = subprocess.run(
        ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey",
         str(world.dir / f"{agent}.key"), "-in", str(world.dir / "drp-body")],
        check=True, capture_output=True).stdout
    return base64.b64encode(signature + raw)


def ask(world, method, path, body=None, token=None):
    headers = {"Content-Type": "text/plain"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    status, got = w.call(method, world.url("public", path), body, headers)
    return status, json.loads(got) if got[:1] == b"{" else got


def create(world, token=None, agent="TESTAGENT", **more):
    claims = {"exercise": "deletion", "regime": "gdpr",
              "agent-request-id": "r-0001", "name": "Erika Mustermann",
              "email": "erika@example.de", "email_verified": True, **more}
    return ask(world, "POST", "/v1/data-rights-request",
               signed(world, agent, **claims), token or KEPT[agent])


@case
def a_representative_gets_a_token_by_its_signature(world):
    for agent in ("TESTAGENT", "ANDERE", LONG):
        status, got = ask(world, "POST", f"/v1/agent/{agent}",
                          signed(world, agent))
        equal((status, got["agent-id"]), (200, agent), got)
        KEPT[agent] = got["token"]
    equal(ask(world, "POST", "/v1/agent/TESTAGENT",
              signed(world, "ANDERE")), (403, b""), "another's signature")
    equal(ask(world, "GET", "/v1/agent/TESTAGENT", token=KEPT["TESTAGENT"]),
          (200, {}), "its token")
    equal(ask(world, "GET", "/v1/agent/TESTAGENT", token=KEPT["ANDERE"])[0],
          403, "another's token")


@case
def bodies_of_the_fixtures_are_checked_in_order(world):
    codes = {"signature": 403, "agent-id": 403, "business-id": 403,
             "encoding": 400, "expired": 400}
    seen = set()
    for one in GIVEN["cases"]:
        # Those that are good were signed for another day.
        expect = one["expect"].removeprefix("reject:")
        wanted = "issued-at" if expect in ("accept", "expired") else expect
        status, got = ask(world, "POST", "/v1/data-rights-request",
                          one["body_base64"].encode(), KEPT["TESTAGENT"])
        check(got["code"] in (wanted, "expired"), f"{one['name']}: {got}")
        equal(status, codes.get(got["code"], 400), one["name"])
        seen.add(got["code"])
    check({"signature", "agent-id", "business-id", "encoding"} <= seen, seen)
    equal(rows(world, "SELECT count(*) FROM request"), [(0,)], "requests")


@case
def a_request_is_taken_once(world):
    status, got = create(world)
    equal(status, 200, got)
    check(got["status"] == "in_progress" and "reason" not in got, got)
    equal(got["agent_request_id"], "r-0001", "its own name")
    equal(create(world)[1]["request_id"], got["request_id"], "once")
    KEPT["at"] = f"/v1/data-rights-request/{got['request_id']}"
    equal(ask(world, "GET", KEPT["at"], token=KEPT["TESTAGENT"])[0], 200,
          "its status")
    equal(ask(world, "GET", KEPT["at"], token=KEPT["ANDERE"])[0], 403,
          "another representative")
    equal(ask(world, "GET", KEPT["at"])[0], 401, "nobody")


@case
def the_longest_names_are_known_again(world):
    own = "x" * 64
    made = [create(world, agent=LONG, **{"agent-request-id": own})
            for _ in range(2)]
    equal([(s, g["agent_request_id"]) for s, g in made], [(200, own)] * 2,
          "its own name")
    equal(made[0][1]["request_id"], made[1][1]["request_id"], "once")


@case
def mistakes_have_a_code_and_no_person(world):
    for more in ({"exercise": "sale:opt-out"}, {"regime": "lgpd"},
                 {"status_callback": "https://127.0.0.1/"},
                 {"status_callback": "http://agentur.example/"},
                 {"expires-at": stamp(3600)}, {"issued-at": stamp(60)}):
        status, got = create(world, **more)
        equal(status, 400, more)
        check("erika" not in json.dumps(got) and got["code"], got)
    equal(create(world, KEPT["ANDERE"])[0], 403, "signed by another")


@case
def what_nobody_verified_waits_and_is_revoked(world):
    status, got = create(world, email_verified=False,
                         **{"agent-request-id": "r-0002"})
    equal((status, got["status"], got["reason"]),
          (200, "in_progress", "need_user_verification"), got)
    at = f"/v1/data-rights-request/{got['request_id']}"
    equal(ask(world, "DELETE", at, b"x", KEPT["TESTAGENT"])[0], 400,
          "unsigned")
    alone = signed_as_is(world, "TESTAGENT", {"reason": "anders"})
    equal(ask(world, "POST", "/v1/data-rights-request", alone,
              KEPT["TESTAGENT"])[1]["code"], "agent-id", "for revoking alone")
    equal(ask(world, "DELETE", at, signed_as_is(
        world, "ANDERE", {"reason": "anders"}), KEPT["TESTAGENT"])[0], 403,
        "another's signature")
    status, got = ask(world, "DELETE", at, alone, KEPT["TESTAGENT"])
    equal((status, got["status"]), (200, "revoked"), got)
    # With all the claims of other bodies it is as good.
    at = "/v1/data-rights-request/" + create(
        world, email_verified=False,
        **{"agent-request-id": "r-0004"})[1]["request_id"]
    for more, wanted in (({"expires-at": stamp(-1)}, 400), ({}, 200)):
        equal(ask(world, "DELETE", at, signed(world, reason="anders", **more),
                  KEPT["TESTAGENT"])[0], wanted, more)


@case
def a_person_is_erased(world):
    world.phone_text("Ich schreibe einmal", phone=ERNA)
    cnv = world.note_with("Ich schreibe einmal")["data"]["conversation"]
    equal(world.api("POST", f"/v1/conversations/{cnv}/close")[0], 200, "over")
    status, got = create(world, email=None, email_verified=False,
                         phone_number="+" + ERNA, phone_number_verified=True,
                         **{"agent-request-id": "r-0003"})
    equal(status, 200, got)
    at = f"/v1/data-rights-request/{got['request_id']}"
    w.until("it is fulfilled", 60, lambda: ask(
        world, "GET", at, token=KEPT["TESTAGENT"])[1]["status"]
        == "fulfilled")
    equal(rows(world, "SELECT count(*) FROM message m JOIN conversation c ON"
               " c.id=m.conversation WHERE m.content_sealed IS NOT NULL"),
          [(0,)], "messages")


@case
def more_time_and_a_refusal_have_a_reason(world):
    world.phone_text("Noch offen", phone=OLGA)
    world.note_with("Noch offen")
    status, got = create(world, email=None, email_verified=False,
                         phone_number="+" + OLGA, phone_number_verified=True,
                         status_callback=KEPT["callback"],
                         **{"agent-request-id": "r-0005"})
    equal(status, 200, got)
    check("processing_details" not in got, got)
    one, before = got["request_id"], got["expected_by"]
    rights = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]
    w.until("a person has to decide", 30, lambda: world.api(
        "GET", f"/v1/requests/{one}", token=rights)[1]["state"]
        == "in_progress")
    for act, said, status, words in (
            ("extend", {"reason_code": "JustificationA12Complexity"},
             "in_progress", ("extended", "A12Complexity")),
            ("decide", {"decision": "refuse", "reason_code":
                        "STILL_NECESSARY"},
             "denied", ("refused", "STILL_NECESSARY"))):
        equal(world.api("POST", f"/v1/requests/{one}/{act}", said,
                        token=rights)[0], 200, act)
        got = ask(world, "GET", f"/v1/data-rights-request/{one}",
                  token=KEPT["TESTAGENT"])[1]
        equal(got["status"], status, got)
        check(got["expected_by"] > before, "more time")
        for word in words:
            check(word in got["processing_details"], got)

        def told():
            with KEPT["agent"].lock:
                said = [json.loads(g["body"]) for g in KEPT["agent"].got]
            return said and said[-1] == got
        w.until("its agent hears of it", 60, told)
    equal(got["reason"], "claim_not_covered", got)
    KEPT["agent"].close()


@case
def nothing_of_a_body_is_in_the_log(world):
    log = (world.dir / "postern.log").read_text()
    for needle in ("erika", "Mustermann", ERNA, KEPT["TESTAGENT"], "r-0001"):
        check(needle not in log, needle)


main(make)
