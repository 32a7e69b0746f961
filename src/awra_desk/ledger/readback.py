"""Comparing what was approved with what the ledger now holds."""

from __future__ import annotations

from collections import Counter

from awra_desk.domain.entries import DocumentState, Entry, LedgerDocument


def differences(entry: Entry, reference: str, document: LedgerDocument) -> list[str]:
    """Sentences, one for each difference; empty when the document is what was approved.

    Order of lines does not matter.
    """
    found = []
    if document.state != DocumentState.POSTED:
        found.append("The document is a draft.")
    if document.day != entry.day:
        found.append(f"It is dated {document.day}, approved was {entry.day}.")
    if document.currency != entry.currency:
        found.append(f"It is in {document.currency}, approved was {entry.currency}.")
    if document.reference != reference:
        found.append(f"It carries the reference {document.reference!r}, not {reference!r}.")
    approved = Counter((line.account, line.minor) for line in entry.lines)
    posted = Counter((line.account, line.minor) for line in document.lines)
    found += [
        f"Missing: account {account}, {minor} minor units." for account, minor in sorted((approved - posted).elements())
    ]
    found += [
        f"Not approved: account {account}, {minor} minor units."
        for account, minor in sorted((posted - approved).elements())
    ]
    return found
