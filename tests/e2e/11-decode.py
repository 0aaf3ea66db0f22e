"""Goal: every sample decodes to its EXPECTED events; every signature and
handshake row gets its verdict from the real gateway."""
import base64
import json
import subprocess

from case import FIXTURES, case, check, equal, main, w

APP = "8f0c2b7a9d1e4f6382a5c7d9e0b1f2a3"


def make(world):
    world.make()
    world.secret("whatsapp-app", APP)
    if FIXTURES.exists():
        token = json.loads((FIXTURES / "whatsapp/handshake.json").read_text())
        world.secret("whatsapp-verify", token["verify_token"])
    world.serve()
    world.desk_token()


def decode(world, path):
    done = subprocess.run([world.binary, "decode", "whatsapp", str(path)],
                          capture_output=True, timeout=20)
    equal(done.returncode, 0, f"status for {path.name}: {done.stderr.decode()}")
    return json.loads(done.stdout)


@case
def every_sample_decodes_as_expected(world):
    expected = json.loads((FIXTURES / "whatsapp/EXPECTED.json").read_text())
    for name, events in expected.items():
        equal(decode(world, FIXTURES / "whatsapp" / f"{name}.json"), events, name)
    print(f"   {len(expected)} samples")


@case
def every_signature_row_gets_its_verdict(world):
    data = json.loads((FIXTURES / "whatsapp/signatures.json").read_text())
    for v in data["vectors"]:
        equal(v["app_secret"], APP, "secret of the vectors")
        status, _ = w.call("POST", world.hook, base64.b64decode(v["body_b64"]),
                           {"Content-Type": "application/json", **v["headers"]})
        wanted = {"accept": (200,), "reject": (401,), "either": (200, 401)}[v["expect"]]
        if v["name"] == "empty_body":
            wanted = (400,)
        check(status in wanted, f"{v['name']}: {status}")
    print(f"   {len(data['vectors'])} vectors")


@case
def every_handshake_row_gets_its_answer(world):
    data = json.loads((FIXTURES / "whatsapp/handshake.json").read_text())
    import urllib.request
    for c in data["cases"]:
        url = f"{world.hook}?{c['request']['query']}"
        try:
            answer = urllib.request.urlopen(url, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        equal(answer.status, c["expect"]["status"], c["request"]["query"])
        check((answer.headers["Content-Type"] or "").startswith(
            c["expect"]["content_type_prefix"]), c["request"]["query"])
        if c["expect"]["body"] is not None:
            equal(answer.read().decode(), c["expect"]["body"], "body")


if FIXTURES.exists():
    main(make)
else:
    print("skipped the_fixtures_are_not_here")
