"""Which way up the shank is, and how it leans.

Contact is read along the mean force from early to late stance, made orthogonal to the mediolateral axis: the way the
leg is loaded. It leans against the tibia by up to 25°, with the speed. The tibia itself stands upright when the wearer
does: its long axis is gravity in quiet standing. Without a stand it is the vertical at contact, which the gait gives,
leant by the tilt that is usual at contact; then there is no tilt to be reported.

A knee bends one way only: over a stride the shank leans far more to the front, its knee ahead of the ankle (50° in
walking, 60 to 100° in running), than to the back (20° at most). The mediolateral axis' sense is that of the swing, so
backwards all of this is the other way round, and where a stand told what upright is, that shows. Without a stand it
can't be told: a sensor that may sit any way round sees the same swing forwards and backwards.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.shank.swing import SHORTEST_STRIDE, rate_at
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, force_along, force_norm, oldest, rate_norm
from footfall_processing.signal.strapdown import dot
from footfall_processing.units import STANDARD_GRAVITY_MPS2

LOADING_FROM: Final = round(0.12 / CELL_S)
LOADING_AFTER: Final = round(0.02 / CELL_S)
LOADING_STRIDES: Final = 20

STILL_RADPS: Final = math.radians(12.0)
STILL_MPS2: Final = 0.06 * STANDARD_GRAVITY_MPS2
STILL_CELLS: Final = round(1.0 / CELL_S)
STILL_GAIN: Final = CELL_S / 10.0
"""Standing still: for a second, turning slower than 12 °/s, the force within 0.06 g of gravity; 10 s of it count."""

SAME_STAND_COSINE: Final = math.cos(math.radians(25.0))
"""A stand that differs by more was none: the sensor lay on a table, or the wearer sat with a stretched leg."""

RUN_TILT_RAD: Final = math.radians(7.0)
WALK_TILT_RAD: Final = math.radians(17.0)
"""How far the ankle usually is ahead of the knee at contact: the guess where no stand was seen, good to some 5°."""

UPRIGHT_COSINE: Final = math.cos(math.radians(40.0))
BACKWARD_SUM_RAD: Final = math.radians(10.0)
KNEE_LEAN_RAD: Final = math.radians(25.0)
"""Backwards: the shank leans to its one side by more than 25°, to its other by less, and by 10° at least.

Asked only of a stand within 40° of the way the leg is loaded, which a table or a chair seldom are.
"""

TIBIA: Final = np.dtype(
    [
        ("loading_mps2", np.float64, (3,)),
        ("loading_strides", np.int64),
        ("still_cells", np.int64),
        ("still_mps2", np.float64, (3,)),
        ("stood_cells", np.int64),
        ("stood_mps2", np.float64, (3,)),
        ("gait_axis", np.float64, (3,)),
        ("gait_strides", np.int64),
    ],
    align=True,
)
"""Mean force of stance and of standing, and the tibia's axis as the gait alone gives it."""


@compiled
def forget_gait(tibia: Record) -> None:
    """Start anew all that goes with the sense of the mediolateral axis; a stand stays known."""
    tibia.loading_strides = 0
    tibia.gait_strides = 0


@compiled
def note_stillness(tibia: Record, ring: Record, cell: int) -> None:
    """Learn the upright tibia from quiet standing."""
    if rate_norm(ring, cell) > STILL_RADPS or abs(force_norm(ring, cell) - STANDARD_GRAVITY_MPS2) > STILL_MPS2:
        tibia.still_cells = 0
        return
    tibia.still_cells += 1
    at = cell & RING_MASK
    for axis in range(3):
        tibia.still_mps2[axis] += (ring.imu[at, axis] - tibia.still_mps2[axis]) / tibia.still_cells
    if tibia.still_cells < STILL_CELLS:
        return
    now, before = tibia.still_mps2, tibia.stood_mps2
    lengths = math.sqrt(dot(now, now) * dot(before, before))
    if lengths == 0.0 or dot(now, before) < SAME_STAND_COSINE * lengths:
        tibia.stood_cells = 0
    tibia.stood_cells += 1
    gain = max(1.0 / tibia.stood_cells, STILL_GAIN)
    for axis in range(3):
        tibia.stood_mps2[axis] += gain * (now[axis] - tibia.stood_mps2[axis])


@compiled
def note_stance(tibia: Record, ring: Record, start: int, swing: Record) -> bool:
    """Learn the loading axis from the stance after a swing; False where it is too short to tell."""
    swing.stance_force_mps2 = 0.0
    begin = int(max(swing.end, start)) + LOADING_FROM
    end = int(swing.half_fall) + LOADING_AFTER
    if end - begin < 6:
        return False
    mean = np.zeros(3)
    for k in range(begin, end):
        for axis in range(3):
            mean[axis] += ring.imu[k & RING_MASK, axis] / (end - begin)
    swing.stance_force_mps2 = math.sqrt(dot(mean, mean))
    tibia.loading_strides += 1
    gain = max(1.0 / tibia.loading_strides, 1.0 / LOADING_STRIDES)
    for axis in range(3):
        tibia.loading_mps2[axis] += gain * (mean[axis] - tibia.loading_mps2[axis])
    return True


