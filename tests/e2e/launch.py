#!/usr/bin/env python3
"""Becomes a service as systemd would: launch.py PLAN, as root.

Plays the part of the service manager between fork and exec: mounts, users,
limits, capabilities, system call filters as a unit's [Service] section says.
A directive nobody here knows ends it, so that no test passes because a line
of the unit was overlooked.  PLAN is JSON, made by manager.py.
"""
import ctypes
import json
import os
import resource
import signal
import stat
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)

# What has no meaning between fork and exec, or not here, and why.
ELSEWHERE = {
    "Type": "manager.py", "ExecStart": "manager.py", "ExecReload": "manager.py",
    "Restart": "never needed: an unexpected end fails the test",
    "RestartSec": "the same", "RestartPreventExitStatus": "the same",
    "KillMode": "manager.py",
    "TimeoutStopSec": "manager.py", "StateDirectory": "manager.py",
    "StateDirectoryMode": "manager.py", "LoadCredential": "manager.py",
    "DevicePolicy": "control groups", "MemoryMax": "control groups",
    "MemorySwapMax": "control groups", "TasksMax": "control groups",
    "RemoveIPC": "the manager, after the end",
    "KeyringMode": "the filter refuses every call on keyrings",
    "PrivateMounts": "always", "AmbientCapabilities": "none are ever set",
    "ProtectKernelModules": "capability and filter",
    "ProtectClock": "capability and filter",
    "ProtectControlGroups": "/sys is read-only",
}
HERE = {
    "User", "Group", "CapabilityBoundingSet", "NoNewPrivileges",
    "PrivateUsers", "UMask", "ProtectSystem", "ProtectHome", "PrivateTmp",
    "PrivateDevices", "PrivateIPC", "ProtectKernelTunables",
    "ProtectKernelLogs", "ProtectHostname", "ProtectProc", "ProcSubset",
    "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
    "RestrictAddressFamilies", "LockPersonality", "MemoryDenyWriteExecute",
    "SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber",
    "NoExecPaths", "ExecPaths", "ReadWritePaths", "LimitCORE", "LimitNOFILE",
    "LimitMEMLOCK",
}
CAPABILITIES = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID
SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN
NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE
SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG
MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE""".split()
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
FAMILIES_KNOWN = 64  # more than the kernel has

RDONLY, NOSUID, NODEV, NOEXEC = 1, 2, 4, 8
REMOUNT, BIND, REC, PRIVATE = 32, 4096, 16384, 1 << 18
NEWNS, NEWUTS, NEWIPC, NEWUSER = 0x20000, 0x4000000, 0x8000000, 0x10000000
NAMESPACES = (NEWNS, 0x2000000, NEWUTS, NEWIPC, NEWUSER, 0x20000000,
              0x40000000)
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
ALLOW, EPERM, ENOSYS, EAFNOSUPPORT = 0x7FFF0000, 1, 38, 97
NOT_EQUAL, EQUAL, AT_LEAST, MASKED = 1, 4, 5, 7


class Service:
    """The [Service] section: key -> list of what was assigned."""

    def __init__(self, section):
        unknown = set(section) - HERE - set(ELSEWHERE)
        if unknown:
            raise SystemExit(f"launch: nobody here knows {sorted(unknown)}")
        self.section = section

    def last(self, key, default=""):
        return (self.section.get(key) or [default])[-1]

    def yes(self, key):
        value = self.last(key, "no")
        if value not in ("yes", "no"):
            raise SystemExit(f"launch: {key}={value}")
        return value == "yes"

    def words(self, key):
        return " ".join(self.section.get(key, [])).split()


def must(rc, what):
    if rc < 0:
        number = ctypes.get_errno() or -rc
        raise OSError(number, os.strerror(number), what)


def unshare(flags):
    must(libc.unshare(flags), f"unshare {flags:#x}")


def mount(source, target, kind=None, flags=0, data=None):
    text = [None if t is None else str(t).encode()
            for t in (source, target, kind, data)]
    must(libc.mount(text[0], text[1], text[2], ctypes.c_ulong(flags), text[3]),
         f"mount {target}")


# --- file systems ------------------------------------------------------------


def mount_number(path):
    fd = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    try:
        for line in open(f"/proc/self/fdinfo/{fd}", encoding="ascii"):
            if line.startswith("mnt_id:"):
                return line.split()[1]
    finally:
        os.close(fd)
    return None


def mounts_below(root):
    """(mount point without root, flags it has), none that is covered."""
    names = {"ro": RDONLY, "nosuid": NOSUID, "nodev": NODEV, "noexec": NOEXEC}
    found = []
    for line in open("/proc/self/mountinfo", encoding="utf-8"):
        part = line.split()
        path = part[4].encode().decode("unicode_escape")
        if path != root and not path.startswith(root + "/"):
            continue
        if os.path.lexists(path) and mount_number(path) == part[0]:
            flags = sum(names.get(o, 0) for o in part[5].split(","))
            found.append((path[len(root):] or "/", flags))
    return found


def inside(path, folders):
    return any(path == f or path.startswith(f.rstrip("/") + "/")
               for f in folders)


def devices(root):
    names = ("null", "zero", "full", "random", "urandom", "tty")
    kept = {n: os.open(f"{root}/dev/{n}", os.O_PATH) for n in names}
    mount("tmpfs", f"{root}/dev", "tmpfs", NOSUID, "mode=0755")
    for name, fd in kept.items():
        open(f"{root}/dev/{name}", "w", encoding="ascii").close()
        mount(f"/proc/self/fd/{fd}", f"{root}/dev/{name}", None, BIND)
        os.close(fd)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{root}/dev/{name}")
    os.symlink("/proc/self/fd", f"{root}/dev/fd")


def file_systems(s, root, writable):
    """The tree as the service will see it; then root is /."""
    runnable = []
    for path in s.words("ExecPaths"):
        plain = path.removeprefix("-")
        if os.path.exists(root + plain) or plain == path:
            runnable.append(plain)
    for path in [*writable, *runnable]:
        mount(root + path, root + path, None, BIND | REC)
    if s.yes("PrivateTmp"):
        for path in ("/tmp", "/var/tmp"):
            mount("tmpfs", root + path, "tmpfs", NOSUID | NODEV, "mode=1777")
            writable = [*writable, path]
    if s.yes("ProtectHome"):
        for path in ("/home", "/root"):
            mount("tmpfs", root + path, "tmpfs", RDONLY, "mode=0000")
    if s.yes("PrivateDevices"):
        devices(root)
    options = [f"hidepid={s.last('ProtectProc', 'default')}"
               if s.last("ProtectProc") else "",
               "subset=pid" if s.last("ProcSubset") == "pid" else ""]
    mount("proc", f"{root}/proc", "proc", NOSUID | NODEV | NOEXEC,
          ",".join(o for o in options if o))
    for path, flags in mounts_below(root):
        if s.last("ProtectSystem") == "strict" and not inside(
                path, [*writable, "/dev", "/proc"]):
            flags |= RDONLY
        if s.yes("ProtectKernelTunables") and inside(path, ["/sys"]):
            flags |= RDONLY
        if inside(path, s.words("NoExecPaths")) and not inside(path, runnable):
            flags |= NOEXEC
        mount(None, root + path, None, BIND | REMOUNT | flags)
    os.chdir(root)
    must(libc.syscall(PIVOT_ROOT[os.uname().machine], b".", b"."),
         "pivot_root")
    must(libc.umount2(b".", 2), "umount")
    os.chdir("/")


# --- who -----------------------------------------------------------------------


def private_users(uid, gid):
    """Root and the user stay who they are; all others are nobody."""
    us, (wait, go) = os.getpid(), os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(go)
        os.read(wait, 1)
        for name, number in (("uid_map", uid), ("gid_map", gid)):
            with open(f"/proc/{us}/{name}", "w", encoding="ascii") as out:
                out.write(f"0 0 1\n{number} {number} 1\n")
        os._exit(0)
    unshare(NEWUSER)
    os.write(go, b"x")
    if os.waitpid(helper, 0)[1] != 0:
        raise SystemExit("launch: no map of users")
    os.close(wait)
    os.close(go)


def limits(s):
    for key, which in (("LimitCORE", resource.RLIMIT_CORE),
                       ("LimitNOFILE", resource.RLIMIT_NOFILE),
                       ("LimitMEMLOCK", resource.RLIMIT_MEMLOCK)):
        if s.last(key):
            text = s.last(key)
            value = int(text.rstrip("M")) << (20 if text[-1] == "M" else 0)
            try:
                resource.setrlimit(which, (value, value))
            except ValueError:  # as near as root may come, as in systemd
                value = min(value, resource.getrlimit(which)[1])
                resource.setrlimit(which, (value, value))


def capabilities(s):
    kept = {w.removeprefix("CAP_") for w in s.words("CapabilityBoundingSet")}
    if kept - set(CAPABILITIES):
        raise SystemExit(f"launch: {kept - set(CAPABILITIES)}")
    for number, name in enumerate(CAPABILITIES):
        if name not in kept and libc.prctl(24, number, 0, 0, 0) != 0:
            # PR_CAPBSET_DROP; an older kernel has fewer of them.
            if ctypes.get_errno() != 22:
                must(-1, f"drop {name}")


# --- system calls ----------------------------------------------------------------


class Compare(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int),
                ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


seccomp.seccomp_init.restype = ctypes.c_void_p
seccomp.seccomp_init.argtypes = [ctypes.c_uint32]
seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
seccomp.seccomp_rule_add_array.argtypes = [
    ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
    ctypes.POINTER(Compare)]


def error(number):
    return 0x00050000 | number


class Filter:
    def __init__(self, otherwise=ALLOW):
        self.handle = seccomp.seccomp_init(otherwise)

    def add(self, action, name, *tests):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # not on this architecture
        rules = (Compare * max(len(tests), 1))(*tests)
        must(seccomp.seccomp_rule_add_array(self.handle, action, number,
                                            len(tests), rules), name)

    def load(self):
        must(seccomp.seccomp_load(self.handle), "seccomp")


def has(argument, bits):
    return Compare(argument, MASKED, bits, bits)


def call_sets():
    """{"@name": members} as this machine's systemd has them."""
    sets, name = {}, None
    text = subprocess.run(["systemd-analyze", "syscall-filter"], check=True,
                          capture_output=True, text=True).stdout
    for line in text.splitlines():
        if line.startswith("@"):
            name = line.strip()
            sets[name] = []
        elif line.startswith("    ") and not line.strip().startswith("#"):
            sets[name].append(line.strip())
        elif line.startswith("#"):
            name = "#"  # what the kernel has and no set
            sets[name] = []
    return sets


