"""A whole month pulled from the simulated Stripe over loopback: complete, exact, and the same however it was cut."""

import json
from collections import defaultdict

import pytest

from awra_desk.connectors.stripe.source import LOOK_BACK
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox
from tests.connectors.pulling import Shelf, spread, stripe
from tests.connectors.virtual_time import VirtualClock
from tests.soak import scaled

STREAMS = ("balance_transactions", "payouts", "charges", "refunds", "disputes")


@pytest.fixture(scope="module")
def month():
    return simulate(MonthSpec(seed=3, orders=110))


@pytest.fixture(scope="module")
def whole(month):
    """An uninterrupted pull without trouble."""
    with running_sandbox(month, providers=["stripe"]) as box:
        shelf = Shelf()
        assert shelf.pull(stripe(box))
        assert stripe(box).streams == STREAMS
    return shelf


def test_every_object_is_pulled_once(month, whole):
    for stream in STREAMS:
        assert {record.external_id for record in whole.records(stream)} == {
            row["id"] for row in getattr(month.stripe, stream)
        }
    assert len(whole.versions) == len(whole.newest)


def test_members_carry_their_payout(month, whole):
    paid = {member: payout for payout, members in month.stripe.payout_members.items() for member in members}
    paid |= {payout["balance_transaction"]: payout["id"] for payout in month.stripe.payouts if payout["automatic"]}
    settled = {payout["id"] for payout in month.stripe.payouts if payout["reconciliation_status"] == "completed"}
    for record in whole.records("balance_transactions"):
        expected = paid.get(record.external_id)
        assert json.loads(record.payload)["payout"] == (expected if expected in settled else None)


def test_the_month_adds_up_to_the_reported_balance(month, whole):
    with running_sandbox(month, providers=["stripe"]) as box:
        (balance,) = stripe(box).balances([month.spec.period.last])
    assert (balance.account, balance.currency, balance.day) == ("balance", "USD", None)
    result = whole.interpret("stripe", "balance_transactions")
    assert result.rejects == []
    assert int(result.table["settlement_amount"].sum()) == balance.minor
    assert balance.minor == sum(row["net"] for row in month.stripe.balance_transactions)


def test_legs_are_named_as_agreed_and_add_up_to_net(month, whole):
    table = whole.interpret("stripe", "balance_transactions").table
    found = defaultdict(dict)
    for external_id, minor in zip(table["external_id"], table["settlement_amount"].tolist(), strict=True):
        record, _, leg = external_id.partition(":")
        found[record][leg] = minor
    for row in month.stripe.balance_transactions:
        tax = -sum(detail["amount"] for detail in row["fee_details"] if detail["type"] == "tax")
        fee = -row["fee"] - tax
        expected = {"": row["amount"], "fee": fee, "tax": tax}
        assert found[row["id"]] == {leg: minor for leg, minor in expected.items() if minor}
        assert sum(found[row["id"]].values()) == row["net"]


def test_every_settled_batch_sums_to_zero(whole):
    table = whole.interpret("stripe", "balance_transactions").table
    totals = defaultdict(int)
    for batch, minor in zip(table["batch"], table["settlement_amount"].tolist(), strict=True):
        totals[batch] += minor
    del totals[""]
    assert len(totals) > 5
    assert set(totals.values()) == {0}


def test_foreign_sales_keep_three_amounts(month, whole):
    table = whole.interpret("stripe", "balance_transactions").table
    rows = {row[0]: row[1:] for row in table.take(table["kind"] == "charge").with_columns().rows()}
    assert len(rows) == len(month.stripe.charges)
    charges = {charge["balance_transaction"]: charge for charge in month.stripe.charges}
    foreign = 0
    for index, external_id in enumerate(table["external_id"].tolist()):
        charge = charges.get(external_id)
        if charge is None:
            continue
        assert table["amount"][index] == charge["amount"]
        assert table["currency"][index] == charge["currency"].upper()
        assert table["settlement_currency"][index] == "USD"
        assert bool(table["fx_rate"][index]) is (charge["currency"] != "usd")
        foreign += charge["currency"] != "usd"
        assert {charge["id"], charge["metadata"]["order"]} <= set(table["references"][index].split("\n"))
    assert foreign > 0


