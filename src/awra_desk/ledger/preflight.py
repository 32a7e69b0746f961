"""What is checked before an entry may be submitted; facts in, facts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awra_desk.domain.entries import Account, Entry, LedgerDocument, PreflightFact
from awra_desk.domain.mappings import MappingRow


def check(
    entry: Entry,
    *,
    accounts: Mapping[str, Account],
    period_open: bool,
    same_reference: Sequence[LedgerDocument],
    mapping_current: bool,
    mappings: Sequence[MappingRow] = (),
    unmapped: Sequence[str] = (),
) -> list[PreflightFact]:
    """Facts in a fixed order; all must hold.

    Args:
        accounts: the ledger's chart by account id.
        same_reference: documents that already carry our reference.
        mappings: the mapping rows that the entry was built with. unmapped: what its records say and no table answers,
            in words, where something is open because of it.
    """
    rows = f" {'; '.join(row.words for row in mappings)}." if mappings else ""
    return [
        _balanced(entry),
        _fact(
            "period open",
            period_open,
            yes=f"Open on {entry.day}.",
            no=f"The ledger is closed on {entry.day}.",
        ),
        _accounts_active(entry, accounts),
        _fact(
            "not in the ledger yet",
            not same_reference,
            yes="No document carries our reference.",
            no=f"Already there: {', '.join(found.number or found.document_id for found in same_reference)}.",
        ),
        _fact(
            "mapping current",
            mapping_current,
            yes=f"Built with the mapping in force.{rows}",
            no=f"The mapping changed since; build the entry again.{rows}",
        ),
        _fact(
            "mapping complete",
            not unmapped,
            yes="The mapping tables leave nothing of it open.",
            no=f"Not mapped: {'; '.join(unmapped)}.",
        ),
    ]


def _fact(name: str, holds: bool, *, yes: str, no: str) -> PreflightFact:  # noqa: FBT001
    return PreflightFact(name, holds, yes if holds else no)


def _balanced(entry: Entry) -> PreflightFact:
    gap = sum(line.minor for line in entry.lines)
    return PreflightFact(
        "balanced", gap == 0, "Debits equal credits." if gap == 0 else f"Debits and credits differ by {gap}."
    )


def _accounts_active(entry: Entry, accounts: Mapping[str, Account]) -> PreflightFact:
    wrong = sorted(
        {line.account for line in entry.lines if line.account not in accounts or not accounts[line.account].active}
    )
    words = "Every account is active." if not wrong else f"Unknown or inactive: {', '.join(wrong)}."
    return PreflightFact("accounts active", not wrong, words)
