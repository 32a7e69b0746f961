"""The matcher's outcome as tables, with derived ids and a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.book import Book, Rows
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.found import ONE, Found, Group, PairBlock, shape
from awra_desk.ports.columns import INTEGER, TEXT, Column, Table, column, concat, table
from awra_desk.ports.schemas import LEDGER_SIDE, MATCH_MEMBERS, SOURCE_SIDE

Ints = NDArray[np.int64]

CONFIRMED, SUGGESTED = "confirmed", "suggested"
_AT_ONCE = 50_000  # members of one piece of the digest
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


@dataclass(frozen=True, slots=True)
class _Matches:
    """Some matches and their members.

    Attributes:
        facts: match_id, status, score, shape, rule, reason and explanation of each match.
        owner, rows, allocated: of each member, match by match: the match's place, the book's row, minor units.
    """

    facts: Table
    owner: Ints
    rows: Rows
    allocated: Ints


def members_table(
    book: Book, config: MatchConfig, found: Found, suggestions: tuple[list[Group], list[PairBlock]], salt: str
) -> Table:
    """Schema MATCH_MEMBERS, sorted by match id, side (source first), id.

    Args:
        suggestions: those that stand after all passes (`Found.settled_suggestions`).
    """
    groups, blocks = suggestions
    parts = [_of_pairs(book, config, block, salt) for block in (*found.pairs, *blocks)]
    parts.append(_of_groups(book, config, [*found.groups, *groups], salt))
    facts = concat([part.facts for part in parts])
    starts = np.cumsum([0, *(len(part.facts) for part in parts[:-1])])
    owner = np.concatenate([part.owner + start for part, start in zip(parts, starts.tolist(), strict=True)])
    # Pairs come as (source, ledger), groups with ascending rows: a stable sort by match id keeps members in order.
    place = np.empty(len(facts), dtype=np.int64)
    place[np.argsort(facts["match_id"].astype(f"S{ID_LENGTH}"), kind="stable")] = np.arange(len(facts))
    order = np.argsort(place[owner], kind="stable")
    owner, rows = owner[order], np.concatenate([part.rows for part in parts])[order]
    sides = column(TEXT, (SOURCE_SIDE, LEDGER_SIDE))
    of_members = {
        "side": sides[(rows >= book.split).astype(np.int64)],
        "id": book.ids[rows],
        "allocated": np.concatenate([part.allocated for part in parts])[order],
        "currency": column(TEXT, book.currencies)[book.currency[rows]],
    }
    return Table({name: of_members[name] if name in of_members else facts[name][owner] for name in MATCH_MEMBERS})


def _of_pairs(book: Book, config: MatchConfig, block: PairBlock, salt: str) -> _Matches:
    """Many 1:1 matches, a column at a time."""
    count = len(block.source)
    head, digest_of = f"{salt}\x1f{config.rule_version}\x1fl:", hashlib.sha256
    names = [
        digest_of(f"{head}{other}\x1fs:{one}".encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]
        for one, other in zip(book.ids[block.source].tolist(), book.ids[block.ledger].tolist(), strict=True)
    ]
    facts = {
        "match_id": column(TEXT, names),
        "status": _filled(CONFIRMED if block.reasons is None else SUGGESTED, count),
        "score": block.score,
        "shape": _filled(ONE, count),
        "rule": _filled(block.rule, count),
        "reason": _filled("", count) if block.reasons is None else column(TEXT, block.reasons),
        "explanation": column(TEXT, block.explanations),
    }
    rows = np.stack([block.source, block.ledger], axis=1).reshape(-1)
    allocated = np.stack([block.allocated_source, block.allocated_ledger], axis=1).reshape(-1)
    return _Matches(Table(facts), np.repeat(np.arange(count), 2), rows, allocated)


def _filled(value: str, count: int) -> Column:
    return np.full(count, value, dtype=object)


def _of_groups(book: Book, config: MatchConfig, groups: Sequence[Group], salt: str) -> _Matches:
    """Matches of any shape."""
    ids, amounts = book.ids, book.amount.tolist()
    names = [
        match_id(salt, config.rule_version, sorted(f"{book.side_of(row)[0]}:{ids[row]}" for row in group.rows))
        for group in groups
    ]
    facts: dict[str, Sequence[object]] = {
        "match_id": names,
        "status": [CONFIRMED if group.confirmed else SUGGESTED for group in groups],
        "score": [group.score for group in groups],
        "shape": [shape(book, group.rows) for group in groups],
        "rule": [group.rule for group in groups],
        "reason": [str(group.reason) for group in groups],
        "explanation": [group.explanation for group in groups],
    }
    rows = [row for group in groups for row in group.rows]
    allocated = [group.allocated.get(row, amounts[row]) for group in groups for row in group.rows]
    return _Matches(
        table({name: MATCH_MEMBERS[name] for name in facts}, facts),
        np.repeat(np.arange(len(groups)), [len(group.rows) for group in groups]),
        np.array(rows, dtype=np.int64),
        np.array(allocated, dtype=np.int64),
    )


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
        result.update(f"{name}\x1f".encode())
        for part in members.parts(_AT_ONCE):  # not all at once: a million ids in one text are the peak of memory
            result.update("\x1f".join([*part[name].tolist(), ""]).encode("utf-8", "surrogatepass"))
    return result.hexdigest()


def decided_group(rows: list[int], explanation: str) -> Group:
    """A human match as the result shows it."""
    return Group(tuple(rows), 1.0, "decision", "", explanation, confirmed=True)
