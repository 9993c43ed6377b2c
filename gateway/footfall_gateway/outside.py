"""The one door for what comes from outside: files, and the texts in files, messages and names.

Whatever is read here is bounded before it is read: what kind of file it is, how long, how deeply nested. What can't be
taken raises one error, `OutsideError`, which says what is wrong with what, which bound it breaks, and what to do.
`shown` is the way back: how such a text is written where a person reads it; `footfall_processing.plain_text`.
"""

import os
import re
import stat
from collections.abc import Hashable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, TypeVar, cast

import msgspec

from footfall_gateway.errors import OutsideError
from footfall_processing.errors import InputError
from footfall_processing.plain_text import UNSEEN
from footfall_processing.plain_text import shown as shown

MOST_TEXT_BYTES: Final = 4 * 1024 * 1024
"""Of a JSON or MessagePack text: a session's summary takes some tens of kilobytes."""
MOST_SETTINGS_BYTES: Final = 64 * 1024
"""Of a file that people write by hand."""
MOST_DEPTH: Final = 64
"""How deeply a text may be nested; Footfall's own are at most 8 deep."""
MOST_DOTS: Final = 32
"""In one line of TOML: each part of a dotted key costs memory for all before it."""
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Between these, a moment can be reckoned with in every time zone, and in nanoseconds of 64 bits."""
LONGEST_TIME_S: Final = 9e9
"""The largest time on any clock: in nanoseconds it fits into 64 bits, and seconds since 1970 are below it till 2255."""
LONGEST_SESSION_S: Final = 31 * 86_400.0
"""No battery of a sensor lasts as long; what goes through a session second by second must end."""

_PIECE_BYTES: Final = 1 << 20
_NESTING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
# In an address, a password may have blanks in it. What is searched is bounded, so that no text takes long.
_CREDENTIALS: Final = re.compile(
    r"""([A-Za-z][A-Za-z0-9+.-]{0,20}://)[^\s'"@/:]{0,200}:(?!\d{1,5}(?:[\s/,;:)'"]|$))[^@\n]{0,1000}@(?:\S{0,1000}@)?"""
    r"""|(?<![^\s'"/])[^\s'"@/:]{0,200}:\S{0,1000}@"""
)
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

T = TypeVar("T")


class NoSuchFileError(OutsideError):
    """There is no file of this name."""


def open_file(path: Path, most_bytes: int | None = None) -> IO[bytes]:
    """Open a regular file for reading; nothing else is opened, so nothing hangs and nothing is without end.

    Raises
    ------
    NoSuchFileError
        When there is none.
    OutsideError
        When it is no regular file, longer than `most_bytes`, or the system refuses.
    """
    try:
        # asked before it is opened: opening alone makes some devices do things, and waits at a pipe
        _require_regular(path, path.stat())
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        file = os.fdopen(descriptor, "rb")
        try:
            status = os.fstat(descriptor)
            _require_regular(path, status)
            if most_bytes is not None:
                require_size(status.st_size, most_bytes, str(path))
        except BaseException:
            file.close()
            raise
    except FileNotFoundError as error:
        raise NoSuchFileError(f"{path}: can't be read ({error.strerror})") from error
    except OSError as error:
        raise OutsideError(f"{path}: can't be read ({error.strerror})") from error
    except OutsideError:
        raise
    except ValueError as error:  # a name with a zero in it
        raise OutsideError(f"{path}: is no file name ({error})") from error
    return file


def read_file(path: Path, most_bytes: int = MOST_SETTINGS_BYTES) -> bytes:
    """Read a whole regular file of at most `most_bytes`; errors as `open_file`."""
    with open_file(path, most_bytes) as file:
        try:
            content = file.read(most_bytes + 1)
        except OSError as error:
            raise OutsideError(f"{path}: can't be read ({error.strerror})") from error
    require_size(len(content), most_bytes, str(path))
    return content


def pieces_of_file(path: Path) -> Iterator[bytes]:
    """Yield a regular file's content, a piece at a time; errors as `open_file`."""
    with open_file(path) as file:
        try:
            while piece := file.read(_PIECE_BYTES):
                yield piece
        except OSError as error:
            raise OutsideError(f"{path}: can't be read ({error.strerror})") from error


