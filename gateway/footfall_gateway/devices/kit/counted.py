"""Time for sensors that tell none, careful about silences."""

from dataclasses import replace
from typing import Final

from footfall_processing.signal.sample_clock import CountedTime, SampleClock
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

SILENCE_S: Final = 0.3
"""A sensor without a buffer of its own loses samples when it can't send for longer."""

_KIND: Final = "clock careful about silences 2"


class CountedClock:
    """A `SampleClock` that takes a silence for a gap at once.

    Whether samples were lost shows in their number only later. Until then a stride could be measured across the gap.

    Parameters
    ----------
    interval_s
        Nominal time from sample to sample.
    """

    def __init__(self, interval_s: float) -> None:
        self._clock = SampleClock(interval_s)
        self._received_s = 0.0
        self._silent = False

    @property
    def interval_s(self) -> float:
        """Time from sample to sample of the batch that was read last, as measured."""
        return self._clock.interval_s

    def hear(self, received_s: float) -> bool:
        """Note an arrival, whether or not it completes a sample; tell whether there was a silence before it."""
        silent = received_s - self._received_s > SILENCE_S
        self._silent = self._silent or silent
        self._received_s = received_s
        return silent

    def read(self, count: int, *, received_s: float) -> CountedTime:
        """Place the next batch of samples, as `SampleClock.read`; after a silence it counts as restarted."""
        self.hear(received_s)
        silent, self._silent = self._silent, False
        first = self._clock.read(count, received_s=received_s)
        return replace(first, restarted=True) if silent else first

    def state(self) -> PlainState:
        """Return what there is to be stored."""
        return {"kind": _KIND, "clock": self._clock.state(), "received_s": self._received_s, "silent": self._silent}

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a clock."""
        stored = Stored.of_kind(state, _KIND)
        self._clock.restore(stored.part("clock"))
        self._received_s = stored.finite("received_s")
        self._silent = stored.flag("silent")
