"""What only the runner can tell: what hurt and when, how hard a run was, which shoes it was."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from footfall_processing.errors import InputError
from footfall_processing.plain_text import shown
from footfall_processing.session import Side

WORST_PAIN: Final = 10
HARDEST: Final = 10
BEST_FEELING: Final = 5


class PainSite(StrEnum):
    """Where it hurts."""

    FOOT = "foot"
    ACHILLES = "achilles"
    SHIN = "shin"
    CALF = "calf"
    KNEE = "knee"
    THIGH = "thigh"
    HIP = "hip"

    @property
    def words(self) -> str:
        """What it is called within a sentence."""
        return "Achilles tendon" if self is PainSite.ACHILLES else self.value


class Phase(StrEnum):
    """When it hurt."""

    DURING = "during"
    """In the run."""
    AFTER = "after"
    """When asked after the run."""
    MORNING = "morning"
    """The next morning, or on that of a day without a run."""


class Sign(StrEnum):
    """What is to be looked at by somebody who knows, whatever the pain."""

    SWELLING = "swelling"
    LOCKING = "locking"
    GIVING_WAY = "giving_way"
    NO_WEIGHT = "no_weight"
    """The leg can't bear weight."""
    NIGHT_PAIN = "night_pain"
    FEVER = "fever"
    BONE_POINT = "bone_point"
    """One point of a bone hurts."""
    LIMP = "limp"
    """The run was changed by it."""
    RISING = "rising"
    """It rose sharply in the run."""


@dataclass(frozen=True, slots=True)
class Pain:
    """How much one place hurt: 0 for not at all to 10 for the worst thinkable (numeric rating scale).

    Parameters
    ----------
    session_id
        Of which run; empty for the morning of a day without one.
    noted_utc
        When it was told; a morning is that of this moment.
    site, side
        `None` for "nothing hurts", with level 0.
    """

    runner_name: str
    session_id: str
    noted_utc: datetime
    phase: Phase
    site: PainSite | None
    side: Side | None
    level: int

    def __post_init__(self) -> None:
        if not 0 <= self.level <= WORST_PAIN:
            raise InputError(f"a pain of {self.level} is not within 0 (none) to {WORST_PAIN} (the worst thinkable)")
        if (self.site is None) != (self.side is None) or (self.site is None and self.level > 0):
            raise InputError("a pain above 0 needs its place and its side")


@dataclass(frozen=True, slots=True)
class SignNote:
    """A sign that the runner told, of a run or of a day without one."""

    runner_name: str
    session_id: str
    noted_utc: datetime
    sign: Sign


@dataclass(frozen=True, slots=True)
class Effort:
    """How a run was: exertion 0 (none) to 10 (as hard as can be; Borg CR10), feeling 1 (very bad) to 5 (very good)."""

    session_id: str
    exertion: int | None
    feeling: int | None

    def __post_init__(self) -> None:
        if self.exertion is not None and not 0 <= self.exertion <= HARDEST:
            raise InputError(f"an exertion of {self.exertion} is not within 0 (none) to {HARDEST} (as hard as can be)")
        if self.feeling is not None and not 1 <= self.feeling <= BEST_FEELING:
            raise InputError(f"a feeling of {self.feeling} is not within 1 (very bad) to {BEST_FEELING} (very good)")


class ShoeKind(StrEnum):
    """How much there is between foot and ground."""

    USUAL = "usual"
    MINIMAL = "minimal"


@dataclass(frozen=True, slots=True)
class Shoe:
    """A pair of shoes, and since when the runner wears it by default."""

    runner_name: str
    since_utc: datetime
    name: str
    kind: ShoeKind = ShoeKind.USUAL

    def __post_init__(self) -> None:
        if not self.name.strip() or shown(self.name) != self.name:
            raise InputError("a shoe needs a name of characters that can be seen, such as 'Blue daily'")
