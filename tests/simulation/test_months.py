"""Whole simulated months through the real pipeline, judged by the truth the desk never sees."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from awra_desk.app import demo_books
from awra_desk.app.demo import job
from awra_desk.domain.reasons import Reason
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.scoring import combine
from awra_desk.sandbox.truth import AnomalyKind
from awra_desk.services import engine_run
from awra_desk.services.pull import pull
from awra_desk.services.reconcile import reconcile
from awra_desk.services.sides import Side, load_side
from tests.simulation.in_process import desk_in_process
from tests.soak import is_full, scaled


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, scaled(20) + 1))
def test_a_month_of_two_thousand_orders(seed, tmp_path):
    month = simulate(MonthSpec(seed=seed, orders=2_000))
    with desk_in_process(month, tmp_path) as (desk, keys, systems):
        result = job(desk, keys, month, systems, out=tmp_path)
    verdict = combine(result.scores.values())
    assert verdict.false_matches == ()
    assert verdict.confirmable_recall >= Fraction(995, 1000), verdict.missed
    assert [outcome.statement.unexplained for outcome in result.last] == [0, 0, 0]
    assert all(pull.control_ok for pull in result.pulls)
    assert result.posted.posted > 0
    assert not result.posted.uncertain


@pytest.mark.soak
def test_what_is_not_confirmed_is_among_the_suggestions(tmp_path):
    verdicts = []
    for seed in range(1, scaled(20) + 1):
        month = simulate(MonthSpec(seed=seed, orders=300))
        out = tmp_path / str(seed)
        out.mkdir()
        with desk_in_process(month, out) as (desk, keys, systems):
            verdicts.append(combine(job(desk, keys, month, systems, out=out).scores.values()))
    whole = combine(verdicts)
    assert whole.false_matches == ()
    assert whole.rest
    assert whole.confirmable_recall >= Fraction(995 if is_full() else 990, 1000), whole.missed
    assert whole.suggested_recall >= Fraction(99, 100), whole.unsuggested


@pytest.fixture(scope="module")
def small_month(tmp_path_factory):
    """A month of 150 orders, pulled and reconciled."""
    out = tmp_path_factory.mktemp("month")
    month = simulate(MonthSpec(seed=3, orders=150))
    with desk_in_process(month, out) as (desk, keys, systems):
        job(desk, keys, month, systems, out=out)
        yield desk, month


def test_another_rate_is_named_an_exchange_difference(small_month):
    """And nothing else is: a gain or loss of exchange is not to be written off as a difference."""
    desk, month = small_month
    rated = {ref for one in month.truth.anomalies if one.kind == AnomalyKind.FX_RATE for ref in one.source}
    with desk.read() as uow:
        found = [item for item in uow.exceptions.all() if item.reason == Reason.FX_DIFFERENCE]
    named = {tuple(record.split("/", 2)[1:]) for item in found for side, record in item.members if side == "source"}
    assert rated
    assert rated <= named
    assert named <= {ref for one in month.truth.anomalies for ref in one.source}


def streams_of(side: Side) -> list[str]:
    return sorted(set(side.rows["stream"][side.minor != 0].tolist()))


def without(side: Side, record_id: str) -> Side:
    keep = side.rows["id"] != record_id
    columns = ("minor", "comparable", "in_scope", "opening_item", "channel")
    return replace(side, rows=side.rows.take(keep), **{name: getattr(side, name)[keep] for name in columns})


@pytest.mark.parametrize("name", ["Stripe balance", "Stripe payouts", "Bank statement"])
@pytest.mark.parametrize("side_name", ["source", "ledger"])
def test_removing_any_one_row_shows_as_unexplained(small_month, monkeypatch, name, side_name):
    """On every stream of both sides, a few rows each, chosen by a fixed seed."""
    desk, month = small_month
    with desk.read() as uow:
        whole = load_side(uow, uow.reconciliations.get(name), side_name)
    period, rng = month.spec.period, random.Random(7)
    assert streams_of(whole)
    for stream in streams_of(whole):
        in_period = whole.rows["booking_date"] <= period.last
        rows = whole.rows.take((whole.rows["stream"] == stream) & (whole.minor != 0) & in_period)
        for record_id in rng.sample(rows["id"].tolist(), min(2, len(rows))):
            gone = int(whole.minor[whole.rows["id"] == record_id][0])
            with monkeypatch.context() as patch:
                patch.setattr(
                    engine_run,
                    "load_side",
                    lambda uow, spec, side, gone=record_id: without(load_side(uow, spec, side), gone),
                )
                shown = reconcile(desk, name, period).statement
            assert abs(shown.unexplained) == abs(gone), record_id
    assert reconcile(desk, name, period).statement.unexplained == 0


def set_up(desk, month, keys, systems, out):
    """The connections, reconciliations and take-on of the demo, nothing pulled yet."""
    statement = out / "bank-statement.csv"
    statement.write_text(month.bank_csv, encoding="utf-8", newline="")
    demo_books.connect_all(desk, month, keys, systems.stripe, systems.ledger, systems.ledger_name, statement)
    specs = demo_books.reconciliations(desk, month, systems.ledger_name, systems.ledger["accounts"])
    demo_books.take_on(desk, month, specs)
    return [spec.name for spec in specs]


def digests(desk, month, names):
    return [reconcile(desk, name, month.spec.period).run.matches_digest for name in names]


def test_results_do_not_depend_on_how_the_pulls_were_cut(tmp_path):
    """Reconciling after each stream's arrival ends in the same matches as pulling all and reconciling once."""
    month = simulate(MonthSpec(seed=5, orders=150))
    days = (month.take_on.as_of, month.spec.period.last)
    sources = (demo_books.STRIPE, demo_books.BANK, "QuickBooks")
    with desk_in_process(month, tmp_path / "once") as (desk, keys, systems):
        names = set_up(desk, month, keys, systems, tmp_path / "once")
        for source in sources:
            pull(desk, source, days=days)
        at_once = digests(desk, month, names)
    with desk_in_process(month, tmp_path / "parts") as (desk, keys, systems):
        names = set_up(desk, month, keys, systems, tmp_path / "parts")
        # Balances first, so that a statement can be made of however much has arrived.
        for source in sources:
            with desk.read() as uow:
                connection = uow.connections.get(source)
            reported = desk.source(connection).balances(days)
            with desk.write() as uow:
                uow.controls.put_balances(reported)
                uow.commit()
        for source in reversed(sources):
            pull(desk, source, days=days)
            in_parts = digests(desk, month, names)
    assert in_parts == at_once
