"""Movement that is not gait, as foot and shank feel it: what the pipeline must not turn into strides.

Each movement gives the pose of foot or shank at 2 kHz; the sensor model is the runner's own (`sensor`). The figures are
everyday ones, chosen at the difficult end: brisk, regular and with large rotations.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.signal import butter, sosfiltfilt

from footfall_processing.samples import FloatArray
from footfall_processing.session import Placement
from footfall_processing.synthetic.pose import MOTION_RATE_HZ, Pose
from footfall_processing.synthetic.sensor import SensorSetup, felt, take_samples
from footfall_processing.synthetic.simulate import SensorTrace
from footfall_processing.units import STANDARD_GRAVITY_MPS2


class Movement(StrEnum):
    """What the sensor goes through."""

    PEDALLING = "pedalling"
    """A bicycle at 60 to 100 turns a minute, with freewheeling now and then."""
    DRIVING = "driving"
    """A foot on the floor of a bus on a bad road."""
    SHAKING = "shaking"
    """The sensor shaken by hand, at 1 to 6 Hz, to and fro and about an axis."""
    HANDLING = "handling"
    """The sensor picked up, turned about and put down."""
    JUMPING = "jumping"
    """Hops and jumps on the spot."""
    ROPE_SKIPPING = "rope_skipping"
    """Two small hops a second and more, on both feet, over a rope."""
    STAIRS_UP = "stairs_up"
    STAIRS_DOWN = "stairs_down"
    """Two steps a stride, with a landing after each flight."""


Body: TypeAlias = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Origin (n, 3), yaw, pitch and roll (n,) of a body over time."""

_CRANK_M: Final = 0.17
_HIP_FROM_CRANK_M: Final = (-0.21, 0.70)
_THIGH_M, _SHANK_M = 0.42, 0.43
_PEDAL_IN_FOOT_M: Final = (0.19, -0.02)
_ANKLE_IN_FOOT_M: Final = (0.055, 0.085)
_RISER_M, _TREAD_M = 0.17, 0.28


def other_motion(movement: Movement, setup: SensorSetup, duration_s: float, seed: int) -> SensorTrace:
    """Let a worn (or held) sensor go through a movement; there is no true stride in it but on stairs, unlisted here.

    The same arguments give the same bits.
    """
    motion_seed, sensor_seed = np.random.SeedSequence(seed).spawn(2)
    t = np.arange(round(duration_s * MOTION_RATE_HZ) + 1) / MOTION_RATE_HZ
    body = _MOVEMENTS[movement](t, setup.sensor.placement, np.random.default_rng(motion_seed))
    pose = _pose(t, body)
    samples = take_samples(felt(pose, setup), setup, np.random.default_rng(sensor_seed))
    return SensorTrace(setup, samples, ())


def _pose(t: FloatArray, body: Body) -> Pose:
    origin, yaw, pitch, roll = body
    rates = [CubicSpline(t, angle)(t, 1) for angle in (yaw, pitch, roll)]
    return Pose(origin, yaw, pitch, roll, *rates)


