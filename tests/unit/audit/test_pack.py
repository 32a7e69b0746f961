"""The audit pack as data: what is in it, where it is split, and that no text of the data reaches a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.audit.pack import AuditPack, ReconciliationPack, SidePack, build
from awra_desk.audit.pack_grid import cut, utf16_length
from awra_desk.audit.pack_words import BUCKETS, LEGEND, REASONS, bucket, evidence_words, reason_words
from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.domain.errors import UserError
from awra_desk.domain.reasons import Reason
from awra_desk.domain.runs import ItemCategory, ReconcilingItem, SideTotals
from awra_desk.exporters.xlsx import XlsxWriter
from awra_desk.ports.columns import empty, table
from awra_desk.ports.schemas import MATCH_MEMBERS, OPEN_ITEMS, TRANSACTIONS
from awra_desk.ports.workbook import Cell, Formula, Link, Sheet
from tests.unit.audit.pack_sample import NOW, PERIOD, audit_pack, reconciliation_pack
from tests.unit.exporters.hostile import HOSTILE
from tests.unit.exporters.xlsx_parts import external_relations, formulas

FIRST_ROW = 4  # of data in a detail sheet, from 0


def built(pack: AuditPack, **limits: int) -> dict[str, list[list[Cell]]]:
    """Sheets by name, their rows made; each must be as many as announced, under a legal name of its own."""
    sheets = build(pack, **limits)
    found = {sheet.name: [list(row) for row in sheet.rows] for sheet in sheets}
    assert len({sheet.name.casefold() for sheet in sheets}) == len(sheets)
    for sheet in sheets:
        assert sheet.row_count == len(found[sheet.name]), sheet.name
        assert len(sheet.name) <= 31
        assert not re.search(r"[\[\]:*?/\\]", sheet.name)
        assert all(len(row) <= len(sheet.widths) for row in found[sheet.name]), sheet.name
    return found


def column(rows: list[list[Cell]], title: str) -> list[object]:
    """Values of a detail sheet's column; of a formula the cached one."""
    index = [cell.value for cell in rows[FIRST_ROW - 1]].index(title)
    values = [row[index].value for row in rows[FIRST_ROW:]]
    return [value.cached if isinstance(value, Formula) else value for value in values]


def beside(rows: list[list[Cell]], label: str, place: int = 3) -> object:
    """What stands in the row of this label."""
    row = next(row for row in rows if any(cell.value == label for cell in row))
    value = row[place].value
    return value.cached if isinstance(value, Formula) else value


def all_formulas(rows: Iterable[list[Cell]]) -> list[Formula]:
    return [cell.value for row in rows for cell in row if isinstance(cell.value, Formula)]


def blank_pack(currency: str = "USD") -> AuditPack:
    """A company with a reconciliation in which nothing happened."""
    full = reconciliation_pack(orders=1, currency=currency)
    none = SidePack(empty(TRANSACTIONS), np.array([], dtype=np.int64), np.array([], dtype=bool))
    statement = replace(full.statement, source=SideTotals(5, 0, 5), ledger=SideTotals(5, 0, 5), items=())
    pack = replace(
        full, statement=statement, source=none, ledger=none, members=empty(MATCH_MEMBERS), open_items=empty(OPEN_ITEMS)
    )
    return AuditPack("Quiet Ltd", PERIOD, "Africa/Nairobi", "wanjiru", NOW, (), (pack,))


def test_the_sheets_and_their_order() -> None:
    assert list(built(audit_pack(reconciliation_pack(orders=60)))) == [
        "Cover", "1 Statement", "1.1 Source", "1.2 Ledger", "1.3 Items", "1.4 Matched", "1.5 Suggested", "1.6 Open",
        "Exceptions", "Decisions", "Entries", "Entry lines", "Attempts", "Control totals", "Quarantine", "Trail",
        "Seal",
    ]  # fmt: skip


