#!/usr/bin/env python3
"""The erasure drill (assurance 7.6): persons in every state, some erased, some
of them while their message is on its way; the bytes of everything searched; an
older backup restored on an empty machine; nothing comes back, nothing is told
again, the others are intact, and the proofs hold.

    make drill              1 000 persons, 100 erased, report in build/drill
    drill.py --persons 60 --erase 6 --flying 2 --out DIR

Ends by itself.  Status 0: every check held."""
import argparse
import hashlib
import hmac
import json
import pathlib
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sim"))
sys.dont_write_bytecode = True

import proved  # noqa: E402
import report  # noqa: E402
import world as w  # noqa: E402

# Words, no digits: the policy takes long numbers out of texts.
SYLLABLES = ["ba", "do", "fe", "gi", "ku", "la", "mo", "ne", "pi", "ru"]
ELSEWHERE = ("erasures.log", "forgotten.log", "restrictions.log",
             "withdrawals.log", "holds.log")
PASSPHRASE = "nur fuer die Uebung gemacht"


def word(number):
    return "".join(SYLLABLES[int(d)] for d in f"{number:04}")


class Person:
    def __init__(self, drill, number):
        self.number = number
        self.phone = f"4917777{number:05}"
        self.canary = f"{drill.mark}{word(number)}"
        self.says = [f"Guten Tag, ich bin {self.canary}"]
        self.state = "archived"
        self.conversation = self.id = self.row = self.erasure = None


