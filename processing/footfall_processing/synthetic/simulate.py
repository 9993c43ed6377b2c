"""From a plan, a runner and sensors to samples and the truth about them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.gait import Activity, Strike
from footfall_processing.samples import ImuBlock
from footfall_processing.session import Placement, Side
from footfall_processing.synthetic.footfalls import Contact, footfalls
from footfall_processing.synthetic.motion import LegMotion, leg_motion
from footfall_processing.synthetic.plan import PhaseKind, Runner, RunPlan
from footfall_processing.synthetic.pose import MOTION_RATE_HZ
from footfall_processing.synthetic.sensor import Felt, Samples, SensorSetup, blocks, felt, take_samples

AXIAL_WINDOW_S = 0.1
"""The peak along the tibia is sought this long after contact."""

_LONGEST_STANCE_S = 1.2


@dataclass(frozen=True, slots=True)
class StrideTruth:
    """What really happened in one stride; times by the sensor's own clock.

    Parameters
    ----------
    initial_contact_s, toe_off_s, next_contact_s
        The events, exact.
    backward
        Whether it was a step backwards; the activity is then walking.
    strike_angle_rad
        Pitch of the foot at contact against its pitch at mid-stance.
    strike
        Class of the angle by Altman & Davis 2012 (8.0° and -1.6°).
    stride_length_m
        Way of the foot from this stance to the next, without sign.
    peak_acc_mps2
        Highest resultant felt in stance, gravity included, at 2 kHz, before the sensor's filter, range and codes.
    peak_axial_acc_mps2
        The same along the shank towards the knee within `AXIAL_WINDOW_S` of contact; `None` on a foot.
    touchdown_mps
        Speed of the foot into the ground at contact.
    shank_tilt_rad
        Pitch of the shank at contact, the ankle ahead of the knee positive; `None` on a foot.
    eversion_rad
        Greatest roll of the foot inwards in the first half of stance, from contact on; `None` on a shank.
    """

    side: Side
    activity: Activity
    backward: bool
    initial_contact_s: float
    toe_off_s: float
    next_contact_s: float
    strike_angle_rad: float
    strike: Strike
    stride_length_m: float
    peak_acc_mps2: float
    peak_axial_acc_mps2: float | None
    touchdown_mps: float
    shank_tilt_rad: float | None
    eversion_rad: float | None

    @property
    def stride_time_s(self) -> float:
        """Time from this contact to the next of the same foot."""
        return self.next_contact_s - self.initial_contact_s

    @property
    def contact_time_s(self) -> float:
        """Time the foot is on the ground."""
        return self.toe_off_s - self.initial_contact_s

    @property
    def speed_mps(self) -> float:
        """Stride length over stride time."""
        return self.stride_length_m / self.stride_time_s


@dataclass(frozen=True, slots=True, eq=False)
class SensorTrace:
    """One sensor's part of a simulated run.

    Parameters
    ----------
    setup
        The sensor and how it was worn.
    samples
        Everything it sampled.
    strides
        The truth, in order of time: strides from contact to contact of its foot, stands left out.
    """

    setup: SensorSetup
    samples: Samples
    strides: tuple[StrideTruth, ...]

    def blocks(self) -> list[ImuBlock]:
        """Return what arrives: one block a packet, lost packets missing."""
        return list(blocks(self.samples, self.setup))


def simulate(plan: RunPlan, runner: Runner, sensors: Sequence[SensorSetup], seed: int) -> dict[str, SensorTrace]:
    """Let `runner` carry out `plan` wearing `sensors`; the same arguments give the same bits.

    The motion depends on the plan, the runner and the seed alone: sensors may be added without changing it, nor the
    samples of those before them.

    Returns
    -------
    dict
        A trace for each sensor id.

    Raises
    ------
    InputError
        When sensor ids are not unique, or a stand is too short to come to rest in.
    """
    ids = [setup.sensor.id for setup in sensors]
    if len(set(ids)) != len(ids):
        raise InputError(f"sensor ids are not unique: {', '.join(sorted(ids))}")
    motion_seed, *sensor_seeds = np.random.SeedSequence(seed).spawn(1 + len(sensors))
    _, contacts = footfalls(plan, runner, np.random.default_rng(motion_seed))
    legs: dict[Side, LegMotion] = {}
    traces = {}
    for setup, sensor_seed in zip(sensors, sensor_seeds, strict=True):
        side = setup.sensor.side
        assert side is not None
        if side not in legs:
            legs[side] = leg_motion(side, runner, contacts[side], plan.duration_s)
        pose = legs[side].foot if setup.sensor.placement is Placement.FOOT else legs[side].shank
        if plan.turn_radius_m is not None:
            pose = pose.along_circle(plan.turn_radius_m)
        motion = felt(pose, setup, plan.grade)
        samples = take_samples(motion, setup, np.random.default_rng(sensor_seed))
        traces[setup.sensor.id] = SensorTrace(
            setup, samples, _truth(setup, contacts[side], legs[side], motion, plan.duration_s)
        )
    return traces


def strike_class(angle_rad: float) -> Strike:
    """Rearfoot above 8.0°, forefoot below -1.6° (Altman & Davis 2012, doi:10.1016/j.gaitpost.2011.09.104)."""
    angle_deg = np.rad2deg(angle_rad)
    if angle_deg > 8.0:
        return Strike.REARFOOT
    return Strike.FOREFOOT if angle_deg < -1.6 else Strike.MIDFOOT


def _stands(contact: Contact) -> bool:
    return contact.kind is PhaseKind.STAND or contact.to_s - contact.ic_s > _LONGEST_STANCE_S


def _truth(
    setup: SensorSetup, contacts: list[Contact], leg: LegMotion, motion: Felt, duration_s: float
) -> tuple[StrideTruth, ...]:
    side = setup.sensor.side
    assert side is not None
    clock = 1.0 + setup.imperfections.clock_ppm * 1e-6
    resultant = np.linalg.norm(motion.acc_mps2, axis=1)
    axial = motion.acc_mps2[:, 2]
    eversion = leg.foot.roll if side is Side.LEFT else -leg.foot.roll
    truth = []
    for contact, following, angle in zip(contacts, contacts[1:], leg.strike_angle_rad, strict=False):
        # A stand is no stride, neither are the first step out of one and the last one into it.
        if _stands(contact) or _stands(following) or following.ic_s > duration_s:
            continue
        first, last, window = (
            round(s * MOTION_RATE_HZ) for s in (contact.ic_s, contact.to_s, contact.ic_s + AXIAL_WINDOW_S)
        )
        middle = (first + last) // 2
        shank = setup.sensor.placement is Placement.SHANK
        truth.append(
            StrideTruth(
                side=side,
                activity=Activity.RUN if contact.kind is PhaseKind.RUN else Activity.WALK,
                backward=contact.kind is PhaseKind.WALK_BACKWARD,
                initial_contact_s=contact.ic_s * clock,
                toe_off_s=contact.to_s * clock,
                next_contact_s=following.ic_s * clock,
                strike_angle_rad=float(angle),
                strike=strike_class(float(angle)),
                stride_length_m=abs(following.x_m - contact.x_m),
                peak_acc_mps2=float(resultant[first : last + 1].max()),
                peak_axial_acc_mps2=float(axial[first : window + 1].max()) if shank else None,
                touchdown_mps=contact.touchdown_mps,
                shank_tilt_rad=float(leg.shank.pitch[first]) if shank else None,
                eversion_rad=None if shank else float(eversion[first:middle].max() - eversion[first]),
            )
        )
    return tuple(truth)
