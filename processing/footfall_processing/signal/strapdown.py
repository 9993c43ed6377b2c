"""Strapdown integration between instants at which the foot stands still.

Within a stride the attitude follows from the angular rate alone. Gravity follows from the stride itself: between two
instants of equal velocity the mean acceleration is zero, so the mean specific force, rotated into one frame, is
gravity. No separate estimate of attitude, and so no assumption on how the sensor is mounted, is needed.
"""

import math
from typing import Final, TypeAlias

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray
from footfall_processing.signal.grid import CELL_S
from footfall_processing.signal.ring import RING_MASK

Vector: TypeAlias = tuple[float, float, float]
Quaternion: TypeAlias = tuple[float, float, float, float]
"""From step to step as tuples, which the compiler keeps in registers."""

JOURNEY: Final = np.dtype(
    [
        ("displacement_m", np.float64, (3,)),
        ("level_m", np.float64, (3,)),
        ("distance_m", np.float64),
        ("rise_m", np.float64),
        ("turned_rad", np.float64),
        ("gravity_mps2", np.float64),
        ("unrest_mps2", np.float64),
        ("up_at_begin", np.float64, (3,)),
        ("up_at_end", np.float64, (3,)),
    ],
    align=True,
)
"""What a journey from still to still gives; displacement, `level_m` and `up_at_begin` in the sensor frame at its begin.

`level_m` is the displacement's level part, `distance_m` its length, and `rise_m` what is left of it, up positive.
`turned_rad` is the turn about the vertical, to the left positive.
`gravity_mps2` is the magnitude of the mean specific force: how far it is from 9.81 tells how good the journey is.
`unrest_mps2` is the root mean square of the acceleration, gravity taken out.
"""


@compiled
def cross(a: FloatArray, b: FloatArray, out: FloatArray) -> None:
    """Cross product of two 3-vectors into `out` (which is neither of them)."""
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


@compiled
def dot(a: FloatArray, b: FloatArray) -> float:
    """Scalar product of two 3-vectors."""
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


@compiled
def turned(attitude: Quaternion, half_x: float, half_y: float, half_z: float) -> Quaternion:
    """An attitude after a small rotation vector given by its halves, in the moving frame; third-order accurate."""
    square = half_x * half_x + half_y * half_y + half_z * half_z
    c = 1.0 - 0.5 * square
    s = 1.0 - square / 6.0
    dx, dy, dz = half_x * s, half_y * s, half_z * s
    w, x, y, z = attitude
    return (
        w * c - x * dx - y * dy - z * dz,
        w * dx + x * c + y * dz - z * dy,
        w * dy - x * dz + y * c + z * dx,
        w * dz + x * dy - y * dx + z * c,
    )


@compiled
def turned_vector(vector: Vector, x_rad: float, y_rad: float, z_rad: float) -> Vector:
    """A unit vector after a small rotation vector; second-order accurate, and of unit length again."""
    x, y, z = vector
    cx = y_rad * z - z_rad * y
    cy = z_rad * x - x_rad * z
    cz = x_rad * y - y_rad * x
    x += cx + 0.5 * (y_rad * cz - z_rad * cy)
    y += cy + 0.5 * (z_rad * cx - x_rad * cz)
    z += cz + 0.5 * (x_rad * cy - y_rad * cx)
    # one step of Newton's method: the length is nearly one
    to_unit = 1.5 - 0.5 * (x * x + y * y + z * z)
    return x * to_unit, y * to_unit, z * to_unit


