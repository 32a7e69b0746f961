"""A BAI2 file gives each transaction once, proves itself by all its totals, and is taken as banks really write it."""

import itertools
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.files.bai2 import bai2_files, read_bai2
from awra_desk.normalise import load_contract
from tests.unit.files.bai2_sample import ACCOUNT, account, detail, document, group
from tests.unit.files.bank_sample import (
    FIRST,
    OPENING,
    Cut,
    Move,
    broken,
    connected,
    dimensions,
    expected,
    moves,
    read,
    records,
    shown,
)

CONTRACTS = Path(__file__).parents[2] / "contracts" / "bank" / "bai2"
CONTRACT = load_contract((files("awra_desk.files") / "bai2-1.toml").read_text("utf-8"))

SALE, FEE = Move(FIRST, 250_00, "INV-1001", "B1"), Move(FIRST, -12_00, "FEE", "B2")
DAY = Cut("1", FIRST, FIRST, OPENING, (SALE, FEE))


def source(path, data=None, name="day.bai2", **options):
    if data is not None:
        (path / name).write_bytes(data)
    return connected(bai2_files, path, **options)


def days_of(given_moves):
    """A cut for each day on which something moved, each opening where the last one closed."""
    opening = OPENING
    for day, own in itertools.groupby(given_moves, key=lambda move: move.day):
        cut = Cut("", day, day, opening, tuple(own))
        yield cut
        opening = cut.closing


def one(cut, details=None, **settings):
    return document(group(cut.first, account(cut, details), **settings))


@given(given_moves=moves, together=st.booleans(), currency=st.sampled_from(["USD", "CAD", "JPY", "KWD"]))
def test_what_is_written_is_read(tmp_path_factory, given_moves, together, currency):
    folder = tmp_path_factory.mktemp("bai2")
    groups = [group(cut.first, account(cut), currency=currency) for cut in days_of(given_moves)]
    for number, some in enumerate([groups] if together else [[each] for each in groups]):
        (folder / f"{number}.bai2").write_bytes(document(*some))
    of = source(folder)
    result = read(of, CONTRACT)
    assert result.rejects == []
    assert shown(result.table) == expected(given_moves)
    assert set(result.table["currency"].tolist()) == {currency}
    assert (broken(of), of.notices()) == ([], [])
    assert of.balances([])[-1].minor == OPENING + sum(move.minor for move in given_moves)


@given(given_moves=moves, data=st.data())
def test_a_missing_transaction_is_noticed(tmp_path_factory, given_moves, data):
    cut = next(days_of(given_moves))
    at = data.draw(st.integers(0, len(cut.moves) - 1))
    left = [detail(move) for number, move in enumerate(cut.moves) if number != at] or ["16,890,,,,,NOTHING/"]
    whole = one(cut).decode()
    for move in cut.moves:
        whole = whole.replace(f"{detail(move)}\n", "", 1)
    text = whole.replace("\n49,", "\n" + "\n".join(left) + "\n49,")
    named = [name.rpartition(": ")[2] for name in broken(source(tmp_path_factory.mktemp("bai2"), text.encode()))]
    assert {"closing", "control total"} <= set(named)


def test_every_total_of_account_group_and_file_is_proven(tmp_path):
    whole = one(DAY)
    assert broken(source(tmp_path, whole)) == []
    for old, new, name in (
        (b"100,25000,1,", b"100,25100,1,", "sum of credits"),
        (b"100,25000,1,", b"100,25000,2,", "number of credits"),
        (b"400,1200,1,", b"400,1300,1,", "sum of debits"),
        (b"/\n49,", b"/\n16,890,,,,,ADVICE/\n49,", "number of records"),
        (b"98,276200,1,7", b"98,276300,1,7", "group control total"),
        (b"98,276200,1,7", b"98,276200,2,7", "group number of parts"),
        (b"98,276200,1,7", b"98,276200,1,8", "group number of records"),
        (b"99,276200,1,9", b"99,276300,1,9", "file control total"),
        (b"99,276200,1,9", b"99,276200,1,8", "file number of records"),
    ):
        assert old in whole
        names = {each.rpartition(": ")[2] for each in broken(source(tmp_path, whole.replace(old, new)))}
        assert name in names, name


