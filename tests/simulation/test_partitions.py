"""Partitions: the same books whether matched here, in other processes, or on a cluster that loses a worker."""

from __future__ import annotations

import os
import pickle
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import replace

import distributed
import pytest

from awra_desk.app import executors
from awra_desk.app.cli import main
from awra_desk.app.demo import job
from awra_desk.app.executors import open_executor
from awra_desk.domain.errors import Cancelled, UsageError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.services.engine_run import prepare
from awra_desk.services.partitions import Partition, reconcile_all, solve, solve_all
from tests.simulation.in_process import desk_in_process

NAMES = ("Stripe balance", "Stripe payouts", "Bank statement")


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    out = tmp_path_factory.mktemp("month")
    month = simulate(MonthSpec(seed=6, orders=100))
    with desk_in_process(month, out) as (desk, keys, systems):
        job(desk, keys, month, systems, out=out)
        yield desk, month.spec.period, out


@pytest.fixture(scope="module")
def partitions(month):
    desk, _, _ = month
    with desk.read() as uow:
        return [Partition.of(prepare(uow, name)) for name in NAMES]


@pytest.fixture(scope="module")
def digests(partitions):
    return [solve(partition).digest for partition in partitions]


class Inline(Executor):
    """Computes only when asked for the result; remembers how many were on their way."""

    def __init__(self):
        self.under_way, self.most, self.cancelled = 0, 0, 0

    def submit(self, fn, /, *args, **kwargs):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        return Lazy(self, lambda: fn(*args, **kwargs))


class Lazy(Future):
    def __init__(self, owner, work):
        super().__init__()
        self.owner, self.work = owner, work
        self.set_running_or_notify_cancel()
        self.set_result(None)

    def result(self, timeout=None):
        self.owner.under_way -= 1
        return self.work()

    def cancel(self):
        self.owner.cancelled += 1
        return True


def test_no_more_are_in_memory_than_the_width(partitions, digests):
    executor, many = Inline(), partitions * 3
    found = [result.digest for _, result in solve_all(iter(many), executor, width=2)]
    assert found == digests * 3
    assert executor.most == 2


def test_a_cancel_calls_off_what_is_under_way(partitions):
    executor, told = Inline(), []

    def progress(done, total, words):
        told.append(done)
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(solve_all(partitions * 4, executor, width=3, progress=progress))
    assert told == [1, 2]
    assert executor.cancelled == 2


def test_a_run_id_is_that_of_the_inputs(month, partitions):
    desk, _, _ = month
    with desk.read() as uow:
        again = prepare(uow, NAMES[0])
    assert Partition.of(again).run_id == partitions[0].run_id
    other = replace(again, config=replace(again.config, after_days=9))
    assert Partition.of(other).run_id != partitions[0].run_id
    assert pickle.loads(pickle.dumps(partitions[0])).run_id == partitions[0].run_id


def test_processes_give_the_same_books(month, digests):
    desk, period, _ = month
    with desk.read() as uow:
        before = [uow.reconciliations.members(name).columns["match_id"].tolist() for name in NAMES]
    with open_executor(2, "") as (executor, width):
        assert isinstance(executor, ProcessPoolExecutor)
        found = reconcile_all(desk, NAMES, [period], executor, width=width)
    assert [outcome.run.matches_digest for outcome in found] == digests
    assert [(outcome.cleared, outcome.withdrawn) for outcome in found] == [(0, 0)] * 3
    with desk.read() as uow:
        assert [uow.reconciliations.members(name).columns["match_id"].tolist() for name in NAMES] == before


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")
def test_a_cluster_that_loses_a_worker_gives_the_same_books(partitions, digests, expect_log):
    expect_log(r"^(WARNING|ERROR) distributed\.")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1", silence_logs=50
    )
    with cluster, open_executor(1, cluster.scheduler_address) as (executor, width):
        assert width == 3
        found = []
        for number, (_, result) in enumerate(solve_all(partitions * 2, executor, width=width)):
            found.append(result.digest)
            if number == 1:
                worker = next(iter(cluster.workers.values()))
                os.kill(worker.pid, signal.SIGKILL)
    assert found == digests * 2


def test_an_absent_scheduler_is_said(monkeypatch):
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 1)
    with pytest.raises(UsageError, match="cannot be reached"), open_executor(1, "tcp://127.0.0.1:1"):
        pytest.fail("there is no scheduler")


def test_the_command_takes_workers(month, capsys):
    _, period, out = month
    place = ["--workspace", str(out / "workspace.sqlite"), "--period", str(period)]
    assert main(["reconcile", *place, "--workers", "2"]) == 1
    assert "unexplained" in capsys.readouterr().out
