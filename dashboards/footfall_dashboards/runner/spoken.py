"""Numbers as runners speak them: kilometres or miles, minutes for one of them, days as the calendar has them."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

from starlette.requests import Request

from footfall_coaching.load import Way, km
from footfall_coaching.run import DistanceSource, Run
from footfall_coaching.shoes import ShoeUse
from footfall_dashboards.live.closing import format_duration
from footfall_dashboards.live.pace import KM_M, MILE_M, is_miles, mi
from footfall_dashboards.live.readings import format_metric
from footfall_dashboards.runner.axes import clock
from footfall_processing.metrics.catalogue import SPEED, Metric

RUN, WALK, SESSION = KINDS = ("run", "walk", "session")
"""What a session was; the last is one without a step."""
UNKNOWN: Final = "unknown"
_STANDING_MPS: Final = 0.3

SOURCES: Final = {
    DistanceSource.SENSORS: "by the sensors",
    DistanceSource.WATCH: "by the watch",
    DistanceSource.TREADMILL: "by the treadmill, whose error nobody knows",
    DistanceSource.TOLD: "as you said",
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """How one reader is told numbers.

    Parameters
    ----------
    zone
        Whose days and times of day.
    is_miles
        Miles instead of kilometres.
    """

    zone: tzinfo = UTC
    is_miles: bool = False

    @property
    def unit_m(self) -> float:
        """The length of the unit of distance."""
        return MILE_M if self.is_miles else KM_M

    @property
    def unit(self) -> str:
        """The unit of distance."""
        return "mi" if self.is_miles else "km"

    @property
    def pace_unit(self) -> str:
        """The unit of pace."""
        return "min/mile" if self.is_miles else "min/km"

    def distance(self, distance_m: float | None) -> str:
        """Return a distance: two decimals below 10, one above."""
        if distance_m is None:
            return UNKNOWN
        return mi(distance_m) if self.is_miles else km(distance_m)

    @property
    def way(self) -> Way | None:
        """How advice is to tell distances; `None` in kilometres, as it does of itself."""
        return self.distance if self.is_miles else None

    def pace(self, speed_mps: float | None, *, with_unit: bool = True) -> str:
        """Return a speed as the time for one unit of distance."""
        if speed_mps is None or speed_mps < _STANDING_MPS:
            return UNKNOWN if speed_mps is None else "standing"
        return clock(self.unit_m / speed_mps) + (f" {self.pace_unit}" if with_unit else "")

    def value(self, metric: Metric, value: float, *, with_unit: bool = True) -> str:
        """Return a metric's value as people read it; speed as pace."""
        if metric is SPEED:
            return self.pace(value, with_unit=with_unit)
        number = format_metric(metric, value)
        if not with_unit or not metric.shown_unit:
            return number
        return f"{number}{'' if metric.shown_unit == '°' else ' '}{metric.shown_unit}"

    def unit_of(self, metric: Metric) -> str:
        """Return the unit in which `value` tells a metric."""
        return self.pace_unit if metric is SPEED else metric.shown_unit

    def day(self, when: datetime | None) -> str:
        """Return the day: `Fri 20 Nov 2026`."""
        if when is None:
            return "No date"
        local = when.astimezone(self.zone)
        return f"{local:%a} {local.day} {local:%b %Y}"

    def short_day(self, when: datetime, now: datetime) -> str:
        """Return the day, with its year where that is not the present one: `20 Nov`."""
        local = when.astimezone(self.zone)
        is_now = local.year == now.astimezone(self.zone).year
        return f"{local.day} {local:%b}" + ("" if is_now else f" {local.year}")

    def time_of_day(self, when: datetime | None) -> str:
        """Return hours and minutes; empty where nobody knows."""
        return "" if when is None else f"{when.astimezone(self.zone):%H:%M}"

    def title(self, run: Run) -> str:
        """Return what a run is called: its title, or else its day."""
        what = kind_of(run).capitalize()
        return run.title or (f"{what} of {self.day(run.started_utc)}" if run.started_utc else f"{what} without a date")

    def went(self, run: Run) -> str:
        """Return how far and how long was run; of a walk, how far and how long was walked."""
        if kind_of(run) == SESSION:
            return "no step was found"
        if not run.is_run:
            walked = "" if run.walking_m is None else f"{self.distance(run.walking_m)}, "
            return f"walked {walked}{how_long(run.walking_s)}"
        return f"{self.distance(run.distance_m)}, {how_long(run.running_s)} of running"

    def worn(self, use: ShoeUse) -> str:
        """Return how far a pair was run in, and of how many runs nobody knows."""
        unknown = use.without_distance
        if not unknown:
            return self.distance(use.distance_m)
        if unknown == use.runs:
            return "unknown"
        return f"{self.distance(use.distance_m)}, and {unknown} run{'s' * (unknown > 1)} of unknown length"

    def whole_pace(self, run: Run) -> str:
        """Return a run's mean pace while running, or that it is not known."""
        return self.pace(speed_of(run))


def kind_of(run: Run) -> str:
    """Return what a session was, in a word: a run, a walk, or neither."""
    return RUN if run.is_run else WALK if run.walking_s > 0.0 else SESSION


def spoken_to(request: Request, zone: tzinfo) -> Spoken:
    """Return how whoever asks is told numbers."""
    return Spoken(zone, is_miles(request))


def speed_of(run: Run) -> float | None:
    """Return a run's mean speed while running; `None` where distance or time is not known."""
    return run.distance_m / run.running_s if run.distance_m and run.running_s > 0.0 else None


def how_long(seconds: float) -> str:
    """Return a duration: `42:10`, `1:02:03`."""
    return format_duration(seconds)
