"""The Nairobi entity's month through the real pipeline: M-PESA statements, Paystack and the bank against its books."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from awra_desk.app.demo import score_reconciliation
from awra_desk.domain.people import Person, Role
from awra_desk.domain.reasons import Reason
from awra_desk.sandbox import nairobi
from awra_desk.sandbox.nairobi import NairobiSpec, simulate_nairobi
from awra_desk.sandbox.scoring import combine
from awra_desk.services import engine_run, fees
from awra_desk.services import reconcile as reconciling
from awra_desk.services.desk import ENGINE
from awra_desk.services.people import add_person
from awra_desk.services.reconcile import UNRESOLVED, reconcile
from awra_desk.services.sides import load_side
from tests.simulation.nairobi import SOURCES, nairobi_desk, pull_all, reconcile_all
from tests.simulation.test_months import streams_of, without
from tests.soak import scaled


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, scaled(20) + 1))
def test_a_month_is_proven_and_nothing_is_confirmed_wrongly(seed, tmp_path):
    month = simulate_nairobi(NairobiSpec(seed=seed, orders=400))
    with nairobi_desk(month, tmp_path) as (desk, systems):
        pulls = pull_all(desk, month)
        assert [(one.name, one.broken, one.quarantined) for one in pulls] == [(name, (), 0) for name in SOURCES]
        results = reconcile_all(desk, month)
        assert {name: one.statement.unexplained for name, one in results.items()} == dict.fromkeys(results, 0)
        verdict = combine(score_reconciliation(desk, month, name, systems.line_ids) for name in results)
    assert verdict.false_matches == ()
    assert verdict.confirmable > 300
    # What stays open is named, never guessed: a share as in the US month.
    assert verdict.confirmable_recall.numerator * 100 >= 97 * verdict.confirmable_recall.denominator, verdict.missed


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A month of 120 orders, pulled and reconciled."""
    month = simulate_nairobi(NairobiSpec(seed=4, orders=120))
    with nairobi_desk(month, tmp_path_factory.mktemp("nairobi")) as (desk, systems):
        pull_all(desk, month)
        reconcile_all(desk, month)
        yield desk, month, systems


@pytest.mark.parametrize("name", nairobi.RECONCILIATIONS)
@pytest.mark.parametrize("side_name", ["source", "ledger"])
def test_removing_any_one_row_shows_as_unexplained(small, monkeypatch, name, side_name):
    """On every stream of both sides, a row each, chosen by a fixed seed."""
    desk, month, _ = small
    with desk.read() as uow:
        whole = load_side(uow, uow.reconciliations.get(name), side_name)
    period, rng = month.spec.period, random.Random(7)
    for stream in streams_of(whole):
        in_period = whole.rows["booking_date"] <= period.last
        rows = whole.rows.take((whole.rows["stream"] == stream) & (whole.minor != 0) & in_period)
        gone = rng.choice(rows["id"].tolist())
        minor = int(whole.minor[whole.rows["id"] == gone][0])
        with monkeypatch.context() as patch:
            patch.setattr(
                engine_run, "load_side", lambda uow, spec, side, gone=gone: without(load_side(uow, spec, side), gone)
            )
            shown = reconcile(desk, name, period).statement
        assert abs(shown.unexplained) == abs(minor), gone
    assert reconcile(desk, name, period).statement.unexplained == 0


def test_the_same_pull_twice_changes_nothing(small):
    desk, month, _ = small
    before = [one.run.matches_digest for one in reconcile_all(desk, month).values()]
    assert [one.new for one in pull_all(desk, month)] == [0] * len(SOURCES)
    assert [one.run.matches_digest for one in reconcile_all(desk, month).values()] == before


def breaks(desk, name):
    with desk.read() as uow:
        found = uow.exceptions.all(reconciliation=name, states=UNRESOLVED)
    return [item for item in found if item.reason == Reason.BALANCE_BREAK]


