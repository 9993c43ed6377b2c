"""An archive worked out anew: which of its recordings, and where the results of each go."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from footfall_gateway import wire
from footfall_gateway.data_folder import all_files
from footfall_gateway.errors import GatewayError
from footfall_gateway.outside import parse_json
from footfall_gateway.recordings.header import encode_header
from footfall_gateway.recordings.recording import Recording
from footfall_gateway.reprocessing.results_folder import ResultsFolder, Seen
from footfall_gateway.reprocessing.work import Failed, Job, WorkedOut, work_out
from footfall_gateway.reprocessing.workers import Work, Workers
from footfall_gateway.store.database import Store, StoredSession
from footfall_gateway.store.sqlite_file import ContentError
from footfall_processing.errors import FootfallError
from footfall_processing.metrics.version import METRICS_VERSION

RECORDING: Final = ".mcap"


@dataclass
class Tally:
    """What came of an archive.

    Parameters
    ----------
    done, before
        Recordings that were worked out, and those that had been.
    replaced
        Sessions of the log that have new results.
    elsewhere
        Recordings that have nowhere to put their results: no folder, and no older ones in the log.
    failed, not_whole
        A line for each recording that could not be worked out, or of which a part is lost.
    """

    done: int = 0
    before: int = 0
    replaced: list[str] = field(default_factory=list)
    elsewhere: int = 0
    failed: list[str] = field(default_factory=list)
    not_whole: list[str] = field(default_factory=list)

    @property
    def looked_at(self) -> int:
        """How many recordings it has come to."""
        return self.done + self.before + self.elsewhere + len(self.failed)


class Archive:
    """Recordings, and where their results go.

    Parameters
    ----------
    results
        Where a table of each is kept; `None` for nowhere.
    store
        The log, whose sessions get new results where theirs are of an older version; `None` for none.
    partial
        Whether what is left of a recording replaces older results in the log.

    Attributes
    ----------
    tally
        What came of it so far.
    """

    def __init__(self, results: ResultsFolder | None, store: Store | None, *, partial: bool = False) -> None:
        self.tally = Tally()
        self._results = results
        self._store = store
        self._partial = partial
        self._older = {} if store is None else {one.header.session.id: one for one in older_sessions(store)}
        self._looked_at: set[Seen] = set()
        self._on_their_way: dict[Path, Seen] = {}

    def work_out(self, jobs: Iterator[Job], workers: Workers, work: Work = work_out) -> Iterator[Tally]:
        """Have jobs done and keep their results; tell how far it is after each.

        What goes wrong with one recording is told in `tally`, and the others are worked out.

        Raises
        ------
        FootfallError
            When results can't be kept, or no worker can work; all that was kept until then is whole.
        """
        for job, outcome in workers(work, jobs):
            self._take(job, outcome)
            yield self.tally

    def jobs(self, paths: Iterable[Path]) -> Iterator[Job]:
        """Yield a job for each recording whose results are not there yet; it is looked for as jobs are taken."""
        for path in paths:
            try:
                job = self._job(path)
            except (FootfallError, OSError) as error:
                self.tally.failed.append(_line(path, error))
                continue
            if job is not None:
                yield job

    def _job(self, path: Path) -> Job | None:
        seen = Seen.of(path)
        if seen in self._looked_at:
            self.tally.before += 1  # named twice
            return None
        self._looked_at.add(seen)
        has_table = self._results is not None and self._results.has(path, seen)
        for_table = self._results is not None and not has_table
        # the header is read only where it matters
        session_id = Recording.header_of(path).session.id if self._older or self._results is None else ""
        in_log = self._older.get(session_id)
        if not for_table and in_log is None:
            if has_table or (self._store is not None and self._store.find(session_id) is not None):
                self.tally.before += 1
            else:
                self.tally.elsewhere += 1
            return None
        self._on_their_way[path.absolute()] = seen
        header = b"" if in_log is None else encode_header(in_log.header)
        return Job(path.absolute(), for_table=for_table, for_log=in_log is not None, header=header)

    def _take(self, job: Job, outcome: WorkedOut | Failed) -> None:
        seen = self._on_their_way.pop(job.path)
        if isinstance(outcome, Failed):
            self.tally.failed.append(outcome.why)
            if self._results is not None:
                self._results.note(seen, outcome)
            return
        if job.for_table and self._results is not None:
            self._results.keep(seen, outcome)
        self.tally.not_whole += outcome.remarks
        if outcome.rows is not None and not self._replace(job.path, outcome):
            return
        self.tally.done += 1

    def _replace(self, path: Path, outcome: WorkedOut) -> bool:
        """Put new results in the place of the older ones of a session; say so where they stay."""
        assert self._store is not None
        assert outcome.rows is not None
        if outcome.remarks and not self._partial:
            self.tally.failed.append(
                f"{path}: is not whole, so the log keeps its older results; --partial puts the new ones in their place"
            )
            return False
        older = self._older.pop(outcome.session_id, None)
        if older is None:
            return True  # another recording of this session was faster
        kept = older.summary or {}
        summary = wire.with_health_of(parse_json(outcome.summary, dict[str, object], "a summary"), kept)
        try:
            self._store.replace_results(outcome.session_id, outcome.rows, summary)
        except ContentError as error:
            self.tally.failed.append(_line(path, error))
            return False
        self.tally.replaced.append(outcome.session_id)
        return True


def older_sessions(store: Store) -> list[StoredSession]:
    """Return the sessions of the log whose results are of an older version of the metrics than this program's."""
    return [
        one
        for one in store.sessions()
        if one.header.session.sensors and one.metrics_version is not None and one.metrics_version < METRICS_VERSION
    ]


def recordings_among(paths: Iterable[Path]) -> list[Path]:
    """Return the recordings that are named, each once, and those in folders that are, and below.

    Raises
    ------
    GatewayError
        When a folder can't be read, or nothing is named by this name.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found |= dict.fromkeys(one for one in all_files(path) if one.suffix.lower() == RECORDING)
        elif path.exists():
            found[path] = None
        else:
            raise GatewayError(f"{path}: is not there; give recordings (.mcap), or folders of them")
    return list(found)


def _line(path: Path, error: Exception) -> str:
    """Return what went wrong with a recording, in a line that names it."""
    if isinstance(error, OSError):
        return f"{path}: can't be read ({error.strerror})"
    return str(error) if str(path) in str(error) else f"{path}: {error}"
