"""Left against right: shares, symmetry index, and the step of each foot from the other's contact."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from footfall_processing.gait import Stride

STEP_TIME: Final = "step_time_s"
"""The name of what is compared beside the catalogue's metrics of a stride."""

STEP_TIME_LEGS_ERROR_PERCENT: Final = 3.0
"""As `Metric.legs_error_percent`: 5 ms between the two clocks and as much between the contacts, of 350 ms."""

SAME_CONTACT_S: Final = 1e-3
"""A stride's end and the next one's beginning are one contact when they are no farther apart."""

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


@dataclass(frozen=True, slots=True)
class StepPair:
    """A left stride and the one right contact in it.

    Parameters
    ----------
    left
        The left stride.
    right
        The right stride that begins with that contact; `None` where it was not found.
    steps_s
        How long the left and the right step last: a foot's step time is from the other foot's contact to its own, so
        the right step ends at that contact and the left one begins there. `None` where one of them is less than
        `SHORTEST_STEP` of the stride.
    """

    left: Stride
    right: Stride | None
    steps_s: tuple[float, float] | None


def step_pairs(lefts: Sequence[Stride], rights: Sequence[Stride]) -> list[StepPair]:
    """Pair the strides of two feet, each in order of time: the left ones that have exactly one right contact inside.

    Where a foot was not measured, or one of its contacts was missed, there is no pair.
    """
    begins = [(stride.initial_contact_s, stride) for stride in rights]
    contacts = sorted([*begins, *((stride.next_contact_s, None) for stride in rights)], key=lambda one: one[0])
    places_s: list[float] = []
    beginning: list[Stride | None] = []
    before_s = -math.inf
    for contact_s, stride in contacts:
        if contact_s - before_s > SAME_CONTACT_S:
            places_s.append(contact_s)
            beginning.append(stride)
        elif beginning[-1] is None:
            beginning[-1] = stride
        before_s = contact_s
    found = []
    for left in lefts:
        at = bisect_right(places_s, left.initial_contact_s)
        if bisect_right(places_s, left.next_contact_s) != at + 1:
            continue
        right_step_s, left_step_s = places_s[at] - left.initial_contact_s, left.next_contact_s - places_s[at]
        whole = min(left_step_s, right_step_s) >= SHORTEST_STEP * left.stride_time_s
        found.append(StepPair(left, beginning[at], (left_step_s, right_step_s) if whole else None))
    return found
