"""What the commands that keep a run share: where it is shown, how it is taken, and how it ends."""

import asyncio
import os
import sys
import webbrowser
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from footfall_coaching.today import NEXT_MORNING
from footfall_dashboards.access import Door
from footfall_gateway import console
from footfall_gateway.clock import Clock
from footfall_gateway.commands.outputs import Outputs
from footfall_gateway.commands.reached import tell_others
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.inputs import Input
from footfall_gateway.in_a_sentence import in_a_sentence
from footfall_gateway.say import Say
from footfall_gateway.service.vitals import Vitals
from footfall_gateway.sessions.kept_run import KeptRun, keep_run
from footfall_gateway.sessions.played_run import play
from footfall_gateway.sessions.ready_run import Place, TakeRun
from footfall_gateway.sessions.sensor_run import SensorRun, take_from_sensors, unfinished_run
from footfall_gateway.store.database import Store
from footfall_gateway.store.standing import standing_of


def keep_played(
    played: Input,
    place: Place,
    outputs: Outputs,
    ended: Callable[[KeptRun], None],
    *,
    speed: float,
    duration_s: float | None,
) -> KeptRun:
    """Play a session through virtual sensors, and keep the run; `ended` tells the user what came of it."""
    quick = outputs.wants_quick_packets(place)

    async def take(keep: TakeRun[KeptRun]) -> KeptRun:
        return await play(keep, played, place, speed=speed, duration_s=duration_s, quick=quick)

    make_folders(place.folder)
    return asyncio.run(_kept(take, place, outputs, ended))


def keep_from_sensors(
    asked: SensorRun, place: Place, outputs: Outputs, clock: Clock, ended: Callable[[KeptRun], None]
) -> KeptRun:
    """Take a run from the owner's sensors, or go on with the one that broke off, and keep it."""
    make_folders(place.folder)
    return asyncio.run(kept_from_sensors(asked, place, outputs, clock, ended))


async def kept_from_sensors(
    asked: SensorRun,
    place: Place,
    outputs: Outputs,
    clock: Clock,
    ended: Callable[[KeptRun], None],
    vitals: Vitals | None = None,
) -> KeptRun:
    """Do so in the running event loop; `vitals` is told how the work goes."""
    unfinished = await asyncio.to_thread(unfinished_run, asked, place.folder, clock)
    quick = replace(asked, quick=await asyncio.to_thread(outputs.wants_quick_packets, place))

    async def take(keep: TakeRun[KeptRun]) -> KeptRun:
        return await take_from_sensors(keep, quick, place, clock, unfinished)

    return await _kept(take, place, outputs, ended, vitals)


async def _kept(
    take: Callable[[TakeRun[KeptRun]], Awaitable[KeptRun]],
    place: Place,
    outputs: Outputs,
    ended: Callable[[KeptRun], None],
    vitals: Vitals | None = None,
) -> KeptRun:
    """Serve the pages, take the run, tell what came of it; then, where they stay, the pages until Ctrl-C."""
    async with outputs.served(place) as pages:
        async with outputs.sinks(place, pages) as sinks:
            kept = await take(partial(keep_run, sinks=sinks, vitals=vitals))
        await asyncio.to_thread(ended, kept)
        if pages is not None and outputs.page is not None and outputs.page.stays:
            session = kept.header.session
            await pages.stay(session.id, session.runner_name, say_line)
    return kept


def stays() -> bool:
    """Tell whether somebody sits at this terminal, who can end with Ctrl-C what stays; a script could not."""
    return sys.stdin.isatty() and console.stdout_console().is_terminal


def say_line(text: str) -> None:
    """Tell the user a line on stdout."""
    console.stdout_console().print(text, soft_wrap=True, markup=False)


def page_opened(before: str, after: str, browser: bool, door: Door) -> Callable[[str], None]:
    """Return what tells the user the page's address, between two texts, and opens it in the browser if wanted.

    Where others can reach `door`, it tells how as well.
    """
    authority = b"" if door.own_certificate is None else door.own_certificate.authority()

    def opened(url: str) -> None:
        out = console.stdout_console()
        out.print(f"{before}{url}{after}", soft_wrap=True, markup=False)
        tell_others(out, door, url, authority)
        if browser and _has_display():
            webbrowser.open(url)

    return opened


def screen() -> Console | None:
    """Return the terminal that a run can be shown on; `None` when stdout is none."""
    out = console.stdout_console()
    return out if out.is_terminal else None


def say(shown_on: Console | None = None) -> Say:
    """Return how to tell the user something in one line: above what is shown on a terminal, else on stderr."""
    return console.remark if shown_on is None else partial(shown_on.print, markup=False)


def show_end(kept: KeptRun, folder: Path) -> None:
    """Print the summary, and where the recording lies."""
    try:
        with Store.open(store_path(folder)) as store:
            strides = store.strides(kept.header.session.id)
            stand = standing_of(store, kept.header.session.id)
    except GatewayError:
        strides, stand = [], None  # a store that failed costs the picture, and where the run stands
    out = console.stdout_console()
    end = kept.end
    sensors = kept.header.session.sensors
    told = in_a_sentence(end.summary, sensors, strides)
    out.print(console.render_summary(end.summary, sensors, strides, end.companions, told=told))
    if stand is not None:
        out.print(stand.words, soft_wrap=True, markup=False)
    if not kept.header.is_demo and (stand is not None or not strides):  # of a walk nobody asks
        out.print(NEXT_MORNING, soft_wrap=True, markup=False)
    out.print(f"Recording: {kept.recording_path}", soft_wrap=True)


def _has_display() -> bool:
    """Tell whether a browser would open a window, rather than take over this terminal."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
