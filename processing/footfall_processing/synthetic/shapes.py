"""The shape of a stride: pitch of foot and shank and the height of the ankle, over stance and swing.

Angles are in degrees, toes up (foot, against the ground) and knee behind the ankle (shank, against the vertical) being
positive. Stance phase `s` runs from 0 (initial contact) to 1 (toe-off), swing phase `u` from 0
(toe-off) to 1 (next contact). Splines through the anchors are made in `motion`.

Where the numbers come from. Ranges over speed follow treadmill running at 2.5, 3.5 and 4.5 m/s as published by
Fukuchi et al. 2017, doi:10.7717/peerj.3298 (segment angles of a few runners of that data set, rounded), and the strike
angle classes Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104. That runners with a large strike angle may keep
it or lower it with speed (Forrester & Townend 2015, doi:10.1016/j.gaitpost.2014.08.004) is left to the plan: the
angle is a setting of each leg. Walking anchors are textbook values.

How the foot leaves the ground follows from what turns it. Its pitch rate is the shank's plus the ankle's. In late
stance the ankle extends ever faster while the foot rolls over its ball, until the calf lets go: its rate is greatest
shortly before toe-off and gone some 50 ms after, as the ankle is extended most about toe-off (Novacheck 1998,
doi:10.1016/S0966-6362(97)00038-6). What is left then is the shank, which swings on backwards until the knee is bent
most. The course of the rates between the anchors is that of the same few runners, rounded: they agree with marker
data in timing and size (docs/validation/synthetic-realism.md), not in each detail. How far legs and strides depart
from them is a `Style`.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.special import erf

from footfall_processing.samples import FloatArray
from footfall_processing.synthetic.footfalls import Contact
from footfall_processing.synthetic.plan import PhaseKind

_PAW_BEFORE_S, _PAW_AFTER_S = 0.030, 0.015

STANCE_PHASES: Final = np.array([0.0, 0.04, 0.08, 0.13, 0.19, 0.27, 0.36, 0.46, 0.56, 0.66, 0.76, 0.86, 0.94, 1.0])
_HEEL_RISE: Final = (0.0, 0.11, 0.27, 0.53, 0.80, 0.97)
_CONTACT_TIMES_S: Final = np.array([-0.024, -0.016, -0.008, 0.006, 0.012, 0.019, 0.030, 0.045])

SWING_PHASES: Final = np.array(
    [0.025, 0.05, 0.08, 0.12, 0.16, 0.21, 0.28, 0.36, 0.44, 0.52, 0.60, 0.68, 0.76, 0.84, 0.91]
)


@dataclass(frozen=True, slots=True)
class StrideShape:
    """Angles (degrees) that a stride passes through; see the module for signs.

    Parameters
    ----------
    foot_to, foot_min
        Foot pitch at toe-off and at its lowest in swing.
    push_from
        Stance phase at which the heel begins to rise.
    push_trough_at
        Where between the heel's first rise (0) and toe-off (1) it rises fastest.
    push_end_s
        How quickly the ankle ceases to drive the foot then: standard deviation of the bell that its rate falls along.
    foot_roll
        Slow forward roll of the flat foot over mid-stance.
    foot_min_at, shank_min_at
        Swing phase of the lowest pitch.
    shank_ic, shank_to, shank_min, shank_reach
        The same for the shank.
    shank_rates
        Course of the shank's turn over the ankle in stance: rates at even phases, to any scale.
    apex_at, apex_m, low_at, low_m
        Swing phase and height above standing at which the ankle is highest, and passes lowest.
    cruise_from, cruise_to
        Swing phases between which the ankle moves forwards at its highest speed.
    foot_reach_at, shank_reach_at
        Swing phase at which the angles are highest before contact.
    inversion, rotation
        Size of the roll and of the turn about the vertical over the stride.
    slap_s, slap_lead
        Time constant with which a foot lands from the heel, and how many of them it begins before contact.
    paw_dps
        Rate at which it turns toes down at contact, beyond what the strike angle brings.
    """

    foot_to: float
    foot_min: float
    push_from: float
    push_trough_at: float
    push_end_s: float
    foot_roll: float
    foot_min_at: float
    shank_ic: float
    shank_to: float
    shank_min: float
    shank_reach: float
    shank_min_at: float
    shank_rates: tuple[float, ...]
    apex_at: float
    apex_m: float
    low_at: float
    low_m: float
    cruise_from: float
    cruise_to: float
    foot_reach_at: float
    shank_reach_at: float
    inversion: float
    rotation: float
    slap_s: float
    slap_lead: float
    paw_dps: float


def stride_shape(kind: PhaseKind, speed_mps: float) -> StrideShape:
    """Look up the shape at a speed; walking backwards has that of walking, which the caller plays backwards."""
    v = abs(speed_mps)
    if kind is PhaseKind.RUN:
        w = float(np.clip(v, 1.4, 5.5)) - 2.5
        return StrideShape(
            foot_to=-(42.0 + 5.0 * w),
            foot_min=-(74.0 + 24.0 * w) if w < 1.5 else -(110.0 + 10.0 * (w - 1.5)),
            push_from=0.35,
            push_trough_at=0.91,
            push_end_s=0.025,
            foot_roll=-3.0,
            foot_min_at=0.36,
            shank_ic=12.0,
            shank_to=-(29.0 + 3.0 * w),
            shank_min=-(64.0 + 22.0 * w) if w < 1.5 else -(97.0 + 8.0 * (w - 1.5)),
            shank_reach=5.0,
            shank_min_at=0.40,
            shank_rates=(0.6, 1.05, 0.92, 0.8, 0.6, 0.44, 0.3, 0.18, 0.06, 0.0, 0.08),
            apex_at=0.36,
            apex_m=0.155 + 0.09 * w,
            low_at=0.80,
            low_m=0.045,
            cruise_from=0.40,
            cruise_to=0.72,
            foot_reach_at=0.92,
            shank_reach_at=0.95,
            inversion=5.0,
            rotation=6.0,
            slap_s=0.015,
            slap_lead=1.5,
            paw_dps=140.0,
        )
    k = float(np.clip(v / 1.4, 0.25, 1.5)) ** 0.5
    return StrideShape(
        foot_to=-64.0 * k,
        foot_min=-68.0 * k,
        push_from=0.58,
        push_trough_at=0.968,
        push_end_s=0.014,
        foot_roll=-0.3,
        foot_min_at=0.08,
        shank_ic=15.0 * k,
        shank_to=-40.0 * k,
        shank_min=-52.0 * k,
        shank_reach=3.0,
        shank_min_at=0.24,
        shank_rates=(1.4, 1.34, 1.27, 1.2, 1.13, 1.05, 0.96, 0.86, 0.74, 0.58, 0.2),
        apex_at=0.14,
        apex_m=0.105 * max(k, 0.9),
        low_at=0.68,
        low_m=0.035,
        cruise_from=0.42,
        cruise_to=0.58,
        foot_reach_at=0.99,
        shank_reach_at=0.90,
        inversion=3.0,
        rotation=2.5,
        slap_s=0.025,
        slap_lead=0.2,
        paw_dps=0.0,
    )


def landing_pitch_deg(shape: StrideShape, strike_deg: float, since_s: FloatArray) -> FloatArray:
    """Pitch of the foot about its contact: the strike angle at contact, on its way to flat.

    A heel that lands first brings the toes down fastest just after contact; a ball that lands first lets the heel
    down only then. Either way the foot is still turning down when it meets the ground, and is stopped by it.
    """
    t = np.asarray(since_s, dtype=np.float64)
    if strike_deg > 0.0:
        left = _settling(np.maximum(t / shape.slap_s + shape.slap_lead, 0.0)) / float(_settling(shape.slap_lead))
    else:
        left = _settling(np.maximum(t, 0.0) / shape.slap_s)
    return strike_deg * left - shape.paw_dps * t * np.exp(
        -0.5 * (t / np.where(t < 0.0, _PAW_BEFORE_S, _PAW_AFTER_S)) ** 2
    )


def contact_times_s(shape: StrideShape) -> FloatArray:
    """Times about contact at which the pitch of a landing foot needs anchors of its own."""
    lead_s = (shape.slap_lead + 0.5) * shape.slap_s
    return _CONTACT_TIMES_S[-lead_s < _CONTACT_TIMES_S]


def _settling(x: FloatArray | float) -> FloatArray:
    return np.asarray((1.0 + x + 0.5 * x * x) * np.exp(-x), dtype=np.float64)


def push_off(shape: StrideShape, s: FloatArray | float) -> FloatArray:
    """Rise of the heel over stance, from 0 to 1 at toe-off: ever faster until just before it."""
    way = _heel_rise(shape.push_trough_at).antiderivative()
    w = np.clip((np.asarray(s, dtype=np.float64) - shape.push_from) / (1.0 - shape.push_from), 0.0, 1.0)
    return np.asarray(way(w) / way(1.0), dtype=np.float64)


def _heel_rise(trough_at: float) -> PchipInterpolator:
    """Rate of the heel's rise from its beginning (0) to toe-off (1), its greatest being 1."""
    end = 1.0 - 10.0 * (1.0 - trough_at) ** 2
    return PchipInterpolator([0.0, 0.23, 0.385, 0.54, 0.69, 0.84, trough_at, 1.0], [*_HEEL_RISE, 1.0, end])


