"""A sample file is opened as it is written, its columns are guessed, and a form becomes a mapping and back."""

from __future__ import annotations

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.files.mapping import load_mapping
from awra_desk.files.samples import SampleFiles
from awra_desk.ports.connections import Connection
from awra_desk.ports.table_samples import Drawn
from awra_desk.viewmodels.table_form import lacking

SAMPLES = SampleFiles()
KENYAN = """Equity Bank,,,,
Account,0123456789012,,,

Transaction Date,Details,Money Out,Money In,Running Balance
01/10/2026,OPENING,,"1,000.00","1,000.00"
02/10/2026,PAYBILL 4001,250.00,,750.00
13/10/2026,DEPOSIT,n/a,"12,300.50","13,050.50"
,Total,250.00,"13,300.50",
"""
GERMAN = """Buchungstag;Auftraggeber/Empfänger;Verwendungszweck;Währung;Betrag;Saldo
01.10.2026;Müller;Rechnung 1;EUR;-1.234,50;5.000,00
22.10.2026;Meier;Gutschrift;EUR;500,00;5.500,00
"""


@pytest.fixture
def look(tmp_path):
    def write(text, name="a.csv", encoding="utf-8", told=None, known=None):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return SAMPLES.look(path, told or {}, known)

    return write


def test_words_above_the_heading_and_a_total_below_do_not_mislead(look):
    found = look(KENYAN)
    assert found.heading_row == 4
    assert found.headings == ("Transaction Date", "Details", "Money Out", "Money In", "Running Balance")
    assert found.guess.columns == {
        "date": ("Transaction Date",), "debit": ("Money Out",), "credit": ("Money In",),
        "description": ("Details",), "balance": ("Running Balance",),
    }  # fmt: skip
    assert found.guess.written == {"date": "%d/%m/%Y", "thousands": ","}
    assert found.doubts == ()
    assert found.rows[0] == (5, ("01/10/2026", "OPENING", "", "1,000.00", "1,000.00"))
    assert lacking(found.guess) == "Say the currency of the amounts."


def test_the_file_decides_how_it_is_cut_and_written(look):
    found = look(GERMAN, encoding="cp1252")
    assert found.guess.columns["counterparty"] == ("Auftraggeber/Empfänger",)
    assert found.guess.written == {
        "date": "%d.%m.%Y", "decimal": ",", "thousands": ".", "encoding": "cp1252", "delimiter": ";",
    }  # fmt: skip
    assert lacking(found.guess) == ""


def test_what_no_file_can_tell_is_said(look):
    found = look("Date,Amount (KES),Text\n03/04/2026,1.00,a\n04/04/2026,2.00,b\n")
    assert found.guess.written["currency"] == "KES"
    assert found.guess.written["date"] == "%d/%m/%Y"
    assert found.doubts == ("Date: 03/04/2026 is read as 3 April; by this file alone it may be 4 March.",)
    american = look("Date,Amount,Text\n03/04/2026,1.00,a\n03/05/2026,2.00,b\n")
    assert american.guess.written["date"] == "%m/%d/%Y"


def test_balances_tell_the_sign_in_either_order(look):
    head = "Date\tAmount\tBalance\tTransaction ID\n"
    rows = ["2026-10-01\t100.00\t900.00\tT1\n", "2026-10-02\t-50.00\t950.00\tT2\n", "2026-10-03\t25.00\t925.00\tT3\n"]
    for way in (rows, rows[::-1]):
        found = look(head + "".join(way))
        assert found.guess.written["sign"] == -1
        assert found.guess.columns["id"] == ("Transaction ID",)
    assert "sign" not in look(head + "2026-10-01\t1.00\t9.00\tT1\n2026-10-02\t2.00\t11.00\tT2\n").guess.written


def test_a_number_is_no_day(look):
    found = look("Date,Cheque No,Amount\n2026-10-01,001042,10.00\n2026-10-02,001043,4.50\n")
    assert found.guess.columns == {"date": ("Date",), "reference": ("Cheque No",), "amount": ("Amount",)}


