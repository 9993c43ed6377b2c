"""The numbers on the page, computed by hand."""

import dataclasses

import pytest

from dashboards.made_up_run import ACCELEROMETERS, FEET, SHINS, run_of, stride_at
from footfall_dashboards.live.closing import balances, close, format_duration
from footfall_dashboards.live.readings import (
    NOTHING,
    ROWS,
    Reading,
    format_number,
    legs_of,
    read_leg,
    recent_strides,
)
from footfall_processing.gait import Activity, Stride, StrideFlag
from footfall_processing.results.axes import with_axes
from footfall_processing.results.summary import summarize
from footfall_processing.session import Placement, Sensor, Side

LEFT = FEET[0]


def _read(sensor: Sensor, strides: list[Stride]) -> dict[str, Reading]:
    (leg,) = legs_of([sensor])
    return read_leg(leg, {sensor.id: strides})


def test_the_shown_number_is_the_median_of_the_last_five_strides() -> None:
    impacts_g = [30.0, 30.0, 9.0, 7.0, 8.0, 40.0, 8.5]
    strides = [stride_at(LEFT, 0.7 * i, impact_g=impact_g) for i, impact_g in enumerate(impacts_g)]
    assert _read(LEFT, strides) == {
        "cadence": Reading("171"),
        "contact_time": Reading("240"),
        "impact": Reading("8.5"),
        "strike": Reading("Rearfoot", "12°"),
    }


def test_an_unusual_stride_stays_out_of_the_number() -> None:
    usual = [stride_at(LEFT, 0.7 * i, impact_g=8.0) for i in range(2)]
    unusual = [stride_at(LEFT, 1.4 + i, impact_g=20.0, quality=(StrideFlag.LOW_CONFIDENCE,)) for i in range(9)]
    assert recent_strides(usual + unusual) == usual


def test_strides_before_a_change_of_activity_stay_out_of_the_number() -> None:
    walked = [stride_at(LEFT, i, stride_time_s=1.0, activity=Activity.WALK) for i in range(5)]
    ran = [stride_at(LEFT, 5.0)]
    assert recent_strides(walked + ran) == ran


def test_a_clipped_peak_is_shown_as_a_lower_bound() -> None:
    strides = [stride_at(LEFT, 0.7 * k, impact_g=impact_g) for k, impact_g in enumerate((8.0, 12.0))]
    strides.append(stride_at(LEFT, 1.4, impact_g=16.0, quality=(StrideFlag.ACC_CLIPPED,)))
    assert _read(LEFT, strides)["impact"] == Reading("≥12.0", note="over the range")


def test_nothing_is_shown_before_three_strides() -> None:
    strides = [stride_at(LEFT, 0.7 * k) for k in range(3)]
    assert set(_read(LEFT, strides[:2]).values()) == {Reading(NOTHING, note="Waiting for strides")}
    assert _read(LEFT, strides)["contact_time"] == Reading("240")


def test_the_strike_pattern_is_the_commonest_and_the_newest_among_equals() -> None:
    angles_deg = [12.0, 0.0, 12.0, 0.0]
    strides = [stride_at(LEFT, 0.7 * i, angle_deg=angle) for i, angle in enumerate(angles_deg)]
    assert _read(LEFT, strides)["strike"] == Reading("Midfoot", "6°")


def test_a_shin_sensor_shows_tibial_acceleration_and_says_what_it_cannot() -> None:
    readings = _read(SHINS[0], [stride_at(SHINS[0], 0.7 * k, impact_g=10.0) for k in range(3)])
    assert readings["impact"] == Reading("9.0", "along the shin")
    assert readings["strike"].note == "A shin can't tell the three patterns apart: needs a foot sensor"


def test_an_accelerometer_says_that_the_rest_needs_a_gyroscope() -> None:
    pod = ACCELEROMETERS[0]
    readings = _read(pod, [stride_at(pod, 0.7 * k) for k in range(3)])
    assert readings["impact"] == Reading("8.0")
    assert readings["contact_time"] == readings["strike"] == Reading(NOTHING, note="Needs a gyroscope")