def smoothstep(w: FloatArray) -> FloatArray:
    """From 0 to 1 with no speed or acceleration at the ends."""
    w = np.clip(np.asarray(w, dtype=np.float64), 0.0, 1.0)
    return np.asarray(w**3 * (10.0 + w * (6.0 * w - 15.0)), dtype=np.float64)


def _glide(w: FloatArray) -> FloatArray:
    w = np.clip(np.asarray(w, dtype=np.float64), 0.0, 1.0)
    return np.asarray(w * w * (3.0 - 2.0 * w), dtype=np.float64)


def _forward_swing(w: FloatArray) -> FloatArray:
    """From 0 to 1 as a leg swings forward: fastest past the middle, then quickly stopped."""
    w = np.clip(np.asarray(w, dtype=np.float64), 0.0, 1.0)
    return np.asarray((w**1.8 / 1.8 - w**4.3 / 4.3) / (1.0 / 1.8 - 1.0 / 4.3), dtype=np.float64)


def foot_swing_deg(
    shape: StrideShape,
    u: FloatArray,
    swing_s: float,
    stance_s: float,
    land: StrideShape,
    landing_deg: float,
    factor: float,
) -> FloatArray:
    """Pitch of the foot in swing, towards a landing at `landing_deg` in the shape of the next stride.

    Until its lowest, the rate is that of an ankle that ceases to push, and of a shank that swings back.
    """
    rise = _heel_rise(shape.push_trough_at)
    push_s = (1.0 - shape.push_from) * stance_s
    rate = shape.foot_to / push_s * float(rise(1.0) / rise.antiderivative()(1.0))
    lead_s, low_s = (1.0 - shape.push_trough_at) * push_s, shape.foot_min_at * swing_s
    t = np.clip(u * swing_s, 0.0, low_s)
    pushed = rate * _bell(t, lead_s, shape.push_end_s)
    all_pushed = rate * float(_bell(low_s, lead_s, shape.push_end_s))
    swung = min(shape.foot_min * factor - shape.foot_to - all_pushed, 0.0)
    low = shape.foot_to + all_pushed + swung
    # From its reach the foot comes down evenly to where its landing begins.
    first_s = float(contact_times_s(land)[0])
    reached_s = (1.0 - shape.foot_reach_at) * swing_s
    top = float(landing_pitch_deg(land, landing_deg, np.array(first_s)))
    top += 0.5 * land.paw_dps * max(reached_s + first_s, 0.0)
    up = low + (top - low) * _forward_swing((u - shape.foot_min_at) / (shape.foot_reach_at - shape.foot_min_at))
    return np.where(u <= shape.foot_min_at, shape.foot_to + pushed + swung * _back_swing(t / low_s), up)


