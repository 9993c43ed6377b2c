"""Rigid-body motion of foot and shank along a run, at 2 kHz.

World frame: x along the way, y to the left, z up. Foot frame: x from heel to toe along the sole, z up, origin at the
heel's edge on the ground. Shank frame: x forward, z from ankle to knee, origin at the ankle. A body's orientation is
Rz(yaw) Ry(-pitch) Rx(roll), toes up and knee behind the ankle being positive pitch.

* In stance the foot rolls without slipping over a slightly rockered, rigid sole: over the heel's edge, the flat middle,
  the ball and the toes. Its place follows from its pitch alone.
* In swing the ankle speeds up, keeps its speed and slows down before contact, and rises and falls over its highest and
  lowest points; place, velocity and acceleration meet those of the stances at both ends.
* At touchdown the foot still moves into the ground. The landing model brings that speed to nothing; the way it takes
  (some millimetres of shoe and heel pad) is given back while the foot unloads.

So the shock is part of the motion: its acceleration integrates to the velocities, and those to the way covered.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.integrate import cumulative_simpson
from scipy.interpolate import CubicHermiteSpline, CubicSpline
from scipy.signal import butter, lfilter

from footfall_processing.samples import FloatArray
from footfall_processing.session import Side
from footfall_processing.synthetic import shapes
from footfall_processing.synthetic.footfalls import Contact, contact_span_s, stands
from footfall_processing.synthetic.impact import IMPACT_RATE_HZ, impact_table
from footfall_processing.synthetic.plan import PhaseKind, Runner

MOTION_RATE_HZ: Final = 2000.0
"""Rate at which motion is computed; truth peaks are read at it."""

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
class Pose:
    """Where a body is over time: origin (n, 3), and its angles and their rates (n,), radians."""

    origin_m: FloatArray
    yaw: FloatArray
    pitch: FloatArray
    roll: FloatArray
    yaw_rate: FloatArray
    pitch_rate: FloatArray
    roll_rate: FloatArray

    def rotation(self) -> FloatArray:
        """Body-to-world matrices, shape (n, 3, 3)."""
        cy, sy = np.cos(self.yaw), np.sin(self.yaw)
        cp, sp = np.cos(self.pitch), np.sin(self.pitch)
        cr, sr = np.cos(self.roll), np.sin(self.roll)
        # Ry(-pitch): the x axis rises with positive pitch.
        rows = [
            [cy * cp, -sy * cr - cy * sp * sr, sy * sr - cy * sp * cr],
            [sy * cp, cy * cr - sy * sp * sr, -cy * sr - sy * sp * cr],
            [sp, cp * sr, cp * cr],
        ]
        return np.moveaxis(np.array(rows), -1, 0)

    def along_circle(self, radius_m: float) -> "Pose":
        """Bend the way into a circle to the left (to the right with a negative radius)."""
        x, y, z = self.origin_m.T
        heading = x / radius_m
        bent = np.column_stack([(radius_m - y) * np.sin(heading), radius_m - (radius_m - y) * np.cos(heading), z])
        return replace(
            self,
            origin_m=bent,
            yaw=self.yaw + heading,
            yaw_rate=self.yaw_rate + np.gradient(x, 1.0 / MOTION_RATE_HZ) / radius_m,
        )

    def angular_rate(self) -> FloatArray:
        """Angular velocity in the body frame, rad/s, shape (n, 3)."""
        cp, sp = np.cos(self.pitch), np.sin(self.pitch)
        cr, sr = np.cos(self.roll), np.sin(self.roll)
        return np.column_stack(
            [
                self.roll_rate + self.yaw_rate * sp,
                -self.pitch_rate * cr + self.yaw_rate * cp * sr,
                self.pitch_rate * sr + self.yaw_rate * cp * cr,
            ]
        )


@dataclass(frozen=True, slots=True, eq=False)
class LegMotion:
    """Foot and shank of one leg on the common time axis."""

    t_s: FloatArray
    foot: Pose
    shank: Pose
    strike_angle_rad: FloatArray
    """Pitch at each contact against the flat foot of mid-stance, in the order of the contacts."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A contact with the shapes of its landing and of its departure, and whether the foot stands still between."""

    contact: Contact
    land: shapes.StrideShape
    leave: shapes.StrideShape
    land_backward: bool
    leave_backward: bool
    leave_strike_deg: float
    land_span_s: float
    leave_span_s: float
    stands: bool


