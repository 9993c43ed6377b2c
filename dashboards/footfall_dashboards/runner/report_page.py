"""The way to the physiotherapist's report: what it is, to look at and print, to save, and its numbers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from footfall_dashboards.runner.asking import require_seen, runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, page, said
from footfall_dashboards.runner.raw_data import minutes_csv
from footfall_dashboards.runner.report import policy, report_of
from footfall_dashboards.runner.spoken import spoken_to

_LEAD: Final = (
    "Two pages to bring along: what changed in each leg, what was followed of a plan, load and pain, and how far each "
    "number may be off."
)


def routes(diary: Diary, local_now: Callable[[], datetime]) -> list[BaseRoute]:
    """Return the report, its numbers, and those of a run."""

    async def shown(request: Request) -> Response:
        runner = runner_of(request)
        body = (
            said(_LEAD, "lead")
            + said("It holds the last 90 days, in one file that needs nothing else; print it on A4.")
            + f'<p class="choices"><a class="button" href="{link("/report/page", runner)}">Open it, to print</a> '
            f'<a class="button second" download href="{link("/report/page", runner, save="1")}">Save it</a></p>'
            f'<p>Its numbers as CSV: <a download href="{link("/report/runs.csv", runner)}">runs</a>, '
            f'<a download href="{link("/report/pains.csv", runner)}">pains</a>.</p>'
        )
        return page("For the physiotherapist", "trends", body, runner=runner)

    async def file(request: Request) -> Response:
        runner, now = runner_of(request), local_now()
        report = await report_of(diary, runner, now, spoken_to(request, now.tzinfo or UTC))
        what = request.path_params["what"]
        if what == "page":
            headers = {"content-security-policy": policy()}
            if request.query_params.get("save"):
                headers |= _saved_as(f"footfall-report-{now:%Y-%m-%d}.html")
            return HTMLResponse(report.html, headers=headers)
        tables = {"runs.csv": report.runs_csv, "pains.csv": report.pains_csv}
        if what not in tables:
            raise HTTPException(404)
        return _csv(tables[what], f"footfall-{now:%Y-%m-%d}-{what}")

    async def minutes(request: Request) -> Response:
        run = await diary.run(request.path_params["id"])
        if run is None:
            raise HTTPException(404)
        await require_seen(request, run.runner_name)
        return _csv(minutes_csv(run), "footfall-minutes.csv")

    return [
        Route("/report", shown),
        Route("/report/{what}", file),
        Route("/runs/{id}/minutes.csv", minutes),
    ]


def _csv(table: str, name: str) -> Response:
    return PlainTextResponse(table, media_type="text/csv; charset=utf-8", headers=_saved_as(name))


def _saved_as(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
