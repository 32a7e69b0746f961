"""Why not: for every row left open its nearest candidates, and the gate each failed, by how much.

Candidates are neighbours in sorted lists (same amount and nearest day, nearest amounts, same day and nearest amount),
first among rows that
are themselves open, else among all; so the search is a handful of binary searches for the whole side.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates
from awra_desk.matching.book import NO_DAY, Book, Rows
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import minor_text
from awra_desk.matching.found import Found, Group, PairBlock
from awra_desk.matching.remedies import Remedies, Remedy
from awra_desk.matching.standing import FREE, standing
from awra_desk.ports.columns import Table, concat, empty, table
from awra_desk.ports.schemas import LEDGER_SIDE, OPEN_ITEMS, SOURCE_SIDE

Ints = NDArray[np.int64]

MAX_CANDIDATES = 5
FAR_DAY = 10**6
_MISSING = {SOURCE_SIDE: Reason.MISSING_IN_LEDGER, LEDGER_SIDE: Reason.MISSING_IN_SOURCE}
NO_ONE, SIGN, AMOUNT, UNDATED, DATE, TAKEN, PASSED = range(7)
_GATES = (
    ("", ""),
    ("sign", ""),
    ("amount", ""),
    ("date", "no date"),
    ("date", ""),
    ("taken", "matched elsewhere"),
    ("rival", "others fit as well"),
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # once: many are encoded
DUPLICATE_ID = "DUPLICATE_ID"  # the matcher's own word: a later occurrence of an id


@dataclass(frozen=True, slots=True)
class _Near:
    """Candidates of one side's open rows: arrays of shape (rows, candidates), -1 for none; rank: higher is nearer."""

    candidate: Ints
    rank: NDArray[np.float64]


def open_table(
    book: Book, config: MatchConfig, found: Found, suggestions: tuple[list[Group], list[PairBlock]]
) -> Table:
    """Schema OPEN_ITEMS, by side (source first) and id: rows neither confirmed nor suggested, and residuals of partial
    allocations.

    Args:
        suggestions: those that stand after all passes (`Found.settled_suggestions`).
    """
    stand = standing(book, found, suggestions)
    left = book.open & (stand.state == FREE)
    left[list(found.residual)] = True
    remedies = Remedies(book, config, stand) if left.any() else None
    parts = []
    for side, other in ((SOURCE_SIDE, LEDGER_SIDE), (LEDGER_SIDE, SOURCE_SIDE)):
        rows = book.side_rows(side, left)
        if not len(rows):
            parts.append(empty(OPEN_ITEMS))
            continue
        near = _nearest(
            book, config, rows, book.side_rows(other, book.open), book.side_rows(other, np.ones(len(book), dtype=bool))
        )
        changes = remedies.of(side, rows, near.candidate) if remedies else []
        parts.append(_table(book, config, found, (side, rows, near), changes))
    return concat(parts)


def _nearest(book: Book, config: MatchConfig, rows: Rows, open_rows: Rows, all_rows: Rows) -> _Near:
    near = _search(book, config, rows, open_rows)
    lonely = np.flatnonzero((near.candidate < 0).all(axis=1)) if near.candidate.shape[1] else np.arange(len(rows))
    if len(lonely) and len(all_rows):
        again = _search(book, config, rows[lonely], all_rows)
        candidate = np.full((len(rows), max(near.candidate.shape[1], again.candidate.shape[1])), -1, dtype=np.int64)
        rank = np.full(candidate.shape, -np.inf)
        candidate[:, : near.candidate.shape[1]], rank[:, : near.candidate.shape[1]] = near.candidate, near.rank
        candidate[lonely, : again.candidate.shape[1]], rank[lonely, : again.candidate.shape[1]] = (
            again.candidate,
            again.rank,
        )
        near = _Near(candidate, rank)
    return near


def _search(book: Book, config: MatchConfig, rows: Rows, others: Rows) -> _Near:
    """Neighbours of each row among the others of its currency, nearest first, each once."""
    if not len(others):
        return _Near(np.empty((len(rows), 0), dtype=np.int64), np.empty((len(rows), 0)))
    day = np.where(book.day == NO_DAY, -FAR_DAY, book.day)
    found = []
    for keys in (("amount", "day"), ("day", "amount")):
        columns = {"amount": book.amount, "day": day}
        order = others[np.lexsort((columns[keys[1]][others], columns[keys[0]][others], book.currency[others]))]
        place = _places(order, rows, book.currency, columns[keys[0]], columns[keys[1]])
        for step in (-1, 0, 1) if keys[0] == "amount" else (-1, 0):
            at = place + step
            inside = (at >= 0) & (at < len(order))
            other = np.where(inside, order[np.clip(at, 0, len(order) - 1)], -1)
            found.append(
                np.where(inside & (book.currency[other] == book.currency[rows]) & (book.currency[rows] > 0), other, -1)
            )
    candidate = np.stack(found, axis=1)
    rank = _rank(book, config, rows, candidate)
    order = np.argsort(-rank, axis=1, kind="stable")
    candidate, rank = np.take_along_axis(candidate, order, 1), np.take_along_axis(rank, order, 1)
    for column in range(1, candidate.shape[1]):
        seen = (candidate[:, :column] == candidate[:, column : column + 1]).any(axis=1)
        candidate[seen, column] = -1
    return _Near(candidate[:, :MAX_CANDIDATES], rank[:, :MAX_CANDIDATES])


