"""Two streams of one sensor into one: each acceleration gets the angular rate of its moment.

Some sensors send acceleration and angular rate apart, each with its own times. `StreamJoiner` puts them together, for
every such driver the same way.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall_processing.samples import FlagArray, FloatArray, SampleQuality
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored, packed

HOLD_S: Final = 2.0
"""How far one stream may run ahead of the other before its samples are given up; longer than links delay packets."""
PAIR_WITHIN: Final = 0.1
"""Times this close, as a share of the angular rate's sampling interval, are the same moment."""
MOST_HELD: Final = 600
"""No more samples of a stream are held back: `HOLD_S` of every sensor of up to 300 Hz."""

_KIND: Final = "joiner of two streams 1"
_HELD: Final = "held samples 1"
_AFTER_LOSS: Final = int(SampleQuality.AFTER_LOSS)


@dataclass(frozen=True, slots=True, eq=False)
class StreamSamples:
    """Consecutive samples of one stream.

    Parameters
    ----------
    t_s
        Times, on any axis that both streams share; shape (n,), n >= 1, increasing.
    values
        Acceleration in m/s² or angular rate in rad/s; shape (n, 3), finite.
    quality
        `SampleQuality` bits; shape (n,). `AFTER_LOSS` marks the first sample after a gap of this stream.
    """

    t_s: FloatArray
    values: FloatArray
    quality: FlagArray

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True, slots=True, eq=False)
class JoinedSamples:
    """Whole samples: `t_s` (n,), n >= 1, `acc_mps2` and `gyr_radps` (n, 3), `quality` (n,)."""

    t_s: FloatArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    quality: FlagArray


