"""The runner as a mass on a spring: oscillation and stiffness from contact and flight time alone.

The sine-wave model of Morin et al. 2005, doi:10.1123/jab.21.2.167: the vertical force during contact is half a sine
wave, whose height follows from the body not sinking from step to step. Running on level ground only: on slopes the
model is not valid (Meyer et al. 2023, doi:10.1055/a-2044-4805).
"""

import math
from typing import Final

from footfall_processing.session import Runner
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LEG_LENGTH_SHARE: Final = 0.53
"""Leg length over body height: an average of adults, so the leg stiffness of one runner may be off by some percent."""


def peak_force_per_mass_mps2(contact_time_s: float, flight_time_s: float) -> float:
    """Return the peak of the vertical force over body mass, pi/2 g (1 + flight / contact)."""
    return 0.5 * math.pi * STANDARD_GRAVITY_MPS2 * (1.0 + flight_time_s / contact_time_s)


def sinking_m(contact_time_s: float, flight_time_s: float) -> float:
    """Return how far the body's centre sinks from contact to mid-stance, F tc^2 / (m pi^2) - g tc^2 / 8."""
    force_mps2 = peak_force_per_mass_mps2(contact_time_s, flight_time_s)
    return contact_time_s**2 * (force_mps2 / math.pi**2 - STANDARD_GRAVITY_MPS2 / 8.0)


def vertical_oscillation_m(contact_time_s: float, flight_time_s: float) -> float | None:
    """Return the way of the body's centre from its lowest to its highest point: sinking and the rise in flight.

    `None` without a contact.
    """
    if contact_time_s <= 0.0:
        return None
    return sinking_m(contact_time_s, flight_time_s) + STANDARD_GRAVITY_MPS2 * flight_time_s**2 / 8.0


def vertical_stiffness_npm(contact_time_s: float, flight_time_s: float, runner: Runner) -> float | None:
    """Return peak force over sinking, N/m; `None` without a contact."""
    if contact_time_s <= 0.0:
        return None
    force_n = runner.mass_kg * peak_force_per_mass_mps2(contact_time_s, flight_time_s)
    return force_n / sinking_m(contact_time_s, flight_time_s)


def leg_stiffness_npm(contact_time_s: float, flight_time_s: float, speed_mps: float, runner: Runner) -> float | None:
    """Return peak force over the leg's shortening, N/m.

    `None` without a contact, and where half a contact's way is longer than the leg.
    """
    leg_m = LEG_LENGTH_SHARE * runner.height_m
    half_way_m = 0.5 * speed_mps * contact_time_s
    if contact_time_s <= 0.0 or half_way_m >= leg_m:
        return None
    shortening_m = leg_m - math.sqrt(leg_m**2 - half_way_m**2) + sinking_m(contact_time_s, flight_time_s)
    return runner.mass_kg * peak_force_per_mass_mps2(contact_time_s, flight_time_s) / shortening_m
