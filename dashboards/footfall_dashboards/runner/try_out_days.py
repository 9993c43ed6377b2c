"""A try-out over whole runs: today's condition, and what is told after each run."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request

from footfall_coaching.answers import Pain, PainSite, Phase
from footfall_coaching.changes import impact_metric
from footfall_coaching.counted import counted
from footfall_coaching.run import Run
from footfall_coaching.try_out.beforehand import TodaysCondition
from footfall_coaching.try_out.events import AnyEvent, PainTold, PartDone
from footfall_coaching.try_out.measured import run_done
from footfall_coaching.try_out.progress import Progress, Step
from footfall_dashboards.runner.answers_sent import number_of
from footfall_dashboards.runner.fields import choices, hidden, level_buttons
from footfall_dashboards.runner.html import link, said, section, text
from footfall_dashboards.runner.plan_words import held_part
from footfall_dashboards.runner.spoken import Spoken
from footfall_dashboards.runner.token import token_field
from footfall_processing.errors import InputError
from footfall_processing.session import Side

TOLD_WITHIN: Final = timedelta(days=3)
"""How long after a run it can be told that it was one of the test."""
WITHOUT: Final = "none"
"""What the form says of a run that is not in the log."""
LEFT_WORDS: Final = (
    "What was told so far is compared where it can be. The order stays sealed: whoever tests the same again runs in it."
)
GIVEN_UP: Final = "the run was given up, or was another one than drawn"


def days_part(
    request: Request,
    runner: str,
    progress: Progress,
    place_at: str,
    runs: Sequence[Run],
    pains: Sequence[Pain],
    spoken: Spoken,
    now: datetime,
    why_not: str,
) -> str:
    """Return what is to be done today; nothing of the runs to come.

    Parameters
    ----------
    place_at
        Where the test stands, as forms carry it.
    why_not
        Why the draw waits today; empty where it doesn't.
    """
    plan = progress.plan
    start = (
        f'<form method="post" action="{link("/plan/try-out", runner)}">{token_field(request)}{hidden("at", place_at)}'
    )
    revealed = progress.revealed if progress.is_running or not why_not else None
    today = TodaysCondition(
        plan.condition, len(progress.parts) + 1, plan.parts, revealed, "" if progress.is_running else why_not
    )
    leave = (
        f"<details><summary>Leave the test</summary>{start}{hidden('do', 'leave')}"
        '<button class="second">Leave it for good</button></form>'
        f"<p>{LEFT_WORDS}</p></details>"
    )
    if progress.step is not Step.RUN_PART:
        number = today.number
        draw = (
            held_part(today.words, runner)
            if why_not
            else said(
                f"Run {number} of {plan.parts} comes. Whether it is with {plan.condition}, you are told when you go.",
                "lead",
            )
            + f"{start}{hidden('do', 'part')}<button>I run now: show me</button></form>"
        )
        return section("Today", draw, leave)
    waits = f'<p class="held">{text(why_not)} Run it as it was drawn on a green day.</p>' if why_not else ""
    offered = {run.session_id: _run_words(run, progress, pains, spoken, now) for run in _recent(runs, now)}
    offered[WITHOUT] = "One without sensors"
    assert plan.side is not None
    assert plan.site is not None
    where = f"Pain of the {plan.side.value} {plan.site.words} in this run? A touch keeps it."
    form = (
        f"{start}{hidden('do', 'ran')}{choices('run', 'Which run was it?', offered, {'run': next(iter(offered))})}"
        f"{level_buttons(where)}</form>"
    )
    cut = (
        f"<details><summary>I gave it up, or ran the other way</summary>{start}{hidden('do', 'cut')}"
        "<p>It is run again as it was drawn.</p><button>Run it again</button></form></details>"
    )
    return section("Today", said(today.words, "lead now"), waits, f"<h3>After the run</h3>{form}", cut, leave)


def ran(
    runner: str, fields: Mapping[str, str], progress: Progress, runs: Sequence[Run], now: datetime
) -> tuple[list[AnyEvent], list[Pain]]:
    """Return what a form says of a run: the test's events, and the pain for the log.

    Raises
    ------
    InputError
        Where it does not say how much it hurt, or which run it was.
    """
    plan, which, part = progress.plan, fields.get("run", ""), len(progress.parts)
    level = number_of(fields, "level", "how much it hurts")
    if level is None:
        raise InputError("choose how much it hurts, from 0 to 10")
    told = PainTold(level)
    assert plan.site is not None
    assert plan.side is not None
    place = (PainSite(plan.site), Side(plan.side))
    if which == WITHOUT:  # told of the day, so that the light has it
        return [PartDone(part, {}, None, None), told], [Pain(runner, "", now, Phase.DURING, *place, level)]
    if which not in {run.session_id for run in _recent(runs, now)}:
        raise InputError("choose which run it was")
    pain = Pain(runner, which, now, Phase.DURING, *place, level)
    return [run_done(part, runs, which, impact_metric(runs)), told], [pain]


def _recent(runs: Sequence[Run], now: datetime) -> list[Run]:
    own = [run for started, run in counted(runs) if now - TOLD_WITHIN <= started <= now]
    return own[::-1]


def _run_words(run: Run, progress: Progress, pains: Sequence[Pain], spoken: Spoken, now: datetime) -> str:
    assert run.started_utc is not None
    plan = progress.plan
    levels = [
        pain.level
        for pain in pains
        if pain.session_id == run.session_id
        and pain.phase is Phase.DURING
        and (pain.site, pain.side) in ((plan.site, plan.side), (None, None))
    ]
    known = f"; in the log: {levels[-1]} of 10" if levels else ""
    return f"{spoken.short_day(run.started_utc, now)}, {spoken.time_of_day(run.started_utc)}: {spoken.went(run)}{known}"
