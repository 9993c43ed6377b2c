"""An archive worked out anew by one process and by two: processor seconds a recording, speed-up, and a worker's memory.

`python benchmarks/reprocess.py --recordings 500`; the machine should do nothing else, else the speed-up tells of that.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from statistics import fmean, median
from typing import Final

from footfall_gateway.recordings.recording import Recording, RecordingWriter
from footfall_gateway.reprocessing.archive import Archive, recordings_among
from footfall_gateway.reprocessing.results_folder import ResultsFolder
from footfall_gateway.reprocessing.work import Job, work_out
from footfall_gateway.reprocessing.workers import Outcome, on_this_computer
from measure import Measurement, main

RECORDINGS: Final = Path(__file__).resolve().parents[1] / "recordings"
NOTES: Final = "FOOTFALL_BENCHMARK_NOTES"
MIB: Final = 1024.0 * 1024.0
WARM: Final = 2
"""Recordings that each process works out first: it loads machine code then."""


@dataclass(frozen=True)
class Noted:
    """What a worker notes of a recording: its own number, processor time, and its resident memory afterwards."""

    pid: int
    cpu_s: float
    resident_mib: float


def noted(job: Job) -> Outcome:
    """Work a recording out, and note what it took."""
    begin_s = time.process_time()
    outcome = work_out(job)
    cpu_s = time.process_time() - begin_s
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    resident = pages * os.sysconf("SC_PAGE_SIZE") / MIB
    with (Path(os.environ[NOTES]) / f"{os.getpid()}.jsonl").open("a") as file:
        file.write(json.dumps([os.getpid(), cpu_s, resident]) + "\n")
    return outcome


def make_archive(folder: Path, count: int) -> None:
    """Write recordings that are all different: the project's own, each of another session."""
    sources = [(Recording.open(path), list(Recording.open(path))) for path in sorted(RECORDINGS.glob("*.mcap"))]
    for number in range(count):
        source, packets = sources[number % len(sources)]
        session = replace(source.header.session, id=f"{source.header.session.id}-{number:05d}")
        with RecordingWriter(folder / f"{number:05d}.mcap", replace(source.header, session=session)) as writer:
            for packet in packets:
                writer.write(packet)


def run(archive_folder: Path, out: Path, processes: int) -> tuple[float, list[Noted]]:
    """Work an archive out; return the wall seconds once all are warm, and what workers noted from then on."""
    with tempfile.TemporaryDirectory() as notes, ResultsFolder.open(out) as results:
        os.environ[NOTES] = notes
        archive = Archive(results, None)
        with on_this_computer(processes) as workers:
            jobs = archive.jobs(recordings_among([archive_folder]))
            for _ in archive.work_out(iter(list(islice(jobs, WARM * processes))), workers, noted):
                pass
            warm = len(_notes(Path(notes)))
            begin_s = time.perf_counter()
            for tally in archive.work_out(jobs, workers, noted):
                assert not tally.failed, tally
            wall_s = time.perf_counter() - begin_s
        found = _notes(Path(notes))
        assert len(found) - warm == archive.tally.done - WARM * processes
        return wall_s, [one for each in _by_worker(found).values() for one in each[WARM:]]


def _notes(folder: Path) -> list[Noted]:
    return [Noted(*json.loads(line)) for path in folder.iterdir() for line in path.read_text().splitlines()]


def _by_worker(found: list[Noted]) -> dict[int, list[Noted]]:
    workers: dict[int, list[Noted]] = {}
    for one in found:
        workers.setdefault(one.pid, []).append(one)
    return workers


def _growth_mib(found: list[Noted]) -> float:
    """By how much the fullest worker is fuller in the last quarter of its recordings than in the second."""

    def grown(own: list[Noted]) -> float:
        quarter = max(1, len(own) // 4)
        return median(o.resident_mib for o in own[-quarter:]) - median(
            o.resident_mib for o in own[quarter : 2 * quarter]
        )

    return max(grown(own) for own in _by_worker(found).values())


def measure(count: int) -> Iterator[Measurement]:
    """Measure one process, then two, over the same recordings."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        archive.mkdir()
        make_archive(archive, count)
        one_s, one = run(archive, Path(folder) / "one", 1)
        two_s, two = run(archive, Path(folder) / "two", 2)
    cpu_one_s, cpu_two_s = fmean(o.cpu_s for o in one), fmean(o.cpu_s for o in two)
    yield Measurement("recordings", float(count), "")
    yield Measurement("processor seconds a recording, one process", cpu_one_s, "s")
    yield Measurement("processor seconds a recording, two processes", cpu_two_s, "s")
    yield Measurement("of these, two to one", cpu_two_s / cpu_one_s, "", at_most=1.05)
    yield Measurement("recordings a second, one process", (count - WARM) / one_s, "/s")
    yield Measurement("recordings a second, two processes", (count - 2 * WARM) / two_s, "/s")
    yield Measurement("of these, two to one", ((count - 2 * WARM) / two_s) / ((count - WARM) / one_s), "", at_least=1.8)
    yield Measurement("resident memory of a worker, the most", max(o.resident_mib for o in (*one, *two)), "MiB")
    yield Measurement("its growth from the second quarter to the last", _growth_mib(one), "MiB", at_most=8.0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--recordings", type=int, default=60)
    own, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    main("An archive worked out anew", lambda: list(measure(own.recordings)))
