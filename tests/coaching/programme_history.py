"""A runner with sensors, and a programme, for tests."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from coaching.history import DAY, NOW, run
from footfall_coaching.light_rule import Colour
from footfall_coaching.programme.baseline import Baseline, LegBaseline
from footfall_coaching.programme.events import Begun, Event, LightTold, Ran
from footfall_coaching.programme.kind import ProgrammeKind
from footfall_coaching.programme.sessions import SessionPlan
from footfall_coaching.programme.state import State, state_of
from footfall_coaching.run import LegPart, Minute, Run
from footfall_processing.gait import Activity, Strike
from footfall_processing.session import Placement, Side

START: Final = NOW.replace(hour=8)
BASELINE: Final = Baseline(
    "peak_tibial_acc_g",
    3.0,
    (LegBaseline(Side.LEFT, 8.0, 7.6, 8.4, 900), LegBaseline(Side.RIGHT, 7.0, 6.6, 7.4, 900)),
    90.0,
    3,
)
BEGUN: Final = Begun(START, ProgrammeKind.IMPACT, 80.0, BASELINE)


def at(days: float, hours: float = 0.0) -> datetime:
    """Return a moment so long after the beginning."""
    return START + days * DAY + timedelta(hours=hours)


def day_of(days: int) -> date:
    """Return a day so many after that of the beginning."""
    return (START + days * DAY).date()


def ran(days: float, minutes: float = 30.0, name: str = "") -> Ran:
    """Return a session in which no less than planned was run, unless told otherwise."""
    return Ran(at(days, 1.0), name or f"session-{days:g}", minutes, minutes, minutes)


def lit(days: float, colour: Colour, hours: float = 4.0) -> LightTold:
    """Return a light, told in the afternoon."""
    return LightTold(at(days, hours), colour)


def stands(*events: Event) -> State:
    """Return where the programme stands after events."""
    state = state_of([BEGUN, *events], UTC)
    assert state is not None
    return state


def followed(sessions: int) -> list[Event]:
    """Return the events of so many sessions, every second day, each green."""
    return [event for number in range(sessions) for event in (ran(2 * number), lit(2 * number, Colour.GREEN))]


def planned(state: State, days: int, most_minutes: float | None = None) -> SessionPlan:
    """Return the session of a day, which must have one."""
    plan = state.plan_on(day_of(days), most_minutes)
    assert isinstance(plan, SessionPlan), plan
    return plan


def sensed(
    days_ago: float,
    medians: Mapping[Side, float],
    *,
    metric: str = "peak_tibial_acc_g",
    speed_mps: float | None = 3.0,
    heel: float = 0.9,
    minutes: int = 8,
    strides: int = 80,
) -> Run:
    """Return a run of even minutes at one speed, both legs with a sensor on the shin."""

    def legs(count: int, wobble: float) -> Sequence[LegPart]:
        return tuple(
            LegPart(
                side,
                Placement.SHANK,
                Activity.RUN,
                count,
                0,
                {metric: value * wobble, **({} if speed_mps is None else {"speed_mps": speed_mps})},
                {Strike.REARFOOT: heel, Strike.NON_REARFOOT: 1.0 - heel},
            )
            for side, value in medians.items()
        )

    course = tuple(
        Minute(
            60.0 * number,
            60.0 * number + 60.0,
            None if speed_mps is None else speed_mps * 60.0 * (number + 1),
            legs(strides, 1.0 + 0.01 * (-1) ** number),
        )
        for number in range(minutes)
    )
    return dataclasses.replace(
        run(days_ago, None if speed_mps is None else speed_mps * 60.0 * minutes),
        duration_s=60.0 * minutes,
        running_s=60.0 * minutes,
        legs=legs(strides * minutes, 1.0),
        minutes=course,
    )