@pytest.mark.parametrize(("currency", "text"), [("USD", "1234.56"), ("KWD", "123.456"), ("JPY", "123456")])
def test_amounts_have_their_currency_s_decimals(currency: str, text: str) -> None:
    sheets = built(audit_pack(reconciliation_pack(orders=60, currency=currency), currency=currency))
    assert str(beside(sheets["1 Statement"], "Opening balance at 2026-09-30")) == text
    exponents = {
        value.as_tuple().exponent
        for value in column(sheets["1.1 Source"], f"Amount {currency}")
        if isinstance(value, Decimal)
    }
    assert exponents == {-len(text.partition(".")[2])}


@pytest.mark.parametrize("currency", ["USD", "KWD", "JPY"])
def test_a_period_without_rows(tmp_path: Path, currency: str) -> None:
    pack = blank_pack(currency)
    sheets = built(pack)
    assert beside(sheets["1 Statement"], "Unexplained") == 0
    assert len(sheets["1.1 Source"]) == FIRST_ROW
    XlsxWriter().write(build(pack), tmp_path / "a.xlsx", title="x", author="y", created=NOW)


def test_a_company_without_reconciliations() -> None:
    sheets = built(AuditPack("New Ltd", PERIOD, "Africa/Nairobi", "wanjiru", NOW, (), ()))
    assert list(sheets)[:2] == ["Cover", "Exceptions"]


def test_open_items_say_what_would_have_matched_them() -> None:
    cells = column(built(audit_pack(reconciliation_pack(orders=60)))["1.6 Open"], "What would have matched it")
    assert "Would be confirmed if the ledger could follow 6 days later" in cells


def test_the_statement_proves_the_difference() -> None:
    pack = reconciliation_pack(orders=200)
    rows = built(audit_pack(pack))["1 Statement"]
    statement = pack.statement
    assert beside(rows, "To be explained: ledger less source") == Decimal(
        statement.ledger.closing - statement.source.closing
    ).scaleb(-2)
    assert beside(rows, "Reconciling items") == Decimal(statement.reconciling).scaleb(-2)
    assert beside(rows, "Unexplained") == 0
    assert beside(rows, "Unexplained", 5) == "✓ nil"
    assert beside(rows, "difference within a match", 2) == 5
    assert beside(rows, "missing in ledger", 3) == beside(rows, "missing in ledger", 4), "by items and by rows"


def test_what_does_not_add_up_is_said() -> None:
    pack = reconciliation_pack(orders=60)
    closing = replace(pack.statement.ledger, closing=pack.statement.ledger.closing + 7)
    sheets = built(audit_pack(replace(pack, statement=replace(pack.statement, ledger=closing))))
    assert beside(sheets["1 Statement"], "Unexplained") == Decimal("0.07")
    assert beside(sheets["1 Statement"], "Unexplained", 5) == "✗ not nil"
    assert beside(sheets["Cover"], "Stripe balance", 8) == "✗ unexplained"


def test_an_item_that_no_row_stands_behind_shows_beside_the_rows() -> None:
    pack = reconciliation_pack(orders=60)
    stray = ReconcilingItem(ItemCategory.IN_TRANSIT, "source", "stripe/none", PERIOD.last, -500, "nothing behind it")
    rows = built(audit_pack(replace(pack, statement=replace(pack.statement, items=(*pack.statement.items, stray)))))[
        "1 Statement"
    ]
    assert beside(rows, "in transit") == Decimal("-5.00")
    assert beside(rows, "in transit", 4) == 0
    assert beside(rows, "in transit", 5) == "✗ differs"


def test_rows_other_than_the_statement_s_are_refused() -> None:
    pack = reconciliation_pack(orders=60)
    fewer = SidePack(
        pack.source.rows.take(slice_ := np.arange(5, len(pack.source.rows))),
        pack.source.minor[slice_],
        pack.source.opening_item[slice_],
    )
    with pytest.raises(
        UserError,
        match=r"Stripe balance: the source rows of the period are not those of its statement.*Reconcile again",
    ):
        build(audit_pack(replace(pack, source=fewer)))


