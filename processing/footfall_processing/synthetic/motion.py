"""Rigid-body motion of foot and shank along a run, at 2 kHz.

Foot frame: x from heel to toe along the sole, z up, origin at the heel's edge on the ground. Shank frame: x forward,
z from ankle to knee, origin at the ankle. The world frame is that of `pose`, the angles are those of `leg_angles`.

* In stance the foot rolls without slipping over a slightly rockered, rigid sole: over the heel's edge, the flat middle,
  the ball and the toes. Its place follows from its pitch alone.
* In swing the ankle speeds up, keeps its speed and slows down before contact, and rises and falls over its highest and
  lowest points; place, velocity and acceleration meet those of the stances at both ends.
* At touchdown the foot still moves into the ground. The landing model brings that speed to nothing; the way it takes
  (some millimetres of shoe and heel pad) is given back while the foot unloads.

So the shock is part of the motion: its acceleration integrates to the velocities, and those to the way covered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.integrate import cumulative_simpson
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.signal import butter, lfilter

from footfall_processing.samples import FloatArray
from footfall_processing.session import Side
from footfall_processing.synthetic import shapes
from footfall_processing.synthetic.footfalls import Contact
from footfall_processing.synthetic.impact import IMPACT_RATE_HZ, impact_table
from footfall_processing.synthetic.leg_angles import Step, foot_pitch, foot_roll, foot_turn, shank_pitch, steps_of
from footfall_processing.synthetic.plan import PhaseKind, Runner
from footfall_processing.synthetic.pose import MOTION_RATE_HZ, Pose

_HEEL_M, _BALL_M = 0.025, 0.195
_ROCKER_RAD = 0.055
_TOE_M = 0.075
"""From the ball to the tip of the toes, over which the foot rolls last."""
_ANKLE_IN_FOOT_M: Final = np.array([0.055, 0.0, 0.085])
_STANCE_HALF_WIDTH_M = 0.06
_EASE = 0.4
"""Part of the swing over which its vertical acceleration is eased into that of the stance at either end."""

_FORWARD_LANDING = 0.60
"""Forward speed of the foot at touchdown over its downward speed."""

_SHANK_SHOCK_HZ = 30.0
"""Heel pad, ankle and soft tissue let the shock through to the shin below about this frequency (our choice)."""


@dataclass(frozen=True, slots=True, eq=False)
class LegMotion:
    """Foot and shank of one leg on the common time axis."""

    t_s: FloatArray
    foot: Pose
    shank: Pose
    strike_angle_rad: FloatArray
    """Pitch at each contact against the flat foot of mid-stance, in the order of the contacts."""


def leg_motion(side: Side, runner: Runner, contacts: list[Contact], duration_s: float) -> LegMotion:
    """Move one leg from contact to contact, from time 0 to `duration_s`."""
    n = round(duration_s * MOTION_RATE_HZ) + 1
    t = np.arange(n) / MOTION_RATE_HZ
    steps = steps_of(runner, contacts, duration_s)
    foot_spline, shank_spline = foot_pitch(steps), shank_pitch(steps)
    roll_spline, turn_spline = foot_roll(steps), foot_turn(steps)
    mirror = 1.0 if side is Side.LEFT else -1.0

    origin = _foot_path(t, steps, foot_spline)
    shock_foot, shock_shank = _shocks(t, steps, runner)
    y = np.full(n, mirror * _STANCE_HALF_WIDTH_M)
    # Seen from above the left foot turns in clockwise, and its sole turns in by lifting the inner edge.
    yaw = mirror * (np.deg2rad(runner.leg(side).toe_out_deg) - turn_spline(t))
    yaw_rate = -mirror * turn_spline(t, 1)
    roll, roll_rate = -mirror * roll_spline(t), -mirror * roll_spline(t, 1)
    pitch = foot_spline(t)
    foot = Pose(
        np.column_stack([origin[0] + shock_foot[0], y, origin[1] + shock_foot[1]]),
        yaw,
        pitch,
        roll,
        yaw_rate,
        foot_spline(t, 1),
        roll_rate,
    )
    ankle = origin + _turn(pitch, _ANKLE_IN_FOOT_M[[0, 2]]) + shock_shank
    # As the foot rolls inwards, the hip adducts and the shin's upper end goes outwards.
    shank = Pose(
        np.column_stack([ankle[0], y, ankle[1]]),
        yaw,
        shank_spline(t),
        -0.5 * roll,
        yaw_rate,
        shank_spline(t, 1),
        -0.5 * roll_rate,
    )
    ic = np.array([step.contact.ic_s for step in steps])
    flat = np.array([step.contact.ic_s + 0.35 * step.land_span_s for step in steps])
    return LegMotion(t, foot, shank, np.asarray(foot_spline(ic) - foot_spline(flat), dtype=np.float64))


def _turn(pitch: FloatArray, point: FloatArray) -> FloatArray:
    """Turn a point (x, z) of a body pitched toes up into the world."""
    c, s = np.cos(pitch), np.sin(pitch)
    return np.stack([c * point[0] - s * point[1], s * point[0] + c * point[1]])


@lru_cache(maxsize=1)
def _sole() -> tuple[CubicSpline, CubicSpline, CubicSpline]:
    """Point of the sole that touches the ground at each pitch: its (x, z) in the foot frame, and the way rolled."""
    pitch = np.linspace(-2.0, 1.2, 6401)
    middle, half = 0.5 * (_HEEL_M + _BALL_M), 0.5 * (_BALL_M - _HEEL_M)
    flat = int(np.argmin(np.abs(pitch)))
    x = middle - half * np.tanh(pitch / _ROCKER_RAD) + _TOE_M * shapes.smoothstep((-pitch - 0.2) / 0.8)
    rate = np.gradient(x, pitch)
    z = cumulative_simpson(-np.tan(np.clip(pitch, -1.2, 1.2)) * rate, x=pitch, initial=0.0)
    rolled = cumulative_simpson(rate / np.cos(np.clip(pitch, -1.2, 1.2)), x=pitch, initial=0.0)
    return (
        CubicSpline(pitch, x),
        CubicSpline(pitch, z - z[flat]),
        CubicSpline(pitch, rolled - rolled[flat] + middle),
    )


def _rolling(pitch: FloatArray, x_m: float) -> FloatArray:
    """Foot origin (x, z) of a foot that rolls on the ground; flat it stands with its ankle over `x_m`."""
    sole_x, sole_z, rolled = _sole()
    touch = np.stack([sole_x(pitch), sole_z(pitch)])
    ground = np.stack([rolled(pitch) + x_m - _ANKLE_IN_FOOT_M[0], np.zeros_like(pitch)])
    c, s = np.cos(pitch), np.sin(pitch)
    return np.asarray(ground - np.stack([c * touch[0] - s * touch[1], s * touch[0] + c * touch[1]]))


def _foot_path(t: FloatArray, steps: list[Step], pitch: CubicSpline) -> FloatArray:
    """Foot origin (x, z): rolling in stance, and in swing wherever the ankle's way takes it."""
    ic = np.array([step.contact.ic_s for step in steps])
    path = np.empty((2, len(t)))
    for k, step in enumerate(steps):
        c = step.contact
        last = steps[k + 1].contact.ic_s if k + 1 < len(steps) else np.inf
        stance = slice(*np.searchsorted(t, [ic[k], c.to_s]))
        swing = slice(*np.searchsorted(t, [c.to_s, last]))
        path[:, stance] = _rolling(pitch(t[stance]), c.x_m)
        if swing.start < swing.stop:
            turned = _turn(pitch(t[swing]), _ANKLE_IN_FOOT_M[[0, 2]])
            path[:, swing] = _ankle_in_swing(t[swing], step, steps[k + 1], pitch) - turned
    return path


