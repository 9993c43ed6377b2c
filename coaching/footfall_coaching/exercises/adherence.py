"""What was done of a plan of exercises, beside what it asks for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from footfall_coaching.exercises.events import Event, ExercisesDone, ExercisesGivenUp
from footfall_coaching.exercises.session import next_sessions
from footfall_coaching.exercises.state import WEEK, WEEKS, State


@dataclass(frozen=True, slots=True)
class ExerciseAdherence:
    """What was done of a plan of exercises.

    Parameters
    ----------
    week
        Which of the twelve it is, or was when it ended, from 1.
    sessions_done, sessions_asked
        How many sessions there were, and how many there would have been until then at three in seven days: days on
        which red stopped them count as asked.
    whole, told
        How many exercises were done as planned in these sessions, of those that were told.
    worst_pain
        In an exercise; `None` where nothing was told.
    """

    week: int
    sessions_done: int
    sessions_asked: int
    whole: int
    told: int
    worst_pain: int | None


def exercise_adherence(state: State, events: Iterable[Event], now: datetime) -> ExerciseAdherence:
    """Return what was done until now, or until the plan ended; of today only what is done is asked for.

    Parameters
    ----------
    events
        What was kept of exercises, those before the plan too.
    now
        Days begin at the midnights of its zone.
    """
    own = [event for event in events if state.begun.at_utc <= event.at_utc <= now]
    ends = [event.at_utc.astimezone(now.tzinfo).date() for event in own if isinstance(event, ExercisesGivenUp)]
    until = min([now.date(), state.ends_on, *ends])
    as_begun = State(state.begun, state.begun_on)
    asked = sum(1 for _ in next_sessions(as_begun, state.begun_on, until - timedelta(days=1)))
    ids = {session_id for _, session_id in state.sessions}
    done = [event.done for event in own if isinstance(event, ExercisesDone) and event.session_id in ids]
    told = [one for session in done for one in session.values()]
    return ExerciseAdherence(
        min(WEEKS, (until - state.begun_on) // WEEK + 1),
        len(state.sessions),
        max(asked, len(state.sessions)),
        sum(one.whole for one in told),
        len(told),
        max((one.pain for one in told), default=None),
    )
