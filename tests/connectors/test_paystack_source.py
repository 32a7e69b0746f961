"""A whole month pulled from the simulated Paystack over loopback: complete, exact, and the same however it was cut."""

import contextlib
import json
import random
from collections import defaultdict

import pytest

from awra_desk.connectors.paystack import PaystackSource
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, SelfProving, TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.nairobi import NairobiSpec, simulate_nairobi
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox
from awra_desk.sandbox.servers.paystack import PaystackApplication
from tests.connectors.pulling import Shelf, paystack, spread
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.simulation.in_process import InProcess
from tests.soak import scaled

STREAMS = ("transactions", "refunds", "settlements", "disputes", "balance_ledger")
NAMES = {**dict(zip(STREAMS, STREAMS, strict=True)), "balance_ledger": "ledger"}
ZONE = "Africa/Nairobi"
KEY = "sk_test_in_process"


@pytest.fixture(scope="module", autouse=True)
def small_pages():
    """Pages of eleven, so that a small month has many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("awra_desk.connectors.paystack.source.PAGE", 11)
        yield


@pytest.fixture(scope="module")
def us_month():
    return simulate(MonthSpec(orders=1))


def fresh_month():
    return simulate_nairobi(NairobiSpec(seed=3, orders=180))


@pytest.fixture(scope="module")
def month():
    return fresh_month()


@pytest.fixture
def serve(us_month, month):
    def serving(*, nairobi=None, **faults):
        return running_sandbox(us_month, nairobi=nairobi or month, providers=["paystack"], faults=faults)

    return serving


@pytest.fixture(scope="module")
def whole(us_month, month):
    """An uninterrupted pull without trouble."""
    with running_sandbox(us_month, nairobi=month, providers=["paystack"]) as box:
        shelf = Shelf()
        assert shelf.pull(paystack(box))
    return shelf


def test_every_object_is_pulled_once(month, whole):
    for stream in STREAMS:
        expected = {str(row["id"]) for row in getattr(month.paystack, NAMES[stream])}
        assert {record.external_id for record in whole.records(stream)} == expected
    assert len(whole.versions) == len(whole.newest)
    assert whole.pages > 20


def test_members_carry_their_settlement(month, whole):
    settled = {member: str(one) for one, members in month.paystack.members.items() for member in members}
    for record in whole.records("transactions"):
        assert json.loads(record.payload)["settlement"] == settled.get(int(record.external_id))


def test_the_account_adds_up_to_the_reported_balance_and_every_batch_to_zero(month, whole, serve):
    with serve() as box:
        (balance,) = paystack(box).balances([])
    assert (balance.account, balance.currency, balance.day) == ("balance", "KES", None)
    assert "test mode" in balance.basis
    total, batches = 0, defaultdict(int)
    for stream in ("transactions", "refunds", "settlements"):
        result = whole.interpret("paystack", stream, ZONE)
        assert result.rejects == []
        rows = result.table.take(result.table["account"] == "balance")
        total += int(rows["settlement_amount"].sum())
        for batch, minor in zip(rows["batch"], rows["settlement_amount"].tolist(), strict=True):
            batches[batch] += minor
    assert total == balance.minor == month.paystack.balance
    del batches[""]
    assert len(batches) > 10
    assert set(batches.values()) == {0}


def test_a_settlement_is_told_again_as_money_under_way(month, whole):
    table = whole.interpret("paystack", "settlements", ZONE).table
    rows = table.take(table["account"] == "settlements")
    assert dict(zip(rows["external_id"].tolist(), rows["amount"].tolist(), strict=True)) == {
        f"{row['id']}:bank": -row["effective_amount"] for row in month.paystack.settlements
    }
    assert set(rows["batch"].tolist()) == {""}


@pytest.mark.parametrize("stream", ["disputes", "balance_ledger"])
def test_evidence_gives_no_transactions(whole, stream):
    result = whole.interpret("paystack", stream, ZONE)
    assert len(result.table) == 0
    assert result.evidence == tuple(record.raw_id for record in whole.records(stream))


class Crash(Exception):
    """The process is gone."""


class Dying(InProcess):
    """Answers in this process until the request on which everything ends."""

    def __init__(self, application, last):
        super().__init__(application)
        self.left = last

    def handle_request(self, request):
        self.left -= 1
        if self.left == 0:
            raise Crash
        return super().handle_request(request)


@pytest.fixture(scope="module")
def at_hand():
    """A small month whose API answers in this process, and what a pull of it brings."""
    application = PaystackApplication(simulate_nairobi(NairobiSpec(seed=5, orders=80)).paystack, secret_key=KEY)

    def source(last=0):
        own = Connection("Kilimani", "Paystack", "paystack", "http://127.0.0.1:1", ZONE, {"allow_loopback": "true"})
        transport = Dying(application, last)
        clock, rng = VirtualClock(), random.Random(5)
        return PaystackSource(own, {"secret_key": KEY}, guard=open_guard(), clock=clock, rng=rng, transport=transport)

    shelf = Shelf()
    assert shelf.pull(source())
    return source, shelf


@pytest.mark.soak
def test_a_pull_cut_at_any_page_ends_the_same(at_hand):
    source, whole = at_hand
    for cut in spread(whole.pages, scaled(500)):
        shelf = Shelf()
        assert not shelf.pull(source(), cut_after=cut)
        assert shelf.pull(source())
        assert shelf.payloads() == whole.payloads(), f"cut after page {cut}"
        assert shelf.cursors == whole.cursors


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(scaled(500)))
def test_a_pull_that_dies_at_random_steps_ends_the_same(at_hand, seed):
    source, whole = at_hand
    draw, shelf = random.Random(seed), Shelf()
    for _ in range(3):
        with contextlib.suppress(Crash):
            shelf.pull(source(draw.randrange(1, 45)))
    assert shelf.pull(source())
    assert shelf.payloads() == whole.payloads()
    assert shelf.cursors == whole.cursors


def test_pulling_again_brings_nothing_new_and_costs_less(serve):
    with serve() as box:
        shelf = Shelf()
        shelf.pull(paystack(box))
        first, before = len(box.servers["paystack"].exchanges), set(shelf.versions)
        shelf.pull(paystack(box))
        assert shelf.versions == before
        assert len(box.servers["paystack"].exchanges) - first < first


def test_a_future_cursor_gives_nothing_and_stays(serve):
    future = json.dumps({"since": "2090-01-01T00:00:00.000Z", "until": None, "token": None, "newest": None})
    with serve() as box:
        for stream in STREAMS:
            pages = list(paystack(box).pages(stream, future))
            assert [len(page.records) for page in pages] == [0]
            assert (pages[-1].complete, json.loads(pages[-1].cursor)) == (True, json.loads(future))


@pytest.mark.parametrize("stream", ["transactions", "refunds"])
def test_rows_that_arrive_while_it_reads_shift_nothing(whole, serve, stream):
    """Newer rows come in front after every page: what was there is all read, and they come with the next pull."""
    nairobi = fresh_month()
    with serve(nairobi=nairobi) as box:
        source, shelf, rows = paystack(box), Shelf(), getattr(nairobi.paystack, NAMES[stream])
        for number, page in enumerate(source.pages(stream, None)):
            shelf.take(stream, page)
            at = f"2026-11-01T00:{number // 60:02}:{number % 60:02}.000Z"
            new = {**rows[-1], "id": rows[-1]["id"] + 1, "status": "pending", "settlement": None}
            new |= {name: at for name in ("created_at", "createdAt") if name in new}
            box.paystack.add(stream, new)
        expected = {key: text for key, text in whole.payloads().items() if key[0] == stream}
        assert {key: text for key, text in shelf.payloads().items() if key in expected} == expected
        shelf.pull(paystack(box), streams=[stream])
        assert {external for _, external in shelf.newest} == {str(row["id"]) for row in rows}


def test_a_cut_walk_also_brings_what_came_since(serve):
    nairobi = fresh_month()
    with serve(nairobi=nairobi) as box:
        shelf, rows = Shelf(), nairobi.paystack.refunds
        assert not shelf.pull(paystack(box), streams=["refunds"], cut_after=1)
        late = {**rows[-1], "id": 16_000_000, "created_at": "2026-11-01T08:00:00.000Z", "settlement": None}
        box.paystack.add("refunds", late)
        assert shelf.pull(paystack(box), streams=["refunds"])
        assert ("refunds", "16000000") in shelf.newest


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
def test_trouble_on_the_way_changes_nothing(whole, serve, fault):
    plan = FaultPlan([Rule("/*", fault, nth=nth, times=2) for nth in (2, 9, 25)])
    clock = VirtualClock()
    with serve(paystack=plan) as box:
        shelf = Shelf()
        assert shelf.pull(paystack(box, clock))
    assert shelf.payloads() == whole.payloads()
    if fault.retry_after:
        assert max(clock.sleeps) >= int(fault.retry_after)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fault(FaultKind.ANSWER, status=200), "refused", "An error occurred"),  # a failure inside a 200
        (Fault(FaultKind.ANSWER, status=400), "refused", "An error occurred"),
        (Fault(FaultKind.ANSWER, status=401), "auth", "Enter the key again"),
        (Fault(FaultKind.ANSWER, status=404), "refused", "An error occurred"),
        (Fault(FaultKind.ANSWER, status=429, retry_after="7200"), "rate", "wait until 2026-11-02 10:00 UTC"),
        (Fault(FaultKind.ANSWER, status=302), "protocol", "Correct the base URL"),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Fault) else None,
)
def test_what_is_not_repeated_is_told(serve, fault, kind, words):
    with serve(paystack=FaultPlan([Rule("/balance", fault, times=99)])) as box:
        with pytest.raises(TransportError, match=words) as caught:
            paystack(box).balances([])
        assert caught.value.kind == kind


@pytest.mark.parametrize(("path", "query"), [("/settlement/*/transactions", ""), ("/transaction", "use_cursor")])
def test_a_page_told_twice_changes_nothing(whole, serve, path, query):
    plan = FaultPlan([Rule(path, Fault(FaultKind.REPLAY), nth=nth, query=query) for nth in (2, 5)])
    with serve(paystack=plan) as box:
        shelf = Shelf()
        assert shelf.pull(paystack(box))
    assert shelf.payloads() == whole.payloads()


def test_a_page_that_repeats_for_ever_is_left_and_healed_by_the_next_pull(whole, serve):
    plan = FaultPlan([Rule("/transaction", Fault(FaultKind.REPLAY), nth=2, times=1000)])
    with serve(paystack=plan) as box:
        shelf = Shelf()
        with pytest.raises(TransportError, match="repeats"):
            shelf.pull(paystack(box))
        plan.clear()
        assert shelf.pull(paystack(box))
    assert shelf.payloads() == whole.payloads()


def test_a_settlement_that_lacks_a_transaction_is_not_taken(month, serve):
    member = str(month.paystack.members[month.paystack.settlements[4]["id"]][0])
    with serve() as box:
        box.paystack.rows.withhold("transactions", [member])
        with pytest.raises(TransportError, match="do not add up"):
            Shelf().pull(paystack(box))


def test_the_window_must_hold_what_was_settled(serve):
    """A transaction that a settlement showed and the window does not: the listing is not whole."""
    nairobi = fresh_month()
    rows = nairobi.paystack.transactions
    lost = str(max(member for members in nairobi.paystack.members.values() for member in members))

    def pull_while_it_vanishes(source):
        for page in source.pages("transactions", None):
            if lost in {record.external_id for record in page.records}:
                rows[:] = [row for row in rows if str(row["id"]) != lost]

    with serve(nairobi=nairobi) as box, pytest.raises(TransportError, match="lacks what was settled"):
        pull_while_it_vanishes(paystack(box))


def test_late_and_changed_rows_are_found_within_the_overlap(month, serve):
    late, changed = str(month.paystack.refunds[-1]["id"]), str(month.paystack.settlements[-1]["id"])
    with serve() as box:
        box.paystack.rows.withhold("refunds", [late])
        box.paystack.rows.mutate("settlements", changed, {"status": "failed"})
        shelf = Shelf()
        shelf.pull(paystack(box))
        assert ("refunds", late) not in shelf.newest
        box.paystack.rows.release()
        shelf.pull(paystack(box))
    assert ("refunds", late) in shelf.newest
    rows = shelf.interpret("paystack", "settlements", ZONE).table
    failed = rows.take([text.startswith(changed) for text in rows["external_id"].tolist()])
    assert int(failed["amount"].sum()) == 0
    assert set(failed["kind"].tolist()) == {"payout", "payout_failure"}


def test_it_proves_its_ledger(month, serve):
    with serve() as box:
        source = paystack(box)
        assert isinstance(source, SelfProving)
        Shelf().pull(source)
        proofs = source.proofs()
    assert [(total.name, total.holds) for total in proofs] == [
        ("proof: balance ledger: rows", True),
        ("proof: balance ledger: balance", True),
    ]
    assert proofs[1].expected == month.paystack.balance


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_ledger_row_that_is_missing_is_noticed(month, serve, place):
    gone = str(month.paystack.ledger[place]["id"])
    with serve() as box:
        box.paystack.rows.withhold("ledger", [gone])
        source = paystack(box)
        Shelf().pull(source)
        broken = {total.name for total in source.proofs() if not total.holds}
    # Without its very first row the ledger still runs on; that its opening is then not zero shows in the balances.
    assert broken == {0: set(), 3: {"proof: balance ledger: rows"}, -1: {"proof: balance ledger: balance"}}[place]


def test_a_wrong_key_is_told_without_showing_it(serve):
    key = "sk_live_canary51H8xQ2eZvKYlo"
    with serve() as box:
        with pytest.raises(TransportError) as caught:
            paystack(box, secret_key=key).balances([])
        assert caught.value.kind == "auth"
        assert key not in caught.value.text
        assert "Enter the key again" in caught.value.text


def test_objects_of_the_other_mode_are_not_taken(serve):
    nairobi = fresh_month()
    nairobi.paystack.refunds[0]["domain"] = "live"
    with serve(nairobi=nairobi) as box, pytest.raises(TransportError, match="'live' object among those of a test key"):
        Shelf().pull(paystack(box), streams=["refunds"])


def test_what_is_not_paystacks_is_refused(serve):
    with serve() as box:
        with pytest.raises(UsageError, match="no stream"):
            next(paystack(box).pages("payouts", None))
        for text in ("{}", "[]", '{"since": "yesterday", "until": null, "token": null, "newest": null}'):
            with pytest.raises(UsageError, match="cursor"):
                next(paystack(box).pages("refunds", text))
        for key in (None, "pk_live_0123456789", "rk_test_0123"):
            with pytest.raises(UsageError, match="secret_key"):
                paystack(box, secret_key=key)
