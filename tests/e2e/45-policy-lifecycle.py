"""Goal: how a policy comes into force, through the real interfaces: proposed
over the API and the command line, its effect counted and pinned, approved by
others, waiting, counted again, watched, stopped; and what an archive or a file
that somebody changed by hand is worth.  Scenario: compliance 9, R8.
The clock is the gateway's own where the build has one (FAULTS=1)."""
import json
import os
import signal
import sqlite3
import subprocess
import sys

from case import ROOT, case, check, envelope, equal, main, post, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

CLOCKED = ROOT / "build" / "flavour-torture" / "postern"
DAY = 86_400_000
PHONE = "4917145000001"

POLICY = """\
policy: leben
version: {version}
purposes:
  support: {{basis: contract}}
data:
  MSG: {{from: process_end, delete: {delete}}}
  MEDIA: {{from: process_end, delete: P90D}}
  NOTICE: {{from: relationship_end, delete: P3Y}}
  RAW: {{from: collection, delete: P3D}}
channels:
  kundenservice: {{purpose: support, data: {data}, media: {{data: MEDIA}}}}
helpdesks:
  desk: {{sees: [text], person: {person}}}
approvals: {{policy: {people}, delay: {delay}, tolerance: 50}}
"""
SECOND = """\
  zweiter:
    type: whatsapp
    path: {path}
    phone_number_id: "5550001"
    app_secret: {{file: secrets/whatsapp-app}}
    verify_token: {{file: secrets/whatsapp-verify}}
    access_token: {{file: secrets/whatsapp-access}}
    api: "http://127.0.0.1:{phone}/v25.0"
    allow: ["127.0.0.1:{phone}"]
    provider: {{role: processor, contract: "DPA", mechanism: DPF, review: 2027-03-01}}
"""
PATH2 = "0123456789abcdef0123456789abcdef"
AT = {"days": 0}


def policy(delete="P90D", people=2, delay="P7D", person="name", data="MSG",
           version=1):
    return POLICY.format(delete=delete, people=people, delay=delay,
                         person=person, data=data, version=version)


def make(world):
    world.make(policy=policy())
    world.plan = None
    if CLOCKED.exists() and w.BUILD == ROOT / "build":
        world.binary = str(CLOCKED)
        world.plan = faults.Plan(world)
    world.serve()
    world.desk_token()
    world.start_phone()
    # The helpdesk's own clock does not move with the gateway's.
    world.start_desk("--tolerance", "1000000000000")


def later(world, days):
    AT["days"] += days
    world.plan.clock(AT["days"] * DAY)
    world.confirm_clock()


def write(world, *texts):
    for text in texts:
        world.phone_text(text, phone=PHONE)
        world.note_with(text)


def in_force(world):
    """(version, Regellöschfrist of the file) that decides now."""
    listed = world.versions()[1]
    one = next(v for v in listed["versions"] if v["id"] == listed["in_force"])
    equal(one["state"], "active", "state of what is in force")
    status, text = world.versions("/" + one["id"] + "/file")
    equal(status, 200, "file")
    return one["version"], text.decode().split("MSG: {from: process_end, ")[
        1].split("}")[0]


def state(world, made, wanted):
    return w.until(wanted, 20, lambda: (
        lambda v: v if v["state"] == wanted else None)(world.version(made)))


def problem(answer, status, word):
    equal(answer[0], status, f"status of {answer}")
    check(word in json.dumps(answer[1]), answer[1])


def log(world, event):
    lines = w.whole_lines(world.dir / "postern.log")
    return [json.loads(line) for line in lines if f'"{event}"' in line]


def run(world, *args, status=0):
    done = subprocess.run([world.binary, "-d", str(world.data), "policy",
                           *map(str, args)], capture_output=True, timeout=120,
                          text=True)
    equal(done.returncode, status, done.stdout + done.stderr)
    return done


# --- the first --------------------------------------------------------------------

