"""What of a run can be taken along to other tools."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from footfall_coaching.run import Run
from footfall_dashboards.runner.asking import may_note, require_seen
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.html import link, part, text


@dataclass(frozen=True, slots=True)
class Download:
    """A kind of file that a run can be had as: what its link says, the end of its path, and what it is.

    Parameters
    ----------
    needs_date, of_strides
        Of which runs there is none: those without a date, those that a watch alone recorded.
    """

    name: str
    file: str
    media_type: str
    needs_date: bool = False
    of_strides: bool = False


FIT: Final = Download("FIT, for training logs", "run.fit", "application/vnd.ant.fit", needs_date=True)
STRIDES: Final = Download("Strides as CSV", "strides.csv", "text/csv; charset=utf-8", of_strides=True)
MINUTES: Final = Download("Minutes as CSV", "minutes.csv", "text/csv; charset=utf-8")
OFFERED: Final[Sequence[Download]] = (FIT, STRIDES, MINUTES)
"""All kinds, in the order in which they are shown."""


class RunFiles(Protocol):
    """Writes runs of the log in other tools' formats; nothing of it blocks the event loop."""

    async def content(self, session_id: str, file: str, *, with_places: bool) -> bytes:
        """Return a run as `FIT.file` or `STRIDES.file`; where it was run, only where `with_places`.

        Raises
        ------
        FootfallError
            When it can't be written so; says what to do.
        """


class NoFiles:
    """No files, for pages that know of no strides."""

    async def content(self, session_id: str, file: str, *, with_places: bool) -> bytes:
        """Refuse."""
        raise HTTPException(404)


def downloads(run: Run) -> str:
    """Return the links to a run's files."""
    offered = [
        one
        for one in OFFERED
        if (run.started_utc is not None or not one.needs_date) and (run.legs or not one.of_strides)
    ]
    links = " ".join(
        f'<a download href="{link(f"/runs/{part(run.session_id)}/{one.file}", run.runner_name)}">{text(one.name)}</a>'
        for one in offered
    )
    return f'<p class="downloads">Take it along: {links}</p>' if links else ""


def routes(diary: Diary, files: RunFiles) -> list[BaseRoute]:
    """Return the files that are made of a run's strides."""

    def route(kind: Download) -> Route:
        async def answer(request: Request) -> Response:
            run = await diary.run(request.path_params["id"])
            if run is None or (kind.needs_date and run.started_utc is None):
                raise HTTPException(404)
            await require_seen(request, run.runner_name)
            # where somebody trains is for that person alone
            with_places = may_note(request, run.runner_name)
            content = await files.content(run.session_id, kind.file, with_places=with_places)
            saved_as = f'attachment; filename="footfall-{kind.file}"'
            return Response(content, media_type=kind.media_type, headers={"content-disposition": saved_as})

        return Route(f"/runs/{{id}}/{kind.file}", answer)

    return [route(FIT), route(STRIDES)]
