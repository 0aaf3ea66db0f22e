"""Do the messages of an archive agree with its proof log?  Written apart from
the gateway's own check, from docs/ledger.md: the hashes are Python's, and
everything is read at once."""
import hashlib
import json
import sqlite3

NO_CONTENT, NO_ROW = bytes(32), b"\xff" * 32


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root(entries):
    """MTH of RFC 6962, 2.1."""
    if len(entries) == 1:
        return sha(b"\0", entries[0])
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha(b"\1", root(entries[:k]), root(entries[k:]))


def what_is(content):
    return NO_CONTENT if content is None else sha(b"\0", content)


def lists(db, wrong):
    """(entry, event, records) of every entry about messages."""
    found = dict(db.execute("SELECT entry,messages FROM ledger_batch"))
    for index, body in db.execute("SELECT id,body FROM ledger_entry"
                                  " ORDER BY id"):
        entry = json.loads(body)
        if not entry["e"].startswith("messages."):
            continue
        blob = found.pop(index, b"")
        records = [blob[i:i + 40] for i in range(0, len(blob), 40)]
        if not records or len(records) != entry["n"] or \
                root(records).hex() != entry["root"]:
            wrong.append(f"entry {index}: not its list")
            continue
        yield index, entry["e"], records
    wrong += [f"a list of no entry: {i}" for i in found]


def since(db, listed):
    """The first message the log knows: what pruned entries had is unknown."""
    first, = db.execute("SELECT coalesce(min(id),0) FROM ledger_entry"
                        ).fetchone()
    if first > 0:
        return min(listed, default=2 ** 63)
    return int.from_bytes(db.execute(
        "SELECT value FROM meta WHERE name='ledger_messages_from'"
    ).fetchone()[0], "big")


def messages(db):
    """What is wrong."""
    wrong, says, newest, came = [], {}, {}, set()
    for index, event, records in lists(db, wrong):
        for record in records:
            number = int.from_bytes(record[:8], "big")
            says[number] = record[8:]
            if event != "messages.archived":
                newest[number] = index
            elif number in came or number in newest:
                wrong.append(f"entry {index}: message {number} comes again")
            else:
                came.add(number)
    begun = since(db, came)
    wrong += [f"message {n}: never came" for n in newest
              if n not in came and n >= begun]
    for number, content in db.execute("SELECT id,content_sealed FROM message"):
        said = says.pop(number, None)
        if said is None and number >= begun:
            wrong.append(f"message {number}: in no entry")
        elif said is not None and said != what_is(content):
            wrong.append(f"message {number}: not what the log says")
    wrong += [f"message {n}: gone" for n, s in says.items() if s != NO_ROW]
    if newest != dict(db.execute("SELECT message,entry FROM ledger_gone")):
        wrong.append("ledger_gone is not what the entries say")
    return wrong


def look(data):
    """What is wrong with a data folder, at one moment."""
    path = data / "postern.db"
    if not path.exists():
        return []
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        db.execute("BEGIN")
        return messages(db)
    finally:
        db.close()
