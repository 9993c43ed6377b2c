"""Whose pages a request is about, and what its visitor may do with them."""

from collections.abc import Callable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from footfall_dashboards.access import Visitor, visitor_of
from footfall_dashboards.access.forms import sent_form
from footfall_dashboards.access.login import back_to
from footfall_dashboards.live.pace import is_miles
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import AROUND, Around, Scene
from footfall_dashboards.runner.token import require_token
from footfall_processing.plain_text import shown

NOT_SHOWN: Final = "These runs are not shown to you. Their runner can let you see them, on the page of the account."
NOT_YOURS: Final = "Only the runner keeps this log. You may read it."

_KEY: Final = "footfall.runner"


def nothing_played() -> Scene | None:
    """Return what is played where nothing is."""
    return None


class Asking:
    """Finds out for each request whose pages it is about, and refuses those of others.

    Parameters
    ----------
    app
        The pages behind it; `runner_of` tells them.
    diary
        Knows which runners there are.
    usual
        Whose pages are shown where a request names nobody.
    is_live
        Tells whether a runner's run goes on.
    remark
        A line above every page.
    scene
        Gives what is played on the pages.
    """

    def __init__(
        self,
        app: ASGIApp,
        diary: Diary,
        usual: str,
        is_live: Callable[[str], bool],
        remark: str = "",
        scene: Callable[[], Scene | None] = nothing_played,
    ) -> None:
        self._app = app
        self._diary = diary
        self._usual = usual
        self._is_live = is_live
        self._remark = remark
        self._scene = scene

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request, visitor = Request(scope), visitor_of(scope)
        AROUND.set(Around(visitor=visitor.name, remark=self._remark))  # also for the page that says what failed
        own = await self._seen_by(visitor)
        named = request.query_params.get("runner")
        runner = self._chosen(own, visitor) if named is None else named
        around = Around(
            own,
            self._is_live(runner),
            visitor.name,
            self._remark,
            _address(request),
            is_miles(request),
            self._scene(),
        )
        AROUND.set(around)
        await require_seen(request, runner)
        if runner not in (*own, visitor.name) and not around.is_live:
            raise HTTPException(404, _nobody(runner, own))
        await self._app({**scope, _KEY: runner}, receive, send)

    async def _seen_by(self, visitor: Visitor) -> list[str]:
        """Return whose pages a visitor may choose from; one's own where there are none."""
        names = set(await self._diary.runners())
        if self._usual:
            names.add(self._usual)
        own = [name for name in names if await visitor.may_see(name)]
        return sorted(own, key=lambda name: (name.casefold(), name)) or [visitor.name]

    def _chosen(self, own: list[str], visitor: Visitor) -> str:
        return next((name for name in (visitor.name, self._usual) if name in own), own[0])


def _nobody(runner: str, own: list[str]) -> str:
    named = [name for name in own if name]
    known = f" It has runs of {', '.join(shown(name) for name in named)}." if named else ""
    whose = f"of {shown(runner)}" if runner else "without a runner's name"
    return f"This log has no run {whose}.{known}"


def _address(request: Request) -> str:
    """Return the page's path and query, to come back to; of a form, where it was sent to."""
    query = request.url.query
    return back_to(f"{request.url.path}?{query}" if query else request.url.path)


def runner_of(request: Request) -> str:
    """Return whose pages are asked for: somebody whose runs the visitor may see."""
    runner: str = request.scope[_KEY]
    return runner


async def require_seen(request: Request, runner: str) -> None:
    """Refuse what belongs to a runner whose runs the visitor may not see (403)."""
    if not await visitor_of(request.scope).may_see(runner):
        raise HTTPException(403, NOT_SHOWN)


def may_note(request: Request, runner: str) -> bool:
    """Tell whether the visitor keeps this runner's log: its runner, and whoever uses this computer; no coach."""
    return visitor_of(request.scope).name in ("", runner)


def keeps_all_logs(request: Request) -> bool:
    """Tell whether the visitor may write into anybody's log: whoever uses this computer, and nobody by a login."""
    return not visitor_of(request.scope).name


async def noted_form(request: Request, runner: str) -> dict[str, str]:
    """Return the fields of a form that changes a runner's log, from who may do so and was shown it.

    Raises
    ------
    HTTPException
        403 for anybody else and for a form without its token, 408 when it takes too long; with words.
    """
    await require_seen(request, runner)
    if not may_note(request, runner):
        raise HTTPException(403, NOT_YOURS)
    try:
        fields = await sent_form(request)
    except TimeoutError:
        raise HTTPException(408, "The form took too long. Send it again.") from None
    require_token(request, fields)
    return fields
