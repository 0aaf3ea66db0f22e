"""Goal: an auditor checks the proof log with the verbs, and with one small
program that has neither database nor network.  Scenarios: compliance 9, L1 to
L3; fixtures c2sp and rfc3161, through both programs."""
import base64
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess

import tlog
from case import FIXTURES, case, check, equal, main, rows, w

PHONE = "4917139590101"
C2SP, STAMPS = FIXTURES / "c2sp", FIXTURES / "rfc3161"
KEPT = {}


def make(world):
    port = world.ports["tsa"] = w.free_port()
    world.make(extra="ledger:\n  publish: true\n"
               f"  stamp: {{url: \"http://127.0.0.1:{port}/tsr\", root: "
               f"tsa-root.pem, hours: 24, allow: [\"127.0.0.1:{port}\"]}}\n")
    world.start("tsa", [world.sim, "tsa", "--listen", f"127.0.0.1:{port}",
                        "--root-file", str(world.data / "tsa-root.pem")])
    w.until("the authority answers", 20,
            lambda: w.call("GET", world.url("tsa", "/state"))[0] == 200)
    world.start_all()


# --- the two programs -------------------------------------------------------


def programs(world):
    build = pathlib.Path(world.binary).parent
    # Of no instance: what they are given is all they know.
    return {"verb": [str(world.binary), "-d", str(world.dir / "none"),
                     "ledger", "verify"],
            "alone": [str(build / "postern-verify")]}


def run(argv, status=None):
    done = subprocess.run([str(a) for a in argv], capture_output=True,
                          timeout=120, stdin=subprocess.DEVNULL)
    if status is not None:
        equal(done.returncode, status, (done.stdout + done.stderr).decode())
    return done


def both(world, *argv, status):
    """The answer of both programs, which is the same one."""
    answers = []
    for name, program in programs(world).items():
        done = run([*program, "--json", *argv], status)
        answers.append(json.loads(done.stdout))
        equal(answers[-1]["ok"], status == 0, f"{name}: {answers[-1]}")
        words = run([*program, *argv], status).stdout.decode()
        check(words.startswith(answers[-1]["verdict"] + ": "), words)
    equal(answers[0], answers[1], "the two programs")
    return answers[0]


def ledger(world, *argv, status=0, data=None):
    return run([world.binary, "-d", data or world.data, "ledger", *argv],
               status).stdout.decode()


def asked(world, *argv, status=0, data=None):
    return json.loads(ledger(world, *argv, "--json", status=status, data=data))


# --- fixtures ---------------------------------------------------------------


def example(size):
    with open(C2SP / "checkpoint-cosignature.json", encoding="utf-8") as f:
        return next(c for c in json.load(f)["cases"] if c["size"] == size)


@case
def receipts_of_the_example_log(world):
    keys = ["--vkey", example(257)["log_vkey"]]
    for index in (0, 256):
        got = both(world, "--receipt",
                   C2SP / f"receipt-{index:03}-of-257.tlog-proof", *keys,
                   status=0)
        equal((got["verdict"], got["index"], got["size"]),
              ("accepted", index, 257), "receipt")
        check("entry-<index>" in got["entry_from"], got)
    got = both(world, "--receipt", C2SP / "receipt-wrong-index.invalid."
               "tlog-proof", *keys, status=1)
    equal(got["verdict"], "refused", "wrong index")


@case
def a_receipt_proves_the_entry_given_and_no_other(world):
    keys = ["--vkey", example(257)["log_vkey"]]
    receipt = C2SP / "receipt-256-of-257.tlog-proof"
    entry = world.dir / "entry"
    for text, status in (("entry-256", 0), ("entry-255", 1), ("", 1)):
        entry.write_text(text)
        both(world, "--receipt", receipt, "--entry", entry, *keys,
             status=status)


