"""Who holds which key, and which holders meet: the index under the keys pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import text
from awra_desk.matching.book import Book, Rows
from awra_desk.matching.config import MatchConfig


@dataclass(frozen=True, slots=True)
class Holders:
    """(row, key) pairs of one side, each once; parallel arrays."""

    rows: Rows
    codes: NDArray[np.int64]

    def where(self, mask: NDArray[np.bool_]) -> Holders:
        """The chosen pairs."""
        return Holders(self.rows[mask], self.codes[mask])


@dataclass(frozen=True, slots=True)
class Meeting:
    """Holders of one key, currency and sign on both sides that are not one row each."""

    code: int
    source: list[int]
    ledger: list[int]


class KeyIndex:
    """Keys as dense codes, shared by both sides."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._names: list[str] = []

    @property
    def names(self) -> list[str]:
        """The key of each code."""
        if len(self._names) < len(self._codes):
            self._names = list(self._codes)
        return self._names

    def get(self, key: str) -> int:
        """The key's code, -1 where nobody holds it."""
        return self._codes.get(key, -1)

    def held(self, codes: NDArray[np.int64], keys: set[str]) -> set[str]:
        """Those of the keys whose codes are among the given ones."""
        asked = [key for key in keys if key in self._codes]
        known = np.isin(np.array([self._codes[key] for key in asked], dtype=np.int64), codes)
        return {key for key, has in zip(asked, known.tolist(), strict=True) if has}

    def holders(self, rows: Sequence[int], keys: Sequence[str]) -> Holders:
        """Holders of these keys; "" is no key."""
        codes = self._codes
        if "" in keys:
            rows = [row for row, key in zip(rows, keys, strict=True) if key]
            keys = [key for key in keys if key]
        found = [codes.setdefault(key, len(codes)) for key in keys]
        return Holders(np.array(rows, dtype=np.int64), np.array(found, dtype=np.int64))


def reference_holders(book: Book, config: MatchConfig, index: KeyIndex, rows: Rows) -> Holders:
    """Holders by reference (and by columns listed as hard, batches excepted: they have their own pass)."""
    references = book.texts["references"][rows].tolist()
    places = rows.tolist()
    if any("\n" in value for value in references):
        split = [(row, part) for row, value in zip(places, references, strict=True) for part in value.split("\n")]
        places, references = [row for row, _ in split], [part for _, part in split]
        several = True
    else:
        several = False
    keys = text.keys_of(references)
    for column in config.hard_keys:
        if column in ("batch", "references"):
            continue
        values = book.ids[rows].tolist() if column == "id" else book.texts[column][rows].tolist()
        places = places + rows.tolist()
        keys = keys + text.keys_of(values)
        several = True
    found = index.holders(places, keys)
    return _once(found, len(index.names)) if several else found


def _once(holders: Holders, codes: int) -> Holders:
    """Each (row, key) once."""
    packed = np.unique(holders.rows * max(codes, 1) + holders.codes)
    return Holders(packed // max(codes, 1), packed % max(codes, 1))


def meet(book: Book, source: Holders, ledger: Holders) -> tuple[Rows, Rows, NDArray[np.int64], list[Meeting]]:
    """Where holders of one key, currency and sign meet.

    Returns:
        source rows, ledger rows and key codes of the keys held once on each side; and the other meetings.
        A row without a currency meets nobody.
    """
    source, ledger = _with_currency(book, source), _with_currency(book, ledger)
    width = len(book.currencies) * 3
    left, right = _classes(book, source, width), _classes(book, ledger, width)
    left_values, left_first, left_counts = np.unique(left, return_index=True, return_counts=True)
    right_values, right_first, right_counts = np.unique(right, return_index=True, return_counts=True)
    _, at_left, at_right = np.intersect1d(left_values, right_values, assume_unique=True, return_indices=True)
    single = (left_counts[at_left] == 1) & (right_counts[at_right] == 1)
    codes = left_values[at_left[single]] // width
    several = left_values[at_left[~single]]
    return (
        source.rows[left_first[at_left[single]]],
        ledger.rows[right_first[at_right[single]]],
        codes,
        list(_meetings(several, (source.rows, left), (ledger.rows, right), width)),
    )


def _with_currency(book: Book, holders: Holders) -> Holders:
    return holders.where(book.currency[holders.rows] > 0)


def _classes(book: Book, holders: Holders, width: int) -> NDArray[np.int64]:
    """Key, currency and sign packed into one number."""
    return holders.codes * width + book.currency[holders.rows] * 3 + book.sign[holders.rows] + 1


def _meetings(
    values: NDArray[np.int64], left: tuple[Rows, NDArray[np.int64]], right: tuple[Rows, NDArray[np.int64]], width: int
) -> Iterator[Meeting]:
    if not len(values):
        return
    members = [_members(values, rows, classes) for rows, classes in (left, right)]
    for value in values.tolist():
        yield Meeting(value // width, members[0][value], members[1][value])


def _members(values: NDArray[np.int64], rows: Rows, classes: NDArray[np.int64]) -> dict[int, list[int]]:
    """Class -> its rows ascending, for the wanted classes only."""
    wanted = np.isin(classes, values)
    found: dict[int, list[int]] = {}
    for value, row in sorted(zip(classes[wanted].tolist(), rows[wanted].tolist(), strict=True)):
        found.setdefault(value, []).append(row)
    return found
