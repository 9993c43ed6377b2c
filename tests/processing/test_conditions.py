"""Strikes are found under many conditions, and alignment soon; the targets in docs/validation.md measure more."""

from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
CONDITIONS: dict[str, dict[str, float]] = {
    "plain": {},
    "uphill": {"grade": 0.1},
    "downhill": {"grade": -0.1},
    "left-turn": {"turn_radius_m": 8.0},
    "right-turn": {"turn_radius_m": -8.0},
    "jitter": {"jitter_s": 1e-3},
    "100-hz": {"rate_hz": 100.0},
    "1000-hz": {"rate_hz": 1000.0},
}


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_strike_is_found_and_none_is_made_up(name: str) -> None:
    from validation import conditions

    condition = conditions.Condition(name, **CONDITIONS[name])
    counts = conditions.strikes(conditions.sensed(condition, speeds_mps=(2.5, 4.0), run_s=12.0))
    assert counts.true > 150
    assert counts.hits == counts.true
    assert counts.false == 0


@pytest.mark.parametrize("loss", [0.05, 0.1])
def test_lost_packets_cost_few_of_the_strikes_that_arrived(loss: float) -> None:
    from validation import conditions

    counts = conditions.strikes(
        conditions.sensed(conditions.Condition("lossy", loss=loss), speeds_mps=(3.0,), run_s=60.0)
    )
    assert counts.true >= 30
    assert counts.hits >= 0.97 * counts.true
    assert counts.false <= 0.01 * counts.found


@pytest.mark.parametrize("gyro", [True, False], ids=["imu", "acc-only"])
@pytest.mark.parametrize("site", ["foot", "shank"])
def test_alignment_is_known_within_five_seconds_however_mounted(site: str, gyro: bool) -> None:
    from validation import conditions

    assert max(conditions.alignment_s(site, gyro=gyro, speeds_mps=(2.0, 3.5))) <= 5.0
