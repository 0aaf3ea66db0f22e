"""Goal: the effect of a policy is known before it is in force: counted over
the archive of the running gateway, without content, and then it is what
happens when the same messages come in under it."""
import collections
import json
import os
import subprocess

from case import case, check, envelope, equal, main, post, rows, w

POLICY = """\
policy: {name}
version: {version}
purposes:
  support: {{basis: contract}}
  beratung: {{basis: consent, marketing: false, ask: frage}}
data:
  MSG: {{from: process_end, delete: {keep}}}
  LETTER: {{from: collection, delete: P6Y}}
  MEDIA: {{from: process_end, delete: P90D}}
  RAW: {{from: collection, delete: P3D}}
channels:
  kundenservice:
    purpose: support
    data: {data}
    tag: [{{words: [angebot], data: LETTER}}]
{channel}helpdesks:
  desk: {{sees: [text], data: [{sees}]}}
notices:
  hinweis: Wir verarbeiten Ihre Nachricht.
  frage: "Duerfen wir Sie beraten? JA oder NEIN."
"""
ASKS = """\
    first_contact: consent
    notice: hinweis
    consent: beratung
    until_consent: {do: hold_back, for: P7D}
"""
SAID = ["Wo ist mein Paket?", "Ein Angebot bitte", "Guten Tag", "Zwiebelkuchen"]


def policy(name="alt", version=1, keep="P90D", data="MSG", channel="",
           sees="MSG, LETTER"):
    return POLICY.format(name=name, version=version, keep=keep, data=data,
                         channel=channel, sees=sees)


def make(world):
    world.make(policy=policy())
    world.serve()


def say(world):
    """Two phones say all of it."""
    for phone in ("4917150000001", "4917150000002"):
        for i, text in enumerate(SAID):
            body = envelope({"id": f"wamid.{phone}.{i}", "type": "text",
                             "text": {"body": text}}, phone=phone)
            equal(post(world, body)[0], 200, "webhook")
    w.until("archived", 30, lambda: len(outcomes(world)) == 2 * len(SAID))


def outcomes(world):
    return [one[0] for one in rows(
        world, "SELECT outcome FROM message WHERE direction='in'")]


def simulate(world, text, *more, status=0, tell=True):
    path = world.dir / "draft.yaml"
    path.write_text(text)
    done = subprocess.run(
        [world.binary, "-d", str(world.data), "policy", "simulate", str(path),
         *more, *(["--json"] if tell else [])], capture_output=True, timeout=60)
    equal(done.returncode, status, done.stderr.decode())
    check(b"Zwiebel" not in done.stdout + done.stderr, "content was shown")
    return json.loads(done.stdout) if tell and status == 0 else done.stdout.decode()


@case
def a_draft_is_counted_beside_the_running_gateway(world):
    say(world)
    got = simulate(world, policy("neu", 2, keep="P30D"))
    equal((got["state"], got["old"]["name"], got["new"]["version"]),
          ("done", "alt", 2), "which policies")
    total = got["total"]
    equal((total["items"], total["earlier"], total["unchanged"], total["came"]),
          (8, 6, 2, 8), "counts")
    equal(total["old"], total["new"], "what is done with new messages")
    equal({(r["datenart"], r["channel"], r["items"]) for r in got["rows"]
           if r["items"]},
          {("MSG", "kundenservice", 6), ("LETTER", "kundenservice", 2)}, "rows")
    said = simulate(world, policy("neu", 2, keep="P30D"), tell=False)
    check("6 gehen früher" in said and "kein Inhalt" in said, said)


def everything(terminal):
    """One read may give a part of what was shown."""
    seen = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # nobody has the other end any more
            return seen
        seen += part
        if not part:
            return seen


@case
def a_terminal_is_shown_the_progress(world):
    path = world.dir / "draft.yaml"
    path.write_text(policy("neu", 2))
    ours, theirs = os.openpty()
    done = subprocess.run(
        [world.binary, "-d", str(world.data), "policy", "simulate", str(path)],
        stdout=subprocess.PIPE, stderr=theirs, timeout=60)
    os.close(theirs)
    seen = everything(ours).decode()
    os.close(ours)
    equal(done.returncode, 0, seen)
    check(" %, " in seen and seen.endswith("\r"), f"shown: {seen!r}")
    check(b"%" not in done.stdout, "progress among the counts")


@case
def what_a_day_in_the_past_or_a_broken_file_says_is_refused(world):
    simulate(world, policy(), "--at", "2020-01-01", status=1)
    simulate(world, "policy: x\n", status=1)
    simulate(world, policy(), "--when", "now", status=2)


def happens(world, text):
    """The same messages come in where the policy is in force."""
    names = {1: "forwarded", 2: "reduced", 3: "held", 4: "kept"}
    other = w.World(world.dir / "other")
    other.make(policy=text)
    try:
        other.serve()
        say(other)
        was = collections.Counter(names[one] for one in outcomes(other))
        equal(other.stop("postern"), 0, "end of the other gateway")
    finally:
        other.stop_all()
        other.remove()
    counted = simulate(world, text)["total"]["new"]
    equal({k: counted[k] for k in names.values()},
          {k: was.get(k, 0) for k in names.values()}, "counted and happened")
    return dict(was)


@case
def what_was_counted_happens(world):
    equal(happens(world, policy("neu", 2, data="LETTER", sees="MSG")),
          {"kept": 8}, "no helpdesk sees letters")
    equal(happens(world, policy("neu", 2, channel=ASKS)), {"held": 8},
          "nobody has agreed")


main(make)
