"""Many records read at once, column by column: what `fields` reads out of one record, for records that are plain.

The payloads of a stream are nearly all alike. So a path is followed through all of them in one pass, and what is found
is judged as a whole ("all of it printable text"). A column that is not plain throughout is None here; its reader then
goes record by record through `fields`, which alone knows what is wrong with a value and what to say about it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from itertools import compress, repeat
from operator import itemgetter
from typing import Any, TypeVar
from weakref import proxy

from awra_desk.domain.dates import booking_day, day_start
from awra_desk.domain.money import exponent
from awra_desk.normalise.exact_json import Number
from awra_desk.normalise.fields import (
    LARGEST,
    Amount,
    Condition,
    Misfit,
    Moment,
    Scope,
    Template,
    find,
    read_day,
    read_iso,
    read_local,
    read_unix,
    written,
)

What = TypeVar("What", bound=Hashable)
Found = TypeVar("Found")

_NOTHING = type(None)
_TRUTHS = {True: "true", False: "false", None: ""}


class Rows:
    """Rows to read, and the columns read from them so far.

    Args:
        payloads: of a whole batch. of: for each row, the number of its payload.
        elements, positions: for each row, that of a leg's list; None where there is no list.
        base, owners: the rows these were made from, and for each row which of them it belongs to. What starts at the
            record is read there, once for all legs; the base outlives them.
    """

    def __init__(
        self,
        payloads: Sequence[Any],
        of: list[int],
        elements: list[Any] | None = None,
        positions: list[int] | None = None,
        *,
        base: Rows | None = None,
        owners: list[int] | None = None,
    ) -> None:
        self.of = of
        self._payloads = payloads
        self._elements: list[Any] = [None] * len(of) if elements is None else elements
        self._positions = [0] * len(of) if positions is None else positions
        self._base = base
        self.owners = owners or []
        self._read: dict[Hashable, Any] = {}
        self._pick: Callable[[Sequence[Any]], list[Any]] | None = None

    def __len__(self) -> int:
        return len(self.of)

    def scope(self, at: int) -> Scope:
        """One row by itself."""
        return Scope(self._payloads[self.of[at]], self._elements[at], self._positions[at])

    def chosen(self, keep: Sequence[bool]) -> Rows:
        """The rows to keep; these very ones where that is all of them."""
        if all(keep):
            return self
        of, elements, positions, owners = (
            list(compress(column, keep)) for column in (self.of, self._elements, self._positions, range(len(self)))
        )
        return Rows(self._payloads, of, elements, positions, base=self, owners=owners)

    def parts(self, path: str) -> Rows | None:
        """A row for each element of the lists at the path."""
        return self._once(Rows._parts, path, own=True)

    def spread(self, counts: Sequence[int], elements: list[Any]) -> Rows:
        """So many rows of each one, with these elements."""
        owners = [owner for owner, count in enumerate(counts) for _ in range(count)]
        positions = [position for count in counts for position in range(count)]
        of = [self.of[owner] for owner in owners]
        # Weakly: these rows may be kept among what was read of their base, and a circle of payloads lasts too long.
        return Rows(self._payloads, of, elements, positions, base=proxy(self), owners=owners)

    def values(self, path: str) -> list[Any] | None:
        """What stands at the path, None where nothing does."""
        if "[]" in path:
            return None
        if "[" in path:
            return self._once(Rows._chosen_values, path, own=_at_element((path,)))
        if path == "@#":
            return self._positions
        own = path.startswith("@")
        rest = path[1:].removeprefix(".") if own else path
        return self._nodes(own, tuple(rest.split(".")) if rest else ())

    def texts(self, paths: tuple[str, ...]) -> list[str] | None:
        """The text at the first of the paths that has any, "" where none has."""
        return self._once(Rows._texts, paths, own=_at_element(paths))

    def template(self, template: Template) -> list[str] | None:
        """`Template.text` of each row."""
        return self._once(Rows._template, template, own=any(_at_element(part) for part in _holes(template)))

    def required(self, template: Template) -> list[str] | None:
        """`Template.required` of each row."""
        holes = [self.texts(part) for part in _holes(template)]
        return self.template(template) if all(found is not None and all(found) for found in holes) else None

    def hold(self, conditions: Iterable[Condition]) -> list[bool] | None:
        """Whether all conditions hold."""
        hold: list[bool] | None = None
        for condition in conditions:
            found = self._once(Rows._holds, condition, own=_at_element((condition.path,)))
            if found is None:
                return None
            hold = found if hold is None else [before and now for before, now in zip(hold, found, strict=True)]
        return [True] * len(self) if hold is None else hold

    def amounts(self, amount: Amount, currencies: list[str], wire: Mapping[str, int]) -> list[int] | None:
        """`Amount.read` of each row in its currency."""
        found = self._sums(amount, currencies, wire) if amount.each else self._amounts(amount, currencies, wire)
        return found if found and min(found) >= -LARGEST and max(found) <= LARGEST else None

    def instants(self, moment: Moment, zone: str) -> list[datetime] | None:
        """`Moment.instant` of each row."""
        own = _at_element((*moment.unix, *moment.iso, *moment.local, *moment.day))
        return self._once(Rows._instants, (moment, zone), own=own)

    def days(self, moment: Moment, zone: str) -> list[date] | None:
        """The booking day of each instant."""
        own = _at_element((*moment.unix, *moment.iso, *moment.local, *moment.day))
        return self._once(Rows._days, (moment, zone), own=own)

    def dates(self, moment: Moment) -> list[date] | None:
        """`Moment.date` of each row."""
        return self._once(Rows._dates, moment, own=_at_element(moment.day))

    def _once(self, read: Callable[[Rows, What], Found], what: What, *, own: bool) -> Found:
        """What `read` makes of `what`; read by the base, unless a part of it is this row's own."""
        key = read, what
        if key not in self._read:
            there = None if own or self._base is None else self._base._once(read, what, own=False)  # noqa: SLF001
            self._read[key] = read(self, what) if there is None else self._of_base(there)  # type: ignore[arg-type]
        found: Found = self._read[key]
        return found

    def _of_base(self, column: Sequence[Any]) -> list[Any]:
        """For each row the value of the base's row that it belongs to."""
        if self._pick is None:
            self._pick = picker(self.owners)
        return self._pick(column)

    def _nodes(self, own: bool, names: tuple[str, ...]) -> list[Any]:  # noqa: FBT001
        if not names:
            return self._elements if own else [self._payloads[number] for number in self.of]
        return self._once(Rows._children, (own, names), own=own)

    def _children(self, place: tuple[bool, tuple[str, ...]]) -> list[Any]:
        own, names = place
        name = names[-1]
        parents = self._nodes(own, names[:-1])
        try:
            return [node[name] for node in parents]
        except (KeyError, TypeError):  # somewhere there is no such field, or no object
            return [node.get(name) if type(node) is dict else None for node in parents]

    def _chosen_values(self, path: str) -> list[Any] | None:
        """What stands in the element that the path chooses of a list; None if it chooses several somewhere."""
        found = [find(self.scope(at), path) for at in range(len(self))]
        return None if any(len(each) > 1 for each in found) else [each[0] if each else None for each in found]

    def _parts(self, path: str) -> Rows | None:
        lists = self.values(path)
        if lists is None or not set(map(type, lists)) <= {list, _NOTHING}:
            return None
        lists = [found or () for found in lists]
        return self.spread([len(found) for found in lists], [item for found in lists for item in found])

    def _texts(self, paths: tuple[str, ...]) -> list[str] | None:
        found: list[str] = []
        for path in paths:
            values = self.values(path)
            if values is not None and found:
                values = [None if text else value for text, value in zip(found, values, strict=True)]
            here = None if values is None else _plain(values, path)
            if here is None:
                return None
            found = [text or other for text, other in zip(found, here, strict=True)] if found else here
            if all(found):
                break
        return found

    def _template(self, template: Template) -> list[str] | None:
        columns = [repeat(part, len(self)) if isinstance(part, str) else self.texts(part) for part in template.parts]
        if any(column is None for column in columns):
            return None
        if len(columns) < 2:
            return list(columns[0] or ()) if columns else [""] * len(self)
        filled = ["".join(row) for row in zip(*columns, strict=True)]
        return filled if _are_plain(filled) else [" ".join(text.split()) for text in filled]

    def _holds(self, condition: Condition) -> list[bool] | None:
        if condition.present is not None:
            values = self.values(condition.path)
            return None if values is None else [(value is not None) is condition.present for value in values]
        if condition.filled is not None:
            values = self.values(condition.path)
            return None if values is None else [(value not in (None, "")) is condition.filled for value in values]
        stands = self._words(condition.path)
        if stands is None:
            return None
        among, outside = condition.among, condition.outside
        known = {
            text: (among is None or (text != "" and text in among))
            and (outside is None or text == "" or text not in outside)
            for text in set(stands)
        }
        return [known[text] for text in stands]

    def _words(self, path: str) -> list[str] | None:
        values = self.values(path)
        if values is not None and set(map(type, values)) <= {bool, _NOTHING}:
            return [_TRUTHS[value] for value in values]
        return self.texts((path,))

    def _sums(self, amount: Amount, currencies: list[str], wire: Mapping[str, int]) -> list[int] | None:
        if amount.minor and amount.sign is None and not any(_shifts(currencies, wire).values()):
            what = amount.each, amount.where, amount.path
            plain = self._once(Rows._whole_sums, what, own=_at_element((amount.each,)))
            return plain if plain is None or amount.times == 1 else [amount.times * minor for minor in plain]
        parts = self.parts(amount.each)
        if parts is None:
            return None
        codes = [currencies[owner] for owner in parts.owners]
        return self._added(parts, amount.where, parts._amounts(amount, codes, wire) if codes else [])  # noqa: SLF001

    def _whole_sums(self, what: tuple[str, Condition | None, str]) -> list[int] | None:
        """The whole numbers at the path in those elements of the list that meet the condition, added up as they are."""
        each, where, path = what
        parts = self.parts(each)
        values = None if parts is None else parts.values(path)
        if parts is None or values is None or not set(map(type, values)) <= {int}:
            return None
        return self._added(parts, where, values)

    def _added(self, parts: Rows, where: Condition | None, minors: list[int] | None) -> list[int] | None:
        """For each row the sum over its parts that meet the condition."""
        counted = parts.hold([where] if where else [])
        if counted is None or minors is None:
            return None
        sums = [0] * len(self)
        for owner, minor in compress(zip(parts.owners, minors, strict=True), counted):
            sums[owner] += minor
        return sums

    def _amounts(self, amount: Amount, currencies: list[str], wire: Mapping[str, int]) -> list[int] | None:
        values = self.values(amount.path)
        if values is None:
            return None
        found = _whole(values, currencies, wire) if amount.minor else _decimals(amount, values, currencies)
        if found is None or (amount.sign is None and amount.times == 1):
            return found
        if amount.sign is None:
            return [amount.times * minor for minor in found]
        path, factors = amount.sign
        words = self.texts((path,))
        if words is None or not factors.keys() >= set(words):
            return None
        return [amount.times * factors[word] * minor for word, minor in zip(words, found, strict=True)]

    def _instants(self, what: tuple[Moment, str]) -> list[datetime] | None:
        moment, zone = what
        local = partial(read_local, moment, zone=zone)
        for paths, read in ((moment.unix, read_unix), (moment.iso, read_iso), (moment.local, local)):
            values = self._first_values(paths)
            if values is None:
                return None
            if any(value is not None for value in values):
                return _read_each(values, read)
        days = self.dates(moment)
        if days is None:
            return None
        starts = {day: day_start(day, zone) for day in set(days)}
        return [starts[day] for day in days]

    def _days(self, what: tuple[Moment, str]) -> list[date] | None:
        instants = self.instants(*what)
        return None if instants is None else [booking_day(instant, what[1]) for instant in instants]

    def _dates(self, moment: Moment) -> list[date] | None:
        values = self._first_values(moment.day)
        return None if values is None else _read_each(values, partial(read_day, moment))

    def _first_values(self, paths: tuple[str, ...]) -> list[Any] | None:
        found: list[Any] = [None] * len(self)
        for path in paths:
            values = self.values(path)
            if values is None:
                return None
            found = [there if here is None else here for here, there in zip(found, values, strict=True)]
        return found


