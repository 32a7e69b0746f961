"""Amounts of a column: exact minor units from decimal text, a column at a time; the odd cells one by one. No float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    InvalidOperation,
)
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from awra_desk.domain.errors import UsageError
from awra_desk.ports import arrow

LARGEST = 10**16  # minor units; sums of many rows stay inside 64 bits
ROUNDINGS = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "floor": ROUND_FLOOR,
    "ceil": ROUND_CEILING,
    "truncate": ROUND_DOWN,
}
_SCALE = 4  # most decimals of any currency
_FAST = r"^[+-]?[0-9]{1,12}(\.[0-9]{0,4})?$"
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_EXACT = Context(prec=400)
_FLOAT_DIGITS = 15  # decimal digits a binary double always keeps


@dataclass(frozen=True, slots=True)
class AmountStyle:
    """How a file writes amounts.

    Attributes:
        excess_precision: "reject", or a rounding of ROUNDINGS for amounts with more decimals than their currency.
        thousands: separator of thousands, "" for none. decimal: decimal mark. parentheses: "(12.00)" is negative.
    """

    excess_precision: str = "reject"
    thousands: str = ""
    decimal: str = "."
    parentheses: bool = False

    def __post_init__(self) -> None:
        if self.excess_precision != "reject" and self.excess_precision not in ROUNDINGS:
            raise UsageError(
                f"amounts.excess_precision {self.excess_precision!r} is unknown",
                remedy=f"Known are reject, {', '.join(ROUNDINGS)}.",
            )
        if len(self.decimal) != 1 or self.decimal.isalnum() or self.decimal in "+-()":
            raise UsageError(
                f"amounts.decimal {self.decimal!r} is no decimal mark", remedy='Give one sign such as "." or ",".'
            )
        if self.thousands and (
            len(self.thousands) > 1 or self.thousands.isalnum() or self.thousands in f"+-(){self.decimal}"
        ):
            raise UsageError(
                f"amounts.thousands {self.thousands!r} is no separator", remedy='Give one sign such as "," or "".'
            )

    @property
    def plain(self) -> bool:
        """Whether amounts are written the default way."""
        return not self.thousands and self.decimal == "." and not self.parentheses


def parse_amounts(
    cells: Any, decimals: NDArray[np.int64], style: AmountStyle
) -> tuple[NDArray[np.int64], dict[int, str]]:
    """Minor units of each cell, and what is wrong with the cells that have none (place -> words).

    Args:
        cells: pyarrow string array of major units. decimals: of each row's currency.
    """
    trimmed = pc.utf8_trim_whitespace(cells)
    minor = np.zeros(len(cells), dtype=np.int64)
    fast = np.zeros(len(cells), dtype=bool)
    if style.plain:
        simple = pc.match_substring_regex(trimmed, _FAST)
        fast = arrow.mask(simple)
        units = _units(pc.cast(trimmed.filter(simple), pa.decimal128(38, _SCALE)))
        step = 10 ** (_SCALE - decimals[fast])
        minor[fast] = units // step
        fast[np.flatnonzero(fast)[units % step != 0]] = False
    problems = {}
    for place in np.flatnonzero(~fast).tolist():
        outcome = parse_amount(trimmed[place].as_py(), int(decimals[place]), style)
        if isinstance(outcome, str):
            problems[place] = outcome
            minor[place] = 0
        else:
            minor[place] = outcome
    return minor, problems


def _units(decimals: Any) -> NDArray[np.int64]:
    """The low 64 bits of 128-bit decimals: the value itself, for all that are small enough."""
    words = np.frombuffer(decimals.buffers()[1], dtype=np.int64)
    return words[2 * decimals.offset : 2 * (decimals.offset + len(decimals)) : 2]


def parse_amount(text: str, decimals: int, style: AmountStyle) -> int | str:
    """Minor units of one amount, or what is wrong with it."""
    if not text:
        return "the amount is blank"
    plain = text if style.plain else _plain(text, style)
    if plain is None or not _PLAIN.fullmatch(plain):
        return f"{text!r} is not a plain decimal number"
    try:
        scaled = _EXACT.scaleb(Decimal(plain), decimals)
    except InvalidOperation:
        return f"{text!r} is not a plain decimal number"
    whole = scaled.to_integral_value(ROUND_HALF_EVEN, _EXACT)
    if scaled != whole and not _artefact(scaled, whole):
        if style.excess_precision == "reject":
            return f"{text!r} has more decimals than its currency ({decimals})"
        whole = scaled.to_integral_value(ROUNDINGS[style.excess_precision], _EXACT)
    return int(whole) if abs(whole) <= LARGEST else f"{text!r} is too large"


def _artefact(scaled: Decimal, whole: Decimal) -> bool:
    """Whether the excess is what a binary float leaves of this number: more digits than a double keeps, and off by
    less than its precision.
    """
    return len(scaled.as_tuple().digits) > _FLOAT_DIGITS and abs(scaled - whole) <= min(
        abs(scaled).scaleb(-_FLOAT_DIGITS), Decimal("0.001")
    )


def _plain(text: str, style: AmountStyle) -> str | None:
    """The amount as a plain decimal; None where it does not keep to the style."""
    negative = style.parentheses and text.startswith("(") and text.endswith(")")
    body = text[1:-1].strip() if negative else text
    sign = ""
    if body[:1] in ("+", "-"):
        if negative:
            return None
        sign, body = body[0], body[1:]
    whole, mark, rest = body.partition(style.decimal)
    if style.thousands and style.thousands in whole:
        first, *others = whole.split(style.thousands)
        if not 1 <= len(first) <= 3 or any(len(part) != 3 for part in others):
            return None
        whole = first + "".join(others)
    if "." in whole or "." in rest or "," in rest:
        return None
    return f"{'-' if negative else sign}{whole}{'.' if mark else ''}{rest}"
