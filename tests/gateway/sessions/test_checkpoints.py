"""A session that is taken up from a checkpoint gives what it would have given undisturbed, to the last bit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from itertools import pairwise

import msgspec
import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from footfall_gateway.devices import footfall, heart_rate
from footfall_gateway.devices.heart_rate import HeartRateMeasurement
from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordedSensor, RecordingHeader
from footfall_gateway.sessions import engine as engine_module
from footfall_gateway.sessions.checkpoints import (
    FORMAT,
    MOST_CHECKPOINT_BYTES,
    MOST_NOTES_BYTES,
    CheckpointError,
    Computation,
    Position,
)
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.sessions.events import Event
from footfall_gateway.virtual.models.standard import heart_rate_packets
from footfall_gateway.virtual.timed_packets import TimedPacket, from_blocks
from footfall_processing.companions import CompanionReading
from footfall_processing.gait import Stride
from footfall_processing.results.windows import Window
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Runner as Body
from footfall_processing.session import Sensor, Session, Side
from footfall_processing.synthetic import Runner, RunPlan, SensorSetup, Site, run, simulate, stand, walk, worn_sensor

PLAN = RunPlan((stand(2.0), walk(6.0, 1.4), run(14.0, 3.0), stand(2.0), run(5.0, 2.6), stand(2.0)))
SITES = {"foot": Site.INSTEP, "shank": Site.DISTAL_SHANK}
GAP_S = (11.0, 12.7)
RESTART_S = 15.3


@dataclass(frozen=True, slots=True)
class Worn:
    """What is worn, and what happens to it.

    Parameters
    ----------
    sites
        Of each sensor, left and right in turn.
    gyro
        Whether they have a gyroscope.
    per_packet
        Samples in each packet.
    gap
        Whether a part is lost on the air.
    restarts
        Whether the first sensor starts again in the middle, with its clock and its count at 0.
    """

    sites: tuple[str, ...]
    gyro: bool
    per_packet: int
    gap: bool
    restarts: bool


WORN = st.builds(
    Worn,
    sites=st.sampled_from((("foot",), ("shank",), ("foot", "foot"), ("shank", "shank"), ("foot", "shank"))),
    gyro=st.booleans(),
    per_packet=st.sampled_from((1, 7, 19)),
    gap=st.booleans(),
    restarts=st.booleans(),
)


@cache
def felt(site: str, side: Side, gyro: bool) -> tuple[Sensor, tuple[ImuBlock, ...]]:
    sensor = worn_sensor(f"{site}-{side}", SITES[site], side, rate_hz=200.0)
    blocks = simulate(PLAN, Runner(), [SensorSetup(sensor, SITES[site])], seed=5)[sensor.id].blocks()
    if gyro:
        return sensor, tuple(blocks)
    without = replace(sensor, has_gyro=False, gyro_range_radps=None)
    return without, tuple(replace(block, gyr_radps=None) for block in blocks)


def sent(sensor: Sensor, blocks: Sequence[ImuBlock], worn: Worn, *, restarts: bool) -> Iterator[TimedPacket]:
    before = [part for block in blocks if (part := within(block, -np.inf, RESTART_S if restarts else np.inf))]
    yield from from_blocks(sensor, before, per_packet=worn.per_packet)
    if restarts:
        after = [part for block in blocks if (part := within(block, RESTART_S, np.inf))]
        anew = [replace(block, t_s=block.t_s - RESTART_S) for block in after]
        for packet in from_blocks(sensor, anew, per_packet=worn.per_packet):
            yield replace(packet, due_s=packet.due_s + RESTART_S)


def within(block: ImuBlock, begin_s: float, end_s: float) -> ImuBlock | None:
    first, last = np.searchsorted(block.t_s, (begin_s, end_s))
    if first == last:
        return None
    part = slice(first, last)
    gyr_radps = None if block.gyr_radps is None else block.gyr_radps[part]
    return replace(
        block, t_s=block.t_s[part], acc_mps2=block.acc_mps2[part], gyr_radps=gyr_radps, quality=block.quality[part]
    )


@cache
def session_of(worn: Worn) -> tuple[RecordingHeader, tuple[RawPacket, ...]]:
    """Return a session of these sensors and a strap, its packets in order of arrival."""
    packets: list[RawPacket] = []
    recorded = []
    for number, (site, side) in enumerate(zip(worn.sites, Side, strict=False)):
        sensor, blocks = felt(site, side, worn.gyro)
        recorded.append(RecordedSensor(sensor, footfall.NAME))
        packets += [
            RawPacket(packet.due_s, sensor.id, packet.characteristic, packet.data)
            for packet in sent(sensor, blocks, worn, restarts=worn.restarts and number == 0)
            if not (worn.gap and GAP_S[0] <= packet.due_s < GAP_S[1])
        ]
    strap = RecordedCompanion("strap", heart_rate.NAME)
    packets += [
        RawPacket(packet.due_s, strap.id, packet.characteristic, packet.data)
        for packet in heart_rate_packets([HeartRateMeasurement(140 + second, (440,)) for second in range(30)])
    ]
    session = Session("taken-over", None, tuple(one.sensor for one in recorded), "tests", Body(70.0, 1.78))
    return (
        RecordingHeader(session, tuple(recorded), (strap,)),
        tuple(sorted(packets, key=lambda packet: packet.received_s)),
    )


def told(events: Sequence[Event]) -> dict[str, list[str]]:
    """Write each sensor's events in their order, every bit; how those of different sensors alternate is free."""
    written: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, CompanionReading):
            id_ = event.companion_id
        else:
            id_ = event.summary.sensor_id if isinstance(event, Window) else event.sensor_id
        written.setdefault(id_, []).append(repr(event))
    return written


