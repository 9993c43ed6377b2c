"""Whether gyroscope and accelerometer measure the same movement, told from how gravity comes out of the two together.

Turned back by the angular rate, the forces of a few strides must come out as gravity: their mean is 1 g, and what
swings about it is a foot or shin that goes to and fro in one plane. Where an axis is negated, axes are exchanged, one
of the sensors sits turned in its case, or a scale is wrong, the force is turned the wrong way: the mean is not 1 g, and
the way goes in all directions. Two things speak against a sensor: another way to take its rates (`CANDIDATES`) explains
window after window of movement that its own does not; or gravity does not come out of window after window. Which
arrangement of the axes it is is only said where that one explains the movement, and no other nearly as well. An axis
that never changes in movement is dead.

Both signals turned alike stay what they were: any mounting will do. An acceleration of the other sign is the signal of
the other leg, mirrored, and agrees too: nothing but the sense of the roll tells it (`results.sides`). So an axis of the
accelerometer negated is the other two of the gyroscope, and two columns exchanged in both are a gyroscope all negated.
"""

import math
from collections.abc import Sequence
from itertools import permutations, product
from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled, inlined
from footfall_processing.samples import FloatArray, SampleQuality
from footfall_processing.session import Sensor
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
LEAST_SWING_MPS2: Final = 3.0
"""A force with a greater standard deviation is of a sensor that moves, whatever its gyroscope says."""
MOST_CLIPPED: Final = WINDOW // 100
"""Clipped cells of a window: forces that are cut off do not add up to gravity."""

GRAVITY_TOLERANCE: Final = 0.03
"""Standard deviation of the mean force's logarithm: scale and offset of accelerometers as they are sold."""
PLANE_TOLERANCE_M: Final = 0.03
"""Standard deviation of a foot's way across the plane of its gait, band-limited as here: 0.01 to 0.05 m in people."""
FITS: Final = 4.0
"""A window speaks for axes with which it costs less than this, and never against the sensor's own."""
MOST_OF_A_WINDOW: Final = 8.0
DRIFT: Final = 2.0
"""What a window must cost more with the sensor's own axes to speak against them; sound ones average 1.2 at most."""
CERTAIN: Final = 15.0
"""The sum from which the signals disagree, three windows at least; in 226 sound signals of people it stays below 5."""
NAMED: Final = 30.0
"""The sum from which an arrangement is named."""
CLEAR: Final = 1.5
"""An arrangement is named if it has so many times the evidence of the next best."""
MOST_OFF: Final = 0.3
"""And if the mean force is 1 g with it to 0.016: the mean square in tolerances. Sound axes bring out 0.01 at most."""
LEAST_RATE_HZ: Final = 80.0
"""A landing's shock lasts 10 to 20 ms: between slower samples its impulse is lost, and forces add up to no gravity."""

ODD_GRAVITY: Final = 0.06
"""Standard deviation of the mean force's logarithm where nothing else explains it: scale and offset, 60 mg of it."""
GRAVITY_RATE_HZ: Final = 150.0
"""Below this, and over lost samples, a runner's forces may add up to 1.2 g with nothing wrong but what was missed."""

DEAD_WINDOWS: Final = 3
"""So many windows of movement in which an axis does not change at all make it a dead one."""

_FIRST_BIN: Final = 2
_BINS: Final = 7
_CLIPPED: Final = int(SampleQuality.ACC_CLIPPED | SampleQuality.GYR_CLIPPED)
_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)
_NEVER: Final = 2**62

ARRANGEMENTS: Final = tuple((axes, signs) for axes in permutations(range(3)) for signs in product((1, -1), repeat=3))
"""The ways to take three axes: of each, which measured axis, and with which sign. The first is the sensor's own."""
OWN: Final = 0

TURNS_DEG: Final = (45.0, -45.0, 22.5, -22.5)
SCALES: Final = (2.0, 0.5)


def _candidates() -> FloatArray:
    arranged = [np.array(signs)[:, None] * np.eye(3)[list(axes)] for axes, signs in ARRANGEMENTS]
    turned = []
    for first in range(3):
        for angle_rad in np.radians(TURNS_DEG):
            turn = np.eye(3)
            at = np.ix_([first, (first + 1) % 3], [first, (first + 1) % 3])
            turn[at] = [[math.cos(angle_rad), -math.sin(angle_rad)], [math.sin(angle_rad), math.cos(angle_rad)]]
            turned.append(turn)
    return np.array([*arranged, *turned, *(scale * np.eye(3) for scale in SCALES)])