def _back_swing(w: FloatArray) -> FloatArray:
    """From 0 to 1 as the shank of a leg that left the ground swings on backwards: from rest and to rest."""
    return np.asarray((w**2.4 / 2.4 - w**3.4 / 3.4) / (1.0 / 2.4 - 1.0 / 3.4), dtype=np.float64)


def _bell(t_s: FloatArray | float, lead_s: float, width_s: float) -> FloatArray:
    """Integral from 0 of a bell that had its top `lead_s` ago, and is 1 at 0."""
    a, b = lead_s / (np.sqrt(2.0) * width_s), (np.asarray(t_s) + lead_s) / (np.sqrt(2.0) * width_s)
    return np.asarray(np.sqrt(0.5 * np.pi) * width_s * np.exp(a * a) * (erf(b) - erf(a)), dtype=np.float64)


def shank_turn(shape: StrideShape, s: FloatArray) -> FloatArray:
    """How far the shank has turned over the ankle in stance, 0 to 1: quickly at first, then ever more slowly."""
    way = PchipInterpolator(np.linspace(0.0, 1.0, len(shape.shank_rates)), shape.shank_rates).antiderivative()
    return np.asarray(way(np.clip(s, 0.0, 1.0)) / way(1.0), dtype=np.float64)


def shank_swing_deg(shape: StrideShape, u: FloatArray, next_ic_deg: float, factor: float) -> FloatArray:
    """Shank angle in swing: on from toe-off, back to its lowest, then up to its highest just before contact."""
    start, low, low_at = shape.shank_to, shape.shank_min * factor, shape.shank_min_at
    w = np.clip(u / low_at, 0.0, 1.0)
    down = start + (low - start) * (_glide(w) + 0.4 * w * (1.0 - w) ** 2)
    top = next_ic_deg + shape.shank_reach
    up = low + (top - low) * _forward_swing((u - low_at) / (shape.shank_reach_at - low_at))
    return np.where(u <= low_at, down, up)


