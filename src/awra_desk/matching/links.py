"""Who holds which key, and which holders meet: the index under the keys pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from awra_desk.matching import text
from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.config import MatchConfig
from awra_desk.ports import arrow
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

Ints = NDArray[np.int64]

_BREAK = ord("\n")
_LOWER = bytes(range(128)).lower() + bytes(range(128, 256))
_DROPPED = bytes(code for code in range(128) if not chr(code).isalnum() and code != _BREAK)


@dataclass(frozen=True, slots=True)
class Holders:
    """(row, key) pairs of one side, each once; parallel arrays."""

    rows: Rows
    codes: Ints

    def where(self, mask: Mask) -> Holders:
        """The chosen pairs."""
        return Holders(self.rows[mask], self.codes[mask])


@dataclass(frozen=True, slots=True)
class Meeting:
    """Holders of one key, currency and sign on both sides that are not one row each."""

    code: int
    source: list[int]
    ledger: list[int]


class KeyIndex:
    """Keys as dense codes, shared by both sides: those of references first, then those that texts add."""

    def __init__(self, references: pa.Array) -> None:
        self._references = references
        self._asked: dict[str, int] = {}

    @cached_property
    def names(self) -> list[str]:
        """The key of each code."""
        found: list[str] = self._references.to_pylist()
        return found

    def ask(self, keys: set[str]) -> None:
        """Look up keys that texts hold, all in one go; `held`, `get` and `holders` know those only."""
        known = pc.is_in(self._references, value_set=arrow.strings(sorted(keys)))
        for code in np.flatnonzero(arrow.mask(known)).tolist():
            self._asked[self.names[code]] = code

    def get(self, key: str) -> int:
        """The key's code, -1 where nobody holds it."""
        return self._asked.get(key, -1)

    def held(self, codes: Ints, keys: set[str]) -> set[str]:
        """Those of the keys whose codes are among the given ones."""
        known = np.zeros(len(self.names), dtype=bool)
        known[codes] = True
        return {key for key in keys if key in self._asked and known[self._asked[key]]}

    def holders(self, rows: Sequence[int], keys: Sequence[str]) -> Holders:
        """Holders of keys that were asked for; those that no reference is become known."""
        for key in keys:
            if key not in self._asked:
                self._asked[key] = len(self.names)
                self.names.append(key)
        codes = [self._asked[key] for key in keys]
        return Holders(np.array(rows, dtype=np.int64), np.array(codes, dtype=np.int64))


def reference_holders(book: Book, config: MatchConfig, usable: Mask) -> tuple[KeyIndex, Holders, Holders]:
    """Both sides' holders by reference (and by columns listed as hard, batches excepted: they have their own pass)."""
    columns = ["references", *(name for name in config.hard_keys if name not in ("batch", "references"))]
    sides = [
        [row_keys(book, name, book.side_rows(side, usable)) for name in columns] for side in (SOURCE_SIDE, LEDGER_SIDE)
    ]
    coded = pa.concat_arrays([keys for side in sides for _, keys in side]).dictionary_encode()
    rows = [np.concatenate([rows for rows, _ in side]) for side in sides]
    codes = np.split(arrow.numbers(coded.indices).astype(np.int64), [len(rows[0])])
    source, ledger = (_once(Holders(*pair), len(coded.dictionary)) for pair in zip(rows, codes, strict=True))
    return KeyIndex(coded.dictionary), source, ledger


def row_keys(book: Book, column: str, rows: Rows) -> tuple[Rows, pa.Array]:
    """Those of the rows that have a key in the column, and the keys; a row with several references is there several
    times.
    """
    values = book.ids if column == "id" else book.texts[column]
    listed = values[rows].tolist()
    if column != "references":
        listed = [value.replace("\n", " ") for value in listed]
    lines = "\n".join(listed)
    if lines.count("\n") >= max(len(listed), 1):
        rows = np.repeat(rows, [value.count("\n") + 1 for value in listed])
    keys = key_column(lines, len(rows))
    known = pc.cast(pc.binary_length(keys), pa.bool_())
    filled = arrow.mask(known)
    return (rows, keys) if filled.all() else (rows[filled], keys.filter(known))


