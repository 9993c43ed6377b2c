"""Where each runner of a study stands, and whether it is over, without a look at what comes out.

A run of an alternating study is the first that begins after its condition was told, on the same day. A day without one
is gone, and the run is run on another day as it was drawn; after three such days it is left out. So nobody gets another
condition by waiting for it. In a parallel study the first runs after joining count. None counts after the study's last
day, after the red run that stopped its runner, or by what was told once the study was opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Final

from footfall_coaching.counted import counted
from footfall_coaching.light import light_of, light_of_run
from footfall_coaching.light_rule import Colour
from footfall_coaching.run import Run
from footfall_coaching.studies.file import Design, Measure, StudyFile
from footfall_coaching.studies.measured import NO_HISTORY, History, values_of
from footfall_coaching.studies.record import Member, Record
from footfall_coaching.try_out.plan import MOST_GOES
from footfall_processing.errors import InputError

BEFORE: Final = timedelta(days=42)
"""Runs of so long before joining tell how it was."""


class Status(StrEnum):
    """Where a runner stands."""

    GOING = "going"
    DONE = "done"
    STOPPED = "stopped"
    """By the study's rule: runs whose light was red."""
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    """All that was kept of this runner was removed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a runner stands.

    Parameters
    ----------
    parts
        Of each run that is planned the session that it was; `None` for one that is to come, or was left out.
    left_out
        Which were left out, counted from 0.
    red
        How many of the sessions have a red light.
    before
        The sessions of the six weeks before joining.
    """

    member: Member
    status: Status
    parts: tuple[str | None, ...]
    left_out: tuple[int, ...]
    red: int
    before: tuple[str, ...]

    @property
    def next_part(self) -> int | None:
        """Return the next run, counted from 0; `None` where nothing is to come."""
        if self.status is not Status.GOING:
            return None
        return next(part for part, one in enumerate(self.parts) if one is None and part not in self.left_out)


def standing_of(record: Record, member: Member, history: History, now: datetime) -> Standing:
    """Return where a runner stands at a moment."""
    file, joined = record.file, member.joined
    if joined is None or not member.takes_part:
        status = Status.REMOVED if joined is None else Status.WITHDRAWN
        return Standing(member, status, (None,) * file.runs, (), 0, ())
    history = known_by(history, now)
    begun = [(started, run) for started, run in counted(history.runs) if started <= now]
    before = tuple(run.session_id for started, run in begun if joined - BEFORE <= started < joined)
    after = [one for one in begun if joined <= one[0] and one[0].astimezone(now.tzinfo).date() <= file.ends]
    most_red = file.stopping.runner_after_red_runs
    if file.design is Design.PARALLEL:
        runs: list[Run | None] = []
        for _, run in after[: file.runs]:
            if sum(one is not None and _is_red(one, history) for one in runs) < most_red:
                runs.append(run)
        runs += [None] * (file.runs - len(runs))
        left_out: tuple[int, ...] = ()
    else:
        runs = [_run_of(part, member, after) for part in range(file.runs)]
        days = [_days_gone(part, member, now) for part in range(file.runs)]
        left_out = tuple(p for p, run in enumerate(runs) if run is None and days[p] >= MOST_GOES)
    red = sum(run is not None and _is_red(run, history) for run in runs)
    is_whole = all(run is not None or part in left_out for part, run in enumerate(runs))
    is_stopped = red >= most_red
    status = Status.STOPPED if is_stopped else Status.DONE if is_whole else Status.GOING
    parts = tuple(None if run is None else run.session_id for run in runs)
    return Standing(member, status, parts, left_out, red, before)


def known_by(history: History, moment: datetime) -> History:
    """Return a log with what had been told by a moment."""
    pains = tuple(one for one in history.pains if one.noted_utc <= moment)
    return History(history.runs, pains, tuple(one for one in history.signs if one.noted_utc <= moment))


def standings_of(record: Record, histories: Mapping[str, History], now: datetime) -> list[Standing]:
    """Return where all runners stand, by their numbers; histories are by name."""
    return [standing_of(record, one, histories.get(one.runner, NO_HISTORY), now) for one in record.members]


def why_over(record: Record, standings: Sequence[Standing], now: datetime) -> str:
    """Say why a study is at its planned end; empty while it isn't."""
    file, rule = record.file, record.file.stopping.study_after_runners
    stopped = sum(one.status is Status.STOPPED for one in standings)
    if rule is not None and stopped >= rule:
        return f"{stopped} of its runners stopped on red, and its limit is {rule}"
    if now.date() > file.ends:
        return f"its last day was {file.ends.isoformat()}"
    if len(standings) == file.runners and all(one.status is not Status.GOING for one in standings):
        return "all its runners are done"
    return ""


