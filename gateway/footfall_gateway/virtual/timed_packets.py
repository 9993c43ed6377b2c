"""What a virtual sensor sends and when: made from blocks of samples, or taken verbatim from a recording."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from footfall_gateway.devices import PROFILES, footfall
from footfall_gateway.devices.kit.sample_intake import CLIPPED_FROM, Int16Array
from footfall_gateway.packets import RawPacket, RecordedSensor
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.session import Sensor
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

# A step longer than this many sampling intervals is a gap: the packet ends before it.
_GAP_FROM: Final = 1.5
# A packet's own interval is kept within this much of the nominal one, which its reader checks.
_SHORTEST: Final = 0.85
_LONGEST: Final = 1.15
_WIDE_ACC_RANGE_G: Final = 64
_WIDE_GYRO_RANGE_DPS: Final = 4000


@dataclass(frozen=True, slots=True)
class TimedPacket:
    """A notification and when it is due, seconds on the axis that all sensors of a session share."""

    due_s: float
    characteristic: str
    data: bytes


def from_recording(recorded_sensor: RecordedSensor, packets: Iterable[RawPacket]) -> Iterator[TimedPacket]:
    """Play one sensor's packets of a recording.

    Packets of the Footfall profile are sent verbatim, at the moments they had arrived. Those of every other profile
    are decoded and sent as Footfall packets, quantised as a sensor of these ranges would.
    """
    own = (packet for packet in packets if packet.sensor_id == recorded_sensor.sensor.id)
    if recorded_sensor.profile == footfall.NAME:
        return (TimedPacket(packet.received_s, packet.characteristic, packet.data) for packet in own)
    decoder = PROFILES[recorded_sensor.profile].decoder(recorded_sensor)
    return from_blocks(recorded_sensor.sensor, (block for packet in own for block in decoder.push([packet])))


def from_blocks(sensor: Sensor, blocks: Iterable[ImuBlock], *, per_packet: int | None = None) -> Iterator[TimedPacket]:
    """Pack blocks as a sensor with the Footfall profile would; each packet is due when its last sample was taken.

    A packet holds as many samples as fit where `per_packet` does not say how many.

    Raises
    ------
    InputError
        When the sensor's ranges are not known or do not fit the profile.
    """
    acc_range_g, gyro_range_dps = _whole_ranges(sensor)
    per_packet = per_packet or footfall.samples_per_packet(has_gyro=sensor.has_gyro)
    nominal_s = 1.0 / sensor.sampling_rate_hz
    sequence, expected_s = 0, math.nan
    for rows in runs(blocks, per_packet, _GAP_FROM * nominal_s):
        first_s, last_s = float(rows[0, 0]), float(rows[-1, 0])
        measured_s = (last_s - first_s) / (len(rows) - 1) if len(rows) > 1 else nominal_s
        interval_s = min(max(measured_s, _SHORTEST * nominal_s), _LONGEST * nominal_s)
        if first_s - expected_s > (_GAP_FROM - 1.0) * nominal_s:
            # The packets that would have been made in the gap are missing from the count, as if lost on the air.
            sequence += max(1, round((first_s - expected_s) / (per_packet * nominal_s)))
        packet = footfall.SamplesPacket(
            sequence=sequence & 0xFFFF,
            device_time_us=round(first_s * 1e6) & 0xFFFF_FFFF,
            interval_ns=round(interval_s * 1e9),
            acc_range_g=acc_range_g,
            gyro_range_dps=gyro_range_dps,
            acc=_codes(rows[:, 1:4], acc_range_g * STANDARD_GRAVITY_MPS2),
            gyr=_codes(rows[:, 4:7], (gyro_range_dps or 0) * RADIANS_PER_DEGREE) if sensor.has_gyro else None,
        )
        yield TimedPacket(last_s, footfall.SAMPLES, footfall.encode_samples(packet))
        sequence += 1
        expected_s = last_s + interval_s


def with_known_ranges(sensor: Sensor) -> Sensor:
    """Give a sensor of unknown ranges those that any runner stays within, as a virtual sensor must state some."""
    return replace(
        sensor,
        acc_range_mps2=sensor.acc_range_mps2 or _WIDE_ACC_RANGE_G * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=(sensor.gyro_range_radps or _WIDE_GYRO_RANGE_DPS * RADIANS_PER_DEGREE)
        if sensor.has_gyro
        else None,
    )


def _whole_ranges(sensor: Sensor) -> tuple[int, int | None]:
    """Ranges in the profile's whole g and °/s, rounded up so that nothing clips that did not before."""
    if sensor.acc_range_mps2 is None or (sensor.has_gyro and sensor.gyro_range_radps is None):
        raise InputError(f"sensor {sensor.id!r}: a virtual sensor needs to know its ranges")
    acc_range_g = math.ceil(sensor.acc_range_mps2 / STANDARD_GRAVITY_MPS2 - 1e-6)
    if sensor.gyro_range_radps is None or not sensor.has_gyro:
        return acc_range_g, None
    return acc_range_g, math.ceil(sensor.gyro_range_radps / RADIANS_PER_DEGREE - 1e-6)


def _codes(values: FloatArray, full_scale: float) -> Int16Array:
    codes = np.clip(np.rint(values * (footfall.CODES / full_scale)), -footfall.CODES, footfall.CODES - 1)
    # What counts as clipped in an imported file stays clipped.
    clipped = np.abs(values) >= CLIPPED_FROM * full_scale
    return np.where(clipped, np.copysign(footfall.CODES - 1, values), codes).astype(np.int16)


def runs(blocks: Iterable[ImuBlock], size: int, gap_s: float) -> Iterator[FloatArray]:
    """Cut blocks into runs of `size` rows (t, acceleration, angular rate).

    A run is shorter at the end, and before a step of time that is longer than `gap_s`.
    """
    pending: FloatArray | None = None
    for block in blocks:
        columns = [block.t_s[:, None], block.acc_mps2]
        if block.gyr_radps is not None:
            columns.append(block.gyr_radps)
        rows = np.hstack(columns)
        if pending is not None:
            rows = np.vstack((pending, rows))
        start = 0
        gaps = [int(index) + 1 for index in np.flatnonzero(np.diff(rows[:, 0]) > gap_s)]
        for end in (*gaps, len(rows)):
            while end - start >= size:
                yield rows[start : start + size]
                start += size
            if start < end < len(rows):
                yield rows[start:end]
                start = end
        pending = rows[start:]
    if pending is not None and len(pending):
        yield pending
