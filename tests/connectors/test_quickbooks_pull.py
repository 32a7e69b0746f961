"""A whole month pulled from the simulated QuickBooks over loopback, then its changes; complete however it was cut."""

import json
from datetime import date, timedelta

import pytest

from awra_desk.connectors.quickbooks import api, pull
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, quickbooks_line_ids, running_sandbox
from tests.connectors.pulling import Shelf, quickbooks, spread
from tests.connectors.virtual_time import VirtualClock
from tests.soak import scaled

STREAMS = (
    "journal_entries",
    "deposits",
    "payments",
    "sales_receipts",
    "purchases",
    "transfers",
    "bill_payments",
    "refund_receipts",
)


@pytest.fixture(scope="module")
def month():
    return simulate(MonthSpec(seed=3, orders=110))


@pytest.fixture(scope="module")
def whole(month):
    with running_sandbox(month, providers=["quickbooks"]) as box:
        shelf = Shelf()
        assert shelf.pull(quickbooks(box))
        assert quickbooks(box).streams == STREAMS
    return shelf


@pytest.fixture
def box(month):
    with running_sandbox(month, providers=["quickbooks"]) as served:
        yield served


@pytest.fixture
def small_pages(monkeypatch):
    """Pages of nine documents, so that there are many of them."""
    monkeypatch.setattr(api, "PAGE", 9)
    monkeypatch.setattr(pull, "PAGE", 9)


def lines(shelf):
    """(stream, external id) -> (account, minor, booking day) of every ledger line."""
    found = {}
    for stream in STREAMS:
        result = shelf.interpret("quickbooks", stream)
        assert result.rejects == []
        table = result.table
        assert set(table["kind"].tolist()) <= {"ledger_line"}
        for row in range(len(table)):
            key = stream, table["external_id"][row]
            found[key] = table["account"][row], int(table["amount"][row]), table["booking_date"][row].item()
    return found


def test_every_line_is_named_as_agreed(month, whole, box):
    accounts = box["quickbooks"]["accounts"]
    ids = quickbooks_line_ids(month)
    found = lines(whole)
    for document in month.books.documents:
        for line in document.lines:
            key = ids.get((document.key, line.line_no))
            if key is None or (document.entity == "SalesReceipt" and line.line_no):
                continue
            assert found.pop(key) == (accounts[line.account_role], line.minor, document.date)
    assert found == {}


def test_lines_and_openings_add_up_to_the_trial_balance(month, whole, box):
    accounts = {
        role: account for role, account in box["quickbooks"]["accounts"].items() if role in ("bank", "stripe_clearing")
    }
    days = (month.take_on.as_of, date(2026, 10, 15), month.spec.period.last)
    reported = {(item.account, item.day): item for item in quickbooks(box).balances(days)}
    assert len(reported) == len(days) * len(month.books.accounts)
    for role, account in accounts.items():
        for day in days:
            moved = sum(minor for where, minor, when in lines(whole).values() if where == account and when <= day)
            assert reported[account, day].minor == month.books.opening[role] + moved
            assert reported[account, day].currency == "USD"


def test_without_days_the_present_balance_is_told(month, box):
    clock = VirtualClock()
    assert {item.day for item in quickbooks(box, clock).balances(())} == {clock.now().date()}


def test_texts_and_references_are_kept(whole):
    deposits = whole.interpret("quickbooks", "deposits").table
    own = deposits.take([index for index, name in enumerate(deposits["external_id"]) if name.endswith(":0")])
    payouts = [text for text in own["description"].tolist() if "payout po_" in text]
    assert payouts
    for description, references in zip(own["description"].tolist(), own["references"].tolist(), strict=True):
        for word in description.split():
            if word.startswith("po_"):
                assert word in references.split("\n")
    fees = whole.interpret("quickbooks", "journal_entries").table["description"].tolist()
    assert any(text.startswith("Stripe fees 2026-10-") for text in fees)


def test_accounts_are_told_with_inactive_ones(month, box):
    some = box["quickbooks"]["accounts"]["rent"]
    box.quickbooks.company.set_active(some, active=False)
    accounts = {account.account_id: account for account in quickbooks(box).accounts()}
    assert len(accounts) == len(month.books.accounts)
    assert not accounts[some].active
    assert accounts[box["quickbooks"]["accounts"]["bank"]].code == "1000"


@pytest.mark.usefixtures("small_pages")
def test_a_pull_cut_at_any_page_ends_the_same(month, whole, box):
    uninterrupted = Shelf()
    uninterrupted.pull(quickbooks(box))
    assert uninterrupted.payloads() == whole.payloads()
    assert uninterrupted.pages > 15
    for cut in spread(uninterrupted.pages, scaled(100)):
        shelf = Shelf()
        assert not shelf.pull(quickbooks(box, keyring=_keyring(box)), cut_after=cut)
        assert shelf.pull(quickbooks(box, keyring=_keyring(box)))
        assert shelf.payloads() == whole.payloads(), f"cut after page {cut}"


def _keyring(box):
    """The newest refresh token, as the keyring would hold it."""
    return {"refresh_token": box.quickbooks.tokens.refresh_token}


@pytest.mark.usefixtures("small_pages")
def test_a_document_deleted_under_a_walk_costs_no_other_one(whole, box):
    shelf = Shelf()
    ledger = quickbooks(box)
    pages = ledger.pages("sales_receipts", None)
    first = next(pages)
    shelf.take("sales_receipts", first)
    box.quickbooks.company.delete("SalesReceipt", first.records[3].external_id)
    for page in pages:
        shelf.take("sales_receipts", page)
    everything = {key for key in whole.newest if key[0] == "sales_receipts"}
    assert set(shelf.newest) == everything
    shelf.pull(ledger, streams=["sales_receipts"])
    gone = shelf.newest["sales_receipts", first.records[3].external_id]
    assert json.loads(gone.payload)["entity"]["status"] == "Deleted"


