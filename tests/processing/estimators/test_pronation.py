"""The roll of a foot whose movement is known."""

import math

import numpy as np
import pytest

from footfall_processing.compiled import Record
from footfall_processing.estimators.foot.pronation import note_roll
from footfall_processing.estimators.outbox import EVENT, clear
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING

UP = np.array([0.0, 0.0, 1.0])
RIGHT = np.array([0.0, -1.0, 0.0])
CONTACT, TOE_OFF = 20.0, 68.0
ROLL_RAD, LASTS_CELLS = math.radians(10.0), 20


def rolled(about: FloatArray, turn: FloatArray | None = None) -> Record:
    """Roll by `ROLL_RAD` about an axis, smoothly from contact on, with the foot pitching meanwhile."""
    turn = np.eye(3) if turn is None else turn
    ring = np.zeros(1, RING)[0]
    ring["end"] = 120
    cells = np.arange(120)
    phase = np.clip((cells - CONTACT) / LASTS_CELLS, 0.0, 1.0)
    rate_radps = ROLL_RAD / (LASTS_CELLS * CELL_S) * (1.0 - np.cos(2.0 * math.pi * phase))
    pitch_radps = -5.0 * np.sin(math.pi * phase)
    ring["imu"][:120, 3:] = (rate_radps[:, None] * about + pitch_radps[:, None] * RIGHT) @ turn.T
    event = np.zeros(1, EVENT)[0]
    clear(event)
    note_roll(ring, CONTACT, TOE_OFF, turn @ UP, turn @ RIGHT, event)
    return event


def test_a_known_roll_to_the_right_is_found() -> None:
    event = rolled(np.array([1.0, 0.0, 0.0]))
    assert event["roll_right_rad"] == pytest.approx(ROLL_RAD, rel=0.02)
    assert event["roll_left_rad"] == pytest.approx(0.0, abs=1e-6)
    # of 1 - cos at 10 Hz, the triangle keeps (sin(4 x 0.05 pi) / (4 sin(0.05 pi)))^2 = 0.8825 of the cos
    assert event["roll_right_radps"] == pytest.approx(1.8825 * ROLL_RAD / (LASTS_CELLS * CELL_S), rel=1e-3)


def test_the_other_way_round_is_the_mirror_image() -> None:
    right, left = rolled(np.array([1.0, 0.0, 0.0])), rolled(np.array([-1.0, 0.0, 0.0]))
    assert left["roll_left_rad"] == right["roll_right_rad"]
    assert left["roll_left_radps"] == right["roll_right_radps"]


def test_pitch_alone_is_no_roll() -> None:
    event = rolled(np.zeros(3))
    assert event["roll_right_rad"] == pytest.approx(0.0, abs=1e-12)
    assert event["roll_left_rad"] == pytest.approx(0.0, abs=1e-12)


def test_the_sensor_s_mounting_does_not_matter() -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    straight, turned = rolled(np.array([1.0, 0.0, 0.0])), rolled(np.array([1.0, 0.0, 0.0]), turn)
    assert turned["roll_right_rad"] == pytest.approx(straight["roll_right_rad"], rel=1e-6)


def test_a_contact_that_is_no_longer_kept_gives_nothing() -> None:
    ring = np.zeros(1, RING)[0]
    event = np.zeros(1, EVENT)[0]
    clear(event)
    note_roll(ring, CONTACT, TOE_OFF, UP, RIGHT, event)
    assert math.isnan(event["roll_right_rad"])
