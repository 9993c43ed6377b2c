"""Drivers by name: those of Footfall, and those that installed packages add under the entry point `footfall.devices`.

How to write one: docs/new-driver.md.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final, Generic, TypeAlias, TypeVar

from footfall_gateway.devices.kit.base import CompanionProfile, DeviceProfile

logger = logging.getLogger(__name__)

MOST_PACKET_S: Final = 10.0
"""No sensor that streams holds its samples back for longer."""
GROUP: Final = "footfall.devices"

Profile: TypeAlias = DeviceProfile | CompanionProfile
ProfileT = TypeVar("ProfileT", DeviceProfile, CompanionProfile)


@dataclass(frozen=True, slots=True)
class PlugIn:
    """A driver of another package: its profile, and the package with its version."""

    profile: Profile
    package: str


@dataclass(frozen=True, slots=True)
class PlugIns:
    """What installed packages add; `troubles` says in a line each what is wrong with those that could not be taken."""

    taken: tuple[PlugIn, ...]
    troubles: tuple[str, ...]


def load(offered: Iterable[EntryPoint], built_in: Iterable[str]) -> PlugIns:
    """Load drivers; what is wrong with one stops no other.

    Parameters
    ----------
    offered
        Entry points, each of which names a profile and is called as the profile is.
    built_in
        Names that Footfall's own drivers have.
    """
    own_names, found, troubles = frozenset(built_in), list[PlugIn](), list[str]()
    for entry in sorted(offered, key=lambda entry: (entry.name, _package(entry))):
        try:
            profile = _profile(entry, own_names)
        except KeyboardInterrupt:
            raise
        # Whatever else another's code raises while it is imported is that package's trouble, and not ours.
        except BaseException as error:
            troubles.append(f"package {_package(entry)}: its driver {entry.name!r} can't be used: {_reason(error)}")
        else:
            found.append(PlugIn(profile, _package(entry)))
    taken = []
    for plug_in in found:
        name = plug_in.profile.name
        rivals = sorted(other.package for other in found if other.profile.name == name)
        if len(rivals) == 1:
            taken.append(plug_in)
        elif plug_in.package == rivals[0]:
            troubles.append(f"packages {' and '.join(rivals)} both bring a driver {name!r}: remove all but one")
    return PlugIns(tuple(taken), tuple(troubles))


def _package(entry: EntryPoint) -> str:
    return "of no name" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def _reason(error: BaseException) -> str:
    try:
        told = " ".join(str(error).split())
    except KeyboardInterrupt:
        raise
    except BaseException:
        told = ""
    return told or type(error).__name__


def _profile(entry: EntryPoint, own_names: frozenset[str]) -> Profile:
    """Load one; raises anything."""
    if entry.name in own_names:
        raise ValueError("a driver of Footfall has this name; choose another")
    profile = entry.load()
    if not isinstance(profile, DeviceProfile | CompanionProfile):
        raise TypeError(f"{entry.value} is no DeviceProfile or CompanionProfile")
    if profile.name != entry.name:
        raise ValueError(f"{entry.value} is called {profile.name!r}; the entry point must be called so too")
    _check_fields(entry.value, profile)
    return profile


def _check_fields(source: str, profile: Profile) -> None:
    """Refuse a profile that would fail, or match every device, once a sensor advertises."""
    for one in fields(profile):
        value = getattr(profile, one.name)
        if one.name in ("name", "product"):
            right, wanted = isinstance(value, str) and value.strip() != "", "a text"
        elif one.name in ("services", "name_prefixes", "notifications"):
            right = isinstance(value, tuple) and all(isinstance(text, str) and text for text in value)
            wanted = "a tuple of texts, none of them empty, such as ('one',)"
        elif one.name in ("packet_s", "quick_packet_s"):
            right = isinstance(value, float | int) and not isinstance(value, bool) and 0.0 <= value <= MOST_PACKET_S
            wanted = f"seconds, from 0 to {MOST_PACKET_S:g}"
        else:
            right = callable(value) or (value is None and one.default is None)
            wanted = "a function"
        if not right:
            raise TypeError(f"{one.name} of {source} is {value!r}; it must be {wanted}")
        if one.name == "services" and any(text != text.lower() for text in value):
            raise ValueError(f"services of {source} are {value!r}; write them in lower case")


class Registry(Mapping[str, ProfileT], Generic[ProfileT]):
    """Profiles of one kind, by name.

    Looking a driver of Footfall up costs nothing more. Installed packages are searched once in the life of a process:
    when another name is looked up, or all profiles are listed.

    Parameters
    ----------
    kind
        `DeviceProfile` or `CompanionProfile`.
    built_in
        Those of Footfall.
    """

    def __init__(self, kind: type[ProfileT], built_in: Iterable[ProfileT]) -> None:
        self._kind: type[ProfileT] = kind
        self.built_in: Final[dict[str, ProfileT]] = {profile.name: profile for profile in built_in}
        _built_in_names.update(self.built_in)

    def __getitem__(self, name: str) -> ProfileT:
        return self.built_in[name] if name in self.built_in else self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, ProfileT]:
        added = (plug_in.profile for plug_in in plug_ins().taken)
        return {**self.built_in, **{profile.name: profile for profile in added if isinstance(profile, self._kind)}}


_built_in_names: set[str] = set()


@cache
def plug_ins() -> PlugIns:
    """Return what installed packages add; troubles are logged once."""
    found = load(entry_points(group=GROUP), _built_in_names)
    for trouble in found.troubles:
        logger.warning("footfall: %s", trouble)
    return found
