"""AWRA's own books by their declared file: postings with branch and warehouse, sales by tender, and what we write."""

import json
import random
from datetime import date
from importlib.resources import files

import pytest

from awra_desk.connectors.declared import load_declaration, open_declared
from awra_desk.domain.entries import Entry, EntryLine
from awra_desk.normalise import interpret
from awra_desk.ports.connections import Connection, PostingRefused, TransportError
from tests.connectors.awra_server import ACCOUNTS, KEY, filled
from tests.connectors.in_process import BASE_URL, transport
from tests.connectors.pulling import Shelf
from tests.connectors.virtual_time import VirtualClock, open_guard
from tests.soak import scaled

PROFILE = (files("awra_desk.connectors.declared") / "profiles" / "awra.toml").read_text("utf-8")
DECLARED = load_declaration(PROFILE, "awra.toml")
REFERENCE = "awra:w-77"
DAY = date(2026, 10, 31)


@pytest.fixture
def books():
    return filled()


def ledger(books, key=KEY, *, size=200):
    """The shipped file, or the same with smaller pages."""
    text = PROFILE.replace("size = 200", f"size = {size}")
    connection = Connection("co", "AWRA", "declared", BASE_URL, "Africa/Nairobi", {"declaration": text})
    over = transport(books)
    saving = {}.update
    return open_declared(
        connection,
        {"key": key},
        guard=open_guard(),
        clock=VirtualClock(),
        rng=random.Random(2),
        save_secret=saving,
        transport=over,
    )


def pulled(books, shelf=None):
    shelf = shelf or Shelf()
    shelf.pull(ledger(books))
    return shelf


def read(shelf, stream):
    return interpret(DECLARED.contract, shelf.records(stream), company="co", zone="Africa/Nairobi")


def test_the_shipped_file_is_what_the_provider_awra_reads(books):
    connection = Connection("co", "AWRA", "awra", BASE_URL, "Africa/Nairobi", {})
    shipped = open_declared(
        connection, {"key": KEY}, guard=open_guard(), clock=VirtualClock(), rng=random.Random(2), save_secret={}.update
    )
    assert shipped.streams == ("journal_entries", "payments", "pos_sales", "invoices", "branches", "warehouses")


def test_postings_carry_branch_warehouse_and_the_receipt(books):
    result = read(pulled(books), "journal_entries")
    assert (result.rejects, len(result.table)) == ([], 60)
    row = result.table["external_id"].tolist().index("je-0001:je-0001-1")
    assert (result.table["account"][row], int(result.table["amount"][row]), result.table["currency"][row]) == (
        "1010",
        101_733,
        "KES",
    )
    assert json.loads(result.table["dimensions"][row]) == {
        "branch": "br-2",
        "document": "pos_sale",
        "warehouse": "wh-1",
    }
    assert "SJK01XY01Z" in result.table["references"][row].split("\n")
    assert str(result.table["booking_date"][row]) == "2026-10-02"


def test_a_sale_is_one_transaction_a_tender(books):
    table = read(pulled(books), "pos_sales").table
    assert table["external_id"].tolist()[:2] == ["ps-0001:t1", "ps-0001:t2"]
    assert table["account"].tolist()[:2] == ["mpesa", "cash"]
    assert table["amount"].tolist()[:2] == [96_733, 5_000]
    assert "SJK01XY01Z" in table["references"][0]


def test_payments_and_refunds_and_a_kind_nobody_knows(books):
    books.put(
        "payments",
        "pay-3",
        kind="reversed",
        amount="1.00",
        currency="KES",
        method="mpesa",
        paid_at="2026-10-07T10:00:00+03:00",
    )
    result = read(pulled(books), "payments")
    assert list(zip(result.table["kind"].tolist(), result.table["amount"].tolist(), strict=True)) == [
        ("charge", 250_000),
        ("refund", -50_000),
    ]
    assert [(reject.external_id, reject.path, reject.value) for reject in result.rejects] == [
        ("pay-3", "kind", "reversed")
    ]


