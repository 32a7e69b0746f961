"""Exact money: integer minor units and an ISO 4217 code. No float ever enters or leaves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow

from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.errors import UserError

_EXACTLY = Context(prec=400, Emax=400, Emin=-400, traps=[Inexact, InvalidOperation, Overflow])
"""Nothing is rounded unsaid, and 1e999999 is no amount: as a whole number it would fill the memory."""


class InvalidAmount(UserError):
    """An amount cannot be read exactly in its currency."""


def exponent(currency: str) -> int:
    """Decimals of the currency's major unit.

    Raises:
        InvalidAmount: the code is not in the ISO 4217 table.
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise InvalidAmount(
            f"currency {currency!r} is not an ISO 4217 code", remedy="Correct the currency code."
        ) from None


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of one currency.

    Attributes:
        currency: ISO 4217 code.
        minor: minor units (cents), signed.
    """

    currency: str
    minor: int

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units must be an int, not {type(self.minor).__name__}")

    def __add__(self, other: Money) -> Money:
        return Money(self.currency, self.minor + self._same(other).minor)

    def __sub__(self, other: Money) -> Money:
        return Money(self.currency, self.minor - self._same(other).minor)

    def __neg__(self) -> Money:
        return Money(self.currency, -self.minor)

    def __str__(self) -> str:
        return f"{to_text(self.minor, self.currency)} {self.currency}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise InvalidAmount(
                f"{self.currency} and {other.currency} cannot be added", remedy="Convert first, on purpose."
            )
        return other


def parse(text: str, currency: str) -> int:
    """Minor units of a plain decimal in major units ("-12.5", "1e3").

    Raises:
        InvalidAmount: not a finite decimal, or more decimals than the currency has.
    """
    digits = exponent(currency)
    try:
        value = Decimal(text.strip())
        scaled = value.scaleb(digits, _EXACTLY)
        whole = int(scaled)
    except (DecimalException, ValueError, OverflowError):
        raise InvalidAmount(
            f"amount {text[:60]!r} is not a plain decimal number", remedy="Write it like -1234.50."
        ) from None
    if scaled != whole:
        raise InvalidAmount(
            f"amount {text!r} has more decimals than {currency} ({digits})", remedy="Round it at its source."
        )
    return whole


def to_text(minor: int, currency: str) -> str:
    """Plain decimal text in major units with the currency's decimals: -123450 USD -> "-1234.50"."""
    digits = exponent(currency)
    sign = "-" if minor < 0 else ""
    whole = f"{abs(minor):0{digits + 1}d}"
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else f"{sign}{whole}"


def to_people(minor: int, currency: str) -> str:
    """For people: thousands separated and code after, "1,234.50 USD"."""
    plain = to_text(abs(minor), currency)
    whole, dot, rest = plain.partition(".")
    return f"{'-' if minor < 0 else ''}{int(whole):,}{dot}{rest} {currency}"


def allocate(minor: int, weights: list[int]) -> list[int]:
    """Split an amount by non-negative weights so that the parts add up exactly.

    The largest remainders, then the first, get the odd units.
    """
    total = sum(weights)
    if total <= 0:
        raise ValueError("weights must have a positive sum")
    sign = -1 if minor < 0 else 1
    shares = [divmod(abs(minor) * weight, total) for weight in weights]
    left = abs(minor) - sum(quotient for quotient, _ in shares)
    order = sorted(range(len(weights)), key=lambda index: (-shares[index][1], index))
    lucky = set(order[:left])
    return [sign * (quotient + (index in lucky)) for index, (quotient, _) in enumerate(shares)]
