"""Sums and reversals among rows that found no partner: proposed where they stand out, never confirmed."""

import numpy as np
import pytest

from awra_desk.matching.subsets import promising
from tests.unit.matching.builders import item, run, suggested

WORDS = [f"{one}{two}{three}" for one in "BDFGK" for two in "aeiou" for three in ("mani", "kolo")]
OURS = [item(f"f{n:02d}", 700_001 + 7919 * n, description=f"Filler {word}") for n, word in enumerate(WORDS)]
THEIRS = [item(f"g{n:02d}", 900_001 + 7919 * n, description=f"Filler {word}") for n, word in enumerate(WORDS[::-1])]


def sides(source: list[dict[str, object]], ledger: list[dict[str, object]]) -> set[frozenset[str]]:
    """What is proposed among many others that do not match."""
    return set(suggested(run([*OURS, *source], [*THEIRS, *ledger])))


def test_an_entry_and_its_reversal_are_proposed_to_each_other() -> None:
    wrong = item("x", 55_417, day=5, description="Receipt Kiptoo Hardware")
    undone = item("y", -55_417, day=6, description="Reversal Kiptoo Hardware")
    other = [item("a", 12_121, description="Kiptoo Hardware deposit")]
    assert frozenset({"l:x", "l:y"}) in sides(other, [wrong, undone])


def test_a_partys_receipts_are_found_in_a_crowd_too() -> None:
    names = [
        f"{one}{two}{three}" for one in "BDFGKLMN" for two in "aeiou" for three in ("mani", "kolo", "tuvi", "reso")
    ]
    crowd = [item(f"c{n:03d}", 3 + 79 * n, description=f"Receipt {name}") for n, name in enumerate(names)]
    parts = [item("x", 55_417, description="Kiptoo Hardware"), item("y", 31_099, description="Kiptoo Hardware")]
    total = item("a", 86_516, description="KIPTOO HARDWARE DEPOSIT", day=6)
    assert frozenset({"s:a", "l:x", "l:y"}) in sides([total], [*crowd, *parts])
    assert frozenset({"s:a", "l:x", "l:y"}) not in sides([total | {"amount": 86_517}], [*crowd, *parts])


@pytest.mark.parametrize(
    "second",
    [
        item("y", -55_417, day=6, description="Refund Wanjiru Bakery"),
        item("y", -55_417, day=28, description="Reversal Kiptoo Hardware"),
        item("y", -55_418, day=6, description="Reversal Kiptoo Hardware"),
        item("y", -55_417, day=6, description="Reversal Kiptoo Hardware", currency="KES"),
    ],
)
def test_what_only_looks_like_a_reversal_is_not(second: dict[str, object]) -> None:
    first = item("x", 55_417, day=5, description="Receipt Kiptoo Hardware")
    assert frozenset({"l:x", "l:y"}) not in sides([item("a", 12_121, description="Kiptoo Hardware")], [first, second])


def test_the_estimate_for_many_targets_is_the_estimate_for_one() -> None:
    chance = np.random.default_rng(3)
    amounts = chance.integers(100, 100_000, 400)
    low = chance.integers(0, 200, 60)
    high = low + chance.integers(0, 200, 60)
    targets, multiples = chance.integers(1000, 400_000, 60), chance.integers(1, 40_000, 60)
    found = promising((amounts, low, high), targets, multiples, 0.05)
    for at in range(60):
        one = slice(at, at + 1)
        assert found[at] == promising((amounts, low[one], high[one]), targets[one], multiples[one], 0.05)[0]


def test_two_digits_exchanged_are_proposed() -> None:
    result = run([item("a", 145_944), item("b", 291_413)], [item("x", 145_494, day=7), item("y", 99_999)])
    assert suggested(result) == {frozenset({"s:a", "l:x"}): "AMOUNT_DIFFERENCE"}
    assert "two digits exchanged" in result.members["explanation"][0]


def test_the_first_digits_exchanged_are_proposed() -> None:
    result = run([item("a", 161_145)], [item("x", 611_145)])
    assert suggested(result) == {frozenset({"s:a", "l:x"}): "AMOUNT_DIFFERENCE"}


@pytest.mark.parametrize(
    "ledger",
    [
        [item("x", 145_494, day=20)],
        [item("x", -145_494)],
        [item("x", 145_494, currency="KES")],
        [item("x", 144_594)],
        [item("x", 145_494, day=None)],
        [item("x", 145_494), item("y", 149_544, day=6)],
    ],
    ids=["late", "opposite", "currency", "three digits", "undated", "two such rows"],
)
def test_what_only_looks_like_digits_exchanged_is_not(ledger: list[dict[str, object]]) -> None:
    assert not suggested(run([item("a", 145_944)], ledger))


def test_of_few_digits_an_exchange_is_an_accident() -> None:
    assert not suggested(run([item("a", 1450)], [item("x", 1540)]))
