"""How the cues of a run stand, for the eye: plain values for a page or a terminal."""

from dataclasses import dataclass
from enum import StrEnum

from footfall_coaching.cues.cue import CueKind
from footfall_processing.session import Side


class Held(StrEnum):
    """How a value stands against what it is held against."""

    WITHIN = "within"
    BEYOND = "beyond"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a measure that is cued stands now.

    Parameters
    ----------
    side
        The leg that it is of; `None` where it is of both.
    words
        The same as a ready sentence, without a full stop; empty where it is not known.
    """

    kind: CueKind
    held: Held
    side: Side | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """What the live page shows of the cues.

    Parameters
    ----------
    is_muted
        Whether the runner muted them.
    now
        Where the programme's session or the try-out is, in words; empty without one.
    quiet
        Why nothing is cued just now, in words; empty where something may be.
    remarks
        What of that is not as it was asked for in this run, in ready sentences.
    legs
        By sensor id, of impact; empty where that is not cued.
    measures
        All others that are cued.
    targets_g
        By sensor id, of impact.
    for_speed_mps
        The speed that the target is for, where another one is why nothing is cued.
    """

    is_muted: bool = False
    now: str = ""
    quiet: str = ""
    remarks: tuple[str, ...] = ()
    legs: tuple[tuple[str, Held], ...] = ()
    measures: tuple[Standing, ...] = ()
    targets_g: tuple[tuple[str, float], ...] = ()
    for_speed_mps: float | None = None
