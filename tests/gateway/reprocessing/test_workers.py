"""Who works recordings out: a worker that dies loses nothing, and who can't work says so at once."""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from distributed import LocalCluster

from footfall_gateway import cli
from footfall_gateway.errors import GatewayError, TemporaryError
from footfall_gateway.reprocessing import work, workers
from footfall_gateway.reprocessing.work import Job, UnfitWorkerError, WorkedOut, work_out
from footfall_gateway.reprocessing.workers import Outcome, Workers, in_this_process, of_scheduler, on_this_computer
from gateway.command_line import FEET, RECORDINGS

PATHS = [RECORDINGS / f"{name}.mcap" for name in ("lossy-link", "forefoot-runner")]


def jobs() -> Iterator[Job]:
    return (Job(path, for_table=True, for_log=True) for path in PATHS)


def dies_once(job: Job) -> Outcome:
    """Kill the worker that has the second recording, the first time."""
    died = Path(os.environ["DIED"])
    if job.path == PATHS[1] and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return work_out(job)


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


def test_a_scheduler_s_workers_do_the_same() -> None:
    with (
        LocalCluster(n_workers=1, processes=False, protocol="tcp://", dashboard_address="127.0.0.1:0") as cluster,
        of_scheduler(cluster.scheduler_address) as found,
    ):
        (_, outcome), *_ = found(work_out, islice(jobs(), 1))
        assert outcome == work_out(next(jobs()))


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