@case
def witnesses_are_verified_with_their_time(world):
    one = example(257)
    argv = ["--receipt", C2SP / "receipt-000-of-257.tlog-proof",
            "--vkey", one["log_vkey"], "--witness"]
    got = both(world, *argv, one["witness_vkey"], status=0)
    equal(got["witnesses"], [{"name": one["witness_name"],
                              "time": "2026-01-01T00:00:00Z"}], "witnesses")
    # Somebody else's key under that name has not signed.
    other = vkey(one["witness_name"], 4, bytes_of(one["log_vkey"]))
    got = both(world, *argv, other, status=1)
    check("has not signed" in got["text"], got)
    # One that is only known may be absent; its word is told.
    both(world, *argv[:4], "--vkey", other, status=0)
    got = both(world, *argv[:4], "--vkey", one["witness_vkey"], status=0)
    equal(got["witnesses"][0]["name"], one["witness_name"], "known")
    # A witness does not speak for the log.
    for program in programs(world).values():
        run([*program, "--receipt", argv[1], "--vkey", one["witness_vkey"]], 1)


def vkey(name, kind, key):
    blob = bytes([kind]) + key
    head = hashlib.sha256(name.encode() + b"\n" + blob).digest()[:4]
    return f"{name}+{head.hex()}+{base64.b64encode(blob).decode()}"


def bytes_of(key):
    return base64.b64decode(key.split("+", 2)[2])[1:]


@case
def another_key_or_another_checkpoint_is_refused(world):
    one = example(257)
    receipt = (C2SP / "receipt-000-of-257.tlog-proof").read_text()
    file = world.dir / "receipt"
    key = ["--vkey", one["log_vkey"]]
    file.write_text(receipt.replace("\n257\n", "\n258\n"))
    both(world, "--receipt", file, *key, status=1)
    file.write_text(receipt.replace("proof@v1", "proof@v2"))
    both(world, "--receipt", file, *key, status=1)
    file.write_text(receipt)
    both(world, "--receipt", file, "--vkey",
         vkey(one["origin"], 1, bytes_of(one["witness_vkey"])), status=1)
    both(world, "--receipt", file, *key, status=0)


@case
def notes_have_the_verdicts_of_the_examples(world):
    with open(C2SP / "signed-note.json", encoding="utf-8") as f:
        cases = json.load(f)["cases"]
    check(len(cases) >= 10, "cases")
    file = world.dir / "note"
    for one in cases:
        file.write_bytes(one["note"].encode())
        keys = [x for k in one["trusted_vkeys"] for x in ("--vkey", k)]
        got = both(world, "--note", file, *keys,
                   status=0 if one["expect"] == "ok" else 1)
        equal(got["verdict"], one["expect"], one["name"])
        if one["expect"] == "ok":
            equal((got["verified"], got["unverified"]),
                  (one["verified"], one["unverified"]), one["name"])


@case
def checkpoints_are_notes_too(world):
    file = world.dir / "note"
    for size in (0, 257):
        one = example(size)
        text = one.get("cosigned_checkpoint", one["signed_checkpoint"])
        file.write_bytes(text.encode())
        keys = world.dir / "keys"
        keys.write_text("# of the log\n" + one["log_vkey"] + "\n\n" +
                        one.get("witness_vkey", "") + "\n")
        got = both(world, "--note", file, "--vkey", f"@{keys}", status=0)
        equal(got["verified"], [one["origin"]] +
              ([one["witness_name"]] if "witness_name" in one else []), size)


@case
def stamps_of_the_examples(world):
    got = both(world, "--stamp", STAMPS / "checkpoint.tsr", status=0)
    equal((got["verdict"], got["time"]), ("accepted", "2026-11-21T18:14:44Z"),
          "stamp")
    # The root lies beside it: its fingerprint is for comparing.
    pem = (STAMPS / "test-root.pem").read_text()
    der = base64.b64decode("".join(pem.split("-----")[2].split()))
    equal(got["fingerprint"], hashlib.sha256(der).hexdigest(), "fingerprint")
    check("compare" in got["remark"], got)
    for name, why in (("checkpoint.flipped.tsr", "was changed"),
                      ("other.invalid-for-checkpoint.tsr", "other bytes"),
                      ("rejected-badalg.tsr", "badAlg")):
        got = both(world, "--stamp", STAMPS / name, status=1)
        check(why in got["text"], got)
    got = both(world, "--stamp", STAMPS / "other.invalid-for-checkpoint.tsr",
               "--data", STAMPS / "other.txt", "--root",
               STAMPS / "test-root.pem", status=0)
    check("remark" not in got, got)
    got = both(world, "--stamp", STAMPS / "checkpoint.tsr", "--root",
               STAMPS / "test-tsa.pem", "--data", STAMPS / "other.txt",
               status=1)


