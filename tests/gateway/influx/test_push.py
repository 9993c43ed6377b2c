"""Back-filling from the embedded store: the same points as a live run's, as often as one likes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from footfall_coaching.answers import Pain, PainSite, Phase, Shoe
from footfall_gateway import cli
from footfall_gateway.exit_status import ExitStatus
from footfall_gateway.influx.sender import InfluxSender
from footfall_gateway.influx.sink import InfluxSink
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.sessions.sinks.base import SessionEnd
from footfall_gateway.sessions.sinks.store import SharedStore
from footfall_gateway.store.database import Store
from footfall_gateway.store.rows import ResultRows
from footfall_processing.metrics.catalogue import STRIDE_METRICS
from footfall_processing.results.running import RunningResults
from footfall_processing.session import Side
from gateway.command_line import FEET, footfall
from gateway.recordings_for_tests import header, strides
from influx_front import with_deletes
from servers_influx import BUCKET, TOKEN, Influx

MEASUREMENTS = ("stride", "window", "session", "load", "pain", "shoe")
STARTED = datetime(2026, 11, 21, 8, 15, 0, 123456, tzinfo=UTC)


def dated(session_id: str, started_utc: datetime | None) -> RecordingHeader:
    return replace(header(), session=replace(header().session, id=session_id, started_utc=started_utc))


FIRST = dated(header().session.id, STARTED)
SECOND = dated("20261122T081500Z-run", STARTED + timedelta(days=1))
UNDATED = dated("imported", None)


@pytest.fixture
def store_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOOTFALL_DATA_DIR", str(tmp_path))
    path = tmp_path / "footfall.sqlite"
    with Store.open(path) as store:
        for one in (FIRST, SECOND, UNDATED):
            store.add_session(one)
            store.add_strides(one.session.id, strides(400))
        store.answers.note(Pain("", FIRST.session.id, STARTED, Phase.DURING, PainSite.KNEE, Side.LEFT, 3))
        store.answers.note(Shoe("", STARTED, "Blue daily"))
    return path


@pytest.fixture
def named_influxdb(influxdb: Influx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Influx:
    token_path = tmp_path / "token"
    token_path.write_text(TOKEN)
    monkeypatch.setenv("FOOTFALL_INFLUX_URL", influxdb.url)
    monkeypatch.setenv("FOOTFALL_INFLUX_TOKEN_FILE", str(token_path))
    return influxdb


def held(influxdb: Influx) -> dict[str, list[dict[str, object]]]:
    return {name: influxdb.query(f"SELECT * FROM {name}") for name in MEASUREMENTS}


async def send_live(influxdb: Influx, folder: Path, one: RecordingHeader, store_path: Path) -> None:
    """Write a session as a live run does."""
    results = RunningResults(one.session.sensors)
    async with (
        SharedStore(store_path, pytest.fail) as store,
        InfluxSender(folder / "outbox.sqlite", influxdb.settings, pytest.fail) as sender,
    ):
        sink = InfluxSink(sender, store, str, pytest.fail)
        await sink.open(one, None)
        for stride in strides(400):
            await sink.write([stride, *results.push(stride)])
        await sink.write(results.flush())
        await sink.finish(SessionEnd(results.summary()))
        await sink.close()
        await sender.drain()


@pytest.mark.influx
async def test_a_push_writes_what_a_live_run_does_and_once_more_changes_nothing(
    named_influxdb: Influx, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in (FIRST, SECOND):
        await send_live(named_influxdb, tmp_path, one, store_path)
    live = held(named_influxdb)
    assert len(live["stride"]) == 800
    assert live["window"]
    for _ in range(2):
        assert cli.run(["push"]) == 0
        now = held(named_influxdb)
        assert {name: now[name] for name in ("stride", "window", "session", "load")} == {
            name: live[name] for name in ("stride", "window", "session", "load")
        }
        ((pain,), (shoe,)) = now["pain"], now["shoe"]
        assert (pain["site"], pain["side"], pain["level"]) == ("knee", "left", 3)
        assert shoe["shoe"] == "Blue daily"
        said = capsys.readouterr()
        assert said.out.endswith(f"points of 2 sessions are in InfluxDB, bucket {BUCKET}.\n")
        assert "Session imported is left out: it has no date." in said.err
        assert TOKEN not in said.out + said.err


@pytest.mark.influx
def test_one_session_can_be_pushed(
    named_influxdb: Influx, store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["push", FIRST.session.id, "--json"]) == 0
    assert f'"sessions":["{FIRST.session.id}"]' in capsys.readouterr().out
    assert {row["session"] for row in named_influxdb.query("SELECT * FROM stride")} == {FIRST.session.id}


@pytest.mark.influx
def test_results_that_were_worked_out_anew_take_the_place_of_the_older_ones(
    named_influxdb: Influx, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with with_deletes(named_influxdb) as settings, Store.open(store_path) as store:
        monkeypatch.setenv("FOOTFALL_INFLUX_URL", settings.url)
        assert cli.run(["push"]) == 0
        before = held(named_influxdb)
        found = [replace(one, initial_contact_s=one.initial_contact_s + 0.001) for one in strides(300)]
        store.replace_results(FIRST.session.id, ResultRows.of(FIRST.session.id, found), {})
        assert cli.run(["push", FIRST.session.id, "--again"]) == 0
        after = held(named_influxdb)
    for name in ("stride", "window"):
        assert {one["session"] for one in after[name]} == {FIRST.session.id, SECOND.session.id}
        untouched = [
            sorted(map(repr, (one for one in rows[name] if one["session"] == SECOND.session.id)))
            for rows in (before, after)
        ]
        assert untouched[0] == untouched[1]
    contacts = [one["initial_contact_s"] for one in after["stride"] if one["session"] == FIRST.session.id]
    assert contacts == [one.initial_contact_s for one in found]
    assert after["pain"] == before["pain"]


@pytest.mark.influx
def test_an_influxdb_that_is_away_is_said_in_one_line(
    named_influxdb: Influx, store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named_influxdb.front.kill()
    assert cli.run(["push"]) == ExitStatus.NOT_NOW
    complaint = capsys.readouterr().err.splitlines()[-1]
    assert complaint == f"footfall: {named_influxdb.url}: InfluxDB can't be reached (Connection refused)"


def test_without_an_influxdb_a_push_says_how_to_name_one(
    store_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FOOTFALL_INFLUX_URL", raising=False)
    assert cli.run(["push"]) == cli.EXIT_ERROR
    assert "set FOOTFALL_INFLUX_URL, and FOOTFALL_INFLUX_TOKEN_FILE" in capsys.readouterr().err


@pytest.mark.influx
def test_strides_in_influxdb_are_those_of_an_analysis_field_by_field(named_influxdb: Influx, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    replayed = footfall("replay", FEET, "--speed", "max", "--data-dir", folder, "--runner", "anna", "--json")
    assert replayed.status == 0, replayed
    assert footfall("push", "--demos", "--data-dir", folder).status == 0
    (recording,) = (folder / "recordings").glob("*.mcap")
    analysed = [json.loads(line) for line in footfall("analyze", recording, "--json").strides]
    rows = named_influxdb.query("SELECT * FROM stride ORDER BY time")
    assert len(rows) == len(analysed) > 100
    for row, stride in zip(rows, analysed, strict=True):
        for name in (*STRIDE_METRICS, "initial_contact_s", "strike", "strike_confidence", "confidence"):
            assert row.get(name) == stride[name], name
        assert (row["quality"] or "").split() == stride["quality"]
        assert (row["sensor"], row["side"], row["activity"]) == (
            stride["sensor_id"],
            stride["side"],
            stride["activity"],
        )
        assert row["runner"] == Pseudonyms.of(folder)("anna")


@pytest.mark.influx
def test_a_run_goes_to_influxdb_as_it_comes(named_influxdb: Influx, tmp_path: Path) -> None:
    replayed = footfall("replay", FEET, "--duration", "40", "--influx", "--data-dir", tmp_path)
    assert replayed.status == 0, replayed
    live = held(named_influxdb)
    assert len(live["stride"]) > 30
    assert live["window"]
    assert live["session"]
    assert named_influxdb.query("SELECT * FROM sensor_health")
    assert footfall("push", "--data-dir", tmp_path).status == 0
    assert held(named_influxdb) == live


def test_influxdb_must_be_named_before_a_run_goes_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOOTFALL_INFLUX_URL", raising=False)
    assert "set FOOTFALL_INFLUX_URL" in footfall("replay", FEET, "--influx", "--data-dir", tmp_path).complaint


@pytest.mark.influx
def test_points_that_influxdb_did_not_take_in_time_wait_and_it_is_said(named_influxdb: Influx, tmp_path: Path) -> None:
    named_influxdb.server.kill()
    replayed = footfall("replay", FEET, "--duration", "20", "--influx", "--data-dir", tmp_path)
    assert replayed.status == 0, replayed
    assert "the next run that goes to InfluxDB sends them first" in replayed.err + replayed.out
    named_influxdb.server.start()
    footfall("replay", FEET, "--duration", "20", "--influx", "--data-dir", tmp_path)
    assert len({row["session"] for row in named_influxdb.query("SELECT session, stride_time_s FROM stride")}) == 2
