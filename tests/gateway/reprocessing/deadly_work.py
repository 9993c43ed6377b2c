"""Work for a worker that is a process: it imports this by the name that this has for `tests` alone."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from footfall_gateway.reprocessing.work import Job, work_out
from footfall_gateway.reprocessing.workers import Outcome
from gateway.command_line import RECORDINGS

PATHS = [RECORDINGS / f"{name}.mcap" for name in ("lossy-link", "forefoot-runner")]


def jobs() -> Iterator[Job]:
    return (Job(path, for_table=True, for_log=True) for path in PATHS)


def dies_once(job: Job) -> Outcome:
    """Kill the worker that has the second recording, the first time."""
    died = Path(os.environ["DIED"])
    if job.path == PATHS[1] and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return work_out(job)
