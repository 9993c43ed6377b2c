"""What happened in programmes, plans of exercises and try-outs, as one kind of event, and how one is written and read.

Each is a JSON object on one line: `of` says which of the three it belongs to, `kind` which event of these it is, and
`inputs` what it was made from.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, TypeVar

import msgspec

from footfall_coaching.exercises import events as exercises
from footfall_coaching.exercises.events import ExercisesBegun, ExercisesDone, ExercisesGivenUp, WalkedBackwards
from footfall_coaching.programme import events as programme
from footfall_coaching.programme.events import Kept as ProgrammeEvent
from footfall_coaching.programme.events import Ran
from footfall_coaching.try_out.events import AnyEvent as TryOutEvent
from footfall_coaching.try_out.events import Begun as TryOutBegun
from footfall_coaching.try_out.events import Event as _TryOutEvent
from footfall_processing.errors import InputError

ExerciseEvent: TypeAlias = ExercisesBegun | ExercisesDone | WalkedBackwards | ExercisesGivenUp
PlanEvent: TypeAlias = ProgrammeEvent | ExerciseEvent | TryOutEvent
"""What is kept of a runner's plan; what follows from the log, such as lights, is not."""


EventT = TypeVar("EventT", ProgrammeEvent, ExerciseEvent)


class Of(StrEnum):
    """What an event belongs to."""

    PROGRAMME = "programme"
    EXERCISES = "exercises"
    TRY_OUT = "try-out"


class Line(msgspec.Struct, forbid_unknown_fields=True):
    """An event as it is written."""

    of: Of
    kind: str
    inputs: dict[str, object]


def line_of(event: PlanEvent) -> Line:
    """Return an event as it is written."""
    if isinstance(event, _TryOutEvent):
        inputs: dict[str, object] = msgspec.to_builtins(event)
        return Line(Of.TRY_OUT, str(inputs.pop("event")), inputs)
    if isinstance(event, ProgrammeEvent):
        return Line(Of.PROGRAMME, *programme.kept_as(event))
    return Line(Of.EXERCISES, *exercises.kept_as(event))


def event_of(line: Line) -> PlanEvent:
    """Make an event again.

    Raises
    ------
    InputError
        Where no such event is known here, or its inputs are not its own.
    """
    event: object
    try:
        match line.of:
            case Of.TRY_OUT:
                event = msgspec.convert({**line.inputs, "event": line.kind}, TryOutEvent)
            case Of.PROGRAMME:
                event = programme.event_of(line.kind, line.inputs)
            case Of.EXERCISES:
                event = exercises.event_of(line.kind, line.inputs)
    except (msgspec.ValidationError, OverflowError) as error:
        raise InputError(f"an event {line.kind!r} of a {line.of.value} holds what it can't: {error}") from error
    if not isinstance(event, PlanEvent):
        raise InputError(f"an event {line.kind!r} follows from the log, and is not kept")
    at_utc = moment_of(event)
    if at_utc is not None and at_utc.tzinfo is None:
        raise InputError(f"the moment of an event {line.kind!r} has no time zone")
    return event


def written(event: PlanEvent) -> str:
    """Return an event as one line of JSON."""
    return msgspec.json.encode(line_of(event)).decode()


def read(line: str) -> PlanEvent:
    """Return the event that a line says; `InputError` where it says none."""
    try:
        return event_of(msgspec.json.decode(line, type=Line))
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise InputError(f"an event of a plan can't be read: {error}") from error


def moment_of(event: PlanEvent) -> datetime | None:
    """Return when an event was; those of a try-out have their order alone."""
    return None if isinstance(event, _TryOutEvent) else event.at_utc


def session_of(event: PlanEvent) -> str:
    """Return the id of the session that an event is told of, again as it goes on; empty for events without one."""
    return event.session_id if isinstance(event, Ran | ExercisesDone) else ""


def programme_events(events: Iterable[PlanEvent]) -> list[ProgrammeEvent]:
    """Return those of programmes, as `_as_told`."""
    return _as_told([event for event in events if isinstance(event, ProgrammeEvent)])


def exercise_events(events: Iterable[PlanEvent]) -> list[ExerciseEvent]:
    """Return those of plans of exercises, as `_as_told`."""
    return _as_told([event for event in events if isinstance(event, ExerciseEvent)])


def _as_told(events: list[EventT]) -> list[EventT]:
    """Return events that are in the order in which they were told, beginnings and ends dated in that order too.

    A clock that was ahead and is set right makes what is told after it look earlier: a programme that was ended would
    go on.
    """
    next_utc: datetime | None = None
    for place, event in reversed(list(enumerate(events))):
        if isinstance(event, programme.Begun | programme.GivenUp | ExercisesBegun | ExercisesGivenUp):
            if next_utc is not None and event.at_utc > next_utc:
                events[place] = event = replace(event, at_utc=next_utc - timedelta.resolution)
            next_utc = event.at_utc
    return events


def try_outs(events: Iterable[PlanEvent]) -> list[list[TryOutEvent]]:
    """Return the events of each try-out and recall check, the latest last; each begins with `Begun`."""
    found: list[list[TryOutEvent]] = []
    for event in events:
        if isinstance(event, TryOutBegun):
            found.append([event])
        elif isinstance(event, _TryOutEvent) and found:
            found[-1].append(event)
    return found
