"""What a runner's log says of each run by a study's measure: the runs of the study, and those before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from footfall_coaching.answers import Pain, PainSite, Phase, SignNote
from footfall_coaching.changes import impact_metric
from footfall_coaching.matched import Level, levels
from footfall_coaching.run import Run
from footfall_coaching.studies.file import Measure, StudyFile
from footfall_processing.metrics.catalogue import CADENCE


@dataclass(frozen=True, slots=True)
class History:
    """What the log has of one runner."""

    runs: Sequence[Run]
    pains: Sequence[Pain]
    signs: Sequence[SignNote]


NO_HISTORY: Final = History((), (), ())


def values_of(file: StudyFile, measure: Measure, history: History) -> Mapping[str, float]:
    """Return the measure of each run by its id, where it is known; impact and cadence as logarithms.

    These are at the runner's usual speed, each leg held against its own mean over all runs that are given: a run in
    which one sensor was missing is not moved by as much as the legs differ.
    """
    match measure:
        case Measure.PAIN:
            assert file.pain_of is not None
            return _pain(history.pains, file.pain_of, file.pain_when)
        case Measure.IMPACT:
            return _at_usual_speed(levels(history.runs, impact_metric(history.runs).name))
        case Measure.CADENCE:
            return _at_usual_speed(levels(history.runs, CADENCE.name))


def _pain(pains: Iterable[Pain], site: PainSite, phase: Phase) -> dict[str, float]:
    """Return the worse side's pain; 0 where it was told that other places hurt, or nothing."""
    found: dict[str, float] = {}
    for pain in pains:
        if pain.phase is phase and pain.session_id:
            level = float(pain.level) if pain.site is site else 0.0
            found[pain.session_id] = max(found.get(pain.session_id, 0.0), level)
    return found


def _at_usual_speed(found: Sequence[Level]) -> dict[str, float]:
    own = {
        stream: fmean([one.mean for one in found if one.stream == stream]) for stream in {one.stream for one in found}
    }
    of_all = fmean(own.values()) if own else 0.0
    by_run: dict[str, list[float]] = {}
    for one in found:
        by_run.setdefault(one.run.session_id, []).append(one.mean - own[one.stream])
    return {session_id: of_all + fmean(away) for session_id, away in by_run.items()}
