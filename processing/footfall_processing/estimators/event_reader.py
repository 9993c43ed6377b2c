"""From the compiled estimators' plain records to gait events: what a sensor can't support becomes `None`."""

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import fields, make_dataclass, replace
from functools import cache
from operator import attrgetter
from typing import Any, Final, cast

from footfall_processing.compiled import Record
from footfall_processing.estimators.activity import ON_STAIRS, OTHER, RUNNING, STANDING, WALKING
from footfall_processing.estimators.foot.strike import strike_pattern
from footfall_processing.estimators.outbox import DOING, EVENT, IMPACT
from footfall_processing.estimators.shank.strike import rearfoot_or_not
from footfall_processing.estimators.stance_roll import UNKNOWN_ROLL
from footfall_processing.gait import Activity, Doing, GaitEvent, Impact, NowDoing, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STANCE_ROLL_RATE_HZ, STRIDE_METRICS, STRIKE_RATE_HZ
from footfall_processing.metrics.spring_mass import leg_stiffness_npm, vertical_stiffness_npm
from footfall_processing.metrics.support import why_unsupported
from footfall_processing.samples import SampleQuality
from footfall_processing.session import Runner, Sensor, Side

LOW_CONFIDENCE: Final = 0.6
"""Strides below this are flagged, and left out of averages."""

_ACC_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED)
_FLAGS_OF_SAMPLES: Final = (
    (_ACC_CLIPPED, StrideFlag.ACC_CLIPPED),
    (int(SampleQuality.GYR_CLIPPED), StrideFlag.GYR_CLIPPED),
    (int(SampleQuality.AFTER_LOSS), StrideFlag.SAMPLES_LOST),
)
_FLAGS_OF_STRIDES: Final = (
    StrideFlag.AXES_DISAGREE,
    StrideFlag.ALIGNED_LATER,
    StrideFlag.SENSOR_MOVED,
    StrideFlag.BACKWARD,
    StrideFlag.STAIRS,
    StrideFlag.LOW_CONFIDENCE,
)

_DOING: Final = {
    STANDING: Doing.STANDING,
    WALKING: Doing.WALKING,
    RUNNING: Doing.RUNNING,
    ON_STAIRS: Doing.STAIRS,
    OTHER: Doing.OTHER,
}

# mypy takes a plain call for a declaration, whose fields must be spelled out
_EventRow: Final = cast("Any", namedtuple)("_EventRow", EVENT.names or ())

_OpenStride: Final[Any] = make_dataclass("_OpenStride", [field.name for field in fields(Stride)], slots=True)
"""A stride whose fields are being filled in."""


class _Carried:
    """What the strides of a sensor carry, at its rate and with its axes: the catalogue says it."""

    def __init__(self, sensor: Sensor, *, axes_disagree: bool) -> None:
        inwards = "right" if sensor.side is Side.LEFT else "left"
        self.unsupported: dict[str, None] = {}
        self.measured: list[tuple[str, Callable[[Record], float], float]] = []
        for metric in STRIDE_METRICS.values():
            if (found := metric.measured) is None:
                continue
            if why_unsupported(metric, sensor) is not None or (axes_disagree and metric.oriented):
                self.unsupported[found.carried] = None
            else:
                gain = sensor.length_gain if found.calibrated else 1.0
                self.measured.append((found.carried, attrgetter(found.recorded.format(inwards=inwards)), gain))
        rate_hz = sensor.sampling_rate_hz
        too_slow = {
            metric.too_slow
            for metric in STRIDE_METRICS.values()
            if sensor.placement in metric.sites and rate_hz < metric.min_rate_hz
        }
        self.too_slow = tuple(flag for flag in StrideFlag if flag in too_slow)
        self.tells_strike = rate_hz >= STRIKE_RATE_HZ and not axes_disagree
        self.tells_roll = rate_hz >= STANCE_ROLL_RATE_HZ and not axes_disagree


