"""A run that is the session which the programme asked for on its day.

It is one where, as things stood just before it began, a session was due, and at least half as long was run as that
asks for: less is a run for the bus. Whether it was done whole is the state's to say (`state.WHOLE`). Which of its
minutes had the cue on only the cue itself can tell; a run that was recorded without one had none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.programme.events import MOST_MINUTES, Kept, Ran
from footfall_coaching.programme.from_log import JUST_BEFORE, events_of
from footfall_coaching.programme.sessions import SESSIONS, SessionPlan
from footfall_coaching.programme.state import state_of
from footfall_coaching.room import Room
from footfall_coaching.run import Run

LEAST_OF_PLANNED: Final = 0.5
"""Share of a session's minutes that must be run for a run to be that session."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A run as a session: what is to be kept, and which session it is."""

    ran: Ran
    plan: SessionPlan

    @property
    def words(self) -> str:
        """What the runner is told."""
        return (
            f"This run counts as session {self.plan.step} of {SESSIONS} of your programme: {self.ran.minutes:.0f} of "
            f"{self.plan.minutes} min run."
        )


def recognised(
    run: Run,
    kept: Iterable[Kept],
    runs: Iterable[Run],
    pains: Iterable[Pain],
    signs: Iterable[SignNote],
    zone: tzinfo,
) -> Recognised | None:
    """Return the session that a run is; `None` where it is none, or nothing new is to be told of it.

    Parameters
    ----------
    kept, runs, pains, signs
        All of the runner's.
    zone
        Days are those of this zone.
    """
    if run.started_utc is None or run.is_demo:
        return None
    all_kept, all_runs = list(kept), list(runs)
    before = run.started_utc.astimezone(zone) - JUST_BEFORE
    told = next((one for one in all_kept if isinstance(one, Ran) and one.session_id == run.session_id), None)
    others = [one for one in all_kept if one is not told]
    state = state_of(events_of(others, all_runs, pains, signs, before), zone)
    if state is None:
        return None
    plan = state.plan_on(
        before.date(), Room(state.begun.baseline.speed_mps, all_runs, before).minutes_on(before.date())
    )
    minutes = min(run.running_s / 60.0, MOST_MINUTES)
    if not isinstance(plan, SessionPlan) or minutes < LEAST_OF_PLANNED * plan.minutes:
        return None
    if told is None:
        return Recognised(Ran(run.started_utc, run.session_id, float(plan.minutes), minutes, 0.0), plan)
    return Recognised(replace(told, minutes=minutes), plan) if minutes > told.minutes else None
