"""What the validation says of people, computed by hand."""

import numpy as np
import pytest

from footfall_processing.session import Placement, Sensor
from validation.comparison import Comparison, Raw, Values, compare
from validation.measures import BY_NAME, Share
from validation.people import found_share, no_gait, walked
from validation.references import Group, Windows, person
from validation.unseen import Runners, runners

NONE = np.zeros(0)


def strides(count: int, begin_s: float = 0.0, activity: str = "run") -> list[Values]:
    return [
        {
            "initial_contact_s": begin_s + 0.7 * k,
            "next_contact_s": begin_s + 0.7 * (k + 1),
            "stride_time_s": 0.7,
            "activity": activity,
        }
        for k in range(count)
    ]


def compared(true: list[Values], found: list[Values]) -> Comparison:
    sensor = Sensor("s", Placement.FOOT, None, 200.0)
    return compare("r", sensor, true, found, Raw(NONE, NONE), [(0.0, 100.0)])


def group(name: str, *recordings: tuple[str, Comparison, Values]) -> Group:
    nothing = BY_NAME["cadence_spm"].agreement([])
    truths = [{"group": name, "dataset": "a", "recording": f"{who}_3mps", **truth} for who, _, truth in recordings]
    windows = Windows(nothing, nothing, nothing, {}, {})
    return Group(name, [], [comparison for _, comparison, _ in recordings], windows, truths)


def test_what_is_left_of_a_runner_s_bias_once_the_others_mean_is_taken_off() -> None:
    found = Runners({"a": 1.0, "b": 2.0, "c": 6.0})
    assert found.left_out == {"a": -3.0, "b": -1.5, "c": 4.5}
    assert (found.mean, found.worst) == (3.0, 6.0)
    assert found.between == pytest.approx(7.0**0.5)
    low, high = found.new_runner
    assert high - found.mean == pytest.approx(4.3027 * 7.0**0.5 * (4.0 / 3.0) ** 0.5, rel=1e-4), "t of 2 degrees"
    assert low == pytest.approx(2.0 * found.mean - high)


def test_runners_count_and_not_their_strides() -> None:
    recordings: list[tuple[str, Comparison, Values]] = [
        (who, compared(strides(count), strides(count, begin_s=0.001 * late_ms)), {})
        for who, count, late_ms in (("a", 30, 1.0), ("b", 3, 2.0), ("c", 10, 6.0))
    ]
    found = runners([group("hamloop-foot", *recordings)], "foot", BY_NAME["initial_contact_s"])
    assert found is not None
    assert found.biases == {"a": pytest.approx(1.0), "b": pytest.approx(2.0), "c": pytest.approx(6.0)}
    assert runners([group("hamloop-foot", *recordings[:2])], "foot", BY_NAME["initial_contact_s"]) is None
    assert runners([group("pyshoe-run", *recordings)], "foot", BY_NAME["initial_contact_s"]) is None


def test_the_last_stride_of_a_recording_need_not_be_found() -> None:
    whole = compared(strides(10), strides(9))
    assert found_share([(whole, {})]) == Share(9, 9)
    assert found_share([(compared(strides(10), strides(8)), {})]) == Share(8, 9)


def test_walking_is_counted_by_person() -> None:
    window = {"start_s": 0.0, "end_s": 10.5, "spm": 120.0 / 0.7}
    first = compared([], [*strides(15, activity="walk")[:13], *strides(2, 20.0)])
    windows = {"cadence_windows": [window, {**window, "start_s": 50.0, "end_s": 60.5}]}
    found = walked([group("some-walk-foot", ("a", first, windows), ("b", compared([], []), windows))])
    of_a, of_b = found["some-walk-foot"]["a"], found["some-walk-foot"]["b"]
    assert (of_a.windows, of_a.answered, of_a.strides, of_a.running) == (2, 1, 15, 2)
    assert of_a.ratios == pytest.approx([13 / 15, 0.0])
    assert of_a.errors_spm == pytest.approx([0.0])
    assert (of_b.answered, of_b.ratios) == (0, [0.0, 0.0])


def test_strides_where_there_is_no_gait_are_told_an_hour() -> None:
    found = no_gait(
        [
            group("chair-foot", ("a", compared([], strides(3)), {"nongait": [[0.0, 360.0, "sits"]]})),
            group("bike-foot", ("a", compared([], []), {"nongait": [[0.0, 720.0, "cycles"]]})),
        ]
    )
    assert found["chair-foot"].per_hour == pytest.approx(30.0)
    assert found["all"].per_hour == pytest.approx(10.0)


def test_people_are_told_by_the_recording_s_name() -> None:
    assert person({"group": "hamloop-foot", "dataset": "hamner", "recording": "s02_3mps_foot_left"}) == "s02"
    assert person({"group": "ncsu-terrain-shank", "dataset": "ncsu-terrain", "recording": "train_s001"}) == "s001"
    assert person({"group": "jdx-foot", "dataset": "jdx", "recording": "run_1"}) == "jdx"
    assert person({"group": "llio-walk-foot", "dataset": "llio", "recording": "rec31_foot_right"}) == "llio"
