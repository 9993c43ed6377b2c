"""`footfall study`: a study with several runners, from its file to its result."""

import secrets
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter

from footfall_coaching.studies.allocation import SEED_BYTES, drawn
from footfall_coaching.studies.beforehand import design_words, power_words
from footfall_coaching.studies.course import standings_of, today_of, why_not_join, why_over
from footfall_coaching.studies.file import Design, StudyFile
from footfall_coaching.studies.inputs import with_inputs
from footfall_coaching.studies.measured import NO_HISTORY, History
from footfall_coaching.studies.record import Day, Opened, Record, begun, joined, with_file, withdrawn
from footfall_coaching.studies.result import analysis_of
from footfall_gateway import console, wire
from footfall_gateway.clock import SystemClock
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder, runner_name
from footfall_gateway.commands.study_shown import analysis_object, show, show_progress, write_lines
from footfall_gateway.errors import GatewayError, OutsideError
from footfall_gateway.local_zone import LocalZone
from footfall_gateway.mqtt.pseudonyms import Pseudonyms
from footfall_gateway.outside import require_text, shown
from footfall_gateway.store.database import Store
from footfall_gateway.store.lookup import open_store
from footfall_gateway.studies import StudiesFolder, StudyError
from footfall_gateway.studies.study_file import read_study
from footfall_processing.errors import InputError

MOST_REASON: Final = 300

File = Annotated[Path, Parameter(name="FILE")]
Runner = Annotated[str, Parameter(name="RUNNER", converter=runner_name, n_tokens=1)]


def check(file: File, /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER, json: bool = False) -> None:
    """Say in plain words what a study's file plans, and what such a study can see.

    Parameters
    ----------
    file
        The study's file, YAML; docs/studies.md says what is in it.
    data_dir
        Where what is kept of studies lies: once this one has begun, its file is held against that.
    json
        Print one JSON line.
    """
    study = read_study(file)
    record = StudiesFolder(data_dir).read(study.study)
    if record is not None:
        _held(file, record, study)
    words = [*design_words(study), power_words(study)]
    if json:
        told: wire.JsonObject = {
            "study": study.study,
            "fixed": msgspec.to_builtins(study),
            "words": words,
            "seal": None if record is None else record.seal,
        }
        console.write_line(wire.json_line(told))
        return
    lines = [f"{study.study}: {study.question}", f"Organiser: {study.organiser}", "", *words]
    lines.append(f"Runners agree to version {study.consent.version} of its text. To see to that is its organiser's.")
    if record is not None:
        lines += ["", f"Begun on {record.begun:%Y-%m-%d}, sealed as {record.seal}."]
    write_lines(lines)
    if study.ends < _now().date():
        console.remark(f"Its last day, {study.ends.isoformat()}, is over: nobody can join; give a later one (ends)")