@case
def the_installed_policy_is_the_first_version(world):
    listed = world.versions()[1]
    equal([(v["version"], v["state"], v["author"], v["needed"])
           for v in listed["versions"]], [(1, "active", None, 0)], "versions")
    equal(listed["file"], {"version": 1, "in_force": True}, "file")
    write(world, "Eins", "Zwei", "Drei", "Vier")
    equal(in_force(world), (1, "delete: P90D"), "in force")


# --- R8 ----------------------------------------------------------------------------

@case
def r8_nobody_shortens_alone(world):
    made = world.propose(policy("P30D"))
    check(made["shortens"], "not seen as shorter")
    equal((made["effect"]["total"]["earlier"] >= 4,
           made["effect"]["data"][0]["datenart"]), (True, "MSG"), "effect")
    problem(world.versions(f"/{made['id']}/approve", "POST"), 403,
            "its author")
    equal(world.approve(made, "bert")["state"], "proposed", "one of two")
    problem(world.versions(f"/{made['id']}/approve", "POST", name="bert"),
            403, "already")
    # A second token of the same label is the same person's.
    again = json.loads(world.postern(
        "token", "create", "--scope", "policy", "--label", " BERT", "--json"))
    problem(world.api("POST", f"/v1/policy/versions/{made['id']}/approve",
                      {}, token=again["token"]), 403, "same label")
    equal(in_force(world), (1, "delete: P90D"), "in force")
    done = world.approve(made, "carl")
    equal((done["state"], [a["label"] for a in done["approvals"]]),
          ("approved", ["bert", "carl"]), "approved")
    equal(in_force(world), (1, "delete: P90D"), "before the delay is over")
    names = {e["by"] for n in ("policy.proposed", "policy.approved")
             for e in log(world, n)}
    equal(len(names), 3, f"pseudonyms in the log: {names}")
    check(not any(p in (world.dir / "postern.log").read_text()
                  for p in ("anna", "bert", "carl")), "a name in the log")
    world.shorter = made


@case
def it_waits_through_a_restart_and_takes_effect_on_its_day(world):
    made = world.shorter
    world.stop("postern")
    world.serve()
    equal(world.version(made)["state"], "approved", "after the restart")
    equal(in_force(world), (1, "delete: P90D"), "in force")
    if world.plan is None:
        world.versions(f"/{made['id']}/stop", "POST")
        return "skipped"
    later(world, 6)
    write(world, "Fünf")
    equal(world.version(made)["state"], "approved", "a day too early")
    later(world, 1)
    done = state(world, made, "active")
    equal(in_force(world), (2, "delete: P30D"), "in force")
    check(done["recount"]["total"]["earlier"] >= 5, "not counted again")
    check(done["active"] >= done["due"], f"{done['active']}, {done['due']}")
    write(world, "Sechs")
    digest = bytes.fromhex(done["digest"])[:8]
    stamp, = rows(world, "SELECT policy FROM message ORDER BY id DESC LIMIT 1"
                  )[0]
    equal(stamp, int.from_bytes(digest, "big", signed=True), "who decided")
    world.stop("postern")
    world.serve()
    equal(in_force(world), (2, "delete: P30D"), "after a restart")
    check(log(world, "policy.file_not_in_force"), "the file is another one")


@case
def more_at_stake_than_was_approved_stops_it(world):
    if world.plan is None:
        return "skipped"
    before = in_force(world)
    made = world.propose(policy("P10D"))
    pinned = made["effect"]["total"]["earlier"]
    world.approve(made, "bert", "carl")
    write(world, *(f"Mehr {i}" for i in range(pinned)))
    later(world, 8)
    done = state(world, made, "stopped")
    equal(done["reason"], "effect", "reason")
    check(done["recount"]["total"]["earlier"] >= 2 * pinned, done["recount"])
    equal(in_force(world), before, "in force")
    said = run(world, "history", made["id"], "--language", "en").stdout
    check("more is at stake than was approved" in said, said)


# --- stopping ----------------------------------------------------------------------

