"""What is kept of a sensor can be stored in the middle of a run, and taken up again as if nothing had happened."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from footfall_processing.errors import InputError
from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.registry import find_estimator, registered
from footfall_processing.estimators.sensor import memory_of
from footfall_processing.gait import Impact, Stride
from footfall_processing.pipeline import GaitPipeline, SensorPipeline
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.state import PlainState
from footfall_processing.synthetic import Runner, RunPlan, SensorSetup, Site, run, simulate, stand, walk, worn_sensor

FOOT = Sensor("a", Placement.FOOT, None, 200.0)
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
        stored = pipeline.state()
        pipeline = SensorPipeline(sensor)
        pipeline.restore(stored)
    assert repr(events + pipeline.flush()) == repr(expected)


def test_a_stored_state_is_small() -> None:
    sensor = Sensor("a", Placement.FOOT, None, 200.0)
    assert len(msgspec.msgpack.encode(SensorPipeline(sensor).state())) <= 64 * 1024


def test_a_restored_sensor_knows_how_far_time_has_come() -> None:
    sensor, blocks = signal("foot")
    first = SensorPipeline(sensor)
    first.push(blocks[0])
    first.push(blocks[1])
    second = SensorPipeline(sensor)
    second.restore(first.state())
    with pytest.raises(InputError, match="blocks of a sensor must follow each other"):
        second.push(blocks[0])


def test_a_stored_state_is_not_the_sensors_own_memory() -> None:
    sensor, blocks = signal("foot")
    first = SensorPipeline(sensor)
    stored = first.state()
    second = SensorPipeline(sensor)
    second.restore(stored)
    second.push(blocks[0])
    assert first.state() == stored
    assert second.state() != stored


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (Sensor("a", Placement.SHANK, None, 200.0), "another estimator"),
        (Sensor("a", Placement.FOOT, None, 200.0, has_gyro=False), "another estimator"),
        (Sensor("a", Placement.FOOT, None, 100.0), "another rate or range"),
        (Sensor("a", Placement.FOOT, None, 200.0, acc_range_mps2=156.9), "another rate or range"),
    ],
)
def test_the_state_of_another_kind_of_sensor_is_refused(other: Sensor, why: str) -> None:
    stored = SensorPipeline(FOOT).state()
    with pytest.raises(InputError, match=why):
        SensorPipeline(other).restore(stored)


def test_the_state_of_another_site_is_refused_even_by_the_same_estimator() -> None:
    foot, shank = (Sensor("a", placement, None, 200.0, has_gyro=False) for placement in Placement)
    with pytest.raises(InputError, match="another estimator"):
        SensorPipeline(shank).restore(SensorPipeline(foot).state())


def test_the_state_of_another_contact_rule_is_refused() -> None:
    with pytest.raises(InputError, match="another estimator"):
        SensorPipeline(FOOT).restore(SensorPipeline(FOOT, estimator=find_estimator("foot:slap")).state())


SPOILT: dict[str, tuple[PlainState, str]] = {
    "nothing": (None, "another version of Footfall"),
    "a list": ([1, 2], "another version of Footfall"),
    "no memory": ({}, "another version of Footfall"),
    "no bytes": ({"memory": "abc"}, "another version of Footfall"),
    "another layout": ({"layout": "foot 0123456789abcdef"}, "another version of Footfall"),
    "too short": ({"memory": b"\0"}, "damaged"),
    "too long": ({"memory": bytes(100_000)}, "damaged"),
    "another checksum": ({"checksum": 1}, "damaged"),
    "no checksum": ({"checksum": None}, "damaged"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_state_that_is_not_whole_is_refused_and_changes_nothing(case: str) -> None:
    pipeline = SensorPipeline(FOOT)
    good = pipeline.state()
    assert isinstance(good, dict)
    spoilt, why = SPOILT[case]
    with pytest.raises(InputError, match=why):
        pipeline.restore({**good, **spoilt} if isinstance(spoilt, dict) and spoilt else spoilt)
    assert pipeline.state() == good


def test_a_session_is_stored_and_taken_up_with_all_its_sensors() -> None:
    signals = [signal(kind) for kind in ("foot", "shank")]
    sensors = [sensor for sensor, _ in signals]
    turns = [block for both in zip(*(blocks for _, blocks in signals), strict=True) for block in both]
    unbroken = GaitPipeline(sensors)
    expected = [event for block in turns for event in unbroken.push(block)] + unbroken.flush()
    events: list[Stride | Impact] = []
    pipeline = GaitPipeline(sensors)
    for block in turns:
        events += pipeline.push(block)
        stored = msgspec.msgpack.decode(msgspec.msgpack.encode(pipeline.state()))
        pipeline = GaitPipeline(sensors)
        pipeline.restore(stored)
    assert repr(events + pipeline.flush()) == repr(expected)


def test_the_state_of_other_sensors_is_refused_as_a_whole() -> None:
    one, two = Sensor("a", Placement.FOOT, None, 200.0), Sensor("b", Placement.FOOT, None, 200.0)
    both, single = GaitPipeline([one, two]), GaitPipeline([one])
    with pytest.raises(InputError, match=r"of the sensors a, but the session's are: a, b"):
        both.restore(single.state())
    good = both.state()
    assert isinstance(good, dict)
    used = GaitPipeline([one, two])
    used.push(replace(signal("foot")[1][0], sensor_id="a"))
    stored = used.state()
    assert isinstance(stored, dict)
    with pytest.raises(InputError, match="'b'"):
        both.restore({**stored, "b": None})
    assert both.state() == good, "the first sensor's state was put back"


@pytest.mark.parametrize("estimator", registered(), ids=lambda row: row.full_name)
def test_the_state_is_plain_memory(estimator: Estimator) -> None:
    memory = memory_of(estimator)
    assert not memory.hasobject
    assert np.zeros(1, memory).tobytes() == bytes(memory.itemsize)
