"""Whether a programme may begin, and why not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.course import Courses
from footfall_coaching.felt_when import FeltWhen
from footfall_coaching.light import light_of
from footfall_coaching.light_rule import MOST_GREEN, Colour
from footfall_coaching.load import room_of
from footfall_coaching.programme.baseline import NoBaseline, baseline_of
from footfall_coaching.programme.events import Begun
from footfall_coaching.programme.from_log import LATELY, LOWER_LEG, stopped_at
from footfall_coaching.programme.kind import ProgrammeKind, target_of
from footfall_coaching.programme.sessions import LEAST_MINUTES
from footfall_coaching.run import Run


@dataclass(frozen=True, slots=True)
class NotYet:
    """Why a programme does not begin, and what would let it, as words that are ready."""

    words: str


def beginning_of(
    kind: ProgrammeKind,
    runs: Iterable[Run],
    pains: Iterable[Pain],
    signs: Iterable[SignNote],
    now: datetime,
    percent: float | None = None,
) -> Begun | NotYet:
    """Return the beginning of a programme with its target, the usual one where none is given; or why it can't begin.

    Raises
    ------
    InputError
        Where the target is beyond the farthest.
    """
    all_runs = list(runs)
    held = held_back(all_runs, pains, signs, now)
    return beginning_by_load(kind, all_runs, now, percent) if held is None else held


def held_back(runs: Iterable[Run], pains: Iterable[Pain], signs: Iterable[SignNote], now: datetime) -> NotYet | None:
    """Return why no programme may begin, whichever it is, by what was told; `None` where nothing holds it back."""
    all_runs = list(runs)
    when = FeltWhen(all_runs, now.tzinfo)
    all_pains = [pain for pain in pains if pain.noted_utc <= now and when.counts(pain)]
    all_signs = [note for note in signs if note.noted_utc <= now]
    if light_of(all_runs, all_pains, all_signs, now).colour is Colour.RED:
        return NotYet("The light is red. Begin when it is green.")
    hurting = [
        pain
        for pain in all_pains
        if pain.site in LOWER_LEG and pain.level > MOST_GREEN and pain.noted_utc >= now - LATELY
    ]
    if hurting:
        return NotYet(
            "Calf, Achilles tendon or foot hurt in the last two weeks, and this programme can put more load there. "
            "Begin when they have been quiet for two weeks."
        )
    if stopped_at(now, all_runs, all_pains, all_signs) is not None:
        return NotYet("The light was red in the last two weeks. Begin when it has been green on two days since.")
    return None


def beginning_by_load(
    kind: ProgrammeKind, runs: Sequence[Run], now: datetime, percent: float | None = None, known: Courses | None = None
) -> Begun | NotYet:
    """Return the beginning of a programme that nothing told holds back, or what there is to run first.

    Parameters
    ----------
    known
        Where courses are kept that are asked for again.

    Raises
    ------
    InputError
        As `beginning_of`.
    """
    target = target_of(kind, percent)
    baseline = baseline_of(runs, kind, now, known)
    if isinstance(baseline, NoBaseline):
        return NotYet(baseline.words)
    limit_m = room_of(runs, now).limit_m
    if limit_m is not None and limit_m / baseline.speed_mps < 60.0 * LEAST_MINUTES:
        return NotYet(
            f"Your ceiling leaves less than {LEAST_MINUTES} min at your usual speed. Run a little farther first, "
            "within the ceiling of each day."
        )
    return Begun(now, kind, target.percent, baseline)
