"""The metric catalogue: the one place that knows each metric's name, unit, source, sites, range and error.

JSON output, the embedded store's columns, InfluxDB's fields, the live page, the command-line tables and
`docs/metrics.md` are all made from `STRIDE_METRICS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from footfall_processing.gait import Stride
from footfall_processing.metrics.spring_mass import vertical_oscillation_m
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
    needs_side, needs_runner
        True when the sensor's side, or the runner's mass and height, must be known.
    ratio_scale
        True when zero means none of it, so that shares and coefficients of variation have a meaning; angles have none.
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
    needs_side: bool = False
    needs_runner: bool = False
    ratio_scale: bool = True
    display_unit: str | None = None
    display_scale: float = 1.0

    @property
    def shown_unit(self) -> str:
        """The unit that people read."""
        return self.unit if self.display_unit is None else self.display_unit

    def shown(self, value: float) -> float:
        """Turn a value into the unit that people read."""
        return value * self.display_scale


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _vertical_oscillation_m(stride: Stride) -> float | None:
    if stride.contact_time_s is None or stride.flight_time_s is None:
        return None
    return vertical_oscillation_m(stride.contact_time_s, stride.flight_time_s)


_PER_G: Final = 1.0 / STANDARD_GRAVITY_MPS2
_PER_DEGREE: Final = 1.0 / RADIANS_PER_DEGREE

_METRICS: Final = (
    Metric(
        name="stride_time_s",
        label="Stride time",
        unit="s",
        decimals=0,
        display_unit="ms",
        display_scale=1000.0,
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
        decimals=0,
        display_unit="ms",
        display_scale=1000.0,
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
        name="swing_time_s",
        label="Swing time",
        unit="s",
        decimals=0,
        display_unit="ms",
        display_scale=1000.0,
        value=lambda stride: stride.swing_time_s,
        definition="Time from toe-off to the next initial contact of the same foot: stride time minus contact time.",
        source="Definition; Falbriard et al. 2018, doi:10.3389/fphys.2018.00610",
        sites=ANY,
        needs_gyro=True,
        valid_range=(0.1, 1.2),
        min_rate_hz=50.0,
        known_error="That of contact time, with the opposite sign: a contact that is read 10 ms too long is a swing 10 "
        "ms too short.",
    ),
    Metric(
        name="flight_time_s",
        label="Flight time",
        unit="s",
        decimals=0,
        display_unit="ms",
        display_scale=1000.0,
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
        definition="Maximum of the acceleration along the tibia from 10 ms before to 100 ms after contact, gravity "
        "included, unfiltered but for the sensor's own filter; between samples by a parabola. Never repaired where "
        "clipped. A target for feedback, not a measure of tissue load or injury risk.",
        source="Van den Berghe et al. 2019, doi:10.1016/j.jbiomech.2019.01.045",
        sites=SHANK,
        needs_gyro=True,
        valid_range=(0.5, 100.0),
        min_rate_hz=190.0,
        known_error="Synthetic runs at 2 to 6 m/s, any mounting: within 2 % at 400 Hz and 5 % at 200 Hz (tests). No "
        "recording with a reference for peaks is at hand. Where the wearer was never seen standing still, the tibia's "
        "axis is known to some 5°.",
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
        ratio_scale=False,
    ),
    Metric(
        name="shank_tilt_deg",
        label="Shank tilt at contact",
        unit="°",
        decimals=0,
        value=lambda stride: _scaled(stride.shank_tilt_rad, _PER_DEGREE),
        definition="Angle of the tibia to the vertical at initial contact, the ankle ahead of the knee positive.",
        source="Definition; gravity is the mean specific force of the stride, turned back to contact by the "
        "integrated pitch rate (shank.py)",
        sites=SHANK,
        needs_gyro=True,
        valid_range=(-40.0, 50.0),
        min_rate_hz=50.0,
        known_error="Synthetic runs: within 3° (tests). No recording with a reference is at hand. Zero is the shin in "
        "quiet standing, which leans a few degrees in people; without a second of standing there is no tilt. 10 ms of "
        "error in the contact are 1° to 3°.",
        limits="Follow it within one runner and one mounting; compare runners with care. In speeding up or slowing "
        "down it reads the body's acceleration as tilt: 0.5 m/s² are 3°.",
        ratio_scale=False,
    ),
    Metric(
        name="pronation_excursion_deg",
        label="Pronation excursion",
        unit="°",
        decimals=1,
        value=lambda stride: _scaled(stride.pronation_excursion_rad, _PER_DEGREE),
        definition="How far the foot rolls inwards (everts) about its long axis, from initial contact to its maximum "
        "in the first half of stance; zero where it rolls only outwards.",
        source="Integral of the angular rate about the long axis, see pronation.py; the same quantity as reported "
        "by a commercial shoe sensor, for walking: doi:10.1371/journal.pone.0273308",
        sites=FOOT,
        needs_gyro=True,
        needs_side=True,
        valid_range=(0.0, 50.0),
        min_rate_hz=90.0,
        known_error="Not validated against a marker-based angle here. It goes with the contact: eversion is fastest "
        "then, so a contact read 5 ms late loses up to 2°. Shoe sensors and laboratories agree only "
        "moderately (walking, ICC 0.62, doi:10.1371/journal.pone.0273308).",
        limits="The roll of the shoe against the ground, not of the heel bone in the shoe and not of the heel "
        "against the shin. Not comparable between makes or mountings. Pronation was no risk factor in 927 "
        "novice runners (Nielsen et al. 2014).",
    ),
    Metric(
        name="peak_eversion_rate_dps",
        label="Peak eversion rate",
        unit="°/s",
        decimals=0,
        value=lambda stride: _scaled(stride.peak_eversion_rate_radps, _PER_DEGREE),
        definition="Greatest angular rate of the foot's roll inwards from initial contact to mid-stance, smoothed over "
        "±20 ms (about 16 Hz).",
        source="As pronation excursion",
        sites=FOOT,
        needs_gyro=True,
        needs_side=True,
        valid_range=(0.0, 1500.0),
        min_rate_hz=90.0,
        known_error="Not validated. Smoothing takes 12 % from a rate that swings at 10 Hz; values made with another "
        "filter differ. In walking, ICC 0.54 of a shoe sensor against a laboratory "
        "(doi:10.1371/journal.pone.0273308).",
        limits="As pronation excursion.",
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
    Metric(
        name="vertical_oscillation_m",
        label="Vertical oscillation",
        unit="m",
        decimals=1,
        display_unit="cm",
        display_scale=100.0,
        value=_vertical_oscillation_m,
        definition="Way of the body's centre from lowest to highest, by the sine-wave model: g tc (tc + tf) / (2 π) - "
        "g tc² / 8 + g tf² / 8, with tc contact and tf flight time; running only.",
        source="Morin et al. 2005, doi:10.1123/jab.21.2.167",
        sites=ANY,
        needs_gyro=True,
        valid_range=(0.01, 0.25),
        min_rate_hz=50.0,
        known_error="Not measured but modelled; not validated here. A contact time read 10 ms too long lowers it by "
        "about 4 % (at 250 ms contact and 100 ms flight).",
        limits="Running on level ground only; assumes that both steps take equally long. Not valid on slopes "
        "(Meyer et al. 2023, doi:10.1055/a-2044-4805).",
    ),
    Metric(
        name="vertical_stiffness_kn_per_m",
        label="Vertical stiffness",
        unit="kN/m",
        decimals=1,
        value=lambda stride: _scaled(stride.vertical_stiffness_npm, 1e-3),
        definition="Peak vertical force over the sinking of the body's centre, by the sine-wave model: F = m g (π / 2) "
        "(1 + tf / tc), sinking = F tc² / (m π²) - g tc² / 8; running only.",
        source="Morin et al. 2005, doi:10.1123/jab.21.2.167",
        sites=ANY,
        needs_gyro=True,
        needs_runner=True,
        valid_range=(5.0, 150.0),
        min_rate_hz=50.0,
        known_error="The model reads 0.7 to 6.9 % low against a force plate when its times are exact (Morin et al. "
        "2005). A contact time read 10 ms too long lowers it by another 3 %.",
        limits="As vertical oscillation.",
    ),
    Metric(
        name="leg_stiffness_kn_per_m",
        label="Leg stiffness",
        unit="kN/m",
        decimals=1,
        value=lambda stride: _scaled(stride.leg_stiffness_npm, 1e-3),
        definition="Peak vertical force over the leg's shortening L - √(L² - (v tc / 2)²) + sinking, by the sine-wave "
        "model, with speed v and leg length L = 0.53 of body height; running only.",
        source="Morin et al. 2005, doi:10.1123/jab.21.2.167",
        sites=FOOT,
        needs_gyro=True,
        needs_runner=True,
        valid_range=(1.0, 60.0),
        min_rate_hz=90.0,
        known_error="That of the model (0.7 to 6.9 % low), and that of its inputs: 10 ms more contact time lower it by "
        "8 %, 3 % more speed by 4 %. The leg's length is an average of adults, not this runner's.",
        limits="As vertical oscillation. Follow it within one runner.",
    ),
)

STRIDE_METRICS: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in _METRICS})
"""Every metric of a stride by its name, in the order in which people read them."""


def metric_values(stride: Stride) -> dict[str, float | None]:
    """All catalogue metrics of a stride, by name, in outside units; `None` where the stride does not carry one."""
    return {name: metric.value(stride) for name, metric in STRIDE_METRICS.items()}
