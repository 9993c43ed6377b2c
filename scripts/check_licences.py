"""Check that what Footfall installs may be used and given on by anybody: each licence is on a list of such.

pip-licenses reads what packages say of themselves. What is only for building and testing is given to nobody, and may
also be under licences that bind who gives it on.
"""

import json
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final

from check_lock import LOCK, LOCK_OF_DEVELOPERS, REPOSITORY, pins

GIVEN_ON: Final = frozenset(
    {
        "0BSD",
        "Apache Software License",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD License",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "ISC License (ISCL)",
        "MIT",
        "MIT License",
        "MIT-0",
        "MIT-CMU",
        # binds who changes the package's own files, and nothing beside them
        "MPL-2.0",
        "Mozilla Public License 2.0 (MPL 2.0)",
        "PSF-2.0",
        "Python Software Foundation License",
        "Unlicense",
        "Zlib",
    }
)
"""Of what users install."""
FOR_TESTS: Final = GIVEN_ON | {
    "DFSG approved",
    # of pyphen, which is under all three, to choose from
    "GNU General Public License v2 or later (GPLv2+)",
    "GNU Lesser General Public License v2 or later (LGPLv2+)",
    "Mozilla Public License 1.1 (MPL 1.1)",
    "GNU General Public License v3 or later (GPLv3+)",
    "GPL-3.0-or-later",
    "GNU General Public License (GPL)",
    "Public Domain",
}
"""Of what only contributors install."""
READ: Final = {"axe-playwright-python": "MIT", "partd": "BSD-3-Clause", "resvg-py": "MIT"}
"""What its licence file says, where a package's description says nothing, or not which."""


def is_allowed(licence: str, allowed: Collection[str]) -> bool:
    """Tell whether a licence, or one of those that may be chosen, has all its parts on the list."""
    return any(
        all(part.strip(" ()") in allowed or part.strip() in allowed for part in re.split(r" AND |; ", choice))
        for choice in re.split(r" OR ", licence)
    )


def main() -> int:
    """Say what is not on the list; return the exit status."""
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json", "--with-system"]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    licences = {re.sub(r"[-_.]+", "-", one["Name"]).lower(): one["License"] for one in json.loads(told.stdout)}
    licences |= READ
    locks = ((REPOSITORY / name).read_text() for name in (LOCK, LOCK_OF_DEVELOPERS))
    users, developers = ({pin.name for pin in pins(lock) if pin.is_for_here} for lock in locks)
    found = 0
    for name in sorted(developers | users):
        allowed = GIVEN_ON if name in users else FOR_TESTS
        licence = licences.get(name)
        if licence is None:
            sys.stderr.write(f"{name}: is in a lock and not installed; make dev\n")
        elif not is_allowed(licence, allowed):
            where = "users install it" if name in users else "for building and testing"
            sys.stderr.write(f"{name}: {licence}: is not on the list of licences ({where}): {Path(__file__).name}\n")
        else:
            continue
        found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