@case
def wrong_usage_is_told_apart(world):
    for program in programs(world).values():
        for argv in (["--receipt", "a"], ["--note"], ["--nonsense", "x"],
                     ["--note", "a", "--stamp", "b"], ["a", "b"],
                     ["--entry", "a", "b"], ["--root", "a", "b"]):
            run([*program, *argv], 2)
        for argv in (["--note", "/nowhere"], ["--vkey", "nonsense", "/"],
                     ["--vkey", "@/nowhere", "/"], ["/nowhere"],
                     ["--receipt", "/nowhere", "--vkey",
                      example(257)["log_vkey"]]):
            run([*program, *argv], 1)
    for word in ("--help", "-h"):
        check("--stamp" in run([*programs(world)["alone"], word], 0)
              .stdout.decode(), "help")


@case
def what_cannot_be_looked_at_is_an_answer_for_machines_too(world):
    key = ["--vkey", example(257)["log_vkey"]]
    for argv in (["--note", "/nowhere"], ["--receipt", "/nowhere", *key],
                 ["--stamp", "/nowhere", "--data", "/nowhere"], ["/nowhere"]):
        for program in programs(world).values():
            done = run([*program, "--json", *argv], 1)
            got = json.loads(done.stdout)
            equal((got["verdict"], got["ok"]), ("failed", False), argv)
            check(got["text"] in done.stderr.decode(), "told people as well")
    large = world.dir / "large"
    large.write_bytes(b"c2sp.org/tlog-proof@v1\n" * 20000)
    equal(both(world, "--receipt", large, *key, status=1)["verdict"],
          "refused", "too long")


@case
def what_is_stamped_has_the_name_of_the_stamp(world):
    """Rather than that of a checkpoint in the same folder."""
    folder = world.dir / "stamped"
    folder.mkdir()
    shutil.copy(STAMPS / "other.invalid-for-checkpoint.tsr",
                folder / "other.tsr")
    for name in ("other.txt", "checkpoint.txt", "test-root.pem"):
        shutil.copy(STAMPS / name, folder)
    got = both(world, "--stamp", folder / "other.tsr", status=0)
    equal(got["data"], str(folder / "other.txt"), "by its name")
    (folder / "other.txt").unlink()
    both(world, "--stamp", folder / "other.tsr", status=1)


def foreign(folder, leaves, signed):
    """A log of one bundle, as somebody else writes it."""
    hashes = b"".join(hashlib.sha256(b"\0" + e).digest() for e in leaves)
    for name, data in (("0", hashes), ("entries", b"".join(
            len(e).to_bytes(2, "big") + e for e in leaves))):
        path = folder / "tile" / name / f"000.p/{len(leaves)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "checkpoint").write_bytes(signed)


@case
def somebody_elses_log_is_never_accused_of_its_entries(world):
    key = tlog.Key("log.example.org/t", b"L" * 32)
    leaves = [b"entry-%d" % i for i in range(100)]
    note = tlog.checkpoint(key, leaves)
    folder = world.dir / "foreign"
    foreign(folder, leaves, note)
    argv = [folder, "--vkey", key.vkey()]
    got = both(world, *argv, status=0)
    equal((got["verdict"], got["size"]), ("sound", 100), got)
    check("Postern" in got["entries"], got)
    ours = b'{"act":"system","e":"notice.sent","t":"2026-11-21T18:00:00Z",' \
        b'"v":1}'
    # A text at the beginning of a log of ours does not pass as another's.
    mixed = [b"a free text", *[ours] * 99]
    foreign(folder, mixed, tlog.checkpoint(key, mixed))
    got = both(world, *argv, status=1)
    equal((got["verdict"], got["index"]), ("bad_entry", 0), got)
    foreign(folder, [ours] * 100, tlog.checkpoint(key, [ours] * 100))
    check("entries" not in both(world, *argv, status=0), "ours")
    for index in (0, 1, 57, 99):
        other = [*leaves[:index], b"entry-x", *leaves[index + 1:]]
        foreign(folder, other, note)
        (folder / "tile/0/000.p/100").write_bytes(b"".join(
            hashlib.sha256(b"\0" + e).digest() for e in leaves))
        got = both(world, *argv, status=1)
        equal((got["verdict"], got["index"]), ("bad_entry", index), got)


