"""`footfall reprocess`: recordings worked out anew by this version, thousands of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from footfall_gateway import console, settings, wire
from footfall_gateway.commands.options import DEFAULT_DATA_FOLDER, DataFolder
from footfall_gateway.commands.preparation import prepare_processing, wait_ahead
from footfall_gateway.data_folder import store_path
from footfall_gateway.errors import GatewayError
from footfall_gateway.formats.stride_tables import require_parquet
from footfall_gateway.reprocessing.archive import Archive, Tally, older_sessions, recordings_among
from footfall_gateway.reprocessing.results_folder import ResultsFolder
from footfall_gateway.reprocessing.workers import (
    MISSING,
    Workers,
    have_dask,
    in_this_process,
    of_scheduler,
    on_this_computer,
    usual_count,
)
from footfall_gateway.store.database import Store
from footfall_gateway.store.lookup import open_store
from footfall_processing.errors import InputError
from footfall_processing.metrics.version import METRICS_VERSION


def reprocess(
    recordings: Annotated[tuple[Path, ...], Parameter(name="RECORDING", negative=(), show_default=False)] = (),
    /,
    *,
    out: Path | None = None,
    workers: Annotated[int | None, Parameter(validator=Number(gte=1, lte=1024))] = None,
    scheduler: str | None = None,
    partial: bool = False,
    data_dir: DataFolder = DEFAULT_DATA_FOLDER,
    json: bool = False,
) -> None:
    """Work recordings out anew where their results are of an older version of the metrics, or nowhere yet.

    Runs of your log get the new results in the place of the older ones, each at once or not at all; what you told or
    changed of them stays. With --out, each recording's strides also go into a Parquet file. Whatever stops it, the same
    command does what is left; a recording that can't be worked out is told at the end, and keeps no other one up.

    Parameters
    ----------
    recordings
        Recordings (.mcap), or folders of them; by default those of the runs in your log that have older results.
    out
        A folder: a Parquet file a recording, in metrics-N for version N, and manifest.jsonl, which says what is done.
    workers
        How many processes work at once, by default one for each processor. More than one need the extra
        footfall[dask]; without it one recording is worked out after the other.
    scheduler
        A Dask scheduler instead, such as tcp://box.local:8786, whose workers have the same Footfall, and the recordings
        under the same names. Whoever reaches it runs programs on them: keep it on a private network, or use tls://.
    partial
        Also put results of recordings of which a part is lost in the place of older ones.
    data_dir
        Where the store is.
    json
        Print one JSON line that tells what was done.
    """
    if scheduler is not None and workers is not None:
        raise InputError("give --workers for processes of this computer, or --scheduler for others")
    if out is not None:
        require_parquet()
    with ExitStack() as stack:
        log = _log(data_dir, needed=not recordings, stack=stack)
        paths = recordings_among(recordings) if recordings else _of_log(log)
        if not paths:
            _tell(Tally(), out, json=json)
            return
        results = None if out is None else stack.enter_context(ResultsFolder.open(out))
        archive = Archive(results, log, partial=partial)
        jobs = archive.jobs(paths)
        first = next(jobs, None)
        if first is not None:
            force = stack.enter_context(_workers(workers, scheduler, len(paths)))
            what = f"{len(paths)} recording{'s' * (len(paths) > 1)}"
            with console.progress(f"Working out {what}", total_s=float(len(paths))) as advance_to:
                for tally in archive.work_out(chain((first,), jobs), force):
                    advance_to(float(tally.looked_at))
    _tell(archive.tally, out, json=json)


def _log(folder: Path, *, needed: bool, stack: ExitStack) -> Store | None:
    """Open the log, if there is one; where it is what is asked for, there must be."""
    if not needed and not store_path(folder).exists():
        return None
    return stack.enter_context(open_store(folder))


def _of_log(log: Store | None) -> list[Path]:
    """Return the recordings of the runs that have older results; say how many runs have none any more."""
    older = [] if log is None else older_sessions(log)
    there = [one.recording for one in older if one.recording is not None and one.recording.exists()]
    if gone := len(older) - len(there):
        which = "1 run keeps its older results: there is no recording of it"
        if gone > 1:
            which = f"{gone} runs keep their older results: there is no recording of them"
        console.remark(f"{which} here.")
    return there


@contextmanager
def _workers(count: int | None, scheduler: str | None, most: int) -> Iterator[Workers]:
    if scheduler is not None:
        with of_scheduler(scheduler) as found:
            yield found
        return
    usual = usual_count()
    if count is None and most > 1 and usual > 1 and not have_dask():
        console.remark(f"one recording is worked out after the other; several at once {MISSING}")
        count = 1
    count = min(count or usual, most)
    # compiled here, it is on the disk for all processes
    if wait_ahead() is not None:
        prepare_processing()
    if count == 1:
        yield in_this_process
        return
    with on_this_computer(count) as found:
        yield found


def _tell(tally: Tally, out: Path | None, *, json: bool) -> None:
    """Say what was done, and what was not; the exit status says the second."""
    if json:
        console.write_line(
            wire.json_line(
                {
                    "type": "reprocessing",
                    "metrics_version": METRICS_VERSION,
                    "done": tally.done,
                    "done_before": tally.before,
                    "sessions_replaced": tally.replaced,
                    "without_place": tally.elsewhere,
                    "failed": tally.failed,
                    "not_whole": tally.not_whole,
                    "out": None if out is None else str(out),
                }
            )
        )
    for line in (*tally.not_whole, *tally.failed):
        console.remark(line)
    if tally.elsewhere:
        console.remark(
            f"{tally.elsewhere} of them are in no run of the log: --out FOLDER keeps their results, `footfall add` them"
        )
    if tally.replaced and settings.load().settings.influx_url:
        console.remark("InfluxDB has the older results of these runs: footfall push --again replaces them.")
    if not json:
        console.write_line(_in_words(tally, out))
    if tally.failed:
        raise GatewayError(f"{len(tally.failed)} of {tally.looked_at} recordings are not worked out, as said above")


def _in_words(tally: Tally, out: Path | None) -> str:
    said = [f"{tally.done} recording{'s' * (tally.done != 1)} worked out by version {METRICS_VERSION} of the metrics"]
    if tally.before:
        said.append(f"{tally.before} had been")
    if tally.replaced:
        runs = "1 run of the log has" if len(tally.replaced) == 1 else f"{len(tally.replaced)} runs of the log have"
        said.append(f"{runs} new results")
    if out is not None:
        said.append(f"strides are in {out / f'metrics-{METRICS_VERSION}'}")
    return "; ".join(said) + "."
