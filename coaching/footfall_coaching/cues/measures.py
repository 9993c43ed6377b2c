"""What is reminded of beside impact: cadence, heel landings and the legs' difference, as they stand at a moment."""

import math
from collections.abc import Iterable
from statistics import fmean, stdev

from footfall_coaching.cues.asked import AsymmetryAsked, CadenceAsked
from footfall_coaching.cues.board import Held, Standing
from footfall_coaching.cues.cue import CueKind
from footfall_coaching.cues.track import SHARE_STRIDES, STRIDES, Track
from footfall_coaching.legs import SURE
from footfall_processing.gait import Strike
from footfall_processing.metrics.catalogue import Metric
from footfall_processing.results.summary import is_averaged
from footfall_processing.session import Sensor, Side


def cadence_then(asked: CadenceAsked, tracks: Iterable[Track], at_s: float) -> Standing:
    """Return how cadence stands against its band; whether the speed is the one it is for is not looked at."""
    times_s = [stride.stride_time_s for track in tracks if not track.why_quiet(at_s) for stride in track.lately(at_s)]
    if len(times_s) < STRIDES:
        return Standing(CueKind.CADENCE, Held.UNKNOWN)
    spm = 120.0 / fmean(times_s)
    words = f"{spm:.0f} steps a minute; aim for {asked.low_spm:.0f} to {asked.high_spm:.0f}"
    return Standing(CueKind.CADENCE, _held(asked.low_spm <= spm <= asked.high_spm), None, words)


def heel_then(most_percent: float, tracks: Iterable[Track], at_s: float) -> Standing:
    """Return how the share of heel landings stands against the most that was asked for."""
    strikes = [
        stride.strike
        for track in tracks
        if not track.why_quiet(at_s)
        for stride in track.strides(at_s)
        if stride.strike is not None
    ]
    if len(strikes) < SHARE_STRIDES // 2:
        return Standing(CueKind.HEEL, Held.UNKNOWN)
    share = 100.0 * sum(strike is Strike.REARFOOT for strike in strikes) / len(strikes)
    words = f"{share:.0f} % of your last {len(strikes)} strides landed on the heel; you asked for {most_percent:.0f} %"
    return Standing(CueKind.HEEL, _held(share <= most_percent), None, f"{words} or fewer")


def asymmetry_then(asked: AsymmetryAsked, tracks: Iterable[Track], at_s: float) -> Standing:
    """Return how the legs' difference stands against the runner's own; the side is the one that lands harder."""
    legs: dict[Side, list[float]] = {}
    for track in tracks:
        side = track.sensor.side
        if side is None or track.why_quiet(at_s) or not gives(track.sensor, asked.metric):
            continue
        legs[side] = [
            value
            for stride in track.strides(at_s)
            if is_averaged(stride, asked.metric) and (value := asked.metric.value(stride)) is not None
        ]
    left, right = legs.get(Side.LEFT, []), legs.get(Side.RIGHT, [])
    if min(len(left), len(right)) < SHARE_STRIDES // 2:
        return Standing(CueKind.ASYMMETRY, Held.UNKNOWN)
    mean_left, mean_right = fmean(left), fmean(right)
    difference = 200.0 * (mean_left - mean_right) / (mean_left + mean_right) - asked.own_percent
    errors = [100.0 * stdev(values) / len(values) ** 0.5 / fmean(values) for values in (left, right)]
    sure = SURE * (asked.metric.legs_error_percent**2 + sum(error**2 for error in errors)) ** 0.5
    if abs(difference) <= max(asked.most_percent, math.hypot(sure, asked.own_error_percent)):
        return Standing(CueKind.ASYMMETRY, Held.WITHIN, None, "Left and right land as in your usual runs")
    side = Side.LEFT if difference > 0.0 else Side.RIGHT
    words = f"{leg_words(side)} lands harder than in your usual runs, by {abs(difference):.0f} % of both"
    return Standing(CueKind.ASYMMETRY, Held.BEYOND, side, words)


def gives(sensor: Sensor, metric: Metric) -> bool:
    """Whether a sensor can tell a metric where it is worn."""
    return (
        sensor.placement in metric.sites
        and sensor.sampling_rate_hz >= metric.min_rate_hz
        and (sensor.has_gyro or not metric.needs_gyro)
    )


def leg_words(side: Side | None) -> str:
    """Return what a leg is called at the beginning of a sentence."""
    return "The leg" if side is None else f"The {side.value} leg"


def _held(is_within: bool) -> Held:
    return Held.WITHIN if is_within else Held.BEYOND
