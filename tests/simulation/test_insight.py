"""Chain and rescue over a simulated month: broken on purpose at one leg, that leg is named, in money."""

from __future__ import annotations

import json

import pytest

from awra_desk.app import insight_commands
from awra_desk.app.cli import main
from awra_desk.app.demo import job
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.services import chain as chaining
from awra_desk.services.chain import chains, explain
from awra_desk.services.rescue import rescue
from tests.simulation.in_process import desk_in_process

SPECS = ("Stripe balance", "Stripe payouts", "Bank statement")


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    out = tmp_path_factory.mktemp("month")
    month = simulate(MonthSpec(seed=4, orders=120))
    with desk_in_process(month, out) as (desk, keys, systems):
        job(desk, keys, month, systems, out=out)
        yield desk, month.spec.period, out


def test_every_balance_is_decomposed_to_the_cent(month):
    desk, period, _ = month
    for name in SPECS:
        found = rescue(desk, name, period)
        assert sum(line.minor for line in found.lines) == found.balance
        assert all(len(set(line.records)) == len(line.records) for line in found.lines)


def test_members_that_do_not_add_up_are_the_first_broken_leg(month, monkeypatch):
    """A member that is gone, at any place, shows as its own amount on the first leg."""
    desk, period, _ = month
    whole = chains(desk, "Stripe", period)
    assert whole
    assert all(chain.legs[0].holds for chain in whole)
    target = next(chain for chain in whole if chain.legs[0].name.startswith("members"))
    real = chaining._adds_up
    gone: list[int] = []

    def without_one(payout, inner):
        if payout["external_id"] == target.payout:
            gone.append(chaining._settled(inner[0]))
            return real(payout, inner[1:])
        return real(payout, inner)

    monkeypatch.setattr(chaining, "_adds_up", without_one)
    found = {chain.payout: chain for chain in chains(desk, "Stripe", period)}[target.payout]
    assert found.broken is not None
    assert (found.broken.name, found.broken.gap) == ("members add up to the payout", -gone[0])


def test_a_payout_is_broken_where_its_record_stands_open(month):
    """Leg by leg against what the reconciliations themselves hold as confirmed."""
    desk, period, _ = month
    with desk.read() as uow:
        members = uow.reconciliations.members("Stripe payouts")
        rows = members.take((members["status"] == "confirmed") & (members["side"] == "source"))
        confirmed = set(rows["id"].tolist())
    for chain in chains(desk, "Stripe", period):
        leg = next(leg for leg in chain.legs if leg.name.startswith("the payout meets"))
        record = f"Stripe/payouts/{chain.payout}"
        assert leg.records == (() if record in confirmed else (record,))
        assert leg.holds == (record in confirmed)
        if not leg.holds:
            assert abs(leg.gap) == chain.minor
            assert chain.broken is None or chain.broken == leg or leg.waiting


def test_the_commands_say_it_in_words_and_as_json(month, capsys):
    desk, period, out = month
    place = ["--workspace", str(out / "workspace.sqlite"), "--period", str(period)]
    assert main(["chain", "Stripe", *place]) == 1
    assert "first leg that does not hold" in capsys.readouterr().out
    main(["chain", "Stripe", *place, "--json"])
    payouts = json.loads(capsys.readouterr().out)["payouts"]
    assert [payout["payout"] for payout in payouts] == [chain.payout for chain in chains(desk, "Stripe", period)]
    assert main(["rescue", "Stripe balance", *place]) == 0
    assert "Ledger balance" in capsys.readouterr().out
    main(["rescue", "Stripe balance", *place, "--json"])
    document = json.loads(capsys.readouterr().out)
    cents = [int(line["amount"].replace(".", "")) for line in document["lines"]]
    assert sum(cents) == int(document["balance"].replace(".", ""))
    assert main(["chain", "Nobody", *place]) == 2
    assert main(["exceptions", "--reconciliation", "Nobody", *place[:2]]) == 2
    assert set(insight_commands.HELP) == {"chain", "rescue"}


def test_every_payout_is_explained_by_its_parts(month):
    desk, period, _ = month
    for chain in chains(desk, "Stripe", period):
        found = explain(desk, "Stripe payouts", f"Stripe/payouts/{chain.payout}", period)
        assert found.chain == chain
        assert sum(part.minor for part in found.parts) == chain.minor
    with desk.read() as uow:
        charge = next(row for row in uow.records.transactions("Stripe").dicts() if row["kind"] == "charge")
        inner = [row for row in uow.records.transactions("Stripe").dicts() if row["kind"] == "payout" and row["batch"]]
    assert explain(desk, "Stripe balance", charge["id"], period) is None
    for row in inner:
        assert explain(desk, "Stripe balance", row["id"], period).chain.payout == row["batch"]
