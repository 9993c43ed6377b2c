"""Checks that imported numbers can be what they claim: time that runs, g, degrees a second, the stated rate.

The limits stand far outside what sensors on running feet and shins show, and well inside what wrong units give.
Over 44 recordings of walking and running people (foot and shin, 1.2 to 4.5 m/s) the median magnitude of acceleration
was 1.0 to 4.0 g and its 10th percentile 0.5 to 2.1 g; the same in m/s² would be 9.8 to 39 and 5.1 to 21.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from footfall_gateway.devices.samples import Samples
from footfall_gateway.formats.burst_stamps import comes_in_bursts, largest_burst
from footfall_gateway.outside import check_time_s
from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.session import Sensor
from footfall_processing.units import STANDARD_GRAVITY_MPS2

_RATE_RATIO: Final = 1.5
_STILL_WINDOW_S: Final = 0.5
_STILL_WINDOWS: Final = 2
_STILL_DEVIATION: Final = 0.03
_RESTING_G: Final = (0.7, 1.4)
_MEDIAN_G: Final = (0.4, 8.0)
_LOW_DECILE_G: Final = 4.5
_OVER_RANGE: Final = 1.3
_STEPS_G: Final = 2.0
_STEPS_DPS: Final = 40.0
_MOST_DPS: Final = 10_000.0
"""Feet reach 2,000 °/s in sprints, and the widest gyroscopes measure 4,000."""
_MOST: Final = 1e6
"""No sensor measures as much, in g nor in °/s; the squares of far more are no numbers."""


@dataclass(frozen=True, slots=True)
class Names:
    """How messages call what they are about.

    Parameters
    ----------
    sample
        A sample's time, with `{row}` for its number from 0 on and `{line}` for its line in a file.
    time, acceleration, angular_rate
        The values.
    description
        What says the sampling rate.
    rate, acc_range
        The sampling rate and the accelerometer's range in it.
    without_gyro
        How to say that there was no gyroscope.
    """

    sample: str
    time: str
    acceleration: str
    angular_rate: str
    description: str
    rate: str
    acc_range: str
    without_gyro: str


COLUMNS_OF_A_FILE: Final = Names(
    sample="line {line}, column t_s",
    time="column t_s",
    acceleration="columns ax_g, ay_g, az_g",
    angular_rate="columns gx_dps, gy_dps, gz_dps",
    description="the sidecar",
    rate="rate_hz in the sidecar",
    acc_range="acc_range_g in the sidecar",
    without_gyro="remove the three columns",
)


def check_samples(source: Path | str, sensor: Sensor, samples: Samples, names: Names = COLUMNS_OF_A_FILE) -> None:
    """Refuse samples that can't be right.

    Parameters
    ----------
    source
        What messages begin with: the file, or the sensor.
    names
        How messages call the values.

    Raises
    ------
    InputError
        When time does not increase, the stated rate is grossly off, or the units are surely others.
    """
    _check_bursts(source, sensor, samples.t_s, names)
    _check_time(source, samples.t_s, names)
    _check_rate(source, sensor, samples.t_s, names)
    for row in (0, -1):
        check_time_s(float(samples.t_s[row]), f"{source}: {names.time}")
    for what, values, unit in (
        (names.acceleration, samples.acc_g, "g"),
        (names.angular_rate, samples.gyro_dps, "°/s"),
    ):
        if values is not None and (largest := float(np.abs(values).max())) > _MOST:
            raise InputError(f"{source}: {what}: values reach {largest:.4g}, which no sensor measures; give {unit}")
    magnitude_g = np.sqrt(np.einsum("ij,ij->i", samples.acc_g, samples.acc_g))
    _check_acceleration(source, sensor, samples, magnitude_g, names)
    if samples.gyro_dps is not None:
        _check_angular_rate(source, magnitude_g, samples.gyro_dps, names)


def _check_time(source: Path | str, t_s: FloatArray, names: Names) -> None:
    if len(t_s) < 2:
        raise InputError(f"{source}: holds a single sample; a recording needs many")
    wrong = np.flatnonzero(np.diff(t_s) <= 0.0)
    if len(wrong):
        row = int(wrong[0]) + 1
        before, now = float(t_s[row - 1]), float(t_s[row])
        how = f"stands still at {now}" if now == before else f"runs backwards from {before} to {now}"
        where = f"{source}: {names.sample.format(row=row, line=row + 2)}"
        raise InputError(
            f"{where}: time {how}; each sample needs a later time than the one before, from the sensor's clock"
        )


def _check_bursts(source: Path | str, sensor: Sensor, t_s: FloatArray, names: Names) -> None:
    """Refuse stamps of arrival that come in bursts: intervals between them say nothing of the sensor."""
    if not comes_in_bursts(t_s, sensor.sampling_rate_hz):
        return
    whole_hz = (len(t_s) - 1) / float(t_s[-1] - t_s[0])
    raise InputError(
        f"{source}: {names.time}: stamps come in bursts of up to {largest_burst(t_s, sensor.sampling_rate_hz)}, "
        f"{whole_hz:.4g} samples a second on the whole, and {names.description} says {sensor.sampling_rate_hz:g} Hz; "
        "give the sensor's own times, or spread the samples evenly at their true rate"
    )


def _check_rate(source: Path | str, sensor: Sensor, t_s: FloatArray, names: Names) -> None:
    # Lost samples lengthen intervals and never shorten them, so the shortest tenth says how fast the sensor is.
    short_s, median_s = np.quantile(np.diff(t_s), [0.1, 0.5])
    nominal_s = 1.0 / sensor.sampling_rate_hz
    if median_s * _RATE_RATIO >= nominal_s and short_s <= nominal_s * _RATE_RATIO:
        return
    measured_hz = 1.0 / float(median_s)
    ratio = measured_hz / sensor.sampling_rate_hz
    hint = f"correct {names.rate}, or t_s"
    for unit, factor in (("milliseconds", 1e-3), ("microseconds", 1e-6), ("nanoseconds", 1e-9)):
        if factor / _RATE_RATIO <= ratio <= factor * _RATE_RATIO:
            hint = f"t_s looks like {unit}; give seconds"
    raise InputError(
        f"{source}: {names.time}: {measured_hz:.4g} samples a second, but {names.description} says "
        f"{sensor.sampling_rate_hz:g} Hz; {hint}"
    )


def _check_acceleration(
    source: Path | str, sensor: Sensor, samples: Samples, magnitude_g: FloatArray, names: Names
) -> None:
    where = f"{source}: {names.acceleration}"
    resting_g = _resting_magnitude(magnitude_g, sensor.sampling_rate_hz)
    if resting_g is not None and not _RESTING_G[0] <= resting_g <= _RESTING_G[1]:
        raise InputError(
            f"{where}: at rest the magnitude is {resting_g:.3g}, but a resting sensor measures 1 g; "
            f"{_unit_hint(resting_g)}"
        )
    median_g = float(np.median(magnitude_g))
    low_g = float(np.quantile(magnitude_g, 0.1))
    if median_g < _MEDIAN_G[0] or (median_g > _MEDIAN_G[1] and low_g > _LOW_DECILE_G):
        raise InputError(
            f"{where}: the median magnitude is {median_g:.3g}, but on a foot or shin it is 1 to 4 g; "
            f"{_unit_hint(median_g)}"
        )
    if sensor.acc_range_mps2 is not None:
        range_g = sensor.acc_range_mps2 / STANDARD_GRAVITY_MPS2
        largest_g = float(np.abs(samples.acc_g).max())
        if largest_g > _OVER_RANGE * range_g:
            raise InputError(
                f"{where}: values reach {largest_g:.4g}, beyond the sensor's ±{range_g:g} g; "
                f"give g, and correct {names.acc_range} if it is wrong"
            )


def _resting_magnitude(magnitude_g: FloatArray, rate_hz: float) -> float | None:
    """Median magnitude over the windows in which it hardly changes; `None` when there are too few."""
    rows = max(4, round(_STILL_WINDOW_S * rate_hz))
    windows = magnitude_g[: len(magnitude_g) // rows * rows].reshape(-1, rows)
    means = windows.mean(axis=1)
    still = windows.std(axis=1) < _STILL_DEVIATION * np.maximum(means, 1.0)
    return float(np.median(means[still])) if np.count_nonzero(still) >= _STILL_WINDOWS else None


def _unit_hint(magnitude: float) -> str:
    if magnitude < 0.7:
        return "gravity seems to be removed; give what the accelerometer measured, in g"
    if 6.0 < magnitude < 50.0:
        return f"it looks like m/s²; divide by {STANDARD_GRAVITY_MPS2}"
    if 500.0 < magnitude < 5000.0:
        return "it looks like thousandths of g or raw counts; give g"
    return "give g"


def _check_angular_rate(source: Path | str, magnitude_g: FloatArray, gyro_dps: FloatArray, names: Names) -> None:
    if (largest_dps := float(np.abs(gyro_dps).max())) > _MOST_DPS:
        raise InputError(
            f"{source}: {names.angular_rate}: values reach {largest_dps:.4g}, but no gyroscope measures more than "
            "4,000 °/s; if they are thousandths or raw counts, or were multiplied by 57.29578 though they were °/s "
            "already, give °/s"
        )
    if float(np.quantile(magnitude_g, 0.9)) < _STEPS_G:
        return  # perhaps nobody walked: then small rates prove nothing
    if largest_dps < _STEPS_DPS:
        raise InputError(
            f"{source}: {names.angular_rate}: values reach only {largest_dps:.3g} while the accelerometer "
            "shows steps, in which a foot or shin turns at hundreds of degrees a second; if they are rad/s, multiply "
            f"by 57.29578; if the gyroscope was off, {names.without_gyro}"
        )
