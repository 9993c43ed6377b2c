"""Left against right: shares, symmetry index, and the step of each foot from the other's contact."""

import math
from bisect import bisect_right, insort
from itertools import pairwise
from typing import Final

import numpy as np

from footfall_processing.gait import Stride
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

STEP_TIME: Final = "step_time_s"
"""The name of what is compared beside the catalogue's metrics of a stride."""

MOST_WAITING: Final = 256
"""Strides of one foot that wait for the other's: some three minutes."""

_SAME_CONTACT_S: Final = 1e-3

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


class StepPairing:
    """One activity's left strides and right contacts, paired as they come.

    A foot's step time lasts from the other foot's contact to its own. Each left stride with exactly one right contact
    inside gives both: the right step up to that contact, the left step from there on.

    Strides of one foot come in order of time, those of the two feet in any order, as long as no foot is more than
    `MOST_WAITING` strides behind the other; the steps of what waits longer than that are not told.
    """

    def __init__(self) -> None:
        self._left_s: list[tuple[float, float]] = []
        self._contacts_s: list[float] = []

    def push_left(self, stride: Stride) -> None:
        """Take the left foot's next stride."""
        self._left_s.append((stride.initial_contact_s, stride.next_contact_s))
        del self._left_s[:-MOST_WAITING]

    def push_right(self, stride: Stride) -> None:
        """Take the right foot's next stride."""
        for contact_s in (stride.initial_contact_s, stride.next_contact_s):
            if contact_s not in self._contacts_s[-2:]:
                insort(self._contacts_s, contact_s)
        del self._contacts_s[: -2 * MOST_WAITING]

    def final(self, left_seen_s: float, right_seen_s: float) -> list[tuple[float, float]]:
        """Return the left and right steps that are final, once, given where the newest stride of each foot begins."""
        count = next((k for k, (_, end_s) in enumerate(self._left_s) if end_s >= right_seen_s), len(self._left_s))
        found = self._steps(count)
        del self._left_s[:count]
        begin_s = self._left_s[0][0] if self._left_s else left_seen_s
        # the contact before tells whether the next one is the same, seen twice
        del self._contacts_s[: max(bisect_right(self._contacts_s, begin_s) - 1, 0)]
        return found

    def waiting(self) -> list[tuple[float, float]]:
        """Return the steps that the strides so far tell beside the final ones: all there is at the end of a session."""
        return self._steps(len(self._left_s))

    def _steps(self, count: int) -> list[tuple[float, float]]:
        if count == 0:
            return []
        contacts_s = [
            later for before, later in pairwise([-math.inf, *self._contacts_s]) if later - before > _SAME_CONTACT_S
        ]
        steps_s = []
        for begin_s, end_s in self._left_s[:count]:
            at = bisect_right(contacts_s, begin_s)
            inside = contacts_s[at : bisect_right(contacts_s, end_s)]
            if len(inside) != 1:
                continue
            right_step_s, left_step_s = inside[0] - begin_s, end_s - inside[0]
            if min(left_step_s, right_step_s) >= SHORTEST_STEP * (end_s - begin_s):
                steps_s.append((left_step_s, right_step_s))
        return steps_s

    def state(self) -> PlainState:
        """What can be stored."""
        return {
            "left_s": np.array(self._left_s, dtype="<f8").tobytes(),
            "contacts_s": np.array(self._contacts_s, dtype="<f8").tobytes(),
        }

    def restore(self, state: PlainState) -> None:
        """Take up what `state` returned.

        Raises
        ------
        InputError
            When it is not such a state.
        """
        stored = Stored(state, "step times")
        self._left_s = [(b, e) for b, e in stored.measured("left_s", columns=2, most=MOST_WAITING).tolist()]
        self._contacts_s = stored.measured("contacts_s", columns=1, most=2 * MOST_WAITING)[:, 0].tolist()
        stored.check(self._contacts_s == sorted(self._contacts_s))
