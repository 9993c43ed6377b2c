"""What a row of the catalogue says of a metric."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from footfall_processing.gait import Stride, StrideFlag
from footfall_processing.session import Placement
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

FOOT: Final = frozenset({Placement.FOOT})
SHANK: Final = frozenset({Placement.SHANK})
ANY: Final = FOOT | SHANK

PER_G: Final = 1.0 / STANDARD_GRAVITY_MPS2
PER_DEGREE: Final = 1.0 / RADIANS_PER_DEGREE


class Comparison(Enum):
    """How left and right are compared over a session."""

    SHARE = auto()
    """As shares of their sum, by the symmetry index, and by their difference."""
    DIFFERENCE = auto()
    """By their difference alone: angles, whose zero is a convention."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Where a measured metric comes from.

    Parameters
    ----------
    recorded
        The field of the estimators' record (`estimators.outbox.EVENT`); `{inwards}` in it is the direction in which
        the sensor's foot rolls inwards: right for a left foot.
    carried
        The field of `Stride`.
    calibrated
        True when it is multiplied by the sensor's length gain.
    """

    recorded: str
    carried: str
    calibrated: bool = False


@dataclass(frozen=True, slots=True)
class GarminField:
    """A field of garmin-grafana, and the factor from our outside unit to its unit."""

    name: str
    factor: float


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that Footfall reports for a stride.

    Parameters
    ----------
    name
        The field's name everywhere outside, unit suffix included.
    label
        What people call it.
    unit
        The unit's symbol, of the value as it is given to programs.
    decimals, display_unit, display_scale
        How people read it: digits after the point once multiplied by the scale, and the unit it then has; where no
        display unit is given, people read the unit itself.
    value
        Takes the metric from a stride in its outside unit; `None` where the stride does not carry it.
    definition
        What it is, in one or two sentences, with its formula.
    source
        Where the definition or method comes from (paper, DOI).
    sites
        The placements that support it.
    needs_gyro
        True when an accelerometer alone can't give it.
    valid_range
        Values outside, in the outside unit, are not plausible for walking or running people.
    min_rate_hz
        Sampling rate below which it is null.
    known_error
        What is known of its error, and where that was measured; never empty.
    limits
        Where it is not valid, or what it does not mean; empty where there is nothing to add to sites and range.
    oriented
        True when it rests on how the sensor is turned: null where gyroscope and accelerometer disagree about that.
    needs_side, needs_runner
        True when the sensor's side, or the runner's mass and height, must be known.
    ratio_scale
        True when zero means none of it, so that shares and coefficients of variation have a meaning; angles have none.
    measured
        Where the estimators' record and the stride hold what this metric is made from; `None` for metrics that follow
        from others. The row's own needs and rate decide whether a sensor's strides carry it.
    too_slow
        The flag of strides of a sensor on one of the `sites` whose sampling rate is below `min_rate_hz`.
    is_peak
        True for peaks of acceleration: left out of averages where clipped, and summed up as load over a session.
    compared
        How left and right are compared.
    drifts
        True when its change over a session is told: metrics that tell of fatigue, and speed, which moves all of them.
    garmin
        The same in the measurement `ActivityGPS` of garmin-grafana.
    running_only
        True when walking strides have none.
    legs_error_percent
        How far the symmetry index of two even legs is off by the measurement alone, as a standard deviation; of metrics
        that are compared by shares, above 0.
    """

    name: str
    label: str
    unit: str
    decimals: int
    value: Callable[[Stride], float | None]
    definition: str
    source: str
    sites: frozenset[Placement]
    needs_gyro: bool
    valid_range: tuple[float, float]
    min_rate_hz: float
    known_error: str
    limits: str = ""
    oriented: bool = False
    needs_side: bool = False
    needs_runner: bool = False
    ratio_scale: bool = True
    display_unit: str | None = None
    display_scale: float = 1.0
    measured: Measured | None = None
    too_slow: StrideFlag | None = None
    is_peak: bool = False
    compared: Comparison | None = None
    drifts: bool = False
    garmin: GarminField | None = None
    running_only: bool = False
    legs_error_percent: float = 0.0

    @property
    def shown_unit(self) -> str:
        """The unit that people read."""
        return self.unit if self.display_unit is None else self.display_unit

    @property
    def sum_name(self) -> str:
        """The name outside of its sum over many strides, for peaks."""
        stem = self.name.removesuffix(f"_{self.unit}")
        return f"{stem}_sum_{self.unit}"

    def shown(self, value: float) -> float:
        """Turn a value into the unit that people read."""
        return value * self.display_scale


def scaled(value: float | None, factor: float) -> float | None:
    """Multiply what there is."""
    return None if value is None else value * factor
