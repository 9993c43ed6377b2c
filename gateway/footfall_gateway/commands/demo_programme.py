"""Plays a made-up runner who follows a plan, on pages whose clock goes by what is played."""

import asyncio
import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

from footfall_dashboards.access import Door
from footfall_dashboards.runner.html import Scene as Shown
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.pages import RunnerPages
from footfall_gateway.data_folder import store_path
from footfall_gateway.disk_thread import DiskThread
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.persons.bin import remove_for_good
from footfall_gateway.sessions.ready_run import interrupts
from footfall_gateway.store.database import Store
from footfall_gateway.store.diary import StoreDiary
from footfall_gateway.virtual.follower import Follower, Scene
from footfall_gateway.virtual.story import DAYS, story

SCENE_S: Final = 2.5
"""How long a scene is shown at a speed of 1."""
ENDED: Final = "That was all of it. The pages stay until Ctrl-C."


class PlayedClock(SystemClock):
    """The computer's own clock, on other days."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def utc_now(self) -> datetime:
        """The moment that is played."""
        return self.now.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Played:
    """What is played, where and to whom.

    Parameters
    ----------
    folder
        The demo's data folder, made anew.
    runner
        What the runner is called.
    speed
        How many times as fast as usual; infinity for as fast as the computer can.
    stays
        Whether the pages stay when all is played, until the user ends them.
    remark
        A line above every page.
    """

    folder: Path
    runner: str
    door: Door
    speed: float
    stays: bool
    remark: str


def play_programme(played: Played, opened: Callable[[str], None], say: Callable[[str], None]) -> None:
    """Serve the pages, play scene after scene on them, and say each; until all is played, or Ctrl-C.

    Parameters
    ----------
    opened
        Called with the address of the plan.
    """
    asyncio.run(_played(played, opened, say))


def begins_on(today: datetime) -> datetime:
    """Return the midnight on which the story begins, so that its last day is the day before."""
    return (today - timedelta(days=DAYS + 1)).replace(hour=0, minute=0, second=0, microsecond=0)


async def _played(played: Played, opened: Callable[[str], None], say: Callable[[str], None]) -> None:
    begins = begins_on(SystemClock().utc_now().astimezone(LocalZone()))
    clock = PlayedClock(begins + timedelta(hours=9))
    shown: list[Shown] = []
    path = store_path(played.folder)
    diary = StoreDiary(path, partial(remove_for_good, played.folder), clock)
    pages = RunnerPages(
        diary,
        played.door,
        played.runner,
        remark=played.remark,
        clock=clock,
        scene=lambda: shown[-1] if shown else None,
    )
    disk = DiskThread("demo")
    try:
        with interrupts() as interrupted:
            scenes = _scenes(path, played.runner, begins)
            async with diary, pages:
                while (scene := await disk.call(next, scenes, None)) is not None and not interrupted.is_set():
                    clock.now = scene.at
                    shown.append(
                        Shown(
                            len(shown) + 1,
                            f"{scene.at:%A} {scene.at.day} {scene.at:%B %Y, %H:%M}",
                            scene.words,
                            scene.path,
                        )
                    )
                    if len(shown) == 1:
                        opened(pages.address("/plan"))
                    say(f"{scene.at:%a} {scene.at.day:2} {scene.at:%b %Y %H:%M}  {scene.words}")
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(interrupted.wait(), SCENE_S / played.speed)
                if played.stays and not interrupted.is_set():
                    say(ENDED)
                    await interrupted.wait()
            await disk.call(scenes.close)
    finally:
        disk.close()


def _scenes(path: Path, runner: str, begins: datetime) -> Generator[Scene, None, None]:
    """Give the scenes; the store is open meanwhile, in the thread that asks for them."""
    with Store.open(path) as store:
        yield from story(Follower(store, runner, begins, f"footfall {version('footfall')}"))
