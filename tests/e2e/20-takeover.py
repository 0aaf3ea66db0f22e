#!/usr/bin/env python3
"""Goal: whoever takes over one of the three processes stays inside it.

A flavour of its own (make TAKEOVER=1) does, inside the real sandbox, what an
attacker would try; the release has no such code.
Proves: threats T13, T32 (memory disclosure, key theft from the front).
"""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.pop("BUILD", ROOT / "build")).resolve()
FLAVOUR = ROOT / "build" / "flavour-takeover"
if RELEASE != ROOT / "build":
    print("skipped takeover: only beside the plain build")
    sys.exit(0)
os.environ["BUILD"] = str(FLAVOUR)

from case import case, check, equal, main, plain, w  # noqa: E402

CANARY = "Kanarienvogel hinter dem Schalter 20"


def make(world):
    # Variables of a make above are not meant for this one.
    clean = {k: v for k, v in os.environ.items()
             if k not in ("BUILD", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    built = subprocess.run(
        ["make", "--no-print-directory", "-j2", "TAKEOVER=1", "all"],
        cwd=ROOT, env=clean, capture_output=True, timeout=600)
    check(built.returncode == 0, built.stderr.decode()[-2000:])
    plain(world)
    world.phone_text(CANARY)
    world.note_with(CANARY)


def attempt(world, role, tries):
    """{(verb, argument): how it went} of a fresh process of that role."""
    here = world.data / f"takeover-{role}"
    out = world.data / f"takeover-{role}.out"
    here.write_text("".join(f"{verb} {what}\n" for verb, what in tries))
    here.chmod(0o644)
    out.touch()
    out.chmod(0o666)
    os.kill(world.children()[role], 9)
    w.until(f"the {role} has tried", 20,
            lambda: out.read_text().endswith("end\n"))
    lines = [line.split(" ") for line in out.read_text().splitlines()[:-1]]
    here.unlink()
    out.unlink()
    world.wait_ready()
    return {(verb, what): how for verb, what, how in lines}


def expect(world, role, refused, allowed):
    got = attempt(world, role, refused + allowed)
    equal(got.pop(("dumpable", "-")), "0", f"the {role} can be dumped")
    equal(len(got), len(refused) + len(allowed), "answers")
    for one in refused:
        check(got[one] in ("EACCES", "EPERM"), f"{role}: {one} {got[one]}")
    for one in allowed:
        equal(got[one], "done", f"{role}: {one}")


def files(world, *names):
    return [("read", str(world.data / n)) for n in names]


def everywhere(world, role):
    """What nobody may."""
    others = [pid for name, pid in world.children().items() if name != role]
    tries = [("exec", "/bin/true"), ("fork", "-"), ("read", "/etc/passwd"),
             ("listen", str(w.free_port())),
             ("make", str(world.data / "made")),
             ("unlink", str(world.data / "postern.yaml")),
             ("unlink", str(world.data / "keys")),
             ("read", str(world.data / "policy.yaml")),
             ("read", str(world.data / "secrets" / "desk")),
             ("read", f"/proc/{world.processes['postern'].pid}/environ")]
    for pid in others:
        tries += [("ptrace", str(pid)), ("mem", str(pid)), ("signal", str(pid))]
    return tries


def segments(world):
    return sorted((world.data / "spool").glob("*.seg"))


@case
def the_intake_reads_nothing_that_was_said(world):
    keeper = ("unix", str(world.data / "run" / "keeper.sock"))
    segment = segments(world)[-1]
    expect(world, "intake", everywhere(world, "intake") + files(
        world, "postern.db", "postern.db-wal", "keeper.db", "keys/root",
        "erasures.log") + [
            keeper, ("unix", str(world.data / "run" / "operator.sock")),
            ("tcp", str(world.ports["desk"])), ("connect", "1"),
            ("write", str(world.data / "keys" / "spool.pub"))],
           [("read", str(segment)),
            ("read", str(world.data / "keys" / "spool.pub"))])


@case
def what_the_intake_can_read_it_cannot_open(world):
    world.phone_text(CANARY + " und einmal")
    world.note_with(CANARY + " und einmal")
    held = segments(world)
    check(held, "no segment to look at")
    for segment in held:
        check(CANARY.encode() not in segment.read_bytes(), segment.name)


@case
def no_process_remembers_what_it_passed_on(world):
    if os.geteuid() != 0:
        return no_process_is_read_by_its_own_user(world)
    for role, pid in world.children().items():
        check(role.encode() in memory_of(pid), "the memory was not read")
        # Soon: what lies there longer may be overwritten by chance.
        w.until(f"the {role} has wiped it", 15,
                lambda: CANARY.encode() not in memory_of(pid), exact=True)


def no_process_is_read_by_its_own_user(world):
    for role, pid in world.children().items():
        try:
            memory_of(pid)
        except PermissionError:
            continue
        check(False, f"the {role} can be read")


def memory_of(pid):
    found = b""
    with open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode = line.split()[:2]
            if "w" not in mode:
                continue
            first, last = (int(x, 16) for x in span.split("-"))
            try:
                mem.seek(first)
                found += mem.read(last - first)
            except (OSError, ValueError, OverflowError):
                continue
    return found


@case
def the_worker_gets_at_no_key(world):
    segment = segments(world)[-1]
    expect(world, "worker", everywhere(world, "worker") + files(
        world, "keys/root", "keys/spool.pub", "keeper.db", "keeper.db-wal",
        "erasures.log") + [("write", str(world.data / "keys" / "root"))],
           [("read", str(world.data / "postern.db")), ("read", str(segment)),
            ("unix", str(world.data / "run" / "keeper.sock")),
            ("tcp", str(world.ports["desk"])), ("resolve", "localhost")])


@case
def the_keeper_has_no_network_and_no_archive(world):
    segment = segments(world)[-1]
    expect(world, "keeper", everywhere(world, "keeper") + files(
        world, "postern.db", "postern.db-wal") + [
            ("read", str(segment)), ("connect", "1"),
            ("tcp", str(world.ports["desk"])),
            ("unix", str(world.data / "run" / "operator.sock"))],
           [("read", str(world.data / "keys" / "root"))])


def tcp_inodes():
    lines = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines += pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    return {line.split()[9] for line in lines}


@case
def nothing_is_inherited_but_what_is_needed(world):
    network = tcp_inodes()
    equal(sorted(world.children()), ["intake", "keeper", "worker"], "processes")
    for role, pid in world.children().items():
        proc = pathlib.Path(f"/proc/{pid}")
        status = dict(line.split(":\t", 1) for line in
                      (proc / "status").read_text().splitlines()
                      if ":\t" in line)
        equal(status["NoNewPrivs"], "1", f"{role}: no_new_privs")
        equal(status["Seccomp"], "2", f"{role}: seccomp")
        # At most the two that let root read files of other owners.
        check(int(status["CapEff"], 16) & ~0xA == 0, f"{role}: capabilities")
        core = next(line for line in (proc / "limits").read_text().splitlines()
                    if line.startswith("Max core file size"))
        equal(core.split()[4:6], ["0", "0"], f"{role}: core")
        if os.geteuid() != 0:
            continue  # the kernel hides the rest of one that is not dumpable
        equal((proc / "environ").read_bytes(), b"", f"{role}: environment")
        held = [os.readlink(fd) for fd in (proc / "fd").iterdir()]
        for name in ("secrets", "postern.yaml", "policy.yaml"):
            check(not any(name in h for h in held), f"{role} holds {name}")
        if role == "keeper":
            check(not any(h[8:-1] in network for h in held
                          if h.startswith("socket:")), "a network socket")
        if role != "worker":
            check(not any("postern.db" in h for h in held), "the archive")
        if role != "keeper":
            check(not any("keeper.db" in h or "/keys" in h for h in held),
                  "the keys")


@case
def the_gateway_works_all_the_same(world):
    world.phone_text("Und danach?")
    world.note_with("Und danach?")


@case
def the_release_has_no_such_code(world):
    marks = (b"takeover_act", b"takeover-%s")
    hostile = (FLAVOUR / "postern").read_bytes()
    release = (RELEASE / "postern").read_bytes()
    for mark in marks:
        check(mark in hostile, "the flavour is not the flavour")
        check(mark not in release, "the release can be told what to try")


if __name__ == "__main__":
    main(make)