class EventReader:
    """Reads one sensor's records; with a runner whose mass and height are known, strides have stiffness.

    What a stride carries is the catalogue's to say: each measured metric's row tells the field of the record, that of
    the stride, and what a sensor needs for it.
    """

    def __init__(self, sensor: Sensor, runner: Runner | None = None) -> None:
        self.sensor = sensor
        self.runner = runner
        self._carried: dict[tuple[int, bool], _Carried] = {}

    def read(self, row: tuple[object, ...]) -> GaitEvent:
        """Turn a record, its fields in the order of `EVENT`, into what it tells."""
        event = _EventRow._make(row)
        if event.kind == DOING:
            return NowDoing(self.sensor.id, event.initial_contact_s, _DOING[event.doing])
        bits = event.sample_quality
        if event.kind == IMPACT:
            return Impact(
                sensor_id=self.sensor.id,
                side=self.sensor.side,
                t_s=event.initial_contact_s,
                peak_acc_mps2=event.peak_norm_mps2,
                clipped=bool(bits & _ACC_CLIPPED),
            )
        return self._stride(event, bits)

    def _stride(self, event: Record, bits: int) -> Stride:
        known = (event.held, event.axes_disagree)
        carried = self._carried.get(known)
        if carried is None:
            # a held stream is one of the sensor's true rate
            sensor = replace(self.sensor, sampling_rate_hz=self.sensor.sampling_rate_hz / event.held)
            carried = self._carried[known] = _Carried(sensor, axes_disagree=event.axes_disagree)
        measured: dict[str, float | None] = {**carried.unsupported}
        for name, recorded, gain in carried.measured:
            value = recorded(event) * gain
            measured[name] = None if math.isnan(value) else value
        strike, strike_confidence = None, None
        if carried.tells_strike:
            strike, strike_confidence = self._strike(event, measured["foot_strike_angle_rad"])
        roll_deg = event.stance_roll_deg if carried.tells_roll else UNKNOWN_ROLL
        stride = _OpenStride(
            sensor_id=self.sensor.id,
            side=self.sensor.side,
            activity=Activity.RUN if event.running else Activity.WALK,
            initial_contact_s=event.initial_contact_s,
            next_contact_s=event.next_contact_s,
            strike=strike,
            strike_confidence=strike_confidence,
            stance_roll_rad=None if roll_deg == UNKNOWN_ROLL else math.radians(roll_deg),
            confidence=event.confidence,
            quality=_flags(
                bits,
                event.held > 1,
                carried.too_slow,
                event.axes_disagree,
                event.aligned_later,
                event.axis_moved,
                event.backward,
                event.stairs,
                event.confidence < LOW_CONFIDENCE,
            ),
            vertical_stiffness_npm=None,
            leg_stiffness_npm=None,
            **measured,
        )
        # a frozen class sets its fields one call each, which takes as long as all the rest
        stride.__class__ = Stride
        return stride if self.runner is None else _with_stiffness(stride, self.runner)

    def _strike(self, event: Record, angle_rad: float | None) -> tuple[Strike | None, float | None]:
        """Tell the strike pattern from the foot's angle or, where there is none, from the shin's surge."""
        if angle_rad is not None:
            return strike_pattern(angle_rad)
        surge_s = _known(event.surge_s)
        return (None, None) if surge_s is None else rearfoot_or_not(surge_s)


@cache
def _flags(bits: int, held: bool, too_slow: tuple[StrideFlag, ...], *others: bool) -> tuple[StrideFlag, ...]:
    """Collect what a reader must know; `others` are those of `_FLAGS_OF_STRIDES`."""
    of_samples = [flag for bit, flag in _FLAGS_OF_SAMPLES if bits & bit]
    of_strides = [flag for flag, holds in zip(_FLAGS_OF_STRIDES, others, strict=True) if holds]
    return (*of_samples, *([StrideFlag.SAMPLES_HELD] if held else []), *too_slow, *of_strides)


def _with_stiffness(stride: Stride, runner: Runner) -> Stride:
    contact_time_s, flight_time_s, speed_mps = stride.contact_time_s, stride.flight_time_s, stride.speed_mps
    if contact_time_s is None or flight_time_s is None:
        return stride
    return replace(
        stride,
        vertical_stiffness_npm=vertical_stiffness_npm(contact_time_s, flight_time_s, runner),
        leg_stiffness_npm=(
            None if speed_mps is None else leg_stiffness_npm(contact_time_s, flight_time_s, speed_mps, runner)
        ),
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