def parse_json(text: bytes | str, kind: type[T], what: str, most_bytes: int = MOST_TEXT_BYTES) -> T:
    """Return what a JSON text says, as `kind`.

    Parameters
    ----------
    what
        What the message begins with, such as a file's path or `its header`.

    Raises
    ------
    OutsideError
        When it is too long, too deeply nested, no JSON, or does not say what `kind` needs.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    require_size(len(data), most_bytes, what)
    if data.count(b"[") + data.count(b"{") > MOST_DEPTH and _depth(data) > MOST_DEPTH:
        raise _too_deep(what)
    try:
        decoder: msgspec.json.Decoder[T] = _json_decoder(cast("Hashable", kind))
        return decoder.decode(data)
    except RecursionError as error:
        raise _too_deep(what) from error
    except (ValueError, OverflowError, InputError) as error:
        raise OutsideError(f"{what}: {_in_words(error)}") from error


def parse_msgpack(data: bytes, kind: type[T], what: str, most_bytes: int = MOST_TEXT_BYTES) -> T:
    """Return what a MessagePack text says, as `kind`; see `parse_json`."""
    require_size(len(data), most_bytes, what)
    try:
        decoder: msgspec.msgpack.Decoder[T] = _msgpack_decoder(cast("Hashable", kind))
        return decoder.decode(data)
    except RecursionError as error:
        raise _too_deep(what) from error
    except (ValueError, OverflowError, InputError) as error:
        raise OutsideError(f"{what}: {_in_words(error)}") from error


def parse_toml(text: bytes, kind: type[T], what: str, most_bytes: int = MOST_SETTINGS_BYTES) -> T:
    """Return what a TOML text says, as `kind`; see `parse_json`."""
    require_size(len(text), most_bytes, what)
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(b".") > MOST_DOTS:
            raise OutsideError(f"{what}: line {number}: has more than {MOST_DOTS} dots; no setting needs so many")
    try:
        return msgspec.toml.decode(text, type=kind)
    except RecursionError as error:
        raise _too_deep(what) from error
    except (ValueError, OverflowError, InputError) as error:
        raise OutsideError(f"{what}: {_in_words(error)}") from error


def _in_words(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"is no text in UTF-8 (byte {error.start})"
    return str(error)


def converted(value: object, kind: type[T], what: str) -> T:
    """Return what was read before as plain mappings and lists, as `kind`; `OutsideError` when it is something else."""
    try:
        return msgspec.convert(value, kind)
    except (ValueError, RecursionError) as error:
        raise OutsideError(f"{what}: {error}") from error


def parse_moment(text: str, what: str) -> datetime:
    """Return a moment written as ISO 8601 with its time zone; `OutsideError` as `check_moment`, or when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise OutsideError(f"{what}: {shortened(text)!r} is no date and time such as 2026-05-03T08:15:00Z") from error
    return check_moment(moment, what)


def check_moment(moment: datetime, what: str) -> datetime:
    """Return a moment that can be reckoned with.

    Raises
    ------
    OutsideError
        When it has no time zone, or is not between `EARLIEST` and `LATEST`.
    """
    if moment.tzinfo is None:
        raise OutsideError(f"{what} has no time zone; end it with Z")
    if not EARLIEST <= moment < LATEST:
        raise OutsideError(
            f"{what} is {moment.isoformat()}, not between {EARLIEST.year} and {LATEST.year}; correct the date"
        )
    return moment


def check_time_s(time_s: float, what: str) -> float:
    """Return a time in seconds that can be reckoned with; `OutsideError` when it is beyond `LONGEST_TIME_S`."""
    if not abs(time_s) <= LONGEST_TIME_S:
        raise OutsideError(f"{what}: a time of {time_s:g} s is beyond ±{LONGEST_TIME_S:g} s; give seconds")
    return time_s


def check_session_s(time_s: float, what: str) -> float:
    """Return a time since a session began; `OutsideError` when it is before, or beyond `LONGEST_SESSION_S`."""
    if not 0.0 <= time_s <= LONGEST_SESSION_S:
        days = LONGEST_SESSION_S / 86_400.0
        raise OutsideError(f"{what} is {time_s:g} s after the session began; a session lasts at most {days:g} days")
    return time_s


def parse_hex(text: object, what: str, most_bytes: int) -> bytes:
    """Return the bytes that pairs of hexadecimal digits stand for; `OutsideError` when they do not, or are too many."""
    if isinstance(text, str) and len(text) <= 2 * most_bytes:
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    raise OutsideError(f"{what}: {shortened(str(text))!r} is not up to {most_bytes} bytes in hexadecimal digits")


def require_text(text: str, what: str) -> None:
    """Raise `OutsideError` when a text can't be written: what is no UTF-8 comes as halves of pairs."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise OutsideError(f"{what}: is no text, as its bytes are not UTF-8; give it another name") from error


def require_size(size: int, most: int, what: str) -> None:
    """Raise `OutsideError` when something has more bytes than it may."""
    if size > most:
        raise OutsideError(f"{what}: has more than the {_in_bytes(most)} that it may have")


def without_secrets(text: str) -> str:
    """Return a text in which no address holds a password: `mqtt://…@box.local`."""
    return _CREDENTIALS.sub(r"\1…@", text) if "@" in text else text


def told(text: str) -> str:
    """Return a text as people are told it: on one line, without passwords, all that is not seen escaped."""
    return shown(without_secrets(text))


def shortened(text: str, most: int = 40) -> str:
    """Return a text, or its beginning where it is long."""
    return text if len(text) <= most else f"{text[:most]}…"


def escaped_json(line: str) -> str:
    r"""Return a JSON text that says the same, with all that is not seen written as `\u202e`."""
    return line if line.isprintable() else UNSEEN.sub(_escaped_in_json, line)


def _escaped_in_json(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[begin : begin + 4]}" for begin in range(0, len(units), 4))


def _require_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((kind for is_kind, kind in _KINDS if is_kind(status.st_mode)), "something else")
        raise OutsideError(f"{path}: is {kind}, not a file; give a file")


def _depth(text: bytes) -> int:
    depth = deepest = 0
    for match in _NESTING.finditer(text):
        if match[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in b"]}":
            depth -= 1
    return deepest


def _too_deep(what: str) -> OutsideError:
    return OutsideError(f"{what}: is nested more than {MOST_DEPTH} deep, which nothing of Footfall's is")


def _in_bytes(size: int) -> str:
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size} bytes"


@cache
def _json_decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder[Any](cast(type[Any], kind))


@cache
def _msgpack_decoder(kind: Hashable) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder[Any](cast(type[Any], kind))
