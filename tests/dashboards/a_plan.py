"""Made-up runners who follow a plan: in week two of it, held by amber, stopped by red, and done."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from dashboards.a_diary import NOW, RUNNER, ADiary, Legs, a_run
from footfall_coaching.answers import Pain, PainSite, Phase, Sign, SignNote
from footfall_coaching.exercises.events import Done, ExercisesBegun, ExercisesDone
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.exercises.session import Session, session_on
from footfall_coaching.exercises.state import state_of
from footfall_coaching.plan_events import ExerciseEvent
from footfall_coaching.programme.beginning import beginning_of
from footfall_coaching.programme.events import Begun, Ran
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.sessions import SESSION_MINUTES, SESSIONS, session_plan
from footfall_coaching.run import Run
from footfall_coaching.try_out.events import Begun as TryOutBegun
from footfall_coaching.try_out.events import Ended, Opened, PainTold, PartBegun, PartDone, WarmedUp, Why
from footfall_coaching.try_out.plan import Cue, eight_blocks
from footfall_coaching.try_out.seal import Opening, draw
from footfall_processing.session import Side

SPEED_MPS: Final = 2.9
SOFTER: Final = (0.97, 0.93, 0.88, 0.84, 0.80, 0.79, 0.78, 0.78)
"""Of the own impact, session by session."""


def in_week_two(now: datetime = NOW, sessions: int = 4) -> ADiary:
    """Somebody who began ten days ago, runs a session every other day, and did the exercises; all green."""
    return following(now, sessions, days=10.0)


def held_by_amber(now: datetime = NOW) -> ADiary:
    """The same, but the last session hurt: 4 of 10 in the knee."""
    diary = in_week_two(now)
    last = next(iter(_newest(diary)))
    assert last.started_utc is not None
    diary.pains_told.append(
        Pain(RUNNER, last.session_id, last.started_utc + timedelta(hours=1), Phase.DURING, PainSite.KNEE, Side.LEFT, 4)
    )
    return diary


def stopped_by_red(now: datetime = NOW) -> ADiary:
    """The same, but the knee is swollen this morning."""
    diary = in_week_two(now)
    diary.signs_told.append(SignNote(RUNNER, "", now - timedelta(hours=9), Sign.SWELLING))
    return diary


def done(now: datetime = NOW) -> ADiary:
    """Somebody who ran all sessions, the last one five weeks ago, and has run as usual since."""
    diary = following(now, SESSIONS, days=52.0)
    for number in range(12):
        _add(diary, now - timedelta(days=34 - 3 * number, hours=6), 6.0, 0.9)
    return diary


def about_to_begin(now: datetime = NOW) -> ADiary:
    """Somebody with two weeks of runs behind, who follows nothing yet."""
    diary = following(now, 0, days=1.0)
    diary.planned = {}
    return diary


def following(now: datetime, sessions: int, *, days: float) -> ADiary:
    """Somebody who began so many days ago, with two weeks of runs before it, and ran so many sessions since."""
    diary = ADiary()
    begun_utc = now - timedelta(days=days)
    for number in range(6):
        _add(diary, begun_utc - timedelta(days=14 - 2 * number, hours=3), 6.5, 1.0)
    begun = beginning_of(ProgrammeKind.IMPACT, _newest(diary), diary.pains_told, [], begun_utc)
    assert isinstance(begun, Begun), begun
    diary.planned[RUNNER] = [begun]
    for number in range(sessions):
        when = begun_utc + timedelta(days=2 * number, hours=4)
        minutes = SESSION_MINUTES[number]
        run = _add(diary, when, SPEED_MPS * 60.0 * minutes / 1000.0, SOFTER[number])
        cued = session_plan(number + 1).cued_minutes
        diary.planned[RUNNER].append(Ran(when, run.session_id, float(minutes), float(minutes), cued))
    diary.planned[RUNNER] += _exercises(begun_utc + timedelta(hours=1), min(sessions, 4))
    return diary


def in_a_try_out(parts: int = 3, now: datetime = NOW, *, level: int = 3, cued_level: int = 1) -> ADiary:
    """Somebody in a try-out, so many blocks of it over, and pain told after each; the next has not begun."""
    diary = following(now, 4, days=10.0)
    opening = draw(eight_blocks(Cue.IMPACT, PainSite.KNEE, Side.LEFT), Random(3), bytes(32))
    diary.openings[RUNNER, opening.seal] = opening
    diary.planned[RUNNER] += [TryOutBegun(opening.plan, opening.seal), WarmedUp(None), PainTold(level)]
    for part, is_cued in enumerate(opening.order[:parts]):
        told = PainTold(cued_level if is_cued else level)
        diary.planned[RUNNER] += [PartBegun(part, is_cued), PartDone(part, {}, None, None), told]
    if parts == len(opening.order):
        diary.planned[RUNNER] += [Ended(Why.COMPLETE), Opened(opening.order, opening.nonce)]
    return diary


def opening_of(diary: ADiary) -> Opening:
    """Return what the seal of the first try-out is opened with."""
    return next(iter(diary.openings.values()))


def in_a_block(now: datetime = NOW) -> ADiary:
    """Somebody whose fourth block was begun in another program."""
    diary = in_a_try_out(3, now)
    diary.planned[RUNNER].append(PartBegun(3, opening_of(diary).order[3]))
    return diary


def after_a_block(now: datetime = NOW) -> ADiary:
    """Somebody who is asked what hurt in the fourth block."""
    diary = in_a_block(now)
    diary.planned[RUNNER].append(PartDone(3, {}, None, None))
    return diary


def after_a_try_out(now: datetime = NOW) -> ADiary:
    """Somebody whose try-out is over."""
    return in_a_try_out(8, now)


def _exercises(begun_utc: datetime, sessions: int) -> Sequence[ExerciseEvent]:
    events: list[ExerciseEvent] = [ExercisesBegun(begun_utc, Track.COMBINED, with_backward_walking=True)]
    for number in range(sessions):
        at_utc = begun_utc + timedelta(days=2 * number + 1 + number // 3, hours=2)
        state = state_of(events, UTC)
        assert state is not None
        session = session_on(state, at_utc.date())
        assert isinstance(session, Session), session
        told = {item.exercise.key: Done(whole=True, pain=1, in_reserve=3) for item in session.items}
        events.append(ExercisesDone(at_utc, f"exercises-{at_utc:%Y%m%d}", told))
    return events


def _add(diary: ADiary, when: datetime, km: float, softer: float) -> Run:
    run = a_run(f"{when:%Y%m%dT%H%M%SZ}", when, km, speed_mps=SPEED_MPS, legs=Legs(8.4 * softer, 7.9 * softer))
    diary.kept[run.session_id] = run
    for phase, hours, level in ((Phase.DURING, 1.0, 1), (Phase.AFTER, 2.0, 0), (Phase.MORNING, 15.0, 0)):
        site, side = (PainSite.KNEE, Side.LEFT) if level else (None, None)
        diary.pains_told.append(Pain(RUNNER, run.session_id, when + timedelta(hours=hours), phase, site, side, level))
    return run


def _newest(diary: ADiary) -> list[Run]:
    dated = [(run.started_utc, run) for run in diary.kept.values() if run.started_utc is not None]
    return [run for _, run in sorted(dated, key=lambda one: one[0], reverse=True)]
