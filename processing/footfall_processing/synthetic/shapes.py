"""The shape of a stride: pitch of foot and shank and the height of the ankle, over stance and swing.

Angles are in degrees, toes up (foot, against the ground) and knee behind the ankle (shank, against the vertical) being
positive. Stance phase `s` runs from 0 (initial contact) to 1 (toe-off), swing phase `u` from 0
(toe-off) to 1 (next contact). Splines through the anchors are made in `motion`.

Where the numbers come from. Ranges over speed follow treadmill running at 2.5, 3.5 and 4.5 m/s as published by
Fukuchi et al. 2017, doi:10.7717/peerj.3298 (segment angles of a few runners of that data set, rounded), and the strike
angle classes Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104. That runners with a large strike angle may keep
it or lower it with speed (Forrester & Townend 2015, doi:10.1016/j.gaitpost.2014.08.004) is left to the plan: the
angle is a setting of each leg. Walking anchors are textbook values. The curves between the anchors are analytic shapes
of ours: they agree with marker data in timing and size (docs/validation/synthetic-realism.md), not in each detail.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall_processing.samples import FloatArray
from footfall_processing.synthetic.footfalls import Contact
from footfall_processing.synthetic.plan import PhaseKind

_PAW_BEFORE_S, _PAW_AFTER_S = 0.030, 0.015

STANCE_PHASES: Final = np.array([0.0, 0.04, 0.08, 0.13, 0.19, 0.27, 0.36, 0.46, 0.56, 0.66, 0.76, 0.86, 0.94, 1.0])
_CONTACT_TIMES_S: Final = np.array([-0.024, -0.016, -0.008, 0.006, 0.012, 0.019, 0.030, 0.045])

SWING_PHASES: Final = np.array([0.07, 0.14, 0.21, 0.28, 0.36, 0.44, 0.52, 0.60, 0.68, 0.76, 0.84, 0.91])


@dataclass(frozen=True, slots=True)
class StrideShape:
    """Angles (degrees) that a stride passes through; see the module for signs.

    Parameters
    ----------
    foot_to, foot_min, foot_reach
        Foot pitch at toe-off, at its lowest in swing, and the excess over the strike angle at its highest.
    push_from
        Stance phase at which the heel begins to rise.
    foot_roll
        Slow forward roll of the flat foot over mid-stance.
    foot_min_at, shank_min_at
        Swing phase of the lowest pitch.
    shank_ic, shank_to, shank_min, shank_reach
        The same for the shank.
    shank_turn
        How much of the shank's turn over the ankle comes early in stance (1 for evenly).
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
    foot_reach: float
    push_from: float
    foot_roll: float
    foot_min_at: float
    shank_ic: float
    shank_to: float
    shank_min: float
    shank_reach: float
    shank_min_at: float
    shank_turn: float
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
            foot_to=-(46.0 + 6.0 * w),
            foot_min=-(74.0 + 24.0 * w) if w < 1.5 else -(110.0 + 10.0 * (w - 1.5)),
            foot_reach=3.5,
            push_from=0.39,
            foot_roll=-3.0,
            foot_min_at=0.36,
            shank_ic=7.0,
            shank_to=-(30.0 + 4.5 * w),
            shank_min=-(64.0 + 22.0 * w) if w < 1.5 else -(97.0 + 8.0 * (w - 1.5)),
            shank_reach=5.0,
            shank_min_at=0.38,
            shank_turn=2.2,
            apex_at=0.36,
            apex_m=0.155 + 0.09 * w,
            low_at=0.80,
            low_m=0.045,
            cruise_from=0.40,
            cruise_to=0.72,
            foot_reach_at=0.93,
            shank_reach_at=0.93,
            inversion=5.0,
            rotation=6.0,
            slap_s=0.015,
            slap_lead=1.5,
            paw_dps=140.0,
        )
    k = float(np.clip(v / 1.4, 0.25, 1.5)) ** 0.5
    return StrideShape(
        foot_to=-64.0 * k,
        foot_min=-76.0 * k,
        foot_reach=0.0,
        push_from=0.53,
        foot_roll=-0.3,
        foot_min_at=0.16,
        shank_ic=15.0 * k,
        shank_to=-40.0 * k,
        shank_min=-52.0 * k,
        shank_reach=3.0,
        shank_min_at=0.24,
        shank_turn=1.5,
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


def push_off(s: FloatArray, start: float) -> FloatArray:
    """Rise of the heel from 0 at `start` to 1 at toe-off, flattening towards toe-off."""
    w = np.clip((np.asarray(s, dtype=np.float64) - start) / (1.0 - start), 0.0, 1.0)
    return np.asarray(w * w * (1.4 - 0.4 * w), dtype=np.float64)


def smoothstep(w: FloatArray) -> FloatArray:
    """From 0 to 1 with no speed or acceleration at the ends."""
    w = np.clip(np.asarray(w, dtype=np.float64), 0.0, 1.0)
    return np.asarray(w**3 * (10.0 + w * (6.0 * w - 15.0)), dtype=np.float64)


def _glide(w: FloatArray) -> FloatArray:
    w = np.clip(np.asarray(w, dtype=np.float64), 0.0, 1.0)
    return np.asarray(w * w * (3.0 - 2.0 * w), dtype=np.float64)


def _through_minimum(
    u: FloatArray, start: float, slope: float, low: float, low_at: float, top: float, top_at: float
) -> FloatArray:
    """Swing curve: on from toe-off with its slope (per swing) to `low`, then up to `top` just before contact."""
    w = np.clip(u / low_at, 0.0, 1.0)
    down = start * (1.0 - _glide(w)) + low * _glide(w) + max(slope * low_at, 3.0 * (low - start)) * w * (1.0 - w) ** 2
    up = low + (top - low) * _glide((u - low_at) / (top_at - low_at))
    return np.where(u <= low_at, down, up)


def foot_swing_deg(
    shape: StrideShape, u: FloatArray, swing_over_stance: float, landing_deg: float, factor: float
) -> FloatArray:
    """Pitch of the foot in swing, towards a landing at `landing_deg`."""
    slope = shape.foot_to * 1.5 / (1.0 - shape.push_from) * swing_over_stance
    lifted = landing_deg / float(_settling(shape.slap_lead)) if landing_deg > 0.0 else landing_deg
    top = lifted + shape.foot_reach
    low = shape.foot_min * factor
    return _through_minimum(u, shape.foot_to, slope, low, shape.foot_min_at, top, shape.foot_reach_at)


def shank_turn(shape: StrideShape, s: FloatArray) -> FloatArray:
    """How far the shank has turned over the ankle in stance, 0 to 1: quickly at first, then ever more slowly."""
    s = np.clip(s, 0.0, 1.0)
    return np.asarray(0.8 * (1.0 - (1.0 - s) ** shape.shank_turn) + 0.2 * s, dtype=np.float64)


def shank_swing_deg(shape: StrideShape, u: FloatArray, next_ic_deg: float, factor: float) -> FloatArray:
    """Shank angle in swing."""
    low = shape.shank_min * factor
    top = next_ic_deg + shape.shank_reach
    slope = 0.4 * (low - shape.shank_to) / shape.shank_min_at
    return _through_minimum(u, shape.shank_to, slope, low, shape.shank_min_at, top, shape.shank_reach_at)


def inversion(s: FloatArray) -> FloatArray:
    """Roll of the foot in stance: lands inverted (1), everts to mid-stance (-1), leaves the ground inverted."""
    return np.asarray(1.0 - 2.0 * np.sin(np.pi * np.clip(s, 0.0, 1.0) ** 0.7) ** 2, dtype=np.float64)


def inward_turn(s: FloatArray) -> FloatArray:
    """Turn about the vertical in stance: inwards until mid-stance, then outwards (0 to 1 to -0.5)."""
    s = np.clip(s, 0.0, 1.0)
    return np.asarray(np.sin(np.pi * s**0.7) ** 2 - 0.5 * smoothstep(2.0 * s - 1.0), dtype=np.float64)


def shape_of(contact: Contact) -> StrideShape:
    """Look up the shape of the stride that a contact begins."""
    return stride_shape(contact.kind, contact.speed_mps)
