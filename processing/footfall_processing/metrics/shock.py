"""What many impacts come to, with hard ones counting for more."""

from typing import Final

EXPONENT: Final = 4
"""How much more a hard impact counts than many soft ones: one of 10 g weighs as much as 16 of 5 g."""


def shock_of(peak: float) -> float:
    """Return what one impact adds to the sum of which `shock_index` is the root."""
    return peak**EXPONENT


def shock_index(total: float) -> float:
    """Return (sum of peak^m)^(1/m), m = 4, in the unit of the peaks, from that sum.

    The form is that of the daily loading history of Carter, Fyhrie & Whalen 1987 (J Biomech 20:785-794), which is about
    stress in bone. These are accelerations of a sensor: the index ranks sessions by their impacts, and measures neither
    the load of a tissue nor the risk of an injury.
    """
    return float(total ** (1.0 / EXPONENT))
