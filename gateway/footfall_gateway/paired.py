"""The owner's sensors: which they are and where they are worn, remembered in a file that people can read and edit."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
import platformdirs
import tomli_w

from footfall_gateway.devices import PROFILES, Wearing
from footfall_gateway.errors import GatewayError
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


class _Entry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    address: Annotated[str, msgspec.Meta(min_length=1)]
    model: str
    name: Annotated[str, msgspec.Meta(min_length=1)]
    placement: Placement
    side: Side | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    sensor: list[_Entry] = []


def default_path() -> Path:
    """Return where the file is, unless told otherwise."""
    return platformdirs.user_config_path("footfall") / "sensors.toml"


def load(path: Path) -> Mapping[str, PairedSensor]:
    """Read the owner's sensors, by address in upper case; none when there is no file.

    Raises
    ------
    GatewayError
        When the file can't be read, or says something that makes no sense.
    """
    try:
        content = msgspec.toml.decode(path.read_bytes(), type=_File)
    except FileNotFoundError:
        return MappingProxyType({})
    except OSError as error:
        raise GatewayError(f"{path}: can't be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GatewayError(f"{path}: {error}; mend it, or remove it and pair the sensors again") from error
    paired: dict[str, PairedSensor] = {}
    for number, entry in enumerate(content.sensor, start=1):
        if entry.model not in PROFILES:
            raise GatewayError(
                f"{path}: sensor {number}: there is no model {entry.model!r}; known are {', '.join(sorted(PROFILES))}"
            )
        address = entry.address.upper()
        if address in paired or any(other.wearing.sensor_id == entry.name for other in paired.values()):
            raise GatewayError(f"{path}: sensor {number}: its address or name is there twice")
        paired[address] = PairedSensor(address, entry.model, Wearing(entry.name, entry.placement, entry.side))
    return MappingProxyType(paired)


def save(path: Path, paired: Mapping[str, PairedSensor]) -> None:
    """Write the owner's sensors; the file is replaced whole or not at all.

    Raises
    ------
    GatewayError
        When it can't be written.
    """
    entries = [
        _Entry(one.address, one.profile, one.wearing.sensor_id, one.wearing.placement, one.wearing.side)
        for one in paired.values()
    ]
    text = HEADING + tomli_w.dumps(msgspec.to_builtins(_File(entries)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise GatewayError(f"{path}: can't be written ({error.strerror})") from error
