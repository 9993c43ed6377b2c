"""Cues on the live page: what its sound and its lights are told."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from footfall_coaching.cues.cue import LOUDEST, Cue
from footfall_coaching.cues.live import Board, Leg
from footfall_dashboards.live.readings import LegSensors

MOST_WAITING: Final = 16
"""A browser that missed more than these would only play what is over."""


class Mute(Protocol):
    """Mutes the cues of a run, or no more: everywhere, not on one page alone."""

    def __call__(self, *, on: bool) -> None:
        """Do so."""
        ...


@dataclass(frozen=True, slots=True)
class HeardCue:
    """One cue, as the page's sound takes it."""

    kind: str
    sound: str
    loudness: float
    pitch_hz: float
    beats_per_min: float
    lasts_s: float
    words: str


@dataclass(frozen=True, slots=True)
class Cues:
    """What of cues a browser is told with an update.

    Parameters
    ----------
    heard
        Those since its last update; none that came before it looked on.
    muted, now, quiet
        As in `Board`.
    words
        Those of the newest cue that is still to be seen.
    legs
        By leg key: `within`, `above` or `unknown`, of impact.
    """

    heard: tuple[HeardCue, ...]
    muted: bool
    now: str
    quiet: str
    words: str
    legs: dict[str, str]


class CueBoard:
    """Keeps the newest cues for all browsers, and how cues stand."""

    def __init__(self) -> None:
        self.number = 0
        self._waiting: deque[tuple[int, Cue]] = deque(maxlen=MOST_WAITING)
        self._board = Board(False, "", "", ())
        self._words = ""
        self._pushed = asyncio.Event()

    def push(self, cue: Cue) -> None:
        """Take a cue."""
        self.number += 1
        self._waiting.append((self.number, cue))
        self._words = cue.words
        self._pushed.set()
        self._pushed = asyncio.Event()

    def show(self, board: Board) -> bool:
        """Take how cues stand; tell whether that is new."""
        changed = board != self._board
        self._board = board
        return changed

    async def newer_than(self, number: int) -> None:
        """Return once there is a cue after that one."""
        while self.number <= number:
            await self._pushed.wait()

    def told(self, seen: int, leg_of: Mapping[str, LegSensors]) -> Cues:
        """Return what a browser is told that knows the cues up to a number."""
        legs = {leg_of[sensor_id].key: leg for sensor_id, leg in self._board.legs if sensor_id in leg_of}
        stands = {key: Leg.UNKNOWN if self._board.is_muted else leg for key, leg in legs.items()}
        return Cues(
            tuple(_heard(cue) for number, cue in self._waiting if number > seen),
            self._board.is_muted,
            self._board.now,
            self._board.quiet,
            "" if self._board.quiet else self._words,
            {key: leg.value for key, leg in stands.items()},
        )


def _heard(cue: Cue) -> HeardCue:
    return HeardCue(
        cue.kind.value,
        cue.sound.value,
        cue.step / LOUDEST,
        cue.pitch_hz,
        cue.beats_per_min,
        cue.lasts_s,
        cue.words,
    )