class Drill:
    def __init__(self, args, directory):
        self.args = args
        self.world = w.World(directory / "world")
        self.out = directory / "elsewhere"
        self.out.mkdir()
        self.mark = "Kanari" + "".join(
            secrets.choice("bdfgklmnprst") + secrets.choice("aeiou")
            for _ in range(4))
        self.persons = [Person(self, i) for i in range(args.persons)]
        self.checks = []
        self.began = time.monotonic()
        self.figures = {}

    # --- help -----------------------------------------------------------------
    def check(self, name, held, detail=""):
        self.checks.append((name, bool(held), str(detail)))
        print(("ok " if held else "FAILED ") + name
              + (f"\n   {detail}" if detail != "" else ""), flush=True)

    def say(self, text):
        print(f"-- {time.monotonic() - self.began:5.1f} s  {text}",
              flush=True)

    def rows(self, sql, *args):
        db = sqlite3.connect(f"file:{self.world.data}/postern.db?mode=ro",
                             uri=True, timeout=30)
        try:
            return db.execute(sql, args).fetchall()
        finally:
            db.close()

    def rights(self, method, path, body=None):
        return self.world.api(method, path, body, token=self.token)

    def run(self, *args):
        done = subprocess.run(
            [self.world.binary, "-d", str(self.world.data), *map(str, args)],
            capture_output=True, timeout=300)
        return done.returncode, (done.stdout + done.stderr).decode()

    def must(self, *args):
        code, said = self.run(*args)
        if code != 0:
            raise w.Failure(f"postern {args[0]}: {said}")
        return said

    def everywhere(self):
        """Files that must not hold a word of anybody."""
        yield from (p for p in self.world.data.rglob("*") if p.is_file())
        yield self.world.dir / "postern.log"
        yield from (p for p in self.out.rglob("*") if p.is_file())
        yield from (p for p in pathlib.Path(tempfile.gettempdir()).iterdir()
                    if p.is_file() and p.stat().st_mtime > self.since
                    and p.stat().st_size < 1 << 26)

    def sweep(self, needles):
        hits = []
        for path in self.everywhere():
            try:
                content = path.read_bytes()
            except OSError:
                continue
            hits += [path.name for n in needles if n in content]
        return hits

    def clear_forms(self):
        """The mark that is in every canary, and the beginning of every
        number, as they may be written."""
        import base64
        forms = []
        for text in (self.mark, "4917777000"):
            raw = text.encode()
            forms += [raw, raw.upper(), text.encode("utf-16-le"),
                      raw.hex().encode()]
            for shift in range(3):
                b64 = base64.b64encode(b"\0" * shift + raw)
                forms.append(b64[(4 if shift else 0):-4])
        return forms

    # --- 1: persons in every state -----------------------------------------
    def write(self, person, text=None):
        self.world.phone_text(text or person.says[0], phone=person.phone)

    def post_raw(self, body):
        secret = (self.world.data / "secrets" / "whatsapp-app").read_text()
        signature = hmac.new(secret.strip().encode(), body,
                             hashlib.sha256).hexdigest()
        return w.call("POST", self.world.hook, body, {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": "sha256=" + signature})[0]

    def learn(self, persons, texts):
        """Which conversation is whose, as the helpdesk was told."""
        wanted = {t: p for p, t in zip(persons, texts)}

        def look():
            for note in self.world.notes("message.received"):
                person = wanted.pop(note["data"].get("text"), None)
                if person is not None:
                    person.conversation = note["data"]["conversation"]
                    person.id = note["data"]["person"]["id"]
            return not wanted
        w.until("the helpdesk has them all", 180, look, 0.3)

    def fill(self):
        world, n = self.world, len(self.persons)
        self.say(f"{n} persons write")
        for person in self.persons:
            self.write(person)
        self.learn(self.persons, [p.says[0] for p in self.persons])
        for person in self.persons[::20]:
            w.call("POST", world.url(
                "phone", f"/phone/file?from={person.phone}"
                f"&name={person.canary}.pdf&caption=Datei{person.canary}"),
                person.canary.encode() + secrets.token_bytes(20000),
                {"Content-Type": "application/pdf"})
            person.state = "file"
        for person in self.persons[5::25]:
            text = f"Antwort an {person.canary}"
            if world.answer(person.conversation, text)[0] == 202:
                person.state = "answered"
        w.until("the files are fetched", 120, lambda: self.rows(
            "SELECT count(*) FROM attachment WHERE state='wanted'") == [(0,)])
        self.agree(self.persons[1])
        self.fill_bad()
        self.fill_waiting()

    def advertise(self):
        return self.world.api(
            "POST", f"/v1/conversations/{self.stopper.conversation}/messages",
            {"text": "Angebot", "purpose": "marketing"})[0]

    def agree(self, person):
        """One wants advertising, until after the backup."""
        self.stopper = person
        self.world.greeted(person.phone)
        self.write(person, "Start")
        w.until("the question", 60, lambda: any(
            "Antworten Sie" in s.get("text", {}).get("body", "")
            for s in self.world.phone_state()["sends"]
            if s.get("to") == "+" + person.phone))
        self.write(person, "JA")
        w.until("given", 60, lambda: self.advertise() == 202)

    def fill_bad(self):
        """Authentic and not to be understood."""
        for i in range(5):
            body = json.dumps({"object": "nothing of ours", "text":
                               f"{self.mark}unverstanden{i}"}).encode()
            if self.post_raw(body + b"}") != 200:
                raise w.Failure("not acknowledged")
        w.until("quarantined", 60, lambda: self.rows(
            "SELECT count(*) FROM quarantine")[0][0] >= 5)

    def fill_waiting(self):
        """A helpdesk that is away, and a keeper that is locked."""
        third = max(3, len(self.persons) // 10)
        self.retrying = self.persons[-third:]
        self.world.control("desk", mode="503")
        for person in self.retrying:
            text = f"Noch etwas von {person.canary}"
            person.says.append(text)
            person.state = "retrying"
            self.write(person, text)
        w.until("they wait", 120, lambda: self.rows(
            "SELECT count(*) FROM outbox WHERE state='waiting' AND"
            " type='message.received'")[0][0] >= third)
        self.run("keys", "lock")
        self.spooled = self.persons[-2 * third:-third]
        for person in self.spooled:
            text = f"Im Vorhof von {person.canary}"
            person.says.append(text)
            person.state = "spool"
            self.write(person, text)

    # --- 2: nothing in clear -------------------------------------------------
    def look_before(self):
        hits = self.sweep(self.clear_forms())
        self.check("clear_before", not hits, sorted(set(hits))[:5] or "0")
        self.must("keys", "unlock")
        w.until("the spool is read", 120, lambda: self.rows(
            "SELECT count(*) FROM outbox WHERE state='waiting' AND"
            " type='message.received'")[0][0]
            >= len(self.retrying) + len(self.spooled))
        hits = self.sweep(self.clear_forms())
        self.check("clear_archived", not hits, sorted(set(hits))[:5] or "0")
        raw = next(self.world.data.glob("postern.db")).read_bytes()
        needle = self.rows("SELECT content_sealed FROM message WHERE"
                           " content_sealed IS NOT NULL LIMIT 1")[0][0]
        wal = (self.world.data / "postern.db-wal").read_bytes()
        self.check("search_finds", needle[:64] in raw + wal,
                   "a sealed text is found where it lies")

    # --- 3: a backup, then erasures ------------------------------------------
    def back_up(self):
        self.say("backup")
        identity = self.out / "identity"
        to = self.must("backup", "keygen", "--out", identity).strip()
        (self.out / "words").write_text(PASSPHRASE + "\n")
        (self.out / "words").chmod(0o600)
        self.must("backup", self.out / "data", "--to", to)
        self.must("keys", "backup", self.out / "keys", "--passphrase-file",
                  self.out / "words")
        self.checkpoint("before")
        hits = self.sweep(self.clear_forms())
        self.check("clear_backup", not hits, sorted(set(hits))[:5] or "0")

    def checkpoint(self, name):
        (self.out / f"{name}.checkpoint").write_text(
            self.must("ledger", "checkpoint"))
        (self.out / f"{name}.vkey").write_text(self.must("ledger", "keys"))

    def choose(self):
        """From every state, evenly."""
        n = self.args.erase
        step = len(self.persons) / n
        self.erased = [self.persons[int(i * step)] for i in range(n)]
        for person in (self.retrying[0], self.spooled[0]):
            if person not in self.erased:
                self.erased[-1 - (person is self.spooled[0])] = person
        self.flying = self.erased[:self.args.flying]
        self.left = [p for p in self.persons if p not in self.erased]

    def collect(self):
        """Every sealed byte that is stored of them, and their rows."""
        self.sealed, self.key_rows = [], []
        for person in self.erased:
            rows = self.rows("SELECT id FROM person WHERE id IN (SELECT person"
                             " FROM conversation WHERE id IN (SELECT"
                             " conversation FROM message WHERE id=?))",
                             self.message_of(person))
            person.row = rows[0][0]
            self.key_rows.append(person.row)
            for sql in ("SELECT content_sealed FROM message WHERE"
                        " key_person=? AND content_sealed IS NOT NULL",
                        "SELECT media_sealed FROM attachment WHERE"
                        " key_person=? AND length(media_sealed)>0",
                        "SELECT address_sealed FROM address WHERE person=?",
                        "SELECT address_hash FROM address WHERE person=?",
                        "SELECT profile_sealed FROM person WHERE id=? AND"
                        " profile_sealed IS NOT NULL"):
                self.sealed += [v for v, in self.rows(sql, person.row)]
            for name, in self.rows("SELECT file FROM attachment WHERE"
                                   " key_person=? AND file IS NOT NULL",
                                   person.row):
                bytes_of = (self.world.data / "media" / name[:2]
                            / name).read_bytes()
                self.sealed += [bytes_of[:64], bytes_of[-64:]]

    def message_of(self, person):
        """Persons were made in the order they wrote."""
        if not hasattr(self, "first"):
            self.first = [m for m, in self.rows(
                "SELECT min(m.id) FROM message m JOIN conversation c ON"
                " c.id=m.conversation WHERE m.direction='in' GROUP BY"
                " c.person ORDER BY min(m.id)")]
        return self.first[person.number]

    def erase(self):
        self.say(f"{len(self.erased)} are erased, {len(self.flying)} of them"
                 " while a message is on its way")
        self.collect()
        self.world.control("desk", mode="slow")
        for person in self.flying:
            self.write(person, f"Unterwegs von {person.canary}")
        w.until("they are on their way", 60, lambda: self.rows(
            "SELECT count(*) FROM outbox WHERE type='message.received' AND"
            " state='waiting'")[0][0] >= len(self.flying))
        for person in self.erased:
            self.world.api("POST",
                           f"/v1/conversations/{person.conversation}/close")
            status, made = self.rights("POST", "/v1/erasures",
                                       {"person": person.id})
            if status != 202:
                raise w.Failure(f"not erased: {status} {made}")
            person.erasure = made["id"]
        self.world.control("desk", mode="ok")
        done = [w.until("an erasure is done", 180, lambda p=p: (
            lambda e: e if e["step"] == "done" else None)(
                self.rights("GET", f"/v1/erasures/{p.erasure}")[1]), 0.02)
            for p in self.erased]
        self.entries = [e["entry"] for e in done]
        self.check("erased", all(e["kept"] == 0 for e in done),
                   f"{len(done)} persons, "
                   f"{sum(e['erased'] for e in done)} records, "
                   f"{sum(e['keys'] for e in done)} keys")
        steps = [[s["step"] for s in e["steps"]] for e in done]
        self.check("each_step_once", all(
            len(s) == len(set(s)) == len(steps[0]) for s in steps),
            f"{len(steps[0])} steps")

    def quiet(self, states="'waiting','unknown'"):
        """Everything that may be told was told."""
        def look():
            now = (self.world.desk_state()["taken"],
                   self.world.phone_state()["calls"])
            waits = self.rows("SELECT count(*) FROM outbox WHERE state IN"
                              f" ({states})")[0][0]
            same, self.last = now == getattr(self, "last", None), now
            return same and waits == 0
        w.until("it is quiet", 240, look, 0.5)

    # --- what else may not come undone ---------------------------------------
    def stop_and_hold(self):
        """After the backup: one says stop, of another everything is held."""
        self.write(self.stopper, "STOP")
        w.until("withdrawn", 60, lambda: self.advertise() != 202)
        other = json.loads(self.must("token", "create", "--scope", "rights",
                                     "--label", "Recht", "--json"))
        status, made = self.rights("POST", "/v1/holds", {
            "scope": "person", "person": self.persons[7].id,
            "reason": f"Streit mit {self.mark}", "matter_ref": "R 1",
            "approver": other["id"], "review": time.strftime(
                "%Y-%m-%d", time.gmtime(time.time() + 30 * 86400))})
        if status != 201:
            raise w.Failure(f"not held: {status} {made}")
        self.hold = made["id"]

    def still_stopped_and_held(self):
        status = self.advertise()
        self.check("stop_outlives", status not in (202, 404, 503), status)
        status, seen = self.rights("GET", f"/v1/holds/{self.hold}")
        self.check("hold_outlives", status == 200
                   and seen["state"] == "proposed"
                   and seen["person"] == self.persons[7].id,
                   seen.get("state", status))

    # --- 4: nothing of them is left -------------------------------------------
    def look_after(self, name):
        hits = self.sweep(self.clear_forms())
        self.check(f"clear_{name}", not hits, sorted(set(hits))[:5] or "0")
        found = 0
        for path in self.everywhere():
            if self.out in path.parents:
                continue
            content = path.read_bytes()
            found += sum(s in content for s in self.sealed)
        self.check(f"sealed_{name}", found == 0,
                   f"{len(self.sealed)} ciphertexts searched, {found} found")
        db = sqlite3.connect(f"file:{self.world.data}/keeper.db?mode=ro",
                             uri=True, timeout=30)
        keys = sum(db.execute("SELECT count(*) FROM data_key WHERE person=?",
                              (r,)).fetchone()[0] for r in self.key_rows)
        db.close()
        self.check(f"keys_{name}", keys == 0, f"{keys} keys")
        gone = sum(self.world.api(
            "GET", f"/v1/conversations/{p.conversation}")[0] == 404
            for p in self.erased)
        self.check(f"unknown_{name}", gone == len(self.erased),
                   f"{gone} of {len(self.erased)}")

    def look_at_others(self, name):
        good = 0
        for person in self.left:
            status, seen = self.world.api(
                "GET", f"/v1/conversations/{person.conversation}")
            texts = [m.get("text") for m in seen.get("messages", [])] \
                if status == 200 else []
            good += all(t in texts for t in person.says)
        self.check(f"others_{name}", good == len(self.left),
                   f"{good} of {len(self.left)} readable")

    def prove(self, name, entries, vkey):
        out = self.out / f"proofs-{name}"
        out.mkdir()
        good = 0
        for index in entries:
            file = out / f"{index}.tlog-proof"
            code, _ = self.run("ledger", "prove", index, "--out", file)
            good += code == 0 and self.verify(file, vkey)
        self.check(f"proofs_{name}", good == len(entries) > 0,
                   f"{good} of {len(entries)} verify")

    def verify(self, file, vkey):
        return subprocess.run(
            [str(self.world.build / "postern-verify"), "--receipt", str(file),
             "--vkey", f"@{self.out / vkey}.vkey"],
            capture_output=True, timeout=60).returncode == 0

    # --- 5: the backup on an empty machine ------------------------------------
    def restore(self):
        self.say("the machine is lost; the backup comes back")
        self.checkpoint("after")
        self.prove("old", self.entries, "after")
        self.told = (len(self.world.notes()),
                     self.world.phone_state()["calls"])
        status = self.world.stop("postern", seconds=60)
        self.check("orderly_end", status == 0, status)
        wrong = proved.look(self.world.data)
        self.check("log_agrees", not wrong, wrong[:2] or "")
        lost = self.out.parent / "lost"
        shutil.move(self.world.data, lost)
        self.world.data.mkdir(mode=0o700)
        shutil.copytree(lost / "secrets", self.world.data / "secrets")
        for name in ELSEWHERE:
            if (lost / name).exists():
                shutil.copy2(lost / name, self.world.data / name)
        self.must("restore", self.out / "data", "--identity",
                  self.out / "identity", "--keys", self.out / "keys",
                  "--passphrase-file", self.out / "words")
        shutil.rmtree(lost)
        self.locked()

    def locked(self):
        """Held by a keeper that may not open, it serves nothing."""
        root = self.world.data / "keys" / "root"
        root.chmod(0o644)
        self.world.serve(wait=False)
        w.until("it answers", 60, lambda: w.call(
            "GET", self.world.url("internal", "/healthz"))[0] == 200)
        answers = {self.world.api(
            "GET", f"/v1/conversations/{p.conversation}")[0]
            for p in self.erased[:5] + self.left[:5]}
        ready = w.call("GET", self.world.url("internal", "/readyz"))[0]
        self.check("locked", answers == {503} and ready == 503,
                   f"{sorted(answers)}, ready {ready}")
        root.chmod(0o600)
        self.must("keys", "unlock")
        self.world.wait_ready(180)
        body = [json.loads(b) for b, in self.rows(
            "SELECT body FROM ledger_entry ORDER BY id")]
        replayed = [e for e in body if e["e"] == "backup.replayed"]
        self.check("replayed", len(replayed) == 1,
                   replayed[0].get("n", 0) if replayed else "none")
        self.again = [i for i, e in enumerate(body)
                      if e["e"] == "erase.executed"]
        self.check("proved_again", len(self.again) >= len(self.erased),
                   f"{len(self.again)} entries")

    def nothing_told(self):
        parked = self.rows("SELECT count(*) FROM outbox WHERE"
                           " state='restored'")[0][0]
        self.check("parked", parked > 0, f"{parked} deliveries")
        # What comes now is told; whatever was to be told before it would have
        # been, too.
        text = f"Danach noch von {self.left[0].canary}"
        self.write(self.left[0], text)
        self.world.note_with(text)
        # What a provider may have taken when the backup was made stays
        # unknown: it is never sent again.
        self.quiet("'waiting'")
        calls = self.world.phone_state()["calls"]
        said = [n for n in self.world.notes()[self.told[0]:]
                if n["type"].startswith("message.")
                and n["data"].get("text") != text]
        self.check("nothing_resent", not said and calls == self.told[1],
                   f"{len(said)} notes, {calls - self.told[1]} messages")

    def proofs_after(self):
        self.must("ledger", "checkpoint", "--show")
        w.until("the new log is signed", 120, lambda: self.run(
            "ledger", "checkpoint")[0] == 0)
        self.checkpoint("restored")
        self.prove("new", self.again[:len(self.erased)], "restored")
        kept = sum(self.verify(self.out / "proofs-old" / f"{i}.tlog-proof",
                               "after") for i in self.entries)
        self.check("old_proofs_hold", kept == len(self.entries),
                   f"{kept} of {len(self.entries)}")
        code, said = self.run("ledger", "verify")
        self.check("log_verifies", code == 0, said.splitlines()[0][:90])

    # --- all of it --------------------------------------------------------------
    def begin(self):
        self.since = time.time()
        self.world.make()
        self.world.start_all()
        self.token = json.loads(self.world.postern(
            "token", "create", "--scope", "rights", "--label", "Uebung",
            "--json"))["token"]

    def whole(self):
        self.begin()
        self.fill()
        self.look_before()
        self.back_up()
        self.choose()
        self.stop_and_hold()
        self.erase()
        self.quiet()
        self.look_after("erased")
        self.look_at_others("erased")
        self.restore()
        self.look_after("restored")
        self.still_stopped_and_held()
        self.nothing_told()
        self.look_at_others("restored")
        self.proofs_after()
        status = self.world.stop("postern", seconds=60)
        self.check("end", status == 0, status)
        wrong = proved.look(self.world.data)
        self.check("log_agrees_restored", not wrong, wrong[:2] or "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=1000)
    parser.add_argument("--erase", type=int, default=100)
    parser.add_argument("--flying", type=int, default=20)
    parser.add_argument("--out", default=str(ROOT / "build" / "drill"))
    parser.add_argument("--seconds", type=int, default=1500)
    args = parser.parse_args()
    signal.alarm(args.seconds)
    with tempfile.TemporaryDirectory(prefix="postern-drill-") as directory:
        drill = Drill(args, pathlib.Path(directory))
        pathlib.Path(directory).chmod(0o711)
        try:
            drill.whole()
        except w.Failure as failure:
            drill.check("went_through", False, failure)
            log = drill.world.dir / "postern.log"
            if log.exists():
                print(log.read_text(errors="replace")[-3000:])
        finally:
            drill.world.stop_all()
        seconds = time.monotonic() - drill.began
        report.write(pathlib.Path(args.out), drill, seconds)
    bad = [c for c in drill.checks if not c[1]]
    print(f"{len(drill.checks) - len(bad)} checks held, {len(bad)} did not;"
          f" {seconds:.0f} s; report in {args.out}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
