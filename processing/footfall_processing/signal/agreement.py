"""Whether gyroscope and accelerometer measure in the same axes, told from how gravity comes out of the two together.

Turned back by the angular rate, the forces of a few strides must come out as gravity: their mean is 1 g, and what
swings about it is a foot or shin that goes to and fro in one plane. Where an axis is negated, axes are exchanged, or
one of the sensors sits turned in its case, the force is turned the wrong way: the mean is not 1 g, and the way goes in
all directions. Each of the 48 ways in which three axes can be exchanged and negated is held against the signal; the
axes disagree where another than the sensor's own explains window after window of movement, and its own does not.

Both signals turned alike stay what they were: any mounting will do. An acceleration of the other sign is the signal of
the other leg, mirrored, and agrees too: of that, `results.sides` can tell.
"""

import math
from itertools import permutations, product
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import SampleQuality
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK
from footfall_processing.units import STANDARD_GRAVITY_MPS2

WINDOW: Final = 800
"""Cells that are looked at together, 4 s: three strides of a walk; what was measured wrongly has not added up yet."""
STEP: Final = 2
"""Cells that are taken as one: 100 Hz is enough for the turning."""
HOP: Final = 400
"""Cells from window to window as long as little is known."""
REST: Final = 12_000
"""Cells from window to window once the axes agree: a minute."""
SURE_WINDOWS: Final = 8
"""So many windows in a row that speak for the sensor's own axes are enough."""

LEAST_RADPS: Final = 1.0
"""With a smaller root mean square of the rate nothing turns far enough to be told."""
MOST_CLIPPED: Final = WINDOW // 100
"""Clipped cells of a window: forces that are cut off do not add up to gravity."""

GRAVITY_TOLERANCE: Final = 0.03
"""Standard deviation of the mean force's logarithm: scale and offset of accelerometers as they are sold."""
PLANE_TOLERANCE_M: Final = 0.03
"""Standard deviation of a foot's way across the plane of its gait, band-limited as here: 0.01 to 0.05 m in people."""
FITS: Final = 4.0
"""A window speaks for axes with which it costs less than this."""
MOST_OF_A_WINDOW: Final = 8.0
DRIFT: Final = 2.0
"""What a window must cost more with the sensor's own axes to speak against them; sound ones average 1.2 at most."""
CERTAIN: Final = 15.0
"""The sum from which the axes disagree, three windows at least; in 240 sound recordings of people it stays below 5."""
CLEAR: Final = 10.0
"""By so much must an arrangement lead for people to be told which it is."""
LEAST_RATE_HZ: Final = 80.0
"""A landing's shock lasts 10 to 20 ms: between slower samples its impulse is lost, and forces add up to no gravity."""

_FIRST_BIN: Final = 2
_BINS: Final = 7
_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED | SampleQuality.GYR_CLIPPED)

ARRANGEMENTS: Final = tuple((axes, signs) for axes in permutations(range(3)) for signs in product((1, -1), repeat=3))
"""The ways to take three axes: of each, which measured axis, and with which sign. The first is the sensor's own."""
OWN: Final = 0

_AXES: Final = np.array([axes for axes, _ in ARRANGEMENTS], dtype=np.int64)
_SIGNS: Final = np.array([signs for _, signs in ARRANGEMENTS], dtype=np.float64)

AGREEMENT: Final = np.dtype(
    [
        ("begin", np.int64),
        ("candidate", np.int64),
        ("own_cost", np.float64),
        ("evidence", np.float64, (len(ARRANGEMENTS),)),
        ("agreed", np.int64),
        ("disagree", np.bool_),
    ],
    align=True,
)
"""The window's first cell; the arrangement that is held against it next, 0 while it fills; what it costs with the
sensor's own; the evidence for each other; windows in a row that spoke for its own; and whether the axes are known to
disagree, which no later window takes back.
"""


@compiled
def begin_agreement(agreement: Record, cell: int) -> None:
    """Begin a window with `cell`, the first of a segment; what was learnt stays."""
    agreement.begin = cell
    agreement.candidate = OWN


