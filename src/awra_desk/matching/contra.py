"""Contra: a reversal and its original inside one side, among rows that keys and batches left open.

Confirmed only by a key that both carry (one in its text perhaps), held by nobody else on either side, amounts exactly
opposite, and no row
of the other side that either could meet. A charge and its refund are two events, not a void: they are left for the
ledger to show.
"""

from __future__ import annotations

from collections import defaultdict

from awra_desk.domain.reasons import Reason
from awra_desk.domain.transactions import Kind
from awra_desk.matching.book import NO_DAY, Book
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.links import row_keys
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

RULE = "contra"
BY_KEY = 0.97
_REVERSING = frozenset({frozenset({Kind.PAYOUT, Kind.PAYOUT_FAILURE})})


def run(book: Book, config: MatchConfig, found: Found) -> None:
    """Pair reversals inside each side."""
    holders = {side: _holders(book, side) for side in (SOURCE_SIDE, LEDGER_SIDE)}
    for side, other in ((SOURCE_SIDE, LEDGER_SIDE), (LEDGER_SIDE, SOURCE_SIDE)):
        partners = None
        for key, rows in sorted((key, rows) for key, rows in holders[side].items() if len(rows) == 2):
            if not reverse(book, rows):
                continue
            if partners is None:
                partners = _by_amount(book, other)
            contested = key in holders[other] or any(_can_meet(book, config, row, partners) for row in rows)
            _settle(book, config, found, key, (rows[0], rows[1]), contested=contested)


def _holders(book: Book, side: str) -> dict[str, list[int]]:
    """Key -> open rows of the side that carry it as a reference, or whose text names a reference of the side."""
    rows = book.side_rows(side, book.usable)
    found: dict[str, set[int]] = defaultdict(set)
    holders, keys = row_keys(book, "references", rows)
    for row, key in zip(holders.tolist(), keys.to_pylist(), strict=True):
        found[key].add(row)
    for row in rows.tolist():
        for key in book.keys_said(row):
            if key in found:
                found[key].add(row)
    return {key: sorted(held) for key, held in found.items()}


def reverse(book: Book, rows: list[int]) -> bool:
    """Whether two rows are exactly opposite and of kinds that reverse each other."""
    one, other = rows
    kinds = frozenset(book.texts["kind"][row].strip().casefold() for row in rows) - {""}
    return (
        book.amount[one] == -book.amount[other]
        and book.amount[one] != 0
        and book.currency[one] == book.currency[other]
        and book.currency[one] > 0
        and (len(kinds) < 2 or kinds in _REVERSING)
    )


def _by_amount(book: Book, side: str) -> dict[tuple[int, int], list[int]]:
    """(currency, amount) -> days of the side's open rows."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in book.side_rows(side, book.open).tolist():
        found[book.currency[row].item(), book.amount[row].item()].append(book.day[row].item())
    return found


def _can_meet(book: Book, config: MatchConfig, row: int, partners: dict[tuple[int, int], list[int]]) -> bool:
    """Whether the other side holds an equal amount inside the widest reading of the date window, or one without a
    date.
    """
    reach = config.window
    day = book.day[row].item()
    days = partners.get((book.currency[row].item(), book.amount[row].item()), ())
    return any(NO_DAY in (day, other) or abs(other - day) <= reach for other in days)


def _settle(book: Book, config: MatchConfig, found: Found, key: str, rows: tuple[int, int], *, contested: bool) -> None:
    if not book.open[list(rows)].all() or book.suspended[list(rows)].any() or book.refused(rows):
        return
    facts = {"version": 1, "rule": RULE, "key": key, "currency": book.currencies[book.currency[rows[0]]]}
    if not contested and config.floor <= BY_KEY:
        explanation = encode({**facts, "parts": [["reversal", BY_KEY]]})
        found.confirm(Group(rows, BY_KEY, RULE, "", explanation, confirmed=True))
        return
    score = round(max(min(config.floor - 0.05, 0.8), 0.0), 4)
    explanation = encode({**facts, "parts": [["reversal", score]], "blocks": ["rivals" if contested else "floor"]})
    found.suggest(Group(rows, score, RULE, Reason.AMBIGUOUS, explanation, confirmed=False))
