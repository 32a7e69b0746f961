"""Matching rules as values: ordered, each saying which rows of either side it speaks of, and what may match there.

A rule is the ordinary passes over fewer rows: those that meet its conditions, under its own tolerance, dates and key.
So a rule
never proves less than the engine asks for; it narrows who may be meant, and that is what makes the proof.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from awra_desk.domain.errors import UsageError

COLUMNS = ("id", "references", "description", "counterparty", "kind", "batch", "channel", "source", "account")
SHAPES = ("1:1", "1:N", "N:1", "N:M")
PREFIX = "rule:"  # begins the name under which a rule's matches are recorded


class Action(StrEnum):
    """The most a rule may do with what it finds."""

    CONFIRM = "confirm"  # what is proven is confirmed, the rest suggested
    SUGGEST = "suggest"  # never confirmed by this rule


class Direction(StrEnum):
    """Which differences of amount a rule tolerates, by size (signs agree anyway)."""

    BOTH = "both"
    LESS = "less"  # the ledger holds less than the source or the same: settled <= gross
    MORE = "more"


@dataclass(frozen=True, slots=True)
class TextTest:
    """What a text must be; every given part must hold. Letter case and Unicode form do not matter.

    Attributes:
        contains, starts: any of these. regex: RE2 syntax (linear time, no look-around), found anywhere; its named
            groups may serve as keys. It sees the text as it stands; write (?i) where case must not matter.
    """

    contains: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    regex: str = ""

    def __bool__(self) -> bool:
        return bool(self.contains or self.starts or self.regex)


@dataclass(frozen=True, slots=True)
class Condition:
    """Which rows of one side a rule speaks of; empty parts say nothing, given parts must all hold.

    Attributes:
        kinds, sources, accounts, currencies: any of these, letter case aside.
        sign: "in" (positive), "out" (negative) or "".
        amount_from, amount_to: size of the amount in major units, inclusive; None is no bound.
        text: of the description or any reference. counterparty: of the counterparty.
    """

    kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    sign: str = ""
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    text: TextTest = TextTest()
    counterparty: TextTest = TextTest()

    def __bool__(self) -> bool:
        return self != Condition()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A rule's own tolerance instead of the reconciliation's.

    Attributes:
        amount: absolute, major units. percent: of the ledger amount; the larger of the two allows.
        offset: what the ledger amount is beyond the source amount by custom, major units, signed as the amounts are.
            A match that needs it is found by key only, or suggested; the difference stays a reconciling item.
    """

    amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    direction: Direction = Direction.BOTH
    offset: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days: every day but these weekdays (0 = Monday) and holidays."""

    weekend: tuple[int, ...] = (5, 6)
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Dates:
    """The ledger date may precede or follow the source date by so many days, inclusive.

    Working days of the calendar named, where one is.
    """

    before_days: int
    after_days: int
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """What must be the same on both sides.

    Attributes:
        source, ledger: names of columns, or of groups in that side's `text.regex`; several are taken together.
    """

    source: tuple[str, ...]
    ledger: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: unique in its set. words: why, for people. shapes: allowed cardinality, source to ledger.
        key: None means that amount and dates decide. tolerance, dates: None means the reconciliation's.
    """

    name: str
    source: Condition
    ledger: Condition
    words: str = ""
    action: Action = Action.SUGGEST
    shapes: tuple[str, ...] = ("1:1",)
    key: Key | None = None
    tolerance: Tolerance | None = None
    dates: Dates | None = None
    enabled: bool = True

    def __post_init__(self) -> None:
        if not self.source and not self.ledger:
            raise UsageError(
                f"rule {self.name!r} has no condition",
                remedy="Say under when.source or when.ledger which rows it speaks of.",
            )

    @property
    def label(self) -> str:
        """The name under which its matches are recorded."""
        return PREFIX + self.name


