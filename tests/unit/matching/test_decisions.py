"""People's decisions: consumed first, never proposed again, taken out."""

from awra_desk.matching import Decisions
from tests.unit.matching.builders import confirmed, item, left_open, pair, run, suggested

S, L = "source", "ledger"


def rejected(*members: tuple[str, str]) -> Decisions:
    return Decisions(rejected=frozenset({frozenset(members)}))


def test_a_human_match_consumes_its_rows_before_any_pass() -> None:
    decisions = Decisions(confirmed=(((S, "a"), (L, "y")),))
    result = run([item("a", 500, "ORD-1001")], [item("x", 500, "ORD-1001"), item("y", 700)], decisions=decisions)
    assert confirmed(result) == {pair("a", "y")}
    assert set(result.members["rule"].tolist()) == {"decision"}
    assert left_open(result) == {"l:x": "MISSING_IN_SOURCE"}


def test_a_human_match_of_a_vanished_row_is_left_out() -> None:
    decisions = Decisions(confirmed=(((S, "a"), (L, "gone")),))
    result = run([item("a", 500, "ORD-1001")], [item("x", 500, "ORD-1001")], decisions=decisions)
    assert confirmed(result) == {pair("a", "x")}


def test_a_rejected_pair_is_never_proposed_again() -> None:
    for reference, amount in (("ORD-1001", 500), ("", 484723), ("", 100000)):
        sides = [item("a", amount, reference)], [item("x", amount, reference)]
        assert confirmed(run(*sides)) or suggested(run(*sides))
        result = run(*sides, decisions=rejected((S, "a"), (L, "x")))
        assert not confirmed(result)
        assert not suggested(result)
        assert set(left_open(result)) == {"s:a", "l:x"}


def test_a_rejected_rival_is_no_rival() -> None:
    books = [item(f"k{n:04d}", 700 + n, f"ORD-{n:04d}", day=20) for n in range(2000)]
    sides = [item("a", 484723), *books], [item("x", 484723), item("y", 484723, day=6), *books]
    assert pair("a", "x") not in confirmed(run(*sides))
    assert pair("a", "x") in confirmed(run(*sides, decisions=rejected((S, "a"), (L, "y"))))


def test_a_rejected_group_is_not_proposed_as_that_group() -> None:
    sides = [item("a", 6000, "INV-1001"), item("b", 4000, "INV-1001")], [item("x", 10000, "INV-1001")]
    result = run(*sides, decisions=rejected((S, "a"), (S, "b"), (L, "x")))
    assert not confirmed(result)
    assert frozenset({"s:a", "s:b", "l:x"}) not in suggested(result)


def test_an_excluded_row_takes_part_in_nothing() -> None:
    decisions = Decisions(excluded=frozenset({(L, "y")}))
    result = run([item("a", 484723)], [item("x", 484723), item("y", 484723, day=6)], decisions=decisions)
    assert confirmed(result) == {pair("a", "x")}
    assert not left_open(result)


def test_decisions_survive_new_rows() -> None:
    decisions = Decisions(confirmed=(((S, "a"), (L, "y")),), rejected=frozenset({frozenset({(S, "b"), (L, "x")})}))
    first = [item("a", 500, "ORD-1001"), item("b", 700, "ORD-2002")], [item("x", 700, "ORD-2002"), item("y", 500)]
    later = [*first[0], item("c", 800, "ORD-3003")], [*first[1], item("z", 800, "ORD-3003")]
    assert confirmed(run(*first, decisions=decisions)) == {pair("a", "y")}
    assert confirmed(run(*later, decisions=decisions)) == {pair("a", "y"), pair("c", "z")}
    assert set(left_open(run(*later, decisions=decisions))) == {"s:b", "l:x"}