@pytest.mark.parametrize(
    ("name", "accounts", "wrong"),
    [
        ("sample1.txt", {"10200123456": ("CAD", 17)}, set()),
        (
            "sample2.txt",
            {"0123456789": ("USD", 1), "9876543210": ("USD", 1), "4589761203": ("USD", 2)},
            {"sum of credits", "sum of debits"},  # of what they do not list
        ),
        ("sample3.txt", {"1111111": ("USD", 8), "11111111": ("USD", 18)}, set()),
    ],
)
def test_published_files_hold_to_the_last_total(name, accounts, wrong):
    found = read_bai2(CONTRACTS / name, (CONTRACTS / name).read_bytes())
    for number, (currency, many) in accounts.items():
        own = [each for each in found if each.account == number]
        assert {each.currency for each in own} == {currency}
        assert sum(len(each.entries) for each in own) == many
        assert all(entry.problem == "" for each in own for entry in each.entries)
    assert {total.name for each in found for total in each.stated if total.expected != total.actual} == wrong
    for each in found:
        if each.opening is not None and each.closing is not None:
            assert each.opening + each.moved() == each.closing


@pytest.mark.parametrize("name", ["sample4-continuations-newline-delimited.txt", "sample5-issue113.txt"])
def test_texts_go_on_without_slashes_and_name_their_parts(name):
    found = read_bai2(CONTRACTS / name, (CONTRACTS / name).read_bytes())
    entry = next(entry for each in found for entry in each.entries if entry.key == "SB2322600000404")
    assert (entry.minor, entry.payload["named"]["EREF"], entry.payload["party"]) == (
        1_435_00,
        "GSQ4FBGFDGWGKY",
        "SAMPLE INC",
    )
    assert entry.payload["text"].startswith('ACH Credit Reject,From: TEST INC, Remittance Info: "ACH- Test')


def test_funds_types_and_texts_are_told_apart(tmp_path):
    details = [
        "16,115,45000,S,10000,20000,15000,REF1,CUST1,LOCK BOX, NO. 1/2/",
        "16,195,100,V,261003,1200,REF2,CUST2,/",
        "16,195,200,D,2,0,100,1,100,REF3,CUST3,TWO DAYS/",
        "16,218,300,V,261003,,SP4738,YRC065321/\n88,PROCEEDS OF LETTER OF CREDIT/",
        "16,475,400,,,1234/\n88,CHECK\n88,PAID/",
        "16,142,500,Z/\n88,REF6,CUST6,CUT IN ITS FIELDS/",
    ]
    minors = (450_00, 1_00, 2_00, 3_00, -4_00, 5_00)
    cut = Cut("", FIRST, FIRST, OPENING, tuple(Move(FIRST, minor, "") for minor in minors))
    result = read(source(tmp_path, one(cut, details)), CONTRACT)
    assert result.rejects == []
    found = sorted(zip(*(result.table[name].tolist() for name in ("amount", "references", "description")), strict=True))
    assert found == sorted(
        [
            (450_00, "CUST1\nREF1", "LOCK BOX, NO. 1/2"),
            (1_00, "CUST2\nREF2", ""),
            (2_00, "CUST3\nREF3", "TWO DAYS"),
            (3_00, "YRC065321\nSP4738", "PROCEEDS OF LETTER OF CREDIT"),
            (-4_00, "1234", "CHECK PAID"),
            (5_00, "CUST6\nREF6", "CUT IN ITS FIELDS"),
        ]
    )
    assert broken(source(tmp_path)) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "   ", "\r"])
def test_records_may_stand_on_one_line(tmp_path, end):
    data = document(group(FIRST, account(DAY)), end=end)
    assert shown(read(source(tmp_path, data), CONTRACT).table) == expected(DAY.moves)
    assert broken(source(tmp_path)) == []


@pytest.mark.parametrize(
    ("code", "minor"),
    [("100", 1), ("399", 1), ("400", -1), ("699", -1), ("920", 1), ("959", 1), ("960", -1), ("999", -1)],
)
def test_type_codes_say_the_direction(tmp_path, code, minor):
    (statement,) = read_bai2(tmp_path, one(replace(DAY, moves=()), [f"16,{code},1,,,,/"]))
    assert statement.entries[0].minor == minor


def test_what_cannot_be_read_waits_and_the_rest_goes_on(tmp_path):
    details = [
        detail(SALE),
        "16,721,500,,,,INTEREST OR NOT/",
        "16,142,5.00,,,,POINT/",
        "16,890,,,,,ADVICE/",
        detail(FEE),
    ]
    of = source(tmp_path, one(DAY, details))
    result = read(of, CONTRACT)
    assert shown(result.table) == expected(DAY.moves)
    assert {reject.value for reject in result.rejects} == {"721", "5.00"}
    assert [words.split(". ")[0] for words in of.notices()] == [
        "day.bai2, line 6: type code '721' says neither that money came in nor that it went out",
        "day.bai2, line 7: '5.00' is no whole number of minor units",
    ]


