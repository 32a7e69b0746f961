"""Files as tables of text, and what is wrong with the ones that cannot be read."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from awra_desk.domain.errors import UsageError
from awra_desk.files.tables import read_table


def cells(path: Path, **wanted: str) -> dict[str, list[str]]:
    table = read_table(path, wanted)
    return {name: column.to_pylist() for name, column in table.columns.items()}


def test_csv_keeps_every_cell_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffid , amount,description\r\n001,1.50,"a, ""b""\r\nc"\r\n\r\nNA,null,\r\n'.encode())
    assert cells(path) == {"id": ["001", "NA"], "amount": ["1.50", "null"], "description": ['a, "b"\r\nc', ""]}


def test_only_a_header_is_an_empty_side(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text in ("id,amount", "id,amount\n"):
        path.write_text(text)
        assert cells(path) == {"id": [], "amount": []}


def test_blank_lines_before_the_header_are_no_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf\r\n\nid,amount\na,1\n")
    assert cells(path) == {"id": ["a"], "amount": ["1"]}


def test_an_inch_mark_is_no_open_quote(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,amount,description\na,1,5" pipe\nb,2,"6"" pipe"\n')
    assert cells(path)["description"] == ['5" pipe', '6" pipe']


def test_their_column_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Receipt No.,Paid In\nA,5\n")
    assert cells(path, id="Receipt No.", amount="Paid In", reference="Receipt No.") == {
        "id": ["A"],
        "amount": ["5"],
        "reference": ["A"],
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"id,amount\na,1\nb\n", "row 3"),
        (b"id,amount\na,1,2\n", "row 2, column 3"),
        (b"id,amount\na,1\n\xff,2\n", "row 3, column 1"),
        (b"id,amount\na,1\nb,\xe9\n", "column 2"),
        ("id,amount\n".encode("utf-16"), "not UTF-8"),
        (b"id,sum\na,1\n", "'amount' is missing"),
        (b"name,amount\na,1\n", "'id' is missing"),
        (b"id;amount\na;1\n", "semicolons"),
        (b"id,amount,id\na,1,b\n", "comes 2 times"),
        (b"\n\n", "no header"),
        (b"id,amount\na\x00,1\n", "binary"),
        (b'id,amount\na,1\n"b,2\nc,3\n', "row 3: a quote that begins here is never closed"),
    ],
)
def test_damaged_csv_names_the_place_and_the_remedy(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_table(path, {})
    assert words in caught.value.text
    assert str(path) in caught.value.record
    assert caught.value.remedy


def test_a_configured_column_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,amount\n")
    with pytest.raises(UsageError, match="'Ref'"):
        read_table(path, {"reference": "Ref"})


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
def test_missing_and_empty_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(UsageError, match="no such file"):
        read_table(path, {})
    path.touch()
    with pytest.raises(UsageError, match="empty"):
        read_table(path, {})


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_something_else_under_that_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("id,amount\n")
    with pytest.raises(UsageError, match="not"):
        read_table(path, {})


def test_workbooks_keep_real_dates_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "date", "amount", "reference"])
    sheet.append([1001, date(2026, 10, 5), 1234.565, None])
    sheet.append([None, None, None, None])
    sheet.append(["b", datetime(2026, 10, 5, 23, 30), -12, 77.0])  # noqa: DTZ001 - workbooks know no zone
    book.save(path)
    assert cells(path) == {
        "id": ["1001", "b"],
        "date": ["2026-10-05", "2026-10-05T23:30:00"],
        "amount": ["1234.565", "-12"],
        "reference": ["", "77"],
    }


def test_parquet_keeps_decimals_floats_integers_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "id": pa.array([1, 2, None]),
            "amount": pa.array([Decimal("1.50"), Decimal("-0.01"), None], pa.decimal128(12, 2)),
            "date": pa.array([date(2026, 10, 5), None, date(2026, 10, 6)]),
            "reference": pa.array([1001.0, float("nan"), 2.5]),
            "description": pa.array(["x", None, "y"]).dictionary_encode(),
            "batch": pa.array([datetime(2026, 10, 5, 21, tzinfo=UTC), None, None], pa.timestamp("us", tz="UTC")),
        }
    )
    pq.write_table(table, path)
    assert cells(path) == {
        "id": ["1", "2", ""],
        "amount": ["1.50", "-0.01", ""],
        "date": ["2026-10-05", "", "2026-10-06"],
        "reference": ["1001", "", "2.5"],
        "description": ["x", "", "y"],
        "batch": ["2026-10-05T21:00:00+00:00", "", ""],
    }


def test_parquet_reads_narrow_floats_at_their_own_width(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    amounts = pa.array([10.1, 1234.56, -5.0, None], pa.float32())
    pq.write_table(pa.table({"id": pa.array([1.0, 2.0, 3.0, 4.0], pa.float32()), "amount": amounts}), path)
    assert cells(path) == {"id": ["1", "2", "3", "4"], "amount": ["10.1", "1234.56", "-5", ""]}


def test_a_type_without_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": ["a"], "amount": [[1, 2]]}), path)
    with pytest.raises(UsageError, match="column amount"):
        read_table(path, {})
