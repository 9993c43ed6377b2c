"""Keep what is known of weaknesses in the packages that we lock: `python scripts/advisories.py CLONE`.

CLONE is a clone of the Python Packaging Advisory Database (github.com/pypa/advisory-database, CC-BY 4.0). Written is
`packaging/advisories.json`: for each package of our locks the numbers of its advisories and the versions that they are
about, no texts. `scripts/audit.py` compares the locks with it where there is no network.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from check_lock import LOCK, LOCK_OF_DEVELOPERS, REPOSITORY, pins

FILE: Final = REPOSITORY / "packaging" / "advisories.json"


def spans(ranges: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return from which version on, and up to which, something is weak; `fixed` is the first that is not."""
    found = []
    for one in ranges:
        if one["type"] != "ECOSYSTEM":
            continue
        span: dict[str, str] = {}
        for event in one["events"]:
            if "introduced" in event and span:
                found.append(span)
                span = {}
            span |= {key: str(value) for key, value in event.items() if key in ("introduced", "fixed", "last_affected")}
        found.append(span)
    return found


def main() -> None:
    """Write the file."""
    clone = Path(sys.argv[1])
    git = ["git", "-C", str(clone)]

    def shown(*arguments: str) -> str:
        return subprocess.run([*git, *arguments], check=True, capture_output=True, text=True).stdout

    locked = {pin.name for name in (LOCK, LOCK_OF_DEVELOPERS) for pin in pins((REPOSITORY / name).read_text())}
    advisories: dict[str, list[dict[str, Any]]] = {}
    for path in shown("ls-tree", "-r", "--name-only", "HEAD", "vulns").splitlines():
        package = path.split("/")[1]
        if package not in locked or not path.endswith(".yaml"):
            continue
        told = yaml.safe_load(shown("show", f"HEAD:{path}"))
        if "withdrawn" in told:
            continue
        for affected in told["affected"]:
            advisories.setdefault(package, []).append(
                {
                    "id": told["id"],
                    "aliases": told.get("aliases", []),
                    "spans": spans(affected.get("ranges", [])),
                    "versions": [] if affected.get("ranges") else [str(v) for v in affected.get("versions", [])],
                }
            )
    content = {
        "source": "Python Packaging Advisory Database, github.com/pypa/advisory-database, CC-BY 4.0",
        "as_of": shown("log", "-1", "--format=%cs", "HEAD").strip(),
        "packages": sorted(locked),
        "advisories": {name: advisories[name] for name in sorted(advisories)},
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