def expand(sets, name):
    if not name.startswith("@"):
        return {name}
    return set().union(*(expand(sets, member) for member in sets[name]))


def allowed_calls(s, sets):
    allowed = expand(sets, "@default")
    for line in s.section["SystemCallFilter"]:
        names = set().union(*(expand(sets, n)
                              for n in line.removeprefix("~").split()))
        allowed = allowed - names if line[0] == "~" else allowed | names
    return allowed


def restrictions(s):
    """What systemd does by filters of its own, one directive each."""
    f = Filter()
    known = {FAMILIES[w] for w in s.words("RestrictAddressFamilies")}
    for family in range(FAMILIES_KNOWN):
        if known and family not in known:
            f.add(error(EAFNOSUPPORT), "socket", Compare(0, EQUAL, family, 0))
    if known:
        f.add(error(EAFNOSUPPORT), "socket",
              Compare(0, AT_LEAST, FAMILIES_KNOWN, 0))
    if s.yes("MemoryDenyWriteExecute"):
        f.add(error(EPERM), "mmap", has(2, 2 | 4))
        f.add(error(EPERM), "mprotect", has(2, 4))
        f.add(error(EPERM), "pkey_mprotect", has(2, 4))
        f.add(error(EPERM), "shmat", has(2, 0o100000))
    if s.yes("RestrictSUIDSGID"):
        for name, argument in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2),
                               ("mkdir", 1), ("mkdirat", 2), ("mknod", 1),
                               ("mknodat", 2), ("creat", 1)):
            for bit in (stat.S_ISUID, stat.S_ISGID):
                f.add(error(EPERM), name, has(argument, bit))
    if s.yes("RestrictRealtime"):
        for policy in (1, 2, 6):  # FIFO, RR, DEADLINE
            f.add(error(EPERM), "sched_setscheduler",
                  Compare(1, EQUAL, policy, 0))
    if s.yes("RestrictNamespaces"):
        for flag in NAMESPACES:
            f.add(error(EPERM), "clone", has(0, flag))
            f.add(error(EPERM), "unshare", has(0, flag))
        f.add(error(EPERM), "setns")
        f.add(error(ENOSYS), "clone3")
    if s.yes("LockPersonality"):
        f.add(error(EPERM), "personality", Compare(0, NOT_EQUAL, 0, 0))
    if s.yes("ProtectKernelLogs"):
        f.add(error(EPERM), "syslog")
    f.load()


