"""One server at a time: all others stand still (SIGSTOP) while it is measured.

Waiting until a server is idle is not enough: one that looks idle may still
archive, write a checkpoint or vacuum."""
import ctypes
import os
import pathlib
import signal
import statistics
import threading
import time


def parents():
    """{pid: its parent} of everything that runs."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        found[int(entry.name)] = int(stat.rsplit(")", 1)[1].split()[1])
    return found


def tree(roots):
    """These processes and all below them, parents first."""
    table, found = parents(), []
    level = [p for p in roots if p in table]
    while level:
        found += level
        level = [p for p, parent in table.items() if parent in level]
    return found


def tell(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def freeze(server):
    tell(tree(server.roots()), signal.SIGSTOP)


def thaw(server):
    """Who is stopped on purpose stays so."""
    asleep = set(server.asleep())
    tell([p for p in tree(server.roots()) if p not in asleep],
         signal.SIGCONT)


def processor_s(pids):
    """Seconds of processor that these had so far."""
    ticks = 0
    for pid in pids:
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue  # it has ended
        ticks += sum(map(int, stat.rsplit(")", 1)[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def turn(server, function):
    """function() while only this server runs; nothing left to write.  What
    it answered gets its processor time per request."""
    os.sync()
    pids = tree(server.roots())
    before = processor_s(pids)
    thaw(server)
    try:
        figures = function()
    finally:
        freeze(server)
    if figures.get("acknowledged"):
        figures["processor_us"] = (
            processor_s(pids) - before) * 1e6 / figures["acknowledged"]
    return figures


def others_busy(seconds=0.5):
    """Share of the processors that is not idle while all of ours stand."""
    def ticks():
        with open("/proc/stat") as f:
            values = list(map(int, f.readline().split()[1:9]))
        return sum(values), values[3] + values[4]
    total, idle = ticks()
    time.sleep(seconds)
    total_now, idle_now = ticks()
    return 1 - (idle_now - idle) / max(total_now - total, 1)


def sync_ms(directory, library=None, rounds=200):
    """Median fdatasync of 8 kB into a preallocated file, as the servers have
    it: through the library that makes it slower, if there is one."""
    path, times = directory / "sync", []
    with open(path, "wb", buffering=0) as f:
        one = flush_into(f, library, rounds)
        for i in range(rounds):
            times.append(one(i))
    path.unlink()
    return statistics.median(times)


def flush_into(f, library, blocks):
    """f(i): writes block i and flushes it; the ms that the flush took."""
    call = ctypes.CDLL(library and str(library)).fdatasync
    os.posix_fallocate(f.fileno(), 0, blocks * 8192)
    os.fsync(f.fileno())

    def one(i):
        os.pwrite(f.fileno(), b"x" * 8192, i * 8192)
        began = time.perf_counter()
        if call(f.fileno()) != 0:
            raise OSError("fdatasync failed")
        return (time.perf_counter() - began) * 1000
    return one


class Beside:
    """What a flush of nobody's concern takes while something else runs: a
    hundred a second at most."""
    BLOCKS = 64

    def __init__(self, directory, library):
        self.path, self.library = directory / "beside", library
        self.times, self.over = [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with open(self.path, "wb", buffering=0) as f:
            one = flush_into(f, self.library, self.BLOCKS)
            while not self.over.wait(0.01):
                self.times.append(one(len(self.times) % self.BLOCKS))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.path.unlink()

    def figures(self):
        times = sorted(self.times) or [0]
        return {"flush_p50_ms": times[len(times) // 2],
                "flush_p99_ms": times[len(times) * 99 // 100]}
