"""All that a runner is told of one day: the light, the ceiling, what is still to be asked, and one message at most."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from footfall_coaching.answers import Effort, Pain, Phase, Shoe, SignNote
from footfall_coaching.changes import rules_that_tell
from footfall_coaching.counted import counted
from footfall_coaching.course import Courses
from footfall_coaching.how_far import how_far, run_above
from footfall_coaching.light import todays_light
from footfall_coaching.light_rule import Colour, Light
from footfall_coaching.load import Ceiling
from footfall_coaching.message import Message
from footfall_coaching.run import Run
from footfall_coaching.told import message_of

ASKED: Final = timedelta(days=2)
"""How long after a run it is still asked how it was, and told what there is to tell of it."""
NEXT_MORNING: Final = (
    "Tomorrow morning, say whether anything hurts: on the page Today (footfall serve), or with "
    "footfall note pain last --phase morning."
)
"""What a run ends with: the light of the next days goes by that answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is still to be asked of a run."""

    session_id: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class Today:
    """What stands on the page of one day.

    Parameters
    ----------
    questions
        The next morning's first; of a run's other phases only the first that is open, since they are asked together.
    messages
        What is to be said beside light and ceiling: one at most.
    told
        All that is told this day, light and ceiling too, for the ledger.
    """

    light: Light
    ceiling: Ceiling
    questions: Sequence[Question]
    messages: Sequence[Message]
    told: Sequence[Message]


def today_of(
    runs: Iterable[Run],
    pains: Iterable[Pain],
    signs: Iterable[SignNote],
    efforts: Iterable[Effort],
    shoes: Iterable[Shoe],
    now: datetime,
    known: Courses | None = None,
) -> Today:
    """Return what a runner is told on a day; days begin at the midnights of `now`'s zone.

    Parameters
    ----------
    known
        Where courses are kept that are asked for again.
    """
    all_runs, all_pains, all_signs, all_shoes = list(runs), list(pains), list(signs), list(shoes)
    begun = [(started, run) for started, run in counted(all_runs) if started <= now]
    latest = begun[-1][1] if begun and begun[-1][0] >= now - ASKED else None
    own: list[Run | Pain | SignNote | Shoe] = [*all_runs, *all_pains, *all_signs, *all_shoes]
    name = own[0].runner_name if own else ""
    light, ceiling = todays_light(all_runs, all_pains, all_signs, now), how_far(all_runs, all_pains, all_signs, now)
    session_id = begun[-1][1].session_id if begun else ""
    messages = [] if latest is None else _of_run(latest, all_runs, all_pains, all_signs, all_shoes, now, known)[:1]
    told = [message_of(ceiling, name, "", now), *messages]
    if light.light.colour is not Colour.UNKNOWN:
        told.insert(0, message_of(light, name, session_id, now))
    return Today(light.light, ceiling.ceiling, questions_of(begun, all_pains, efforts, now), messages, told)


def questions_of(
    begun: Sequence[tuple[datetime, Run]], pains: Iterable[Pain], efforts: Iterable[Effort], now: datetime
) -> list[Question]:
    """Return what is still to be asked: of the morning after the latest run of yesterday, and of the latest run.

    Of a run of which exertion or feeling was told everything was asked; what was left out then is not asked again.
    """
    told = {(pain.session_id, pain.phase) for pain in pains}
    asked = {effort.session_id for effort in efforts}
    yesterday = now.date() - timedelta(days=1)
    before = [run for started, run in begun if _ended(started, run, now).date() == yesterday]
    questions = []
    if before and (before[-1].session_id, Phase.MORNING) not in told:
        questions.append(Question(before[-1].session_id, Phase.MORNING))
    if begun and begun[-1][0] >= now - ASKED and begun[-1][1].session_id not in asked:
        session_id = begun[-1][1].session_id
        phases = [phase for phase in (Phase.DURING, Phase.AFTER) if (session_id, phase) not in told]
        questions += [Question(session_id, phase) for phase in phases[:1]]
    return questions


def mornings_asked(runs: Iterable[Run], pains: Iterable[Pain], now: datetime) -> list[date]:
    """Return on which of this morning and the next one it is asked how the day before felt, as it stands now."""
    begun, told = [(started, run) for started, run in counted(runs) if started <= now], list(pains)
    return [
        moment.date()
        for moment in (now, now + timedelta(days=1))
        if any(one.phase is Phase.MORNING for one in questions_of(begun, told, (), moment))
    ]


def _ended(started: datetime, run: Run, now: datetime) -> datetime:
    return (started + timedelta(seconds=run.duration_s)).astimezone(now.tzinfo)


def _of_run(
    run: Run,
    runs: Sequence[Run],
    pains: Sequence[Pain],
    signs: Sequence[SignNote],
    shoes: Sequence[Shoe],
    now: datetime,
    known: Courses | None,
) -> list[Message]:
    """Return what there is to say of the latest run, the most important first: a change only when this run shows it."""
    assert run.started_utc is not None
    above = run_above(run, runs, pains, signs, now.tzinfo)
    if above is not None and above.words:
        return [message_of(above, run.runner_name, run.session_id, now)]
    ended = run.started_utc + timedelta(seconds=run.duration_s)
    courses = Courses() if known is None else known
    found = rules_that_tell(runs, shoes, ended, courses)
    if not found:
        return []
    before = [other for other in runs if other.session_id != run.session_id]
    told_before = {rule.NAME for rule in rules_that_tell(before, shoes, ended, courses)}
    return [message_of(rule, run.runner_name, run.session_id, now) for rule in found if rule.NAME not in told_before]
