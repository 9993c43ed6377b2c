"""What a worker does: one recording to its results, in plain values that travel to where they are kept."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from footfall_gateway import machine_code, wire
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.inputs import Input, open_input
from footfall_gateway.formats.stride_tables import require_parquet, strides_parquet
from footfall_gateway.outside import pieces_of_file
from footfall_gateway.packets import RecordingHeader
from footfall_gateway.recordings.growing import is_being_written
from footfall_gateway.recordings.header import decode_header
from footfall_gateway.sessions.analysis import analyze_session
from footfall_gateway.store.rows import ResultRows
from footfall_processing.errors import FootfallError
from footfall_processing.metrics.version import METRICS_VERSION


@dataclass(frozen=True, slots=True)
class Job:
    """A recording to be worked out.

    Parameters
    ----------
    path
        The recording, as the worker finds it too.
    for_table, for_log
        What its results are for.
    header
        How the log describes its session, encoded: names, body and calibration may have been added there. Empty for
        what the recording says.
    metrics_version
        The one that is wanted.
    """

    path: Path
    for_table: bool
    for_log: bool
    header: bytes = b""
    metrics_version: int = METRICS_VERSION


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What came of a recording.

    Parameters
    ----------
    sha256
        Of the recording.
    remarks
        What is lost of it, a line each; empty of a whole one.
    table
        Its strides as a Parquet file; empty unless asked for.
    rows, summary
        What the store keeps of it, the summary as JSON; none unless asked for.
    """

    session_id: str
    sha256: str
    strides: int
    remarks: tuple[str, ...]
    table: bytes
    rows: ResultRows | None
    summary: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """A recording that could not be worked out: which, why, and what to do, in one line."""

    why: str


class UnfitWorkerError(GatewayError):
    """A worker that can't do any of the work."""


def work_out(job: Job) -> WorkedOut | Failed:
    """Work out a recording.

    Raises
    ------
    UnfitWorkerError
        When this program has another version of the metrics than is wanted, or can't write Parquet.
    """
    if job.metrics_version != METRICS_VERSION:
        raise UnfitWorkerError(
            f"a worker has version {METRICS_VERSION} of the metrics, and version {job.metrics_version} is wanted; "
            "install the same Footfall everywhere"
        )
    if job.for_table:
        try:
            require_parquet()
        except GatewayError as error:
            raise UnfitWorkerError(f"a worker can't write results: {error}") from error
    machine_code.ready_among_others()
    try:
        return _worked_out(job)
    except FootfallError as error:
        return Failed(str(error))


def _worked_out(job: Job) -> WorkedOut:
    if is_being_written(job.path):
        raise GatewayError(f"{job.path}: is being recorded; work it out when the run is over")
    digest = hashlib.sha256()
    for piece in pieces_of_file(job.path):
        digest.update(piece)
    opened = open_input([job.path])
    header = _described(job, opened)
    analysis = analyze_session(header, opened.packets)
    session = header.session
    whose: dict[str, str | int] = {
        "session_id": session.id,
        "runner": session.runner_name,
        "started_utc": "" if session.started_utc is None else session.started_utc.isoformat(),
        "metrics_version": METRICS_VERSION,
    }
    summary = wire.summary_object(analysis.end.summary, analysis.end.companions)
    return WorkedOut(
        session.id,
        digest.hexdigest(),
        len(analysis.strides),
        opened.remarks,
        strides_parquet(analysis.strides, whose) if job.for_table else b"",
        ResultRows.of(session.id, analysis.events) if job.for_log else None,
        msgspec.json.encode(summary) if job.for_log else b"",
    )


def _described(job: Job, opened: Input) -> RecordingHeader:
    """Return the session as the log describes it, where it is there."""
    if not job.header:
        return opened.header
    header = decode_header(job.header)
    ours, theirs = (
        {(one.sensor.id, one.profile, one.address) for one in described.recorded_sensors}
        for described in (header, opened.header)
    )
    if ours != theirs:
        raise GatewayError(
            f"{job.path}: has other sensors than session {header.session.id} of the log, whose results stay as they are"
        )
    return header
