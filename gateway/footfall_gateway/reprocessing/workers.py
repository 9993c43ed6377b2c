"""Who works recordings out: this process, processes of this computer, or a cluster of Dask's.

A worker runs what it is sent. So those of this computer are reached with certificates made for the occasion alone, and
a scheduler elsewhere belongs on a private network or behind TLS, which `distributed` takes from its own settings.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeAlias

from footfall_gateway.errors import GatewayError, TemporaryError
from footfall_gateway.outside import without_secrets
from footfall_gateway.reprocessing import ctrl_c
from footfall_gateway.reprocessing.work import Failed, Job, UnfitWorkerError, WorkedOut
from footfall_processing.errors import FootfallError

if TYPE_CHECKING:
    from distributed import Client, Future

Outcome: TypeAlias = WorkedOut | Failed
Work: TypeAlias = Callable[[Job], Outcome]
Workers: TypeAlias = Callable[[Work, Iterator[Job]], Iterator[tuple[Job, Outcome]]]
"""Do some work on jobs, which are taken as they are needed; each comes back once, in any order.

Raises `UnfitWorkerError` as the work does, and `TemporaryError` when the scheduler or all workers are lost.
"""

MISSING: Final = "need the extra: pip install 'footfall[dask]'"
GOES_ON: Final = "what is done is kept, and the same command does the rest"
AHEAD: Final = 2
"""Jobs that wait for each worker: it never does, and what is on its way stays small."""
_PATIENCE: Final = "30s"
"""For an answer of a scheduler."""
_LOOK_S: Final = 5.0
"""While nothing comes, it is looked so often whether there is anybody who works."""
_NOBODY_S: Final = 120.0
"""So long is waited for a worker where there is none: one that died begins anew, slowly on a busy computer.

One that can't read what it is sent, as another Footfall's, Dask ends for good.
"""
_NOTHING_S: Final = 3600.0
"""So long is waited for anything to come of workers that are there; a recording of a day takes minutes."""


def have_dask() -> bool:
    """Whether several recordings can be worked out at once."""
    return find_spec("distributed") is not None


def in_this_process(work: Work, jobs: Iterator[Job]) -> Iterator[tuple[Job, Outcome]]:
    """Do the work here, one job after the other; see `Workers`."""
    for job in jobs:
        try:
            yield job, work(job)
        except FootfallError:
            raise
        except Exception as error:
            yield job, _fault(job, error)


@contextmanager
def on_this_computer(count: int) -> Iterator[Workers]:
    """Start so many processes of this computer; they end with the context, or with this process, however it ends.

    Raises
    ------
    GatewayError
        When `distributed` is not installed, or they can't be started.
    """
    _require_dask(f"--workers {count}")
    import dask
    from distributed import Client, LocalCluster

    settings: dict[str, object] = {
        # the pages of scheduler and workers would be there for every user of this computer
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        # on a busy computer it takes longer than the usual 15 s until a worker that died is there again
        "distributed.deploy.lost-worker-timeout": "1 hour",
    }
    with dask.config.set(settings), _quiet():
        try:
            cluster = LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                security=True,
                silence_logs=logging.CRITICAL,
                preload=[ctrl_c.__name__],
            )
        except (OSError, RuntimeError) as error:
            raise GatewayError(f"{count} processes can't be started ({error}); try --workers 1") from error
        with cluster, Client(cluster, set_as_default=False) as client:
            yield _by(client, "the processes of this computer", "see whether memory is left, or try --workers 1")


@contextmanager
def of_scheduler(address: str) -> Iterator[Workers]:
    """Use the workers of a Dask scheduler, those that join later too.

    Raises
    ------
    GatewayError
        When `distributed` is not installed, or its settings for TLS make no sense.
    TemporaryError
        When the scheduler can't be reached.
    """
    _require_dask("--scheduler")
    from distributed import Client

    with _quiet():
        try:
            client = Client(address, timeout=_PATIENCE, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise TemporaryError(
                f"{without_secrets(address)}: no scheduler answers; start one there, or try later"
            ) from error
        except (ValueError, TypeError, RuntimeError) as error:
            raise GatewayError(
                f"{without_secrets(address)}: can't be used ({error}); give tcp://HOST:8786 or tls://…"
            ) from error
        with client:
            at = without_secrets(address)
            yield _by(client, at, f"start some that have this Footfall: dask worker {at} --nthreads 1")


def usual_count() -> int:
    """Return how many processes this computer has processors for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _by(client: "Client", whose: str, remedy: str) -> Workers:
    def results(work: Work, jobs: Iterator[Job]) -> Iterator[tuple[Job, Outcome]]:
        waiting: dict[Future[Outcome], Job] = {}
        finished: SimpleQueue[Future[Outcome]] = SimpleQueue()
        watch = _Watch(client, whose, remedy)

        def submit(most: int) -> None:
            for job in islice(jobs, most):
                future = client.submit(work, job, pure=False)
                waiting[future] = job
                future.add_done_callback(finished.put)

        submit(AHEAD * watch.threads())
        while waiting:
            try:
                future = finished.get(timeout=_LOOK_S)
                outcome = _outcome(waiting[future], future)
            except Empty:
                watch.look()
                continue
            if outcome is None:
                future.add_done_callback(finished.put)
                watch.look()
                continue
            watch.came()
            job = waiting.pop(future)
            future.release()
            submit(max(1, AHEAD * watch.threads() - len(waiting)))
            yield job, outcome

    return results


