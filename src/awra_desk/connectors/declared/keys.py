"""Strict reading of a declaration's tables: every key is asked for, every error names file, key and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from awra_desk.connectors.declared.words import Filled
from awra_desk.domain.errors import UsageError
from awra_desk.normalise.fields import Amount, Condition, Template

Of = TypeVar("Of")

_REMEDY = "Correct the declared file."
_NAMES = {str: "a text", int: "a whole number", bool: "true or false", dict: "a table", list: "a list"}


class Keys:
    """A TOML table of which every key must be asked for.

    Args:
        file: how people know the file. place: the table's dotted name in it.
    """

    def __init__(self, document: Any, place: str, file: str) -> None:
        self.place = place
        self.file = file
        if not isinstance(document, dict):
            raise self.wrong("", "must be a table")
        self._left: dict[str, Any] = dict(document)

    def wrong(self, key: str, words: str, remedy: str = _REMEDY) -> UsageError:
        """The error about a key of this table ("" for the table itself)."""
        return UsageError(f"{self._name(key)} {words}", record=self.file, remedy=remedy)

    def take(self, key: str, kind: type[Of], default: Of | None = None) -> Of:
        """The value of a key, of that type; without a default it is required."""
        value = self._left.pop(key, default)
        if value is None:
            raise self.wrong(key, "is missing", f"Add it as {_NAMES[kind]}.")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(key, f"must be {_NAMES[kind]}, not {value!r}")
        return value

    def choice(self, key: str, known: Mapping[str, Of], default: str | None = None) -> Of:
        """What one of these words stands for."""
        word = self.take(key, str, default)
        if word not in known:
            raise self.wrong(key, f"is {word!r}", f"Use one of: {', '.join(known)}.")
        return known[word]

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number within bounds."""
        value = self.take(key, int, default)
        if not least <= value <= most:
            raise self.wrong(key, f"is {value}", f"Give a number from {least} to {most}.")
        return value

    def path(self, key: str, words: frozenset[str]) -> Filled:
        """A path below the base URL, with words in it."""
        text = self.take(key, str)
        if not text.startswith("/") or text.startswith("//") or "?" in text or "#" in text:
            raise self.wrong(key, f"is {text!r}", "Write a path like /api/journals; its query goes into params.")
        return self._filled(key, text, words)

    def text(self, key: str, words: frozenset[str], default: str | None = None) -> Filled:
        """A text with words in it."""
        return self._filled(key, self.take(key, str, default), words)

    def texts(self, key: str, words: frozenset[str]) -> tuple[tuple[str, Filled], ...]:
        """A table of texts (parameters, headers), in the file's order."""
        table = self.take(key, dict, {})
        return tuple((name, Keys(table, self._name(key), self.file).text(name, words)) for name in table)

    def template(self, key: str, default: str | None = None) -> Template:
        """A text filled from a record, as contracts write it."""
        return Template.read(self.take(key, str, default))

    def table(self, key: str) -> Keys | None:
        """A table inside, None when it is absent."""
        return Keys(self._left.pop(key), self._name(key), self.file) if key in self._left else None

    def tables(self, key: str) -> Iterator[Keys]:
        """The tables of a list; a single table is a list of one."""
        value = self._left.pop(key, None)
        if not value:
            raise self.wrong(key, "is missing", "Add at least one table.")
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            yield Keys(item, f"{self._name(key)}[{index}]", self.file)

    def rest(self) -> Iterator[tuple[str, Any]]:
        """Every key that is left, with its value."""
        left, self._left = self._left, {}
        yield from left.items()

    def required(self, key: str, read: Callable[[Keys], Of]) -> Of:
        """What `read` makes of a table that must be there."""
        keys = self.table(key)
        if keys is None:
            raise self.wrong(key, "is missing", "Add this table.")
        return keys.read(read)

    def maybe(self, key: str, read: Callable[[Keys], Of]) -> Of | None:
        """What `read` makes of a table, None when it is absent."""
        keys = self.table(key)
        return None if keys is None else keys.read(read)

    def read(self, read: Callable[[Keys], Of]) -> Of:
        """What `read` makes of this table; nothing may be left of it."""
        found = read(self)
        self.done()
        return found

    def done(self) -> None:
        """Nothing may be left."""
        if self._left:
            raise self.wrong(min(self._left), "is not a word of this language", "Take it out, or correct its spelling.")

    def _name(self, key: str) -> str:
        return f"{self.place}.{key}" if key else self.place

    def _filled(self, key: str, text: str, words: frozenset[str]) -> Filled:
        filled = Filled.read(text)
        for word in filled.words:
            if word not in words and word.partition(".")[0] + ".*" not in words:
                known = ", ".join(sorted(words)) or "none"
                raise self.wrong(key, f"has {{{word}}} in it", f"Words that may stand here: {known}.")
        return filled


def condition(keys: Keys) -> Condition:
    """`{ path, in = […] }` or `{ path, not_in = […] }`."""
    path = keys.take("path", str)
    among, outside = keys.take("in", list, []), keys.take("not_in", list, [])
    if bool(among) is bool(outside) or not all(isinstance(item, str) for item in (*among, *outside)):
        raise keys.wrong("", "needs one list of texts", 'Write in = ["…"] or not_in = ["…"].')
    return Condition(path, tuple(among) or None, tuple(outside) or None)


def amount(keys: Keys) -> Amount:
    """`{ path, unit = "major" | "minor", times = 1 | -1 }`."""
    minor = keys.choice("unit", {"major": False, "minor": True}, "major")
    times = keys.take("times", int, 1)
    if times not in (1, -1):
        raise keys.wrong("times", f"is {times}", "Use 1 or -1.")
    return Amount(keys.take("path", str), minor=minor, times=times)


def no_path(text: str) -> bool:
    """Whether a text is a plain dotted path, as `rows` and `id` want it."""
    return re.fullmatch(r"[A-Za-z0-9_@-]+(\.[A-Za-z0-9_@-]+)*", text) is None
