"""What comes over the air: notifications of every driver, and what sensors answer when they are asked."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import msgspec
import numpy as np
from bleak.exc import BleakError

from footfall_gateway.devices import COMPANION_PROFILES, PROFILES, CompanionProfile, DeviceProfile, Wearing
from footfall_gateway.devices.kit.base import MOST_STATE_BYTES, Decoder
from footfall_gateway.packets import RawPacket, RecordedSensor, RecordingHeader
from footfall_gateway.recordings.decoding import decoders_of
from footfall_gateway.recordings.header import HeaderError, decode_header, encode_header
from footfall_gateway.virtual.conformance import CompanionSubject, Subject
from footfall_gateway.virtual.conformance.sensor_laws import bits
from footfall_processing.errors import FootfallError, InputError
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Session, Side
from fuzzing.door import Door, Pieces
from fuzzing.mutations import Shape, frames_of
from gateway.devices.subjects import COMPANION_SUBJECTS, SUBJECTS

T = TypeVar("T")

ELSEWHERE: Final = "0000beef-0000-1000-8000-00805f9b34fb"
_BACK: Final = 0xFF
_FAR: Final = 0xF0
_WEARINGS: Final = (None, Wearing("shin", Placement.SHANK, Side.LEFT), Wearing("foot", Placement.FOOT))


def packets_of(data: bytes, sensor_id: str, characteristics: tuple[str, ...]) -> list[RawPacket]:
    """Read notifications: which characteristic, how much later than the one before, and the bytes."""
    packets, now_s = [], 1.0
    for (which, later), content in frames_of(data):
        if later == _BACK:
            now_s = max(now_s - 20.0, 0.0)
        else:
            now_s += later * 1e-3 if later < _FAR else 2.0 ** (later - _FAR)
        packets.append(
            RawPacket(now_s, sensor_id, (*characteristics, ELSEWHERE)[which % (len(characteristics) + 1)], content)
        )
    return packets


def take_notifications(subject: Subject, data: bytes) -> None:
    """Decode one sensor's notifications; what comes out is in reach, however they are grouped and stored."""
    try:
        packets = packets_of(data, subject.sensor.id, characteristics_of(subject.profile))
        decoder = subject.decoder()
        blocks = [block for packet in packets for block in decoder.push([packet])]
        check_blocks(subject, blocks)
        assert decoder.counts.received_samples == sum(map(len, blocks)), "received samples are counted wrongly"
        _check_other_ways(subject, packets, decoder, blocks)
    except FootfallError as error:
        raise AssertionError(f"a decoder raises on what a packet holds: {error}") from error


def characteristics_of(profile: DeviceProfile | CompanionProfile) -> tuple[str, ...]:
    """Return where a profile's packets come from; imported samples have their format's name."""
    return profile.notifications or (profile.name,)


def check_blocks(subject: Subject, blocks: list[ImuBlock]) -> None:
    """See that times go on, and that no value is out of reach; that all are numbers, each block has seen to itself."""
    sensor = subject.sensor
    last_s = -np.inf
    for block in blocks:
        assert block.t_s[0] > last_s, "time runs backwards"
        last_s = block.t_s[-1]
        assert (block.gyr_radps is not None) == sensor.has_gyro, "angular rates are missing, or made up"
        for values, full_scale in ((block.acc_mps2, sensor.acc_range_mps2), (block.gyr_radps, sensor.gyro_range_radps)):
            if values is not None:
                assert full_scale is not None
                assert np.abs(values).max() <= subject.reach * full_scale, "a value is out of reach"


def _check_other_ways(subject: Subject, packets: list[RawPacket], decoder: Decoder, blocks: list[ImuBlock]) -> None:
    middle = len(packets) // 2
    other = subject.decoder()
    again = other.push(packets[:middle])
    stored = msgspec.msgpack.encode(other.state())
    assert len(stored) <= MOST_STATE_BYTES, f"its state takes {len(stored)} bytes"
    other = subject.decoder()
    other.restore(msgspec.msgpack.decode(stored))
    again += other.push(packets[middle:])
    assert bits(again) == bits(blocks), "grouped and stored in between, the samples differ"
    assert other.counts == decoder.counts, "grouped and stored in between, the counts differ"


def take_measurements(subject: CompanionSubject, data: bytes) -> None:
    """Decode a companion's notifications; what comes out is in reach."""
    decoder = subject.decoder()
    for packet in packets_of(data, subject.companion.id, subject.profile.notifications):
        for reading in decoder.push(packet):
            assert reading.values, "a reading holds nothing"
            for name, value in reading.values.items():
                least, most = subject.reach[name]
                assert least <= value <= most, f"{name} of {value}"
    other = subject.decoder()
    other.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(decoder.state())))
    assert other.rejected_packets == decoder.rejected_packets


