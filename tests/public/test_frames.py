"""What docs/frames-and-signs.md says of signs holds in recordings whose runners are known."""

from statistics import median

import pytest

import footfall
from footfall import Activity, Analysis, Side
from footfall_processing.metrics.catalogue import metric_values
from gateway.command_line import RECORDINGS

REARFOOT, FOREFOOT, SHINS = "rearfoot-runner", "forefoot-runner", "shin-pair"


@pytest.fixture(scope="module")
def analyses() -> dict[str, Analysis]:
    return {name: footfall.analyze(footfall.read(RECORDINGS / f"{name}.mcap")) for name in (REARFOOT, FOREFOOT, SHINS)}


def running(analysis: Analysis, side: Side, metric: str) -> list[float]:
    return [
        value
        for stride in analysis.strides
        if stride.side is side and stride.activity is Activity.RUN
        if (value := metric_values(stride)[metric]) is not None
    ]


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    ("name", "metric", "low", "high"),
    [
        (REARFOOT, "foot_strike_angle_deg", 8.0, 40.0),
        (FOREFOOT, "foot_strike_angle_deg", -30.0, -1.6),
        (REARFOOT, "pronation_excursion_deg", 2.0, 30.0),
        (REARFOOT, "peak_eversion_rate_dps", 50.0, 1000.0),
        (SHINS, "shank_tilt_deg", 2.0, 30.0),
        (SHINS, "peak_tibial_acc_g", 2.0, 30.0),
    ],
)
def test_both_legs_have_the_same_sign(
    analyses: dict[str, Analysis], name: str, metric: str, low: float, high: float, side: Side
) -> None:
    assert low < median(running(analyses[name], side, metric)) < high


@pytest.mark.parametrize("metric", ["pronation_excursion_deg", "peak_eversion_rate_dps", "stride_length_m"])
def test_what_is_counted_inwards_or_is_a_way_is_never_negative(analyses: dict[str, Analysis], metric: str) -> None:
    for name in (REARFOOT, FOREFOOT):
        for side in Side:
            assert min(running(analyses[name], side, metric)) >= 0.0


@pytest.mark.parametrize(
    ("name", "side", "sign"),
    [(REARFOOT, Side.RIGHT, 1), (REARFOOT, Side.LEFT, -1), (SHINS, Side.RIGHT, -1), (SHINS, Side.LEFT, 1)],
)
def test_rolls_have_opposite_signs(analyses: dict[str, Analysis], name: str, side: Side, sign: int) -> None:
    rolls_rad = [
        stride.stance_roll_rad
        for stride in analyses[name].strides
        if stride.side is side and stride.stance_roll_rad is not None
    ]
    assert sign * median(rolls_rad) > 0.0


def test_left_minus_right_is_positive_where_the_left_is_greater(analyses: dict[str, Analysis]) -> None:
    summary = analyses[REARFOOT].summary
    peaks = {part.side: part.metrics["peak_acc_g"].median for part in summary.sensors if part.activity is Activity.RUN}
    difference = peaks[Side.LEFT] - peaks[Side.RIGHT]
    assert difference > 0.0, "the left leg of this runner lands harder"
    assert summary.left_minus_right["peak_acc_g"] == pytest.approx(difference, abs=0.1), "over the same steps"
    assert summary.symmetry_index_percent["peak_acc_g"] > 0.0
    assert summary.balance["peak_acc_g"] > 50.0