@case
def anybody_may_stop_it_before(world):
    before = in_force(world)
    world.person("emil", "policy.approve")
    problem(world.versions("", "POST", {"policy": policy()}, name="emil"),
            403, "scope")
    made = world.propose(policy("P20D"))
    world.approve(made, "emil", "bert")
    status, done = world.versions(f"/{made['id']}/stop", "POST", name="emil")
    equal((status, done["state"], done["reason"], done["ended_by"]["label"]),
          (200, "stopped", "stopped", "emil"), "stopped")
    problem(world.versions(f"/{made['id']}/stop", "POST"), 409, "under way")
    problem(world.versions(f"/{made['id']}/approve", "POST", name="carl"),
            409, "under way")
    made = world.propose(policy("P20D"))
    said = run(world, "stop", made["id"], "--language", "en").stdout
    check("by the operator of this host" in said, said)
    equal(in_force(world), before, "in force")


@case
def nobody_acts_without_a_name_or_a_scope(world):
    draft = world.dir / "draft.yaml"
    draft.write_text(policy(version=90))
    # The operator socket knows no person.
    done = run(world, "propose", draft, status=2)
    check("--token-file" in done.stderr, done.stderr)
    path = "/v1/policy/versions"
    equal(world.api("GET", path)[0], 403, "a helpdesk looks")
    equal(world.api("POST", path, {"policy": policy()})[0], 403, "proposes")
    equal(world.api("GET", path, token="pst_nonsense")[0], 401, "no token")
    world.person("audi", "audit")
    equal(world.versions(name="audi")[0], 200, "an auditor looks")
    equal(world.versions("", "POST", {"policy": policy()}, "audi")[0], 403,
          "an auditor proposes")


# --- what cannot be proposed --------------------------------------------------------

@case
def what_is_no_policy_for_this_instance_is_refused(world):
    number = in_force(world)[0]

    def propose(text):
        return world.versions("", "POST", {"policy": text})
    problem(propose("policy: x\n"), 400, '"findings"')
    problem(propose(policy(version=number + 1).replace(
        "kundenservice:", "anderer:")), 400, "not in the policy")
    problem(propose(policy(version=number + 1) + "tests:\n  - name: falsch\n"
                    "    given: {channel: kundenservice}\n"
                    "    expect: {store: MEDIA}\n"), 400, "falsch")
    problem(propose(policy("P77D", version=number)), 409, "higher")
    draft = world.dir / "draft.yaml"
    draft.write_text("policy: x\n")
    done = run(world, "propose", draft, "--token-file", world.person("anna"),
               status=1)
    check(f"{draft}:1:1:" in done.stderr, done.stderr)


# --- on the command line ------------------------------------------------------------

@case
def the_command_line_does_all_of_it(world):
    number = in_force(world)[0]
    draft = world.dir / "draft.yaml"
    draft.write_text(policy("P95D", people=1, version=number + 50))
    made = json.loads(run(world, "propose", draft, "--token-file",
                          world.person("anna"), "--json").stdout)
    equal((made["state"], made["shortens"], made["effect"]["total"]["earlier"]),
          ("proposed", False, 0), "proposed")
    other = world.propose(policy("P96D"))
    done = run(world, "approve", made["id"], "--token-file",
               world.person("bert"), "--digest", "00" * 32, status=1)
    check("another digest" in done.stderr, done.stderr)
    for name in ("bert", "carl"):
        run(world, "approve", made["id"], "--token-file", world.person(name),
            "--digest", made["digest"])
    # Nothing is shortened: nothing to wait for.
    state(world, made, "active")
    equal(in_force(world), (number + 50, "delete: P95D"), "in force")
    equal(state(world, other, "stopped")["reason"], "overtaken", "the other")
    # The papers are those of what is in force, not of the file.
    paper = json.loads(run(world, "render", "--what", "loeschkonzept",
                           "--json").stdout)["policy"]
    equal((paper["version"], paper["digest"], paper["in_force"]),
          (number + 50, made["digest"], True), "paper")
    check(f"version {number + 50}" in world.postern("status"), "status")
    german = run(world, "history").stdout
    for word in ("in Kraft", "abgelöst", "angehalten", "vorgeschlagen",
                 "genehmigt: 2 von 2", "nicht das Regelwerk in Kraft"):
        check(word in german, german)
    equal(run(world, "history", made["id"], "--file").stdout,
          draft.read_text(), "the file")


