"""The metric catalogue: the one place that knows each metric's name, unit, source, sites, range and error.

JSON output, the embedded store's columns, InfluxDB's fields, the live page, the command-line tables and
`docs/metrics.md` are all made from `STRIDE_METRICS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Stride
from footfall_processing.session import Placement
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

FOOT: Final = frozenset({Placement.FOOT})
SHANK: Final = frozenset({Placement.SHANK})
ANY: Final = FOOT | SHANK


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that Footfall reports for a stride.

    Parameters
    ----------
    name
        The field's name everywhere outside, unit suffix included.
    label, unit, decimals
        How people read it: a short label, the unit's symbol, digits after the point.
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


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


_PER_G: Final = 1.0 / STANDARD_GRAVITY_MPS2
_PER_DEGREE: Final = 1.0 / RADIANS_PER_DEGREE

_METRICS: Final = (
    Metric(
        name="stride_time_s",
        label="Stride time",
        unit="s",
        decimals=3,
        value=lambda stride: stride.stride_time_s,
        definition="Time from one initial contact to the next of the same foot.",
        source="Definition",
        sites=ANY,
        needs_gyro=False,
        valid_range=(0.4, 2.3),
        min_rate_hz=25.0,
        known_error="See docs/validation.md, cadence.",
    ),
    Metric(
        name="cadence_spm",
        label="Cadence",
        unit="steps/min",
        decimals=0,
        value=lambda stride: stride.cadence_spm,
        definition="Steps of both feet a minute: 120 / stride time.",
        source="Definition",
        sites=ANY,
        needs_gyro=False,
        valid_range=(50.0, 300.0),
        min_rate_hz=25.0,
        known_error="See docs/validation.md, cadence.",
    ),
    Metric(
        name="contact_time_s",
        label="Contact time",
        unit="s",
        decimals=3,
        value=lambda stride: stride.contact_time_s,
        definition="Time from initial contact to toe-off of the same foot.",
        source="Falbriard et al. 2018, doi:10.3389/fphys.2018.00610 (foot)",
        sites=ANY,
        needs_gyro=True,
        valid_range=(0.1, 1.5),
        min_rate_hz=50.0,
        known_error="See docs/validation.md, contact time.",
    ),
    Metric(
        name="flight_time_s",
        label="Flight time",
        unit="s",
        decimals=3,
        value=lambda stride: stride.flight_time_s,
        definition="Half the stride time minus the contact time; running only. Assumes both steps take equally long.",
        source="Definition; Falbriard et al. 2018, doi:10.3389/fphys.2018.00610",
        sites=ANY,
        needs_gyro=True,
        valid_range=(0.0, 0.4),
        min_rate_hz=50.0,
        known_error="That of contact time, plus half the difference between the two steps of a stride.",
    ),
    Metric(
        name="duty_factor",
        label="Duty factor",
        unit="",
        decimals=3,
        value=lambda stride: stride.duty_factor,
        definition="Contact time over stride time; below 0.5 there is flight.",
        source="Definition; Alexander 1989, doi:10.1152/physrev.1989.69.4.1199",
        sites=ANY,
        needs_gyro=True,
        valid_range=(0.15, 0.85),
        min_rate_hz=50.0,
        known_error="That of contact time over stride time.",
    ),
    Metric(
        name="peak_acc_g",
        label="Impact",
        unit="g",
        decimals=1,
        value=lambda stride: _scaled(stride.peak_acc_mps2, _PER_G),
        definition="Maximum of the resultant acceleration during stance, gravity included.",
        source="Resultant is free of the sensor's orientation; Sheerin et al. 2019, doi:10.1016/j.gaitpost.2018.10.021",
        sites=ANY,
        needs_gyro=False,
        valid_range=(1.0, 100.0),
        min_rate_hz=100.0,
        known_error="Depends on sampling rate and range; no recording with a reference for peaks is at hand.",
    ),
    Metric(
        name="peak_tibial_acc_g",
        label="Peak tibial acceleration",
        unit="g",
        decimals=1,
        value=lambda stride: _scaled(stride.peak_tibial_acc_mps2, _PER_G),
        definition="Maximum of the acceleration along the tibia in early stance, gravity included. "
        "A target for feedback, not a measure of tissue load or injury risk.",
        source="Van den Berghe et al. 2019, doi:10.1016/j.jbiomech.2019.01.045",
        sites=SHANK,
        needs_gyro=True,
        valid_range=(0.5, 100.0),
        min_rate_hz=190.0,
        known_error="Depends on sampling rate and range; no recording with a reference for peaks is at hand.",
    ),
    Metric(
        name="foot_strike_angle_deg",
        label="Foot strike angle",
        unit="°",
        decimals=0,
        value=lambda stride: _scaled(stride.foot_strike_angle_rad, _PER_DEGREE),
        definition="Pitch of the foot at initial contact, toes up positive, zero when the foot is flat on the ground.",
        source="Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104; "
        "Falbriard et al. 2020, doi:10.3389/fbioe.2020.00065",
        sites=FOOT,
        needs_gyro=True,
        valid_range=(-40.0, 60.0),
        min_rate_hz=50.0,
        known_error="See docs/validation.md, foot strike angle.",
    ),
    Metric(
        name="stride_length_m",
        label="Stride length",
        unit="m",
        decimals=2,
        value=lambda stride: stride.stride_length_m,
        definition="Horizontal distance between consecutive foot-flat positions of the same foot.",
        source="Zero-velocity strapdown integration; Zrenner et al. 2018, doi:10.3390/s18124194",
        sites=FOOT,
        needs_gyro=True,
        valid_range=(0.2, 6.0),
        min_rate_hz=90.0,
        known_error="See docs/validation.md, stride length.",
    ),
    Metric(
        name="speed_mps",
        label="Speed",
        unit="m/s",
        decimals=2,
        value=lambda stride: stride.speed_mps,
        definition="Stride length over stride time.",
        source="Definition",
        sites=FOOT,
        needs_gyro=True,
        valid_range=(0.1, 12.0),
        min_rate_hz=90.0,
        known_error="See docs/validation.md, speed.",
    ),
)

STRIDE_METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _METRICS})
"""Every metric of a stride by its name, in the order in which people read them."""


def metric_values(stride: Stride) -> dict[str, float | None]:
    """All catalogue metrics of a stride, by name, in outside units; `None` where the stride does not carry one."""
    return {name: metric.value(stride) for name, metric in STRIDE_METRICS.items()}
