"""After the last session: checks at 1, 3 and 6 months, and a weekly reminder for who can still do it when asked.

Six months after a programme impact was back where it had been, but a third lower when runners were asked to run as at
its end (Van den Berghe et al. 2024, doi:10.1080/02640414.2024.2323849): what is learned is recalled rather than kept.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from footfall_coaching.programme.kind import ProgrammeKind

CHECK_MONTHS: Final = (1, 3, 6)
OPEN_FOR: Final = timedelta(days=21)
"""How long a check is due before it is let go."""
REMINDED_EVERY: Final = timedelta(days=7)

PHRASES: Final = {
    ProgrammeKind.IMPACT: "Run for five minutes as you did at the end of the programme: land as softly as then.",
    ProgrammeKind.CADENCE: "Run for five minutes as you did at the end of the programme: steps as short and quick.",
}


class Found(StrEnum):
    """What a check found."""

    KEPT = "kept"
    RECALLED = "recalled"
    """Lost in usual running, and there when asked for."""
    LOST = "lost"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Check:
    """A check: how many months after the last session, and from which day to which it is due."""

    months: int
    due: date
    until: date

    def is_due(self, day: date) -> bool:
        """Whether it is to be done on a day."""
        return self.due <= day <= self.until

    @property
    def words(self) -> str:
        """What is to be done."""
        when = "one month" if self.months == 1 else f"{self.months} months"
        return (
            f"Check after {when}: twice three minutes, once as you run now and once as at the end of the programme, "
            "in the order that is drawn."
        )


def checks_after(done_on: date) -> tuple[Check, ...]:
    """Return the checks of a programme whose last session was on a day."""
    due = [months_later(done_on, months) for months in CHECK_MONTHS]
    return tuple(Check(months, day, day + OPEN_FOR) for months, day in zip(CHECK_MONTHS, due, strict=True))


def open_check(done_on: date, found: Mapping[int, Found], day: date) -> Check | None:
    """Return the check that is due on a day, and not done; `found` has what each found, by its months."""
    return next((check for check in checks_after(done_on) if check.is_due(day) and check.months not in found), None)


def months_later(day: date, months: int) -> date:
    """Return the same day so many months on, or the month's last where it has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True)
class Reminder:
    """The rule of the reminder, given what the last check found and how long ago it reminded, `None` for never."""

    NAME: ClassVar[str] = "programme-reminder"
    VERSION: ClassVar[int] = 1

    kind: ProgrammeKind
    last_found: Found | None
    days_since: int | None

    @property
    def card(self) -> str:
        """The name of the card that this rests on."""
        return "recall"

    @property
    def words(self) -> str:
        """The phrase, once a week, while what was learned is there when asked for, and not by itself."""
        if self.last_found is not Found.RECALLED:
            return ""
        if self.days_since is not None and self.days_since < REMINDED_EVERY.days:
            return ""
        return f"You can still do it when you think of it. {PHRASES[self.kind]}"
