"""Who works recordings out: a worker that dies loses nothing, and who can't work says so at once."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from threading import Event
from types import ModuleType

import pytest
from distributed import LocalCluster

from footfall_gateway import cli
from footfall_gateway.errors import GatewayError, TemporaryError
from footfall_gateway.reprocessing import work, workers
from footfall_gateway.reprocessing.work import Failed, Job, UnfitWorkerError, WorkedOut, work_out
from footfall_gateway.reprocessing.workers import Outcome, Workers, in_this_process, of_scheduler, on_this_computer
from gateway.command_line import FEET
from gateway.reprocessing.deadly_work import PATHS, dies_once, jobs

pytestmark = pytest.mark.timeout(300)

OVER = Event()


def waits(job: Job) -> Outcome:
    """Wait as long as the test does."""
    OVER.wait(30.0)
    return Failed(str(job.path))


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """A process of this computer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIED", str(tmp_path_factory.mktemp("worker") / "died"))
        patch.setenv("PYTHONPATH", os.pathsep.join([entry for entry in sys.path if entry]))
        with on_this_computer(1) as found:
            yield found


def test_a_worker_that_is_killed_loses_nothing(worker: Workers) -> None:
    found = dict(worker(dies_once, jobs()))
    assert Path(os.environ["DIED"]).exists()
    assert found == dict(in_this_process(work_out, jobs()))
    assert [type(found[job]) for job in jobs()] == 2 * [WorkedOut]


def test_a_worker_of_another_version_ends_it_all(worker: Workers) -> None:
    other = (replace(job, metrics_version=99) for job in jobs())
    with pytest.raises(UnfitWorkerError, match="version 99 is wanted; install the same Footfall everywhere"):
        list(worker(work_out, other))


def test_a_worker_that_can_t_read_its_work_leaves_and_is_not_waited_for(
    worker: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where another version is installed: Dask ends such a worker for good."""
    elsewhere = ModuleType("only_here")
    exec("def unknown(job): ...", elsewhere.__dict__)
    monkeypatch.setitem(sys.modules, "only_here", elsewhere)
    monkeypatch.setattr(workers, "_LOOK_S", 0.2)
    monkeypatch.setattr(workers, "_NOBODY_S", 0.5)
    with pytest.raises(TemporaryError, match="the processes of this computer: no worker is there"):
        list(worker(elsewhere.unknown, jobs()))


def test_a_scheduler_s_workers_do_the_same() -> None:
    with (
        scheduler(1) as cluster,
        of_scheduler(cluster.scheduler_address) as found,
    ):
        (_, outcome), *_ = found(work_out, islice(jobs(), 1))
        assert outcome == work_out(next(jobs()))


@pytest.fixture
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits has little patience."""
    for name in ("_LOOK_S", "_NOBODY_S"):
        monkeypatch.setattr(workers, name, 0.2)


@contextmanager
def scheduler(count: int) -> Iterator[LocalCluster]:
    """A scheduler, and workers that are threads of this process."""
    with LocalCluster(n_workers=count, processes=False, protocol="tcp://", dashboard_address="127.0.0.1:0") as cluster:
        yield cluster


@pytest.mark.usefixtures("in_no_time")
def test_where_no_worker_is_nobody_waits_for_ever() -> None:
    with (
        scheduler(0) as cluster,
        of_scheduler(cluster.scheduler_address) as found,
        pytest.raises(TemporaryError, match=r"tcp://.*: no worker is there, .* dask worker tcp://.* the rest$"),
    ):
        list(found(work_out, jobs()))


@pytest.mark.usefixtures("in_no_time")
def test_what_came_of_a_worker_that_left_for_good_is_there_before_it_is_told() -> None:
    with scheduler(1) as cluster, of_scheduler(cluster.scheduler_address) as found:
        coming = found(work_out, cycle(jobs()))
        job, outcome = next(coming)
        assert outcome == work_out(job)
        cluster.scale(0)
        with pytest.raises(TemporaryError, match=r"no worker is there, .* what is done is kept"):
            deque(coming, maxlen=0)


@pytest.mark.usefixtures("in_no_time")
def test_a_worker_of_which_nothing_comes_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_NOTHING_S", 0.5)
    with scheduler(1) as cluster, of_scheduler(cluster.scheduler_address) as found:
        try:
            with pytest.raises(TemporaryError, match="nothing came of the workers"):
                list(found(waits, jobs()))
        finally:
            OVER.set()


@pytest.mark.usefixtures("in_no_time")
def test_a_scheduler_that_stands_still_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with scheduler(0) as cluster, of_scheduler(cluster.scheduler_address) as found:
        monkeypatch.setattr(workers, "_PATIENCE", "0.2s")
        assert cluster.scheduler is not None
        cluster.scheduler.handlers["ncores"] = standing_still
        with pytest.raises(TemporaryError, match=r"tcp://.*: the scheduler is lost; what is done is kept"):
            list(found(work_out, jobs()))


async def standing_still(**_: object) -> None:
    await asyncio.sleep(60.0)


def test_what_is_missing_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    command = [
        "reprocess",
        str(FEET),
        str(PATHS[0]),
        "--out",
        str(tmp_path / "out"),
        "--data-dir",
        str(tmp_path / "data"),
    ]
    for more in (["--workers", "2"], ["--scheduler", "tcp://127.0.0.1:1"]):
        assert cli.run([*command, *more]) == 2
        assert f"{more[0]}" in (told := capsys.readouterr().err)
        assert "need the extra: pip install 'footfall[dask]'" in told
    monkeypatch.setattr("footfall_gateway.commands.reprocess.usual_count", lambda: 2)
    assert cli.run(command) == 0
    assert "one recording is worked out after the other; several at once need" in capsys.readouterr().err


def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PATIENCE", "0.2s")
    with (
        pytest.raises(TemporaryError, match=r"tcp://127.0.0.1:1: no scheduler answers"),
        of_scheduler("tcp://127.0.0.1:1"),
    ):
        pass
    with pytest.raises(GatewayError, match=r"nonsense://x: can't be used"), of_scheduler("nonsense://x"):
        pass


def test_without_pyarrow_no_worker_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnfitWorkerError, match="a worker can't write results: Parquet needs the package pyarrow"):
        work.work_out(next(jobs()))
