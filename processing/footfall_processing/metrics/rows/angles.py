"""How foot and shin stand and turn: rows of the catalogue."""

from typing import Final

from footfall_processing.metrics.metric import FOOT, PER_DEGREE, SHANK, Comparison, Measured, Metric, scaled

STRIKE_ANGLE: Final = Metric(
    name="foot_strike_angle_deg",
    label="Foot strike angle",
    unit="°",
    decimals=0,
    value=lambda stride: scaled(stride.foot_strike_angle_rad, PER_DEGREE),
    definition="Pitch of the foot at initial contact, toes up positive, zero when the foot is flat on the ground.",
    source="Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104; "
    "Falbriard et al. 2020, doi:10.3389/fbioe.2020.00065",
    sites=FOOT,
    needs_gyro=True,
    oriented=True,
    valid_range=(-40.0, 60.0),
    min_rate_hz=50.0,
    known_error="See docs/validation.md, foot strike angle.",
    ratio_scale=False,
    measured=Measured("strike_angle_rad", "foot_strike_angle_rad"),
    compared=Comparison.DIFFERENCE,
    drifts=True,
)

SHANK_TILT: Final = Metric(
    name="shank_tilt_deg",
    label="Shank tilt at contact",
    unit="°",
    decimals=0,
    value=lambda stride: scaled(stride.shank_tilt_rad, PER_DEGREE),
    definition="Angle of the tibia to the vertical at initial contact, the ankle ahead of the knee positive.",
    source="Definition; gravity is the mean specific force of the stride, turned back to contact by the "
    "integrated pitch rate (shank.py)",
    sites=SHANK,
    needs_gyro=True,
    oriented=True,
    valid_range=(-40.0, 50.0),
    min_rate_hz=50.0,
    known_error="Synthetic runs: within 3° (tests). No recording with a reference is at hand. Zero is the shin in "
    "quiet standing, which leans a few degrees in people; without a second of standing there is no tilt. 10 ms of "
    "error in the contact are 1° to 3°.",
    limits="Follow it within one runner and one mounting; compare runners with care. In speeding up or slowing "
    "down it reads the body's acceleration as tilt: 0.5 m/s² are 3°.",
    ratio_scale=False,
    measured=Measured("tilt_rad", "shank_tilt_rad"),
    compared=Comparison.DIFFERENCE,
)

PRONATION: Final = Metric(
    name="pronation_excursion_deg",
    label="Pronation excursion",
    unit="°",
    decimals=1,
    value=lambda stride: scaled(stride.pronation_excursion_rad, PER_DEGREE),
    definition="How far the foot rolls inwards (everts) about its long axis, from initial contact to its maximum "
    "in the first half of stance; zero where it rolls only outwards.",
    source="Integral of the angular rate about the long axis, see pronation.py; the same quantity as reported "
    "by a commercial shoe sensor, for walking: doi:10.1371/journal.pone.0273308",
    sites=FOOT,
    needs_gyro=True,
    oriented=True,
    needs_side=True,
    valid_range=(0.0, 50.0),
    min_rate_hz=90.0,
    known_error="Not validated against a marker-based angle here. It goes with the contact: eversion is fastest "
    "then, so a contact read 5 ms late loses up to 2°. Shoe sensors and laboratories agree only "
    "moderately (walking, ICC 0.62, doi:10.1371/journal.pone.0273308).",
    limits="The roll of the shoe against the ground, not of the heel bone in the shoe and not of the heel "
    "against the shin. Not comparable between makes or mountings. Pronation was no risk factor in 927 "
    "novice runners (Nielsen et al. 2014).",
    measured=Measured("roll_{inwards}_rad", "pronation_excursion_rad"),
    compared=Comparison.SHARE,
    legs_error_percent=20.0,
)

EVERSION_RATE: Final = Metric(
    name="peak_eversion_rate_dps",
    label="Peak eversion rate",
    unit="°/s",
    decimals=0,
    value=lambda stride: scaled(stride.peak_eversion_rate_radps, PER_DEGREE),
    definition="Greatest angular rate of the foot's roll inwards from initial contact to mid-stance, smoothed over "
    "±20 ms (about 16 Hz).",
    source="As pronation excursion",
    sites=FOOT,
    needs_gyro=True,
    oriented=True,
    needs_side=True,
    valid_range=(0.0, 1500.0),
    min_rate_hz=90.0,
    known_error="Not validated. Smoothing takes 12 % from a rate that swings at 10 Hz; values made with another "
    "filter differ. In walking, ICC 0.54 of a shoe sensor against a laboratory "
    "(doi:10.1371/journal.pone.0273308).",
    limits="As pronation excursion.",
    measured=Measured("roll_{inwards}_radps", "peak_eversion_rate_radps"),
)
