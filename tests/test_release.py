"""A release has one version wherever it is named, and a changelog that says what it changes; commits have subjects."""

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pytest
import yaml

REPOSITORY: Final = Path(__file__).resolve().parent.parent
VERSION: Final = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
KINDS: Final = ["Changed results", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
"""In the order in which they stand; the first is ours, the others are Keep a Changelog's."""


@dataclass(frozen=True)
class Section:
    """What the changelog says of one version, by kind of change."""

    version: str
    released: date
    kinds: dict[str, str]


def parts(text: str, mark: str) -> list[tuple[str, str]]:
    """Cut a text at its headings of one level."""
    cut = re.split(rf"^{mark} (.+)$", text, flags=re.MULTILINE)
    return list(zip(cut[1::2], cut[2::2], strict=True))


def changelog() -> tuple[dict[str, str], list[Section]]:
    """Return what is not yet released, and the releases, the newest first."""
    (first, unreleased), *released = parts((REPOSITORY / "CHANGELOG.md").read_text(), "##")
    assert first == "[Unreleased]"
    sections = []
    for heading, text in released:
        named = re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", heading)
        assert named is not None, heading
        sections.append(Section(named[1], date.fromisoformat(named[2]), dict(parts(text, "###"))))
    return dict(parts(unreleased, "###")), sections


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_the_newest_section_is_this_version_s() -> None:
    _, sections = changelog()
    assert sections[0].version == VERSION
    assert [s.version for s in sections] == sorted({s.version for s in sections}, key=numbers, reverse=True)
    assert [s.released for s in sections] == sorted((s.released for s in sections), reverse=True)


def test_changed_results_come_first_and_no_kind_is_empty() -> None:
    unreleased, sections = changelog()
    for kinds in (unreleased, *(section.kinds for section in sections)):
        assert list(kinds) == [kind for kind in KINDS if kind in kinds]
        assert all(text.strip().startswith("- ") for text in kinds.values())
    assert all(section.kinds for section in sections)


def test_each_test_that_the_changelog_names_is_there() -> None:
    named = set(re.findall(r"`(tests/\S+\.py)`", (REPOSITORY / "CHANGELOG.md").read_text()))
    assert [name for name in sorted(named) if not (REPOSITORY / name).is_file()] == []


def test_a_release_that_only_mends_moves_no_numbers() -> None:
    _, sections = changelog()
    assert [s.version for s in sections if "Changed results" in s.kinds and numbers(s.version)[2] != 0] == []


def test_the_version_is_the_same_wherever_it_is_named() -> None:
    _, (newest, *_) = changelog()
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    assert (citation["version"], citation["date-released"]) == (VERSION, newest.released)
    services = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    assert f"footfall:{VERSION}" in services["x-footfall"]["image"]


def test_the_notes_of_a_release_are_its_section() -> None:
    notes = subprocess.check_output([sys.executable, REPOSITORY / "scripts" / "release-notes", VERSION], text=True)
    assert notes.startswith(f"## [{VERSION}] - ")
    assert notes.count("\n## ") == 0
    for text in changelog()[1][0].kinds.values():
        assert text.strip() in notes


@pytest.mark.parametrize(
    ("message", "accepted"),
    [
        ("Say what changes\n", True),
        ("Say what changes\n\nAnd why, at any length" + 80 * "." + "\n", True),
        (71 * "é", True),
        (72 * "e", False),
        ("Say what changes\nand go on\n", False),
        ("Merge branch 'of-a-name' into another-one that has such a long name that it goes on and on\n", True),
        ("Say what changes\n# " + 80 * "." + "\n", True),
    ],
)
def test_a_subject_that_is_too_long_is_refused(tmp_path: Path, message: str, accepted: bool) -> None:
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_text(message)
    command = [sys.executable, str(REPOSITORY / "scripts" / "commit-subject"), str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode == 0) == accepted
    assert bool(ended.stderr) != accepted
