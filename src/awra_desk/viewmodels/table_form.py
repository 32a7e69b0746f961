"""What a person says of a table's columns, step by step: pure changes of a `Drawn` mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from awra_desk.ports.table_samples import Drawn, Sample

MEANINGS: Mapping[str, str] = {
    "": "Not read",
    "date": "Date",
    "amount": "Amount",
    "debit": "Money out",
    "credit": "Money in",
    "balance": "Running balance",
    "currency": "Currency",
    "id": "Id of the row",
    "reference": "Reference",
    "counterparty": "Counterparty",
    "description": "Description",
}
"""What a column may be, for people, in the order of the menu."""
_MANY = frozenset({"id", "reference", "counterparty", "description"})
"""What several columns may be together."""
_RIVALS = {"amount": ("debit", "credit"), "debit": ("amount",), "credit": ("amount",)}


def meant(drawn: Drawn, headings: Sequence[str], heading: str, meaning: str, currency: str) -> Drawn:
    """The mapping in which a column is something else; what only one column can be, the other one is no longer.

    Args:
        meaning: a key of MEANINGS. currency: of all rows, where no column says it any more.
    """
    columns = {word: tuple(name for name in names if name != heading) for word, names in drawn.columns.items()}
    if meaning:
        kept = columns.get(meaning, ()) if meaning in _MANY else ()
        order = {name: at for at, name in enumerate(headings)}
        columns[meaning] = tuple(sorted({*kept, heading}, key=lambda name: (order.get(name, -1), name)))
        for rival in _RIVALS.get(meaning, ()):
            columns.pop(rival, None)
    columns = {word: names for word, names in columns.items() if names}
    written = dict(drawn.written)
    if "currency" in columns:
        written.pop("currency", None)
    elif not written.get("currency") and currency:
        written["currency"] = currency
    return Drawn(columns, written)


def guessed(sample: Sample, currency: str) -> Drawn:
    """What the sample seems to be; `currency`: in which its source is reconciled, "" where nobody knows."""
    written = dict(sample.guess.written)
    if "currency" not in sample.guess.columns and currency:
        written.setdefault("currency", currency)
    return Drawn(sample.guess.columns, written)


def fits(drawn: Drawn, sample: Sample) -> bool:
    """Whether the sample has any column that the mapping speaks of."""
    return any(name in sample.headings for names in drawn.columns.values() for name in names)


def lacking(drawn: Drawn) -> str:
    """What must be said before anything can be read, "" for nothing."""
    columns = drawn.columns
    if "date" not in columns:
        return "Say which column is the date."
    if not {"amount", "debit", "credit"} & columns.keys():
        return "Say which column is the amount, or which are money out and money in."
    if "currency" not in columns and not drawn.written.get("currency"):
        return "Say the currency of the amounts."
    return ""
