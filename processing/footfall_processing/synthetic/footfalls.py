"""From a plan to footfalls: when and where each foot is on the ground, and with which shape of stride.

Speeds become cadence and contact time by simple laws:

* running: contact time 0.44 s·(m/s)^½ / sqrt(speed); cadence linear in speed. Fitted by eye to treadmill values at
  2.5, 3.5 and 4.5 m/s of the kind published by Fukuchi et al. 2017, doi:10.7717/peerj.3298;
* walking: constant walk ratio (step length over cadence) of 0.0064 m·min, about the value reported for adults; stance
  0.62 of the stride at 1.4 m/s, falling with speed. Textbook values, not looked up for this model.

A foot is put down where the body will be 45 % into the contact, so that strides add up to the way covered, at any
change of speed.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.session import Side
from footfall_processing.synthetic.plan import Leg, PhaseKind, Runner, RunPlan

_GRID_HZ = 200.0
_RAMP_MPS2 = 1.4
_ANCHOR_FRACTION = 0.45
_SHORTEST_STANCE_S = 0.15
_SHORTEST_SWING_S, _LONGEST_SWING_S = 0.36, 0.55
"""When the gait changes, no swing is hastier than a walker's, and none out of a stand slower."""
_LEAST_SWING_S = 0.3
"""After a short stop a swing may be as hasty as this (our choice): what is felt stays below 20 g."""
_STANDING_SPANS = 1.4
"""A foot that is on the ground for so many times its contact time stands."""

_HABIT: Final = np.array([2.0, 0.020, 0.018, 0.25, 2.0, 2.0, 0.008, 0.006])
_CHANCE: Final = np.array([1.0, 0.020, 0.008, 0.12, 0.8, 0.6, 0.003, 0.003])
"""Standard deviations between legs and between strides of a leg, of what makes up a `Style`."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a stride departs from the mean shape (see `shapes`): by the leg's habit, and by chance.

    Parameters
    ----------
    foot_to_deg, push_trough, foot_reach
        Added to the foot's pitch at toe-off, and to the phases of its fastest rise and of its reach.
    paw
        Factor on the rate at which the foot turns down at contact.
    shank_ic_deg, shank_to_deg
        Added to the shank's angles.
    shank_ic_late_s, shank_to_late_s
        By how much the shank's turn lags behind initial contact and toe-off.
    """

    foot_to_deg: float = 0.0
    push_trough: float = 0.0
    foot_reach: float = 0.0
    paw: float = 1.0
    shank_ic_deg: float = 0.0
    shank_to_deg: float = 0.0
    shank_ic_late_s: float = 0.0
    shank_to_late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Contact:
    """One foot on the ground, and the swing that follows.

    Parameters
    ----------
    kind
        The movement this contact belongs to.
    ic_s, to_s
        Initial contact and toe-off; infinite where the recording begins or ends in a stand.
    x_m
        Where the flat foot stands along the way.
    speed_mps
        Signed speed of the body at this contact.
    strike_angle_rad, touchdown_mps, swing_factor, roll_factor
        Shape of this stride after variation: pitch at contact, speed into the ground, size of the swing's excursions
        and of the roll.
    style
        Its other departures from the mean shape.
    """

    kind: PhaseKind
    ic_s: float
    to_s: float
    x_m: float
    speed_mps: float
    strike_angle_rad: float
    touchdown_mps: float
    swing_factor: float = 1.0
    roll_factor: float = 1.0
    style: Style = Style()


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """How the body moves along the way: position and signed speed over time."""

    t_s: FloatArray
    speed_mps: FloatArray
    x_m: FloatArray

    def position_m(self, t_s: float | FloatArray) -> FloatArray:
        """Way covered at a time."""
        return np.asarray(np.interp(t_s, self.t_s, self.x_m), dtype=np.float64)


def travel(plan: RunPlan) -> Travel:
    """Speed over time, with ramps of limited acceleration between phases, and its integral."""
    t = np.arange(-_GRID_HZ, plan.duration_s * _GRID_HZ + 1.5 * _GRID_HZ) / _GRID_HZ
    target = np.zeros_like(t)
    start = 0.0
    for phase in plan.phases:
        inside = (t >= start) & (t < start + phase.duration_s)
        end_speed = phase.speed_mps if phase.end_speed_mps is None else phase.end_speed_mps
        w = (t[inside] - start) / phase.duration_s
        sign = -1.0 if phase.kind is PhaseKind.WALK_BACKWARD else 1.0
        target[inside] = sign * ((1.0 - w) * phase.speed_mps + w * end_speed)
        start += phase.duration_s
    speed = np.zeros_like(t)
    step = _RAMP_MPS2 / _GRID_HZ
    for k in range(1, len(t)):
        speed[k] = speed[k - 1] + np.clip(target[k] - speed[k - 1], -step, step)
    width = round(0.4 * _GRID_HZ)
    kernel = np.hanning(width + 2)[1:-1]
    speed = np.convolve(np.pad(speed, width, mode="edge"), kernel / kernel.sum(), mode="same")[width:-width]
    speed[np.abs(speed) < 1e-9] = 0.0
    x = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1])) / _GRID_HZ])
    return Travel(t, speed, x)


