"""A statement file gives its rows once, keeps identical ones apart, and reports its own balances."""

from datetime import date
from importlib.resources import files

import pytest

from awra_desk.domain.errors import UserError
from awra_desk.files.statement import StatementFile
from awra_desk.normalise import interpret, load_contract
from awra_desk.ports.connections import Connection
from tests.unit.services.doubles import StillClock

TEXT = """Harbor Community Bank,Kilimani
Statement period,2026-10-01 to 2026-10-31
Opening balance,100.00
Closing balance,87.50

Date,Transaction ID,Description,Amount,Balance
2026-10-02,FT1,"STRIPE, PAYOUT po_1abcd",12.50,112.50
2026-10-05,FT2,RENT,-25.00,87.50
2026-10-05,FT2,RENT,-25.00,62.50
2026-10-06,,REFUND,25.00,87.50
2026-10-07,FT9,?,twelve,87.50
"""


def statement(tmp_path, text: str = TEXT, **options: str) -> StatementFile:
    path = tmp_path / "statement.csv"
    path.write_text(text, encoding="utf-8")
    return StatementFile(
        Connection("co", "Bank", "statement", str(path), "America/New_York", options), clock=StillClock()
    )


def records(source: StatementFile, cursor: str | None = None):
    return [record for page in source.pages("statement", cursor) for record in page.records]


def test_rows_become_transactions_and_what_does_not_fit_is_named(tmp_path):
    contract = load_contract((files("awra_desk.files") / "statement-1.toml").read_text("utf-8"))
    result = interpret(contract, records(statement(tmp_path)), company="co", zone="America/New_York")
    rows = result.table
    assert rows["external_id"].tolist() == ["FT1", "FT2", "FT2#2", "row:4"]
    assert rows["amount"].tolist() == [1250, -2500, -2500, 2500]
    assert "po_1abcd" in rows["references"][0]
    assert [(reject.external_id, reject.path, reject.value) for reject in result.rejects] == [
        ("FT9", "amount", "twelve")
    ]


def test_the_same_file_gives_nothing_again_and_a_longer_one_all(tmp_path):
    source = statement(tmp_path)
    cursor = list(source.pages("statement", None))[-1].cursor
    assert records(source, cursor) == []
    longer = statement(tmp_path, TEXT + "2026-10-08,FT10,LATE,1.00,88.50\n")
    assert len(records(longer, cursor)) == 6


def test_it_reports_its_own_balances(tmp_path):
    found = statement(tmp_path).balances([])
    assert [(item.day, item.minor) for item in found] == [(date(2026, 9, 30), 10_000), (date(2026, 10, 31), 8_750)]


def test_another_banks_words_are_a_mapping(tmp_path):
    text = TEXT.replace("Transaction ID", "Buchungs-Nr").replace("Closing balance", "Endsaldo")
    source = statement(tmp_path, text, **{"column.id": "Buchungs-Nr", "preamble.closing": "Endsaldo"})
    assert len(records(source)) == 5


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Transaction ID", "Ref", "Transaction ID"),
        ("Closing balance", "End", "Closing balance"),
        ("87.50\n\n", "87.50\n", "blank line"),
        ("2026-10-01 to", "October", "two days"),
        ("RENT,-25.00,87.50", "RENT,-25.00", "line 8"),
        ("100.00", "hundred", "hundred"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy(tmp_path, old, new, words):
    with pytest.raises(UserError, match=words) as caught:
        records(statement(tmp_path, TEXT.replace(old, new)))
    assert caught.value.remedy


def test_a_missing_file_is_said(tmp_path):
    source = StatementFile(Connection("co", "Bank", "statement", str(tmp_path / "no.csv"), "UTC"), clock=StillClock())
    with pytest.raises(UserError, match="not there"):
        records(source)
