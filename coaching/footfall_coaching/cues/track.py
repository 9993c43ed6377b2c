"""One sensor's last landings and strides, as far as they count at a moment of the session.

What counts at a moment follows from times alone: of strides those that are over for so long that each has been told by
then, however packets are cut and however the events of two sensors alternate. So the same run gives the same cues.
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from footfall_processing.gait import Activity, Impact, Stride, StrideFlag
from footfall_processing.metrics.catalogue import Metric
from footfall_processing.metrics.metric import PER_G
from footfall_processing.results.tally import NOT_AVERAGED, is_averaged
from footfall_processing.session import Sensor, Side

SETTLED_S: Final = 0.5
"""A stride is told 0.25 s after its last contact at the latest, and a packet later; then it counts."""
STRIDES: Final = 5
"""Feedback is of the mean of so many."""
FIRST_STRIDES: Final = 10
"""So many strides of running have to be over before anything is cued: also after a stop or a walk."""
CALIBRATED_ON: Final = 10
"""Strides whose final peaks say what the peaks of landings, told at once, come to."""
MOST_POOR: Final = 1
"""Of the last `STRIDES`: with more that are poor, nothing is cued."""
PAUSE_S: Final = 3.0
"""Longer than any stride: after so much without one, running begins anew."""
STOP_S: Final = 10.0
"""Longer than this without a stride is no part of a session."""
SHARE_STRIDES: Final = 40
"""Shares and differences are of so many strides of a leg, and of no fewer than half of that."""
_STANCE_S: Final = (-0.1, 0.3)
"""A landing's peak comes so long after the stride's initial contact."""
_KEPT: Final = 60

POOR: Final = NOT_AVERAGED | {
    StrideFlag.ACC_CLIPPED,
    StrideFlag.SAMPLES_LOST,
    StrideFlag.SAMPLES_HELD,
    StrideFlag.RATE_LOW_FOR_PEAKS,
    StrideFlag.AXES_DISAGREE,
    StrideFlag.SENSOR_MOVED,
    StrideFlag.ALIGNED_LATER,
}
"""A stride with one of these flags says too little to be reminded of."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A stride, how much of the session had been run or walked by its end, and its number in its bout of running."""

    stride: Stride
    active_s: float
    number: int

    @property
    def counts_from_s(self) -> float:
        return self.stride.next_contact_s + SETTLED_S


class Track:
    """A sensor's last landings and strides.

    Parameters
    ----------
    sensor
        Whose events are pushed, each kind in order of time.
    goes_on
        Whether what came before the first of them is a part of the session.
    """

    def __init__(self, sensor: Sensor, *, goes_on: bool = False) -> None:
        self.sensor: Final = sensor
        self._goes_on = goes_on
        self._landings: deque[Impact] = deque(maxlen=_KEPT)
        self._entries: deque[_Entry] = deque(maxlen=_KEPT)

    def push(self, item: Impact | Stride) -> None:
        """Take the sensor's next landing or stride."""
        if isinstance(item, Impact):
            self._landings.append(item)
            return
        last = self._entries[-1] if self._entries else None
        end_s = item.next_contact_s
        if last is not None:
            since_s = min(end_s - last.stride.next_contact_s, STOP_S)
        else:
            since_s = end_s if self._goes_on else item.stride_time_s
        goes_on = last is not None and item.initial_contact_s - last.stride.next_contact_s <= PAUSE_S
        number = 0
        if item.activity is Activity.RUN:
            number = 1 + (last.number if last is not None and goes_on else 0)
        self._entries.append(_Entry(item, (0.0 if last is None else last.active_s) + max(since_s, 0.0), number))

    def active_s(self, at_s: float) -> float:
        """Return how long the session has gone on by then, without its pauses."""
        known = self._settled(at_s)
        if not known:
            return 0.0
        return known[-1].active_s + min(max(at_s - known[-1].stride.next_contact_s, 0.0), STOP_S)

    def why_quiet(self, at_s: float) -> str:
        """Return why nothing may be cued of this sensor then; empty where all is well."""
        known = self._settled(at_s)
        if not known or at_s - known[-1].stride.next_contact_s > PAUSE_S:
            return "no strides"
        if known[-1].number == 0:
            return "walking"
        if known[-1].number < FIRST_STRIDES:
            return "the first strides"
        return "the signal is poor" if self._is_poor(at_s) else ""

    def mean_g(self, metric: Metric, at_s: float) -> float | None:
        """Return the mean impact of the last five landings then, as their strides will come to; `None` if not known.

        A landing is told at once and its peak is provisional, of the whole acceleration: what the leg's last strides
        came to, over what their landings were told as, turns one into the other.
        """
        landings = [one for one in self._landings if one.t_s <= at_s][-STRIDES:]
        if len(landings) < STRIDES or any(one.clipped for one in landings):
            return None
        if landings[-1].t_s - landings[0].t_s > PAUSE_S * (STRIDES - 1):
            return None
        told_g, final_g = [], []
        for stride in self.strides(at_s):
            value = metric.value(stride) if is_averaged(stride, metric) else None
            peak_mps2 = self._peak_mps2(stride)
            if value is not None and peak_mps2 is not None:
                final_g.append(value)
                told_g.append(peak_mps2 * PER_G)
        if len(final_g) < STRIDES:
            return None
        factor = fmean(final_g[-CALIBRATED_ON:]) / fmean(told_g[-CALIBRATED_ON:])
        return factor * PER_G * fmean(one.peak_acc_mps2 for one in landings)

    def strides(self, at_s: float) -> list[Stride]:
        """Return the last good running strides then, the latest last."""
        return [
            entry.stride
            for entry in self._settled(at_s)
            if entry.number > 0 and not POOR.intersection(entry.stride.quality)
        ][-SHARE_STRIDES:]

    def lately(self, at_s: float) -> Sequence[Stride]:
        """Return the last five good running strides then."""
        return self.strides(at_s)[-STRIDES:]

    def _settled(self, at_s: float) -> list[_Entry]:
        return [entry for entry in self._entries if entry.counts_from_s <= at_s]

    def _is_poor(self, at_s: float) -> bool:
        newest = self._settled(at_s)[-STRIDES:]
        return sum(bool(POOR.intersection(entry.stride.quality)) for entry in newest) > MOST_POOR

    def _peak_mps2(self, stride: Stride) -> float | None:
        """Return the peak that a stride's landing was told as; `None` where none was told."""
        low_s, high_s = (stride.initial_contact_s + offset_s for offset_s in _STANCE_S)
        found = [one for one in self._landings if low_s <= one.t_s <= min(high_s, stride.next_contact_s)]
        return found[-1].peak_acc_mps2 if found and not found[-1].clipped else None


def excess(mean_g: float, target_g: float, own_g: float) -> float:
    """Return how far impact is above a target: 0 at the target, 1 at the runner's own usual value and above."""
    if own_g <= target_g:
        return 1.0 if mean_g > target_g else 0.0
    return min(max((mean_g - target_g) / (own_g - target_g), 0.0), 1.0)


def of_leg(values_g: Mapping[Side | None, float], side: Side | None) -> float:
    """Return a leg's value; where legs are not told apart, that of all; infinity where there is none."""
    return values_g.get(side, values_g.get(None, math.inf))
