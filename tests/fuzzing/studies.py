"""Files of studies, and what is kept of them."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from coaching.history import NOW, felt, run
from footfall_coaching.studies.allocation import drawn
from footfall_coaching.studies.beforehand import design_words, power_words
from footfall_coaching.studies.course import standings_of, today_of, why_over
from footfall_coaching.studies.file import StudyFile
from footfall_coaching.studies.measured import History
from footfall_coaching.studies.record import Opened, with_file
from footfall_coaching.studies.result import analysis_of, progress_words
from footfall_gateway.errors import OutsideError
from footfall_gateway.outside_yaml import parse_yaml
from footfall_gateway.studies.kept import read_record
from footfall_processing.errors import FootfallError
from fuzzing.door import Door
from fuzzing.mutations import Shape

LATE: Final = datetime(2199, 12, 31, tzinfo=UTC)
RUNS: Final = tuple(run(days) for days in range(1, 8))
LOG: Final = History(RUNS, [felt(one, 1) for one in RUNS], ())


def take_file(data: bytes) -> None:
    """Read a study's file, and say what it plans."""
    file = parse_yaml(data, StudyFile, "study.yaml")
    for line in [*design_words(file), power_words(file)]:
        assert "\n" not in line
    assert msgspec.convert(msgspec.to_builtins(file), StudyFile) == file, "it is kept as another"


def take_record(data: bytes) -> None:
    """Read what is kept of a study, sealed anew, and tell all that follows from it."""
    record = read_record(_sealed(data), "study.json")
    again = read_record(msgspec.json.encode(record), "study.json")
    assert again == record, "it is written as another"
    assert with_file(record, record.file) == record
    histories = {member.runner: LOG for member in record.members}
    for now in (NOW, LATE):
        standings = standings_of(record, histories, now)
        why_over(record, standings, now).strip()
        progress_words(record, standings).strip()
        for member in record.members[:2]:
            try:
                today_of(record, standings, member.runner, LOG, now).words.strip()
            except FootfallError:
                continue
        opened = msgspec.structs.replace(record, opened=record.opened or Opened(now, "", "it is fuzzed"))
        assert len(analysis_of(opened, standings, histories).runners) == len(record.members)


def _sealed(data: bytes) -> bytes:
    """Return a record with the seal that its file and its seed have: without it none but an honest one gets far."""
    try:
        kept = msgspec.json.decode(data, type=dict[str, object])
        file = msgspec.convert(kept.get("file"), StudyFile)
        kept["seal"] = drawn(file, bytes.fromhex(str(kept.get("seed")))).seal
        return msgspec.json.encode(kept)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise OutsideError(f"no study: {type(error).__name__}") from error


DOORS: Final = (
    Door("study-file", "a study's file, YAML", take_file, Shape.TEXT),
    Door("study-kept", "what is kept of a study, JSON", take_record, Shape.JSON, most_bytes=8192),
)
