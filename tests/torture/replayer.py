#!/usr/bin/env python3
"""Goal: the replayer of power cuts keeps what was synced and may lose the
rest: of writes, of new, renamed and removed names."""
import pathlib
import random

import faults
import ledger
import replay
import setup
from ledger import check

NS = 1000


class Before:
    """keys/root is there, inode 1."""
    files = {"keys/root": (1, b"old")}


def op(kind, at, path="", inode=0, offset=0, data=b"", second="", lasts=0):
    made = faults.Op.__new__(faults.Op)
    made.op, made.call, made.begin, made.end = kind, 0, at, at + lasts
    made.inode, made.offset, made.path = inode, offset, path
    made.second, made.data = second, data
    return made


def left(ops, mode, at=10 * NS, seed=1):
    return replay.Cut(Before, ops, at).build(mode, random.Random(seed))


# A new file takes the place of an old one, as the keeper does it.
MOVE = [op(faults.CREATE, 1, "keys/root.new", 2, offset=0o600),
        op(faults.WRITE, 2, "keys/root.new", 2, 0, b"new"),
        op(faults.SYNC, 3, "keys/root.new", 2),
        op(faults.SYNC_FOLDER, 4, "keys"),
        op(faults.RENAME, 5, "keys/root.new", second="keys/root"),
        op(faults.SYNC_FOLDER, 6, "keys"),
        op(faults.WRITE, 7, "keys/root", 1, 0, b"\0\0\0")]


def a_rename_lasts_once_its_folder_is_synced(rng):
    for mode in replay.MODES:
        check(left(MOVE, mode) == {"keys/root": b"new"}, mode)


def a_file_has_the_mode_it_was_made_with(rng):
    """The keeper takes no key that others may read."""
    check(left(MOVE[:5], "none")["keys/root.new"].mode == 0o600, "new")
    check(left(MOVE, "none")["keys/root"].mode == 0o600, "moved")


def a_rename_may_be_lost_until_then(rng):
    both = {"keys/root": b"old", "keys/root.new": b"new"}
    done = {"keys/root": b"new"}
    check(left(MOVE[:5], "none") == both, "none")
    check(left(MOVE[:5], "all") == done, "all")
    seen = [left(MOVE[:5], "subset", seed=n) for n in range(40)]
    check(both in seen and done in seen, "one of the two never came")
    check(all(s in (both, done) for s in seen), "a third way")
    # A sync that has begun and not ended promises nothing.
    late = MOVE[:5] + [op(faults.SYNC_FOLDER, 6, "keys", lasts=20 * NS)]
    check(left(late, "none") == both, "counted before its end")


def a_rename_without_the_sync_of_its_file_may_empty_it(rng):
    hasty = [o for o in MOVE[:6] if o.op != faults.SYNC]
    check(left(hasty, "none") == {"keys/root": b""}, "none")
    check(left(hasty, "all") == {"keys/root": b"new"}, "all")


def a_rename_brings_a_file_whose_own_name_was_never_synced(rng):
    bare = [o for o in MOVE if o.op != faults.SYNC_FOLDER][:4]
    seen = [left(bare, "subset", seed=n) for n in range(80)]
    for wanted in ({"keys/root": b"old"}, {"keys/root": b"new"},
                   {"keys/root": b"old", "keys/root.new": b"new"}):
        check(wanted in seen, f"never {wanted}")


def a_removed_name_comes_back_until_its_folder_is_synced(rng):
    gone = [op(faults.UNLINK, 1, "keys/root")]
    check(left(gone, "none") == {"keys/root": b"old"}, "none")
    check(left(gone, "all") == {}, "all")
    gone.append(op(faults.SYNC_FOLDER, 2, "keys"))
    check(left(gone, "none") == {}, "synced")
    other = [gone[0], op(faults.SYNC_FOLDER, 2, "spool")]
    check(left(other, "none") == {"keys/root": b"old"}, "another folder")


def sectors_of_a_write_fall_each_for_itself(rng):
    long = [op(faults.WRITE, 1, "keys/root", 1, 0, b"n" * 1024)]
    seen = {left(long, "subset", seed=n)["keys/root"] for n in range(60)}
    check(b"n" * 512 in seen, "the second never fell")
    check(b"old" + bytes(509) + b"n" * 512 in seen, "the first never fell")
    check(b"old" in seen and b"n" * 1024 in seen, "none or all never came")


def what_comes_after_the_cut_never_was(rng):
    check(left(MOVE, "all", at=5) ==
          {"keys/root": b"old", "keys/root.new": b"new"}, "too much")


def an_image_is_written_as_it_was_built(rng):
    with setup.folder() as place:
        data = place / "data"
        (data / "keys").mkdir(parents=True)
        (data / "keys" / "root").write_bytes(b"old")

        class World:
            pass
        World.data = data
        snapshot = replay.Snapshot(World, place / "before")
        files = {"keys/root": replay.Content(b"new\0\0"),
                 "keys/more": replay.Content(b"")}
        files["keys/more"].mode = 0o600
        replay.write_image(snapshot, files, place / "image")
        found = {str(p.relative_to(place / "image")): p.read_bytes()
                 for p in pathlib.Path(place / "image").rglob("*")
                 if p.is_file()}
        check(found == files, str(found))
        mode = (place / "image" / "keys" / "more").stat().st_mode & 0o777
        check(mode == 0o600, f"mode {mode:o}")


# --- the ledger check ---------------------------------------------------------

def half_a_line_is_not_read_yet(rng):
    with setup.folder() as place:
        class World:
            dir = place
        check(ledger.delivered(World) == [], "no file")
        note = ('{"id":"i","type":"message.received","conversation":"c",'
                '"text":"a-0 p1 n1"}\n')
        (place / "desk.ledger").write_text(note + note[:50])
        check(len(ledger.delivered(World)) == 1, "not the whole one alone")
        (place / "load.ledger").write_text("acked a-0 5\nacked a-")
        check(ledger.lines(place / "load.ledger", "acked") == ["a-0"], "acked")


def only_a_crash_within_a_library_is_excused(rng):
    def log(*frames):
        return "{}\n".join(f"crash {len(frames)} at {f} 0x1\n"
                           for f in frames)
    own, lock = "postern doors_open", "libc.so.6 pthread_rwlock_wrlock"
    crypto = "libcrypto.so.3 ?"
    made = log(own, "libc.so.6 ?", lock, crypto, crypto, own)
    ours = log(own, "libc.so.6 ?", "postern admit", own)
    given = log(own, "libc.so.6 ?", lock, crypto, own)
    copied = log(own, "libc.so.6 ?", "libc.so.6 memcpy", own)
    looked = log(own, "libc.so.6 ?", "libc.so.6 ?", "libc.so.6 getgrnam", own,
                 own, own)
    for text, right in ((made, True), (looked, True), (made + looked, True),
                        (ours, False), (given, False), (copied, False),
                        (made + ours, False), ("", False)):
        check(ledger.inside_a_library(text) == right, text)


if __name__ == "__main__":
    setup.run([a_file_has_the_mode_it_was_made_with,
               a_rename_lasts_once_its_folder_is_synced,
               a_rename_may_be_lost_until_then,
               a_rename_without_the_sync_of_its_file_may_empty_it,
               a_rename_brings_a_file_whose_own_name_was_never_synced,
               a_removed_name_comes_back_until_its_folder_is_synced,
               sectors_of_a_write_fall_each_for_itself,
               what_comes_after_the_cut_never_was,
               an_image_is_written_as_it_was_built,
               half_a_line_is_not_read_yet,
               only_a_crash_within_a_library_is_excused])
