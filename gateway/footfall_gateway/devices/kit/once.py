"""Each notification once, though the radio's driver delivers it twice or more, as a setting of BlueZ makes it do.

Where a notification holds a time or a count, the same bytes are the same notification: `Replays`. Where it holds
neither, as those of sensors whose samples are counted, a still sensor may well send the same bytes again, and only two
things prove a copy (`Once`): bytes that vary so much in themselves that chance does not make them twice, or a pattern
in which *every* notification comes as often, at a multiple of the rate at which the sensor makes any.
"""

import math
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from footfall_processing.state import PlainState
from footfall_processing.stored import Stored

MOST_APART: Final = 48
"""A copy comes before so many other notifications have come: more than any connection interval gathers."""
APART_BYTES: Final = 4096
"""Or so many bytes of them."""
APART_S: Final = 0.15
"""What is doubled comes again within this time: both at once, or all of a connection interval twice."""
CHANCE_BITS: Final = 24.0
"""Bits of change within a notification from which on its like does not come by chance.

Noise of a few codes makes so many once in 2³³ notifications, which are two years of standing still.
"""
MARGIN: Final = 1.2
"""No sensor makes more than this share of its stated rate; with copies it is twice that, or more."""
BURST_S: Final = 0.25
"""So much may gather before it is delivered at once."""
LEAST_S: Final = BURST_S + 0.4
MOST_S: Final = 1.5
"""From when on, and when at the latest, the rate tells copies from a sensor that repeats itself."""
MOST_TIMES: Final = 8
MOST_HELD: Final = 512
MOST_HELD_BYTES: Final = 8192
"""What is held back until it is known whether it is a copy."""

_CHECK_S: Final = 2.0
_FORGET_AFTER: Final = 8
_REPLAYS: Final = "replays of notifications 1"
_ONCE: Final = "each notification once 1"


class Arrival(NamedTuple):
    """A notification: when it arrived, session seconds, and its bytes."""

    received_s: float
    data: bytes


def varies(codes: NDArray[np.int16]) -> bool:
    """Tell whether samples, the rows of `codes`, change so much from one to the next that they don't come so again."""
    steps = np.abs(np.diff(codes.astype(np.float64), axis=0))
    return bool(np.log2(1.0 + 2.0 * steps).sum() >= CHANCE_BITS)


