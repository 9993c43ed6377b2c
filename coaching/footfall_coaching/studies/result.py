"""What a study came to: each runner, all together, and who is not in it; in plain words with the chance.

It is analysed as it was drawn: a run counts for the condition that was told, whatever the runner made of it. Whoever
withdrew is left out; of whoever stopped on red all runs until then count.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from footfall_coaching.answers import Pain, SignNote
from footfall_coaching.spread import percent
from footfall_coaching.studies.beforehand import SIZES, change_of, counted, measure_words, size_words
from footfall_coaching.studies.course import Standing, Status
from footfall_coaching.studies.file import Design, Measure, StudyFile
from footfall_coaching.studies.inputs import changed_since, history_of
from footfall_coaching.studies.measured import NO_HISTORY, History, values_of
from footfall_coaching.studies.record import Opened, Record
from footfall_coaching.studies.together import Stratum, found_of_100, together
from footfall_coaching.try_out.orders import Order
from footfall_coaching.try_out.permutation import EXPECTED_RISE, Difference
from footfall_coaching.try_out.result import seen_words
from footfall_processing.errors import InputError

LEAST: Final = 1e-6
"""Values that vary by less are taken to vary by this."""


@dataclass(frozen=True, slots=True)
class RunnerResult:
    """What one runner's runs came to.

    Parameters
    ----------
    number, status, left_out
        As in the study; how many runs were left out.
    runs
        How many count by the primary measure: in the usual condition, in the one tried.
    differences
        Of an alternating study what each measure comes to in this runner alone; `None` where that can't be told.
    means
        Of a parallel study each measure's mean, against the runs before where the study has these; `None` where it
        isn't known.
    is_tried
        Of a parallel study, which condition it was.
    """

    number: int
    status: Status
    left_out: int
    runs: tuple[int, int]
    differences: Mapping[Measure, Difference | None]
    means: Mapping[Measure, float | None]
    is_tried: bool | None


@dataclass(frozen=True, slots=True)
class StudyResult:
    """What a measure came to over all runners of a study.

    Parameters
    ----------
    design, groups, strata
        How it was drawn: the blocks of a stratum, and how many strata count.
    conditions, name
        The usual one and the one tried; what the measure is called within a sentence.
    measure, is_primary
        Which one, and whether the study is judged by it.
    runners, lower, higher
        How many count; of an alternating study in how many of them it was lower, and higher.
    found
        `None` where nothing can be said.
    """

    design: Design
    groups: tuple[int, ...]
    strata: int
    conditions: tuple[str, str]
    name: str
    measure: Measure
    is_primary: bool
    runners: int
    lower: int
    higher: int
    found: Difference | None

    @property
    def words(self) -> str:
        """All that can be said."""
        name = f"{self.name[0].upper()}{self.name[1:]}"
        found, (usual, tried) = self.found, self.conditions
        if found is None or not found.could_be_found:
            return f"{name}: nothing can be said, too few runs or runners count ({self.runners})."
        told = (
            f"{name} was {self.amount(found.mean)} {tried} than {usual}{self._interval_words(found)}, in "
            f"{self.runners} runners{self._each_words()}"
        )
        beside = "" if self.is_primary else " The study is not judged by it."
        if found.is_found:
            return f"{told}. Chance alone makes as much in 1 of {round(1.0 / found.chance):,} studies.{beside}"
        return (
            f"{told}; chance alone makes as much in {round(100.0 * found.chance)} of 100 studies, so nothing is found. "
            f"That does not show that it does nothing: with values that vary as these did, such a study finds "
            f"{self._seen_words(found)}.{beside}"
        )

    def amount(self, change: float) -> str:
        """Write a change with its direction."""
        size = f"{abs(change):.1f} of 10" if self.measure is Measure.PAIN else f"{abs(percent(change)):.1f} %"
        return f"{size} {'lower' if change < 0.0 else 'higher'}"

    def _interval_words(self, found: Difference) -> str:
        if not (math.isfinite(found.low) and math.isfinite(found.high)):
            return " (too few for an interval)"
        ends = (found.low, found.high) if self.measure is Measure.PAIN else (percent(found.low), percent(found.high))
        low, high = (f"{end:+.1f}".replace("-", "−") for end in ends)
        return f" (95 % interval {low} to {high}{'' if self.measure is Measure.PAIN else ' %'})"

    def _each_words(self) -> str:
        if self.design is Design.PARALLEL:
            return ""
        return f" (lower in {self.lower}, higher in {self.higher})"

    def _seen_words(self, found: Difference) -> str:
        rise = EXPECTED_RISE if self.design is Design.ALTERNATING else 0.0
        scatter = max(found.scatter, LEAST)
        seen = (
            (
                size_words(self.measure, size),
                found_of_100(self.groups, self.strata, change_of(self.measure, size) / scatter, rise),
            )
            for size in SIZES[self.measure]
        )
        return seen_words(seen).replace("tests", "studies")


@dataclass(frozen=True, slots=True)
class Analysis:
    """A study's whole result.

    Parameters
    ----------
    results
        The primary measure's first.
    runners
        All of them, by number.
    left_since, told_since, changed_since
        How many runners withdrew after it was opened; how many answers about its runs were told since, or changed; of
        how many other runners runs or their values are no more those that it was opened with.
    """

    file: StudyFile
    opened: Opened
    seal: str
    sealed_text: str
    results: Sequence[StudyResult]
    runners: Sequence[RunnerResult]
    left_since: int = 0
    told_since: int = 0
    changed_since: int = 0

    @property
    def words(self) -> list[str]:
        """What is to be said, a paragraph each."""
        last = "Runners knew which was which, and that alone can change how pain is felt."
        told = [result.words for result in self.results]
        return [*filter(None, (self._opened_words(), *told, self._missing_words(), self._since_words())), last]

    def _opened_words(self) -> str:
        opened = self.opened
        if opened.ended:
            return f"Opened on {opened.at:%Y-%m-%d}: {opened.ended}."
        return (
            f"Opened before its end, on {opened.at:%Y-%m-%d}, with {len(self.runners)} of {self.file.runners} runners: "
            f"{opened.reason}. Where that was since it looked well, chance makes as much more often than is said here."
        )

    def _missing_words(self) -> str:
        counts = {status: sum(one.status is status for one in self.runners) for status in Status}
        told = [
            f"{counts[status]} {words}"
            for status, words in (
                (Status.GOING, "not done"),
                (Status.STOPPED, "stopped on red, counted until then"),
                (Status.WITHDRAWN, "withdrew, left out"),
                (Status.REMOVED, "had their data removed, left out"),
            )
            if counts[status]
        ]
        left_out = sum(one.left_out for one in self.runners)
        told += [f"{counted(left_out, 'run')} left out after days without one"] if left_out else []
        return f"Of {counted(len(self.runners), 'runner')}: {'; '.join(told)}." if told else ""

    def _since_words(self) -> str:
        counts = (
            (self.left_since, "runner withdrew", "runners withdrew"),
            (
                self.told_since,
                "answer about its runs was told or changed",
                "answers about its runs were told or changed",
            ),
        )
        told = [f"{count} {one}" if count == 1 else f"{count} {several}" for count, one, several in counts if count]
        if not told:
            return self._changed_words()
        since = (
            f"Since it was opened {' and '.join(told)}. None of that counts, so this is no longer all that was drawn: "
            "where it went by what came out, chance makes as much more often than is said here."
        )
        return f"{since} {self._changed_words()}".rstrip()

    def _changed_words(self) -> str:
        if not self.changed_since:
            return ""
        return (
            f"Of {counted(self.changed_since, 'runner')} it is made of other runs or values than when it was opened, "
            "as where one was put into the bin or given another date since: this is not the result that was opened."
        )


def progress_words(record: Record, standings: Sequence[Standing]) -> str:
    """Say how far a study is, with nothing of what was drawn."""
    counts = {status: sum(one.status is status for one in standings) for status in Status}
    runs = sum(one is not None for standing in standings for one in standing.parts)
    each = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return (
        f"{len(standings)} of {record.file.runners} runners joined{f' ({each})' if each else ''}; {runs} of "
        f"{record.file.runners * record.file.runs} runs are run. Its last day is {record.file.ends.isoformat()}."
    )


def analysis_of(record: Record, standings: Sequence[Standing], histories: Mapping[str, History]) -> Analysis:
    """Return what a study came to.

    Raises
    ------
    InputError
        For one that was not opened.
    """
    if record.opened is None:
        raise InputError("a study's result is told once it is opened")
    file = record.file
    known = {
        measure: [
            {} if history is None else values_of(file, measure, history)
            for history in (history_of(one.member, histories, record.opened) for one in standings)
        ]
        for measure in file.measures
    }
    make = _alternating if file.design is Design.ALTERNATING else _parallel
    results, runners = make(record, standings, known)
    allocation = record.allocation
    told_since = {one.member.number: _told_since(one, histories, record.opened) for one in standings}
    return Analysis(
        file,
        record.opened,
        record.seal,
        allocation.text,
        results,
        runners,
        sum(one.withdrawn is not None and one.withdrawn > record.opened.at for one in record.members),
        sum(told_since.values()),
        sum(not told_since[number] for number in changed_since(record, standings, histories)),
    )


def _told_since(standing: Standing, histories: Mapping[str, History], opened: Opened) -> int:
    """Return how many answers about a runner's runs in a study were told after it was opened."""
    own, of_study = histories.get(standing.member.runner, NO_HISTORY), {*standing.parts, *standing.before} - {None}
    if not standing.member.takes_part:
        return 0
    notes: list[Pain | SignNote] = [*own.pains, *own.signs]
    return sum(one.session_id in of_study and one.noted_utc > opened.at for one in notes)