def leg_motion(side: Side, runner: Runner, contacts: list[Contact], duration_s: float) -> LegMotion:
    """Move one leg from contact to contact, from time 0 to `duration_s`."""
    n = round(duration_s * MOTION_RATE_HZ) + 1
    t = np.arange(n) / MOTION_RATE_HZ
    steps = _steps(runner, contacts, duration_s)
    foot_spline = _spline(steps, _foot_stance, _foot_swing, anchored_landing=True)
    shank_spline = _spline(steps, _shank_stance, _shank_swing, out_of_step=True)
    roll_spline = _spline(steps, _roll_stance, _roll_swing)
    turn_spline = _spline(steps, _turn_stance, _turn_swing)
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


def _steps(runner: Runner, contacts: list[Contact], duration_s: float) -> list[_Step]:
    steps = []
    for k, contact in enumerate(contacts):
        following = contacts[k + 1] if k + 1 < len(contacts) else contact
        to_s = contact.to_s if np.isfinite(contact.to_s) else max(duration_s, contact.ic_s) + 5.0
        span = contact_span_s(runner, contact)
        stood = stands(runner, replace(contact, to_s=to_s))
        leaving = following if stood else contact
        leave_span = contact_span_s(runner, leaving)
        steps.append(
            _Step(
                contact=replace(contact, to_s=to_s),
                land=shapes.shape_of(contact),
                leave=shapes.shape_of(leaving),
                land_backward=contact.kind is PhaseKind.WALK_BACKWARD,
                leave_backward=leaving.kind is PhaseKind.WALK_BACKWARD,
                leave_strike_deg=float(np.rad2deg(leaving.strike_angle_rad)),
                land_span_s=span if stood else to_s - contact.ic_s,
                leave_span_s=min(leave_span, to_s - contact.ic_s) if stood else to_s - contact.ic_s,
                stands=stood,
            )
        )
    return steps


def _spline(
    steps: list[_Step],
    stance: Callable[[_Step, FloatArray, FloatArray], FloatArray],
    swing: Callable[[_Step, _Step, FloatArray], FloatArray],
    *,
    anchored_landing: bool = False,
    out_of_step: bool = False,
) -> CubicSpline:
    """One C2 spline through the anchors of all stances and swings; angles in radians.

    With `out_of_step`, the anchors come as much later than contact and toe-off as the style of each step says.
    """
    times, values = [], []
    for k, step in enumerate(steps):
        c = step.contact
        at = c.ic_s + shapes.STANCE_PHASES * step.land_span_s
        if anchored_landing and k and not step.land_backward:
            at = _sorted_apart(np.concatenate([at, c.ic_s + shapes.contact_times_s(step.land)]))
        if step.stands:
            leave = c.to_s - (1.0 - shapes.STANCE_PHASES) * step.leave_span_s
            still = np.arange(c.ic_s + step.land_span_s + 0.1, c.to_s - step.leave_span_s - 0.05, 0.2)
            at = np.concatenate([at, still, leave])
            at = _sorted_apart(at[at <= c.to_s])
        s_land = (at - c.ic_s) / step.land_span_s
        s_leave = 1.0 - (c.to_s - at) / step.leave_span_s
        late = (1.0 if out_of_step else 0.0) * np.array([c.style.shank_ic_late_s, c.style.shank_to_late_s])
        times.append(at + np.interp(at, [c.ic_s, c.to_s], late))
        values.append(stance(step, s_land, s_leave))
        if k + 1 < len(steps):
            nxt = steps[k + 1]
            span = nxt.contact.ic_s - c.to_s
            lead_s = (nxt.land.slap_lead + 1.0) * nxt.land.slap_s if anchored_landing else 0.0
            before_landing = nxt.contact.ic_s - lead_s
            u = shapes.SWING_PHASES[c.to_s + shapes.SWING_PHASES * span < before_landing]
            next_late_s = nxt.contact.style.shank_ic_late_s if out_of_step else 0.0
            times.append(c.to_s + u * span + (1.0 - u) * late[1] + u * next_late_s)
            values.append(swing(step, nxt, u))
    return CubicSpline(np.concatenate(times), np.deg2rad(np.concatenate(values)))


def _sorted_apart(times: FloatArray) -> FloatArray:
    """Sort; leave out those that lie within 3 ms of the one before."""
    times = np.unique(times)
    return np.asarray(times[np.concatenate([[True], np.diff(times) > 0.003])])


