"""Goal: the signed log as files anybody may read: off by default; tiles,
bundles and checkpoint in the layout of c2sp.org/tlog-tiles, nothing else of the
instance; what is pruned disappears, its hashes stay."""
import base64
import hashlib
import http.client
import json
import signal
import sqlite3
import subprocess

from case import case, check, equal, main, raw, rows, w

TOKEN = {}


def make(world):
    world.make()
    settle(world, "false")
    fill(world, 600, "2001")
    world.start_all()
    TOKEN["operator"] = json.loads(world.postern(
        "token", "create", "--scope", "operator", "--label", "op",
        "--json"))["token"]


def settle(world, publish, keep="P1000Y"):
    path = world.data / "postern.yaml"
    text = "".join(line for line in path.read_text().splitlines(True)
                   if not line.startswith("ledger:"))
    path.write_text(text + "ledger: {checkpoint: {minutes: 1440, entries: "
                    f"100000}}, publish: {publish}, keep: {keep}}}\n")


def get(world, path):
    """(status, headers, body)"""
    c = http.client.HTTPConnection("127.0.0.1", world.ports["public"],
                                   timeout=20)
    try:
        c.request("GET", path)
        answer = c.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        c.close()


def sign(world):
    status, made = world.api("POST", "/v1/ledger/checkpoint",
                             token=TOKEN["operator"])
    equal(status, 200, "signed")
    return made


def shown(world, made):
    w.until("it is published", 60, lambda: get(world, "/ledger/checkpoint")[2]
            == made["checkpoint"].encode())


def fill(world, count, year):
    """So many entries in the log, as the gateway writes them."""
    db = sqlite3.connect(world.data / "postern.db")
    last, = db.execute(
        "SELECT coalesce(max(id), -1) FROM ledger_entry").fetchone()
    for i in range(count):
        db.execute("INSERT INTO ledger_entry(id,body) VALUES(?,?)", (
            last + 1 + i, json.dumps({
                "act": "system", "e": "policy.changed", "n": i,
                "t": f"{year}-11-21T18:00:00Z", "v": 1},
                separators=(",", ":"), sort_keys=True).encode()))
    db.commit()
    db.close()


@case
def nothing_is_shown_unless_it_is_wanted(world):
    world.phone_text("Hallo")
    world.note_with("Hallo")
    sign(world)
    for path in ("/ledger/checkpoint", "/ledger/tile/0/000.p/1", "/ledger/"):
        equal(get(world, path)[0], 404, path)
    check(not (world.data / "ledger").exists(), "a folder")


def name(n):
    digits = f"{n:03d}" if n < 1000 else f"x{n // 1000:03d}/{n % 1000:03d}"
    return digits


