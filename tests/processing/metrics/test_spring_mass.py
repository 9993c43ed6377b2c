"""The sine-wave model, against numbers worked out by hand and against its own laws."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Stride
from footfall_processing.metrics.catalogue import metric_values
from footfall_processing.metrics.spring_mass import (
    leg_stiffness_npm,
    peak_force_per_mass_mps2,
    sinking_m,
    vertical_oscillation_m,
    vertical_stiffness_npm,
)
from footfall_processing.session import Runner
from footfall_processing.units import STANDARD_GRAVITY_MPS2

RUNNER = Runner(mass_kg=70.0, height_m=0.93 / 0.53)
CONTACTS_S = st.floats(0.12, 0.35)
FLIGHTS_S = st.floats(0.0, 0.25)


def test_a_run_at_3_33_mps_worked_out_by_hand() -> None:
    """Mass 70 kg, leg 0.93 m, contact 250 ms, flight 100 ms, 3.33 m/s."""
    assert 70.0 * peak_force_per_mass_mps2(0.25, 0.10) == pytest.approx(1510.0, abs=1.0)
    assert sinking_m(0.25, 0.10) == pytest.approx(0.0600, abs=1e-4)
    assert vertical_oscillation_m(0.25, 0.10) == pytest.approx(0.0722, abs=1e-4)
    assert vertical_stiffness_npm(0.25, 0.10, RUNNER) == pytest.approx(25_200.0, rel=2e-3)
    assert leg_stiffness_npm(0.25, 0.10, 3.33, RUNNER) == pytest.approx(9_540.0, rel=1e-3)


def test_the_catalogue_gives_oscillation_without_knowing_the_runner() -> None:
    stride = Stride("foot-left", None, Activity.RUN, 10.0, 10.25, 10.70)
    assert metric_values(stride)["vertical_oscillation_m"] == pytest.approx(0.0722, abs=1e-4)


@given(CONTACTS_S, FLIGHTS_S)
def test_the_force_carries_the_body_over_a_step(contact_time_s: float, flight_time_s: float) -> None:
    """Half a sine's mean is 2/pi of its peak: its impulse must be weight times contact and flight."""
    impulse = peak_force_per_mass_mps2(contact_time_s, flight_time_s) * 2.0 / math.pi * contact_time_s
    assert impulse == pytest.approx(STANDARD_GRAVITY_MPS2 * (contact_time_s + flight_time_s))


@given(CONTACTS_S, FLIGHTS_S, st.floats(1.5, 5.0))
def test_a_leg_that_swings_through_is_softer_than_one_that_only_sinks(
    contact_time_s: float, flight_time_s: float, speed_mps: float
) -> None:
    leg = leg_stiffness_npm(contact_time_s, flight_time_s, speed_mps, RUNNER)
    vertical = vertical_stiffness_npm(contact_time_s, flight_time_s, RUNNER)
    assert leg is not None
    assert vertical is not None
    assert 0.0 < leg < vertical


def test_without_a_contact_there_is_no_spring() -> None:
    stride = Stride("foot-left", None, Activity.RUN, 10.0, 10.0, 10.70)
    assert metric_values(stride)["vertical_oscillation_m"] is None
    assert vertical_stiffness_npm(0.0, 0.35, RUNNER) is None
    assert leg_stiffness_npm(0.0, 0.35, 3.0, RUNNER) is None


def test_a_step_longer_than_the_leg_reaches_has_no_leg_stiffness() -> None:
    assert leg_stiffness_npm(0.6, 0.0, 4.0, RUNNER) is None


@pytest.mark.parametrize(("mass_kg", "height_m"), [(5.0, 1.7), (70.0, 170.0), (float("nan"), 1.7)])
def test_a_runner_in_the_wrong_units_is_refused(mass_kg: float, height_m: float) -> None:
    with pytest.raises(InputError, match="is not within"):
        Runner(mass_kg, height_m)