_Known = Mapping[Measure, Sequence[Mapping[str, float]]]


def _alternating(
    record: Record, standings: Sequence[Standing], known: _Known
) -> tuple[list[StudyResult], list[RunnerResult]]:
    file, allocation = record.file, record.allocation
    orders = [allocation.order_of(one.member.number) for one in standings]
    strata = {
        measure: [
            Stratum(tuple(None if one is None else own.get(one) for one in standing.parts), order, file.groups)
            for standing, order, own in zip(standings, orders, known[measure], strict=True)
        ]
        for measure in file.measures
    }
    alone = {measure: [together([one], record.seal) for one in strata[measure]] for measure in file.measures}
    results = []
    for measure in file.measures:
        told = [one.mean for one in alone[measure] if one is not None]
        found = together(strata[measure], record.seal)
        lower, higher = sum(mean < 0.0 for mean in told), sum(mean > 0.0 for mean in told)
        results.append(_result(file, measure, file.groups, len(told), len(told), lower, higher, found))
    runners = [
        RunnerResult(
            standing.member.number,
            standing.status,
            len(standing.left_out),
            _counts(strata[file.primary][at].values, orders[at]),
            {measure: alone[measure][at] for measure in file.measures},
            {},
            None,
        )
        for at, standing in enumerate(standings)
    ]
    return results, runners