def _noise(n: int, low_hz: float, high_hz: float, rng: np.random.Generator) -> FloatArray:
    """Noise of one band with a standard deviation of one."""
    step = max(int(MOTION_RATE_HZ / (40.0 * high_hz)), 1)
    coarse = rng.standard_normal(n // step + 8)
    sos = butter(2, (low_hz, high_hz), "bandpass", fs=MOTION_RATE_HZ / step, output="sos")
    coarse = sosfiltfilt(sos, coarse)
    fine = CubicSpline(np.arange(len(coarse)) * step, coarse)(np.arange(n))
    return np.asarray(fine / fine.std(), dtype=np.float64)


def _about(t: FloatArray, values: tuple[float, ...], hold_s: float) -> FloatArray:
    """Go slowly from value to value, staying `hold_s` at each."""
    knots = np.arange(len(values) + 1) * hold_s
    at = np.clip(t / hold_s, 0.0, len(values) - 0.001)
    index = at.astype(int)
    ahead = np.minimum(index + 1, len(values) - 1)
    ease = np.clip((t - knots[index] - 0.9 * hold_s) / (0.1 * hold_s), 0.0, 1.0)
    table = np.asarray(values)
    return np.asarray(table[index] + (table[ahead] - table[index]) * ease * ease * (3.0 - 2.0 * ease))


def _pedalling(t: FloatArray, placement: Placement, rng: np.random.Generator) -> Body:
    n = len(t)
    rpm = _about(t, (60.0, 70.0, 80.0, 90.0, 100.0), t[-1] / 5.0) * (1.0 + 0.02 * _noise(n, 0.05, 0.3, rng))
    ankling = np.deg2rad(_about(t, (30.0, 25.0, 22.0, 20.0, 20.0), t[-1] / 5.0))
    coasting = np.clip(3.0 * (_noise(n, 0.02, 0.05, rng) - 1.2), 0.0, 1.0)
    crank = np.cumsum(rpm * 2.0 * np.pi / 60.0 * (1.0 - coasting)) / MOTION_RATE_HZ
    ride = 0.0015 * _noise(n, 2.0, 12.0, rng)
    pedal_x, pedal_z = _CRANK_M * np.sin(crank), _CRANK_M * np.cos(crank) + ride
    # toes lowest on the way up, as the heel is pulled after
    pitch = np.deg2rad(-8.0) + ankling * np.sin(crank - 0.3) + np.deg2rad(2.0) * np.sin(2.0 * crank + 1.0)
    cosine, sine = np.cos(pitch), np.sin(pitch)
    heel_x = pedal_x - (_PEDAL_IN_FOOT_M[0] * cosine - _PEDAL_IN_FOOT_M[1] * sine)
    heel_z = pedal_z - (_PEDAL_IN_FOOT_M[0] * sine + _PEDAL_IN_FOOT_M[1] * cosine)
    yaw, roll = np.deg2rad(5.0) + 0.03 * np.sin(crank + 2.0), 0.04 * np.sin(crank + 1.0)
    if placement is Placement.FOOT:
        return np.column_stack([heel_x, np.zeros(n), heel_z]), yaw, pitch, roll
    ankle_x = heel_x + _ANKLE_IN_FOOT_M[0] * cosine - _ANKLE_IN_FOOT_M[1] * sine
    ankle_z = heel_z + _ANKLE_IN_FOOT_M[0] * sine + _ANKLE_IN_FOOT_M[1] * cosine
    to_hip_x, to_hip_z = _HIP_FROM_CRANK_M[0] - ankle_x, _HIP_FROM_CRANK_M[1] - ankle_z
    reach = np.minimum(np.hypot(to_hip_x, to_hip_z), 0.995 * (_THIGH_M + _SHANK_M))
    bend = np.arccos((reach**2 + _SHANK_M**2 - _THIGH_M**2) / (2.0 * reach * _SHANK_M))
    # the knee lies ahead of the line from ankle to hip
    shank_pitch = np.arctan2(-to_hip_x, to_hip_z) - bend
    return np.column_stack([ankle_x, np.zeros(n), ankle_z]), yaw, shank_pitch, roll


def _driving(t: FloatArray, _placement: Placement, rng: np.random.Generator) -> Body:
    n = len(t)
    roughness = _about(t, (0.4, 1.0, 2.0), t[-1] / 3.0)
    # body bounce, wheel hop and engine, by their accelerations in m/s²
    bounce = [
        sum(
            acc * _noise(n, 0.8 * hz, 1.25 * hz, rng) / (2.0 * np.pi * hz) ** 2
            for hz, acc in ((1.4, 1.5 * share), (11.0, 1.2 * share), (28.0, 0.6))
        )
        for share in (0.3, 0.3, 1.0)
    ]
    origin = np.column_stack([roughness * axis for axis in bounce])
    # braking and corners
    origin[:, :2] += 1.5 / (2.0 * np.pi * 0.08) ** 2 * np.column_stack([_noise(n, 0.05, 0.12, rng) for _ in range(2)])
    angles = [roughness * 0.01 * _noise(n, 1.0, 3.0, rng) + 0.15 * _noise(n, 0.03, 0.2, rng) for _ in range(3)]
    return origin, angles[0], angles[1], angles[2]


def _shaking(t: FloatArray, _placement: Placement, rng: np.random.Generator) -> Body:
    n = len(t)
    rate_hz = _about(t, (1.0, 1.3, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0), t[-1] / 9.0)
    rate_hz = rate_hz * (1.0 + 0.02 * _noise(n, 0.1, 0.6, rng))
    phase = 2.0 * np.pi * np.cumsum(rate_hz) / MOTION_RATE_HZ
    vigour = 1.0 + 0.15 * _noise(n, 0.1, 0.5, rng)
    reach_m = np.minimum(0.12, 25.0 / (2.0 * np.pi * rate_hz) ** 2) * vigour
    turn = np.deg2rad(np.minimum(40.0, 400.0 / (2.0 * np.pi * rate_hz) * 1.5)) * vigour
    # from shaking to and fro to turning the wrist, with all between
    blend = 0.5 + 0.5 * np.sin(2.0 * np.pi * t / (t[-1] / 18.0))
    origin = np.column_stack(
        [reach_m * np.sin(phase), 0.4 * reach_m * np.sin(phase + 1.0), 0.6 * reach_m * np.sin(phase + 0.5)]
    )
    yaw = 0.3 * turn * blend * np.sin(phase + 0.8)
    pitch = turn * blend * np.sin(phase + 0.3) + 0.1 * turn * np.sin(2.0 * phase)
    roll = 0.4 * turn * blend * np.sin(phase + 2.0) + 0.4 * _noise(n, 0.02, 0.1, rng)
    return origin, yaw, pitch, roll


def _handling(t: FloatArray, _placement: Placement, rng: np.random.Generator) -> Body:
    n = len(t)
    busy = 1.0 / (1.0 + np.exp(-4.0 * (_noise(n, 0.03, 0.12, rng) + 0.3)))
    origin = np.column_stack([0.12 * busy * _noise(n, 0.3, 2.5, rng) for _ in range(3)])
    knocks = np.zeros(n)
    for at in np.flatnonzero(np.diff((busy > 0.5).astype(int)) < 0):
        since = np.maximum(t - t[at], 0.0)
        # put down on a table: a knock that rings for 20 ms
        knocks += 0.002 * np.exp(-since / 0.02) * np.sin(since * 2.0 * np.pi * 25.0)
    origin[:, 2] += knocks
    yaw = 1.2 * np.cumsum(busy * _noise(n, 0.2, 1.2, rng)) / MOTION_RATE_HZ * 3.0
    pitch, roll = (0.7 * busy * _noise(n, 0.3, 1.8, rng) for _ in range(2))
    return origin, yaw, pitch, roll


def _jumping(t: FloatArray, placement: Placement, rng: np.random.Generator) -> Body:
    """Hops of about 2 Hz, then counter-movement jumps with a second between them."""
    return _jumps(t, placement, rng, hop_s=(0.24, 0.26), hops_until_s=0.6 * t[-1])


def _rope_skipping(t: FloatArray, placement: Placement, rng: np.random.Generator) -> Body:
    """Hops of 2.3 Hz, hardly higher than the rope is thick."""
    return _jumps(t, placement, rng, hop_s=(0.20, 0.23), hops_until_s=t[-1])


def _jumps(
    t: FloatArray, placement: Placement, rng: np.random.Generator, hop_s: tuple[float, float], hops_until_s: float
) -> Body:
    """Hops of so long a flight and so long on the ground, and from a time on counter-movement jumps."""
    heights, pitches, shanks = ([(0.0, 0.0, 0.0)] for _ in range(3))
    now = 1.0
    while now < t[-1] - 3.0:
        hop = now < hops_until_s
        flight_s = (hop_s[0] if hop else 0.45) * (1.0 + 0.05 * rng.standard_normal())
        ground_s = (hop_s[1] if hop else 0.95) * (1.0 + 0.05 * rng.standard_normal())
        speed_mps = 0.5 * STANDARD_GRAVITY_MPS2 * flight_s
        top_m = speed_mps * flight_s / 4.0
        point = np.deg2rad(-35.0 + 3.0 * rng.standard_normal())
        crouch = np.deg2rad(-22.0 if hop else -38.0)
        land = now + flight_s
        heights += [
            (now, 0.0, 0.8 * speed_mps),
            (now + 0.5 * flight_s, top_m, 0.0),
            (land, 0.0, -0.8 * speed_mps),
            (land + 0.03, -0.3 * 0.8 * speed_mps * 0.03, 0.0),
            (land + 0.3 * ground_s, 0.0, 0.0),
            (land + 0.75 * ground_s, 0.0, 0.0),
        ]
        pitches += [
            (now, point, 0.0),
            (land - 0.04, 0.6 * point, 0.0),
            (land + 0.06, 0.0, 0.0),
            (land + 0.7 * ground_s, 0.0, 0.0),
        ]
        shanks += [(now, 0.0, 0.0), (land, np.deg2rad(-4.0), 0.0), (land + 0.5 * ground_s, crouch, 0.0)]
        now = land + ground_s
    z, pitch = _through(t, heights), _through(t, pitches)
    drift = 0.05 * _noise(len(t), 0.02, 0.2, rng)
    if placement is Placement.FOOT:
        # the foot turns about its toes on the ground
        x = drift + 0.24 * (1.0 - np.cos(pitch))
        return np.column_stack([x, 0.0 * t, z - 0.24 * np.sin(pitch)]), 0.1 + 0.0 * t, pitch, 0.02 * np.sin(t)
    lift = 0.15 * (1.0 - np.cos(pitch)) - 0.15 * np.sin(pitch)
    return np.column_stack([drift, 0.0 * t, z + lift]), 0.1 + 0.0 * t, _through(t, shanks), 0.02 * np.sin(t)


def _stairs(t: FloatArray, placement: Placement, rng: np.random.Generator, up: bool) -> Body:
    """Flights of eight strides, two steps a stride, with a pause on each landing."""
    way, heights, pitches, shanks = [(0.0, 0.0, 0.0)], [(0.0, 0.0, 0.0)], [(0.0, 0.0, 0.0)], [(0.0, 0.0, 0.0)]
    now, x, z, count = 1.0, 0.0, 0.0, 0
    while now < t[-1] - 4.0:
        stance_s, swing_s = (0.72, 0.42) if up else (0.64, 0.42)
        stance_s, swing_s = (s * (1.0 + 0.04 * rng.standard_normal()) for s in (stance_s, swing_s))
        rise = 2.0 * (_RISER_M if up else -_RISER_M)
        off, land = now + stance_s, now + stance_s + swing_s
        way += [(off - 0.12, x, 0.0), (off, x + 0.02, 0.5), (land, x + 2.0 * _TREAD_M, 0.0)]
        heights += [(off - 0.12, z, 0.0), (off + 0.6 * swing_s, z + max(rise, 0.0) + 0.07, 0.0), (land, z + rise, 0.0)]
        lift, strike = (-32.0, -4.0) if up else (-28.0, -18.0)
        pitches += [(now + 0.3 * stance_s, 0.0, 0.0), (off - 0.3 * stance_s, 0.0, 0.0), (off, np.deg2rad(lift), 0.0)]
        pitches += [(off + 0.6 * swing_s, np.deg2rad(8.0), 0.0), (land, np.deg2rad(strike), -1.0)]
        pitches += [(land + 0.09, 0.0, 0.0)]
        shanks += [(now, np.deg2rad(-18.0 if up else 5.0), 0.0), (off, np.deg2rad(-20.0 if up else -40.0), 0.0)]
        shanks += [(off + 0.35 * swing_s, np.deg2rad(-45.0), 0.0)]
        x, z, now, count = x + 2.0 * _TREAD_M, z + rise, land, count + 1
        if count % 8 == 0:
            way.append((now + 1.0, x, 0.0))
            heights.append((now + 1.0, z, 0.0))
            shanks.append((now + 1.0, 0.0, 0.0))
            now += 1.2
    foot_x, foot_z, pitch = _through(t, way), _through(t, heights), _through(t, pitches)
    yaw, roll = 0.1 + 0.0 * t, 0.02 * np.sin(t)
    # in stance the foot rolls over its ball
    heel_x = foot_x + 0.195 * (1.0 - np.cos(pitch))
    heel_z = foot_z - 0.195 * np.sin(pitch)
    if placement is Placement.FOOT:
        return np.column_stack([heel_x, 0.0 * t, heel_z]), yaw, pitch, roll
    ankle_x = heel_x + _ANKLE_IN_FOOT_M[0] * np.cos(pitch) - _ANKLE_IN_FOOT_M[1] * np.sin(pitch)
    ankle_z = heel_z + _ANKLE_IN_FOOT_M[0] * np.sin(pitch) + _ANKLE_IN_FOOT_M[1] * np.cos(pitch)
    return np.column_stack([ankle_x, 0.0 * t, ankle_z]), yaw, _through(t, shanks), roll


def _through(t: FloatArray, knots: list[tuple[float, float, float]]) -> FloatArray:
    """Smooth curve through (time, value, slope), smoothed over some ms as flesh does, constant after the last."""
    rows = np.array([*knots, (max(t[-1], knots[-1][0]) + 1.0, knots[-1][1], 0.0)])
    rows = rows[np.concatenate([[True], np.diff(rows[:, 0]) > 1e-6])]
    curve = CubicHermiteSpline(rows[:, 0], rows[:, 1], rows[:, 2])(t)
    return np.asarray(sosfiltfilt(butter(2, 40.0, fs=MOTION_RATE_HZ, output="sos"), curve), dtype=np.float64)


_MOVEMENTS: Final[dict[Movement, Callable[[FloatArray, Placement, np.random.Generator], Body]]] = {
    Movement.PEDALLING: _pedalling,
    Movement.DRIVING: _driving,
    Movement.SHAKING: _shaking,
    Movement.HANDLING: _handling,
    Movement.JUMPING: _jumping,
    Movement.ROPE_SKIPPING: _rope_skipping,
    Movement.STAIRS_UP: lambda t, placement, rng: _stairs(t, placement, rng, True),
    Movement.STAIRS_DOWN: lambda t, placement, rng: _stairs(t, placement, rng, False),
}
