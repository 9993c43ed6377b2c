"""How far to run today: the ceiling, and where a run stands against it.

A run of more than 1.10 times the longest of the 30 days before was followed by an overuse injury more often than others
in 5,205 runners (Frandsen et al. 2025, Br J Sports Med, doi:10.1136/bjsports-2024-109380): hazard ratios of 1.64 up to
1.30 times, 1.52 up to 2, and 2.28 beyond. They do not rise in step, and so there is one message above the ceiling, not
three. How a week compares with those before told nothing there, and is told nowhere here.

Pain goes before load: on amber a run is repeated or made shorter, with no progression of any kind, so that the ceiling
is the last run; on red there is none (Vincent 2017: see `light_rule`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from footfall_coaching.counted import counted
from footfall_coaching.light_rule import Colour
from footfall_coaching.run import Run

LOOK_BACK: Final = timedelta(days=30)
MOST_RATIO: Final = 1.10
SAME_WAY: Final = 1.03
"""The same way, run once more, is measured to within this: on amber that is a repetition, and no longer run."""

Way: TypeAlias = Callable[[float], str]
"""Tells a distance in metres as people do, in their unit."""

NO_RUN: Final = "no run in the last 30 days. The next one with a distance makes it known."
NO_DISTANCE: Final = (
    "no run of the last 30 days has a distance. Say how far you ran; with a sensor on a foot it is measured."
)
NO_DISTANCE_FIRST: Final = (
    "no run of the last 30 days has a distance; sensors on the shins alone don't tell it. "
    "Say how far you ran, or wear a sensor on a foot."
)
"""As the first version of the ceiling's rule says it."""
HELD_UNKNOWN: Final = (
    "the light is amber, so repeat your last run or make it shorter; how far that one was is not known. "
    "Say how far you ran."
)
NO_DATE: Final = "nobody knows when this run was. Give it a date."
CEILING: Final = (
    f"The ceiling is {MOST_RATIO:.2f} × the longest run of the {LOOK_BACK.days} days before; "
    "while the light is amber it is the last run, and on red it is no run."
)
"""What makes a ceiling, for whoever reads of one without its words."""
CONTEXT: Final = (
    "In a study of 5,205 runners, runs above such a ceiling were followed by injury more often than others; "
    "about 3 injuries came in 1,000 runs overall. That tells of many runners, not of you."
)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How far a run may go before it is far beyond those of the last 30 days.

    Parameters
    ----------
    limit_m
        `MOST_RATIO` times the longest run; on amber the last run; on red 0. `None` where that is not known.
    longest_m, longest_session_id
        The longest run of `LOOK_BACK`; `None` and empty where there is none.
    unknown
        Why there is no limit, as words that follow "unknown: "; empty where there is one.
    without_distance
        How many runs of `LOOK_BACK` have no distance, and so could have been longer.
    light
        Amber or red where the light, not the load, makes this ceiling.
    """

    limit_m: float | None
    longest_m: float | None
    longest_session_id: str
    unknown: str
    without_distance: int = 0
    light: Colour = Colour.UNKNOWN

    @property
    def is_stop(self) -> bool:
        """Whether there is to be no run at all."""
        return self.light is Colour.RED

    @property
    def words(self) -> str:
        """The ceiling and where it comes from, or that it is unknown and why."""
        return self.told(km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        if self.is_stop:
            return "Stop: no run today, as the light is red."
        if self.limit_m is None or self.longest_m is None:
            return f"Ceiling for today: unknown: {self.unknown}"
        if self.light is Colour.AMBER:
            return (
                f"Ceiling for today: {way(self.limit_m)}, as far as your last run: "
                "the light is amber, so repeat that one or make it shorter."
            )
        told = (
            f"Ceiling for today: {way(self.limit_m)}, which is {MOST_RATIO:.2f} × "
            f"your longest run of the last 30 days ({way(self.longest_m)})."
        )
        if self.without_distance:
            runs = "1 run has" if self.without_distance == 1 else f"{self.without_distance} runs have"
            told += f" {runs} no distance, and may have been longer."
        return told


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a run is, or was, beside the ceiling as it stood when the run began; `None` where that is not known."""

    distance_m: float | None
    ceiling: Ceiling

    @property
    def ratio(self) -> float | None:
        """The run's distance over the longest of the 30 days before it; `None` where either is not known."""
        if self.distance_m is None or self.ceiling.longest_m is None:
            return None
        return self.distance_m / self.ceiling.longest_m

    @property
    def is_above(self) -> bool:
        """Whether the run went beyond the ceiling."""
        limit_m = self.ceiling.limit_m
        if self.distance_m is None or limit_m is None:
            return False
        return self.distance_m > limit_m * (SAME_WAY if self.ceiling.light is Colour.AMBER else 1.0)

    @property
    def words(self) -> str:
        """One message, the same however far above the ceiling the run is."""
        return self.told(km)

    def told(self, way: Way) -> str:
        """Say it with distances as `way` tells them."""
        limit_m, ratio = self.ceiling.limit_m, self.ratio
        if self.ceiling.is_stop:
            gone = "" if self.distance_m is None else f"{way(self.distance_m)}. "
            return f"{gone}The light is red for this run, which says: no run today."
        if self.distance_m is None:
            return "How far this run goes is unknown: too few strides have a length, or none. Say it afterwards."
        if limit_m is None or ratio is None:
            return f"{way(self.distance_m)}. The ceiling for this run is unknown: {self.ceiling.unknown}"
        side = "above" if self.is_above else "within"
        beside = f"{way(self.distance_m)}: {side} the ceiling of {way(limit_m)}"
        if self.ceiling.light is Colour.AMBER:
            return f"{beside}, as far as the run before: the light is amber, so that one is repeated or made shorter."
        beside += f", {ratio:.2f} × your longest run of the 30 days before."
        return f"{beside} {CONTEXT}" if self.is_above else beside


