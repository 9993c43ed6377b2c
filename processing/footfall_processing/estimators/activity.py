"""Whether the wearer stands, walks, runs or does something else, and which swings of a leg are strides at all.

What a stride has and other movement lacks, whatever the mounting, follows from the ground:

* A foot on the ground keeps still: round flat foot its acceleration is far below what it is in the rest of the stride.
  On a pedal, or in a hand, it is as great there as anywhere (a circle's acceleration is constant).
* A stride carries the leg on, roughly level. The journey of anything else, integrated as if it stood still at both
  ends, goes anywhere; on stairs it goes up or down by half its length.
* A shank swings quickly forwards once a stride and slowly back: a skewed rate. Pedals turn it evenly. How it is thrown
  forward in the first tenth of a second after contact, the quicker the faster one runs, says nothing of that.
* Contact is a shock and the rest is not: the jerk has a crest. Wheels and hands have none.

A stride that shows all of this counts at once, one in doubt counts among others: see `note_stride`.
"""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK, force_norm, oldest, rate_norm
from footfall_processing.units import STANDARD_GRAVITY_MPS2

UNKNOWN: Final = 0
STANDING: Final = 1
WALKING: Final = 2
RUNNING: Final = 3
ON_STAIRS: Final = 4
OTHER: Final = 5
"""What the wearer is doing now."""

NO_STRIDE: Final = 0
DOUBTFUL: Final = 1
CLEAR_STRIDE: Final = 2
STAIR_STRIDE: Final = 3
"""What the shape of one stride says."""

MOST_TRUST: Final = 4
"""Strides in doubt that count after sure ones, until a sure one comes again."""

STILL_RADPS: Final = math.radians(20.0)
STILL_MPS2: Final = 0.06 * STANDARD_GRAVITY_MPS2
STILL_CELLS: Final = round(1.2 / CELL_S)
"""Less than this for so long is standing: a walking foot's stance is shorter."""

OTHER_CELLS: Final = round(2.5 / CELL_S)
"""Movement for so long without a stride is something else: longer than the slowest stride and its latency."""

STANCE_HALF_WIDTH: Final = round(0.04 / CELL_S)
"""Round flat foot, the foot stands for at least 80 ms even in a sprint."""

CALM_STANCE: Final = 0.40
RESTLESS_STANCE: Final = 0.55
"""Acceleration round flat foot over its root mean square in the stride."""

STEEP: Final = 0.4
STAIRS_STEEP: Final = 0.25
STAIRS_STANCE: Final = 0.10
STAIRS_GRAVITY_TOLERANCE: Final = 0.06
"""Rise over way: beyond the first is no road; beyond the second are stairs, if the foot stands as still as a walker's.

A stride down stairs reads less steep than it is: where the foot lands flat, its end is read before it has settled.
"""

SHOCK_MPS3: Final = 450.0 * STANDARD_GRAVITY_MPS2
LEAST_SHOCK_MPS3: Final = 250.0 * STANDARD_GRAVITY_MPS2
JERK_CREST: Final = 2.6
BURST_CREST: Final = 2.2
LEAST_BURST_CREST: Final = 1.9
"""By force alone: the contact's jerk times its crest, its crest, and the crest of the same after smoothing (±60 ms)."""

WEIGHTLESS_MPS2: Final = 0.5 * STANDARD_GRAVITY_MPS2
MOST_WEIGHTLESS: Final = 0.2
"""A leg that swings is thrown about while the body flies; one that only jumps falls freely with it.

Below half of gravity for more than a fifth of the time between landings is no stride: gait has 0 to 16 %, jumping and
skipping 24 % and more.
"""

STANCE_MPS2: Final = 0.2 * STANDARD_GRAVITY_MPS2
RUN_STRIDE_TIME_BY_FORCE_S: Final = 0.78
RUN_FORCE_MPS2: Final = 1.3 * STANDARD_GRAVITY_MPS2
RUN_STANCE: Final = 0.26
RUN_STANCE_PER_S: Final = 1.2
"""By force alone, walking and running are told by the foot that stands: a walker's keeps still, its force within 0.2 g
of gravity, for 12 to 60 % of the stride, a runner's for less the longer the stride takes (26 % at 0.78 s, 9 % at
0.92 s). Nobody walks 154 steps a minute with a mean force of 1.3 g.
"""

ACTIVITY: Final = np.dtype(
    [
        ("state", np.int64),
        ("trust", np.int64),
        ("still_cells", np.int64),
        ("moving_cells", np.int64),
    ],
    align=True,
)
"""What is being done, how far strides in doubt are trusted, and for how long there was stillness, or no stride."""


