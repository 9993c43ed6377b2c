"""The landing: a wobbling-mass model whose lowest mass is what a sensor on the foot or shin feels.

Four masses in the vertical: rigid (1) and wobbling (2) lower body, rigid (3) and wobbling (4) upper body, joined by
springs and dampers, on a shoe that is a non-linear spring with a damper that needs compression to act:

    m1 x1" = m1 g - Fg - k1 (x1 - x3) - k2 (x1 - x2) - c1 (x1' - x3') - c2 (x1' - x2')
    m2 x2" = m2 g + k2 (x1 - x2) - k3 (x2 - x3) + c2 (x1' - x2')
    m3 x3" = m3 g + k1 (x1 - x3) + k3 (x2 - x3) - (k4 + k5)(x3 - x4) + c1 (x1' - x3') - c4 (x3' - x4')
    m4 x4" = m4 g + (k4 + k5)(x3 - x4) + c4 (x3' - x4')
    Fg = Ac (a x1^b + c x1^d x1'^e)   while x1 > 0, never pulling

with x down. Model: Liu & Nigg 2000, doi:10.1016/S0021-9290(99)00151-7 (after Nigg & Liu 1999,
doi:10.1016/S0021-9290(99)00028-8); its review and matrices: Nikooyan & Zadpoor 2011.

What was checked: the structure above, against the abstract of Liu & Nigg 2000 and a public restatement of the
matrices of the review. What was not: the constants. They are the values commonly quoted for the model, written from
memory; their dimensions and the peak forces they give are plausible, no more. How strike pattern changes the
contact (a softer, lighter first contact on the ball of the foot) and how the shin filters the shock is our choice.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from footfall_processing.errors import InputError
from footfall_processing.samples import FloatArray
from footfall_processing.units import STANDARD_GRAVITY_MPS2

IMPACT_RATE_HZ: Final = 10_000.0
"""Step of the integration and of the stored responses."""

IMPACT_SPAN_S: Final = 0.12
"""How much of the response is kept: the impact peak lies within the first 50 ms."""

_MASSES_KG: Final = np.array([6.15, 6.0, 12.58, 50.34])
_K1, _K2, _K3, _K45 = 6e3, 6e3, 10e3, 28e3
_C1, _C2, _C4 = 300.0, 650.0, 1900.0
_CONTACT_AREA = 2.0
_UPPER_BODY_EXTRA_MPS = 1.0
"""By how much the upper body still falls faster than the foot at touchdown (0.96 against 2.0 m/s in the model)."""


@dataclass(frozen=True, slots=True)
class Shoe:
    """Shoe and ground under the foot, as the force law Ac (a x^b + c x^d v^e) in newton, metre and m/s."""

    a: float
    b: float
    c: float
    d: float
    e: float = 1.0

    def stiffened(self, factor: float) -> "Shoe":
        """Return the shoe with its elastic and viscous force multiplied."""
        if factor <= 0.0:
            raise InputError(f"shoe stiffness factor {factor} is not above 0")
        return Shoe(self.a * factor, self.b, self.c * factor, self.d, self.e)


SOFT_SHOE: Final = Shoe(a=1e6, b=1.56, c=2e4, d=0.73)
HARD_SHOE: Final = Shoe(a=1e6, b=1.38, c=2e4, d=0.75)

_VELOCITIES_MPS: Final = np.linspace(0.4, 2.4, 15)
_BALL_CONTACT: Final = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


def ground_force_n(shoe: Shoe, compression_m: FloatArray, velocity_mps: FloatArray) -> FloatArray:
    """Ground reaction on the lowest mass; zero out of contact and never a pull."""
    x = np.maximum(compression_m, 0.0)
    v = np.sign(velocity_mps) * np.abs(velocity_mps) ** shoe.e
    return np.maximum(_CONTACT_AREA * (shoe.a * x**shoe.b + shoe.c * x**shoe.d * v), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class ImpactTable:
    """Responses of one shoe over a grid of touchdown velocity and share of ball contact.

    Parameters
    ----------
    acc_mps2
        Upward acceleration of the lowest mass after touchdown beyond what comes later in stance; its integral is the
        touchdown velocity, so it stops the foot; shape (ball contact, velocity, time) at `IMPACT_RATE_HZ`.
    """

    acc_mps2: FloatArray

    def acceleration(self, velocity_mps: float, ball_contact: float) -> FloatArray:
        """Response for one landing, by bilinear interpolation; shape (time,).

        The integral over time equals `velocity_mps` exactly. Landings slower than 0.4 m/s, where the body's weight
        rules and not the shock, get that response in small.
        """
        v = float(np.clip(velocity_mps, _VELOCITIES_MPS[0], _VELOCITIES_MPS[-1]))
        i, wi = _cell(_BALL_CONTACT, float(np.clip(ball_contact, 0.0, 1.0)))
        j, wj = _cell(_VELOCITIES_MPS, v)
        block = self.acc_mps2[i : i + 2, j : j + 2]
        rows = block[:, 0] * (1.0 - wj) + block[:, 1] * wj
        response = rows[0] * (1.0 - wi) + rows[1] * wi
        return np.asarray(response * (velocity_mps / (response.sum() / IMPACT_RATE_HZ)), dtype=np.float64)


@lru_cache(maxsize=16)
def impact_table(shoe: Shoe) -> ImpactTable:
    """Integrate the model for `shoe` (Runge-Kutta 4, all grid points at once) and keep the impact phase."""
    # Landing on the ball puts the ankle's spring in series with the shoe: softer first contact, less mass behind it.
    softness = (1.0 - 0.80 * _BALL_CONTACT)[:, None]
    v0 = np.broadcast_to(_VELOCITIES_MPS, (len(_BALL_CONTACT), len(_VELOCITIES_MPS)))
    state = np.zeros((8, *v0.shape))
    state[4] = state[5] = v0
    state[6] = state[7] = v0 + _UPPER_BODY_EXTRA_MPS * (1.0 - 0.8 * _BALL_CONTACT)[:, None]
    n, h = round(IMPACT_SPAN_S * IMPACT_RATE_HZ), 1.0 / IMPACT_RATE_HZ
    velocity = np.empty((n + 1, *v0.shape))
    for k in range(n + 1):
        velocity[k] = state[4]
        k1 = _derivative(shoe, softness, state)
        k2 = _derivative(shoe, softness, state + 0.5 * h * k1)
        k3 = _derivative(shoe, softness, state + 0.5 * h * k2)
        k4 = _derivative(shoe, softness, state + h * k3)
        state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    acc = -np.diff(velocity, axis=0) * IMPACT_RATE_HZ
    # The second, active peak of the force belongs to stance, whose motion is prescribed: fade it out.
    t = np.arange(n) / IMPACT_RATE_HZ
    fade = 0.5 * (1.0 + np.cos(np.pi * np.clip((t - 0.04) / (IMPACT_SPAN_S - 0.05), 0.0, 1.0)))
    acc *= fade[:, None, None]
    table = np.ascontiguousarray(np.moveaxis(acc, 0, -1))
    table.flags.writeable = False
    return ImpactTable(table)


def _derivative(shoe: Shoe, softness: FloatArray, state: FloatArray) -> FloatArray:
    x1, x2, x3, x4, v1, v2, v3, v4 = state
    force = softness * ground_force_n(shoe, x1, v1)
    m1, m2, m3, m4 = _MASSES_KG
    lower = _K1 * (x1 - x3) + _C1 * (v1 - v3)
    wobble = _K2 * (x1 - x2) + _C2 * (v1 - v2)
    upper = _K45 * (x3 - x4) + _C4 * (v3 - v4)
    thigh = _K3 * (x2 - x3)
    g = STANDARD_GRAVITY_MPS2
    return np.stack(
        [
            v1,
            v2,
            v3,
            v4,
            g - (force + lower + wobble) / m1,
            g + (wobble - thigh) / m2,
            g + (lower + thigh - upper) / m3,
            g + upper / m4,
        ]
    )


def _cell(grid: FloatArray, value: float) -> tuple[int, float]:
    i = int(np.clip(np.searchsorted(grid, value) - 1, 0, len(grid) - 2))
    return i, float((value - grid[i]) / (grid[i + 1] - grid[i]))
