"""Which rows of a book meet a rule's conditions, and what its key is on each.

Regular expressions are RE2's, through Arrow: their time is linear in the text whatever the expression, so none can
hang a run. Each distinct text is read once.
"""

from __future__ import annotations

import unicodedata
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from awra_desk.domain.errors import UsageError
from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.config import decimals
from awra_desk.matching.rules import Condition, TextTest
from awra_desk.ports.columns import Column

MAX_REGEX = 1_000  # characters of an expression
MAX_KEYS = 20  # of one row
_LARGEST = int(np.iinfo(np.int64).max)


@lru_cache(maxsize=1_024)
def groups_of(regex: str) -> tuple[str, ...]:
    """Named groups of an expression.

    Raises:
        UsageError: it is too long, or RE2 does not take it.
    """
    if not regex:
        return ()
    if len(regex) > MAX_REGEX:
        raise UsageError(f"longer than {MAX_REGEX} characters", remedy="Split it over several rules.")
    try:
        found = pc.extract_regex(pa.array([""]), regex).type
    except pa.ArrowInvalid as error:
        words = str(error).removeprefix("Invalid regular expression: ")
        raise UsageError(
            f"this is no regular expression that can be used: {words}",
            remedy="Name each group, (?P<name>…), or write (?:…); look-around and back-references are not available.",
        ) from None
    return tuple(found.field(at).name for at in range(found.num_fields))


def meets(book: Book, condition: Condition, rows: Rows) -> Mask:
    """For each of the rows whether it meets the condition."""
    good = np.ones(len(rows), dtype=bool)
    for name, wanted in (("kind", condition.kinds), ("source", condition.sources), ("account", condition.accounts)):
        if wanted:
            good &= _one_of(_column(book, name, rows), wanted)
    if condition.currencies:
        codes = [at for at, name in enumerate(book.currencies) if name in {c.upper() for c in condition.currencies}]
        good &= np.isin(book.currency[rows], codes)
    if condition.sign:
        good &= book.amount[rows] > 0 if condition.sign == "in" else book.amount[rows] < 0
    if condition.amount_from is not None or condition.amount_to is not None:
        good &= _sized(book, condition, rows)
    if condition.text:
        good &= _read(book, condition.text, ("description", "references"), rows)
    if condition.counterparty:
        good &= _read(book, condition.counterparty, ("counterparty",), rows)
    return good


def keys_of(book: Book, names: tuple[str, ...], regex: str, rows: Rows) -> list[str]:
    """The key of each row, newline-separated where there are several, "" where a part is missing.

    Args:
        names: of groups of the expression, else of columns.
    """
    parts = [_part(book, name, regex, rows) for name in names]
    if len(parts) == 1:
        return parts[0]
    found = []
    for values in zip(*parts, strict=True):
        listed = [list(dict.fromkeys(filter(None, value.split("\n")))) for value in values]
        found.append("\n".join(" ".join(each) for each, _ in zip(product(*listed), range(MAX_KEYS), strict=False)))
    return found


def _part(book: Book, name: str, regex: str, rows: Rows) -> list[str]:
    if name not in groups_of(regex):
        return [str(value) for value in _column(book, name, rows).tolist()]
    found: list[str] = [""] * len(rows)
    for column in ("description", "references"):
        values, at = _distinct(_column(book, column, rows))
        groups = pc.struct_field(pc.extract_regex(values, regex), [name]).to_pylist()
        for place, index in enumerate(at.tolist()):
            found[place] = found[place] or groups[index] or ""
    return found


def _column(book: Book, name: str, rows: Rows) -> Column:
    return book.ids[rows] if name == "id" else book.texts[name][rows]


def _one_of(values: Column, wanted: tuple[str, ...]) -> Mask:
    known = {word.strip().casefold() for word in wanted}
    return np.fromiter((value.strip().casefold() in known for value in values.tolist()), dtype=bool, count=len(values))


def _sized(book: Book, condition: Condition, rows: Rows) -> Mask:
    """Size of the amount between the bounds, in each row's own currency."""
    low, high = np.zeros(len(book.currencies), dtype=np.int64), np.full(len(book.currencies), _LARGEST)
    for code, name in enumerate(book.currencies):
        if condition.amount_from is not None:
            low[code] = _minor(condition.amount_from, name, ROUND_CEILING)
        if condition.amount_to is not None:
            high[code] = _minor(condition.amount_to, name, ROUND_FLOOR)
    size, codes = np.abs(book.amount[rows]), book.currency[rows]
    inside: Mask = (size >= low[codes]) & (size <= high[codes])
    return inside


def _minor(major: Decimal, currency: str, rounding: str) -> int:
    return min(int(major.scaleb(decimals(currency)).to_integral_value(rounding)), _LARGEST)


def _read(book: Book, test: TextTest, columns: tuple[str, ...], rows: Rows) -> Mask:
    """Whether one of the columns' texts passes each part of the test."""
    good = np.ones(len(rows), dtype=bool)
    for part in (TextTest(contains=test.contains), TextTest(starts=test.starts), TextTest(regex=test.regex)):
        if part:
            good &= np.logical_or.reduce([_passes(_column(book, name, rows), part) for name in columns])
    return good


def _passes(values: Column, test: TextTest) -> Mask:
    texts, at = _distinct(values)
    if test.regex:
        good = np.asarray(pc.match_substring_regex(texts, test.regex).to_numpy(zero_copy_only=False), dtype=bool)
    else:
        wanted = [_fold(word) for word in (*test.contains, *test.starts)]
        folded = map(_fold, texts.to_pylist())
        if test.contains:
            passed = [any(word in value for word in wanted) for value in folded]
        else:
            passed = [any(line.startswith(word) for line in value.split("\n") for word in wanted) for value in folded]
        good = np.array(passed, dtype=bool)
    return good[at] if len(at) else np.zeros(0, dtype=bool)


def _fold(value: str) -> str:
    """Letter case and Unicode form put aside."""
    return value.lower() if value.isascii() else unicodedata.normalize("NFKC", value).casefold()


def _distinct(values: Column) -> tuple[pa.Array, Rows]:
    """The distinct texts, and for each row which of them it has."""
    places: dict[str, int] = {}
    at = np.fromiter((places.setdefault(value, len(places)) for value in values.tolist()), np.int64, len(values))
    return pa.array([value.encode("utf-8", "replace").decode() for value in places], type=pa.string()), at
