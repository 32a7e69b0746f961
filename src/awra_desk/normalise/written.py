"""How files of people write numbers and dates: with their own decimal mark, order of day and month, and zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from awra_desk.domain.dates import zone


@dataclass(frozen=True, slots=True)
class Style:
    """How amounts are written.

    Attributes:
        decimal: decimal mark. thousands: separator of thousands, "" for none. parentheses: "(12.00)" is negative.
        strip: characters that say nothing, such as a currency's sign.
    """

    decimal: str = "."
    thousands: str = ""
    parentheses: bool = False
    strip: str = ""

    def plain(self, text: str) -> str | None:
        """The amount as a plain decimal ("-1234.50"); None where it does not keep to the style."""
        body = text.translate({ord(sign): None for sign in self.strip}).replace("\N{MINUS SIGN}", "-").strip()
        negative = self.parentheses and body.startswith("(") and body.endswith(")")
        if negative:
            body = body[1:-1].strip()
        sign = ""
        if body[:1] in ("+", "-"):
            sign, body = body[0], body[1:].strip()
        whole, _, rest = body.partition(self.decimal)
        if self.thousands and self.thousands in whole:
            first, *others = whole.split(self.thousands)
            if not 1 <= len(first) <= 3 or any(len(part) != 3 for part in others):
                return None
            whole = first + "".join(others)
        if not (whole + rest).isascii() or not (whole + rest).isdigit() or (negative and sign):
            return None
        return f"{'-' if negative or sign == '-' else ''}{whole or '0'}{'.' if rest else ''}{rest}"


@lru_cache(maxsize=65536)
def written_date(text: str, form: str) -> date | None:
    """The day of a text in a form of `strptime`; None where it is another."""
    try:
        return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).date()
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def written_instant(text: str, form: str, zone_name: str) -> datetime | None:
    """The instant, UTC, of a text in a form of `strptime`, in the zone where the form has no offset of its own."""
    try:
        found = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - its zone follows
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone(zone_name))).astimezone(UTC)
