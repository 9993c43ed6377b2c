"""The sensor: where it sits, how it is strapped on, and what it makes of the motion it feels."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import bilinear, butter, lfilter, lfilter_zi
from scipy.spatial.transform import Rotation

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray, ImuBlock, SampleQuality
from footfall_processing.session import Placement, Sensor, Side
from footfall_processing.synthetic.pose import MOTION_RATE_HZ, Pose
from footfall_processing.units import RADIANS_PER_DEGREE, STANDARD_GRAVITY_MPS2

CodeArray: TypeAlias = NDArray[np.int16]

CODES: Final = 32768
"""Codes from zero to full scale."""


class Site(StrEnum):
    """Where exactly on the segment."""

    INSTEP = "instep"
    """On the laces."""
    HEEL = "heel"
    """On the heel cap of the shoe."""
    DISTAL_SHANK = "distal_shank"
    """On the inner face of the shin, some centimetres above the ankle."""

    @property
    def placement(self) -> Placement:
        """The segment of this site."""
        return Placement.SHANK if self is Site.DISTAL_SHANK else Placement.FOOT

    @property
    def offset_m(self) -> FloatArray:
        """Place in the segment's frame (see `motion`)."""
        return _OFFSETS_M[self]


_OFFSETS_M = {
    Site.INSTEP: np.array([0.125, 0.0, 0.085]),
    Site.HEEL: np.array([-0.01, 0.0, 0.06]),
    Site.DISTAL_SHANK: np.array([0.03, 0.0, 0.06]),
}


@dataclass(frozen=True, slots=True)
class Imperfections:
    """What stands between the motion and the numbers. The defaults are those of an ordinary consumer sensor.

    Parameters
    ----------
    strap_hz, strap_damping
        The strap as a spring between body and sensor: undamped frequency and damping ratio; `None` for a rigid mount,
        tissue and rocking included.
    tissue_hz, tissue_damping
        On a shank, in series with the strap: the skin and fat over the bone as a spring. How much more than the bone a
        sensor on the skin feels differs between people and straps (Lafortune et al. 1995,
        doi:10.1016/0021-9290(94)00150-3): these are our choice, within what gives resultant peaks of runners.
    rocking_deg_per_g
        On a shank: how far the sensor tilts on its soft ground for each g, as its weight lies off the bone. Two sensors
        5 cm apart on a shin differ by up to 2.5 rad/s in their peaks (74 runners, doi:10.3390/s24020656): at 10 g this
        one rocks at about that rate.
    bandwidth_hz
        Cut-off of the sensor's own second-order low-pass; `None` for none. Its delay is in the signal, as in reality.
    acc_noise_mps2, gyr_noise_radps
        Standard deviation of white noise per sample.
    acc_bias_mps2, gyr_bias_radps
        Standard deviation from which the constant bias of each axis is drawn.
    clock_ppm
        By how much the sensor's clock runs fast.
    jitter_s
        Standard deviation of the sampling instants about an even grid.
    quantised
        Whether values are rounded to codes (clipping happens either way).
    """

    strap_hz: float | None = 70.0
    strap_damping: float = 0.3
    tissue_hz: float = 45.0
    tissue_damping: float = 0.35
    rocking_deg_per_g: float = 0.045
    bandwidth_hz: float | None = 90.0
    acc_noise_mps2: float = 0.03
    gyr_noise_radps: float = 0.002
    acc_bias_mps2: float = 0.15
    gyr_bias_radps: float = 0.008
    clock_ppm: float = 0.0
    jitter_s: float = 0.0
    quantised: bool = True