class AnsweringPeer:
    """A sensor that answers whatever the input says; never waits."""

    address = "AA:BB:CC:DD:EE:FF"

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._lacks = pieces.number()
        self.name = pieces.counted().decode(errors="replace")

    def has(self, characteristic: str) -> bool:
        """Lack some of the characteristics."""
        return self._lacks == 0 or sum(characteristic.encode()) % 8 != self._lacks % 8

    async def read(self, _: str) -> bytes:
        """Answer with the next piece."""
        if not self._pieces:
            raise BleakError("there is nothing more to be read")
        return self._pieces.counted()

    async def write(self, characteristic: str, data: bytes, *, response: bool = True) -> None:
        """Take anything that a radio could send."""
        assert isinstance(characteristic, str)
        assert isinstance(data, bytes | bytearray)
        assert isinstance(response, bool)

    async def ask(
        self,
        characteristic: str,
        data: bytes,
        *,
        answer_on: str,
        accepts: Callable[[bytes], bool],
        response: bool = True,
    ) -> bytes:
        """Notify one piece after the other, until one is the answer."""
        await self.write(characteristic, data, response=response)
        assert isinstance(answer_on, str)
        while self._pieces:
            if accepts(answer := self._pieces.counted()):
                return answer
        raise TimeoutError

    async def pause(self, duration_s: float) -> None:
        """Let no time pass."""
        assert 0.0 <= duration_s <= 60.0


def _at_once(coroutine: Awaitable[T]) -> T:
    """Return what a coroutine returns that waits for nothing."""
    try:
        next(iter(coroutine.__await__()))
    except StopIteration as end:
        value: T = end.value
        return value
    raise AssertionError("it waits for something")


def _asked() -> Iterator[DeviceProfile | CompanionProfile]:
    yield from (PROFILES[name] for name in sorted(PROFILES) if PROFILES[name].describe is not None)
    yield from (COMPANION_PROFILES[name] for name in sorted(COMPANION_PROFILES))


ASKED: Final = tuple(_asked())
"""Profiles that ask their sensors what they are; the first byte of an input chooses one."""


def take_answers(data: bytes) -> None:
    """Ask a sensor what it is, let it stream and end; what it said can be kept, and read back."""
    pieces = Pieces(data)
    profile, wearing = ASKED[pieces.number() % len(ASKED)], _WEARINGS[pieces.number() % len(_WEARINGS)]
    peer = AnsweringPeer(pieces)
    try:
        if isinstance(profile, CompanionProfile):
            companion = _at_once(profile.describe(peer, "beside"))
            profile.decoder(companion)
            _keep(RecordingHeader(_session(), (), (companion,)))
            return
        assert profile.describe is not None
        recorded = _at_once(profile.describe(peer, wearing))
        _keep(RecordingHeader(replace(_session(), sensors=(recorded.sensor,)), (recorded,)))
        _check_described(recorded)
        for step in (profile.start, profile.stop):
            if step is not None:
                _at_once(step(peer, recorded))
        if profile.battery is not None:
            level = _at_once(profile.battery(peer))
            assert level is None or 0 <= level <= 100, f"a battery at {level} %"
    except (BleakError, TimeoutError) as error:
        raise InputError(f"the sensor does not answer: {error!r}") from error


def _session() -> Session:
    return Session("asked", None, (), "fuzzing")


def _keep(header: RecordingHeader) -> None:
    try:
        assert decode_header(encode_header(header)) == header, "what a sensor said of itself reads back otherwise"
    except HeaderError:  # a recording refuses it with this very error, before anything is written
        return


def _check_described(recorded: RecordedSensor) -> None:
    for full_scale in (recorded.sensor.acc_range_mps2, recorded.sensor.gyro_range_radps):
        assert full_scale is None or 0.0 < full_scale < 1e6, f"a range of {full_scale}"
    decoders_of(RecordingHeader(replace(_session(), sensors=(recorded.sensor,)), (recorded,)))


def _name(subject: Subject) -> str:
    return subject.name.replace(", ", "-").replace(" ", "-").lower()


def _doors() -> Iterator[Door]:
    for subject in SUBJECTS:
        if subject.name != "capture2go, straddling":  # the same decoder, whose seeds have both
            take = partial(take_notifications, subject)
            yield Door(f"radio-{_name(subject)}", "notifications", take, Shape.FRAMES, most_bytes=900)
    for companion in COMPANION_SUBJECTS:
        measured = partial(take_measurements, companion)
        yield Door(f"radio-{companion.name}", "notifications", measured, Shape.FRAMES, most_bytes=500)
    yield Door("radio-answers", "answers to what drivers ask", take_answers, most_bytes=1024)


DOORS: Final = tuple(_doors())
BY_DOOR: Final[Mapping[str, Subject | CompanionSubject]] = {
    **{f"radio-{_name(subject)}": subject for subject in SUBJECTS},
    **{f"radio-{companion.name}": companion for companion in COMPANION_SUBJECTS},
}
