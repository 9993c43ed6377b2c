"""What a study's result is made of, of each runner, and a digest of it: so that what is changed afterwards is said.

A run that is put into the bin once a study was opened, or given another date, is no more in the log that the result is
made from, and nothing of the log itself would tell.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from footfall_coaching.studies.course import BEFORE, Standing, known_by
from footfall_coaching.studies.measured import NO_HISTORY, History, values_of
from footfall_coaching.studies.record import Member, Opened, Record

DIGITS: Final = 6
"""Values that differ by less are the same."""


def history_of(member: Member, histories: Mapping[str, History], opened: Opened) -> History | None:
    """Return a runner's log from six weeks before joining until the study was opened; `None` of who is left out."""
    if member.joined is None or not member.takes_part:
        return None
    begin, own = member.joined - BEFORE, histories.get(member.runner, NO_HISTORY)
    runs = [run for run in own.runs if run.started_utc is not None and begin <= run.started_utc <= opened.at]
    return known_by(History(runs, own.pains, own.signs), opened.at)


def with_inputs(opened: Opened, record: Record, standings: Sequence[Standing], logs: Mapping[str, History]) -> Opened:
    """Return how a study was opened with a digest of what its result is made of, of each runner who takes part."""
    digests = {str(one.member.number): digest for one in standings if (digest := _digest(one, record, logs, opened))}
    return msgspec.structs.replace(opened, inputs=digests)


def changed_since(record: Record, standings: Sequence[Standing], logs: Mapping[str, History]) -> set[int]:
    """Return the numbers of runners of whom the result is made of something else than when the study was opened."""
    opened = record.opened
    if opened is None:
        return set()
    return {
        one.member.number
        for one in standings
        if (kept := opened.inputs.get(str(one.member.number)))
        and (digest := _digest(one, record, logs, opened))
        and digest != kept
    }


def _digest(standing: Standing, record: Record, logs: Mapping[str, History], opened: Opened) -> str:
    """Return a digest of a runner's runs and their values; empty of who is left out."""
    history = history_of(standing.member, logs, opened)
    if history is None:
        return ""
    told: list[object] = [standing.parts, standing.left_out, standing.before]
    for measure in record.file.measures:
        known = values_of(record.file, measure, history)
        values = (known.get(one or "") for one in (*standing.parts, *standing.before))
        told.append([None if value is None else round(value, DIGITS) for value in values])
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()
