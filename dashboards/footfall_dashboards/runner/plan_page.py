"""Plan: what next, and why; until a programme is followed, the weeks behind and what they leave room for."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from footfall_coaching.counted import counted
from footfall_coaching.run import Run
from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.calendar_part import calendar_part
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, page, part, said, section, text
from footfall_dashboards.runner.lamps import light_panel
from footfall_dashboards.runner.spoken import Spoken, spoken_to
from footfall_dashboards.runner.today_page import ceiling_panel, day_of

WEEKS: Final = 6


def routes(diary: Diary, now: Callable[[], datetime]) -> list[Route]:
    """Return the page's route; `now` gives the moment on the runner's clock."""

    async def plan_page(request: Request) -> HTMLResponse:
        runner, moment = runner_of(request), now()
        today, runs, _ = await day_of(request, diary, runner, moment)
        spoken = spoken_to(request, moment.tzinfo or UTC)
        body = (
            ceiling_panel(today.ceiling, spoken, runner)
            + light_panel(today.light, runs)
            + _week(runs, spoken, moment, runner)
            + _weeks(runs, spoken, moment)
            + calendar_part(request, runner)
            + section(
                "A programme",
                said(
                    "None is followed. A programme’s sessions will stand here, each with its reason; until then the "
                    "ceiling above is the plan: it moves with what you run, stays at your last run while the light is "
                    "amber, and on red it is no run."
                ),
            )
        )
        return page("Plan", "plan", body, runner=runner)

    return [Route("/plan", plan_page)]


def _days(runs: Sequence[Run], now: datetime) -> list[tuple[date, Run]]:
    return [(started.astimezone(now.tzinfo).date(), run) for started, run in reversed(counted(runs))]


def _week(runs: Sequence[Run], spoken: Spoken, now: datetime, runner: str) -> str:
    own_days = _days(runs, now)
    rows = []
    for days in range(7):
        day = now.date() - timedelta(days=days)
        own = [run for when, run in own_days if when == day]
        ran = ", ".join(
            f'<a href="{link(f"/runs/{part(run.session_id)}", runner)}">{text(spoken.went(run))}</a>' for run in own
        )
        rows.append(f'<tr><th scope="row">{day:%A}</th><td>{ran or "–"}</td></tr>')
    return section("The week behind", f'<table class="week"><tbody>{"".join(rows)}</tbody></table>')


def _weeks(runs: Sequence[Run], spoken: Spoken, now: datetime) -> str:
    own_days = _days(runs, now)
    monday = now.date() - timedelta(days=now.weekday())
    rows = []
    for number in range(WEEKS):
        begin = monday - timedelta(days=7 * number)
        own = [run for when, run in own_days if begin <= when < begin + timedelta(days=7)]
        known = [run.distance_m for run in own if run.distance_m is not None]
        unknown = len(own) - len(known)
        whole = spoken.distance(sum(known)) if known else "–"
        more = f"<small>and {unknown} of unknown distance</small>" if unknown else ""
        longest = spoken.distance(max(known)) if known else "–"
        name = "This week" if number == 0 else f"{begin:%a} {begin.day} {begin:%b}"
        rows.append(
            f'<tr><th scope="row">{name}</th><td>{len(own) or "–"}</td><td>{whole}{more}</td><td>{longest}</td></tr>'
        )
    head = (
        '<tr><th scope="col">Week from</th><th scope="col">Runs</th><th scope="col">Run in all</th>'
        '<th scope="col">Longest</th></tr>'
    )
    return section("The weeks behind", f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>")
