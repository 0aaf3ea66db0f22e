"""Building the package, and building it again with a higher version."""
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).resolve()

# Its archive has a table more, so that an upgrade has something to migrate
# and the older program something to refuse.
STEP = """\
static int migrate_rebuilt(struct store *st, struct err *err)
{
	return run(((struct sqlite_store *)st)->db,
		   "CREATE TABLE rebuilt(x INTEGER)", err);
}

"""


def why_not():
    if BUILD != ROOT / "build":
        return "only from the plain build"
    if shutil.which("dpkg-deb") is None:
        return "dpkg-deb is not installed"
    return None


def run(*argv, ok=True, **how):
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          timeout=300, **how)
    if ok and done.returncode != 0:
        raise AssertionError(f"{argv[0]}: {done.returncode}\n{done.stdout}")
    return done.stdout


def field(deb, name):
    return run("dpkg-deb", "--field", str(deb), name).strip()


def clean_environment():
    """Variables of a make above are not meant for these."""
    return {k: v for k, v in os.environ.items()
            if k not in ("BUILD", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


def build(directory, top=ROOT):
    """The package of these sources, copied to directory."""
    made = run(str(top / "tools" / "deb"), str(top / "build"),
               env=clean_environment()).split()[-1]
    return pathlib.Path(shutil.copy(made, directory))


def change(path, pattern, into):
    text = path.read_text()
    new, count = re.subn(pattern, into, text, flags=re.M)
    if count != 1:
        raise AssertionError(f"{path.name}: {pattern} stands {count} times")
    path.write_text(new)


def rebuild(directory):
    """(package, schema) of the same sources with the next version and the
    next schema, from a copy of the tree."""
    top = pathlib.Path(directory) / "rebuilt"
    top.mkdir()
    for name in ("Makefile", "LICENSE", "README.md", "docs", "gateway",
                 "include", "policy", "tests", "tools"):
        run("cp", "-a", str(ROOT / name), str(top / name))
    (top / "build").mkdir()
    run("cp", "-a", str(BUILD / "obj"), str(top / "build" / "obj"))
    schema = int(re.search(r"^#define SCHEMA_VERSION (\d+)$",
                           (ROOT / "gateway/store/schema.h").read_text(),
                           re.M)[1])
    change(top / "gateway/main.c", r'^(#define VERSION\s+"\d+\.\d+\.)(\d+)"',
           lambda m: f'{m[1]}{int(m[2]) + 1}"')
    change(top / "gateway/store/schema.h",
           r"^#define SCHEMA_VERSION \d+$",
           f"#define SCHEMA_VERSION {schema + 1}")
    change(top / "gateway/store/migrate.c",
           r"^(static int \(\*const steps\[\].*\n(?:    .*\n)*)\};",
           lambda m: f"{STEP}{m[1]}    [{schema}] = migrate_rebuilt,\n}};")
    run("make", "-j2", "--no-print-directory", "build/postern",
        "build/postern-verify", cwd=top,
        env=clean_environment())
    return build(directory, top), schema + 1
