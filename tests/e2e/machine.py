"""A private machine over this one: the whole tree as an overlay in memory,
with mounts, processes and network of its own.  What is installed there is
gone with the last process; the diff says what a package left behind."""
import ctypes
import fcntl
import os
import pathlib
import socket
import stat
import struct
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
APART = ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork",
         "--kill-child", "--mount-proc", "--propagation", "private"]
BIND, REC = 4096, 16384
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}


class Impossible(Exception):
    """There can be no such machine here; the text says why."""


def why_not():
    """Why a script cannot go apart; None when it can."""
    if os.geteuid() != 0:
        return "needs root"
    done = subprocess.run([*APART, "true"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    return f"no private namespaces: {done.stdout.strip()}" \
        if done.returncode else None


def go_apart(script, *argv):
    """Runs this script again in namespaces of its own; its status."""
    return subprocess.run([*APART, sys.executable, script, *argv],
                          timeout=800).returncode


def mount(source, target, kind=None, flags=0, data=None):
    text = [None if t is None else str(t).encode()
            for t in (source, target, kind, data)]
    if libc.mount(text[0], text[1], text[2], ctypes.c_ulong(flags),
                  text[3]) != 0:
        number = ctypes.get_errno()
        raise Impossible(f"mount {kind or 'bind'}: {os.strerror(number)}")


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = bytearray(struct.pack("16sH22x", b"lo", 1 | 64))
        fcntl.ioctl(s, 0x8914, request)  # SIOCSIFFLAGS: up, running


def has_landlock():
    """Whether this kernel has it switched on."""
    return libc.syscall(444, None, ctypes.c_size_t(0), 1) > 0


class Machine:
    def __init__(self, base):
        """Below base, which is empty; call after go_apart."""
        for path in ("/usr", "/etc", "/var", "/var/lib", "/var/lib/dpkg"):
            if os.stat(path).st_dev != os.stat("/").st_dev:
                raise Impossible(f"{path} is a file system of its own")
        mount("tmpfs", base, "tmpfs", 0, "mode=0711")
        base = pathlib.Path(base)
        self.root, self.upper = base / "root", base / "upper"
        for path in (self.root, self.upper, base / "work"):
            path.mkdir()
        mount("overlay", self.root, "overlay", 0,
              f"lowerdir=/,upperdir={self.upper},workdir={base}/work")
        for name in ("proc", "dev", "sys"):
            mount(f"/{name}", self.root / name, None, BIND | REC)
        mount("tmpfs", self.root / "run", "tmpfs", 0, "mode=0755")
        mount("tmpfs", self.root / "tmp", "tmpfs", 0, "mode=1777")
        (self.root / "run/lock").mkdir()
        loopback_up()
        # Here services may be started, whatever this machine's policy is.
        (self.root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)

    # --- acting -----------------------------------------------------------

    def run(self, *argv, ok=True, user=None):
        """Output of a command in there."""
        become = ["runuser", "-u", user, "--"] if user else []
        done = subprocess.run(
            ["chroot", str(self.root), *become, *argv], env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300)
        said = done.stdout.decode(errors="replace")
        if ok and done.returncode != 0:
            raise AssertionError(f"{argv}: {done.returncode}\n{said[-3000:]}")
        return said

    def running(self, program):
        """Processes whose program is this file, or was before it was
        replaced; as seen from within a service, so by the end of the path."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                path = os.readlink(entry / "exe").removesuffix(" (deleted)")
            except OSError:
                continue
            if path.endswith(program):
                found.append(int(entry.name))
        return found

    # --- who is there -------------------------------------------------------

    def rows(self, name):
        return [line.split(":") for line in
                (self.root / "etc" / name).read_text().splitlines()]

    def user(self, name):
        """None when there is no such user."""
        for row in self.rows("passwd"):
            if row[0] == name:
                return {"name": name, "uid": int(row[2]), "gid": int(row[3]),
                        "home": row[5], "shell": row[6]}
        return None

    def groups(self):
        return [{"name": r[0], "gid": int(r[2]), "members": r[3].split(",")}
                for r in self.rows("group")]

    def group(self, name):
        return next((g for g in self.groups() if g["name"] == name), None)

    # --- what changed ---------------------------------------------------------

    def diff(self):
        """{path: "new", "changed" or "gone"} of files and links, against the
        machine below.  Only what lies in the overlay: not /run and /tmp."""
        found = {}
        for folder, names, files in os.walk(self.upper):
            links = [n for n in names
                     if os.path.islink(os.path.join(folder, n))]
            for name in [*files, *links]:
                path = pathlib.Path(folder, name)
                below = pathlib.Path("/", path.relative_to(self.upper))
                verdict = compare(path, below)
                if verdict:
                    found[str(below)] = verdict
            for name in names:
                path = pathlib.Path(folder, name)
                below = pathlib.Path("/", path.relative_to(self.upper))
                if name not in links and not below.exists():
                    found[f"{below}/"] = "new"
        return found


def compare(path, below):
    st = path.lstat()
    if stat.S_ISCHR(st.st_mode) and st.st_rdev == 0:
        return "gone" if below.exists() or below.is_symlink() else None
    if not below.exists() and not below.is_symlink():
        return "new"
    if stat.S_ISLNK(st.st_mode):
        same = below.is_symlink() and os.readlink(path) == os.readlink(below)
    else:
        same = stat.S_ISREG(st.st_mode) and below.is_file() and \
            path.read_bytes() == below.read_bytes()
    return None if same else "changed"
