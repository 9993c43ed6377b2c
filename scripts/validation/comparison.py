"""Footfall's strides held against reference strides, sensor by sensor."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from footfall_gateway.formats.inputs import open_input
from footfall_gateway.recordings.decoding import decode_packets
from footfall_gateway.wire import stride_object
from footfall_processing.pipeline import analyze
from footfall_processing.samples import FloatArray, ImuBlock
from footfall_processing.session import Sensor
from validation.agreement import MATCH_WITHIN_S, match

Values: TypeAlias = Mapping[str, Any]
"""A stride's numbers by the names of `footfall analyze --json`; what is not known is `None` or missing."""

JOINED_WITHIN_S: Final = 1e-3
FULL_SCALE: Final = 32767.0 / 32768.0
GAP_INTERVALS: Final = 1.5
ROUNDING_MPS2: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Pair:
    """A reference stride and Footfall's stride for it."""

    true: Values
    found: Values


@dataclass(frozen=True, slots=True)
class Raw:
    """Times of a sensor's samples, and of those at the end of the accelerometer's range."""

    t_s: FloatArray
    clipped_s: FloatArray

    def has_gap(self, begin_s: float, end_s: float) -> bool:
        """Whether samples are missing in that stretch."""
        first = max(int(np.searchsorted(self.t_s, begin_s)) - 1, 0)
        last = int(np.searchsorted(self.t_s, end_s)) + 1
        intervals_s = np.diff(self.t_s[first : last + 1])
        return bool(np.any(intervals_s > GAP_INTERVALS * np.median(np.diff(self.t_s))))

    def clips(self, begin_s: float, end_s: float) -> bool:
        """Whether a sample of that stretch stands at the end of the accelerometer's range."""
        return bool(np.any((self.clipped_s >= begin_s) & (self.clipped_s <= end_s)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One sensor of one recording.

    Parameters
    ----------
    recording, sensor
        What was compared; `sensor` as the pipeline saw it.
    true
        Reference strides in order of time.
    found
        Footfall's strides in order of time.
    pairs
        Those that belong together.
    missed
        Reference strides that Footfall did not find.
    false
        Footfall's strides inside bouts of reference strides that belong to none of them.
    unlisted
        Footfall's strides outside the bouts, where the reference says nothing: steps into and out of stands.
    raw
        The sensor's samples.
    """

    recording: str
    sensor: Sensor
    true: Sequence[Values]
    found: Sequence[Values]
    pairs: Sequence[Pair]
    missed: Sequence[Values]
    false: Sequence[Values]
    unlisted: Sequence[Values]
    raw: Raw

    @property
    def site(self) -> str:
        """Placement, or accelerometer-only placement."""
        placement = self.sensor.placement.value
        return placement if self.sensor.has_gyro else f"{placement}, accelerometer only"


def compare(
    recording: str,
    sensor: Sensor,
    true: Sequence[Values],
    found: Sequence[Values],
    raw: Raw,
    covered_s: Sequence[tuple[float, float]],
) -> Comparison:
    """Pair strides by initial contact, and sort what is left over; the reference is whole within `covered_s`."""
    true = sorted(true, key=_contact_s)
    found = sorted(found, key=_contact_s)
    indices = match([_contact_s(s) for s in true], [_contact_s(s) for s in found])
    matched_true, matched_found = {i for i, _ in indices}, {j for _, j in indices}
    spare = [s for j, s in enumerate(found) if j not in matched_found]
    is_covered = [any(a <= _contact_s(s) < b for a, b in covered_s) for s in spare]
    return Comparison(
        recording=recording,
        sensor=sensor,
        true=true,
        found=found,
        pairs=[Pair(true[i], found[j]) for i, j in indices],
        missed=[s for i, s in enumerate(true) if i not in matched_true],
        false=[s for s, inside in zip(spare, is_covered, strict=True) if inside],
        unlisted=[s for s, inside in zip(spare, is_covered, strict=True) if not inside],
        raw=raw,
    )


def bouts_s(true: Sequence[Values]) -> list[tuple[float, float]]:
    """Stretches of reference strides that follow each other without a break, and the matching tolerance before."""
    spans: list[tuple[float, float]] = []
    for stride in sorted(true, key=_contact_s):
        begin_s, end_s = _contact_s(stride), float(stride["next_contact_s"])
        if spans and begin_s - spans[-1][1] <= JOINED_WITHIN_S:
            spans[-1] = (spans[-1][0], end_s)
        else:
            spans.append((begin_s, end_s))
    return [(begin_s - MATCH_WITHIN_S, end_s - MATCH_WITHIN_S) for begin_s, end_s in spans]


def _contact_s(stride: Values) -> float:
    return float(stride["initial_contact_s"])


def raw_of(sensor: Sensor, blocks: Iterable[ImuBlock]) -> Raw:
    """Take from a sensor's samples what bears on its strides."""
    own = [block for block in blocks if block.sensor_id == sensor.id]
    t_s = np.concatenate([block.t_s for block in own])
    acc_mps2 = np.concatenate([block.acc_mps2 for block in own])
    limit_mps2 = np.inf if sensor.acc_range_mps2 is None else FULL_SCALE * sensor.acc_range_mps2 - ROUNDING_MPS2
    return Raw(t_s, t_s[(np.abs(acc_mps2) >= limit_mps2).any(axis=1)])


def analyzed(paths: Sequence[Path], *, drop_gyro: bool = False) -> tuple[list[Sensor], list[ImuBlock], list[Values]]:
    """Go the way of `footfall analyze`: sensors, decoded blocks, and strides as their JSON objects.

    With `drop_gyro`, as if the sensors had no gyroscope.
    """
    opened = open_input(paths)
    sensors = list(opened.header.session.sensors)
    blocks = list(decode_packets(opened.header, opened.packets))
    if drop_gyro:
        sensors = [replace(sensor, has_gyro=False, gyro_range_radps=None) for sensor in sensors]
        blocks = [replace(block, gyr_radps=None) for block in blocks]
    return sensors, blocks, [stride_object(stride) for stride in analyze(sensors, blocks)]


def compare_recording(path: Path, *, drop_gyro: bool = False) -> list[Comparison]:
    """Compare each sensor of a synthetic recording with the truth file beside it."""
    truth = json.loads(path.with_suffix(".truth.json").read_text("utf-8"))["sensors"]
    sensors, blocks, strides = analyzed([path], drop_gyro=drop_gyro)
    comparisons = []
    for sensor in sensors:
        true = [_with_durations(stride) for stride in truth[sensor.id]]
        found = [stride for stride in strides if stride["sensor_id"] == sensor.id]
        comparisons.append(compare(path.stem, sensor, true, found, raw_of(sensor, blocks), bouts_s(true)))
    return comparisons


def _with_durations(stride: Values) -> Values:
    stride_time_s = stride["next_contact_s"] - stride["initial_contact_s"]
    return {
        **stride,
        "contact_time_s": stride["toe_off_s"] - stride["initial_contact_s"],
        "swing_time_s": stride["next_contact_s"] - stride["toe_off_s"],
        "stride_time_s": stride_time_s,
        "cadence_spm": 120.0 / stride_time_s,
    }
