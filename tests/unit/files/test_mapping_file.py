"""Files of mapping rows: what is written is read again, and a damaged file is told with its place."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.app.mapping_files import TableFiles
from awra_desk.domain.errors import UsageError, UserError

HEADER = ("table", "value", "target")
AT = datetime(2026, 11, 2, tzinfo=UTC)
CELLS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=4))
def test_what_is_written_is_read_again(tmp_path_factory, suffix, rows):
    path = tmp_path_factory.getbasetemp() / f"mappings.{suffix}"
    TableFiles().write(path, HEADER, rows, at=AT)
    read = [tuple(cells[name] for name in HEADER) for _, cells in TableFiles().read(path, HEADER)]
    assert read == [row for row in rows if any(cell.strip() for cell in row)]


def test_rows_are_numbered_as_a_spreadsheet_does_and_blank_ones_left_out(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("\ufeffTable, value ,target,more\nsku,S1,61\n,,\ngateway,card,62,x\n", encoding="utf-8")
    assert TableFiles().read(path, HEADER) == [
        ("row 2", {"table": "sku", "value": "S1", "target": "61"}),
        ("row 4", {"table": "gateway", "value": "card", "target": "62", "more": "x"}),
    ]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("m.csv", b"", "row 1: column 'table' is missing from the header"),
        ("m.csv", b"table;value;target\n", "column 'table' is missing from the header. Name the columns"),
        ("m.csv", b"table,value,target\na,b,c,d\n", "row 2: this row has 4 cells and the header 3"),
        ("m.csv", b"table,value,target\na,\xff,c\n", "is not UTF-8"),
        ("m.csv", b'table,value,target\na,"b\n', "cannot be read as CSV"),
        ("m.xlsx", b"no workbook", "is not a workbook"),
    ],
)
def test_a_damaged_file_is_told_with_its_place(tmp_path, name, data, says):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError) as caught:
        TableFiles().read(tmp_path / name, HEADER)
    assert says in caught.value.text


def test_a_file_that_is_not_there_or_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match="there is no such file"):
        TableFiles().read(tmp_path / "none.csv", HEADER)
    with pytest.raises(UsageError, match=r"neither in \.csv nor in \.xlsx"):
        TableFiles().write(tmp_path / "m.ods", HEADER, [], at=AT)
    with pytest.raises(UserError, match="cannot be written"):
        TableFiles().write(tmp_path / "nowhere" / "m.csv", HEADER, [], at=AT)
