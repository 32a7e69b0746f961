"""What the generator notes down while it works: ledger documents, true groups and anomalies, before evidence is
weighed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from awra_desk.sandbox.merchant.model import Document, Line
from awra_desk.sandbox.truth import Anomaly, AnomalyKind, LedgerRef, SourceRef

_PREFIX = {"SalesReceipt": "SR", "Payment": "PM", "Deposit": "DP", "JournalEntry": "JE"}

Posting = tuple[str, int, str]
"""Account role, minor units (debit positive), text."""


@dataclass(frozen=True, slots=True)
class DraftGroup:
    """A true group whose provability is still to be judged; `provable` False settles it: it is not."""

    reconciliation: str
    kind: str
    source: tuple[SourceRef, ...]
    ledger: tuple[LedgerRef, ...]
    provable: bool = True


@dataclass(slots=True)
class Draft:
    """The ledger and the truth in the making."""

    documents: list[Document] = field(default_factory=list)
    groups: list[DraftGroup] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    _keys: Counter[str] = field(default_factory=Counter)

    def book(
        self,
        entity: str,
        day: date,
        postings: Iterable[Posting],
        *,
        number: str = "",
        memo: str = "",
        counterparty: str = "",
    ) -> str:
        """Enter a document and return its key; its lines count from 1 in a journal entry, else from 0. Postings of zero
        are left out.
        """
        prefix = _PREFIX[entity]
        self._keys[prefix] += 1
        key = f"{prefix}-{self._keys[prefix]:06d}"
        start = 1 if entity == "JournalEntry" else 0
        kept = [posting for posting in postings if posting[1]]
        lines = tuple(Line(role, minor, text, start + index) for index, (role, minor, text) in enumerate(kept))
        self.documents.append(Document(key, entity, day, number, memo, lines, counterparty))
        return key

    def group(
        self,
        reconciliation: str,
        kind: str,
        source: Iterable[SourceRef],
        ledger: Iterable[LedgerRef],
        *,
        provable: bool = True,
    ) -> None:
        """Note records that belong together."""
        self.groups.append(DraftGroup(reconciliation, kind, tuple(source), tuple(ledger), provable))

    def wrong(
        self,
        kind: AnomalyKind,
        reconciliation: str,
        *,
        source: Iterable[SourceRef] = (),
        ledger: Iterable[LedgerRef] = (),
        difference: int = 0,
        note: str,
    ) -> None:
        """Note a deviation."""
        self.anomalies.append(Anomaly(kind, reconciliation, tuple(source), tuple(ledger), difference, note))
