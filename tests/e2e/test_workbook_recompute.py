"""The audit workbook at a real month's size: recomputed by an independent engine, figures and texts read back."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from awra_desk.audit import chain
from awra_desk.audit.pack import AuditPack, build
from awra_desk.domain.trail import TrailEntry
from awra_desk.exporters.xlsx import XlsxWriter
from tests.e2e.workbook_engine import Book, Recomputed
from tests.unit.audit.pack_sample import COMPANY, PERIOD, audit_pack, reconciliation_pack


def write(pack: AuditPack, path: Path, **limits: int) -> None:
    XlsxWriter().write(build(pack, **limits), path, title=pack.title, author=pack.prepared_by, created=pack.prepared_at)


@pytest.fixture(scope="module")
def pack() -> AuditPack:
    """A month of 1,200 orders in US dollars and smaller ones in dinar and yen."""
    return audit_pack(
        reconciliation_pack(orders=1200),
        reconciliation_pack("Stripe payouts", orders=60, seed=2, sign=-1),
        reconciliation_pack("Kuwait till", orders=50, currency="KWD", seed=3),
        reconciliation_pack("Tokyo stand", orders=50, currency="JPY", seed=4),
    )


@pytest.fixture(scope="module")
def path(pack: AuditPack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbook") / "pack.xlsx"
    write(pack, path)
    return path


@pytest.fixture(scope="module")
def book(path: Path) -> Book:
    return Book(path)


def compare(book: Book) -> int:
    """Compares every formula's cached value with what it computes, to the last decimal; returns how many there are."""
    recomputed = Recomputed(book)
    for address, text in book.formulas.items():
        shown, found = book.cached[address], recomputed.value(address)
        if isinstance(shown, str):
            assert found == shown, (address, text[:200])
        else:
            assert Decimal(repr(float(found))) == Decimal(repr(float(shown))), (address, text[:200])
    return len(book.formulas)


def test_every_formula_shows_what_it_computes(book: Book) -> None:
    assert compare(book) > 1500


def test_every_formula_holds_over_split_sheets(tmp_path: Path) -> None:
    path = tmp_path / "split.xlsx"
    write(audit_pack(reconciliation_pack(orders=250)), path, row_limit=90)
    book = Book(path)
    assert {"1.1 Source (4)", "1.2 Ledger (4)", "1.4 Matched (4)"} <= set(book.names)
    assert compare(book) > 300


def figure(recomputed: Recomputed, sheet: str, label: str, occurrence: int = 0) -> float:
    """The amount beside the nth line of a statement that begins with this label."""
    rows = sorted(
        row for (name, row, column), value in recomputed.cells.items() if (name, column, value) == (sheet, 2, label)
    )
    return float(recomputed.value((sheet, rows[occurrence], 4)))


@pytest.mark.parametrize(("sheet", "block"), [("1.1 Source", 0), ("1.2 Ledger", 1)])
def test_a_row_taken_away_breaks_the_statement(book: Book, sheet: str, block: int) -> None:
    counts_as, amounts = book.column(sheet, "Counts as"), book.column(sheet, "Amount USD")
    row = next(row for row, word in counts_as.items() if word == "period" and row > 40)
    recomputed = Recomputed(book, {book.address(sheet, "Amount USD", row): None})
    gap = figure(recomputed, "1 Statement", "Reported less calculated", block)
    assert gap == pytest.approx(float(amounts[row]), abs=1e-9)
    assert gap != 0


def test_an_item_taken_away_leaves_its_amount_unexplained(book: Book) -> None:
    amounts = book.column("1.3 Items", "Amount USD")
    recomputed = Recomputed(book, {book.address("1.3 Items", "Amount USD", 8): None})
    assert figure(recomputed, "1 Statement", "Unexplained") == pytest.approx(float(amounts[8]), abs=1e-9)
    assert figure(Recomputed(book), "1 Statement", "Unexplained") == 0


def test_what_was_put_in_comes_out(pack: AuditPack, book: Book) -> None:
    for number, item in enumerate(pack.reconciliations, 1):
        digits = {"USD": 2, "KWD": 3, "JPY": 0}[item.spec.currency]
        for suffix, side in (("1 Source", item.source), ("2 Ledger", item.ledger)):
            records = book.column(f"{number}.{suffix}", "Record")
            amounts = book.column(f"{number}.{suffix}", f"Amount {item.spec.currency}")
            assert Counter(records.values()) == Counter(side.rows["id"].tolist())
            shown = {records[row]: Decimal(str(amount)).scaleb(digits) for row, amount in amounts.items()}
            assert shown == {
                key: Decimal(minor) for key, minor in zip(side.rows["id"].tolist(), side.minor.tolist(), strict=True)
            }
        confirmed = item.members.take(item.members["status"] == "confirmed")
        assert set(book.column(f"{number}.4 Matched", "Match").values()) == set(confirmed["match_id"].tolist())
        assert len(book.column(f"{number}.3 Items", "Record")) == len(item.statement.items)
    assert set(book.column("Exceptions", "Exception").values()) == {item.exception_id for item in pack.exceptions}
    assert list(book.column("Entries", "Payload").values()) == [write.payload for write in pack.writes]
    assert list(book.column("Entries", "Approved by").values()) == [None, *["otieno"] * 5]


def test_the_trail_can_be_verified_from_the_workbook_alone(pack: AuditPack, book: Book) -> None:
    titles = ("No.", "At (UTC)", "Actor", "Action", "Subject", "Detail", "Previous digest", "Digest")
    columns = [book.column("Trail", title).values() for title in titles]
    entries = [
        TrailEntry(
            COMPANY, number, datetime.fromisoformat(at), actor, action, subject, json.loads(detail), previous, digest
        )
        for number, at, actor, action, subject, detail, previous, digest in zip(*columns, strict=True)
    ]
    assert entries == list(pack.trail)
    assert chain.verify(entries, anchor=chain.head(pack.trail)) is None


def test_the_cover_names_what_an_auditor_asks_for(book: Book) -> None:
    cover = [str(value) for (sheet, _, _), value in book.cached.items() if sheet == "Cover"]
    for words in (
        COMPANY,
        str(PERIOD.first),
        "Wanjirũ Kamau",
        "api.stripe.com",
        "✓ proven",
        "Rules in force: Tokyo stand",
        "✓ whole, 12 rows",
    ):
        assert any(words in text for text in cover), words
    assert set(book.names) - {"Cover"} <= set(cover), "the index leads to every sheet"


def test_the_same_pack_gives_the_same_bytes(pack: AuditPack, path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    write(pack, again)
    assert again.read_bytes() == path.read_bytes()
