"""Each notification once: copies are told from a still sensor's equal samples, whatever holds no count."""

from itertools import pairwise
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_gateway.devices import witmotion
from footfall_gateway.devices.kit.base import MOST_STATE_BYTES
from footfall_gateway.devices.kit.once import Once, Replays, varies
from footfall_gateway.packets import RawPacket, RecordedSensor
from gateway.devices.driver_runs import WEARING, worn_imu

RATE_HZ = 200.0
SAMPLE_BYTES = 4


class Listener:
    """Hears one sample a notification, of a sensor that tells no time."""

    def __init__(self) -> None:
        self.dropped = 0
        self.taken: list[bytes] = []
        self.once = self.make()

    def make(self) -> Once:
        return Once(RATE_HZ * SAMPLE_BYTES, sample_bytes=SAMPLE_BYTES, is_unique=lambda _: False, drop=self.drop)

    def drop(self) -> None:
        self.dropped += 1

    def hear(self, received_s: float, data: bytes) -> None:
        self.taken += [arrival.data for arrival in self.once.take(received_s, data)]


def sent(values: list[int], times: int, first: int = 0, pause_at: int | None = None) -> list[tuple[float, bytes]]:
    """Let each sample arrive so often, 5 ms after the one before; copies of one come a second later, after a pause."""
    arrivals, late_s = [], 0.0
    for number, value in enumerate(values, first):
        for copy in range(times):
            late_s += float(number == pause_at and copy == 1)
            arrivals.append((number / RATE_HZ + copy * 1e-4 + late_s, value.to_bytes(SAMPLE_BYTES, "little")))
    return arrivals


def moving(n: int, seed: int = 1) -> list[int]:
    random = Random(seed)
    return [random.randrange(2**32) for _ in range(n)]


def heard(arrivals: list[tuple[float, bytes]]) -> Listener:
    listener = Listener()
    for arrival in arrivals:
        listener.hear(*arrival)
    return listener


def values_of(listener: Listener) -> list[int]:
    return [int.from_bytes(data, "little") for data in listener.taken]


@pytest.mark.parametrize("times", [2, 3])
def test_what_comes_so_often_from_the_beginning_is_taken_once(times: int) -> None:
    values = moving(400)
    listener = heard(sent(values, times))
    assert values_of(listener) == values
    assert listener.dropped == (times - 1) * 400


def test_copies_of_a_part_and_after_a_pause_are_told_too() -> None:
    values = moving(1200)
    once, twice = sent(values[:400], 1), sent(values[400:800], 2, 400, pause_at=600)
    late_s = twice[-1][0] - 799 / RATE_HZ
    again = [(received_s + late_s, data) for received_s, data in sent(values[800:], 1, 800)]
    assert values_of(heard(once + twice + again)) == values


@pytest.mark.parametrize("held", [2, 3, 50])
def test_a_sensor_that_repeats_itself_loses_nothing(held: int) -> None:
    values = [value for value in moving(1200 // held) for _ in range(held)]
    listener = heard(sent(values, 1))
    assert listener.dropped == 0
    assert values_of(listener) == values[: len(listener.taken)]
    assert len(values) - len(listener.taken) <= RATE_HZ


@given(st.integers(1, 6), st.integers(0, 2**16))
def test_a_still_sensor_loses_nothing_and_moves_on(codes: int, seed: int) -> None:
    random = Random(seed)
    still = [random.randrange(codes) for _ in range(300)]
    values = [*still, *moving(100, seed)]
    listener = heard(sent(values, 1))
    assert (values_of(listener), listener.dropped) == (values, 0)


def test_a_still_sensor_that_is_doubled_comes_at_its_rate() -> None:
    values = [*([7] * 400), *moving(400)]
    listener = heard(sent(values, 2))
    assert values_of(listener)[-400:] == values[-400:]
    assert len(listener.taken) == pytest.approx(800, abs=40)


def test_it_goes_on_from_its_state() -> None:
    arrivals, random = sent(moving(300) + [3] * 100, 2), Random(2)
    whole, stored = heard(arrivals), Listener()
    cuts = sorted(random.sample(range(len(arrivals)), 20))
    for begin, end in pairwise((0, *cuts, len(arrivals))):
        for arrival in arrivals[begin:end]:
            stored.hear(*arrival)
        state = msgspec.msgpack.encode(stored.once.state())
        assert len(state) < MOST_STATE_BYTES
        stored.once = stored.make()
        stored.once.restore(msgspec.msgpack.decode(state))
    assert (stored.taken, stored.dropped) == (whole.taken, whole.dropped)


def test_a_replay_takes_along_what_holds_no_time() -> None:
    begins = [b"T1", b"a", b"a", b"T2", b"a", b"b"]
    replays = Replays(lambda data: data.startswith(b"T"))
    assert [replays.is_copy(data) for data in begins] == [False] * 6
    # All of it again, and then on.
    assert [replays.is_copy(data) for data in begins] == [True] * 6
    assert [replays.is_copy(data) for data in (b"T3", b"T3", b"c", b"c", b"c")] == [False, True, False, True, False]


def test_noise_of_a_still_sensor_does_not_count_as_variety() -> None:
    random = np.random.default_rng(1)
    still = random.normal(0.0, 1.0, (2000, 3, 3)).round().astype(np.int16)
    assert not any(varies(codes) for codes in still)
    assert varies(random.integers(-3000, 3000, (3, 3)).astype(np.int16))


def test_one_frame_a_notification_is_enough_for_witmotion() -> None:
    # One of 20 bytes every 5 ms, as its data sheet suggests, of a sensor that stands still.
    frame = bytes.fromhex("5561e1ff91ff0008000000000000e9fdc800c43a")
    sensor = worn_imu(RATE_HZ)
    decoder = witmotion.WitMotionDecoder(RecordedSensor(sensor, witmotion.NAME))
    packets = [RawPacket(k * 0.005, WEARING.sensor_id, witmotion.ROUTES[0].notify, frame) for k in range(2000)]
    blocks = [block for packet in packets for block in decoder.push([packet])]
    assert sum(map(len, blocks)) == 2000
    assert blocks[-1].t_s[-1] == pytest.approx(9.995, abs=0.02)
    assert decoder.counts.rejected_packets == decoder.counts.duplicate_packets == 0