@compiled
def _least_eigenvalue(xx: float, xy: float, xz: float, yy: float, yz: float, zz: float) -> float:
    """The least eigenvalue of a symmetric matrix that has no negative ones (Smith 1961, doi:10.1145/355578.366316)."""
    mean = (xx + yy + zz) / 3.0
    a, b, c = xx - mean, yy - mean, zz - mean
    spread = math.sqrt((a * a + b * b + c * c + 2.0 * (xy * xy + xz * xz + yz * yz)) / 6.0)
    if spread <= 1e-12 * mean:
        return mean
    determinant = a * (b * c - yz * yz) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz)
    angle = math.acos(min(max(0.5 * determinant / spread**3, -1.0), 1.0)) / 3.0
    return max(mean + 2.0 * spread * math.cos(angle + 2.0 * math.pi / 3.0), 0.0)


@compiled
def cost(ring: Record, begin: int, arrangement: int) -> float:
    """What the window from cell `begin` on costs with the gyroscope's axes taken so: about 1 where they are right."""
    steps = WINDOW // STEP
    interval_s = STEP * CELL_S
    turned = np.zeros(3)
    rate = np.zeros(3)
    before = np.zeros(3)
    force = np.zeros(3)
    mean = np.zeros(3)
    real = np.zeros((_BINS, 3))
    imaginary = np.zeros((_BINS, 3))
    q0, q1, q2, q3 = 1.0, 0.0, 0.0, 0.0
    cos, sin = 1.0, 0.0
    cos_step, sin_step = math.cos(2.0 * math.pi / steps), math.sin(2.0 * math.pi / steps)
    for i in range(steps):
        for axis in range(3):
            rate[axis] = 0.0
            force[axis] = 0.0
        for k in range(STEP):
            at = (begin + i * STEP + k) & RING_MASK
            for axis in range(3):
                force[axis] += ring.imu[at, axis] / STEP
                rate[axis] += _SIGNS[arrangement, axis] * ring.imu[at, 3 + _AXES[arrangement, axis]] / STEP
        if i > 0:
            h1, h2, h3 = (
                0.25 * interval_s * (rate[0] + before[0]),
                0.25 * interval_s * (rate[1] + before[1]),
                0.25 * interval_s * (rate[2] + before[2]),
            )
            square = h1 * h1 + h2 * h2 + h3 * h3
            r0, scale = 1.0 - 0.5 * square, 1.0 - square / 6.0
            r1, r2, r3 = h1 * scale, h2 * scale, h3 * scale
            p0 = q0 * r0 - q1 * r1 - q2 * r2 - q3 * r3
            p1 = q0 * r1 + q1 * r0 + q2 * r3 - q3 * r2
            p2 = q0 * r2 - q1 * r3 + q2 * r0 + q3 * r1
            p3 = q0 * r3 + q1 * r2 - q2 * r1 + q3 * r0
            scale = 1.5 - 0.5 * (p0 * p0 + p1 * p1 + p2 * p2 + p3 * p3)
            q0, q1, q2, q3 = p0 * scale, p1 * scale, p2 * scale, p3 * scale
        for axis in range(3):
            before[axis] = rate[axis]
        t1 = 2.0 * (q2 * force[2] - q3 * force[1])
        t2 = 2.0 * (q3 * force[0] - q1 * force[2])
        t3 = 2.0 * (q1 * force[1] - q2 * force[0])
        # Hann's window, whose weights add up to one
        weight = (1.0 - cos) / steps
        turned[0] = weight * (force[0] + q0 * t1 + q2 * t3 - q3 * t2)
        turned[1] = weight * (force[1] + q0 * t2 + q3 * t1 - q1 * t3)
        turned[2] = weight * (force[2] + q0 * t3 + q1 * t2 - q2 * t1)
        wave_cos, wave_sin = cos * cos - sin * sin, 2.0 * cos * sin
        for axis in range(3):
            mean[axis] += turned[axis]
        for k in range(_BINS):
            for axis in range(3):
                real[k, axis] += wave_cos * turned[axis]
                imaginary[k, axis] += wave_sin * turned[axis]
            wave_cos, wave_sin = wave_cos * cos - wave_sin * sin, wave_cos * sin + wave_sin * cos
        cos, sin = cos * cos_step - sin * sin_step, cos * sin_step + sin * cos_step
    way = np.zeros((3, 3))
    for k in range(_BINS):
        to_way = 2.0 * (2.0 * math.pi * (k + _FIRST_BIN) / (steps * interval_s)) ** -4
        for a in range(3):
            for b in range(a, 3):
                way[a, b] += to_way * (real[k, a] * real[k, b] + imaginary[k, a] * imaginary[k, b])
    across_m2 = _least_eigenvalue(way[0, 0], way[0, 1], way[0, 2], way[1, 1], way[1, 2], way[2, 2])
    mean_g = math.sqrt(mean[0] ** 2 + mean[1] ** 2 + mean[2] ** 2) / STANDARD_GRAVITY_MPS2
    return (math.log(max(mean_g, 0.1)) / GRAVITY_TOLERANCE) ** 2 + across_m2 / PLANE_TOLERANCE_M**2


