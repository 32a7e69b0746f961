"""Reads single values out of a raw record: paths, texts, amounts, moments, conditions. What does not fit raises
`Misfit`.

A path is dotted ("entity.CurrencyRef.value"); one that begins with "@" starts at the current element of a leg's `each`
list, "@#" is that element's position from 0, and "name[]" means every element of the list "name", "name[field=word]"
every one whose field is that text (which has no dot in it). null counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from awra_desk.domain.dates import day_start
from awra_desk.domain.money import InvalidAmount, exponent, parse
from awra_desk.normalise.exact_json import Number, dumps
from awra_desk.normalise.written import Style, written_date, written_instant

LARGEST = 2**63 - 1
"""Minor units beyond this do not fit a column; no real amount comes near."""

_ONLY = "only "
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_SHOWN = 200  # characters of a value that a reject shows
_LISTED = re.compile(r"([^\[\]]+)\[(?:([^\[\]=]+)=([^\[\]]*))?\]")  # name[], name[field=word]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # legal in JSON, refused by databases; the raw payload keeps them


class Misfit(Exception):
    """A value does not fit the contract.

    Args:
        path: where it stands. value: what stands there. reason: what is wrong, with the remedy.
    """

    def __init__(self, path: str, value: Any, reason: str) -> None:
        self.path = path
        self.value = shown(value)
        self.reason = reason
        super().__init__(f"{path}: {reason}")


@dataclass(frozen=True, slots=True)
class Scope:
    """What paths start from: the record, and the current element of the leg's list with its position."""

    record: Any
    element: Any = None
    position: int = 0


def shown(value: Any) -> str:
    """The value as a reject shows it: short, on one line."""
    text = "" if value is None else value if isinstance(value, str) else dumps(value)
    return _cleaned(text)[:_SHOWN]


def _cleaned(text: str) -> str:
    """On one line, with single blanks, without what databases refuse."""
    return " ".join(_UNSTORABLE.sub("\ufffd", text).split())


def find(scope: Scope, path: str) -> Sequence[Any]:
    """Every value at the path, absent ones left out; at most one unless the path has a "[]"."""
    return _reader(path)(scope)


@lru_cache(maxsize=4096)
def _reader(path: str) -> Callable[[Scope], Sequence[Any]]:
    """How this path is read. Compiled once: a million records are read through a few dozen paths."""
    if path == "@#":
        return lambda scope: (scope.position,)
    at_element = path.startswith("@")
    rest = path[1:].removeprefix(".") if at_element else path
    names = tuple(rest.split(".")) if rest else ()

    def one(scope: Scope) -> Sequence[Any]:
        node = scope.element if at_element else scope.record
        for name in names:
            if type(node) is not dict:
                return ()
            node = node.get(name)
        return () if node is None else (node,)

    return _many_reader(names, at_element=at_element) if "[" in path else one


def _many_reader(names: tuple[str, ...], *, at_element: bool) -> Callable[[Scope], Sequence[Any]]:
    """How a path is read that has a list in it: "name[]", "name[field=word]"."""
    listed = [_LISTED.fullmatch(name) for name in names]
    steps = [match.groups() if match else (name, None, None) for name, match in zip(names, listed, strict=True)]
    many = [match is not None for match in listed]

    def every(scope: Scope) -> Sequence[Any]:
        found = [scope.element if at_element else scope.record]
        for (name, field, word), is_list in zip(steps, many, strict=True):
            found = [node[name] for node in found if isinstance(node, dict) and node.get(name) is not None]
            if is_list:
                found = [item for node in found if isinstance(node, list) for item in node if item is not None]
            if field is not None:
                found = [item for item in found if isinstance(item, dict) and item.get(field) == word]
        return found

    return every


def elements(scope: Scope, path: str) -> Iterator[Scope]:
    """A scope for each element of the list at the path; an absent list has none.

    Raises:
        Misfit: something else than a list stands there.
    """
    for value in find(scope, path):
        if not isinstance(value, list):
            raise Misfit(
                path, value, "This must be a list. If the provider changed it, the contract needs a new version."
            )
        for position, item in enumerate(value):
            yield Scope(scope.record, item, position)