class _Watch:
    """Whether it makes sense to wait on.

    Parameters
    ----------
    whose
        Whom the workers belong to, for people.
    remedy
        What to do when none is left.
    """

    def __init__(self, client: "Client", whose: str, remedy: str) -> None:
        self._client = client
        self._whose = whose
        self._remedy = remedy
        self._threads = 0
        self.came()

    def came(self) -> None:
        """Note that something came, so somebody works."""
        self._came_s = self._seen_s = time.monotonic()

    def threads(self) -> int:
        """Return how many jobs the workers that are there do at once; 1 where none is, for one may come.

        Raises
        ------
        TemporaryError
            When the scheduler does not answer.
        """
        try:
            assert self._client.scheduler is not None
            found: dict[str, int] = self._client.sync(self._client.scheduler.ncores, callback_timeout=_PATIENCE)
        except (OSError, TimeoutError) as error:
            raise TemporaryError(f"{self._whose}: the scheduler is lost; {GOES_ON}") from error
        self._threads = sum(found.values())
        return max(1, self._threads)

    def look(self) -> None:
        """Look whether anybody works.

        Raises
        ------
        TemporaryError
            When the scheduler is lost, there was no worker for long, or nothing came of those that are there.
        """
        self.threads()
        now_s = time.monotonic()
        if self._threads:
            self._seen_s = now_s
        if now_s - self._seen_s >= _NOBODY_S:
            raise TemporaryError(f"{self._whose}: no worker is there, for {_NOBODY_S:.0f} s; {self._remedy}; {GOES_ON}")
        if now_s - self._came_s >= _NOTHING_S:
            raise TemporaryError(
                f"{self._whose}: nothing came of the workers for {_NOTHING_S:.0f} s; see whether they reach the "
                f"recordings; {GOES_ON}"
            )


def _outcome(job: Job, future: "Future[Outcome]") -> Outcome | None:
    """Fetch what came of a job; `None` for not yet: where its worker died with it, Dask has it done again."""
    from distributed.client import FutureCancelledError

    try:
        return future.result(timeout=_LOOK_S)
    except UnfitWorkerError:
        raise
    except FutureCancelledError as error:
        raise TemporaryError(f"the scheduler is lost; {GOES_ON}") from error
    except Exception as error:
        if isinstance(error, TimeoutError) and future.status != "error":
            return None
        return _fault(job, error)


def _fault(job: Job, error: BaseException) -> Failed:
    if type(error).__name__ == "KilledWorker":
        return Failed(f"{job.path}: each worker that had it died; give workers more memory, and look at this recording")
    if isinstance(error, MemoryError):
        return Failed(f"{job.path}: takes more memory than there is; give workers more")
    return Failed(f"{job.path}: a fault in Footfall ({type(error).__name__}: {error}); please report it")


def _require_dask(what: str) -> None:
    if not have_dask():
        raise GatewayError(f"{what}: several at once {MISSING}")


def _quiet() -> AbstractContextManager[None]:
    """Keep what Dask logs about its own comings and goings from people."""
    from distributed.utils import silence_logging_cmgr

    return silence_logging_cmgr(logging.CRITICAL)
