"""How far and how fast: rows of the catalogue."""

from typing import Final

from footfall_processing.metrics.metric import FOOT, GarminField, Measured, Metric

STRIDE_LENGTH: Final = Metric(
    name="stride_length_m",
    label="Stride length",
    unit="m",
    decimals=2,
    value=lambda stride: stride.stride_length_m,
    definition="Horizontal distance between consecutive foot-flat positions of the same foot.",
    source="Zero-velocity strapdown integration; Zrenner et al. 2018, doi:10.3390/s18124194",
    sites=FOOT,
    needs_gyro=True,
    oriented=True,
    valid_range=(0.2, 6.0),
    min_rate_hz=90.0,
    known_error="See docs/validation.md, stride length.",
    measured=Measured("length_m", "stride_length_m", calibrated=True),
    garmin=GarminField("Step_Length", 500.0),  # mm, of one step
)

SPEED: Final = Metric(
    name="speed_mps",
    label="Speed",
    unit="m/s",
    decimals=2,
    value=lambda stride: stride.speed_mps,
    definition="Stride length over stride time.",
    source="Definition",
    sites=FOOT,
    needs_gyro=True,
    oriented=True,
    valid_range=(0.1, 12.0),
    min_rate_hz=90.0,
    known_error="See docs/validation.md, speed.",
    drifts=True,
    garmin=GarminField("Speed", 1.0),  # m/s
)
