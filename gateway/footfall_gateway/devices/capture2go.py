"""Capture2Go IMU of SensorStim: 200 Hz, ±16 g, with a checksum and a time on every package.

It puts what it measures into a buffer and sends from there as the radio allows, so bad reception makes data late
rather than lost, and a lost link too: it goes on streaming, and what it kept comes after the reconnect.

Behaviour: capture2go/device.py and docs/getting_started.rst of https://github.com/sensorstim/capture2go_sdk; the bytes
are in `capture2go_packages`.
"""

from types import MappingProxyType
from typing import Final

import numpy as np

from footfall_gateway.devices.kit.base import (
    DecoderCounts,
    DeviceProfile,
    PacketwiseDecoder,
    Peer,
    Wearing,
    require_wearing,
)
from footfall_gateway.devices.kit.once import Replays
from footfall_gateway.devices.kit.sample_intake import Int16Array, SampleIntake, clipped_codes, in_session
from footfall_gateway.devices.protocols.capture2go import (
    ERROR,
    SAMPLES_PER_PACKAGE,
    ErrorFlag,
    Package,
    PackageStream,
    SensorState,
    decode_device_info,
    decode_samples,
    decode_status,
    encode_measurement_mode,
    encode_package,
    holds_a_time,
)
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock, SampleQuality
from footfall_processing.session import Sensor
from footfall_processing.signal.timing import DeviceClock
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE

NAME: Final = "capture2go"
PRODUCT: Final = "Capture2Go IMU"

SERVICE: Final = "80030001-e629-4c98-9324-aa7fc0c66de7"
RX: Final = "80030002-e629-4c98-9324-aa7fc0c66de7"
"""Takes one package a write."""
TX: Final = "80030003-e629-4c98-9324-aa7fc0c66de7"

RATE_HZ: Final = 200
ACC_RANGE_MPS2: Final = 16 * 9.81
"""The maker's g, not the standard one."""
GYRO_RANGE_DPS: Final = 2000
CODES: Final = 32768

_KIND: Final = f"{NAME} 2"
# The longest that the sensor's buffer is thought to hold samples back.
_MAX_DELAY_S: Final = 120.0


async def _ask(peer: Peer, command: Package, payload: bytes, *answers: Package) -> tuple[int, bytes]:
    """Send a command, and return header and payload of the first package that is one of its answers.

    Raises
    ------
    ConnectionError
        When the sensor refuses; connecting again gives it another chance.
    TimeoutError
        When it does not answer.
    """
    stream = PackageStream()
    heard: list[tuple[int, bytes]] = []

    def accepts(notification: bytes) -> bool:
        heard.extend(
            (header, content)
            for header, content in stream.feed(notification)
            if header in answers or _refuses(header, content, command)
        )
        return bool(heard)

    await peer.ask(RX, encode_package(command, payload), answer_on=TX, accepts=accepts)
    header, content = heard[0]
    if header == Package.ERROR:
        raise ConnectionError(f"{PRODUCT} {peer.address} refuses command 0x{command:04x}: error 0x{content[0]:02x}")
    return header, content


def _refuses(header: int, content: bytes, command: Package) -> bool:
    return header == Package.ERROR and len(content) == ERROR.size and ERROR.unpack(content)[1] == command


async def _status(peer: Peer) -> tuple[int, int | None]:
    """Ask what the sensor does, one of `SensorState`, and for its battery's level.

    While it streams, the answer waits behind all samples that it kept: these tell enough, but nothing of the battery.
    """
    header, content = await _ask(peer, Package.GET_STATUS, b"", Package.STATUS, Package.SAMPLES_200_HZ)
    if header == Package.SAMPLES_200_HZ:
        return SensorState.STREAMING, None
    status = decode_status(content)
    return status.state, status.battery_percent if status.battery_percent <= 100 else None


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Ask a connected sensor what it is; end what it streams still from another session.

    Raises
    ------
    InputError
        When it is recording by itself, or nobody said where it is worn.
    """
    if not (peer.has(RX) and peer.has(TX)):
        raise InputError(f"sensor {peer.address} called {peer.name!r} is no {PRODUCT}")
    worn = require_wearing(wearing, PRODUCT, peer.address)
    state, _ = await _status(peer)
    if state == SensorState.RECORDING:
        raise InputError(f"{PRODUCT} {peer.address} is recording by itself: end that with its own app first")
    if state == SensorState.STREAMING:
        command = Package.STOP_STREAMING_AND_CLEAR_BUFFER
        await _ask(peer, command, b"", Package.STOPPED_STREAMING_AND_CLEARED_BUFFER)
    _, info = await _ask(peer, Package.GET_DEVICE_INFO, b"", Package.DEVICE_INFO)
    sensor = Sensor(
        id=worn.sensor_id,
        placement=worn.placement,
        side=worn.side,
        sampling_rate_hz=float(RATE_HZ),
        acc_range_mps2=ACC_RANGE_MPS2,
        gyro_range_radps=GYRO_RANGE_DPS * RADIANS_PER_DEGREE,
    )
    return RecordedSensor(sensor, NAME, peer.address, peer.name, MappingProxyType(dict(decode_device_info(info))))


async def start(peer: Peer, _: RecordedSensor) -> None:
    """Let the sensor stream, unless it does so still from before a reconnect: then what it kept is coming."""
    state, _battery = await _status(peer)
    if state != SensorState.STREAMING:
        await _ask(peer, Package.SET_MEASUREMENT_MODE, encode_measurement_mode(), Package.MEASUREMENT_MODE)
        await _ask(peer, Package.START_STREAMING, b"", Package.STARTED_STREAMING)


async def stop(peer: Peer, _: RecordedSensor) -> None:
    """End the stream, so that the sensor may rest."""
    await peer.write(RX, encode_package(Package.STOP_STREAMING))


async def battery(peer: Peer) -> int | None:
    """Ask for the battery's level, 0 to 100; `None` while the sensor streams."""
    _, percent = await _status(peer)
    return percent