def _foot_stance(step: _Step, s_land: FloatArray, s_leave: FloatArray) -> FloatArray:
    strike = float(np.rad2deg(step.contact.strike_angle_rad))
    if step.land_backward:
        landing = step.land.foot_to * shapes.push_off(step.land, 1.0 - s_land)
    else:
        landing = shapes.landing_pitch_deg(step.land, strike, s_land * step.land_span_s)
    if step.leave_backward:
        before_s = (1.0 - s_leave) * step.leave_span_s
        leaving = shapes.landing_pitch_deg(replace(step.leave, paw_dps=0.0), step.leave_strike_deg, before_s)
    else:
        leaving = step.leave.foot_to * shapes.push_off(step.leave, s_leave)
    tilt = 0.0 if step.stands else step.land.foot_roll
    rolling = tilt * shapes.smoothstep(s_land) * (1.0 - shapes.push_off(step.leave, s_leave))
    return landing + leaving + rolling


def _foot_swing(before: _Step, after: _Step, u: FloatArray) -> FloatArray:
    spans_s = after.contact.ic_s - before.contact.to_s, before.leave_span_s
    factor = after.contact.swing_factor
    if after.land_backward:
        land = replace(before.leave, paw_dps=0.0)
        return shapes.foot_swing_deg(after.land, 1.0 - u, *spans_s, land, before.leave_strike_deg, factor)
    strike = float(np.rad2deg(after.contact.strike_angle_rad))
    shape = replace(before.leave, foot_reach_at=after.land.foot_reach_at)
    return shapes.foot_swing_deg(shape, u, *spans_s, after.land, strike, factor)


def _two_ended(
    step: _Step, s_land: FloatArray, s_leave: FloatArray, first: float, last: float, run_out: FloatArray
) -> FloatArray:
    """Lead an angle from `first` to `last`; over a stand it rests at zero in between."""
    if step.stands:
        return first * (1.0 - shapes.smoothstep(s_land)) + last * shapes.smoothstep(s_leave)
    return first + (last - first) * run_out


def _shank_stance(step: _Step, s_land: FloatArray, s_leave: FloatArray) -> FloatArray:
    first = step.land.shank_to if step.land_backward else step.land.shank_ic
    last = step.leave.shank_ic if step.leave_backward else step.leave.shank_to
    out = (
        1.0 - shapes.shank_turn(step.land, 1.0 - s_land) if step.land_backward else shapes.shank_turn(step.land, s_land)
    )
    return _two_ended(step, s_land, s_leave, first, last, out)


def _shank_swing(before: _Step, after: _Step, u: FloatArray) -> FloatArray:
    factor = after.contact.swing_factor
    if after.land_backward:
        return shapes.shank_swing_deg(after.land, 1.0 - u, before.leave.shank_ic, factor)
    return shapes.shank_swing_deg(before.leave, u, after.land.shank_ic, factor)


def _roll_stance(step: _Step, s_land: FloatArray, s_leave: FloatArray) -> FloatArray:
    size = step.land.inversion * step.contact.roll_factor
    if step.stands:
        return size * (1.0 - shapes.smoothstep(s_land)) + step.leave.inversion * shapes.smoothstep(s_leave)
    last = step.leave.inversion
    return shapes.inversion(s_land) * size + (last - size) * shapes.smoothstep(s_land)


def _roll_swing(before: _Step, after: _Step, u: FloatArray) -> FloatArray:
    first, last = before.leave.inversion, after.land.inversion * after.contact.roll_factor
    return first + (last - first) * shapes.smoothstep(u) - 1.2 * first * np.sin(np.pi * u) ** 2


def _turn_stance(step: _Step, s_land: FloatArray, s_leave: FloatArray) -> FloatArray:
    if step.stands:
        return -0.5 * step.leave.rotation * shapes.smoothstep(s_leave)
    return step.land.rotation * step.contact.roll_factor * shapes.inward_turn(s_land)


def _turn_swing(before: _Step, after: _Step, u: FloatArray) -> FloatArray:
    size = before.leave.rotation * (1.0 if before.stands else before.contact.roll_factor)
    return size * (-0.5 * (1.0 - shapes.smoothstep(u)) - 0.9 * np.sin(np.pi * u) ** 2 * np.cos(np.pi * u))


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


def _foot_path(t: FloatArray, steps: list[_Step], pitch: CubicSpline) -> FloatArray:
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


def _ankle_in_swing(t: FloatArray, before: _Step, after: _Step, pitch: CubicSpline) -> FloatArray:
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


def _shocks(t: FloatArray, steps: list[_Step], runner: Runner) -> tuple[FloatArray, FloatArray]:
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
