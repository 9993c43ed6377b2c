"""What the forms of the plan say, as events to keep; or in words why they can't be."""

from collections.abc import Mapping
from datetime import datetime

from footfall_coaching.exercises.events import ExercisesBegun, ExercisesGivenUp, WalkedBackwards
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.plan_events import PlanEvent
from footfall_coaching.programme.beginning import NotYet, beginning_of
from footfall_coaching.programme.events import GivenUp, Ran
from footfall_coaching.programme.from_log import JUST_BEFORE
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.state import OVER
from footfall_dashboards.runner.plan_choices import KNEES, TARGETS, WALKING
from footfall_dashboards.runner.plan_today import MOST_MINUTES, ONE_WITHOUT, recent_runs
from footfall_dashboards.runner.planning import Planning
from footfall_processing.errors import InputError

DONE = {
    **{f"begin-{kind.value}": "The programme has begun." for kind in ProgrammeKind},
    "begin-exercises": "The exercises have begun.",
    "stop-programme": "The programme is stopped.",
    "stop-exercises": "The exercises are stopped.",
    "ran": "The session is kept. Say on the page Log how it felt, and the next step opens when the light is green.",
    "walked": "The walk is kept.",
    "session": "The exercises of today are kept.",
}
"""What is said once a form was kept, by its name."""


def event_of(do: str, fields: Mapping[str, str], planning: Planning) -> PlanEvent:
    """Return the event that a form says.

    Raises
    ------
    InputError
        Where it can't be so, in words for the runner.
    """
    now = planning.now
    match do:
        case "begin-exercises":
            if planning.follows_exercises:
                raise InputError("exercises are followed already: stop them first")
            return ExercisesBegun(now, _track(fields), bool(fields.get(WALKING)), bool(fields.get(KNEES)))
        case "stop-exercises":
            if not planning.follows_exercises:
                raise InputError("no exercises are followed, so there is nothing to stop")
            return ExercisesGivenUp(now)
        case "stop-programme":
            if not planning.follows_programme:
                raise InputError("no programme is followed, so there is nothing to stop")
            return GivenUp(now)
        case "ran":
            return _ran(fields, planning)
        case "walked":
            if not planning.follows_exercises:
                raise InputError("no exercises are followed: begin them first")
            return WalkedBackwards(now, _minutes(fields, "minutes", "how long you walked"))
        case _:
            return _begun(ProgrammeKind(do.removeprefix("begin-")), fields, planning)


def _begun(kind: ProgrammeKind, fields: Mapping[str, str], planning: Planning) -> PlanEvent:
    if planning.follows_programme:
        raise InputError("a programme is followed already: stop it first")
    percent = next((one for one in TARGETS[kind] if f"{one:g}" == fields.get("percent")), None)
    if percent is None:
        raise InputError("choose a target from the form")
    found = beginning_of(kind, planning.runs, planning.pains, planning.signs, planning.now, percent)
    if isinstance(found, NotYet):
        raise InputError(found.words.rstrip("."))
    return found


def _ran(fields: Mapping[str, str], planning: Planning) -> PlanEvent:
    state, which = planning.plan.programme, fields.get("run", "")
    if state is None or state.over in OVER:
        raise InputError("no programme is followed: begin one first")
    minutes = _minutes(fields, "minutes", "how long you ran")
    cued = _minutes(fields, "cued", "how long the sound was on")
    if cued > minutes:
        raise InputError("the sound can't have been on for longer than you ran")
    at_utc, session_id = _which(which, planning)
    planned = planning.planned_minutes(at_utc - JUST_BEFORE, session_id)
    return Ran(at_utc, session_id, minutes if planned is None else planned, minutes, cued)


def _which(which: str, planning: Planning) -> tuple[datetime, str]:
    """Return when a session began, and its id; days begin at the midnights of the runner's clock."""
    if which == ONE_WITHOUT:
        return planning.now, f"told-{planning.now.date():%Y%m%d}"
    run = next((run for run in recent_runs(planning) if run.session_id == which), None)
    if run is None or run.started_utc is None:
        raise InputError("choose which run it was")
    return run.started_utc.astimezone(planning.now.tzinfo), run.session_id


def _track(fields: Mapping[str, str]) -> Track:
    if fields.get("track") not in list(Track):
        raise InputError("choose what the exercises are for")
    return Track(fields["track"])


def _minutes(fields: Mapping[str, str], name: str, what: str) -> float:
    value = fields.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) <= 3 and int(value) <= MOST_MINUTES):
        raise InputError(f"say {what} in whole minutes, {MOST_MINUTES} at most")
    return float(value)
