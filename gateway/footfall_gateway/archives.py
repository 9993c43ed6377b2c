"""Zip archives: written whole or not at all, and, with `outside`, the one door for those that come from outside.

What an archive claims is looked at before anything of it is unpacked: how much it says of itself, what its members are
called, what kind of file each is, and what it unpacks to. No name leads out of the folder that it is unpacked into.
"""

import errno
import glob
import os
import secrets
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from types import MappingProxyType, TracebackType
from typing import IO, Final, Self

from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.outside import open_file, require_size, shortened
from footfall_gateway.own_files import FILE_MODE, create_own

MOST_DIRECTORY_BYTES: Final = 8 << 20
"""Of what an archive says of its members: a hundred thousand of ours. Read, it takes twelve times as much memory."""
MOST_NAME_BYTES: Final = 512
MOST_RATIO: Final = 1032
"""Deflate can't pack any tighter, so what claims more is made up."""

_PIECE_BYTES: Final = 1 << 20
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_END: Final = struct.Struct("<4s8xLL2x")
_END_64: Final = struct.Struct("<4s36xQQ")
_LOCATOR_64: Final = struct.Struct("<4s4xQ4x")
_LONGEST_END_BYTES: Final = 22 + 65_535
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""What a cut, damaged or made-up archive makes the library raise; unknown compression is a `RuntimeError`."""

Advance = Callable[[int], object]
"""Told of so many bytes more."""


def _nothing(_: int) -> None:
    """Tell nobody."""


class ArchiveWriter:
    """A new archive, readable by its owner alone; a context manager. It is at its path once all of it is on the disk.

    Parameters
    ----------
    path
        Where it goes; never overwritten.
    comment
        What stands in it, unpacked, for whoever looks for it.

    Raises
    ------
    GatewayError
        When there is something at its path already, or the disk refuses; then nothing is left there.
    """

    def __init__(self, path: Path, comment: str = "") -> None:
        self._path = path
        self._new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._comment = comment.encode()[:65_000]

    def __enter__(self) -> Self:
        if self._path.exists() or self._path.is_symlink():
            raise GatewayError(f"{self._path}: exists already and is never overwritten; choose another name")
        with self._explained():
            for left in self._path.parent.glob(f".{glob.escape(self._path.name)}.*.part"):
                left.unlink(missing_ok=True)  # of one that was killed while it wrote this
            self._file = create_own(self._new)
        self._zip = zipfile.ZipFile(self._file, "w", compresslevel=1)
        self._zip.comment = self._comment
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._explained():
                self._zip.close()
                if error is None:
                    self._file.flush()
                    os.fsync(self._file.fileno())
                self._file.close()
                if error is None:
                    self._put_in_place()
        finally:
            self._file.close()
            self._new.unlink(missing_ok=True)

    def add(self, name: str, content: bytes) -> str:
        """Add a member; return its digest."""
        with self.member(name) as file:
            file.write(content)
        return sha256(content).hexdigest()

    def add_file(
        self, name: str, path: Path, most_bytes: int | None = None, advance: Advance = _nothing
    ) -> tuple[int, str]:
        """Add a file as it is, or its beginning; return how many bytes that is, and their digest."""
        digest, left = sha256(), most_bytes
        size = 0
        with open_file(path) as source, self.member(name, packed=path.suffix != ".mcap") as file:
            while piece := source.read(_PIECE_BYTES if left is None else min(left, _PIECE_BYTES)):
                file.write(piece)
                digest.update(piece)
                size += len(piece)
                left = None if left is None else left - len(piece)
                advance(len(piece))
        return size, digest.hexdigest()

    @contextmanager
    def member(self, name: str, *, packed: bool = True) -> Iterator[IO[bytes]]:
        """Open a member to be written; one after the other."""
        info = zipfile.ZipInfo(name)
        info.external_attr = (stat.S_IFREG | FILE_MODE) << 16
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        with self._explained(), self._zip.open(info, "w", force_zip64=True) as file:
            yield file

    def _put_in_place(self) -> None:
        try:
            os.link(self._new, self._path)  # unlike a rename, this overwrites nothing
        except FileExistsError:
            raise
        except OSError:  # file systems of memory sticks know no links
            if self._path.exists():
                raise FileExistsError(errno.EEXIST, "exists", str(self._path)) from None
            self._new.replace(self._path)
        with suppress(OSError):  # nor can all of them sync a folder
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FileExistsError as error:
            raise GatewayError(f"{self._path}: exists already and is never overwritten; choose another name") from error
        except OSError as error:
            raise GatewayError(
                f"{self._path}: can't be written ({error.strerror}); check the folder and the space on the disk"
            ) from error


class ArchiveReader:
    """An archive from outside; a context manager.

    Attributes
    ----------
    sizes
        What each member unpacks to, in bytes, by name.

    Raises
    ------
    OutsideError
        On entering, when it is no archive, is damaged, or claims what none of ours does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members: dict[str, zipfile.ZipInfo] = {}
        self.sizes: Mapping[str, int] = {}

    def __enter__(self) -> Self:
        self._file = open_file(self._path)
        try:
            with self._explained():
                require_size(
                    _directory_bytes(self._file), MOST_DIRECTORY_BYTES, f"{self._path}: what it says of itself"
                )
                self._zip = zipfile.ZipFile(self._file)
                self._look_at(self._zip.infolist())
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    def read(self, name: str, most_bytes: int) -> bytes:
        """Return a small member's content; `OutsideError` when there is none, it is damaged or too long."""
        require_size(self.sizes.get(name, 0), most_bytes, f"{self._path}: {name}")
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member's content, no more than it says that it has; `OutsideError` when it is not what was packed."""
        with self._explained():
            if name not in self._members:
                raise OutsideError(f"{self._path}: has no {name}: it is no such archive, or not whole")
            left = self.sizes[name]
            with self._zip.open(self._members[name]) as file:
                while piece := file.read(_PIECE_BYTES):
                    left -= len(piece)
                    if left < 0:
                        raise OutsideError(f"{self._path}: {name}: unpacks to more than it says")
                    yield piece
            if left:
                raise OutsideError(f"{self._path}: {name}: is cut short")

    def _look_at(self, members: list[zipfile.ZipInfo]) -> None:
        seen: set[str] = set()
        packed = 0
        for member in members:
            name, what = member.filename, f"{self._path}: {shortened(member.filename)!r}"
            if not _is_safe(name):
                raise OutsideError(f"{what}: is no name of a file in a folder; nothing is unpacked")
            kind = member.external_attr >> 16
            if stat.S_IFMT(kind) not in (0, stat.S_IFREG):
                raise OutsideError(f"{what}: is a link or another thing that is no file; nothing is unpacked")
            same = unicodedata.normalize("NFC", name).casefold()  # some file systems take such names for one
            if same in seen:
                raise OutsideError(f"{what}: is there twice; nothing is unpacked")
            if member.flag_bits & 1 or member.compress_type not in _METHODS:
                raise OutsideError(f"{what}: is packed in a way that Footfall does not use; nothing is unpacked")
            if member.file_size > MOST_RATIO * (member.compress_size + 1):
                raise OutsideError(f"{what}: says that it unpacks to more than {MOST_RATIO} times its size")
            seen.add(same)
            packed += member.compress_size
            self._members[name] = member
        if packed > self._path.stat().st_size:
            raise OutsideError(f"{self._path}: its members share their bytes; nothing is unpacked")
        self.sizes = MappingProxyType({name: member.file_size for name, member in self._members.items()})

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OutsideError:
            raise
        except OSError as error:
            raise OutsideError(f"{self._path}: can't be read ({error.strerror or error})") from error
        except _DAMAGE as error:
            raise OutsideError(f"{self._path}: is no whole archive ({error}); nothing is unpacked") from error


