"""Treadmills over the standard Fitness Machine service, 0x1826: the belt's speed and slope.

Bytes and flags are those of the Bluetooth SIG's characteristic Treadmill Data, 0x2ACD (Fitness Machine Service 1.0,
4.9.1): flags, then whatever they name, in the order of their bits. Bit 0 is the other way round, "More Data": where it
is set the speed is *not* there, as the record was too long for one notification and goes on in the next. So a record's
notifications hold different fields, and each is told by itself. Flags that are reserved, and octets that no flag names,
are to be ignored (Fitness Machine Profile 1.0, 4.4.2).

A treadmill is listened to, and nothing else: nothing is ever written to it, least of all to its control point, 0x2AD9,
which could set a belt in motion below somebody's feet.

What the belt says is not what it does: nobody knows how far a belt's speed and slope are off. Some treadmills tell a
slope that none has (https://github.com/cagnulein/qdomyos-zwift/issues/4808).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from footfall_gateway.devices.kit.base import CompanionProfile, Peer
from footfall_gateway.devices.kit.standard import MeasurementDecoder, describe_companion
from footfall_gateway.packets import RecordedCompanion
from footfall_processing.companions import FASTEST_MPS, TREADMILL_DISTANCE, TREADMILL_SLOPE, TREADMILL_SPEED
from footfall_processing.errors import InputError

NAME: Final = "treadmill"
PRODUCT: Final = "Treadmill"

SERVICE: Final = "00001826-0000-1000-8000-00805f9b34fb"
MEASUREMENT: Final = "00002acd-0000-1000-8000-00805f9b34fb"
FEATURE: Final = "00002acc-0000-1000-8000-00805f9b34fb"
CONTROL_POINT: Final = "00002ad9-0000-1000-8000-00805f9b34fb"

SPEED_UNIT_MPS: Final = 0.01 / 3.6

_MORE: Final = 0x0001
_SLOPE_UNKNOWN: Final = 0x7FFF
"""Stands for "Data Not Available"."""
_ADVERTISED_AVAILABLE: Final = 0x01
_ADVERTISED_TREADMILL: Final = 0x0001

# No treadmill is steeper.
_STEEPEST_PERCENT: Final = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TreadmillMeasurement:
    """One notification, in the treadmill's own units; `None` for what it does not say.

    Parameters
    ----------
    speed, average_speed
        In 0.01 km/h.
    distance_m
        Since the training began.
    slope, ramp_angle
        In 0.1 % and 0.1°; both are said, or neither.
    rise_dm, fall_dm
        Climbed and descended since the training began; both or neither.
    pace, average_pace
        In 0.1 km/min.
    energy_kcal, energy_kcal_per_h, energy_kcal_per_min
        All three, or none.
    heart_rate_bpm, metabolic_equivalent, elapsed_s, remaining_s
        The metabolic equivalent in tenths.
    belt_force_n, power_w
        Both or neither.
    """

    speed: int | None = None
    average_speed: int | None = None
    distance_m: int | None = None
    slope: int | None = None
    ramp_angle: int | None = None
    rise_dm: int | None = None
    fall_dm: int | None = None
    pace: int | None = None
    average_pace: int | None = None
    energy_kcal: int | None = None
    energy_kcal_per_h: int | None = None
    energy_kcal_per_min: int | None = None
    heart_rate_bpm: int | None = None
    metabolic_equivalent: int | None = None
    elapsed_s: int | None = None
    remaining_s: int | None = None
    belt_force_n: int | None = None
    power_w: int | None = None


_FIELDS: Final = (
    (_MORE, (("speed", "H"),)),
    (0x0002, (("average_speed", "H"),)),
    (0x0004, (("distance_m", "3"),)),
    (0x0008, (("slope", "h"), ("ramp_angle", "h"))),
    (0x0010, (("rise_dm", "H"), ("fall_dm", "H"))),
    (0x0020, (("pace", "B"),)),
    (0x0040, (("average_pace", "B"),)),
    (0x0080, (("energy_kcal", "H"), ("energy_kcal_per_h", "H"), ("energy_kcal_per_min", "B"))),
    (0x0100, (("heart_rate_bpm", "B"),)),
    (0x0200, (("metabolic_equivalent", "B"),)),
    (0x0400, (("elapsed_s", "H"),)),
    (0x0800, (("remaining_s", "H"),)),
    (0x1000, (("belt_force_n", "h"), ("power_w", "h"))),
)
"""What each flag names, in the order of the bytes; "3" is a whole number of three bytes."""


def encode_measurement(measurement: TreadmillMeasurement) -> bytes:
    """Write a notification as a treadmill does; without a speed, the record goes on in the next one.

    Raises
    ------
    struct.error, OverflowError
        When a value does not fit into its field.
    """
    flags, fields = 0, b""
    for flag, names in _FIELDS:
        values = [(getattr(measurement, name), kind) for name, kind in names]
        is_there = any(value is not None for value, _ in values)
        if is_there is not (flag == _MORE):
            flags |= flag
        if is_there:
            fields += b"".join(_written(value or 0, kind) for value, kind in values)
    return struct.pack("<H", flags) + fields


def decode_measurement(data: bytes) -> TreadmillMeasurement:
    """Read a notification.

    Raises
    ------
    InputError
        When it is shorter than its flags say.
    """
    found: dict[str, int] = {}
    try:
        (flags,) = struct.unpack_from("<H", data)
        at = 2
        for flag, names in _FIELDS:
            if bool(flags & flag) is (flag == _MORE):
                continue
            for name, kind in names:
                found[name], at = _read(data, at, kind)
    except struct.error as error:
        raise InputError(f"no treadmill data: {data.hex(' ')}") from error
    return TreadmillMeasurement(**found)


def _written(value: int, kind: str) -> bytes:
    return value.to_bytes(3, "little") if kind == "3" else struct.pack(f"<{kind}", value)


def _read(data: bytes, at: int, kind: str) -> tuple[int, int]:
    if kind == "3":
        low, high = struct.unpack_from("<HB", data, at)
        return high << 16 | low, at + 3
    (value,) = struct.unpack_from(f"<{kind}", data, at)
    return value, at + struct.calcsize(f"<{kind}")


class TreadmillDecoder(MeasurementDecoder):
    """Decodes one treadmill.

    A notification gives one reading with what of speed, slope and distance it holds, at its arrival; one that holds
    none of them gives none.
    """

    characteristic = MEASUREMENT

    def _take(self, data: bytes) -> list[dict[str, float]]:
        measurement = decode_measurement(data)
        values: dict[str, float] = {}
        if measurement.speed is not None:
            values[TREADMILL_SPEED] = measurement.speed * SPEED_UNIT_MPS
            if values[TREADMILL_SPEED] > FASTEST_MPS:
                raise InputError(f"nobody runs at {values[TREADMILL_SPEED]:.1f} m/s")
        if measurement.slope is not None and measurement.slope != _SLOPE_UNKNOWN:
            # 10 tenths are 1 to the last bit: what is level is told by comparing
            slope_percent = measurement.slope / 10.0
            if abs(slope_percent) <= _STEEPEST_PERCENT:
                values[TREADMILL_SLOPE] = slope_percent
        if measurement.distance_m is not None:
            values[TREADMILL_DISTANCE] = float(measurement.distance_m)
        return [values] if values else []


def is_announced(service_data: Mapping[str, bytes]) -> bool:
    """Tell from an advertisement whether a fitness machine is a treadmill; one that does not say may be one.

    The service's data are a byte of flags, and two whose bits say what kinds of machine it is.
    """
    said = service_data.get(SERVICE, b"")
    if len(said) < 3:
        return True
    kinds = int.from_bytes(said[1:3], "little")
    return kinds == 0 or bool(kinds & _ADVERTISED_TREADMILL)


def advertised_data() -> Mapping[str, bytes]:
    """Return the service data that a treadmill advertises."""
    return {SERVICE: struct.pack("<BH", _ADVERTISED_AVAILABLE, _ADVERTISED_TREADMILL)}


async def describe(peer: Peer, companion_id: str) -> RecordedCompanion:
    """Ask a connected fitness machine who made it; `InputError` when it is no treadmill."""
    if not peer.has(MEASUREMENT):
        raise InputError(f"{peer.name or peer.address} is a fitness machine, but no treadmill")
    return await describe_companion(peer, companion_id, NAME)


PROFILE: Final = CompanionProfile(
    name=NAME,
    product=PRODUCT,
    decoder=TreadmillDecoder,
    services=(SERVICE,),
    notifications=(MEASUREMENT,),
    describe=describe,
    announced=is_announced,
)
"""Any treadmill that offers the standard fitness machine service."""