def test_each_row_of_a_leg_with_two_sensors_comes_from_the_one_that_supports_it() -> None:
    shin = dataclasses.replace(SHINS[0], has_gyro=True)
    (leg,) = legs_of([shin, LEFT])
    assert leg.worn == "foot and shin"
    assert {key: source.sensor_id for key, source in leg.sources.items()} == {
        "cadence": LEFT.id,
        "contact_time": LEFT.id,
        "impact": shin.id,
        "strike": LEFT.id,
    }


def test_sensors_without_a_side_get_a_column_of_their_own() -> None:
    loose = Sensor("loose", Placement.FOOT, None, 200.0)
    assert [leg.key for leg in legs_of([loose, *FEET])] == ["left", "right", "unknown"]


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(-3.2, 0, "−3"), (-0.4, 0, "0"), (8.25, 1, "8.2"), (0.2395, 3, "0.239")]
)
def test_numbers_are_rounded_and_signed_as_people_read_them(value: float, decimals: int, text: str) -> None:
    assert format_number(value, decimals) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0:00"), (59.99, "0:59"), (3723.0, "1:02:03")])
def test_durations_read_like_a_watch(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_at_the_end_a_leg_whose_axes_disagree_says_so_and_blames_no_strides() -> None:
    strides = [item for item in run_of(FEET, 30.0) if isinstance(item, Stride) and item.side is Side.RIGHT]
    (running,) = close(with_axes(summarize(strides, FEET), {LEFT.id: "turned"}), legs_of(FEET), "").activities
    assert {reading.note for reading in running.cells["left"].values()} == {"Its axes disagree: see the sensor"}
    assert running.cells["right"]["strike"].text == "Rearfoot"


def test_the_summary_shows_the_pipelines_medians_and_balance() -> None:
    strides = [item for item in run_of(FEET, 30.0) if isinstance(item, Stride)]
    summary = summarize(strides, FEET)
    closing = close(summary, legs_of(FEET), "a.mcap")
    (running,) = closing.activities
    assert running.strides == {"left": summary.sensors[0].strides, "right": summary.sensors[1].strides}
    for entry, side in zip(summary.sensors, Side, strict=True):
        impact = entry.metrics["peak_acc_g"]
        assert running.cells[side.value]["impact"] == Reading(
            f"{impact.median:.1f}", f"{impact.p10:.1f} to {impact.p90:.1f}"
        )
    contact, impact_balance = balances(summary)
    assert (contact.label, contact.left) == ("Contact time", f"{summary.balance['contact_time_s']:.1f}")
    assert contact.words == impact_balance.words == "Even", "within what two sensors differ by"
    harder = [dataclasses.replace(one, peak_acc_mps2=1.3 * (one.peak_acc_mps2 or 0.0)) for one in strides[::2]]
    assert {one.side for one in harder} == {Side.LEFT}
    (_, impact_balance) = balances(summarize([*harder, *strides[1::2]], FEET))
    assert (impact_balance.words, impact_balance.left_percent > 50.0) == ("Left harder", True)


def test_the_summary_says_where_a_shins_impact_was_measured() -> None:
    strides = [item for item in run_of(SHINS, 20.0) if isinstance(item, Stride)]
    (running,) = close(summarize(strides, SHINS), legs_of(SHINS), "").activities
    assert running.cells["left"]["impact"].detail.endswith(", along the shin")


def test_a_session_with_few_strides_says_so() -> None:
    closing = close(summarize([stride_at(LEFT, 0.0)], FEET), legs_of(FEET), "")
    (running,) = closing.activities
    assert {running.cells["left"][row.key].text for row in ROWS} == {NOTHING}
    assert running.cells["left"]["impact"].note == "Fewer than 10 strides"
    assert closing.balance == ()