def test_long_tables_go_on_under_another_name() -> None:
    pack = audit_pack(reconciliation_pack(orders=100))
    whole, split = built(pack), built(pack, row_limit=40)
    names = [name for name in split if name.startswith("1.1 Source")]
    assert names[:3] == ["1.1 Source", "1.1 Source (2)", "1.1 Source (3)"]
    assert all(len(rows) <= 40 for name, rows in split.items() if name[:3] not in {"Cov", "1 S"})
    assert [value for name in names for value in column(split[name], "Record")] == column(whole["1.1 Source"], "Record")
    for label in ("Movements of the period", "Reconciling items", "Unexplained"):
        assert beside(split["1 Statement"], label) == beside(whole["1 Statement"], label)
    text = next(formula.text for formula in all_formulas(split["1 Statement"]) if "SUMIFS" in formula.text)
    assert all(f"'{name}'!" in text for name in names), "a sum reaches over every part"
    assert {cell.value.sheet for row in split["Cover"] for cell in row if isinstance(cell.value, Link)} == set(
        split
    ) - {"Cover"}


def test_a_group_that_straddles_two_sheets_still_differs_rightly() -> None:
    pack = audit_pack(reconciliation_pack(orders=100))
    for limit in range(12, 20):
        sheets = built(pack, row_limit=limit)
        parts = [rows for name, rows in sheets.items() if name.startswith("1.4 Matched")]
        straddling = [
            formula for rows in parts for formula in all_formulas(rows) if formula.text.count("'1.4 Matched") >= 4
        ]
        assert [value for rows in parts for value in column(rows, "Difference")] == column(
            built(pack)["1.4 Matched"], "Difference"
        )
        if straddling:
            return
    raise AssertionError("no limit split a group")


def test_a_text_too_long_for_a_cell_is_whole_on_the_overflow_sheet() -> None:
    essay = "Äé" * 30 + "\U0001f600" * 60
    pack = audit_pack(reconciliation_pack(orders=41), text=lambda words: words if "Seen" not in words else essay)
    rules = replace(pack.reconciliations[0], rules=(("Policy", essay),))
    sheets = built(replace(pack, reconciliations=(rules,)), text_limit=100)
    cell = column(sheets["Decisions"], "Reason")[0]
    assert isinstance(cell, str)
    assert utf16_length(cell) <= 100
    reference = re.search(r"sheet Overflow, (T\d+)\]$", cell)
    assert reference
    overflow = sheets["Overflow"]
    pieces = [
        text
        for key, text in zip(column(overflow, "Reference"), column(overflow, "Text"), strict=True)
        if key == reference[1]
    ]
    assert "".join(map(str, pieces)) == essay
    assert all(utf16_length(str(piece)) <= 100 for piece in pieces)
    assert any(
        str(cell.value).endswith("]") and str(cell.value).startswith("Äé") for row in sheets["Cover"] for cell in row
    ), "the cover's too"
    texts = [
        cell.value
        for name, rows in sheets.items()
        for row in rows[FIRST_ROW:]
        for cell in row
        if isinstance(cell.value, str) and name != "Cover"
    ]
    assert max(map(utf16_length, texts)) <= 100


def test_without_long_texts_there_is_no_overflow_sheet() -> None:
    assert "Overflow" not in built(audit_pack(reconciliation_pack(orders=41)))


@given(st.text(max_size=80), st.integers(min_value=2, max_value=30))
def test_pieces_join_to_the_text(text: str, limit: int) -> None:
    pieces = cut(text, limit)
    assert "".join(pieces) == text
    assert all(utf16_length(piece) <= limit for piece in pieces)


