"""Left against right: shares, symmetry index, and the step of each foot from the other's contact."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from footfall_processing.gait import Stride

SHORTEST_STEP: Final = 0.25
"""A step is at least this share of its stride, in any gait: anything else means that a contact was missed."""


def left_share_percent(left: float, right: float) -> float | None:
    """Return the left's share of left + right, 50 when even; `None` unless both are at least 0 and one is more."""
    if left < 0.0 or right < 0.0 or left + right == 0.0:
        return None
    return 100.0 * left / (left + right)


def symmetry_index_percent(left: float, right: float) -> float | None:
    """Return the difference left - right in percent of their mean, 0 when even, -200 to 200; as `left_share_percent`.

    The usual symmetry index (see doi:10.1186/s13102-021-00355-4), with left minus right.
    """
    if left < 0.0 or right < 0.0 or left + right == 0.0:
        return None
    return 200.0 * (left - right) / (left + right)


def step_times_s(left: Sequence[Stride], right: Sequence[Stride]) -> tuple[list[float], list[float]]:
    """Return the step times of the left and of the right foot.

    A foot's step time lasts from the other foot's contact to its own. Each left stride with exactly one right contact
    inside gives both: the right step up to that contact, the left step from there on.

    Parameters
    ----------
    left, right
        Strides of one sensor on each foot (or shin), in order of time.
    """
    contacts_s = sorted({contact for stride in right for contact in (stride.initial_contact_s, stride.next_contact_s)})
    contacts_s = [later for before, later in pairwise([-math.inf, *contacts_s]) if later - before > 1e-3]
    left_steps_s, right_steps_s = [], []
    for stride in left:
        at = bisect_right(contacts_s, stride.initial_contact_s)
        inside = contacts_s[at : bisect_right(contacts_s, stride.next_contact_s)]
        if len(inside) != 1:
            continue
        right_step_s, left_step_s = inside[0] - stride.initial_contact_s, stride.next_contact_s - inside[0]
        if min(left_step_s, right_step_s) >= SHORTEST_STEP * stride.stride_time_s:
            left_steps_s.append(left_step_s)
            right_steps_s.append(right_step_s)
    return left_steps_s, right_steps_s
