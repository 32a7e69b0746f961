"""How Tryton writes values over HTTP: typed objects in JSON, and JSON in URL-safe base64 for domains and contexts.

Pure. Source: trytond 8.0, protocols/jsonrpc.py (JSONEncoder, JSONDecoder) and protocols/rest.py.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from awra_desk.connectors._http import dumps
from awra_desk.domain.money import to_text

Json = dict[str, Any]


def packed(value: Any) -> str:
    """A domain, an order or a context as a query parameter or header holds it."""
    return urlsafe_b64encode(dumps(value).encode()).decode()


def day_value(day: date) -> Json:
    """A date as Tryton reads it."""
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}


def stamp_value(moment: datetime) -> Json:
    """An aware instant as Tryton reads it: naive UTC."""
    utc = moment.astimezone(UTC)
    clock = {"hour": utc.hour, "minute": utc.minute, "second": utc.second, "microsecond": utc.microsecond}
    return {"__class__": "datetime", "year": utc.year, "month": utc.month, "day": utc.day, **clock}


def money_value(minor: int, currency: str) -> Json:
    """An amount as Tryton reads it, in major units."""
    return {"__class__": "Decimal", "decimal": to_text(minor, currency)}


def plain(value: Any) -> Any:
    """The value without Tryton's types, in one fixed order, nothing lost: amounts as the decimal texts they came as,
    dates and instants (UTC) in ISO 8601, keys sorted, lists of records by id. Tryton answers in an order that changes
    from call to call, and a record must not look changed when it is not.

    Raises:
        KeyError, ValueError, TypeError: a typed value lacks a part.
    """
    if isinstance(value, list):
        items = [plain(item) for item in value]
        return sorted(items, key=lambda item: int(item["id"])) if _are_records(items) else items
    if not isinstance(value, Mapping):
        return value
    match value.get("__class__"):
        case "Decimal":
            return str(value["decimal"])
        case "date":
            return date(value["year"], value["month"], value["day"]).isoformat()
        case "datetime":
            return _moment(value).isoformat()
        case _:
            return {key: plain(value[key]) for key in sorted(value)}


def _are_records(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and type(item.get("id")) is int for item in items)


def _moment(value: Mapping[str, Any]) -> datetime:
    year, month, day, hour, minute, second, micro = (
        value[name] for name in ("year", "month", "day", "hour", "minute", "second", "microsecond")
    )
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)
