"""The runner's pages as commands serve them: beside a run, after it, and on their own."""

from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin

from footfall_dashboards.access import Door, PageServer
from footfall_dashboards.live import LiveView
from footfall_dashboards.live.told import Ways
from footfall_dashboards.runner.asking import nothing_played
from footfall_dashboards.runner.diary import Diary
from footfall_dashboards.runner.downloads import NoFiles, RunFiles
from footfall_dashboards.runner.html import Scene, link, part
from footfall_dashboards.runner.inbox import Inbox, NoInbox
from footfall_dashboards.runner.server import Now, Surroundings, app
from footfall_dashboards.runner.shelf import BareShelf, Shelf
from footfall_gateway.clock import Clock, SystemClock
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.sessions.ready_run import interrupts

STAYS: Final = "The pages stay until Ctrl-C. This run: {}"


@dataclass(frozen=True, slots=True)
class Page:
    """Where to serve whose pages, and to whom; `opened` is called with the live page's address once a run begins.

    Parameters
    ----------
    stays
        Whether the pages stay when the run is over, until the user ends them.
    remark
        A line above every page.
    shelf
        Knows the sensors; by default those that the owner paired.
    """

    door: Door
    opened: Callable[[str], None]
    title: str = ""
    runner: str = ""
    stays: bool = False
    remark: str = ""
    shelf: Shelf | None = None


class RunnerPages:
    """Serves the runner's pages inside the running event loop, from entering the context to leaving it.

    Parameters
    ----------
    diary
        The log of runs.
    door
        Where, and to whom.
    usual
        Whose pages are shown where nobody is named.
    clock
        Gives the moment that pages go by.
    scene
        Gives what is played on them, where a demo plays days.

    Raises
    ------
    PageError
        On entering, when they can't be served there.
    """

    def __init__(
        self,
        diary: Diary,
        door: Door,
        usual: str,
        shelf: Shelf | None = None,
        remark: str = "",
        files: RunFiles | None = None,
        inbox: Inbox | None = None,
        clock: Clock | None = None,
        scene: Callable[[], Scene | None] = nothing_played,
    ) -> None:
        self._now = Now()
        around = Surroundings(
            now=self._now,
            usual=usual,
            clock=(clock or SystemClock()).utc_now,
            scene=scene,
            zone=LocalZone(),
            shelf=BareShelf() if shelf is None else shelf,
            files=NoFiles() if files is None else files,
            remark=remark,
            inbox=NoInbox() if inbox is None else inbox,
        )
        self._pages = PageServer(app(diary, around), door)

    @property
    def url(self) -> str:
        """Where to point a browser; valid within the context."""
        return self._pages.url

    def show(self, view: LiveView, runner: str) -> None:
        """Show a run that begins."""
        before = self._now.view
        self._now.view, self._now.runner = view, runner
        if before is not None:
            before.end()

    def show_nothing(self) -> None:
        """Show no run any more; whoever looked on is let go."""
        if self._now.view is not None:
            self._now.view.end()
        self._now.view = None

    def say_who_runs_too(self, runners: frozenset[str]) -> None:
        """Say whose runs go on beside the one that is shown."""
        self._now.others = runners

    def address(self, path: str) -> str:
        """Return where a page of ours is."""
        return urljoin(self.url, path)

    async def stay(self, session_id: str, runner: str, say: Callable[[str], None]) -> None:
        """Tell where the run can be seen, and wait until the user has had enough."""
        with interrupts() as interrupted:
            say(STAYS.format(self.address(ways(session_id, runner).run)))
            await interrupted.wait()

    async def __aenter__(self) -> Self:
        await self._pages.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._now.view is not None:
            self._now.view.end()
        await self._pages.__aexit__(kind, error, trace)


def ways(session_id: str, runner: str) -> Ways:
    """Return the paths of the pages around a live one."""
    return Ways(
        today=unescape(link("/today", runner)),
        run=unescape(link(f"/runs/{part(session_id)}", runner)),
    )
