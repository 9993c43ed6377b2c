"""Measure Footfall's accuracy and write `docs/validation.md` with its plots.

Everything in the document comes from this run: the synthetic recordings with their exact truth, and, where a folder of
reference recordings is at hand, those. Run it again whenever an estimator, or a recording, changes.
"""

import argparse
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from footfall_gateway.console import progress
from footfall_gateway.machine_code import keep
from footfall_processing.errors import FootfallError

try:
    from validation import document, figures
    from validation.comparison import Comparison, Pair, compare_recording
    from validation.measures import pairs_of
    from validation.references import ALL_FORCE_PLATE, Group, compare_folder, scored
except ModuleNotFoundError as error:
    sys.exit(f"validate: needs {error.name}; `make dev` installs it")

ROOT: Final = Path(__file__).resolve().parents[1]
PROCESSES: Final = 2
EXAMPLES: Final = """\
examples:
  python scripts/validate.py                       all; references from ../shared/data and ../shared/people
  python scripts/validate.py --references ~/data   references from elsewhere
  python scripts/validate.py --no-references       the synthetic recordings alone
  python scripts/validate.py --no-score            do not run the folder's own score.py (the slow part)
"""


def main() -> int:
    """Measure, draw, write; return the exit status."""
    keep()
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=Path, default=ROOT / "recordings", help="synthetic recordings and truth")
    parser.add_argument(
        "--references", type=Path, help="reference recordings (default: ../shared/data, where it exists)"
    )
    parser.add_argument("--people", type=Path, help="recordings of more people (default: ../shared/people, if there)")
    parser.add_argument("--no-references", action="store_true", help="leave the reference recordings out")
    parser.add_argument("--no-score", action="store_true", help="leave the references' own score.py out")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where to write validation.md")
    options = parser.parse_args()
    try:
        references = _reference_folder(options.references, options.no_references)
        people = None if references is None else _people_folder(options.people)
        synthetic = _synthetic(options.recordings)
        folders = [folder for folder in (references, people) if folder is not None]
        groups = [group for folder in folders for group in _compared(folder, drop_gyro=False)]
        without_gyro = [group for folder in folders for group in _compared(folder, drop_gyro=True)]
    except FootfallError as error:
        sys.stderr.write(f"validate: {error}\n")
        return 2
    table = None if references is None or options.no_score else scored(references)
    plots: Path = options.docs / "validation"
    plots.mkdir(parents=True, exist_ok=True)
    for name, sites in _plotted(synthetic, groups).items():
        figures.bland_altman(sites, plots / f"bland-altman-{name}.png")
    figures.example_strides(options.recordings / "tired-runner.mcap", plots / "strides.svg")
    text = document.write(version("footfall"), synthetic, groups, without_gyro, table)
    (options.docs / "validation.md").write_text(text, encoding="utf-8")
    return 0


def _reference_folder(given: Path | None, left_out: bool) -> Path | None:
    if left_out:
        return None
    folder = given or ROOT.parent / "shared" / "data"
    if folder.is_dir():
        return folder
    raise FootfallError(f"{folder}: no reference recordings there; name their folder, or give --no-references")


def _people_folder(given: Path | None) -> Path | None:
    folder = given or ROOT.parent / "shared" / "people"
    if given is not None and not folder.is_dir():
        raise FootfallError(f"{folder}: no recordings of people there; name their folder, or leave --people out")
    return folder if folder.is_dir() else None


def _compared(folder: Path, *, drop_gyro: bool) -> list[Group]:
    what = f"{folder.name}, accelerometer alone" if drop_gyro else folder.name
    with progress(f"Comparing {what}", total_s=len(list(folder.glob("**/*.truth.json")))) as advance_to:
        return compare_folder(folder, drop_gyro=drop_gyro, processes=PROCESSES, advance_to=advance_to)


def _synthetic(folder: Path) -> list[Comparison]:
    paths = sorted(folder.glob("*.mcap"))
    if not paths:
        raise FootfallError(f"{folder}: holds no recordings (.mcap); make them with scripts/make_recordings.py")
    found = []
    with progress("Comparing synthetic recordings", total_s=len(paths)) as advance_to:
        for done, path in enumerate(paths, start=1):
            found += [c for drop_gyro in (False, True) for c in compare_recording(path, drop_gyro=drop_gyro)]
            advance_to(done)
    return found


def _plotted(synthetic: list[Comparison], groups: list[Group]) -> dict[str, dict[str, list[Pair]]]:
    plotted = {
        "synthetic": {site: pairs_of([c for c in synthetic if c.site == site], "run") for site in document.SITES}
    }
    if groups:
        plotted["treadmill"] = {
            site: [p for group in groups if group.name in names for c in group.comparisons for p in c.pairs]
            for site, names in ALL_FORCE_PLATE.items()
        }
    return plotted


if __name__ == "__main__":
    sys.exit(main())
