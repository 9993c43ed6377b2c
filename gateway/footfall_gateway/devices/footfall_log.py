"""Reading the memory of sensors with the log extension of the Footfall profile: docs/footfall-log-extension.md."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from typing import Final

from footfall_gateway.devices import footfall
from footfall_gateway.devices.kit.onboard import (
    DeviceMoment,
    LogPeer,
    LogRecord,
    LogState,
    LogStatus,
    OnboardLog,
    OnboardProfile,
    Piece,
    StoredLog,
    Unpacked,
)
from footfall_gateway.devices.protocols import footfall_log as protocol
from footfall_gateway.devices.protocols.footfall_log import Op, SessionFlag, StateCode, Status
from footfall_gateway.errors import GatewayError
from footfall_processing.errors import InputError
from footfall_processing.session import Sensor

WINDOW_PAGES: Final = 32
"""Pages that are asked for at once: some seconds of radio, after which they go to the disk."""
MOST_SESSIONS: Final = 4096
_STATES: Final = {
    StateCode.IDLE: LogState.IDLE,
    StateCode.RECORDING: LogState.RECORDING,
    StateCode.FULL: LogState.FULL,
}
_REASONS: Final = {
    Status.UNKNOWN: "does not know this command: update its firmware",
    Status.WRONG_STATE: "is recording already",
    Status.NO_SUCH_SESSION: "has no such recording",
    Status.FULL: "has no room left: fetch what is on it, and have it erased (footfall fetch --erase)",
    Status.WRONG_DIGEST: "holds other pages than were read from it",
    Status.BATTERY: "says that its battery is too low: charge it",
}
# A packet may begin so much before the session was begun, or the packet before it.
_EARLIER_US: Final = 1_000_000
# Sensors may repeat themselves, but not for ever.
_MOST_TIMES: Final = 4


class RefusedError(GatewayError):
    """The sensor did not do what it was asked."""

    def __init__(self, who: str, status: Status) -> None:
        super().__init__(f"{who} {_REASONS[status]}")
        self.status: Final = status


class _ArrivingPage:
    """A page whose pieces come in any order, some of them twice."""

    def __init__(self, page_bytes: int) -> None:
        self._data = bytearray(page_bytes)
        self._is_missing = bytearray(b"\x01" * page_bytes)
        self._missing = page_bytes

    def add(self, offset: int, data: bytes) -> bool:
        """Take some bytes of it; return whether it is complete now."""
        end = offset + len(data)
        if end <= len(self._data):
            self._data[offset:end] = data
            self._missing -= self._is_missing.count(1, offset, end)
            self._is_missing[offset:end] = bytes(len(data))
        return self._missing == 0

    def content(self) -> bytes:
        return bytes(self._data)


class FootfallLog:
    """The memory of a connected sensor; an `OnboardLog`, whose methods do what is said there.

    Parameters
    ----------
    peer
        The sensor.
    layout
        What its description says of the memory.
    sensor
        What its description says that it measures.
    """

    confirms = False

    def __init__(self, peer: LogPeer, layout: protocol.Layout, sensor: Sensor) -> None:
        self._peer = peer
        self._layout = layout
        self._page_s = page_s(layout.page_bytes, sensor)
        self._tag = 0
        self._doubtful: dict[tuple[int, int], bytes] = {}

    async def status(self) -> LogStatus:
        """Tell how the sensor is."""
        _, info = await self._ask(Op.INFO, protocol.Info)
        return LogStatus(
            _STATES[info.state],
            info.battery_percent,
            free_s=min(info.free_pages, self._layout.pages) * self._page_s,
            holds_s=self._layout.pages * self._page_s,
        )

    async def moment(self) -> DeviceMoment:
        """Read its clock."""
        _, time = await self._ask(Op.TIME, protocol.Time)
        return DeviceMoment(time.device_us, time.epoch)

    async def start(self, key: int, utc_ns: int) -> None:
        """Begin a session; once more with the same key begins no other."""
        await self._ask(Op.START, protocol.Started, protocol.Start(key, utc_ns))

    async def stop(self) -> None:
        """End the session that is being written, if there is one."""
        try:
            await self._ask(Op.STOP, protocol.Stopped)
        except RefusedError as error:
            if error.status is not Status.WRONG_STATE:
                raise

    async def logs(self) -> tuple[StoredLog, ...]:
        """List its sessions."""
        found: list[StoredLog] = []
        total = 1
        while len(found) < min(total, MOST_SESSIONS):
            _, entry = await self._ask(Op.LIST, protocol.Entry, protocol.List(len(found)))
            if entry.session is None:
                break
            total = entry.total
            found.append(self._stored(entry, entry.session))
        return tuple(found)

    async def read(self, log: StoredLog, positions: Sequence[int]) -> AsyncGenerator[Sequence[Piece], None]:
        """Read pages, a window at a time; a damaged one comes once it was read twice with the same bytes."""
        for first, count in _windows(positions):
            yield await self._window(log, first, count)

    async def confirm(self, log: StoredLog, piece: Piece) -> None:
        """Do nothing: pages stay until the whole session is erased."""

    async def erase(self, log: StoredLog, proof: int) -> None:
        """Erase a session, on proof of its digest."""
        try:
            await self._ask(Op.ERASE, protocol.Plain, protocol.Erase(log.number, log.pieces, proof))
        except RefusedError as error:
            if error.status is not Status.NO_SUCH_SESSION:
                raise

    def _stored(self, entry: protocol.Entry, session: int) -> StoredLog:
        if entry.pages > self._layout.pages:
            raise InputError(
                f"sensor {self._peer.address} says that session {session} has {entry.pages} pages, and that it has "
                f"room for {self._layout.pages}: update its firmware"
            )
        return StoredLog(
            key=entry.key,
            number=session,
            pieces=entry.pages,
            piece_bytes=self._layout.page_bytes,
            begun=DeviceMoment(entry.device_us, entry.epoch),
            begun_utc_ns=entry.utc_ns,
            is_open=bool(entry.flags & SessionFlag.OPEN),
            is_torn=bool(entry.flags & SessionFlag.TORN),
            is_full=bool(entry.flags & SessionFlag.FULL),
        )

    async def _window(self, log: StoredLog, first: int, count: int) -> list[Piece]:
        page_bytes = self._layout.page_bytes
        arriving: dict[int, _ArrivingPage] = {}
        left, bytes_left = set(range(first, first + count)), _MOST_TIMES * count * page_bytes
        found: list[Piece] = []
        with self._peer.hearing(protocol.LOG_DATA) as heard:
            tag, _ = await self._ask(Op.READ, protocol.Plain, protocol.Read(log.number, first, count))
            while left and bytes_left > 0:
                try:
                    value = await heard.next()
                    data = protocol.decode_data(value)
                except (InputError, TimeoutError):
                    # The last notification is lost, or another; if the link is, so is this.
                    await self._ask(Op.CANCEL, protocol.Plain)
                    break
                bytes_left -= len(value)
                if data.page == protocol.END_OF_READING and data.offset == tag:
                    break
                if data.page not in left or not arriving.setdefault(data.page, _ArrivingPage(page_bytes)).add(
                    data.offset, data.data
                ):
                    continue
                content = arriving.pop(data.page).content()
                left.discard(data.page)
                if self._is_sure(log, data.page, content):
                    found.append(Piece(data.page, content))
        return found

    def _is_sure(self, log: StoredLog, number: int, content: bytes) -> bool:
        """Tell whether a page is what stands in the flash: it says so, or was read twice with the same bytes."""
        try:
            page = protocol.decode_page(content)
            if (page.session, page.number) == (log.number, number):
                return True
        except InputError:
            pass
        place = (log.number, number)
        before, self._doubtful[place] = self._doubtful.get(place), content
        return before == content

    async def _ask(
        self, op: Op, kind: type[protocol.AnswerT], command: protocol.Command | None = None
    ) -> tuple[int, protocol.AnswerT]:
        """Give a command; return its tag, and its answer.

        Raises
        ------
        RefusedError
            When the sensor refuses.
        InputError
            When the answer makes no sense.
        """
        self._tag = tag = (self._tag + 1) % 256
        value = await self._peer.ask(
            protocol.LOG_CONTROL,
            protocol.encode_command(op, tag, command),
            answer_on=protocol.LOG_CONTROL,
            accepts=lambda data: protocol.is_answer(data, op, tag),
        )
        _, _, status, answer = protocol.decode_answer(value)
        if status is not Status.OK:
            raise RefusedError(self._peer.name or self._peer.address, status)
        if not isinstance(answer, kind):
            raise InputError(f"sensor {self._peer.address} answers {op.name} with something else: update its firmware")
        return tag, answer


def page_s(page_bytes: int, sensor: Sensor) -> float:
    """Return how long a page lasts, in full packets at the sensor's rate."""
    per_packet = footfall.samples_per_packet(has_gyro=sensor.has_gyro)
    packet_bytes = footfall.packet_bytes(per_packet, has_gyro=sensor.has_gyro)
    return protocol.room_in(page_bytes) // (1 + packet_bytes) * per_packet / sensor.sampling_rate_hz