def test_documents_and_names_are_kept_as_evidence(books):
    shelf = pulled(books)
    for stream in ("invoices", "branches", "warehouses"):
        result = read(shelf, stream)
        assert (len(result.table), result.rejects, bool(result.evidence)) == (0, [], True)


def test_an_entry_that_does_not_balance_is_quarantined(books):
    books.held["journal-entries"]["je-0003"]["lines"][0]["debit"] = "1.00"
    (reject,) = read(pulled(books), "journal_entries").rejects
    assert "Debits equal credits" in reject.reason


def test_postings_add_up_to_the_trial_balance_and_any_missing_one_shows(books):
    table = read(pulled(books), "journal_entries").table
    rows = list(zip(table["account"].tolist(), table["amount"].tolist(), table["booking_date"].tolist(), strict=True))
    reported = {(item.account, item.day): item.minor for item in ledger(books).balances([date(2026, 10, 9), DAY])}
    assert len(reported) == 2 * len(ACCOUNTS)

    def holds(rows):
        return all(
            minor == sum(moved for where, moved, day in rows if where == account and day <= until)
            for (account, until), minor in reported.items()
        )

    assert holds(rows)
    assert not any(holds(rows[:at] + rows[at + 1 :]) for at in range(len(rows)))


def test_voided_and_late_documents_are_seen_and_nothing_else_changes(books):
    shelf = pulled(books)
    versions = set(shelf.versions)
    pulled(books, shelf)
    assert shelf.versions == versions
    books.put("journal-entries", "je-0002", status="void")
    books.journal("je-0000", date(2026, 10, 2), [("1020", 100, "br-1", "wh-1"), ("4000", -100, "br-1", "wh-1")])
    pulled(books, shelf)
    found = read(shelf, "journal_entries").table["external_id"].tolist()
    assert not any(name.startswith("je-0002:") for name in found)
    assert "je-0000:je-0000-1" in found


@pytest.mark.soak
def test_a_pull_cut_at_any_page_and_at_random_steps_ends_the_same(books):
    source = ledger(books, size=4)
    whole = Shelf()
    whole.pull(source)
    assert whole.pages > 15
    cuts = [[cut] for cut in range(1, whole.pages)]
    draw = random.Random(9)
    cuts += [[draw.randrange(1, 9) for _ in range(3)] for _ in range(scaled(500))]
    for steps in cuts:
        shelf = Shelf()
        for step in steps:
            shelf.pull(source, cut_after=step)
        shelf.pull(source)
        assert shelf.payloads() == whole.payloads(), steps


def entry(**changes):
    lines = (EntryLine("6000", 5_500, "Charges", (("branch", "br-1"),)), EntryLine("1010", -5_500, "Charges"))
    return Entry(**{"day": DAY, "currency": "KES", "memo": "M-Pesa charges", "lines": lines, **changes})


def test_an_entry_is_posted_once_found_and_read_back(books):
    target = ledger(books)
    payload = target.render(entry(), REFERENCE)
    assert json.loads(payload)["lines"] == [
        {"account_id": "6000", "debit": "55.00", "description": "Charges", "branch_id": "br-1"},
        {"account_id": "1010", "credit": "55.00", "description": "Charges"},
    ]
    document = target.post(payload, reference=REFERENCE, key="key-1")
    assert target.post(payload, reference=REFERENCE, key="key-1") == document == target.read(document.document_id)
    assert [(line.account, line.minor) for line in document.lines] == [("6000", 5_500), ("1010", -5_500)]
    assert len(books.held["journal-entries"]) == 31
    with pytest.raises(ValueError, match="reference"):
        target.post(payload, reference="awra:w-78", key="key-2")


def test_refusals_speak_in_its_own_words(books):
    target = ledger(books)
    books.closed_through = DAY.isoformat()
    assert not target.period_open(DAY)
    with pytest.raises(PostingRefused, match="closed through 2026-10-31"):
        target.post(target.render(entry(), REFERENCE), reference=REFERENCE, key="k")
    with pytest.raises(TransportError, match="unknown key"):
        ledger(books, key="wrong").accounts()
