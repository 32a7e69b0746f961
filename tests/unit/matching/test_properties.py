"""What holds for every input: order, exclusivity, completeness, exact sums, derived ids."""

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import Cancelled
from awra_desk.matching import MatchConfig, match
from tests.soak import scaled
from tests.unit.matching.builders import confirmed, item, run, side

AMOUNTS = [1000, 1000, 1000, 2000, 3000, 484723, 484725, 12345, -1000, -484723, 99999]
REFERENCES = ["", "", "", "ORD-1001", "ORD-1002", "ch_1AbCdEfGh", "ch_1AbCdEfHg", "po_77AB", "ORD-1001\nch_1AbCdEfGh"]
TEXTS = ["", "coffee", "order ORD-1001", "Kamau Wanjiru coffee", "void ORD-1002"]


@st.composite
def items(draw: st.DrawFn, prefix: str) -> list[dict[str, Any]]:
    """Up to nine rows drawn from few values, so that keys, twins, rivals and groups collide."""
    return [
        item(
            f"{prefix}{number}",
            draw(st.sampled_from(AMOUNTS)),
            draw(st.sampled_from(REFERENCES)),
            day=draw(st.sampled_from([None, 4, 5, 5, 6, 9])),
            description=draw(st.sampled_from(TEXTS)),
            counterparty=draw(st.sampled_from(["", "", "Kamau Wanjiru"])),
            currency=draw(st.sampled_from(["USD", "USD", "USD", "KES", ""])),
            kind=draw(st.sampled_from(["", "", "payout", "charge", "refund"])),
            batch=draw(st.sampled_from(["", "", "", "po_77AB"])),
            channel=draw(st.sampled_from(["", "", "fees"])),
        )
        for number in range(draw(st.integers(0, 9)))
    ]


settings = st.fixed_dictionaries(
    {
        "tolerance": st.sampled_from(["0", "0.02", "5"]).map(__import__("decimal").Decimal),
        "percent": st.sampled_from(["0", "0.5"]).map(__import__("decimal").Decimal),
        "partial": st.booleans(),
        "hard_keys": st.sampled_from([(), ("batch",)]),
    }
)


def same(left: Any, right: Any) -> bool:
    return all(
        list(getattr(left, name).rows()) == list(getattr(right, name).rows()) for name in ("members", "open", "batches")
    )


@given(source=items("s"), ledger=items("l"), chosen=settings, seed=st.integers(0, 9))
def test_the_order_of_rows_does_not_matter(source: Any, ledger: Any, chosen: Any, seed: int) -> None:
    shuffled = [random.Random(seed).sample(rows, len(rows)) for rows in (source, ledger)]
    first, second = run(source, ledger, **chosen), run(*shuffled, **chosen)
    assert same(first, second)
    assert first.digest == second.digest


@given(source=items("s"), ledger=items("l"), chosen=settings)
def test_every_row_ends_in_a_named_place_and_only_there(source: Any, ledger: Any, chosen: Any) -> None:
    result = run(source, ledger, **chosen)
    everyone = {("source", row["id"]) for row in source} | {("ledger", row["id"]) for row in ledger}
    placed = Counter(zip(result.members["side"].tolist(), result.members["id"].tolist(), strict=True))
    rest = Counter(zip(result.open["side"].tolist(), result.open["id"].tolist(), strict=True))
    assert set(placed) | set(rest) == everyone
    assert all(count == 1 for count in (placed | rest).values())
    partial = {row for row, reason in zip(rest, result.open["reason"].tolist(), strict=True) if reason == "PARTIAL"}
    assert set(placed) & set(rest) == partial


@given(source=items("s"), ledger=items("l"), chosen=settings)
def test_allocations_add_up(source: Any, ledger: Any, chosen: Any) -> None:
    result = run(source, ledger, **chosen)
    amounts = {("source", row["id"]): row["amount"] for row in source} | {
        ("ledger", row["id"]): row["amount"] for row in ledger
    }
    placed: Counter[tuple[str, str]] = Counter()
    for name in ("members", "open"):
        table = getattr(result, name)
        column = "allocated" if name == "members" else "amount_open"
        for where, row, amount in zip(
            table["side"].tolist(), table["id"].tolist(), table[column].tolist(), strict=True
        ):
            assert type(amount) is int
            placed[where, row] += amount
    assert dict(placed) == amounts


