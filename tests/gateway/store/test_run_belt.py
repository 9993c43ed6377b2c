"""A treadmill beside shins: from its packets to the minutes of the log, with the speed's source named."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from footfall_coaching.course import is_level, speed_of, speeds, told_speed
from footfall_coaching.run import DistanceSource, Run
from footfall_gateway import wire
from footfall_gateway.devices import treadmill
from footfall_gateway.devices.treadmill import TreadmillMeasurement
from footfall_gateway.packets import RawPacket, RecordedCompanion, RecordingHeader
from footfall_gateway.sessions.engine import SessionEngine
from footfall_gateway.store.database import Store
from footfall_gateway.store.run_belt import Belts, way_m
from footfall_processing.belt import MOST_STEPS, BeltCourse, BeltTally
from footfall_processing.companions import CompanionSummary
from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride
from footfall_processing.results.summary import summarize
from gateway.recordings_for_tests import LEFT, SHIN, header


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


KMH = 100
"""Of a treadmill's units of speed."""


def with_belt() -> RecordingHeader:
    return replace(header("on-a-belt"), companions=(RecordedCompanion("belt", treadmill.NAME),))


def strides(sensor: str, until_s: float, activity: Activity = Activity.RUN, begin_s: float = 0.0) -> list[Stride]:
    """Strides of 0.7 s, of feet with a length: 3 m/s."""
    length_m = 2.1 if sensor == LEFT.id else None
    return [
        Stride(sensor, None, activity, at_s, None, at_s + 0.7, stride_length_m=length_m, confidence=0.9)
        for number in range(int((until_s - begin_s) / 0.7))
        for at_s in (begin_s + 0.7 * number,)
    ]


def belt(store: Store, taken: Sequence[Stride], said: Sequence[TreadmillMeasurement]) -> Run:
    """Keep a session whose treadmill said something each second; return it as the log has it."""
    about = with_belt()
    engine = SessionEngine(about)
    engine.take(
        [
            RawPacket(float(t_s), "belt", treadmill.MEASUREMENT, treadmill.encode_measurement(one))
            for t_s, one in enumerate(said)
        ]
    )
    store.add_session(about)
    store.add_strides(about.session.id, taken)
    store.finish_session(
        about.session.id, wire.summary_object(summarize(taken, about.session.sensors), engine.companions())
    )
    found = store.log.run(about.session.id)
    assert found is not None
    return found


def sources(run: Run) -> set[DistanceSource | None]:
    """Return who told the speeds of a run's minutes."""
    told = [told_speed(minute) for minute in run.minutes]
    return {None if one is None else one[1] for one in told}


def at(kmh: float, slope_percent: float = 0.0) -> TreadmillMeasurement:
    return TreadmillMeasurement(speed=round(kmh * KMH), slope=round(10.0 * slope_percent), ramp_angle=0)


def test_shins_on_a_belt_have_its_speed_and_way_and_say_whose_it_is(store: Store) -> None:
    run = belt(store, strides(SHIN.id, 300.0), [at(10.8)] * 120 + [at(9.0)] * 120 + [at(9.0, 2.5)] * 60)
    assert speeds(run) == pytest.approx([3.0, 3.0, 2.5, 2.5, 2.5])
    assert sources(run) == {DistanceSource.TREADMILL}
    assert run.distance_source is DistanceSource.TREADMILL
    assert run.distance_m == pytest.approx(120 * 3.0 + 180 * 2.5, rel=0.01)
    assert run.minutes[-1].distance_m == pytest.approx(run.distance_m)
    assert speed_of(run) == pytest.approx(2.7, rel=0.01)
    assert [minute.slope_percent for minute in run.minutes] == [0.0, 0.0, 0.0, 0.0, 2.5]
    assert [is_level(minute) for minute in run.minutes] == [True] * 4 + [False]


