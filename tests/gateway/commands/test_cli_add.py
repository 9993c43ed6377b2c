"""`footfall add`, `sessions` that set right what it says, and what nobody ran."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy

import fitdecode
import pytest

from footfall_coaching.answers import Effort
from footfall_gateway import cli
from footfall_gateway.data_folder import store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.sessions.adding import sessions_of_files
from footfall_gateway.sessions.inbox_folder import STILL_LOOKS, STILL_LOOKS_OF_CSV, InboxFolder
from footfall_gateway.store.database import Store
from gateway.command_line import FEET
from gateway.recordings_for_tests import header

Did = Callable[..., tuple[int, str, str]]


@pytest.fixture
def did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Did:
    """Run a command on a data folder of its own; return exit status, output and complaints."""
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = cli.run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


@pytest.fixture(scope="module")
def a_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of the example, as if somebody had run them."""
    source = Recording.open(FEET)
    told = source.header
    worn = tuple(replace(one, address="") for one in told.recorded_sensors)
    mine = replace(told, session=replace(told.session, id="mine"), recorded_sensors=worn)
    path = tmp_path_factory.mktemp("run") / "some run.mcap"
    with RecordingWriter(path, mine) as writer:
        for packet in source:
            if packet.received_s < 20.0:
                writer.write(packet)
    return path


