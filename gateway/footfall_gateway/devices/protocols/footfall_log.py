"""The log extension of the Footfall profile, both ways and pure. Byte by byte: docs/footfall-log-extension.md."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, Final, TypeAlias, TypeVar

import msgspec

from footfall_processing.errors import InputError

LOG_CONTROL: Final = "b94f0005-5c4e-4b0a-9d3e-6f0c7a21e8d4"
LOG_DATA: Final = "b94f0006-5c4e-4b0a-9d3e-6f0c7a21e8d4"

VERSION: Final = 1
PAGE_MAGIC: Final = b"FL"
END_OF_READING: Final = 0xFFFF_FFFF
"""Stands where a page's number does, in the last notification of a reading."""
NO_SESSION: Final = 0xFFFF_FFFF
UNKNOWN_BATTERY: Final = 0xFF
MOST_PAGES: Final = 1 << 24

ANSWERED: Final = 0x80
_COMMAND: Final = struct.Struct("<BB")
_ANSWER: Final = struct.Struct("<BBB")
_INFO: Final = struct.Struct("<BBQIHB")
_START: Final = struct.Struct("<QqI")
_SESSION: Final = struct.Struct("<I")
_STOPPED: Final = struct.Struct("<II")
_LIST: Final = struct.Struct("<H")
_ENTRY: Final = struct.Struct("<HIQqQIBB")
_READ: Final = struct.Struct("<III")
_ERASE: Final = struct.Struct("<III")
_TIME: Final = struct.Struct("<QB")
_DATA: Final = struct.Struct("<IH")
_PAGE: Final = struct.Struct("<2sBBIIH")
_CHECK: Final = struct.Struct("<I")

PAGE_HEAD_BYTES: Final = _PAGE.size
PAGE_OVERHEAD_BYTES: Final = _PAGE.size + _CHECK.size
DATA_HEAD_BYTES: Final = _DATA.size


class Layout(msgspec.Struct, frozen=True):
    """What the description says of a sensor's memory."""

    version: int
    page_bytes: Annotated[int, msgspec.Meta(ge=512, le=32 * 1024)]
    pages: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGES)]


class Op(IntEnum):
    """What a command asks for."""

    INFO = 1
    START = 2
    STOP = 3
    LIST = 4
    READ = 5
    CANCEL = 6
    ERASE = 7
    TIME = 8


class Status(IntEnum):
    """How a command went."""

    OK = 0
    UNKNOWN = 1
    WRONG_STATE = 2
    NO_SUCH_SESSION = 3
    FULL = 4
    WRONG_DIGEST = 5
    BATTERY = 6


class SessionFlag(IntFlag):
    """How a session in the memory ended, or that it did not."""

    OPEN = 1
    TORN = 2
    FULL = 4


class StateCode(IntEnum):
    """What a sensor does with its memory."""

    IDLE = 0
    RECORDING = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Info:
    """Answer to `Op.INFO`; the battery is `None` when the sensor does not know."""

    state: StateCode
    epoch: int
    device_us: int
    free_pages: int
    sessions: int
    battery_percent: int | None


@dataclass(frozen=True, slots=True)
class Start:
    """Command `Op.START`: the run's key, what time it is (nanoseconds since 1970, 0 unknown), and 0 or most seconds."""

    key: int
    utc_ns: int
    most_s: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    """Answer to `Op.START`."""

    session: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Answer to `Op.STOP`."""

    session: int
    pages: int


@dataclass(frozen=True, slots=True)
class List:
    """Command `Op.LIST`: from which session on, counted from 0."""

    first: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Answer to `Op.LIST`: how many sessions there are, and the one that was asked for; `session` is `None` of none."""

    total: int
    session: int | None = None
    key: int = 0
    utc_ns: int = 0
    device_us: int = 0
    pages: int = 0
    epoch: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """Command `Op.READ`: which pages of a session; a count of 0 is all that follow."""

    session: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Erase:
    """Command `Op.ERASE`: a session, how many pages the reader has of it, and their digest."""

    session: int
    pages: int
    digest: int


