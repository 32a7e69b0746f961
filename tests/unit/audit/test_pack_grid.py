"""Detail sheets past a sheet's row limit: every row lands on exactly one part, and the sums reach them all."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from awra_desk.audit.pack_grid import FIRST_ROW, ROW_LIMIT, Field, Grid, Limits, Overflow, as_money, column_letter
from awra_desk.exporters.xlsx import XlsxWriter
from awra_desk.ports.columns import column
from awra_desk.ports.workbook import Style
from tests.soak import is_full, scaled
from tests.unit.audit.pack_sample import NOW


def grid(count: int, limit: int) -> Grid:
    """Numbered records whose amounts are their numbers."""
    ids = column("text", [f"r{number}" for number in range(count)])
    amounts = np.arange(count, dtype=np.int64)
    fields = [Field("Id", 10, Style.TEXT, ids), Field("Amount", 10, Style.MONEY, amounts, as_money(2), total=True)]
    return Grid("1.1 Rows", "Rows", "words", fields, limits=Limits(limit), overflow=Overflow())


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 21])
def test_parts_cover_every_row_once(count: int) -> None:
    made = grid(count, limit=10 + FIRST_ROW - 1)
    rows = [row for part in made.parts for row in range(part.start, part.stop)]
    assert rows == list(range(count))
    assert all(part.stop - part.start <= 10 for part in made.parts)
    assert len({part.name for part in made.parts}) == len(made.parts) == max(1, -(-count // 10))
    assert [made.at("Amount", row) for row in (0, count - 1) if count] == [
        f"B{FIRST_ROW + row % 10}" for row in (0, count - 1) if count
    ]
    spans = [re.fullmatch(r"'(.+)'!\$B\$(\d+):\$B\$(\d+)", span) for span in made.spans("Amount")]
    assert sum(int(span[3]) - int(span[2]) + 1 for span in spans if span) == max(count, 1)


def test_a_span_over_a_split_names_both_sheets() -> None:
    made = grid(25, limit=10 + FIRST_ROW - 1)
    assert made.spans("Amount", 8, 12) == ["'1.1 Rows'!$B$13:$B$14", "'1.1 Rows (2)'!$B$5:$B$6"]
    assert made.far("Amount", 24) == "'1.1 Rows (3)'!$B$9"


def test_a_limit_without_room_for_data_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="leaves no room"):
        grid(1, limit=FIRST_ROW - 1)


@pytest.mark.parametrize(
    ("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_column_letters(index: int, letters: str) -> None:
    assert column_letter(index) == letters


@pytest.mark.soak
def test_more_rows_than_a_sheet_holds_are_all_written(tmp_path: Path) -> None:
    """1,100,000 rows against Excel's own limit in a soak run; a twentieth of both otherwise."""
    count, limit = scaled(1_100_000), ROW_LIMIT if is_full() else ROW_LIMIT // 20
    path = tmp_path / "a.xlsx"
    XlsxWriter().write(grid(count, limit).sheets(), path, title="Rows", author="test", created=NOW)
    with ZipFile(path) as archive:
        parts = [archive.read(f"xl/worksheets/sheet{number}.xml") for number in (1, 2)]
    heights = [part.count(b"<row ") for part in parts]
    assert heights[0] == limit
    assert sum(heights) - 2 * (FIRST_ROW - 1) == count
    figures = re.findall(rb'<c r="B[0-9]+"[^>]*><v>([^<]+)</v>', b"".join(parts))
    assert sum(round(float(figure) * 100) for figure in figures) == count * (count - 1) // 2
    assert {int(number) for part in parts for number in re.findall(rb"<t>r(\d+)</t>", part)} == set(range(count))
