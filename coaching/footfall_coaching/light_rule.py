"""The rule of the traffic light: go on, hold, or stop, from what hurt and when.

After the pain monitoring of Thomeé 1997 and Vincent 2017 (doi:10.1249/JSR.0000000000000362), with the settling in an
hour of Esculier 2018; when to send somebody on is our own design:

- green: pain up to 2 of 10, and mornings not above the runner's own;
- amber, hold all progression: 3 to 5, or not settled an hour after the run, or a morning up to 2 above the own;
- red, stop: above 5, or rising sharply in the run, or a limp, or a morning 3 or more above the own, or a sign that is
  to be looked at; it stays for its whole day, whatever else is told of that; quiet mornings after it make it amber, and
  a run that felt well on a later day green;
- to a physiotherapist: amber or red on 3 of 6 runs, or two weeks without a fall; at once with a sign that needs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar, Final

from footfall_coaching.answers import PainSite, Phase, Sign
from footfall_processing.session import Side

MOST_GREEN: Final = 2
MOST_AMBER: Final = 5
MORNING_RED: Final = 3.0
"""A morning this much above the own one is red."""
RUNS_LOOKED_AT: Final = 6
RUNS_TOO_MANY: Final = 3
FORTNIGHT_DAYS: Final = 14
LEAST_POINTS: Final = 3
"""Two weeks without a fall are told from no fewer answers."""

STOPPING: Final = {Sign.RISING: "pain that rose sharply in the run", Sign.LIMP: "a limp"}
SEEN_AT_ONCE: Final = {
    Sign.SWELLING: "swelling",
    Sign.LOCKING: "a joint that locks",
    Sign.GIVING_WAY: "a leg that gives way",
    Sign.NO_WEIGHT: "a leg that can't bear weight",
    Sign.NIGHT_PAIN: "pain at night",
    Sign.FEVER: "fever",
    Sign.BONE_POINT: "one point of a bone that hurts",
}
PHASES: Final = {Phase.DURING: "in the run", Phase.AFTER: "after the run", Phase.MORNING: "in the morning"}


class Colour(StrEnum):
    """What a runner may do."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"
    """Nothing was told."""


ACTIONS: Final = {
    Colour.GREEN: "Go on as planned.",
    Colour.AMBER: "Hold: repeat the last run or make it shorter; nothing longer, faster or harder until it is green.",
    Colour.RED: "Stop: no run until walking, and the morning, are as usual. Then begin with a short one.",
    Colour.UNKNOWN: "Tell how the last run felt, and the light says more.",
}


@dataclass(frozen=True, slots=True)
class Light:
    """A colour, why, and what to do, as texts that are ready.

    Parameters
    ----------
    reason, action
        Why it has this colour; what to do.
    see_somebody
        What sends the runner to a physiotherapist or a doctor; empty where nothing does.
    """

    colour: Colour
    reason: str
    action: str
    see_somebody: str

    @property
    def words(self) -> str:
        """All of it, in one line."""
        return " ".join(text for text in (self.reason, self.action, self.see_somebody) if text)


@dataclass(frozen=True, slots=True)
class PlacePain:
    """How much a place hurt in one phase of a run, or on the morning of a day without one.

    Parameters
    ----------
    site, side
        `None` for "nothing hurts".
    own_morning
        The runner's own morning there: the median of those of days without a run; `None` where none was told, which
        counts as 0 and is not called usual.
    settling_told
        Of pain after a run: whether it was told late enough, an hour after its end, to tell that it has not settled.
    of_walk
        Whether it was in a walk, or after one.
    """

    phase: Phase
    site: PainSite | None
    side: Side | None
    level: int
    own_morning: float | None = None
    settling_told: bool = False
    of_walk: bool = False

    @property
    def colour(self) -> Colour:
        """What this alone comes to."""
        above = self._above
        if self.level > MOST_AMBER or (self.phase is Phase.MORNING and above >= MORNING_RED):
            return Colour.RED
        risen = self.phase is Phase.MORNING or (self.phase is Phase.AFTER and self.settling_told)
        if self.level > MOST_GREEN or (risen and above > 0.0):
            return Colour.AMBER
        return Colour.GREEN

    @property
    def words(self) -> str:
        """What hurt, how much and when."""
        when = PHASES[self.phase]
        when = when.replace("run", "walk") if self.of_walk else when
        if self.site is None or self.side is None:
            return f"nothing hurt {when}"
        told = f"pain {self.level} of 10 {when} ({self.side.value} {self.site.words})"
        if self.phase is Phase.MORNING and self.own_morning is not None and self._above > 0.0:
            return f"{told}, usually {self.own_morning:g}"
        if self.phase is Phase.AFTER and self.settling_told and self._above > 0.0:
            return f"{told}, not settled after an hour"
        return told

    @property
    def _above(self) -> float:
        return self.level - (self.own_morning or 0.0)


