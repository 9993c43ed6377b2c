"""What all exports share: new files in a folder, one stem a sensor, numbers as text."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

import msgspec

from footfall_gateway.errors import GatewayError
from footfall_processing.samples import FloatArray
from footfall_processing.session import Sensor

LONGEST_STEM_BYTES: Final = 120
"""Of a file name's stem, in UTF-8: file systems allow 255 for the whole name."""

_DIGEST_LENGTH: Final = 8


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


def file_stems(sensors: Sequence[Sensor], *, ascii_only: bool = False) -> dict[str, str]:
    """Return a safe and distinct file name stem for each sensor id, which keeps letters and digits of any script.

    With `ascii_only` stems are of `A` to `Z`, `a` to `z` and digits; a sensor whose id has other letters is then named
    after where it is worn, as is one whose id has no letter or digit at all.
    """
    stems: dict[str, str] = {}
    taken: set[str] = set()
    joint = "" if ascii_only else "-"
    for sensor in sensors:
        name = unicodedata.normalize("NFC", sensor.id)
        stem = safe_stem(name)
        if ascii_only:
            stem = "" if any(_is_letter(one) and not one.isascii() for one in name) else re.sub(r"[\W_]+", "", stem)
        if not any(map(_is_letter, stem)):
            stem = joint.join((sensor.placement.value, *(() if sensor.side is None else (sensor.side.value,))))
        count = 2
        distinct = stem
        # no two names that a file system which ignores case takes for one
        while distinct.casefold() in taken:
            distinct = f"{stem}{joint}{count}"
            count += 1
        taken.add(distinct.casefold())
        stems[sensor.id] = distinct
    return stems


def safe_stem(name: str) -> str:
    """Return a name as the stem of a file: letters and digits of any script, `.`, `_`, and `-` for all else.

    One of more than `LONGEST_STEM_BYTES` is cut, and ends in a digest that tells it from others. Empty when nothing is
    left.
    """
    kept = "".join(one if _is_letter(one) or one in "._-" else " " for one in unicodedata.normalize("NFC", name))
    stem = re.sub(r" +", "-", kept).strip("-.")
    encoded = stem.encode()
    if len(encoded) <= LONGEST_STEM_BYTES:
        return stem
    digest = sha256(encoded).hexdigest()[:_DIGEST_LENGTH]
    head = encoded[: LONGEST_STEM_BYTES - _DIGEST_LENGTH - 1].decode(errors="ignore").rstrip("-.")
    return f"{head}-{digest}"


def _is_letter(character: str) -> bool:
    """Whether it is a letter, a digit, or a mark that belongs to one."""
    return unicodedata.category(character)[0] in "LMN"


def rows_of_text(columns: FloatArray, separator: bytes) -> bytes:
    """Return an (n, k) array as n lines; the shortest text that reads back as the same number."""
    lines = msgspec.json.encode(columns.tolist())[2:-2].replace(b"],[", b"\n")
    return (lines if separator == b"," else lines.replace(b",", separator)) + b"\n"
