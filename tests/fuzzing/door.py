"""What a door is to the fuzzer: a function that takes bytes through real code, and the limits that each input keeps."""

import atexit
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from footfall_gateway.outside import told
from footfall_processing.errors import FootfallError
from fuzzing.mutations import Shape

MOST_S: Final = 5.0
"""Processor time of one input; an honest one takes milliseconds."""
MOST_BYTES: Final = 256 << 20
"""By which an input may raise the most memory that the process ever had."""
MOST_CHARACTERS: Final = 4000
"""Of an error's text, as it is told: what is refused does not come back at length."""

SEEDS: Final = Path(__file__).parent / "seeds"
_MEMORY: Final = Path("/dev/shm")
_PEAK_UNIT: Final = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Door:
    """One way in.

    Parameters
    ----------
    name
        Also that of its folder of seeds.
    bytes_are
        What the bytes are, in words.
    take
        Takes them; raises `FootfallError` where they are refused, and anything else only where something is wrong.
    shape
        What mutations know of the bytes.
    prefix
        Bytes before what has that shape.
    most_bytes
        Of an input.
    """

    name: str
    bytes_are: str
    take: Callable[[bytes], None]
    shape: Shape = Shape.BYTES
    prefix: int = 0
    most_bytes: int = 4096

    def seeds(self) -> Iterator[bytes]:
        """Yield the inputs to begin with: made ones, and all that was ever found."""
        for path in sorted((SEEDS / self.name).iterdir()):
            yield path.read_bytes()


@dataclass(slots=True)
class Figures:
    """What inputs took so far."""

    inputs: int = 0
    refused: int = 0
    worst_s: float = 0.0
    worst_bytes: int = 0


class LimitError(AssertionError):
    """An input took more than any may."""


def held_to_limits(door: Door, data: bytes, figures: Figures) -> None:
    """Take one input; raise what is wrong with the door, if it is let down by it.

    Raises
    ------
    LimitError
        When it took too long or too much.
    """
    before, began_s = peak_bytes(), time.process_time()
    figures.inputs += 1
    try:
        door.take(data)
    except FootfallError as error:
        figures.refused += 1
        text = told(str(error))
        if len(text) > MOST_CHARACTERS or not text.strip():
            raise LimitError(f"{door.name}: what is refused is told in {len(text)} characters") from error
    took_s, more_bytes = time.process_time() - began_s, peak_bytes() - before
    figures.worst_s = max(figures.worst_s, took_s)
    figures.worst_bytes = max(figures.worst_bytes, more_bytes)
    if took_s > MOST_S:
        raise LimitError(f"{door.name}: {len(data)} bytes took {took_s:.1f} s")
    if more_bytes > MOST_BYTES:
        raise LimitError(f"{door.name}: {len(data)} bytes took {more_bytes >> 20} MiB more than anything before")


def peak_bytes() -> int:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT


@cache
def scratch() -> Path:
    """Return a folder for files, in memory where the system has one there."""
    folder = Path(tempfile.mkdtemp(prefix="footfall-fuzzing-", dir=_MEMORY if _MEMORY.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def put(name: str, data: bytes) -> Path:
    """Write a file into the scratch folder; what SQLite keeps beside one of this name is gone."""
    path = scratch() / name
    path.write_bytes(data)
    for beside in ("-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(name + beside).unlink()
    return path


class Pieces:
    """An input taken apart, piece by piece; where it is over, all further pieces are empty or 0."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, n: int) -> bytes:
        """Return up to `n` bytes more."""
        piece = self._data[self._at : self._at + n]
        self._at += len(piece)
        return piece

    def number(self, n: int = 1) -> int:
        """Return the next `n` bytes as a number."""
        return int.from_bytes(self.take(n), "little")

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._data))

    def counted(self) -> bytes:
        """Return a piece that has its length before it, in one byte."""
        return self.take(self.number())
