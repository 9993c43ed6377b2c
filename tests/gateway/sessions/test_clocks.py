"""Two sensors whose clocks differ: told by starts and stops, and no step told from them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import takewhile

import pytest

from footfall_gateway.recordings.recording import Recording
from footfall_gateway.sessions.engine import SessionEngine
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, NowDoing, Stride
from footfall_processing.results.clocks import LegClocks, with_clocks
from footfall_processing.results.summary import MIN_STRIDES, summarize
from footfall_processing.session import Sensor
from gateway.command_line import RECORDINGS


@cache
def walked_and_run() -> tuple[tuple[Sensor, ...], tuple[Stride | NowDoing, ...]]:
    """Two shins that stand, walk, run and stand."""
    recording = Recording.open(RECORDINGS / "shin-pair.mcap")
    engine = SessionEngine(recording.header)
    events = [*engine.take(tuple(recording)), *engine.end()]
    assert not engine.summary().clocks_differ
    return recording.header.session.sensors, tuple(one for one in events if isinstance(one, Stride | NowDoing))


def later(events: Sequence[Stride | NowDoing], sensor_id: str, by_s: float) -> list[Stride | NowDoing]:
    def moved(event: Stride | NowDoing) -> Stride | NowDoing:
        if event.sensor_id != sensor_id:
            return event
        if isinstance(event, NowDoing):
            return replace(event, t_s=event.t_s + by_s)
        begin_s, end_s = event.initial_contact_s + by_s, event.next_contact_s + by_s
        return replace(event, initial_contact_s=begin_s, toe_off_s=None, next_contact_s=end_s)

    return [moved(event) for event in events]


def clocks_of(sensors: Sequence[Sensor], events: Sequence[Stride | NowDoing]) -> LegClocks:
    clocks = LegClocks(sensors)
    for event in events:
        clocks.take(event)
    return clocks


@pytest.mark.parametrize(("by_s", "told"), [(0.05, False), (-0.8, False), (3.0, True), (-3.0, True), (5.0, True)])
def test_a_clock_that_is_off_by_seconds_is_told_by_starts_and_stops(by_s: float, *, told: bool) -> None:
    sensors, events = walked_and_run()
    moved = later(events, "shank-right", by_s)
    differ = clocks_of(sensors, moved).differ()
    assert set(differ) == ({"shank-left", "shank-right"} if told else set())
    summary = summarize([event for event in moved if isinstance(event, Stride)], sensors)
    kept = with_clocks(summary, differ)
    assert kept.step_times == ({} if told else summary.step_times)
    assert ("step_time_s" in kept.balance) == (Activity.RUN in kept.step_times)
    if by_s == 0.05:
        assert Activity.RUN in kept.step_times
    if told:
        assert "after shank-left" in differ["shank-right" if by_s > 0.0 else "shank-left"].replace("right", "left")


def test_one_sensor_s_packets_given_for_both_legs_are_told() -> None:
    """Whichever leg a sensor is said to be on, its peaks are the same to the last bit."""
    recording = Recording.open(RECORDINGS / "rearfoot-runner.mcap")
    engine = SessionEngine(recording.header)
    left, right = (sensor.id for sensor in recording.header.session.sensors)
    for packet in takewhile(lambda packet: packet.received_s < 40.0, recording):
        if packet.sensor_id == left:
            engine.take([packet, replace(packet, sensor_id=right)])
    engine.end()
    summary = engine.summary()
    assert summary.one_signal == {left: right, right: left}
    assert min(part.strides for part in summary.sensors if part.activity is Activity.RUN) >= MIN_STRIDES
    assert not summary.balance


def test_what_was_not_seen_tells_nothing_and_legs_that_never_move_together_are_told() -> None:
    sensors, events = walked_and_run()
    moved = later(events, "shank-right", 3.0)
    strides = [event for event in moved if isinstance(event, Stride)]
    assert not clocks_of(sensors, strides).differ(), "no start and no stop were seen"
    apart = clocks_of(sensors, later(events, "shank-right", 500.0)).differ()
    assert apart["shank-left"] == "no stride at the same time as shank-right"


def test_starts_and_stops_can_be_stored() -> None:
    sensors, events = walked_and_run()
    moved = later(events, "shank-right", 4.0)
    clocks, restored = clocks_of(sensors, moved[:90]), LegClocks(sensors)
    restored.restore(clocks.state())
    assert restored.state() == clocks.state()
    for event in moved[90:]:
        clocks.take(event)
        restored.take(event)
    assert restored.differ() == clocks.differ() != {}
    with pytest.raises(InputError, match="starts and stops"):
        LegClocks(sensors[:1]).restore(clocks.state())
