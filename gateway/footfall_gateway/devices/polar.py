"""Polar sensors over their measurement data (PMD) service: Verity Sense in SDK mode, H10, OH1 and their kin.

UUIDs, features, modes and limits are those of Polar's own SDK, https://github.com/polarofficial/polar-ble-sdk
(BlePMDClient, PmdMeasurementType, and `documentation/`: SdkModeExplained, KnownIssues, products); the bytes are in
`polar_frames`.

Acceleration and angular rate are two streams of one clock. Only in SDK mode does a Verity Sense measure 16 g, and
more often than 52 Hz; its heart rate is off meanwhile. An H10 measures acceleration alone, to 8 g.
"""

import math
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
from footfall_gateway.devices.kit.stamped import Stamped, StampedImu, Stream
from footfall_gateway.devices.kit.standard import device_information
from footfall_gateway.devices.protocols.polar import (
    FEATURES,
    RESPONSE,
    TICK_S,
    TYPE_MASK,
    Command,
    Frame,
    Measurement,
    SettingId,
    decode_frame,
    decode_settings,
    encode_settings,
    start_factor,
)
from footfall_gateway.outside import parse_hex
from footfall_gateway.packets import RawPacket, RecordedSensor, Setting
from footfall_processing.errors import InputError
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

NAME: Final = "polar-pmd"
PRODUCT: Final = "Polar sensor"

SERVICE: Final = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA: Final = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"

FIT_RATE_HZ: Final = 200
"""The slowest rate from here on is taken, as Polar warns of data lost when several streams are fast."""
ALREADY_IN_STATE: Final = 6
"""Status of an answer: what was asked for is so."""
IN_CHARGER: Final = 13
"""Status of an answer: nothing is measured there."""

MOST_SETTING_BYTES: Final = 1024
"""Of the settings of one measurement."""

_KIND: Final = f"{NAME} 1"
# A full scale is a little more than its name: the gyroscope's "2000 °/s" are 70 m°/s a code, 2294 °/s.
_BEYOND_RANGE: Final = MappingProxyType({Stream.ACC: 1.05, Stream.GYR: 1.2})


async def _ask(peer: Peer, command: Command, measurement: Measurement, parameters: bytes = b"") -> tuple[int, bytes]:
    """Send a command; return the answer's status and parameters, put together where they come in parts."""
    pieces: list[bytes] = []

    def accepts(answer: bytes) -> bool:
        if len(answer) < 4 or answer[:2] != bytes([RESPONSE, command]) or answer[2] & TYPE_MASK != measurement:
            return False
        pieces.append(answer[5:])
        return len(answer) < 5 or answer[4] == 0

    request = bytes([command, measurement]) + parameters
    answer = await peer.ask(CONTROL, request, answer_on=CONTROL, accepts=accepts)
    return answer[3], b"".join(pieces)


async def _offer(peer: Peer, measurement: Measurement, *, sdk_mode: bool) -> dict[SettingId, tuple[int, ...]] | None:
    """Choose the widest range at a fit rate from what the sensor offers; `None` when it does not measure this.

    Raises
    ------
    ConnectionRefusedError
        When it is in its charger.
    """
    command = Command.GET_SDK_MODE_SETTINGS if sdk_mode else Command.GET_SETTINGS
    status, parameters = await _ask(peer, command, measurement)
    if status == IN_CHARGER:
        raise ConnectionRefusedError(f"{PRODUCT} {peer.address} is in its charger: take it out")
    if status != 0:
        return None
    offer = decode_settings(parameters)
    if SettingId.RATE_HZ not in offer or SettingId.RANGE not in offer:
        return None
    chosen: dict[SettingId, tuple[int, ...]] = {
        setting: (max(values),) for setting, values in offer.items() if setting is not SettingId.FACTOR
    }
    fit = [rate for rate in offer[SettingId.RATE_HZ] if rate >= FIT_RATE_HZ]
    if fit:
        chosen[SettingId.RATE_HZ] = (min(fit),)
    return chosen


async def describe(peer: Peer, wearing: Wearing | None) -> RecordedSensor:
    """Ask a connected sensor what it can measure.

    Raises
    ------
    InputError
        When it does not measure acceleration, its answers make no sense, or nobody said where it is worn.
    """
    wearing = require_wearing(wearing, PRODUCT, peer.address)
    features = await peer.read(CONTROL) if peer.has(CONTROL) and peer.has(DATA) else b""
    if len(features) < 3 or features[0] != FEATURES or not features[1] & 1 << Measurement.ACC:
        raise InputError(f"{PRODUCT} {peer.address} does not offer its acceleration")
    sdk_mode = bool(features[2] & 0x02)
    acc = await _offer(peer, Measurement.ACC, sdk_mode=sdk_mode)
    if acc is None and sdk_mode:
        sdk_mode = False
        acc = await _offer(peer, Measurement.ACC, sdk_mode=sdk_mode)
    gyro = await _offer(peer, Measurement.GYRO, sdk_mode=sdk_mode) if features[1] & 1 << Measurement.GYRO else None
    if acc is None:
        raise InputError(f"{PRODUCT} {peer.address} does not say which acceleration it measures")
    settings: dict[str, Setting] = {**await device_information(peer), "sdk_mode": sdk_mode}
    settings["acc_settings"] = encode_settings(acc).hex()
    if gyro is not None:
        settings["gyro_settings"] = encode_settings(gyro).hex()
    sensor = Sensor(
        id=wearing.sensor_id,
        placement=wearing.placement,
        side=wearing.side,
        sampling_rate_hz=float(acc[SettingId.RATE_HZ][0]),
        acc_range_mps2=acc[SettingId.RANGE][0] * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=None if gyro is None else gyro[SettingId.RANGE][0] * RADIANS_PER_DEGREE,
        has_gyro=gyro is not None,
    )
    return RecordedSensor(sensor, NAME, peer.address, peer.name, MappingProxyType(settings))