def tiles(size):
    """(level, number, width) of every tile in a tree of this size."""
    level, width = 0, size
    while width:
        for n in range((width + 255) // 256):
            yield level, n, min(256, width - 256 * n)
        level, width = level + 1, width // 256


def path_of(level, number, width):
    part = "" if width == 256 else f".p/{width}"
    return f"/ledger/tile/{level}/{name(number)}{part}"


def root(hashes):
    while len(hashes) > 1:
        k = 1
        while 2 * k < len(hashes):
            k *= 2
        return hashlib.sha256(b"\1" + root(hashes[:k]) +
                              root(hashes[k:])).digest()
    return hashes[0]


def fetch_all(world, size):
    """Entries by index; every hash above them is checked on the way."""
    entries, below = [], {}
    for level, number, width in tiles(size):
        status, head, body = get(world, path_of(level, number, width))
        equal((status, len(body)), (200, 32 * width), (level, number, width))
        equal(head["Content-Type"], "application/octet-stream", "type")
        equal("immutable" in head["Cache-Control"], width == 256, head)
        hashes = [body[i:i + 32] for i in range(0, len(body), 32)]
        below[level, number] = hashes
        if level > 0:
            for i, one in enumerate(hashes):
                equal(root(below[level - 1, 256 * number + i]), one, "above")
            continue
        part = "" if width == 256 else f".p/{width}"
        status, head, bundle = get(
            world, f"/ledger/tile/entries/{name(number)}{part}")
        if status == 404:
            entries += [None] * width
            continue
        equal(status, 200, "bundle")
        at = 0
        for leaf in hashes:
            length = int.from_bytes(bundle[at:at + 2], "big")
            entry = bundle[at + 2:at + 2 + length]
            equal(hashlib.sha256(b"\0" + entry).digest(), leaf, "leaf")
            entries.append(entry)
            at += 2 + length
        equal(at, len(bundle), "bundle's end")
    level0 = [h for n in range((size + 255) // 256) for h in below[0, n]]
    return entries, root(level0)


@case
def every_tile_is_there_and_the_root_is_the_signed_one(world):
    settle(world, "true")
    equal(world.stop("postern"), 0, "status")
    world.serve()
    made = sign(world)
    shown(world, made)
    status, head, body = get(world, "/ledger/checkpoint")
    equal((status, head["Content-Type"], head["Cache-Control"]),
          (200, "text/plain; charset=utf-8", "no-cache"), "checkpoint")
    entries, top = fetch_all(world, made["size"])
    equal(top.hex(), made["root"], "root")
    equal(entries, [bytes(r[0]) for r in rows(
        world, "SELECT body FROM ledger_entry WHERE id<? ORDER BY id",
        made["size"])], "entries")
    equal(base64.b64decode(body.decode().split("\n")[2]).hex(), made["root"],
          "signed")


def vkeys(world):
    return [k["vkey"] for k in world.api(
        "GET", "/v1/ledger/keys", token=TOKEN["operator"])[1]["keys"]]


def verify(world):
    """What an auditor runs on a copy of the folder."""
    argv = [w.BUILD / "postern-verify", "--json"]
    for vkey in vkeys(world):
        argv += ["--vkey", vkey]
    done = subprocess.run([*argv, world.data / "ledger"],
                          capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@case
def an_auditor_verifies_the_folder(world):
    equal(verify(world)[0], 0, verify(world)[1])
    tile = world.data / "ledger/tile/entries/001"
    good = tile.read_bytes()
    tile.write_bytes(good.replace(b"policy.changed", b"policy.stopped", 1))
    status, said = verify(world)
    tile.write_bytes(good)
    equal(status, 1, said)
    equal((json.loads(said)["verdict"], json.loads(said)["index"]),
          ("bad_entry", 256), "said")


@case
def one_connection_serves_many(world):
    c = http.client.HTTPConnection("127.0.0.1", world.ports["public"],
                                   timeout=20)
    for path in ("/ledger/checkpoint", "/ledger/tile/0/000",
                 "/ledger/checkpoint"):
        c.request("GET", path)
        answer = c.getresponse()
        equal(answer.status, 200, path)
        check(answer.read() and c.sock is not None, "closed")
    c.close()


@case
def keys_that_are_not_published_yet_accuse_nobody(world):
    """The folder lags behind a rotation; the gateway knows its keys."""
    path = world.data / "ledger" / "vkey"
    before = path.read_text()
    equal(world.api("POST", "/v1/ledger/rotate-key",
                    token=TOKEN["operator"])[0], 200, "rotated")
    shown(world, sign(world))
    after = path.read_text()
    check(after.startswith(before) and after != before, "one more")
    path.write_text(before)
    said = world.postern("ledger", "verify")
    path.write_text(after)
    check(said.startswith("sound"), said)


@case
def nothing_else_can_be_asked_for(world):
    for path in ("/ledger", "/ledger/", "/ledger/tile", "/ledger/tile/0",
                 "/ledger/tile/0/", "/ledger/tile/0/0", "/ledger/tile/0/999",
                 "/ledger/tile/00/000", "/ledger/tile/8/000",
                 "/ledger/tile/0/000.p/0", "/ledger/tile/0/000.p/256",
                 "/ledger/tile/entries/x000/000", "/ledger/checkpoint/",
                 "/ledger/checkpoint.new", "/ledger/tile/0/000/",
                 "/ledger/tile/data/000", "/ledger/postern.yaml"):
        equal(get(world, path)[0], 404, path)
    for path in ("/ledger/../postern.yaml", "/ledger/tile/../../postern.db",
                 "/ledger/%2e%2e/postern.yaml", "/ledger//etc/passwd",
                 "/ledger/tile/0/..%2f000", "/ledger/.", "//ledger/checkpoint"):
        answer, _ = raw(world, f"GET {path} HTTP/1.1\r\nHost: x\r\n"
                        "Connection: close\r\n\r\n".encode())
        check(answer.split(b" ")[1] in (b"400", b"404"), (path, answer))
    # A body nobody asked for ends the connection, so nothing can hide in it.
    answer, closed = raw(world, b"GET /ledger/checkpoint HTTP/1.1\r\nHost: x"
                         b"\r\nContent-Length: 40\r\n\r\n" + 40 * b"x" +
                         b"GET /ledger/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n")
    equal((answer.count(b"HTTP/1.1 "), closed), (1, True), "a body")
    answer, _ = raw(world, b"POST /ledger/checkpoint HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Length: 0\r\nConnection: close\r\n\r\n")
    equal(answer.split(b" ")[1], b"404", "POST")


@case
def it_goes_on_from_where_it_was(world):
    old = json.loads(json.dumps(rows(
        world, "SELECT max(size) FROM ledger_checkpoint")))[0][0]
    folder = world.data / "ledger" / "tile" / "0"
    before = {p: p.stat().st_mtime_ns for p in folder.iterdir()
              if p.is_file()}
    equal(world.stop("postern"), 0, "status")
    fill(world, 300, "2026")
    world.serve()
    made = sign(world)
    shown(world, made)
    entries, top = fetch_all(world, made["size"])
    equal(top.hex(), made["root"], "root")
    check(None not in entries, "entries")
    equal({p: p.stat().st_mtime_ns for p in before}, before, "full tiles")
    number, width = divmod(old, 256)
    equal(get(world, path_of(0, number, width))[0], 404, "a full one is there")


@case
def a_checkpoint_with_one_more_signature_is_shown(world):
    """As a witness leaves it."""
    equal(world.stop("postern"), 0, "status")
    db = sqlite3.connect(world.data / "postern.db")
    size, note = db.execute("SELECT size, note FROM ledger_checkpoint"
                            " ORDER BY size DESC LIMIT 1").fetchone()
    more = bytes(note) + "\u2014 w.example {}\n".format(
        base64.b64encode(bytes(76)).decode()).encode()
    db.execute("UPDATE ledger_checkpoint SET note=? WHERE size=?",
               (more, size))
    db.commit()
    db.close()
    world.serve()
    w.until("it is shown", 30, lambda: get(world, "/ledger/checkpoint")[2]
            == more)


@case
def pruned_bundles_disappear_and_tiles_stay(world):
    equal(world.stop("postern"), 0, "status")
    settle(world, "true", "P5Y")
    world.serve()
    # The log's first entries are of another century.
    world.confirm_clock()
    w.until("what goes is named", 30, lambda: any(
        b'"e":"log.pruned"' in bytes(body) for body, in rows(
            world, "SELECT body FROM ledger_entry ORDER BY id DESC LIMIT 20")))
    made = sign(world)
    shown(world, made)
    w.until("they are gone", 30, lambda: get(
        world, "/ledger/tile/entries/001")[0] == 404)
    entries, top = fetch_all(world, made["size"])
    equal(top.hex(), made["root"], "root")
    equal(entries[:512], [None] * 512, "pruned")
    check(None not in entries[512:], "kept")
    equal(rows(world, "SELECT min(id) FROM ledger_entry"), [(512,)], "rows")
    equal(verify(world)[0], 0, verify(world)[1])


@case
def it_can_be_ended_again(world):
    settle(world, "false")
    world.processes["postern"].send_signal(signal.SIGHUP)
    w.until("it is gone", 30,
            lambda: get(world, "/ledger/checkpoint")[0] == 404)


main(make)
