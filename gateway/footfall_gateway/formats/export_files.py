"""What all exports share: new files in a folder, one stem a sensor, numbers as text."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from footfall_gateway.errors import GatewayError
from footfall_processing.samples import FloatArray
from footfall_processing.session import Sensor


class ExportError(GatewayError):
    """An export can't be written; the message names the file and says what to do."""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Make the folder, and turn what the operating system refuses into one line."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except FileExistsError as error:
        raise ExportError(f"{error.filename}: exists already and is not overwritten; choose another folder") from error
    except OSError as error:
        raise ExportError(
            f"{error.filename or folder}: can't be written ({error.strerror}); "
            "check the folder and the space on the disk"
        ) from error


def create(path: Path) -> IO[bytes]:
    """Open a new file; one that exists is never overwritten."""
    return path.open("xb")


def write_new(path: Path, content: bytes) -> None:
    """Write a whole new file."""
    with create(path) as file:
        file.write(content)


def file_stems(sensors: Sequence[Sensor], unsafe: str = r"[^A-Za-z0-9._-]+", joint: str = "-") -> dict[str, str]:
    """Return a safe and distinct file name stem for each sensor id."""
    stems: dict[str, str] = {}
    for sensor in sensors:
        stem = re.sub(unsafe, joint, sensor.id).strip("-.") or "sensor"
        count = 2
        distinct = stem
        while distinct.lower() in (taken.lower() for taken in stems.values()):
            distinct = f"{stem}{joint}{count}"
            count += 1
        stems[sensor.id] = distinct
    return stems


def rows_of_text(columns: FloatArray, separator: bytes) -> bytes:
    """Return an (n, k) array as n lines; the shortest text that reads back as the same number."""
    lines = msgspec.json.encode(columns.tolist())[2:-2].replace(b"],[", b"\n")
    return (lines if separator == b"," else lines.replace(b",", separator)) + b"\n"
