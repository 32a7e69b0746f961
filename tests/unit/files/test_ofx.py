"""OFX statements of both versions give each entry once, whatever the bank does with its ids, and prove each other."""

import itertools
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.files.ofx import ofx_files, read_ofx
from awra_desk.normalise import load_contract
from tests.unit.files.bank_sample import (
    FIRST,
    OPENING,
    Cut,
    Move,
    broken,
    connected,
    days_cut,
    expected,
    moves,
    read,
    records,
    shown,
    whole,
)
from tests.unit.files.ofx_sample import document, entry, statement

SAMPLES = Path(__file__).parents[2] / "contracts" / "bank" / "ofx"
CONTRACT = load_contract((files("awra_desk.files") / "ofx-1.toml").read_text("utf-8"))
VERSIONS = (1, 2)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])

SALE, FEE = Move(FIRST, 250_00, "INV-1001", "B1"), Move(FIRST + timedelta(days=2), -12_00, "FEE", "B2")
MONTH = whole((SALE, FEE))


def source(path, data: bytes | None = None, name: str = "october.ofx", **options):
    if data is not None:
        (path / name).write_bytes(data)
    return connected(ofx_files, path, **options)


def weeks(given_moves, places) -> list[Cut]:
    """One download after the other, each of whole days, without gaps."""
    bounds = sorted({0, 10, *(place % 10 for place in places)})
    spans = [(first, after - 1) for first, after in itertools.pairwise(bounds)]
    return days_cut(given_moves, spans)


@pytest.mark.parametrize("version", VERSIONS)
@given(given_moves=moves, places=st.lists(st.integers(0, 9), max_size=3), currency=CURRENCIES)
def test_what_is_written_is_read(tmp_path_factory, version, given_moves, places, currency):
    folder = tmp_path_factory.mktemp("ofx")
    for cut in weeks(given_moves, places):
        text = document(statement(cut, version, currency), version=version)
        (folder / f"{cut.number}.ofx").write_bytes(text)
    of = source(folder)
    result = read(of, CONTRACT)
    assert result.rejects == []
    assert shown(result.table) == expected(given_moves)
    assert set(result.table["currency"].tolist()) == {currency}
    assert broken(of) == []
    assert of.notices() == []
    days = [FIRST + timedelta(days=day) for day in range(10)]
    assert {one.day: one.minor for one in of.balances(days)} == {
        day: OPENING + sum(move.minor for move in given_moves if move.day <= day) for day in days
    }


@given(given_moves=moves, day=st.integers(0, 8), data=st.data())
def test_a_missing_entry_is_noticed_by_the_next_balance(tmp_path_factory, given_moves, day, data):
    early, late = days_cut(given_moves, [(0, day), (day + 1, 9)])
    if not late.moves:
        return
    at = data.draw(st.integers(0, len(late.moves) - 1))
    folder = tmp_path_factory.mktemp("ofx")
    source(folder, document(statement(early)), "1.ofx")
    kept = replace(late, moves=late.moves[:at] + late.moves[at + 1 :])
    of = source(folder, document(statement(kept, closing=late.closing)), "2.ofx")
    assert broken(of) == [f"statement {late.first} to 2026-10-10: closing"]


def test_a_balance_of_today_under_a_statement_of_last_month(tmp_path):
    later = Move(date(2026, 10, 12), 40_00, "LATER", "B3")
    source(tmp_path, document(statement(MONTH, as_of=date(2026, 10, 15), closing=1_278_00)))
    of = source(tmp_path)
    assert broken(of) == []
    # What moved between its last day and its balance is not known yet, so neither are its days' balances.
    assert [(str(one.day), one.minor) for one in of.balances([date(2026, 10, 10)])] == [("2026-10-15", 1_278_00)]
    following = Cut("2", date(2026, 10, 11), date(2026, 10, 31), 1_238_00, (later,))
    of = source(tmp_path, document(statement(following)), "later.ofx")
    assert broken(of) == []
    assert {str(one.day): one.minor for one in of.balances([date(2026, 10, 10), date(2026, 10, 20)])} == {
        "2026-10-10": 1_238_00, "2026-10-15": 1_278_00, "2026-10-20": 1_278_00, "2026-10-31": 1_278_00,
    }  # fmt: skip