def test_figures_beyond_fifteen_digits_are_exact_and_no_formula() -> None:
    pack = reconciliation_pack(orders=41)
    huge = 10**15 + 7
    minor = np.array([huge, *pack.source.minor.tolist()[1:]], dtype=np.int64)
    moved = int(minor[~pack.source.opening_item].sum())
    first = pack.source.rows["id"][0]
    totals = SideTotals(0, moved, moved)
    matched = pack.members["id"] == first
    members = pack.members.with_columns(allocated=np.where(matched, huge, pack.members["allocated"]))
    large = replace(
        pack,
        source=SidePack(pack.source.rows, minor, pack.source.opening_item),
        statement=replace(pack.statement, source=totals),
        members=members,
    )
    sheets = built(audit_pack(large))
    shown = next(row for row in sheets["1 Statement"] if row[1:] and row[1].value == "Movements of the period")[3].value
    assert shown == Decimal(moved).scaleb(-2)
    assert (
        max(
            abs(formula.cached)
            for rows in sheets.values()
            for formula in all_formulas(rows)
            if isinstance(formula.cached, Decimal)
        )
        < 10**13
    )


def test_no_text_of_the_data_reaches_a_formula(tmp_path: Path) -> None:
    words = iter([text for text in HOSTILE if len(text) < 1_000] * 200)
    pack = audit_pack(reconciliation_pack(orders=60, text=lambda _: next(words)), text=lambda _: next(words))
    sheets = built(pack)
    plain = built(audit_pack(reconciliation_pack(orders=60)))
    for name, rows in sheets.items():
        assert [formula.text for formula in all_formulas(rows)] == [
            formula.text for formula in all_formulas(plain[name])
        ], name
    path = tmp_path / "a.xlsx"
    XlsxWriter().write(build(pack), path, title=pack.title, author=pack.prepared_by, created=pack.prepared_at)
    assert formulas(path) == [
        formula.text.removeprefix("=") for rows in sheets.values() for formula in all_formulas(rows)
    ]
    assert external_relations(path) == []


def test_hostile_kinds_become_harmless_criteria() -> None:
    pack = reconciliation_pack(orders=60)
    streams = np.array(
        [
            ["*", "<5", "=A1", "?~", "12", "", "Sales_Receipts", "sales receipts"][n % 8]
            for n in range(len(pack.ledger.rows))
        ],
        dtype=object,
    )
    ledger = SidePack(pack.ledger.rows.with_columns(stream=streams), pack.ledger.minor, pack.ledger.opening_item)
    sheets = built(audit_pack(replace(pack, ledger=ledger)))
    labels = {str(value) for value in column(sheets["1.2 Ledger"], "Type")}
    assert labels == {"type", "type 5", "a1", "type 12", "sales receipts"}


def test_matches_settled_before_the_period_are_left_out() -> None:
    pack = _with_settled_pair(reconciliation_pack(orders=60))
    sheets = built(audit_pack(pack))
    assert "stripe/old" not in column(sheets["1.1 Source"], "Record")
    assert "m-old" not in column(sheets["1.4 Matched"], "Match")
    assert beside(sheets["1 Statement"], "Unexplained") == 0


def _with_settled_pair(pack: ReconciliationPack) -> ReconciliationPack:
    """With a pair of last month that was agreed then; it is inside the opening balances."""
    sides = []
    for side, key in ((pack.source, "stripe/old"), (pack.ledger, "quickbooks/old")):
        rows = side.rows.take([0])
        rows = rows.with_columns(
            id=np.array([key], dtype=object), booking_date=np.array(["2026-09-12"], dtype="datetime64[D]")
        )
        both = {name: np.concatenate([rows[name], side.rows[name]]) for name in rows.names}
        sides.append(SidePack(type(rows)(both), np.append([900], side.minor), np.append([False], side.opening_item)))
    old = {
        name: [row] * 2
        for name, row in zip(
            MATCH_MEMBERS, ("m-old", "", "", 900, "USD", "confirmed", 1.0, "1:1", "keys", "", "{}"), strict=True
        )
    }
    extra = table(MATCH_MEMBERS, {**old, "side": ["source", "ledger"], "id": ["stripe/old", "quickbooks/old"]})
    members = type(extra)({name: np.concatenate([extra[name], pack.members[name]]) for name in extra.names})
    return replace(pack, source=sides[0], ledger=sides[1], members=members)


