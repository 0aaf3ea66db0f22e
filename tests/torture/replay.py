"""Builds what a disk may hold after a power cut, from a recording.

A write is durable once a sync of its file, begun after it, has ended; a name
once a sync of its folder has.  Of the rest the disk keeps none, all, a prefix
in time, or any subset; in a subset every 512-byte sector falls on its own."""
import os
import pathlib
import shutil

import faults

SECTOR = 512
MODES = ("none", "all", "prefix", "subset")
NAMES = (faults.CREATE, faults.RENAME, faults.UNLINK)
CONTENT = (faults.WRITE, faults.TRUNCATE, faults.GROW)
# Not part of what is recorded, or not part of the product.
LEFT_OUT = ("faults.plan", "postern.db-shm", "keeper.db-shm", "run")


class Content(bytes):
    """What a file holds, and its mode."""
    mode = None


class Object:
    """One file, whatever it is called."""

    def __init__(self, content=b"", mode=None):
        self.content, self.mode = content, mode  # None: as it was before
        self.ops = []
        self.synced = -1  # writes begun before are durable


class Snapshot:
    """The data directory before the recording; it is taken as durable."""

    def __init__(self, world, into):
        self.dir = pathlib.Path(into)
        shutil.copytree(world.data, self.dir, symlinks=True,
                        ignore=shutil.ignore_patterns(*LEFT_OUT))
        self.files = {}
        for path in world.data.rglob("*"):
            name = str(path.relative_to(world.data))
            if path.is_file() and name.split("/")[0] not in LEFT_OUT:
                self.files[name] = (path.stat().st_ino, path.read_bytes())


class Cut:
    """The state at one moment, before it is decided what is kept."""

    def __init__(self, snapshot, ops, at_ns):
        self.at = at_ns
        self.start, self.inodes, self.live = {}, {}, {}
        self.names, self.folders = [], {}
        for name, (inode, content) in snapshot.files.items():
            made = Object(content)
            self.start[name] = self.live[name] = self.inodes[inode] = made
        for op in ops:
            if op.begin < at_ns:
                self.take(op)

    def take(self, op):
        if op.op == faults.CREATE:
            self.inodes[op.inode] = self.live[op.path] = Object(
                mode=op.offset)
            self.names.append((op, self.live[op.path]))
        elif op.op in (faults.RENAME, faults.UNLINK):
            gone = self.live.pop(op.path, None)
            self.names.append((op, gone))
            if op.op == faults.RENAME and gone is not None:
                self.live[op.second] = gone
        elif op.op == faults.SYNC_FOLDER and op.end < self.at:
            self.folders[op.path] = op.begin
        elif op.op == faults.SYNC and op.end < self.at:
            if op.inode in self.inodes:
                self.inodes[op.inode].synced = op.begin
        elif op.op in CONTENT:
            if op.inode not in self.inodes:  # never opened with O_CREAT here
                self.inodes[op.inode] = self.start[op.path] = Object()
            self.inodes[op.inode].ops.append(op)

    def durable_name(self, op):
        folder = os.path.dirname(op.second or op.path)
        return op.begin < self.folders.get(folder, -1)

    def build(self, mode, rng):
        """{name: bytes} as this cut may leave it."""
        horizon = rng.randint(self.at - 1_000_000_000, self.at)
        odds = rng.choice((0.2, 0.5, 0.8))

        def kept(op):
            if mode == "subset":
                return rng.random() < odds
            return mode == "all" or (mode == "prefix" and op.begin < horizon)
        names = dict(self.start)
        for op, made in self.names:
            if not self.durable_name(op) and not kept(op):
                continue
            if op.op == faults.CREATE:
                names[op.path] = made
                continue
            # A rename is one entry of a journal: it brings the file to its
            # new name even if that of its making was not kept by itself.
            names.pop(op.path, None)
            if op.op == faults.RENAME and made is not None:
                names[op.second] = made
        return {name: contents(o, mode, kept, rng, odds)
                for name, o in names.items()}


def contents(o, mode, kept, rng, odds):
    data = bytearray(o.content)
    for op in o.ops:
        durable = op.begin < o.synced
        if op.op == faults.WRITE and mode == "subset" and not durable:
            torn(data, op, rng, odds)
        elif durable or kept(op):
            apply(data, op)
    made = Content(data)
    made.mode = o.mode
    return made


def apply(data, op):
    if op.op == faults.TRUNCATE:
        del data[op.offset:]
    size = op.offset + (len(op.data) if op.op == faults.WRITE else 0)
    if len(data) < size:
        data.extend(bytes(size - len(data)))
    if op.op == faults.WRITE:
        data[op.offset:size] = op.data


def torn(data, op, rng, odds):
    """Each sector of one write by itself."""
    at = 0
    while at < len(op.data):
        upto = at + SECTOR - (op.offset + at) % SECTOR
        if rng.random() < odds:
            end = op.offset + min(upto, len(op.data))
            if len(data) < end:
                data.extend(bytes(end - len(data)))
            data[op.offset + at:end] = op.data[at:upto]
        at = upto


def write_image(snapshot, files, into):
    """The image as a data directory."""
    into = pathlib.Path(into)
    shutil.copytree(snapshot.dir, into, symlinks=True)
    for name in snapshot.files:
        if name not in files:
            (into / name).unlink()
    for name, content in files.items():
        path = into / name
        if name in snapshot.files and content == snapshot.files[name][1]:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(0o640)
        with open(path, "r+b") as file:
            body = content.rstrip(b"\0")
            file.write(body)
            file.truncate(len(content))  # the zeros need no room
        if content.mode is not None:
            path.chmod(content.mode)