def test_a_download_at_noon_and_the_rest_of_the_day_in_the_next(tmp_path):
    coffee = Move(FIRST, -3_50, "COFFEE")
    source(tmp_path, document(statement(Cut("1", FIRST, FIRST, OPENING, (coffee,)))), "1.ofx")
    both = whole((coffee, coffee))
    of = source(tmp_path, document(statement(both)), "2.ofx")
    assert read(of, CONTRACT).table["amount"].tolist() == [-3_50, -3_50]
    assert broken(of) == []


@pytest.mark.parametrize("order", [("1.ofx", "2.ofx"), ("2.ofx", "1.ofx")])
def test_ids_that_are_new_in_every_download_do_not_double_an_entry(tmp_path, order):
    twins = (SALE, SALE, FEE)
    early = Cut("1", FIRST, FEE.day, OPENING, twins)
    late = Cut("2", FIRST - timedelta(days=3), FIRST + timedelta(days=9), OPENING, (*twins, Move(FEE.day, 7_00, "NEW")))
    texts = {}
    for name, cut in (("1.ofx", early), ("2.ofx", late)):
        entries = "".join(entry(move, 1, fitid=f"{name}{at}") for at, move in enumerate(cut.moves))
        texts[name] = document(statement(cut, entries=entries))
    source(tmp_path, texts[order[0]], order[0])
    first = records(source(tmp_path))
    of = source(tmp_path, texts[order[1]], order[1])
    result = read(of, CONTRACT)
    assert shown(result.table) == expected(late.moves)
    assert "3 entries stand in both and count once. To 3 of them the bank gave another id." in of.notices()[0]
    # Whatever was stored first, what counts now is the ledger: the other ids' records are withdrawn.
    now = {record.external_id for record in records(of)}
    assert {record.external_id for record in first} <= now
    assert len(result.evidence) == 3


def test_one_id_for_everything_keeps_the_entries_apart(tmp_path):
    three = (SALE, replace(SALE, minor=9_00), SALE, FEE)
    of = source(tmp_path, document(statement(whole(three), entries="".join(entry(one, 1, fitid="0") for one in three))))
    assert shown(read(of, CONTRACT).table) == expected(three)


@pytest.mark.parametrize("version", VERSIONS)
def test_texts_keep_their_signs_and_a_comma_is_a_point(tmp_path, version):
    move = Move(FIRST, -1_234_56, "Tom & Jerry <GmbH> é", "B1")
    text = document(statement(whole((move,)), version), version=version).replace(b"-1234.56", b"-1234,56")
    rows = read(source(tmp_path, text), CONTRACT).table
    assert (rows["amount"].tolist(), rows["description"].tolist()) == ([-1_234_56], ["Tom & Jerry <GmbH> é"])
    assert rows["counterparty"].tolist() == ["Party"]