def picker(numbers: Sequence[int]) -> Callable[[Sequence[Any]], list[Any]]:
    """Picks the values of these numbers out of a column; made once for many columns."""
    if len(numbers) < 2:
        return lambda column: [column[number] for number in numbers]
    pick = itemgetter(*numbers)
    return lambda column: list(pick(column))


def _holes(template: Template) -> list[tuple[str, ...]]:
    return [part for part in template.parts if not isinstance(part, str)]


def _at_element(paths: Iterable[str]) -> bool:
    return any(path.startswith("@") for path in paths)


def _plain(values: list[Any], path: str) -> list[str] | None:
    """As texts, "" for None; None if there is anything but texts and numbers."""
    kinds = set(map(type, values))
    if not kinds <= {str, int, Number, _NOTHING}:
        return None
    if kinds != {str}:
        values = ["" if value is None else value if type(value) is str else written(value, path) for value in values]
    return values if _are_plain(values) else [written(value, path) for value in values]


def _are_plain(texts: list[str]) -> bool:
    """Whether all are printable, with single blanks inside and none around; all at once."""
    joined = "|".join(["", *texts, ""])
    return joined.isprintable() and "  " not in joined and "| " not in joined and " |" not in joined


def _whole(values: list[Any], currencies: list[str], wire: Mapping[str, int]) -> list[int] | None:
    if set(map(type, values)) != {int}:
        return None
    shifts = _shifts(currencies, wire)
    if not any(shifts.values()):
        return values
    if min(shifts.values()) < 0:
        return None
    return [value * int(10 ** shifts.get(code, 0)) for value, code in zip(values, currencies, strict=True)]


def _shifts(currencies: Iterable[str], wire: Mapping[str, int]) -> dict[str, int]:
    """Of those currencies that have other decimals on the wire: by how many more there are in ISO 4217."""
    return {code: exponent(code) - wire[code] for code in set(currencies) if code in wire}


def _decimals(amount: Amount, values: list[Any], currencies: list[str]) -> list[int] | None:
    try:
        return [amount.decimal(value, code) for value, code in zip(values, currencies, strict=True)]
    except Misfit:
        return None


def _read_each(values: list[Any], read: Callable[[str, Any], Any]) -> list[Any] | None:
    """Each different value read once; None if they are not all of one type, or one cannot be read."""
    if len(set(map(type, values))) != 1 or isinstance(values[0], dict | list):
        return None
    try:
        known = {value: read("", value) for value in set(values)}
    except Misfit:
        return None
    return [known[value] for value in values]