def key_column(lines: str, count: int) -> pa.Array:
    """`text.key_of` each of so many lines; plain text is normalised in one piece."""
    if not lines.isascii() or not count:
        return arrow.strings(list(map(text.key_of, lines.split("\n")[:count])))
    plain = lines.encode("ascii").translate(_LOWER, _DROPPED)
    ends = np.flatnonzero(np.frombuffer(plain + b"\n", dtype=np.uint8) == _BREAK) - np.arange(count)
    offsets = np.concatenate([[0], ends])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(plain.translate(None, b"\n"))]
    keys = pa.Array.from_buffers(pa.large_string(), count, buffers)
    short = np.diff(offsets) < text.MIN_KEY
    odd = short | arrow.mask(pc.ascii_is_alpha(keys))
    if odd.any():
        references = [] if short[odd].all() else lines.split("\n")
        looked_at = ["" if short[place] else text.key_of(references[place]) for place in np.flatnonzero(odd).tolist()]
        keys = pc.replace_with_mask(keys, arrow.flags(odd), arrow.strings(looked_at))
    return keys


def shared(source: Holders, ledger: Holders) -> Ints:
    """Codes that both sides hold, ascending."""
    codes = max(int(side.codes.max(initial=-1)) for side in (source, ledger)) + 1
    both = np.bincount(source.codes, minlength=codes) * np.bincount(ledger.codes, minlength=codes)
    return np.flatnonzero(both)


def _once(holders: Holders, codes: int) -> Holders:
    """Each (row, key) once."""
    if (holders.rows[1:] > holders.rows[:-1]).all():  # one key a row
        return holders
    packed = np.unique(holders.rows * max(codes, 1) + holders.codes)
    return Holders(packed // max(codes, 1), packed % max(codes, 1))


def meet(book: Book, source: Holders, ledger: Holders) -> tuple[Rows, Rows, Ints, list[Meeting]]:
    """Where holders of one key, currency and sign meet.

    Returns:
        source rows, ledger rows and key codes of the keys held once on each side; and the other meetings.
        A row without a currency meets nobody.
    """
    source, ledger = _with_currency(book, source), _with_currency(book, ledger)
    width = len(book.currencies) * 3
    left, right = _classes(book, source, width), _classes(book, ledger, width)
    one, other, crowded = _alone(source.codes, ledger.codes)
    fit = left[one] == right[other]
    one, other = one[fit], other[fit]
    ours, theirs = (np.flatnonzero(crowded[side.codes]) for side in (source, ledger))
    left_values, left_first, left_counts = np.unique(left[ours], return_index=True, return_counts=True)
    right_values, right_first, right_counts = np.unique(right[theirs], return_index=True, return_counts=True)
    _, at_left, at_right = np.intersect1d(left_values, right_values, assume_unique=True, return_indices=True)
    single = (left_counts[at_left] == 1) & (right_counts[at_right] == 1)
    if single.any():  # else they stand in the order of their keys already
        one = np.concatenate([one, ours[left_first[at_left[single]]]])
        other = np.concatenate([other, theirs[right_first[at_right[single]]]])
        order = np.argsort(left[one], kind="stable")
        one, other = one[order], other[order]
    several = left_values[at_left[~single]]
    meetings = _meetings(several, (source.rows, left), (ledger.rows, right), width)
    return source.rows[one], ledger.rows[other], source.codes[one], list(meetings)


def _alone(ours: Ints, theirs: Ints) -> tuple[Ints, Ints, Mask]:
    """Places of the holders of keys held once on each side, by code; and which keys are held more than once on one
    side and at all on the other.
    """
    codes = max(int(ours.max(initial=-1)), int(theirs.max(initial=-1))) + 1
    left, right = np.bincount(ours, minlength=codes), np.bincount(theirs, minlength=codes)
    places = []
    for held in (ours, theirs):
        places.append(np.empty(codes, dtype=np.int64))
        places[-1][held] = np.arange(len(held))
    alone = np.flatnonzero((left == 1) & (right == 1))
    return places[0][alone], places[1][alone], (left * right > 1)


def _with_currency(book: Book, holders: Holders) -> Holders:
    known = book.currency[holders.rows] > 0
    return holders if known.all() else holders.where(known)


def _classes(book: Book, holders: Holders, width: int) -> Ints:
    """Key, currency and sign packed into one number."""
    return holders.codes * width + book.currency[holders.rows] * 3 + book.sign[holders.rows] + 1


def _meetings(values: Ints, left: tuple[Rows, Ints], right: tuple[Rows, Ints], width: int) -> Iterator[Meeting]:
    if not len(values):
        return
    members = [_members(values, rows, classes) for rows, classes in (left, right)]
    for value in values.tolist():
        yield Meeting(value // width, members[0][value], members[1][value])


def _members(values: Ints, rows: Rows, classes: Ints) -> dict[int, list[int]]:
    """Class -> its rows ascending, for the wanted classes only."""
    wanted = np.isin(classes, values)
    found: dict[int, list[int]] = {}
    for value, row in sorted(zip(classes[wanted].tolist(), rows[wanted].tolist(), strict=True)):
        found.setdefault(value, []).append(row)
    return found
