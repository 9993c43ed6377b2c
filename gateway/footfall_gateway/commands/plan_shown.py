"""A runner's plan as `footfall plan show` prints it: in lines, and as JSON."""

from collections.abc import Iterator
from typing import Final

from footfall_coaching.cues.by_plan import by_session
from footfall_coaching.plan import ItemKind, Plan
from footfall_coaching.programme.rule import ProgrammeToday
from footfall_coaching.programme.state import State
from footfall_gateway import wire
from footfall_gateway.local_zone import LocalZone
from footfall_processing.metrics.catalogue import CADENCE, SPEED

CAN_BEGIN: Final = (
    "What can begin: a programme (footfall plan begin impact, or cadence) or exercises (footfall plan begin hip, knee "
    "or combined)."
)
NOTHING: Final = f"Nothing is followed. {CAN_BEGIN}"


def lines_of(plan: Plan) -> Iterator[str]:
    """Give what there is to do today and why, and the week."""
    if not plan.rules:
        yield NOTHING
        return
    for rule in plan.rules:
        yield rule.words
        if isinstance(rule, ProgrammeToday) and rule.plan is not None and plan.programme is not None:
            yield _aim(plan.programme)
    for item in plan.week[0].items:
        if item.kind is ItemKind.CHECK:
            yield f"{item.words} It is run from the page (footfall serve)."
    yield "" if plan.ahead else CAN_BEGIN
    for day in plan.week if plan.ahead else ():
        items = "; ".join(f"{item.title}, {item.minutes} min" for item in day.items)
        yield f"{day.day:%a %Y-%m-%d}  {items or '-'}"


def object_of(plan: Plan) -> wire.JsonObject:
    """Return a plan as `--json` prints it."""
    return {
        "today": [{"rule": rule.NAME, "words": rule.words} for rule in plan.rules],
        "session": _session_object(plan),
        "week": [
            {
                "day": day.day.isoformat(),
                "items": [
                    {
                        "key": item.key,
                        "kind": item.kind.value,
                        "title": item.title,
                        "minutes": item.minutes,
                        "words": item.words,
                        "card": item.card,
                    }
                    for item in day.items
                ],
            }
            for day in plan.week
        ],
    }


def _session_object(plan: Plan) -> wire.JsonObject | None:
    """Return today's session of the programme with its target; `None` where there is none."""
    session, asked = plan.session, by_session(plan)
    if session is None or asked is None:
        return None
    impact, cadence = asked.impact, asked.cadence
    return {
        "step": session.step,
        "warm_up_minutes": session.warm_up_minutes,
        "minutes": session.minutes,
        "cued_minutes": round(session.cued_minutes, 1),
        SPEED.name: asked.own_speed_mps,
        "most_impact_g": None
        if impact is None
        else {"both" if side is None else side.value: value for side, value in impact.target_g.items()},
        CADENCE.name: None if cadence is None else cadence.target_spm,
    }


def _aim(programme: State) -> str:
    from footfall_dashboards.runner.plan_words import aim_words  # its libraries take long
    from footfall_dashboards.runner.spoken import Spoken

    return aim_words(programme, Spoken(LocalZone()))
