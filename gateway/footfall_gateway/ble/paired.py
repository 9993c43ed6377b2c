"""The owner's sensors and companions, remembered in a file that people can read and edit."""

import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

import msgspec
import tomli_w

from footfall_gateway.devices import COMPANION_PROFILES, PROFILES, Wearing
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import NoSuchFileError, parse_toml, read_file
from footfall_gateway.own_files import make_own_folder
from footfall_gateway.recordings.header import MOST_CHARACTERS, MOST_SENSORS
from footfall_processing.session import Placement, Side

HEADING: Final = "# Sensors that `footfall live` and `footfall record` look for. Written by `footfall pair`.\n\n"


@dataclass(frozen=True, slots=True)
class PairedSensor:
    """One of the owner's sensors.

    Parameters
    ----------
    address
        Its Bluetooth address; on macOS the system's name for it.
    profile
        Its sensor model, by name in `PROFILES`.
    wearing
        What it is called, and where it is worn.
    """

    address: str
    profile: str
    wearing: Wearing

    @property
    def id(self) -> str:
        """What its owner calls it."""
        return self.wearing.sensor_id

    @property
    def worn(self) -> str:
        """Where it is worn, in words."""
        side = "" if self.wearing.side is None else f"{self.wearing.side} "
        return f"{side}{self.wearing.placement}"


@dataclass(frozen=True, slots=True)
class PairedCompanion:
    """A device of the owner's that goes with his sensors.

    Parameters
    ----------
    address
        As with sensors.
    profile
        What it is, by name in `COMPANION_PROFILES`.
    id
        What its owner calls it, unique among his sensors too.
    """

    address: str
    profile: str
    id: str

    @property
    def worn(self) -> str:
        """What it is, as it does not matter where it is worn."""
        return COMPANION_PROFILES[self.profile].product.lower()


Paired: TypeAlias = PairedSensor | PairedCompanion


_Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_CHARACTERS)]


class _Entry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    address: _Text
    model: str
    name: _Text
    placement: Placement
    side: Side | None = None


class _CompanionEntry(msgspec.Struct, forbid_unknown_fields=True):
    address: _Text
    model: str
    name: _Text


class _File(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    sensor: Annotated[list[_Entry], msgspec.Meta(max_length=MOST_SENSORS)] = []
    companion: Annotated[list[_CompanionEntry], msgspec.Meta(max_length=MOST_SENSORS)] = []


def load(path: Path) -> Mapping[str, Paired]:
    """Read the owner's sensors and companions, by address in upper case; none when there is no file.

    Raises
    ------
    GatewayError
        When the file can't be read, or says something that makes no sense.
    """
    try:
        text = read_file(path)
    except NoSuchFileError:
        return MappingProxyType({})
    except OutsideError as error:
        raise GatewayError(str(error)) from error
    try:
        content = parse_toml(text, _File, str(path))
    except OutsideError as error:
        raise GatewayError(f"{error}; mend it, or remove it and pair the sensors again") from error
    paired: dict[str, Paired] = {}

    def add(what: str, one: Paired, models: Collection[str]) -> None:
        if one.profile not in models:
            raise GatewayError(
                f"{path}: {what}: there is no model {one.profile!r}; known are {', '.join(sorted(models))}"
            )
        if one.address in paired or any(other.id == one.id for other in paired.values()):
            raise GatewayError(f"{path}: {what}: its address or name is there twice")
        paired[one.address] = one

    for number, entry in enumerate(content.sensor, start=1):
        wearing = Wearing(entry.name, entry.placement, entry.side)
        add(f"sensor {number}", PairedSensor(entry.address.upper(), entry.model, wearing), PROFILES)
    for number, companion in enumerate(content.companion, start=1):
        one = PairedCompanion(companion.address.upper(), companion.model, companion.name)
        add(f"companion {number}", one, COMPANION_PROFILES)
    return MappingProxyType(paired)


def save(path: Path, paired: Mapping[str, Paired]) -> None:
    """Write the owner's sensors and companions; the file is replaced whole or not at all.

    Raises
    ------
    GatewayError
        When it can't be written.
    """
    entries = [
        _Entry(one.address, one.profile, one.wearing.sensor_id, one.wearing.placement, one.wearing.side)
        for one in paired.values()
        if isinstance(one, PairedSensor)
    ]
    companions = [
        _CompanionEntry(one.address, one.profile, one.id) for one in paired.values() if isinstance(one, PairedCompanion)
    ]
    text = HEADING + tomli_w.dumps(msgspec.to_builtins(_File(entries, companions)))
    try:
        make_own_folder(path.parent)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise GatewayError(f"{path}: can't be written ({error.strerror})") from error
