"""A stream that repeats each sample: a source slower than the stream, of which a sample is held until the next.

The three channels of a moving accelerometer or gyroscope never all stay what they were to the last bit. Where each of a
moving stretch's samples of one of the two comes at least twice, that signal is held, and only the first of each run was
measured: it is taken, with what the other signal shows then, and its repeats are not. So the true rate, that of the
slower signal, is what decides what can be told.
"""

from typing import Final

import numpy as np

from footfall_processing.compiled import Record, compiled, inlined
from footfall_processing.samples import FloatArray

MOVED_MPS2: Final = 1.0
MOVED_RADPS: Final = 0.5
"""A change of more than this from run to run means movement, in which no coarse sensor measures the same twice."""

RUNS: Final = 16
"""So many runs in a row, each of two samples or more, make a signal a held one."""

_SIGNALS: Final = 2

HELD: Final = np.dtype(
    [
        ("factor", np.int64),
        ("idle", np.bool_),
        ("whole", np.uint8, (_SIGNALS,)),
        ("repeats", np.int64, (_SIGNALS,)),
        ("times", np.int64, (_SIGNALS,)),
        ("runs", np.int64, (_SIGNALS,)),
        ("shortest", np.int64, (_SIGNALS,)),
    ],
    align=True,
)
"""`factor` is how many times each sample comes, 1 where neither signal is held. Of accelerometer and gyroscope,
`repeats` is how often the newest sample came again, `times` how many times each comes as far as is known.

`runs` counts the moving runs of at least two samples since the last shorter one, or since `times` was told; `shortest`
is the shortest of these. A run beside a loss is not `whole`: nobody knows its length. `idle` while no run goes on.
"""


def start_held(held: Record) -> None:
    """Prepare the zeroed memory of a new sensor. Plain Python."""
    held["factor"] = 1
    held["times"] = 1


@compiled
def _run_ends(held: Record, signal: int, moved: bool) -> None:
    """A signal has changed: take in the run that is over."""
    length = held.repeats[signal] + 1
    whole = held.whole[signal] != 0
    held.repeats[signal] = 0
    held.whole[signal] = 1
    if not (moved and whole):
        return
    if length < 2:
        held.times[signal] = 1
        held.runs[signal] = 0
        return
    held.shortest[signal] = length if held.runs[signal] == 0 else min(held.shortest[signal], length)
    held.runs[signal] += 1
    if held.runs[signal] == RUNS:
        held.times[signal] = held.shortest[signal]
        held.runs[signal] = 0


@inlined
def may_be_held(held: Record, raw: FloatArray, before: FloatArray, beside_loss: bool) -> bool:
    """False, as nearly always, where a sample is another than the one before, which was none of a run either."""
    # rates of 0 are of no gyroscope
    return not held.idle or raw[0] == before[0] or (raw[3] == before[3] and raw[3] != 0.0) or beside_loss


@compiled
def is_held(held: Record, raw: FloatArray, before: FloatArray, beside_loss: bool) -> bool:
    """Take the next raw sample that may be held; True when its slower signal was not measured anew."""
    if beside_loss:
        for signal in range(_SIGNALS):
            held.repeats[signal] = 0
            held.whole[signal] = 0
        held.idle = False
        return False
    for signal in range(_SIGNALS):
        same = True
        moved = False
        measures = False
        for axis in range(3 * signal, 3 * signal + 3):
            change = abs(raw[axis] - before[axis])
            same &= change == 0.0
            moved |= change > (MOVED_MPS2 if signal == 0 else MOVED_RADPS)
            measures |= raw[axis] != 0.0
        if not same:
            _run_ends(held, signal, moved)
        elif measures:
            held.repeats[signal] += 1
    held.factor = max(held.times[0], held.times[1])
    held.idle = held.factor == 1 and held.runs[0] + held.runs[1] + held.repeats[0] + held.repeats[1] == 0
    slower = 0 if held.times[0] == held.factor else 1
    return bool(held.repeats[slower] % held.factor != 0)
