"""The scorer: the perfect desk scores 1, and each kind of wrong confirmation is seen."""

from dataclasses import replace
from fractions import Fraction

import pytest

from awra_desk.sandbox.merchant import RECONCILIATIONS, STRIPE_BALANCE
from awra_desk.sandbox.scoring import as_text, combine, score
from awra_desk.sandbox.truth import TrueGroup, Truth, TwinClass
from tests.unit.sandbox.months import month

LINES = {
    ("SR-1", 0): ("sales_receipts", "11:0"),
    ("SR-2", 0): ("sales_receipts", "12:0"),
    ("JE-1", 2): ("journal_entries", "9:1"),
}


def group(source: list[str], ledger: list[tuple[str, int]], *, confirmable: bool = True) -> TrueGroup:
    refs = tuple(("balance_transactions", name) for name in source)
    return TrueGroup(STRIPE_BALANCE, "charge", refs, tuple(ledger), confirmable, "key" if confirmable else "")


def source(name: str) -> tuple[str, str, str]:
    return "source", "balance_transactions", name


def ledger(ref: tuple[str, int]) -> tuple[str, str, str]:
    return "ledger", *LINES[ref]


TRUTH = Truth((group(["a"], [("SR-1", 0)]), group(["b"], [("SR-2", 0)]), group(["x", "y", "z"], [("JE-1", 2)])), (), ())


def test_exact_confirmations_are_true_and_found() -> None:
    matches = [
        ("1", "confirmed", [source("a"), ledger(("SR-1", 0))]),
        ("2", "suggested", [source("b"), ledger(("SR-2", 0))]),
        ("3", "confirmed", [source("z"), ledger(("JE-1", 2)), source("x"), source("y")]),
    ]
    result = score(TRUTH, STRIPE_BALANCE, matches, LINES)
    assert (result.confirmed, result.false_confirmations, result.confirmable, result.found) == (2, 0, 3, 2)
    assert result.missed == (TRUTH.groups[1],)
    assert result.confirmable_recall == Fraction(2, 3)
    assert result.confirmed_precision == 1


def test_what_is_left_is_sought_among_the_suggestions() -> None:
    tie = [source("b"), source("a"), ledger(("SR-2", 0))]
    matches = [("1", "suggested", tie), ("2", "suggested", [source("x"), ledger(("JE-1", 2))])]
    result = score(TRUTH, STRIPE_BALANCE, matches, LINES)
    assert (result.rest, result.suggested) == (3, 1)
    assert result.unsuggested == (TRUTH.groups[0], TRUTH.groups[2])
    assert result.suggested_recall == Fraction(1, 3)


def test_what_a_confirmation_holds_in_part_is_not_left() -> None:
    matches = [("1", "confirmed", [source("x"), ledger(("JE-1", 2))]), ("2", "suggested", [source("a"), source("b")])]
    assert score(TRUTH, STRIPE_BALANCE, matches, LINES).rest == 2


def test_another_reading_of_the_same_records_is_not_left() -> None:
    whole = replace(TRUTH, groups=(*TRUTH.groups, replace(TRUTH.groups[0], kind="net")))
    assert score(whole, STRIPE_BALANCE, [], LINES).rest == 3


@pytest.mark.parametrize(
    "members",
    [
        [source("a"), ledger(("SR-2", 0))],
        [source("a"), source("b"), ledger(("SR-1", 0)), ledger(("SR-2", 0))],
        [source("a"), source("a#2")],
        [source("unheard of"), ledger(("SR-1", 0))],
        [("ledger", "sales_receipts", "99:0"), source("a")],
        [],
    ],
)
def test_a_confirmation_across_groups_or_of_unknown_records_is_false(members: list) -> None:
    result = score(TRUTH, STRIPE_BALANCE, [("m", "confirmed", members)], LINES)
    assert result.false_matches == ("m",)
    assert result.confirmed_precision == 0


def test_a_part_of_a_group_is_true_but_not_found() -> None:
    result = score(TRUTH, STRIPE_BALANCE, [("m", "confirmed", [source("x"), source("y"), ledger(("JE-1", 2))])], LINES)
    assert (result.false_confirmations, result.found) == (0, 0)


def test_twins_may_stand_for_each_other_but_each_only_once() -> None:
    twins = (
        TwinClass(STRIPE_BALANCE, "source", (("balance_transactions", "a"), ("balance_transactions", "b"))),
        TwinClass(STRIPE_BALANCE, "ledger", (("SR-1", 0), ("SR-2", 0))),
    )
    truth = replace(TRUTH, twins=twins)
    crossed = [
        ("1", "confirmed", [source("a"), ledger(("SR-2", 0))]),
        ("2", "confirmed", [source("b"), ledger(("SR-1", 0))]),
    ]
    result = score(truth, STRIPE_BALANCE, crossed, LINES)
    assert (result.false_confirmations, result.found) == (0, 2)
    together = [("1", "confirmed", [source("a"), source("b"), ledger(("SR-1", 0)), ledger(("SR-2", 0))])]
    assert score(truth, STRIPE_BALANCE, together, LINES).false_confirmations == 0
    lopsided = [("1", "confirmed", [source("a"), source("b"), source("a"), ledger(("SR-1", 0))])]
    assert score(truth, STRIPE_BALANCE, lopsided, LINES).false_confirmations == 1


def test_the_perfect_desk_scores_one_on_a_real_month() -> None:
    given = month()
    line_ids = {
        (document.key, line.line_no): (document.entity, f"{document.key}:{line.line_no}")
        for document in given.books.documents
        for line in document.lines
    }
    results = []
    for name in RECONCILIATIONS:
        matches = []
        for number, one in enumerate(group for group in given.truth.groups if group.reconciliation == name):
            if one.confirmable:
                right = [("ledger", *line_ids.get(ref, ("opening_items", ref[0]))) for ref in one.ledger]
                matches.append((str(number), "confirmed", [("source", *ref) for ref in one.source] + right))
        results.append(score(given.truth, name, matches, line_ids))
    whole = combine(results)
    assert whole.false_confirmations == 0
    assert whole.missed == ()
    assert as_text(whole.confirmable_recall) == "1.0000"
    assert whole.confirmable > 1500
    assert whole.suggested == 0
    assert whole.suggested_recall < 1


def test_a_share_just_under_one_is_not_written_as_one() -> None:
    assert as_text(Fraction(99_999, 100_000)) == "0.9999"
    assert as_text(Fraction(0)) == "0.0000"
