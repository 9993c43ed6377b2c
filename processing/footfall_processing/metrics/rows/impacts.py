"""How hard the foot lands: rows of the catalogue."""

from typing import Final

from footfall_processing.gait import StrideFlag
from footfall_processing.metrics.metric import ANY, PER_G, SHANK, Comparison, Measured, Metric, scaled

PEAK_ACC: Final = Metric(
    name="peak_acc_g",
    label="Impact",
    unit="g",
    decimals=1,
    value=lambda stride: scaled(stride.peak_acc_mps2, PER_G),
    definition="Maximum of the resultant acceleration during stance, gravity included.",
    source="Resultant is free of the sensor's orientation; Sheerin et al. 2019, doi:10.1016/j.gaitpost.2018.10.021",
    sites=ANY,
    needs_gyro=False,
    valid_range=(1.0, 100.0),
    min_rate_hz=100.0,
    known_error="Depends on sampling rate and range; no recording with a reference for peaks is at hand.",
    measured=Measured("peak_norm_mps2", "peak_acc_mps2"),
    too_slow=StrideFlag.RATE_LOW_FOR_PEAKS,
    is_peak=True,
    compared=Comparison.SHARE,
    legs_error_percent=5.0,
    drifts=True,
)

PEAK_TIBIAL_ACC: Final = Metric(
    name="peak_tibial_acc_g",
    label="Peak tibial acceleration",
    unit="g",
    decimals=1,
    value=lambda stride: scaled(stride.peak_tibial_acc_mps2, PER_G),
    definition="Maximum of the acceleration along the tibia from 10 ms before to 100 ms after contact, gravity "
    "included, unfiltered but for the sensor's own filter; between samples by a parabola. Never repaired where "
    "clipped. A target for feedback, not a measure of tissue load or injury risk.",
    source="Van den Berghe et al. 2019, doi:10.1016/j.jbiomech.2019.01.045",
    sites=SHANK,
    needs_gyro=True,
    oriented=True,
    valid_range=(0.5, 100.0),
    min_rate_hz=190.0,
    known_error="Synthetic runs at 2 to 6 m/s, any mounting: within 2 % at 400 Hz and 5 % at 200 Hz (tests). No "
    "recording with a reference for peaks is at hand. Where the wearer was never seen standing still, the tibia's "
    "axis is known to some 5°.",
    measured=Measured("peak_axial_mps2", "peak_tibial_acc_mps2"),
    too_slow=StrideFlag.RATE_LOW_FOR_PEAKS,
    is_peak=True,
    compared=Comparison.SHARE,
    legs_error_percent=5.0,
    drifts=True,
)