def _ankle_in_swing(t: FloatArray, before: Step, after: Step, pitch: CubicSpline) -> FloatArray:
    """Way of the ankle (x, z) from toe-off to contact, meeting both stances in place, velocity and acceleration."""
    to_s, ic_s = before.contact.to_s, after.contact.ic_s
    (p0, v0, a0), (p1, v1, a1) = (
        _ankle_in_stance(time, step.contact.x_m, pitch) for time, step in ((to_s, before), (ic_s, after))
    )
    down = after.contact.touchdown_mps
    v1 = v1 + np.array([_FORWARD_LANDING * down * np.sign(after.contact.speed_mps), -down])
    span = ic_s - to_s
    u = (t - to_s) / span
    shape = after.land if before.stands else before.leave
    cruise = np.array([shape.cruise_from, shape.cruise_to])
    at = np.array([shape.apex_at, shape.low_at])
    height = _ANKLE_IN_FOOT_M[2] + np.array([shape.apex_m * after.contact.swing_factor, shape.low_m])
    if after.land_backward:
        at, height, cruise = 1.0 - at[::-1], height[::-1], 1.0 - cruise[::-1]
    forward = _cruising(
        to_s + span * np.concatenate([[0.0], cruise, [1.0]]), (p0[0], v0[0], a0[0]), (p1[0], v1[0], a1[0])
    )
    times = np.concatenate([[to_s], to_s + at * span, [ic_s]])
    heights = np.concatenate([[p0[1]], height, [p1[1]]])
    up = CubicSpline(times, heights, bc_type=((1, v0[1]), (1, v1[1])))
    ease = _ease(np.minimum(u / _EASE, 1.0)) * (a0[1] - up(to_s, 2)) + _ease(np.minimum((1.0 - u) / _EASE, 1.0)) * (
        a1[1] - up(ic_s, 2)
    )
    height_m = up(t) + ease * (_EASE * span) ** 2
    lift = 64.0 * (u * (1.0 - u)) ** 3
    inside = (u > 0.2) & (u < 0.8)
    if inside.any():
        # Short, slow steps lift the foot less than its toes hang down: as much more as they need.
        lack = _toe_clearance_height_m(pitch(t[inside])) - height_m[inside]
        height_m = height_m + max(float((lack / lift[inside]).max()), 0.0) * lift
    return np.stack([forward(t), height_m])


