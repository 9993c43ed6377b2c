"""Where a demo plays days: pages ask here whether there is a newer scene than theirs, and which page shows it."""

from collections.abc import Callable
from html import unescape
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from footfall_dashboards.runner.asking import runner_of
from footfall_dashboards.runner.html import Scene, link

PATH: Final = "/played"


def routes(scene: Callable[[], Scene | None]) -> list[Route]:
    """Return the route that the pages' script asks; `scene` gives the one that is played."""

    async def played(request: Request) -> Response:
        now = scene()
        answer = {} if now is None else {"number": now.number, "page": unescape(link(now.path, runner_of(request)))}
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    return [Route(PATH, played)]
