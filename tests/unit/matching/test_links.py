"""The index of keys: one column of keys, and who meets whom by them."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from awra_desk.matching import MatchConfig, text
from awra_desk.matching.book import build
from awra_desk.matching.decisions import Decisions
from awra_desk.matching.links import key_column, meet, reference_holders
from tests.unit.matching.builders import item, side

PLAIN = st.text(alphabet="aB1-_ .#", max_size=8)
HELD = st.lists(st.tuples(st.sampled_from(["INV-1", "inv1", "INV-2\nINV-3", "INV-3", "", "RENT"]),
                          st.sampled_from([5, -5]), st.sampled_from(["USD", "EUR", ""])), max_size=8)  # fmt: skip


@given(st.lists(st.one_of(PLAIN, st.sampled_from(["ＩＮＶ－１００１", "SJKLMNOPQR", "ch_AbCdEf"])), max_size=6))
def test_a_column_of_keys_is_the_key_of_each(references: list[str]) -> None:
    keys = key_column("\n".join(references), len(references)).to_pylist()
    assert keys == [text.key_of(reference) for reference in references]


@given(HELD, HELD)
def test_keys_meet_as_counted_by_hand(source: list[tuple[str, int, str]], ledger: list[tuple[str, int, str]]) -> None:
    rows = [
        [item(f"{at:02d}", amount, references, currency=code) for at, (references, amount, code) in enumerate(drawn)]
        for drawn in (source, ledger)
    ]
    book = build(side(rows[0]), side(rows[1]), Decisions.none())[0]
    index, ours, theirs = reference_holders(book, MatchConfig(), book.usable)
    found = meet(book, ours, theirs)
    pairs = {(index.names[code], one, other) for one, other, code in zip(*(part.tolist() for part in found[:3]),
                                                                         strict=True)}  # fmt: skip
    several = {(index.names[meeting.code], *meeting.source, -1, *meeting.ledger) for meeting in found[3]}

    held: list[dict[tuple[str, int, str], list[int]]] = [defaultdict(list), defaultdict(list)]
    for number, listed in enumerate(rows):
        for at, row in enumerate(listed):
            for key in dict.fromkeys(map(text.key_of, row["references"].split("\n"))):
                if key and row["currency"]:
                    held[number][key, row["amount"], row["currency"]].append(at + number * book.split)
    both = held[0].keys() & held[1].keys()
    alone = {kind for kind in both if len(held[0][kind]) == len(held[1][kind]) == 1}
    assert pairs == {(kind[0], held[0][kind][0], held[1][kind][0]) for kind in alone}
    assert several == {(kind[0], *held[0][kind], -1, *held[1][kind]) for kind in both - alone}
