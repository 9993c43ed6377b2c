"""What the compiled estimators hand to Python: strides, impacts and what is being done, as plain records."""

import math
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.estimators.stance_roll import UNKNOWN_ROLL
from footfall_processing.signal.ring import peak_between, peak_cell_between, quality_between, time_at

STRIDE: Final = 0
IMPACT: Final = 1
DOING: Final = 2

EVENT: Final = np.dtype(
    [
        ("kind", np.uint8),
        ("running", np.bool_),
        ("backward", np.bool_),
        ("stairs", np.bool_),
        ("axis_moved", np.bool_),
        ("aligned_later", np.bool_),
        ("sample_quality", np.uint8),
        ("stance_roll_deg", np.int8),
        ("doing", np.uint8),
        ("held", np.uint8),
        ("axes_disagree", np.bool_),
        ("initial_contact_s", np.float64),
        ("toe_off_s", np.float64),
        ("next_contact_s", np.float64),
        ("peak_norm_mps2", np.float64),
        ("peak_axial_mps2", np.float64),
        ("strike_angle_rad", np.float64),
        ("surge_s", np.float64),
        ("tilt_rad", np.float64),
        ("roll_left_rad", np.float64),
        ("roll_right_rad", np.float64),
        ("roll_left_radps", np.float64),
        ("roll_right_radps", np.float64),
        ("length_m", np.float64),
        ("confidence", np.float64),
    ],
    align=True,
)
"""A stride; an impact, or what the wearer does from now on, whose time is `initial_contact_s`. Unknown is NaN.

`surge_s` is the time from contact to the shank's greatest forward rate (`shank_strike`).
`tilt_rad` is the tibia's angle to the vertical at initial contact, ankle ahead of the knee positive.
`roll_*` is how far and how fast the foot rolls to its left and right in the first half of stance (`pronation`).
`stance_roll_deg` tells left from right (`stance_roll`); one byte does, since it is only ever averaged.
`doing` is one of the states in `activity`.
`held` is how many times the stream repeats each sample, `axes_disagree` whether gyroscope and accelerometer are known
to disagree: the sensor's kernel notes both (`sensor.note_signal`).
"""

OUTBOX_LENGTH: Final = 64

OUTBOX: Final = np.dtype([("count", np.int64), ("events", EVENT, (OUTBOX_LENGTH,))], align=True)
"""Events since Python last looked. `pipeline.SLICE` keeps what one look may bring far below the length."""


@compiled
def clear(event: Record) -> None:
    """Make an event a stride of which nothing is known."""
    event.kind = STRIDE
    event.running = False
    event.backward = False
    event.stairs = False
    event.axis_moved = False
    event.aligned_later = False
    event.sample_quality = 0
    event.stance_roll_deg = UNKNOWN_ROLL
    event.doing = 0
    event.held = 1
    event.axes_disagree = False
    event.initial_contact_s = math.nan
    event.toe_off_s = math.nan
    event.next_contact_s = math.nan
    event.peak_norm_mps2 = math.nan
    event.peak_axial_mps2 = math.nan
    event.strike_angle_rad = math.nan
    event.surge_s = math.nan
    event.tilt_rad = math.nan
    event.roll_left_rad = math.nan
    event.roll_right_rad = math.nan
    event.roll_left_radps = math.nan
    event.roll_right_radps = math.nan
    event.length_m = math.nan
    event.confidence = 1.0


@compiled
def post(outbox: Record, event: Record) -> None:
    """Copy an event into the outbox."""
    outbox.events[outbox.count] = event
    outbox.count += 1


@compiled
def post_impact(outbox: Record, ring: Record, begin: int, end: int) -> None:
    """Emit the greatest acceleration in cells begin to end - 1 as an impact, with its time."""
    impact = outbox.events[outbox.count]
    clear(impact)
    impact.kind = IMPACT
    impact.initial_contact_s = time_at(ring, peak_cell_between(ring, begin, end))
    impact.peak_norm_mps2 = peak_between(ring, begin, end)
    impact.sample_quality = quality_between(ring, begin, end)
    outbox.count += 1


@compiled
def post_doing(outbox: Record, ring: Record, doing: int) -> None:
    """Say what the wearer does from the newest cell on."""
    event = outbox.events[outbox.count]
    clear(event)
    event.kind = DOING
    event.doing = doing
    event.initial_contact_s = time_at(ring, ring.end - 1)
    outbox.count += 1
