"""Rows out of an SQLite file whose beginning is lost, page by page: of what SQLite itself reads nothing any more.

Where a table begins is written in the first page, but every page of a table tells by itself what rows it has. The file
format: https://www.sqlite.org/fileformat2.html
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

Value: TypeAlias = int | float | str | bytes | None

MOST_ROW_BYTES: Final = 64 << 20
READ_AGAIN: Final = 100
"""So many times its pages, the rests of a file's rows are read: what is damaged may lead to those of others."""
_PAGE_BYTES: Final = frozenset(1 << power for power in range(9, 17))
_USUAL_PAGE_BYTES: Final = 4096
_TABLE_LEAF: Final = 13
_INDEX_LEAF: Final = 10
_INDEX_INTERIOR: Final = 2
_WHOLE_BYTES: Final = (0, 1, 2, 3, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row that a page holds.

    Parameters
    ----------
    number
        Its row number; `None` in a table without them, whose key comes first in `values`.
    """

    number: int | None
    values: tuple[Value, ...]


def rows_of_pages(path: Path, wal: Path) -> Iterator[FoundRow]:
    """Yield the rows of all pages of tables, in their order; what makes no sense is left out."""
    with path.open("rb") as file:
        size = _page_bytes(file.read(18))
        newer = _pages_of_wal(wal, size)
        file.seek(0, 2)
        there = file.tell() // size
        beyond = sorted(number for number in newer if number > there)

        def page(number: int) -> bytes:
            if number in newer:
                return newer[number]
            file.seek((number - 1) * size)
            return file.read(size)

        pages = _Pages(page, size, beyond[-1] if beyond else there, READ_AGAIN * (there + len(beyond)))
        for number in (*range(1, there + 1), *beyond):
            yield from _rows_of_page(pages, number)


@dataclass(slots=True)
class _Pages:
    """The pages; of those that hold the rest of rows, so many may be read, however often one says that it goes on."""

    read: Callable[[int], bytes]
    size: int
    last: int
    left: int


def _page_bytes(head: bytes) -> int:
    if head.startswith(b"SQLite format 3\0"):
        size = int.from_bytes(head[16:18], "big")
        size = 65536 if size == 1 else size
        if size in _PAGE_BYTES:
            return size
    return _USUAL_PAGE_BYTES


def _pages_of_wal(wal: Path, size: int) -> Mapping[int, bytes]:
    """Return the pages that were written and are not in the file itself yet."""
    pages: dict[int, bytes] = {}
    if not wal.exists():
        return pages
    with wal.open("rb") as file:
        head = file.read(32)
        open_pages: dict[int, bytes] = {}
        while len(frame := file.read(24 + size)) == 24 + size:
            number, committed = struct.unpack(">II", frame[:8])
            if frame[8:16] != head[16:24]:
                break
            open_pages[number] = frame[24:]
            if committed:
                pages.update(open_pages)
                open_pages = {}
    return pages


def _rows_of_page(pages: _Pages, number: int) -> Iterator[FoundRow]:
    content = pages.read(number)
    begin = 100 if number == 1 else 0
    if len(content) < pages.size or content[begin] not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR):
        return
    kind = content[begin]
    head, child = (12, 4) if kind == _INDEX_INTERIOR else (8, 0)
    (cells,) = struct.unpack_from(">H", content, begin + 3)
    if begin + head + 2 * cells > pages.size:
        return
    for (at,) in struct.iter_unpack(">H", content[begin + head : begin + head + 2 * cells]):
        try:
            yield _row(pages, content, at + child, has_number=kind == _TABLE_LEAF)
        except (ValueError, IndexError, struct.error):
            continue


def _row(pages: _Pages, content: bytes, at: int, *, has_number: bool) -> FoundRow:
    length, at = _varint(content, at)
    number = None
    if has_number:
        number, at = _varint(content, at)
    if length > MOST_ROW_BYTES:
        raise ValueError("no row is as long")
    size = pages.size
    most = size - 35 if has_number else (size - 12) * 64 // 255 - 23
    least = (size - 12) * 32 // 255 - 23
    here = least + (length - least) % (size - 4)
    here = length if length <= most else here if here <= most else least
    record = bytearray(content[at : at + here])
    following = struct.unpack_from(">I", content, at + here)[0] if length > most else 0
    while len(record) < length:
        if not 0 < following <= pages.last or pages.left <= 0:
            raise ValueError("its rest is lost")
        pages.left -= 1
        more = pages.read(following)
        following = struct.unpack_from(">I", more)[0]
        record += more[4 : 4 + length - len(record)]
    return FoundRow(number, _values(bytes(record)))


def _values(record: bytes) -> tuple[Value, ...]:
    head, at = _varint(record, 0)
    kinds = []
    while at < head:
        kind, at = _varint(record, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        size = _WHOLE_BYTES[kind] if kind < 7 else 8 if kind == 7 else 0 if kind < 12 else (kind - 12) // 2
        field = record[at : at + size]
        if len(field) < size or kind in (10, 11):
            raise ValueError("no row ends within a value")
        values.append(_value(kind, field))
        at += size
    if at != len(record):
        raise ValueError("no row is longer than its values")
    return tuple(values)


def _value(kind: int, field: bytes) -> Value:
    if kind == 0:
        return None
    if kind < 7:
        return int.from_bytes(field, "big", signed=True)
    if kind == 7:
        return float(struct.unpack(">d", field)[0])
    if kind in (8, 9):
        return kind - 8
    return field if kind % 2 == 0 else field.decode()


def _varint(content: bytes, at: int) -> tuple[int, int]:
    number = 0
    for position in range(8):
        byte = content[at + position]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, at + position + 1
    return number << 8 | content[at + 8], at + 9


def fits(values: Sequence[Value], columns: Sequence[tuple[str, bool, bool]]) -> bool:
    """Tell whether values may be a row of a table, which may have got more columns, or have had fewer.

    Parameters
    ----------
    columns
        The type of each, whether it must have a value, and whether it is the row number, which is not stored.
    """
    return bool(values) and all(
        value is None if is_number else not must if value is None else isinstance(value, _TYPES.get(kind, object))
        for value, (kind, must, is_number) in zip(values, columns, strict=False)
    )


_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "INTEGER": int,
    "REAL": (int, float),
    "TEXT": str,
    "BLOB": bytes,
}