def test_changes_come_with_tombstones_which_supersede(month, box):
    shelf, ledger = Shelf(), quickbooks(box)
    shelf.pull(ledger)
    before = set(shelf.versions)
    shelf.pull(ledger)
    assert shelf.versions == before
    victim = shelf.records("journal_entries")[0].external_id
    box.quickbooks.company.delete("JournalEntry", victim)
    shelf.pull(ledger)
    assert len(shelf.versions) == len(before) + 1
    result = shelf.interpret("quickbooks", "journal_entries")
    assert shelf.newest["journal_entries", victim].raw_id in result.evidence
    assert not any(name.startswith(f"{victim}:") for name in result.table["external_id"].tolist())


@pytest.mark.usefixtures("small_pages")
def test_more_changes_than_one_answer_holds_are_walked(box, monkeypatch):
    """As after months without a pull: everything still there comes by query, tombstones by change data capture."""
    shelf, ledger = Shelf(), quickbooks(box)
    shelf.pull(ledger)
    known = shelf.payloads()
    past = json.loads(shelf.cursors["sales_receipts"])["since"]
    early = (pull.datetime.fromisoformat(past) - timedelta(days=20)).isoformat()
    for stream in STREAMS:
        shelf.cursors[stream] = pull.Cursor(since=early).text()
    victim = next(record.external_id for record in shelf.records("sales_receipts"))
    box.quickbooks.company.delete("SalesReceipt", victim)
    shelf.newest.clear()
    shelf.versions.clear()
    shelf.pull(ledger)
    assert json.loads(shelf.newest["sales_receipts", victim].payload)["entity"]["status"] == "Deleted"
    for key, payload in shelf.payloads().items():
        assert key == ("sales_receipts", victim) or payload == known[key]


def test_a_cursor_older_than_change_data_capture_walks_again(whole, box):
    clock = VirtualClock()
    shelf = Shelf()
    for stream in STREAMS:
        shelf.cursors[stream] = pull.Cursor(since=(clock.now() - timedelta(days=60)).isoformat()).text()
    shelf.pull(quickbooks(box, clock))
    assert shelf.payloads() == whole.payloads()
    paths = {exchange.path.rpartition("/")[2] for exchange in box.servers["quickbooks"].exchanges}
    assert "cdc" not in paths


def test_a_future_cursor_gives_nothing_and_stays(box):
    future = "2099-01-01T00:00:00+00:00"
    for stream in STREAMS:
        (page,) = quickbooks(box, keyring=_keyring(box)).pages(stream, pull.Cursor(since=future).text())
        assert (len(page.records), page.complete, json.loads(page.cursor)["since"]) == (0, True, future)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ANSWER, status=429, retry_after="9"),
        Fault(FaultKind.ANSWER, status=200),
        Fault(FaultKind.ANSWER, status=500),
        Fault(FaultKind.ANSWER, status=401),
        Fault(FaultKind.CUT),
        Fault(FaultKind.TRUNCATE),
        Fault(FaultKind.BROKEN_JSON),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
@pytest.mark.usefixtures("small_pages")
def test_trouble_on_the_way_changes_nothing(month, whole, fault):
    plan = FaultPlan([Rule("/v3/*", fault, nth=nth) for nth in (1, 6, 11)])
    with running_sandbox(month, providers=["quickbooks"], faults={"quickbooks": plan}) as box:
        shelf = Shelf()
        assert shelf.pull(quickbooks(box))
    assert shelf.payloads() == whole.payloads()


@pytest.mark.usefixtures("small_pages")
def test_a_page_told_twice_changes_nothing(month, whole):
    plan = FaultPlan([Rule("/v3/*/query", Fault(FaultKind.REPLAY), nth=nth, query="SalesReceipt") for nth in (2, 5)])
    with running_sandbox(month, providers=["quickbooks"], faults={"quickbooks": plan}) as box:
        shelf = Shelf()
        assert shelf.pull(quickbooks(box))
    assert shelf.payloads() == whole.payloads()


def test_late_and_changed_documents_are_found(whole, box):
    late = whole.records("deposits")[0].external_id
    box.quickbooks.rows.withhold("Deposit", [late])
    shelf, ledger = Shelf(), quickbooks(box)
    shelf.pull(ledger)
    assert ("deposits", late) not in shelf.newest
    box.quickbooks.rows.release()
    shelf.cursors["deposits"] = None
    shelf.pull(ledger)
    assert shelf.newest["deposits", late].payload == whole.newest["deposits", late].payload


def test_what_is_not_quickbooks_is_refused(box):
    with pytest.raises(UsageError, match="no stream"):
        next(quickbooks(box).pages("invoices", None))
    for text in ("{}", "x", '{"since": "soon", "position": null, "last": null, "began": null}'):
        with pytest.raises(UsageError, match="cursor"):
            next(quickbooks(box).pages("deposits", text))
    with pytest.raises(UsageError, match="refresh_token"):
        quickbooks(box, refresh_token=None)


def test_a_report_that_does_not_add_up_is_not_believed(box, monkeypatch):
    ledger = quickbooks(box)
    right = ledger._api.trial_balance(date(2026, 10, 31))
    right.body["Rows"]["Row"].pop(0)
    monkeypatch.setattr(ledger._api, "trial_balance", lambda day: right)
    with pytest.raises(TransportError, match="do not add up"):
        ledger.balances([date(2026, 10, 31)])