def test_a_row_lost_from_a_statement_is_an_exception_until_the_whole_file_is_there(tmp_path):
    month = simulate_nairobi(NairobiSpec(seed=6, orders=60))
    lines = month.paybill_csv.splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if at > 12 and ',Completed,"' in line)
    with nairobi_desk(month, tmp_path) as (desk, systems):
        file = systems.folders["M-Pesa paybill"]
        damaged = "".join(lines[:place] + lines[place + 1 :]).replace("From,01-10-2026", "From,02-10-2026")
        file.write_text(damaged, encoding="utf-8", newline="")
        pulls = {one.name: one for one in pull_all(desk, month)}
        broken = pulls["M-Pesa paybill"].broken
        assert any(name.endswith("running balance") for name in broken)
        assert f"{nairobi.PAYBILL}: source balance" in broken
        result = reconcile(desk, nairobi.PAYBILL, month.spec.period)
        assert result.statement.unexplained != 0
        assert len(breaks(desk, nairobi.PAYBILL)) == len(broken)
        reconcile(desk, nairobi.TILL, month.spec.period)
        assert breaks(desk, nairobi.TILL) == []
        file.write_text(month.paybill_csv, encoding="utf-8", newline="")
        assert pull_all(desk, month, ["M-Pesa paybill"])[0].broken == ()
        assert reconcile(desk, nairobi.PAYBILL, month.spec.period).statement.unexplained == 0
        assert breaks(desk, nairobi.PAYBILL) == []


def test_a_ledger_row_lost_at_paystack_is_an_exception(tmp_path):
    month = simulate_nairobi(NairobiSpec(seed=6, orders=60))
    with nairobi_desk(month, tmp_path) as (desk, systems):
        systems.paystack.rows.withhold("ledger", [str(month.paystack.ledger[9]["id"])])
        pulls = {one.name: one for one in pull_all(desk, month)}
        assert pulls["Paystack"].broken == ("proof: balance ledger: rows",)
        reconcile(desk, nairobi.PAYSTACK_BALANCE, month.spec.period)
        assert len(breaks(desk, nairobi.PAYSTACK_BALANCE)) == 1


def test_a_settlement_that_pays_less_than_its_transactions_breaks_its_control_total(tmp_path):
    month = simulate_nairobi(NairobiSpec(seed=6, orders=60))
    settlement = month.paystack.settlements[3]
    settlement["effective_amount"] -= 1_000
    with nairobi_desk(month, tmp_path) as (desk, _):
        pulls = {one.name: one for one in pull_all(desk, month)}
        assert f"payout {settlement['id']}" in pulls["Paystack"].broken
        reconcile(desk, nairobi.PAYSTACK_BALANCE, month.spec.period)
        shown = [item for item in breaks(desk, nairobi.PAYSTACK_BALANCE) if str(settlement["id"]) in str(item.members)]
        assert shown


def test_renaming_a_source_keeps_its_proofs_apart(small):
    """A proof belongs to the connection it names: another reconciliation of another source never shows it."""
    desk, _, _ = small
    with desk.read() as uow:
        spec = uow.reconciliations.get(nairobi.PAYBILL)
        totals = [total for total in uow.controls.totals("M-Pesa paybill") if total.is_proof]
    assert totals
    elsewhere = replace(spec, source=replace(spec.source, source="M-Pesa till"))
    assert all(reconciling._concerns(total, spec) for total in totals)
    assert not any(reconciling._concerns(total, elsewhere) for total in totals)


@pytest.mark.parametrize(
    ("source", "tariff"), [("M-Pesa paybill", "mpesa-paybill-mgao"), ("Paystack", "paystack-kenya")]
)
def test_every_fee_is_the_published_tariffs(small, source, tariff):
    """The entity's fees, its statements' charge rows and the tariffs come from different hands, and agree."""
    desk, _, _ = small
    with desk.read() as uow:
        known = {person.name for person in uow.people.all()}
    if "amina" not in known:
        amina = Person(desk.company, "amina", "Amina Wanjiru", frozenset({Role.ACCOUNTANT}), "KES", None)
        add_person(desk, amina, "a long password", by=ENGINE)
    fees.adopt(desk, source, tariff, who="amina")
    checked = fees.check(desk, source)
    assert checked.covered > 20
    assert (checked.uncovered, checked.variances) == (0, ())
