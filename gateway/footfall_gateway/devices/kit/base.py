"""What a sensor model is to Footfall: one frozen row, and a pure decoder for its packets."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordedSensor
from footfall_processing.companions import CompanionReading
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Side
from footfall_processing.state import PlainState

MOST_STATE_BYTES: Final = 32 * 1024
"""What the state of one sensor's decoder takes at most, as MessagePack."""
BEYOND_PACKET_S: Final = 0.035
"""What a live cue takes beyond the longest wait in a packet: the signal after the peak, the radio's turns and repeats,
computing (`benchmarks/cue_latency.py`)."""
NO_DATA: Final[Mapping[str, bytes]] = MappingProxyType({})
"""Of an advertisement that has no service data, or of a device that does not advertise."""


@dataclass(frozen=True, slots=True)
class DecoderCounts:
    """What a decoder has seen since it began.

    Parameters
    ----------
    received_samples, lost_samples, clipped_samples
        Samples decoded, known missing (by the sensor's own count), and at the end of their range.
    duplicate_packets
        Packets that came twice or too late, and were dropped.
    rejected_packets
        Packets that break the profile, and were dropped whole.
    """

    received_samples: int = 0
    lost_samples: int = 0
    clipped_samples: int = 0
    duplicate_packets: int = 0
    rejected_packets: int = 0


class Decoder(Protocol):
    """Turns one sensor's packets into blocks. Pure: the same packets give bit-identical blocks, live or from a file.

    Between two batches it can be stored, and another one take it up: ``push(a); push(b)`` gives the same, to the last
    bit, as ``push(a)``, `state`, and then `restore` and ``push(b)`` of a new decoder. What it remembers is at most
    `MOST_STATE_BYTES`, however long and hostile the stream.
    """

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        ...

    def push(self, packets: Sequence[RawPacket]) -> list[ImuBlock]:
        """Decode the sensor's next packets, in order of arrival: one live, many at once from a file.

        However packets are grouped, samples and counts are the same to the last bit; only where one block ends and
        the next begins may differ. Never raises on what a packet holds: a malformed packet is counted and gives no
        samples, and packets of other characteristics give none either.
        """
        ...

    def state(self) -> PlainState:
        """Return what there is to be stored of it."""
        ...

    def restore(self, state: PlainState) -> None:
        """Go on, as a new decoder, from what another one of the same sensor left.

        Raises
        ------
        InputError
            When the state is of another version, or another kind of sensor.
        """
        ...