def _parallel(
    record: Record, standings: Sequence[Standing], known: _Known
) -> tuple[list[StudyResult], list[RunnerResult]]:
    file = record.file
    sizes, order = record.allocation.runners_in_blocks(len(standings))
    means = {
        measure: [
            _mean(standing, own, is_against_before=bool(file.joining.runs_before))
            for standing, own in zip(standings, known[measure], strict=True)
        ]
        for measure in file.measures
    }
    results = []
    for measure in file.measures:
        missing = (None,) * (len(order) - len(standings))
        found = together([Stratum((*means[measure], *missing), order, sizes, rise=0.0)], record.seal)
        count = sum(one is not None for one in means[measure])
        results.append(_result(file, measure, sizes, 1, count, 0, 0, found))
    runners = [
        RunnerResult(
            standing.member.number,
            standing.status,
            0,
            _counts(tuple(known[file.primary][at].get(one or "") for one in standing.parts), (order[at],) * file.runs),
            {},
            {measure: means[measure][at] for measure in file.measures},
            order[at],
        )
        for at, standing in enumerate(standings)
    ]
    return results, runners


def _result(
    file: StudyFile,
    measure: Measure,
    groups: tuple[int, ...],
    strata: int,
    runners: int,
    lower: int,
    higher: int,
    found: Difference | None,
) -> StudyResult:
    return StudyResult(
        file.design,
        groups,
        strata,
        file.conditions,
        measure_words(file, measure),
        measure,
        measure is file.primary,
        runners,
        lower,
        higher,
        found,
    )


def _mean(standing: Standing, own: Mapping[str, float], *, is_against_before: bool) -> float | None:
    """Return the mean of a runner's runs, less that of the runs before."""
    values = [own[one] for one in standing.parts if one is not None and one in own]
    before = [own[one] for one in standing.before if one in own]
    if not values or (is_against_before and not before):
        return None
    return fmean(values) - (fmean(before) if is_against_before else 0.0)


def _counts(values: Sequence[float | None], order: Order) -> tuple[int, int]:
    usual, tried = (
        sum(value is not None and one is is_tried for value, one in zip(values, order, strict=True))
        for is_tried in (False, True)
    )
    return usual, tried
