#!/usr/bin/env python3
"""Goal: the Debian package holds what it should, and its unit is hardened.

What becomes of it on a machine: 22-package-life.py.
"""
import gzip
import os
import pathlib
import re
import shutil
import sys
import tempfile
import traceback

from package import ROOT, build, field, run, why_not

CASES = []


def case(function):
    CASES.append(function)
    return function


def check(claim, what):
    if not claim:
        raise AssertionError(what)


@case
def it_holds_what_it_should(deb, tree):
    owners = {line.split()[1] for line in
              run("dpkg-deb", "-c", deb).splitlines()}
    check(owners == {"root/root"}, owners)
    for name in ("usr/bin/postern", "usr/bin/postern-verify",
                 "usr/share/man/man1/postern-verify.1.gz", "lib/systemd/system/postern.service",
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
    for name in ("libc6", "libsqlite3-0", "libsodium23", "libxxhash0", "libcurl4",
                 "libmicrohttpd12", "libseccomp2", "libssl3",
                 "libjpeg62-turbo", "libpng16-16", "libwebpmux3"):
        check(re.search(rf"(^|, ){re.escape(name)}\b", depends), name)


@case
def the_program_in_it_runs(deb, tree):
    said = run(str(tree / "usr/bin/postern"), "version")
    check(said.startswith(f"postern {field(deb, 'Version')}\n"), said)
    said = run(str(tree / "usr/bin/postern-verify"), "--help")
    check("--receipt" in said, said)


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


# --- what systemd-analyze thinks of it ----------------------------------------

UNIT = "lib/systemd/system/postern.service"
DROP_INS = "etc/systemd/system/postern.service.d"
EXAMPLES = "usr/share/doc/postern/examples"
# What a unit of the keeper alone could say: docs/operation.md.
KEEPER = """
[Service]
RestrictAddressFamilies=
RestrictAddressFamilies=AF_UNIX
PrivateNetwork=yes
IPAddressDeny=any
SystemCallFilter=~setpriority
"""


def exposure(tree, drop_in=None):
    """The score of the package's unit, with this text in a drop-in."""
    with tempfile.TemporaryDirectory(prefix="postern-unit-") as root:
        place = pathlib.Path(root, UNIT)
        place.parent.mkdir(parents=True)
        shutil.copy(tree / UNIT, place)
        if drop_in:
            folder = pathlib.Path(root, DROP_INS)
            folder.mkdir(parents=True)
            (folder / "one.conf").write_text(drop_in)
        said = run("systemd-analyze", "security", "--offline=yes",
                   f"--root={root}", "postern.service", ok=False)
    score = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    check(score is not None, said)
    return float(score[1])


def documented():
    """(one user, three users, a keeper alone) of docs/operation.md."""
    page = (ROOT / "docs/operation.md").read_text()
    row = re.search(r"^\| `systemd-analyze security` \| ([0-9.]+) \| "
                    r"([0-9.]+) \|$", page, re.M)
    alone = re.search(r"unit\s+of\s+the\s+keeper\s+alone\s+would\s+score\s+"
                      r"([0-9.]+)", page)
    check(row and alone, "no scores in docs/operation.md")
    return float(row[1]), float(row[2]), float(alone[1].rstrip("."))


@case
def no_unit_is_weaker_than_the_documentation_says(_deb, tree):
    if shutil.which("systemd-analyze") is None:
        return "systemd-analyze is not installed"
    one, three, keeper = documented()
    examples = {p.name: p.read_text() for p in
                (tree / EXAMPLES).glob("*.conf")}
    check(set(examples) == {"three-users.conf"}, f"not known: {examples}")
    for name, text, wanted, most in (
            ("one user", None, one, 1.5),
            ("three users", examples["three-users.conf"], three, three),
            ("a keeper alone", KEEPER, keeper, 0.5)):
        got = exposure(tree, text)
        print(f"   {name}: {got}")
        check(got <= wanted <= most, f"{name}: {got}, documented {wanted}")
    return None


@case
def a_weaker_unit_would_be_seen(_deb, tree):
    if shutil.which("systemd-analyze") is None:
        return "systemd-analyze is not installed"
    weak = "[Service]\nProtectSystem=no\nNoNewPrivileges=no\n"
    check(exposure(tree, weak) > documented()[0], "no difference is seen")
    return None


def main():
    why = "needs root" if os.geteuid() != 0 else why_not()
    if why:
        print(f"skipped package: {why}")
        return 0
    failed = 0
    with tempfile.TemporaryDirectory(prefix="postern-deb-") as directory:
        os.chmod(directory, 0o755)
        deb = str(build(directory))
        tree = pathlib.Path(directory) / "tree"
        run("dpkg-deb", "--raw-extract", deb, str(tree))
        for function in CASES:
            try:
                why_not_now = function(deb, tree)
                print(f"skipped {function.__name__}: {why_not_now}"
                      if why_not_now
                      else f"ok {function.__name__}", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED {function.__name__}", flush=True)
                traceback.print_exc(file=sys.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
