"""What the model of a mass on a spring makes of contact and flight: rows of the catalogue."""

from typing import Final

from footfall_processing.gait import Stride
from footfall_processing.metrics.metric import ANY, FOOT, Comparison, GarminField, Metric, scaled
from footfall_processing.metrics.spring_mass import vertical_oscillation_m


def _oscillation_m(stride: Stride) -> float | None:
    if stride.contact_time_s is None or stride.flight_time_s is None:
        return None
    return vertical_oscillation_m(stride.contact_time_s, stride.flight_time_s)


OSCILLATION: Final = Metric(
    name="vertical_oscillation_m",
    label="Vertical oscillation",
    unit="m",
    decimals=1,
    display_unit="cm",
    display_scale=100.0,
    value=_oscillation_m,
    definition="Way of the body's centre from lowest to highest, by the sine-wave model: g tc (tc + tf) / (2 π) - "
    "g tc² / 8 + g tf² / 8, with tc contact and tf flight time; running only.",
    source="Morin et al. 2005, doi:10.1123/jab.21.2.167",
    sites=ANY,
    needs_gyro=True,
    running_only=True,
    valid_range=(0.01, 0.25),
    min_rate_hz=50.0,
    known_error="Not measured but modelled; not validated here. A contact time read 10 ms too long lowers it by "
    "about 4 % (at 250 ms contact and 100 ms flight).",
    limits="Running on level ground only; assumes that both steps take equally long. Not valid on slopes "
    "(Meyer et al. 2023, doi:10.1055/a-2044-4805).",
    garmin=GarminField("Vertical_Oscillation", 1000.0),  # mm
)

VERTICAL_STIFFNESS: Final = Metric(
    name="vertical_stiffness_kn_per_m",
    label="Vertical stiffness",
    unit="kN/m",
    decimals=1,
    value=lambda stride: scaled(stride.vertical_stiffness_npm, 1e-3),
    definition="Peak vertical force over the sinking of the body's centre, by the sine-wave model: F = m g (π / 2) "
    "(1 + tf / tc), sinking = F tc² / (m π²) - g tc² / 8; running only.",
    source="Morin et al. 2005, doi:10.1123/jab.21.2.167",
    sites=ANY,
    needs_gyro=True,
    running_only=True,
    needs_runner=True,
    valid_range=(5.0, 150.0),
    min_rate_hz=50.0,
    known_error="The model reads 0.7 to 6.9 % low against a force plate when its times are exact (Morin et al. "
    "2005). A contact time read 10 ms too long lowers it by another 3 %.",
    limits="As vertical oscillation.",
    compared=Comparison.SHARE,
    legs_error_percent=3.0,
)

LEG_STIFFNESS: Final = Metric(
    name="leg_stiffness_kn_per_m",
    label="Leg stiffness",
    unit="kN/m",
    decimals=1,
    value=lambda stride: scaled(stride.leg_stiffness_npm, 1e-3),
    definition="Peak vertical force over the leg's shortening L - √(L² - (v tc / 2)²) + sinking, by the sine-wave "
    "model, with speed v and leg length L = 0.53 of body height; running only.",
    source="Morin et al. 2005, doi:10.1123/jab.21.2.167",
    sites=FOOT,
    needs_gyro=True,
    running_only=True,
    oriented=True,
    needs_runner=True,
    valid_range=(1.0, 60.0),
    min_rate_hz=90.0,
    known_error="That of the model (0.7 to 6.9 % low), and that of its inputs: 10 ms more contact time lower it by "
    "8 %, 3 % more speed by 4 %. The leg's length is an average of adults, not this runner's.",
    limits="As vertical oscillation. Follow it within one runner.",
    compared=Comparison.SHARE,
    legs_error_percent=7.0,
)
