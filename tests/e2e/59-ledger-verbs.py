"""Goal: an auditor checks the proof log with the verbs, and with one small
program that has neither database nor network.  Scenario: compliance 9, L3;
fixtures c2sp and rfc3161, through both programs."""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess

from case import FIXTURES, case, check, equal, main, w

C2SP, STAMPS = FIXTURES / "c2sp", FIXTURES / "rfc3161"


# --- the two programs -------------------------------------------------------


def programs(world):
    build = pathlib.Path(world.binary).parent
    return {"verb": [str(world.binary), "-d", str(world.data), "ledger",
                     "verify"],
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
    check("--stamp" in run([*programs(world)["alone"], "--help"], 0)
          .stdout.decode(), "help")


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
    main()
