"""Walking backwards: 5 to 10 minutes, three times a week for six weeks, counted by itself where a sensor sees it.

After Alghadir et al. 2019 (doi:10.1186/s12891-019-2537-9), in osteoarthritis of the knee; untested in runners.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from footfall_coaching.exercises.state import A_WEEK, DAYS_APART, WEEK, State
from footfall_processing.gait import Stride, StrideFlag

WEEK_MINUTES: Final = (5, 6, 7, 8, 9, 10)
DONE: Final = 0.8
"""A walk of which so much was walked is one."""


def backward_minutes(strides: Iterable[Stride]) -> float:
    """Return how long somebody walked backwards, by the leg of which more was seen; 0 where no sensor tells."""
    by_sensor: dict[str, float] = {}
    for stride in strides:
        if StrideFlag.BACKWARD in stride.quality:
            by_sensor[stride.sensor_id] = by_sensor.get(stride.sensor_id, 0.0) + stride.stride_time_s
    return max(by_sensor.values(), default=0.0) / 60.0


def walked_on(state: State) -> Mapping[date, float]:
    """Return the minutes of each day."""
    days: dict[date, float] = {}
    for day, minutes in state.walks:
        days[day] = days.get(day, 0.0) + minutes
    return days


def walk_minutes_on(state: State, day: date) -> int | None:
    """Return how long to walk backwards on a day; `None` on a day of rest, when it is held, or when it is done.

    A week with two walks done is followed by one minute more, another by the same again.
    """
    week = _week(state, day)
    is_over = state.over is not None or day >= state.ends_on
    if not state.begun.with_backward_walking or week is None or is_over or state.stop is not None:
        return None
    done = [on for on, minutes in walked_on(state).items() if minutes >= DONE * WEEK_MINUTES[0]]
    if any(0 <= (day - on).days < DAYS_APART for on in done):
        return None
    if sum(timedelta(0) <= day - on < WEEK for on in done) >= A_WEEK:
        return None
    return WEEK_MINUTES[week]


def next_walks(state: State, first: date, last: date) -> Iterator[tuple[date, int]]:
    """Give the walks from one day to another, and how long they are, as they come if each is done."""
    current, day = state, first
    while day <= last:
        minutes = walk_minutes_on(current, day)
        if minutes is not None:
            yield day, minutes
            current = replace(current, walks=(*current.walks, (day, float(minutes))))
        day += timedelta(days=1)


def _week(state: State, day: date) -> int | None:
    """Return which of the six weeks it is, from 0, those left out that were missed."""
    walked, week, begin = walked_on(state), 0, state.begun_on
    while begin + WEEK <= day:
        held = [minutes for on, minutes in walked.items() if begin <= on < begin + WEEK]
        if sum(minutes >= DONE * WEEK_MINUTES[week] for minutes in held) >= A_WEEK - 1:
            week += 1
        if week == len(WEEK_MINUTES):
            return None
        begin += WEEK
    return week