def test_payouts_are_told_again_as_money_under_way(month, whole):
    result = whole.interpret("stripe", "payouts")
    assert result.rejects == []
    found = dict(zip(result.table["external_id"].tolist(), result.table["amount"].tolist(), strict=True))
    expected = {payout["id"]: -payout["amount"] for payout in month.stripe.payouts}
    failed = [payout for payout in month.stripe.payouts if payout["status"] == "failed"]
    expected |= {f"{payout['id']}:failure": payout["amount"] for payout in failed}
    assert failed
    assert found == expected
    assert set(result.table["batch"].tolist()) == {""}


@pytest.mark.parametrize("stream", ["charges", "refunds", "disputes"])
def test_evidence_gives_no_transactions(whole, stream):
    result = whole.interpret("stripe", stream)
    assert len(result.table) == 0
    assert result.evidence == tuple(record.raw_id for record in whole.records(stream))


def test_a_pull_cut_at_any_page_ends_the_same(month, whole):
    cuts = spread(whole.pages, scaled(100))
    with running_sandbox(month, providers=["stripe"]) as box:
        for cut in cuts:
            shelf = Shelf()
            assert not shelf.pull(stripe(box), cut_after=cut)
            assert shelf.pull(stripe(box))
            assert shelf.payloads() == whole.payloads(), f"cut after page {cut}"
            assert shelf.cursors == whole.cursors


def test_pulling_again_brings_nothing_new_and_costs_little(month, whole):
    with running_sandbox(month, providers=["stripe"]) as box:
        shelf = Shelf()
        shelf.pull(stripe(box))
        first = len(box.servers["stripe"].exchanges)
        before = set(shelf.versions)
        shelf.pull(stripe(box))
        assert shelf.versions == before
        assert len(box.servers["stripe"].exchanges) - first < first


def test_a_future_cursor_gives_nothing_and_stays(month):
    future = json.dumps({"since": 4_000_000_000, "after": None, "newest": None, "waiting": []})
    with running_sandbox(month, providers=["stripe"]) as box:
        for stream in STREAMS:
            (page,) = stripe(box).pages(stream, future)
            assert (len(page.records), page.complete, json.loads(page.cursor)["since"]) == (0, True, 4_000_000_000)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ANSWER, status=429, retry_after="7"),
        Fault(FaultKind.ANSWER, status=503, retry_after="2"),
        Fault(FaultKind.ANSWER, status=500),
        Fault(FaultKind.CUT),
        Fault(FaultKind.TRUNCATE),
        Fault(FaultKind.BROKEN_JSON),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_trouble_on_the_way_changes_nothing(month, whole, fault):
    plan = FaultPlan([Rule("/v1/*", fault, nth=nth, times=2) for nth in (2, 9, 15)])
    clock = VirtualClock()
    with running_sandbox(month, providers=["stripe"], faults={"stripe": plan}) as box:
        shelf = Shelf()
        assert shelf.pull(stripe(box, clock))
    assert shelf.payloads() == whole.payloads()
    if fault.retry_after:
        assert max(clock.sleeps) >= int(fault.retry_after)


@pytest.mark.parametrize(("path", "query"), [("/v1/balance_transactions", "payout="), ("/v1/charges", "")])
def test_a_page_told_twice_changes_nothing(month, whole, path, query):
    plan = FaultPlan([Rule(path, Fault(FaultKind.REPLAY), nth=nth, query=query) for nth in (2, 5)])
    with running_sandbox(month, providers=["stripe"], faults={"stripe": plan}) as box:
        shelf = Shelf()
        assert shelf.pull(stripe(box))
    assert shelf.payloads() == whole.payloads()


