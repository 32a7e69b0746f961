"""A mapping says which column is what and how it is written; the rows are kept as they are and read by it."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import to_text
from awra_desk.files.mapping import load_mapping
from awra_desk.files.table_files import table_files
from tests.unit.files.bank_sample import (
    FIRST,
    OPENING,
    Move,
    broken,
    connected,
    expected,
    moves,
    quiet,
    read,
    records,
    shown,
    whole,
)

GERMAN = """version = "bank-1"
[columns]
date = "Buchungstag"
debit = "Soll"
credit = "Haben"
description = "Zweck [frei]"
balance = "Saldo"
[written]
currency = "EUR"
date = "%d.%m.%Y"
decimal = ","
thousands = "."
delimiter = ";"
encoding = "cp1252"
"""
PLAIN = """[columns]
id = ["Ref", "Line"]
date = "Date"
amount = "Amount"
description = ["Text", "More"]
counterparty = "Name"
reference = "Invoice"
currency = "Ccy"
[written]
sign = -1
parentheses = true
strip = "$"
"""


def german(minor: int) -> str:
    whole_part, _, rest = to_text(minor, "EUR").partition(".")
    return f"{int(whole_part):,}".replace(",", ".") + f",{rest}" if abs(minor) >= 1_00 else f"{whole_part},{rest}"


def table(cut, *, newest_first=False) -> list[list[str]]:
    rows, balance = [], cut.opening
    for move in cut.moves:
        balance += move.minor
        sides = ["", german(move.minor)] if move.minor > 0 else [german(-move.minor), ""]
        rows.append([f"{move.day:%d.%m.%Y}", move.text, *sides, german(balance)])
    head = [["Kontoauszug", "Musterbank"], [], ["Buchungstag", "Zweck [frei]", "Soll", "Haben", "Saldo"]]
    return [*head, *(reversed(rows) if newest_first else rows), ["", "Summe", "", "", ""]]


def csv_of(rows) -> bytes:
    return "\r\n".join(";".join(cells) for cells in rows).encode("cp1252")


def xlsx_of(rows, sheet="Umsätze") -> bytes:
    book, out = openpyxl.Workbook(), BytesIO()
    book.active.title = "Deckblatt"
    page = book.create_sheet(sheet)
    for cells in rows:
        page.append(cells)
    book.save(out)
    return out.getvalue()


def source(path, text=GERMAN):
    return connected(table_files, path, mapping=text)


def contract(text=GERMAN):
    return load_mapping(text).contract


@given(given_moves=moves, newest_first=st.booleans())
def test_what_is_written_is_read(tmp_path_factory, given_moves, newest_first):
    folder = tmp_path_factory.mktemp("tables")
    (folder / "october.csv").write_bytes(csv_of(table(whole(given_moves), newest_first=newest_first)))
    of = source(folder)
    result = read(of, contract())
    assert result.rejects == []
    assert shown(result.table) == expected(given_moves)
    assert of.notices() == []
    # Several moves of one day may follow from each other both ways; then the file's own order of days decides.
    if len({move.day for move in given_moves}) == len(given_moves):
        assert broken(of) == []
        assert of.balances([])[-1].minor == OPENING + sum(move.minor for move in given_moves)


@given(given_moves=moves, data=st.data())
def test_a_row_missing_inside_breaks_the_running_balance(tmp_path_factory, given_moves, data):
    rows = table(whole(given_moves))
    at = data.draw(st.integers(3, len(rows) - 2))
    folder = tmp_path_factory.mktemp("tables")
    (folder / "october.csv").write_bytes(csv_of(rows[:at] + rows[at + 1 :]))
    if 3 < at < len(rows) - 2:
        assert broken(source(folder))


TAKEN_BACK = (Move(FIRST, -12, ""), Move(FIRST, 12, ""), Move(FIRST + timedelta(days=1), -12, ""))


@given(given_moves=moves | quiet, days=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=3))
@example(given_moves=TAKEN_BACK, days=[(0, 0)])
@example(given_moves=TAKEN_BACK, days=[(0, 0), (0, 1), (1, 1)])
def test_tables_that_overlap_count_each_row_once(tmp_path_factory, given_moves, days):
    folder = tmp_path_factory.mktemp("tables")
    cut = whole(given_moves)
    (folder / "all.csv").write_bytes(csv_of(table(cut)))
    for number, (one, other) in enumerate(days):
        span = FIRST + timedelta(days=min(one, other)), FIRST + timedelta(days=max(one, other))
        own = tuple(move for move in given_moves if span[0] <= move.day <= span[1])
        opening = OPENING + sum(move.minor for move in given_moves if move.day < span[0])
        part = replace(cut, moves=own, opening=opening)
        (folder / f"{number}.csv").write_bytes(csv_of(table(part)))
    assert shown(read(source(folder), contract()).table) == expected(given_moves)


def test_the_same_rows_as_workbook_count_once(tmp_path):
    cut = whole((Move(FIRST, 12_00, "A"), Move(FIRST, 12_00, "A"), Move(FIRST + timedelta(days=1), -3_00, "B")))
    text = GERMAN + 'sheet = "Umsätze"\n'
    (tmp_path / "october.csv").write_bytes(csv_of(table(cut)))
    (tmp_path / "october.xlsx").write_bytes(xlsx_of(table(cut)))
    of = source(tmp_path, text)
    assert shown(read(of, contract(text)).table) == expected(cut.moves)
    assert "counts once" in of.notices()[0] or "count once" in of.notices()[0]


def test_dates_and_numbers_of_a_workbook_are_what_they_are(tmp_path):
    rows = [
        ["Buchungstag", "Zweck [frei]", "Soll", "Haben", "Saldo"],
        [date(2026, 10, 2), "A", None, 1234.5, 1334.5],
        [date(2026, 10, 3), "B", 12.345 - 0.005, None, 1322.16],
        ["04.10.2026", "C", "1.000,00", None, 322.16],
        [date(2026, 10, 5), "D", 0, 0.1 + 0.2, 322.46],
    ]
    (tmp_path / "a.xlsx").write_bytes(xlsx_of(rows))
    text = GERMAN + 'sheet = "Umsätze"\n'
    of = source(tmp_path, text)
    assert [(str(day), minor) for day, minor, _ in shown(read(of, contract(text)).table)] == [
        ("2026-10-02", 1_234_50), ("2026-10-03", -12_34), ("2026-10-04", -1_000_00), ("2026-10-05", 30),
    ]  # fmt: skip
    assert (broken(of), of.notices()) == ([], [])


def test_ids_signs_and_several_columns(tmp_path):
    (tmp_path / "a.csv").write_text(
        "Ref,Line,Date,Amount,Text,More,Name,Invoice,Ccy\n"
        "R1,1,2026-10-02,$(12.50),Paid,by card,Ann,INV-1001,usd\n"
        "R1,2,2026-10-03,3.00,Fee,,,,usd\n"
        "R1,1,2026-10-04,1.00,Again,,,,usd\n"
    )
    result = read(source(tmp_path, PLAIN), contract(PLAIN))
    rows = result.table
    assert rows["external_id"].tolist() == ["R1/1", "R1/2", "R1/1#2"]
    assert rows["amount"].tolist() == [12_50, -3_00, -1_00]
    assert rows["description"].tolist()[0] == "Paid by card"
    assert rows["references"].tolist()[0].split("\n") == ["R1", "1", "INV-1001"]
    assert (rows["counterparty"].tolist()[0], rows["currency"].tolist()[0]) == ("Ann", "USD")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("02.10.2026", "10/02/2026", "row 4: row.Buchungstag '10/02/2026': This must be a date like %d.%m.%Y"),
        ("12,00", "12.00", "row 4: row.Haben '12.00': This is not an amount as this file writes them"),
        ("12,00", "12,005", "row 4: row.Haben '12,005': amount '12.005' has more decimals than EUR"),
    ],
)
def test_a_row_that_cannot_be_read_waits_and_the_rest_goes_on(tmp_path, old, new, words):
    lines = "Bank;X\n\nBuchungstag;Zweck [frei];Soll;Haben;Saldo\n02.10.2026;A;;12,00;\n03.10.2026;B;3,00;;\n"
    (tmp_path / "a.csv").write_text(lines.replace(old, new, 1), encoding="cp1252")
    of = source(tmp_path)
    result = read(of, contract())
    assert shown(result.table) == [(date(2026, 10, 3), -3_00, "B")]
    assert len(result.rejects) == 1
    assert of.notices()[0].startswith(f"a.csv, {words}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[columns", "the mapping is not TOML"),
        (GERMAN.replace('date = "Buchungstag"\n', ""), "columns.date is missing"),
        (GERMAN.replace("debit", "soll"), "columns.soll is not one of date, amount"),
        (
            GERMAN.replace('debit = "Soll"\ncredit = "Haben"\n', ""),
            "columns must have either amount, or debit",
        ),
        (GERMAN.replace('currency = "EUR"\n', ""), "written.currency must name the currency"),
        (GERMAN.replace('thousands = "."', 'thousands = ","'), "must have one sign as decimal mark"),
        (GERMAN.replace("cp1252", "klingon"), "table.encoding names 'klingon'"),
        (GERMAN.replace('";"', '";;"'), "table.delimiter must be one sign"),
        (GERMAN + "sign = 2\n", "written.sign must be 1 or -1"),
        (GERMAN + 'rows = "x"\n', "written.rows is not one of"),
        (GERMAN + "[more]\n", "more is not a word of the short form"),
        ('version = "x"\n[table]\nwords = 1\n[streams.s]\nevidence = "x"\n', "table.words is not a word"),
        ('version = "x"\n[streams.s]\nevidence = "x"\n', "table.reports must be of the streams s"),
        (
            'version = "x"\n[table.reports.s]\nneeds = []\n[streams.s]\nevidence = "x"\n',
            "table.reports.s.needs must be a list of headings",
        ),
    ],
)
def test_what_a_mapping_cannot_mean_is_named(text, words):
    with pytest.raises(UsageError, match=words):
        load_mapping(text)


def test_files_that_are_not_as_mapped_are_named(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"Buchungstag;Haben;Soll\n\x81;1;2\n")
    with pytest.raises(UsageError, match=r"a\.csv, row 2: byte 0x81 is not cp1252. Correct the mapping's encoding"):
        records(source(tmp_path / "a.csv"))
    (tmp_path / "b.csv").write_bytes(b"Datum;Haben;Soll\n")
    with pytest.raises(UsageError, match="no row has the heading 'Buchungstag'; the nearest has 'Datum', 'Haben'"):
        records(source(tmp_path / "b.csv"))
    (tmp_path / "c.xlsx").write_bytes(b"PK")
    with pytest.raises(UsageError, match="it is not a workbook"):
        records(source(tmp_path / "c.xlsx"))
    (tmp_path / "d.xlsx").write_bytes(xlsx_of([["a"]]))
    with pytest.raises(UsageError, match="it has no sheet 'Blatt', only Deckblatt, Umsätze"):
        records(source(tmp_path / "d.xlsx", GERMAN + 'sheet = "Blatt"\n'))
    with pytest.raises(UsageError, match="no mapping is saved for these files"):
        connected(table_files, tmp_path)
