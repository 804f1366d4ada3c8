"""Work spread over processes and machines: the only file that knows Dask.

Workers are processes with one thread each. Only outcomes travel, never pixels; workers share the batch folder. Dask
may forget everything at any time: what was done is on disk (workflows.step).
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from itertools import chain, count, islice
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import dask
from distributed import Client, LocalCluster, as_completed, wait
from distributed.scheduler import KilledWorker

from metadata.finding import finding
from metadata.problem import Problem
from workflows.page import CHAIN, page_end, run_step
from workflows.step import Outcome, Status
from workflows.task import PageEnd, PageTask
from workflows.volume import PackageEnd, PackageJob, package

J = TypeVar("J")
R = TypeVar("R")

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "OPENCV_NUM_THREADS": "1",
    "VIPS_CONCURRENCY": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
_ALONE = "-alone"
_PATIENCE = 10.0
"""Seconds that a scheduler has to answer."""

_LOOK = 15.0
"""Seconds after which it is looked whether anybody still works."""
_DESERTED = 4
"""Looks in a row that may find no worker: one that died starts again meanwhile."""

_CONFIG = {
    # A second death in the same step is judged alone (see Cluster.wait): bystanders are not blamed.
    "distributed.scheduler.allowed-failures": 1,
    "distributed.worker.daemon": False,
    "distributed.comm.timeouts.connect": "10s",
    "distributed.worker.memory.terminate": 0.95,
    # Dask looks after itself a hundred times a second by default; our tasks take seconds.
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.scheduler.work-stealing-interval": "1s",
}


class Cluster:
    """A Dask cluster that pages and packages are given to and that hands back how they ended, in any order.

    `workers` processes on this machine, or the cluster at `scheduler` ("tcp://...").
    """

    def __init__(self, workers: int, scheduler: str = "") -> None:
        dask.config.set(_CONFIG)
        self._local: LocalCluster | None = None
        if scheduler:
            try:
                _require_listening(scheduler)
                self._client = _client(scheduler)
            except (OSError, ValueError):  # ValueError: no address at all
                raise Problem("E008", scheduler) from None
        else:
            os.environ.update(_ONE_THREAD)
            self._local = LocalCluster(  # type: ignore[no-untyped-call] # distributed is half typed
                n_workers=workers, threads_per_worker=1, processes=True, silence_logs=50,
                # Any free port: two batches at once must not quarrel over one.
                dashboard_address="127.0.0.1:0",
            )  # fmt: skip
            self._client = _client(self._local)
        self._done: Any = as_completed()  # type: ignore[no-untyped-call] # distributed is half typed
        self._jobs: dict[Any, PageTask | PackageJob] = {}
        self._chains: dict[Any, list[Any]] = {}
        self._suspects: deque[PageTask | PackageJob] = deque()

    @property
    def workers(self) -> int:
        """How many worker processes there are now."""
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    @property
    def width(self) -> int:
        """How many pages are worth having in flight: enough to keep every worker busy, and no more."""
        return 2 * max(1, self.workers) + 2

    def start_page(self, task: PageTask, suffix: str = "") -> None:
        """Hand in one page: a small graph of its steps, keyed ``step-volume-page``."""
        done: dict[str, Any] = {}
        for name, (_, waits_for) in CHAIN.items():
            # A suspect's steps go one after the other, so that the one that kills is named and no other.
            before = list(done.values()) if suffix else [done[other] for other in waits_for]
            done[name] = self._client.submit(
                run_step, task, name, *before, key=f"{name}-{task.key}{suffix}", pure=False, retries=0
            )
        last = done["page"]
        self._jobs[last] = task
        self._chains[last.key] = list(done.values())
        self._done.add(last)

    def start_package(self, job: PackageJob, suffix: str = "") -> None:
        """Hand in one book whose pages have all ended well."""
        key = f"package-{job.planned.volume.id}{suffix}"
        # A finished book goes before further pages: it should be stored while they are made, not after them.
        future = self._client.submit(package, job, key=key, pure=False, retries=0, priority=10)
        self._jobs[future] = job
        self._done.add(future)

    def wait(self) -> PageEnd | PackageEnd:
        """The next page or package that has ended.

        One that was there when its worker was killed twice is tried once more when nothing else runs; only if it kills
        again is that its outcome.
        """
        while True:
            if not self._jobs and self._suspects:
                self._start_alone(self._suspects.popleft())
            future = next(self._done)
            job = self._jobs.pop(future)
            self._chains.pop(future.key, None)
            error = future.exception() if future.status == "error" else None
            if isinstance(error, KilledWorker) and not future.key.endswith(_ALONE):
                self._suspects.append(job)
            elif isinstance(job, PackageJob):
                return _package_end(job, future, error)
            else:
                return _page_end(job, future, error)

    def spread(self, work: Callable[[J, int], R], jobs: Iterable[J]) -> Iterator[tuple[J, R | BaseException]]:
        """As the function `spread`, on this cluster."""
        hands, batch, numbers = max(1, self.workers), uuid4().hex, count()
        running: dict[Any, J] = {}
        waiting, suspects = iter(jobs), deque[J]()

        def start(job: J, suffix: str = "") -> None:
            key = f"{work.__name__}-{batch}-{next(numbers)}{suffix}"
            running[self._client.submit(work, job, hands, key=key, pure=False, retries=0)] = job

        while True:
            for job in islice(waiting, max(0, 2 * hands + 2 - len(running))):
                start(job)
            if not running and not suspects:
                return
            if not running:
                start(suspects.popleft(), _ALONE)
            future, ended = self._first(running)
            job = running.pop(future)
            if isinstance(ended, KilledWorker) and not future.key.endswith(_ALONE):
                suspects.append(job)  # it may have been a bystander
                continue
            yield job, ended
            if isinstance(ended, ConnectionError):  # nobody is there to do the rest
                yield from ((other, ended) for other in chain(running.values(), suspects, waiting))
                return

    def _first(self, running: Iterable[Any]) -> tuple[Any, Any]:
        """The first of the futures to end, with its result or with what went wrong.

        ConnectionError: the scheduler is gone, or for a minute there has been no worker.
        """
        deserted = 0
        while deserted < _DESERTED:
            try:
                ended: Any = wait(list(running), _LOOK, "FIRST_COMPLETED")  # type: ignore[no-untyped-call] # half typed
                first = next(iter(ended.done))
                return first, _ended(first)
            except TimeoutError:  # a result that dies with its worker is made anew
                deserted = 0 if self.workers else deserted + 1
            except CancelledError as gone:
                return next(iter(running)), ConnectionError(str(gone))
        return next(iter(running)), ConnectionError("0 workers")

    def _start_alone(self, job: PageTask | PackageJob) -> None:
        if isinstance(job, PackageJob):
            self.start_package(job, _ALONE)
        else:
            self.start_page(job, _ALONE)

    def close(self) -> None:
        """Let the workers go; a cluster that was there before stays."""
        self._client.close()  # type: ignore[no-untyped-call] # distributed is half typed
        if self._local is not None:
            self._local.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def spread(
    work: Callable[[J, int], R], jobs: Iterable[J], workers: int, scheduler: str = ""
) -> Iterator[tuple[J, R | BaseException]]:
    """Do `work` for every job and hand back each job with its result, or with what went wrong, as they end.

    `work` is given a job and how many are worked on at once. Jobs are taken from `jobs` only as they can be begun, so
    a generator may stop whenever it likes. One worker is this process (a cluster takes seconds to start). A job whose
    worker dies twice is tried once more when nothing else runs; if that kills again the death (KilledWorker) is its
    outcome. ConnectionError: the scheduler is gone, and that is the outcome of this job and all that are left.

    Raises:
        Problem: E008 nobody listens at `scheduler`.
    """
    if workers > 1 or scheduler:
        with Cluster(workers, scheduler) as cluster:
            yield from cluster.spread(work, jobs)
        return
    for job in jobs:
        try:
            ended: R | BaseException = work(job, 1)
        except (Problem, OSError) as error:
            ended = error
        yield job, ended


def _ended(future: Any) -> Any:  # noqa: ANN401 - half typed
    """The result of a future that has ended, or what went wrong.

    Raises:
        TimeoutError: it ended, but its result died with its worker and is being made anew.
        CancelledError: the scheduler is gone.
    """
    error = future.exception(timeout=_LOOK)
    if error is not None:
        return error
    try:
        return future.result(timeout=_LOOK)
    except KilledWorker as killed:
        return killed


def _require_listening(scheduler: str) -> None:
    """Make sure that somebody listens there, before a client is made that would keep on trying.

    Raises:
        OSError: nobody does. ValueError: it is no address.
    """
    where = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
    if where.hostname is None or where.port is None:
        raise ValueError(scheduler)
    socket.create_connection((where.hostname, where.port), _PATIENCE).close()


def _client(where: str | LocalCluster) -> Client:
    return Client(where, timeout=_PATIENCE)  # type: ignore[no-untyped-call] # distributed is half typed


def _page_end(task: PageTask, future: Any, error: BaseException | None) -> PageEnd:  # noqa: ANN401 - half typed
    if error is None:
        outcome: Outcome = future.result()
        return page_end(task, outcome)
    step = str(future.key).partition("-")[0]
    if isinstance(error, KilledWorker):
        step = str(error.task).partition("-")[0]
        found = finding("P051", task.subject, step=step)
    else:
        found = finding("P050", task.subject, step=step, why=f"{type(error).__name__}: {error}"[:300])
    return page_end(task, Outcome(task.subject, step, Status.BROKEN, False, (found,), 0.0))


def _package_end(job: PackageJob, future: Any, error: BaseException | None) -> PackageEnd:  # noqa: ANN401 - half typed
    if error is None:
        ended: PackageEnd = future.result()
        return ended
    why = f"{type(error).__name__}: {error}"[:300]
    return PackageEnd(job.planned.volume.id, False, "", (finding("V007", job.planned.volume.folder, why=why),))
