#!/usr/bin/env python3
"""Goal: the Debian package holds what it should, and leaves as it came.

POSTERN_PACKAGE_TEST=1 installs it on this very machine and purges it again;
without that the package is only looked at.
"""
import gzip
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()
DATA = pathlib.Path("/var/lib/postern")
USERS = ("postern", "postern-intake", "postern-worker", "postern-keeper")
CASES = []


def case(function):
    CASES.append(function)
    return function


def run(*argv, ok=True, **how):
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, timeout=300, **how)
    if ok and done.returncode != 0:
        raise AssertionError(f"{argv[0]}: {done.returncode}\n{done.stdout}")
    return done.stdout


def check(claim, what):
    if not claim:
        raise AssertionError(what)


def field(deb, name):
    return run("dpkg-deb", "--field", deb, name).strip()


@case
def it_holds_what_it_should(deb, tree):
    owners = {line.split()[1] for line in
              run("dpkg-deb", "-c", deb).splitlines()}
    check(owners == {"root/root"}, owners)
    for name in ("usr/bin/postern", "lib/systemd/system/postern.service",
                 "usr/lib/sysusers.d/postern.conf",
                 "usr/lib/tmpfiles.d/postern.conf",
                 "usr/share/man/man8/postern.8.gz",
                 "usr/share/man/man5/postern.yaml.5.gz",
                 "usr/share/doc/postern/copyright",
                 "usr/share/doc/postern/changelog.gz",
                 "usr/share/doc/postern/examples/three-users.conf"):
        check((tree / name).is_file(), f"{name} is missing")
    check(not (tree / "var").exists() and not (tree / "etc").exists(),
          "data or settings come with the package")
    for page in (tree / "usr/share/man").rglob("*.gz"):
        check(gzip.decompress(page.read_bytes()).startswith(b".Dd "), page)


@case
def it_depends_on_what_the_program_is_linked_with(deb, _tree):
    depends = field(deb, "Depends")
    for name in ("libc6", "libsqlite3-0", "libsodium23", "libcurl4",
                 "libmicrohttpd12", "libseccomp2", "libssl3"):
        check(re.search(rf"(^|, ){re.escape(name)}\b", depends), name)


@case
def the_program_in_it_runs(deb, tree):
    said = run(str(tree / "usr/bin/postern"), "version")
    check(said.startswith(f"postern {field(deb, 'Version')}\n"), said)


@case
def its_scripts_are_shell(_deb, tree):
    for name in ("postinst", "prerm", "postrm"):
        script = tree / "DEBIAN" / name
        check(os.access(script, os.X_OK), name)
        run("sh", "-n", str(script))
        check("rm -r" not in script.read_text(), f"{name} removes trees")


@case
def lintian_has_nothing_to_say(deb, _tree):
    if shutil.which("lintian") is None:
        return "lintian is not installed"
    said = run("lintian", "--allow-root", "--fail-on", "error,warning",
               deb, ok=False)
    check(not re.search(r"^[EW]: ", said, re.M), said)
    return None


@case
def the_unit_is_hardened(_deb, tree):
    if shutil.which("systemd-analyze") is None:
        return "systemd-analyze is not installed"
    said = run("systemd-analyze", "security", "--offline=yes",
               str(tree / "lib/systemd/system/postern.service"), ok=False)
    score = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    check(score is not None, said)
    check(float(score[1]) <= 1.5, f"exposure {score[1]}")
    return None


def have(user):
    try:
        pwd.getpwnam(user)
        return True
    except KeyError:
        return False


@case
def it_is_installed_and_purged(deb, _tree):
    if os.environ.get("POSTERN_PACKAGE_TEST") != "1":
        return "POSTERN_PACKAGE_TEST is not 1"
    check(not DATA.exists() and not any(map(have, USERS)),
          "this machine has a Postern; not touched")
    run("dpkg", "-i", deb)
    try:
        check(all(map(have, USERS)), "users are missing")
        check(DATA.stat().st_mode & 0o7777 == 0o700, "mode of the data")
        check(DATA.owner() == "postern", "owner of the data")
        enabled = list(pathlib.Path("/etc/systemd/system").rglob("postern*"))
        check(not enabled, enabled)
        run("runuser", "-u", "postern", "--", "postern", "init", cwd="/")
        run("runuser", "-u", "postern", "--", "postern", "check", cwd="/")
    finally:
        said = run("dpkg", "--purge", "postern")
    kept = (DATA / "keys" / "root").exists()
    shutil.rmtree(DATA, ignore_errors=True)
    check(kept, "the purge took the keys along")
    check("/var/lib/postern stays" in said, said)
    check(not any(map(have, USERS)), "users were left")
    check(not pathlib.Path("/usr/bin/postern").exists(), "the program stays")
    return None


def main():
    if os.geteuid() != 0 or shutil.which("dpkg-deb") is None:
        print("skipped package: needs root and dpkg-deb")
        return 0
    if BUILD != ROOT / "build":
        print("skipped package: only from the plain build")
        return 0
    failed = 0
    with tempfile.TemporaryDirectory(prefix="postern-deb-") as directory:
        os.chmod(directory, 0o755)
        built = run(str(ROOT / "tools" / "deb"), str(BUILD)).split()[-1]
        deb = shutil.copy(built, directory)
        tree = pathlib.Path(directory) / "tree"
        run("dpkg-deb", "--raw-extract", deb, str(tree))
        for function in CASES:
            try:
                why_not = function(deb, tree)
                print(f"skipped {function.__name__}: {why_not}" if why_not
                      else f"ok {function.__name__}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED {function.__name__}", flush=True)
                traceback.print_exc(file=sys.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