@case
def it_is_active_from_a_date(world):
    if world.plan is None:
        return "skipped"
    before = in_force(world)
    day = w.time.strftime("%Y-%m-%d", w.time.gmtime(
        w.time.time() + (AT["days"] + 3) * 86400))
    made = world.propose(policy("P99D", people=1), **{"from": day})
    equal(world.approve(made, "bert")["state"], "approved", "one is enough")
    equal(in_force(world), before, "before its day")
    later(world, 4)
    state(world, made, "active")
    problem(world.versions("", "POST", {"policy": policy(version=900),
                                        "from": "bald"}), 400, "from")


# --- watching ----------------------------------------------------------------------

@case
def a_version_that_watches_reports_numbers_only(world):
    made = world.propose(policy("P99D", people=1, person="alias",
                                data="MEDIA"), shadow_days=3)
    second = world.propose(policy("P98D"))
    problem(world.versions(f"/{second['id']}/shadow", "POST", {"days": 2}),
            409, "one can at a time")
    write(world, "Beobachtet eins", "Beobachtet zwei")
    world.stop("postern")
    world.serve()
    write(world, "Beobachtet drei")
    status, report = world.versions(f"/{made['id']}/shadow")
    equal((status, report["seen"], report["watching"]), (200, 3, True), "seen")
    equal([(d["what"], d["was"], d["would"], d["n"])
           for d in report["differs"]],
          [("datenart", "MSG", "MEDIA", 3), ("person", "name", "alias", 3)],
          "differs")
    check("Beobachtet" not in json.dumps(report) and PHONE[3:] not in
          json.dumps(report), "content or person")
    said = run(world, "shadow", made["id"], "--language", "en").stdout
    check("3  kundenservice, Datenart: MSG → MEDIA" in said, said)
    equal([n["data"]["person"]["name"] is None
           for n in world.notes("message.received")
           if n["data"]["text"].startswith("Beobachtet")], [False] * 3,
          "it only watches")
    world.approve(made, "bert")
    equal(world.version(made)["state"], "approved", "while it watches")
    world.versions(f"/{second['id']}/stop", "POST")
    if world.plan is None:
        world.versions(f"/{made['id']}/stop", "POST")
        return
    later(world, 8)
    state(world, made, "active")
    write(world, "Danach")
    equal(world.versions(f"/{made['id']}/shadow")[1]["seen"], 3, "seen")


# --- by hand -----------------------------------------------------------------------

def by_hand(world, sql, *args):
    with sqlite3.connect(world.data / "postern.db") as db:
        db.execute(sql, args)
    db.close()


@case
def a_file_that_was_edited_is_a_draft(world):
    before = in_force(world)
    path = world.data / "policy.yaml"
    kept = path.read_text()
    path.write_text(policy("P1D", people=1, version=before[0] + 1))
    os.kill(world.processes["postern"].pid, signal.SIGHUP)
    w.until("the log says so", 30, lambda: [
        e for e in log(world, "policy.file_not_in_force")
        if e["version_of_file"] == before[0] + 1])
    w.until("ready again", 30, lambda: world.ready())
    equal(in_force(world), before, "in force")
    equal(world.versions()[1]["file"], {"version": before[0] + 1,
                                        "in_force": False}, "file")
    path.write_text(kept)


