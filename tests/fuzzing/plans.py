"""Events of plans as the store keeps them, and what is told of them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from coaching.history import felt, run
from footfall_coaching.exercises.adherence import exercise_adherence
from footfall_coaching.exercises.state import WEEKS
from footfall_coaching.ledger import remake
from footfall_coaching.plan_events import PlanEvent, exercise_events, moment_of, programme_events, read, written
from footfall_coaching.plan_kept import exercises_of_day, plan_from, tests_of
from footfall_coaching.programme.progress import adherence_of, progress_of
from footfall_coaching.programme.recognised import recognised
from footfall_coaching.run import Run
from footfall_coaching.told import message_of
from footfall_coaching.try_out.beforehand import beforehand_of
from footfall_coaching.try_out.earlier import sealed_for
from footfall_coaching.try_out.result import result_of
from footfall_coaching.try_out.seal import Opening
from footfall_dashboards.runner.calendar_page import calendar_of
from footfall_gateway.errors import OutsideError
from footfall_gateway.outside import parse_json
from footfall_gateway.store.plans import read_event
from footfall_processing.errors import InputError
from fuzzing.door import Door
from fuzzing.mutations import Shape

NOW: Final = datetime(2026, 6, 25, 18, tzinfo=UTC)
RUNS: Final[tuple[Run, ...]] = tuple(run(days, 8000.0, f"run-{days}") for days in range(1, 14, 2))


def take_events(data: bytes) -> None:
    """Read events, and tell all that follows from them."""
    events: list[PlanEvent] = []
    for text in _texts(data):
        with suppress(OutsideError, InputError):
            events.append(read_event(text))
    for event in events:
        assert read(written(event)) == event, "it is written as another"
    pains = [felt(one, 1) for one in RUNS]
    last = max([NOW, *(at for event in events if (at := moment_of(event)) is not None)])
    for now in (NOW, last + timedelta(days=2)):
        told = plan_from(events, RUNS, pains, [], [], now)
        for rule in told.rules:
            message = message_of(rule, "", "", now)
            assert remake(message) == message.words
        assert len({item.key for item in told.ahead}) == len(told.ahead), "an id is another's too"
        calendar_of(RUNS, "", now, planned=told.ahead)
        exercises_of_day(events, RUNS, pains, [], now)
        if told.programme is not None:
            [one.words for one in progress_of(told.programme, RUNS)]
            adherence_of(told.programme).words.strip()
        if told.exercises is not None:
            done = exercise_adherence(told.exercises, exercise_events(events), now)
            assert done.sessions_done <= done.sessions_asked
            assert 1 <= done.week <= WEEKS
    for one in RUNS[:2]:
        recognised(one, programme_events(events), RUNS, pains, [], UTC)
    tests = tests_of(events)
    for number, stands in enumerate(tests):
        stands.step.value.strip()
        with suppress(InputError):
            beforehand_of(stands.plan).words.strip()
            result_of(stands, tests[:number]).words.strip()
        left = sealed_for(tests, stands.plan)
        assert left is None or left.opening is None, "an order that is known is run again"
    if not events:
        raise OutsideError("nothing of it is an event")


def _texts(data: bytes) -> list[str]:
    """Return the texts of events: each of a JSON list, as far as it is one."""
    try:
        return [msgspec.json.encode(one).decode() for one in msgspec.json.decode(data, type=list[object])]
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return [data.decode(errors="replace")]


def take_opening(data: bytes) -> None:
    """Read a sealed order as the store keeps it."""
    opening = parse_json(data, Opening, "a sealed order")
    assert len(opening.order) == opening.plan.parts
    opening.seal.strip()


DOORS: Final = (
    Door("plan-events", "events of a plan in the store, JSON", take_events, Shape.JSON, most_bytes=8192),
    Door("try-out-order", "a sealed order in the store, JSON", take_opening, Shape.JSON),
)