def texts(scope: Scope, path: str) -> list[str]:
    """The non-empty texts (or numbers, by their literals) at a path.

    Raises:
        Misfit: an object, a list or a truth value stands there.
    """
    values = _reader(path)(scope)
    if len(values) == 1:
        return [text] if (text := written(values[0], path)) else []
    return [text for value in values if (text := written(value, path))]


def written(value: Any, path: str) -> str:
    """A text on one line with single blanks, or a number by its literal.

    Raises:
        Misfit: an object, a list or a truth value.
    """
    if type(value) is str:
        # Most texts are plain already; only the others need the costly cleaning.
        plain = value.isprintable() and "  " not in value and value[:1] != " " and value[-1:] != " "
        return value if plain else _cleaned(value)
    if type(value) is int:
        return str(value)
    if type(value) is Number:
        return value.literal
    raise Misfit(path, value, "This must be a text. If the provider changed it, the contract needs a new version.")


@dataclass(frozen=True, slots=True)
class Template:
    """Text with "{path}" or "{path|other path}" in it; an absent value leaves nothing behind. "{only path}" is the one
    text that all of a list say: where two differ, or one says nothing, it is nothing.

    Attributes:
        parts: literal texts and, as tuples, the alternatives of a placeholder. only: places of the parts that are such.
    """

    parts: tuple[str | tuple[str, ...], ...]
    only: frozenset[int] = frozenset()

    @classmethod
    def read(cls, text: str) -> Template:
        """Compile the template."""
        pieces = re.split(r"\{([^{}]+)\}", text)
        parts = [
            tuple(piece.removeprefix(_ONLY).split("|")) if index % 2 else piece for index, piece in enumerate(pieces)
        ]
        only = [index % 2 == 1 and piece.startswith(_ONLY) for index, piece in enumerate(pieces)]
        kept = [at for at, part in enumerate(parts) if part]
        return cls(tuple(parts[at] for at in kept), frozenset(place for place, at in enumerate(kept) if only[at]))

    def text(self, scope: Scope) -> str:
        """The text, single blanks, "" when nothing is there."""
        if self.only:
            filled = [self._filled(scope, place) for place in range(len(self.parts))]
        else:
            filled = [part if isinstance(part, str) else " ".join(first_texts(scope, part)) for part in self.parts]
        return filled[0] if len(filled) == 1 else " ".join("".join(filled).split())

    def _filled(self, scope: Scope, place: int) -> str:
        part = self.parts[place]
        if isinstance(part, str):
            return part
        if place in self.only:
            return next((text for path in part if (text := _only_text(scope, path))), "")
        return " ".join(first_texts(scope, part))

    def required(self, scope: Scope) -> str:
        """The text, every placeholder filled.

        Raises:
            Misfit: one is absent.
        """
        text = self.text(scope)
        if not text or len(self.parts) > 1:
            for part in self.parts:
                if not isinstance(part, str) and not first_texts(scope, part):
                    raise Misfit(
                        part[0],
                        None,
                        "This is required and missing. Pull the record again, or correct it at its source.",
                    )
        return text


def _only_text(scope: Scope, path: str) -> str:
    """The text that every element of the path's list says, "" where two differ or one says nothing."""
    until, mark, _ = path.rpartition("[]")
    said = texts(scope, path)
    whole = len(find(scope, until + mark)) if mark else 1
    return said[0] if len(said) == whole and len(set(said)) == 1 else ""


