"""How figures, days and codes read to people; one place, so that every screen says the same."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from awra_desk.domain.dates import Period, zone
from awra_desk.domain.entries import WriteState
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.domain.mappings import Axis
from awra_desk.domain.money import exponent, to_text
from awra_desk.domain.reasons import Reason

MINUS = "−"
NONE = "–"

_ID = re.compile(r"\b([a-z]{2,4}_\w{4})\w{6,}(\w{4})\b")
_OURS = re.compile(r"\b([wx]-[0-9a-f]{8})[0-9a-f]{8,}\b")
_HYPHEN = re.compile(r"(?<![\w-])-(?=\d)")

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

REASONS: dict[str, str] = {
    **{reason.value: reason.value.replace("_", " ").capitalize() for reason in Reason},
    Reason.FX_DIFFERENCE: "FX difference",
    Reason.DATE_CUTOFF: "Date cut-off",
    Reason.AMBIGUOUS: "Ambiguous",
    Reason.CONTRACT_REJECT: "Does not fit its contract",
}

AXES = {Axis.GATEWAY: "Gateway", Axis.LOCATION: "Location", Axis.SKU: "SKU", Axis.TAX: "Tax"}
"""The mapping tables."""

WRITE_STATES: dict[WriteState, str] = {
    **{state: state.value.capitalize() for state in WriteState},
    WriteState.SUBMITTED: "Waiting for approval",
    WriteState.APPROVED: "Approved, waits to be posted",
    WriteState.VERIFIED: "Posted and read back",
    WriteState.UNCERTAIN: "Uncertain",
}

EXCEPTION_STATES: dict[ExceptionState, str] = {
    state: state.value.replace("_", " ").capitalize() for state in ExceptionState
}


def amount(minor: int, currency: str) -> str:
    """For a column whose header has the currency: "1,234.50", "−0.45"."""
    digits = exponent(currency)
    whole, _, rest = to_text(abs(minor), currency).partition(".")
    sign = MINUS if minor < 0 else ""
    return f"{sign}{int(whole):,}.{rest}" if digits else f"{sign}{int(whole):,}"


def money(minor: int, currency: str) -> str:
    """With its currency: "−1,234.50 USD"."""
    return f"{amount(minor, currency)} {currency}"


def raw_amount(minor: int, currency: str) -> str:
    """For the clipboard: "-1234.50"."""
    return to_text(minor, currency)


def signed(minor: int, currency: str) -> str:
    """A difference, with its sign always shown: "+0.45", "−0.45", "0.00"."""
    return f"+{amount(minor, currency)}" if minor > 0 else amount(minor, currency)


def day(value: date | None) -> str:
    """Within a period: "14 Oct"."""
    return f"{value.day} {_MONTHS[value.month - 1]}" if value else NONE


def full_day(value: date | None) -> str:
    """With its year: "14 Oct 2026"."""
    return f"{day(value)} {value.year}" if value else NONE


def moment(at: datetime | None, zone_name: str) -> str:
    """An instant in the company's zone: "14 Oct 16:02:11"."""
    if at is None:
        return NONE
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    local = aware.astimezone(zone(zone_name))
    return f"{day(local.date())} {local:%H:%M:%S}"


def month(period: Period) -> str:
    """A period for people: "October 2026"."""
    whole = period == Period.month(f"{period.first:%Y-%m}")
    return f"{_LONG[period.first.month - 1]} {period.first.year}" if whole else f"{period.first} to {period.last}"


def short_ids(text: str) -> str:
    """A sentence with providers' ids cut in their middle ("ch_3lgb…0l67V"), ours at their end ("x-0a00855d")."""
    return _OURS.sub(r"\1", _ID.sub(r"\1…\2", text))


def true_minus(text: str) -> str:
    """A sentence whose amounts carry the minus sign in place of the hyphen: "−65.32 USD"."""
    return _HYPHEN.sub(MINUS, text)


def ago(seconds: float) -> str:
    """Age of data: "now", "4 min", "3 h", "2 days"."""
    minutes = max(0, int(seconds // 60))
    if not minutes:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // 1440} days"


def count(number: int, one: str, many: str = "") -> str:
    """Such as "1 row", "1,284 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def actor(name: str, full_name: str = "") -> str:
    """Who did something; what no person did, the desk did."""
    return full_name or ("AWRA Desk" if name == "engine" else name)


def initials(full_name: str) -> str:
    """Such as "WM" of "Wanjiku Mwangi"."""
    words = full_name.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
