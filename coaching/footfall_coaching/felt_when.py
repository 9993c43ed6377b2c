"""On which day it hurt: what was told of a run hangs on that run, however late it was; of a demo it counts nowhere."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from footfall_coaching.answers import Pain, Phase, SignNote
from footfall_coaching.run import Run

_DAY: Final = timedelta(days=1)


class _Span(NamedTuple):
    """The days on which a run began and ended."""

    begin: date
    end: date


class FeltWhen:
    """When it was felt what a runner told.

    Parameters
    ----------
    runs
        All of the runner's. What was told of others, as of a session that was cut off, is of when it was told.
    zone
        Whose days.
    """

    def __init__(self, runs: Iterable[Run], zone: tzinfo | None) -> None:
        self._zone = zone
        self._runs = {run.session_id: run for run in runs}
        self._spans: dict[str, _Span | None] = {}

    def counts(self, note: Pain | SignNote) -> bool:
        """Tell whether it is of a runner's own days: no demo's."""
        run = self._runs.get(note.session_id)
        return run is None or not run.is_demo

    def day(self, note: Pain | SignNote) -> date:
        """Return the day on which it was felt: the run's own, or that of the morning after it."""
        span = self._span(note.session_id)
        if span is None:
            return self._day(note.noted_utc)
        return span.end + _DAY if isinstance(note, Pain) and note.phase is Phase.MORNING else span.begin

    def moment(self, note: Pain | SignNote) -> datetime:
        """Return since when it counts: when it was told, but no later than the end of the day on which it was felt."""
        return min(note.noted_utc, datetime.combine(self.day(note) + _DAY, time(), self._zone or note.noted_utc.tzinfo))

    def has_counted(self, note: Pain | SignNote, now: datetime) -> bool:
        """Tell whether it counts at a moment."""
        return note.noted_utc <= now or self.moment(note) <= now

    def _span(self, session_id: str) -> _Span | None:
        if session_id not in self._spans:
            run = self._runs.get(session_id)
            if run is None or run.started_utc is None:
                self._spans[session_id] = None
            else:
                ended = run.started_utc + timedelta(seconds=run.duration_s)
                self._spans[session_id] = _Span(self._day(run.started_utc), self._day(ended))
        return self._spans[session_id]

    def _day(self, when: datetime) -> date:
        return when.astimezone(self._zone).date()
