"""Check that the two locks are what `make lock` makes of pyproject.toml, as far as that shows without an index.

Each requirement has a pin that satisfies it, each pin has hashes, both locks agree, what is installed here is what they
say, and everything that the installed packages need in turn is pinned too.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from copy import copy
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY: Final = Path(__file__).resolve().parent.parent
LOCK: Final = "requirements.lock"
LOCK_OF_DEVELOPERS: Final = "requirements-dev.lock"
SHA256: Final = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


class Pin:
    """A line of a lock: one package at one version, where its marker holds."""

    def __init__(self, text: str) -> None:
        self.requirement = Requirement(text.split("--hash", 1)[0].replace("\\", " ").strip())
        self.name: str = canonicalize_name(self.requirement.name)
        self.hashes = len(SHA256.findall(text))

    @property
    def version(self) -> str:
        """The version; empty when it is not one exact version."""
        (*specifiers,) = self.requirement.specifier
        return specifiers[0].version if len(specifiers) == 1 and specifiers[0].operator == "==" else ""

    @property
    def is_for_here(self) -> bool:
        """Whether it is for this computer and this Python."""
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def pins(text: str) -> list[Pin]:
    """Read a lock."""
    lines = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [Pin(line) for line in lines if line.strip()]


def wanted(project: dict[str, Any], groups: Iterable[str]) -> Iterator[Requirement]:
    """Yield what pyproject.toml asks for: its dependencies, and those of some of its groups."""
    yield from map(Requirement, project["project"]["dependencies"])
    waiting, seen = list(groups), set[str]()
    while waiting:
        group = waiting.pop()
        if group in seen:
            continue
        seen.add(group)
        for one in project["dependency-groups"][group]:
            if isinstance(one, str):
                yield Requirement(one)
            else:
                waiting.append(one["include-group"])


def faults(name: str, locked: list[Pin], requirements: list[Requirement]) -> Iterator[str]:
    """Yield what is wrong with a lock."""
    for pin in locked:
        if not pin.version:
            yield f"{name}: {pin.requirement}: is not pinned to one version"
        if not pin.hashes:
            yield f"{name}: {pin.name}: has no hash"
    here: dict[str, Pin] = {pin.name: pin for pin in locked if pin.is_for_here}
    for requirement in requirements:
        there = here.get(canonicalize_name(requirement.name))
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        if there is None:
            yield f"{name}: {requirement}: is not there"
        elif not requirement.specifier.contains(there.version, prereleases=True):
            yield f"{name}: {requirement}: is there as {there.version}"
    yield from _faults_of_installed(name, here, requirements)


def _faults_of_installed(name: str, here: dict[str, Pin], requirements: list[Requirement]) -> Iterator[str]:
    """Follow what the installed packages need."""
    waiting, seen = [(one, "pyproject.toml") for one in requirements], set[str]()
    while waiting:
        requirement, by = waiting.pop()
        package = canonicalize_name(requirement.name)
        extras = [{"extra": extra} for extra in requirement.extras] or [{"extra": ""}]
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        key = f"{package}{sorted(requirement.extras)}"
        if key in seen:
            continue
        seen.add(key)
        installed = _installed(package)
        if installed is None:
            yield f"{name}: {package} is not installed, which {by} needs; make dev"
            continue
        version, needs = installed
        pin = here.get(package)
        if pin is None:
            yield f"{name}: {package} is not there, which {by} needs"
        elif pin.version != version:
            yield f"{name}: {package} is there as {pin.version}, and installed as {version}; make dev"
        waiting += [
            (_without_marker(further), package)
            for further in needs
            if further.marker is None or any(further.marker.evaluate(extra) for extra in extras)
        ]


@cache
def _installed(package: str) -> tuple[str, tuple[Requirement, ...]] | None:
    """Return an installed package's version, and what it needs; `None` when it is not installed."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return None
    return found.version.removeprefix("v"), tuple(map(Requirement, found.requires or ()))


def _without_marker(requirement: Requirement) -> Requirement:
    bare = copy(requirement)
    bare.marker = None
    return bare


def all_faults(folder: Path = REPOSITORY) -> list[str]:
    """Return what is wrong with the two locks of a folder."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    user, developer = (pins((folder / name).read_text()) for name in (LOCK, LOCK_OF_DEVELOPERS))
    found = [
        *faults(LOCK, user, list(wanted(project, ["build"]))),
        *faults(LOCK_OF_DEVELOPERS, developer, list(wanted(project, ["build", "dev"]))),
    ]
    of_developers = {(pin.name, str(pin.requirement.marker)): pin.version for pin in developer}
    for pin in user:
        other = of_developers.get((pin.name, str(pin.requirement.marker)))
        if other is not None and other != pin.version:
            found.append(f"{LOCK_OF_DEVELOPERS}: {pin.name} is {other}, and {pin.version} in {LOCK}")
    return found


def main() -> int:
    """Say what is wrong; return the exit status."""
    found = all_faults()
    for fault in dict.fromkeys(found):
        sys.stderr.write(f"{fault}\n")
    if found:
        sys.stderr.write("`make lock` makes the locks anew from pyproject.toml.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
