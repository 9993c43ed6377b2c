"""Heart rate, foot pod and treadmill on the page: the newest value of each, beside ours where we measure the same."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from footfall_dashboards.live.pace import pace, pace_unit
from footfall_dashboards.live.readings import NOTHING
from footfall_processing.companions import (
    HEART_RATE,
    POD_CADENCE,
    POD_SPEED,
    TREADMILL_SLOPE,
    TREADMILL_SPEED,
    Companion,
    CompanionReading,
    CompanionTally,
)
from footfall_processing.metrics.catalogue import CADENCE, SPEED, Metric
from footfall_processing.short_names import short_names

STALE_S: Final = 5.0
"""These devices say something about once a second: what is older does not hold any more."""


@dataclass(frozen=True, slots=True)
class _Value:
    label: str
    unit: str
    decimals: int
    same_as: Metric | None = None


_VALUES: Final = {
    HEART_RATE: _Value("Heart rate", "/min", 0),
    POD_SPEED: _Value("Foot pod, pace", "m/s", 2, SPEED),
    POD_CADENCE: _Value("Foot pod, cadence", "steps/min", 0, CADENCE),
    TREADMILL_SPEED: _Value("Treadmill, pace", "m/s", 2, SPEED),
    TREADMILL_SLOPE: _Value("Treadmill, slope", "%", 1),
}


@dataclass(frozen=True, slots=True)
class Beside:
    """One value of a companion, ready to show; `note` is our own value of the same, or what the session came to."""

    key: str
    label: str
    text: str
    unit: str
    note: str


class CompanionBoard:
    """Keeps the newest values of all companions.

    Parameters
    ----------
    companions
        Those of the session.
    """

    def __init__(self, companions: Sequence[Companion]) -> None:
        self._companions = tuple(companions)
        self._tally = CompanionTally(companion.id for companion in companions)
        self._newest: dict[tuple[str, str], tuple[float, float]] = {}
        same = Counter(companion.product for companion in companions)
        names = short_names(companion.id for companion in companions)
        self._suffix = {one.id: f" ({names[one.id]})" if same[one.product] > 1 else "" for one in companions}

    def push(self, reading: CompanionReading) -> None:
        """Take the next reading."""
        self._tally.push(reading)
        for name, value in reading.values.items():
            if name in _VALUES:
                self._newest[reading.companion_id, name] = (reading.t_s, value)

    def now(self, now_s: float, ours: Callable[[Metric], float | None], *, miles: bool = False) -> tuple[Beside, ...]:
        """Show the newest values, speed as pace; `ours` gives what we measure of a metric now."""
        shown = []
        for companion in self._companions:
            for name, value in _VALUES.items():
                newest = self._newest.get((companion.id, name))
                if newest is None:
                    continue
                text = NOTHING if now_s - newest[0] > STALE_S else _written(value, newest[1], miles)
                own = None if value.same_as is None else ours(value.same_as)
                note = "" if own is None else f"Footfall {_written(value, own, miles)}"
                shown.append(self._beside(companion, name, text, note, miles))
        return tuple(shown)

    def whole(self, *, miles: bool = False) -> tuple[Beside, ...]:
        """Show what the session came to: means, and the greatest values."""
        return tuple(
            self._beside(
                companion,
                name,
                _written(_VALUES[name], found.mean, miles),
                f"mean; {_most(name)} {_written(_VALUES[name], found.max, miles)}",
                miles,
            )
            for companion, summary in zip(self._companions, self._tally.summaries(), strict=True)
            for name, found in summary.values.items()
        )

    def _beside(self, companion: Companion, name: str, text: str, note: str, miles: bool) -> Beside:
        value = _VALUES[name]
        key = f"{companion.id}/{name}"
        unit = pace_unit(miles=miles) if value.same_as is SPEED else value.unit
        return Beside(key, f"{value.label}{self._suffix[companion.id]}", text, unit, note)


def _most(name: str) -> str:
    return "fastest" if _VALUES[name].same_as is SPEED else "greatest"


def _written(value: _Value, number: float, miles: bool) -> str:
    return pace(number, miles=miles) if value.same_as is SPEED else f"{number:.{value.decimals}f}"
