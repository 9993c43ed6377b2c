"""How long the ceiling of a day lets a run at the usual speed be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from footfall_coaching.load import room_of
from footfall_coaching.run import Run


@dataclass(frozen=True, slots=True)
class Room:
    """The room of a programme's sessions, as it stands at a moment; days are those of its zone."""

    speed_mps: float
    runs: Sequence[Run]
    now: datetime

    def minutes_on(self, day: date) -> float | None:
        """Return the minutes of a day, as it stands now; `None` where the ceiling is not known."""
        moment = self.now if day == self.now.date() else datetime.combine(day, time(), self.now.tzinfo)
        limit_m = room_of(self.runs, moment).limit_m
        return None if limit_m is None else limit_m / self.speed_mps / 60.0
