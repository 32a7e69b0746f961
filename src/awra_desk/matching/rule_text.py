"""Rules as people write them: TOML in, the same TOML out.

```toml
[[rules]]
name = "mpesa-receipt"
words = "The ledger line quotes the M-Pesa receipt"
action = "confirm"                    # or "suggest", the default
shapes = ["1:1", "N:1"]               # default ["1:1"]
[rules.when.source]                   # kinds, sources, accounts, currencies, sign, amount_from, amount_to,
kinds = ["charge"]                    # text and counterparty { contains, starts, regex }
[rules.when.ledger]
text = { regex = 'MPESA (?P<receipt>[A-Z0-9]{10})' }
[rules.key]
source = "references"
ledger = "receipt"
[rules.tolerance]                     # default: the reconciliation's
amount = "0.00"
percent = "0"
direction = "both"                    # or "less", "more": the ledger amount against the source amount
offset = "0.00"
[rules.dates]
before_days = 0
after_days = 2
calendar = "ke"                       # absent: every day counts

[calendars.ke]
weekend = ["saturday", "sunday"]
holidays = [2026-12-12, 2026-12-25]

[[aliases]]
source = "SAFARICOM PLC"
ledger = "M-PESA TILL"
```
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from awra_desk.domain.errors import UsageError
from awra_desk.domain.sections import Section, read_toml
from awra_desk.matching.config import MAX_DAYS
from awra_desk.matching.rules import (
    COLUMNS,
    SHAPES,
    Action,
    Alias,
    Calendar,
    Condition,
    Dates,
    Direction,
    Key,
    Rule,
    RuleSet,
    TextTest,
    Tolerance,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAX_RULES = 500
_NAME = re.compile(r"\w[\w .\-]{0,79}")


def parse_rules(text: str, name: str = "the rules") -> RuleSet:
    """The rules of a TOML document.

    Raises:
        UsageError: naming document, place and remedy; a rule without a condition is refused.
    """
    return read_toml(text, name, read_rules)


def read_rules(top: Section) -> RuleSet:
    """The tables `rules`, `aliases` and `calendars` of a document that may hold more."""
    tables = top.sections("rules")
    if len(tables) > MAX_RULES:
        raise UsageError(f"more than {MAX_RULES} rules", record="rules", remedy="Split them by reconciliation.")
    rules = tuple(_rule(section) for section in tables)
    aliases = tuple(_alias(section) for section in top.sections("aliases"))
    named = top.section("calendars")
    calendars = tuple((name, _calendar(named.section(name))) for name in sorted(named.left))
    named.close()
    return RuleSet(rules, aliases, calendars)


def _rule(section: Section) -> Rule:
    name = section.text("name", "").strip()
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a rule" if name else "the rule has no name", record=section.name,
                         remedy='Give it one of letters, digits, spaces and - _ . : name = "…".')  # fmt: skip
    when = section.section("when")
    sides = {side: _condition(when.section(side)) for side in ("source", "ledger")}
    when.close()
    shapes = section.names("shapes", ("1:1",), SHAPES)
    if not shapes:
        raise UsageError("no shape is allowed", record=f"{section.name}.shapes", remedy=f"Some of {', '.join(SHAPES)}.")
    key = _key(section.section("key"), sides) if section.has("key") else None
    tolerance = _tolerance(section.section("tolerance")) if section.has("tolerance") else None
    dates = _dates(section.section("dates")) if section.has("dates") else None
    try:
        rule = Rule(
            name=name,
            source=sides["source"],
            ledger=sides["ledger"],
            words=section.text("words", ""),
            action=Action(section.choice("action", Action.SUGGEST, tuple(Action))),
            shapes=tuple(sorted(set(shapes), key=SHAPES.index)),
            key=key,
            tolerance=tolerance,
            dates=dates,
            enabled=section.flag("enabled", default=True),
        )
    except UsageError as error:
        raise UsageError(error.what, record=error.record or section.name, remedy=error.remedy) from None
    section.close()
    return rule


def _condition(section: Section) -> Condition:
    low, high = (_bound(section, name) for name in ("amount_from", "amount_to"))
    if low is not None and high is not None and low > high:
        raise UsageError("amount_from is above amount_to", record=section.name, remedy="Exchange the two.")
    found = Condition(
        kinds=section.texts("kinds"),
        sources=section.texts("sources"),
        accounts=section.texts("accounts"),
        currencies=section.texts("currencies"),
        sign=section.choice("sign", "", ("", "in", "out")),
        amount_from=low,
        amount_to=high,
        text=_text(section.section("text")),
        counterparty=_text(section.section("counterparty")),
    )
    section.close()
    return found


def _bound(section: Section, name: str) -> Decimal | None:
    return section.decimal(name, Decimal(0)) if section.has(name) else None


def _groups(regex: str) -> tuple[str, ...]:
    """Named groups of an expression; the library that reads it is loaded only where a rule has one."""
    if not regex:
        return ()
    from awra_desk.matching.conditions import groups_of  # noqa: PLC0415

    return groups_of(regex)


def _text(section: Section) -> TextTest:
    regex = section.text("regex", "")
    try:
        _groups(regex)
    except UsageError as error:
        raise UsageError(error.what, record=f"{section.name}.regex", remedy=error.remedy) from None
    found = TextTest(section.texts("contains"), section.texts("starts"), regex)
    section.close()
    return found


def _key(section: Section, sides: dict[str, Condition]) -> Key:
    names: dict[str, tuple[str, ...]] = {}
    for side, condition in sides.items():
        names[side] = section.texts(side)
        groups = _groups(condition.text.regex)
        if not names[side]:
            raise UsageError(
                f"the key of the {side} side is missing",
                record=section.name,
                remedy=f"Name a column ({', '.join(COLUMNS)}) or a named group of its text.regex.",
            )
        for name in names[side]:
            if name not in COLUMNS and name not in groups:
                known = ", ".join([*COLUMNS, *groups])
                raise UsageError(
                    f"{name!r} is neither a column nor a named group of when.{side}.text.regex",
                    record=f"{section.name}.{side}",
                    remedy=f"Known are {known}.",
                )
    section.close()
    return Key(names["source"], names["ledger"])


def _tolerance(section: Section) -> Tolerance:
    found = Tolerance(
        amount=section.decimal("amount", Decimal(0)),
        percent=section.decimal("percent", Decimal(0)),
        direction=Direction(section.choice("direction", Direction.BOTH, tuple(Direction))),
        offset=section.decimal("offset", Decimal(0), negative=True),
    )
    section.close()
    return found


def _dates(section: Section) -> Dates:
    found = Dates(section.count("before_days", 0), section.count("after_days", 0), section.text("calendar", ""))
    if max(found.before_days, found.after_days) > MAX_DAYS:
        raise UsageError(f"more than {MAX_DAYS} days", record=section.name, remedy="Give fewer days.")
    section.close()
    return found


def _calendar(section: Section) -> Calendar:
    weekend = section.names("weekend", WEEKDAYS[5:], WEEKDAYS)
    if len(set(weekend)) == len(WEEKDAYS):
        raise UsageError("no working day is left", record=f"{section.name}.weekend", remedy="Leave one out.")
    found = Calendar(tuple(sorted({WEEKDAYS.index(day) for day in weekend})), section.days("holidays"))
    section.close()
    return found


def _alias(section: Section) -> Alias:
    source, ledger = (section.text(side, "").strip() for side in ("source", "ledger"))
    if not source or not ledger:
        raise UsageError("an alias needs both names", record=section.name, remedy="Give source and ledger.")
    found = Alias(source, ledger, section.flag("enabled", default=True))
    section.close()
    return found


def rules_toml(rules: RuleSet) -> str:
    """The document that `parse_rules` reads as the same set."""
    parts = [rule_toml(rule) for rule in rules.rules]
    for alias in rules.aliases:
        lines = ["[[aliases]]", f"source = {_value(alias.source)}", f"ledger = {_value(alias.ledger)}"]
        parts.append("\n".join([*lines, *([] if alias.enabled else ["enabled = false"])]))
    for name, calendar in rules.calendars:
        days = [f"weekend = {_value([WEEKDAYS[day] for day in calendar.weekend])}"]
        parts.append("\n".join([f"[calendars.{_value(name)}]", *days, f"holidays = {_value(calendar.holidays)}"]))
    return "\n\n".join(parts) + "\n" if parts else ""


def rule_toml(rule: Rule) -> str:
    """One rule's part of the document; what is at its default is left out."""
    lines = ["[[rules]]", f"name = {_value(rule.name)}"]
    lines += [f"words = {_value(rule.words)}"] if rule.words else []
    lines += [f"action = {_value(rule.action)}"]
    lines += [f"shapes = {_value(rule.shapes)}"] if rule.shapes != ("1:1",) else []
    lines += [] if rule.enabled else ["enabled = false"]
    for side, condition in (("source", rule.source), ("ledger", rule.ledger)):
        if told := _told(condition, Condition()):
            lines += [f"[rules.when.{side}]", *told]
    if rule.key:
        lines += ["[rules.key]", f"source = {_value(rule.key.source)}", f"ledger = {_value(rule.key.ledger)}"]
    if rule.tolerance is not None:
        lines += ["[rules.tolerance]", *_told(rule.tolerance, None)]
    if rule.dates is not None:
        lines += ["[rules.dates]", *_told(rule.dates, None)]
    return "\n".join(lines)


def _told(values: Any, defaults: Any) -> list[str]:
    """`name = value` of each field that differs from its default, or of all."""
    named = {name: getattr(values, name) for name in values.__dataclass_fields__}
    return [
        f"{name} = {_value(value)}"
        for name, value in named.items()
        if value is not None and (defaults is None or value != getattr(defaults, name))
    ]


def _value(value: Any) -> str:
    if isinstance(value, TextTest):
        return "{ " + ", ".join(_told(value, TextTest())) + " }"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f'"{value:f}"'
    if isinstance(value, int):
        return str(value)
    text = str(value.value if isinstance(value, StrEnum) else value)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
