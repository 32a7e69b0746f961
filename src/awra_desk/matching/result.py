"""The matcher's outcome as tables, with derived ids and a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from awra_desk.matching.book import Book
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.found import ONE, Found, Group, shape
from awra_desk.ports.columns import INTEGER, TEXT, Column, Table, table
from awra_desk.ports.schemas import LEDGER_SIDE, MATCH_MEMBERS, SOURCE_SIDE

CONFIRMED, SUGGESTED = "confirmed", "suggested"

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
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def members_table(book: Book, config: MatchConfig, found: Found, salt: str) -> Table:
    """Schema MATCH_MEMBERS, sorted by match id, side (source first), id."""
    parts = [_pair_columns(book, config, found, salt), _group_columns(book, config, found, salt)]
    columns = {name: [value for part in parts for value in part[name]] for name in MATCH_MEMBERS}
    if not columns["match_id"]:
        return table(MATCH_MEMBERS, columns)
    members = table(MATCH_MEMBERS, columns)
    # Blocks come as (source, ledger) pairs and groups with ascending rows, so a stable sort by match id leaves
    # members in order.
    return members.take(np.argsort(members["match_id"].astype(str), kind="stable"))


def _pair_columns(book: Book, config: MatchConfig, found: Found, salt: str) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {name: [] for name in MATCH_MEMBERS}
    for block in found.pairs:
        count = len(block.source)
        ours, theirs = book.ids[block.source].tolist(), book.ids[block.ledger].tolist()
        names = [
            match_id(salt, config.rule_version, (f"l:{other}", f"s:{one}"))
            for one, other in zip(ours, theirs, strict=True)
        ]
        codes = [book.currencies[code] for code in book.currency[block.source].tolist()]
        columns["match_id"] += _twice(names, names)
        columns["side"] += [SOURCE_SIDE, LEDGER_SIDE] * count
        columns["id"] += _twice(ours, theirs)
        columns["allocated"] += _twice(block.allocated_source.tolist(), block.allocated_ledger.tolist())
        columns["currency"] += _twice(codes, codes)
        columns["status"] += [CONFIRMED] * (2 * count)
        columns["score"] += _twice(block.score.tolist(), block.score.tolist())
        columns["shape"] += [ONE] * (2 * count)
        columns["rule"] += [block.rule] * (2 * count)
        columns["reason"] += [""] * (2 * count)
        columns["explanation"] += _twice(block.explanations, block.explanations)
    return columns


def _twice(first: Sequence[object], second: Sequence[object]) -> Iterator[object]:
    for one, other in zip(first, second, strict=True):
        yield one
        yield other


def _group_columns(book: Book, config: MatchConfig, found: Found, salt: str) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {name: [] for name in MATCH_MEMBERS}
    for group in [*found.groups, *found.settled_suggestions()]:
        labels = [f"{book.side_of(row)[0]}:{book.ids[row]}" for row in group.rows]
        name = match_id(salt, config.rule_version, sorted(labels))
        kind = shape(book, group.rows)
        for row in group.rows:
            values = (
                name,
                book.side_of(row),
                book.ids[row],
                group.allocated.get(row, book.amount[row].item()),
                book.currencies[book.currency[row]],
                CONFIRMED if group.confirmed else SUGGESTED,
                group.score,
                kind,
                group.rule,
                str(group.reason),
                group.explanation,
            )
            for column, value in zip(MATCH_MEMBERS, values, strict=True):
                columns[column].append(value)
    return columns


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
    columns: list[Column] = [members[name] for name in ("match_id", "side", "id", "allocated", "status")]
    lines = "\n".join(map(repr, zip(*(column.tolist() for column in columns), strict=True)))
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def decided_group(rows: list[int], explanation: str) -> Group:
    """A human match as the result shows it."""
    return Group(tuple(rows), 1.0, "decision", "", explanation, confirmed=True)