def test_signs_and_codes_beside_amounts(look):
    found = look("Date,Amount\n2026-10-01,USD 10.00\n2026-10-02,(USD 4.50)\n")
    assert found.guess.written["currency"] == "USD"
    assert found.guess.written["parentheses"] is True
    assert found.guess.columns["amount"] == ("Amount",)
    # Words that differ from row to row say something; nothing is guessed over them.
    assert "amount" not in look("Date,Amount\n2026-10-01,10.00 Cr\n2026-10-02,4.50 Dr\n").guess.columns


def test_a_workbook_has_sheets_days_and_numbers(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("October")
    sheet.append(["Date", "Amount", "Name"])
    sheet.append(["2026-10-01", 12.5, "Njeri"])
    sheet.append(["2026-10-02", -3, "Otieno"])
    path = tmp_path / "a.xlsx"
    book.save(path)
    with pytest.raises(UsageError, match="no row with headings"):
        SAMPLES.look(path, {}, None)
    found = SAMPLES.look(path, {"sheet": "October"}, None)
    assert found.sheets == ("Sheet", "October")
    assert found.guess.columns == {"date": ("Date",), "amount": ("Amount",), "counterparty": ("Name",)}
    assert found.guess.written == {"date": "%Y-%m-%d", "sheet": "October"}


def test_headings_that_come_twice_are_told_apart_and_read(look, tmp_path):
    text = "Date,Amount,Amount,\n2026-10-01,,5.00,x\n2026-10-02,,6.00,y\n"
    assert look(text).headings == ("Date", "Amount", "Amount 2", "column 4")
    drawn = Drawn({"date": ("Date",), "amount": ("Amount 2",)}, {"currency": "KES"})
    assert look(text, known=drawn).heading_row == 1
    from awra_desk.files.grid import read_rows

    _, rows = read_rows(tmp_path / "a.csv", text.encode(), load_mapping(SAMPLES.text(drawn, "x-1")).layout)
    assert [row.cells["Amount 2"] for row in rows] == ["5.00", "6.00"]


def test_files_of_a_connection_and_what_cannot_be_opened(tmp_path, look):
    for name in ("b.csv", "a.xlsx", "note.pdf"):
        (tmp_path / name).write_text("x")
    folder = Connection("co", "Bank", "table", str(tmp_path), "UTC")
    assert [path.name for path in SAMPLES.files(folder)] == ["a.xlsx", "b.csv"]
    with pytest.raises(UsageError, match="not there"):
        SAMPLES.look(tmp_path / "gone.csv", {}, None)
    with pytest.raises(UsageError, match="no row with headings"):
        look("")
    with pytest.raises(UsageError, match="is not ascii"):
        look(GERMAN, told={"encoding": "ascii"})


def test_the_long_form_has_no_form_and_nonsense_is_refused():
    drawn = Drawn({"date": ("D",), "amount": ("A",)}, {"currency": "KES"})
    from awra_desk.files.mapping_columns import expanded

    long = expanded({"version": "x-1", "columns": {"date": "D", "amount": "A"}, "written": {"currency": "KES"}})
    assert SAMPLES.drawn(long) is None
    assert SAMPLES.drawn(SAMPLES.text(drawn, "x-1")) == drawn
    with pytest.raises(UsageError):
        SAMPLES.drawn("columns = 1")


NAMES = st.text(st.characters(codec="utf-8", exclude_characters=".|[]{}@", exclude_categories=("C", "Z")), min_size=1)


@given(
    st.lists(NAMES, min_size=4, max_size=7, unique=True),
    st.sampled_from([",", "."]),
    st.booleans(),
    st.sampled_from([1, -1]),
    st.text(max_size=3),
)
def test_every_form_becomes_a_mapping_and_back(names, decimal, parentheses, sign, strip):
    date, amount, reference, *words = names
    columns = {"date": (date,), "amount": (amount,), "description": tuple(words), "reference": (reference,)}
    written = {"currency": "KES", "decimal": decimal, "parentheses": parentheses, "sign": sign, "strip": strip}
    text = SAMPLES.text(Drawn(columns, written), "bank-7")
    back = SAMPLES.drawn(text)
    assert back.columns == columns
    assert SAMPLES.text(back, "bank-7") == text
    assert load_mapping(text).contract.version.startswith("bank-7@")
