"""The header that is the proof: source closing ± named items = ledger closing, and the totals bar under the tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awra_desk.domain.runs import ItemCategory, Statement
from awra_desk.viewmodels import words

_STRIP: tuple[tuple[str, tuple[ItemCategory, ...]], ...] = (
    ("In transit", (ItemCategory.IN_TRANSIT, ItemCategory.CUT_OFF)),
    ("Missing in ledger", (ItemCategory.MISSING_IN_LEDGER,)),
    ("Missing in source", (ItemCategory.MISSING_IN_SOURCE,)),
    ("Suggested", (ItemCategory.SUGGESTED,)),
    ("Differences", (ItemCategory.MATCHED_DIFFERENCE,)),
    ("Excluded", (ItemCategory.EXCLUDED,)),
    ("Out of scope", (ItemCategory.OUT_OF_SCOPE,)),
    ("Opening items", (ItemCategory.OPENING,)),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the strip.

    Attributes:
        label: "Stripe closing", "In transit · 2". text: the amount without its sign where an operator says it.
        operator: what stands before it: "", "+", "−", "=" or "|" (a rule).
        members: (side, id) of the rows it sums; empty for a balance. tone: "", "ok" or "danger".
    """

    label: str
    minor: int
    text: str
    operator: str = ""
    members: frozenset[tuple[str, str]] = frozenset()
    tone: str = ""


def strip(
    statement: Statement, source: str, ledger: str, *, counted: Callable[[frozenset[tuple[str, str]]], int] = len
) -> tuple[Figure, ...]:
    """The statement as one sum, left to right; groups of items without an item are left out.

    Args:
        counted: how many things to decide these (side, id) are; a suggestion's rows are one.
    """
    currency = statement.currency
    figures = [_balance(f"{source} closing", statement.source.closing, currency)]
    for label, categories in _STRIP:
        items = [item for item in statement.items if item.category in categories]
        if not items:
            continue
        total = sum(item.minor for item in items)
        members = frozenset((item.side, item.record_id) for item in items)
        operator = words.MINUS if total < 0 else "+"
        name = f"{label} · {counted(members):,}"
        figures.append(Figure(name, total, words.amount(abs(total), currency), operator, members))
    figures.append(_balance(f"{ledger} closing", statement.ledger.closing, currency, operator="="))
    figures.append(unexplained(statement))
    return tuple(figures)


def unexplained(statement: Statement) -> Figure:
    """What is left over, with its tone."""
    left = statement.unexplained
    text = words.amount(left, statement.currency)
    return Figure("Unexplained", left, text, "|", tone="danger" if left else "ok")


@dataclass(frozen=True, slots=True)
class Totals:
    """The bar that never scrolls away.

    Attributes:
        figures: source closing, ledger closing, reconciling, unexplained.
        selected_label: "Selected 1 + 1" or ""; selected: "128.05 − 128.50 = −0.45".
    """

    figures: tuple[Figure, ...] = ()
    selected_label: str = ""
    selected: str = ""


def totals(statement: Statement, source: str, ledger: str) -> tuple[Figure, ...]:
    """Source closing, ledger closing, reconciling, unexplained."""
    currency = statement.currency
    return (
        _balance(f"{source} closing", statement.source.closing, currency),
        _balance(f"{ledger} closing", statement.ledger.closing, currency),
        _balance("Reconciling", statement.reconciling, currency),
        unexplained(statement),
    )


def selected(counts: tuple[int, int], sums: tuple[int, int], currency: str) -> tuple[str, str]:
    """Label and subtraction of a selection, always ledger less source; ("", "") when nothing is selected."""
    if not sum(counts):
        return "", ""
    label = f"Selected {counts[0]:,} + {counts[1]:,}"
    source, ledger = sums
    if not counts[1]:
        return label, words.amount(source, currency)
    if not counts[0]:
        return label, words.amount(ledger, currency)
    second = words.amount(source, currency)
    subtrahend = f"({second})" if source < 0 else second
    return (
        label,
        f"{words.amount(ledger, currency)} {words.MINUS} {subtrahend} = {words.amount(ledger - source, currency)}",
    )


def _balance(label: str, minor: int, currency: str, *, operator: str = "") -> Figure:
    return Figure(label, minor, words.amount(minor, currency), operator)
