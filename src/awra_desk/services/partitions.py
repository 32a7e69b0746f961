"""Partitions: many reconciliations beside each other, through any `concurrent.futures.Executor`.

A partition is one reconciliation, hence one currency, with everything it reads. Matching it is pure, so it may run in
a process here or on a cluster's worker; reading before and storing after stay in the one serial store lane. Executors
only compute: nothing is written and nothing is posted there. A partition's run id is derived from its inputs, and its
result from nothing else: a worker that died is replaced by one that computes the same, and storing it twice changes
nothing.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass

from awra_desk.domain.dates import Period
from awra_desk.matching import Decisions as Pinned
from awra_desk.matching import MatchConfig, MatchResult, match
from awra_desk.ports.columns import Table
from awra_desk.ports.progress import Progress, silent
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.engine_run import Prepared, pinned, prepare
from awra_desk.services.reconcile import Reconciled, record

LOOK = 0.2  # seconds between looks at whether somebody wants it to stop


@dataclass(frozen=True, slots=True)
class Partition:
    """What travels to a worker: everything the engine reads, and nothing else. Can be pickled.

    Attributes:
        run_id: SHA-256 over the inputs, the settings and the rule version, hex.
    """

    run_id: str
    name: str
    source: Table
    ledger: Table
    config: MatchConfig
    decisions: Pinned

    @classmethod
    def of(cls, prepared: Prepared) -> Partition:
        """The partition of a reconciliation's inputs."""
        facts = repr((prepared.inputs_digest, sorted(prepared.config.described().items())))
        run_id = hashlib.sha256(facts.encode()).hexdigest()
        return cls(run_id, prepared.spec.name, *prepared.items, prepared.config, pinned(prepared.decided))


def solve(partition: Partition) -> MatchResult:
    """Match one partition, wherever this runs."""
    return match(
        partition.source, partition.ledger, partition.config, decisions=partition.decisions, salt=partition.name
    )


def solve_all(
    partitions: Iterable[Partition], executor: Executor, *, width: int, progress: Progress = silent
) -> Iterator[tuple[Partition, MatchResult]]:
    """Each partition with its result, in the order given, whichever ends first.

    Args:
        width: how many are on their way at once; no more than these are in memory.
        progress: told of each that is done; when it raises, what has not begun is called off.

    Raises:
        Cancelled: `progress` asked for it. Any error of a partition, which calls the others off.
    """
    under_way: deque[tuple[Partition, Future[MatchResult]]] = deque()
    waiting, done = iter(partitions), 0
    try:
        while True:
            while len(under_way) < width and (partition := next(waiting, None)) is not None:
                under_way.append((partition, executor.submit(solve, partition)))
            if not under_way:
                return
            partition, future = under_way[0]
            while not wait([future], LOOK).done:
                progress(done, None, f"matching {partition.name}")
            under_way.popleft()
            done += 1
            progress(done, None, f"{partition.name}: matched")
            yield partition, future.result()
    finally:
        for _, future in under_way:
            future.cancel()


def reconcile_all(
    desk: Desk,
    names: Sequence[str],
    periods: Sequence[Period],
    executor: Executor,
    *,
    width: int = 2,
    who: str = ENGINE,
    progress: Progress = silent,
) -> list[Reconciled]:
    """Reconcile several reconciliations for several periods; the same books as one after another.

    The engine reads all of a reconciliation, so its periods share one partition.

    Raises:
        UserError: no opening balance, or no reported balance; what was stored before stays.
    """
    inputs: dict[str, Prepared] = {}

    def read() -> Iterator[Partition]:
        for name in names:
            with desk.read() as uow:
                inputs[name] = prepare(uow, name)
            yield Partition.of(inputs[name])

    return [
        outcome
        for partition, result in solve_all(read(), executor, width=width, progress=progress)
        for outcome in _recorded(desk, inputs.pop(partition.name), periods, result, who)
    ]


def _recorded(
    desk: Desk, prepared: Prepared, periods: Sequence[Period], result: MatchResult, who: str
) -> list[Reconciled]:
    return [record(desk, prepared, period, result, who=who) for period in sorted(periods)]
