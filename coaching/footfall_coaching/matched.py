"""A runner's values at one speed, the usual one: so that a fast run is not taken for a hard one.

Within each run, value and speed of its minutes are fitted by a line common to all runs (a power law where the metric
has a true zero), so that what differs from run to run does not bend it; each run's mean is then moved along that line.
Of each run only minutes near the usual speed are used, and where these are too few the run is left out. The interval is
that of the run's own mean: minutes that follow each other are alike, and count for less than their number; how much
runs of one runner differ from day to day, about 8 % in impact, is not in it, and is seen by comparing runs.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from footfall_coaching.counted import counted
from footfall_coaching.course import Courses, Piece, Stream, speed_of
from footfall_coaching.run import Run
from footfall_coaching.spread import half_width
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.session import Placement, Side

NEAR: Final = math.log(1.2)
"""How far from the usual speed, as a logarithm of the ratio, the line is trusted."""
SAME: Final = math.log(1.04)
"""How far where there is no line, since the runner's speed hardly varies."""
LEAST_PIECES: Final = 3
"""A run needs so many minutes near the usual speed."""
MOST_SLOPE_ERROR: Final = 1.0
"""A line is used once its exponent is known to this, as a standard error."""
MOST_ALIKE: Final = 0.8

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matched:
    """A run's value of one leg at the usual speed, with its 95 % interval, in the catalogue's unit."""

    session_id: str
    started_utc: datetime
    side: Side | None
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Level:
    """As `Matched`, on the scale of the fit: a logarithm where the metric has a true zero."""

    run: Run
    started_utc: datetime
    stream: Stream
    mean: float
    half_width: float


@dataclass(frozen=True, slots=True)
class Line:
    """How a metric goes with speed within runs, and how much minutes scatter about that.

    Parameters
    ----------
    slope, slope_error
        Of the value, or its logarithm, over the logarithm of speed; both 0 where the speeds hardly vary.
    is_known
        False where the speeds hardly vary.
    scatter
        Standard deviation of a minute about the line and its own run's level.
    alike
        Correlation of a minute's scatter with the next one's.
    freedom
        Degrees of freedom of the scatter.
    """

    slope: float
    slope_error: float
    is_known: bool
    scatter: float
    alike: float
    freedom: int


def usual_speed_mps(runs: Iterable[Run]) -> float | None:
    """Return the median of the runs' speeds; `None` where no run's is known."""
    found = [speed for _, run in counted(runs) if (speed := speed_of(run)) is not None]
    return median(found) if found else None


def matched(runs: Iterable[Run], metric_name: str, known: Courses | None = None) -> list[Matched]:
    """Return each run's value of each leg at the usual speed, the earliest first; runs with too little are left out.

    Where some runs had the sensors on the feet and others on the shins, only those of the more frequent place.
    """
    back = math.exp if STRIDE_METRICS[metric_name].ratio_scale else float
    return [
        Matched(
            level.run.session_id,
            level.started_utc,
            level.stream.side,
            back(level.mean),
            back(level.mean - level.half_width),
            back(level.mean + level.half_width),
        )
        for level in levels(runs, metric_name, known=known)
    ]


def levels(
    runs: Iterable[Run], metric_name: str, speed_mps: float | None = None, *, known: Courses | None = None
) -> list[Level]:
    """Return each run's level at a speed, the usual one where none is given, of each leg, the earliest first.

    Parameters
    ----------
    known
        Where courses are kept that are asked for again.
    """
    own, known = counted(runs), Courses() if known is None else known
    usual = usual_speed_mps(run for _, run in own) if speed_mps is None else speed_mps
    if usual is None:
        return []
    logarithmic = STRIDE_METRICS[metric_name].ratio_scale
    found = [
        (started, run, stream, *logs)
        for started, run in own
        for stream, pieces in known.of(run, metric_name).items()
        if len((logs := arrays(pieces, usual, logarithmic=logarithmic))[0]) >= LEAST_PIECES
    ]
    if not found:
        return []
    placement = _most_frequent([stream.placement for _, _, stream, _, _ in found])
    found = [one for one in found if one[2].placement is placement]
    line = fit([(xs, ys) for *_, xs, ys in found])
    near = NEAR if line.is_known else SAME
    told = []
    for started, run, stream, xs, ys in found:
        use = np.abs(xs) <= near
        count = np.count_nonzero(use)
        if count >= LEAST_PIECES:
            away = mean_of(xs[use])
            mean = mean_of(ys[use]) - line.slope * away
            counting = max(1.0, count * (1.0 - line.alike) / (1.0 + line.alike))
            error = math.hypot(line.scatter / math.sqrt(counting), line.slope_error * away)
            told.append(Level(run, started, stream, mean, half_width(error, max(1, line.freedom))))
    return told


def fit(groups: Sequence[tuple[Array, Array]]) -> Line:
    """Fit one slope within groups, each of which has a level of its own (fixed effects)."""
    centred = [(x - mean_of(x), y - mean_of(y)) for x, y in groups]
    xs, ys = np.concatenate([x for x, _ in centred]), np.concatenate([y for _, y in centred])
    squares = float(xs @ xs)
    slope = float(xs @ ys) / squares if squares > 0.0 else 0.0
    line = _line(centred, slope, squares, is_known=True)
    if line.slope_error <= MOST_SLOPE_ERROR:
        return line
    return _line(centred, 0.0, squares, is_known=False)


def mean_of(values: Array) -> float:
    """Return the mean, as `values.mean()` does in several times as long."""
    return float(np.add.reduce(values)) / len(values)


def _line(centred: Sequence[tuple[Array, Array]], slope: float, squares: float, *, is_known: bool) -> Line:
    left = [y - slope * x for x, y in centred]
    total = float(sum(one @ one for one in left))
    freedom = sum(len(one) - 1 for one in left) - int(is_known)
    scatter = math.sqrt(total / freedom) if freedom > 0 else math.inf
    together = float(sum(one[1:] @ one[:-1] for one in left))
    pairs = sum(len(one) - 1 for one in left)
    # within a group of n the residuals of independent values correlate by -1/(n-1): taken off
    alike = together / pairs / (total / (pairs + len(left))) + len(left) / (pairs + len(left)) if total > 0.0 else 0.0
    alike = min(MOST_ALIKE, max(0.0, alike))
    if not is_known:
        return Line(0.0, 0.0, False, scatter, alike, freedom)
    error = math.inf if squares == 0.0 else scatter / math.sqrt(squares) * math.sqrt((1.0 + alike) / (1.0 - alike))
    return Line(slope, error, True, scatter, alike, freedom)


def arrays(pieces: Sequence[Piece], usual_mps: float, *, logarithmic: bool) -> tuple[Array, Array]:
    """Return speeds over the usual one, as logarithms, and values on the scale of the fit, where both are known."""
    known = [
        (piece.speed_mps, piece.value) for piece in pieces if piece.speed_mps and (piece.value > 0.0 or not logarithmic)
    ]
    xs = np.log(np.array([speed for speed, _ in known], dtype=float) / usual_mps)
    ys = np.array([value for _, value in known], dtype=float)
    return xs, np.log(ys) if logarithmic else ys


def _most_frequent(placements: Sequence[Placement]) -> Placement:
    return max(Placement, key=placements.count)