def first_texts(scope: Scope, paths: tuple[str, ...]) -> list[str]:
    """The texts at the first path that has any, each once."""
    for path in paths:
        if found := texts(scope, path):
            return found if len(found) == 1 else list(dict.fromkeys(found))
    return []


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether something applies.

    Attributes:
        among, outside: texts one of which must, none of which may stand at the path; None for no such condition.
            present: whether anything must (or must not) stand there; None for either. filled: the same, an empty text
            counting as nothing.
    """

    path: str
    among: tuple[str, ...] | None = None
    outside: tuple[str, ...] | None = None
    present: bool | None = None
    filled: bool | None = None

    def holds(self, scope: Scope) -> bool:
        """Whether it holds for the scope."""
        if self.present is not None:
            return bool(find(scope, self.path)) is self.present
        if self.filled is not None:
            return any(value != "" for value in find(scope, self.path)) is self.filled
        stands = _words(scope, self.path)
        if self.among is not None and not any(text in self.among for text in stands):
            return False
        return self.outside is None or not any(text in self.outside for text in stands)


def _words(scope: Scope, path: str) -> list[str]:
    """The texts at a path, truth values as JSON writes them."""
    truths = [value for value in find(scope, path) if isinstance(value, bool)]
    return ["true" if value else "false" for value in truths] or texts(scope, path)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money on the wire.

    Attributes:
        path: where it stands; with `each` one in every element of that list that meets `where`, and they are added up.
        minor: whole minor units on the wire; otherwise decimals in major units.
        times: 1 or -1. sign: path of a word and what it multiplies by (0: words that move nothing), or None.
        style: how decimals are written in texts, where that is not the plain way.
        rounded: decimals beyond the currency's are rounded half up; without it they do not fit.
    """

    path: str
    minor: bool
    times: int = 1
    sign: tuple[str, Mapping[str, int]] | None = None
    each: str = ""
    where: Condition | None = None
    style: Style | None = None
    rounded: bool = False

    def read(self, scope: Scope, currency: str, wire: Mapping[str, int]) -> int:
        """ISO minor units.

        Args:
            wire: currency -> decimals on the wire, where they differ from ISO 4217.

        Raises:
            Misfit: absent, no exact amount of the currency, or beyond reading.
        """
        if not self.each:
            return self._bounded(self._one(scope, currency, wire))
        scopes = [item for item in elements(scope, self.each) if self.where is None or self.where.holds(item)]
        return self._bounded(sum(self._one(item, currency, wire) for item in scopes))

    def _one(self, scope: Scope, currency: str, wire: Mapping[str, int]) -> int:
        values = find(scope, self.path)
        if not values:
            raise Misfit(self.path, None, "The amount is missing. Pull the record again, or correct it at its source.")
        amount = self._whole(values[0], currency, wire) if self.minor else self.decimal(values[0], currency)
        return self.times * amount if self.sign is None else self.times * self._factor(scope, *self.sign) * amount

    def _whole(self, value: Any, currency: str, wire: Mapping[str, int]) -> int:
        if type(value) is not int:
            raise Misfit(
                self.path, value, "This must be a whole number of minor units. Report it as a changed interface."
            )
        whole: int = value
        if currency not in wire:
            return whole
        shift = exponent(currency) - wire[currency]
        if shift >= 0:
            return whole * int(10**shift)
        whole, rest = divmod(whole, int(10**-shift))
        if rest:
            raise Misfit(
                self.path, value, f"This is no whole number of {currency} minor units. Correct it at its source."
            )
        return whole

    def decimal(self, value: Any, currency: str) -> int:
        """Minor units of one decimal.

        Raises:
            Misfit: no exact decimal of the currency.
        """
        if isinstance(value, bool) or not isinstance(value, str | int | Number):
            raise Misfit(self.path, value, "This must be a decimal number. Report it as a changed interface.")
        text = value.literal if isinstance(value, Number) else str(value)
        plain = self.style.plain(text) if self.style is not None and isinstance(value, str) else text
        if plain is None:
            raise Misfit(self.path, value, "This is not an amount as this file writes them. Correct the mapping or it.")
        try:
            return parse(_rounded(plain, currency) if self.rounded else plain, currency)
        except InvalidAmount as error:
            raise Misfit(self.path, value, error.text) from None

    def _factor(self, scope: Scope, path: str, factors: Mapping[str, int]) -> int:
        word = next(iter(texts(scope, path)), "")
        if word not in factors:
            raise Misfit(
                path, word, f"This must be one of {', '.join(factors)}. A new word needs a new contract version."
            )
        return factors[word]

    def _bounded(self, minor: int) -> int:
        if abs(minor) > LARGEST:
            raise Misfit(self.path, str(minor), "No account holds so much. Correct it at its source.")
        return minor