async def open_log(peer: LogPeer) -> OnboardLog | None:
    """Read what the description says of a memory; `None` without one."""
    if not (peer.has(protocol.LOG_CONTROL) and peer.has(protocol.LOG_DATA) and peer.has(footfall.DESCRIPTION)):
        return None
    description = await peer.read(footfall.DESCRIPTION)
    layout = footfall.log_layout(description)
    return None if layout is None else FootfallLog(peer, layout, footfall.decode_description(description))


def unpack(log: StoredLog, pieces: Iterable[Piece]) -> Unpacked:
    """Take the packets out of pages; those that are damaged are left out, and counted."""
    records: list[LogRecord] = []
    damaged, now_us = 0, log.begun.own_us
    for piece in pieces:
        try:
            page = protocol.decode_page(piece.data)
        except InputError:
            damaged += 1
            continue
        if (page.session, page.number) != (log.number, piece.position):
            damaged += 1
            continue
        for packet in page.packets:
            try:
                time_us, span_us = footfall.time_and_span_us(packet)
            except InputError:
                records.append(LogRecord(now_us, now_us, packet))  # the decoder counts it as broken
                continue
            now_us += (time_us - now_us + _EARLIER_US) % (1 << 32) - _EARLIER_US
            records.append(LogRecord(now_us, now_us + span_us, packet))
    return Unpacked(tuple(records), damaged)


def proof(pieces: Iterable[Piece]) -> int:
    """Return the digest of all pages, in order of position."""
    return protocol.digest_of(piece.data for piece in pieces)


def _windows(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Cut positions into neighbours, so many at once as go to the disk together."""
    begin = 0
    for place in range(1, len(positions) + 1):
        is_next = place < len(positions) and positions[place] == positions[place - 1] + 1
        if not is_next or place - begin == WINDOW_PAGES:
            yield positions[begin], place - begin
            begin = place


ONBOARD: Final = OnboardProfile(
    characteristic=footfall.SAMPLES,
    notifications=(protocol.LOG_CONTROL, protocol.LOG_DATA),
    open=open_log,
    unpack=unpack,
    proof=proof,
)
"""Sensors with the log extension of the Footfall profile."""
