"""`footfall plan`: what to do today and this week, and what is told of it."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from footfall_coaching.exercises.catalogue import exercise_of
from footfall_coaching.exercises.events import Done, ExercisesBegun, ExercisesDone, ExercisesGivenUp
from footfall_coaching.exercises.exercise import Track
from footfall_coaching.exercises.session import NAMES as TRACK_NAMES
from footfall_coaching.light import light_of
from footfall_coaching.plan import Plan
from footfall_coaching.plan_events import exercise_events
from footfall_coaching.plan_kept import done_on, exercises_of_day, session_id_on
from footfall_coaching.programme.beginning import NotYet, beginning_of
from footfall_coaching.programme.events import GivenUp
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.rule import NAMES as PROGRAMME_NAMES
from footfall_coaching.programme.rule import begins
from footfall_coaching.programme.state import OVER
from footfall_coaching.today import mornings_asked
from footfall_coaching.told import message_of
from footfall_gateway import console, wire
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, RunnerName
from footfall_gateway.commands.plan_shown import lines_of, object_of
from footfall_gateway.commands.whose import whose
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.own_files import create_own
from footfall_gateway.runner_names import as_compared
from footfall_gateway.store.database import Store
from footfall_gateway.store.lookup import open_store
from footfall_gateway.store.standing import plan_for
from footfall_processing.errors import InputError


class What(StrEnum):
    """What can be followed: two programmes, and three tracks of exercises."""

    IMPACT = "impact"
    CADENCE = "cadence"
    HIP = "hip"
    KNEE = "knee"
    COMBINED = "combined"


class Part(StrEnum):
    """A part of the plan."""

    PROGRAMME = "programme"
    EXERCISES = "exercises"


def show(*, runner: RunnerName = "", data_dir: DataFolder = DEFAULT_DATA_FOLDER, json: bool = False) -> None:
    """Show what there is to do today and why, and the week as it comes if all is done and the light stays green.

    Parameters
    ----------
    runner
        Whose plan, where a data folder is shared by several runners; by default the only one that is followed.
    data_dir
        Where the store is.
    json
        Print one JSON line.
    """
    now = _now()
    if not store_path(data_dir).exists():
        raise GatewayError(
            f"{store_path(data_dir)}: there is no store yet, and so no plan. Exercises can begin at once (footfall "
            "plan begin combined), a programme after two runs; or name another folder with --data-dir"
        )
    with open_store(data_dir) as store:
        runner = _whose(store, data_dir, runner)
        plan = plan_for(store, runner, now)
        store.answers.tell(*(message_of(rule, runner, "", now) for rule in plan.rules))
    if json:
        console.write_line(wire.json_line(object_of(plan)))
        return
    for line in lines_of(plan):
        console.write_line(line)


def begin(
    what: Annotated[What, Parameter(name="WHAT")],
    /,
    *,
    percent: float | None = None,
    backward_walking: bool = False,
    knees_over_toes: bool = False,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Begin a programme of softer landing or quicker steps, or exercises.

    A programme begins from your own values of the last four weeks; where they are not known, or something hurts that
    it could load, it says what to do first. A programme and exercises can be followed together.

    Parameters
    ----------
    what
        impact (land softer) or cadence (quicker, shorter steps); or exercises for the hip, the knee, or combined.
    percent
        The programme's target in percent of your own: of impact 80 (the usual one) down to 50, of cadence 105 to 110
        (107.5).
    backward_walking
        With the exercises, walk backwards three times a week.
    knees_over_toes
        Let the exercises have knees over toes later, after two green weeks.
    runner
        Who follows it, where a data folder is shared by several runners.
    data_dir
        Where the store is.
    """
    now = _now()
    is_programme = what.value in set(ProgrammeKind)
    if is_programme and (backward_walking or knees_over_toes):
        raise InputError("--backward-walking and --knees-over-toes are of exercises; begin hip, knee or combined")
    if not is_programme and percent is not None:
        raise InputError("--percent is of a programme; begin impact or cadence")
    make_folders(data_dir)
    with Store.open(store_path(data_dir)) as store:
        runner = _whose(store, data_dir, runner, is_new=True)
        plan = plan_for(store, runner, now)
        going_on = _going_on(plan, now).get(Part.PROGRAMME if is_programme else Part.EXERCISES)
        if going_on:
            part = Part.PROGRAMME if is_programme else Part.EXERCISES
            raise GatewayError(f"followed already: {going_on}; end that first: footfall plan stop {part.value}")
        if not is_programme:
            event = ExercisesBegun(now, Track(what.value), backward_walking, knees_over_toes)
            store.plans.note(runner, now, event)
            words = f"{TRACK_NAMES[event.track]} begin: 12 weeks, three days in seven. footfall plan show has today's."
        else:
            answers = store.answers
            runs, pains, signs = store.log.runs(runner), answers.pains(runner), answers.signs(runner)
            begun = beginning_of(ProgrammeKind(what.value), runs, pains, signs, now, percent)
            if isinstance(begun, NotYet):
                raise GatewayError(begun.words)
            store.plans.note(runner, now, begun)
            words = begins(begun, light_of(runs, pains, signs, now).colour)
    console.write_line(words)


