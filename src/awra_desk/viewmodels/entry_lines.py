"""A ledger entry as debits and credits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awra_desk.domain.entries import Account, Entry, StagedWrite
from awra_desk.viewmodels import words


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line; amounts are "" on the other side."""

    code: str
    name: str
    debit: str
    credit: str
    text: str
    dimensions: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry.

    Attributes:
        total: sum of the debits, which equals that of the credits.
    """

    day: str
    currency: str
    memo: str
    rows: tuple[EntryRow, ...]
    total: str


def entry_view(entry: Entry, accounts: Mapping[str, Account]) -> EntryView:
    """Lines with their accounts' codes and names, debits first."""
    rows = []
    for line in sorted(entry.lines, key=lambda line: line.minor < 0):
        account = accounts.get(line.account)
        figure = words.amount(abs(line.minor), entry.currency)
        dimensions = ", ".join(f"{name} {value}" for name, value in line.dimensions)
        code, name = (account.code or account.account_id, account.name) if account else (line.account, "")
        debit, credit = (figure, "") if line.minor > 0 else ("", figure)
        rows.append(EntryRow(code, name, debit, credit, line.description, dimensions))
    total = words.amount(debits(entry), entry.currency)
    return EntryView(words.full_day(entry.day), entry.currency, entry.memo, tuple(rows), total)


def debits(entry: Entry) -> int:
    """Sum of the debits, minor units."""
    return sum(line.minor for line in entry.lines if line.minor > 0)


def debits_text(writes: Iterable[StagedWrite]) -> str:
    """What entries come to, one figure per currency."""
    found: dict[str, int] = {}
    for write in writes:
        found[write.entry.currency] = found.get(write.entry.currency, 0) + debits(write.entry)
    return ", ".join(words.money(minor, currency) for currency, minor in sorted(found.items()))