def room_of(runs: Iterable[Run], now: datetime) -> Ceiling:
    """Return the ceiling that load alone leaves for a run that begins at a moment whose light nobody knows yet."""
    return ceiling_over(distances_before(runs, now))


def distances_before(runs: Iterable[Run], moment: datetime) -> dict[str, float | None]:
    """Return how far the runs that began in `LOOK_BACK` before a moment went, by session, the earliest first."""
    begin = moment - LOOK_BACK
    before = [run for run in runs if run.started_utc is not None and begin <= run.started_utc < moment]
    return {
        run.session_id: run.distance_m if run.distance_m is not None and run.distance_m > 0.0 else None
        for _, run in counted(before)
    }


def under(light: Colour, ceiling: Ceiling, last_m: float | None) -> Ceiling:
    """Return what a light makes of the ceiling that load leaves, given how far the last run of the 30 days went."""
    if light is Colour.RED:
        return Ceiling(0.0, ceiling.longest_m, "", "", ceiling.without_distance, light)
    if light is not Colour.AMBER or ceiling.unknown == NO_RUN:
        return ceiling
    if last_m is None:
        return replace(ceiling, limit_m=None, unknown=HELD_UNKNOWN, light=light)
    return replace(ceiling, limit_m=last_m, light=light)


def ceiling_over(distances_m: Mapping[str, float | None], no_distance: str = NO_DISTANCE) -> Ceiling:
    """Return the ceiling that follows from the distances of the 30 days; of equally long runs the first one counts."""
    if not distances_m:
        return Ceiling(None, None, "", NO_RUN)
    known = {session_id: distance_m for session_id, distance_m in distances_m.items() if distance_m is not None}
    without = len(distances_m) - len(known)
    if not known:
        return Ceiling(None, None, "", no_distance, without)
    longest_id = max(known, key=lambda session_id: known[session_id])
    return Ceiling(MOST_RATIO * known[longest_id], known[longest_id], longest_id, "", without)


def whole_km(distance_m: float) -> str:
    """Return a distance as it is told where its decimals say nothing."""
    return f"{distance_m / 1000.0:.0f} km"


def km(distance_m: float) -> str:
    """Return a distance as it is told: two decimals below 10 km, one above."""
    value = distance_m / 1000.0
    return f"{value:.{2 if round(value, 2) < 10.0 else 1}f} km"