@compiled
def upright(across: FloatArray, vector: FloatArray, out: FloatArray) -> None:
    """Make `out` the unit vector nearest to `vector` that is orthogonal to the mediolateral axis `across`."""
    along = dot(vector, across)
    for k in range(3):
        out[k] = vector[k] - along * across[k]
    length = math.sqrt(dot(out, out))
    if length > 0.0:
        for k in range(3):
            out[k] /= length


@compiled
def ahead_of(across: FloatArray, up: FloatArray, out: FloatArray) -> None:
    """Make `out` the unit vector to the front, orthogonal to `up` and to the mediolateral axis."""
    for k in range(3):
        out[k] = up[(k + 1) % 3] * across[(k + 2) % 3] - up[(k + 2) % 3] * across[(k + 1) % 3]


@compiled
def tibia_axis(tibia: Record, across: FloatArray, out: FloatArray) -> bool:
    """Make `out` the unit vector up the tibia; True where a stand told it."""
    if tibia.gait_strides == 0:
        upright(across, tibia.loading_mps2, out)
        return False
    upright(across, tibia.stood_mps2, out)
    if tibia.stood_cells > 0 and dot(out, tibia.gait_axis) > SAME_STAND_COSINE:
        return True
    upright(across, tibia.gait_axis, out)
    return False


@compiled
def learn_gait_axis(tibia: Record, across: FloatArray, leant: float, running: bool) -> None:
    """From a stride's tilt of the loading axis at contact: the tibia leans by what is usual instead."""
    loading, ahead = np.empty(3), np.empty(3)
    upright(across, tibia.loading_mps2, loading)
    ahead_of(across, loading, ahead)
    turn = leant - (RUN_TILT_RAD if running else WALK_TILT_RAD)
    tibia.gait_strides += 1
    gain = max(1.0 / tibia.gait_strides, 1.0 / LOADING_STRIDES)
    for k in range(3):
        now = math.cos(turn) * loading[k] + math.sin(turn) * ahead[k]
        tibia.gait_axis[k] += gain * (now - tibia.gait_axis[k])


@compiled
def lean_between(across: FloatArray, up: FloatArray, axis: FloatArray) -> float:
    """Angle from `axis` forwards to `up`: what a lean told for `up` is more than one told for `axis`."""
    ahead = np.empty(3)
    ahead_of(across, up, ahead)
    return math.atan2(dot(axis, ahead), dot(axis, up))


@compiled
def lean_over_stride(
    ring: Record, rate_radps: FloatArray, across: FloatArray, up: FloatArray, contact: float, next_contact: float
) -> tuple[float, float, float]:
    """Angle of an axis to the vertical, ankle ahead of the knee positive: at contact, at its greatest, at its least.

    Over a stride of even speed the body gains no velocity, so the mean specific force, turned back to the pose at
    contact by the integrated pitch rate, is gravity. The rate's mean over the stride is its drift.
    """
    begin, end = max(math.floor(contact + 0.5), oldest(ring)), math.floor(next_contact + 0.5)
    if begin > contact + 1.0 or end - begin < SHORTEST_STRIDE // 2:
        return math.nan, math.nan, math.nan
    ahead = np.empty(3)
    ahead_of(across, up, ahead)
    drift = 0.0
    for cell in range(begin, end):
        drift += rate_at(rate_radps, cell) / (end - begin)
    turned = forwards = upwards = most = least = 0.0
    for cell in range(begin, end):
        along, aloft = force_along(ring, ahead, cell), force_along(ring, up, cell)
        forwards += math.cos(turned) * along - math.sin(turned) * aloft
        upwards += math.sin(turned) * along + math.cos(turned) * aloft
        turned += (rate_at(rate_radps, cell) - drift) * CELL_S
        most = max(most, turned)
        least = min(least, turned)
    leant = math.atan2(forwards, upwards)
    return leant, leant + most, leant + least


@compiled
def leans_backward(tibia: Record, across: FloatArray, loading: FloatArray, most: float, least: float) -> bool:
    """Tell whether the shank leans the wrong way for a knee, from its greatest leans told for the loading axis."""
    stood = np.empty(3)
    upright(across, tibia.stood_mps2, stood)
    if tibia.stood_cells == 0 or dot(stood, loading) < UPRIGHT_COSINE:
        return False
    turned = lean_between(across, loading, stood)
    bent, stretched = most - turned, turned - least
    return bool(bent > KNEE_LEAN_RAD > stretched and bent - stretched > BACKWARD_SUM_RAD)
