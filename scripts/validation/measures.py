"""The numbers that are compared, in the units in which people read their errors."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from validation.agreement import Agreement, agreement
from validation.comparison import Comparison, Pair, Values, bouts_s


@dataclass(frozen=True, slots=True)
class Measure:
    """One compared number.

    Parameters
    ----------
    name
        Its name in `footfall analyze --json`.
    label, unit, decimals
        How its error is written.
    scale
        From the field's unit to `unit`; without meaning when `relative`.
    relative
        The error in percent of the reference.
    """

    name: str
    label: str
    unit: str
    decimals: int
    scale: float = 1.0
    relative: bool = False

    def error(self, pair: Pair) -> float | None:
        """Footfall minus reference; `None` where one of them has no value."""
        true, found = pair.true.get(self.name), pair.found.get(self.name)
        if true is None or found is None:
            return None
        return float(100.0 * (found / true - 1.0) if self.relative else self.scale * (found - true))

    def agreement(self, pairs: Iterable[Pair]) -> Agreement:
        """Agreement over those pairs that have both values."""
        return agreement(error for pair in pairs if (error := self.error(pair)) is not None)


MEASURES: Final = (
    Measure("initial_contact_s", "Initial contact", "ms", 1, 1e3),
    Measure("toe_off_s", "Toe-off", "ms", 1, 1e3),
    Measure("contact_time_s", "Contact time", "ms", 1, 1e3),
    Measure("swing_time_s", "Swing time", "ms", 1, 1e3),
    Measure("stride_time_s", "Stride time", "ms", 1, 1e3),
    Measure("cadence_spm", "Cadence", "steps/min", 2),
    Measure("foot_strike_angle_deg", "Foot strike angle", "°", 1),
    Measure("shank_tilt_deg", "Shank tilt at contact", "°", 1),
    Measure("pronation_excursion_deg", "Pronation excursion", "°", 1),
    Measure("stride_length_m", "Stride length", "cm", 1, 1e2),
    Measure("speed_mps", "Speed", "m/s", 3),
    Measure("peak_acc_g", "Peak acceleration", "%", 1, relative=True),
    Measure("peak_tibial_acc_g", "Peak tibial acceleration", "%", 1, relative=True),
)
BY_NAME: Final = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    def __str__(self) -> str:
        return f"{self.count / self.of:.3f} ({self.count}/{self.of})" if self.of else "–"


def same_class(pairs: Iterable[Pair], name: str) -> Share:
    """Share of pairs of the same class, among those where both carry one; a shank tells no three strike classes."""
    both = [(p.true[name], p.found[name]) for p in pairs if p.true.get(name) and p.found.get(name)]
    both = [(true, found) for true, found in both if found != "non_rearfoot"]
    return Share(sum(true == found for true, found in both), len(both))


def same_rearfoot(pairs: Iterable[Pair]) -> Share:
    """Share of pairs where both or neither are rearfoot strikes."""
    both = [(p.true["strike"], p.found["strike"]) for p in pairs if p.true.get("strike") and p.found.get("strike")]
    return Share(sum((true == "rearfoot") == (found == "rearfoot") for true, found in both), len(both))


def is_forward(stride: Values, activity: str) -> bool:
    """Whether a reference stride is of that activity, forwards."""
    return stride["activity"] == activity and not stride.get("backward", False)


def is_whole(comparison: Comparison, stride: Values) -> bool:
    """Whether the sensor delivered every sample of that reference stride, none at the end of its range."""
    begin_s, end_s = stride["initial_contact_s"], stride["next_contact_s"]
    return not (comparison.raw.clips(begin_s, end_s) or comparison.raw.has_gap(begin_s, end_s))


def pairs_of(comparisons: Iterable[Comparison], activity: str, *, whole: bool = True) -> list[Pair]:
    """Pairs of that activity, forwards, from whole strides, or from those that clipped or lost samples."""
    return [
        pair
        for comparison in comparisons
        for pair in comparison.pairs
        if is_forward(pair.true, activity) and is_whole(comparison, pair.true) is whole
    ]


WINDOW_S: Final = 10.0
LEAST_STRIDES: Final = 3
"""Fewer strides in a window are no mean."""
STEADY_RATIO: Final = 1.2
"""Longest to shortest stride of a steady window."""


def window_cadences(comparison: Comparison) -> tuple[list[float], list[float | None]]:
    """Cadence over consecutive windows inside the bouts, true and found; `None` where too few strides were found.

    Windows in which the runner sets off, stops or changes gait are left out.
    """
    true, found = [], []
    for begin_s, end_s in bouts_s([stride for stride in comparison.true if not stride["backward"]]):
        for k in range(int((end_s - begin_s) / WINDOW_S)):
            window_s = (begin_s + k * WINDOW_S, begin_s + (k + 1) * WINDOW_S)
            times_s = _times_s(comparison.true, window_s)
            true_spm = mean_cadence_spm(comparison.true, window_s)
            if true_spm is not None and max(times_s) <= STEADY_RATIO * min(times_s):
                true.append(true_spm)
                found.append(mean_cadence_spm(comparison.found, window_s))
    return true, found


def mean_cadence_spm(strides: Iterable[Values], window_s: tuple[float, float]) -> float | None:
    """Steps of both feet a minute over the strides that begin in a window; `None` with fewer than three."""
    times_s = _times_s(strides, window_s)
    return 120.0 * len(times_s) / sum(times_s) if len(times_s) >= LEAST_STRIDES else None


def _times_s(strides: Iterable[Values], window_s: tuple[float, float]) -> list[float]:
    return [s["stride_time_s"] for s in strides if window_s[0] <= s["initial_contact_s"] < window_s[1]]
