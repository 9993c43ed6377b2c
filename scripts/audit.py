"""Look for known weaknesses in what our locks pin: `python scripts/audit.py`.

Always against `packaging/advisories.json`, which is as old as it says; and with pip-audit against the package index,
where it tells of weaknesses. Where it doesn't, as without a network, that is said, and no fault;
FOOTFALL_REQUIRE_AUDIT=1 makes it one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from packaging.version import Version

from advisories import FILE
from check_lock import LOCK_OF_DEVELOPERS, REPOSITORY, pins

REQUIRE: Final = "FOOTFALL_REQUIRE_AUDIT"
PATIENCE_S: Final = 20.0
ACCEPTED: Final[Mapping[str, str]] = {}
"""Advisories that don't concern us, by number, each with the reason."""


def is_weak(version: str, advisory: Mapping[str, Any]) -> bool:
    """Tell whether an advisory is about a version, as the Open Source Vulnerability format says how to."""
    if version in advisory["versions"]:
        return True
    ours = Version(version)
    return any(
        ours >= Version(span.get("introduced", "0"))
        and ("fixed" not in span or ours < Version(span["fixed"]))
        and ("last_affected" not in span or ours <= Version(span["last_affected"]))
        for span in advisory["spans"]
    )


def known(locked: Mapping[str, str], advisories: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the file knows of these packages, by name and version."""
    for name, version in locked.items():
        for advisory in advisories.get(name, []):
            if advisory["id"] not in ACCEPTED and is_weak(version, advisory):
                yield f"{name} {version}: {', '.join([advisory['id'], *advisory['aliases']])}"


def asked() -> tuple[list[str], str]:
    """Ask the package index; return what it knows, and why it could not be asked about all, empty when it was."""
    command = [sys.executable, "-m", "pip_audit", "-r", LOCK_OF_DEVELOPERS, "--require-hashes", "--disable-pip"]
    command += ["--no-deps", "--format=json", "--progress-spinner=off", "--timeout=5"]
    for accepted in ACCEPTED:
        command += ["--ignore-vuln", accepted]
    try:
        ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S)
        told = json.loads(ended.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return [], "the package index does not answer"
    weak = [f"{one['name']} {one['version']}: {vuln['id']}" for one in told for vuln in one.get("vulns", [])]
    skipped = [one["name"] for one in told if "skip_reason" in one]
    return weak, f"the package index here tells nothing of {len(skipped)} of {len(told)} packages" if skipped else ""


def main() -> int:
    """Say what is known; return the exit status."""
    kept = json.loads(FILE.read_text())
    locked = {pin.name: pin.version for pin in pins((REPOSITORY / LOCK_OF_DEVELOPERS).read_text())}
    days = (datetime.now(UTC).date() - date.fromisoformat(kept["as_of"])).days
    found = list(known(locked, kept["advisories"]))
    weak, why_not = asked()
    sys.stdout.write(
        f"Audited {len(locked)} packages against the advisories kept here, of {kept['as_of']} ({days} days old), and "
        f"{'NOT against those of today: ' + why_not if why_not else 'against those of today'}.\n"
    )
    if unknown := sorted(locked.keys() - set(kept["packages"])):
        sys.stdout.write(f"Those kept here were not chosen for {', '.join(unknown)}.\n")
    for line in (*found, *weak):
        sys.stderr.write(f"{line}: update it (make lock), or say in scripts/audit.py why it does not concern us\n")
    return 1 if found or weak or (why_not and os.environ.get(REQUIRE)) else 0


if __name__ == "__main__":
    sys.exit(main())