def _measurements(recorded_sensor: RecordedSensor) -> dict[Measurement, bytes]:
    """Return what is to be measured, with its settings."""
    names = {Measurement.ACC: "acc_settings", Measurement.GYRO: "gyro_settings"}
    return {
        measurement: parse_hex(recorded_sensor.settings[name], f"setting {name}", MOST_SETTING_BYTES)
        for measurement, name in names.items()
        if name in recorded_sensor.settings
    }


async def start(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """Let the sensor stream.

    Raises
    ------
    ConnectionRefusedError
        When it does not want to, such as in its charger.
    """
    measurements = _measurements(recorded_sensor)
    # The mode can only be changed while nothing streams, such as for an app that was here before.
    for measurement in measurements:
        await _ask(peer, Command.STOP, measurement)
    wanted = dict(measurements)
    if recorded_sensor.settings.get("sdk_mode"):
        wanted = {Measurement.SDK_MODE: b"", **wanted}
    for measurement, settings in wanted.items():
        status, _ = await _ask(peer, Command.START, measurement, settings)
        if status not in (0, ALREADY_IN_STATE):
            raise ConnectionRefusedError(f"{PRODUCT} {peer.address} does not start {measurement.name}: status {status}")


async def stop(peer: Peer, recorded_sensor: RecordedSensor) -> None:
    """End the streams, without which the sensor never sleeps, and the SDK mode."""
    for measurement in _measurements(recorded_sensor):
        await _ask(peer, Command.STOP, measurement)
    if recorded_sensor.settings.get("sdk_mode"):
        await _ask(peer, Command.STOP, Measurement.SDK_MODE)


class PolarDecoder(PacketwiseDecoder):
    """Frames to blocks in SI, on the session's axis."""

    def __init__(self, recorded_sensor: RecordedSensor) -> None:
        sensor = recorded_sensor.sensor
        self._factors: dict[Stream, float] = {}
        self._limits = {
            Stream.ACC: _BEYOND_RANGE[Stream.ACC] * (sensor.acc_range_mps2 or math.inf),
            Stream.GYR: _BEYOND_RANGE[Stream.GYR] * (sensor.gyro_range_radps or 0.0),
        }
        gyro = decode_settings(_measurements(recorded_sensor).get(Measurement.GYRO, b""))
        self._imu = StampedImu(
            sensor,
            tick_s=TICK_S,
            bits=64,
            stamped=Stamped.LAST,
            gyr_rate_hz=float(gyro[SettingId.RATE_HZ][0]) if SettingId.RATE_HZ in gyro else None,
        )

    @property
    def counts(self) -> DecoderCounts:
        """What was seen so far."""
        return self._imu.counts

    def _take(self, packet: RawPacket) -> list[ImuBlock]:
        """Decode the next notification; late and malformed ones give nothing and are counted."""
        try:
            if packet.characteristic == CONTROL:
                told = start_factor(packet.data)
                if told is not None:
                    self._factors[told[0]] = told[1]
            elif packet.characteristic == DATA:
                frame = decode_frame(packet.data, self._factors)
                if frame is not None:
                    return self._place(frame, packet.received_s)
        except InputError:
            return self._imu.reject()
        return []

    def _place(self, frame: Frame, received_s: float) -> list[ImuBlock]:
        unit = STANDARD_GRAVITY_MPS2 if frame.stream is Stream.ACC else RADIANS_PER_DEGREE
        values = frame.values * unit
        if np.abs(values).max() > self._limits[frame.stream]:
            raise InputError(f"a frame of {frame.stream.name} lies beyond the range")
        return self._imu.push(frame.stamp_ns, {frame.stream: values}, received_s=received_s)

    def state(self) -> PlainState:
        """Return what there is to be stored; see `Decoder`."""
        factors: dict[str, PlainState] = {stream.value: self._factors.get(stream) for stream in Stream}
        return {"kind": _KIND, "imu": self._imu.state(), "factors": {"kind": _KIND, **factors}}

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `Decoder`."""
        stored = Stored.of_kind(state, _KIND)
        self._imu.restore(stored.part("imu"))
        factors = Stored.of_kind(stored.part("factors"), _KIND)
        self._factors = {stream: factors.finite(stream.value) for stream in Stream if factors.has(stream.value)}


PROFILE: Final = DeviceProfile(
    name=NAME,
    product=PRODUCT,
    decoder=PolarDecoder,
    name_prefixes=("Polar Sense", "Polar Verity", "Polar H10", "Polar OH1", "Polar 360"),
    notifications=(CONTROL, DATA),
    packet_s=0.180,
    describe=describe,
    start=start,
    stop=stop,
)
"""Polar sensors that stream acceleration."""