def _is_safe(name: str) -> bool:
    parts = name.split("/")
    return (
        name.isprintable()
        and len(name.encode("utf-8", "surrogatepass")) <= MOST_NAME_BYTES
        and not {"", ".", ".."} & set(parts)
        and "\\" not in name
        and str(PurePosixPath(name)) == name
    )


def _directory_bytes(file: IO[bytes]) -> int:
    """Return how long an archive says that its list of members is, before the library reads it into memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _LONGEST_END_BYTES, 0))
    tail = file.read()
    begin = tail.rfind(b"PK\5\6")
    if begin < 0 or len(tail) - begin < _END.size:
        raise OutsideError(f"{file.name}: is no archive (zip), or its end is missing; nothing is unpacked")
    (_, directory_bytes, _) = _END.unpack_from(tail, begin)
    if begin >= _LOCATOR_64.size:
        mark, at = _LOCATOR_64.unpack_from(tail, begin - _LOCATOR_64.size)
        if mark == b"PK\6\7":
            file.seek(min(at, size))
            head = file.read(_END_64.size)
            if len(head) == _END_64.size and head.startswith(b"PK\6\6"):
                directory_bytes = max(directory_bytes, _END_64.unpack(head)[1])
    file.seek(0)
    return int(directory_bytes)
