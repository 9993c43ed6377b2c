"""Trends: is it getting better, am I doing too much? Load over pain, then each leg at the usual speed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from footfall_coaching.alike import versions_note
from footfall_coaching.answers import Shoe, ShoeKind
from footfall_coaching.changes import rules_that_tell
from footfall_coaching.counted import counted
from footfall_coaching.run import Run
from footfall_coaching.shoes import use_of
from footfall_coaching.told import words_in
from footfall_dashboards.runner import trend_charts
from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.history import AtUsual, impact_metric
from footfall_dashboards.runner.html import link, page, said, section, text
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.trend_charts import Window
from footfall_processing.metrics.catalogue import CADENCE, CONTACT_TIME

TIMES: Final = {"90": "90 days", "365": "1 year", "all": "All"}
_KINDS: Final = {ShoeKind.USUAL: "usual", ShoeKind.MINIMAL: "minimal"}


def routes(diary: Diary, local_now: Callable[[], datetime]) -> list[BaseRoute]:
    """Return the page of trends."""

    async def shown(request: Request) -> Response:
        runner, now = runner_of(request), local_now()
        spoken = spoken_to(request, now.tzinfo or UTC)
        runs, pains = await diary.runs(runner), await diary.pains(runner)
        shoes = await diary.shoes(runner)
        chosen = request.query_params.get("days", "90")
        chosen = chosen if chosen in TIMES else "90"
        choices = _choices(runner, chosen)
        if not counted(runs):
            words = "No dated runs yet. After the first, its week stands here; impact at your usual speed takes a few."
            return page("Trends", "trends", choices + said(words, "lead"), runner=runner)
        window = Window(_begin(chosen, runs, now), now, spoken)
        usual = AtUsual(runs, window.begin, diary.courses)
        notes = trend_charts.notes_of(shoes, runs, window)
        changes = (
            [words_in(rule, spoken.way) for rule in rules_that_tell(runs, shoes, now, diary.courses)]
            if chosen == "90"
            else []
        )
        told = "".join(f"<li>{text(words)}</li>" for words in changes)
        body = [
            choices,
            f'<ul class="changes-told" aria-label="Over the last month">{told}</ul>' if told else "",
            said(versions_note(run for when, run in counted(runs) if when >= window.begin)),
            '<div class="pictures">',
            section("Load and pain", trend_charts.load(runs, pains, shoes, window)),
            section(
                "Impact at your usual speed",
                trend_charts.at_usual_speed(runs, impact_metric(runs), window, usual, notes),
            ),
            section("Left and right", trend_charts.left_and_right(runs, window, usual)),
            section("Cadence", trend_charts.at_usual_speed(runs, CADENCE, window, usual)),
            section("Contact time", trend_charts.at_usual_speed(runs, CONTACT_TIME, window, usual)),
            section("Foot strike", trend_charts.strike_mix(runs, window)),
            section("Shock index", trend_charts.shock(runs, window)),
            section("Shoes", _shoes(shoes, runs, spoken)),
            "</div>",
            f'<p><a class="button" href="{link("/report", runner)}">A page for the physiotherapist</a></p>',
        ]
        return page("Trends", "trends", "".join(body), runner=runner)

    return [Route("/trends", shown)]


def _choices(runner: str, chosen: str) -> str:
    links = "".join(
        f'<a href="{link("/trends", runner, days=days)}"{" aria-current=true" if days == chosen else ""}>{words}</a>'
        for days, words in TIMES.items()
    )
    return f'<p class="choices" aria-label="How far back" role="group">{links}</p>'


def _begin(chosen: str, runs: Sequence[Run], now: datetime) -> datetime:
    if chosen != "all":
        return now - timedelta(days=int(chosen))
    return min(counted(runs)[0][0].astimezone(now.tzinfo), now - timedelta(days=28))


def _shoes(shoes: Sequence[Shoe], runs: Sequence[Run], spoken: Spoken) -> str:
    uses = use_of(shoes, runs)
    if not uses:
        return said("No shoes are named. Say on a run's page, or in Log, which pair it was.")
    rows = "".join(
        f'<tr><th scope="row">{text(use.shoe.name)} <small>{_KINDS[use.shoe.kind]}</small></th>'
        f"<td>{spoken.worn(use)}</td><td>{use.runs}</td>"
        f"<td>{spoken.day(use.since)}</td></tr>"
        for use in uses
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Shoe", "Run in it", "Runs", "Since"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="wide" tabindex="0" role="region" aria-label="Shoes">{table}</div>'
