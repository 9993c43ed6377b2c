"""The run that another program takes into the same store, as it stands on the live page."""

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from footfall_dashboards.access import Door
from footfall_dashboards.live import LiveView
from footfall_gateway import wire
from footfall_gateway.clock import ScaledClock, SystemClock
from footfall_gateway.commands.going_on import STILL_S, StoredRuns, show_what_goes_on
from footfall_gateway.commands.pages import RunnerPages
from footfall_gateway.data_folder import make_folders, recording_path, store_path
from footfall_gateway.persons.bin import diary_of
from footfall_gateway.store.database import Store
from footfall_processing.results.summary import summarize
from gateway.recordings_for_tests import header, strides

RUN = header()
ID = RUN.session.id
TAKEN = list(strides(24))


class Watched(RunnerPages):
    """The pages, with the views that were shown."""

    def __init__(self, folder: Path) -> None:
        super().__init__(diary_of(folder), Door(port=0), "")
        self.views: asyncio.Queue[LiveView | None] = asyncio.Queue()

    def show(self, view: LiveView, runner: str) -> None:
        super().show(view, runner)
        self.views.put_nowait(view)

    def show_nothing(self) -> None:
        super().show_nothing()
        self.views.put_nowait(None)


class At(SystemClock):
    """A clock that is set by hand."""

    t_s = 1000.0

    def now_s(self) -> float:
        return self.t_s


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    make_folders(tmp_path)
    with Store.open(store_path(tmp_path)) as opened:
        opened.add_session(RUN)
        opened.add_strides(ID, TAKEN[:12])
        yield opened


async def told(view: LiveView, until: str) -> dict[str, Any]:
    """Follow a view until it tells all strides, or the end."""
    strides_told = 0
    async for update in view.updates(60.0):
        assert update is not None
        content: dict[str, Any] = msgspec.json.decode(update)
        strides_told = sum(content["strides"].values())
        if (until == "strides" and strides_told == len(TAKEN)) or (until == "end" and content["closing"]):
            return content
    raise AssertionError(f"ended after {strides_told} strides")


async def test_a_run_that_is_recorded_here_is_shown_to_its_end(tmp_path: Path, store: Store) -> None:
    pages = Watched(tmp_path)
    showing = asyncio.create_task(show_what_goes_on(tmp_path, pages, ScaledClock(SystemClock(), 10.0)))
    with recording_path(tmp_path, ID).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        view = await pages.views.get()
        assert view is not None
        store.add_strides(ID, TAKEN[12:])
        content = await told(view, "strides")
        assert (content["sensors"], content["closing"]) == ([], None)
        store.finish_session(ID, wire.summary_object(summarize(TAKEN, RUN.session.sensors)))
        content = await told(view, "end")
    assert content["closing"]["page"] == f"/runs/{ID}"
    assert view.is_over
    showing.cancel()
    with suppress(asyncio.CancelledError):
        await showing
    assert pages.views.empty(), "a run that ended stays until another begins"


def test_a_run_that_broke_off_goes_on_no_more_and_one_from_elsewhere_while_it_grows(
    tmp_path: Path, store: Store
) -> None:
    at = At()
    runs = StoredRuns(tmp_path, at)
    of_ann = replace(header("ann"), session=replace(header("ann").session, runner_name="Ann"))
    store.add_session(of_ann)
    assert runs.look().followed is None, "nobody has seen it grow"
    store.add_strides(ID, TAKEN[12:14])
    first = runs.look()
    assert first.followed is not None
    assert len(first.items) == 14
    store.add_strides("ann", TAKEN[:4])
    assert runs.look().others == {"Ann"}
    usual = StoredRuns(tmp_path, at, "Ann")
    usual.look()
    store.add_strides("ann", TAKEN[:6])
    chosen = usual.look().followed
    assert chosen is not None
    assert chosen.id == "ann"
    usual.close()
    store.add_strides(ID, TAKEN[14:])
    at.t_s += 0.9 * STILL_S
    assert len(runs.look().items) == 10
    at.t_s += 0.9 * STILL_S
    assert runs.look().followed is not None
    at.t_s += 0.2 * STILL_S
    assert runs.look().followed is None
    recording_path(tmp_path, ID).write_bytes(b"")
    store.add_strides(ID, TAKEN[14:])
    assert runs.look().followed is None, "a recording that nobody writes broke off"
    runs.close()


def test_a_run_that_is_given_to_somebody_while_it_goes_on_is_shown_anew(tmp_path: Path, store: Store) -> None:
    runs = StoredRuns(tmp_path, At())
    with recording_path(tmp_path, ID).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        first = runs.look()
        assert first.followed is not None
        assert runs.look().followed is first.followed
        store.log.ran(ID, "Ann")
        then = runs.look()
    assert then.followed is not None
    assert (first.followed.runner, then.followed.runner) == ("", "Ann")
    assert len(then.items) == 12, "for whoever sees it now, from its beginning"
    runs.close()
