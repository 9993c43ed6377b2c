"""Archives worked out anew: each recording once, whatever is bad or killed, into tables and into the log."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy, copytree

import msgspec
import pyarrow.parquet as pq
import pytest

import forked
from footfall_coaching.alike import versions_note
from footfall_coaching.answers import Effort
from footfall_gateway import cli
from footfall_gateway.data_folder import store_path
from footfall_gateway.formats.stride_tables import stride_columns
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.reprocessing import work, workers
from footfall_gateway.reprocessing.results_folder import ResultsFolder
from footfall_gateway.reprocessing.work import Job
from footfall_gateway.sessions.adding import add_session
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.store.database import Store, StoreError
from footfall_gateway.store.rows import ResultRows
from footfall_processing.health import LinkState, SensorHealth
from footfall_processing.metrics.version import METRICS_VERSION
from gateway.command_line import FEET, environment

pytestmark = pytest.mark.timeout(300)

Did = Callable[..., tuple[int, str, str]]
TABLES = f"metrics-{METRICS_VERSION}"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three short runs of three days."""
    source, folder = Recording.open(FEET), tmp_path_factory.mktemp("runs")
    packets = [packet for packet in source if packet.received_s < 24.0]
    for day in (1, 2, 3):
        worn = tuple(replace(one, address="") for one in source.header.recorded_sensors)
        began = datetime(2026, 5, day, 8, tzinfo=UTC)
        session = replace(source.header.session, id=f"run-{day}", started_utc=began, runner_name="Ann")
        with RecordingWriter(
            folder / f"{day}.mcap", replace(source.header, session=session, recorded_sensors=worn)
        ) as writer:
            for packet in packets:
                if packet.received_s < 20.0 + day:
                    writer.write(packet)
    return folder


