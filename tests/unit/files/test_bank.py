"""However an account's statements are cut, doubled or renamed, each entry counts once and no other is made of it."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.files.bank import BankStatement, Entry, joins, of_account
from awra_desk.files.bank_balances import day_balances
from awra_desk.files.bank_order import arrange
from tests.unit.files.bank_sample import FIRST, OPENING, Cut, Move, days_cut, moves, parts, whole


def built(cut: Cut, name: str, *, numbered: bool = True, account: str = "A") -> BankStatement:
    entries = tuple(
        Entry(move.key, f"entry {at}", move.day, move.minor, {"text": move.text, "day": str(move.day), "m": move.minor})
        for at, move in enumerate(cut.moves, start=1)
    )
    number = cut.number if numbered else ""
    return BankStatement(
        Path(name), f"{name}{cut}", account, "EUR", number, cut.first, cut.last, cut.opening, cut.closing, entries
    )


def held(statements) -> list[tuple]:
    found = arrange(statements)
    assert len({external for external, _, _ in found.entries}) == len(found.entries)
    return sorted((one.day, one.minor, one.payload["text"]) for _, _, one in found.entries)


def of(move: Move) -> tuple:
    return move.day, move.minor, move.text


@given(moves, st.lists(st.integers(0, 12), max_size=4), st.randoms(use_true_random=False))
def test_statements_one_after_the_other_hold_every_entry(given_moves, places, order):
    statements = [built(cut, f"{cut.number}.x") for cut in parts(given_moves, places)]
    order.shuffle(statements)
    assert held(statements) == sorted(map(of, given_moves))
    assert arrange(statements).notices == ()


@given(moves, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=4), st.booleans())
def test_statements_that_overlap_hold_every_entry_once(given_moves, spans, numbered):
    cuts = [whole(given_moves, "9"), *days_cut(given_moves, spans)]
    statements = [built(cut, f"{at}.x", numbered=numbered) for at, cut in enumerate(cuts)]
    assert held(statements) == sorted(map(of, given_moves))


@given(moves, st.lists(st.integers(0, 12), max_size=4), st.data())
def test_ids_do_not_depend_on_what_came_later(given_moves, places, data):
    statements = [built(cut, f"{cut.number}.x") for cut in parts(given_moves, places)]
    until = data.draw(st.integers(1, len(statements)))
    first = [external for external, _, _ in arrange(statements[:until]).entries]
    assert [external for external, _, _ in arrange(statements).entries][: len(first)] == first


def test_one_id_for_several_entries_does_not_lose_one():
    fees = (Move(FIRST, -100, "FEE", "B1"), Move(FIRST, 5_000, "SALE", "B1"), Move(FIRST, -100, "FEE", "B1"))
    assert held([built(whole(fees), "a.x")]) == sorted(map(of, fees))


FEE = Move(FIRST, -100, "FEE")
ONE = whole((FEE, Move(FIRST + timedelta(days=1), 300, "SALE")), "7")


@pytest.mark.parametrize(
    ("again", "words"),
    [
        (replace(built(ONE, "b.x"), digest=built(ONE, "a.x").digest), "b.x holds the same bytes as a.x"),
        (built(ONE, "b.x"), "b.x holds statement 7 of 2026-10-01 to 2026-10-10, as a.x does"),
        (built(replace(ONE, number="8"), "b.x"), "b.x holds the statement of 2026-10-01 to 2026-10-10, as a.x does"),
        (built(ONE, "b.x", numbered=False), "a.x holds the statement of 2026-10-01 to 2026-10-10, as b.x does"),
    ],
)
def test_a_statement_that_is_there_again_is_left_out_and_said(again, words):
    found = arrange([built(ONE, "a.x"), again])
    assert len(found.statements) == 1
    assert len(found.entries) == 2
    assert found.notices[0].startswith(words)
    assert found.notices[0].endswith("it counts once.")


def test_the_next_part_of_a_day_that_looks_the_same_is_not_a_copy():
    nothing = (Move(FIRST, -100, "FEE"), Move(FIRST, 100, "FEE BACK"))
    first = Cut("1", FIRST, FIRST, OPENING, nothing)
    assert len(held([built(first, "a.x"), built(replace(first, number="2"), "b.x")])) == 4
    keyed = replace(first, moves=tuple(replace(move, key=f"K{move.minor}") for move in nothing))
    assert len(held([built(keyed, "a.x"), built(replace(keyed, number="2"), "b.x")])) == 2


def test_an_overlap_and_a_number_given_twice_are_said():
    longer = replace(ONE, moves=(*ONE.moves, Move(ONE.last, 5, "INTEREST")))
    (words,) = arrange([built(ONE, "a.x"), built(longer, "b.x")]).notices
    assert words == (
        "b.x overlaps a.x: 2 entries stand in both and count once. "
        "Both say statement 7, and they differ: ask the bank which one holds."
    )


def test_numbers_are_put_in_order_as_numbers():
    cuts = [Cut(f"00012/{part}", FIRST, FIRST, OPENING, (replace(FEE, minor=part),)) for part in (10, 9)]
    named = [one.number for one in arrange([built(cut, "a.x") for cut in cuts]).statements]
    assert named == ["00012/9", "00012/10"]


def test_the_days_between_statements_that_join_have_a_balance():
    early = built(Cut("1", FIRST, FIRST + timedelta(days=1), 500, (FEE,)), "a.x")
    late = built(Cut("2", FIRST + timedelta(days=4), FIRST + timedelta(days=5), 400, ()), "b.x")
    asked = [FIRST + timedelta(days=days) for days in range(-2, 9)]
    assert [(str(one.day), one.minor) for one in day_balances(arrange([early, late]), asked)] == [
        ("2026-09-30", 500), ("2026-10-01", 400), ("2026-10-02", 400), ("2026-10-03", 400), ("2026-10-04", 400),
        ("2026-10-05", 400), ("2026-10-06", 400),
    ]  # fmt: skip
    moved = day_balances(arrange([early, replace(late, opening=350)]), asked)
    assert date(2026, 10, 3) not in [one.day for one in moved]
    assert joins(early, late)
    assert not joins(early, replace(late, first=early.last, opening=1))


def test_statements_of_several_accounts_need_a_choice():
    both = [built(ONE, "a.x", account="GB33 BUKB"), built(ONE, "b.x", account="KE11")]
    assert [one.path.name for one in of_account(both, "gb33bukb", "/x")] == ["a.x"]
    with pytest.raises(UsageError, match=r"several accounts: GB33 BUKB, KE11\. Connect each"):
        of_account(both, "", "/x")
    with pytest.raises(UsageError, match=r"no statement is of account KE12\. There are: GB33 BUKB, KE11"):
        of_account(both, "KE12", "/x")