@dataclass(frozen=True, slots=True)
class Felt:
    """All that was told of one run, or of one day without a run.

    Parameters
    ----------
    days_ago
        How many days before the one that the light is for.
    of_run
        False for a day without one.
    """

    days_ago: int
    of_run: bool
    pains: Sequence[PlacePain] = ()
    signs: Sequence[Sign] = ()

    @property
    def colour(self) -> Colour:
        """The worst of what was told."""
        if self.signs:
            return Colour.RED
        return max((pain.colour for pain in self.pains), key=WORSE.index, default=Colour.UNKNOWN)

    @property
    def level(self) -> int:
        """The worst pain."""
        return max((pain.level for pain in self.pains), default=0)

    @property
    def reason(self) -> str:
        """Why it has its colour, without a full stop."""
        signs = [words for sign, words in {**SEEN_AT_ONCE, **STOPPING}.items() if sign in self.signs]
        if signs:
            return ", ".join(signs)
        return "nothing was told" if self.worst is None else self.worst.words

    @property
    def worst(self) -> PlacePain | None:
        """The pain that the colour is of; `None` where none was told."""
        return max(self.pains, key=lambda pain: (WORSE.index(pain.colour), pain.level), default=None)

    @property
    def of_lost_run(self) -> bool:
        """Whether it is of a run after all, of which nothing is in the log, as in a test that nobody recorded."""
        if self.of_run or self.signs or self.worst is None:
            return False
        return self.worst.phase is not Phase.MORNING and not self.worst.of_walk


WORSE: Final = (Colour.UNKNOWN, Colour.GREEN, Colour.AMBER, Colour.RED)


