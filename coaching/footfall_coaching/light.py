"""The traffic light of one run, and of today, from all that was told; what its colours follow from is `light_rule`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Final, TypeVar

from footfall_coaching.answers import Pain, PainSite, Phase, SignNote
from footfall_coaching.counted import counted
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.light_rule import (
    ACTIONS,
    FORTNIGHT_DAYS,
    SEEN_AT_ONCE,
    Colour,
    Felt,
    Light,
    PlacePain,
    TodaysLight,
    light_told,
)
from footfall_coaching.run import Run
from footfall_processing.session import Side

__all__ = ["ACTIONS", "Colour", "Light", "light_of", "light_of_run", "todays_light"]

NoteT = TypeVar("NoteT", Pain, SignNote)

OWN_MORNINGS: Final = timedelta(days=30)
"""How long a morning of a day without a run tells of what is usual."""
SETTLED: Final = timedelta(hours=1)
"""Pain has settled by then."""
REMEMBERED: Final = timedelta(days=3 * FORTNIGHT_DAYS)
"""What was told longer ago than this plays no part today."""


def light_of_run(run: Run, pains: Iterable[Pain], signs: Iterable[SignNote]) -> Light:
    """Return the light of a run from what was told of it, its next morning included."""
    felt = _Told(pains, signs).of(run, days_ago=0)
    if felt.colour is Colour.UNKNOWN:
        return light_told(Colour.UNKNOWN, "Nothing was told of this run.")
    flags = [words for sign, words in SEEN_AT_ONCE.items() if sign in felt.signs]
    see = (
        f"Have it looked at by a doctor or a physiotherapist before you run again: {', '.join(flags)}." if flags else ""
    )
    return light_told(felt.colour, f"{felt.reason[0].upper()}{felt.reason[1:]}.", see)


def light_of(runs: Iterable[Run], pains: Iterable[Pain], signs: Iterable[SignNote], now: datetime) -> Light:
    """Return the light for today: of the latest run that something was told of, and of what was told since."""
    return todays_light(runs, pains, signs, now).light


def todays_light(runs: Iterable[Run], pains: Iterable[Pain], signs: Iterable[SignNote], now: datetime) -> TodaysLight:
    """Return the rule for today with what it is given, of the runner's last weeks; days are those of `now`'s zone.

    What was told late of a run counts from the end of the day on which it was felt. What was told of a session that is
    no run of the past (a walk, one without a date or with one to come, one that was cut off) is of the day on which it
    was told.
    """
    begin = now - REMEMBERED
    runs = list(runs)
    when = FeltWhen(runs, now.tzinfo)
    walks = {run.session_id for run in runs if not run.is_run}
    placed = {run.session_id for run in runs if run.is_run and run.started_utc is not None and run.started_utc <= now}
    kept = [pain for pain in pains if when.counts(pain) and when.has_counted(pain, now)]
    own_pains = [_of_a_day(pain, placed) for pain in kept]
    own_signs = [_of_a_day(note, placed) for note in signs if when.counts(note) and when.has_counted(note, now)]
    of_walks = {_of_a_day(pain, placed) for pain in kept if pain.session_id in walks}
    recent = counted(run for run in runs if run.started_utc is not None and begin <= run.started_utc <= now)
    told = _Told(own_pains, own_signs)
    felt = [(started, told.of(run, days_ago=_days(started, now))) for started, run in recent]
    is_open = bool(felt) and felt[-1][1].colour is Colour.UNKNOWN
    felt = [one for one in felt if one[1].colour is not Colour.UNKNOWN]
    felt += _days_without(told, own_pains, own_signs, of_walks, now)
    felt.sort(key=lambda one: one[0], reverse=True)
    return TodaysLight(tuple(one for _, one in felt), is_open)


class _Told:
    """What was told, by run, and the mornings of days without one."""

    def __init__(self, pains: Iterable[Pain], signs: Iterable[SignNote]) -> None:
        self._pains: dict[str, list[Pain]] = {}
        self._signs: dict[str, list[SignNote]] = {}
        for pain in pains:
            self._pains.setdefault(pain.session_id, []).append(pain)
        for note in signs:
            self._signs.setdefault(note.session_id, []).append(note)
        self._mornings = [pain for pain in self._pains.get("", ()) if pain.phase is Phase.MORNING]

    def of(self, run: Run, *, days_ago: int) -> Felt:
        """Return how a run felt."""
        told = sorted(self._pains.get(run.session_id, ()), key=_order)
        own = tuple(sorted(note.sign for note in self._signs.get(run.session_id, ())))
        ended = None if run.started_utc is None else run.started_utc + timedelta(seconds=run.duration_s)
        return Felt(
            days_ago,
            True,
            tuple(
                PlacePain(
                    pain.phase,
                    pain.site,
                    pain.side,
                    pain.level,
                    self.own_morning(
                        pain.site, pain.side, pain.noted_utc if run.started_utc is None else run.started_utc
                    ),
                    ended is not None and pain.noted_utc >= ended + SETTLED,
                )
                for pain in told
            ),
            own,
        )

    def own_morning(self, site: PainSite | None, side: Side | None, before: datetime) -> float | None:
        """Return the median of a place's mornings of days without a run before a moment; `None` where none was told.

        Of a morning on which only other places hurt, or nothing, this one's pain was 0.
        """
        by_day: dict[object, int] = {}
        for pain in self._mornings:
            if before - OWN_MORNINGS <= pain.noted_utc < before:
                here = pain.level if (pain.site, pain.side) == (site, side) else 0
                day = pain.noted_utc.date()
                by_day[day] = max(by_day.get(day, 0), here)
        return float(median(by_day.values())) if by_day else None


def _days_without(
    kept: _Told, pains: Sequence[Pain], signs: Sequence[SignNote], of_walks: Collection[Pain], now: datetime
) -> list[tuple[datetime, Felt]]:
    """Return what was told of days without a run, one for each day, with the last moment at which it was told."""
    by_day: dict[object, tuple[list[Pain], list[SignNote]]] = {}
    for pain in pains:
        if not pain.session_id and pain.noted_utc >= now - REMEMBERED:
            by_day.setdefault(pain.noted_utc.astimezone(now.tzinfo).date(), ([], []))[0].append(pain)
    for note in signs:
        if not note.session_id and note.noted_utc >= now - REMEMBERED:
            by_day.setdefault(note.noted_utc.astimezone(now.tzinfo).date(), ([], []))[1].append(note)
    found = []
    for told, noted in by_day.values():
        last = max([*(pain.noted_utc for pain in told), *(note.noted_utc for note in noted)])
        levels = tuple(
            PlacePain(
                pain.phase,
                pain.site,
                pain.side,
                pain.level,
                kept.own_morning(pain.site, pain.side, pain.noted_utc),
                of_walk=pain in of_walks,
            )
            for pain in sorted(told, key=_order)
        )
        found.append((last, Felt(_days(last, now), False, levels, tuple(sorted(note.sign for note in noted)))))
    return found


def _of_a_day(note: NoteT, placed: Collection[str]) -> NoteT:
    """Return what was told of no run that is known with its date as of a day without one."""
    return note if note.session_id in placed else replace(note, session_id="")


def _order(pain: Pain) -> tuple[int, int, str, str]:
    """Return by what answers stand in one order, whichever they were told in: as they were felt, the worst first."""
    return list(Phase).index(pain.phase), -pain.level, pain.site or "", pain.side or ""


def _days(moment: datetime, now: datetime) -> int:
    """Return how many midnights of `now`'s zone are between."""
    return (now.date() - moment.astimezone(now.tzinfo).date()).days
