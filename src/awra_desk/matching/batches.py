"""Payout decomposition: zero-sum proofs of every batch, and batches meeting their opposite row.

A batch that holds its payout row must sum to zero; its payout row then meets the opposite row alone. A batch without
it meets, all members
together, the opposite row of the same batch (or reference) and exactly that sum. No tolerance, no date gate; signs may
mix inside a batch.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from awra_desk.domain.reasons import Reason
from awra_desk.domain.transactions import Kind
from awra_desk.matching import text
from awra_desk.matching.book import Book
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

RULE = "batch"
SCORE = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one side that share a batch and a currency. payouts: its payout rows where it also has other members."""

    side: str
    name: str
    currency: int
    rows: tuple[int, ...]
    payouts: tuple[int, ...]


def prove(book: Book, found: Found) -> list[Batch]:
    """All batches of both sides; writes the zero-sum proofs and marks payout rows, those of broken batches too. Before
    any pass.
    """
    batches = [*_batches(book, SOURCE_SIDE), *_batches(book, LEDGER_SIDE)]
    for batch in batches:
        if not batch.payouts:
            continue
        total = book.sum_of(batch.rows)
        book.payout[list(batch.payouts)] = True
        book.broken[list(batch.payouts)] = total != 0
        found.proofs.append(
            (batch.side, batch.name, book.currencies[batch.currency], len(batch.rows), total, total == 0)
        )
    return batches


def _batches(book: Book, side: str) -> list[Batch]:
    everyone = ~book.repeated
    rows = book.side_rows(side, everyone)
    members: dict[tuple[str, int], list[int]] = defaultdict(list)
    folded: dict[str, str] = {}
    for row, name in zip(rows.tolist(), book.texts["batch"][rows].tolist(), strict=True):
        if name:
            key = folded.get(name)
            if key is None:
                key = folded[name] = text.normalise(name)
            if key:
                members[key, book.currency[row].item()].append(row)
    return [
        Batch(side, name, currency, tuple(held), _payouts(book, name, held))
        for (name, currency), held in sorted(members.items())
        if currency
    ]


def _payouts(book: Book, name: str, rows: list[int]) -> tuple[int, ...]:
    """Rows of kind payout, or that carry the batch as reference against the sum of the others; none where nothing else
    is in the batch.
    """
    if len(rows) < 2:
        return ()
    total = book.sum_of(rows)
    found = []
    for row in rows:
        amount = book.amount[row].item()
        named = name in {text.normalise(line) for line in book.texts["references"][row].split("\n")}
        if book.texts["kind"][row].strip().casefold() == Kind.PAYOUT or (named and amount * (total - amount) < 0):
            found.append(row)
    return tuple(found) if len(found) < len(rows) else ()


def run(book: Book, config: MatchConfig, found: Found, batches: list[Batch]) -> None:
    """Let every batch meet its opposite row."""
    if not batches:
        return
    named = {side: _named(book, side) for side in (SOURCE_SIDE, LEDGER_SIDE)}
    for batch in batches:
        other = LEDGER_SIDE if batch.side == SOURCE_SIDE else SOURCE_SIDE
        opposite = [
            row for row in named[other].get(batch.name, ()) if book.open[row] and book.currency[row] == batch.currency
        ]
        rows = batch.payouts or batch.rows
        still = tuple(row for row in rows if book.open[row])
        if not opposite or not still or len(still) < len(rows):
            continue
        if batch.payouts:
            for row in still:
                _meet(book, config, found, batch, (row,), opposite)
        else:
            _meet(book, config, found, batch, still, opposite)


def _named(book: Book, side: str) -> dict[str, list[int]]:
    """Key -> usable rows of a side that carry it as batch or reference; where none does, as a token of their text."""
    found: dict[str, list[int]] = defaultdict(list)
    spoken: dict[str, list[int]] = defaultdict(list)
    for row in book.side_rows(side, book.usable).tolist():
        own = {text.normalise(line) for line in book.texts["references"][row].split("\n")}
        own.add(text.normalise(book.texts["batch"][row]))
        for key in sorted(own - {""}):
            found[key].append(row)
        for key in sorted(book.keys_said(row) - own):
            spoken[key].append(row)
    return {**spoken, **found}


def _meet(
    book: Book, config: MatchConfig, found: Found, batch: Batch, rows: tuple[int, ...], opposite: list[int]
) -> None:
    """Confirm the one opposite row of exactly this sum; otherwise suggest what is there."""
    total = book.sum_of(rows)
    exact = [row for row in opposite if book.amount[row] == total]
    broken = bool(book.broken[list(rows)].any() or book.broken[opposite].any())
    if len(opposite) > 1 and not exact:
        return  # several rows on both sides: the groups pass sums them
    members = tuple(sorted((*rows, *(exact or opposite))))
    if book.refused(members):
        return
    sound = len(exact) == 1 == len(opposite) and not broken and config.floor <= SCORE
    facts: dict[str, object] = {
        "version": 1,
        "rule": RULE,
        "key": batch.name,
        "link": "batch",
        "currency": book.currencies[batch.currency],
        "diff": book.sum_of(opposite) - total if not exact else 0,
        "proof": {"members": len(rows), "sum": total},
    }
    if sound:
        found.confirm(Group(members, SCORE, RULE, "", encode({**facts, "parts": [["batch", SCORE]]}), confirmed=True))
        return
    reason, block = _trouble(broken=broken, exact=len(exact))
    score = round(max(config.floor - 0.05, 0.0), 4)
    extra = {**facts, "parts": [["batch", score]], "blocks": [block]}
    if block != "rivals":
        book.suspended[list(members)] = True
    found.suggest(Group(members, score, RULE, reason, encode(extra), confirmed=False))


def _trouble(*, broken: bool, exact: int) -> tuple[Reason, str]:
    if broken:
        return Reason.BALANCE_BREAK, "batch"
    return (Reason.AMBIGUOUS, "rivals") if exact else (Reason.AMOUNT_DIFFERENCE, "incomplete")
