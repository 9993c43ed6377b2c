"""The session engine's law: however packets are cut, and wherever the state is stored, the events are the same."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise, takewhile, zip_longest
from pathlib import Path
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from footfall_gateway.packets import RawPacket, RecordingHeader
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.recordings.scan import RecordingError
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.events import Event
from footfall_gateway.sessions.sinks.base import SessionEnd
from footfall_processing.companions import CompanionReading
from footfall_processing.errors import InputError
from footfall_processing.gait import Stride
from footfall_processing.results.tally import is_trusted
from footfall_processing.results.windows import Window
from gateway.command_line import RECORDINGS

NAMES = ("rearfoot-runner", "shin-pair", "lossy-link", "walk-run-intervals")
LARGEST_STATE_BYTES = 256 * 1024
"""Of one sensor, however long the session."""


@cache
def beginning(name: str, duration_s: float = 45.0) -> tuple[RecordingHeader, tuple[RawPacket, ...]]:
    recording = Recording.open(RECORDINGS / f"{name}.mcap")
    return recording.header, tuple(takewhile(lambda packet: packet.received_s < duration_s, recording))


def by_sensor(events: Sequence[Event]) -> dict[str, list[Event]]:
    """Each sensor's events in their order, which alone is the same in every cut."""
    found: dict[str, list[Event]] = {}
    for event in events:
        if isinstance(event, CompanionReading):
            found.setdefault(event.companion_id, []).append(event)
        else:
            sensor_id = event.summary.sensor_id if isinstance(event, Window) else event.sensor_id
            found.setdefault(sensor_id, []).append(event)
    return found


def whole(header: RecordingHeader, packets: Sequence[RawPacket]) -> tuple[dict[str, list[Event]], SessionEnd]:
    analysis = analyze_session(header, packets)
    return by_sensor(analysis.events), analysis.end


@cache
def expected(name: str) -> tuple[dict[str, list[Event]], SessionEnd]:
    return whole(*beginning(name))


def parts(packets: Sequence[RawPacket], cuts: Sequence[int]) -> Iterator[Sequence[RawPacket]]:
    for begin, end in pairwise([0, *sorted(cuts), len(packets)]):
        yield packets[begin:end]


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
# an example takes seconds: shrinking one would take minutes
@settings(max_examples=5, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_events_do_not_depend_on_cuts_nor_on_a_state_that_was_stored_between(name: str, data: st.DataObject) -> None:
    header, packets = beginning(name)
    cuts = data.draw(st.lists(st.integers(0, len(packets)), max_size=30))
    stored_at = data.draw(st.sets(st.integers(0, len(cuts)), max_size=4))
    engine = SessionEngine(header)
    events: list[Event] = []
    for number, part in enumerate(parts(packets, cuts)):
        events += engine.take(part)
        if number in stored_at:
            state = engine.state()
            engine = SessionEngine(header)
            engine.restore(state)
            assert engine.state() == state
    events += engine.end()
    found, end = expected(name)
    got = by_sensor(events)
    assert got.keys() == found.keys()
    for sensor_id, expected_events in found.items():
        pairs = zip_longest(got[sensor_id], expected_events)
        assert next(((one, other) for one, other in pairs if one != other), None) is None, sensor_id
    assert engine.summary() == end.summary
    assert sum(map(len, found.values())) > 50


@pytest.mark.parametrize(("name", "longest_s"), [("rearfoot-runner", 4.0), ("shin-pair", 20.0)])
def test_a_computer_under_load_bends_no_stride(name: str, longest_s: float) -> None:
    """Played at 40 times its speed, half a second without a turn is 20 s in which nothing arrives, and then all."""
    header, packets = beginning(name)
    random, stalls_s, now_s = Random(name), [(0.0, 0.5 * longest_s)], longest_s
    while now_s < packets[-1].received_s:
        begin_s = now_s + random.uniform(0.2, 6.0)
        now_s = begin_s + random.uniform(0.0, longest_s)
        stalls_s.append((begin_s, now_s))
    late = [
        replace(packet, received_s=next((end for begin, end in stalls_s if begin <= at_s < end), at_s))
        for packet, at_s in ((packet, packet.received_s) for packet in packets)
    ]
    true, found = (
        [
            event
            for events in by_sensor(SessionEngine(header).take(sent)).values()
            for event in events
            if isinstance(event, Stride)
        ]
        for sent in (packets, late)
    )
    # the peak tells which stride it is, whatever its time
    true_s = {round(stride.peak_acc_mps2 or 0.0, 1): stride.stride_time_s for stride in true}
    pairs = [
        (stride.stride_time_s, true_s[peak])
        for stride in found
        if is_trusted(stride) and (peak := round(stride.peak_acc_mps2 or 0.0, 1)) in true_s
    ]
    assert len(pairs) > 0.8 * len(true) > 40
    errors_s = [abs(one_s - other_s) for one_s, other_s in pairs]
    assert np.median(errors_s) < 0.004
    assert max(errors_s) < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_the_state_of_a_sensor_is_small(name: str) -> None:
    header, packets = beginning(name, 600.0)
    engine = SessionEngine(header)
    largest = 0
    for begin in range(0, len(packets), 500):
        engine.take(packets[begin : begin + 500])
        largest = max(largest, len(engine.state()))
    assert largest < LARGEST_STATE_BYTES * len(header.session.sensors)


def test_a_state_of_another_session_or_version_is_refused() -> None:
    header, packets = beginning("rearfoot-runner")
    engine = SessionEngine(header)
    engine.take(packets[:500])
    state = engine.state()
    other, _ = beginning("shin-pair")
    with pytest.raises(InputError, match="another session"):
        SessionEngine(other).restore(state)
    worn_otherwise = replace(header, session=replace(header.session, begin_s=1.0))
    with pytest.raises(InputError, match="of sensors that were worn otherwise"):
        SessionEngine(worn_otherwise).restore(state)
    newer = msgspec.msgpack.decode(state) | {"versions": "metrics 99"}
    with pytest.raises(InputError, match=r"another version of Footfall \(metrics 99; this is metrics \d+, code "):
        SessionEngine(header).restore(msgspec.msgpack.encode(newer))


@given(position=st.integers(0, 10**6), garbage=st.binary(min_size=1, max_size=8), cut=st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_damaged_state_is_refused_or_taken_never_a_crash(position: int, garbage: bytes, cut: bool) -> None:
    header, state = stored()
    position %= len(state)
    damaged = state[:position] if cut else state[:position] + garbage + state[position + len(garbage) :]
    engine = SessionEngine(header)
    try:
        engine.restore(damaged)
    except InputError:
        return
    assert isinstance(engine.state(), bytes)


@cache
def stored() -> tuple[RecordingHeader, bytes]:
    header, packets = beginning("shin-pair")
    engine = SessionEngine(header)
    engine.take(packets[:400])
    return header, engine.state()


def test_a_packet_of_nobody_is_an_error_that_names_the_session() -> None:
    header, packets = beginning("rearfoot-runner")
    stranger = RawPacket(1.0, "nobody", packets[0].characteristic, b"")
    with pytest.raises(RecordingError, match=f"{header.session.id}: holds a packet of sensor 'nobody'"):
        SessionEngine(header).take([stranger])


def test_an_engine_that_took_nothing_ends_without_events(tmp_path: Path) -> None:
    header, _ = beginning("rearfoot-runner")
    engine = SessionEngine(header)
    assert engine.take([]) == []
    assert engine.end() == []
    assert engine.summary().sensors == ()
