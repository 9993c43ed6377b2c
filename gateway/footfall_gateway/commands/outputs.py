"""What a run can be shown on and sent to, made from the command line: pages, terminal, store, InfluxDB, listeners."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from footfall_coaching.cues.board import Board
from footfall_coaching.cues.cue import Cue
from footfall_coaching.load import Ceiling
from footfall_dashboards import terminal
from footfall_dashboards.live import LiveView
from footfall_dashboards.live.cues import Mute
from footfall_dashboards.live.told import Ways
from footfall_gateway import data_folder, settings
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.cue_options import CueWish
from footfall_gateway.commands.kept_shelf import KeptShelf
from footfall_gateway.commands.key_pressed import key_pressed, takes_keys
from footfall_gateway.commands.pages import Page, RunnerPages, ways
from footfall_gateway.commands.run_files import KeptRunFiles
from footfall_gateway.errors import GatewayError
from footfall_gateway.influx.settings import TOKEN, TOKEN_FILE, URL, InfluxSettings
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.persons.bin import diary_of
from footfall_gateway.sessions.companions import shown_companions
from footfall_gateway.sessions.plan_cues import PlanCues, may_ask
from footfall_gateway.sessions.ready_run import Place
from footfall_gateway.sessions.sinks.base import News, Overflow, SensorReport, SessionEnd, Sink
from footfall_gateway.sessions.sinks.buffered import Buffered
from footfall_gateway.sessions.sinks.cues import CueSink, Outlet
from footfall_gateway.sessions.sinks.store import SharedStore, StoreSink
from footfall_gateway.sound.loudspeaker import Loudspeaker

if TYPE_CHECKING:
    from footfall_gateway.mqtt.broker import BrokerAddress

STORING_STOPPED: Final = "STORING STOPPED: {}. `footfall analyze` on the recording gives every stride."
SENDING_STOPPED: Final = "SENDING TO INFLUXDB STOPPED: {}. `footfall push` sends the session later."


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a run goes beside the recording and the store; `None` for not there.

    Parameters
    ----------
    page, screen
        A browser, a terminal.
    influx
        An InfluxDB.
    listeners
        A broker at which others listen.
    cues
        What is cued; on the page, by this computer's loudspeaker, and to listeners.
    more
        What else it is given to.
    """

    page: Page | None = None
    screen: Console | None = None
    influx: InfluxSettings | None = None
    listeners: "BrokerAddress | None" = None
    cues: CueWish | None = None
    more: Sequence[Sink] = ()

    def wants_quick_packets(self, place: Place) -> bool:
        """Tell whether sensors are asked for short packets: where a cue may come soon, and no setting forbids it."""
        if self.cues is None or not settings.load().settings.quick_packets:
            return False
        return bool(self.cues.kinds) or may_ask(place.store_path, place.runner_name, datetime.now(LocalZone()))

    @contextlib.asynccontextmanager
    async def served(self, place: Place) -> AsyncIterator[RunnerPages | None]:
        """Serve the pages, if they are wanted: also before the run, and after it."""
        if self.page is None:
            yield None
            return
        async with diary_of(place.folder) as diary:
            page = self.page
            shelf, files = KeptShelf(place.folder) if page.shelf is None else page.shelf, KeptRunFiles(place.folder)
            async with RunnerPages(diary, page.door, page.runner, shelf, page.remark, files) as pages:
                yield pages

    @contextlib.asynccontextmanager
    async def sinks(self, place: Place, pages: RunnerPages | None = None) -> AsyncIterator[list[Sink]]:
        """Open what the sinks of one run share, and give the sinks; the run is shown on `pages`, where they are."""
        async with contextlib.AsyncExitStack() as stack:
            sinks: list[Sink] = []
            outlets: list[Outlet] = []
            store = await stack.enter_async_context(SharedStore(place.store_path, place.say))
            views: list[ViewSink] = []
            if self.page is not None and pages is not None:
                views.append(PagesSink(pages, self.page, store))
            if self.screen is not None:
                views.append(TerminalSink(self.screen, "" if self.page is None else self.page.title, store))
            sinks += views
            outlets += views
            sinks.append(Buffered(StoreSink(store), place.say, STORING_STOPPED, store.patience))
            if self.influx is not None:
                # imported only where it is asked for: it takes long
                from footfall_gateway.influx.sender import InfluxSender
                from footfall_gateway.influx.sink import InfluxSink

                outbox = data_folder.outbox_path(place.folder)
                whose = called_in_influx(self.influx, place.folder)
                sender = await stack.enter_async_context(InfluxSender(outbox, self.influx, place.say))
                stack.push_async_callback(sender.drain_soon)
                points = InfluxSink(sender, store, whose, place.say)
                sinks.append(Buffered(points, place.say, SENDING_STOPPED, sender.patience))
            if self.listeners is not None:
                from footfall_gateway.mqtt.home_assistant import HomeAssistant
                from footfall_gateway.mqtt.listeners import told_listeners

                known = settings.load().settings
                home = HomeAssistant.of(known, place.folder, place.say)
                told = told_listeners(self.listeners, place.folder, place.say, store, home, apart=known.listeners_apart)
                listener_sink = await stack.enter_async_context(told)
                sinks.append(listener_sink)
                outlets.append(listener_sink)
            if self.cues is not None:
                # after the views, which are there before they are told how cues stand
                cues = await stack.enter_async_context(self._cued(self.cues, store, place, outlets))
                stack.enter_context(self._mute_key(cues, place))
                sinks.append(cues)
            yield [*sinks, *self.more]

    @contextlib.asynccontextmanager
    async def _cued(
        self, wish: CueWish, store: SharedStore, place: Place, outlets: Sequence[Outlet]
    ) -> AsyncIterator[CueSink]:
        """Give what cues the run, which each view's mute is for; it follows the runner's plan meanwhile, if wished."""
        quick = await asyncio.to_thread(self.wants_quick_packets, place)
        wished = wish.asked if wish.kinds else None
        plan = PlanCues(store, place.runner_name, wished, follows=wish.follows_plan, quick=quick, tones=wish.tones)
        cues = CueSink(plan.ask, outlets, Loudspeaker() if wish.is_heard else None, place.say, store.cued)
        for outlet in outlets:
            if isinstance(outlet, ViewSink):
                outlet.mute = cues.mute
        following = asyncio.create_task(plan.follow(cues, SystemClock())) if wish.follows_plan else None
        try:
            yield cues
        finally:
            if following is not None:
                following.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await following

    @contextlib.contextmanager
    def _mute_key(self, cues: CueSink, place: Place) -> Iterator[None]:
        """Let a key mute the cues while somebody sits at this terminal; where no view says so, it is said."""
        with key_pressed(terminal.MUTE_KEY, lambda: cues.mute(on=not cues.is_muted)) as listens:
            if listens and self.screen is None and self.cues is not None and self.cues.kinds:
                place.say(f"The key {terminal.MUTE_KEY.upper()} mutes the cues, and lets them be heard again.")
            yield