@dataclass(frozen=True)
class TodaysLight:
    """The rule for today, with what it is given.

    Parameters
    ----------
    felt
        Of runs and of days without one that something was told of, the latest first.
    last_run_open
        Whether the latest run is one that nothing was told of.
    """

    NAME: ClassVar[str] = "light"
    VERSION: ClassVar[int] = 4
    HOLDS_RED_DAYS: ClassVar[bool] = True
    """Whether a red day without a run holds until the next run, as a red run does, however quiet it was since."""
    RED_ALL_DAY: ClassVar[bool] = True
    """Whether red holds for the whole of the day it was told of, also over a run later on that day."""
    KNOWS_LOST_RUNS: ClassVar[bool] = True
    """Whether pain in a run that is not in the log is told as that, and not as of a day without a run."""

    felt: Sequence[Felt] = field(default_factory=tuple)
    last_run_open: bool = False

    @property
    def light(self) -> Light:
        """What follows."""
        recent = [one for one in self.felt if one.days_ago <= FORTNIGHT_DAYS]
        if not recent:
            return light_told(Colour.UNKNOWN, "Nothing was told in the last two weeks.")
        return self._of(recent)

    @property
    def words(self) -> str:
        """The light in one line."""
        return self.light.words

    def _of(self, recent: Sequence[Felt]) -> Light:
        run = next((one for one in recent if one.of_run), None)
        newest = recent[0]
        since = recent[: recent.index(run)] if run is not None else recent
        red_days = [one for one in since if one.colour is Colour.RED] if self.HOLDS_RED_DAYS else []
        same_day = [one for one in recent if one.days_ago == newest.days_ago and one.colour is Colour.RED]
        same_day = same_day if self.RED_ALL_DAY else []
        current = [one for one in (newest, run, *same_day) if one is not None]
        worst = max(current, key=lambda one: WORSE.index(one.colour))
        colour, when = worst.colour, "The last run" if worst.of_run else self._day_words(worst)
        if worst is not newest and worst is not run:
            when = "Earlier on the day of the last run" if newest.of_run else "Earlier on the last day"
        reason = f"{when}: {worst.reason}."
        if worst in same_day:
            pass  # a quiet hour lets go of nothing
        elif run is not None and worst is run and colour is Colour.RED and since and newest.colour is Colour.GREEN:
            colour, reason = Colour.AMBER, f"{reason} Since then: {newest.reason}."
        elif colour is Colour.GREEN and red_days:
            colour = Colour.AMBER
            reason = f"{self._day_words(red_days[0], 'red ')}: {red_days[0].reason}. Since then: {newest.reason}."
        if colour is Colour.GREEN and self.last_run_open:
            return light_told(Colour.UNKNOWN, "Nothing was told of the last run; what was told before it was green.")
        return light_told(colour, reason, self._see(colour, [*current, *red_days]))

    def _day_words(self, felt: Felt, red: str = "") -> str:
        if self.KNOWS_LOST_RUNS and felt.of_lost_run:
            return "The last red run, which is not in the log" if red else "A run that is not in the log"
        return f"The last {red}day without a run"

    def _see(self, colour: Colour, current: Sequence[Felt]) -> str:
        flags = [words for sign, words in SEEN_AT_ONCE.items() if any(sign in one.signs for one in current)]
        if flags:
            return f"Have it looked at by a doctor or a physiotherapist before you run again: {', '.join(flags)}."
        if colour not in (Colour.AMBER, Colour.RED):
            return ""
        runs = [one for one in self.felt if one.of_run][:RUNS_LOOKED_AT]
        held = sum(one.colour in (Colour.AMBER, Colour.RED) for one in runs)
        if held >= RUNS_TOO_MANY:
            return f"Amber or red on {held} of the last {len(runs)} runs: have a physiotherapist look at it."
        if any(_has_not_fallen(self._course(of_run)) for of_run in (True, False)):
            return "The pain has not fallen for two weeks: have a physiotherapist look at it."
        return ""

    def _course(self, of_run: bool) -> list[tuple[int, int]]:
        """Return the worst pain of runs, or of mornings without one, as days ago and level, the latest first."""
        return [(one.days_ago, one.level) for one in self.felt if one.of_run is of_run and one.pains]


@dataclass(frozen=True)
class TodaysLightThird(TodaysLight):
    """The rule as it called a day without a run what was one that is not in the log."""

    VERSION: ClassVar[int] = 3
    KNOWS_LOST_RUNS: ClassVar[bool] = False


@dataclass(frozen=True)
class TodaysLightSecond(TodaysLightThird):
    """The rule as it let go of red at a run that felt well on the same day."""

    VERSION: ClassVar[int] = 2
    RED_ALL_DAY: ClassVar[bool] = False

    @property
    def light(self) -> Light:
        """What follows, in the words that it had for places."""
        found = super().light
        return replace(found, reason=found.reason.replace(PainSite.ACHILLES.words, PainSite.ACHILLES.value))


@dataclass(frozen=True)
class TodaysLightFirst(TodaysLightSecond):
    """The rule as it was given 0 for mornings that nobody told of, and let go of a red day at the next quiet one."""

    VERSION: ClassVar[int] = 1
    HOLDS_RED_DAYS: ClassVar[bool] = False


def light_told(colour: Colour, reason: str, see_somebody: str = "") -> Light:
    """Return a light with its action."""
    return Light(colour, reason, ACTIONS[colour], see_somebody)


def _has_not_fallen(course: Sequence[tuple[int, int]]) -> bool:
    """Tell whether pain, above what is green, is nowhere in two weeks below what it was when they began."""
    within = [level for days_ago, level in course if days_ago < FORTNIGHT_DAYS]
    before = [level for days_ago, level in course if FORTNIGHT_DAYS <= days_ago < 2 * FORTNIGHT_DAYS]
    if not before or len(within) + 1 < LEAST_POINTS or within[0] <= MOST_GREEN:
        return False
    return min(within) >= before[0]