IDEAL: Final = Imperfections(
    strap_hz=None,
    bandwidth_hz=None,
    acc_noise_mps2=0.0,
    gyr_noise_radps=0.0,
    acc_bias_mps2=0.0,
    gyr_bias_radps=0.0,
    quantised=False,
)
"""A sensor that measures what is there."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Packets lost in bursts (Gilbert's two-state channel).

    Parameters
    ----------
    fraction
        Share of packets lost in the long run.
    burst_packets
        Mean length of a burst.
    """

    fraction: float = 0.0
    burst_packets: float = 4.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.fraction <= 0.9 or self.burst_packets < 1.0:
            raise InputError("a loss is a fraction from 0 to 0.9, in bursts of at least 1 packet")

    def lost(self, packets: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Which packets are lost; the first never is."""
        lost = np.zeros(packets, dtype=np.bool_)
        if self.fraction == 0.0:
            return lost
        leave = 1.0 / self.burst_packets
        enter = leave * self.fraction / (1.0 - self.fraction)
        draws = rng.random(packets)
        for k in range(1, packets):
            lost[k] = draws[k] >= leave if lost[k - 1] else draws[k] < enter
        return lost


@dataclass(frozen=True, slots=True)
class SensorSetup:
    """A sensor of the session, and how it is worn.

    Parameters
    ----------
    sensor
        Its id, placement, side, rate and ranges; the ranges and the side must be known.
    site
        Where on the segment; must be of the sensor's placement.
    mount_rotation_deg
        Rotation vector, degrees, that turns the segment's axes (x forward, y left, z up) into the sensor's.
    imperfections, loss
        See there.
    samples_per_packet
        How many samples travel together and are lost together.
    """

    sensor: Sensor
    site: Site
    mount_rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    imperfections: Imperfections = field(default_factory=Imperfections)
    loss: Loss = field(default_factory=Loss)
    samples_per_packet: int = 19

    def __post_init__(self) -> None:
        name = f"synthetic sensor {self.sensor.id!r}"
        if self.sensor.side is None or self.sensor.acc_range_mps2 is None:
            raise InputError(f"{name}: side and accelerometer range are needed")
        if self.sensor.has_gyro and self.sensor.gyro_range_radps is None:
            raise InputError(f"{name}: the gyroscope's range is needed")
        if self.site.placement is not self.sensor.placement:
            raise InputError(f"{name}: site {self.site} is not on the {self.sensor.placement}")
        if not 1.0 <= self.sensor.sampling_rate_hz <= 0.5 * MOTION_RATE_HZ:
            raise InputError(f"{name}: the model covers rates up to {0.5 * MOTION_RATE_HZ:.0f} Hz")


@dataclass(frozen=True, slots=True, eq=False)
class Felt:
    """What a sensor of unlimited range would feel, in the segment's axes at `MOTION_RATE_HZ`; shapes (n, 3)."""

    acc_mps2: FloatArray
    gyr_radps: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """All samples a sensor took, before any is lost.

    Parameters
    ----------
    t_s
        By the sensor's own clock, which reads 0 when the run begins; shape (n,).
    acc_mps2, gyr_radps
        In the sensor's axes, clipped and quantised; shape (n, 3); no `gyr_radps` without a gyroscope.
    acc_clipped, gyr_clipped
        Whether an axis stands at the end of its range; shape (n,).
    packet_lost
        Which packets never arrived; packet k holds samples k·m to (k+1)·m - 1.
    """

    t_s: FloatArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray | None
    acc_clipped: NDArray[np.bool_]
    gyr_clipped: NDArray[np.bool_]
    packet_lost: NDArray[np.bool_]


def felt(pose: Pose, setup: SensorSetup, grade: float = 0.0) -> Felt:
    """Specific force and angular rate at the sensor on a way of that slope: rigid body, then the strap."""
    rotation = pose.rotation()
    time = np.arange(len(pose.pitch)) / MOTION_RATE_HZ
    place = pose.origin_m + rotation @ setup.site.offset_m
    acc_world = CubicSpline(time, place)(time, 2)
    acc_world += STANDARD_GRAVITY_MPS2 * np.array([grade, 0.0, 1.0]) / np.hypot(1.0, grade)
    acc = np.einsum("nji,nj->ni", rotation, acc_world)
    flaws, gyr = setup.imperfections, pose.angular_rate()
    if flaws.strap_hz is None:
        return Felt(acc, gyr)
    if setup.site.placement is Placement.SHANK:
        # Seen from the bone the sensor's weight lies forward: what pulls at it tilts it.
        pull = np.column_stack([np.zeros(len(acc)), -acc[:, 2], acc[:, 1]]) / STANDARD_GRAVITY_MPS2
        gyr = gyr + flaws.rocking_deg_per_g * RADIANS_PER_DEGREE * _rocking(flaws.tissue_hz, flaws.tissue_damping, pull)
        acc = _sprung(flaws.tissue_hz, flaws.tissue_damping, acc)
    return Felt(_sprung(flaws.strap_hz, flaws.strap_damping, acc), gyr)


def _sprung(hz: float, damping_ratio: float, values: FloatArray) -> FloatArray:
    """What reaches a mass on a spring and damper."""
    w = 2.0 * np.pi * hz
    damping = 2.0 * damping_ratio * w
    b, a = bilinear([damping, w * w], [1.0, damping, w * w], MOTION_RATE_HZ)
    return _filtered(b, a, values)


def _rocking(hz: float, damping_ratio: float, values: FloatArray) -> FloatArray:
    """Rate of a spring-held tilt that comes to rest at `values`."""
    w = 2.0 * np.pi * hz
    b, a = bilinear([w * w, 0.0], [1.0, 2.0 * damping_ratio * w, w * w], MOTION_RATE_HZ)
    return _filtered(b, a, values)


def take_samples(motion: Felt, setup: SensorSetup, rng: np.random.Generator) -> Samples:
    """Sample what is felt: low-pass, clock, mounting, bias, noise, range, codes, loss."""
    sensor, flaws = setup.sensor, setup.imperfections
    end_s = (len(motion.acc_mps2) - 1) / MOTION_RATE_HZ
    clock = 1.0 + flaws.clock_ppm * 1e-6
    t_s = np.arange(int(end_s * clock * sensor.sampling_rate_hz)) / sensor.sampling_rate_hz
    # Drawn in a fixed order whatever is used, so that two sensors that differ in one flaw stay comparable.
    jitter = rng.standard_normal(len(t_s)) * flaws.jitter_s
    biases = rng.standard_normal((2, 3))
    noises = rng.standard_normal((2, len(t_s), 3))
    packets = -(-len(t_s) // setup.samples_per_packet)
    lost = setup.loss.lost(packets, rng)
    at = np.clip(t_s / clock + jitter, 0.0, end_s)
    mount = Rotation.from_rotvec(setup.mount_rotation_deg, degrees=True).as_matrix()

    def channel(
        values: FloatArray, bias: float, noise: float, full_scale: float, index: int
    ) -> tuple[FloatArray, NDArray[np.bool_]]:
        if flaws.bandwidth_hz is not None:
            b, a = butter(2, min(flaws.bandwidth_hz, 900.0), fs=MOTION_RATE_HZ)
            values = _filtered(b, a, values)
        time = np.arange(len(values)) / MOTION_RATE_HZ
        out = CubicSpline(time, values)(at) @ mount + bias * biases[index] + noise * noises[index]
        top = full_scale * (CODES - 1) / CODES
        clipped = (np.abs(out) >= top).any(axis=1)
        out = np.clip(out, -top, top)
        if flaws.quantised:
            out = np.round(out * (CODES / full_scale)) * (full_scale / CODES)
        return out, clipped

    assert sensor.acc_range_mps2 is not None
    acc, acc_clipped = channel(motion.acc_mps2, flaws.acc_bias_mps2, flaws.acc_noise_mps2, sensor.acc_range_mps2, 0)
    gyr: FloatArray | None = None
    gyr_clipped: NDArray[np.bool_] = np.zeros(len(t_s), dtype=np.bool_)
    if sensor.has_gyro and sensor.gyro_range_radps is not None:
        gyr, gyr_clipped = channel(
            motion.gyr_radps, flaws.gyr_bias_radps, flaws.gyr_noise_radps, sensor.gyro_range_radps, 1
        )
    return Samples(t_s, acc, gyr, acc_clipped, gyr_clipped, lost)


def blocks(samples: Samples, setup: SensorSetup) -> Iterator[ImuBlock]:
    """Yield the packets that arrived, as blocks; the first sample after a loss is marked."""
    size, after_loss = setup.samples_per_packet, False
    for k, lost in enumerate(samples.packet_lost):
        if lost:
            after_loss = True
            continue
        i = slice(k * size, (k + 1) * size)
        quality = np.where(samples.acc_clipped[i], int(SampleQuality.ACC_CLIPPED), 0).astype(np.uint8)
        quality |= np.where(samples.gyr_clipped[i], int(SampleQuality.GYR_CLIPPED), 0).astype(np.uint8)
        if after_loss:
            quality[0] |= int(SampleQuality.AFTER_LOSS)
        after_loss = False
        gyr = None if samples.gyr_radps is None else samples.gyr_radps[i].copy()
        yield ImuBlock(setup.sensor.id, samples.t_s[i].copy(), samples.acc_mps2[i].copy(), gyr, quality)


def worn_sensor(
    sensor_id: str,
    site: Site,
    side: Side,
    *,
    rate_hz: float = 200.0,
    acc_range_g: float = 16.0,
    gyro_range_dps: float | None = 2000.0,
) -> Sensor:
    """Describe a sensor in everyday units; without a gyroscope when its range is `None`."""
    return Sensor(
        id=sensor_id,
        placement=site.placement,
        side=side,
        sampling_rate_hz=rate_hz,
        acc_range_mps2=acc_range_g * STANDARD_GRAVITY_MPS2,
        gyro_range_radps=None if gyro_range_dps is None else gyro_range_dps * RADIANS_PER_DEGREE,
        has_gyro=gyro_range_dps is not None,
    )


def _filtered(b: FloatArray, a: FloatArray, values: FloatArray) -> FloatArray:
    start = lfilter_zi(b, a)[:, None] * values[0]
    return np.asarray(lfilter(b, a, values, axis=0, zi=start)[0], dtype=np.float64)