PUBLISHED = {
    "anzcc.ofx": ("1234123412341234", "AUD", [-5_50], -123_45),
    "bank_medium.ofx": ("12300 000012345678", "CAD", [-6_60, -316_67, -22_00], 382_34),
    "checking.ofx": ("1452687~7", "USD", [1, -34_51, -25_00], 100_99),
    "suncorp.ofx": ("123456789", "AUD", [-16_85], 1_234_12),
    "multiple_accounts.ofx": ("9100", "USD", [], 111_00),
    "multiple_accounts2.ofx": ("9100", "USD", [], 111_00),
    "fail_nice/empty_balance.ofx": ("192639749", "CAD", [120_00], None),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_samples_are_read(name):
    one = read_ofx(SAMPLES / name, (SAMPLES / name).read_bytes())[0]
    assert (one.account, one.currency, [entry.minor for entry in one.entries], one.closing) == PUBLISHED[name]


def test_a_sample_full_of_empty_tags(tmp_path):
    of = connected(ofx_files, SAMPLES / "ofx-v102-empty-tags.ofx", currency="AUD")
    rows = read(of, CONTRACT).table
    assert (rows["amount"].tolist(), rows["description"].tolist()) == ([12_34], ["CBA:Transfer"])
    with pytest.raises(UsageError, match=r"line \d+: it names no currency \(CURDEF\). Give --option currency"):
        records(connected(ofx_files, SAMPLES / "ofx-v102-empty-tags.ofx"))


def test_two_accounts_in_one_file_need_a_choice():
    with pytest.raises(UsageError, match="several accounts: 9100, 9200"):
        records(connected(ofx_files, SAMPLES / "multiple_accounts.ofx"))
    of = connected(ofx_files, SAMPLES / "multiple_accounts.ofx", account="9200")
    assert [one.minor for one in of.balances([])] == [222_00]


GOOD = document(statement(MONTH)).decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is no OFX file"),
        ("Date,Amount\n", "it is no OFX file"),
        (
            GOOD[: GOOD.index("</BANKTRANLIST>")],
            r"it ends inside <BANKTRANLIST>, which began on line \d+\. It was",
        ),
        (GOOD.replace("</LEDGERBAL>", "</LEDGER>"), r"line \d+: </LEDGER> ends what never began"),
        (GOOD.replace("<ACCTID>0532013000\n", ""), r"line \d+: it names no account"),
        (
            GOOD.replace("<BALAMT>1238.00", "<BALAMT>1.238.00"),
            r"line \d+: its LEDGERBAL cannot be read: amount '1.23",
        ),
        (GOOD.replace("<DTASOF>2026", "<DTASOF>Okt"), r"line \d+: its LEDGERBAL has no day: DTASOF is 'Okt1010'"),
        (GOOD.replace("BANKMSGSRSV1", "INVSTMTMSGSRSV1"), "it holds an investment statement, which is not read"),
        (GOOD.replace("<CURDEF>EUR", "<CURDEF>"), "it names no currency"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, text, words):
    with pytest.raises(UsageError, match=words):
        records(source(tmp_path, text.encode()))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("signon_fail.ofx", "error 15500: Your request could not be processed"),
        ("error_message.ofx", "line 22: the bank answered with error 2000: General Server Error"),
        ("signon_success.ofx", "it holds no statement"),
        ("account_listing_aggregation.ofx", "it holds no statement"),
        ("bank_small.ofx", "it holds no statement"),
        ("fidelity-savings.ofx", "investment statement"),
    ],
)
def test_an_answer_that_is_no_statement_is_named(name, words):
    with pytest.raises(UsageError, match=words):
        read_ofx(SAMPLES / name, (SAMPLES / name).read_bytes())


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("<TRNAMT>250.00", "<TRNAMT>25O.00", "amount", "TRNAMT: amount '25O.00' is not a plain decimal"),
        ("<TRNAMT>250.00", "<TRNAMT>1,250.00", "amount", "TRNAMT: amount '1,250.00' is not a plain decimal"),
        ("<DTPOSTED>20261001", "<DTPOSTED>20261301", "day", "DTPOSTED is '20261301120000[0:GMT]', no date"),
        ("<MEMO>INV", "<CURRENCY><CURSYM>USD</CURRENCY><MEMO>INV", "entry.CURRENCY.CURSYM", "TRNAMT is in USD"),
        ("<MEMO>INV", "<CORRECTFITID>B0\n<MEMO>INV", "amount", "it corrects entry B0"),
    ],
)
def test_an_entry_that_cannot_be_read_waits_and_the_rest_goes_on(tmp_path, old, new, path, words):
    of = source(tmp_path, GOOD.replace(old, new).encode())
    result = read(of, CONTRACT)
    assert shown(result.table) == expected([FEE])
    assert [reject.path for reject in result.rejects] == [path]
    (notice,) = of.notices()
    assert f"(B1): {words}" in notice
    assert "It waits in quarantine" in notice


def test_published_samples_with_broken_entries_say_so():
    for name, count in (("date_missing", 3), ("decimal_error", 1)):
        of = connected(ofx_files, SAMPLES / "fail_nice" / f"{name}.ofx")
        assert len(of.notices()) == count
        assert len(read(of, CONTRACT).rejects) == count