@compiled
def note_cell(activity: Record, ring: Record) -> None:
    """Take note of the newest cell: standing is seen from stillness, other movement from a lack of strides."""
    newest = ring.end - 1
    rest = rate_norm(ring, newest) < STILL_RADPS
    if rest and abs(force_norm(ring, newest) - STANDARD_GRAVITY_MPS2) < STILL_MPS2:
        activity.still_cells += 1
        if activity.still_cells >= STILL_CELLS:
            activity.state = STANDING
            activity.moving_cells = 0
        return
    activity.still_cells = 0
    activity.moving_cells += 1
    if activity.moving_cells > OTHER_CELLS and activity.state != UNKNOWN:
        activity.state = OTHER
    if activity.moving_cells > 2 * OTHER_CELLS:
        activity.state = OTHER


@compiled
def note_stride(activity: Record, verdict: int, running: bool) -> bool:
    """Judge one stride by its shape and by those before it; True when it counts."""
    if verdict == NO_STRIDE:
        activity.trust = 0
        return False
    if verdict >= CLEAR_STRIDE:
        activity.trust = MOST_TRUST
    elif activity.trust == 0:
        return False
    else:
        activity.trust -= 1
    activity.moving_cells = 0
    activity.state = ON_STAIRS if verdict == STAIR_STRIDE else RUNNING if running else WALKING
    return True


@compiled
def stance_unrest_mps2(ring: Record, flat: int, up: FloatArray) -> float:
    """Mean acceleration of a sensor while its foot should stand, gravity taken out along `up`."""
    begin = max(flat - STANCE_HALF_WIDTH, oldest(ring))
    end = min(flat + STANCE_HALF_WIDTH + 1, ring.end)
    square = 0.0
    for axis in range(3):
        mean = -STANDARD_GRAVITY_MPS2 * up[axis]
        for cell in range(begin, end):
            mean += ring.imu[cell & RING_MASK, axis] / (end - begin)
        square += mean * mean
    return math.sqrt(square)


@compiled
def foot_verdict(ring: Record, flat: int, journey: Record, rise_m: float, ground_m: float) -> int:
    """Judge a foot's journey from `flat`, and the stance it begins with; its end is judged with the next stride."""
    unrest = stance_unrest_mps2(ring, flat, journey.up_at_begin) / max(journey.unrest_mps2, 0.1)
    gravity_is_good = abs(journey.gravity_mps2 / STANDARD_GRAVITY_MPS2 - 1.0) < STAIRS_GRAVITY_TOLERANCE
    if abs(rise_m) > STAIRS_STEEP * ground_m and unrest < STAIRS_STANCE and gravity_is_good:
        return STAIR_STRIDE
    if unrest > RESTLESS_STANCE or (abs(rise_m) > STEEP * ground_m and unrest > 0.5 * CALM_STANCE):
        return NO_STRIDE
    return CLEAR_STRIDE if unrest < CALM_STANCE and abs(rise_m) < STEEP * ground_m else DOUBTFUL


@compiled
def runs_by_force(ring: Record, begin: int, end: int, stride_time_s: float) -> bool:
    """Whether a stride from contact to contact is of running: by its time, and how long the sensor keeps still."""
    count = end - begin
    mean_mps2 = 0.0
    still = longest = 0
    for cell in range(begin, min(end, ring.end)):
        norm_mps2 = force_norm(ring, cell)
        mean_mps2 += norm_mps2 / count
        still = still + 1 if abs(norm_mps2 - STANDARD_GRAVITY_MPS2) < STANCE_MPS2 else 0
        longest = max(longest, still)
    if stride_time_s < RUN_STRIDE_TIME_BY_FORCE_S and mean_mps2 > RUN_FORCE_MPS2:
        return True
    return longest / count < RUN_STANCE - RUN_STANCE_PER_S * (stride_time_s - RUN_STRIDE_TIME_BY_FORCE_S)


@compiled
def force_verdict(ring: Record, jerk_mps3: FloatArray, burst_mps3: FloatArray, begin: int, end: int) -> int:
    """Judge a stride from contact to contact by force alone; its jerk, and the same smoothed, are kept by cell."""
    count = end - begin
    shock = jerk = greatest = burst = weightless = 0.0
    for cell in range(begin, end):
        at = cell & RING_MASK
        shock = max(shock, float(jerk_mps3[at]))
        jerk += float(jerk_mps3[at]) / count
        greatest = max(greatest, float(burst_mps3[at]))
        burst += float(burst_mps3[at]) / count
        if force_norm(ring, cell) < WEIGHTLESS_MPS2:
            weightless += 1.0 / count
    if weightless > MOST_WEIGHTLESS:
        return NO_STRIDE
    jerk_crest = shock / max(jerk, 1.0)
    if greatest < LEAST_BURST_CREST * burst or shock * jerk_crest < LEAST_SHOCK_MPS3:
        return NO_STRIDE
    sure = greatest > BURST_CREST * burst and jerk_crest > JERK_CREST and shock * jerk_crest > SHOCK_MPS3
    return CLEAR_STRIDE if sure else DOUBTFUL