class Replays:
    """Tells copies of notifications, in a stream of which some hold a time or a count.

    One of those that came before begins a replay of what followed it; so do its followers that hold neither belong to
    the replay while they come in its order, whether all of it comes again at once or each by itself.

    Parameters
    ----------
    is_unique
        Whether no sensor sends these bytes twice, as they hold a time or a count.
    """

    def __init__(self, is_unique: Callable[[bytes], bool]) -> None:
        self._is_unique = is_unique
        self._taken: deque[bytes] = deque()
        # What each replay must show next, as a place in what was taken.
        self._next: list[int] = []

    def is_copy(self, data: bytes) -> bool:
        """Tell whether the next notification is a copy of one before; if not, it is remembered."""
        taken = self._taken
        for replay, place in enumerate(self._next):
            if place < len(taken) and taken[place] == data:
                self._next[replay] += 1
                return True
        if self._is_unique(data) and data in taken:
            place = taken.index(data)
            # What should have shown this one before has skipped something: it is over.
            self._next = [*(other for other in self._next if other > place), place + 1][-MOST_TIMES:]
            return True
        taken.append(data)
        while len(taken) > MOST_APART or sum(map(len, taken)) > APART_BYTES:
            taken.popleft()
            self._next = [place - 1 for place in self._next if place > 0]
        return False

    def state(self) -> PlainState:
        """Return what there is to be stored."""
        return {"kind": _REPLAYS, "taken": [*self._taken], "next": [*self._next]}

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a stream."""
        stored = Stored.of_kind(state, _REPLAYS)
        taken = stored.elements("taken", most=MOST_APART)
        self._next = stored.wholes("next", most=MOST_TIMES, least_value=0)
        self._taken = deque(data for data in taken if isinstance(data, bytes))
        stored.check(len(self._taken) == len(taken) and max(self._next, default=0) <= len(taken))


class Once:
    """Lets each notification through once, in a stream that holds neither time nor count.

    What was seen before and proves nothing by itself is held back until it is known: for a moment where something comes
    that does not come again, for `LEAST_S` or so where all does. While a pattern lasts, copies are dropped at once,
    whatever they hold; it ends where a notification does not come as often as the others.

    Parameters
    ----------
    bytes_per_s
        What the sensor sends in a second at its stated rate.
    sample_bytes
        Of a sample; that shorter notifications come again says nothing by itself.
    is_unique
        Whether chance does not make these bytes twice (`varies`).
    drop
        Called for each copy that is left out.
    """

    def __init__(
        self,
        bytes_per_s: float,
        *,
        sample_bytes: int,
        is_unique: Callable[[bytes], bool],
        drop: Callable[[], object],
    ) -> None:
        self._bytes_per_s = bytes_per_s
        self._sample_bytes = sample_bytes
        self._is_unique = is_unique
        self._drop = drop
        self._taken: list[Arrival] = []
        # Places in what was taken: before this one, nothing begins a pattern any more.
        self._from = 0
        # What each of the copies must show next, while there is a pattern.
        self._next: list[int] = []
        self._held: list[Arrival] = []
        self._begin = 0
        # All seems to come again, but at the sensor's own rate: it repeats itself.
        self._repeats_itself = False
        self._unseen_in_a_row = 0
        # How often each comes, as far as was found, and what is held against it.
        self._times = 1
        self._measured_s = self._carried_s = 0.0
        self._last_s = 0.0

    def take(self, received_s: float, data: bytes) -> list[Arrival]:
        """Take the next notification; return those that are known now to be no copies, in order of arrival."""
        self._measure(received_s, len(data))
        waiting, new = deque((Arrival(received_s, data),)), list[Arrival]()
        while waiting:
            arrival = waiting.popleft()
            if self._held:
                self._held.append(arrival)
                new += self._judge(waiting)
            elif self._is_copy(arrival.data):
                self._drop()
            elif self._is_suspicious(arrival.data):
                self._held = [arrival]
            else:
                new += self._let_through([arrival])
        return new

    def _is_copy(self, data: bytes) -> bool:
        for copy, place in enumerate(self._next):
            if place < len(self._taken) and self._taken[place].data == data:
                self._next[copy] += 1
                return True
        seen = any(data == other.data for other in self._taken)
        self._unseen_in_a_row = 0 if seen else self._unseen_in_a_row + 1
        if self._unseen_in_a_row >= _FORGET_AFTER:
            self._repeats_itself = False
        return seen and self._is_unique(data)

    def _is_suspicious(self, data: bytes) -> bool:
        if self._next or self._repeats_itself or self._unseen_in_a_row or len(data) < self._sample_bytes:
            return False
        places = [place for place in range(self._from, len(self._taken)) if self._taken[place].data == data]
        if places:
            self._begin = places[-1]
        return bool(places)

    def _let_through(self, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
        self._taken += arrivals
        waited_for = min(self._next, default=len(self._taken))
        if waited_for < len(self._taken) and self._taken[-1].received_s - self._taken[waited_for].received_s > APART_S:
            # It did not come again.
            self._next = []
        size, first = 0, len(self._taken)
        while first > 0 and len(self._taken) - first < MOST_APART and size < APART_BYTES:
            first -= 1
            size += len(self._taken[first].data)
        if min(self._next, default=first) < first:
            self._next = []
        del self._taken[:first]
        self._from = max(self._from - first, 0)
        self._next = [place - first for place in self._next]
        return arrivals

    def _judge(self, waiting: deque[Arrival]) -> list[Arrival]:
        """Return what of the held is known to be new now; what is to be looked at again goes back to `waiting`."""
        window = [*self._taken[self._begin :], *self._held]
        already, now_s = len(window) - len(self._held), window[-1].received_s
        times = Counter(arrival.data for arrival in window)
        for at, arrival in enumerate(window[:-2]):
            if now_s - arrival.received_s <= APART_S:
                break
            if times[arrival.data] == 1:
                # This one did not come again: nothing up to it was a copy.
                through, back = self._held[: max(at + 1 - already, 0)], self._held[max(at + 1 - already, 0) :]
                self._held = []
                self._from = self._begin + at + 1
                waiting.extendleft(reversed(back))
                return [*self._let_through(through)]
        found = self._each_comes(window, now_s)
        if found is None:
            return []
        held, self._held = self._held, []
        self._measured_s = self._carried_s = 0.0
        self._times, taken, is_new, places = found
        if self._times == 1:
            self._repeats_itself = True
            return [*self._let_through(held)]
        self._taken[self._begin :] = taken
        self._next = [place + self._begin for place in places]
        self._let_through([])
        new = [arrival for arrival, fresh in zip(held, is_new[already:], strict=True) if fresh]
        for _ in range(len(held) - len(new)):
            self._drop()
        return new

    def _each_comes(
        self, window: Sequence[Arrival], now_s: float
    ) -> tuple[int, list[Arrival], list[bool], list[int]] | None:
        """Tell how often each notification comes, what of them is new, and how far its copies are.

        More than the sensor makes in the time are copies; fewer may be lost. `None` while that leaves a choice.
        """
        span_s, size = max(now_s - window[0].received_s, 1e-3), sum(len(arrival.data) for arrival in window)
        before_s = window[0].received_s - self._taken[self._begin - 1].received_s if self._begin > 0 else 0.0
        made_s = size / (MARGIN * self._bytes_per_s)
        # What gathered before the first one, and what gathers still, is not known.
        least = math.ceil(made_s / (span_s + min(max(before_s, 0.0), BURST_S) + BURST_S))
        most = math.ceil(made_s / span_s)
        too_long = len(self._held) >= MOST_HELD or size > MOST_HELD_BYTES or span_s >= MOST_S
        if span_s < LEAST_S and not too_long:
            most = max(most, 2)
        choice = [
            (times, *found)
            for times in range(max(least, 1), min(most, MOST_TIMES) + 1)
            if (found := self._followed(window, times)) is not None
        ]
        if too_long:
            return choice[-1] if choice else (1, [], [], [])
        return choice[0] if len(choice) == 1 else None

    def _followed(self, window: Sequence[Arrival], times: int) -> tuple[list[Arrival], list[bool], list[int]] | None:
        """Tell what is new where each notification comes so many times, and how far its copies are; `None` if not."""
        taken, is_new, places = list[Arrival](), list[bool](), [0] * (times - 1)
        for arrival in window:
            copy = next(
                (k for k, place in enumerate(places) if place < len(taken) and taken[place].data == arrival.data), None
            )
            is_new.append(copy is None)
            if copy is None:
                taken.append(arrival)
            else:
                places[copy] += 1
        if times == 1:
            return taken, is_new, places
        due = sum(window[-1].received_s - arrival.received_s > APART_S for arrival in taken)
        return (taken, is_new, places) if due <= min(places) and len(taken) - min(places) <= MOST_APART else None

    def _measure(self, received_s: float, size: int) -> None:
        """Hold the pattern, or that there is none, against what comes over some seconds; pauses don't count."""
        if self._next or self._repeats_itself:
            self._measured_s += min(max(received_s - self._last_s, 0.0), BURST_S)
            self._carried_s += size / self._bytes_per_s
            if self._measured_s > _CHECK_S:
                times = math.ceil(self._carried_s / (MARGIN * self._measured_s))
                if times != self._times:
                    self._next, self._repeats_itself = [], times == 1
                self._measured_s = self._carried_s = 0.0
        self._last_s = received_s

    def state(self) -> PlainState:
        """Return what there is to be stored: what came last, and what is held back."""
        return {
            "kind": _ONCE,
            "taken": _stored(self._taken),
            "from": self._from,
            "next": [*self._next],
            "held": _stored(self._held),
            "begin": self._begin,
            "repeats_itself": self._repeats_itself,
            "unseen_in_a_row": self._unseen_in_a_row,
            "times": self._times,
            "measured_s": self._measured_s,
            "carried_s": self._carried_s,
            "last_s": self._last_s,
        }

    def restore(self, state: PlainState) -> None:
        """Go on from a stored state; raises `InputError` when it is none of such a stream."""
        stored = Stored.of_kind(state, _ONCE)
        self._taken = _restored(stored, "taken", MOST_APART)
        self._held = _restored(stored, "held", MOST_HELD)
        self._from, self._begin = stored.whole("from"), stored.whole("begin")
        self._next = stored.wholes("next", most=MOST_TIMES, least_value=0)
        self._repeats_itself = stored.flag("repeats_itself")
        self._unseen_in_a_row = stored.whole("unseen_in_a_row")
        self._times = stored.whole("times", least=1, most=MOST_TIMES)
        self._measured_s, self._carried_s = stored.finite("measured_s"), stored.finite("carried_s")
        self._last_s = stored.finite("last_s")
        stored.check(max(self._begin if self._held else 0, *self._next, 0) <= len(self._taken))


def _stored(arrivals: Sequence[Arrival]) -> PlainState:
    return [[arrival.received_s, arrival.data] for arrival in arrivals]


def _restored(stored: Stored, name: str, most: int) -> list[Arrival]:
    arrivals = []
    for element in stored.elements(name, most=most):
        match element:
            case [float(received_s), bytes(data)]:
                arrivals.append(Arrival(received_s, data))
            case _:
                raise stored.refusal(name)
    return arrivals
