"""All pages of the runner's own, put together: what stays after a run."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from html import unescape
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from footfall_dashboards.access import visitor_of
from footfall_dashboards.access.forms import sent_form
from footfall_dashboards.access.login import SEE_OTHER, back_to
from footfall_dashboards.live.pace import UNIT_COOKIE
from footfall_dashboards.live.server import app as live_app
from footfall_dashboards.live.view import LiveView
from footfall_dashboards.runner import (
    calendar_page,
    cards_page,
    compare_page,
    downloads,
    exercise_page,
    log_page,
    plan_page,
    report_page,
    run_page,
    runs_page,
    scripts,
    sensors_page,
    session_page,
    style,
    today_page,
    told_page,
    trends_page,
    try_out_page,
    waiting,
)
from footfall_dashboards.runner.asking import Asking, runner_of
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import AROUND, link, page, said
from footfall_dashboards.runner.inbox import Inbox, NoInbox
from footfall_dashboards.runner.shelf import BareShelf, Shelf
from footfall_dashboards.runner.token import require_token
from footfall_processing.errors import FootfallError

_YEARS_S: Final = 5 * 365 * 86_400
_logger: Final = logging.getLogger(__name__)

_WORDS: Final = {
    404: ("Not here", "There is no such page. The address may be mistyped, or what it showed was removed."),
    405: ("Not that way", "This page can't do what it was asked for."),
    413: ("Too large", "What was sent is too large."),
}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Now:
    """The run that is shown live, if one is: its view, and whose it is; and whose runs go on beside it."""

    view: LiveView | None = None
    runner: str = ""
    others: frozenset[str] = frozenset()

    def goes_on(self, runner: str) -> bool:
        """Tell whether a run of this runner goes on."""
        return self.view is not None and not self.view.is_over and self.runner == runner


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the pages know beside the diary.

    Parameters
    ----------
    now
        The run that goes on.
    usual
        Whose pages are shown first.
    zone
        The runner's clock; days begin and end by it.
    clock
        Gives this moment.
    shelf
        Knows the sensors.
    files
        Writes runs in other tools' formats.
    remark
        A line above every page.
    inbox
        The folder that is watched.
    """

    now: Now = field(default_factory=Now)
    usual: str = ""
    zone: tzinfo = UTC
    clock: Callable[[], datetime] = _now
    shelf: Shelf = field(default_factory=BareShelf)
    files: downloads.RunFiles = field(default_factory=downloads.NoFiles)
    remark: str = ""
    inbox: Inbox = field(default_factory=NoInbox)

    def local_now(self) -> datetime:
        """Return this moment as the runner's clock shows it."""
        return self.clock().astimezone(self.zone)


def app(diary: Diary, around: Surroundings | None = None) -> Starlette:
    """Return the runner's pages as an ASGI application, to be served behind a login by `PageServer`."""
    around = Surroundings() if around is None else around
    now = around.now

    async def live(request: Request) -> Response:
        if now.view is not None and now.runner == runner_of(request):
            return RedirectResponse(unescape(link("/live/", runner_of(request))))
        return waiting.no_run_page(runner_of(request), goes_on=runner_of(request) in now.others)

    pages: list[BaseRoute] = [
        Route("/", _to_today),
        Route("/live", live),
        Route("/unit", choose_unit, methods=["POST"]),
        *today_page.routes(diary, around.local_now),
        *told_page.routes(diary, around.local_now),
        *plan_page.routes(diary, around.local_now),
        *session_page.routes(diary, around.local_now),
        *exercise_page.routes(diary, around.local_now),
        *cards_page.routes(),
        *try_out_page.routes(diary, around.local_now),
        *log_page.routes(diary, around.local_now),
        *compare_page.routes(diary, around.local_now),
        *runs_page.routes(diary, around.local_now, around.inbox, around.usual),
        *report_page.routes(diary, around.local_now),
        *downloads.routes(diary, around.files),
        *calendar_page.routes(diary, around.local_now),
        *run_page.routes(diary, around.local_now, around.shelf),
        *trends_page.routes(diary, around.local_now),
        *sensors_page.routes(diary, around.local_now, around.shelf),
    ]
    return Starlette(
        routes=[
            Route(style.PATH, style.sheet),
            *scripts.routes(),
            Mount("/live", _Live(now)),
            Mount("/", Asking(Router(pages), diary, around.usual, now.goes_on, around.remark)),
        ],
        exception_handlers={HTTPException: _refused, FootfallError: _failed},
    )


class _Live:
    """The live page of the run that goes on, with its files and events."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._apps: dict[str, ASGIApp] = {}
        """By whose run they show: each counts its open streams."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._now.view is None:
            await RedirectResponse("/live")(scope, receive, send)
            return
        runner = self._now.runner
        if runner not in self._apps:
            self._apps[runner] = live_app(lambda: self._shown(runner), runner)
        await self._apps[runner](scope, receive, send)

    def _shown(self, runner: str) -> LiveView:
        """Return a runner's view; one that has ended where another's took its place meanwhile."""
        if self._now.view is not None and self._now.runner == runner:
            return self._now.view
        nothing = LiveView(())
        nothing.end()
        return nothing


async def choose_unit(request: Request) -> Response:
    """Keep in the browser how it is told distances and speeds."""
    fields = await sent_form(request)
    require_token(request, fields)
    answer = RedirectResponse(back_to(fields.get("back", "/today")), SEE_OTHER)
    unit = "mile" if fields.get("unit") == "mile" else "km"
    answer.set_cookie(UNIT_COOKIE, unit, max_age=_YEARS_S, path="/", httponly=True, samesite="strict")
    return answer


async def _to_today(request: Request) -> Response:
    return RedirectResponse(unescape(link("/today", request.query_params.get("runner", ""))))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title, words = _WORDS.get(error.status_code, ("Not done", error.detail))
    if error.detail != HTTPStatus(error.status_code).phrase:
        words = error.detail  # who raised it says more
    body = said(words, "trouble") + f'<p><a class="button" href="{link("/today")}">To today</a></p>'
    return page(title, "", body, runner=_shown_runner(request), status=error.status_code, headers=error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    _logger.error("%s", error)
    if visitor_of(request.scope).name:  # what is said of files is for who keeps them
        words = "The log of runs can't be used right now; whoever runs this Footfall sees why in its log."
    else:
        words = f"{str(error)[:1].upper()}{str(error)[1:]}."
    body = said(words, "trouble") + said("Nothing was changed. Once that is seen to, load this page again.")
    return page("The log of runs can't be used", "", body, runner=_shown_runner(request), status=503)


def _shown_runner(request: Request) -> str:
    """Return whose pages the links of a refusal lead to; nobody's name where that is what was refused."""
    named = request.query_params.get("runner", "")
    return named if named in AROUND.get().runners else ""
