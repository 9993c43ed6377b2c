"""Foot pods over the standard Running Speed and Cadence service, 0x1814.

Bytes and flags are those of the Bluetooth SIG's characteristic RSC Measurement, 0x2A53
(https://github.com/oesmith/gatt-xml, org.bluetooth.characteristic.rsc_measurement): flags, speed in 1/256 m/s, cadence
in 1/min, then, where the flags say so, stride length in cm and total distance in dm. Flags that are reserved, and
what may follow for them, are to be ignored.

The specification leaves open what a cadence counts: most pods send steps of both feet, some those of their own foot
(https://github.com/cagnulein/qdomyos-zwift/pull/4318), and with the stride length it is likewise. Speed tells them
apart. Step length over cadence, the walk ratio, is nearly the same whatever the speed: some 0.006 m/(steps/min) from
1 m/s on (Murakami & Otaka 2017, doi:10.1589/jpts.29.722), and in running from 0.004 (a jog) to 0.009 (a sprint). A
count of one foot makes it four times that.
"""

import struct
from dataclasses import dataclass
from functools import partial
from typing import Final

from footfall_gateway.devices.kit.base import CompanionProfile
from footfall_gateway.devices.kit.standard import MeasurementDecoder, describe_companion
from footfall_gateway.packets import RecordedCompanion
from footfall_processing.companions import (
    FASTEST_MPS,
    POD_CADENCE,
    POD_CADENCE_SENT,
    POD_DISTANCE,
    POD_SPEED,
    POD_STRIDE_LENGTH,
)
from footfall_processing.errors import InputError
from footfall_processing.state import PlainState
from footfall_processing.stored import LARGEST, Stored

NAME: Final = "running-speed"
PRODUCT: Final = "Foot pod"

SERVICE: Final = "00001814-0000-1000-8000-00805f9b34fb"
MEASUREMENT: Final = "00002a53-0000-1000-8000-00805f9b34fb"
FEATURE: Final = "00002a54-0000-1000-8000-00805f9b34fb"
LOCATION: Final = "00002a5d-0000-1000-8000-00805f9b34fb"

_STRIDE_LENGTH: Final = 0x01
_DISTANCE: Final = 0x02
_RUNNING: Final = 0x04
_SPEED_UNIT_MPS: Final = 1.0 / 256.0
_STRIDE_UNIT_M: Final = 0.01
_DISTANCE_UNIT_M: Final = 0.1

_KIND: Final = "foot pod 1"

# Slower, the walk ratio is not constant.
_TELLING_FROM_MPS: Final = 1.1
# The geometric middle between 0.009, a sprinter's steps, and 4 x 0.0045, a jogger's count of one foot.
_ONE_FOOT_FROM: Final = 0.0127


@dataclass(frozen=True, slots=True)
class RunningMeasurement:
    """One packet, in the pod's own units.

    Parameters
    ----------
    speed
        In 1/256 m/s.
    cadence_per_min
        Of both feet or of one.
    stride_length_cm
        Of two steps or of one; `None` when it is not said.
    distance_dm
        Since the pod began to count; `None` when it is not said.
    running
        Whether the pod takes it for running.
    """

    speed: int
    cadence_per_min: int
    stride_length_cm: int | None = None
    distance_dm: int | None = None
    running: bool = False


def encode_measurement(measurement: RunningMeasurement) -> bytes:
    """Write a packet as a pod does."""
    flags = _RUNNING if measurement.running else 0
    rest = b""
    if measurement.stride_length_cm is not None:
        flags |= _STRIDE_LENGTH
        rest += struct.pack("<H", measurement.stride_length_cm)
    if measurement.distance_dm is not None:
        flags |= _DISTANCE
        rest += struct.pack("<I", measurement.distance_dm)
    return struct.pack("<BHB", flags, measurement.speed, measurement.cadence_per_min) + rest


def decode_measurement(data: bytes) -> RunningMeasurement:
    """Read a packet.

    Raises
    ------
    InputError
        When it is shorter than its flags say.
    """
    stride_length_cm = distance_dm = None
    try:
        flags, speed, cadence = struct.unpack_from("<BHB", data)
        at = 4
        if flags & _STRIDE_LENGTH:
            (stride_length_cm,) = struct.unpack_from("<H", data, at)
            at += 2
        if flags & _DISTANCE:
            (distance_dm,) = struct.unpack_from("<I", data, at)
    except struct.error as error:
        raise InputError(f"no running speed measurement: {data.hex(' ')}") from error
    return RunningMeasurement(speed, cadence, stride_length_cm, distance_dm, bool(flags & _RUNNING))


def counts_one_foot(speed_mps: float, cadence_per_min: float) -> bool | None:
    """Tell whether a cadence counts the strides of one foot; `None` when speed and cadence do not tell."""
    if speed_mps < _TELLING_FROM_MPS or cadence_per_min <= 0.0:
        return None
    return 60.0 * speed_mps / cadence_per_min**2 >= _ONE_FOOT_FROM


class RunningSpeedDecoder(MeasurementDecoder):
    """Decodes one pod.

    Whether it counts one foot or two is a vote of all packets so far that tell: a single odd one does not double the
    cadence. Until one has told, only the cadence as it was sent is given.
    """

    characteristic = MEASUREMENT

    def __init__(self, companion: RecordedCompanion) -> None:
        super().__init__(companion)
        self._votes_for_one_foot = 0
        self._told = False

    def state(self) -> PlainState:
        """Return what there is to be stored; see `CompanionDecoder`."""
        return {
            "kind": _KIND,
            "measurements": super().state(),
            "votes_for_one_foot": self._votes_for_one_foot,
            "told": self._told,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from what another decoder left; see `CompanionDecoder`."""
        stored = Stored.of_kind(state, _KIND)
        super().restore(stored.part("measurements"))
        self._votes_for_one_foot = stored.whole("votes_for_one_foot", least=-LARGEST)
        self._told = stored.flag("told")

    def _take(self, data: bytes) -> list[dict[str, float]]:
        measurement = decode_measurement(data)
        speed_mps = measurement.speed * _SPEED_UNIT_MPS
        if speed_mps > FASTEST_MPS:
            raise InputError(f"nobody runs at {speed_mps:.1f} m/s")
        cadence = float(measurement.cadence_per_min)
        one_foot = counts_one_foot(speed_mps, cadence)
        if one_foot is not None:
            self._told = True
            self._votes_for_one_foot += 1 if one_foot else -1
        values = {POD_SPEED: speed_mps, POD_CADENCE_SENT: cadence}
        if self._told:
            values[POD_CADENCE] = cadence * (2.0 if self._votes_for_one_foot > 0 else 1.0)
        if measurement.stride_length_cm is not None:
            values[POD_STRIDE_LENGTH] = measurement.stride_length_cm * _STRIDE_UNIT_M
        if measurement.distance_dm is not None:
            values[POD_DISTANCE] = measurement.distance_dm * _DISTANCE_UNIT_M
        return [values]


PROFILE: Final = CompanionProfile(
    name=NAME,
    product=PRODUCT,
    decoder=RunningSpeedDecoder,
    services=(SERVICE,),
    notifications=(MEASUREMENT,),
    describe=partial(describe_companion, profile=NAME),
)
"""Anything that offers the standard running speed and cadence service."""