def step_time_s(runner: Runner, kind: PhaseKind, speed_mps: float) -> float:
    """Time from the contact of one foot to that of the other."""
    v = abs(speed_mps)
    if kind is PhaseKind.RUN:
        return 60.0 / (runner.cadence_spm + runner.cadence_per_mps * (max(v, 1.5) - 3.0))
    cadence = max(np.sqrt(60.0 * v / 0.0064), 62.0)
    return float(60.0 / (cadence if kind is PhaseKind.WALK else 1.05 * cadence))


def contact_time_s(runner: Runner, kind: PhaseKind, speed_mps: float) -> float:
    """Time on the ground of one foot."""
    v = abs(speed_mps)
    if kind is PhaseKind.RUN:
        return float(min(0.44 / np.sqrt(max(v, 1.5)), 0.85 * step_time_s(runner, kind, v)))
    stance = np.clip(0.62 - 0.05 * (v - 1.4), 0.58, 0.66)
    return float(stance * 2.0 * step_time_s(runner, kind, v))


def contact_span_s(runner: Runner, contact: Contact) -> float:
    """Time on the ground that goes with a contact's speed, however long it lasts."""
    return contact_time_s(runner, contact.kind, contact.speed_mps) if contact.speed_mps else 0.6


def stands(runner: Runner, contact: Contact) -> bool:
    """Tell whether the foot stands still between landing and departure."""
    lasts_s = contact.to_s - contact.ic_s
    return contact.kind is PhaseKind.STAND or lasts_s > _STANDING_SPANS * contact_span_s(runner, contact)


def footfalls(plan: RunPlan, runner: Runner, rng: np.random.Generator) -> tuple[Travel, dict[Side, list[Contact]]]:
    """Contacts of both feet in order of time; the first and the last of each foot are stands or cut by the plan.

    Raises
    ------
    InputError
        When a stand is too short for the feet to come to rest.
    """
    way = travel(plan)
    contacts: dict[Side, list[Contact]] = {side: [_standing(way, -1.0)] for side in Side}
    side = Side.RIGHT
    ran_s = 0.0
    habits = {s: rng.standard_normal(len(_HABIT)) for s in Side}
    wander = {s: np.zeros(5 + len(_CHANCE)) for s in Side}
    for begin, end in _moving_spans(way):
        t = begin
        backward = float(way.position_m(end) - way.position_m(begin)) < 0.0
        closing = False
        first = True
        fresh = set(Side)
        while True:
            v = float(np.interp(t, way.t_s, way.speed_mps))
            kind = PhaseKind.WALK_BACKWARD if backward else _kind_at(plan, t, v)
            wander[side] = 0.4 * wander[side] + np.sqrt(1.0 - 0.16) * rng.standard_normal(5 + len(_CHANCE))
            noise = runner.variability * wander[side]
            step = step_time_s(runner, kind, v) * (1.0 + 0.012 * noise[0])
            if first:
                # The first foot leaves the ground as the body starts to move and lands one swing later.
                t += 0.75 * step
                first = False
                v = float(np.interp(t, way.t_s, way.speed_mps))
                kind = PhaseKind.WALK_BACKWARD if backward else _kind_at(plan, t, v)
            if kind is PhaseKind.RUN:
                ran_s += step
            contact = _contact(runner, runner.leg(side), kind, t, v, ran_s / 60.0, noise)
            contact = replace(contact, style=_style(runner.habits * _HABIT * habits[side] + _CHANCE * noise[5:]))
            closing_now = closing or t > end
            x = float(way.position_m(t + _ANCHOR_FRACTION * (contact.to_s - contact.ic_s)))
            contact = replace(contact, x_m=x, to_s=np.inf if t + 2.0 * step > end else contact.to_s)
            _land(contacts[side], contact, runner)
            if side in fresh:
                fresh.remove(side)
                _require_rest(plan, runner, *contacts[side][-2:])
            if closing_now and closing:
                break
            closing = t + step > end
            t += step
            side = Side.LEFT if side is Side.RIGHT else Side.RIGHT
    return way, contacts