@compiled
def carry(ring: Record, vector: FloatArray, begin: int, end: int) -> None:
    """Bring a fixed unit vector, given in the sensor frame at cell `begin`, into that at `end`, earlier or later."""
    step = 1 if end > begin else -1
    half_s = -0.5 * CELL_S * step
    carried = (vector[0], vector[1], vector[2])
    # a range whose step is not constant would divide
    for i in range(abs(end - begin)):
        cell = begin + i * step
        at, after = cell & RING_MASK, (cell + step) & RING_MASK
        carried = turned_vector(
            carried,
            (ring.imu[at, 3] + ring.imu[after, 3]) * half_s,
            (ring.imu[at, 4] + ring.imu[after, 4]) * half_s,
            (ring.imu[at, 5] + ring.imu[after, 5]) * half_s,
        )
    vector[0], vector[1], vector[2] = carried


@compiled
def rotated(attitude: Quaternion, vector: Vector) -> Vector:
    """A vector of the moving frame as it is in the fixed one."""
    w, x, y, z = attitude
    vx, vy, vz = vector
    cx = 2.0 * (y * vz - z * vy)
    cy = 2.0 * (z * vx - x * vz)
    cz = 2.0 * (x * vy - y * vx)
    return vx + w * cx + y * cz - z * cy, vy + w * cy + z * cx - x * cz, vz + w * cz + x * cy - y * cx


@compiled
def travel(ring: Record, begin: int, end: int, journey: Record) -> None:
    """Integrate from cell `begin` to cell `end`, at both of which the sensor stands still.

    The velocity error that integration gathers is taken to have grown linearly (a constant acceleration error), as in
    Zrenner et al. 2018, doi:10.3390/s18124194. Deviation: gravity comes from the same mean, not from the attitude at
    the first instant, which running leaves too short and too restless to read.
    """
    attitude = (1.0, 0.0, 0.0, 0.0)
    total = np.zeros(3)
    weighted = np.zeros(3)
    square = 0.0
    n = end - begin
    quarter_s = 0.25 * CELL_S
    for i in range(n):
        at, after = (begin + i) & RING_MASK, (begin + i + 1) & RING_MASK
        # half a step of rotation before and after the force, so that it is turned by the attitude of mid-step
        half_x = 0.5 * (ring.imu[at, 3] + ring.imu[after, 3]) * quarter_s
        half_y = 0.5 * (ring.imu[at, 4] + ring.imu[after, 4]) * quarter_s
        half_z = 0.5 * (ring.imu[at, 5] + ring.imu[after, 5]) * quarter_s
        attitude = turned(attitude, half_x, half_y, half_z)
        x = 0.5 * (ring.imu[at, 0] + ring.imu[after, 0])
        y = 0.5 * (ring.imu[at, 1] + ring.imu[after, 1])
        z = 0.5 * (ring.imu[at, 2] + ring.imu[after, 2])
        fixed = rotated(attitude, (x, y, z))
        square += x * x + y * y + z * z
        for axis in range(3):
            total[axis] += fixed[axis]
            weighted[axis] += (n - i - 0.5) * fixed[axis]
        attitude = turned(attitude, half_x, half_y, half_z)
    gravity = math.sqrt(dot(total, total)) / n
    for axis in range(3):
        mean = total[axis] / n
        journey.displacement_m[axis] = (weighted[axis] - 0.5 * n * n * mean) * CELL_S * CELL_S
        journey.up_at_begin[axis] = mean / gravity
    journey.rise_m = dot(journey.displacement_m, journey.up_at_begin)
    for axis in range(3):
        journey.level_m[axis] = journey.displacement_m[axis] - journey.rise_m * journey.up_at_begin[axis]
    journey.distance_m = math.sqrt(dot(journey.level_m, journey.level_m))
    w, x, y, z = attitude
    up = (journey.up_at_begin[0], journey.up_at_begin[1], journey.up_at_begin[2])
    journey.turned_rad = 2.0 * math.atan2(x * up[0] + y * up[1] + z * up[2], w)
    journey.gravity_mps2 = gravity
    journey.unrest_mps2 = math.sqrt(max(square / n - gravity * gravity, 0.0))
    up_at_end = rotated((w, -x, -y, -z), up)
    for axis in range(3):
        journey.up_at_end[axis] = up_at_end[axis]
