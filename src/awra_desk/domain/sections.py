"""A document of tables and values (TOML) read with precise errors: every key known, typed and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from awra_desk.domain.errors import UsageError

Value = TypeVar("Value")


def read_toml(text: str, name: str, build: Callable[[Section], Value]) -> Value:
    """What `build` makes of the document; unknown keys are refused.

    Args:
        name: of the file or of what it is, for messages.

    Raises:
        UsageError: not TOML, an unknown key, or a value that cannot be; it names document, place and remedy.
    """
    try:
        top = Section(tomllib.loads(text, parse_float=Decimal), "")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"this is not TOML: {error}", record=name, remedy="Mend that line.") from None
    try:
        value = build(top)
        top.close()
    except UsageError as error:
        place = f"{name}, {error.record}" if error.record else name
        raise UsageError(error.what, record=place, remedy=error.remedy) from None
    return value


class Section:
    """One table of the document; every value asked for is taken out, so that what stays is unknown."""

    def __init__(self, values: dict[str, Any], name: str) -> None:
        self.left = dict(values)
        self.name = name

    def _path(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _take(self, key: str, kinds: tuple[type, ...], words: str) -> Any:
        value = self.left.pop(key, None)
        if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            raise UsageError(f"{value!r} is not {words}", record=self._path(key), remedy=f"Give {words}.")
        return value

    def section(self, key: str) -> Section:
        """A table inside this one; empty where it is absent."""
        return Section(self._take(key, (dict,), "a table") or {}, self._path(key))

    def text(self, key: str, default: str) -> str:
        """A string."""
        value = self._take(key, (str,), "a text")
        return default if value is None else str(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._take(key, (bool,), "true or false")
        return default if value is None else bool(value)

    def count(self, key: str, default: int, *, negative: bool = False) -> int:
        """A whole number, not negative unless said otherwise."""
        value = self._take(key, (int,), "a whole number")
        if value is not None and value < 0 and not negative:
            raise UsageError(f"{value} is negative", record=self._path(key), remedy="Give zero or more.")
        return default if value is None else int(value)

    def decimal(self, key: str, default: Decimal, *, negative: bool = False) -> Decimal:
        """A decimal, as text or number, not negative unless said otherwise."""
        value = self._take(key, (str, int, Decimal), "a decimal")
        if value is None:
            return default
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise UsageError(f"{value!r} is not a decimal", record=self._path(key), remedy='Write it like "0.05".')
        if number < 0 and not negative:
            raise UsageError(f"{value} is negative", record=self._path(key), remedy="Give zero or more.")
        return number

    def share(self, key: str, default: float) -> float:
        """A number from 0 to 1."""
        value = self._take(key, (int, Decimal), "a number from 0 to 1")
        if value is None:
            return default
        if value != value or not 0 <= value <= 1:  # noqa: PLR0124 - TOML knows a NaN, which compares with nothing
            raise UsageError(
                f"{value} is not between 0 and 1", record=self._path(key), remedy="Give a share such as 0.9."
            )
        return float(value)

    def names(self, key: str, default: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
        """A list of known names."""
        value = self._take(key, (list,), "a list of names")
        if value is None:
            return default
        for name in value:
            if name not in known:
                raise UsageError(
                    f"{name!r} is unknown", record=self._path(key), remedy=f"Known are {', '.join(known)}."
                )
        return tuple(value)

    def sections(self, key: str) -> list[Section]:
        """An array of tables, numbered from 1 in messages; empty where it is absent."""
        found = self._take(key, (list,), "a list of tables") or []
        for number, value in enumerate(found, 1):
            if not isinstance(value, dict):
                raise UsageError(f"{value!r} is not a table", record=f"{self._path(key)}[{number}]",
                                 remedy=f"Write [[{self._path(key)}]] and its keys below.")  # fmt: skip
        return [Section(value, f"{self._path(key)}[{number}]") for number, value in enumerate(found, 1)]

    def texts(self, key: str) -> tuple[str, ...]:
        """A text, or a list of texts, none of them blank; empty where it is absent."""
        value = self._take(key, (str, list), "a text or a list of texts")
        listed: list[Any] = [] if value is None else value if isinstance(value, list) else [value]
        for text in listed:
            if not isinstance(text, str) or not text.strip():
                raise UsageError(f"{text!r} is not a text", record=self._path(key), remedy="Give words in quotes.")
        return tuple(listed)

    def choice(self, key: str, default: str, known: Sequence[str]) -> str:
        """One of the known words."""
        value = self.text(key, default)
        if value not in known:
            raise UsageError(f"{value!r} is unknown", record=self._path(key), remedy=f"Known are {', '.join(known)}.")
        return value

    def day(self, key: str) -> date | None:
        """A date such as 2026-10-05, None where it is absent."""
        value = self._take(key, (date,), "a date such as 2026-10-05")
        if isinstance(value, datetime):
            raise UsageError(f"{value} is not a date", record=self._path(key), remedy="Write it like 2026-10-05.")
        return None if value is None else date(value.year, value.month, value.day)

    def days(self, key: str) -> tuple[date, ...]:
        """A list of dates, in order."""
        value = self._take(key, (list,), "a list of dates") or []
        for day in value:
            if not isinstance(day, date) or isinstance(day, datetime):
                raise UsageError(f"{day!r} is not a date", record=self._path(key), remedy="Write it like 2026-10-05.")
        return tuple(sorted(set(value)))

    def has(self, key: str) -> bool:
        """Whether the document says something here."""
        return key in self.left

    def close(self) -> None:
        """Refuse what nobody asked for."""
        for key in self.left:
            raise UsageError("this key is unknown", record=self._path(key), remedy="Remove it or correct its spelling.")
