"""The length of a stride whose ends still roll."""

import numpy as np
import pytest

from footfall_processing.estimators.foot.length import SENSOR_HEIGHT_M, length_of
from footfall_processing.estimators.foot.stride import STANCE
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING
from footfall_processing.signal.strapdown import JOURNEY, travel
from footfall_processing.units import STANDARD_GRAVITY_MPS2

STRIDE, CONTACT, FIRST_CONTACT = 140, 50, 20
"""Cells."""

ACROSS = np.array([0.0, -1.0, 0.0])


def rolling_foot() -> tuple[FloatArray, float]:
    """A sensor that goes forward as a rolling foot carries it, and further in swing: cells, and the stride's length."""
    fine = 20
    phase = (np.arange(3 * STRIDE * fine) / fine - FIRST_CONTACT) / STRIDE % 1.0
    swing = np.where(phase > 0.4, np.sin(np.pi * (phase - 0.4) / 0.6) ** 2, 0.0)
    rolling_radps = 1.0 + np.where(phase < 0.4, 0.5 * np.sin(2.0 * np.pi * phase / 0.4), 0.0) - swing / 0.3
    speed_mps = SENSOR_HEIGHT_M * rolling_radps + 10.0 * swing
    step_s = CELL_S / fine
    force_mps2 = np.gradient(speed_mps, step_s)
    pitch_rad = -np.cumsum(rolling_radps) * step_s
    cells = np.zeros((3 * STRIDE, 6))
    sine, cosine = np.sin(pitch_rad), np.cos(pitch_rad)
    cells[:, 0] = (force_mps2 * cosine + STANDARD_GRAVITY_MPS2 * sine)[::fine]
    cells[:, 2] = (STANDARD_GRAVITY_MPS2 * cosine - force_mps2 * sine)[::fine]
    cells[:, 4] = rolling_radps[::fine]
    return cells, 10.0 * 0.3 * STRIDE * CELL_S


@pytest.mark.parametrize("share", [0.15, 0.3, 0.42, 0.6])
def test_a_length_does_not_rest_on_the_instant_that_is_taken_for_flat(share: float) -> None:
    cells, length_m = rolling_foot()
    ring, begun, ended, journey = (np.zeros(1, kind)[0] for kind in (RING, STANCE, STANCE, JOURNEY))
    ring["imu"][: len(cells)] = cells
    ring["end"] = len(cells)
    flat = FIRST_CONTACT + round(share * CONTACT)
    begun["initial_contact"], ended["initial_contact"] = FIRST_CONTACT, FIRST_CONTACT + STRIDE
    ended["flat"] = flat + STRIDE
    travel(ring, flat, flat + STRIDE, journey)
    # the journey alone takes the sensor to be still there
    assert length_m - journey["distance_m"] > 0.02
    for axis in (ACROSS, -ACROSS):
        assert length_of(begun, ended, flat, CONTACT, axis, ring, journey, False) == pytest.approx(length_m, abs=0.004)
