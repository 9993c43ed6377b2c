"""Windows and summary of a session that goes on: bounded, storable at any stride, and the same however it is cut."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.results.packed_strides import pack, unpack
from footfall_processing.results.running import MOST_STATE_BYTES, RunningResults
from footfall_processing.results.spread import HELD
from footfall_processing.results.summary import MIN_STRIDES, summarize
from footfall_processing.results.tally import Tally, ValuedStride
from footfall_processing.results.windows import WINDOW_KINDS, Window, cut_into_windows
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.state import PlainState

FEET: Final = (Sensor("foot-left", Placement.FOOT, Side.LEFT, 200.0), Sensor("foot-right", Placement.FOOT, None, 200.0))
PAIR: Final = (FEET[0], replace(FEET[1], side=Side.RIGHT))
SHINS: Final = tuple(replace(foot, id=f"shank-{foot.side}", placement=Placement.SHANK) for foot in PAIR)


def stride(sensor: Sensor, begin_s: float, chance: random.Random, wildness: int = 0) -> Stride:
    """Make a stride; a wild one has numbers that no leg makes."""

    def value(middle: float, sd: float) -> float | None:
        if wildness and chance.random() < 0.1:
            return None
        if wildness == 2:
            return chance.choice((1.0, -1.0)) * chance.lognormvariate(0.0, 8.0)
        return chance.gauss(middle, sd) if wildness == 0 else chance.uniform(-20.0 * middle, 20.0 * middle)

    stride_s = chance.gauss(0.7, 0.02) if wildness == 0 else chance.uniform(0.2, 1.0)
    on_foot = sensor.placement is Placement.FOOT
    running = chance.random() < (0.97 if wildness == 0 else 0.5)
    return Stride(
        sensor_id=sensor.id,
        side=sensor.side,
        activity=Activity.RUN if running else Activity.WALK,
        initial_contact_s=begin_s,
        toe_off_s=begin_s + chance.uniform(0.3, 0.4) * stride_s,
        next_contact_s=begin_s + stride_s,
        peak_acc_mps2=value(60.0, 8.0),
        peak_tibial_acc_mps2=None if on_foot else value(50.0, 8.0),
        foot_strike_angle_rad=value(0.2, 0.05) if on_foot else None,
        strike=chance.choice((Strike.REARFOOT, Strike.MIDFOOT)) if on_foot else Strike.NON_REARFOOT,
        strike_confidence=0.9,
        stride_length_m=value(2.2, 0.1) if on_foot else None,
        pronation_excursion_rad=value(0.15, 0.03) if on_foot else None,
        peak_eversion_rate_radps=value(5.0, 1.0) if on_foot else None,
        shank_tilt_rad=None if on_foot else value(0.1, 0.02),
        stance_roll_rad=chance.gauss(0.3, 0.1),
        vertical_stiffness_npm=value(25_000.0, 1000.0),
        leg_stiffness_npm=value(9000.0, 500.0) if on_foot else None,
        confidence=0.9,
        quality=tuple(flag for flag in (StrideFlag.ACC_CLIPPED, StrideFlag.STAIRS) if chance.random() < 0.02),
    )


def strides(sensor: Sensor, count: int, seed: int = 1, wildness: int = 0) -> Iterator[Stride]:
    chance = random.Random(f"{sensor.id}{seed}")
    begin_s = 0.0 if sensor.side is Side.LEFT else 0.35
    for _ in range(count):
        made = stride(sensor, begin_s, chance, wildness)
        begin_s = made.next_contact_s
        yield made


def in_time(*legs: Iterator[Stride]) -> list[Stride]:
    return sorted((one for leg in legs for one in leg), key=lambda one: (one.initial_contact_s, one.sensor_id))


def stored(state: PlainState) -> PlainState:
    decoded: PlainState = msgspec.msgpack.decode(msgspec.msgpack.encode(state))
    return decoded


@settings(max_examples=15, deadline=None)
@given(st.data(), st.integers(0, 3 * HELD), st.integers(0, 2), st.sampled_from([PAIR, FEET, SHINS]))
def test_a_stored_state_goes_on_as_if_there_had_been_no_break(
    data: st.DataObject, count: int, wildness: int, sensors: tuple[Sensor, ...]
) -> None:
    given_strides = in_time(*(strides(sensor, count, wildness=wildness) for sensor in sensors))
    cuts = data.draw(st.sets(st.integers(0, len(given_strides)), max_size=4))
    whole, cut = RunningResults(sensors), RunningResults(sensors)
    for k, one in enumerate(given_strides):
        if k in cuts:
            state, cut = stored(cut.state()), RunningResults(sensors)
            cut.restore(state)
        assert cut.push(one) == whole.push(one)
    assert cut.summary() == whole.summary()
    assert cut.flush() == whole.flush()


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([40, HELD - 3, HELD + 40, 2 * HELD + 5]), st.integers(0, 200))
def test_how_the_legs_alternate_does_not_matter(seed: int, count: int, most_behind: int) -> None:
    """One leg's strides may come minutes after the other's, as when its sensor was away."""
    legs = {sensor.id: list(strides(sensor, count, seed)) for sensor in PAIR}
    chance = random.Random(seed)
    results = RunningResults(PAIR)
    found: list[Window] = []
    taken = dict.fromkeys(legs, 0)
    while any(taken[leg] < count for leg in legs):
        leg, other = chance.sample(sorted(legs), 2)
        if taken[leg] < count and taken[leg] - taken[other] <= most_behind:
            found += results.push(legs[leg][taken[leg]])
            taken[leg] += 1
    found += results.flush()
    expected = [
        window
        for kind in WINDOW_KINDS.values()
        for leg in legs.values()
        for window in cut_into_windows(leg, PAIR, kind)
    ]
    assert results.summary() == summarize([one for leg in legs.values() for one in leg], PAIR)

    def order(window: Window) -> tuple[str, str, int, str]:
        return window.kind, window.summary.sensor_id, window.index, window.summary.activity

    assert sorted(found, key=order) == sorted(expected, key=order)


@pytest.mark.parametrize("wildness", [0, 1, 2])
@pytest.mark.parametrize("sensors", [PAIR, SHINS], ids=["feet", "shins"])
def test_the_state_stays_small_however_long_and_odd_the_session(sensors: tuple[Sensor, ...], wildness: int) -> None:
    results = RunningResults(sensors)
    for k, one in enumerate(in_time(*(strides(sensor, 6000, wildness=wildness) for sensor in sensors))):
        results.push(one)
        if k % 499 == 0:
            assert len(msgspec.msgpack.encode(results.state())) <= MOST_STATE_BYTES * len(sensors)


def test_the_state_stays_small_for_someone_who_walks_in_place_for_hours() -> None:
    results = RunningResults(PAIR)
    for k, one in enumerate(in_time(*(strides(sensor, 11_000) for sensor in PAIR))):
        results.push(replace(one, stride_length_m=0.01, activity=(Activity.WALK, Activity.RUN)[k // 400 % 2]))
        if k % 1999 == 0:
            assert len(msgspec.msgpack.encode(results.state())) <= MOST_STATE_BYTES * len(PAIR)


def test_someone_who_walks_in_place_has_one_long_kilometre() -> None:
    tiny = [replace(one, stride_length_m=0.05) for one in strides(PAIR[0], 4 * HELD)]
    kilometre = cut_into_windows(tiny, PAIR, WINDOW_KINDS["1km"])[-1]
    assert kilometre.summary.activity is Activity.RUN
    assert kilometre.summary.strides == sum(one.activity is Activity.RUN for one in tiny)
    assert kilometre.summary.metrics["contact_time_s"].median == pytest.approx(0.245, abs=0.005)


@given(st.lists(st.integers(0, 2**32), max_size=20), st.sampled_from([*PAIR, *SHINS]), st.integers(0, 2))
def test_packed_strides_are_the_same_but_for_confidences(seeds: list[int], sensor: Sensor, wildness: int) -> None:
    made = [stride(sensor, 0.5 * k, random.Random(seed), wildness) for k, seed in enumerate(seeds)]
    plain = [replace(one, confidence=1.0, strike_confidence=None) for one in made]
    assert unpack(stored(pack(made)), sensor, HELD) == plain


def test_a_state_of_other_sensors_or_another_version_is_refused() -> None:
    results = RunningResults(PAIR)
    for one in in_time(*(strides(sensor, 30) for sensor in PAIR)):
        results.push(one)
    state = results.state()
    assert isinstance(state, dict)
    for other in (RunningResults(SHINS), RunningResults(PAIR, [WINDOW_KINDS["1min"]])):
        with pytest.raises(InputError, match="compute the session anew"):
            other.restore(state)
    with pytest.raises(InputError, match="compute the session anew"):
        RunningResults(PAIR).restore({**state, "version": 0})
    with pytest.raises(InputError, match="compute the session anew"):
        RunningResults(PAIR).restore({**state, "strides": {}})
    with pytest.raises(InputError, match="compute the session anew"):
        RunningResults(PAIR).restore(b"nothing")


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=1, max_size=3), st.integers(0, 10_000))
def test_a_damaged_state_is_refused_or_read_but_never_breaks(noise: bytes, at: int) -> None:
    results = RunningResults(PAIR)
    for one in in_time(*(strides(sensor, 15) for sensor in PAIR)):
        results.push(one)
    encoded = bytearray(msgspec.msgpack.encode(results.state()))
    at %= len(encoded)
    encoded[at : at + len(noise)] = noise
    try:
        state = msgspec.msgpack.decode(bytes(encoded))
    except (msgspec.DecodeError, ValueError):
        return
    again = RunningResults(PAIR)
    try:
        again.restore(state)
    except InputError:
        return
    again.summary()


@given(st.lists(st.integers(0, 300), min_size=2, max_size=5), st.integers(0, 2), st.booleans())
def test_parts_of_an_archive_merge_into_their_whole(parts: list[int], wildness: int, counted: bool) -> None:
    sensor = PAIR[0]
    made = [ValuedStride(one) for one in strides(sensor, sum(parts), wildness=wildness)]
    whole, merged = Tally(), Tally()
    whole.add(made)
    begin = 0
    for count in parts:
        part = Tally()
        part.add(made[begin : begin + count])
        if counted:
            part.count()
        merged.merge(part)
        begin += count
    if counted:
        whole.count()
        merged.count()
    one, other = (tally.summary(sensor, Activity.RUN, MIN_STRIDES) for tally in (whole, merged))
    assert other == replace(one, distance_m=other.distance_m)
    assert other.distance_m == pytest.approx(one.distance_m)