# --- a log of our own -------------------------------------------------------


def message(world, text):
    got = world.phone_text(text, phone=PHONE)
    world.note_with(text)
    return got


@case
def what_happened_is_signed_and_proved(world):
    for i in range(3):
        message(world, f"Nachricht {i}")
    note = ledger(world, "checkpoint")
    size = int(note.split("\n")[1])
    check(size >= 3, note)
    equal(ledger(world, "checkpoint", "--show"), note, "shown")
    keys = ledger(world, "keys")
    KEPT["vkey"] = next(k for k in keys.split("\n") if k and k[0] != "#")
    KEPT["keys"] = world.dir / "vkeys"
    KEPT["keys"].write_text(keys)
    got = asked(world, "verify", "--vkey", f"@{KEPT['keys']}")
    equal((got["verdict"], got["size"], got["verified"]),
          ("sound", size, [got["log"]]), "beside the gateway")
    # Without a key: with a remark.
    check("--vkey" in asked(world, "verify")["remark"], "remark")
    KEPT["outside"] = world.dir / "outside"
    KEPT["outside"].write_text(note)


@case
def an_entry_is_proved_by_its_number_and_by_what_it_is_about(world):
    size = asked(world, "checkpoint", "--show")["size"]
    bodies = [b for b, in rows(world, "SELECT body FROM ledger_entry "
                                      "ORDER BY id")][:size]
    file = world.dir / "a.tlog-proof"
    for index in (0, size // 2, size - 1):
        ledger(world, "prove", str(index), "--out", str(file))
        got = both(world, "--receipt", file, "--vkey", KEPT["vkey"], status=0)
        equal((got["index"], got["entry_from"], got["entry"]),
              (index, "the receipt", json.loads(bodies[index])), "receipt")
    about = [json.loads(b).get("obj") for b in bodies]
    newest = max(i for i, o in enumerate(about) if o)
    file.write_text(ledger(world, "prove", about[newest]))
    got = both(world, "--receipt", file, "--vkey", KEPT["vkey"], status=0)
    equal(got["entry"]["obj"], about[newest], "about")
    equal(got["index"], newest, "newest")
    # The entry is believed because it is proved, not because it is there.
    text = file.read_text()
    extra = re.search("^extra (.*)$", text, re.M).group(1)
    told = base64.b64decode(extra)
    forged = told.replace(b'"v":1', b'"v":2')
    check(forged != told, told)
    file.write_text(text.replace(extra, base64.b64encode(forged).decode()))
    both(world, "--receipt", file, "--vkey", KEPT["vkey"], status=1)
    ledger(world, "prove", "--out", str(file), "0")
    equal(both(world, "--receipt", file, "--vkey", KEPT["vkey"],
               status=0)["index"], 0, "options first")
    for wrong in ("999999", "msg_" + "0" * 26):
        ledger(world, "prove", wrong, status=1)
    for wrong in ([], [""], ["0", "1"], ["--out", str(file)], ["-1"]):
        ledger(world, "prove", *wrong, status=2)


@case
def the_published_folder_is_a_log(world):
    folder = world.data / "ledger"
    w.until("published", 30, lambda: (folder / "checkpoint").exists() and
            (folder / "checkpoint").read_text().split("\n")[1] ==
            ledger(world, "checkpoint", "--show").split("\n")[1])
    copy = world.dir / "tiles"
    shutil.copytree(folder, copy)
    KEPT["tiles"] = copy
    got = both(world, copy, "--vkey", KEPT["vkey"], "--checkpoint",
               KEPT["outside"], status=0)
    equal(got["verdict"], "sound", got)
    check(got["size"] >= got["extends"] >= 3, got)


@case
def l1_a_changed_byte_is_named_by_its_entry(world):
    """In a copy of the data folder, and of the published one."""
    copy = world.dir / "copy"
    copy.mkdir()
    world.stop("postern")
    shutil.copy(world.data / "postern.db", copy)
    world.serve()
    keys = ["--vkey", f"@{KEPT['keys']}"]
    got = asked(world, "verify", *keys, data=copy)
    equal(got["verdict"], "sound", "an unchanged copy")
    equal(sorted(p.name for p in copy.iterdir()), ["postern.db"], "made")
    db = sqlite3.connect(copy / "postern.db")
    (body,), = db.execute("SELECT body FROM ledger_entry WHERE id=1")
    changed = body.replace(b'"v":1', b'"v":3')
    db.execute("UPDATE ledger_entry SET body=? WHERE id=1", (changed,))
    db.commit()
    got = asked(world, "verify", *keys, status=1, data=copy)
    equal((got["verdict"], got["index"]), ("bad_entry", 1), got["text"])
    check("entry 1 " in got["text"], got)
    db.execute("DELETE FROM ledger_entry WHERE id=1")
    db.commit()
    db.close()
    got = asked(world, "verify", *keys, status=1, data=copy)
    equal((got["verdict"], got["index"]), ("missing_entry", 1), got["text"])
    size = int((KEPT["tiles"] / "checkpoint").read_text().split("\n")[1])
    bundle = KEPT["tiles"] / f"tile/entries/000.p/{size}"
    at = bundle.read_bytes().index(b'"v":1', 300)
    bundle.write_bytes(bundle.read_bytes()[:at] + b'"v":2' +
                       bundle.read_bytes()[at + 5:])
    got = both(world, KEPT["tiles"], *keys, status=1)
    equal(got["verdict"], "bad_entry", got["text"])
    check(got["index"] > 0, got)


def days():
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    return [(now + i * day).strftime("%Y-%m-%d") for i in (-1, 1)]


@case
def a_period_is_exported_with_proofs_and_a_report(world):
    out = world.dir / "export"
    first, last = days()
    w.until("a time stamp", 60, lambda: rows(
        world, "SELECT 1 FROM ledger_stamp WHERE state='done'"))
    told = asked(world, "export", "--from", first, "--to", last, "--out", out)
    lines = [json.loads(line) for line in
             (out / "entries.jsonl").read_text().splitlines()]
    equal([line["index"] for line in lines], list(range(told["size"])), "all")
    stored = [b for b, in rows(world, "SELECT body FROM ledger_entry "
                                      "ORDER BY id")]
    for line in lines:
        equal(json.dumps(line["entry"], sort_keys=True, ensure_ascii=False,
                         separators=(",", ":")).encode(),
              bytes(stored[line["index"]]), "canonical")
    both(world, out, "--vkey", KEPT["vkey"], status=0)
    both(world, out, status=0)
    report(out)
    stamped(world, out)
    damage(world, out)
    ledger(world, "export", "--from", first, "--to", last, "--out", str(out),
           status=1)
    # Nothing of that day: the neighbour alone.
    out = world.dir / "nothing"
    told = asked(world, "export", "--from", "2001-01-01", "--to",
                 "2001-12-31", "--out", out)
    equal(told["entries"], 0, told)
    got = both(world, out, "--vkey", KEPT["vkey"], status=0)
    equal((got["entries"], got["outside"]), (0, 1), got)


def report(out):
    for language, words in (("de", "Prüfbericht"), ("en", "Audit report")):
        page = (out / f"report.{language}.html").read_text()
        for part in (words, "messages.archived", "M43.D19", "M60.S05",
                     f'lang="{language}"', "default-src 'none'"):
            check(part in page, f"{language}: {part}")
        check("<script" not in page and PHONE not in page, language)


def stamped(world, out):
    """The stamp holds, and the log went on from what it stamps."""
    stamp, = (out / "stamps").glob("*.tsr")
    got = both(world, "--stamp", stamp, "--root", out / "stamps/root.pem",
               status=0)
    check(got["data"].endswith(f"{stamp.stem}.checkpoint"), got)
    run([programs(world)["alone"][0], "--stamp", stamp], 0)
    equal(both(world, out, "--vkey", KEPT["vkey"], status=0)["stamped"], 1,
          "stamped")
    proof = stamp.with_suffix(".proof")
    text = proof.read_text()
    for changed in ("A" * 43 + "=\n" + text, text[:-1] + "x\n", "x"):
        proof.write_text(changed)
        got = both(world, out, "--vkey", KEPT["vkey"], status=1)
        check("does not extend" in got["text"], got)
    proof.unlink()
    both(world, out, "--vkey", KEPT["vkey"], status=1)
    proof.write_text(text)


def damage(world, out):
    """Whatever is done to the lines is noticed, with the number."""
    file = out / "entries.jsonl"
    text = file.read_text()
    lines = text.splitlines(keepends=True)
    for changed, index in (
            (text.replace('"v":1', '"v":2', 1), 0),
            ("".join(lines[:1] + lines[2:]), 1),
            ("".join(lines[:-1]), len(lines) - 1),
            ("".join([lines[0], lines[2], lines[1], *lines[3:]]), 1),
            ("".join(lines) + "{}\n", len(lines))):
        file.write_text(changed)
        got = both(world, out, "--vkey", KEPT["vkey"], status=1)
        equal((got["verdict"], got["index"]), ("bad_entry", index),
              got["text"])
    file.write_text(text)


@case
def l2_another_history_does_not_extend_an_outside_checkpoint(world):
    """Taken back, and then continued otherwise, signed by the right key."""
    world.stop("postern")
    before = world.dir / "before"
    shutil.copytree(world.data, before, symlinks=True,
                    ignore=shutil.ignore_patterns("*.sock"))
    world.serve()
    for i in range(4):
        message(world, f"Später {i}")
    outside = world.dir / "outside"
    outside.write_text(ledger(world, "checkpoint"))
    keys = ["--vkey", f"@{KEPT['keys']}"]
    got = asked(world, "verify", *keys, "--checkpoint", outside)
    equal(got["verdict"], "sound", "it extends its own")
    got = asked(world, "verify", *keys, "--checkpoint", outside, status=1,
                data=before)
    equal(got["verdict"], "short", got["text"])
    equal(asked(world, "verify", *keys, data=before)["verdict"], "sound",
          "in itself")
    world.stop("postern")
    kept = world.dir / "kept"
    world.data.rename(kept)
    before.rename(world.data)
    world.serve()
    for i in range(9):
        message(world, f"Anders {i}")
    ledger(world, "checkpoint")
    got = asked(world, "verify", *keys)
    equal(got["verdict"], "sound", "in itself")
    got = asked(world, "verify", *keys, "--checkpoint", outside, status=1)
    equal(got["verdict"], "bad_checkpoint", got["text"])
    # A checkpoint of somebody else decides nothing.
    outside.write_text(example(257)["signed_checkpoint"])
    ledger(world, "verify", *keys, "--checkpoint", str(outside), status=1)


# --- the program alone ------------------------------------------------------

NEVER = re.compile(r" (socket|connect|bind|listen|accept4?|getaddrinfo|"
                   r"gethostby\w+|sendto|recvfrom|sendmsg|recvmsg|execve?|"
                   r"execvp?e?|fork|vfork|posix_spawnp?|popen|system|"
                   r"BIO_connect|OSSL_HTTP_transfer|sqlite3_\w+|curl_\w+|"
                   r"MHD_\w+)$", re.M)


@case
def the_program_alone_is_static_and_has_no_network(world):
    program = programs(world)["alone"][0]
    if "flavour" in program and "clang" not in program:
        return "skipped"
    head = run(["readelf", "-lW", program], 0).stdout.decode()
    check("INTERP" not in head, "it needs a loader")
    needs = run(["readelf", "-dW", program], 0).stdout.decode()
    check("(NEEDED)" not in needs, needs)
    names = run(["nm", program], 0).stdout.decode()
    check(" main\n" in names, "it has its names")
    equal(NEVER.findall(names), [], "what it must not hold")
    check(os.path.getsize(program) < 16 << 20, "size")
    # The sieve finds what it is to find.
    check(NEVER.search("00 W socket\n") and NEVER.search("00 T sqlite3_open\n"),
          "the sieve")


@case
def the_program_alone_gives_up_what_it_does_not_need(world):
    program = programs(world)["alone"][0]
    if "flavour" in program and "clang" not in program:
        return "skipped"
    reader = subprocess.Popen([program, "--note", "-"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    status = pathlib.Path(f"/proc/{reader.pid}/status")
    try:
        w.until("the filter", 20, lambda: "Seccomp:\t2" in status.read_text())
        check("NoNewPrivs:\t1" in status.read_text(), "no new privileges")
    finally:
        out, _ = reader.communicate(b"no note", timeout=20)
    equal((reader.returncode, out[:10]), (1, b"malformed:"), "answer")


if __name__ == "__main__":
    main(make)