@dataclass(frozen=True, slots=True)
class Time:
    """Answer to `Op.TIME`."""

    device_us: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Plain:
    """A command or an answer with nothing in it: `Op.INFO`, `STOP`, `CANCEL` and `TIME`, and what confirms others."""


Command: TypeAlias = Start | List | Read | Erase | Plain
Answer: TypeAlias = Info | Started | Stopped | Entry | Time | Plain
AnswerT = TypeVar("AnswerT", bound=Answer)


def encode_command(op: Op, tag: int, command: Command | None = None) -> bytes:
    """Pack a command; `tag` is 0 to 255 and comes back in its answer."""
    head = _COMMAND.pack(op, tag)
    match command:
        case Start():
            return head + _START.pack(command.key, command.utc_ns, command.most_s)
        case List():
            return head + _LIST.pack(command.first)
        case Read():
            return head + _READ.pack(command.session, command.first, command.count)
        case Erase():
            return head + _ERASE.pack(command.session, command.pages, command.digest)
        case _:
            return head


def decode_command(data: bytes) -> tuple[Op, int, Command]:
    """Unpack a command, as firmware does.

    Raises
    ------
    InputError
        When the bytes are not exactly one command of this version.
    """
    if len(data) < _COMMAND.size:
        raise InputError("a log command is shorter than its head")
    number, tag = _COMMAND.unpack_from(data)
    body = data[_COMMAND.size :]
    try:
        op = Op(number)
        match op:
            case Op.START:
                return op, tag, Start(*_START.unpack(body))
            case Op.LIST:
                return op, tag, List(*_LIST.unpack(body))
            case Op.READ:
                return op, tag, Read(*_READ.unpack(body))
            case Op.ERASE:
                return op, tag, Erase(*_ERASE.unpack(body))
    except (ValueError, struct.error) as error:
        raise InputError(f"log command {data[:32].hex(' ')} makes no sense") from error
    if body:
        raise InputError(f"log command {op.name} takes nothing more, but has {len(body)} bytes")
    return op, tag, Plain()


def encode_answer(op: Op, tag: int, status: Status, answer: Answer | None = None) -> bytes:
    """Pack an answer, as firmware does; one that is not `Status.OK` has nothing more in it."""
    head = _ANSWER.pack(op | ANSWERED, tag, status)
    if status is not Status.OK:
        return head
    match answer:
        case Info():
            battery = UNKNOWN_BATTERY if answer.battery_percent is None else answer.battery_percent
            fields = (answer.state, answer.epoch, answer.device_us, answer.free_pages, answer.sessions, battery)
            return head + _INFO.pack(*fields)
        case Started():
            return head + _SESSION.pack(answer.session)
        case Stopped():
            return head + _STOPPED.pack(answer.session, answer.pages)
        case Entry():
            if answer.session is None:
                return head + _LIST.pack(answer.total)
            named = (answer.total, answer.session, answer.key, answer.utc_ns, answer.device_us)
            return head + _ENTRY.pack(*named, answer.pages, answer.epoch, answer.flags)
        case Time():
            return head + _TIME.pack(answer.device_us, answer.epoch)
        case _:
            return head


def is_answer(data: bytes, op: Op, tag: int) -> bool:
    """Tell whether a notification of Log control answers this very command."""
    return len(data) >= _ANSWER.size and data[0] == op | ANSWERED and data[1] == tag


def decode_answer(data: bytes) -> tuple[Op, int, Status, Answer]:
    """Unpack an answer.

    Raises
    ------
    InputError
        When the bytes are not exactly one answer of this version.
    """
    try:
        number, tag, code = _ANSWER.unpack_from(data)
        if not number & ANSWERED:
            raise InputError(f"notification {data[:32].hex(' ')} is no answer to a log command")
        op, status = Op(number & ~ANSWERED), Status(code)
        return op, tag, status, _answer(op, data[_ANSWER.size :]) if status is Status.OK else Plain()
    except (ValueError, struct.error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"answer {data[:48].hex(' ')} to a log command makes no sense") from error


