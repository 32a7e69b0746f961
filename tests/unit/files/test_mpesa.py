"""An M-PESA statement gives each row once, whatever its format and order, and proves itself row by row."""

import json
from datetime import date, timedelta
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import to_text
from awra_desk.files.mpesa import MpesaStatements
from awra_desk.normalise import interpret, load_contract
from awra_desk.ports.connections import Connection, SelfProving
from tests.unit.files.mpesa_sample import ROWS, as_csv, as_xlsx, block, grid
from tests.unit.services.doubles import StillClock

CONTRACT = load_contract((files("awra_desk.files") / "mpesa-1.toml").read_text("utf-8"))


def source(path) -> MpesaStatements:
    return MpesaStatements(
        Connection("co", "M-PESA", "mpesa_statement", str(path), "Africa/Nairobi"), clock=StillClock()
    )


def statement(folder, lines=None, name="october.csv") -> MpesaStatements:
    path = folder / name
    path.write_bytes((as_xlsx if name.endswith("xlsx") else as_csv)(grid() if lines is None else lines))
    return source(path)


def records(of: MpesaStatements, cursor=None):
    return [record for page in of.pages("statement", cursor) for record in page.records]


def read(of: MpesaStatements):
    return interpret(CONTRACT, records(of), company="co", zone="Africa/Nairobi")


def broken(of: MpesaStatements):
    return [total.name for total in of.proofs() if not total.holds]


def test_rows_become_transactions(tmp_path):
    result = read(statement(tmp_path))
    rows = result.table
    assert result.rejects == []
    assert rows["external_id"].tolist() == [
        "TJ10AA0001", "TJ10AA0001:charge", "TJ20AA0003", "TJ20AA0004:charge", "TJ50AA0005", "TJ50AA0006",
    ]  # fmt: skip
    assert rows["amount"].tolist() == [105_300, -500, 249_950, -700, -105_300, -674_100]
    assert rows["kind"].tolist() == ["charge", "fee", "charge", "fee", "refund", "payout"]
    assert set(rows["currency"].tolist()) == {"KES"}
    # Ten past midnight in Nairobi is the day before in UTC, and the booking day is Nairobi's.
    assert str(rows["occurred_at"][0]).startswith("2026-09-30T21:10:11")
    assert rows["booking_date"].tolist()[0] == date(2026, 10, 1)
    assert rows["references"].tolist()[0].split("\n") == ["TJ10AA0001", "KR-1001"]


def test_a_failed_payment_moves_nothing_and_is_kept_as_evidence(tmp_path):
    result = read(statement(tmp_path))
    (failed,) = result.evidence
    assert "/TJ10AA0002@" in failed


def test_a_charge_names_the_payment_it_is_for(tmp_path):
    rows = read(statement(tmp_path)).table
    assert dict(zip(rows["external_id"].tolist(), rows["fee"].tolist(), strict=True)) == {
        "TJ10AA0001": 500, "TJ10AA0001:charge": 0, "TJ20AA0003": 700, "TJ20AA0004:charge": 0, "TJ50AA0005": 0,
        "TJ50AA0006": 0,
    }  # fmt: skip
    charges = rows.take(rows["kind"] == "fee")
    assert [json.loads(text)["charge_of"] for text in charges["dimensions"]] == ["TJ10AA0001", "TJ20AA0003"]
    assert [text.split("\n") for text in charges["references"]] == [["TJ10AA0001:charge"], ["TJ20AA0004:charge"]]


@pytest.mark.parametrize("name", ["again.xlsx", "again.csv"])
def test_the_same_statement_in_another_format_or_order_is_the_same_records(tmp_path, name):
    first = records(statement(tmp_path))
    lines = grid()
    again = lines[:7] + lines[:6:-1] if name.endswith("csv") else lines
    assert {record.raw_id for record in records(statement(tmp_path, again, name))} == {
        record.raw_id for record in first
    }


