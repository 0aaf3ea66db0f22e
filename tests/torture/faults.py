"""The test's hand on the fault layer: the page faults.h describes, and the
recording the layer writes."""
import errno
import mmap
import struct

MAGIC = 0x46415532
HEADER = struct.Struct("<IIIIq")
RULE = struct.Struct("<IIIIIIQqQQQ")
RULES = 4
STACKS = 65536
COLLECT = 2 ** 64 - 1
FRESH = COLLECT - 1
RECORD = struct.Struct("<IIIIqqQqQ")

ROLES = {"keeper": 1, "worker": 2, "intake": 4, "serve": 8, "verb": 16}
CALLS = {name: 1 << i for i, name in enumerate((
    "write", "pwrite", "pwritev", "fdatasync", "fsync", "ftruncate", "rename",
    "unlink", "open", "sendmsg", "fallocate", "malloc", "close"))}
FILES = {"spool": 1, "archive": 2, "wal": 4, "keystore": 8, "keys": 16,
         "media": 32, "folder": 64, "other": 128, "ledger": 256}
DISK = "spool archive wal keystore keys media folder"
ACTIONS = {"count": 0, "kill": 1, "error": 2, "short": 3, "drop": 4,
           "delay": 5, "late": 6}

WRITE, TRUNCATE, CREATE, RENAME, UNLINK, SYNC, SYNC_FOLDER, GROW = range(1, 9)


def bits(names, table):
    return sum(table[n] for n in names.split())


class Plan:
    """The plan of one instance.  Made before `serve` starts."""

    def __init__(self, world):
        self.path = world.data / "faults.plan"
        self.stacks_at = HEADER.size + RULES * RULE.size
        size = self.stacks_at + STACKS * 8
        if not self.path.exists():
            page = bytearray(size)
            HEADER.pack_into(page, 0, MAGIC, 0, 0, 0, 0)
            self.path.write_bytes(page)
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), size)

    def close(self):
        self.page.close()

    def rule(self, slot, roles, calls, files, action, at=1, error=None,
             times=1, ms=0, stack=0):
        number = getattr(errno, error) if error else 0
        RULE.pack_into(self.page, HEADER.size + slot * RULE.size,
                       bits(roles, ROLES), bits(calls, CALLS),
                       bits(files, FILES), ACTIONS[action], number, times,
                       at, ms, 0, 0, stack)

    def clear(self):
        self.arm(False)
        for slot in range(RULES):
            self.page[HEADER.size + slot * RULE.size:
                      HEADER.size + (slot + 1) * RULE.size] = bytes(RULE.size)

    def seen(self, slot=0):
        return RULE.unpack_from(self.page, HEADER.size + slot * RULE.size)[8]

    def fired(self, slot=0):
        return RULE.unpack_from(self.page, HEADER.size + slot * RULE.size)[9]

    def stacks(self):
        """The places a collecting rule has met so far."""
        table = self.page[self.stacks_at:self.stacks_at + STACKS * 8]
        return {s for s, in struct.iter_unpack("<Q", table) if s != 0}

    def keep_stacks(self, stacks):
        """Into a new page what an old one has met."""
        for stack in stacks:
            slot = stack % STACKS
            while True:
                at = self.stacks_at + slot * 8
                found, = struct.unpack_from("<Q", self.page, at)
                if found in (0, stack):
                    break
                slot = (slot + 1) % STACKS
            struct.pack_into("<Q", self.page, at, stack)

    def arm(self, on=True):
        struct.pack_into("<I", self.page, 4, int(on))

    def record(self, on=True):
        struct.pack_into("<I", self.page, 8, int(on))

    def clock(self, offset_ms):
        struct.pack_into("<q", self.page, 16, offset_ms)


class Op:
    __slots__ = ("op", "call", "begin", "end", "inode", "offset", "path",
                 "second", "data")

    def __init__(self, fields, path, second, data):
        (self.op, _, _, self.call, self.begin, self.end, self.inode,
         self.offset, _) = fields
        self.path, self.second, self.data = path, second, data


def read_recording(world):
    """Every recorded operation of all processes, in order of time."""
    ops = []
    for log in sorted(world.dir.glob("faults.*.log")):
        raw = log.read_bytes()
        at = 0
        while at + RECORD.size <= len(raw):
            fields = RECORD.unpack_from(raw, at)
            at += RECORD.size
            path_len, second_len, size = fields[1], fields[2], fields[8]
            path = raw[at:at + path_len].decode()
            at += path_len
            second = raw[at:at + second_len].decode()
            at += second_len
            ops.append(Op(fields, path, second, raw[at:at + size]))
            at += size
    ops.sort(key=lambda o: o.begin)
    return ops
