"""The memory of a sensor with the log extension of the Footfall profile: firmware, flash, and what goes wrong."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from footfall_gateway.devices import footfall
from footfall_gateway.devices.protocols import footfall_log as protocol
from footfall_gateway.devices.protocols.footfall_log import Op, SessionFlag, StateCode, Status
from footfall_gateway.virtual.timed_packets import TimedPacket
from footfall_processing.errors import InputError

CHUNK_BYTES: Final = footfall.MAX_PACKET_BYTES - protocol.DATA_HEAD_BYTES
LEAST_BATTERY_PERCENT: Final = 5
LAYOUT: Final = protocol.Layout(version=protocol.VERSION, page_bytes=4096, pages=4096)
"""A flash of 16 MiB."""


@dataclass(frozen=True, slots=True)
class LogFaults:
    """What goes wrong with a memory.

    Parameters
    ----------
    loss_fraction, double_fraction
        Share of the notifications of Log data that never arrive, and that arrive twice.
    refuses_erasing
        Whether it erases nothing, whatever it is shown.
    """

    loss_fraction: float = 0.0
    double_fraction: float = 0.0
    refuses_erasing: bool = False


@dataclass(slots=True)
class _Session:
    number: int
    start: protocol.Start
    device_us: int
    epoch: int
    pages: list[bytes] = field(default_factory=list)
    flags: int = int(SessionFlag.OPEN)

    @property
    def is_open(self) -> bool:
        return bool(self.flags & SessionFlag.OPEN)


class FlashLog:
    """Firmware and flash.

    Parameters
    ----------
    now_us
        The sensor's clock.
    layout
        How large the flash is.
    epoch
        The clock's epoch.
    battery_percent
        The battery's level; `None` when it does not know.
    faults, random
        What goes wrong, and the source of chance for it.
    """

    def __init__(
        self,
        now_us: Callable[[], int],
        *,
        layout: protocol.Layout = LAYOUT,
        epoch: int = 0,
        battery_percent: int | None = 90,
        faults: LogFaults | None = None,
        random: Random | None = None,
    ) -> None:
        self.layout: Final = layout
        self.now_us = now_us
        self.epoch = epoch
        self.battery_percent = battery_percent
        self.faults = faults or LogFaults()
        self._random = random or Random(0)
        self._sessions: list[_Session] = []
        self._next = 1
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._is_full = False

    # What the firmware does by itself.

    @property
    def is_recording(self) -> bool:
        """Whether a session is open."""
        return self._open() is not None

    @property
    def free_pages(self) -> int:
        """How many pages can still be written."""
        return self.layout.pages - sum(len(session.pages) for session in self._sessions)

    def sessions(self) -> dict[int, list[bytes]]:
        """Return the pages in the flash, by their session's key."""
        return {session.start.key: list(session.pages) for session in self._sessions}

    def record(self, packet: bytes) -> None:
        """Take a samples packet that was made just now; without an open session, do nothing."""
        session = self._open()
        if session is None:
            return
        if self._waiting_bytes + 1 + len(packet) > protocol.room_in(self.layout.page_bytes):
            self._write_page(session)
        if session.is_open:
            self._waiting.append(packet)
            self._waiting_bytes += 1 + len(packet)
            lasted_us = self.now_us() - session.device_us
            if session.start.most_s and lasted_us >= session.start.most_s * 1_000_000:
                self._end(session)

    def upset(self, faults: LogFaults, random: Random) -> None:
        """Let other things go wrong from now on."""
        self.faults, self._random = faults, random

    def recording(self, packets: Iterable[TimedPacket]) -> Iterator[TimedPacket]:
        """Pass on what a sensor sends, and record it while a session is open."""
        for packet in packets:
            if packet.characteristic == footfall.SAMPLES:
                self.record(packet.data)
            yield packet

    def lose_power(self, now_us: Callable[[], int], *, written_bytes: int | None = None) -> None:
        """Lose all that is not in the flash; boot with another clock.

        Parameters
        ----------
        now_us
            The clock from now on.
        written_bytes
            Power failed while a page was written: so much of it is in the flash.
        """
        session = self._open()
        if session is not None:
            if written_bytes is not None and self._waiting and self.free_pages:
                page = self._page(session)
                session.pages.append(page[:written_bytes].ljust(len(page), b"\xff"))
            session.flags = int(SessionFlag.TORN)
        self._waiting.clear()
        self._waiting_bytes = 0
        self.now_us = now_us
        self.epoch = (self.epoch + 1) % 16

    # What it answers.

    def command(self, data: bytes) -> list[tuple[str, bytes]]:
        """Take what was written to Log control; return what is notified, in order."""
        try:
            op, tag, command = protocol.decode_command(data)
        except InputError:
            head = data.ljust(2, b"\0")
            return [(protocol.LOG_CONTROL, bytes([head[0] | protocol.ANSWERED, head[1], Status.UNKNOWN]))]
        status, answer = self._answer(op, command)
        answers = [(protocol.LOG_CONTROL, protocol.encode_answer(op, tag, status, answer))]
        if status is Status.OK and isinstance(command, protocol.Read):
            answers += [(protocol.LOG_DATA, one) for one in self._on_air(self._pages_of(command))]
            answers.append((protocol.LOG_DATA, protocol.encode_data(protocol.Data(protocol.END_OF_READING, tag, b""))))
        return answers

    def _answer(self, op: Op, command: protocol.Command) -> tuple[Status, protocol.Answer | None]:
        match command:
            case protocol.Start():
                return self._start(command)
            case protocol.List():
                return Status.OK, self._entry(command.first)
            case protocol.Read():
                return Status.NO_SUCH_SESSION if self._named(command.session) is None else Status.OK, None
            case protocol.Erase():
                return self._erase(command), None
        match op:
            case Op.INFO:
                return Status.OK, self._info()
            case Op.STOP:
                return self._stop()
            case Op.TIME:
                return Status.OK, protocol.Time(self.now_us(), self.epoch)
        return Status.OK, None

    def _info(self) -> protocol.Info:
        state = StateCode.RECORDING if self.is_recording else StateCode.FULL if self._is_full else StateCode.IDLE
        return protocol.Info(
            state, self.epoch, self.now_us(), self.free_pages, len(self._sessions), self.battery_percent
        )

    def _start(self, start: protocol.Start) -> tuple[Status, protocol.Answer | None]:
        for session in self._sessions:
            if session.start.key == start.key:
                return Status.OK, protocol.Started(session.number)
        if self.is_recording:
            return Status.WRONG_STATE, None
        if self.free_pages == 0:
            return Status.FULL, None
        if self.battery_percent is not None and self.battery_percent < LEAST_BATTERY_PERCENT:
            return Status.BATTERY, None
        session = _Session(self._next, start, self.now_us(), self.epoch)
        self._next += 1
        self._sessions.append(session)
        return Status.OK, protocol.Started(session.number)

    def _stop(self) -> tuple[Status, protocol.Answer | None]:
        session = self._open()
        if session is None:
            return Status.WRONG_STATE, None
        self._end(session)
        return Status.OK, protocol.Stopped(session.number, len(session.pages))

    def _entry(self, first: int) -> protocol.Entry:
        if first >= len(self._sessions):
            return protocol.Entry(len(self._sessions))
        session = self._sessions[first]
        return protocol.Entry(
            len(self._sessions),
            session.number,
            session.start.key,
            session.start.utc_ns,
            session.device_us,
            len(session.pages),
            session.epoch,
            session.flags,
        )

    def _erase(self, erase: protocol.Erase) -> Status:
        session = self._named(erase.session)
        if session is None:
            return Status.NO_SUCH_SESSION
        if session.is_open:
            return Status.WRONG_STATE
        is_proof = (erase.pages, erase.digest) == (len(session.pages), protocol.digest_of(session.pages))
        if not is_proof or self.faults.refuses_erasing:
            return Status.WRONG_DIGEST
        self._sessions.remove(session)
        self._is_full = False
        return Status.OK

    def _pages_of(self, read: protocol.Read) -> Iterator[bytes]:
        session = self._named(read.session)
        assert session is not None
        last = len(session.pages) if read.count == 0 else min(read.first + read.count, len(session.pages))
        for number in range(read.first, last):
            page = session.pages[number]
            for offset in range(0, len(page), CHUNK_BYTES):
                yield protocol.encode_data(protocol.Data(number, offset, page[offset : offset + CHUNK_BYTES]))

    def _on_air(self, notifications: Iterable[bytes]) -> Iterator[bytes]:
        for one in notifications:
            if self._random.random() >= self.faults.loss_fraction:
                yield one
            if self._random.random() < self.faults.double_fraction:
                yield one

    def _open(self) -> _Session | None:
        return next((session for session in self._sessions if session.is_open), None)

    def _named(self, number: int) -> _Session | None:
        return next((session for session in self._sessions if session.number == number), None)

    def _end(self, session: _Session, flags: int = 0) -> None:
        if self._waiting:
            self._write_page(session)
        if session.is_open:
            session.flags = flags

    def _write_page(self, session: _Session) -> None:
        if self.free_pages > 0:
            session.pages.append(self._page(session))
        else:
            session.flags = int(SessionFlag.FULL)
            self._is_full = True
        self._waiting.clear()
        self._waiting_bytes = 0

    def _page(self, session: _Session) -> bytes:
        page = protocol.Page(session.epoch, session.number, len(session.pages), tuple(self._waiting))
        return protocol.encode_page(page, self.layout.page_bytes)
