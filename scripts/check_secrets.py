"""Look for secrets in all files that are tracked: `python scripts/check_secrets.py`.

What looks like one and is none stands in `.secrets.baseline`, by its hash; `--accept` writes it anew, and its diff is
to be read line by line. detect-secrets' own hook also refuses where a line only moved; here that is no finding.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection

REPOSITORY: Final = Path(__file__).resolve().parent.parent
BASELINE: Final = ".secrets.baseline"
NOT_READ: Final = (".mcap", ".svg", ".lock", BASELINE)
"""Recordings, drawings, and hashes by the thousand."""
MADE: Final = ("dashboards/grafana/dashboards/", "recordings/")
"""What our own scripts write."""


def tracked() -> list[str]:
    """Return the files that are looked at."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return [
        name for name in listed.stdout.split("\0") if name and not name.endswith(NOT_READ) and not name.startswith(MADE)
    ]


def main() -> int:
    """Say what was found; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accept", action="store_true", help="take what is found now for no secrets")
    accept = parser.parse_args().accept
    os.chdir(REPOSITORY)  # findings are known by the names that files have here
    known = baseline.load(baseline.load_from_file(BASELINE), BASELINE)
    found = SecretsCollection()
    found.scan_files(*tracked())
    if accept:
        baseline.save_to_file(found, BASELINE)
        return 0
    new = found - known
    for name, secret in new:
        sys.stderr.write(f"{name}:{secret.line_number}: looks like a secret ({secret.type})\n")
    if new:
        sys.stderr.write(
            "Take it out, and change it where it is in use: it is in the history. If it is none, such as a test's, run "
            "scripts/check_secrets.py --accept and read the diff.\n"
        )
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
