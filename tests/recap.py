"""What failed, cut to its core.  Of a long log often only a part is kept: the
core stands right behind the verdict and once more at the very end."""
import re

CORE_LINES = 15  # of one failure
LINES = 48       # of all at the end
WIDTH = 600
VERDICT = r"(?:ok|FAILED|skipped|--) "
TIME = r" +[\d.]+ s\n"  # behind what a script says of a case
LOG = "--- last log lines"  # case.py: what the gateway said


def core(output, name):
    """The lines that belong to this verdict: what our scripts print behind
    it or, if nothing, before it; what cmocka prints before it; or the end."""
    name = re.escape(name)
    found = re.search(rf"^FAILED {name}\n(.*?)(?=^{VERDICT}|^{TIME}|\Z)", output,
                      re.M | re.S)
    if found and clean(found.group(1)):
        said, _, log = found.group(1).partition(LOG)
        log = clean(log)[-4:]
        return clean(said)[-(CORE_LINES - len(log)):] + log
    for before in (rf"^\[ RUN +\] {name}\n((?:(?!^\[ RUN).*\n)*?)"
                   rf"^\[ +(?:FAILED|ERROR) +\] {name}$",
                   rf"((?:^(?!{VERDICT}).*\n)*)^FAILED {name}$"):
        found = re.search(before, output, re.M)
        if found and clean(found.group(1)):
            return both_ends(clean(found.group(1)))
    return clean(output)[-CORE_LINES:]


def clean(text):
    return [line[:WIDTH] for line in text.splitlines()
            if line.strip() and not re.fullmatch(TIME, line + "\n")]


def both_ends(lines):
    if len(lines) <= CORE_LINES:
        return lines
    return lines[:CORE_LINES // 2] + lines[-(CORE_LINES // 2):]


def print_again(failures):
    """failures: (name, core); the last thing but the count."""
    if not failures:
        return
    each = max(3, LINES // len(failures) - 1)
    print(f"-- what failed ({len(failures)}), once more")
    for name, lines in failures:
        print(f"FAILED {name}")
        for line in lines[-each:]:
            print(f"   {line}")
