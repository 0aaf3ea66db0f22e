"""Goal: the tests inside a policy through the real program: of a file without
an instance, of an instance with its clock and Land, and in `postern check`."""
import json
import pathlib
import subprocess
import tempfile

from case import case, check, equal, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "policy/templates").glob("*.yaml"))

SMALL = """\
policy: small
version: 1
purposes:
  support: {basis: contract}
data:
  MSG: {from: process_end, delete: P90D}
  MEDIA: {from: collection, delete: P1D}
  RAW: {from: collection, delete: P1D}
channels:
  kundenservice:
    purpose: support
    data: MSG
    hours: {days: {thu: ["10:00-11:00"]}, outside: zu}
helpdesks:
  desk: {sees: [text]}
notices: {zu: Geschlossen}
tests:
"""
OPEN = """\
  - name: {name}
    at: "{at}"
    given: {{channel: kundenservice, text: Hallo}}
    expect: {{reply: {reply}}}
"""


def run(world, *args, status=0):
    done = subprocess.run([world.binary, *map(str, args)],
                          capture_output=True, text=True, timeout=20)
    equal(done.returncode, status, f"{args}: {done.stderr}")
    return done


def written(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
    with file:
        file.write(text)
    return pathlib.Path(file.name)


@case
def every_template_passes_and_names_all_its_rules(world):
    check(len(TEMPLATES) == 5, str(TEMPLATES))
    for file in TEMPLATES:
        got = json.loads(run(world, "policy", "test", file, "--json").stdout)
        equal((got["failed"], got["uncovered"]), (0, []), file.name)
        check(got["passed"] >= 10, file.name)
        equal(got["passed"], len(got["tests"]), file.name)


@case
def without_an_instance_it_is_berlin(world):
    file = written(SMALL + OPEN.format(
        name="ten in Berlin", at="2026-11-19T09:30:00Z", reply="false"))
    got = json.loads(run(world, "-d", "/nonexistent", "policy", "test", file,
                         "--json").stdout)
    equal((got["timezone"], got["land"], got["passed"]),
          ("Europe/Berlin", None, 1), "facts")
    file.unlink()


@case
def a_failure_is_named_with_its_line(world):
    file = written(SMALL + OPEN.format(
        name="never", at="2026-11-19T11:30:00Z", reply="false"))
    done = run(world, "policy", "test", file, status=1)
    check(f"FAILED  never\n        {file}:18: reply: expected none, but it is "
          "outside" in done.stdout, done.stdout)
    check("0 passed, 1 failed" in done.stdout, done.stdout)
    check(f"{file}:7:3: Datenart MEDIA" in done.stdout, done.stdout)
    got = json.loads(run(world, "policy", "test", file, "--json",
                         status=1).stdout)
    equal(got["tests"], [{"name": "never", "line": 18, "passed": False,
                          "why": "reply: expected none, but it is outside"}],
          "tests")
    file.unlink()


@case
def a_broken_file_runs_no_test(world):
    for file in sorted((ROOT / "tests/policies/broken").glob("*.yaml")):
        done = run(world, "policy", "test", file, status=1)
        equal(done.stdout, "", file.name)
        wanted = [line[len("# finding: "):] for line in
                  file.read_text().splitlines()
                  if line.startswith("# finding: ")]
        equal(done.stderr.splitlines(),
              [f"{file}:{finding}" for finding in wanted], file.name)


@case
def an_instance_brings_its_own_clock_and_land(world):
    policy = world.data / "policy.yaml"
    settings = world.data / "postern.yaml"
    kept, kept_settings = policy.read_text(), settings.read_text()
    # Corpus Christi is a holiday in Bavaria and none in Berlin.
    policy.write_text(SMALL + OPEN.format(
        name="Corpus Christi", at="2026-06-04T08:30:00Z", reply="outside"))
    settings.write_text(kept_settings.replace("land: BE", "land: BY"))
    got = json.loads(run(world, "-d", world.data, "policy", "test",
                         "--json").stdout)
    equal((got["land"], got["passed"], got["failed"]), ("BY", 1, 0), "BY")
    run(world, "-d", world.data, "check")
    settings.write_text(kept_settings)
    run(world, "-d", world.data, "policy", "test", status=1)
    done = run(world, "-d", world.data, "check", status=1)
    check("policy.yaml:18:5: test 'Corpus Christi' fails: reply: expected "
          "outside, but it is none" in done.stderr, done.stderr)
    policy.write_text(kept)
    run(world, "-d", world.data, "check")


@case
def wrong_usage_is_said(world):
    done = run(world, "policy", "test", "a", "b", status=2)
    check("usage: postern policy test [FILE]" in done.stderr, done.stderr)
    done = run(world, "policy", "test", "/nonexistent.yaml", status=1)
    check("cannot be opened" in done.stderr, done.stderr)


main()