class Capture2GoDecoder(PacketwiseDecoder):
    """Packages of samples to blocks in SI, on the session's axis."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        self._intake = SampleIntake(recorded_sensor.sensor)
        self._clock = DeviceClock(tick_s=1e-9, bits=64, max_delay_s=_MAX_DELAY_S)
        self._replays = Replays(holds_a_time)
        self._stream = PackageStream()

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far; packages rejected, and notifications with bytes of none, count as rejected packets."""
        return self._intake.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next notification; only what its checksum confirms is taken."""
        if packet.characteristic != TX:
            return []
        if not in_session(packet.received_s):
            return self._intake.reject()
        if self._replays.is_copy(packet.data):
            return self._intake.drop_repeat()
        broken = self._stream.broken_notifications
        packages = self._stream.feed(packet.data)
        if self._stream.broken_notifications > broken:
            self._intake.reject()
        return [
            block
            for header, payload in packages
            if header == Package.SAMPLES_200_HZ
            for block in self._samples(payload, packet.received_s)
        ]

    def _samples(self, payload: bytes, received_s: float) -> list[ImuBlock]:
        try:
            samples = decode_samples(payload)
        except InputError:
            return self._intake.reject()
        if samples.error_flags & ErrorFlag.PROCESSING_ISSUE:
            # "A severe error … that will most likely affect the measured data": to us these samples are lost.
            return self._intake.reject()
        interval_s = 1.0 / RATE_HZ
        first = self._clock.read(
            samples.time_ns % 2**64,
            received_s=received_s,
            span_s=(SAMPLES_PER_PACKAGE - 1) * interval_s,
            not_before_s=self._intake.last_s + interval_s,
        )
        told_gap = bool(samples.error_flags & ErrorFlag.TIME_GAP)
        run = self._intake.place(first, interval_s, SAMPLES_PER_PACKAGE, after_loss=told_gap)
        if run is None:
            return []
        quality = clipped_codes(samples.acc, SampleQuality.ACC_CLIPPED)
        quality |= clipped_codes(samples.gyr, SampleQuality.GYR_CLIPPED)
        # Clipped before the sensor reduced 1,666 Hz to 200 Hz. It does not say which sample: the largest, most likely.
        if samples.error_flags & ErrorFlag.ACC_CLIPPING:
            quality[_largest(samples.acc)] |= int(SampleQuality.ACC_CLIPPED)
        if samples.error_flags & ErrorFlag.GYR_CLIPPING:
            quality[_largest(samples.gyr)] |= int(SampleQuality.GYR_CLIPPED)
        return self._intake.take(
            [run],
            samples.acc.astype(np.float64) * (ACC_RANGE_MPS2 / CODES),
            samples.gyr.astype(np.float64) * (GYRO_RANGE_DPS / CODES * RADIANS_PER_DEGREE),
            quality,
        )

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        return {
            "kind": _KIND,
            "intake": self._intake.state(),
            "clock": self._clock.state(),
            "replays": self._replays.state(),
            "stream": self._stream.state(),
        }

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._intake.restore(stored.part("intake"))
        self._clock.restore(stored.part("clock"))
        self._replays.restore(stored.part("replays"))
        self._stream.restore(stored.part("stream"))


def _largest(codes: Int16Array) -> int:
    return int(np.argmax(np.abs(codes.astype(np.int32)).max(axis=1)))


PROFILE: Final = DeviceProfile(
    name=NAME,
    product=PRODUCT,
    decoder=Capture2GoDecoder,
    services=(SERVICE,),
    notifications=(TX,),
    packet_s=0.040,
    describe=describe,
    start=start,
    stop=stop,
    battery=battery,
)
"""Capture2Go IMUs."""