class PacketwiseDecoder(ABC):
    """A decoder that takes one packet after the other."""

    def push(self, packets: Sequence[RawPacket]) -> list[ImuBlock]:
        """Decode the sensor's next packets, in order of arrival; see `Decoder`."""
        return [block for packet in packets for block in self._take(packet)]

    @abstractmethod
    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next packet."""

    @abstractmethod
    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""

    @abstractmethod
    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""


@dataclass(frozen=True, slots=True)
class Wearing:
    """Where a sensor is worn, as its owner said: most sensors don't know it themselves.

    Parameters
    ----------
    sensor_id
        What the owner calls it, unique among his sensors.
    placement, side
        The body segment, and left or right; the side is `None` when nobody said.
    """

    sensor_id: str
    placement: Placement
    side: Side | None = None


class Peer(Protocol):
    """A connected sensor, as its driver talks to it. Every call may raise what the radio raises."""

    @property
    def address(self) -> str:
        """Bluetooth address; on macOS the system's name for it."""
        ...

    @property
    def name(self) -> str:
        """Advertised name; may be empty."""
        ...

    def has(self, characteristic: str) -> bool:
        """Tell whether the sensor offers a characteristic."""
        ...

    async def read(self, characteristic: str) -> bytes:
        """Read a value."""
        ...

    async def write(self, characteristic: str, data: bytes, *, response: bool = True) -> None:
        """Write a value; without `response` the sensor does not confirm it."""
        ...

    async def ask(
        self,
        characteristic: str,
        data: bytes,
        *,
        answer_on: str,
        accepts: Callable[[bytes], bool],
        response: bool = True,
    ) -> bytes:
        """Write a value, and return the first notification of `answer_on` after it that `accepts` takes.

        Raises
        ------
        TimeoutError
            When the sensor does not answer.
        """
        ...

    async def pause(self, duration_s: float) -> None:
        """Give the sensor time, as some need between commands."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """One sensor model: how to recognise, describe, start and decode it. A new model is a new row in `PROFILES`.

    The driver's coroutines run after the notifications were subscribed to. What the sensor answers while a session
    is under way is recorded with its other packets, and reaches the decoder.

    Parameters
    ----------
    name
        The profile's name in recordings.
    product
        What people call the sensor.
    decoder
        Makes a decoder for one sensor of a session.
    services
        UUIDs of which the sensor advertises one, lower case; none when the name tells.
    name_prefixes
        Beginnings of the advertised name, for sensors that do not advertise their service.
    notifications
        Characteristics to subscribe to, those that the sensor has; each value becomes a `RawPacket`.
    describe
        Asks the sensor what it is; raises `InputError` when the answers make no sense, or when it does not know where
        it is worn and nobody said. `None` for data that never comes by radio.
    start, stop
        Let the sensor stream, with its widest ranges at a fit rate, and end it; `None` when it needs no word.
        A description read after a reconnect is the first one's.
    start_quick
        The same as `start` in packets as short as the sensor can, so that live cues come sooner, where it can; it takes
        more of the sensor's battery. `None` where it can't.
    packet_s
        How long a packet's first sample waits in it at the rate that is set, as far as the maker or `virtual` knows:
        what the radio adds to a live cue at the least. 0 for data that never comes by radio.
    quick_packet_s
        The same once it was started by `start_quick`.
    battery
        Asks for the battery's level, 0 to 100; `None` for the standard battery service.
    """

    name: str
    product: str
    decoder: Callable[[RecordedSensor], Decoder]
    services: tuple[str, ...] = ()
    name_prefixes: tuple[str, ...] = ()
    notifications: tuple[str, ...] = ()
    describe: Callable[[Peer, Wearing | None], Awaitable[RecordedSensor]] | None = None
    start: Callable[[Peer, RecordedSensor], Awaitable[None]] | None = None
    start_quick: Callable[[Peer, RecordedSensor], Awaitable[None]] | None = None
    stop: Callable[[Peer, RecordedSensor], Awaitable[None]] | None = None
    packet_s: float = 0.0
    quick_packet_s: float = 0.0
    battery: Callable[[Peer], Awaitable[int | None]] | None = None

    def cue_delay_s(self, *, quick: bool) -> float:
        """Return what 99 of 100 live cues come within of a landing's peak, in short packets where there are such."""
        is_quick = quick and self.start_quick is not None
        return (self.quick_packet_s if is_quick else self.packet_s) + BEYOND_PACKET_S

    def matches(
        self, name: str | None, services: tuple[str, ...], _service_data: Mapping[str, bytes] = NO_DATA
    ) -> bool:
        """Tell from an advertisement whether this is such a sensor."""
        if any(service in self.services for service in services):
            return True
        return bool(name and self.name_prefixes and name.startswith(self.name_prefixes))


class CompanionDecoder(Protocol):
    """Turns one companion's packets into readings. Pure, as a `Decoder` is, and it never raises on a packet either."""

    @property
    def rejected_packets(self) -> int:
        """Packets that break the profile, and were dropped whole."""
        ...

    def push(self, packet: RawPacket) -> list[CompanionReading]:
        """Decode the companion's next packet; packets of other characteristics give nothing."""
        ...

    def state(self) -> PlainState:
        """Return what there is to be stored of it, as a `Decoder` does."""
        ...

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder of the same companion left, as a `Decoder` does."""
        ...


@dataclass(frozen=True, slots=True)
class CompanionProfile:
    """One kind of device that measures no movement but goes with a session; it streams as soon as it is subscribed to.

    Parameters
    ----------
    name, product, services, notifications
        As in `DeviceProfile`; it is recognised by its services alone.
    decoder
        Makes a decoder for one companion of a session.
    describe
        Asks the device what it is; given what its owner calls it. Raises `InputError` when it is none of these.
    announced
        Tells by the service data of an advertisement, by UUID in lower case, whether a device with such a service is
        of this kind, where the service is of several kinds of device.
    """

    name: str
    product: str
    decoder: Callable[[RecordedCompanion], CompanionDecoder]
    services: tuple[str, ...]
    notifications: tuple[str, ...]
    describe: Callable[[Peer, str], Awaitable[RecordedCompanion]]
    announced: Callable[[Mapping[str, bytes]], bool] = lambda _: True

    def matches(
        self, _name: str | None, services: tuple[str, ...], service_data: Mapping[str, bytes] = NO_DATA
    ) -> bool:
        """Tell from an advertisement whether this is such a device."""
        return any(service in self.services for service in services) and self.announced(service_data)


@dataclass(frozen=True, slots=True)
class CompanionWish:
    """A companion to look for: what to call it, unique among sensors too, and its profile's name."""

    id: str
    profile: str


def require_wearing(wearing: Wearing | None, product: str, address: str) -> Wearing:
    """Return `wearing`, which a sensor that does not know it itself needs.

    Raises
    ------
    InputError
        When nobody said.
    """
    if wearing is None:
        raise InputError(f"{product} {address} does not know where it is worn: say so once with `footfall pair`")
    return wearing
