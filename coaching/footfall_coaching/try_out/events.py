"""What happens in a test, as it is kept: in the recording, or in the log for tests across runs.

Where a test stands follows from its events alone (`progress`), so whoever has kept them can go on after a crash.
"""

import math
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from footfall_coaching.answers import PainSite, Sign
from footfall_coaching.try_out.plan import Plan
from footfall_processing.errors import InputError
from footfall_processing.session import Side


class Why(StrEnum):
    """Why a test is over."""

    COMPLETE = "complete"
    """Every part was run, or left out."""
    RED = "red"
    """Pain or a sign stopped it."""
    TOO_FEW = "too_few"
    """Too many parts were left out for anything to be found."""
    SURE = "sure"
    """A recall check that needs no more blocks."""
    LEFT = "left"
    """The runner left it."""
    LOST = "lost"
    """What happened in it can't be read any more; follows from that, and is never kept."""


class Event(msgspec.Struct, frozen=True, tag_field="event", tag=str.lower, forbid_unknown_fields=True):
    """Something that happened; a line of JSON each, whose `event` is the name of the class in small letters."""


class Begun(Event, frozen=True):
    """The order is drawn; its seal is kept before anything is run."""

    plan: Plan
    seal: str


class WarmedUp(Event, frozen=True):
    """The warm-up is over, at a speed that the parts are held against; `None` where nobody knows it."""

    speed_mps: float | None


class PartBegun(Event, frozen=True):
    """A part begins, and only now it is revealed whether it has the cue."""

    part: int
    is_cued: bool


class PartCut(Event, frozen=True):
    """A part was cut off: by a road, a sensor, a crash. It is run again as it was drawn."""

    part: int
    why: str


class PartDone(Event, frozen=True):
    """A part was run to its end; what of it was measured, in its seconds that count.

    Parameters
    ----------
    impact_g
        Of each leg by `"left"` or `"right"`, its median; a leg without enough strides, or too many clipped, is not in
        it.
    cadence_spm, speed_mps
        Medians; `None` where not known.
    """

    part: int
    impact_g: Mapping[str, float]
    cadence_spm: float | None
    speed_mps: float | None

    def __post_init__(self) -> None:
        told = [*self.impact_g.values(), *(one for one in (self.cadence_spm, self.speed_mps) if one is not None)]
        if not all(0.0 < value < math.inf for value in told):
            raise InputError("impact, cadence and speed of a part are above 0")


class ElsewherePain(msgspec.Struct, frozen=True):
    """Pain of another place than the one in question."""

    site: PainSite
    side: Side
    level: int


class PainTold(Event, frozen=True):
    """What hurt in what was just run: the place in question from 0 to 10, other places, and signs."""

    level: int
    elsewhere: tuple[ElsewherePain, ...] = ()
    signs: tuple[Sign, ...] = ()


class Paused(Event, frozen=True):
    """The runner pauses, between two parts."""


class Resumed(Event, frozen=True):
    """The runner goes on."""


class Ended(Event, frozen=True):
    """The test is over."""

    why: Why


class Opened(Event, frozen=True):
    """The seal is opened."""

    order: tuple[bool, ...]
    nonce: str


AnyEvent = Begun | WarmedUp | PartBegun | PartCut | PartDone | PainTold | Paused | Resumed | Ended | Opened
"""To be read with: `msgspec.json.decode(line, type=AnyEvent)`."""
