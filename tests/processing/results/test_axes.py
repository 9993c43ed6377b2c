"""What rests on orientation is left out of a whole stretch once its signals are known to disagree."""

from dataclasses import replace
from typing import Final

from footfall_processing.gait import Activity, Stride, StrideFlag, Strike
from footfall_processing.metrics.catalogue import metric_values
from footfall_processing.results.axes import with_axes, without_orientation
from footfall_processing.results.summary import Missing, SensorSummary, summarize
from footfall_processing.results.tally import ORIENTED
from footfall_processing.results.windows import WINDOW_KINDS, cut_into_windows
from footfall_processing.session import Placement, Sensor, Side

FOOT: Final = Sensor("foot", Placement.FOOT, Side.LEFT, 200.0)


def strides(count: int, known_from: int) -> list[Stride]:
    """Running strides of which it is known from one on that the signals disagree."""
    whole = Stride(
        FOOT.id,
        Side.LEFT,
        Activity.RUN,
        0.0,
        0.25,
        0.7,
        90.0,
        None,
        0.2,
        Strike.REARFOOT,
        0.9,
        2.0,
        0.1,
        5.0,
        None,
        -0.3,
    )
    made = [
        replace(whole, initial_contact_s=0.7 * i, toe_off_s=0.7 * i + 0.25, next_contact_s=0.7 * (i + 1))
        for i in range(count)
    ]
    told = [without_orientation(stride, {FOOT.id: "wrong"}) for stride in made[known_from:]]
    return made[:known_from] + told


def assert_unoriented(part: SensorSummary) -> None:
    assert part.metrics.keys() & ORIENTED == set()
    assert (part.strikes, part.distance_m, part.drift.keys() & ORIENTED) == ({}, None, set())
    assert {"contact_time_s", "peak_acc_g"} <= part.metrics.keys()


def test_a_stride_of_it_carries_nothing_that_rests_on_orientation() -> None:
    before, after = strides(2, known_from=1)
    kept, left = metric_values(before), metric_values(after)
    assert {name for name, value in kept.items() if value is not None and left[name] is None} == {
        name for name in ORIENTED if kept[name] is not None
    }
    assert (after.strike, after.stance_roll_rad, after.quality) == (None, None, (StrideFlag.AXES_DISAGREE,))
    assert without_orientation(before, {"another": "wrong"}) is before


def test_neither_windows_nor_summary_average_strides_from_before_it_was_known() -> None:
    run = strides(120, known_from=15)
    for kind in WINDOW_KINDS.values():
        windows = cut_into_windows(run, [FOOT], kind)
        late = [window for window in windows if window.end_s > run[15].initial_contact_s or kind.length_m]
        assert late
        for window in late:
            assert_unoriented(window.summary)
        for window in windows:
            assert_unoriented(without_orientation(window, {FOOT.id: "wrong"}).summary)
    for summary in (summarize(run, [FOOT]), with_axes(summarize(run[:15], [FOOT]), {FOOT.id: "wrong"})):
        assert_unoriented(summary.sensors[0])
        assert summary.sensors[0].missing["stride_length_m"] is Missing.AXES_DISAGREE


def test_a_foot_that_rolls_as_the_other_one_has_no_pronation() -> None:
    sound = strides(20, known_from=20)
    other = [replace(stride, stance_roll_rad=-(stride.stance_roll_rad or 0.0)) for stride in sound]
    names = {"pronation_excursion_deg", "peak_eversion_rate_dps"}
    for run, why in ((sound, set()), (other, names)):
        parts = [summarize(run, [FOOT]).sensors[0], cut_into_windows(run, [FOOT], WINDOW_KINDS["1min"])[0].summary]
        for part in parts:
            assert {name for name, reason in part.missing.items() if reason is Missing.OTHER_LEG} == why
            assert part.metrics.keys() & names == names - why