def test_feet_keep_their_own_speed_and_the_belts_stands_beside_it(store: Store) -> None:
    run = belt(store, strides(LEFT.id, 180.0), [at(11.34)] * 180)
    assert speeds(run) == pytest.approx([3.0] * 3)
    assert sources(run) == {DistanceSource.SENSORS}
    assert run.distance_source is DistanceSource.SENSORS
    assert run.distance_m == pytest.approx(540.0, rel=0.01)
    assert [dict(minute.speeds_mps) for minute in run.minutes] == [{DistanceSource.TREADMILL: pytest.approx(3.15)}] * 3


def test_what_is_walked_or_stood_on_a_belt_is_no_running(store: Store) -> None:
    ran = strides(SHIN.id, 90.0, begin_s=60.0)
    walked = strides(SHIN.id, 60.0, Activity.WALK) + strides(SHIN.id, 120.0, Activity.WALK, 90.0)
    run = belt(
        store,
        sorted(ran + walked, key=lambda one: one.initial_contact_s),
        [at(5.4)] * 60 + [at(10.8)] * 30 + [at(5.4)] * 30,
    )
    assert speeds(run) == [None, pytest.approx(3.0)]
    assert run.distance_m == pytest.approx(90.0, rel=0.05)


def test_a_belt_that_was_heard_too_little_of_tells_no_distance(store: Store) -> None:
    run = belt(store, strides(SHIN.id, 300.0), [at(10.8)] * 200)
    assert (run.distance_m, run.distance_source) == (None, None)
    assert speeds(run)[:3] == pytest.approx([3.0] * 3)
    assert speeds(run)[4] is None


def test_a_minute_is_read_off_the_belt_that_ran() -> None:
    standing, going = (BeltCourse([one] * 6, [0.0] * 6) for one in (0.0, 3.0))
    both = Belts({"a": standing, "b": going})
    assert both.minute(0.0, 60.0, 60.0) == (3.0, 0.0)
    assert both.minute(60.0, 120.0, 60.0) is None
    assert Belts({"a": standing}).minute(0.0, 60.0, 60.0) is None
    # a summary from elsewhere may have columns of several lengths
    assert Belts({"a": BeltCourse([3.0] * 6, [1.0])}).minute(0.0, 60.0, 60.0) == (3.0, 1.0)
    assert way_m([]) is None


def test_a_belts_course_goes_on_from_its_state_and_stays_small() -> None:
    whole, first, then = (BeltTally() for _ in range(3))
    for t_s in range(40):
        if t_s == 13:
            then.restore(first.state())
        for tally in (whole, first if t_s < 13 else then):
            tally.push(float(t_s), 0.1 * t_s, None if t_s % 3 else 1.0)
    for far_s in (-1.0, float("nan"), float("inf"), 1e300, 10.0 * MOST_STEPS):
        then.push(far_s, 1.0, 1.0)
    assert then.course() == whole.course() == BeltCourse([0.45, 1.45, 2.45, 3.45], [1.0] * 4)
    assert BeltTally().course() is None


@pytest.mark.parametrize(
    "speeds", [None, [[0, 0, 1.0]], [[-1, 1, 1.0]], [[0, 1, 1.0]] * 2, [[0, 1, float("nan")]], [1]]
)
def test_a_course_that_is_none_is_refused(speeds: object) -> None:
    state: dict[str, Any] = {"kind": "treadmill's course 1", "speeds": speeds, "slopes": []}
    with pytest.raises(InputError, match="compute the session anew"):
        BeltTally().restore(state)


def test_a_course_comes_back_from_a_summary_and_from_one_without() -> None:
    companion = CompanionSummary("belt", {}, BeltCourse([3.0, None], [None, 1.0]))
    summary = wire.summary_object(summarize([], (LEFT,)), [companion])
    assert wire.companion_summaries(summary) == (companion,)
    del summary["treadmills"]
    assert wire.companion_summaries(summary) == (replace(companion, belt=None),)
