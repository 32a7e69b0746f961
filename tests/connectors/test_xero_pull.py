"""A whole month rebuilt from the simulated Xero's documents, its changes and its closing balances; cut anywhere."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from awra_desk.connectors.xero import XeroLedger, api, pull
from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection, TransportError
from awra_desk.sandbox.merchant import MonthSpec, simulate
from awra_desk.sandbox.servers import Fault, FaultKind, FaultPlan, Rule, running_sandbox, xero_line_ids
from awra_desk.sandbox.servers.xero import XeroApplication, XeroBooks
from awra_desk.sandbox.servers.xero._books import identity
from tests.connectors.in_process import transport
from tests.connectors.pulling import Shelf, xero
from tests.connectors.small_month import small_month
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.soak import scaled

STREAMS = ("bank_transactions", "payments", "invoices", "credit_notes", "manual_journals", "bank_transfers")
DAY = date(2026, 10, 31)


@pytest.fixture(scope="module")
def month():
    return simulate(MonthSpec(seed=3, orders=60))


@pytest.fixture
def plan():
    return FaultPlan()


@pytest.fixture
def box(month, plan):
    with running_sandbox(month, providers=["xero"], faults={"xero": plan}) as served:
        yield served


@pytest.fixture
def small_pages(monkeypatch):
    """Pages of three documents, so that there are many of them."""
    monkeypatch.setattr(api, "PAGE", 3)
    monkeypatch.setattr(pull, "PAGE", 3)


def quiet(application, clock=None, **options):
    """A ledger without sockets, for tests of thousands of calls."""
    options = {"token_url": "https://identity.xero.com/connect/token", **options}
    connection = Connection("co", "Xero", "xero", "https://api.xero.com", "America/New_York", options)
    secret = {"client_id": application.client_id, "refresh_token": application.refresh_token}
    ledger = XeroLedger(
        connection,
        secret,
        guard=open_guard(),
        clock=clock or VirtualClock(),
        rng=random.Random(4),
        save_secret={}.update,
        transport=transport(application),
    )
    ledger._api._http._bucket._per_second = 1e9
    return ledger


@pytest.fixture
def application():
    return XeroApplication(XeroBooks(small_month()))


def pulled(ledger, shelf=None):
    shelf = shelf or Shelf()
    shelf.pull(ledger)
    return shelf


def lines(shelf):
    """(stream, external id) -> (account, minor, booking day) of every ledger line."""
    found = {}
    for stream in STREAMS:
        result = shelf.interpret("xero", stream)
        assert result.rejects == []
        table = result.table
        for row in range(len(table)):
            key = stream, table["external_id"][row]
            found[key] = table["account"][row], int(table["amount"][row]), table["booking_date"][row].item()
    return found


def test_every_line_of_the_month_is_rebuilt(month, box):
    ledger = xero(box)
    assert ledger.streams == STREAMS
    found = lines(pulled(ledger))
    accounts, ids = box["xero"]["accounts"], xero_line_ids(month)
    for document in month.books.documents:
        for line in document.lines:
            assert found[ids[document.key, line.line_no]] == (accounts[line.account_role], line.minor, document.date)


def test_openings_and_lines_add_up_to_the_trial_balance_and_any_missing_line_shows(month, box):
    ledger = xero(box)
    found = list(lines(pulled(ledger)).values())
    eve = month.take_on.as_of
    reported = {(item.account, item.day): item.minor for item in ledger.balances([eve, date(2026, 10, 15), DAY])}
    opening = {account: minor for (account, day), minor in reported.items() if day == eve}

    def gaps(rows):
        moved = dict.fromkeys(reported, 0)
        for account, minor, day in rows:
            for key in moved:
                moved[key] += minor if key[0] == account and eve < day <= key[1] else 0
        return [key for key, minor in reported.items() if minor != opening[key[0]] + moved[key]]

    assert gaps(found) == []
    inside = [row for row in found if eve < row[2] <= DAY]
    for missing in random.Random(2).sample(range(len(inside)), 20):
        assert gaps(inside[:missing] + inside[missing + 1 :])


def test_texts_and_references_are_kept(month, box):
    table = pulled(xero(box)).interpret("xero", "payments").table
    assert any(text.startswith("KR-") or "KR-" in text for text in table["references"].tolist())
    journals = pulled(xero(box)).interpret("xero", "manual_journals").table
    assert any(text.startswith("Stripe fees 2026-10-") for text in journals["description"].tolist())


def test_the_same_pull_twice_changes_nothing(box):
    ledger = xero(box)
    shelf = pulled(ledger)
    versions = set(shelf.versions)
    assert pulled(ledger, shelf).versions == versions


@pytest.mark.soak
@pytest.mark.usefixtures("small_pages")
def test_a_pull_cut_at_any_page_and_at_random_steps_ends_the_same(application):
    ledger = quiet(application)
    whole = pulled(ledger)
    assert whole.pages > 10
    steps = [[cut] for cut in range(1, whole.pages)]
    draw = random.Random(6)
    steps += [[draw.randrange(1, 7) for _ in range(4)] for _ in range(scaled(500))]
    for cuts in steps:
        shelf = Shelf()
        for cut in cuts:
            shelf.pull(ledger, cut_after=cut)
        assert pulled(ledger, shelf).payloads() == whole.payloads(), cuts


@pytest.mark.usefixtures("small_pages")
def test_documents_made_and_changed_under_the_walk_cost_none(application):
    ledger, books, shelf = quiet(application), application.books, Shelf()
    names = sorted(books.documents["Invoices"])
    for count, page in enumerate(ledger.pages("invoices", None)):
        shelf.take("invoices", page)
        if count < 12:
            books.change("Invoices", names[count % len(names)], Reference=f"change {count}")
            books.put("Invoices", {**books.documents["Invoices"][names[0]], "InvoiceID": identity("late", count)})
    pulled(ledger, shelf)
    for name, row in books.documents["Invoices"].items():
        assert json.loads(shelf.newest["invoices", name].payload)["entity"]["UpdatedDateUTC"] == row["UpdatedDateUTC"]


@pytest.mark.usefixtures("small_pages")
def test_a_document_that_slides_over_a_page_edge_is_not_passed_by(application):
    """Eleven invoices of one second go by page number; one of them changes after the second page."""
    books, first = application.books, next(iter(application.books.documents["Invoices"].values()))
    stamp = books.tick()
    names = sorted(identity("same second", number) for number in range(11))
    for name in names:
        books.documents["Invoices"][name] = {**first, "InvoiceID": name, "UpdatedDateUTC": stamp}
    ledger, shelf, moved = quiet(application), Shelf(), False
    for page in ledger.pages("invoices", None):
        shelf.take("invoices", page)
        if not moved and json.loads(page.cursor)["page"] == 3:
            books.change("Invoices", names[0], Reference="changed")
            moved = True
    assert moved
    assert {name for name in names if ("invoices", name) in shelf.newest} == set(names)


def test_voided_deleted_and_late_documents_are_seen(application):
    ledger, books = quiet(application), application.books
    late = min(books.documents["Payments"])
    application.rows.withhold("Payments", [late])
    shelf = pulled(ledger)
    assert ("payments", late) not in shelf.newest
    application.rows.release()
    books.change("Payments", late)
    voided, deleted = min(books.documents["ManualJournals"]), min(books.documents["BankTransactions"])
    books.change("ManualJournals", voided, Status="VOIDED")
    books.change("BankTransactions", deleted, Status="DELETED")
    pulled(ledger, shelf)
    found = lines(shelf)
    assert ("payments", f"{late}:0") in found
    assert not any(name.startswith((voided, deleted)) for _, name in found)


def test_a_bank_transfer_counts_once_and_its_deletion_is_seen(application):
    books = application.books
    second = {"AccountID": "other", "Name": "Savings"}
    own = books.account_ids[books.codes["bank"]]
    transfer = {
        "BankTransferID": identity("transfer"),
        "Amount": Decimal("20.00"),
        "Status": "AUTHORISED",
        "FromBankAccount": {"AccountID": own, "Name": "Checking", "Code": "1000"},
        "ToBankAccount": {"AccountID": books.account_ids["1150"], "Name": "Reserve", "Code": "1150"},
        "Date": "/Date(1792368000000+0000)/",
        "DateString": "2026-10-19T00:00:00",
        "Reference": "po_026",
    }
    books.put("BankTransfers", transfer)
    seen = books.bank_transaction(identity("seen"), DAY, "bank", -2000, [], Contact={"Name": "x"})
    books.put(
        "BankTransactions",
        {**seen, "Type": "SPEND-TRANSFER", "LineItems": [{"LineItemID": "1", "LineAmount": Decimal(20)}]},
    )
    ledger = quiet(application)
    shelf = pulled(ledger)
    result = shelf.interpret("xero", "bank_transfers").table
    assert list(zip(result["account"].tolist(), result["amount"].tolist(), strict=True)) == [
        ("1000", -2000),
        ("1150", 2000),
    ]
    assert str(result["booking_date"][0]) == "2026-10-19"
    assert not any(identity("seen") in name for _, name in lines(shelf))
    books.change("BankTransfers", identity("transfer"), Status="DELETED")
    assert len(pulled(ledger, shelf).interpret("xero", "bank_transfers").table) == 0
    books.change("BankTransfers", identity("transfer"), Status="AUTHORISED", ToBankAccount=second)
    table = pulled(ledger, shelf).interpret("xero", "bank_transfers").table
    assert table["account"].tolist() == ["1000", "other"]


def test_a_future_cursor_brings_nothing_and_stays(application):
    future = pull.Cursor(since="2099-01-01T00:00:00+00:00").text()
    for stream in STREAMS[:-1]:
        (page,) = quiet(application).pages(stream, future)
        assert (len(page.records), page.complete, page.cursor) == (0, True, future)


def test_journals_are_read_where_the_tier_allows_and_not_missed_where_not(application):
    ledger = quiet(application, journals="true")
    (page,) = ledger.pages("journals", None)
    assert (page.records, page.complete) == ([], True)
    application.advanced = True
    shelf = Shelf()
    shelf.pull(ledger, streams=["journals"])
    assert len(shelf.records("journals")) == len(application.books.documents["ManualJournals"])
    result = shelf.interpret("xero", "journals")
    assert (len(result.table), result.rejects, bool(result.evidence)) == (0, [], True)
    versions = set(shelf.versions)
    shelf.pull(ledger, streams=["journals"])
    assert shelf.versions == versions
    assert pull.JOURNALS not in quiet(application).streams


def test_lines_that_an_answer_leaves_out_are_noticed(application, monkeypatch):
    def unpaged(self, resource, number, since):
        return self.get(resource, (("order", "UpdatedDateUTC ASC"),), since=since)

    monkeypatch.setattr(api.XeroApi, "page", unpaged)
    with pytest.raises(TransportError, match="comes without its LineItems"):
        list(quiet(application).pages("invoices", None))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.ANSWER, status=429, retry_after="9"),
        Fault(FaultKind.ANSWER, status=500),
        Fault(FaultKind.ANSWER, status=401),
        Fault(FaultKind.CUT),
        Fault(FaultKind.TRUNCATE),
        Fault(FaultKind.BROKEN_JSON),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_trouble_on_the_way_changes_nothing(box, plan, fault):
    plan.add(*(Rule("/api.xro/*", fault, nth=nth) for nth in (1, 4, 7)))
    found = pulled(xero(box)).payloads()
    plan.clear()
    assert found == pulled(xero(box, keyring={"refresh_token": box.xero.refresh_token})).payloads()


def test_a_day_limit_is_told_and_not_slept_on(box, plan):
    plan.add(Rule("/api.xro/2.0/Payments", Fault(FaultKind.ANSWER, status=429, retry_after="25200")))
    clock = VirtualClock()
    with pytest.raises(TransportError, match="wait until 2026-11-02 15:00 UTC") as caught:
        list(xero(box, clock).pages("payments", None))
    assert (caught.value.kind, sum(clock.sleeps) < 5) == ("rate", True)


def test_sixty_calls_a_minute_are_not_passed(application):
    clock = VirtualClock()
    options = {"token_url": "https://identity.xero.com/connect/token"}
    connection = Connection("co", "Xero", "xero", "https://api.xero.com", "UTC", options)
    secret = {"client_id": application.client_id, "refresh_token": application.refresh_token}
    ledger = XeroLedger(
        connection,
        secret,
        guard=open_guard(),
        clock=clock,
        rng=random.Random(4),
        save_secret={}.update,
        transport=transport(application),
    )
    before = clock.now()
    for _ in range(120):
        ledger._api.get("Organisation")
    assert clock.now() - before >= timedelta(minutes=2)


def test_the_organisation_is_asked_for_once_and_named_when_there_are_several(box, plan):
    ledger = xero(box)
    ledger.accounts()
    ledger.accounts()
    asked = [exchange.path for exchange in box.servers["xero"].exchanges]
    assert asked.count("/connections") == 1
    named = xero(box, tenant_id=box.xero.books.tenant_id, keyring={"refresh_token": box.xero.refresh_token})
    named.accounts()
    assert [exchange.path for exchange in box.servers["xero"].exchanges].count("/connections") == 1


def test_accounts_are_told_with_archived_ones(box):
    box.xero.books.archive("6100")
    accounts = {account.account_id: account for account in xero(box).accounts()}
    assert (accounts["6100"].active, accounts["1000"].kind, accounts["1000"].currency) == (False, "BANK", "USD")


def test_a_refresh_token_is_stored_before_it_is_used_and_single(box):
    keyring = {}
    xero(box, keyring=keyring).accounts()
    assert keyring["refresh_token"] == box.xero.refresh_token
    xero(box, keyring=keyring).accounts()
    box.xero.expire_access_tokens()
    ledger = xero(box, keyring=keyring)
    ledger.accounts()
    assert keyring["refresh_token"] == box.xero.refresh_token
    spent = {"refresh_token": "spent", "access_token": "", "expires_at": ""}
    with pytest.raises(TransportError, match="Sign in to Xero again"):
        xero(box, keyring=spent).accounts()


def test_what_is_not_xeros_is_refused(application):
    with pytest.raises(UsageError, match="no stream"):
        next(quiet(application).pages("receipts", None))
    for text in ("{}", "x", '{"since": "soon", "page": 0, "last": null, "newest": null}'):
        with pytest.raises(UsageError, match="cursor"):
            next(quiet(application).pages("invoices", text))
    with pytest.raises(UsageError, match="post_as"):
        quiet(application, post_as="later")


def test_a_report_that_does_not_add_up_is_not_believed(application, monkeypatch):
    ledger = quiet(application)
    whole = application._trial_balance

    def short(day):
        report = whole(day)
        report["Rows"][1]["Rows"].pop(0)
        return report

    monkeypatch.setattr(application, "_trial_balance", short)
    with pytest.raises(TransportError, match="do not add up"):
        ledger.balances([DAY])
    monkeypatch.setattr(application, "_trial_balance", lambda day: {"Rows": []})
    with pytest.raises(TransportError, match="cannot be read"):
        ledger.balances([DAY])


def test_without_days_the_present_balance_is_told(application):
    clock = VirtualClock(datetime(2026, 11, 2, 3, 0, tzinfo=UTC))
    assert {item.day for item in quiet(application, clock).balances(())} == {date(2026, 11, 1)}
