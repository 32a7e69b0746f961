"""The matcher's settings: validated when built, immutable afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Self

from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.errors import UsageError
from awra_desk.matching.rules import NO_RULES, RuleSet

PASSES = ("keys", "batch", "contra", "tolerance", "groups", "fuzzy")
HARD_COLUMNS = ("id", "references", "description", "counterparty", "kind", "batch", "channel")
NO_CURRENCY = "XXX"  # ISO 4217's code for "no currency involved": stands for the one unnamed currency of two decimals
MAX_DAYS = 36_525  # a hundred years
UNLIMITED = 10**18  # minor units: more than any difference, and sums with it stay inside 64 bits
RULE_VERSION = "6"


def decimals(currency: str) -> int:
    """Decimals of a currency's major unit; two where the code names none."""
    return EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """What may match what, and what may be confirmed without a person.

    Attributes:
        before_days, after_days: the ledger date may precede or follow the source date by so many booking days,
            inclusive.
        tolerance: absolute tolerance in major units of any currency not named in `tolerance_by_currency`.
        tolerance_by_currency: ISO code -> absolute tolerance in major units.
        percent: tolerance as a share of the ledger amount; "0.5" is half a per cent. The larger of the two allows.
        floor: lowest score that may be confirmed, inclusive, 0..1. margin: a rival within it makes a suggestion.
        hard_keys: columns (of schema ITEMS) whose values are identifiers of one namespace on both sides.
        max_members: most members of a group found by search. search_steps: work budget of one target's search.
        partial: an allocation may leave a residual.
        passes: names out of PASSES; they always run in the order of PASSES.
        rules: people's rules and aliases, applied where they are switched on.
        rule_version: part of every match id; the engine's own, and the digest of the rules in force.
    """

    before_days: int = 1
    after_days: int = 3
    tolerance: Decimal = Decimal(0)
    tolerance_by_currency: Mapping[str, Decimal] = field(default_factory=dict)
    percent: Decimal = Decimal(0)
    floor: float = 0.90
    margin: float = 0.05
    hard_keys: tuple[str, ...] = ()
    max_members: int = 60
    search_steps: int = 5_000_000
    partial: bool = False
    passes: tuple[str, ...] = PASSES
    rules: RuleSet = NO_RULES
    rule_version: str = RULE_VERSION

    def __post_init__(self) -> None:
        for name in ("before_days", "after_days", "tolerance", "percent", "max_members", "search_steps"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is negative", remedy="Give zero or more.")
        if max(self.before_days, self.after_days) > MAX_DAYS:
            raise UsageError(f"a date window of more than {MAX_DAYS} days", remedy="Give fewer days.")
        for code, amount in self.tolerance_by_currency.items():
            if amount < 0:
                raise UsageError(f"the tolerance of {code} is negative", remedy="Give zero or more.")
        for name in ("floor", "margin"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(
                    f"{name} {getattr(self, name)} is not between 0 and 1", remedy="Give a share such as 0.9."
                )
        _known(self.passes, PASSES, "pass")
        _known(self.hard_keys, HARD_COLUMNS, "hard key column")
        if not self.passes:
            raise UsageError("no pass is enabled", remedy=f"Enable some of {', '.join(PASSES)}.")

    @classmethod
    def default(cls) -> Self:
        """The settings used where nothing else is said."""
        return cls()

    def with_tolerances(
        self, *, before_days: int, after_days: int, absolute: Mapping[str, int], percent: Decimal
    ) -> Self:
        """The same settings with other gates.

        Args:
            absolute: ISO code -> tolerance in minor units.
        """
        major = {code: Decimal(minor).scaleb(-decimals(code)) for code, minor in absolute.items()}
        return replace(
            self,
            before_days=before_days,
            after_days=after_days,
            tolerance_by_currency=major,
            percent=percent,
        )

    def with_rules(self, rules: RuleSet) -> Self:
        """The same settings under these rules; without any in force nothing is different."""
        version = f"{RULE_VERSION}+{rules.digest[:12]}" if rules.digest else RULE_VERSION
        return replace(self, rules=rules, rule_version=version)

    def allowed_minor(self, currency: str) -> int:
        """Absolute tolerance of the currency in minor units, rounded down."""
        major = min(self.tolerance_by_currency.get(currency, self.tolerance), Decimal(UNLIMITED))
        return min(int(major.scaleb(decimals(currency))), UNLIMITED)

    @property
    def window(self) -> int:
        """The longer arm of the date window in days, at least one."""
        return max(self.before_days, self.after_days, 1)

    def described(self) -> dict[str, str]:
        """Setting -> value as text, for covers and audit trails."""
        return {item.name: str(getattr(self, item.name)) for item in fields(self)}


def _known(names: tuple[str, ...], known: tuple[str, ...], what: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"{what} {name!r} is unknown", remedy=f"Known are {', '.join(known)}.")