CANDIDATES: Final = _candidates()
"""What the measured rates are multiplied by: the arrangements, then turns about one axis, and scales."""

AGREEMENT: Final = np.dtype(
    [
        ("has_gyro", np.bool_),
        ("begin", np.int64),
        ("candidate", np.int64),
        ("own_cost", np.float64),
        ("evidence", np.float64, (len(CANDIDATES),)),
        ("off", np.float64, (len(CANDIDATES),)),
        ("opposed", np.int64),
        ("odd_gravity", np.float64),
        ("still", np.int64, (6,)),
        ("agreed", np.int64),
        ("disagree", np.bool_),
    ],
    align=True,
)
"""Whether there is a gyroscope; the window's first cell; the candidate that is held against it next, 0 while it fills;
what it costs with the sensor's own axes; the evidence for each candidate; how far off gravity is with each, squared in
tolerances and summed over the windows that spoke against the own, and how many those were; the evidence that gravity
does not come out; windows of movement in which each channel did not change; windows in a row that spoke for the own
axes; and whether the signals are known to disagree, which no later window takes back.
"""


def start_agreement(agreement: Record, sensor: Sensor) -> None:
    """Prepare the zeroed memory of a new sensor. Plain Python."""
    agreement["has_gyro"] = sensor.has_gyro


@compiled
def begin_agreement(agreement: Record, cell: int) -> None:
    """Begin a window with `cell`, the first of a segment; what was learnt stays."""
    agreement.begin = cell if agreement.has_gyro else _NEVER
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
def cost(ring: Record, begin: int, candidate: int) -> tuple[float, float]:
    """What the window from cell `begin` on costs with the rates taken so: about 1 where they are right.

    And the logarithm of the mean force in g.
    """
    steps = WINDOW // STEP
    interval_s = STEP * CELL_S
    turned = np.zeros(3)
    measured = np.zeros(3)
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
            measured[axis] = 0.0
            force[axis] = 0.0
        for k in range(STEP):
            at = (begin + i * STEP + k) & RING_MASK
            for axis in range(3):
                force[axis] += ring.imu[at, axis] / STEP
                measured[axis] += ring.imu[at, 3 + axis] / STEP
        for axis in range(3):
            taken = CANDIDATES[candidate, axis]
            rate[axis] = taken[0] * measured[0] + taken[1] * measured[1] + taken[2] * measured[2]
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
    log_g = math.log(max(mean_g, 0.1))
    return (log_g / GRAVITY_TOLERANCE) ** 2 + across_m2 / PLANE_TOLERANCE_M**2, log_g


@compiled
def _look(agreement: Record, ring: Record) -> tuple[bool, bool]:
    """Look at a full window's channels: whether they tell of the axes, and of gravity with nothing to explain it."""
    begin = agreement.begin
    clipped = lost = 0
    least = np.full(6, np.inf)
    most = np.full(6, -np.inf)
    total = np.zeros(6)
    squares = np.zeros(6)
    for cell in range(begin, begin + WINDOW):
        at = cell & RING_MASK
        if ring.quality[at] & _CLIPPED != 0:
            clipped += 1
        if ring.quality[at] & _AFTER_LOSS != 0:
            lost += 1
        for axis in range(6):
            value = float(ring.imu[at, axis])
            least[axis] = min(least[axis], value)
            most[axis] = max(most[axis], value)
            total[axis] += value
            squares[axis] += value * value
    turns = squares[3] + squares[4] + squares[5] >= LEAST_RADPS**2 * WINDOW
    swing = 0.0
    for axis in range(3):
        swing += squares[axis] / WINDOW - (total[axis] / WINDOW) ** 2
    if turns or swing >= LEAST_SWING_MPS2**2:
        for axis in range(6):
            is_still = most[axis] - least[axis] <= 1e-6 * abs(most[axis])
            agreement.still[axis] = agreement.still[axis] + 1 if is_still else 0
            agreement.disagree |= agreement.still[axis] >= DEAD_WINDOWS
    tells = turns and clipped <= MOST_CLIPPED
    return tells, tells and lost <= MOST_CLIPPED


@compiled
def _weigh(agreement: Record, candidate: int, speaks: float) -> None:
    agreement.evidence[candidate] = max(0.0, agreement.evidence[candidate] + speaks - DRIFT)