def test_files_are_added_once_and_one_that_is_bad_does_not_stop_the_others(
    did: Did, a_run: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mcap"
    bad.write_bytes(b"nothing")
    status, out, complaints = did("add", bad, a_run)
    assert status == 2
    assert "some run.mcap: added as session mine" in out
    assert str(bad) in complaints
    assert "of 2 sessions, 1 not added" in complaints
    with Store.open(store_path(tmp_path / "data")) as store:
        before = store.strides("mine"), store.session("mine")
        (run,) = store.log.runs("")
        assert run.minutes
        assert not run.is_demo
    assert before[1].recording == tmp_path / "data" / "recordings" / "mine.mcap"
    copy(a_run, tmp_path / "the same.mcap")
    assert "is there already, as session mine; nothing is added" in did("add", tmp_path / "the same.mcap")[1]
    status, out, _ = did("add", a_run, "--json")
    assert (status, json.loads(out)["came"]) == (0, "there")
    with Store.open(store_path(tmp_path / "data")) as store:
        assert (store.strides("mine"), store.session("mine")) == before
    named = [did("add", a_run, "--runner", name)[1] for name in ("Anna", "Bo")]
    assert ["as session mine; it is of Anna now" in named[0], "nothing is added" in named[1]] == [True, True]
    with Store.open(store_path(tmp_path / "data")) as store:
        assert [run.session_id for run in store.log.runs("Anna")] == ["mine"]
        store.log.ran("mine", "")

    (line,) = did("sessions", "list", "--json")[1].splitlines()
    listed = json.loads(line)
    assert {"session_id", "started_utc", "duration_s", "distance_m", "runner", "shoe", "demo"} <= listed.keys()
    assert (listed["session_id"], listed["demo"], listed["duration_s"]) == ("mine", False, run.duration_s)

    assert did("sessions", "rename", "last", "Lake")[0] == 0
    assert did("sessions", "redate", "last", "2026-05-03T08:15Z")[0] == 0
    assert did("sessions", "shoe", "last", "Blue")[0] == 0
    assert "above 0 and up to 1000 km" in did("sessions", "distance", "last", "0")[2]
    assert "before now" in did("sessions", "redate", "last", "2999-01-01T10:00")[2]
    status, _, complaints = did("sessions", "distance", "last", "8,25")
    assert status == 2
    assert "no running was found in this session; if it is so, say it again with --yes" in complaints
    assert did("sessions", "distance", "last", "8,25", "--yes")[1] == "Session mine: 8.25 km\n"
    assert did("note", "pain", "last", "--knee", "left", "--level", "3", "--phase", "morning")[0] == 0
    out = did("sessions", "list")[1]
    for told in ("Lake", "Blue", "8.25 km", "3 of 10"):
        assert told in out
    with Store.open(store_path(tmp_path / "data")) as store:
        store.answers.note(Effort("mine", 6, 4))
    for source in ("last", a_run):
        fit = tmp_path / f"{Path(source).stem}.fit"
        assert did("export", source, "--format", "fit", "--out", fit)[0] == 0
        with fitdecode.FitReader(str(fit)) as reader:
            fields = {
                field.name: field.value
                for frame in reader
                if frame.frame_type == fitdecode.FIT_FRAME_DATA
                for field in frame.fields
            }
        assert (fields["workout_rpe"], fields["workout_feel"]) == (60, 75)
    assert "no date and time" in did("sessions", "redate", "last", "yesterday")[2]

    assert did("sessions", "delete", "mine")[0] == 0
    assert "mine" not in did("sessions", "list")[1]
    assert "restore mine" in did("add", a_run)[1]
    assert "mine" in did("sessions", "list", "--bin")[1]
    assert did("sessions", "restore", "mine")[0] == 0
    assert did("sessions", "delete", "mine")[0] == 0
    assert "Would be removed for good: mine" in did("sessions", "empty-bin")[1]
    assert "Removed for good: mine" in did("sessions", "empty-bin", "--yes")[1]
    assert not before[1].recording.exists()
    assert "The bin is empty" in did("sessions", "empty-bin")[1]


def test_what_nobody_ran_is_marked_and_is_no_last_run(did: Did, tmp_path: Path) -> None:
    played = header("demo")
    sensors = (replace(played.recorded_sensors[0], address="F0:07:FA:11:00:01"), *played.recorded_sensors[1:])
    (tmp_path / "data").mkdir()
    with Store.open(store_path(tmp_path / "data")) as store:
        store.add_session(replace(played, recorded_sensors=sensors))
    assert json.loads(did("sessions", "list", "--json")[1])["demo"] is True
    assert "demos are none" in did("note", "pain", "last", "--knee", "left", "--level", "3")[2]
    _, out, remarks = did("sessions", "show", "last")
    assert "Session demo" in out
    assert "Only demos are in the store" in remarks
    with Store.open(store_path(tmp_path / "data")) as store:
        real = header("real")
        store.add_session(replace(real, session=replace(real.session, started_utc=datetime(2020, 1, 1, tzinfo=UTC))))
    _, out, remarks = did("sessions", "show", "last")
    assert "Session real" in out, "a newer demo is not the last run"
    assert not remarks


def test_csv_files_of_one_folder_and_date_are_of_one_session(tmp_path: Path) -> None:
    for folder, dates in (("a", ("2026-05-03T08:15:00Z",) * 2), ("b", (None, None))):
        (tmp_path / folder).mkdir()
        for side, date in zip(("left", "right"), dates, strict=True):
            (tmp_path / folder / f"{side}.csv").write_text("t_s\n")
            (tmp_path / folder / f"{side}.json").write_text(json.dumps({"started_utc": date, "sensors": []}))
    (tmp_path / "a" / "other.csv").write_text("t_s\n")
    csv = sorted(tmp_path.glob("*/*.csv"))
    assert [[path.name for path in group] for group in sessions_of_files([*csv, tmp_path / "x.mcap", csv[0]])] == [
        ["left.csv", "right.csv"],
        ["other.csv"],
        ["left.csv", "right.csv"],
        ["x.mcap"],
    ]


def test_a_watched_folder_takes_what_is_there_whole(tmp_path: Path, a_run: Path) -> None:
    said: list[str] = []
    inbox = InboxFolder(tmp_path / "inbox", tmp_path / "data", "Ann", said.append)
    inbox.look()
    arriving = tmp_path / "inbox" / "run.mcap"
    content = a_run.read_bytes()
    for end in (1000, len(content)):
        arriving.write_bytes(content[:end])
        inbox.look()
    (tmp_path / "inbox" / "left.csv").write_text("nonsense\n")
    assert said == [], "what still grows waits"
    for _ in range(STILL_LOOKS):
        inbox.look()
    assert said == ["run.mcap: added as session mine"]
    assert [path.name for path in (tmp_path / "inbox" / "added").iterdir()] == ["run.mcap"]
    with Store.open(store_path(tmp_path / "data")) as store:
        assert [run.session_id for run in store.log.runs("Ann")] == ["mine"]
    for _ in range(STILL_LOOKS_OF_CSV):
        inbox.look()
    assert len(said) == 1, "a CSV waits for its sidecar"
    (tmp_path / "inbox" / "left.json").write_bytes(encode_header(header()))
    for _ in range(STILL_LOOKS_OF_CSV):
        inbox.look()
    assert said[1].startswith("not added: ")
    refused = tmp_path / "inbox" / "refused"
    assert sorted(path.name for path in refused.iterdir()) == ["left.csv", "left.csv.why.txt", "left.json"]
    (refusal,) = inbox.refusals()
    assert (refusal.name, f"not added: {refusal.why}") == ("left.csv", said[1])
    (refused / "other.why.txt").symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text("somebody's")
    assert inbox.refusals() == [refusal], "a link is no note of ours"
    inbox.look()
    assert len(said) == 2
    inbox.stop()
    again = tmp_path / "inbox" / "again.mcap"
    mine = Recording.open(a_run)
    with RecordingWriter(again, replace(mine.header, session=replace(mine.header.session, id="again"))) as writer:
        for packet in mine:
            writer.write(packet)
    for _ in range(STILL_LOOKS):
        inbox.look()
    assert again.exists(), "who ends in the middle leaves the rest for the next time"
    assert (len(said), inbox.adding) == (2, "")


def test_no_folder_is_watched_that_holds_what_footfall_keeps(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "recordings"):
        with pytest.raises(GatewayError, match="choose another folder to put files into"):
            InboxFolder(folder, tmp_path, "", print).check()


def test_a_refused_file_has_its_reason_beside_it_however_long_its_name(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    name = f"{'ä' * 125}.mcap"  # 255 bytes
    said: list[str] = []
    inbox = InboxFolder(tmp_path / "inbox", tmp_path / "data", "Ann", said.append)
    for _ in range(2):
        (tmp_path / "inbox" / name).write_bytes(b"no recording")
        for _ in range(STILL_LOOKS):
            inbox.look()
    assert list((tmp_path / "inbox").glob("*.mcap")) == [], "it is put aside"
    names = [one.name for one in inbox.refusals()]
    assert len(set(names)) == 2
    assert all(one.startswith("ä" * 119) and (tmp_path / "inbox" / "refused" / one).is_file() for one in names)
    assert all(line.startswith("not added: ") for line in said)
