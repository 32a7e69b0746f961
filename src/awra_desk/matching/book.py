"""Both sides of a match in one set of arrays: rows in canonical order, what is open, what people decided.

Rows 0..split-1 are the source's, the rest the ledger's, each sorted by id, so that nothing depends on the order of the
input.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import text
from awra_desk.matching.decisions import Decisions, Member
from awra_desk.ports.columns import Column, Table
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

NO_DAY = np.iinfo(np.int64).min  # what numpy makes of NaT
REPEATED = "repeated"  # optional INTEGER column: 1 for a later occurrence of an id, which is never a member of a match
PLACES = ("source", "account")  # optional TEXT columns: the connection and the account of a row, for rules
_TEXTS = ("references", "description", "counterparty", "kind", "batch", "channel", *PLACES)


@dataclass(slots=True)
class Book:
    """All rows of a run.

    Attributes:
        split: number of source rows. ids: object. amount: int64 minor units. day: int64 days since 1970, NO_DAY for
            none.
        currency: int64 code, index into `currencies`; 0 is "no currency", which equals nothing.
        texts: references, description, counterparty, kind, batch, channel, source and account; object, "" for none.
        repeated: later occurrences of an id: rivals, never members.
        open: not consumed by a confirmed match, nor excluded. excluded: taken out by a person.
        suspended: in a key suggestion, so amount alone confirms nothing. broken: payout row of a batch that does not
            sum to zero.
        payout: payout row of a batch that was decomposed on its own side.
        key_links: row -> keys it shares with rows of the other side without being matched by them: amount alone must
            not overrule a reference.
        schemes: numbering schemes (text.scheme) that evidently both sides use, because keys of them meet.
        own: forms of references (numbering.form) by which each side evidently numbers its own rows.
        accounts: numbering schemes whose numbers come again in one side's texts: of parties rather than documents.
        parts: document and part of a document that each row's reference names, in numbers; None until asked for.
        rejected_pairs: row pairs (low, high) a person refused; rejected_sets: larger sets.
    """

    split: int
    ids: Column
    amount: NDArray[np.int64]
    day: NDArray[np.int64]
    currency: NDArray[np.int64]
    currencies: list[str]
    texts: dict[str, Column]
    repeated: Mask
    open: Mask
    excluded: Mask
    suspended: Mask
    broken: Mask
    payout: Mask
    key_links: dict[int, set[str]] = field(default_factory=dict)
    schemes: set[str] = field(default_factory=set)
    own: frozenset[str] = frozenset()
    parts: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    accounts: set[str] = field(default_factory=set)
    rejected_pairs: set[tuple[int, int]] = field(default_factory=set)
    rejected_sets: set[frozenset[int]] = field(default_factory=set)
    _said: dict[str, frozenset[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sign(self) -> NDArray[np.int64]:
        """-1, 0 or 1 for each row."""
        return np.sign(self.amount)

    def side_of(self, row: int) -> str:
        """The side's name: source or ledger."""
        return SOURCE_SIDE if row < self.split else LEDGER_SIDE

    def side_rows(self, side: str, mask: Mask) -> Rows:
        """Rows of one side for which the mask (over all rows) holds, ascending."""
        if side == SOURCE_SIDE:
            return np.flatnonzero(mask[: self.split])
        return np.flatnonzero(mask[self.split :]) + self.split

    def keys_said(self, row: int) -> frozenset[str]:
        """Keys in the row's description; equal descriptions are read once."""
        description = self.texts["description"][row]
        found = self._said.get(description)
        if found is None:
            keys = text.text_keys(description) if text.may_hold_keys(description) else ()
            found = self._said[description] = frozenset(keys)
        return found

    @property
    def usable(self) -> Mask:
        """Open rows that may become members of a match."""
        return self.open & ~self.repeated

    def refused(self, rows: Iterable[int]) -> bool:
        """Whether a person has refused this set of rows, or a pair inside it."""
        members = sorted(rows)
        if frozenset(members) in self.rejected_sets:
            return True
        if not self.rejected_pairs:
            return False
        return any((low, high) in self.rejected_pairs for at, low in enumerate(members) for high in members[at + 1 :])

    def pairs_refused(self, source: Rows, ledger: Rows) -> Mask:
        """For each pair whether a person refused it."""
        if not self.rejected_pairs:
            return np.zeros(len(source), dtype=bool)
        packed = np.array([low * len(self) + high for low, high in self.rejected_pairs], dtype=np.int64)
        return np.isin(source * len(self) + ledger, packed)

    def sum_of(self, rows: Iterable[int]) -> int:
        """Exact sum of the rows' amounts, minor units."""
        return sum(self.amount[row].item() for row in rows)


