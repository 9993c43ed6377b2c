"""Angles of foot and shank over a run: one smooth curve each, through the shapes of all stances and swings."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import CubicSpline

from footfall_processing.samples import FloatArray
from footfall_processing.synthetic import shapes
from footfall_processing.synthetic.footfalls import Contact, contact_span_s, stands
from footfall_processing.synthetic.plan import PhaseKind, Runner


@dataclass(frozen=True, slots=True)
class Step:
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


def steps_of(runner: Runner, contacts: list[Contact], duration_s: float) -> list[Step]:
    """Give each contact the shapes that it lands and leaves with."""
    steps = []
    for k, contact in enumerate(contacts):
        following = contacts[k + 1] if k + 1 < len(contacts) else contact
        to_s = contact.to_s if np.isfinite(contact.to_s) else max(duration_s, contact.ic_s) + 5.0
        span = contact_span_s(runner, contact)
        stood = stands(runner, replace(contact, to_s=to_s))
        leaving = following if stood else contact
        leave_span = contact_span_s(runner, leaving)
        steps.append(
            Step(
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


def foot_pitch(steps: list[Step]) -> CubicSpline:
    """Pitch of the foot over time, toes up positive; where a foot lands it follows the landing itself."""
    return _spline(steps, _foot_stance, _foot_swing, anchored_landing=True)


def foot_roll(steps: list[Step]) -> CubicSpline:
    """Inversion of the foot over time, the inner edge up positive."""
    return _spline(steps, _roll_stance, _roll_swing)


def foot_turn(steps: list[Step]) -> CubicSpline:
    """Inward turn of the foot about the vertical over time."""
    return _spline(steps, _turn_stance, _turn_swing)


def shank_pitch(steps: list[Step]) -> CubicSpline:
    """Pitch of the shank over time, as much out of step with the foot's contacts as each step's style says."""
    return _spline(steps, _shank_stance, _shank_swing, out_of_step=True)


def _spline(
    steps: list[Step],
    stance: Callable[[Step, FloatArray, FloatArray], FloatArray],
    swing: Callable[[Step, Step, FloatArray], FloatArray],
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


def _foot_stance(step: Step, s_land: FloatArray, s_leave: FloatArray) -> FloatArray:
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


def _foot_swing(before: Step, after: Step, u: FloatArray) -> FloatArray:
    spans_s = after.contact.ic_s - before.contact.to_s, before.leave_span_s
    factor = after.contact.swing_factor
    if after.land_backward:
        land = replace(before.leave, paw_dps=0.0)
        return shapes.foot_swing_deg(after.land, 1.0 - u, *spans_s, land, before.leave_strike_deg, factor)
    strike = float(np.rad2deg(after.contact.strike_angle_rad))
    shape = replace(before.leave, foot_reach_at=after.land.foot_reach_at)
    return shapes.foot_swing_deg(shape, u, *spans_s, after.land, strike, factor)


def _two_ended(
    step: Step, s_land: FloatArray, s_leave: FloatArray, first: float, last: float, run_out: FloatArray
) -> FloatArray:
    """Lead an angle from `first` to `last`; over a stand it rests at zero in between."""
    if step.stands:
        return first * (1.0 - shapes.smoothstep(s_land)) + last * shapes.smoothstep(s_leave)
    return first + (last - first) * run_out


def _shank_stance(step: Step, s_land: FloatArray, s_leave: FloatArray) -> FloatArray:
    first = step.land.shank_to if step.land_backward else step.land.shank_ic
    last = step.leave.shank_ic if step.leave_backward else step.leave.shank_to
    out = (
        1.0 - shapes.shank_turn(step.land, 1.0 - s_land) if step.land_backward else shapes.shank_turn(step.land, s_land)
    )
    return _two_ended(step, s_land, s_leave, first, last, out)


def _shank_swing(before: Step, after: Step, u: FloatArray) -> FloatArray:
    factor = after.contact.swing_factor
    if after.land_backward:
        return shapes.shank_swing_deg(after.land, 1.0 - u, before.leave.shank_ic, factor)
    return shapes.shank_swing_deg(before.leave, u, after.land.shank_ic, factor)


def _roll_stance(step: Step, s_land: FloatArray, s_leave: FloatArray) -> FloatArray:
    size = step.land.inversion * step.contact.roll_factor
    if step.stands:
        return size * (1.0 - shapes.smoothstep(s_land)) + step.leave.inversion * shapes.smoothstep(s_leave)
    last = step.leave.inversion
    return shapes.inversion(s_land) * size + (last - size) * shapes.smoothstep(s_land)


def _roll_swing(before: Step, after: Step, u: FloatArray) -> FloatArray:
    first, last = before.leave.inversion, after.land.inversion * after.contact.roll_factor
    return first + (last - first) * shapes.smoothstep(u) - 1.2 * first * np.sin(np.pi * u) ** 2


def _turn_stance(step: Step, s_land: FloatArray, s_leave: FloatArray) -> FloatArray:
    if step.stands:
        return -0.5 * step.leave.rotation * shapes.smoothstep(s_leave)
    return step.land.rotation * step.contact.roll_factor * shapes.inward_turn(s_land)


def _turn_swing(before: Step, after: Step, u: FloatArray) -> FloatArray:
    size = before.leave.rotation * (1.0 if before.stands else before.contact.roll_factor)
    return size * (-0.5 * (1.0 - shapes.smoothstep(u)) - 0.9 * np.sin(np.pi * u) ** 2 * np.cos(np.pi * u))
