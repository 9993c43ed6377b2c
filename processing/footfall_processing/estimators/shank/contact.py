"""When the foot below a shank meets the ground: the choices there are, each one function.

Each sets the `contact` (in cells) and `certainty` (0 to 1) of a swing (`swing.SWING`) that has ended. Given are the
ring, the unit vector along which the leg is loaded, the first cell that may be looked at, and the swing.

Usually it is the first strong rise of the force along the leg after a swing.

The mark is the steepest point of that rise. By how much it lags the contact depends on the rise itself. A front shaped
like the square of a sine (the shock of a landing) is steepest half-way up, so the contact lies as long before the mark
as the peak after it. The tangent at the mark says the same: it meets the level before the rise a time τ earlier, and
the front's foot is π/2 τ before its middle. Both are read off the signal, less what smoothing adds (in squares, as the
variances of a front and of what smooths it add up), and the longer one counts: noise and ringing only shorten them. So
a shock that peaks 5 ms after contact, as on bare feet, is dated as well as one that peaks after 25 ms.

Without a shock the leg is loaded slowly, and the rise grows out of what is left of the swing: its foot can't be seen.
There the lag is the usual one for a leg that swings as fast, which is also the most that is ever taken off.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import force_along, oldest
from footfall_processing.units import STANDARD_GRAVITY_MPS2

CONTACT_WINDOW: Final = round(0.115 / CELL_S)
RISE_USUAL: Final = 0.052 / CELL_S
RISE_SPREAD: Final = 0.025 / CELL_S
"""The steepest rise that is contact's comes 52 ± 25 ms after the swing's end."""

CONTACT_USUAL: Final = 0.027 / CELL_S
"""Contact usually comes so long after the swing's end: mean of eight force-plate subjects."""

LOADING_TURN: Final = math.radians(8.5) / CELL_S
SLOWEST_RADPS: Final = math.radians(350.0)
"""Lag of the steepest rise where the leg is loaded without a shock, times the peak rate of the swing before.

All that a leg does goes as fast as it swings: the lag of five subjects was 24 ms at 440 °/s (2 m/s) and 12 at 780 (5).
Swings slower than a slow runner's are not taken to make it any longer.
"""

SMOOTHING_RISE: Final = 0.0055 / CELL_S
"""What smoothing alone makes of τ: with it, simulated fronts of 7.5 to 20 ms are dated within 1 ms on average."""

SMOOTHING_SD: Final = 0.0048 / CELL_S
"""Standard deviation of the grid's cell, the weights 1-2-1 and a central difference together."""

MARK_SD: Final = 0.006 / CELL_S
MARK_LAG: Final = 0.014 / CELL_S
MARK_JERK_MPS3: Final = 200.0 * STANDARD_GRAVITY_MPS2
SLOWEST_RISE: Final = 1.5
DELAY_SD: Final = 0.013 / CELL_S
"""Between legs, of the mark at such a lag and jerk, and of the delay from the swing's end.

The mark's is less at a shorter lag, and up to 1.5 times as much where the rise is slower. Contact is drawn to the
usual delay by inverse-variance weights: hardly at all after a sharp shock.
"""

FIRST_RISE_SHARE: Final = 0.5

LEAST_JERK_MPS3: Final = 8.0 * STANDARD_GRAVITY_MPS2
SURE_JERK_MPS3: Final = 60.0 * STANDARD_GRAVITY_MPS2

BEFORE: Final = 6
"""Cells before the swing's end in which the foot of an early rise may lie."""


@compiled
def _smoothed_force(ring: Record, up: FloatArray, cell: int) -> float:
    first, last = oldest(ring), ring.end - 1
    before = force_along(ring, up, min(max(cell - 1, first), last))
    here = force_along(ring, up, min(max(cell, first), last))
    after = force_along(ring, up, min(max(cell + 1, first), last))
    return 0.25 * before + 0.5 * here + 0.25 * after


@compiled
def _lag(force: FloatArray, at: int, steepness: float, shift: float) -> float:
    """Time from the foot of a rise to its steepest point, `shift` after the cell `at`, in cells."""
    foot = top = at
    while foot > 0 and force[foot - 1] < force[foot]:
        foot -= 1
    while top < len(force) - 1 and force[top + 1] > force[top]:
        top += 1
    tangent = (force[at] - force[foot]) / steepness + shift
    by_tangent = 0.5 * math.pi * math.sqrt(max(tangent * tangent - SMOOTHING_RISE * SMOOTHING_RISE, 0.0))
    ahead = top - at - shift
    by_peak = math.sqrt(max(ahead * ahead - SMOOTHING_SD * SMOOTHING_SD, 0.0))
    return max(by_tangent, by_peak)


@compiled
def by_first_rise(ring: Record, up: FloatArray, start: int, swing: Record) -> None:
    """Date the contact that follows a swing, and say how certain it is.

    `up` is the unit vector along which the leg is loaded, `start` the first cell that may be looked at.
    """
    usual = swing.end + CONTACT_USUAL
    begin = max(int(swing.end), start)
    count = min(int(swing.end + CONTACT_WINDOW), ring.end - 2) - begin + 2
    if count < 5:
        swing.contact = usual
        swing.certainty = 0.3
        return
    force = np.empty(BEFORE + count + 1)
    for k in range(len(force)):
        force[k] = _smoothed_force(ring, up, begin - BEFORE + k)
    jerk = np.empty(count)
    for k in range(count):
        jerk[k] = 0.5 * (force[BEFORE + k + 1] - force[BEFORE + k - 1]) / CELL_S
    steepest = likeliest = 0.0
    likely = np.zeros(count)
    for k in range(1, count - 1):
        steepest = max(steepest, jerk[k])
        if jerk[k] >= jerk[k - 1] and jerk[k] > jerk[k + 1]:
            late = (begin + k - swing.end - RISE_USUAL) / RISE_SPREAD
            likely[k] = jerk[k] * math.exp(-0.5 * late * late)
            likeliest = max(likeliest, likely[k])
    at = 0
    for k in range(1, count - 1):
        if likely[k] > 0.0 and likely[k] >= FIRST_RISE_SHARE * likeliest:
            at = k
            break
    if at == 0 or steepest < LEAST_JERK_MPS3:
        swing.contact = usual
        swing.certainty = 0.4
        return
    curvature = jerk[at - 1] - 2.0 * jerk[at] + jerk[at + 1]
    shift = 0.5 * (jerk[at - 1] - jerk[at + 1]) / curvature if curvature != 0.0 else 0.0
    usual_lag = LOADING_TURN / max(swing.peak_radps, SLOWEST_RADPS)
    lag = min(_lag(force, BEFORE + at, jerk[at] * CELL_S, shift), usual_lag)
    mark = begin + at + shift - lag
    slowness = min(max(MARK_JERK_MPS3 / jerk[at], 1.0), SLOWEST_RISE)
    mark_sd = MARK_SD * min(lag / MARK_LAG, 1.0) * slowness
    weight = mark_sd * mark_sd / (mark_sd * mark_sd + DELAY_SD * DELAY_SD)
    swing.contact = mark + weight * (usual - mark)
    swing.certainty = 0.6 + 0.4 * min(1.0, steepest / SURE_JERK_MPS3)


@compiled
def by_swing_end(ring: Record, up: FloatArray, start: int, swing: Record) -> None:
    """Take the swing's end itself as contact.

    So does the method named Fadillioglu among those that Kiernan et al. 2023 (PMC10255839) compare.
    """
    swing.contact = swing.end
    swing.certainty = 1.0
