"""Goal: SIGTERM drains, SIGHUP re-reads, a keeper that is locked or has a wrong
key stops nothing that need not stop, quarantine can be replayed."""
import json
import os
import shutil
import signal

from case import case, check, envelope, equal, main, post, rows, w


@case
def sigterm_drains_under_load(world):
    load = world.load("--seconds", 6, "--connections", 64, "--persons", 64,
                      "--retry", "--ledger", world.dir / "load.ledger", "--json")
    w.time.sleep(1.5)
    equal(world.stop("postern", seconds=30), 0, "status")
    world.serve()
    report = json.loads(load.communicate(timeout=90)[0])
    acked = {line.split()[1] for line in w.whole_lines(
        world.dir / "load.ledger") if line.startswith("acked")}
    print(f"   {len(acked)} acknowledged, {report['retried']} sent again")
    w.until("the desk has every acknowledged one", 120, lambda: acked <= {
        json.loads(n)["text"].split()[0] for n in
        w.whole_lines(world.dir / "desk.ledger")
        if json.loads(n).get("text")}, 1)


@case
def sighup_takes_good_settings_and_refuses_bad_ones(world):
    path = world.data / "postern.yaml"
    good = path.read_text()
    before = world.children()
    path.write_text(good.replace("store: sqlite", "store: nonsense"))
    world.processes["postern"].send_signal(signal.SIGHUP)
    w.time.sleep(2)
    equal(world.children(), before, "processes after bad settings")
    new = "fedcba9876543210fedcba9876543210"
    path.write_text(good.replace(world.path, new))
    world.processes["postern"].send_signal(signal.SIGHUP)
    url = world.url("public", f"/hooks/whatsapp/{new}")
    body = envelope({"id": "wamid.HUP", "type": "text", "text": {"body": "Neuer Pfad"}})
    w.until("the new path is served", 30, lambda: post(world, body, path=url)[0] == 200)
    world.note_with("Neuer Pfad", 30)
    path.write_text(good)
    world.processes["postern"].send_signal(signal.SIGHUP)
    w.until("the old path is served again", 30, lambda: post(world, body)[0] == 200)
    world.wait_ready()


@case
def a_locked_keeper_does_not_stop_the_intake(world):
    world.postern("keys", "lock")
    equal(post(world, envelope({"id": "wamid.LOCK", "type": "text", "text": {
        "body": "Hinter Schloss"}}))[0], 200, "ack")
    w.time.sleep(1)
    check(not any(n["data"].get("text") == "Hinter Schloss" for n in world.notes()), "opened")
    equal(w.call("GET", world.url("internal", "/readyz"))[0], 503, "readyz")
    world.postern("keys", "unlock")
    world.note_with("Hinter Schloss", 30)


@case
def rotation_keeps_everything_readable(world):
    world.postern("keys", "rotate")
    note = next(n for n in world.notes() if n["data"].get("text") == "Hinter Schloss")
    equal(world.api("GET", f"/v1/messages/{note['data']['message']}")[1]["text"],
          "Hinter Schloss", "text")
    os.kill(world.children()["keeper"], signal.SIGKILL)
    w.until("readable after a restart of the keeper", 30, lambda: world.api(
        "GET", f"/v1/messages/{note['data']['message']}")[1].get("text") == "Hinter Schloss")


@case
def authentic_nonsense_is_quarantined_listed_and_replayed(world):
    equal(post(world, b'{"object": "whatsapp_business_account", "entry": 7}')[0], 200, "ack")
    listed = w.until("quarantined", 20, lambda: json.loads(
        world.postern("quarantine", "list", "--json"))["quarantine"])
    entry = listed[0]
    check(entry["reason"] and entry["channel"] == "kundenservice", str(entry))
    world.postern("quarantine", "show", entry["id"])
    world.postern("quarantine", "replay", entry["id"], check=False)
    equal(len(json.loads(world.postern("quarantine", "list", "--json"))["quarantine"]),
          1, "still there, because it still cannot be understood")


@case
def a_wrong_key_file_is_refused_and_never_replaced(world):
    world.stop("postern")
    root = world.data / "keys" / "root"
    good = root.read_bytes()
    other = w.World(world.dir / "other")
    other.make()
    for name, content, mode in (
            ("empty", b"", 0o600), ("truncated", good[:len(good) // 2], 0o600),
            ("another instance's", (other.data / "keys" / "root").read_bytes(), 0o600),
            ("readable by others", good, 0o644)):
        root.write_bytes(content)
        root.chmod(mode)
        world.serve(wait=False)
        w.until("the intake answers", 20, lambda: post(world, envelope(
            {"id": f"wamid.KEY{mode}{len(content)}", "type": "text",
             "text": {"body": f"Mit {name}"}}))[0] == 200)
        equal(w.call("GET", world.url("internal", "/readyz"))[0] in (0, 503), True, "readyz")
        world.stop("postern")
        equal(root.read_bytes(), content, f"the {name} key file was changed")
    root.write_bytes(good)
    root.chmod(0o600)
    world.serve()
    for name in ("empty", "truncated", "another instance's", "readable by others"):
        world.note_with(f"Mit {name}", 40)


@case
def keys_backup_asks_for_a_passphrase_and_writes_a_sealed_file(world):
    phrase = world.dir / "phrase"
    phrase.write_text("drei Worte und noch eins\n")
    phrase.chmod(0o600)
    target = world.dir / "keys.backup"
    world.postern("keys", "backup", str(target), "--passphrase-file", str(phrase))
    content = target.read_bytes()
    equal(target.stat().st_mode & 0o777, 0o600, "mode")
    root = (world.data / "keys" / "root").read_bytes()
    check(root.split()[-1] not in content, "the root key lies open in the backup")


main()
