"""The `match` command's TOML configuration: every key known, typed and checked before any file is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.dates import zone
from awra_desk.domain.errors import UsageError
from awra_desk.domain.sections import Section, read_toml
from awra_desk.files.amounts import AmountStyle
from awra_desk.files.tables import COLUMNS
from awra_desk.matching import PASSES, MatchConfig, RuleSet, read_rules
from awra_desk.services.rule_sets import rule_set

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
        text = path.read_text("utf-8-sig")
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
    return read_toml(text, str(path), _settings)


def _settings(top: Section) -> MatchSettings:
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
        ).with_rules(_rules(top)),
    )
    zone(settings.zone)
    for section in (columns, sign, amounts, dates, keys, tolerance, confirm, groups, passes):
        section.close()
    return settings


def _rules(top: Section) -> RuleSet:
    """Rules of the file, after those of the ready-made sets it names."""
    names = top.texts("rule_sets")
    rules = RuleSet()
    for name in names:
        rules = rules.extended(rule_set(name))
    return rules.extended(read_rules(top))


def _columns(section: Section) -> dict[str, str]:
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


def _sign(section: Section, side: str) -> int:
    value = section.count(side, 1, negative=True)
    if value not in (1, -1):
        raise UsageError(f"{value} is no sign", record=f"sign.{side}", remedy="Give 1 or -1.")
    return value


def _by_currency(section: Section) -> dict[str, Decimal]:
    found = {name: section.decimal(name, Decimal(0)) for name in list(section.left)}
    for code in found:
        if code not in EXPONENTS:
            raise UsageError(
                f"currency {code!r} is unknown", record=section.name, remedy="Use ISO 4217 codes such as KES."
            )
    return found
