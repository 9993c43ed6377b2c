"""What a runner is told of the programme on a day: the session, or what holds it and why."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Final

from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.events import Begun
from footfall_coaching.programme.kind import ProgrammeKind, target_of
from footfall_coaching.programme.sessions import LEAST_MINUTES, SESSION_MINUTES, SESSIONS, SessionPlan, session_plan
from footfall_coaching.programme.state import (
    DAYS_APART,
    MOST_STRIKE_SHIFT,
    OVER_AFTER_DAYS,
    REPEATED_AFTER_DAYS,
    Held,
    Hold,
    State,
)

NAMES: Final = {ProgrammeKind.IMPACT: "Softer landing", ProgrammeKind.CADENCE: "Quicker steps"}


@dataclass(frozen=True)
class ProgrammeToday:
    """The rule of a day, with what it is given.

    Parameters
    ----------
    kind, percent
        What the programme is, and its target in percent of the runner's own.
    hold
        Why there is no session; `None` where there is one, then `step` and `minutes` say which.
    step, minutes
        The session; with a hold, the one that was run last.
    colour
        The light since the last session.
    is_repeated
        Whether the session was run before.
    days_since
        How long ago the last session was; `None` before the first.
    new_pain
        What of the lower leg hurts.
    strike_percent, own_strike_percent
        Heel landings of the latest run, and before the programme, where they hold it.
    is_cut_by_ceiling
        Whether the ceiling leaves less room than the session has.
    """

    NAME: ClassVar[str] = "programme"
    VERSION: ClassVar[int] = 1

    kind: ProgrammeKind
    percent: float
    hold: Hold | None
    step: int
    minutes: int
    colour: Colour = Colour.UNKNOWN
    is_repeated: bool = False
    days_since: int | None = None
    new_pain: str = ""
    strike_percent: float | None = None
    own_strike_percent: float | None = None
    is_cut_by_ceiling: bool = False

    @property
    def card(self) -> str:
        """The name of the card that this rests on."""
        return "impact-feedback" if self.kind is ProgrammeKind.IMPACT else "cadence"

    @property
    def plan(self) -> SessionPlan | None:
        """The session of the day."""
        return session_plan(self.step, self.minutes) if self.hold is None else None

    @property
    def words(self) -> str:
        """The session and why it is that one, or what holds it."""
        plan = self.plan
        if plan is None:
            return f"{NAMES[self.kind]}: {self._held}"
        told = f"{NAMES[self.kind]}, {plan.words}. {target_of(self.kind, self.percent).words}."
        return " ".join(part for part in (told, self._why_repeated, self._why_shorter) if part)

    @property
    def _why_repeated(self) -> str:
        if not self.is_repeated:
            return ""
        if self.colour is Colour.AMBER:
            return (
                "The same session again, since the light is amber: nothing longer, faster or harder until it is green."
            )
        if self.days_since is not None and self.days_since > REPEATED_AFTER_DAYS:
            return f"The same session again, since the last one was {self.days_since} days ago."
        if self.colour is Colour.UNKNOWN:
            return (
                "The same session again: tell how the last one felt, and the next step opens when the light is green."
            )
        return "The same session again, since the last one was not done whole or something held since."

    @property
    def _why_shorter(self) -> str:
        return "It is cut short, since the ceiling for today leaves no more room." if self.is_cut_by_ceiling else ""

    @property
    def _held(self) -> str:
        match self.hold:
            case Hold.DONE:
                return f"all {SESSIONS} sessions are done. Checks follow after 1, 3 and 6 months."
            case Hold.GIVEN_UP:
                return "you ended it. A new one begins with a new baseline."
            case Hold.LAPSED:
                return (
                    f"over, since there was no session for {OVER_AFTER_DAYS} days. A new one begins with a new "
                    "baseline."
                )
            case Hold.RED:
                return (
                    "stopped, since the light was red, until it has been green on two days. When walking and the "
                    "mornings are as usual, begin with a short easy run without sound; the programme then goes one "
                    "step back."
                )
            case Hold.AMBER:
                return (
                    "the first session waits for a green day, since the light is amber. Until then run as usual, no "
                    "longer and no faster than the last run."
                )
            case Hold.LOWER_LEG:
                return (
                    f"held, since this is new: {self.new_pain}. Landing softer or quicker can move load from the knee "
                    "to calf, Achilles tendon and foot. It goes on with the same session on a day after it is gone; "
                    "if it stays for two weeks, have a physiotherapist look at it."
                )
            case Hold.STRIKE:
                now = "fewer" if self.strike_percent is None else f"{self.strike_percent:.0f} %"
                own = "" if self.own_strike_percent is None else f" instead of {self.own_strike_percent:.0f} %"
                return (
                    f"held, since your landing has moved towards the forefoot: {now}{own} of your strides landed on "
                    "the heel. Nobody asked for that, and it moves load to calf and Achilles tendon. Run as you "
                    f"usually land; within {MOST_STRIKE_SHIFT:.0f} points of your own the programme goes on."
                )
            case Hold.REST if self.days_since == 0:
                return "done for today. Tell how it felt, and the next step opens when the light is green."
            case Hold.REST:
                return "a day of rest from it, as there is one between any two sessions."
            case Hold.CEILING | None:
                return f"no session: the ceiling for today leaves less than {LEAST_MINUTES} min at your usual speed."


def programme_today(state: State, day: date, most_minutes: float | None = None) -> ProgrammeToday:
    """Return the rule of a day.

    Parameters
    ----------
    most_minutes
        What the ceiling leaves room for at the usual speed; `None` where it is not known.
    """
    begun, plan, free = state.begun, state.plan_on(day, most_minutes), state.plan_on(day)
    step, minutes = (state.step, 0) if isinstance(plan, Hold) else (plan.step, plan.minutes)
    return ProgrammeToday(
        begun.kind,
        begun.percent,
        plan if isinstance(plan, Hold) else None,
        step,
        minutes,
        state.colour,
        any(held.counts and held.step == step for held in state.sessions),
        (day - state.last_day).days if state.sessions else None,
        state.new_pain,
        state.strike_percent,
        begun.baseline.rearfoot_percent if state.strike_percent is not None else None,
        not isinstance(plan, Hold) and not isinstance(free, Hold) and plan.minutes < free.minutes,
    )


def next_days(
    state: State, first: date, last: date, most_minutes: Callable[[date], float | None] = lambda _: None
) -> list[tuple[date, SessionPlan]]:
    """Return the sessions from one day to another as they come if each is done whole and the light stays green.

    Parameters
    ----------
    most_minutes
        What the ceiling of a day leaves room for; `None` where it is not known.

    Where something holds that only the runner's words can lift, there are none.
    """
    day, found = first, []
    current: State | None = state
    while current is not None and day <= last:
        plan = current.plan_on(day, most_minutes(day))
        if isinstance(plan, SessionPlan):
            found.append((day, plan))
            current = _as_if_done(current, day, plan)
        elif plan is Hold.AMBER:
            current = replace(current, colour=Colour.GREEN)  # from the next day on, if it is green then
        elif plan not in (Hold.REST, Hold.CEILING):
            break
        day += timedelta(days=1)
    return found


def begins(begun: Begun, colour: Colour) -> str:
    """Return what is told when a programme begins, or may, under a light."""
    told = (
        f"{NAMES[begun.kind]} begins: {SESSIONS} sessions, every {DAYS_APART} days or a little more, from "
        f"{SESSION_MINUTES[0]} to {SESSION_MINUTES[-1]} min. "
        f"{target_of(begun.kind, begun.percent).words}."
    )
    if colour is not Colour.AMBER:
        return told
    return f"{told} The light is amber: it may be begun, and its first session comes on the first green day."


def _as_if_done(state: State, day: date, plan: SessionPlan) -> State | None:
    minutes = float(plan.minutes)
    held = Held(f"planned-{day}", day, plan.step, minutes, minutes, plan.cued_minutes, True)
    if plan.step == SESSIONS:
        return None
    return replace(
        state, step=plan.step, may_step=True, colour=Colour.GREEN, ambers=0, sessions=(*state.sessions, held)
    )
