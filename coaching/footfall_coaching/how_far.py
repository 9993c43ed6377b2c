"""How far today: one answer from load and light together, for every place that gives one.

The light governs: on red it is no run, on amber no farther than the last run, and else what the load leaves room for.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.light import todays_light
from footfall_coaching.load import NO_DATE, Ceiling, Stand, distances_before
from footfall_coaching.load_rule import RunAbove, TodaysCeiling
from footfall_coaching.run import Run


def how_far(runs: Sequence[Run], pains: Iterable[Pain], signs: Iterable[SignNote], now: datetime) -> TodaysCeiling:
    """Return the ceiling for a run that begins now, by what was run and told before; days are those of `now`'s zone.

    A run that began in the very moment is that run, and left out with what was told of it.
    """
    others = [run for run in runs if run.started_utc != now]
    begun = {run.session_id for run in runs if run.started_utc == now}
    told = (
        [pain for pain in pains if pain.noted_utc <= now and pain.session_id not in begun],
        [note for note in signs if note.noted_utc <= now and note.session_id not in begun],
    )
    distances_m = distances_before(others, now)
    return TodaysCeiling(distances_m, todays_light(others, *told, now).light.colour, next(reversed(distances_m), ""))


def run_above(
    run: Run, runs: Sequence[Run], pains: Iterable[Pain], signs: Iterable[SignNote], zone: tzinfo | None
) -> RunAbove | None:
    """Return the rule for a run beyond the ceiling of its beginning; `None` where nobody knows when that was."""
    if run.started_utc is None:
        return None
    then = how_far(runs, pains, signs, run.started_utc.astimezone(zone))
    return RunAbove(run.distance_m, then.distances_m, then.light, then.last_session_id)


def stand_of(
    run: Run, runs: Sequence[Run], pains: Iterable[Pain], signs: Iterable[SignNote], zone: tzinfo | None
) -> Stand:
    """Return where a run stands against the ceiling as it was when it began."""
    above = run_above(run, runs, pains, signs, zone)
    return Stand(run.distance_m, Ceiling(None, None, "", NO_DATE)) if above is None else above.stand