def inversion(s: FloatArray) -> FloatArray:
    """Roll of the foot in stance: lands inverted (1), everts to mid-stance (-1), leaves the ground inverted."""
    return np.asarray(1.0 - 2.0 * np.sin(np.pi * np.clip(s, 0.0, 1.0) ** 0.7) ** 2, dtype=np.float64)


def inward_turn(s: FloatArray) -> FloatArray:
    """Turn about the vertical in stance: inwards until mid-stance, then outwards (0 to 1 to -0.5)."""
    s = np.clip(s, 0.0, 1.0)
    return np.asarray(np.sin(np.pi * s**0.7) ** 2 - 0.5 * smoothstep(2.0 * s - 1.0), dtype=np.float64)


def shape_of(contact: Contact) -> StrideShape:
    """Look up the shape of the stride that a contact begins, in the style of this leg and stride."""
    shape, style = stride_shape(contact.kind, contact.speed_mps), contact.style
    return replace(
        shape,
        foot_to=shape.foot_to + style.foot_to_deg,
        push_trough_at=float(np.clip(shape.push_trough_at + style.push_trough, 0.86, 0.98)),
        foot_reach_at=float(np.clip(shape.foot_reach_at + style.foot_reach, 0.86, max(shape.foot_reach_at, 0.95))),
        paw_dps=shape.paw_dps * style.paw,
        shank_ic=shape.shank_ic + style.shank_ic_deg,
        shank_to=shape.shank_to + style.shank_to_deg,
    )
