"""Where partitions are matched: in this process, in a few beside it, or on a cluster's workers."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from awra_desk.domain.errors import UsageError

CONNECT_SECONDS = 10


@contextmanager
def open_executor(workers: int, cluster: str) -> Iterator[tuple[Executor, int]]:
    """An executor and how many partitions to have on their way at once, closed at the end.

    Args:
        workers: processes here. cluster: address of a `dask.distributed` scheduler ("tcp://host:8786"), or "" for none.

    Raises:
        UsageError: the cluster's library is not installed, or the scheduler cannot be reached.
    """
    if cluster:
        yield from _on_cluster(cluster)
        return
    context = multiprocessing.get_context("spawn")  # a forked copy of a threaded process may hang
    pool = ProcessPoolExecutor(workers, mp_context=context)
    try:
        yield pool, workers + 1
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _on_cluster(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise UsageError(
            "matching on a cluster needs the library distributed", remedy="Install awra-desk[cluster]."
        ) from None
    connect: Any = Client  # it publishes no types
    try:
        client = connect(address, timeout=CONNECT_SECONDS)
    except OSError as error:
        raise UsageError(
            f"the scheduler cannot be reached ({error})", record=address, remedy="Start it, or correct its address."
        ) from error
    with client:
        yield client.get_executor(retries=2), sum(client.ncores().values()) + 1
