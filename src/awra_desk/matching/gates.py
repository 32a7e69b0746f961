"""The gates every pass shares: amount tolerance, date window, identifiers that disagree."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import text
from awra_desk.matching.book import NO_DAY, Book, Mask, Rows
from awra_desk.matching.config import UNLIMITED, MatchConfig

Amounts = NDArray[np.int64]

_LONG_RUN = re.compile(r"[A-Z0-9]{10}")
_RUN = b"0" * 10
_AS_RUNS = bytes(ord("0") if chr(code) in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" else 0 for code in range(256))


def allowed(book: Book, config: MatchConfig, ledger: Rows) -> Amounts:
    """Largest tolerated difference for each ledger row, minor units, inclusive: the larger of absolute and share."""
    by_code = np.array([config.allowed_minor(code) if code else 0 for code in book.currencies], dtype=np.int64)
    absolute = by_code[book.currency[ledger]]
    if not config.percent:
        return absolute
    return np.maximum(absolute, shares(np.abs(book.amount[ledger]), config))


def shares(amounts: Amounts, config: MatchConfig) -> Amounts:
    """The percentage of each amount, rounded down, exactly."""
    share = Fraction(min(config.percent, Decimal(UNLIMITED))) / 100
    if len(amounts) and int(amounts.max()) * share.numerator < np.iinfo(np.int64).max:
        return amounts * share.numerator // share.denominator
    exact = [value * share.numerator // share.denominator for value in amounts.tolist()]
    return np.array([min(value, UNLIMITED) for value in exact], dtype=np.int64)


def lag(book: Book, source: Rows, ledger: Rows) -> tuple[Amounts, Mask]:
    """Days from source to ledger for each pair, 0 where a date is missing, and whether both dates are there."""
    dated = (book.day[source] != NO_DAY) & (book.day[ledger] != NO_DAY)
    days = np.where(dated, book.day[ledger] - np.where(dated, book.day[source], 0), 0)
    return days, dated


def in_window(book: Book, config: MatchConfig, source: Rows, ledger: Rows) -> Mask:
    """Whether each pair passes the date gate; a missing date passes none."""
    days, dated = lag(book, source, ledger)
    return dated & (days >= -config.before_days) & (days <= config.after_days)


def disagree(book: Book, config: MatchConfig, source: Rows, ledger: Rows) -> Mask:
    """Whether identifiers of one namespace disagree in each pair: both rows have some, none in common, none nearly the
    same.
    """
    result = np.zeros(len(source), dtype=bool)
    if config.hard_keys:
        suspects = np.ones(len(source), dtype=bool)
    else:
        suspects = _with_ids(book, source)
        if suspects.any():
            suspects &= _with_ids(book, ledger)
        if book.schemes:
            references = book.texts["references"]
            suspects |= (references[source] != "") & (references[ledger] != "")
    for place in np.flatnonzero(suspects).tolist():
        result[place] = rows_disagree(book, config, source[place].item(), ledger[place].item())
    return result


def other_part(book: Book, source: Rows, ledger: Rows) -> Mask:
    """Whether each pair's references name different parts of one document (text.part_of): those are two documents."""
    documents, parts = _parts(book)
    found: Mask = (documents[source] > 0) & (documents[source] == documents[ledger]) & (parts[source] != parts[ledger])
    return found


def _parts(book: Book) -> tuple[Amounts, Amounts]:
    """For each row a number for the document and one for the part that its only reference names; 0 for none."""
    if book.parts is None:
        rows = zip(book.texts["references"].tolist(), book.open.tolist(), strict=True)  # what is matched stays so
        named = [text.part_of(value) if value and free else ("", "") for value, free in rows]
        columns = []
        for words in zip(*named, strict=True) if named else ((), ()):
            code = {word: at for at, word in enumerate(dict.fromkeys(("", *words)))}
            columns.append(np.fromiter(map(code.__getitem__, words), dtype=np.int64, count=len(words)))
        book.parts = (columns[0], columns[1])
    return book.parts


def rows_disagree(book: Book, config: MatchConfig, one: int, other: int) -> bool:
    """`disagree` for two rows."""
    left, right = ids_of(book, config, one), ids_of(book, config, other)
    return any(not _agree(left[space], right[space]) for space in left.keys() & right.keys())


def ids_of(book: Book, config: MatchConfig, row: int) -> dict[str, set[str]]:
    """Namespace -> identifiers of a row; a column listed as hard, and a numbering scheme both sides use, is a
    namespace of its own.
    """
    references, description = book.texts["references"][row], book.texts["description"][row]
    found = text.hard_ids(references, description) if _maybe_id(f"{references} {description}") else {}
    if book.schemes and references:
        for key in filter(None, map(text.key_of, references.split("\n"))):
            if (scheme := text.scheme(key)) in book.schemes:
                found.setdefault(f"#{scheme}", set()).add(key)
    for column in config.hard_keys:
        value = book.ids[row] if column == "id" else book.texts[column][row]
        if keys := {key for key in map(text.normalise, value.split("\n")) if key}:
            found[f"={column}"] = keys
    return found


def _agree(left: set[str], right: set[str]) -> bool:
    return not left.isdisjoint(right) or any(text.near(one, other) for one in left for other in right)


def _with_ids(book: Book, rows: Rows) -> Mask:
    """Rows that may carry a recognised identifier; a cheap test that errs on the side of yes."""
    ascending = bool((rows[1:] > rows[:-1]).all())  # nearly always: then no row is there twice
    distinct, place = (rows, None) if ascending else np.unique(rows, return_inverse=True)
    found = np.zeros(len(distinct), dtype=bool)
    for column in ("references", "description"):
        values = book.texts[column][distinct].tolist()
        if _some_id(values):
            found |= np.fromiter(map(_maybe_id, values), dtype=bool, count=len(values))
    return found if place is None else found[place.reshape(-1)]


def _maybe_id(value: str) -> bool:
    return "_" in value or _LONG_RUN.search(value) is not None


def _some_id(values: list[str]) -> bool:
    """Whether `_maybe_id` holds for any of the texts: the same at the speed of bytes."""
    together = "\n".join(values)
    if "_" in together:
        return True
    return _RUN in together.encode("utf-8", "surrogatepass").translate(_AS_RUNS)


def cap(score: float, config: MatchConfig) -> float:
    """A score that must not be confirmed: below the floor."""
    return round(min(score, config.floor - 0.05 if config.floor >= 0.05 else 0.0), 4)