def _answer(op: Op, body: bytes) -> Answer:
    match op:
        case Op.INFO:
            state, epoch, device_us, free_pages, sessions, battery = _INFO.unpack(body)
            known = None if battery == UNKNOWN_BATTERY else min(battery, 100)
            return Info(StateCode(state), epoch, device_us, free_pages, sessions, known)
        case Op.START:
            return Started(*_SESSION.unpack(body))
        case Op.STOP:
            return Stopped(*_STOPPED.unpack(body))
        case Op.LIST:
            return Entry(*_LIST.unpack(body)) if len(body) == _LIST.size else Entry(*_ENTRY.unpack(body))
        case Op.TIME:
            return Time(*_TIME.unpack(body))
    if body:
        raise InputError(f"an answer to {op.name} has {len(body)} bytes too many")
    return Plain()


@dataclass(frozen=True, slots=True)
class Data:
    """A notification of Log data: some bytes of a page, from `offset` on. Of `END_OF_READING` that is the tag."""

    page: int
    offset: int
    data: bytes


def encode_data(data: Data) -> bytes:
    """Pack a notification of Log data."""
    return _DATA.pack(data.page, data.offset) + data.data


def decode_data(data: bytes) -> Data:
    """Unpack a notification of Log data; raises `InputError` when it is shorter than its head."""
    if len(data) < _DATA.size:
        raise InputError("a notification of log data is shorter than its head")
    page, offset = _DATA.unpack_from(data)
    return Data(page, offset, data[_DATA.size :])


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a session: samples packets, exactly as they are sent live."""

    epoch: int
    session: int
    number: int
    packets: tuple[bytes, ...]


def room_in(page_bytes: int) -> int:
    """Return how many bytes of packets, each with one byte for its length, fit into a page."""
    return page_bytes - PAGE_OVERHEAD_BYTES


def encode_page(page: Page, page_bytes: int) -> bytes:
    """Write a page, as firmware does.

    Raises
    ------
    InputError
        When its packets do not fit.
    """
    content = b"".join(bytes([len(packet)]) + packet for packet in page.packets)
    if len(content) > room_in(page_bytes):
        raise InputError(f"a page of {page_bytes} bytes can't hold {len(content)} bytes of packets")
    head = _PAGE.pack(PAGE_MAGIC, VERSION, page.epoch, page.session, page.number, len(content))
    body = (head + content).ljust(page_bytes - _CHECK.size, b"\xff")
    return body + _CHECK.pack(zlib.crc32(body))


def decode_page(data: bytes) -> Page:
    """Read a page.

    Raises
    ------
    InputError
        When it is not what was written, or of another version.
    """
    if len(data) < PAGE_OVERHEAD_BYTES:
        raise InputError("a page of a log is shorter than its head")
    if not is_whole(data):
        raise InputError("a page of a log is damaged: its checksum is another")
    magic, version, epoch, session, number, used = _PAGE.unpack_from(data)
    if magic != PAGE_MAGIC or version != VERSION:
        raise InputError(f"a page of a log begins with {data[:3].hex(' ')}; this software reads 46 4c 01")
    if used > room_in(len(data)):
        raise InputError("a page of a log says that it holds more than it can")
    return Page(epoch, session, number, tuple(_packets(data[_PAGE.size : _PAGE.size + used])))


def _packets(content: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(content):
        end = place + 1 + content[place]
        if end > len(content):
            raise InputError("a packet in a page of a log is cut off")
        yield content[place + 1 : end]
        place = end


def is_whole(page: bytes) -> bool:
    """Tell whether a page's last four bytes are the checksum of all before."""
    return page[-_CHECK.size :] == _CHECK.pack(zlib.crc32(page[: -_CHECK.size]))


def digest_of(pages: Iterable[bytes]) -> int:
    """Return the digest of a session: the CRC-32 over the last four bytes of each page, as they stand in the flash."""
    digest = 0
    for page in pages:
        digest = zlib.crc32(page[-_CHECK.size :], digest)
    return digest
