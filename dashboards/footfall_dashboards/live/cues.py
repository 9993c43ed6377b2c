"""Cues on the live page: what its sound and its lights are told."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from footfall_coaching.cues.board import Board
from footfall_coaching.cues.cue import LOUDEST, Cue, CueKind, Sound
from footfall_dashboards.live.pace import pace, pace_unit
from footfall_dashboards.live.readings import LegSensors
from footfall_processing.session import Side

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
class ShownMeasure:
    """How a measure that is cued stands: `within` or `beyond`, and the words."""

    kind: str
    held: str
    words: str


@dataclass(frozen=True, slots=True)
class Cues:
    """What of cues a browser is told with an update.

    Parameters
    ----------
    heard
        Those since its last update; none that came before it looked on.
    muted, now, quiet, remarks
        As in `Board`.
    words
        Those of the newest cue of impact, as the others are said by their measures; empty while it is quiet.
    legs
        By leg key: `within`, `beyond` or `unknown`, of impact.
    targets
        By leg key, of impact, with the unit.
    measures
        All others that are cued and known.
    """

    heard: tuple[HeardCue, ...]
    muted: bool
    now: str
    quiet: str
    remarks: tuple[str, ...]
    words: str
    legs: dict[str, str]
    targets: dict[str, str]
    measures: tuple[ShownMeasure, ...]


class CueBoard:
    """Keeps the newest cues for all browsers, and how cues stand."""

    def __init__(self) -> None:
        self.number = 0
        self._waiting: deque[tuple[int, Cue]] = deque(maxlen=MOST_WAITING)
        self._board: Board | None = None
        self._words = ""
        self._pushed = asyncio.Event()

    def push(self, cue: Cue) -> None:
        """Take a cue."""
        self.number += 1
        self._waiting.append((self.number, cue))
        if cue.kind is CueKind.IMPACT:
            self._words = cue.words
        self._pushed.set()
        self._pushed = asyncio.Event()

    def show(self, board: Board | None) -> bool:
        """Take how cues stand, `None` while there are none; tell whether that is new."""
        changed = board != self._board
        self._board = board
        return changed

    async def newer_than(self, number: int) -> None:
        """Return once there is a cue after that one."""
        while self.number <= number:
            await self._pushed.wait()

    def told(self, seen: int, leg_of: Mapping[str, LegSensors], *, miles: bool) -> Cues | None:
        """Return what a browser is told that knows the cues up to a number; `None` while there are none."""
        board = self._board
        if board is None:
            return None
        # of what comes at once, as after a stall, the newest of a kind: together they would be one blow
        newest = {_heard_as(cue): cue for number, cue in self._waiting if number > seen}
        return Cues(
            tuple(_heard(cue) for cue in newest.values()),
            board.is_muted,
            board.now,
            quiet_words(board, miles=miles),
            board.remarks,
            "" if board.quiet else self._words,
            {leg_of[sensor_id].key: held.value for sensor_id, held in board.legs if sensor_id in leg_of},
            {
                leg_of[sensor_id].key: f"{target_g:.1f} g"
                for sensor_id, target_g in board.targets_g
                if sensor_id in leg_of
            },
            tuple(ShownMeasure(one.kind.value, one.held.value, one.words) for one in board.measures if one.words),
        )


def quiet_words(board: Board, *, miles: bool) -> str:
    """Return why nothing is cued just now, with the pace that the target is for where another one is why."""
    if board.for_speed_mps is None:
        return board.quiet
    return f"{board.quiet} ({pace(board.for_speed_mps, miles=miles)} {pace_unit(miles=miles)})"


def _heard_as(cue: Cue) -> tuple[CueKind, Sound, Side | None]:
    """Return what a cue takes the place of: tones are of a leg, noise and beats of both."""
    return cue.kind, cue.sound, cue.side if cue.sound is Sound.TONE else None


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