def test_a_statement_that_is_there_twice_or_overlaps_adds_nothing(tmp_path):
    folder = tmp_path / "statements"
    folder.mkdir()
    whole = records(statement(folder))
    (folder / "october (1).csv").write_bytes((folder / "october.csv").read_bytes())
    assert records(source(folder)) == whole
    assert source(folder).notices() == ["october.csv holds the same bytes as october (1).csv; it counts once."]
    assert [name.split(" sha256:")[0] for name in source(folder).files()] == ["october (1).csv", "october.csv"]
    statement(folder, grid(ROWS[:5], block(closing="13,540.50", withdrawn="12.00")), "first-week.csv")
    assert {record.raw_id for record in records(source(folder))} == {record.raw_id for record in whole}


def test_the_same_files_give_nothing_again_and_a_new_one_all(tmp_path):
    of = statement(tmp_path)
    cursor = list(of.pages("statement", None))[-1].cursor
    assert list(of.pages("statement", cursor)) == []
    statement(tmp_path, grid(ROWS[:2], block(closing="11,048.00", paid_in="1,053.00", withdrawn="5.00")), "later.csv")
    assert len(records(source(tmp_path), cursor)) == len(ROWS) + 2


def test_it_proves_itself_and_reports_its_balances(tmp_path):
    of = statement(tmp_path)
    assert isinstance(of, SelfProving)
    assert broken(of) == []
    assert [total.name.removeprefix("proof: statement ") for total in of.proofs()] == [
        "2026-10-01 to 2026-10-31: paid in",
        "2026-10-01 to 2026-10-31: withdrawn",
        "2026-10-01 to 2026-10-31: closing",
        "2026-10-01: running balance",
        "2026-10-02: running balance",
        "2026-10-05: running balance",
    ]
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 4), date(2026, 10, 31), date(2026, 11, 9)]
    assert {balance.day: balance.minor for balance in of.balances(days)} == {
        date(2026, 9, 30): 1_000_000,
        date(2026, 10, 1): 1_104_800,
        date(2026, 10, 4): 1_354_050,
        date(2026, 10, 31): 574_650,
    }


@pytest.mark.parametrize("place", [place for place, row in enumerate(ROWS) if row[3] == "Completed"])
def test_a_missing_row_is_noticed_by_its_day_and_by_the_totals(tmp_path, place):
    of = statement(tmp_path, grid(ROWS[:place] + ROWS[place + 1 :]))
    names = broken(of)
    assert "proof: statement 2026-10-01 to 2026-10-31: closing" in names
    last = place == len(ROWS) - 1
    assert any(name.endswith("running balance") for name in names) is not last


@pytest.mark.parametrize("column", [4, 5, 6])
def test_a_changed_figure_is_noticed(tmp_path, column):
    for place, row in enumerate(ROWS):
        if row[3] != "Completed" or not row[column]:
            continue
        figure = row[column]
        changed = (*row[:column], figure[:-1] + ("1" if figure[-1] == "0" else "0"), *row[column + 1 :])
        assert broken(statement(tmp_path, grid((*ROWS[:place], changed, *ROWS[place + 1 :])))), (place, column)


def test_a_statement_that_does_not_join_the_one_before_is_noticed(tmp_path):
    statement(tmp_path)
    november = [["Short Code", "600123"], ["Account", "Utility Account"], ["Time Period:", "01-11-2026 - 30-11-2026"]]
    november.append(["Opening Balance", "5,746.51", "Closing Balance", "5,746.51"])
    statement(tmp_path, grid((), november), "november.csv")
    assert broken(source(tmp_path)) == ["proof: statement 2026-10-31 to 2026-11-01: opening"]


def test_an_old_download_without_balances_in_its_block_is_read_by_its_rows(tmp_path):
    of = statement(
        tmp_path,
        [["Organization Name", "Kilimani"], *grid()[6:], ["", "", "", "Totals", "", "3,552.50", "7,806.00", ""]],
    )
    assert broken(of) == []
    assert [(one.day, one.minor) for one in of.balances([])] == [
        (date(2026, 9, 30), 1_000_000),
        (date(2026, 10, 5), 574_650),
    ]
    assert len(records(of)) == len(ROWS)


