"""The receipt: what was known when sensors were armed. It is a help to `fetch`, and no need."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

import msgspec

from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.onboard.anchors import Anchor
from footfall_gateway.outside import NoSuchFileError, parse_json, read_file
from footfall_gateway.own_files import create_own
from footfall_gateway.packets import RecordedSensor, RecordingHeader
from footfall_gateway.recordings.header import MOST_HEADER_BYTES, MOST_SENSORS, decode_header, encode_header
from footfall_gateway.recordings.recording import sync_folder

SUFFIX: Final = ".receipt"
VERSION: Final = 1
_MOST_BYTES: Final = 2 * MOST_HEADER_BYTES


class _ReceiptJson(msgspec.Struct):
    version: int
    key: Annotated[int, msgspec.Meta(ge=0)]
    header: msgspec.Raw
    anchors: Annotated[dict[str, Anchor], msgspec.Meta(max_length=MOST_SENSORS)]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A run that sensors were armed for.

    Parameters
    ----------
    key
        The run's; the sensors were given it.
    header
        Which sensors, as they were described then, and who runs.
    anchors
        Their clocks as they were read just before they began, by address in upper case.
    """

    key: int
    header: RecordingHeader
    anchors: Mapping[str, Anchor] = field(default_factory=lambda: MappingProxyType({}))

    def sensor_at(self, address: str) -> RecordedSensor | None:
        """Return the sensor of an address; `None` when it was not armed."""
        own = (one for one in self.header.recorded_sensors if one.address.upper() == address.upper())
        return next(own, None)

    def with_anchor(self, address: str, anchor: Anchor) -> "Receipt":
        """Return the same with a sensor's clock."""
        return replace(self, anchors=MappingProxyType({**self.anchors, address.upper(): anchor}))


def receipt_path(folder: Path, key: int) -> Path:
    """Return where a run's receipt lies."""
    return folder / f"{key:016x}{SUFFIX}"


def write_receipt(folder: Path, receipt: Receipt) -> None:
    """Write a receipt, whole or not at all; on return it is on the disk.

    Raises
    ------
    GatewayError
        When the disk refuses.
    """
    path = receipt_path(folder, receipt.key)
    part = path.with_name(f"{path.name}.part")
    content = _ReceiptJson(VERSION, receipt.key, msgspec.Raw(encode_header(receipt.header)), dict(receipt.anchors))
    try:
        part.unlink(missing_ok=True)
        with create_own(part) as file:
            file.write(msgspec.json.encode(content))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(folder)
    except OSError as error:
        raise GatewayError(f"{path}: can't be written ({error.strerror}); make room on the disk") from error


def read_receipt(path: Path) -> Receipt | None:
    """Read a receipt; `None` when there is none.

    Raises
    ------
    OutsideError
        When it is damaged, or of a newer version.
    """
    try:
        text = read_file(path, _MOST_BYTES)
    except NoSuchFileError:
        return None
    content = parse_json(text, _ReceiptJson, str(path), _MOST_BYTES)
    if content.version > VERSION:
        raise OutsideError(f"{path}: has version {content.version}, this Footfall reads up to {VERSION}; update it")
    try:
        header = decode_header(bytes(content.header))
    except OutsideError as error:
        raise OutsideError(f"{path}: {error}") from error
    return Receipt(content.key, header, MappingProxyType(content.anchors))
