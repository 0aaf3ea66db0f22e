"""Goal: `postern consent import --check` through the real program: every row
of the fixtures has its listed result, and what is wrong is told with file,
line and column.  Needs no instance."""
import json
import os
import subprocess
import tempfile

from case import FIXTURES, case, check, equal, main, w


def run(world, *args, status=0, stdin=b""):
    done = subprocess.run([world.binary, *args], capture_output=True,
                          input=stdin, timeout=20)
    equal(done.returncode, status, f"{args}: {done.stderr.decode()}")
    return done


def with_fixtures(function):
    """A case that needs the rows of the fixtures."""
    if FIXTURES.exists():
        return case(function)
    print(f"skipped {function.__name__}")
    return function


def judged(world, path, status):
    done = run(world, "consent", "import", "--check", str(path), "--json",
               status=status)
    return [json.loads(line) for line in done.stdout.splitlines()], done


@with_fixtures
def every_row_has_its_result(world):
    for name in ("dpv/consent-record-invalid.jsonl", "kantara/invalid.jsonl"):
        wanted = [json.loads(line) for line
                  in (FIXTURES / name).read_text().splitlines()]
        got, done = judged(world, FIXTURES / name, 1)
        equal([(g["name"], g["result"]) for g in got],
              [(r["name"], r["expect"]) for r in wanted], name)
        check(all(g["field"] and g["want"] for g in got), f"{name}: no field")
        equal(len(done.stderr.splitlines()), len(wanted), "findings")


@with_fixtures
def every_good_file_is_accepted(world):
    for name in ("dpv/consent-record-valid.json",
                 "kantara/consent-receipt-v1.1-example.json"):
        got, _ = judged(world, FIXTURES / name, 0)
        equal([g["result"] for g in got], ["accept"], name)


@with_fixtures
def every_history_has_its_state(world):
    name = "dpv/consent-states.jsonl"
    wanted = [json.loads(line) for line
              in (FIXTURES / name).read_text().splitlines()]
    got, _ = judged(world, FIXTURES / name, 0)
    equal([(g["name"], g["state"], g["valid_for_processing"]) for g in got],
          [(r["name"], r["expected_state"], r["valid_for_processing"])
           for r in wanted], "states")


@case
def faults_have_places(world):
    bad = b'{"@type": "dpv:ConsentRecord",\n "dct:conformsTo": "x"}\n'
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(bad)
        file.flush()
        done = run(world, "consent", "import", "--check", file.name, status=1)
        check(done.stderr.startswith(
            f"{file.name}:2:2: dct:conformsTo is another schema; "
            "https://w3id.org/".encode()), done.stderr)
    done = run(world, "consent", "import", "--check", "-", status=1,
               stdin=b'{"version": "1"}\n\n{"version"\n')
    lines = done.stderr.splitlines()
    run(world, "consent", "import", status=2)
    run(world, "consent", "import", "--check", status=2)
    run(world, "consent", "import", "a", "b", status=2)
    run(world, "consent", "import", "--all", "a", status=2)
    again = run(world, "consent", "import", "-", "--check", status=1,
                stdin=b'{"version": "1"}\n\n{"version"\n')
    equal(again.stderr, done.stderr, "either order")
    check(lines[0].startswith(b"-:1:2: version is another version; KI-CR"),
          lines[0])
    check(lines[1].startswith(b"-:3:11: is no JSON; "), lines[1])


@case
def wrong_usage_is_answered(world):
    run(world, "consent", status=2)
    run(world, "consent", "import", status=2)
    run(world, "consent", "import", "--check", "/nowhere/at/all", status=1)
    run(world, "consent", "import", "--check", "-", status=1)
    check(b"import [--check] FILE" in run(world, "consent", "--help").stdout, "help")


def no_instance(world):
    if not os.access(world.binary, os.X_OK):
        raise w.Failure("no program to run")


main(no_instance)