@pytest.fixture(scope="module")
def uninterrupted(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of those."""
    out = tmp_path_factory.mktemp("results")
    assert cli.run(["reprocess", str(runs), "--out", str(out), "--workers", "1", "--data-dir", str(out)]) == 0
    return out


@pytest.fixture
def did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Did:
    """Run a command on a data folder of its own, in this process; return exit status, output and complaints."""
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = cli.run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def lines(out: Path) -> list[dict[str, object]]:
    """What the manifest says, half lines left out."""
    found = []
    for text in (out / "manifest.jsonl").read_text().splitlines():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
    return found


def tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (out / TABLES).iterdir() if path.suffix == ".parquet"}


def test_strides_are_those_of_an_analysis_and_many_files_read_as_one_table(runs: Path, uninterrupted: Path) -> None:
    table = pq.read_table(uninterrupted / TABLES).to_pydict()
    began = 0
    for path in sorted(runs.iterdir()):
        recording = Recording.open(path)
        strides = analyze_session(recording.header, recording).strides
        columns, end = stride_columns(strides), began + len(strides)
        assert len(strides) > 20
        assert {name: table[name][began:end] for name in columns} == columns
        assert set(table["session_id"][began:end]) == {recording.header.session.id}
        began = end
    assert began == len(table["session_id"])
    assert set(table["runner"]) == {"Ann"}
    assert set(table["metrics_version"]) == {METRICS_VERSION}
    assert [line["strides"] for line in lines(uninterrupted)] == [
        table["session_id"].count(f"run-{day}") for day in (1, 2, 3)
    ]


def test_once_more_does_what_is_new_alone(did: Did, runs: Path, uninterrupted: Path, tmp_path: Path) -> None:
    """By content: a recording may be moved, or touched. What another version made, or what was lost, is made anew."""
    out, own = tmp_path / "out", tmp_path / "runs"
    copytree(uninterrupted, out)
    copytree(runs, own)
    (own / "3.mcap").rename(own / "moved.mcap")
    status, said, _ = did("reprocess", own, runs, "--out", out, "--workers", "1")
    assert (status, said.split(";")[:2]) == (
        0,
        [f"0 recordings worked out by version {METRICS_VERSION} of the metrics", " 6 had been"],
    )
    (out / TABLES / next(iter(tables(out)))).unlink()
    told = (out / "manifest.jsonl").read_text().splitlines()
    older = json.loads(told[2]) | {"metrics_version": METRICS_VERSION - 1}
    (out / "manifest.jsonl").write_text("\n".join([*told[:2], json.dumps(older), "", "[[[[", ""]))
    status, said, _ = did("reprocess", runs, "--out", out, "--workers", "1", "--json")
    object = json.loads(said)
    assert (status, object["done"], object["done_before"], object["failed"]) == (0, 2, 1, [])
    assert tables(out) == tables(uninterrupted)


def test_what_is_bad_is_told_in_a_line_each_and_stops_nothing(did: Did, runs: Path, tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    (archive / "2026" / "may").mkdir(parents=True)
    copy(runs / "1.mcap", archive / "2026" / "may" / "good.mcap")
    whole = (runs / "2.mcap").read_bytes()
    (archive / "cut.mcap").write_bytes(whole[: len(whole) * 3 // 4])
    (archive / "empty.mcap").write_bytes(b"")
    (archive / "noise.mcap").write_bytes(b"\x89MCAP0\r\n" + bytes(range(256)) * 9)
    (archive / "notes.txt").write_text("no recording")
    status, said, complaints = did("reprocess", archive, "--out", out, "--workers", "1")
    assert (status, said.partition(" worked")[0]) == (2, "2 recordings")
    first, second, third, last = complaints.splitlines()
    assert "cut.mcap: has no proper end" in first
    assert "empty.mcap: is empty" in second
    assert "noise.mcap: " in third
    assert "2 of 4 recordings are not worked out" in last
    assert len(tables(out)) == 2
    assert sum(bool(line["failed"]) for line in lines(out)) == 2
    assert sorted(bool(line["remarks"]) for line in lines(out) if not line["failed"]) == [False, True]


def test_a_fault_with_one_recording_stops_no_other(runs: Path) -> None:
    def fails(job: Job) -> workers.Outcome:
        if job.path.stem == "2":
            raise MemoryError
        return work.work_out(job)

    jobs = iter([Job(path, for_table=True, for_log=False) for path in sorted(runs.iterdir())])
    first, second, third = workers.in_this_process(fails, jobs)
    assert isinstance(first[1], work.WorkedOut)
    assert isinstance(third[1], work.WorkedOut)
    assert second[1] == work.Failed(f"{runs / '2.mcap'}: takes more memory than there is; give workers more")


DIES = """
import os, signal, sys
from footfall_gateway import cli
from footfall_gateway.reprocessing import results_folder
from footfall_gateway.store.database import Store

def die(): os.kill(os.getpid(), signal.SIGKILL)

def dies_at(owner, name, call, before=lambda *_: None):
    own, calls = getattr(owner, name), []
    def instead(*given):
        calls.append(name)
        if len(calls) == call:
            before(*given)
            die()
        return own(*given)
    setattr(owner, name, instead)

def half_a_line(folder, line):
    folder._manifest.write(b'{"file":"half')
    folder._manifest.flush()

point, *arguments = sys.argv[1:]
if point == "half written": dies_at(results_folder.os, "fsync", 4)
if point == "renamed": dies_at(results_folder, "sync_folder", 2)
if point == "half told": dies_at(results_folder.ResultsFolder, "_write", 2, half_a_line)
if point == "within the log": dies_at(Store, "_keep_record", 2)
cli.main(arguments)
"""


@pytest.mark.parametrize("point", ["half written", "renamed", "half told"])
def test_a_kill_loses_nothing_and_the_rest_is_done_by_the_next_call(
    did: Did, runs: Path, uninterrupted: Path, tmp_path: Path, point: str
) -> None:
    out = tmp_path / "out"
    command = ["reprocess", str(runs), "--out", str(out), "--workers", "1"]
    killed = forked.run([*forked.COMMAND[:2], DIES, point, *command], env=environment(), text=True)
    assert killed.returncode == -9, killed
    assert len(lines(out)) == 1
    status, said, complaints = did(*command, "--json")
    assert (status, complaints) == (0, "")
    assert (json.loads(said)["done"], json.loads(said)["done_before"]) == (2, 1)
    assert tables(out) == tables(uninterrupted)
    assert sorted(Path(str(line["file"])).name for line in lines(out)) == ["1.mcap", "2.mcap", "3.mcap"]


# ---- The log


@pytest.fixture
def log(runs: Path, tmp_path: Path) -> Path:
    """A data folder whose three runs were worked out by an older version, of which the runner told something."""
    folder = tmp_path / "data"
    for path in sorted(runs.iterdir()):
        add_session([path], folder)
    with Store.open(store_path(folder)) as store:
        for day in (1, 2, 3):
            grow_old(store, f"run-{day}")
        store.log.rename("run-1", "Round the lake")
        store.log.ran("run-2", "Bea")
        store.answers.note(Effort("run-1", 4, None))
    return folder


def grow_old(store: Store, session_id: str) -> None:
    """Give a session the strides that an older version might have found, and a live run's last word on its sensors."""
    strides = [replace(one, initial_contact_s=one.initial_contact_s + 0.002) for one in store.strides(session_id)][:-3]
    health = SensorHealth("left", 9.0, LinkState.LOST, None, 1, 0, 0, 71)
    summary = dict(store.session(session_id).summary or {})
    del summary["metrics_version"]
    kept = {**summary, "sensor_health": [msgspec.to_builtins(health)]}
    store.replace_results(session_id, ResultRows.of(session_id, strides), kept)


def test_runs_of_the_log_get_new_results_and_keep_what_was_told(did: Did, log: Path, runs: Path) -> None:
    _, listed, note = did("sessions", "list")
    assert listed.count("older metrics") == 3
    assert "3 of these 3 runs were worked out by an older version of the metrics" in note
    status, said, complaints = did("reprocess", "--workers", "1")
    assert (status, complaints) == (0, "")
    assert said == (
        f"3 recordings worked out by version {METRICS_VERSION} of the metrics; 3 runs of the log have new results.\n"
    )
    with Store.open(store_path(log)) as store:
        for path, stored in zip(sorted(runs.iterdir()), reversed(store.sessions()), strict=True):
            recording = Recording.open(path)
            analysis = analyze_session(recording.header, recording)
            assert store.strides(stored.header.session.id) == analysis.strides
            assert store.windows(stored.header.session.id, "10s") == sorted(
                analysis.windows("10s"), key=lambda one: (one.begin_s, one.summary.sensor_id, one.summary.activity)
            )
            assert stored.metrics_version == METRICS_VERSION
            assert stored.summary is not None
            assert stored.summary["sensor_health"]
        assert store.session("run-1").edit.title == "Round the lake"
        assert store.answers.effort_of("run-1") == Effort("run-1", 4, None)
        assert store.session("run-2").header.session.runner_name == "Bea"
        assert {run.metrics_version for run in store.log.runs()} == {METRICS_VERSION}
        assert versions_note(store.log.runs()) == ""
    assert did("reprocess") == (0, f"0 recordings worked out by version {METRICS_VERSION} of the metrics.\n", "")


def test_a_kill_within_the_log_leaves_old_results_or_new_ones(did: Did, log: Path) -> None:
    with Store.open(store_path(log)) as store:
        before = {f"run-{day}": store.strides(f"run-{day}") for day in (1, 2, 3)}
    command = ["reprocess", "--workers", "1", "--data-dir", str(log)]
    killed = forked.run([*forked.COMMAND[:2], DIES, "within the log", *command], env=environment(), text=True)
    assert killed.returncode == -9, killed
    with Store.open(store_path(log)) as store:
        versions = {one.header.session.id: one.metrics_version for one in store.sessions()}
        assert sorted(version or 0 for version in versions.values()) == [0, 0, METRICS_VERSION]
        for session_id, version in versions.items():
            assert (store.strides(session_id) == before[session_id]) == (version == 0)
    status, said, _ = did("reprocess", "--workers", "1", "--json")
    assert (status, json.loads(said)["done"]) == (0, 2)


def test_results_that_can_t_be_kept_leave_the_old_ones(log: Path) -> None:
    with Store.open(store_path(log)) as store:
        before = store.strides("run-1"), store.windows("run-1", "10s"), store.session("run-1")
        rows = ResultRows.of("run-1", before[0])
        with pytest.raises(StoreError):
            store.replace_results("run-1", replace(rows, strides=(*rows.strides, rows.strides[0][:-1])), {})
        assert (store.strides("run-1"), store.windows("run-1", "10s"), store.session("run-1")) == before


def test_what_is_left_of_a_recording_replaces_results_when_asked_to(did: Did, log: Path) -> None:
    """Also a recording that is gone, one of other sensors, and one that is in no run, are told and stop nothing."""
    kept = log / "recordings" / "run-1.mcap"
    kept.write_bytes(kept.read_bytes()[:-100])
    (log / "recordings" / "run-2.mcap").unlink()
    status, said, complaints = did("reprocess", "--workers", "1", "--json")
    told = json.loads(said)
    assert (status, told["done"], told["sessions_replaced"]) == (2, 1, ["run-3"])
    assert "1 run keeps its older results: there is no recording of it here." in complaints
    assert "run-1.mcap: is not whole, so the log keeps its older results; --partial" in complaints
    status, said, _ = did("reprocess", "--workers", "1", "--partial", "--json")
    assert (status, json.loads(said)["sessions_replaced"]) == (0, ["run-1"])
    with Store.open(store_path(log)) as store:
        assert {one.header.session.id: one.metrics_version for one in store.sessions()} == {
            "run-1": METRICS_VERSION,
            "run-2": 0,
            "run-3": METRICS_VERSION,
        }


def test_recordings_that_are_named_go_to_the_log_and_into_tables(
    did: Did, log: Path, runs: Path, tmp_path: Path
) -> None:
    """Whatever their names: the session says which run it is."""
    status, said, _ = did("reprocess", runs / "1.mcap", FEET, "--workers", "1", "--json")
    told = json.loads(said)
    assert (status, told["sessions_replaced"], told["without_place"]) == (0, ["run-1"], 1)
    status, said, _ = did("reprocess", runs, FEET, "--out", tmp_path / "out", "--workers", "1", "--json")
    told = json.loads(said)
    assert (status, told["done"], sorted(told["sessions_replaced"])) == (0, 4, ["run-2", "run-3"])
    assert set(pq.read_table(tmp_path / "out" / TABLES)["runner"].to_pylist()) == {"", "Ann", "Bea"}


def test_sensors_that_are_not_the_log_s_replace_nothing(did: Did, log: Path, tmp_path: Path) -> None:
    source = Recording.open(log / "recordings" / "run-1.mcap")
    other = tuple(replace(one, address="C0:00:00:00:00:01") for one in source.header.recorded_sensors)
    path = tmp_path / "other.mcap"
    with RecordingWriter(path, replace(source.header, recorded_sensors=other)) as writer:
        for packet in source:
            writer.write(packet)
    status, _, complaints = did("reprocess", path, "--workers", "1")
    assert status == 2
    assert "other.mcap: has other sensors than session run-1 of the log, whose results stay as they are" in complaints


def test_mistakes_are_told_before_anything_is_done(did: Did, tmp_path: Path, runs: Path) -> None:
    for arguments, complaint in {
        (tmp_path / "nowhere.mcap",): "nowhere.mcap: is not there; give recordings (.mcap), or folders of them",
        (): "there is no store yet",
        (runs, "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"): "give --workers for processes of this computer",
    }.items():
        status, said, told = did("reprocess", *arguments)
        assert (status, said) == (2, "")
        assert complaint in told
    out = tmp_path / "out"
    with ResultsFolder.open(out):
        status, _, told = did("reprocess", runs, "--out", out)
    assert (status, "another footfall reprocess writes there" in told) == (75, True)
