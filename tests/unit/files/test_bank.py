"""However an account's statements are cut, doubled or renamed, each entry counts once and no other is made of it."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awra_desk.domain.errors import UsageError
from awra_desk.files.bank import BankStatement, Entry, is_next, joins, of_account
from awra_desk.files.bank_balances import day_balances
from awra_desk.files.bank_order import arrange
from tests.unit.files.bank_sample import DOUBT, FIRST, OPENING, Cut, Move, days_cut, moves, parts, quiet, whole


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


def doubted(statements) -> list[str]:
    return [words for words in arrange(statements).notices if DOUBT in words]


TAKEN_BACK = (Move(FIRST, -12, "FEE"), Move(FIRST, 12, "FEE"))
NEXT_DAY = Move(FIRST + timedelta(days=1), -12, "FEE")
shuffles = st.randoms(use_true_random=False)


@given(moves | quiet, st.lists(st.integers(0, 12), max_size=4), shuffles)
@example((*TAKEN_BACK, *TAKEN_BACK, NEXT_DAY), [2], Random(1))
def test_statements_one_after_the_other_hold_every_entry(given_moves, places, order):
    statements = [built(cut, f"{cut.number}.x") for cut in parts(given_moves, places)]
    order.shuffle(statements)
    assert held(statements) == sorted(map(of, given_moves))
    # Nothing is there twice; only where a part of a day moves nothing in sum the balances leave a doubt.
    assert list(arrange(statements).notices) == doubted(statements)


@given(moves | quiet, st.lists(st.integers(0, 12), max_size=4), shuffles, st.booleans())
@example((Move(FIRST, 12, "FEE"), Move(FIRST, 24, "FEE"), Move(FIRST, 12, "FEE"), NEXT_DAY), [1, 3], Random(2), False)
@example((*TAKEN_BACK, *TAKEN_BACK, NEXT_DAY), [2], Random(1), True)
def test_parts_without_numbers_under_any_names_lose_nothing_unsaid(given_moves, places, order, looked):
    cuts = parts(given_moves, places)
    names = [f"{at}.x" for at in range(len(cuts))]
    order.shuffle(names)
    statements = [built(cut, name, numbered=False) for cut, name in zip(cuts, names, strict=True)]
    statements = [by_look(one) for one in statements] if looked else statements
    found = held(statements)
    assert not Counter(found) - Counter(map(of, given_moves))
    said = [words for words in arrange(statements).notices if words.endswith("it counts once.")]
    assert found == sorted(map(of, given_moves)) or doubted(statements) or said


def by_look(one: BankStatement) -> BankStatement:
    """As a table's rows are: named by all their cells, the balance after them among these."""
    balance, entries = one.opening or 0, []
    for entry in one.entries:
        balance += entry.minor or 0
        entries.append(replace(entry, name=f"{entry.payload} {balance}", look=entry.payload["text"]))
    return replace(one, entries=tuple(entries))


@given(
    moves | quiet,
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=4),
    st.sampled_from(["numbers", "none", "looks"]),
    shuffles,
)
@example((*TAKEN_BACK, NEXT_DAY), [(0, 0)], "none", Random(1))
@example((*TAKEN_BACK, NEXT_DAY), [(0, 0), (0, 1)], "numbers", Random(2))
@example((*TAKEN_BACK, NEXT_DAY), [(0, 0), (0, 0), (0, 2)], "looks", Random(3))
def test_statements_that_overlap_hold_every_entry_once(given_moves, spans, told_by, order):
    cuts = [whole(given_moves, "9"), *days_cut(given_moves, spans)]
    order.shuffle(cuts)
    statements = [built(cut, f"{at}.x", numbered=told_by == "numbers") for at, cut in enumerate(cuts)]
    statements = [by_look(one) for one in statements] if told_by == "looks" else statements
    assert held(statements) == sorted(map(of, given_moves))