def stop(
    what: Annotated[Part | None, Parameter(name="WHAT")] = None,
    /,
    *,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """End a programme or exercises for good; what was done stays.

    Parameters
    ----------
    what
        programme or exercises; not needed where only one of them is followed.
    runner
        Who follows it, where a data folder is shared by several runners.
    data_dir
        Where the store is.
    """
    now = _now()
    with open_store(data_dir) as store:
        runner = _whose(store, data_dir, runner)
        going_on = _going_on(plan_for(store, runner, now), now)
        if not going_on or (what is not None and what not in going_on):
            raise GatewayError(
                f"no {'plan' if what is None else what.value} is followed; footfall plan show says what is"
            )
        if what is None and len(going_on) > 1:
            raise GatewayError(
                "a programme and exercises are followed: say which to end, such as footfall plan stop programme"
            )
        ended = next(iter(going_on)) if what is None else what
        store.plans.note(runner, now, GivenUp(now) if ended is Part.PROGRAMME else ExercisesGivenUp(now))
    console.write_line(f"Ended: {going_on[ended]}")


def done(
    *exercises: Annotated[str, Parameter(name="EXERCISE")],
    pain: int,
    in_reserve: int | None = None,
    not_whole: bool = False,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Tell how today's exercises went. Once more for the same exercise takes the earlier answer's place.

    A run of a programme is counted by itself when it is recorded.

    Parameters
    ----------
    exercises
        Which of today's, by the names that this prints; by default all of them.
    pain
        How much it hurt in the exercise, from 0 (none) to 10 (the worst thinkable).
    in_reserve
        How many repetitions more you could have done.
    not_whole
        Not all sets were done.
    runner
        Who did them, where a data folder is shared by several runners.
    data_dir
        Where the store is.
    """
    now = _now()
    told = Done(not not_whole, pain, in_reserve)
    with open_store(data_dir) as store:
        runner = _whose(store, data_dir, runner)
        answers, events = store.answers, store.plans.events(runner)
        session = exercises_of_day(events, store.log.runs(runner), answers.pains(runner), answers.signs(runner), now)
        if session is None:
            raise GatewayError("there are no exercises today; footfall plan show says why")
        keys = [item.exercise.key for item in session.items]
        for key in exercises:
            exercise_of(key)
            if key not in keys:
                raise InputError(f"{key!r} is none of today's exercises, which are {', '.join(keys)}")
        before = done_on(exercise_events(events), now.date())
        so_far = {} if before is None else dict(before.done)
        at_utc = now if before is None else before.at_utc
        event = ExercisesDone(at_utc, session_id_on(now.date()), so_far | dict.fromkeys(exercises or keys, told))
        store.plans.note(runner, now, event)
    for key, one in event.done.items():
        whole = "done" if one.whole else "not whole"
        reserve = "" if one.in_reserve is None else f", {one.in_reserve} left in reserve"
        console.write_line(f"{key}: {whole}, pain {one.pain} of 10{reserve}")
    if missing := [key for key in keys if key not in event.done]:
        console.write_line(f"Not told yet: {', '.join(missing)}")


def calendar(
    file: Annotated[Path, Parameter(name="FILE")],
    /,
    *,
    runner: RunnerName = "",
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Write a calendar: what is planned in the next twelve weeks, how far to run at most, and the mornings' question.

    A calendar that takes a newer file shows the newer days, as events keep their ids.

    Parameters
    ----------
    file
        The file to write, ending in .ics; one that is there is replaced.
    runner
        Whose calendar, where a data folder is shared by several runners.
    data_dir
        Where the store is.
    """
    from footfall_dashboards.runner.calendar_page import calendar_of  # its libraries take long

    if file.suffix.lower() != ".ics":
        raise GatewayError(f"{file}: a calendar ends in .ics; give it such a name")
    now = _now()
    with open_store(data_dir) as store:
        runner = _whose(store, data_dir, runner)
        runs, pains = store.log.runs(runner), store.answers.pains(runner)
        planned = plan_for(store, runner, now).ahead
    content = calendar_of(runs, runner, now, mornings_asked(runs, pains, now), planned=planned)
    new = file.with_name(f".{file.name}.new")
    try:
        new.unlink(missing_ok=True)
        with create_own(new) as written:
            written.write(content)
        new.replace(file)
    except OSError as error:
        raise GatewayError(f"{file}: can't be written ({error.strerror})") from error
    console.write_line(f"Written: {file}")


def _whose(store: Store, folder: Path, runner: str, *, is_new: bool = False) -> str:
    """Return whose plan is meant: where nobody is named, that of the only one who follows any, or who has runs.

    Parameters
    ----------
    is_new
        Whether it may be somebody of whom nothing is kept yet.
    """
    followers = set() if is_new else store.plans.names()
    names = (followers if not runner and followers else set()) or store.log.names() | store.answers.names()
    if not names or (is_new and runner and not any(as_compared(name) == as_compared(runner) for name in names)):
        return runner
    return whose(store_path(folder), names, runner, "plan")


def _now() -> datetime:
    return SystemClock().utc_now().astimezone(LocalZone())


def _going_on(plan: Plan, now: datetime) -> dict[Part, str]:
    """Return what is followed, and what it is called; what lapsed, or is at its end, is not."""
    found = {}
    if plan.programme is not None and plan.programme.hold_on(now.date()) not in OVER:
        found[Part.PROGRAMME] = PROGRAMME_NAMES[plan.programme.begun.kind]
    if plan.exercises is not None and plan.exercises.over is None and now.date() < plan.exercises.ends_on:
        found[Part.EXERCISES] = TRACK_NAMES[plan.exercises.begun.track]
    return found
