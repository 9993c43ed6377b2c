"""The pipeline as a whole: what must hold however the signal comes, and however the sensor is worn."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from footfall_processing import session
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, GaitEvent, Impact, NowDoing, Stride, StrideFlag
from footfall_processing.metrics.catalogue import STRIDE_METRICS, metric_values
from footfall_processing.pipeline import GaitPipeline, analyze
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.synthetic import (
    Imperfections,
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    run,
    simulate,
    stand,
    walk,
    walk_backward,
    worn_sensor,
)

PLAN = RunPlan((stand(2.0), walk(5.0, 1.4), run(9.0, 3.0), stand(2.0)))
SITES = {"foot": Site.INSTEP, "shank": Site.DISTAL_SHANK}
KINDS = ("foot", "shank", "foot-acc", "shank-acc")


@cache
def trace(site: str, plan: RunPlan = PLAN, rate_hz: float = 200.0) -> SensorTrace:
    sensor = worn_sensor(f"{site}-left", SITES[site], Side.LEFT, rate_hz=rate_hz)
    return simulate(plan, Runner(), [SensorSetup(sensor, SITES[site])], seed=7)[sensor.id]


def whole(made: SensorTrace) -> ImuBlock:
    """All that arrived of a trace, as one block."""
    blocks = made.blocks()
    return ImuBlock(
        made.setup.sensor.id,
        np.concatenate([b.t_s for b in blocks]),
        np.concatenate([b.acc_mps2 for b in blocks]),
        np.concatenate([b.gyr_radps for b in blocks if b.gyr_radps is not None]),
        np.concatenate([b.quality for b in blocks]),
    )


@cache
def signal(kind: str) -> tuple[Sensor, ImuBlock]:
    """A sensor and its whole signal as one block; `-acc` drops the gyroscope."""
    made = trace(kind.removesuffix("-acc"))
    block = whole(made)
    if not kind.endswith("-acc"):
        return made.setup.sensor, block
    sensor = replace(made.setup.sensor, id=kind, has_gyro=False, gyro_range_radps=None)
    return sensor, replace(block, sensor_id=kind, gyr_radps=None)


def part(block: ImuBlock, begin: int, end: int) -> ImuBlock:
    gyr_radps = None if block.gyr_radps is None else block.gyr_radps[begin:end]
    return ImuBlock(
        block.sensor_id, block.t_s[begin:end], block.acc_mps2[begin:end], gyr_radps, block.quality[begin:end]
    )


def kept(block: ImuBlock, keep: np.ndarray) -> ImuBlock:
    gyr_radps = None if block.gyr_radps is None else block.gyr_radps[keep]
    return ImuBlock(block.sensor_id, block.t_s[keep], block.acc_mps2[keep], gyr_radps, block.quality[keep])


def cut(block: ImuBlock, at: Sequence[int]) -> list[ImuBlock]:
    edges = [0, *sorted({k % len(block) for k in at} - {0}), len(block)]
    return [part(block, a, b) for a, b in pairwise(edges)]


def events(sensors: Sequence[Sensor], blocks: Sequence[ImuBlock]) -> list[GaitEvent]:
    pipeline = GaitPipeline(sensors)
    return [event for block in blocks for event in pipeline.push(block)] + pipeline.flush()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(at=st.lists(st.integers(0, 4000), max_size=40), lost=st.lists(st.integers(0, 3400), max_size=3))
def test_however_the_stream_is_cut_the_events_are_the_same_to_the_bit(
    kind: str, at: list[int], lost: list[int]
) -> None:
    sensor, block = signal(kind)
    keep = np.ones(len(block), bool)
    for begin in lost:
        keep[begin : begin + 5 + begin % 40] = False
    block = kept(block, keep)
    assert events([sensor], cut(block, at)) == events([sensor], [block])


@pytest.mark.parametrize("kind", KINDS)
def test_one_sample_at_a_time_gives_the_same_events(kind: str) -> None:
    sensor, block = signal(kind)
    assert events([sensor], cut(block, range(len(block)))) == events([sensor], [block])


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(20, 400))
def test_interleaving_of_sensors_changes_nothing(seed: int, size: int) -> None:
    order = np.random.default_rng(seed)
    streams = [cut(signal(kind)[1], range(0, 10_000, size)) for kind in KINDS]
    sensors = [signal(kind)[0] for kind in KINDS]
    expected = [s for kind in KINDS for s in analyze([signal(kind)[0]], [signal(kind)[1]])]
    mixed = []
    while any(streams):
        left = [s for s in streams if s]
        mixed.append(left[order.integers(len(left))].pop(0))
    assert sorted(analyze(sensors, mixed), key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8)
@given(angles=st.tuples(st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180)))
def test_how_the_sensor_is_mounted_changes_no_metric_by_one_percent(
    kind: str, angles: tuple[float, float, float]
) -> None:
    sensor, block = signal(kind)
    turned = Rotation.from_euler("ZYX", angles, degrees=True).as_matrix()
    gyr_radps = None if block.gyr_radps is None else block.gyr_radps @ turned.T
    rotated = ImuBlock(block.sensor_id, block.t_s, block.acc_mps2 @ turned.T, gyr_radps, block.quality)
    # clipping depends on which axis meets the peak, so the range is left open here
    sensor = replace(sensor, acc_range_mps2=None, gyro_range_radps=None)
    plain, after = analyze([sensor], [block]), analyze([sensor], [rotated])
    assert len(plain) == len(after) > 10
    for a, b in zip(plain, after, strict=True):
        assert a.activity is b.activity
        assert a.initial_contact_s == pytest.approx(b.initial_contact_s, abs=1e-3)
        for name, value in metric_values(a).items():
            other = metric_values(b)[name]
            if value is None:
                assert other is None
            elif name == "foot_strike_angle_deg":
                assert other == pytest.approx(value, abs=0.2)
            elif not {StrideFlag.ACC_CLIPPED} & set(a.quality + b.quality):
                assert other == pytest.approx(value, rel=0.01)


@pytest.mark.parametrize("kind", ["foot", "shank"])
def test_strides_before_alignment_come_out_and_say_so(kind: str) -> None:
    made = trace(kind, RunPlan((run(10.0, 3.0),)))
    strides = analyze([made.setup.sensor], [whole(made)])
    early = [s for s in strides if StrideFlag.ALIGNED_LATER in s.quality]
    assert early
    assert early == strides[: len(early)]
    found = [
        truth
        for truth in made.strides
        if any(abs(truth.initial_contact_s - s.initial_contact_s) < 0.1 for s in strides)
    ]
    assert len(found) >= len(made.strides) - 1


@pytest.mark.parametrize("kind", KINDS)
def test_standing_still_makes_no_strides(kind: str) -> None:
    made = trace(kind.removesuffix("-acc"), RunPlan((stand(30.0),)))
    sensor, _ = signal(kind)
    block = replace(whole(made), sensor_id=sensor.id)
    block = block if sensor.has_gyro else replace(block, gyr_radps=None)
    assert {type(event) for event in events([sensor], [block])} <= {NowDoing}


@pytest.mark.parametrize("kind", ["foot", "shank", "foot-acc"])
def test_no_stride_spans_a_long_gap(kind: str) -> None:
    sensor, block = signal(kind)
    gap = (10.0, 10.5)
    strides = analyze([sensor], [kept(block, (block.t_s < gap[0]) | (block.t_s > gap[1]))])
    assert not [s for s in strides if s.initial_contact_s < gap[0] and s.next_contact_s > gap[1]]
    assert [s for s in strides if s.initial_contact_s > gap[1]]


@pytest.mark.parametrize("kind", KINDS)
def test_strides_do_not_overlap_and_stay_plausible(kind: str) -> None:
    sensor, block = signal(kind)
    strides = analyze([sensor], [block])
    assert all(a.next_contact_s <= b.initial_contact_s + 1e-9 for a, b in pairwise(strides))
    for stride in strides:
        for name, value in metric_values(stride).items():
            low, high = STRIDE_METRICS[name].valid_range
            assert value is None or low <= value <= high, name


def test_steps_backwards_are_flagged_and_running_goes_on_after_them() -> None:
    plan = RunPlan((walk(8.0, 1.4), run(8.0, 3.0), stand(5.0), walk_backward(10.0, 0.8), stand(3.0), run(10.0, 3.0)))
    made = trace("foot", plan)
    strides = analyze([made.setup.sensor], [whole(made)])
    flagged = [s for s in strides if StrideFlag.BACKWARD in s.quality]
    backward = [t for t in made.strides if t.backward]
    # stepping backwards, contact is not the event that it is forwards: strides are counted, not timed
    assert abs(len(flagged) - len(backward)) <= 1
    assert all(backward[0].initial_contact_s < s.next_contact_s < backward[-1].next_contact_s + 1.0 for s in flagged)
    end_s = plan.duration_s
    for truth in made.strides:
        if truth.activity is Activity.RUN and truth.next_contact_s < end_s - 0.15:
            near = [s for s in strides if abs(s.initial_contact_s - truth.initial_contact_s) < 0.1]
            assert len(near) == 1, truth
            assert StrideFlag.BACKWARD not in near[0].quality


@pytest.mark.parametrize("turned_deg", [(180.0, 0.0, 0.0), (30.0, 100.0, -50.0)])
def test_who_only_walks_backwards_is_not_taken_to_walk_forwards(turned_deg: tuple[float, float, float]) -> None:
    made = trace("foot", RunPlan((stand(3.0), walk_backward(10.0, 0.9), stand(4.0), walk(8.0, 1.3), stand(2.0))))
    turn = Rotation.from_rotvec(turned_deg, degrees=True).as_matrix()
    block = whole(made)
    assert block.gyr_radps is not None
    block = replace(block, acc_mps2=block.acc_mps2 @ turn, gyr_radps=block.gyr_radps @ turn)
    strides = analyze([made.setup.sensor], [block])
    last_s = max(t.next_contact_s for t in made.strides if t.backward) + 1.0
    back = [s for s in strides if StrideFlag.BACKWARD in s.quality]
    assert abs(len(back) - sum(t.backward for t in made.strides)) <= 1, "from the first step on"
    assert all(s.initial_contact_s < last_s for s in back)
    assert sum(s.initial_contact_s > last_s for s in strides) >= 5
    assert analyze([made.setup.sensor], cut(block, range(0, len(block), 37))) == strides


def test_a_shoe_put_on_the_other_way_round_is_learnt_anew() -> None:
    made = trace("foot", RunPlan((run(20.0, 3.0),)))
    block = whole(made)
    assert block.gyr_radps is not None
    half = len(block) // 2
    about_turn = np.where(np.arange(len(block))[:, None] < half, 1.0, [-1.0, -1.0, 1.0])
    turned = replace(block, acc_mps2=block.acc_mps2 * about_turn, gyr_radps=block.gyr_radps * about_turn)
    strides = analyze([made.setup.sensor], [turned])
    turned_at_s = float(block.t_s[half])
    after = [s for s in strides if s.initial_contact_s > turned_at_s]
    assert [s.initial_contact_s for s in after if StrideFlag.ALIGNED_LATER in s.quality]
    assert len(after) >= sum(t.initial_contact_s > turned_at_s + 2.0 for t in made.strides)


def test_sensors_give_what_their_site_supports_and_no_more() -> None:
    for kind in KINDS:
        sensor, block = signal(kind)
        strides = [s for s in analyze([sensor], [block], session.Runner(70.0, 1.75)) if s.activity is Activity.RUN]
        for name, metric in STRIDE_METRICS.items():
            supported = sensor.placement in metric.sites and (sensor.has_gyro or not metric.needs_gyro)
            values = [metric_values(s)[name] for s in strides]
            assert any(v is not None for v in values) == supported, (kind, name)


def test_stiffness_needs_a_runner_and_running_strides() -> None:
    sensor, block = signal("foot")
    runner = session.Runner(mass_kg=70.0, height_m=1.75)
    unknown, known = analyze([sensor], [block]), analyze([sensor], [block], runner)
    assert all(s.vertical_stiffness_npm is None and s.leg_stiffness_npm is None for s in unknown)
    assert [replace(s, vertical_stiffness_npm=None, leg_stiffness_npm=None) for s in known] == unknown
    for stride in known:
        assert (stride.vertical_stiffness_npm is not None) == (stride.flight_time_s is not None)
        assert stride.leg_stiffness_npm is None or stride.activity is Activity.RUN


@pytest.mark.parametrize("kind", ["foot", "shank"])
def test_the_sampling_rate_moves_events_by_no_more_than_a_few_milliseconds(kind: str) -> None:
    plan, site = RunPlan((stand(2.0), walk(5.0, 1.4), run(9.0, 3.0), stand(2.0))), SITES[kind]
    setups = [
        SensorSetup(worn_sensor(f"{rate_hz}", site, Side.LEFT, rate_hz=rate_hz, acc_range_g=32.0), site)
        for rate_hz in (1000.0, 400.0, 200.0, 100.0)
    ]
    made = simulate(plan, Runner(), setups, seed=7)
    fastest, *others = (analyze([m.setup.sensor], m.blocks()) for m in made.values())
    # all rates are brought to one grid of 5 ms; what is left is noise, and at 100 Hz the shock between two samples
    for strides, within_s in zip(others, (0.002, 0.004, 0.012), strict=True):
        assert len(strides) == len(fastest)
        for event in ("initial_contact_s", "toe_off_s"):
            pairs = [(getattr(a, event), getattr(b, event)) for a, b in zip(strides, fastest, strict=True)]
            off_s = np.sort([abs(a - b) for a, b in pairs if a is not None and b is not None])
            assert len(off_s) >= 15
            # one step between gaits may lie on the edge of two readings
            assert off_s[-2] < within_s


def test_low_rates_leave_metrics_out_and_flag_it() -> None:
    sensor, block = signal("shank")
    slow = replace(sensor, sampling_rate_hz=40.0)
    strides = analyze([slow], [kept(block, np.arange(len(block)) % 5 == 0)])
    assert strides
    for stride in strides:
        assert StrideFlag.RATE_LOW_FOR_PEAKS in stride.quality
        assert StrideFlag.RATE_LOW_FOR_EVENTS in stride.quality
        assert stride.peak_acc_mps2 is None
        assert stride.peak_tibial_acc_mps2 is None
        assert stride.contact_time_s is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_held_stream_is_told_and_its_true_rate_decides(kind: str) -> None:
    sensor, block = signal(kind)
    first = np.arange(len(block)) // 4 * 4
    gyr_radps = None if block.gyr_radps is None else block.gyr_radps[first]
    held = ImuBlock(block.sensor_id, block.t_s, block.acc_mps2[first], gyr_radps, block.quality)
    strides = analyze([sensor], [held])
    assert strides == [e for e in events([sensor], cut(held, range(0, len(held), 7))) if isinstance(e, Stride)]
    slow = analyze([replace(sensor, sampling_rate_hz=50.0)], [kept(block, np.arange(len(block)) % 4 == 0)])
    assert len(strides) == len(slow)
    for stride, expected in zip(strides, slow, strict=True):
        assert stride.quality == (StrideFlag.SAMPLES_HELD, *expected.quality)
        for name, metric in STRIDE_METRICS.items():
            value, wanted = metric.value(stride), metric.value(expected)
            assert (value is None) == (wanted is None), name
            if value is not None:
                assert value == pytest.approx(wanted, rel=0.02, abs=1e-3), name


def test_clipped_peaks_are_flagged() -> None:
    setup = SensorSetup(
        worn_sensor("foot-left", Site.INSTEP, Side.LEFT, acc_range_g=4.0), Site.INSTEP, imperfections=Imperfections()
    )
    made = simulate(RunPlan((run(8.0, 3.5),)), Runner(), [setup], seed=3)["foot-left"]
    strides = analyze([setup.sensor], [whole(made)])
    assert strides
    assert all(StrideFlag.ACC_CLIPPED in s.quality for s in strides)


@pytest.mark.parametrize("kind", ["foot", "shank"])
def test_an_impact_is_reported_within_the_stance(kind: str) -> None:
    sensor, block = signal(kind)
    pipeline = GaitPipeline([sensor])
    impacts, strides = [], []
    for piece in cut(block, range(len(block))):
        for event in pipeline.push(piece):
            if isinstance(event, Impact):
                impacts.append((event, float(piece.t_s[-1])))
            elif isinstance(event, Stride) and StrideFlag.ALIGNED_LATER not in event.quality:
                strides.append(event)
    running = [s for s in strides if s.activity is Activity.RUN]
    assert running
    for stride in running:
        assert stride.toe_off_s is not None
        reported = [
            (i, at) for i, at in impacts if abs(i.t_s - stride.initial_contact_s) < 0.1 and at <= stride.toe_off_s
        ]
        assert len(reported) == 1


def test_a_block_of_an_unknown_sensor_is_refused() -> None:
    sensor, block = signal("foot")
    with pytest.raises(InputError, match=r"foot-left.*session's sensors are: other"):
        GaitPipeline([replace(sensor, id="other")]).push(block)


def test_blocks_out_of_order_are_refused() -> None:
    sensor, block = signal("foot")
    pipeline = GaitPipeline([sensor])
    pipeline.push(part(block, 100, 200))
    with pytest.raises(InputError, match="blocks of a sensor must follow each other"):
        pipeline.push(part(block, 50, 150))


def test_a_signal_of_one_sample_is_no_trouble() -> None:
    sensor = Sensor("foot-left", Placement.FOOT, Side.LEFT, 200.0)
    block = ImuBlock("foot-left", np.zeros(1), np.array([[0.0, 0.0, 9.81]]), np.zeros((1, 3)), np.zeros(1, np.uint8))
    assert events([sensor], [block]) == []
    assert math.isfinite(GaitPipeline([signal("foot")[0]]).latency_s)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@example(seed=391, rate_hz=0.3, swing=1.5, noise=2.0)
@given(
    seed=st.integers(0, 2**32 - 1),
    rate_hz=st.floats(0.3, 8.0),
    swing=st.floats(0.0, 20.0),
    noise=st.floats(0.0, 60.0),
)
def test_no_signal_breaks_the_pipeline(kind: str, seed: int, rate_hz: float, swing: float, noise: float) -> None:
    sensor, _ = signal(kind)
    rng = np.random.default_rng(seed)
    t_s = np.arange(4000) / 200.0
    wave = np.sin(
        2.0 * np.pi * rate_hz * t_s + rng.uniform(0.0, 6.0, (6, 1)) + rng.normal(0.0, 0.1, (6, 4000)).cumsum(axis=1)
    )
    acc_mps2 = 9.81 * rng.normal(size=3) + noise * rng.normal(size=(4000, 3)) * rng.random() + 5.0 * swing * wave[:3].T
    gyr_radps = None if not sensor.has_gyro else swing * wave[3:].T * rng.random(3)
    block = ImuBlock(sensor.id, t_s, acc_mps2, gyr_radps, np.zeros(4000, np.uint8))
    for event in events([sensor], [block]):
        assert isinstance(event, GaitEvent)
        if isinstance(event, Stride):
            assert 0.0 <= event.initial_contact_s < event.next_contact_s <= t_s[-1] + 0.3
            assert event.toe_off_s is None or event.initial_contact_s < event.toe_off_s < event.next_contact_s