@given(source=items("s"), ledger=items("l"))
def test_a_confirmed_match_without_tolerance_sums_to_zero_difference(source: Any, ledger: Any) -> None:
    result = run(source, ledger)
    sums: Counter[str] = Counter()
    currencies: dict[str, set[str]] = {}
    for row in result.members.rows():
        match_id, where, _, allocated, currency, status, _, shape, *_ = row
        if status == "confirmed":
            sums[match_id] += allocated if where == "source" or shape == "contra" else -allocated
            currencies.setdefault(match_id, set()).add(currency)
    assert all(total == 0 for total in sums.values())
    assert all(len(codes) == 1 and "" not in codes for codes in currencies.values())


@given(source=items("s"), ledger=items("l"), chosen=settings)
def test_swapping_the_sides_finds_the_same_matches(source: Any, ledger: Any, chosen: Any) -> None:
    exact = chosen | {"percent": 0 * chosen["percent"]}
    there = run(source, ledger, before_days=1, after_days=3, **exact)
    back = run(ledger, source, before_days=3, after_days=1, **exact)
    swapped = {
        frozenset(name.translate({ord("s"): "l", ord("l"): "s"})[:1] + name[1:] for name in members)
        for members in confirmed(back)
    }
    assert swapped == confirmed(there)


@given(source=items("s"), ledger=items("l"))
def test_ids_are_derived(source: Any, ledger: Any) -> None:
    first, again, other = (
        run(source, ledger, salt="bank"),
        run(source, ledger, salt="bank"),
        run(source, ledger, salt="till"),
    )
    ids = [set(result.members["match_id"].tolist()) for result in (first, again, other)]
    assert ids[0] == ids[1]
    assert not ids[0] & ids[2]


@given(source=items("s"), ledger=items("l"))
def test_incremental_equals_one_shot(source: Any, ledger: Any) -> None:
    run(source[: len(source) // 2], ledger[: len(ledger) // 2])
    assert same(run(source, ledger), run(source, ledger))


@pytest.mark.soak
def test_many_rows_in_any_order() -> None:
    chance = random.Random(11)
    for _ in range(scaled(40)):
        count = 400
        source = [
            item(
                f"s{n}",
                chance.randint(100, 9000),
                chance.choice(["", f"ORD-{chance.randrange(300)}"]),
                day=chance.randint(1, 28),
            )
            for n in range(count)
        ]
        ledger = [
            item(f"l{n}", row["amount"], row["references"], day=min(row["date"].day + chance.randrange(3), 28))
            for n, row in enumerate(source)
        ]
        first = run(source, ledger)
        assert same(first, run(chance.sample(source, count), chance.sample(ledger, count)))


def test_a_dense_book_of_equal_rows_ends_quickly() -> None:
    source = [item(f"s{n}", 1000, description="till " + "ab"[n % 2] * (n // 2 % 50 + 2)) for n in range(3000)]
    ledger = [item(f"l{n}", 1000, description="sale " + "cd"[n % 2] * (n // 2 % 70 + 2)) for n in range(3000)]
    result = run(source, ledger, passes=("keys", "tolerance", "groups", "fuzzy"))
    assert not confirmed(result)
    assert len(result.members) == 6000


def test_an_id_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="comes twice"):
        run([item("a", 1), item("a", 2)], [])


def test_work_can_be_cancelled() -> None:
    def stop(done: int, total: int | None, words: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        match(side([item("a", 1)]), side([]), MatchConfig(), progress=stop)


def test_amounts_are_never_floats() -> None:
    result = run([item("a", 10**16 - 1, "ORD-1001")], [item("x", 10**16 - 1, "ORD-1001")])
    assert result.members["allocated"].dtype == np.int64
    assert result.members["allocated"].tolist() == [10**16 - 1] * 2