def _toe_clearance_height_m(pitch: FloatArray) -> FloatArray:
    """Height of the ankle at which heel, ball and toes of a pitched foot are just off the ground."""
    sole_x, sole_z, _ = _sole()
    points = [np.array([sole_x(p), sole_z(p)]) - _ANKLE_IN_FOOT_M[[0, 2]] for p in (0.5, -0.15, -0.5, -1.0)]
    return np.asarray(-np.min([_turn(pitch, point)[1] for point in points], axis=0))


def _cruising(
    times: FloatArray, first: tuple[float, float, float], last: tuple[float, float, float]
) -> Callable[[FloatArray], FloatArray]:
    """Way that speeds up, keeps its speed and slows down, between the given (place, velocity, acceleration)."""
    (p0, v0, a0), (p1, v1, a1) = first, last
    rise, keep, fall = np.diff(times)
    ends = 0.5 * (rise * v0 + fall * v1) + (a0 * rise**2 - a1 * fall**2) / 12.0
    speed = (p1 - p0 - ends) / (0.5 * rise + keep + 0.5 * fall)
    velocity = CubicHermiteSpline(times, [v0, speed, speed, v1], [a0, 0.0, 0.0, a1])
    way = velocity.antiderivative()
    return lambda time: p0 + np.asarray(way(time) - way(times[0]))


def _ankle_in_stance(time: float, x_m: float, pitch: CubicSpline) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Place, velocity and acceleration (x, z) of the ankle of a rolling foot."""
    h = 5e-4
    angles = pitch(time + np.array([-h, 0.0, h]))
    a, b, c = (_rolling(angles, x_m) + _turn(angles, _ANKLE_IN_FOOT_M[[0, 2]])).T
    return b, (c - a) / (2.0 * h), (a - 2.0 * b + c) / (h * h)


def _ease(u: FloatArray) -> FloatArray:
    """Quintic that starts at rest with unit acceleration at u = 0 and is gone at u = 1."""
    return np.asarray(0.5 * u * u * (1.0 - u) ** 3, dtype=np.float64)


def _shocks(t: FloatArray, steps: list[Step], runner: Runner) -> tuple[FloatArray, FloatArray]:
    """Way (x, z) of foot and shank from touchdown on, beyond the rolling of the foot."""
    table = impact_table(runner.shoe)
    foot, shank = np.zeros((2, len(t))), np.zeros((2, len(t)))
    b, a = butter(2, _SHANK_SHOCK_HZ / (0.5 * IMPACT_RATE_HZ))
    for step in steps:
        c = step.contact
        i = slice(*np.searchsorted(t, [c.ic_s, c.to_s]))
        if c.kind is PhaseKind.STAND or i.start >= i.stop:
            continue
        strike = np.rad2deg(c.strike_angle_rad)
        ball = 1.0 if step.land_backward else float(np.clip((8.0 - strike) / 12.0, 0.0, 1.0))
        acc = np.concatenate([table.acceleration(c.touchdown_mps, ball), np.zeros(400)])
        since = t[i] - c.ic_s
        back = shapes.smoothstep((since / step.land_span_s - 0.5) / 0.45)
        forward = _FORWARD_LANDING * np.sign(c.speed_mps)
        for out, pulse in ((foot, acc), (shank, lfilter(b, a, acc))):
            way = _stopping(pulse, c.touchdown_mps)(np.minimum(since, (len(pulse) - 1) / IMPACT_RATE_HZ))
            way = way * (1.0 - back)
            out[0, i] = forward * way
            out[1, i] = -way
    return foot, shank


def _stopping(acc: FloatArray, speed_mps: float) -> CubicHermiteSpline:
    """Way of something that moves with a speed and is stopped by an acceleration pulse."""
    time = np.arange(len(acc)) / IMPACT_RATE_HZ
    lost = np.concatenate([[0.0], np.cumsum(0.5 * (acc[1:] + acc[:-1]))]) / IMPACT_RATE_HZ
    velocity = speed_mps - lost * (speed_mps / lost[-1])
    way = np.concatenate([[0.0], np.cumsum(0.5 * (velocity[1:] + velocity[:-1]))]) / IMPACT_RATE_HZ
    return CubicHermiteSpline(time, way, velocity)