@case
def what_was_changed_in_the_archive_is_not_approved(world):
    made = world.propose(policy("P97D", people=1))
    world.stop("postern")
    by_hand(world, "UPDATE policy_version SET author=1 WHERE state='proposed'")
    world.serve()
    problem(world.versions(f"/{made['id']}/approve", "POST", name="bert"),
            409, "not what was proposed")
    world.versions(f"/{made['id']}/stop", "POST")
    # An approval from nowhere.
    made = world.propose(policy("P97D", people=1))
    before = in_force(world)
    world.stop("postern")
    by_hand(world, "UPDATE policy_version SET state='approved', due_ms=1"
            " WHERE state='proposed'")
    by_hand(world, "INSERT INTO policy_approval(policy,actor,at_ms,seal)"
            " SELECT id,5,5,seal FROM policy_version WHERE state='approved'")
    world.serve()
    equal(state(world, made, "stopped")["reason"], "tampered", "reason")
    equal(in_force(world), before, "in force")


@case
def nothing_is_decided_by_a_policy_somebody_changed(world):
    before = in_force(world)
    (kept,), = rows(world, "SELECT bytes FROM policy_version WHERE"
                    " state='active'")
    world.stop("postern")
    for sql, word in (
            ("UPDATE policy_version SET bytes=CAST(replace(CAST(bytes AS TEXT)"
             ",'P3D','P9D') AS BLOB) WHERE state='active'", "worker.cannot_start"),
            ("UPDATE policy_version SET needed=0,author=0 WHERE"
             " state='active'", "policy.tampered")):
        columns = rows(world, "SELECT bytes,needed,author FROM policy_version"
                       " WHERE state='active'")[0]
        seen = len(log(world, word))
        by_hand(world, sql)
        world.serve(wait=False)
        w.until(word, 30, lambda: len(log(world, word)) > seen)
        check(not world.ready(), "ready")
        world.stop("postern")
        by_hand(world, "UPDATE policy_version SET bytes=?,needed=?,author=?"
                " WHERE state='active'", *columns)
    equal(rows(world, "SELECT bytes FROM policy_version WHERE state='active'"),
          [(kept,)], "bytes")
    world.serve()
    equal(in_force(world), before, "in force")


@case
def a_new_channel_waits_for_its_policy_and_loses_nothing(world):
    (text,), = rows(world, "SELECT bytes FROM policy_version WHERE"
                    " state='active'")
    fresh = text.decode().replace(
        "helpdesks:\n", "  zweiter: {purpose: support, data: MSG, media:"
        " {data: MEDIA}}\nhelpdesks:\n", 1)
    world.stop("postern")
    # Both files, as `postern check` wants them; the version is a draft's.
    world.make(channels=SECOND.format(path=PATH2, phone=world.ports["phone"]),
               routes="  - {channel: zweiter, helpdesk: desk}\n",
               policy=fresh)
    world.serve()
    check(log(world, "policy.names_differ"), "the log says nothing")
    body = envelope({"id": "wamid.zweiter", "type": "text",
                     "text": {"body": "Auf dem neuen Kanal"}}).replace(
                         w.ACCOUNT.encode(), b"5550001")
    equal(post(world, body, path=world.url(
        "public", f"/hooks/whatsapp/{PATH2}"))[0], 200, "ack")
    listed = w.until("in quarantine", 20, lambda: json.loads(world.postern(
        "quarantine", "list", "--json"))["quarantine"])
    equal([q["reason"] for q in listed], ["channel.not_in_policy"], "reason")
    world.adopt(fresh)
    world.postern("quarantine", "replay", listed[0]["id"])
    equal(world.note_with("Auf dem neuen Kanal")["data"]["channel"], "zweiter",
          "channel")


@case
def a_worker_that_is_killed_goes_on_counting(world):
    status, made = world.versions("", "POST", {
        "policy": policy("P93D", people=1, version=5000).replace(
            "helpdesks:", "  zweiter: {purpose: support, data: MSG}\nhelpdesks:",
            1)})
    equal(status, 202, "status")
    os.kill(world.children()["worker"], signal.SIGKILL)
    w.until("counted", 60, lambda: (world.versions(
        "/" + made["id"])[1] or {}).get("effect"))
    world.approve(made, "bert")
    if not made["shortens"]:
        state(world, made, "active")


main(make)
