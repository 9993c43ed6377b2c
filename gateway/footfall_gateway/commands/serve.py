"""`footfall serve`: the runner's pages, from what is kept on this computer."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.going_on import show_what_goes_on
from footfall_gateway.commands.kept_inbox import inbox_watched
from footfall_gateway.commands.kept_runs import page_opened
from footfall_gateway.commands.kept_shelf import KeptShelf
from footfall_gateway.commands.options import (
    DEFAULT_DATA_FOLDER,
    DEFAULT_SENSORS_FILE,
    DataFolder,
    RunnerName,
    SensorsFile,
    Watched,
)
from footfall_gateway.commands.page_options import ON_THIS_COMPUTER, PageOptions
from footfall_gateway.commands.pages import RunnerPages
from footfall_gateway.commands.run_files import KeptRunFiles
from footfall_gateway.data_folder import make_folders, store_path
from footfall_gateway.owned_tasks import OwnedTasks
from footfall_gateway.persons.bin import diary_of
from footfall_gateway.service.running import Service
from footfall_gateway.service.signs import look_at_disk
from footfall_gateway.sessions.ready_run import interrupts


def serve(
    *,
    browser: Annotated[bool, Parameter(negative="--no-browser", name="--browser")] = True,
    watch: Watched = None,
    page: PageOptions = ON_THIS_COMPUTER,
    runner: RunnerName = "",
    sensors_file: SensorsFile = DEFAULT_SENSORS_FILE,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Serve your pages: today, runs, trends, plan, log and sensors; until Ctrl-C.

    Everything comes from the data folder: runs that are added meanwhile show at the next look, and the one that
    footfall record, live or process takes into it shows on the live page. From other computers each runner sees their
    own runs, and a coach those of the runners who agreed. `footfall health` asks how it is.

    Parameters
    ----------
    browser
        Open the page in the browser.
    watch
        Also add what is put into this folder, once it is there whole, as footfall add --watch does; what is refused,
        and why, stands on the page of runs.
    runner
        Whose pages to show first, where the store holds several runners'; and who ran, where watched files don't say.
    sensors_file
        Where paired sensors are remembered.
    data_dir
        Where recordings and the store are.
    """
    door = page.door_for_all(data_dir)
    opened = page_opened("Your pages: ", "  (Ctrl-C ends)", browser, door)
    make_folders(data_dir)
    service = Service.beside_pages("serve", data_dir)
    service.vitals.look_at("disk", look_at_disk(data_dir, {"store": store_path(data_dir)}))

    async def served() -> None:
        with interrupts() as interrupted:
            async with (
                diary_of(data_dir) as diary,
                inbox_watched(watch, data_dir, runner, service.vitals) as inbox,
                RunnerPages(
                    diary, door, runner, KeptShelf(data_dir, sensors_file), files=KeptRunFiles(data_dir), inbox=inbox
                ) as pages,
                service.running(),
            ):
                opened(pages.address("/today"))
                async with OwnedTasks() as tasks:
                    tasks.start(show_what_goes_on(data_dir, pages, SystemClock(), runner))
                    await interrupted.wait()

    asyncio.run(served())