@compiled
def _hold_against_own(agreement: Record, ring: Record, interval_s: float) -> None:
    """Hold a full window against the sensor's own axes; set `candidate` where it is to be held against the others."""
    tells, tells_gravity = _look(agreement, ring)
    if not tells or interval_s > 1.0 / LEAST_RATE_HZ:
        agreement.begin += HOP
        return
    own_cost, log_g = cost(ring, agreement.begin, OWN)
    if tells_gravity and interval_s <= 1.0 / GRAVITY_RATE_HZ:
        speaks = min((log_g / ODD_GRAVITY) ** 2, MOST_OF_A_WINDOW)
        agreement.odd_gravity = max(0.0, agreement.odd_gravity + speaks - DRIFT)
        agreement.disagree |= agreement.odd_gravity >= CERTAIN
    agreement.own_cost = own_cost
    if own_cost < DRIFT:
        for candidate in range(OWN + 1, len(CANDIDATES)):
            _weigh(agreement, candidate, own_cost)
        agreement.agreed += 1
        agreement.begin += HOP if agreement.agreed < SURE_WINDOWS else REST
    elif own_cost < FITS:
        agreement.agreed = 0
        agreement.begin += HOP
    else:
        agreement.agreed = 0
        agreement.opposed += 1
        agreement.candidate = OWN + 1


@inlined
def is_full(agreement: Record, ring: Record) -> bool:
    """Whether the ring's newest cell completes a window, or comes after it: `judge_window` must look at it then."""
    return bool(ring.end >= agreement.begin + WINDOW)


@compiled
def judge_window(agreement: Record, ring: Record, interval_s: float) -> None:
    """Look at a full window. One candidate is held against it with each cell, so none takes long.

    `interval_s` is from raw sample to raw sample.
    """
    if agreement.candidate == OWN:
        _hold_against_own(agreement, ring, interval_s)
        return
    candidate = agreement.candidate
    found, log_g = cost(ring, agreement.begin, candidate)
    speaks = agreement.own_cost - found
    _weigh(agreement, candidate, min(speaks if found < FITS else 0.0, MOST_OF_A_WINDOW))
    agreement.off[candidate] += min((log_g / GRAVITY_TOLERANCE) ** 2, MOST_OF_A_WINDOW)
    agreement.disagree |= agreement.evidence[candidate] >= CERTAIN
    agreement.candidate += 1
    if agreement.candidate == len(CANDIDATES):
        agreement.candidate = OWN
        agreement.begin += HOP


def disagreement(agreement: Record) -> str | None:
    """Say in words how the two signals disagree; `None` where nothing is known to be wrong. Plain Python."""
    if not agreement["disagree"]:
        return None
    dead = agreement["still"] >= DEAD_WINDOWS
    for sensor, channels in (("gyroscope", dead[3:]), ("accelerometer", dead[:3])):
        if channels.any():
            names = [name for name, is_dead in zip("xyz", channels, strict=True) if is_dead]
            return f"{_axes(names)} of the {sensor} never {'changes' if len(names) == 1 else 'change'}"
    evidence = agreement["evidence"]
    best = int(np.argmax(evidence))
    is_clear = evidence[best] >= max(NAMED, CLEAR * np.delete(evidence, best).max())
    explains = agreement["off"][best] < MOST_OFF * agreement["opposed"]
    if not (is_clear and explains and best < len(ARRANGEMENTS)):
        return "the angle between the two, a scale, an offset or the timing is wrong"
    axes, signs = ARRANGEMENTS[best]
    # of a rotation, the accelerometer can be at fault as well, mirrored
    is_rotation = np.linalg.det(CANDIDATES[best]) > 0.0
    if axes == (0, 1, 2):
        negated = [name for name, sign in zip("xyz", signs, strict=True) if sign < 0]
        if len(negated) == 1:
            return f"{_axes(negated)} of the gyroscope looks negated"
        if is_rotation:
            other = [name for name in "xyz" if name not in negated]
            return f"{_axes(other)} of the accelerometer, or {_axes(negated)} of the gyroscope, look negated"
        return "all axes of the gyroscope look negated, or two columns exchanged in both"
    if is_rotation and sum(signs) < 0:
        signs = tuple(-sign for sign in signs)
    taken = ", ".join(f"{'-' if sign < 0 else ''}{'xyz'[axis]}" for axis, sign in zip(axes, signs, strict=True))
    words = f"x, y, z of the accelerometer seem to go with {taken} of the gyroscope"
    return f"{words}, or with these of the other sign" if is_rotation else words


def _axes(names: Sequence[str]) -> str:
    return f"axis {names[0]}" if len(names) == 1 else f"axes {', '.join(names[:-1])} and {names[-1]}"