def why_not_join(file: StudyFile, history: History, now: datetime) -> str:
    """Say why a runner may not join today; empty where nothing is in the way that Footfall can know."""
    why = _why_not_on(light_of(history.runs, history.pains, history.signs, now).colour, file)
    if why:
        return why
    if now.date() > file.ends:
        return f"The study ended on {file.ends.isoformat()}."
    if not file.joining.runs_before:
        return ""
    known = values_of(file, file.primary, history)
    own = [run.session_id for started, run in counted(history.runs) if now - BEFORE <= started <= now]
    values = [known[one] for one in own if one in known]
    needed = file.joining.runs_before
    if len(values) < needed:
        what = f"its {file.primary}" if file.primary is not Measure.PAIN else f"pain of the {file.pain_of} told"
        return f"{len(values)} runs of the last six weeks have {what}, and {needed} are needed to join."
    if file.primary is Measure.PAIN and fmean(values) < file.joining.least_pain:
        return (
            f"Pain of the {file.pain_of} was {fmean(values):.1f} of 10 in the last six weeks, and "
            f"{file.joining.least_pain:g} is needed to join: from little pain none can be taken away."
        )
    return ""


@dataclass(frozen=True, slots=True)
class StudyToday:
    """A day in a study: the condition of today's run, or why nothing is told.

    Parameters
    ----------
    study, number, count
        Its name, the run's number from 1, and how many there are.
    condition
        What was drawn; empty where nothing is told today.
    why_not
        Why not, empty where it is.
    """

    study: str
    number: int
    count: int
    condition: str
    why_not: str = ""

    @property
    def words(self) -> str:
        """The condition of today's run."""
        run = f"Run {self.number} of {self.count} of the study {self.study}"
        return f"{run}: today {self.condition}." if self.condition else f"{run} waits. {self.why_not}"


def today_of(record: Record, standings: Sequence[Standing], runner: str, history: History, now: datetime) -> StudyToday:
    """Return what a runner is told today.

    Raises
    ------
    InputError
        For a runner who is not in the study or runs no more in it, or a study that is over.
    """
    file, member = record.file, record.member(runner)
    standing = standings[member.number - 1]
    if over := ("it was opened" if record.opened is not None else why_over(record, standings, now)):
        raise InputError(f"the study {file.study} is over: {over}; run as you like")
    part = standing.next_part
    if part is None:
        reasons = {
            Status.WITHDRAWN: "you left it",
            Status.STOPPED: "it stopped for you, as runs were red; see a physiotherapist before you run again",
        }
        raise InputError(f"the study {file.study} is over for you: {reasons.get(standing.status, 'all runs are done')}")
    why = _why_not_today(file, standing, history, now)
    is_tried = record.allocation.order_of(member.number)[part]
    return StudyToday(file.study, part + 1, file.runs, "" if why else file.conditions[is_tried], why)


def _why_not_today(file: StudyFile, standing: Standing, history: History, now: datetime) -> str:
    if standing.member.consents[-1].version != file.consent.version:
        return (
            f"What runners agree to has a new version, {file.consent.version}: agree to it first, or leave (footfall "
            f"study join, or withdraw)."
        )
    today = {
        run.session_id for started, run in counted(history.runs) if started.astimezone(now.tzinfo).date() == now.date()
    }
    if today & set(standing.parts):
        return "Today's run is done; the next one is for another day."
    return _why_not_on(light_of(history.runs, history.pains, history.signs, now).colour, file)


def _why_not_on(colour: Colour, file: StudyFile) -> str:
    if colour is Colour.UNKNOWN:
        return "Tell first how the last run, or this morning, felt."
    if colour is Colour.RED:
        return "Not on red: it waits until the light is green again."
    if colour is Colour.AMBER and file.joining.light is Colour.GREEN:
        return "Not on amber: run as usual, if at all, and it waits for a green day."
    return ""


def _is_red(run: Run, history: History) -> bool:
    """Tell whether a run's light is red, by what was told of it and of the mornings of days without one."""
    pains = [pain for pain in history.pains if pain.session_id in (run.session_id, "")]
    signs = [note for note in history.signs if note.session_id == run.session_id]
    return light_of_run(run, pains, signs).colour is Colour.RED


def _run_of(part: int, member: Member, after: Sequence[tuple[datetime, Run]]) -> Run | None:
    """Return the run that a part was: the first one of the day on which its condition was told."""
    for day in member.days:
        if day.part == part:
            for started, run in after:
                if started >= day.at and started.astimezone(day.at.tzinfo).date() == day.at.date():
                    return run
    return None


def _days_gone(part: int, member: Member, now: datetime) -> int:
    return len({day.at.date() for day in member.days if day.part == part and day.at.date() < now.date()})
