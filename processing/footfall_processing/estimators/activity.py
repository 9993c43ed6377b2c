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


STANCE_MPS2: Final = 0.2 * STANDARD_GRAVITY_MPS2
RUN_OFFSET: Final = 14.3
RUN_TIME_WEIGHT: Final = -26.7
RUN_FORCE_WEIGHT: Final = 6.1
RUN_PEAK_WEIGHT: Final = 5.5
RUN_STANCE_WEIGHT: Final = -19.8
"""By force alone, running is told by how long the stride takes (s), by its mean and its greatest force (natural
logarithms, in g), and by the share of it for which the sensor keeps still, its force within 0.2 g of gravity. None of
them does alone: a quick walker takes 0.76 s, a slow runner 0.95 s. Weights are natural log-odds a unit, by logistic
regression on the walkers and runners of docs/adr/0016.
"""

QUICKEST_STRIDE_TIME_S: Final = 0.7
"""Shorter strides speak no more for running: a runner's are hard as well, and of a walker it is half a stride."""

LONGEST_RUN_STANCE: Final = 0.29
RUN_STANCE_PER_S: Final = 1.2
QUICK_STRIDE_TIME_S: Final = 0.78
STANCE_WEIGHT: Final = 60.0
"""However hard the landing, a foot that keeps still for longer walks: 29 % of a stride of 0.78 s, 12 % of 0.92 s."""

MOST_LEANING: Final = 6.0
"""Nobody changes gait at every stride: what earlier strides said goes on to count, up to odds of e^6."""

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
    steep = abs(rise_m) > STEEP * ground_m
    # a hard landing between two samples of a slow sensor tilts the journey, and not the stance
    if unrest > RESTLESS_STANCE or (steep and unrest > CALM_STANCE):
        return NO_STRIDE
    return CLEAR_STRIDE if unrest < CALM_STANCE and not steep else DOUBTFUL


@compiled
def lean_to_running(leaning: float, ring: Record, begin: int, end: int, stride_time_s: float) -> float:
    """Log-odds for running after a stride from contact to contact, by force alone, where they were `leaning` before."""
    count = end - begin
    mean_mps2 = greatest_mps2 = 0.0
    still = longest = 0
    for cell in range(begin, min(end, ring.end)):
        norm_mps2 = force_norm(ring, cell)
        mean_mps2 += norm_mps2 / count
        greatest_mps2 = max(greatest_mps2, norm_mps2)
        still = still + 1 if abs(norm_mps2 - STANDARD_GRAVITY_MPS2) < STANCE_MPS2 else 0
        longest = max(longest, still)
    still_share = longest / count
    by_all = (
        RUN_OFFSET
        + RUN_TIME_WEIGHT * max(stride_time_s, QUICKEST_STRIDE_TIME_S)
        + RUN_FORCE_WEIGHT * math.log(max(mean_mps2, 1.0) / STANDARD_GRAVITY_MPS2)
        + RUN_PEAK_WEIGHT * math.log(max(greatest_mps2, 1.0) / STANDARD_GRAVITY_MPS2)
        + RUN_STANCE_WEIGHT * still_share
    )
    longest_share = LONGEST_RUN_STANCE - RUN_STANCE_PER_S * (stride_time_s - QUICK_STRIDE_TIME_S)
    leaning += min(by_all, STANCE_WEIGHT * (longest_share - still_share))
    return min(max(leaning, -MOST_LEANING), MOST_LEANING)
