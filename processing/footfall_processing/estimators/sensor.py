"""One sensor's memory, and the kernel that takes its samples: the same for all estimators, compiled for each.

The kernel is written once (`push_samples`) and compiled for each estimator with that estimator's functions in it, so a
session compiles and loads what its own sensors need.
"""

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from footfall_processing.compiled import Record, compiled, compiled_with, with_another
from footfall_processing.estimators.activity import UNKNOWN
from footfall_processing.estimators.base import Estimator
from footfall_processing.estimators.outbox import OUTBOX, post_doing
from footfall_processing.samples import FlagArray, FloatArray
from footfall_processing.signal.agreement import AGREEMENT, begin_agreement, is_full, judge_window
from footfall_processing.signal.grid import GRID_STATE, feed, next_cell, sampling_interval_s
from footfall_processing.signal.limits import clipped_bits_of_cell
from footfall_processing.signal.ring import RING, RING_MASK, append, begin_segment, oldest

StateArray: TypeAlias = NDArray[np.void]
PushSamples: TypeAlias = Callable[[StateArray, FloatArray, FloatArray, FloatArray, FlagArray, bool], None]

# what the estimator's row puts in place of these names
begin: Callable[[Record, int], None]
advance: Callable[[Record, Record, Record], None]
end: Callable[[Record, Record, Record], None]
tell: Callable[[Record, int, Record, Record], int]


def push_samples(
    states: StateArray, t_s: FloatArray, acc_mps2: FloatArray, gyr_radps: FloatArray, bits: FlagArray, ends: bool
) -> None:
    """Take samples of the one sensor in `states`; with `ends`, the signal ends after them.

    An array of one, since a bare record takes Numba 15 µs to hand over; and one kernel for both, since each holds the
    machine code of the whole estimator, to be compiled once and loaded at every start.
    """
    state = states[0]
    raw = np.zeros(6)
    for i in range(len(t_s)):
        told = state.outbox.count
        for axis in range(3):
            raw[axis] = acc_mps2[i, axis]
            raw[3 + axis] = gyr_radps[i, axis]
        if feed(state.grid, t_s[i], raw, bits[i]):
            if state.ring.end > 0:
                end(state.estimator, state.ring, state.outbox)  # noqa: F821
                state.told_doing = tell(state.estimator, state.told_doing, state.ring, state.outbox)  # noqa: F821
            begin_segment(state.ring, t_s[i])
            begin_agreement(state.agreement, state.ring.end)
            begin(state.estimator, state.ring.end)  # noqa: F821
        if state.grid.limits.learnt:
            mark_clipped(state.ring, state.grid.limits)
        while next_cell(state.grid):
            append(state.ring, state.grid)
            if is_full(state.agreement, state.ring):
                judge_window(state.agreement, state.ring, sampling_interval_s(state.grid))
            advance(state.estimator, state.ring, state.outbox)  # noqa: F821
            state.told_doing = tell(state.estimator, state.told_doing, state.ring, state.outbox)  # noqa: F821
        note_signal(state.outbox, told, state.grid, state.agreement)
    if ends and state.ring.end > 0:
        told = state.outbox.count
        end(state.estimator, state.ring, state.outbox)  # noqa: F821
        state.told_doing = tell(state.estimator, state.told_doing, state.ring, state.outbox)  # noqa: F821
        note_signal(state.outbox, told, state.grid, state.agreement)


@compiled
def mark_clipped(ring: Record, limits: Record) -> None:
    """Mark the cells that are kept and stood at an end of the sensor's values, when one became known."""
    limits.learnt = False
    for cell in range(oldest(ring), ring.end):
        at = cell & RING_MASK
        ring.quality[at] |= clipped_bits_of_cell(limits, ring.imu[at], ring.peak_acc_mps2[at])


@compiled
def note_signal(outbox: Record, begin: int, grid: Record, agreement: Record) -> None:
    """Note in the events from number `begin` on what is known of the signal that they were found in."""
    for i in range(begin, outbox.count):
        outbox.events[i].held = grid.held.factor
        outbox.events[i].axes_disagree = agreement.disagree


@compiled
def tell_doing(estimator: Record, told: int, ring: Record, outbox: Record) -> int:
    """Tell what the wearer does, if it is something else than what was told; return what he knows then."""
    doing: int = estimator.activity.state
    if doing in (told, UNKNOWN):
        return told
    post_doing(outbox, ring, doing)
    return doing


@compiled
def tell_nothing(estimator: Record, told: int, ring: Record, outbox: Record) -> int:
    """Stand in for `tell_doing` where an estimator does not know."""
    return told


@cache
def kernel_of(estimator: Estimator) -> PushSamples:
    """`push_samples` for one estimator."""
    begin, advance, end = estimator.begin, estimator.advance, estimator.end
    if estimator.contact is not None:
        usual, chosen = next(iter(estimator.contacts.values())), estimator.contacts[estimator.contact]
        begin = with_another(begin, usual, chosen, estimator.contact)
        advance = with_another(advance, usual, chosen, estimator.contact)
        end = with_another(end, usual, chosen, estimator.contact)
    tell = tell_doing if "activity" in (estimator.state.names or ()) else tell_nothing
    own = {"begin": begin, "advance": advance, "end": end, "tell": tell}
    return compiled_with(push_samples, estimator.full_name.replace(":", "."), own)


@cache
def memory_of(estimator: Estimator) -> "np.dtype[np.void]":
    """The layout of one sensor's memory. The outbox comes last: between two blocks it is empty."""
    return np.dtype(
        [
            ("newest_s", np.float64),
            ("told_doing", np.int64),
            ("grid", GRID_STATE),
            ("ring", RING),
            ("agreement", AGREEMENT),
            ("estimator", estimator.state),
            ("outbox", OUTBOX),
        ],
        align=True,
    )
