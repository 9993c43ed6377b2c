"""Hold the results of two versions of Footfall against each other: `python scripts/same_results.py OTHER_FOOTFALL`.

OTHER_FOOTFALL is the other version's command, such as `../before/.venv/bin/footfall` of a clone at another revision.
Every recording of `recordings/`, and every CSV of the folders named (by default `../shared/data` and
`../shared/people`, where they are), is analysed by both, windows included; every value of every line must be equal.
The order of an object's fields is no result. Exit status 1 when anything differs.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[1]
SHARED: Final = (REPOSITORY.parent / "shared" / "data", REPOSITORY.parent / "shared" / "people")
MOST_SHOWN: Final = 5
"""Differences of a file that are shown."""


def analysed(command: str, path: Path) -> list[str]:
    """Return the lines of an analysis, or the complaint of one that failed."""
    ended = subprocess.run(
        [command, "analyze", path, "--json", "--windows", "1min"], capture_output=True, text=True, check=False
    )
    return (ended.stdout if ended.returncode == 0 else ended.stderr).splitlines()


def differences(before: object, after: object, where: str) -> Iterator[str]:
    """Yield where two values differ, and how."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from differences(before.get(name), after.get(name), f"{where}.{name}")
    elif isinstance(before, list) and isinstance(after, list):
        for number, (one, other) in enumerate(zip_longest(before, after)):
            yield from differences(one, other, f"{where}[{number}]")
    elif before != after or type(before) is not type(after):
        yield f"{where}: {before!r} → {after!r}"


def values(line: str) -> object:
    """Return what a line holds; a complaint is a text."""
    try:
        found: object = json.loads(line)
    except json.JSONDecodeError:
        return line
    if isinstance(found, dict):
        found.pop("software", None)  # names the version
    return found


def compare(other: str, path: Path) -> list[str]:
    """Return all differences of one file."""
    this = str(Path(sys.executable).with_name("footfall"))
    lines = zip_longest(analysed(other, path), analysed(this, path), fillvalue="")
    return [
        text
        for number, (before, after) in enumerate(lines, 1)
        for text in differences(values(before), values(after), f"line {number}")
    ]


def main() -> int:
    """Compare every file, and tell of it as it goes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", metavar="OTHER_FOOTFALL", help="the other version's command")
    parser.add_argument("folders", nargs="*", type=Path, default=list(SHARED), metavar="FOLDER")
    arguments = parser.parse_args()
    paths = sorted((REPOSITORY / "recordings").glob("*.mcap"))
    paths += [path for folder in arguments.folders for path in sorted(folder.rglob("*.csv"))]
    different = 0
    for path in paths:
        found = compare(arguments.other, path)
        different += bool(found)
        print(f"{path.parent.name}/{path.name}: {f'{len(found)} values differ' if found else 'equal'}", flush=True)
        for text in found[:MOST_SHOWN]:
            print(f"    {text}", flush=True)
    print(f"{len(paths)} files, {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
