"""The computer's wall clock is set, by people, by the network or by summer time, while runs are taken."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from faults.effort import Tell, tell
from footfall_gateway.cli import run
from footfall_gateway.clock import SystemClock
from footfall_gateway.data_folder import store_path
from footfall_gateway.influx.points import lines_of
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.recordings.resumption import find_unfinished
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.sensor_run import _resumed_at_s
from footfall_gateway.store.database import Store
from footfall_processing.gait import Stride
from gateway.command_line import FEET
from gateway.influx.lines import parse

HOUR = timedelta(hours=1)
CLOCKS = {
    "an hour ahead": (datetime(2026, 11, 21, 8, 15, tzinfo=UTC), HOUR),
    "an hour back": (datetime(2026, 11, 21, 8, 15, tzinfo=UTC), -HOUR),
    "into summer time": (datetime(2026, 3, 29, 0, 59, 50, tzinfo=UTC), timedelta(seconds=20)),
    "out of summer time": (datetime(2026, 10, 25, 0, 59, 50, tzinfo=UTC), timedelta(seconds=20)),
}


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live where clocks are changed twice a year."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def replayed(folder: Path) -> tuple[list[Stride], list[Stride]]:
    """Replay a run; return what its recording gives, and what is stored: in time with its points and windows."""
    assert run(["replay", str(FEET), "--duration", "40", "--data-dir", str(folder)]) == 0
    with Store.open(store_path(folder)) as store:
        (session,) = store.sessions()
        session_id = session.header.session.id
        stored, windows = store.strides(session_id), store.windows(session_id, "10s")
    assert session.recording is not None
    recording = Recording.open(session.recording)
    assert recording.header == session.header
    assert len(windows) >= 6
    began_utc = session.header.session.started_utc
    assert began_utc is not None
    for stride in stored:
        point = parse(lines_of(stride, session.header)[0])
        assert point.time_ns / 1e9 == pytest.approx(began_utc.timestamp() + stride.initial_contact_s, abs=1e-3)
    return analyze_session(recording.header, recording).strides, stored


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.usefixtures("in_berlin")
def test_a_run_is_the_same_whatever_the_wall_clock_does(
    clock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Tell
) -> None:
    began_utc, step = CLOCKS[clock]
    times = cycle((began_utc, began_utc + step))
    monkeypatch.setattr(SystemClock, "utc_now", lambda _: next(times))
    wanted, stored = replayed(tmp_path)
    assert wanted[-1].initial_contact_s - wanted[0].initial_contact_s < 40.0
    tell(
        record_property,
        tries=1,
        items=len(stored),
        lost=sum(stride not in stored for stride in wanted),
        doubled=len(stored) - sum(stride in stored for stride in wanted),
    )


@pytest.mark.parametrize("step", [HOUR, -HOUR, timedelta(minutes=1)])
def test_what_broke_off_is_kept_whatever_the_clock_says_after_a_restart(tmp_path: Path, step: timedelta) -> None:
    """A board without a clock of its own starts at any time: the session goes on, or is left as it is."""
    path = tmp_path / "run.mcap"
    path.write_bytes(FEET.read_bytes()[: FEET.stat().st_size // 2])
    before = list(Recording.open(path))
    now_utc = datetime.fromtimestamp(path.stat().st_mtime, UTC) + step
    addresses = [sensor.address.upper() for sensor in Recording.open(path).header.recorded_sensors]
    unfinished = find_unfinished(tmp_path, addresses, now_utc)
    assert (unfinished is None) == (abs(step) == HOUR)
    assert list(Recording.open(path)) == before

    class Stepped(SystemClock):
        def utc_now(self) -> datetime:
            began_utc = Recording.open(path).header.session.started_utc
            assert began_utc is not None
            return began_utc + step

    assert _resumed_at_s(Recording.open(path), Stepped()) > before[-1].received_s