def call_filter(allowed):
    f = Filter(error(EPERM))
    for name in sorted(allowed):
        f.add(ALLOW, name)
    f.load()


# --- the way there ------------------------------------------------------------------


def become(plan, tell):
    s = Service(plan["service"])
    sets = call_sets()
    for key, wanted in (("SystemCallArchitectures", "native"),
                        ("SystemCallErrorNumber", "EPERM")):
        if s.last(key) != wanted:
            raise SystemExit(f"launch: {key}={s.last(key)}")
    unshare(NEWNS | (NEWIPC if s.yes("PrivateIPC") else 0)
            | (NEWUTS if s.yes("ProtectHostname") else 0))
    mount(None, "/", None, REC | PRIVATE)
    file_systems(s, plan["root"], plan["writable"])
    limits(s)  # while it may raise them; systemd has high ones itself
    if s.yes("PrivateUsers"):
        private_users(plan["uid"], plan["gid"])
    os.umask(int(s.last("UMask", "0022"), 8))
    os.closerange(3, tell)
    os.closerange(tell + 1, 65536)
    capabilities(s)
    os.setgroups(plan["groups"])
    os.setresgid(*[plan["gid"]] * 3)
    os.setresuid(*[plan["uid"]] * 3)
    if s.yes("NoNewPrivileges"):
        must(libc.prctl(38, 1, 0, 0, 0), "no_new_privs")
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # IgnoreSIGPIPE=yes
    restrictions(s)
    call_filter(allowed_calls(s, sets))
    os.execve(plan["argv"][0], plan["argv"], plan["environment"])


def main():
    tell = int(sys.argv[2])
    os.set_inheritable(tell, False)  # closed by the exec: that is the word
    try:
        become(json.load(open(sys.argv[1], encoding="utf-8")), tell)
    except BaseException as why:
        os.write(tell, f"{type(why).__name__}: {why}".encode())
        os._exit(1)


if __name__ == "__main__":
    main()