class StreamJoiner:
    """Joins acceleration and angular rate on time.

    The result has the acceleration's times. Where a time of the angular rate agrees (`PAIR_WITHIN`), its sample is
    taken as it is; elsewhere its two neighbours are interpolated linearly, never across a gap.

    An acceleration without angular rate is no whole sample: one in a gap of the angular rate, or more than `HOLD_S`
    ahead of it, is given up, and the next whole sample is marked `AFTER_LOSS`. So a stream that falls silent holds
    the other back, and memory taken, for no longer than `HOLD_S`, and for no more than `MOST_HELD` samples.
    Accelerations from before the angular rate began are given up without a mark, as nothing came before them.

    As long as neither stream is more than `HOLD_S` ahead, the samples that come out do not depend on how the
    streams were cut into packets, nor on how these took turns.

    Parameters
    ----------
    gyr_interval_s
        Nominal sampling interval of the angular rate; its samples must be more than `2 * PAIR_WITHIN` of it apart.
    hold_s
        See `HOLD_S`.
    """

    def __init__(self, gyr_interval_s: float, *, hold_s: float = HOLD_S) -> None:
        self._pair_within_s = PAIR_WITHIN * gyr_interval_s
        self._hold_s = hold_s
        self._acc = _nothing()
        self._gyr = _nothing()
        # No acceleration up to this moment will come any more.
        self._acc_until_s = -np.inf
        self._began = False
        # Something was lost since the last whole sample.
        self._lost = False

    def push_acc(self, samples: StreamSamples) -> JoinedSamples | None:
        """Take the next accelerations, later than all before; return what is whole now."""
        self._acc = _append(self._acc, samples)
        self._acc_until_s = float(samples.t_s[-1])
        return self._join()

    def push_gyr(self, samples: StreamSamples) -> JoinedSamples | None:
        """Take the next angular rates, later than all before; return what is whole now."""
        self._gyr = _append(self._gyr, samples)
        return self._join()

    def forget(self) -> None:
        """Begin anew, on another time axis: what is not whole yet is given up."""
        self._acc, self._gyr = _nothing(), _nothing()
        self._acc_until_s = -np.inf
        self._lost = True

    def _join(self) -> JoinedSamples | None:
        joined = None
        if len(self._acc) and len(self._gyr):
            ready = int(np.searchsorted(self._acc.t_s, self._gyr.t_s[-1] + self._pair_within_s, side="right"))
            if ready:
                joined = self._complete(_part(self._acc, 0, ready))
                self._acc = _part(self._acc, ready)
        self._let_go()
        return joined

    def _complete(self, acc: StreamSamples) -> JoinedSamples | None:
        """Give each acceleration its angular rate, where there is one."""
        gyr = self._gyr
        right = np.minimum(np.searchsorted(gyr.t_s, acc.t_s), len(gyr) - 1)
        left = np.maximum(right - 1, 0)
        since_left_s, until_right_s = acc.t_s - gyr.t_s[left], gyr.t_s[right] - acc.t_s
        nearest = np.where(np.abs(since_left_s) < np.abs(until_right_s), left, right)
        paired = np.minimum(np.abs(since_left_s), np.abs(until_right_s)) <= self._pair_within_s
        whole = paired | ((since_left_s >= 0.0) & (until_right_s >= 0.0) & (gyr.quality[right] & _AFTER_LOSS == 0))
        if not whole.any():
            self._lost = True
            return None

        left, right = np.where(paired, nearest, left)[whole], np.where(paired, nearest, right)[whole]
        span_s = gyr.t_s[right] - gyr.t_s[left]
        share = np.divide(since_left_s[whole], span_s, out=np.zeros(len(left)), where=span_s > 0.0)[:, None]
        quality = (acc.quality[whole] | gyr.quality[left] | gyr.quality[right]) & np.uint8(~_AFTER_LOSS & 0xFF)

        # Losses up to each sample, counted; where the count rose since the last whole sample, this one is marked.
        losses = np.cumsum(~whole | (acc.quality & _AFTER_LOSS != 0))
        marked = np.diff(losses[whole], prepend=-1 if self._lost else 0) > 0
        if not self._began:
            marked[0] = False
        quality[marked] |= _AFTER_LOSS
        self._began, self._lost = True, not whole[-1]

        gyr_radps = gyr.values[left] * (1.0 - share) + gyr.values[right] * share
        return JoinedSamples(acc.t_s[whole], acc.values[whole], gyr_radps, quality)

    def _let_go(self) -> None:
        """Keep only what can still be of use."""
        stale = int(np.searchsorted(self._acc.t_s, self._acc_until_s - self._hold_s))
        stale = max(stale, len(self._acc) - MOST_HELD)
        if stale > 0:
            self._acc = _part(self._acc, stale)
            self._lost = True
        if len(self._gyr):
            wanted_s = float(self._acc.t_s[0]) if len(self._acc) else self._acc_until_s
            wanted_s = max(wanted_s, float(self._gyr.t_s[-1]) - self._hold_s)
            # The last one before is a neighbour too.
            useless = int(np.searchsorted(self._gyr.t_s, wanted_s, side="right")) - 1
            self._gyr = _part(self._gyr, max(useless, len(self._gyr) - MOST_HELD, 0))

    def state(self) -> PlainState:
        """Return what there is to be stored: 33 bytes for each sample that is held back, of one stream or the other."""
        return {
            "kind": _KIND,
            "acc": _stored(self._acc),
            "gyr": _stored(self._gyr),
            "acc_until_s": self._acc_until_s,
            "began": self._began,
            "lost": self._lost,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such streams."""
        stored = Stored.of_kind(state, _KIND)
        self._acc, self._gyr = _restored(stored.part("acc")), _restored(stored.part("gyr"))
        self._acc_until_s = stored.number("acc_until_s")
        self._began, self._lost = stored.flag("began"), stored.flag("lost")


def _nothing() -> StreamSamples:
    return StreamSamples(np.empty(0), np.empty((0, 3)), np.empty(0, dtype=np.uint8))


def _append(first: StreamSamples, then: StreamSamples) -> StreamSamples:
    if not len(first):
        return then
    return StreamSamples(
        np.concatenate((first.t_s, then.t_s)),
        np.concatenate((first.values, then.values)),
        np.concatenate((first.quality, then.quality)),
    )


def _part(samples: StreamSamples, start: int, stop: int | None = None) -> StreamSamples:
    return StreamSamples(samples.t_s[start:stop], samples.values[start:stop], samples.quality[start:stop])


def _stored(samples: StreamSamples) -> PlainState:
    rows = np.column_stack((samples.t_s, samples.values))
    return {"kind": _HELD, "rows": packed(rows), "quality": samples.quality.tobytes()}


def _restored(state: PlainState) -> StreamSamples:
    stored = Stored.of_kind(state, _HELD)
    rows = stored.table("rows", columns=4, most=MOST_HELD)
    quality = np.frombuffer(stored.data("quality", most=MOST_HELD), dtype=np.uint8).copy()
    if len(quality) != len(rows) or not np.isfinite(rows).all() or not (np.diff(rows[:, 0]) > 0.0).all():
        raise stored.refusal("rows")
    return StreamSamples(rows[:, 0].copy(), rows[:, 1:].copy(), quality)
