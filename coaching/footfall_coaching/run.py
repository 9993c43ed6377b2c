"""A run of the log: the record that a runner's history is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from footfall_processing.gait import Activity, Strike
from footfall_processing.session import Placement, Side

LEAST_RUNNING_S: Final = 60.0
"""Less of it, within more walking, makes no run."""


class DistanceSource(StrEnum):
    """Who says how far a run went, or how fast a minute of it was."""

    SENSORS = "sensors"
    """The lengths of the running strides, added up."""
    WATCH = "watch"
    TREADMILL = "treadmill"
    TOLD = "told"
    """The runner."""


@dataclass(frozen=True, slots=True)
class LegPart:
    """One sensor's strides of one activity, over a run or a minute of it.

    Parameters
    ----------
    strides, clipped_strides
        How many, and how many of them landed beyond the sensor's range.
    medians
        By the catalogue's names, which say the unit; a metric with too few values, or withheld, is not in it.
    strikes
        Share of strides of each strike pattern, among those that carry one.
    """

    side: Side | None
    placement: Placement
    activity: Activity
    strides: int
    clipped_strides: int
    medians: Mapping[str, float]
    strikes: Mapping[Strike, float]


@dataclass(frozen=True, slots=True)
class Minute:
    """A minute of a run.

    Parameters
    ----------
    begin_s, end_s
        Session seconds.
    distance_m
        How far the run had come at its end, walking left out; `None` where no stride has a length.
    legs
        Of each sensor and activity that had strides enough.
    speeds_mps
        How fast its running was by others than the sensors, whose own is among the medians of `legs`.
    slope_percent
        How steep the treadmill was, below zero downhill; `None` where none said so.
    heart_rate_bpm
        Its mean, by the watch; `None` without.
    backward_s
        How long of it was walked backwards, as a sensor with a gyroscope saw it.
    """

    begin_s: float
    end_s: float
    distance_m: float | None
    legs: Sequence[LegPart]
    speeds_mps: Mapping[DistanceSource, float] = field(default_factory=dict)
    slope_percent: float | None = None
    heart_rate_bpm: float | None = None
    backward_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What a watch that went along says of a run.

    Parameters
    ----------
    distance_m
        How far was run by it, walking left out; `None` where it does not tell.
    beside_m
        How much of that while the sensors recorded: to hold against what they say.
    covers
        The share of the minutes with running that it saw.
    heart_rate_bpm, most_heart_rate_bpm
        The mean and the greatest of its whole recording; `None` without.
    """

    distance_m: float | None
    beside_m: float | None
    covers: float
    heart_rate_bpm: float | None
    most_heart_rate_bpm: float | None


@dataclass(frozen=True, slots=True)
class Run:
    """What the log knows of a session; walking metres are no part of its distance.

    Parameters
    ----------
    session_id
        As the store has it.
    started_utc
        When it began; `None` where nobody knows: then it counts nowhere.
    duration_s
        From the first contact to the last.
    running_s, walking_s
        How long of that there were strides of each.
    distance_m, distance_source
        How far was run, and who says so; `None` where that is not known, as from shins alone.
    walking_m
        How far was walked.
    runner_name, shoe, title
        Empty where nobody said.
    is_demo
        Played from an example, or synthetic: left out of every sum and all advice.
    legs
        Of the whole session, one for each sensor and activity.
    minutes
        Its course, in order of time.
    watch
        What a watch says of it; `None` where none went along.
    backward_s
        How long of it was walked backwards, as a sensor with a gyroscope saw it.
    metrics_version
        By which version of the metrics the sensors' numbers were worked out (`METRICS_VERSION`); 0 by one from before
        there was that number.
    """

    session_id: str
    started_utc: datetime | None
    duration_s: float
    running_s: float
    walking_s: float
    distance_m: float | None
    distance_source: DistanceSource | None
    walking_m: float | None
    runner_name: str
    shoe: str
    title: str
    is_demo: bool
    legs: Sequence[LegPart]
    minutes: Sequence[Minute]
    watch: Watch | None = None
    backward_s: float = 0.0
    metrics_version: int = 0

    @property
    def is_run(self) -> bool:
        """Whether it was run, or somebody says how far was run; a walk with a few steps run for a bus is a walk."""
        if self.running_s <= 0.0 or self.distance_source is DistanceSource.TOLD:
            return self.running_s > 0.0 or bool(self.distance_m)
        return self.running_s >= LEAST_RUNNING_S or self.running_s >= self.walking_s