def test_marks_tell_rule_person_difference_and_suggestion() -> None:
    sheets = built(audit_pack(reconciliation_pack(orders=60)))
    marks = dict(zip(column(sheets["1.4 Matched"], "Match"), column(sheets["1.4 Matched"], "Mark"), strict=True))
    assert marks["m-000000"] == "P"
    assert marks["m-000001"] == "✓"
    assert marks["m-000009"] == "✓ Δ"
    assert set(column(sheets["1.5 Suggested"], "Mark")) == {"?"}
    legend = {mark for mark, _ in LEGEND}
    assert {part for mark in marks.values() for part in str(mark).split()} <= legend


def test_an_undone_decision_marks_nothing_and_stays_on_record() -> None:
    pack = audit_pack(reconciliation_pack(orders=60))
    undone = [replace(decision, undone_at=NOW, undone_by="otieno") for decision in pack.decisions]
    excluded = Decision(
        "d-2", "c", "Stripe balance", DecisionKind.EXCLUDE, (("source", "x"),), "wanjiru", NOW, "a test charge"
    )
    sheets = built(replace(pack, decisions=[*undone, excluded]))
    assert "P" not in column(sheets["1.4 Matched"], "Mark")
    assert sorted(map(str, column(sheets["Decisions"], "Undone by"))) == ["", "otieno"]


def test_a_changed_trail_is_said_on_the_cover() -> None:
    pack = audit_pack(reconciliation_pack(orders=41))
    trail = [replace(entry, actor="somebody else") if entry.sequence == 5 else entry for entry in pack.trail]
    cover = built(replace(pack, trail=trail))["Cover"]
    assert str(beside(cover, "Trail, when this was written", 1)).startswith("✗ Row 5 was changed")


def test_an_approval_of_an_earlier_generation_is_not_shown_as_one() -> None:
    pack = audit_pack(reconciliation_pack(orders=41))
    edited = [replace(write, generation=2) if write.write_id == "w-0003" else write for write in pack.writes]
    sheets = built(replace(pack, writes=edited))
    approved = dict(zip(column(sheets["Entries"], "Entry"), column(sheets["Entries"], "Approved by"), strict=True))
    assert approved["w-0003"] == ""
    assert approved["w-0004"] == "otieno"


def test_every_reason_has_words_and_every_age_a_bucket() -> None:
    assert set(REASONS) == set(Reason)
    assert reason_words("MISSING_IN_LEDGER").startswith("The source reports it")
    assert (reason_words(""), reason_words("NEW_CODE")) == ("", "NEW_CODE")
    ages = [-1, 0, 7, 8, 30, 31, 60, 61, 90, 91]
    assert [bucket(age) for age in ages] == [
        "after the period", "0-7 days", "0-7 days", "8-30 days", "8-30 days", "31-60 days", "31-60 days",
        "61-90 days", "61-90 days", "over 90 days",
    ]  # fmt: skip
    assert {bucket(age) for age in ages} == set(BUCKETS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("not json", "not json"),
        ("[1]", "[1]"),
        (
            '{"nearest_id": "a", "failed_gate": "date", "by_how_much": "3 days"}',
            "Nearest candidate a, fails date by 3 days",
        ),
        ('{"expected": "1050", "actual": "1000"}', "Expected 10.50 USD. Actual 10.00 USD"),
        (
            '{"candidates": [{"id": "b", "score": 0.8, "failed_gate": "amount"}]}',
            "Candidates: b (score 0.8), fails amount",
        ),
        ('{"match_id": "m-1", "records": 3}', "Match id: m-1. Records: 3"),
    ],
)
def test_evidence_is_read_out(text: str, words: str) -> None:
    assert evidence_words(text, "USD") == words


def test_sheets_can_be_built_twice_with_the_same_content() -> None:
    pack = audit_pack(reconciliation_pack(orders=60))
    first, second = built(pack), built(pack)
    assert first == second
    assert isinstance(build(pack)[0], Sheet)
