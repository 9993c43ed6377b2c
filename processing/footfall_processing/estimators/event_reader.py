"""From the compiled estimators' plain records to `Stride` and `Impact`: what a sensor can't support becomes `None`."""

import math
from dataclasses import make_dataclass, replace
from typing import Final

from footfall_processing.compiled import Record
from footfall_processing.estimators.foot.strike import strike_pattern
from footfall_processing.estimators.outbox import EVENT, IMPACT
from footfall_processing.estimators.shank.strike import rearfoot_or_not
from footfall_processing.estimators.stance_roll import UNKNOWN_ROLL
from footfall_processing.gait import Activity, Impact, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.metrics.spring_mass import leg_stiffness_npm, vertical_stiffness_npm
from footfall_processing.samples import SampleQuality
from footfall_processing.session import Placement, Runner, Sensor, Side

LOW_CONFIDENCE: Final = 0.6
"""Strides below this are flagged, and left out of averages."""

_ACC_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED)
_GYR_CLIPPED: Final = int(SampleQuality.GYR_CLIPPED)
_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)

_EventRow: Final = make_dataclass("_EventRow", EVENT.names or (), slots=True)


class EventReader:
    """Reads one sensor's records; with a runner whose mass and height are known, strides have stiffness."""

    def __init__(self, sensor: Sensor, runner: Runner | None = None) -> None:
        self.sensor = sensor
        self.runner = runner

    def read(self, row: tuple[object, ...]) -> Stride | Impact:
        """Turn a record, its fields in the order of `EVENT`, into what it tells."""
        return self._event(_EventRow(*row))

    def _event(self, event: Record) -> Stride | Impact:
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
        rate_hz = self.sensor.sampling_rate_hz
        flags = []
        if bits & _ACC_CLIPPED:
            flags.append(StrideFlag.ACC_CLIPPED)
        if bits & _GYR_CLIPPED:
            flags.append(StrideFlag.GYR_CLIPPED)
        if bits & _AFTER_LOSS:
            flags.append(StrideFlag.SAMPLES_LOST)
        peak_mps2 = _known(event.peak_norm_mps2)
        if rate_hz < STRIDE_METRICS["peak_acc_g"].min_rate_hz:
            flags.append(StrideFlag.RATE_LOW_FOR_PEAKS)
            peak_mps2 = None
        peak_tibial_mps2 = _known(event.peak_axial_mps2)
        if rate_hz < STRIDE_METRICS["peak_tibial_acc_g"].min_rate_hz:
            peak_tibial_mps2 = None
            if StrideFlag.RATE_LOW_FOR_PEAKS not in flags and self.sensor.placement is Placement.SHANK:
                flags.append(StrideFlag.RATE_LOW_FOR_PEAKS)
        toe_off_s = _known(event.toe_off_s)
        angle_rad = _known(event.strike_angle_rad)
        surge_s = _known(event.surge_s)
        length_m = _known(event.length_m * self.sensor.length_gain)
        tilt_rad = _known(event.tilt_rad)
        excursion_rad, eversion_radps = self._eversion(event)
        stance_roll_rad = None if event.stance_roll_deg == UNKNOWN_ROLL else math.radians(event.stance_roll_deg)
        if rate_hz < STRIDE_METRICS["contact_time_s"].min_rate_hz:
            flags.append(StrideFlag.RATE_LOW_FOR_EVENTS)
            toe_off_s = angle_rad = surge_s = tilt_rad = None
        if rate_hz < STRIDE_METRICS["stride_length_m"].min_rate_hz:
            length_m = None
        if rate_hz < STRIDE_METRICS["pronation_excursion_deg"].min_rate_hz:
            excursion_rad = eversion_radps = stance_roll_rad = None
        if event.aligned_later:
            flags.append(StrideFlag.ALIGNED_LATER)
        if event.axis_moved:
            flags.append(StrideFlag.SENSOR_MOVED)
        if event.backward:
            flags.append(StrideFlag.BACKWARD)
        if event.stairs:
            flags.append(StrideFlag.STAIRS)
        confidence = event.confidence
        if confidence < LOW_CONFIDENCE:
            flags.append(StrideFlag.LOW_CONFIDENCE)
        strike: Strike | None = None
        strike_confidence: float | None = None
        if angle_rad is not None:
            strike, strike_confidence = strike_pattern(angle_rad)
        elif surge_s is not None:
            strike, strike_confidence = rearfoot_or_not(surge_s)
        stride = Stride(
            sensor_id=self.sensor.id,
            side=self.sensor.side,
            activity=Activity.RUN if event.running else Activity.WALK,
            initial_contact_s=event.initial_contact_s,
            toe_off_s=toe_off_s,
            next_contact_s=event.next_contact_s,
            peak_acc_mps2=peak_mps2,
            peak_tibial_acc_mps2=peak_tibial_mps2,
            foot_strike_angle_rad=angle_rad,
            strike=strike,
            strike_confidence=strike_confidence,
            stride_length_m=length_m,
            pronation_excursion_rad=excursion_rad,
            peak_eversion_rate_radps=eversion_radps,
            shank_tilt_rad=tilt_rad,
            stance_roll_rad=stance_roll_rad,
            confidence=confidence,
            quality=tuple(flags),
        )
        return stride if self.runner is None else _with_stiffness(stride, self.runner)

    def _eversion(self, event: Record) -> tuple[float | None, float | None]:
        """Excursion and peak rate of the roll inwards: to the right for a left foot, to the left for a right foot."""
        if self.sensor.side is None:
            return None, None
        inwards = "right" if self.sensor.side is Side.LEFT else "left"
        return _known(getattr(event, f"roll_{inwards}_rad")), _known(getattr(event, f"roll_{inwards}_radps"))


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
