"""The gait events that Footfall emits. All are final when emitted and never revised.

Timeline of one stride of one foot, from initial contact (IC) to the next initial contact of the same foot::

    IC                 toe-off                         next IC
    |----- stance -----|------------- swing -----------|
    |<- contact time ->|                               |
    |<----------------- stride time ------------------>|
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from footfall_processing.session import Side


class Activity(StrEnum):
    """What the runner was doing during a stride."""

    WALK = "walk"
    RUN = "run"


class Doing(StrEnum):
    """What the wearer of a sensor is doing now, for live views; only walking and running make strides."""

    STANDING = "standing"
    WALKING = "walking"
    RUNNING = "running"
    STAIRS = "stairs"
    OTHER = "other"
    """Movement without strides: pedalling, driving, the sensor in a hand."""


@dataclass(frozen=True, slots=True)
class NowDoing:
    """What the wearer of a sensor is doing from now on, for live views: sent when it changes."""

    sensor_id: str
    t_s: float
    doing: Doing


class Strike(StrEnum):
    """Which part of the foot touches the ground first (Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104)."""

    REARFOOT = "rearfoot"
    MIDFOOT = "midfoot"
    FOREFOOT = "forefoot"
    NON_REARFOOT = "non_rearfoot"
    """Midfoot or forefoot: a sensor on the shin can't tell which."""


class StrideFlag(StrEnum):
    """What a reader must know before trusting a stride's numbers."""

    ACC_CLIPPED = "acc_clipped"
    """The accelerometer reached the end of its range: the true peak is higher."""
    GYR_CLIPPED = "gyr_clipped"
    """The gyroscope reached the end of its range: angles and lengths are less certain."""
    SAMPLES_LOST = "samples_lost"
    """Samples are missing within the stride and were bridged."""
    SAMPLES_HELD = "samples_held"
    """The stream repeats each sample: the sensor measures more slowly than it was said to, and its rate decides."""
    RATE_LOW_FOR_PEAKS = "rate_low_for_peaks"
    """The sampling rate is too low for peak accelerations, which are null."""
    RATE_LOW_FOR_EVENTS = "rate_low_for_events"
    """The sampling rate is too low for contact times, which are null."""
    AXES_DISAGREE = "axes_disagree"
    """Gyroscope and accelerometer disagree (axes, scale, timing): all that rests on orientation is null."""
    ALIGNED_LATER = "aligned_later"
    """Found looking back: the sensor's alignment (by force alone, the gait's period) was learnt after this stride."""
    SENSOR_MOVED = "sensor_moved"
    """The sensor is turning on the segment, as when a strap slips: angles and tibial peaks are less certain."""
    BACKWARD = "backward"
    """A step backwards: counted, but left out of averages; what we know of errors is of gait forwards."""
    STAIRS = "stairs"
    """The foot rose or sank by 40 % of its way: counted, but left out of averages."""
    LOW_CONFIDENCE = "low_confidence"
    """The stride was found, but its shape is unusual: leave it out of averages."""


@dataclass(frozen=True, slots=True)
class Impact:
    """A landing, for live cues: reported within 20 ms of signal after its peak, or not at all.

    Provisional: the stride that follows is the record, and carries the peak of every landing. Soft landings among hard
    ones, as in stopping, and the first ones of a bout may give no cue. `peak_acc_mps2` is the maximum of the resultant
    acceleration (gravity included) so far in this stance.
    """

    sensor_id: str
    side: Side | None
    t_s: float
    peak_acc_mps2: float
    clipped: bool


@dataclass(frozen=True, slots=True)
class Stride:
    """One stride of one foot; durations are properties, so that no two numbers can disagree.

    Parameters
    ----------
    initial_contact_s, toe_off_s, next_contact_s
        Session seconds; the toe-off is `None` where the sensor does not support it.
    peak_acc_mps2
        Maximum of the resultant acceleration, gravity included, in the stance phase.
    peak_tibial_acc_mps2
        Maximum of the acceleration along the tibia (proximal, gravity included) in early stance; shank sensors only.
    foot_strike_angle_rad
        Pitch of the foot at initial contact, toes up positive, zero when the foot is flat; foot sensors only.
    strike, strike_confidence
        Strike pattern, and how sure it is from 0 to 1; shank sensors tell rearfoot or not, in running.
    stride_length_m
        Horizontal distance between two consecutive foot-flat positions of the same foot.
    pronation_excursion_rad, peak_eversion_rate_radps
        How far, at the most, and how fast the foot rolls inwards from contact to mid-stance; foot sensors whose side
        is known.
    shank_tilt_rad
        Angle of the tibia to the vertical at initial contact, ankle ahead of the knee positive; shank sensors only.
    stance_roll_rad
        Roll to the right in the second half of stance less that in the first, which tells the side (`sides`).
    vertical_stiffness_npm, leg_stiffness_npm
        Peak vertical force over the sinking of the body, and over the shortening of the leg; running, and only where
        the runner's mass and height are known.
    confidence
        From 0 to 1: how far this stride looks like one.
    quality
        Flags, in the order of `StrideFlag`.
    """

    sensor_id: str
    side: Side | None
    activity: Activity
    initial_contact_s: float
    toe_off_s: float | None
    next_contact_s: float
    peak_acc_mps2: float | None = None
    peak_tibial_acc_mps2: float | None = None
    foot_strike_angle_rad: float | None = None
    strike: Strike | None = None
    strike_confidence: float | None = None
    stride_length_m: float | None = None
    pronation_excursion_rad: float | None = None
    peak_eversion_rate_radps: float | None = None
    shank_tilt_rad: float | None = None
    stance_roll_rad: float | None = None
    vertical_stiffness_npm: float | None = None
    leg_stiffness_npm: float | None = None
    confidence: float = 1.0
    quality: tuple[StrideFlag, ...] = ()

    @property
    def stride_time_s(self) -> float:
        """Time from this contact to the next of the same foot."""
        return self.next_contact_s - self.initial_contact_s

    @property
    def cadence_spm(self) -> float:
        """Steps of both feet a minute: two steps a stride."""
        return 120.0 / self.stride_time_s

    @property
    def contact_time_s(self) -> float | None:
        """Time the foot is on the ground."""
        return None if self.toe_off_s is None else self.toe_off_s - self.initial_contact_s

    @property
    def swing_time_s(self) -> float | None:
        """Time the foot is off the ground: stride time less contact time."""
        return None if self.toe_off_s is None else self.next_contact_s - self.toe_off_s

    @property
    def flight_time_s(self) -> float | None:
        """Time that no foot is on the ground after this step, assuming that both steps of the stride take equally long.

        Negative values would mean double support (walking) and are `None`.
        """
        contact_time_s = self.contact_time_s
        if contact_time_s is None or self.activity is not Activity.RUN:
            return None
        flight_time_s = 0.5 * self.stride_time_s - contact_time_s
        return flight_time_s if flight_time_s >= 0.0 else None

    @property
    def duty_factor(self) -> float | None:
        """Contact time over stride time."""
        contact_time_s = self.contact_time_s
        return None if contact_time_s is None else contact_time_s / self.stride_time_s

    @property
    def speed_mps(self) -> float | None:
        """Stride length over stride time."""
        return None if self.stride_length_m is None else self.stride_length_m / self.stride_time_s


GaitEvent: TypeAlias = Stride | Impact | NowDoing
"""What comes of one sensor's signal."""
