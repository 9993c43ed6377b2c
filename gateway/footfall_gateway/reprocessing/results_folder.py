"""Results of an archive in a folder: a Parquet file a recording, and a manifest that says which are done.

A file is written beside and renamed, and the manifest told after it. So whatever is killed, a file that has its name is
whole, and what the manifest does not have is worked out again. A folder within for each version of the metrics keeps
what is not alike apart.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Self

import msgspec

from footfall_gateway.errors import OutsideError, TemporaryError
from footfall_gateway.formats.export_files import safe_stem, writing
from footfall_gateway.outside import NoSuchFileError, parse_json, pieces_of_file
from footfall_gateway.recordings.recording import sync_folder
from footfall_gateway.reprocessing.work import Failed, WorkedOut
from footfall_processing.metrics.version import METRICS_VERSION

MANIFEST: Final = "manifest.jsonl"
MOST_LINE_BYTES: Final = 64 * 1024


class Seen(msgspec.Struct, frozen=True):
    """A recording as it lay on the disk: whether it has changed since is seen without reading it."""

    file: str
    bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Look at a recording; `OSError` when it is not there."""
        status = path.stat()
        return cls(str(path.absolute()), status.st_size, status.st_mtime_ns)


class Line(msgspec.Struct):
    """A line of the manifest: a recording that was worked out, or, with `failed`, why it could not be."""

    file: str
    bytes: int
    modified_ns: int
    metrics_version: int
    sha256: str = ""
    session_id: str = ""
    strides: int = 0
    results: str = ""
    remarks: tuple[str, ...] = ()
    failed: str = ""


class ResultsFolder:
    """An open folder of results; see `open`."""

    def __init__(self, folder: Path, manifest: IO[bytes]) -> None:
        self._folder = folder
        self._manifest = manifest
        self._done: dict[Seen, Line] = {}
        self._by_content: dict[str, Line] = {}
        self._sizes: set[int] = set()
        for line in _lines(folder / MANIFEST):
            self._remember(line)

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[Self]:
        """Open a folder of results, make it if it does not exist, and be the only program that writes there.

        Raises
        ------
        ExportError
            When it can't be made or written.
        TemporaryError
            When another program writes there.
        OutsideError
            When its manifest can't be read.
        """
        with writing(folder):
            manifest = (folder / MANIFEST).open("ab")
        with manifest:
            try:
                fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise TemporaryError(
                    f"{folder}: another footfall reprocess writes there; wait for it, or choose another --out"
                ) from error
            if _last_byte(folder / MANIFEST) not in (b"", b"\n"):
                manifest.write(b"\n")  # what was killed within a line left a half one
            yield cls(folder, manifest)

    def has(self, path: Path, seen: Seen) -> bool:
        """Tell whether a recording's results of this version are there, under whatever name it was worked out.

        It is read only where another one of its size is there.

        Raises
        ------
        OutsideError
            When it can't be read.
        """
        line = self._done.get(seen)
        if line is None and seen.bytes in self._sizes:
            digest = hashlib.sha256()
            for piece in pieces_of_file(path):
                digest.update(piece)
            line = self._by_content.get(digest.hexdigest())
        return line is not None and (self._folder / line.results).exists()

    def keep(self, seen: Seen, worked_out: WorkedOut) -> None:
        """Keep the results of a recording; on return they are on the disk. Those of a copy are kept once.

        Raises
        ------
        ExportError
            When the disk refuses.
        """
        stem = safe_stem(Path(seen.file).stem) or "recording"
        within = Path(f"metrics-{METRICS_VERSION}") / f"{stem}-{worked_out.sha256[:16]}.parquet"
        if (copied := self._by_content.get(worked_out.sha256)) is not None:
            within = Path(copied.results)
        path = self._folder / within
        half = path.with_suffix(".part")
        with writing(path.parent):
            with half.open("wb") as file:
                file.write(worked_out.table)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
            sync_folder(path.parent)
            self._write(
                Line(
                    seen.file,
                    seen.bytes,
                    seen.modified_ns,
                    METRICS_VERSION,
                    worked_out.sha256,
                    worked_out.session_id,
                    worked_out.strides,
                    within.as_posix(),
                    worked_out.remarks,
                )
            )

    def note(self, seen: Seen, failed: Failed) -> None:
        """Note that a recording could not be worked out; the next time it is tried again. Errors as `keep`."""
        with writing(self._folder):
            self._write(Line(seen.file, seen.bytes, seen.modified_ns, METRICS_VERSION, failed=failed.why))

    def _write(self, line: Line) -> None:
        self._manifest.write(msgspec.json.encode(line) + b"\n")
        self._manifest.flush()
        os.fsync(self._manifest.fileno())
        self._remember(line)

    def _remember(self, line: Line) -> None:
        if line.metrics_version == METRICS_VERSION and not line.failed:
            self._done[Seen(line.file, line.bytes, line.modified_ns)] = line
            self._by_content[line.sha256] = line
            self._sizes.add(line.bytes)


def _lines(path: Path) -> Iterator[Line]:
    """Yield what a manifest says; a line that can't be read, as one that was cut off, says nothing."""
    rest = b""
    try:
        for piece in pieces_of_file(path):
            *whole, rest = (rest[: MOST_LINE_BYTES + 1] + piece).split(b"\n")
            for text in whole:
                try:
                    yield parse_json(text, Line, str(path), MOST_LINE_BYTES)
                except OutsideError:
                    continue
    except NoSuchFileError:
        return


def _last_byte(path: Path) -> bytes:
    last = b""
    for piece in pieces_of_file(path):
        last = piece[-1:]
    return last
