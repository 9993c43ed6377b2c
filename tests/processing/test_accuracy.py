"""Accuracy on the synthetic recordings stays within the bounds that docs/validation.md reports.

Bounds hold for whole strides (no lost samples, no clipping) and lie a little outside what is measured: a change that
makes an estimator worse fails here, one that makes it better calls for tighter bounds.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

ROOT = Path(__file__).resolve().parents[2]

if TYPE_CHECKING:
    from validation.comparison import Comparison


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")


@cache
def compared(name: str) -> "dict[str, Comparison]":
    from validation.comparison import compare_recording

    return {comparison.sensor.id: comparison for comparison in compare_recording(ROOT / "recordings" / f"{name}.mcap")}


SENSORS = (
    ("rearfoot-runner", "foot-left"),
    ("rearfoot-runner", "foot-right"),
    ("forefoot-runner", "foot-left"),
    ("tired-runner", "foot-right"),
    ("tired-runner", "shank-right"),
    ("shin-pair", "shank-left"),
    ("shin-pair", "shank-right"),
)


@pytest.mark.parametrize(("recording", "sensor"), SENSORS)
def test_every_stride_is_found_and_none_is_made_up(recording: str, sensor: str) -> None:
    comparison = compared(recording)[sensor]
    assert len(comparison.true) >= 96
    assert len(comparison.missed) <= 1
    assert len(comparison.false) == 0
    # the last step into each stand is real, but not listed
    assert len(comparison.unlisted) <= 2


@pytest.mark.parametrize("sensor", ["foot-left", "foot-right"])
def test_steps_backwards_do_not_lead_astray(sensor: str) -> None:
    comparison = compared("walk-run-intervals")[sensor]
    backward = [stride for stride in comparison.true if stride["backward"]]
    assert len(backward) == 6
    # the last contact of the recording is not told from the end of its signal
    whole_s = comparison.raw.t_s[-1] - 0.3
    assert not [s for s in comparison.missed if not s["backward"] and s["next_contact_s"] < whole_s]
    begin_s, end_s = backward[0]["initial_contact_s"], backward[-1]["next_contact_s"]
    flagged_s = [stride["initial_contact_s"] for stride in comparison.found if "backward" in stride["quality"]]
    # the step back that ends in the stand is not listed
    assert len(flagged_s) >= 6
    assert all(begin_s <= instant_s < end_s + 0.1 for instant_s in flagged_s)


@pytest.mark.parametrize(("recording", "sensor"), SENSORS)
def test_walking_and_running_are_told_apart(recording: str, sensor: str) -> None:
    wrong = [pair for pair in compared(recording)[sensor].pairs if pair.true["activity"] != pair.found["activity"]]
    assert len(wrong) <= 1


BOUNDS = (
    # measure, foot: bias from, to, SD at most; shank: the same
    ("initial_contact_s", (-6.0, 6.0, 6.0), (3.5, 7.5, 2.5)),
    ("toe_off_s", (-14.0, -6.0, 5.5), (-18.0, -6.0, 7.5)),
    ("contact_time_s", (-18.0, -5.0, 7.0), (-23.0, -12.0, 7.5)),
    ("swing_time_s", (5.0, 18.0, 6.5), (12.0, 23.0, 7.5)),
    ("stride_time_s", (-0.5, 1.8, 7.5), (-0.3, 0.3, 3.5)),
    ("foot_strike_angle_deg", (-3.8, 2.8, 1.0), None),
    ("shank_tilt_deg", None, (-2.4, 1.0, 1.4)),
    ("pronation_excursion_deg", (-1.5, 0.5, 0.5), None),
    ("stride_length_m", (-5.0, 2.0, 1.2), None),
    ("peak_acc_g", (-10.0, 0.0, 10.0), (-4.5, 0.0, 2.0)),
    ("peak_tibial_acc_g", None, (-6.0, 0.0, 2.0)),
)
"""Milliseconds, degrees, centimetres and percent, as in docs/validation.md."""


@pytest.mark.parametrize(("recording", "sensor"), SENSORS)
@pytest.mark.parametrize(("name", "foot", "shank"), BOUNDS)
def test_running_agrees_with_the_truth(
    recording: str,
    sensor: str,
    name: str,
    foot: tuple[float, float, float] | None,
    shank: tuple[float, float, float] | None,
) -> None:
    from validation.measures import BY_NAME, pairs_of

    comparison = compared(recording)[sensor]
    # a first step that is taken for a walker's has his toe-off; how often is bounded above
    pairs = [pair for pair in pairs_of([comparison], "run") if pair.found["activity"] == "run"]
    result = BY_NAME[name].agreement(pairs)
    bounds = foot if sensor.startswith("foot") else shank
    if bounds is None:
        assert result.n == 0
        return
    assert result.n >= 87
    assert bounds[0] <= result.bias <= bounds[1]
    assert result.sd <= bounds[2]


def test_a_clipped_stride_is_flagged_and_a_whole_one_is_not() -> None:
    for comparison in compared("lossy-link").values():
        flags = {True: [0, 0], False: [0, 0]}
        for pair in comparison.pairs:
            clips = comparison.raw.clips(pair.true["initial_contact_s"], pair.true["next_contact_s"])
            flags[clips]["acc_clipped" in pair.found["quality"]] += 1
        assert flags[True][True] > 50
        assert flags[True][False] == 0
        # the stride before the first clipped one may share its landing
        assert flags[False][True] <= 1


def test_an_accelerometer_alone_keeps_the_cadence() -> None:
    from validation.comparison import compare_recording
    from validation.measures import window_cadences

    for comparison in compare_recording(ROOT / "recordings" / "tired-runner.mcap", drop_gyro=True):
        true, found = window_cadences(comparison)
        assert len(true) >= 8
        for true_spm, found_spm in zip(true, found, strict=True):
            assert found_spm is not None
            assert found_spm == pytest.approx(true_spm, abs=1.5)


@pytest.mark.shared
def test_every_reference_recording_goes_through(shared_data: Path) -> None:
    from validation.references import compare_folder

    groups = compare_folder(shared_data)
    assert sum(len(group.comparisons) for group in groups) == len(list(shared_data.glob("*/*.csv")))
    for group in groups:
        true = sum(len(comparison.true) for comparison in group.comparisons)
        pairs = sum(len(comparison.pairs) for comparison in group.comparisons)
        if group.name.startswith(("rbds", "jdx", "gaitmap")):
            assert pairs == true
            assert not any(comparison.false for comparison in group.comparisons)
        for measure in group.measures:
            if measure.name == "initial_contact_s":
                matched = [pair for comparison in group.comparisons for pair in comparison.pairs]
                assert abs(measure.agreement(matched).bias) < 5.0