@pytest.mark.parametrize(
    ("column", "value", "path"),
    [
        (1, "25:61", "completed_at"),
        (3, "Pending authorised", "status"),
        (4, "one thousand", "amount"),
        (5, "12.00", "amount"),  # both paid in and withdrawn
        (7, "Lottery Win", "type"),
    ],
)
def test_a_row_that_cannot_be_read_is_kept_apart_and_the_rest_goes_on(tmp_path, column, value, path):
    row = (*ROWS[0][:column], value, *ROWS[0][column + 1 :])
    result = read(statement(tmp_path, grid((row, *ROWS[1:]))))
    assert [(reject.external_id.split(":")[0], reject.path) for reject in result.rejects] == [("TJ10AA0001", path)]
    assert len(result.table) == 5


def test_identical_rows_stay_apart(tmp_path):
    of = statement(tmp_path, grid((ROWS[0], ROWS[0]), [["Short Code", "600123"]]))
    assert [record.external_id for record in records(of)] == ["TJ10AA0001", "TJ10AA0001#2"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, "not there"),
        ("bank.csv", b"Date,Amount\n2026-10-01,5\n", "Receipt No."),
        ("columns.csv", b"Receipt No.,Completion Time,Details\n", "transaction status"),
        ("latin.csv", b"Receipt No.,Caf\xe9\n", "not UTF-8"),
        ("zip.xlsx", b"PK nothing", "not a workbook"),
        ("empty.csv", as_csv(grid((), [])), "no period and no balances"),
        ("more.csv", as_csv([*grid(ROWS[:1], []), ["x"] * 15]), "more cells"),
        ("words.csv", as_csv(grid(ROWS[:1], [["Opening Balance", "ten"]])), "no amount"),
    ],
)
def test_what_is_no_statement_is_refused_with_its_name(tmp_path, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=words) as caught:
        records(source(path))
    assert str(path) in caught.value.text


def test_statements_of_two_accounts_do_not_mix(tmp_path):
    statement(tmp_path)
    statement(tmp_path, grid(above=block(account="Merchant Account")), "till.csv")
    with pytest.raises(UsageError, match="600123 Utility Account"):
        records(source(tmp_path))
    with pytest.raises(UsageError, match="no stream"):
        next(source(tmp_path).pages("payouts", None))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no statement"):
        records(source(tmp_path / "empty"))


moves = st.lists(st.integers(-5_000_000, 5_000_000).filter(bool), min_size=2, max_size=40)


@settings(max_examples=25, deadline=None)
@given(opening=st.integers(0, 10**9), minors=moves, data=st.data())
def test_any_statement_adds_up_and_misses_any_row(tmp_path_factory, opening, minors, data):
    folder = tmp_path_factory.mktemp("any")
    balance, rows = opening, []
    for number, minor in enumerate(minors):
        balance += minor
        at = f"{date(2026, 10, 1) + timedelta(days=number // 3):%d-%m-%Y} 10:{number:02}:00"
        amounts = (f"{minor / 100:,.2f}", "") if minor > 0 else ("", f"{minor / 100:,.2f}")
        rows.append((f"TJX{number:07}", at, "Business Payment", "Completed", *amounts, f"{balance / 100:,.2f}",
                     "Business Payment", "", "", ""))  # fmt: skip
    ends = [
        ["Short Code", "600123"],
        ["Opening Balance", to_text(opening, "KES"), "Closing Balance", to_text(balance, "KES")],
    ]
    of = statement(folder, grid(rows, ends), data.draw(st.sampled_from(["a.csv", "a.xlsx"])))
    assert broken(of) == []
    assert read(of).table["amount"].tolist() == minors
    gone = data.draw(st.integers(0, len(rows) - 1))
    assert broken(statement(folder, grid(rows[:gone] + rows[gone + 1 :], ends)))
