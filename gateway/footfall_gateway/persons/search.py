"""Searches the files of a data folder for bytes: whether what was removed is still anywhere."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import pieces_of_file

SHORTEST_BYTES: Final = 4
_SQLITE: Final = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Found:
    """Some bytes that were searched for are in a file."""

    path: Path
    needle: bytes


class Needles:
    """Bytes to search for, any number of them in one pass.

    Parameters
    ----------
    needles
        Of at least four bytes each; shorter ones, which are anywhere by chance, are left out.
    """

    def __init__(self, needles: Iterable[bytes]) -> None:
        self._by_key: dict[bytes, list[bytes]] = {}
        for needle in set(needles):
            if len(needle) >= SHORTEST_BYTES:
                # ids and names begin alike and end differently
                self._by_key.setdefault(needle[-SHORTEST_BYTES:], []).append(needle)
        self.count = sum(map(len, self._by_key.values()))
        self.longest = max((len(n) for several in self._by_key.values() for n in several), default=0)
        keys = np.frombuffer(b"".join(self._by_key), dtype="<u4")
        self._low, self._high = np.zeros(1 << 16, bool), np.zeros(1 << 16, bool)
        self._low[keys & 0xFFFF] = True
        self._high[keys >> 16] = True

    def within(self, content: bytes) -> Iterator[bytes]:
        """Yield each of them that is in some bytes."""
        for shift in range(SHORTEST_BYTES):
            count = (len(content) - shift) // SHORTEST_BYTES
            words = np.frombuffer(content, dtype="<u4", count=max(count, 0), offset=min(shift, len(content)))
            for place in np.flatnonzero(self._low[words & 0xFFFF] & self._high[words >> 16]):
                end = shift + SHORTEST_BYTES * (int(place) + 1)
                for needle in self._by_key.get(content[end - SHORTEST_BYTES : end], ()):
                    if content.endswith(needle, 0, end):
                        yield needle


def search(paths: Iterable[Path], needles: Needles) -> list[Found]:
    """Return what is found in files, each once a file.

    Raises
    ------
    OutsideError
        When a file can't be read; one that is gone meanwhile is left out.
    """
    found: dict[tuple[Path, bytes], Found] = {}
    for path in paths:
        rest = b""
        for piece in pieces_of_file(path):
            content = rest + piece
            for needle in needles.within(content):
                found[path, needle] = Found(path, needle)
            rest = content[-max(needles.longest - 1, 0) :] if needles.longest > 1 else b""
    return list(found.values())


def is_in_rows(path: Path, needle: bytes) -> bool:
    """Tell whether a database has bytes in one of its rows: then they are somebody else's, and no remains."""
    try:
        if next(pieces_of_file(path), b"")[: len(_SQLITE)] != _SQLITE:
            return False
        uri = f"file:{quote(str(path))}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
            for (table,) in tables:
                quoted = table.replace('"', '""')
                columns = [row[1].replace('"', '""') for row in connection.execute(f'PRAGMA table_info("{quoted}")')]
                if not columns:
                    continue
                anywhere = " OR ".join(f'instr(CAST("{column}" AS BLOB), ?1)' for column in columns)
                if connection.execute(f'SELECT 1 FROM "{quoted}" WHERE {anywhere} LIMIT 1', (needle,)).fetchone():
                    return True
    except (OutsideError, sqlite3.Error):
        return False
    return False