WHOLE = one(DAY)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "does not begin with a record 01"),
        (b"Date,Amount\n", "does not begin with a record 01"),
        ((CONTRACTS / "sample-parseError.txt").read_bytes(), "does not begin with a record 01"),
        (WHOLE[: WHOLE.index(b"\n99,")], r"line 8: it ends without its trailer"),
        (WHOLE.replace(b"49,276200,5/\n", b""), r"line 7: a record 98 stands where none may"),
        (WHOLE.replace(b"98,276200,1,7/\n", b""), r"line 2: the group that begins here has no trailer"),
        (WHOLE.replace(b",261001,2359", b",261301,2359"), r"line 2: its as-of date '261301' is no day"),
        (WHOLE.replace(b"010,100000", b"010,1000.00"), r"line 3: '1000.00' is no whole number"),
        (WHOLE.replace(b"USD", b"XXQ"), r"line 3: currency 'XXQ'"),
        (WHOLE.replace(b"03,0975312468,", b"03,,"), r"line 3: it names no account"),
        (WHOLE.replace(b",1,261001,", b",4,261001,"), r"line 2: a group is a test"),
        (WHOLE.replace(b",1,261001,", b",2,261001,"), r"line 2: a group takes back what was sent before"),
        (b"01,1,2,261101,0200,1,,,2/\n99,0,0,2/\n", "it holds no account"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, data, words):
    with pytest.raises(UsageError, match=words):
        records(source(tmp_path, data))


def test_a_file_for_several_accounts_needs_a_choice(tmp_path):
    data = document(group(FIRST, account(DAY), account(DAY, number="4711", currency="CAD")))
    with pytest.raises(UsageError, match=f"several accounts: {ACCOUNT}, 4711"):
        records(source(tmp_path, data))
    of = source(tmp_path, account="4711")
    assert set(read(of, CONTRACT).table["currency"].tolist()) == {"CAD"}
    assert broken(of) == []


def test_a_report_of_the_day_counts_until_the_final_file_is_there(tmp_path):
    early = replace(SALE, text="PENDING CREDIT", key="")
    of = source(tmp_path, one(replace(DAY, moves=(early,)), modifier="3"), "early.bai2")
    table = read(of, CONTRACT).table
    assert shown(table) == expected([early])
    assert dimensions(table)[0]["witness"] == "report"
    assert of.balances([]) == []
    of = source(tmp_path, WHOLE, "final.bai2")
    assert shown(read(of, CONTRACT).table) == expected(DAY.moves)
    assert (broken(of), of.notices()) == ([], [])


def test_the_same_day_twice_and_a_gap(tmp_path):
    source(tmp_path, WHOLE)
    of = source(tmp_path, WHOLE.replace(b",0200,1,", b",0300,2,"), "again.bai2")
    assert shown(read(of, CONTRACT).table) == expected(DAY.moves)
    assert "counts once" in of.notices()[0]
    late = Cut("", FIRST + timedelta(days=2), FIRST + timedelta(days=2), DAY.closing + 5, ())
    of = source(tmp_path, one(late), "late.bai2")
    assert broken(of) == ["statement 2026-10-03 to 2026-10-03: opening"]


@pytest.mark.parametrize("odd", ["²", "9" * 5000])
def test_a_count_that_is_none_states_nothing(tmp_path, odd):
    path = tmp_path / "x.bai"
    lines = one(DAY).decode().split("\n")
    at = next(place for place, line in enumerate(lines) if line.startswith("49,"))
    lines[at] = f"{lines[at].rsplit(',', 1)[0]},{odd}/"
    (statement,) = read_bai2(path, "\n".join(lines).encode())
    assert len(statement.entries) == 2
    assert "number of records" not in [stated.name for stated in statement.stated]


def test_an_availability_of_a_thousand_million_days_ends(tmp_path):
    details = ["16,142,25000,D,999999999,1,2,B1,,INV-1001/", "16,142,5,D,1,261101,5,B2,,told/"]
    (statement,) = read_bai2(tmp_path / "x.bai", one(DAY, details))
    assert [entry.payload["text"] for entry in statement.entries] == ["", "told"]
