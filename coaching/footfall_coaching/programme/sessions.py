"""The eight sessions of a programme: how long each is, and when in it a cue is heard.

Programmes that eased pain the most had 8 to 18 sessions in 2 to 6 weeks, 3 or 4 a week, and 177 to 196 minutes in all;
those of eight sessions grew from 15 to 30 minutes, with feedback all the time in the first four, which then faded
(Davis et al. 2020, doi:10.1007/s12178-020-09605-3). How it fades from session to session is our own design.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SESSION_MINUTES: Final = (15, 17, 19, 21, 24, 26, 28, 30)
"""180 in all."""
SESSIONS: Final = len(SESSION_MINUTES)
MOST_GROWTH_MINUTES: Final = 3
LEAST_MINUTES: Final = 10
"""A shorter session is none."""
WARM_UP_MINUTES: Final = 5
CUED_SHARE: Final = (1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.1)
SPANS_WHEN_FADED: Final = 3
"""Of equal length: at the beginning, in the middle and at the end."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a session in which the cue is heard, in seconds from the end of the warm-up."""

    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """One session.

    Parameters
    ----------
    step
        Which of the eight, from 1.
    minutes
        Of running after the warm-up.
    warm_up_minutes
        Of brisk walking before it.
    cued
        When the cue is heard; at all other times there is silence.
    """

    step: int
    minutes: int
    warm_up_minutes: int
    cued: Sequence[Span]

    @property
    def cued_minutes(self) -> float:
        """How long the cue is on."""
        return sum(span.end_s - span.begin_s for span in self.cued) / 60.0

    def is_cued_at(self, running_s: float) -> bool:
        """Tell whether the cue is on so long after the warm-up."""
        return any(span.begin_s <= running_s < span.end_s for span in self.cued)

    @property
    def words(self) -> str:
        """The session in one sentence, without a full stop."""
        how = f"session {self.step} of {SESSIONS}: {self.warm_up_minutes} min brisk walking, then"
        how += f" {self.minutes} min of running"
        if CUED_SHARE[self.step - 1] >= 1.0:
            return f"{how} with the sound on throughout"
        each = self.cued_minutes / SPANS_WHEN_FADED
        return (
            f"{how}, with the sound on for {round(each, 1):g} min each at the beginning, in the middle and at the end"
        )


class Part(StrEnum):
    """What a session is in."""

    WARM_UP = "warm_up"
    CUED = "cued"
    SILENT = "silent"
    """Running as with the cue, without it."""
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Now:
    """Where a session is: its part, and how long that goes on; for live views and cues."""

    step: int
    part: Part
    left_s: float

    @property
    def words(self) -> str:
        """As the live page tells it."""
        session = f"Session {self.step} of {SESSIONS}"
        left = f"{int(self.left_s // 60)}:{int(self.left_s % 60):02d}"
        match self.part:
            case Part.WARM_UP:
                return f"{session}: brisk walking, {left} left"
            case Part.CUED:
                return f"{session}: with sound, {left} left"
            case Part.SILENT:
                return f"{session}: the same without sound, {left} left"
            case Part.OVER:
                return f"{session}: done"


def now_in(plan: SessionPlan, since_s: float) -> Now:
    """Return where a session is, so long after it began; pauses are no part of that."""
    running_s = since_s - 60.0 * plan.warm_up_minutes
    length_s = 60.0 * plan.minutes
    if running_s < 0.0:
        return Now(plan.step, Part.WARM_UP, -running_s)
    if running_s >= length_s:
        return Now(plan.step, Part.OVER, 0.0)
    for span in plan.cued:
        if running_s < span.begin_s:
            return Now(plan.step, Part.SILENT, span.begin_s - running_s)
        if running_s < span.end_s:
            return Now(plan.step, Part.CUED, span.end_s - running_s)
    return Now(plan.step, Part.SILENT, length_s - running_s)


def session_plan(step: int, minutes: int | None = None) -> SessionPlan:
    """Return a session of the programme, shorter than the step's own where so many minutes are given."""
    whole = SESSION_MINUTES[step - 1]
    length = whole if minutes is None else min(minutes, whole)
    return SessionPlan(step, length, WARM_UP_MINUTES, spans_of(step, 60.0 * length))


def spans_of(step: int, length_s: float) -> tuple[Span, ...]:
    """Return when the cue is on in a session of a step."""
    share = CUED_SHARE[step - 1]
    if share >= 1.0:
        return (Span(0.0, length_s),)
    each_s = share * length_s / SPANS_WHEN_FADED
    between_s = (length_s - each_s) / (SPANS_WHEN_FADED - 1)
    begins = [number * between_s for number in range(SPANS_WHEN_FADED)]
    return tuple(Span(begin, begin + each_s) for begin in begins)