def join(
    file: File,
    runner: Runner,
    /,
    *,
    consent: str = "",
    confirmed: bool = False,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Take a runner into a study who has agreed to it; what is drawn for the runner stays hidden.

    Without --consent the text is shown that runners agree to, and nobody joins. After a new version of that text the
    runners of the study agree once more by the same command.

    Parameters
    ----------
    file
        The study's file.
    runner
        Who joins, as runs name their runner.
    consent
        Which version of the text the runner has agreed to; it is kept with the date.
    confirmed
        What the organiser is to confirm of the runner is so.
    data_dir
        Where the runner's log is, and what is kept of studies.
    """
    study, now = read_study(file), _now()
    if not runner:
        raise InputError("a study's runner has a name; record runs with --runner NAME")
    confirm = study.joining.confirm
    if not consent or (confirm and not confirmed):
        write_lines(study.consent.text.splitlines())
        if confirm:
            write_lines(["", "Its organiser confirms:", *(f"- {line}" for line in confirm)])
        more = " --confirmed" if confirm else ""
        rest = ", and the rest is so" if confirm else ""
        raise GatewayError(
            f"nobody has joined yet: once {shown(runner)} has agreed to this text{rest}, call it again with --consent "
            f"{study.consent.version}{more}"
        )
    if consent != study.consent.version:
        raise InputError(f"--consent: the text has version {study.consent.version}, not {shown(consent)}")
    with open_store(data_dir) as store:
        history = _history(store, runner)
        if not history.runs:
            raise GatewayError(
                f"the log has no run of {shown(runner)}: record runs with --runner, or give those that are there the "
                "name (footfall sessions runner SESSION NAME)"
            )

    def with_runner(record: Record | None) -> Record:
        known = None if record is None else _held(file, record, study)
        if known is None or all(one.runner != runner for one in known.members):
            why = why_not_join(study, history, now)
            if why:
                raise GatewayError(f"{shown(runner)} can't join today. {why}")
        if known is None:
            known = begun(drawn(study, secrets.token_bytes(SEED_BYTES)), now)
        return joined(known, runner, study.consent, confirm, now)

    record = StudiesFolder(data_dir).change(study.study, with_runner)
    member = record.member(runner)
    write_lines(
        [
            f"{runner} has joined {study.study} as {_called(data_dir, study)(runner)}, runner {member.number} of "
            f"{study.runners}, and agreed to version {consent}.",
            f"The study is sealed as {record.seal}.",
        ]
    )
    if member.number == 1 and len(member.consents) == 1:
        console.remark("Keep that line where nobody can change it: it shows at the end that nothing was drawn again")


def today(file: File, runner: Runner, /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER, json: bool = False) -> None:
    """Tell a runner the condition of today's run, and nothing else of what was drawn.

    Call it before the run: the first run that begins after it today counts.

    Parameters
    ----------
    file
        The study's file.
    runner
        Who runs.
    data_dir
        Where the runner's log is, and what is kept of studies.
    json
        Print one JSON line.
    """
    study, now = read_study(file), _now()
    studies = StudiesFolder(data_dir)
    known = _held(file, _begun(studies.read(study.study), study), study)
    known.member(runner)
    with open_store(data_dir) as store:
        histories = _histories(store, known)
    # of whoever left nothing is read, and that is what is told
    history = histories.get(runner, NO_HISTORY)
    told = today_of(known, standings_of(known, histories, now), runner, history, now)

    def with_day(record: Record | None) -> Record:
        current = _held(file, _begun(record, study), study)
        member = current.member(runner)
        day = Day(now, told.number - 1)
        if any(one.part == day.part and one.at.date() == now.date() for one in member.days):
            return current
        return current.with_member(msgspec.structs.replace(member, days=(*member.days, day)))

    if told.condition and study.design is Design.ALTERNATING:
        studies.change(study.study, with_day)
    if json:
        console.write_line(wire.json_line(msgspec.to_builtins(told)))
    else:
        console.write_line(told.words)


def withdraw(file: File, runner: Runner, /, *, data_dir: DataFolder = DEFAULT_DATA_FOLDER) -> None:
    """Let a runner leave a study: nothing of the runner's is used any more, also where it was opened before.

    That the runner had agreed and has withdrawn stays on record; footfall person forget removes that too.

    Parameters
    ----------
    file
        The study's file.
    runner
        Who leaves.
    data_dir
        Where what is kept of studies lies.
    """
    study, now = read_study(file), _now()

    def without(record: Record | None) -> Record:
        return withdrawn(_begun(record, study), runner, now)

    StudiesFolder(data_dir).change(study.study, without)
    console.write_line(f"{shown(runner)} has left {study.study}. What was told in it stays in the runner's own log.")


def analyze(
    file: File, /, *, unblind: str = "", data_dir: DataFolder = DEFAULT_DATA_FOLDER, json: bool = False
) -> None:
    """Analyse all runners of a study at its end: each, and together. Before, it says how far the study is.

    A study ends when all its runners are done, by its own rules, or after its last day. Then it is opened, which is
    kept: nobody joins any more, and nothing more is drawn. Runners are called by pseudonyms of this study.

    Parameters
    ----------
    file
        The study's file.
    unblind
        Open it before its end, for this reason, which is kept and told with the result.
    data_dir
        Where the runners' logs are, and what is kept of studies.
    json
        Print one JSON line.
    """
    study, now = read_study(file), _now()
    _require_reason(unblind)
    studies = StudiesFolder(data_dir)
    record = _held(file, _begun(studies.read(study.study), study), study)
    with open_store(data_dir) as store:
        histories = _histories(store, record)
    if record.opened is None:
        standings = standings_of(record, histories, now)
        over = why_over(record, standings, now)
        if not over and not unblind:
            show_progress(record, standings, _names(data_dir, study, record), json=json)
            raise GatewayError(
                f"{study.study} is not at its end, so nothing is opened; with --unblind REASON it is, and is over then"
            )
        offset = now.utcoffset()
        assert offset is not None
        at = now.astimezone(timezone(offset))  # as it is read again: days are those of a zone
        opened = Opened(at, "" if over else unblind, over)
        opened = with_inputs(opened, record, standings_of(record, histories, at), histories)
        record = studies.change(study.study, lambda known: _opened(_begun(known, study), opened))
    assert record.opened is not None
    standings = standings_of(record, histories, record.opened.at)
    analysis = analysis_of(record, standings, histories)
    names = _names(data_dir, study, record)
    if json:
        console.write_line(wire.json_line(analysis_object(analysis, standings, record, names)))
    else:
        show(analysis, names)


def _require_reason(reason: str) -> None:
    require_text(reason, "--unblind")
    if reason and (len(reason) > MOST_REASON or shown(reason) != reason or not reason.strip()):
        raise InputError(f"--unblind: give a reason of one line, up to {MOST_REASON} characters that can be seen")


def _opened(record: Record, opened: Opened) -> Record:
    return record if record.opened is not None else msgspec.structs.replace(record, opened=opened)


def _begun(record: Record | None, study: StudyFile) -> Record:
    if record is None:
        raise StudyError(f"{study.study} has not begun here: nobody has joined (footfall study join); see --data-dir")
    return record


def _held(file: Path, record: Record, study: StudyFile) -> Record:
    """Return what is kept with the file as it is now; `OutsideError` where that changed what can't change."""
    try:
        return with_file(record, study)
    except InputError as error:
        raise OutsideError(f"{file}: {error}") from error


def _called(folder: Path, study: StudyFile) -> Pseudonyms:
    """Return the pseudonyms of a study: others than in topics, so that what is published leads to nothing else."""
    return Pseudonyms.of(folder).within(f"study {study.study}")


def _names(folder: Path, study: StudyFile, record: Record) -> dict[int, str]:
    """Return what runners are called in what is told of a study, by their numbers."""
    pseudonym = _called(folder, study)
    return {
        member.number: pseudonym(member.runner) if member.runner else f"removed-{member.number}"
        for member in record.members
    }


def _histories(store: Store, record: Record) -> dict[str, History]:
    return {one.runner: _history(store, one.runner) for one in record.members if one.takes_part}


def _history(store: Store, runner: str) -> History:
    return History(store.log.runs(runner), store.answers.pains(runner), store.answers.signs(runner))


def _now() -> datetime:
    return SystemClock().utc_now().astimezone(LocalZone())
