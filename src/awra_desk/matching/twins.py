"""Twins: rows of one side that are equal in every compared field, so that it does not matter which of them is meant."""

from __future__ import annotations

from collections.abc import Sequence

from awra_desk.matching.book import Book

_COMPARED = ("references", "description", "counterparty", "batch", "channel")

Likeness = tuple[int, int, int, str, str, str, str, str]


def likeness(book: Book, row: int) -> Likeness:
    """What twins have in common: amount, currency, day and every compared text."""
    references, description, counterparty, batch, channel = (book.texts[name][row] for name in _COMPARED)
    amount, currency, day = book.amount[row].item(), book.currency[row].item(), book.day[row].item()
    return amount, currency, day, references, description, counterparty, batch, channel


def all_twins(book: Book, rows: Sequence[int]) -> bool:
    """Whether these rows are one class."""
    return len(rows) == 1 or len({likeness(book, row) for row in rows}) == 1