def build(source: Table, ledger: Table, decisions: Decisions) -> tuple[Book, list[list[int]]]:
    """The book of both tables (schema ITEMS), and the rows of each human match.

    Raises:
        ValueError: an id comes twice on one side.
    """
    sides = [(source, _by_id(source, SOURCE_SIDE)), (ledger, _by_id(ledger, LEDGER_SIDE))]
    count = len(source) + len(ledger)
    blank = np.full(count, "", dtype=object)  # one for all columns that say nothing

    def column(name: str) -> Column:
        """A column of both sides, in the book's order."""
        return np.concatenate([_cells(side, name)[order] for side, order in sides])

    def texts(name: str) -> Column:
        cells = column(name)
        return cells if (cells != "").any() else blank

    currency = column("currency").tolist()
    currencies = ["", *sorted(set(currency) - {""})]
    code = {name: at for at, name in enumerate(currencies)}
    book = Book(
        split=len(source),
        ids=column("id"),
        amount=column("amount").astype(np.int64),
        day=column("date").astype("datetime64[D]").astype(np.int64),
        currency=np.fromiter(map(code.__getitem__, currency), dtype=np.int64, count=count),
        currencies=currencies,
        texts={name: texts(name) for name in _TEXTS},
        repeated=column(REPEATED).astype(bool),
        open=np.ones(count, dtype=bool),
        excluded=np.zeros(count, dtype=bool),
        suspended=np.zeros(count, dtype=bool),
        broken=np.zeros(count, dtype=bool),
        payout=np.zeros(count, dtype=bool),
    )
    return book, _apply(book, decisions)


def _by_id(side: Table, name: str) -> Rows:
    """The side's rows in the order of their ids."""
    ids = side["id"].astype(str) if len(side) else np.empty(0, dtype="<U1")
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    if len(ordered) > 1 and (same := np.flatnonzero(ordered[1:] == ordered[:-1])).size:
        raise ValueError(f"id {ordered[same[0]]!r} comes twice on the {name} side")
    return order


def _cells(side: Table, name: str) -> Column:
    """A column of the side; where it lacks an optional one, what says nothing."""
    if name in side.columns or name not in (REPEATED, *PLACES):
        return side[name]
    return np.zeros(len(side), dtype=np.int64) if name == REPEATED else np.full(len(side), "", dtype=object)


def _apply(book: Book, decisions: Decisions) -> list[list[int]]:
    if not (decisions.confirmed or decisions.rejected or decisions.excluded):
        return []
    place: dict[Member, int] = {(book.side_of(row), name): row for row, name in enumerate(book.ids.tolist())}
    for member in decisions.excluded:
        if member in place:
            book.open[place[member]] = False
            book.excluded[place[member]] = True
    for members in decisions.rejected:
        found = sorted(place[member] for member in members if member in place)
        if len(found) != len(members):
            continue
        if len(found) == 2:
            book.rejected_pairs.add((found[0], found[1]))
        else:
            book.rejected_sets.add(frozenset(found))
    kept = []
    for match in decisions.confirmed:
        found = sorted(place[member] for member in match if member in place)
        if len(found) == len(match) and book.open[found].all():
            book.open[found] = False
            kept.append(found)
    return kept