@dataclass(frozen=True, slots=True)
class Alias:
    """Two names of one party: as the source writes it, and as the ledger does."""

    source: str
    ledger: str
    enabled: bool = True

    @property
    def name(self) -> str:
        """How commands call it."""
        return f"{self.source} = {self.ledger}"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in their order, aliases, and the calendars that the rules name."""

    rules: tuple[Rule, ...] = ()
    aliases: tuple[Alias, ...] = ()
    calendars: tuple[tuple[str, Calendar], ...] = ()

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"rule {name!r} comes twice", remedy="Give each rule a name of its own.")
        for rule in self.rules:
            if rule.dates and rule.dates.calendar and rule.dates.calendar not in dict(self.calendars):
                raise UsageError(
                    f"rule {rule.name!r} names the calendar {rule.dates.calendar!r}, which is not there",
                    remedy=f"Add [calendars.{rule.dates.calendar}], or correct the name.",
                )

    def __bool__(self) -> bool:
        return bool(self.rules or self.aliases)

    def __str__(self) -> str:
        return ", ".join([rule.name for rule in self.in_force.rules]) or "none"

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    @property
    def in_force(self) -> RuleSet:
        """What is switched on; two sets that agree in it match alike."""
        rules = tuple(rule for rule in self.rules if rule.enabled)
        used = {rule.dates.calendar for rule in rules if rule.dates}
        return RuleSet(
            rules,
            tuple(alias for alias in self.aliases if alias.enabled),
            tuple((name, days) for name, days in self.calendars if name in used),
        )

    @property
    def digest(self) -> str:
        """SHA-256 of what is switched on; "" where nothing is."""
        on = self.in_force
        return hashlib.sha256(repr(on).encode()).hexdigest() if on else ""

    def calendar(self, name: str) -> Calendar | None:
        """The calendar of this name; None for ""."""
        return dict(self.calendars)[name] if name else None

    def get(self, name: str) -> Rule | Alias:
        """The rule or alias of this name.

        Raises:
            UsageError: there is none.
        """
        found: dict[str, Rule | Alias] = {alias.name: alias for alias in self.aliases}
        found |= {rule.name: rule for rule in self.rules}
        if name not in found:
            raise UsageError(
                "there is no such rule", record=name, remedy=f"Known are {', '.join(sorted(found)) or 'none yet'}."
            )
        return found[name]

    def switched(self, name: str, *, on: bool) -> RuleSet:
        """The set with one rule or alias switched on or off."""
        item = replace(self.get(name), enabled=on)
        return replace(
            self,
            rules=tuple(item if isinstance(item, Rule) and rule.name == name else rule for rule in self.rules),
            aliases=tuple(item if isinstance(item, Alias) and alias.name == name else alias for alias in self.aliases),
        )

    def without(self, name: str) -> RuleSet:
        """The set without this rule or alias."""
        self.get(name)
        return replace(
            self,
            rules=tuple(rule for rule in self.rules if rule.name != name),
            aliases=tuple(alias for alias in self.aliases if alias.name != name),
        )

    def moved(self, name: str, place: int) -> RuleSet:
        """The set with a rule at this place, from 1.

        Raises:
            UsageError: there is no such rule or place.
        """
        rule = self.get(name)
        if not isinstance(rule, Rule) or not 1 <= place <= len(self.rules):
            raise UsageError(f"there is no place {place} for it", record=name, remedy=f"1 to {len(self.rules)}.")
        rest = [other for other in self.rules if other != rule]
        return replace(self, rules=(*rest[: place - 1], rule, *rest[place - 1 :]))

    def extended(self, more: RuleSet) -> RuleSet:
        """Both sets, the other's rules after these; a calendar of the same name must be the same.

        Raises:
            UsageError: a name is taken, or two calendars of one name differ.
        """
        calendars = dict(self.calendars)
        for name, days in more.calendars:
            if calendars.setdefault(name, days) != days:
                raise UsageError(f"calendar {name!r} is there already with other days", remedy="Rename it.")
        known = {alias.name for alias in self.aliases}
        aliases = [alias for alias in more.aliases if alias.name not in known]
        return RuleSet((*self.rules, *more.rules), (*self.aliases, *aliases), tuple(sorted(calendars.items())))


NO_RULES = RuleSet()
