"""The laws that every estimator keeps, ours and others' alike: each a function that takes the estimator's row.

`LAWS` holds them all; one that is broken raises `AssertionError`, and says what happened. How well an estimator finds
strides is another question: `accuracy` answers it against a simulated runner whose contacts are known.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.outbox import OUTBOX_LENGTH
from footfall_processing.gait import GaitEvent, Impact, NowDoing, Stride, StrideFlag
from footfall_processing.pipeline import SLICE, SensorPipeline
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.signal.grid import CELL_S
from footfall_processing.synthetic import (
    Runner,
    RunPlan,
    SensorSetup,
    SensorTrace,
    Site,
    run,
    simulate,
    stand,
    walk,
    worn_sensor,
)

PLAN: Final = RunPlan((stand(2.0), walk(5.0, 1.4), run(9.0, 3.0), stand(2.0)))
STEADY: Final = RunPlan((stand(2.0), run(40.0, 3.0), stand(2.0)))
SITES: Final = {Placement.FOOT: Site.INSTEP, Placement.SHANK: Site.DISTAL_SHANK}

CUTS: Final = 6
SAME_CONTACT_S: Final = 0.1
GREATEST_STATE: Final = 256 * 1024

Event = Stride | Impact


@cache
def _trace(placement: Placement, plan: RunPlan) -> SensorTrace:
    sensor = worn_sensor(f"{placement}-left", SITES[placement], Side.LEFT, rate_hz=200.0)
    return simulate(plan, Runner(), [SensorSetup(sensor, SITES[placement])], seed=7)[sensor.id]


def _signals(estimator: Estimator, plan: RunPlan = PLAN) -> Iterator[tuple[Sensor, ImuBlock]]:
    """A sensor of each kind that the estimator is for, and its whole signal as one block."""
    for placement in estimator.placements:
        trace = _trace(placement, plan)
        sensor, parts = trace.setup.sensor, trace.blocks()
        block = ImuBlock(
            sensor.id,
            np.concatenate([part.t_s for part in parts]),
            np.concatenate([part.acc_mps2 for part in parts]),
            np.concatenate([part.gyr_radps for part in parts if part.gyr_radps is not None]),
            np.concatenate([part.quality for part in parts]),
        )
        if estimator.needs_gyro:
            yield sensor, block
        else:
            yield replace(sensor, has_gyro=False, gyro_range_radps=None), replace(block, gyr_radps=None)


def _kept(block: ImuBlock, keep: "np.ndarray[tuple[int], np.dtype[np.bool_]] | slice") -> ImuBlock:
    gyr_radps = None if block.gyr_radps is None else block.gyr_radps[keep]
    return ImuBlock(block.sensor_id, block.t_s[keep], block.acc_mps2[keep], gyr_radps, block.quality[keep])


def _cut(block: ImuBlock, at: Sequence[int]) -> list[ImuBlock]:
    edges = [0, *sorted(set(at) - {0, len(block)}), len(block)]
    return [_kept(block, slice(begin, end)) for begin, end in pairwise(edges)]


def _events(estimator: Estimator, sensor: Sensor, blocks: Sequence[ImuBlock]) -> list[GaitEvent]:
    pipeline = SensorPipeline(sensor, estimator=estimator)
    return [event for block in blocks for event in pipeline.push(block)] + pipeline.flush()


def _random_cuts(block: ImuBlock) -> Iterator[list[int]]:
    for seed in range(CUTS):
        random = np.random.default_rng(seed)
        yield [int(cell) for cell in random.integers(1, len(block), 2 + 8 * seed)]


def finds_strides(estimator: Estimator) -> None:
    """It finds strides in steady running at 3 m/s: without any, the other laws would say nothing."""
    for sensor, block in _signals(estimator):
        found = [event for event in _events(estimator, sensor, [block]) if isinstance(event, Stride)]
        assert len(found) >= 5, f"{sensor.id}: {len(found)} strides in 9 s of running"


def is_the_same_however_cut(estimator: Estimator) -> None:
    """However the samples come in blocks, the events are the same to the last bit."""
    for sensor, block in _signals(estimator):
        expected = repr(_events(estimator, sensor, [block]))
        for at in (*_random_cuts(block), range(1, len(block))):
            assert repr(_events(estimator, sensor, _cut(block, at))) == expected, f"{sensor.id}: cut at {at}"


def goes_on_from_a_stored_state(estimator: Estimator) -> None:
    """Stored and taken up again between any two blocks, it gives the same events; the state stays small."""
    for sensor, block in _signals(estimator):
        expected = repr(_events(estimator, sensor, [block]))
        for at in _random_cuts(block):
            events: list[GaitEvent] = []
            pipeline = SensorPipeline(sensor, estimator=estimator)
            for part in _cut(block, at):
                events += pipeline.push(part)
                stored = pipeline.state()
                assert isinstance(stored, dict)
                memory = stored["memory"]
                assert isinstance(memory, bytes)
                assert len(memory) <= GREATEST_STATE, f"{sensor.id}: {len(memory)} bytes of state"
                pipeline = SensorPipeline(sensor, estimator=estimator)
                pipeline.restore(stored)
            assert repr(events + pipeline.flush()) == expected, f"{sensor.id}: stored at {at}"


def spans_no_gap(estimator: Estimator) -> None:
    """No stride goes over a loss that is not bridged, and there are strides after it."""
    for sensor, block in _signals(estimator):
        begin, end = round(11.0 / CELL_S), round(11.5 / CELL_S)
        keep = np.ones(len(block), np.bool_)
        keep[begin:end] = False
        lost_s = block.t_s[begin : end + 1]
        strides = [e for e in _events(estimator, sensor, [_kept(block, keep)]) if isinstance(e, Stride)]
        for stride in strides:
            assert stride.next_contact_s < lost_s[0] + 0.1 or stride.initial_contact_s > lost_s[-1] - 0.1, f"{stride}"
        assert any(stride.initial_contact_s > lost_s[-1] for stride in strides), f"{sensor.id}: none after the gap"


def tells_only_numbers(estimator: Estimator) -> None:
    """What an event tells is finite; its instants are in their order, and in that of the strides."""
    for sensor, block in _signals(estimator):
        before_s = -math.inf
        for event in _events(estimator, sensor, [block]):
            for one in fields(event):
                value = getattr(event, one.name)
                assert not isinstance(value, float) or math.isfinite(value), f"{one.name} of {event}"
            if isinstance(event, Stride):
                toe_off_s = event.initial_contact_s if event.toe_off_s is None else event.toe_off_s
                assert event.initial_contact_s <= toe_off_s < event.next_contact_s, f"{event}"
                assert before_s < event.initial_contact_s, f"{event} comes after one that began at {before_s} s"
                before_s = event.initial_contact_s


def comes_after_its_time_and_within_its_latency(estimator: Estimator) -> None:
    """No event is told before it happened, nor later than the declared latency, unless it was found looking back."""
    for sensor, block in _signals(estimator):
        pipeline = SensorPipeline(sensor, estimator=estimator)
        for part in _cut(block, range(1, len(block))):
            for event in pipeline.push(part):
                last_s = event.next_contact_s if isinstance(event, Stride) else event.t_s
                waited_s = float(part.t_s[-1]) - last_s
                assert waited_s >= -CELL_S, f"{event} is told {-waited_s:.3f} s too early"
                looking_back = isinstance(event, Stride) and StrideFlag.ALIGNED_LATER in event.quality
                assert looking_back or waited_s <= estimator.latency_s, f"{event} waits for {waited_s:.3f} s"


def is_silent_at_rest(estimator: Estimator) -> None:
    """Who stands still makes no stride and no landing."""
    for sensor, block in _signals(estimator, RunPlan((stand(20.0),))):
        assert not [event for event in _events(estimator, sensor, [block]) if not isinstance(event, NowDoing)]


def bears_any_signal(estimator: Estimator) -> None:
    """Noise, clipping and spikes neither fill the outbox nor bring out what is no number."""
    for sensor, block in _signals(estimator):
        random = np.random.default_rng(1)
        count = 20 * SLICE
        t_s = np.arange(count, dtype=np.float64) * CELL_S
        for scale_mps2, scale_radps in ((1.0, 0.1), (30.0, 5.0), (300.0, 60.0)):
            acc_mps2 = random.normal(0.0, scale_mps2, (count, 3))
            gyr_radps = None if block.gyr_radps is None else random.normal(0.0, scale_radps, (count, 3))
            pipeline = SensorPipeline(sensor, estimator=estimator)
            noise = ImuBlock(sensor.id, t_s, acc_mps2, gyr_radps, np.zeros(count, np.uint8))
            for part in _cut(noise, range(SLICE, count, SLICE)):
                events = pipeline.push(part)
                assert len(events) <= OUTBOX_LENGTH // 2, f"{len(events)} events in {SLICE} samples of noise"
                assert "nan" not in repr(events), f"{events}"


LAWS: Final[tuple[Callable[[Estimator], None], ...]] = (
    finds_strides,
    is_the_same_however_cut,
    goes_on_from_a_stored_state,
    spans_no_gap,
    tells_only_numbers,
    comes_after_its_time_and_within_its_latency,
    is_silent_at_rest,
    bears_any_signal,
)
"""For a test: `@pytest.mark.parametrize("law", LAWS)`, and `law(estimator)` in it."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How the initial contacts of steady running compare with the truth; late is positive."""

    true_strides: int
    found_strides: int
    false_strides: int
    bias_s: float
    sd_s: float


def accuracy(estimator: Estimator, placement: Placement) -> Accuracy:
    """Judge an estimator by 40 s of a simulated runner at 3 m/s, whose contacts are known."""
    truth_s = np.array([stride.initial_contact_s for stride in _trace(placement, STEADY).strides])
    at_placement = replace(estimator, placements=(placement,))
    ((sensor, block),) = _signals(at_placement, STEADY)
    found_s = [e.initial_contact_s for e in _events(estimator, sensor, [block]) if isinstance(e, Stride)]
    errors_s = [found - truth_s[np.argmin(np.abs(truth_s - found))] for found in found_s]
    right_s = [error for error in errors_s if abs(error) < SAME_CONTACT_S]
    return Accuracy(
        len(truth_s),
        len(right_s),
        len(errors_s) - len(right_s),
        float(np.mean(right_s)) if right_s else math.nan,
        float(np.std(right_s)) if right_s else math.nan,
    )