@cache
def undisturbed(worn: Worn) -> tuple[dict[str, list[str]], str, int]:
    header, packets = session_of(worn)
    computation = Computation(header)
    events = computation.take(packets, Position(1))
    rest, end = computation.end()
    return told(events + rest), repr(end), sum(isinstance(event, Stride) for event in events + rest)


@given(worn=WORN, data=st.data())
# an example takes a second: shrinking one would take minutes
@settings(
    max_examples=30,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
def test_whoever_takes_a_session_over_gives_what_comes_undisturbed(worn: Worn, data: st.DataObject) -> None:
    header, packets = session_of(worn)
    expected, expected_end, strides = undisturbed(worn)
    assert strides > 5 * len(worn.sites)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(packets)), max_size=20)))
    taken_over = data.draw(st.sets(st.integers(1, len(cuts) + 1), min_size=1, max_size=6))
    computation = Computation(header)
    events: list[Event] = []
    for sequence, (begin, end) in enumerate(pairwise([0, *cuts, len(packets)]), start=1):
        position = Position(sequence, bytes([sequence]))
        events += computation.take(packets[begin:end], position)
        if sequence in taken_over:
            stored = computation.checkpoint()
            counted, taken_s = computation.strides, computation.taken_s
            computation = Computation.restored(header, stored)
            assert computation.position == position
            assert (computation.strides, computation.taken_s) == (counted, taken_s)
            assert computation.checkpoint() == stored
    rest, ended = computation.end()
    assert told(events + rest) == expected
    assert repr(ended) == expected_end


def test_what_comes_after_a_checkpoint_comes_again_the_same_whoever_goes_on() -> None:
    """Who was thought dead, and wakes up, gives nothing else than who took over."""
    header, packets = session_of(TWO_FEET)
    first = Computation(header)
    first.take(packets[:700], Position(1))
    stored = first.checkpoint()
    second = Computation.restored(header, stored)
    for begin in range(700, len(packets), 100):
        position = Position(begin)
        together = packets[begin : begin + 100]
        assert told(first.take(together, position)) == told(second.take(together, position))
    assert repr(first.end()) == repr(second.end())


TWO_FEET = Worn(("foot", "foot"), gyro=True, per_packet=19, gap=False, restarts=False)


@cache
def kept() -> tuple[RecordingHeader, bytes]:
    header, packets = session_of(TWO_FEET)
    computation = Computation(header)
    computation.take(packets[:600], Position(12, b"stream 34"))
    return header, computation.checkpoint()