def _rounded(text: str, currency: str) -> str:
    """The decimal with no more decimals than the currency has; what is no decimal stays as it is."""
    try:
        return str(Decimal(text).quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP))
    except InvalidOperation:
        return text


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened: the first of these paths that has a value.

    Attributes:
        unix: seconds since 1970 UTC. iso: an ISO 8601 instant with its offset. day: an ISO date, or one in the form.
        local: an instant in the form, in the zone (default: the connection's) if the form has no offset.
        form: as `strptime` has it.
    """

    unix: tuple[str, ...] = ()
    iso: tuple[str, ...] = ()
    day: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    form: str = ""
    zone: str = ""

    def instant(self, scope: Scope, zone: str) -> datetime:
        """Aware UTC; for a day, its first instant in the zone.

        Raises:
            Misfit: absent, unreadable, or out of all reason.
        """
        for paths, read in ((self.unix, read_unix), (self.iso, read_iso)):
            for path, value in _values(scope, paths):
                return read(path, value)
        for path, value in _values(scope, self.local):
            return read_local(self, path, value, zone)
        return day_start(self.date(scope), zone)

    def date(self, scope: Scope) -> date:
        """The date.

        Raises:
            Misfit: absent or unreadable.
        """
        for path, value in _values(scope, self.day):
            return read_day(self, path, value)
        path = (*self.unix, *self.iso, *self.local, *self.day)[-1]
        raise Misfit(path, None, "The date is missing. Pull the record again, or correct it at its source.")


def _values(scope: Scope, paths: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    return ((path, value) for path in paths for value in find(scope, path))


def _iso_date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError):
        return None


def read_local(moment: Moment, path: str, value: Any, zone: str) -> datetime:
    """An instant in the form, as aware UTC; raises Misfit."""
    found = written_instant(str(value), moment.form, moment.zone or zone)
    if found is None:
        raise Misfit(path, value, f"This must be a time like {moment.form}. Correct the mapping or the file.")
    return _reasonable(path, value, found)


def read_day(moment: Moment, path: str, value: Any) -> date:
    """An ISO date, or one in the form; raises Misfit."""
    # An ISO date means one day only: a workbook's own dates come so, whatever its texts are like.
    found = _iso_date(value) or (written_date(str(value), moment.form) if moment.form else None)
    if found is None:
        form = moment.form or "2026-10-31"
        raise Misfit(path, value, f"This must be a date like {form}. Correct it at its source.")
    _reasonable(path, value, datetime(found.year, found.month, found.day, tzinfo=UTC))
    return found


def read_unix(path: str, value: Any) -> datetime:
    """Seconds since 1970, as aware UTC; raises Misfit."""
    try:
        found = datetime.fromtimestamp(value if type(value) is int else int("?"), UTC)
    except (ValueError, OverflowError, OSError):
        raise Misfit(path, value, "This must be whole seconds since 1970. Report it as a changed interface.") from None
    return _reasonable(path, value, found)


def read_iso(path: str, value: Any) -> datetime:
    """An ISO instant with its offset, as aware UTC; raises Misfit."""
    try:
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        found = None
    if found is None or found.tzinfo is None:
        raise Misfit(path, value, "This must be an instant with its offset, like 2026-10-31T17:00:00-07:00.")
    return _reasonable(path, value, found.astimezone(UTC))


def _reasonable(path: str, value: Any, instant: datetime) -> datetime:
    if not _EARLIEST <= instant < _LATEST:
        raise Misfit(path, value, "No business was done then. Correct the date at its source.")
    return instant