def _land(history: list[Contact], contact: Contact, runner: Runner) -> None:
    """Append, and let the foot leave the ground in time for this landing: a swing takes a while."""
    before = history[-1]
    stance = contact_time_s(runner, contact.kind, contact.speed_mps)
    swing = 2.0 * step_time_s(runner, contact.kind, contact.speed_mps) - stance
    swing = min(swing, _LONGEST_SWING_S) if np.isinf(before.to_s) else min(swing, _SHORTEST_SWING_S)
    to_s = max(min(before.to_s, contact.ic_s - swing), before.ic_s + _SHORTEST_STANCE_S)
    history[-1] = replace(before, to_s=to_s)
    history.append(contact)


def _require_rest(plan: RunPlan, runner: Runner, last: Contact, first: Contact) -> None:
    """Raise `InputError` when a foot's last contact before a stop leaves no time for the first one after it."""
    turns = (last.kind is PhaseKind.WALK_BACKWARD) != (first.kind is PhaseKind.WALK_BACKWARD)
    if first.ic_s - last.to_s >= _LEAST_SWING_S and (stands(runner, last) or not turns):
        return
    if turns:
        needed_s = _STANDING_SPANS * contact_span_s(runner, last) + _LONGEST_SWING_S
    else:
        needed_s = _SHORTEST_STANCE_S + _SHORTEST_SWING_S
    begins_s = np.cumsum([0.0, *(phase.duration_s for phase in plan.phases)])
    place = max(
        place
        for place, phase in enumerate(plan.phases)
        if begins_s[place] < first.ic_s
        and phase.kind is not PhaseKind.STAND
        and (phase.kind is PhaseKind.WALK_BACKWARD) == (first.kind is PhaseKind.WALK_BACKWARD)
    )
    while plan.phases[place].kind is not PhaseKind.STAND:
        place -= 1
    phase = plan.phases[place]
    enough_s = math.ceil(10.0 * (phase.duration_s + needed_s - (first.ic_s - last.ic_s)) + 1.0) / 10.0
    raise InputError(
        f"phase {place + 1} of the plan, a stand of {phase.duration_s:g} s, is too short to come to rest in: "
        f"make it {enough_s:.1f} s"
    )


def _contact(
    runner: Runner, leg: Leg, kind: PhaseKind, t: float, v: float, minutes: float, noise: FloatArray
) -> Contact:
    speed = abs(v)
    factor = leg.landing_factor * (1.0 + leg.fatigue_landing_per_min * minutes) * (1.0 + 0.12 * noise[2])
    if kind is PhaseKind.RUN:
        strike = leg.strike_angle_deg - leg.fatigue_strike_deg_per_min * minutes + 1.3 * noise[3]
        touchdown = (0.10 + 0.22 * max(speed, 1.0)) * factor
    elif kind is PhaseKind.WALK:
        strike = 23.0 * np.sqrt(min(speed, 2.0) / 1.4) + 1.3 * noise[3]
        touchdown = (0.12 + 0.22 * speed) * factor
    else:
        strike = 0.0
        touchdown = (0.10 + 0.10 * speed) * factor
    contact = contact_time_s(runner, kind, speed) * leg.contact_factor * (1.0 + 0.018 * noise[1])
    return Contact(
        kind=kind,
        ic_s=t,
        to_s=t + contact,
        x_m=0.0,
        speed_mps=v,
        strike_angle_rad=float(np.deg2rad(strike)),
        touchdown_mps=float(max(touchdown, 0.05)),
        swing_factor=float(1.0 + 0.025 * noise[4]),
        roll_factor=float(1.0 + 0.15 * noise[1]),
    )


def _style(departures: FloatArray) -> Style:
    return Style(*(float(x) for x in departures + np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])))


def _standing(way: Travel, t: float) -> Contact:
    return Contact(PhaseKind.STAND, t, np.inf, float(way.position_m(t)), 0.0, 0.0, 0.05)


def _moving_spans(way: Travel) -> list[tuple[float, float]]:
    moving = np.abs(way.speed_mps) > 0.05
    edges = np.flatnonzero(np.diff(moving.astype(np.int8), prepend=0, append=0))
    last = len(way.t_s) - 1
    return [(float(way.t_s[a]), float(way.t_s[min(b, last)])) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _kind_at(plan: RunPlan, t: float, speed_mps: float) -> PhaseKind:
    """Say what is done at `t`: that of the phase, but while speed changes nobody walks fast or runs slowly."""
    ends = np.cumsum([phase.duration_s for phase in plan.phases])
    phase = plan.phases[min(int(np.searchsorted(ends, t, side="right")), len(plan.phases) - 1)]
    runs = speed_mps > 2.05 or (phase.kind is PhaseKind.RUN and speed_mps >= 1.6)
    return PhaseKind.RUN if runs else PhaseKind.WALK