@compiled
def _can_tell(ring: Record, begin: int) -> bool:
    clipped = 0
    square = 0.0
    for cell in range(begin, begin + WINDOW):
        at = cell & RING_MASK
        if ring.quality[at] & _CLIPPED != 0:
            clipped += 1
        for axis in range(3, 6):
            square += ring.imu[at, axis] ** 2
    return bool(clipped <= MOST_CLIPPED and square >= LEAST_RADPS**2 * WINDOW)


@compiled
def _weigh(agreement: Record, candidate: int, speaks: float) -> None:
    agreement.evidence[candidate] = max(0.0, agreement.evidence[candidate] + speaks - DRIFT)


@compiled
def note_cell(agreement: Record, ring: Record, interval_s: float) -> None:
    """Take the ring's newest cell. One arrangement is held against a full window with each cell, so none takes long.

    `interval_s` is from raw sample to raw sample.
    """
    if ring.end < agreement.begin + WINDOW:
        return
    if interval_s > 1.0 / LEAST_RATE_HZ:
        agreement.begin += HOP
        return
    if agreement.candidate == OWN:
        agreement.own_cost = cost(ring, agreement.begin, OWN) if _can_tell(ring, agreement.begin) else math.nan
        if math.isnan(agreement.own_cost):
            agreement.begin += HOP
        elif agreement.own_cost < DRIFT:
            for candidate in range(OWN + 1, len(_SIGNS)):
                _weigh(agreement, candidate, agreement.own_cost)
            agreement.agreed += 1
            agreement.begin += HOP if agreement.agreed < SURE_WINDOWS else REST
        else:
            agreement.agreed = 0
            agreement.candidate = OWN + 1
        return
    found = cost(ring, agreement.begin, agreement.candidate)
    speaks = agreement.own_cost - found
    _weigh(agreement, agreement.candidate, min(speaks if found < FITS else 0.0, MOST_OF_A_WINDOW))
    agreement.disagree |= agreement.evidence[agreement.candidate] >= CERTAIN
    agreement.candidate += 1
    if agreement.candidate == len(_SIGNS):
        agreement.candidate = OWN
        agreement.begin += HOP


def disagreement(agreement: Record) -> str | None:
    """Say in words what is wrong with the axes; `None` where nothing is known to be. Plain Python."""
    if not agreement["disagree"]:
        return None
    evidence = agreement["evidence"]
    best = int(np.argmax(evidence))
    if evidence[best] - np.delete(evidence, best).max() < CLEAR:
        return "their axes are not the same"
    axes, signs = ARRANGEMENTS[best]
    if axes == (0, 1, 2):
        negated = [name for name, sign in zip("xyz", signs, strict=True) if sign < 0]
        if len(negated) == 1:
            return f"axis {negated[0]} of the gyroscope looks negated"
        return f"axes {', '.join(negated[:-1])} and {negated[-1]} of the gyroscope look negated"
    taken = ", ".join(f"{'-' if sign < 0 else ''}{'xyz'[axis]}" for axis, sign in zip(axes, signs, strict=True))
    return f"x, y, z of the accelerometer go with {taken} of the gyroscope"
