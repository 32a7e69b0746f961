"""Reads columns of rows: at once where they are plain, else row by row, keeping the first misfit of each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, TypeVar

from awra_desk.normalise.fields import Misfit, Scope, elements
from awra_desk.normalise.rows import Rows

Of = TypeVar("Of")


class Reading:
    """The reading of some rows, which loses those that do not fit.

    Attributes:
        rows: those still read.
        misfits: place of a row -> the first thing about it that does not fit. A row's place is its number among the
            rows that the reading began with.
    """

    def __init__(
        self, rows: Rows, places: Sequence[int] | None = None, misfits: dict[int, Misfit] | None = None
    ) -> None:
        self.rows = rows
        self.misfits = {} if misfits is None else misfits
        self._places = range(len(rows)) if places is None else places

    @classmethod
    def of_parts(cls, rows: Rows, path: str) -> Reading:
        """A reading of each element of the lists at the path."""
        parts = rows.parts(path)
        if parts is not None:
            return cls(parts)
        found: list[Any] = []
        counts: list[int] = []
        misfits: dict[int, Misfit] = {}
        for at in range(len(rows)):
            before = len(found)
            try:
                found.extend(scope.element for scope in elements(rows.scope(at), path))
            except Misfit as misfit:  # it stands where the next element would
                misfits[len(found)] = misfit
                found.append(None)
            counts.append(len(found) - before)
        return cls(rows.spread(counts, found), misfits=misfits)

    def column(self, plain: list[Of] | None, read: Callable[[Scope, int], Of], blank: Of) -> list[Of]:
        """The column as read at once; else what `read` makes of each row (its scope, its number now).

        A row that does not fit is not read again, and has `blank` there.
        """
        if plain is not None:
            return plain
        column = []
        for at, place in enumerate(self._places):
            value = blank
            if place not in self.misfits:
                try:
                    value = read(self.rows.scope(at), at)
                except Misfit as misfit:
                    self.misfits[place] = misfit
            column.append(value)
        return column

    def sound(self) -> list[bool]:
        """For each row whether it fits so far."""
        if not self.misfits:
            return [True] * len(self.rows)
        return [place not in self.misfits for place in self._places]

    def chosen(self, keep: Sequence[bool]) -> Reading:
        """The reading of some rows; those that do not fit are left out in any case."""
        fit = [kept and sound for kept, sound in zip(keep, self.sound(), strict=True)]
        return Reading(self.rows.chosen(fit), list(compress(self._places, fit)), self.misfits)
