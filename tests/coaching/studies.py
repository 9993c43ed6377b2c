"""A made-up study, for tests."""

from datetime import date, datetime
from typing import Any, Final

import msgspec

from coaching.history import NOW, felt, run
from footfall_coaching.answers import Pain, PainSite
from footfall_coaching.run import Run
from footfall_coaching.studies.allocation import drawn
from footfall_coaching.studies.file import Consent, Design, Measure, StudyFile
from footfall_coaching.studies.measured import History
from footfall_coaching.studies.record import Record, begun, joined

ADA: Final = "Ada"

FILE: Final = StudyFile(
    footfall_study=1,
    study="tape",
    question="Does tape help?",
    organiser="Lake Runners",
    design=Design.ALTERNATING,
    conditions=("as usual", "with tape"),
    runs=4,
    block=2,
    runners=4,
    ends=date(2026, 12, 1),
    primary=Measure.PAIN,
    pain_of=PainSite.KNEE,
    consent=Consent("1", "I take part of my own will, and can leave at any time."),
)

PARALLEL: Final = msgspec.structs.replace(FILE, design=Design.PARALLEL, block=(2, 4), runners=12, runs=3)

TOLD: Final = History([run(1.5)], [felt(run(1.5), 1)], ())


def changed(file: StudyFile, **fields: Any) -> StudyFile:
    """Return a file with other fields, checked."""
    return msgspec.convert({**msgspec.to_builtins(file), **_kebab(fields)}, StudyFile)


def _kebab(fields: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): msgspec.to_builtins(value) for name, value in fields.items()}


def of(*runners: str, file: StudyFile = FILE, now: datetime = NOW) -> Record:
    """Return a study that runners have joined."""
    record = begun(drawn(file, bytes(range(32))), now)
    for name in runners:
        record = joined(record, name, file.consent, (), now)
    return record


def one_of(days_ago: float, level: int) -> tuple[Run, Pain]:
    """Return a run of so long ago, and how much it hurt."""
    ran = run(days_ago)
    return ran, felt(ran, level)
