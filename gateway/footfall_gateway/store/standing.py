"""Where a session of the store stands against its runner's ceiling, and its runner's light and plan."""

from datetime import datetime

from footfall_coaching.how_far import how_far, stand_of
from footfall_coaching.light import Light, light_of
from footfall_coaching.load import Ceiling, Stand
from footfall_coaching.plan import Plan
from footfall_coaching.plan_kept import plan_from
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.store.database import Store


def standing_of(store: Store, session_id: str) -> Stand | None:
    """Return where a run stands against the ceiling as it was when it began; `None` of what is no run of the log.

    That is a session that goes on, was cut off or lies in the bin, a demo, and a walk.
    """
    run = store.log.run(session_id)
    runs = [] if run is None else store.log.runs(run.runner_name)
    if run is None or run.is_demo or not run.is_run or run.session_id not in {one.session_id for one in runs}:
        return None
    pains, signs = store.answers.pains(run.runner_name), store.answers.signs(run.runner_name)
    return stand_of(run, runs, pains, signs, LocalZone())


def light_for(store: Store, runner_name: str, now: datetime) -> Light:
    """Return a runner's light for today, as the pages tell it; days are those of `now`'s zone."""
    answers = store.answers
    return light_of(store.log.runs(runner_name), answers.pains(runner_name), answers.signs(runner_name), now)


def ceiling_for(store: Store, header: RecordingHeader) -> Ceiling | None:
    """Return the ceiling for a run that begins now; `None` without a date, as nobody knows which 30 days count."""
    started, name = header.session.started_utc, header.session.runner_name
    if started is None:
        return None
    pains, signs = store.answers.pains(name), store.answers.signs(name)
    return how_far(store.log.runs(name), pains, signs, started.astimezone(LocalZone())).ceiling


def plan_for(store: Store, runner_name: str, now: datetime) -> Plan:
    """Return a runner's plan for today, as the pages tell it; days are those of `now`'s zone."""
    answers, runs = store.answers, store.log.runs(runner_name)
    pains, signs = answers.pains(runner_name), answers.signs(runner_name)
    return plan_from(store.plans.events(runner_name), runs, pains, signs, answers.told(runner_name), now)
