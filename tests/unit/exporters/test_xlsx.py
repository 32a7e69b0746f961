"""The workbook writer: what goes in comes out, nothing else becomes active, and there is never half a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from awra_desk.domain.errors import UserError
from awra_desk.exporters.xlsx import XlsxWriter
from awra_desk.exporters.xlsx_text import escaped, looks_active
from awra_desk.ports.workbook import Cell, Formula, Link, Sheet, Style, Value
from tests.unit.exporters.hostile import HOSTILE
from tests.unit.exporters.xlsx_parts import decoded, external_relations, formulas, texts

NOW = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)


def sheet_of(*values: Value, style: Style = Style.TEXT, name: str = "Sheet") -> Sheet:
    return Sheet(name, [20], [[Cell(value, style)] for value in values], 2, None, len(values))


def write(path: Path, *sheets: Sheet, title: str = "Pack", author: str = "Wanjirũ") -> Path:
    XlsxWriter().write(sheets, path, title=title, author=author, created=NOW)
    return path


def first_column(path: Path) -> list[object]:
    return [row[0] for row in load_workbook(path).worksheets[0].iter_rows(values_only=True)]


def test_hostile_texts_come_back_as_they_were(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", sheet_of(*HOSTILE))
    assert texts(path) == {f"A{row}": text for row, text in enumerate(HOSTILE, 1)}
    assert [decoded(str(value)) for value in first_column(path)] == HOSTILE, "by another reader too"
    assert formulas(path) == []
    assert external_relations(path) == []


@pytest.mark.parametrize("style", list(Style))
def test_a_text_is_a_text_in_every_style(tmp_path: Path, style: Style) -> None:
    path = write(tmp_path / "a.xlsx", sheet_of("=1+1", "http://a.example", "12", style=style))
    assert texts(path) == {"A1": "=1+1", "A2": "http://a.example", "A3": "12"}
    assert formulas(path) == []
    assert external_relations(path) == []


def test_hostile_document_properties_and_sheet_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", sheet_of("x", name="=1+1 & <b> q's"), title="=1+1 <x>&", author="</dc:creator>")
    book = load_workbook(path)
    assert book.sheetnames == ["=1+1 & <b> q's"]
    assert book.properties.title == "=1+1 <x>&"
    assert book.properties.creator == "</dc:creator>"
    assert book.properties.created == NOW.replace(tzinfo=None)


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60), min_size=1, max_size=40))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    path = write(tmp_path_factory.mktemp("text") / "a.xlsx", sheet_of(*values))
    assert texts(path) == {f"A{row}": text for row, text in enumerate(values, 1) if text}
    assert formulas(path) == []


@given(st.text(alphabet=st.sampled_from("_x04F<r>/\x01ab"), max_size=40))
def test_escaping_is_lossless(text: str) -> None:
    assert decoded(escaped(text)) == text


def test_what_looks_like_rich_text_is_written_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", sheet_of("<r><t>raw</t></r>"))
    assert first_column(path) == ["<r><t>raw</t></r>"]
    with ZipFile(path) as archive:
        assert b"&lt;r&gt;&lt;t&gt;raw&lt;/t&gt;&lt;/r&gt;" in archive.read("xl/worksheets/sheet1.xml")


def test_active_texts_are_quoted_and_plain_ones_are_not(tmp_path: Path) -> None:
    active = ["=1", "+1", "-1", "@a", "\t=1", "\r1", "\n1", " =1", "'=1", ";-1", "＝1", "−1", "%1"]
    quiet = ["Order 1", "1-2", "a=b", "ch_1", "Ødegård", "12.50", "(5)"]
    assert all(map(looks_active, active))
    assert not any(map(looks_active, quiet))
    book = load_workbook(write(tmp_path / "a.xlsx", sheet_of(*active, *quiet)))
    cells = [row[0] for row in book.worksheets[0].iter_rows()]
    assert [cell.quotePrefix for cell in cells] == [True] * len(active) + [False] * len(quiet)
    assert {cell.number_format for cell in cells} == {"@"}, "stays text when somebody edits it"


def test_money_is_exact_with_its_own_decimals(tmp_path: Path) -> None:
    values = [
        Decimal("1234.50"),
        Decimal("-0.01"),
        Decimal("12.345"),
        Decimal(-1200),
        Decimal("9999999999999.99"),
        Decimal("0.00"),
    ]
    book = load_workbook(write(tmp_path / "a.xlsx", sheet_of(*values, style=Style.MONEY)))
    cells = [row[0] for row in book.worksheets[0].iter_rows()]
    assert [Decimal(str(cell.value)) for cell in cells] == values
    decimals = [len(re.match(r"#,##0\.?(0*)", cell.number_format)[1]) for cell in cells]
    assert decimals == [2, 2, 3, 0, 2, 2]
    assert all("(" in cell.number_format for cell in cells), "negative figures stand in parentheses"


@pytest.mark.parametrize(
    "value", [Decimal("12345678901234.56"), Decimal(-1234567890123456), 10**15, Decimal("0.1234567890123456")]
)
def test_a_figure_beyond_fifteen_digits_is_text(tmp_path: Path, value: Decimal | int) -> None:
    path = write(tmp_path / "a.xlsx", sheet_of(value, style=Style.MONEY))
    assert texts(path) == {"A1": str(value)}


def test_days_are_dates_and_instants_are_utc_text(tmp_path: Path) -> None:
    nairobi = timezone(timedelta(hours=3))
    values = [date(2026, 10, 31), date(1900, 3, 1), date(1899, 12, 31), datetime(2026, 10, 1, 1, 30, tzinfo=nairobi)]
    path = write(tmp_path / "a.xlsx", sheet_of(*values, style=Style.DAY))
    shown = [value.date() if isinstance(value, datetime) else value for value in first_column(path)]
    assert shown == [date(2026, 10, 31), date(1900, 3, 1), "1899-12-31", "2026-09-30T22:30:00Z"]


def test_formulas_and_links(tmp_path: Path) -> None:
    cells = [
        Cell(Formula("=SUM(B1:C1)", Decimal("3.50")), Style.TOTAL),
        Cell(Decimal("1.25"), Style.MONEY),
        Cell(Decimal("2.25"), Style.MONEY),
    ]
    words = [
        Cell(Formula('=IF(A1=0,"✓ nil","✗ not nil")', "✗ not nil"), Style.CHECK),
        Cell(Link("It's 2")),
        Cell(Formula("=COUNTA(A1:C1)", 3), Style.COUNT),
    ]
    path = write(tmp_path / "a.xlsx", Sheet("First", [9, 9, 9], [cells, words], 2), sheet_of("x", name="It's 2"))
    assert formulas(path) == ["SUM(B1:C1)", 'IF(A1=0,"✓ nil","✗ not nil")', "COUNTA(A1:C1)"]
    cached = load_workbook(path, data_only=True)["First"]
    assert [cached[place].value for place in ("A1", "A2", "C2")] == [3.5, "✗ not nil", 3]
    assert load_workbook(path)["First"]["B2"].hyperlink.location == "'It''s 2'!A1"
    assert external_relations(path) == []


def test_a_detail_sheet_is_laid_out_to_be_read(tmp_path: Path) -> None:
    rows = [
        [Cell("Title", Style.TITLE)],
        [Cell("Id", Style.HEADING), Cell("Amount", Style.HEADING_RIGHT)],
        [Cell("a"), Cell(Decimal("-1.00"), Style.MONEY)],
    ]
    path = write(tmp_path / "a.xlsx", Sheet("Rows", [150, 140], rows, 2, 1, 3))
    sheet = load_workbook(path)["Rows"]
    assert sheet.freeze_panes == "A3"
    assert sheet.auto_filter.ref == "A2:B3"
    assert sheet.print_title_rows == "$2:$2"
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in {(1, 0), (None, 0)}
    assert (sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width) == pytest.approx(
        (150.7, 140.7), abs=0.1
    )
    assert sheet["B3"].alignment.horizontal == "right"


@pytest.mark.parametrize(
    ("sheets", "words"),
    [
        ([sheet_of("x" * 32_768)], "longer than a cell holds"),
        ([sheet_of("fine", "half \ud83d")], "sheet Sheet, cell A2: the text holds half of a surrogate pair (U+D83D)"),
        ([Sheet("Sheet", [5], [[Cell("a")]], 2, None, 2)], "2 rows were announced, 1 came"),
        ([Sheet("Sheet", [5], [[Cell(None)] * 16_384 + [Cell("a")]], 2)], "outside the sheet's rows or columns"),
        ([sheet_of("a", name="no [such] name")], "the workbook cannot hold this"),
        ([sheet_of("a", name="n" * 32)], "the workbook cannot hold this"),
        ([sheet_of("a", name="Same"), sheet_of("a", name="same")], "the workbook cannot hold this"),
        ([sheet_of(Formula("=A2", Decimal(10**15)))], "more digits than a formula keeps"),
    ],
)
def test_what_cannot_be_written_whole_is_not_written(tmp_path: Path, sheets: Sequence[Sheet], words: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"the last good one")
    with pytest.raises(UserError, match=re.escape(words)):
        write(path, *sheets)
    assert path.read_bytes() == b"the last good one"
    assert list(tmp_path.iterdir()) == [path], "nothing half written is left behind"


def test_a_failure_while_rows_stream_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> object:
        yield [Cell("a")]
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError):
        write(tmp_path / "a.xlsx", Sheet("Sheet", [5], rows(), 2))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="could not be written") as failed:
        write(tmp_path / "no" / "a.xlsx", sheet_of("a"))
    assert failed.value.record == str(tmp_path / "no" / "a.xlsx")


def test_same_sheets_same_bytes(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, sheet_of("a", "=b"), sheet_of(1, name="2")) for name in ("a.xlsx", "b.xlsx")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with ZipFile(paths[0]) as archive:
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(1980, 1, 31)}, "no clock in the file"
