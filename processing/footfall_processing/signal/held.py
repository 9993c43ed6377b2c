"""A stream that repeats each sample: a source slower than the stream, of which a sample is held until the next.

All six channels of a moving sensor never stay what they were to the last bit. Where each of a moving stretch's samples
comes at least twice, the stream is held, and only the first of each run was measured: it is taken, its repeats are
not, and the true rate is what decides what can be told.
"""

from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled
from footfall_processing.samples import FloatArray

MOVED_MPS2: Final = 1.0
MOVED_RADPS: Final = 0.5
"""A change of more than this from run to run means movement, in which no coarse sensor measures the same twice."""

RUNS: Final = 16
"""So many runs in a row, each of two samples or more, make a stream a held one."""

HELD: Final = np.dtype(
    [("factor", np.int64), ("repeats", np.int64), ("runs", np.int64), ("shortest", np.int64), ("whole", np.bool_)],
    align=True,
)
"""`factor` is how many times each sample comes, 1 where the stream is not held; `repeats` how often the newest did.

`runs` counts the moving runs of at least two samples since the last shorter one, or since `factor` was told;
`shortest` is the shortest of these. A run beside a loss is not `whole`: nobody knows its length.
"""


def start_held(held: Record) -> None:
    """Prepare the zeroed memory of a new sensor. Plain Python."""
    held["factor"] = 1


@compiled
def is_held(held: Record, raw: FloatArray, before: FloatArray, beside_loss: bool) -> bool:
    """Take the next raw sample; True when it is but the one before, held, and nothing was measured."""
    # nearly always: another sample than the one before, which was none of a run either
    if raw[0] != before[0] and held.factor == 1 and held.runs == 0 and held.repeats == 0 and not beside_loss:
        held.whole = True
        return False
    same = True
    moved = False
    for axis in range(6):
        change = abs(raw[axis] - before[axis])
        same &= change == 0.0
        moved |= change > (MOVED_MPS2 if axis < 3 else MOVED_RADPS)
    if beside_loss:
        held.repeats = 0
        held.whole = False
        return False
    if same:
        held.repeats += 1
        return bool(held.repeats % held.factor != 0)
    length = held.repeats + 1
    if moved and held.whole:
        if length < 2:
            held.factor = 1
            held.runs = 0
        else:
            held.shortest = length if held.runs == 0 else min(held.shortest, length)
            held.runs += 1
            if held.runs == RUNS:
                held.factor = held.shortest
                held.runs = 0
    held.repeats = 0
    held.whole = True
    return False
