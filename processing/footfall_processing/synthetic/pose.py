"""Where a rigid body is over time: place and attitude, and the turns of its way.

World frame: x along the way, y to the left, z up. A body's attitude is Rz(yaw) Ry(-pitch) Rx(roll): toes up and knee
behind the ankle are positive pitch.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from footfall_processing.samples import FloatArray

MOTION_RATE_HZ: Final = 2000.0
"""Rate at which motion is computed; truth peaks are read at it."""


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
