"""Session seconds for sensors that tell no time: their samples are counted, against the packets' arrivals."""

from dataclasses import dataclass
from typing import Final

from footfall_processing.signal.timing import DeviceClock
from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

_COUNTED: Final = "counted clock 2"


@dataclass(frozen=True, slots=True)
class CountedTime:
    """The moment of a sample of a sensor that tells no time.

    Parameters
    ----------
    t_s
        Session seconds.
    missing_s
        How long a gap there is before it, as far as can be told; 0 for none.
    restarted
        True at the first batch, and after a gap.
    """

    t_s: float
    missing_s: float
    restarted: bool


class SampleClock:
    """Session seconds for a sensor that tells no time: its samples are counted, by a tracking loop.

    The count stands for time. A loop of second order, critically damped, holds its phase and its rate to the least
    delay of the arrivals of the last `LEVEL_S` to `2 * LEVEL_S`. Samples lost now and then look like a slower rate,
    and bend their neighbours' time a little. When more is missing, it is a gap: noticed a little after it happened.

    A computer under load hands packets over late and then many at once: that looks like a gap first, and like samples
    that come too early then. Nothing comes early, so the count was placed by a late packet. It stays ahead of the
    arrivals, and the way back is slewed or made over gaps: no sample's time is bent for it.

    Parameters
    ----------
    interval_s
        Nominal time from sample to sample.

    Attributes
    ----------
    interval_s
        Time from sample to sample of the batch that was read last, as measured.
    """

    MAX_RATE_ERROR: Final = 0.1
    """Oscillators of sensors are trimmed to a few percent; steady losses add to that. Time is bent by no more."""
    FIRST_LOOK_S: Final = 3.0
    """The rate is first measured as samples over time; strides this early are approximate."""
    LEVEL_S: Final = 0.5
    LOOP_S: Final = 4.0
    """Time constant of the loop: slow against the jitter of arrivals, fast against the drift of an oscillator."""
    LOSS_S: Final = 0.05
    """What is missing for longer is a gap."""
    QUIET_S: Final = 1.0
    """When nothing arrives for longer, samples were lost or the sensor had stopped."""
    SETTLED_S: Final = 1.0
    """So long after a beginning or a gap, quicker packets tell that those before were late, and nothing of the rate."""
    LATE_S: Final = 0.15
    """Quicker by more than this in `SETTLED_S` is no rate within `MAX_RATE_ERROR`: more late ones may still come."""
    MAX_SLEW: Final = DeviceClock.MAX_SLEW
    """Time is bent by no more to come back to the arrivals."""

    def __init__(self, interval_s: float) -> None:
        self.interval_s = interval_s
        self._nominal_s = interval_s
        self._rate_error: float | None = None
        self._received_s: float | None = None
        self._begun_s = self._next_s = 0.0
        self._counted = 0
        self._level_from_s = self._least_s = self._least_before_s = 0.0
        self._ahead_s = self._settled_s = self._quicker_s = 0.0

    def read(self, count: int, *, received_s: float) -> CountedTime:
        """Place the next batch of samples: return the first one's time; the others follow `interval_s` apart.

        Parameters
        ----------
        count
            Samples in the batch, at least one.
        received_s
            Arrival of the batch, session seconds; never earlier than the last batch's.
        """
        span_s = (count - 1) * self.interval_s
        if self._received_s is None:
            self._received_s = self._begun_s = received_s
            self._settle(received_s)
            self._next_s = received_s + self.interval_s
            return CountedTime(received_s - span_s, 0.0, restarted=True)
        quiet_s, self._received_s = received_s - self._received_s, received_s
        delay_s = received_s + self._ahead_s - (self._next_s + span_s)
        error_s = self._least_delay_s(received_s, delay_s)
        missing_s = 0.0
        if quiet_s > self.QUIET_S + span_s:
            missing_s = max(delay_s, 0.0)
        elif error_s > self.LOSS_S and self._rate_error is not None:
            missing_s = error_s
        if missing_s > 0.0:
            # Back by half the gap at most: it must remain one.
            back_s = min(self._ahead_s, 0.5 * missing_s) if missing_s > self.QUIET_S else 0.0
            missing_s -= back_s
            self._ahead_s -= back_s
            self._next_s += missing_s
            self._settle(received_s)
        elif error_s < 0.0 and received_s < self._settled_s:
            self._place_anew(-error_s, received_s)
        else:
            self._follow(error_s, count, received_s)
        first_s = self._next_s
        self._next_s = first_s + count * self.interval_s
        return CountedTime(first_s, missing_s, restarted=missing_s > 0.0)

    def state(self) -> PlainState:
        """Return what there is to be stored; the nominal interval is not in it."""
        return {
            "kind": _COUNTED,
            "interval_s": self.interval_s,
            "rate_error": self._rate_error,
            "received_s": self._received_s,
            "begun_s": self._begun_s,
            "next_s": self._next_s,
            "counted": self._counted,
            "level_from_s": self._level_from_s,
            "least_s": self._least_s,
            "least_before_s": self._least_before_s,
            "ahead_s": self._ahead_s,
            "settled_s": self._settled_s,
            "quicker_s": self._quicker_s,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a clock."""
        stored = Stored.of_kind(state, _COUNTED)
        interval_s = stored.finite("interval_s")
        if not 0.5 * self._nominal_s < interval_s < 2.0 * self._nominal_s:
            raise stored.refusal("interval_s")
        self._rate_error = stored.finite("rate_error") if stored.has("rate_error") else None
        self._received_s = stored.finite("received_s") if stored.has("received_s") else None
        self._begun_s, self._next_s = stored.finite("begun_s"), stored.finite("next_s")
        self._counted = stored.whole("counted")
        self._level_from_s, self._least_s = stored.finite("level_from_s"), stored.finite("least_s")
        self._least_before_s = stored.finite("least_before_s")
        self._ahead_s, self._settled_s = stored.finite("ahead_s"), stored.finite("settled_s")
        self._quicker_s = stored.finite("quicker_s")
        self.interval_s = interval_s

    def _follow(self, error_s: float, count: int, received_s: float) -> None:
        """Set the interval so that time goes on at the sensor's rate, and towards the least delay."""
        self._counted += count
        batch_s = count * self._nominal_s
        self._ahead_s = max(self._ahead_s - self.MAX_SLEW * batch_s, 0.0)
        if self._rate_error is not None:
            self._rate_error += error_s * batch_s / (4.0 * self.LOOP_S**2)
        elif received_s - self._begun_s >= self.FIRST_LOOK_S:
            self._rate_error = (received_s - self._begun_s) / (self._counted * self._nominal_s) - 1.0
        else:
            self.interval_s = self._nominal_s * (1.0 + self._limited(error_s))
            return
        self._rate_error = self._limited(self._rate_error)
        self.interval_s = self._nominal_s * (1.0 + self._limited(self._rate_error + error_s / self.LOOP_S))

    def _settle(self, received_s: float) -> None:
        """Begin to watch out for packets that are quicker than the one that the count was placed by."""
        self._forget_delays(received_s)
        self._settled_s, self._quicker_s = received_s + self.SETTLED_S, 0.0

    def _place_anew(self, quicker_s: float, received_s: float) -> None:
        """Take a quicker packet for the one to be followed; the rate is not looked at over a late one."""
        self._ahead_s += quicker_s
        self._quicker_s += quicker_s
        self._forget_delays(received_s)
        if self._quicker_s > self.LATE_S:
            self._settle(received_s)
        if self._rate_error is None:
            self._begun_s, self._counted = received_s, 0
            self.interval_s = self._nominal_s

    def _limited(self, rate_error: float) -> float:
        return min(max(rate_error, -self.MAX_RATE_ERROR), self.MAX_RATE_ERROR)

    def _least_delay_s(self, received_s: float, delay_s: float) -> float:
        """Take in a delay, and return the least recent one."""
        if received_s - self._level_from_s > self.LEVEL_S:
            self._level_from_s, self._least_before_s, self._least_s = received_s, self._least_s, delay_s
        self._least_s = min(self._least_s, delay_s)
        return min(self._least_s, self._least_before_s)

    def _forget_delays(self, received_s: float) -> None:
        self._level_from_s, self._least_s, self._least_before_s = received_s, 0.0, 0.0
