"""When the foot lands and leaves: rows of the catalogue."""

from typing import Final

from footfall_processing.gait import StrideFlag
from footfall_processing.metrics.metric import ANY, Comparison, GarminField, Measured, Metric

STRIDE_TIME: Final = Metric(
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
)

CADENCE: Final = Metric(
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
    drifts=True,
    garmin=GarminField("Cadence", 0.5),  # of one leg
)

CONTACT_TIME: Final = Metric(
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
    measured=Measured("toe_off_s", "toe_off_s"),
    too_slow=StrideFlag.RATE_LOW_FOR_EVENTS,
    compared=Comparison.SHARE,
    legs_error_percent=4.0,
    drifts=True,
    garmin=GarminField("Stance_Time", 1000.0),  # ms
)

SWING_TIME: Final = Metric(
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
    compared=Comparison.SHARE,
    legs_error_percent=2.0,
)

FLIGHT_TIME: Final = Metric(
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
    running_only=True,
    valid_range=(0.0, 0.4),
    min_rate_hz=50.0,
    known_error="That of contact time, plus half the difference between the two steps of a stride.",
    compared=Comparison.SHARE,
    legs_error_percent=8.0,
)

DUTY_FACTOR: Final = Metric(
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
)
