"""The matcher's outcome as tables, with derived ids and a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from awra_desk.matching.book import Book
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.found import ONE, Found, Group, PairBlock, shape
from awra_desk.ports.columns import INTEGER, TEXT, Column, Table, column, concat, table
from awra_desk.ports.schemas import LEDGER_SIDE, MATCH_MEMBERS, SOURCE_SIDE

CONFIRMED, SUGGESTED = "confirmed", "suggested"
ID_LENGTH = 24  # hexadecimal digits of a match id

# One row per proof. sum: minor units; holds: 1 where the batch sums to zero.
BATCHES = {"side": TEXT, "batch": TEXT, "currency": TEXT, "members": INTEGER, "sum": INTEGER, "holds": INTEGER}


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What a run found.

    Attributes:
        members: schema MATCH_MEMBERS. open: schema OPEN_ITEMS. batches: schema BATCHES (zero-sum proofs of decomposed
            payouts).
        digest: SHA-256 over the sorted matches; equal digests mean equal matches.
    """

    members: Table
    open: Table
    batches: Table
    digest: str


def match_id(salt: str, rule_version: str, members: Iterable[str]) -> str:
    """The derived id of a match: a hash of the reconciliation, its sorted members ("s:" or "l:" and id) and the rule
    version.
    """
    content = "\x1f".join((salt, rule_version, *members))
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


def members_table(
    book: Book, config: MatchConfig, found: Found, suggestions: tuple[list[Group], list[PairBlock]], salt: str
) -> Table:
    """Schema MATCH_MEMBERS, sorted by match id, side (source first), id.

    Args:
        suggestions: those that stand after all passes (`Found.settled_suggestions`).
    """
    groups, blocks = suggestions
    parts = [_pair_table(book, config, block, salt) for block in (*found.pairs, *blocks)]
    parts.append(_group_table(book, config, [*found.groups, *groups], salt))
    members = concat(parts)
    # Pairs come as (source, ledger), groups with ascending rows: a stable sort by match id keeps members in order.
    return members.take(np.argsort(members["match_id"].astype(f"S{ID_LENGTH}"), kind="stable"))


def _pair_table(book: Book, config: MatchConfig, block: PairBlock, salt: str) -> Table:
    """Members of many 1:1 matches, a column at a time."""
    count = len(block.source)
    ours, theirs = book.ids[block.source], book.ids[block.ledger]
    head, digest_of = f"{salt}\x1f{config.rule_version}\x1fl:", hashlib.sha256
    names = [
        digest_of(f"{head}{other}\x1fs:{one}".encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]
        for one, other in zip(ours.tolist(), theirs.tolist(), strict=True)
    ]
    currencies = column(TEXT, book.currencies)[book.currency[block.source]]
    twice = {name: column(TEXT, values) for name, values in (("names", names), ("explanations", block.explanations))}
    return Table(
        {
            "match_id": np.repeat(twice["names"], 2),
            "side": np.tile(column(TEXT, (SOURCE_SIDE, LEDGER_SIDE)), count),
            "id": np.stack([ours, theirs], axis=1).reshape(-1),
            "allocated": np.stack([block.allocated_source, block.allocated_ledger], axis=1).reshape(-1),
            "currency": np.repeat(currencies, 2),
            "status": _filled(CONFIRMED if block.reasons is None else SUGGESTED, 2 * count),
            "score": np.repeat(block.score, 2),
            "shape": _filled(ONE, 2 * count),
            "rule": _filled(block.rule, 2 * count),
            "reason": np.repeat(column(TEXT, block.reasons or [""] * count), 2),
            "explanation": np.repeat(twice["explanations"], 2),
        }
    )


def _filled(value: str, count: int) -> Column:
    return np.full(count, value, dtype=object)


def _group_table(book: Book, config: MatchConfig, groups: Sequence[Group], salt: str) -> Table:
    columns: dict[str, list[object]] = {name: [] for name in MATCH_MEMBERS}
    amounts, currencies, ids = book.amount.tolist(), book.currency.tolist(), book.ids
    for group in groups:
        labels = [f"{book.side_of(row)[0]}:{ids[row]}" for row in group.rows]
        count = len(labels)
        columns["match_id"] += [match_id(salt, config.rule_version, sorted(labels))] * count
        columns["side"] += [book.side_of(row) for row in group.rows]
        columns["id"] += [ids[row] for row in group.rows]
        columns["allocated"] += [group.allocated.get(row, amounts[row]) for row in group.rows]
        columns["currency"] += [book.currencies[currencies[row]] for row in group.rows]
        columns["status"] += [CONFIRMED if group.confirmed else SUGGESTED] * count
        columns["score"] += [group.score] * count
        columns["shape"] += [shape(book, group.rows)] * count
        columns["rule"] += [group.rule] * count
        columns["reason"] += [str(group.reason)] * count
        columns["explanation"] += [group.explanation] * count
    return table(MATCH_MEMBERS, columns)


def batches_table(found: Found) -> Table:
    """Schema BATCHES, by side, batch and currency."""
    rows = sorted(found.proofs)
    return table(
        BATCHES,
        {
            name: [int(row[at]) if kind == INTEGER else row[at] for row in rows]
            for at, (name, kind) in enumerate(BATCHES.items())
        },
    )


def digest(members: Table) -> str:
    """SHA-256 over match id, side, id, allocated amount and status of every member."""
    result = hashlib.sha256(members["allocated"].astype("<i8").tobytes())
    for name in ("match_id", "side", "id", "status"):
        result.update("\x1f".join([name, *members[name].tolist(), ""]).encode("utf-8", "surrogatepass"))
    return result.hexdigest()


def decided_group(rows: list[int], explanation: str) -> Group:
    """A human match as the result shows it."""
    return Group(tuple(rows), 1.0, "decision", "", explanation, confirmed=True)
