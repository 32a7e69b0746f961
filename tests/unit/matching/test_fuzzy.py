"""Words and nearly agreeing references among rows that pass the gates."""

from tests.unit.matching.builders import confirmed, item, left_open, pair, run, suggested

FILLER = [item(f"f{n:03d}", 1800, f"ch_{n:03d}QwErTy{n * 7919:06d}") for n in range(40)]


def both(source: list[dict[str, object]], ledger: list[dict[str, object]], **settings: object) -> set[frozenset[str]]:
    """Confirmed matches among forty others of the same price that match by reference."""
    result = run([*FILLER, *source], [*FILLER, *ledger], **settings)
    return {members for members in confirmed(result) if not any(name[2] == "f" for name in members)}


def test_a_mistyped_reference_does_not_confirm_a_common_amount() -> None:
    source, ledger = item("a", 1800, "ch_9ZxCvB123456"), item("x", 1800, "ch_9ZxCvB213456", day=6)
    result = run([*FILLER, source], [*FILLER, ledger])
    assert pair("a", "x") not in confirmed(result)
    assert pair("a", "x") in suggested(result)


def test_zeros_that_pad_a_reference_are_no_other_document() -> None:
    assert both([item("a", 1800, "ch_0012345678")], [item("x", 1800, "ch_12345678", day=6)]) == {pair("a", "x")}


def test_without_the_pass_it_does_not() -> None:
    sides = [item("a", 1800, "ch_9ZxCvB123456")], [item("x", 1800, "ch_9ZxCvB213456")]
    assert not both(*sides, passes=("keys", "tolerance"))


def test_the_amount_gate_stays() -> None:
    assert not both([item("a", 1800, "ch_9ZxCvB123456")], [item("x", 1801, "ch_9ZxCvB213456")])


def test_running_numbers_are_never_near() -> None:
    result = run([item("a", 1800, "ORD-100041")], [item("x", 1800, "ORD-100042")])
    assert not confirmed(result)


def test_a_crowded_number_space_says_nothing() -> None:
    orders = [item(f"f{n}", 1800, f"ORD-{100000 + n * 100}") for n in range(30)]
    source, ledger = item("a", 1800, "ORD-100150"), item("x", 1800, "ORD-100950")
    result = run([*orders, source], [*orders, ledger])
    assert pair("a", "x") not in confirmed(result)


CROWD = [item(f"f{n:03d}", 1800 + n * 13, f"ORD-{n:05d}", counterparty=f"Customer Number{n:04d}") for n in range(300)]


def test_a_rare_name_in_common_confirms_what_the_amount_alone_would_not() -> None:
    source = [*CROWD, item("a", 2006, counterparty="Wanjiru Kamau"), item("b", 3007, counterparty="Otieno Odhiambo")]
    ledger = [*CROWD, item("x", 2006, counterparty="Kamau, Wanjiru"), item("y", 3007, counterparty="Otieno Odhiambo")]
    assert {pair("a", "x"), pair("b", "y")} <= confirmed(run(source, ledger))
    assert not {pair("a", "x"), pair("b", "y")} & confirmed(run(source, ledger, passes=("keys", "tolerance")))


def test_a_rare_name_counts_whatever_the_descriptions_say() -> None:
    source = [*CROWD, item("a", 2006, description="Order KR-9", counterparty="Wanjiru Kamau")]
    ledger = [*CROWD, item("x", 2006, description="Card sale Cascara Tea 200 g", counterparty="WANJIRU KAMAU")]
    assert pair("a", "x") in confirmed(run(source, ledger))


def test_a_name_that_both_rivals_carry_decides_nothing() -> None:
    source = [*CROWD, item("a", 2005, counterparty="Wanjiru Kamau")]
    ledger = [
        *CROWD,
        item("x", 2005, counterparty="Wanjiru Kamau"),
        item("y", 2005, day=6, counterparty="Wanjiru Kamau"),
    ]
    result = run(source, ledger)
    assert frozenset({"s:a", "l:x", "l:y"}) in suggested(result)


def test_words_rank_suggestions() -> None:
    source = [item("a", 5000, description="green beans Kericho"), item("b", 5000, description="espresso cups")]
    ledger = [item("x", 5000, description="cups espresso blue"), item("y", 5000, description="Kericho green beans")]
    result = run(source, ledger)
    assert set(suggested(result)) == {pair("a", "y"), pair("b", "x")}
    assert not left_open(result)


def test_zeros_in_front_do_not_matter() -> None:
    orders = [item(f"f{n}", 1800, f"ORD-{1000 + n}") for n in range(30)]
    source, ledger = item("a", 1800, "ORD-1500"), item("x", 1800, "ORD-0001500")
    assert pair("a", "x") in confirmed(run([*orders, source], [*orders, ledger]))
    both = [item("x", 1800, "ORD-0001500"), item("y", 1800, "ORD-001500", day=6)]
    assert not {pair("a", "x"), pair("a", "y")} & confirmed(run([*orders, source], [*orders, *both]))