@given(quiet, st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=4), st.booleans())
def test_statements_with_gaps_hold_what_they_hold_once(given_moves, spans, numbered):
    statements = [built(cut, f"{at}.x", numbered=numbered) for at, cut in enumerate(days_cut(given_moves, spans))]
    days = {FIRST + timedelta(days=at) for ends in spans for at in range(min(ends), max(ends) + 1)}
    assert held(statements) == sorted(of(move) for move in given_moves if move.day in days)


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


QUIET = Cut("1", FIRST, FIRST, OPENING, TAKEN_BACK)
TWO_DAYS = Cut("", FIRST, FIRST + timedelta(days=1), OPENING, (*TAKEN_BACK, NEXT_DAY))


@pytest.mark.parametrize(
    ("number", "count", "words"),
    [
        ("2", 5, "counted as further ones, because statement 2 follows statement 1."),
        ("7", 3, "counted once."),
        ("", 3, "counted once."),
    ],
)
def test_a_day_that_moves_nothing_is_told_by_numbers_and_said(number, count, words):
    both = [built(QUIET, "a.x"), built(replace(TWO_DAYS, number=number), "b.x")]
    assert len(held(both)) == count
    (said,) = doubted(both)
    assert said == (
        "b.x begins with the balance that a.x ends with, and 2 entries of 2026-10-01 stand in both: "
        f"{words} The balances cannot tell; compare that day with the bank."
    )


def test_ids_and_a_statement_of_more_days_leave_no_doubt():
    keyed = [replace(move, key=f"K{at}") for at, move in enumerate(TWO_DAYS.moves)]
    by_id = [
        built(replace(QUIET, moves=tuple(keyed[:2])), "a.x"),
        built(replace(TWO_DAYS, moves=tuple(keyed), number="2"), "b.x"),
    ]
    assert (len(held(by_id)), doubted(by_id)) == (3, [])
    eve = FIRST - timedelta(days=1)
    for twice, count in ((False, 3), (True, 5)):
        longer = Cut("0", eve, TWO_DAYS.last, OPENING, (*(TAKEN_BACK if twice else ()), *TWO_DAYS.moves))
        three = [built(longer, "c.x"), built(QUIET, "a.x"), built(replace(TWO_DAYS, number="2"), "b.x")]
        assert (len(held(three)), doubted(three)) == (count, [])


def test_an_earlier_download_of_a_day_adds_nothing_to_a_later_one():
    later = replace(QUIET, number="", moves=(*TAKEN_BACK, Move(FIRST, 5, "IN"), Move(FIRST, -5, "OUT")))
    assert len(held([built(later, "a.x"), built(replace(QUIET, number=""), "b.x")])) == 4


def test_entries_beside_a_day_that_moves_nothing_are_further_ones():
    others = replace(TWO_DAYS, moves=(TAKEN_BACK[0], Move(FIRST, 12, "other"), NEXT_DAY))
    both = [built(QUIET, "a.x"), built(others, "b.x")]
    assert (len(held(both)), doubted(both)) == (5, [])


def test_where_a_part_before_is_missing_a_balance_met_by_chance_is_said():
    late = built(Cut("", FIRST, FIRST, OPENING - 12, TAKEN_BACK[1:]), "a.x")
    both = [late, built(TWO_DAYS, "b.x")]
    assert len(held(both)) == 4
    assert "counted as further ones, as the balance fits." in doubted(both)[0]


@pytest.mark.parametrize(
    ("one", "other", "follows"),
    [
        ("00012", "00013", True), ("12/2", "12/3", True), ("12/3", "13/1", True), ("A-9", "A-10", True),
        ("1", "3", False), ("2", "1", False), ("12", "12", False), ("12", "13/1", False), ("A1", "B2", False),
        ("", "1", False), ("", "", False),
    ],
)  # fmt: skip
def test_the_number_after(one, other, follows):
    assert is_next(one, other) is follows


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
