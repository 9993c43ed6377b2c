"""A run in one sentence, and what two runs or groups of runs differ in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, stdev
from typing import Final

from footfall_coaching.changes import impact_metric
from footfall_coaching.counted import counted
from footfall_coaching.course import Piece, runs_in, speed_of
from footfall_coaching.legs import (
    LEAST_PAIRS,
    Balance,
    Course,
    balance_of,
    course_of,
    difference_of,
    legs_of,
    thirds_of,
    together,
)
from footfall_coaching.load import Way, km
from footfall_coaching.matched import levels
from footfall_coaching.run import Run
from footfall_coaching.spread import percent, shift, signed
from footfall_coaching.stretches import Stretch, cool_down_of, pauses_of, warm_up_of
from footfall_processing.gait import Activity, Strike
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME, Metric
from footfall_processing.session import Side

__all__ = [
    "Difference",
    "Stretch",
    "cool_down_of",
    "differences",
    "like_runs",
    "pauses_of",
    "sentence_alone",
    "sentence_of",
    "warm_up_of",
]

USUAL: Final = timedelta(days=90)
LEAST_USUAL: Final = 4
"""What is usual is known from no fewer runs."""
LEAST_CHANGE: Final = 0.05
LEAST_COURSE: Final = 0.10
"""A course of a leg is told from this change on, as a share of its beginning."""
LEAST_FASTER: Final = 0.05
UNUSUAL: Final = 2.0
"""Standard deviations of the runner's own runs."""
LIKE_DISTANCE: Final = math.log(1.3)
LIKE_SPEED: Final = math.log(1.08)
NO_RUNNING: Final = "A walk: no running was found in it, so it counts in no sum and for no ceiling."
LITTLE_RUNNING: Final = (
    "A walk, with less than a minute of running in it, so it counts in no sum and for no ceiling. If it was a run, say "
    "how far you ran."
)
LEGS: Final = {Side.LEFT: "left", Side.RIGHT: "right", None: "measured"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What two runs differ in: of what, and in which words."""

    label: str
    words: str


def sentence_of(run: Run, runs: Sequence[Run], closer: Run | None = None) -> str:
    """Return a run in a sentence: against the usual, and where and in which leg it changed as it went on.

    Held against the runner's own runs of the 90 days before, at the usual speed; where these are too few, left against
    right. What is within the error of measurement, or within what the runner's runs differ by anyhow, is not told.

    Parameters
    ----------
    closer
        A short run once more, with its course by less than a minute.
    """
    if not run.is_run and run.running_s > 0.0:
        return LITTLE_RUNNING
    metric = impact_metric([run])
    is_short = closer is not None and closer is not run
    closer = run if closer is None else closer
    course = _course_words(closer, metric, is_short=is_short)
    usual = _usual_words(run, runs, metric)
    if usual and course:
        return f"{usual}; {course}."
    if usual or course:
        told = usual or course
        return f"{told[0].upper()}{told[1:]}."
    if not run.legs and run.watch is not None:
        return "A watch alone recorded this run: how far and how fast it was is known, how you landed is not."
    if not any(runs_in(minute) for minute in run.minutes) and run.running_s <= 0.0:
        return NO_RUNNING if run.walking_s > 0.0 else "No running was found in this session."
    balance = balance_of(closer, metric)
    if balance is None:
        why = _why_nothing(closer, metric)
        return f"Too little was measured to hold this run against others, or one leg against the other{why}."
    if balance.is_even:
        return (
            "Both legs landed evenly, within the error of measurement; there are too few runs yet to say what is usual."
        )
    return f"{_uneven_words(balance)}; there are too few runs yet to say what is usual."


def sentence_alone(run: Run, closer: Run | None = None) -> str:
    """Return a run in a sentence as `sentence_of`, with no other run to hold it against; empty without running."""
    if run.running_s <= 0.0:
        return ""
    metric = impact_metric([run])
    is_short = closer is not None and closer is not run
    closer = run if closer is None else closer
    course = _course_words(closer, metric, is_short=is_short)
    if course:
        return f"{course[0].upper()}{course[1:]}."
    balance = balance_of(closer, metric)
    if balance is None:
        return f"Too little was measured to tell how impact went{_why_nothing(closer, metric)}."
    if balance.is_even:
        return "Both legs landed evenly, within the error of measurement."
    return f"{_uneven_words(balance)}."


def like_runs(run: Run, runs: Sequence[Run]) -> list[Run]:
    """Return the runner's runs that are like one: about as far and about as fast, the latest first, without itself."""
    speed = speed_of(run)
    return [
        other
        for _, other in reversed(counted(runs))
        if other.session_id != run.session_id
        and _is_like(run.distance_m, other.distance_m, LIKE_DISTANCE)
        and _is_like(speed, speed_of(other), LIKE_SPEED)
    ]


def differences(runs_a: Sequence[Run], runs_b: Sequence[Run], way: Way = km) -> list[Difference]:
    """Return what one run, or group of runs, has beside another: the second against the first.

    Impact, cadence and contact are held against each other at one speed where speeds are known. Of groups, what is
    within the spread from run to run is told as no difference; of two single runs that spread is not known. `way` tells
    distances.
    """
    metric = impact_metric([*runs_a, *runs_b])
    told = [
        *_far_and_fast(runs_a, runs_b, way),
        *(one for each in (metric, CADENCE, CONTACT_TIME) for one in _by_leg(runs_a, runs_b, each)),
    ]
    strike_a, strike_b = _rearfoot_percent(runs_a), _rearfoot_percent(runs_b)
    if strike_a is not None and strike_b is not None:
        told.append(Difference("Heel strikes", f"{strike_b:.0f} % of strides, against {strike_a:.0f} %."))
    return told


def _uneven_words(balance: Balance) -> str:
    leg, other = ("left", "right") if balance.index_percent > 0.0 else ("right", "left")
    return f"Your {leg} leg landed {abs(balance.index_percent):.0f} % harder than the {other}"


def _is_like(one: float | None, other: float | None, most: float) -> bool:
    return one is not None and other is not None and min(one, other) > 0.0 and abs(math.log(one / other)) <= most


def _usual_words(run: Run, runs: Sequence[Run], metric: Metric) -> str:
    """Return how the legs landed against the usual; empty where that is not known."""
    if run.started_utc is None:
        return ""
    before = [
        other
        for started, other in counted(runs)
        if run.started_utc - USUAL <= started < run.started_utc
        and other.session_id != run.session_id
        and other.metrics_version == run.metrics_version
    ]
    found = levels([*before, run] if not run.is_demo else before, metric.name)
    told: list[str] = []
    known = 0
    count = 0
    for side in (Side.LEFT, Side.RIGHT, None):
        here = [one.mean for one in found if one.stream.side is side and one.run.session_id == run.session_id]
        others = [one.mean for one in found if one.stream.side is side and one.run.session_id != run.session_id]
        if not here or len(others) < LEAST_USUAL:
            continue
        known, count = known + 1, max(count, len(others))
        away, spread = here[0] - fmean(others), stdev(others) * math.sqrt(1.0 + 1.0 / len(others))
        if abs(away) >= max(UNUSUAL * spread, math.log1p(LEAST_CHANGE)):
            how = "harder" if away > 0.0 else "softer"
            told.append(f"{LEGS[side]} leg landed {abs(percent(away)):.0f} % {how}")
    if not known:
        return ""
    if not told:
        return f"It landed like your {count} runs before, at the same speed"
    return f"Your {' and your '.join(told)} than in your {count} runs before, at the same speed"


def _course_words(run: Run, metric: Metric, *, is_short: bool) -> str:
    """Return which leg's impact changed from the first third to the last, over the pieces that all legs have.

    Of a short run, in which speed often changes as well, it is told with it, and how left went against right.
    """
    legs = together(legs_of(run, metric))
    found: dict[Side | None, Course] = {
        side: course
        for side in (Side.LEFT, Side.RIGHT, None)
        if (course := course_of(legs.get(side, ()), LEAST_COURSE))
    }
    changed = {side: course for side, course in found.items() if course.is_change}
    if not changed:
        return ""
    told = [
        f"the {LEGS[side]} leg {'rose' if course.last > course.first else 'fell'} from "
        f"{course.first:.{metric.decimals}f} to {course.last:.{metric.decimals}f} {metric.unit}"
        for side, course in changed.items()
    ]
    stayed = [f"the {LEGS[side]} stayed" for side in found if side not in changed]
    part = "third" if all(len(pieces) > 2 for pieces in legs.values()) else "minute"
    words = f"{' and '.join(told)} from the first {part} to the last" + "".join(f", {one}" for one in stayed)
    return f"{words}{_speed_words(legs)}{_shift_words(legs)}" if is_short else words


def _speed_words(legs: Mapping[Side | None, Sequence[Piece]]) -> str:
    """Return how speed went meanwhile."""
    pieces = next(iter(legs.values()))
    known = [piece.speed_mps for piece in pieces if piece.speed_mps]
    if len(known) < len(pieces) or len(known) < LEAST_PAIRS:
        return "; your speed is unknown"
    first, last, _ = thirds_of(known)
    change = fmean(last) / fmean(first) - 1.0
    if abs(change) < LEAST_FASTER:
        return ", at much the same speed"
    return f", as you ran {abs(100.0 * change):.0f} % {'faster' if change > 0.0 else 'slower'}"


def _shift_words(legs: Mapping[Side | None, Sequence[Piece]]) -> str:
    """Return how the left leg went against the right, which speed does not explain; empty within the scatter."""
    if not set(Side) <= set(legs):
        return ""
    both = zip(legs[Side.LEFT], legs[Side.RIGHT], strict=True)
    found = [difference_of(left, right) for left, right in both if left.value + right.value > 0.0]
    if len(found) < 2 * LEAST_PAIRS:
        return ""
    first, last, error = thirds_of(found)
    begin, end = fmean(first), fmean(last)
    if abs(end - begin) < max(100.0 * LEAST_CHANGE, 2.0 * error):
        return ""
    at_first, at_last = (f"{abs(one):.0f} % {'harder' if one > 0.0 else 'softer'}" for one in (begin, end))
    return f"; against the right, the left landed {at_first} at first and {at_last} at last"


def _why_nothing(run: Run, metric: Metric) -> str:
    """Return why impact tells nothing, as words that follow; empty where no one cause does."""
    running = [leg for leg in run.legs if leg.activity is Activity.RUN]
    strides = sum(leg.strides for leg in running)
    if strides and sum(leg.clipped_strides for leg in running) > 0.5 * strides:
        return ": most landings went beyond the sensor's range"
    if legs_of(run, metric) and len({leg.side for leg in running}) == 1:
        return ": only one leg has a sensor"
    return ""


def _far_and_fast(runs_a: Sequence[Run], runs_b: Sequence[Run], way: Way) -> list[Difference]:
    told = []
    far_a, far_b = ([run.distance_m for run in runs if run.distance_m is not None] for runs in (runs_a, runs_b))
    if far_a and far_b:
        told.append(Difference("Distance", f"{way(fmean(far_b))}, against {way(fmean(far_a))}."))
    fast_a, fast_b = ([speed for run in runs if (speed := speed_of(run))] for runs in (runs_a, runs_b))
    if fast_a and fast_b:
        change = 100.0 * (fmean(fast_b) / fmean(fast_a) - 1.0)
        words = "As fast." if abs(change) < 1.0 else f"{abs(change):.0f} % {'faster' if change > 0.0 else 'slower'}."
        told.append(Difference("Speed", words))
    return told


def _by_leg(runs_a: Sequence[Run], runs_b: Sequence[Run], metric: Metric) -> list[Difference]:
    found = levels([*runs_a, *runs_b], metric.name)
    at_speed = bool(found)
    told = []
    for side in (Side.LEFT, Side.RIGHT, None):
        if at_speed:
            a, b = (
                [
                    one.mean
                    for one in found
                    if one.stream.side is side and one.run.session_id in {r.session_id for r in runs}
                ]
                for runs in (runs_a, runs_b)
            )
        else:
            a, b = (_logs(runs, metric, side) for runs in (runs_a, runs_b))
        if a and b:
            label = metric.label if side is None else f"{metric.label}, {side.value}"
            told.append(Difference(label, _difference_words(a, b, metric, at_speed=at_speed)))
    return told


def _difference_words(a: Sequence[float], b: Sequence[float], metric: Metric, *, at_speed: bool) -> str:
    value_a, value_b = (f"{metric.shown(math.exp(fmean(logs))):.{metric.decimals}f}" for logs in (a, b))
    speed = "at the same speed" if at_speed else "whatever the speed"
    against = f"{value_b} against {value_a} {metric.shown_unit}, {speed}"
    change = fmean(b) - fmean(a)
    if min(len(a), len(b)) >= 2:
        found = shift(a, b)
        if abs(found.mean) <= found.half_width:
            return f"{against}: no difference beyond what your runs differ by anyhow."
        low, high = (percent(change + sign * found.half_width) for sign in (-1.0, 1.0))
        return f"{against}: {signed(percent(change))} % ({signed(low)} to {signed(high)})."
    told = signed(percent(change))
    return f"{against}: {'the same' if told == '0' else f'{told} %'}."


def _logs(runs: Sequence[Run], metric: Metric, side: Side | None) -> list[float]:
    found = []
    for run in runs:
        values = [
            leg.medians[metric.name]
            for leg in run.legs
            if leg.side is side and leg.activity is Activity.RUN and leg.medians.get(metric.name, 0.0) > 0.0
        ]
        found += [math.log(fmean(values))] if values else []
    return found


def _rearfoot_percent(runs: Sequence[Run]) -> float | None:
    shares = [
        leg.strikes.get(Strike.REARFOOT, 0.0)
        for run in runs
        for leg in run.legs
        if leg.activity is Activity.RUN and leg.strikes
    ]
    return 100.0 * fmean(shares) if shares else None
