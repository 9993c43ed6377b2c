"""How a programme goes: each session's value at the usual speed beside the own one before, and what was done."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from footfall_coaching.counted import counted
from footfall_coaching.course import Courses
from footfall_coaching.matched import levels
from footfall_coaching.programme.baseline import LOOK_BACK
from footfall_coaching.programme.kind import ProgrammeKind, target_of
from footfall_coaching.programme.sessions import SESSIONS, session_plan
from footfall_coaching.programme.state import State
from footfall_coaching.run import Run
from footfall_coaching.spread import percent
from footfall_processing.session import Side

SAME_LEG_SPEED: Final = "at your usual speed"


@dataclass(frozen=True, slots=True)
class LegProgress:
    """A leg's value in one session, at the speed of the baseline, with its 95 % interval.

    Parameters
    ----------
    change_percent, low_percent, high_percent
        Against the leg's baseline; the interval is that of the session's mean alone.
    reaches_target
        Whether it is at the target or beyond it.
    """

    session_id: str
    step: int
    side: Side | None
    value: float
    change_percent: float
    low_percent: float
    high_percent: float
    reaches_target: bool

    @property
    def words(self) -> str:
        """The change with its interval, without a full stop."""
        leg = "" if self.side is None else f"{self.side.value} "
        return (
            f"session {self.step}, {leg}leg: {self.change_percent:+.0f} % "
            f"({self.low_percent:+.0f} to {self.high_percent:+.0f}) {SAME_LEG_SPEED}"
        )


def progress_of(state: State, runs: Iterable[Run], known: Courses | None = None) -> list[LegProgress]:
    """Return the progress of each session that had minutes enough near the usual speed, in the order of sessions.

    Parameters
    ----------
    known
        Where courses are kept that are asked for again.
    """
    begun, steps = state.begun, {held.session_id: held.step for held in state.counted}
    before = {leg.side: leg for leg in begun.baseline.legs}
    target = target_of(begun.kind, begun.percent)
    found = []
    last = max((held.day for held in state.counted), default=state.begun_on)
    own = [
        run
        for started, run in counted(runs)
        if begun.at_utc - LOOK_BACK <= started and started.date() <= last + timedelta(days=1)
    ]
    for level in levels(own, begun.baseline.metric_name, begun.baseline.speed_mps, known=known):
        leg = before.get(level.stream.side)
        step = steps.get(level.run.session_id)
        if leg is None or step is None:
            continue
        value, usual = math.exp(level.mean), math.log(leg.value)
        is_there = (
            value <= target.band(leg.value)[1]
            if begun.kind is ProgrammeKind.IMPACT
            else value >= target.band(leg.value)[0]
        )
        found.append(
            LegProgress(
                level.run.session_id,
                step,
                level.stream.side,
                value,
                percent(level.mean - usual),
                percent(level.mean - level.half_width - usual),
                percent(level.mean + level.half_width - usual),
                is_there,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Adherence:
    """What was done of a programme.

    Parameters
    ----------
    sessions_done, sessions
        Steps done whole, of all.
    minutes, planned_minutes
        Run in sessions that count, and as they were planned.
    cued_minutes, planned_cued_minutes
        With the cue heard, and as planned.
    """

    sessions_done: int
    sessions: int
    minutes: float
    planned_minutes: float
    cued_minutes: float
    planned_cued_minutes: float

    @property
    def words(self) -> str:
        """What was done, in one line."""
        if not self.minutes:
            return f"{self.sessions_done} of {self.sessions} sessions done."
        return (
            f"{self.sessions_done} of {self.sessions} sessions done, {self.minutes:.0f} min run, "
            f"{self.cued_minutes:.0f} of {self.planned_cued_minutes:.0f} min with the sound."
        )


def adherence_of(state: State) -> Adherence:
    """Return what was done so far."""
    counted = state.counted
    return Adherence(
        len({held.step for held in counted if held.is_whole}),
        SESSIONS,
        sum(held.minutes for held in counted),
        sum(held.planned_minutes for held in counted),
        sum(held.cued_minutes for held in counted),
        sum(session_plan(held.step, int(held.planned_minutes)).cued_minutes for held in counted),
    )
