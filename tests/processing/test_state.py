"""What is kept of a sensor can be stored in the middle of a run, and taken up again as if nothing had happened."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from footfall_processing.errors import InputError
from footfall_processing.gait import Impact, Stride
from footfall_processing.pipeline import SENSOR_STATE, SensorPipeline
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.synthetic import Runner, RunPlan, SensorSetup, Site, run, simulate, stand, walk, worn_sensor

PLAN = RunPlan((stand(2.0), walk(4.0, 1.4), run(6.0, 3.0), stand(2.0)))
SITES = {"foot": Site.INSTEP, "shank": Site.DISTAL_SHANK}


def signal(kind: str) -> tuple[Sensor, list[ImuBlock]]:
    site = SITES[kind.removesuffix("-acc")]
    sensor = worn_sensor(kind, site, Side.LEFT, rate_hz=200.0)
    blocks = simulate(PLAN, Runner(), [SensorSetup(sensor, site)], seed=3)[kind].blocks()
    if not kind.endswith("-acc"):
        return sensor, blocks
    sensor = replace(sensor, has_gyro=False, gyro_range_radps=None)
    return sensor, [replace(block, gyr_radps=None) for block in blocks]


@pytest.mark.parametrize("kind", ["foot", "shank", "foot-acc"])
def test_a_state_stored_at_any_block_goes_on_with_the_same_events(kind: str) -> None:
    sensor, blocks = signal(kind)
    unbroken = SensorPipeline(sensor)
    expected: list[Stride | Impact] = [event for block in blocks for event in unbroken.push(block)] + unbroken.flush()
    assert any(isinstance(event, Stride) for event in expected)

    events: list[Stride | Impact] = []
    pipeline = SensorPipeline(sensor)
    for block in blocks:
        events += pipeline.push(block)
        stored = pipeline.state_bytes()
        pipeline = SensorPipeline(sensor)
        pipeline.restore(stored)
    assert repr(events + pipeline.flush()) == repr(expected)


def test_a_stored_state_is_small() -> None:
    sensor = Sensor("a", Placement.FOOT, None, 200.0)
    assert len(SensorPipeline(sensor).state_bytes()) <= 64 * 1024


def test_a_restored_sensor_knows_how_far_time_has_come() -> None:
    sensor, blocks = signal("foot")
    first = SensorPipeline(sensor)
    first.push(blocks[0])
    first.push(blocks[1])
    second = SensorPipeline(sensor)
    second.restore(first.state_bytes())
    with pytest.raises(InputError, match="blocks of a sensor must follow each other"):
        second.push(blocks[0])


def test_a_stored_state_is_not_the_sensors_own_memory() -> None:
    sensor, blocks = signal("foot")
    first = SensorPipeline(sensor)
    stored = first.state_bytes()
    second = SensorPipeline(sensor)
    second.restore(stored)
    second.push(blocks[0])
    assert first.state_bytes() == stored
    assert second.state_bytes() != stored


@pytest.mark.parametrize(
    "other",
    [
        Sensor("a", Placement.SHANK, None, 200.0),
        Sensor("a", Placement.FOOT, None, 100.0),
        Sensor("a", Placement.FOOT, None, 200.0, acc_range_mps2=156.9),
        Sensor("a", Placement.FOOT, None, 200.0, has_gyro=False),
    ],
)
def test_the_state_of_another_kind_of_sensor_is_refused(other: Sensor) -> None:
    stored = SensorPipeline(Sensor("a", Placement.FOOT, None, 200.0)).state_bytes()
    with pytest.raises(InputError, match="another site, rate or range"):
        SensorPipeline(other).restore(stored)


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b"\0" + b[1:], lambda b: b + b"\0", lambda _: b""])
def test_the_state_of_another_version_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    sensor = Sensor("a", Placement.FOOT, None, 200.0)
    with pytest.raises(InputError, match="another version of Footfall"):
        SensorPipeline(sensor).restore(spoil(SensorPipeline(sensor).state_bytes()))


def test_the_state_is_plain_memory() -> None:
    assert not SENSOR_STATE.hasobject
    assert np.zeros(1, SENSOR_STATE).tobytes() == bytes(SENSOR_STATE.itemsize)