class ViewSink:
    """Shows a session on a live view, which never holds it up."""

    overflow = Overflow.NEWEST_ONLY
    repeatable = True

    def __init__(self, title: str = "", store: SharedStore | None = None) -> None:
        self._title = title
        self._store = store
        self._recording: Path | None = None
        self.view: LiveView | None = None
        self.mute: Mute | None = None
        """Mutes the cues of the run, where there are any."""

    def cue(self, cue: Cue) -> None:
        """Let a cue be given by who looks on; see `Outlet`."""
        if self.view is not None:
            self.view.cue(cue)

    def board(self, board: Board | None) -> None:
        """Show how the cues stand; see `Outlet`."""
        if self.view is not None:
            self.view.show_cues(board)

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`."""
        sensors = header.session.sensors
        self._recording = recording
        self.view = LiveView(
            sensors,
            title=self._title or ", ".join(sensor.id for sensor in sensors),
            companions=shown_companions(header.companions),
            ways=self._ways(header),
            ceiling=await self._ceiling(header),
            mute=self.mute,
        )

    async def _ceiling(self, header: RecordingHeader) -> Ceiling | None:
        """Return the ceiling for this run; `None` where there is no store, or it refuses: no run waits for that."""
        if self._store is None:
            return None
        try:
            return await self._store.ceiling_for(header)
        except GatewayError:
            return None

    def _ways(self, header: RecordingHeader) -> Ways | None:
        """Return the pages around the view, where there are any."""
        return None

    async def write(self, news: Sequence[News]) -> None:
        """Show what is new; see `Sink`."""
        if self.view is not None:
            for item in news:
                self.view.write(item.health if isinstance(item, SensorReport) else item)

    async def finish(self, end: SessionEnd) -> None:
        """Show the summary; see `Sink`."""
        if self.view is not None:
            self.view.finish(end.summary, "" if self._recording is None else str(self._recording))

    async def close(self) -> None:
        """Let those who look on go, once they have the last state; see `Sink`."""
        if self.view is not None:
            self.view.end()


class PagesSink(ViewSink):
    """The live page among the runner's others."""

    def __init__(self, pages: RunnerPages, page: Page, store: SharedStore) -> None:
        super().__init__(page.title, store)
        self._pages = pages
        self._opened = page.opened

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`."""
        await super().open(header, recording)
        assert self.view is not None
        self._pages.show(self.view, header.session.runner_name)
        self._opened(self._pages.address("/live/"))

    def _ways(self, header: RecordingHeader) -> Ways | None:
        return ways(header.session.id, header.session.runner_name)


class SharedPageSink(PagesSink):
    """The live page of whichever session began last, among pages that stay."""

    async def close(self) -> None:
        """See `Sink`; the page goes on showing the session until another begins."""


class TerminalSink(ViewSink):
    """The live page in short, in a terminal."""

    def __init__(self, screen: Console, title: str = "", store: SharedStore | None = None) -> None:
        super().__init__(title, store)
        self._screen = screen
        self._following: asyncio.Task[None] | None = None

    async def open(self, header: RecordingHeader, recording: Path | None) -> None:
        """Begin a session; see `Sink`."""
        await super().open(header, recording)
        assert self.view is not None
        self._following = asyncio.create_task(terminal.follow(self.view, self._screen, has_keys=takes_keys()))

    async def close(self) -> None:
        """Draw the last state, and leave the terminal as it was; see `Sink`."""
        await super().close()
        if self._following is not None:
            await self._following


def called_in_influx(influx: InfluxSettings, folder: Path) -> Callable[[str], str]:
    """Return what runners are called in InfluxDB: by pseudonym, unless the settings ask for names.

    Raises
    ------
    GatewayError
        When the key of the pseudonyms can't be read or made.
    """
    if influx.with_names:
        return str
    from footfall_gateway.mqtt.pseudonyms import Pseudonyms

    return Pseudonyms.of(folder)


def influx_from_settings() -> InfluxSettings:
    """Return the InfluxDB that the settings name.

    Raises
    ------
    GatewayError
        When they name none.
    """
    named = InfluxSettings.of(settings.load().settings)
    if named is None:
        raise GatewayError(f"no InfluxDB is named: set {URL}, and {TOKEN_FILE} (or {TOKEN})")
    return named
