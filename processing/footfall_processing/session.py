"""Who measured what with which sensors: the description that travels with every recording."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from footfall_processing.errors import InputError


class Placement(StrEnum):
    """The body segment a sensor is strapped to."""

    FOOT = "foot"
    """On the shoe: instep or laces, heel cap, or in the sole."""
    SHANK = "shank"
    """On the shin: the distal antero-medial tibia."""


class Side(StrEnum):
    """The runner's left or right."""

    LEFT = "left"
    RIGHT = "right"


LENGTH_GAIN_LIMITS: Final = (0.8, 1.25)
"""A gain outside comes from a wrong distance, or from strides of another foot."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One IMU of a session and what it can measure.

    Parameters
    ----------
    id
        Unique in the session, such as `"foot-right"`.
    placement, side
        Where it is worn; the side is `None` when nobody said.
    sampling_rate_hz
        Nominal sampling rate.
    acc_range_mps2
        Full scale of the accelerometer, `None` when unknown: where it ends is then found from the signal alone.
    gyro_range_radps
        Full scale of the gyroscope; `None` when unknown or when there is no gyroscope.
    has_gyro
        False for an accelerometer-only sensor.
    length_gain
        What stride lengths are multiplied by: the runner's own calibration (`calibration.length_gain`).
    """

    id: str
    placement: Placement
    side: Side | None
    sampling_rate_hz: float
    acc_range_mps2: float | None = None
    gyro_range_radps: float | None = None
    has_gyro: bool = True
    length_gain: float = 1.0

    def __post_init__(self) -> None:
        if not self.id:
            raise InputError("a sensor needs an id, such as 'foot-right'")
        if not 10.0 <= self.sampling_rate_hz <= 10_000.0:
            raise InputError(
                f"sensor {self.id!r}: sampling rate {self.sampling_rate_hz} Hz is not within 10 to 10,000 Hz"
            )
        low, high = LENGTH_GAIN_LIMITS
        if not low <= self.length_gain <= high:
            raise InputError(f"sensor {self.id!r}: length gain {self.length_gain:g} is not within {low} to {high}")


@dataclass(frozen=True, slots=True)
class Runner:
    """What stiffness needs to know of the runner.

    Parameters
    ----------
    mass_kg
        Body mass, with clothes and shoes.
    height_m
        Body height.
    """

    mass_kg: float
    height_m: float

    def __post_init__(self) -> None:
        if not 10.0 <= self.mass_kg <= 300.0:
            raise InputError(f"a runner's mass of {self.mass_kg:g} kg is not within 10 to 300 kg")
        if not 0.5 <= self.height_m <= 2.5:
            raise InputError(f"a runner's height of {self.height_m:g} m is not within 0.5 to 2.5 m")


@dataclass(frozen=True, slots=True)
class Session:
    """One run or walk: the only place where wall-clock time appears.

    Parameters
    ----------
    id
        Unique, sortable by start time, safe as a file name.
    started_utc
        Wall-clock time of session second 0; `None` for imported data whose date is not known.
    sensors
        The sensors worn, ids unique.
    software
        Name and version of what made the recording.
    runner
        The runner's body; `None` when nobody said, and then there is no stiffness.
    runner_name, shoe
        Who ran, and in which shoes; empty when nobody said.
    begin_s
        Session second from which windows count: 0, but for imported samples that of the first one.
    """

    id: str
    started_utc: datetime | None
    sensors: tuple[Sensor, ...]
    software: str
    runner: Runner | None = None
    runner_name: str = ""
    shoe: str = ""
    begin_s: float = 0.0

    def __post_init__(self) -> None:
        ids = [sensor.id for sensor in self.sensors]
        if len(set(ids)) != len(ids):
            raise InputError(f"session {self.id!r}: sensor ids are not unique: {', '.join(sorted(ids))}")
