"""Goal: the erasure drill in small: nothing of the erased is left or comes
back with an older backup, the others are intact, the proofs hold.
Source: assurance 7.6, P7.  The whole one is `make drill`."""
import argparse
import pathlib
import sys
import tempfile

from case import ROOT, w

sys.path.insert(0, str(ROOT / "tests" / "drill"))

import drill  # noqa: E402
import report  # noqa: E402


def main():
    args = argparse.Namespace(persons=60, erase=6, flying=2, seconds=600)
    with tempfile.TemporaryDirectory(prefix="postern-e2e-") as directory:
        pathlib.Path(directory).chmod(0o711)
        one = drill.Drill(args, pathlib.Path(directory))
        try:
            one.whole()
        except w.Failure as failure:
            one.check("went_through", False, failure)
            log = one.world.dir / "postern.log"
            if log.exists():
                print(log.read_text(errors="replace")[-3000:])
        finally:
            one.world.stop_all()
        report.write(pathlib.Path(directory) / "report", one, 0)
        text = (pathlib.Path(directory) / "report"
                / "report.de.md").read_text()
    unsaid = [c[0] for c in one.checks if c[0] not in report.WORDS]
    print(("FAILED " if unsaid or "gehalten" not in text else "ok ")
          + "the_report_has_words_for_every_check")
    failed = [c for c in one.checks if not c[1]]
    sys.exit(1 if failed or unsaid else 0)


main()
