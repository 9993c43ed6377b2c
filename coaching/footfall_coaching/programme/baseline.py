"""What a programme starts from: the runner's own value of each leg at the own usual speed, from the last weeks."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, stdev
from typing import Final

from footfall_coaching.changes import impact_metric
from footfall_coaching.counted import counted
from footfall_coaching.course import Courses
from footfall_coaching.matched import NEAR, Level, levels, usual_speed_mps
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.run import Run
from footfall_coaching.spread import half_width
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Strike
from footfall_processing.metrics.catalogue import CADENCE, STRIDE_METRICS
from footfall_processing.plain_text import shown
from footfall_processing.session import Side

LOOK_BACK: Final = timedelta(days=28)
LEAST_LEG_STRIDES: Final = 50


@dataclass(frozen=True, slots=True)
class LegBaseline:
    """A leg's own value at the usual speed, its 95 % interval, and how many strides near that speed it is from."""

    side: Side | None
    value: float
    low: float
    high: float
    strides: int

    def __post_init__(self) -> None:
        if not 0.0 < self.value < math.inf:
            raise InputError(f"a baseline of {self.value:g} is none: it is above 0")


@dataclass(frozen=True, slots=True)
class Baseline:
    """A runner's own values before a programme.

    Parameters
    ----------
    metric_name
        By the catalogue, which says the unit.
    speed_mps
        The usual speed, which the values are for.
    legs
        Of each leg that had a sensor.
    rearfoot_percent
        How many of the strides landed on the heel; `None` where no sensor tells.
    runs
        How many runs it is from.
    """

    metric_name: str
    speed_mps: float
    legs: tuple[LegBaseline, ...]
    rearfoot_percent: float | None
    runs: int

    def __post_init__(self) -> None:
        if self.metric_name not in STRIDE_METRICS:
            raise InputError(f"no metric {shown(self.metric_name)!r} is known here: a newer Footfall kept this")
        if not 0.0 < self.speed_mps < math.inf:
            raise InputError(f"a usual speed of {self.speed_mps:g} m/s is none: it is above 0")
        if not self.legs:
            raise InputError("a baseline is that of one leg at least")

    @property
    def worse(self) -> LegBaseline:
        """The leg with the higher value."""
        return max(self.legs, key=lambda leg: leg.value)


@dataclass(frozen=True, slots=True)
class NoBaseline:
    """Why there is none, and what would make one, as words that are ready."""

    words: str


def baseline_of(
    runs: Iterable[Run], kind: ProgrammeKind, now: datetime, known: Courses | None = None
) -> Baseline | NoBaseline:
    """Return the runner's own values of the last four weeks, or why they are not known.

    Parameters
    ----------
    known
        Where courses are kept that are asked for again.
    """
    known = Courses() if known is None else known
    own = [run for started, run in counted(runs) if now - LOOK_BACK <= started <= now]
    if not own:
        return NoBaseline("No run in the last four weeks. Run twice as you usually do, with the sensors on, and begin.")
    usual = usual_speed_mps(own)
    if usual is None:
        return NoBaseline(
            "Your usual speed is not known: sensors on the shins alone don't tell it. "
            "Wear one on a foot, or say how far you ran."
        )
    metric = impact_metric(own) if kind is ProgrammeKind.IMPACT else CADENCE
    found = levels(own, metric.name, known=known)
    streams = sorted({level.stream for level in found}, key=str)
    legs = [_leg([one for one in found if one.stream == stream], usual, metric.name, known) for stream in streams]
    short = [leg for leg in legs if leg.strides < LEAST_LEG_STRIDES]
    if not legs or short:
        return NoBaseline(
            f"Too little at your usual speed: each leg needs {LEAST_LEG_STRIDES} strides in minutes of even running. "
            "Run ten minutes at your usual speed, with the sensors on, and begin."
        )
    return Baseline(
        metric.name, usual, tuple(legs), rearfoot_percent_of(own), len({one.run.session_id for one in found})
    )


def rearfoot_percent_of(runs: Iterable[Run]) -> float | None:
    """Return how many running strides landed on the heel; `None` where no leg tells."""
    legs = [leg for run in runs for leg in run.legs if leg.activity is Activity.RUN and leg.strikes]
    strides = sum(leg.strides for leg in legs)
    if strides == 0:
        return None
    return 100.0 * sum(leg.strides * _share(leg.strikes) for leg in legs) / strides


def _share(strikes: Mapping[Strike, float]) -> float:
    return strikes.get(Strike.REARFOOT, 0.0)


def _leg(found: Sequence[Level], usual_mps: float, name: str, known: Courses) -> LegBaseline:
    """Return a leg's mean over its runs; both metrics are fitted as logarithms."""
    mean = fmean(level.mean for level in found)
    if len(found) == 1:
        half = found[0].half_width
    else:
        half = half_width(stdev([level.mean for level in found]) / math.sqrt(len(found)), len(found) - 1)
    strides = sum(
        piece.strides
        for level in found
        for piece in known.of(level.run, name)[level.stream]
        if piece.speed_mps is not None and abs(math.log(piece.speed_mps / usual_mps)) <= NEAR
    )
    return LegBaseline(found[0].stream.side, math.exp(mean), math.exp(mean - half), math.exp(mean + half), strides)
