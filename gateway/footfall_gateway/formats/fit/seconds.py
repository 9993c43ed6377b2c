"""A run second by second, as watches record it: at each second, what each foot's newest stride measured."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from footfall_processing.gait import Activity, Stride, Strike
from footfall_processing.metrics.catalogue import (
    CADENCE,
    CONTACT_TIME,
    OSCILLATION,
    PEAK_ACC,
    PEAK_TIBIAL_ACC,
    SPEED,
    STRIDE_LENGTH,
    STRIDE_TIME,
    Metric,
)
from footfall_processing.results.summary import is_averaged
from footfall_processing.session import Placement, Sensor, Side

HOLDS_S: Final = 1.5
"""A foot's stride is shown until so long after its end, if no other comes."""


@dataclass(frozen=True, slots=True)
class LegSecond:
    """What one leg's stride measured: impact in g, along the shin where the sensor is there, and the strike."""

    impact_g: float | None
    strike: Strike | None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a watch had in a second; `None` where nothing."""

    heart_rate_bpm: float | None
    latitude_deg: float | None
    longitude_deg: float | None
    altitude_m: float | None


@dataclass(frozen=True, slots=True)
class Second:
    """A whole second of the clock.

    Parameters
    ----------
    session_s
        The same moment, in session seconds.
    distance_m
        How far the runner had come.
    values
        By catalogue name, in outside units, the mean of both feet's newest strides; absent while there is none.
    left_contact_percent
        The left foot's share of the contact times of both; `None` without both.
    legs
        What is told of one leg alone.
    watch
        What a watch had; `None` without one.
    is_moving
        Whether the runner did then what the session is of: the distance is of these seconds alone.
    """

    utc_s: int
    session_s: float
    distance_m: float
    values: Mapping[str, float]
    left_contact_percent: float | None
    legs: Mapping[Side, LegSecond]
    watch: Watched | None = None
    is_moving: bool = True


_MEANS: Final = (CADENCE, CONTACT_TIME, STRIDE_TIME, OSCILLATION, STRIDE_LENGTH, SPEED)


def seconds_of(
    strides: Iterable[Stride], sensors: Sequence[Sensor], started_utc: datetime, activity: Activity
) -> list[Second]:
    """Return every whole second from the first contact to the last; empty without strides.

    Parameters
    ----------
    strides
        Of one session, in any order.
    activity
        Of which strides the distance is: those of another are not part of it.
    """
    ordered = sorted(strides, key=lambda stride: (stride.initial_contact_s, stride.sensor_id))
    if not ordered:
        return []
    began_s = started_utc.timestamp()
    ways = _ways(ordered, activity)
    feet = _preferred(sensors)
    newest: dict[str, Stride] = {}
    at = 0
    first = math.floor(began_s + ordered[0].initial_contact_s)
    last = math.ceil(began_s + max(stride.next_contact_s for stride in ordered))
    found = []
    for utc_s in range(first, last + 1):
        session_s = utc_s - began_s
        while at < len(ordered) and ordered[at].initial_contact_s <= session_s:
            newest[ordered[at].sensor_id] = ordered[at]
            at += 1
        now = {id_: one for id_, one in newest.items() if session_s - one.next_contact_s <= HOLDS_S}
        is_moving = any(one.activity is activity for one in now.values())
        found.append(replace(_second(utc_s, session_s, ways.at(session_s), now, feet), is_moving=is_moving))
    return found


def _second(
    utc_s: int, session_s: float, distance_m: float, now: Mapping[str, Stride], feet: Mapping[Metric, Sequence[str]]
) -> Second:
    values: dict[str, float] = {}
    for metric in _MEANS:
        measured = [value for id_ in feet[metric] if id_ in now if (value := _value(now[id_], metric)) is not None]
        if measured:
            values[metric.name] = sum(measured) / len(measured)
    contacts = {
        now[id_].side: value
        for id_ in feet[CONTACT_TIME]
        if id_ in now
        if (value := _value(now[id_], CONTACT_TIME)) is not None
    }
    left, right = contacts.get(Side.LEFT), contacts.get(Side.RIGHT)
    legs = {
        side: LegSecond(_impact(strides), next((one.strike for one in strides if one.strike is not None), None))
        for side in Side
        if (strides := [one for one in now.values() if one.side is side])
    }
    both = None if left is None or right is None else 100.0 * left / (left + right)
    return Second(utc_s, session_s, distance_m, values, both, legs)


def _impact(strides: Iterable[Stride]) -> float | None:
    measured = [
        value
        for metric in (PEAK_TIBIAL_ACC, PEAK_ACC)
        for stride in strides
        if (value := _value(stride, metric)) is not None
    ]
    return measured[0] if measured else None


def _value(stride: Stride, metric: Metric) -> float | None:
    return metric.value(stride) if is_averaged(stride, metric) else None


def _preferred(sensors: Sequence[Sensor]) -> Mapping[Metric, Sequence[str]]:
    """Return by metric the sensors that tell it: those on feet where there are any."""
    feet = [sensor.id for sensor in sensors if sensor.placement is Placement.FOOT]
    return dict.fromkeys(_MEANS, feet or [sensor.id for sensor in sensors])


@dataclass(frozen=True, slots=True)
class _Ways:
    """How far the foot had come that saw most of the way, at each of its contacts."""

    times_s: Sequence[float]
    ways_m: Sequence[float]

    def at(self, session_s: float) -> float:
        """Return how far it had come, between contacts in proportion."""
        i = bisect_right(self.times_s, session_s)
        if i == 0:
            return 0.0
        if i == len(self.times_s):
            return self.ways_m[-1]
        begin_s, end_s = self.times_s[i - 1], self.times_s[i]
        share = (session_s - begin_s) / (end_s - begin_s)
        return self.ways_m[i - 1] + share * (self.ways_m[i] - self.ways_m[i - 1])


def _ways(ordered: Sequence[Stride], activity: Activity) -> _Ways:
    by_sensor: dict[str, tuple[list[float], list[float]]] = {}
    for stride in ordered:
        length_m = STRIDE_LENGTH.value(stride)
        if stride.activity is not activity or length_m is None:
            continue
        times_s, ways_m = by_sensor.setdefault(stride.sensor_id, ([], []))
        before_m = ways_m[-1] if ways_m else 0.0
        if not times_s or stride.initial_contact_s > times_s[-1]:
            times_s.append(stride.initial_contact_s)
            ways_m.append(before_m)
        if stride.next_contact_s > times_s[-1]:
            times_s.append(stride.next_contact_s)
            ways_m.append(before_m + length_m)
    return _Ways(*max(by_sensor.values(), key=lambda one: one[1][-1], default=([], [])))
