"""What the synthetic runner is told to do, and who the runner is."""

from dataclasses import dataclass, field
from enum import StrEnum

from footfall_processing.errors import InputError
from footfall_processing.session import Side
from footfall_processing.synthetic.impact import SOFT_SHOE, Shoe


class PhaseKind(StrEnum):
    """What a phase of a plan consists of."""

    STAND = "stand"
    WALK = "walk"
    RUN = "run"
    WALK_BACKWARD = "walk_backward"


_SPEED_LIMITS_MPS = {
    PhaseKind.STAND: (0.0, 0.0),
    PhaseKind.WALK: (0.6, 2.0),
    PhaseKind.RUN: (1.8, 6.0),
    PhaseKind.WALK_BACKWARD: (0.4, 1.4),
}


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of one kind of movement.

    Parameters
    ----------
    kind
        What is done.
    duration_s
        How long, the change of speed at its start included.
    speed_mps
        Speed over ground at the start of the phase, without sign; 0 for standing.
    end_speed_mps
        Speed at the end, changing evenly; `None` for the same speed throughout.

    Raises
    ------
    InputError
        When a duration or a speed is outside what the model covers.
    """

    kind: PhaseKind
    duration_s: float
    speed_mps: float = 0.0
    end_speed_mps: float | None = None

    def __post_init__(self) -> None:
        if not 2.0 <= self.duration_s <= 36_000.0:
            raise InputError(f"{self.kind} phase of {self.duration_s} s: a phase lasts from 2 s to 10 h")
        low, high = _SPEED_LIMITS_MPS[self.kind]
        for speed in (self.speed_mps, self.end_speed_mps):
            if speed is not None and not low <= speed <= high:
                raise InputError(f"{self.kind} phase: speed {speed} m/s is not within {low} to {high} m/s")


def stand(duration_s: float) -> Phase:
    """Stand on both feet."""
    return Phase(PhaseKind.STAND, duration_s)


def walk(duration_s: float, speed_mps: float, end_speed_mps: float | None = None) -> Phase:
    """Walk forwards."""
    return Phase(PhaseKind.WALK, duration_s, speed_mps, end_speed_mps)


def run(duration_s: float, speed_mps: float, end_speed_mps: float | None = None) -> Phase:
    """Run."""
    return Phase(PhaseKind.RUN, duration_s, speed_mps, end_speed_mps)


def walk_backward(duration_s: float, speed_mps: float) -> Phase:
    """Walk backwards; separated from forward movement by standing."""
    return Phase(PhaseKind.WALK_BACKWARD, duration_s, speed_mps)


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The phases of a run in order.

    Parameters
    ----------
    phases
        One after the other.
    grade
        Slope of the way, rise over way: the leg moves against the ground as on the level, and gravity leans.
    turn_radius_m
        Radius of the circle that the way follows, to the left; negative to the right, `None` for straight on.

    Raises
    ------
    InputError
        When there is no phase, when backward walking follows forward movement (or the other way) without a stop, or
        when a slope is beyond 20 % or a circle narrower than 2 m.
    """

    phases: tuple[Phase, ...]
    grade: float = 0.0
    turn_radius_m: float | None = None

    def __post_init__(self) -> None:
        if abs(self.grade) > 0.2:
            raise InputError(f"slope of {self.grade}: the model covers up to 0.2")
        if self.turn_radius_m is not None and abs(self.turn_radius_m) < 2.0:
            raise InputError(f"circle of {self.turn_radius_m} m: the model covers radii from 2 m")
        if not self.phases:
            raise InputError("a run plan needs at least one phase")
        for before, after in zip(self.phases, self.phases[1:], strict=False):
            kinds = {before.kind, after.kind}
            if PhaseKind.WALK_BACKWARD in kinds and not kinds & {PhaseKind.STAND} and len(kinds) > 1:
                raise InputError(f"put a stand phase between {before.kind} and {after.kind}")

    @property
    def duration_s(self) -> float:
        """Length of the whole plan."""
        return sum(phase.duration_s for phase in self.phases)


@dataclass(frozen=True, slots=True)
class Leg:
    """What is particular to one leg.

    Parameters
    ----------
    strike_angle_deg
        Pitch of the foot at initial contact while running, toes up positive, against the flat foot. Above 8 is a
        rearfoot, below -1.6 a forefoot strike (Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104).
    landing_factor
        Multiplies the speed at which the foot meets the ground.
    contact_factor
        Multiplies the contact time.
    fatigue_landing_per_min, fatigue_strike_deg_per_min
        How the landing factor grows and the strike angle falls with each minute of running.
    toe_out_deg
        Direction of the foot against that of travel, outwards.
    """

    strike_angle_deg: float = 14.0
    landing_factor: float = 1.0
    contact_factor: float = 1.0
    fatigue_landing_per_min: float = 0.0
    fatigue_strike_deg_per_min: float = 0.0
    toe_out_deg: float = 6.0


@dataclass(frozen=True, slots=True)
class Runner:
    """The runner: legs, shoes, habits.

    Parameters
    ----------
    left, right
        The two legs.
    shoe
        Shoe and ground of the landing model.
    cadence_spm
        Steps a minute while running at 3 m/s.
    cadence_per_mps
        By how much the cadence rises with each m/s.
    variability
        1 for ordinary stride-to-stride variation, 0 for strides that are all alike.
    habits
        1 for legs that depart from the mean shape of a stride as much as people's do, each in its own way (drawn by the
        seed of the simulation), 0 for the mean shape.
    """

    left: Leg = field(default_factory=Leg)
    right: Leg = field(default_factory=Leg)
    shoe: Shoe = SOFT_SHOE
    cadence_spm: float = 166.0
    cadence_per_mps: float = 7.0
    variability: float = 1.0
    habits: float = 1.0

    def __post_init__(self) -> None:
        if not 130.0 <= self.cadence_spm <= 220.0:
            raise InputError(f"cadence {self.cadence_spm} steps a minute is not within 130 to 220")
        for leg in (self.left, self.right):
            if not -15.0 <= leg.strike_angle_deg <= 30.0:
                raise InputError(f"strike angle {leg.strike_angle_deg}° is not within -15 to 30°")

    def leg(self, side: Side) -> Leg:
        """Return the leg of that side."""
        return self.left if side is Side.LEFT else self.right