def test_answers_to_other_questions_are_not_taken(month, whole):
    """A proxy gone mad: whatever it makes of a pull, nothing wrong is kept and a later pull heals it."""
    plan = FaultPlan([Rule("/v1/*", Fault(FaultKind.REPLAY), nth=nth) for nth in range(2, 60, 5)])
    failures = 0
    with running_sandbox(month, providers=["stripe"], faults={"stripe": plan}) as box:
        shelf = Shelf()
        for _ in range(40):
            try:
                if shelf.pull(stripe(box)):
                    break
            except TransportError:
                failures += 1
    assert failures > 0
    assert shelf.payloads() == whole.payloads()


def test_a_page_that_repeats_for_ever_is_left_and_healed_by_the_next_pull(month, whole):
    plan = FaultPlan([Rule("/v1/charges", Fault(FaultKind.REPLAY), nth=2, times=1000)])
    with running_sandbox(month, providers=["stripe"], faults={"stripe": plan}) as box:
        shelf = Shelf()
        with pytest.raises(TransportError, match="repeats"):
            shelf.pull(stripe(box))
        plan.clear()
        assert shelf.pull(stripe(box))
    assert shelf.payloads() == whole.payloads()


def test_late_and_changed_rows_are_found_within_the_overlap(month, whole):
    late = month.stripe.balance_transactions[-20]["id"]
    with running_sandbox(month, providers=["stripe"]) as box:
        box.stripe.rows.withhold("balance_transactions", [late])
        changed = month.stripe.payouts[-1]["id"]
        box.stripe.rows.mutate("payouts", changed, {"trace_id": {"status": "supported", "value": "NEW"}})
        shelf = Shelf()
        shelf.pull(stripe(box))
        assert ("balance_transactions", late) not in shelf.newest
        box.stripe.rows.release()
        shelf.pull(stripe(box))
    assert shelf.newest["balance_transactions", late].payload == whole.newest["balance_transactions", late].payload
    assert '"NEW"' in shelf.newest["payouts", changed].payload


def test_a_payout_that_is_not_settled_waits_for_the_next_pull():
    """Its members come with it once Stripe has settled it, even when all of it lies before the overlap."""
    month = simulate(MonthSpec(seed=4, orders=60))
    payout = month.stripe.payouts[2]
    assert payout["reconciliation_status"] == "completed"
    assert month.stripe.now - payout["created"] > LOOK_BACK["balance_transactions"]
    payout["reconciliation_status"] = "in_progress"
    with running_sandbox(month, providers=["stripe"]) as box:
        shelf = Shelf()
        shelf.pull(stripe(box))
        members = month.stripe.payout_members[payout["id"]]
        assert members
        for member in members:
            assert json.loads(shelf.newest["balance_transactions", member].payload)["payout"] is None
        payout["reconciliation_status"] = "completed"
        shelf.pull(stripe(box))
        for member in members:
            assert json.loads(shelf.newest["balance_transactions", member].payload)["payout"] == payout["id"]
        assert json.loads(shelf.cursors["balance_transactions"])["waiting"] == []


def test_a_wrong_key_is_told_without_showing_it(month):
    key = "rk_live_canary51H8xQ2eZvKYlo"
    with running_sandbox(month, providers=["stripe"]) as box:
        with pytest.raises(TransportError) as caught:
            stripe(box, api_key=key).balances([])
        assert caught.value.kind == "auth"
        assert "req_" in caught.value.text
        assert key not in caught.value.text
        assert "Enter the key again" in caught.value.text


def test_what_is_not_stripes_is_refused(month):
    with running_sandbox(month, providers=["stripe"]) as box:
        with pytest.raises(UsageError, match="no stream"):
            next(stripe(box).pages("invoices", None))
        with pytest.raises(UsageError, match="cursor"):
            next(stripe(box).pages("charges", "{}"))
        with pytest.raises(UsageError, match="api_key"):
            stripe(box, api_key=None)