@given(at=st.integers(0, 10**6), changed=st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_a_changed_byte_anywhere_is_refused(at: int, changed: int) -> None:
    header, stored = kept()
    at %= len(stored)
    damaged = stored[:at] + bytes([stored[at] ^ changed]) + stored[at + 1 :]
    with pytest.raises(CheckpointError, match="session taken-over: the checkpoint"):
        Computation.restored(header, damaged)


@given(length=st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_a_checkpoint_that_is_cut_off_is_refused(length: int) -> None:
    header, stored = kept()
    with pytest.raises(CheckpointError):
        Computation.restored(header, stored[: length % len(stored)])


def sealed(packed: bytes, number: int = FORMAT) -> bytes:
    return b"FfCp" + bytes([number]) + blake2b(packed, digest_size=16).digest() + packed


def packed(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


REFUSED = {
    "of nobody": (b"", "is none, is cut off"),
    "another file": (b"SQLite format 3\0" + bytes(100), "is none, is cut off"),
    "too long": (bytes(MOST_CHECKPOINT_BYTES + 1), "is longer than"),
    "newer": (sealed(packed(b""), FORMAT + 1), f"has format {FORMAT + 1}, and this Footfall knows {FORMAT} alone"),
    "not packed": (sealed(b"not packed"), "can't be unpacked"),
    "nothing packed": (sealed(b""), "can't be unpacked"),
    "a bomb": (sealed(packed(bytes(80 * 2**20))), "would unpack to 83886080 bytes"),
    "of no size": (
        sealed(zstandard.ZstdCompressor(write_content_size=False).compress(bytes(80 * 2**20))),
        "would unpack to -1 bytes",
    ),
    "no parts": (sealed(packed(b"\xc0")), "can't be unpacked"),
    "no sequence": (sealed(packed(msgspec.msgpack.encode([-1, b"", b""]))), "can't be unpacked"),
    "long notes": (sealed(packed(msgspec.msgpack.encode([1, bytes(2000), b""]))), "can't be unpacked"),
    "more parts": (sealed(packed(msgspec.msgpack.encode([1, b"", b"", b""]))), "can't be unpacked"),
    "no state": (sealed(packed(msgspec.msgpack.encode([1, b"", b"\xc0"]))), "the stored state"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_checkpoint_is_refused_and_says_why(case: str) -> None:
    stored, why = REFUSED[case]
    header, _ = kept()
    with pytest.raises(CheckpointError, match=why):
        Computation.restored(header, stored)


def test_a_checkpoint_of_another_session_is_refused() -> None:
    header, stored = kept()
    for other in (
        replace(header, session=replace(header.session, id="another")),
        replace(header, session=replace(header.session, runner=None)),
        replace(header, companions=()),
    ):
        with pytest.raises(CheckpointError, match="is of another session, or of sensors that were worn otherwise"):
            Computation.restored(other, stored)


@pytest.mark.parametrize("changed", ["METRICS_VERSION", "digest_of"])
def test_a_checkpoint_of_another_version_is_refused_and_says_which(
    monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    header, stored = kept()
    engine_module._versions.cache_clear()
    try:
        monkeypatch.setattr(engine_module, changed, 99 if changed == "METRICS_VERSION" else lambda *_: "abc")
        with pytest.raises(
            CheckpointError, match=r"of another version of Footfall \(metrics \d+, code \w+, NumPy .*\)"
        ):
            Computation.restored(header, stored)
    finally:
        engine_module._versions.cache_clear()


def test_a_driver_that_chokes_on_a_state_refuses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    header, stored = kept()

    def choke(engine: SessionEngine, state: bytes) -> None:
        raise IndexError("out of range")

    monkeypatch.setattr(SessionEngine, "restore", choke)
    with pytest.raises(CheckpointError, match=r"makes no sense to a driver \(out of range\)"):
        Computation.restored(header, stored)


def test_a_position_only_goes_on() -> None:
    header, packets = session_of(TWO_FEET)
    computation = Computation(header)
    assert computation.position == Position(0)
    computation.take(packets[:10], Position(3))
    for earlier in (3, 2):
        with pytest.raises(ValueError, match=f"batch {earlier} does not follow batch 3"):
            computation.take(packets[:10], Position(earlier))
    with pytest.raises(ValueError, match="out of bounds"):
        Position(-1)
    with pytest.raises(ValueError, match="out of bounds"):
        Position(1, bytes(MOST_NOTES_BYTES + 1))


def test_a_checkpoint_stays_small_however_long_the_session() -> None:
    header, packets = session_of(TWO_FEET)
    end_s = packets[-1].received_s
    computation, sizes = Computation(header), []
    for times in range(1, 11):
        later = [
            replace(packet, received_s=packet.received_s + times * end_s)
            for packet in packets
            if packet.sensor_id != "strap"
        ]
        computation.take(later, Position(times))
        sizes.append(len(computation.checkpoint()))
    assert max(sizes) < 150_000