def _places(order: Rows, rows: Rows, currency: Ints, first: Ints, second: Ints) -> Ints:
    """Where each row would stand in the order (sorted by currency, first, second)."""
    both = np.concatenate([order, rows])
    late = np.concatenate([np.zeros(len(order), dtype=np.int64), np.ones(len(rows), dtype=np.int64)])
    # Queries go before equals, so that place - 1 is the neighbour below and place the equal or the one above.
    ranked = np.lexsort((1 - late, second[both], first[both], currency[both]))
    is_query = late[ranked] == 1
    before = np.cumsum(~is_query)
    result = np.empty(len(rows), dtype=np.int64)
    result[ranked[is_query] - len(order)] = before[is_query]
    return result


def _rank(book: Book, config: MatchConfig, rows: Rows, candidate: Ints) -> NDArray[np.float64]:
    """1 for a perfect fit, less for distance in amount and days; -inf for no candidate."""
    mine = rows[:, None]
    gap = np.abs(book.amount[candidate] - book.amount[mine]) / np.maximum(np.abs(book.amount[mine]), 1)
    dated = (book.day[candidate] != NO_DAY) & (book.day[mine] != NO_DAY)
    days = np.where(
        dated, np.abs(np.where(dated, book.day[candidate], 0) - np.where(dated, book.day[mine], 0)), config.window * 4
    )
    rank = 1 - np.minimum(gap, 1) * 0.6 - np.minimum(days / (config.window * 10), 1) * 0.3
    return np.where(candidate < 0, -np.inf, np.round(rank, 4))


def _table(
    book: Book, config: MatchConfig, found: Found, of: tuple[str, Rows, _Near], remedies: list[list[Remedy]]
) -> Table:
    side, rows, near = of
    lines: list[tuple[object, ...]] = []
    failures = _failures(book, config, side, rows, near.candidate)
    names = book.ids[near.candidate].tolist()
    ranks = np.maximum(near.rank, 0.0).tolist()
    for at, row in enumerate(rows.tolist()):
        listed = [
            {"id": name, "score": rank, "failed_gate": gate, "by_how_much": much, **_remedy(remedy)}
            for name, rank, (gate, much), remedy in zip(names[at], ranks[at], failures[at], remedies[at], strict=True)
            if gate
        ]
        best = (
            listed[0]
            if listed
            else {"id": "", "failed_gate": "none" if book.currency[row] else "currency", "by_how_much": ""}
        )
        line = (
            side,
            book.ids[row],
            found.residual.get(row, book.amount[row].item()),
            book.currencies[book.currency[row]],
            _reason(book, found, side, row),
            best["id"],
            best["failed_gate"],
            best["by_how_much"],
            _ENCODER.encode(listed) if listed else "",
        )
        lines.append(line)
    return table(OPEN_ITEMS, dict(zip(OPEN_ITEMS, zip(*lines, strict=True), strict=True)))


def _remedy(remedy: Remedy) -> dict[str, object]:
    changes, then = remedy
    found: dict[str, object] = {"changes": [change.stored() for change in changes]} if changes else {}
    return {**found, "then": then} if then else found


def _reason(book: Book, found: Found, side: str, row: int) -> str:
    if row in found.residual:
        return str(Reason.PARTIAL)
    if book.repeated[row]:
        return DUPLICATE_ID
    if book.broken[row]:
        return str(Reason.BALANCE_BREAK)
    if row in found.tied:
        return str(Reason.AMBIGUOUS)
    return str(_MISSING[side])


def _failures(book: Book, config: MatchConfig, side: str, rows: Rows, candidate: Ints) -> list[list[tuple[str, str]]]:
    """For each row and candidate the first gate it failed and by how much beyond it; ("", "") where there is no
    candidate.
    """
    mine = np.broadcast_to(rows[:, None], candidate.shape)
    source, ledger = (mine, candidate) if side == SOURCE_SIDE else (candidate, mine)
    gap = np.abs(book.amount[ledger] - book.amount[source])
    beyond = gap - gates.allowed(book, config, ledger.reshape(-1)).reshape(candidate.shape)
    days, dated = gates.lag(book, source, ledger)
    late = np.where(days > 0, days - config.after_days, -days - config.before_days)
    opposite = book.sign[mine] * book.sign[candidate] < 0
    gate = np.select(
        [candidate < 0, opposite, beyond > 0, ~dated, late > 0, ~book.open[candidate]],
        [NO_ONE, SIGN, AMOUNT, UNDATED, DATE, TAKEN],
        PASSED,
    )
    how = np.select([gate == SIGN, gate == AMOUNT, gate == DATE], [gap, beyond, late], 0)
    codes = [book.currencies[code] for code in book.currency[rows].tolist()]
    facts = (cells.tolist() for cells in (candidate, gate, how))
    return [
        [
            _failure(book, config, (side, row, other), which, much, code)
            for other, which, much in zip(*cells, strict=True)
        ]
        for row, code, *cells in zip(rows.tolist(), codes, *facts, strict=True)
    ]


def _failure(
    book: Book, config: MatchConfig, pair: tuple[str, int, int], gate: int, much: int, code: str
) -> tuple[str, str]:
    """Words for the first failed gate of one candidate."""
    if gate in (SIGN, AMOUNT):
        return _GATES[gate][0], minor_text(much, code)
    if gate == DATE:
        return _GATES[gate][0], f"{much} day{'s' if much > 1 else ''}"
    if gate == PASSED:
        side, row, other = pair
        source, ledger = (row, other) if side == SOURCE_SIDE else (other, row)
        if gates.rows_disagree(book, config, source, ledger):
            return "identifier", "disagrees"
    return _GATES[gate]
