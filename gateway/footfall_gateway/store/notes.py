"""What only the runner can tell: what hurt, and which shoes it was."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from footfall_processing.errors import InputError
from footfall_processing.session import Side

WORST_PAIN: Final = 10


class PainSite(StrEnum):
    """Where it hurts."""

    FOOT = "foot"
    ACHILLES = "achilles"
    SHIN = "shin"
    CALF = "calf"
    KNEE = "knee"
    THIGH = "thigh"
    HIP = "hip"


@dataclass(frozen=True, slots=True)
class PainNote:
    """How much one place hurt in a session: 0 for not at all to 10 for the worst thinkable (numeric rating scale)."""

    session_id: str
    site: PainSite
    side: Side
    level: int

    def __post_init__(self) -> None:
        if not 0 <= self.level <= WORST_PAIN:
            raise InputError(f"a pain of {self.level} is not within 0 (none) to {WORST_PAIN} (the worst thinkable)")


@dataclass(frozen=True, slots=True)
class ShoeNote:
    """Which shoe a runner wears in the sessions that begin from `since_utc` on."""

    runner_name: str
    since_utc: datetime
    name: str

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise InputError("a shoe needs a name of printable characters, such as 'Blue daily'")
