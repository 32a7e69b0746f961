"""The `match` command's TOML configuration: every key known, typed and checked before any file is opened."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.dates import zone
from awra_desk.domain.errors import UsageError
from awra_desk.files.amounts import AmountStyle
from awra_desk.files.tables import COLUMNS
from awra_desk.matching import PASSES, MatchConfig

HARD_COLUMNS = ("id", "reference", "description", "counterparty", "kind", "batch", "channel")


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """What `--config` says, or its defaults.

    Attributes:
        columns: side ("left", "right") -> our column name -> theirs. sign: side -> 1 or -1. zone: of booking days.
    """

    config: MatchConfig
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: {"left": {}, "right": {}})
    sign: Mapping[str, int] = field(default_factory=lambda: {"left": 1, "right": 1})
    amounts: AmountStyle = field(default_factory=AmountStyle)
    zone: str = "UTC"


def load_settings(path: Path | None) -> MatchSettings:
    """Read a configuration file; None gives the defaults.

    Raises:
        UsageError: missing, not UTF-8, not TOML, an unknown key, or a value that cannot be; it names file and key.
    """
    if path is None:
        return MatchSettings(MatchConfig.default())
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError:
        raise UsageError(
            "there is no such configuration file", record=str(path), remedy="Check the path of --config."
        ) from None
    except OSError as error:
        raise UsageError(
            f"the configuration cannot be read: {error.strerror}", record=str(path), remedy="Check its permissions."
        ) from None
    except UnicodeDecodeError:
        raise UsageError("the configuration is not UTF-8", record=str(path), remedy="Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"the configuration is not TOML: {error}", record=str(path), remedy="Mend that line."
        ) from None
    try:
        return _settings(_Section(document, ""))
    except UsageError as error:
        raise UsageError(
            error.what, record=f"{path}{f', {error.record}' if error.record else ''}", remedy=error.remedy
        ) from None


def _settings(top: _Section) -> MatchSettings:
    columns, sign = top.section("columns"), top.section("sign")
    amounts, dates = top.section("amounts"), top.section("dates")
    keys, tolerance, confirm = top.section("keys"), top.section("tolerance"), top.section("confirm")
    groups, passes = top.section("groups"), top.section("passes")
    defaults = MatchConfig.default()
    settings = MatchSettings(
        columns={side: _columns(columns.section(side)) for side in ("left", "right")},
        sign={side: _sign(sign, side) for side in ("left", "right")},
        amounts=AmountStyle(
            excess_precision=amounts.text("excess_precision", "reject"),
            thousands=amounts.text("thousands", ""),
            decimal=amounts.text("decimal", "."),
            parentheses=amounts.flag("parentheses", default=False),
        ),
        zone=dates.text("zone", "UTC"),
        config=MatchConfig(
            before_days=dates.count("before_days", defaults.before_days),
            after_days=dates.count("after_days", defaults.after_days),
            tolerance=tolerance.decimal("amount", defaults.tolerance),
            percent=tolerance.decimal("percent", defaults.percent),
            tolerance_by_currency=_by_currency(tolerance.section("by_currency")),
            floor=confirm.share("floor", defaults.floor),
            margin=confirm.share("margin", defaults.margin),
            hard_keys=tuple(
                "references" if name == "reference" else name for name in keys.names("hard", (), HARD_COLUMNS)
            ),
            max_members=groups.count("max_members", defaults.max_members),
            search_steps=groups.count("search_steps", defaults.search_steps),
            partial=groups.flag("partial", default=defaults.partial),
            passes=passes.names("enable", PASSES, PASSES),
        ),
    )
    zone(settings.zone)
    for section in (columns, sign, amounts, dates, keys, tolerance, confirm, groups, passes, top):
        section.close()
    return settings


def _columns(section: _Section) -> dict[str, str]:
    found = {name: section.text(name, "") for name in list(section.left)}
    for name, theirs in found.items():
        if name not in COLUMNS:
            raise UsageError(
                f"column {name!r} is unknown", record=section.name, remedy=f"Known are {', '.join(COLUMNS)}."
            )
        if not theirs.strip():
            raise UsageError(
                "the column name is blank", record=f"{section.name}.{name}", remedy="Name the file's column."
            )
    if "amount" in found and {"debit", "credit"} & found.keys():
        raise UsageError(
            "amount and debit or credit are both given", record=section.name, remedy="Give the one or the others."
        )
    return {name: theirs.strip() for name, theirs in found.items()}


def _sign(section: _Section, side: str) -> int:
    value = section.count(side, 1, negative=True)
    if value not in (1, -1):
        raise UsageError(f"{value} is no sign", record=f"sign.{side}", remedy="Give 1 or -1.")
    return value


def _by_currency(section: _Section) -> dict[str, Decimal]:
    found = {name: section.decimal(name, Decimal(0)) for name in list(section.left)}
    for code in found:
        if code not in EXPONENTS:
            raise UsageError(
                f"currency {code!r} is unknown", record=section.name, remedy="Use ISO 4217 codes such as KES."
            )
    return found


class _Section:
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

    def section(self, key: str) -> _Section:
        """A table inside this one; empty where it is absent."""
        return _Section(self._take(key, (dict,), "a table") or {}, self._path(key))

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

    def decimal(self, key: str, default: Decimal) -> Decimal:
        """A decimal, as text or number, not negative."""
        value = self._take(key, (str, int, Decimal), "a decimal")
        if value is None:
            return default
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise UsageError(f"{value!r} is not a decimal", record=self._path(key), remedy='Write it like "0.05".')
        if number < 0:
            raise UsageError(f"{value} is negative", record=self._path(key), remedy="Give zero or more.")
        return number

    def share(self, key: str, default: float) -> float:
        """A number from 0 to 1."""
        value = self._take(key, (int, Decimal), "a number from 0 to 1")
        if value is None:
            return default
        if not 0 <= value <= 1:
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

    def close(self) -> None:
        """Refuse what nobody asked for."""
        for key in self.left:
            raise UsageError("this key is unknown", record=self._path(key), remedy="Remove it or correct its spelling.")
