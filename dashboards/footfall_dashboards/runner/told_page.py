"""Told: all that the runner was told, what it was made from, what happened after it, and our own false alarms."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from footfall_coaching.change_rules import CadenceChange, DriftChange, ImpactChange, Spike, WornPair
from footfall_coaching.exercises.session import ExercisesToday
from footfall_coaching.ledger import AFTERWARDS, WARNINGS, Aftermath, Afterwards, remake, warnings_of
from footfall_coaching.light_rule import TodaysLight
from footfall_coaching.load_rule import RunAbove, TodaysCeiling
from footfall_coaching.message import Message
from footfall_coaching.programme.afterwards import Reminder
from footfall_coaching.programme.rule import ProgrammeToday
from footfall_coaching.shoes import MinimalShare
from footfall_coaching.try_out.beforehand import TodaysCondition, TryOutBeforehand
from footfall_coaching.try_out.recall import RecallCheck
from footfall_coaching.try_out.result import TryOutResult
from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, page, part, said, section, text
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_processing.errors import InputError

ON_PAGE: Final = 20
TITLES: Final = {
    TodaysLight.NAME: "Light",
    TodaysCeiling.NAME: "Ceiling",
    RunAbove.NAME: "Run above the ceiling",
    Spike.NAME: "A run far longer than usual",
    WornPair.NAME: "Another pair of shoes",
    ImpactChange.NAME: "Impact changed",
    DriftChange.NAME: "Impact as a run goes on",
    CadenceChange.NAME: "Cadence changed",
    MinimalShare.NAME: "Minimal shoes",
    ProgrammeToday.NAME: "Programme",
    Reminder.NAME: "Reminder after a programme",
    ExercisesToday.NAME: "Exercises",
    TryOutBeforehand.NAME: "Before a try-out",
    TodaysCondition.NAME: "Today’s run of a try-out",
    TryOutResult.NAME: "What a try-out came to",
    RecallCheck.NAME: "Check after a programme",
}
"""What rules are called here."""
_FALSE: Final = "alarms"


def routes(diary: Diary, now: Callable[[], datetime]) -> list[Route]:
    """Return the page's route; `now` gives the moment on the runner's clock."""

    async def told_page(request: Request) -> HTMLResponse:
        runner, moment = runner_of(request), now()
        told = await diary.told(runner)
        afterwards = Afterwards(await diary.runs(runner), await diary.pains(runner), moment)
        warnings = warnings_of(told, afterwards)
        spoken = spoken_to(request, moment.tzinfo or UTC)
        false = [message for message, after in warnings if after.is_false_alarm]
        only_false = request.query_params.get("show") == _FALSE
        body = (
            said(_lead(told, warnings), "lead")
            + said(
                f"A warning counts as a false alarm where you ran on in the {AFTERWARDS.days} days after it, said how "
                "it felt, and nothing hurt above what is green. That is no proof: pain may have stayed away because "
                "you held back."
            )
            + _rules(told, warnings)
            + _list(false if only_false else told[::-1], afterwards, spoken, runner, request, only_false=only_false)
        )
        return page("What you were told", "log", body, runner=runner)

    return [Route("/told", told_page)]


def way_to(runner: str) -> str:
    """Return the link to the page."""
    return f'<p class="onward"><a href="{link("/told", runner)}">All that you were told, and what came of it</a></p>'


def _lead(told: Sequence[Message], warnings: Sequence[tuple[Message, Aftermath]]) -> str:
    if not told:
        return "Nothing was told yet. What the page of today says is kept here, with what it was made from."
    if not warnings:
        return "No warning was told yet."
    false = sum(after.is_false_alarm is True for _, after in warnings)
    known = sum(after.is_false_alarm is not None for _, after in warnings)
    many = "1 warning was" if len(warnings) == 1 else f"{len(warnings)} warnings were"
    if not known:
        return f"{many} told; what came of it is not known yet."
    of = "" if known == len(warnings) else f", of the {known} of which it is known what followed"
    alarms = "no false alarm" if not false else "1 false alarm" if false == 1 else f"{false} false alarms"
    return f"{many} told; {alarms} among them{of}."


def _rules(told: Sequence[Message], warnings: Sequence[tuple[Message, Aftermath]]) -> str:
    """Return a row for each rule and version that told something: how often, and what came of its warnings."""
    counts: dict[tuple[str, int], list[int]] = {}
    for message in told:
        counts.setdefault((message.rule, message.version), [0, 0, 0, 0, 0])[0] += 1
    for message, after in warnings:
        own = counts[message.rule, message.version]
        own[1] += 1
        own[{False: 2, True: 3, None: 4}[after.is_false_alarm]] += 1
    rows = "".join(
        f'<tr><th scope="row">{text(TITLES.get(rule, rule))} <small>version {version}</small></th><td>{own[0]}</td>'
        + "".join(f"<td>{number if rule in WARNINGS else '–'}</td>" for number in own[1:])
        + "</tr>"
        for (rule, version), own in sorted(counts.items())
    )
    if not rows:
        return ""
    names = ("Rule", "Told", "Warned", "Then it hurt", "False alarm", "Not known")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return section(
        "By rule", f'<div class="wide" tabindex="0" role="region" aria-label="Counts of each rule">{table}</div>'
    )


def _list(
    told: Sequence[Message],
    afterwards: Afterwards,
    spoken: Spoken,
    runner: str,
    request: Request,
    *,
    only_false: bool,
) -> str:
    asked = request.query_params.get("page", "1")
    pages = max(1, -(-len(told) // ON_PAGE))
    number = min(max(int(asked), 1), pages) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    here = told[(number - 1) * ON_PAGE : number * ON_PAGE]
    rows = "".join(f"<li>{_one(message, afterwards.of(message), spoken, runner)}</li>" for message in here)
    show = _FALSE if only_false else ""
    newer = f'<a rel="prev" href="{link("/told", runner, show=show, page=str(number - 1))}">Newer</a>'
    older = f'<a rel="next" href="{link("/told", runner, show=show, page=str(number + 1))}">Older</a>'
    paging = (
        f'<nav class="paging" aria-label="Pages of messages">{newer if number > 1 else "<span></span>"}'
        f"<span>{number} of {pages}</span>{older if number < pages else ''}</nav>"
        if pages > 1
        else ""
    )
    other = (
        f'<a href="{link("/told", runner)}">Show all that was told</a>'
        if only_false
        else f'<a href="{link("/told", runner, show=_FALSE)}">Show the false alarms alone</a>'
    )
    listed = f'<ol class="told">{rows}</ol>' if rows else said("None yet.")
    return section("Our false alarms" if only_false else "Each message", f"<p>{other}</p>", listed, paging)


def _one(message: Message, after: Aftermath, spoken: Spoken, runner: str) -> str:
    when = f"{spoken.day(message.told_utc)}, {spoken.time_of_day(message.told_utc)}"
    of_run = ""
    if message.session_id:
        of_run = f' <a href="{link(f"/runs/{part(message.session_id)}", runner)}">The run</a>'
    inputs = msgspec.json.format(msgspec.json.encode(message.inputs, order="sorted"), indent=2).decode()
    made_from = "".join(f"{text(row) or ' '}\n" for row in inputs.splitlines())
    return (
        f'<p class="hint">{text(when)} · {text(TITLES.get(message.rule, message.rule))}, '
        f"version {message.version}</p>"
        f"<p><b>{text(message.words)}</b>{of_run}</p><p>{text(after.told(spoken.distance))}</p>"
        f"<details><summary>What it was made from</summary><p>{escape(_remade(message))}</p>"
        f'<pre tabindex="0">{made_from}</pre></details>'
    )


def _remade(message: Message) -> str:
    """Say whether the rule makes the same words of the inputs again, which is tried now."""
    try:
        same = remake(message) == message.words
    except InputError as error:
        return f"It can't be made again here: {error}."
    if same:
        return "Made again from these inputs just now: the same words."
    return "Made again from these inputs just now, the words are other ones: the rule changed without a new version."
