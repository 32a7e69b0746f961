"""What Stripe's events speak of. Source: docs.stripe.com/api/events/types and the Event object of its OpenAPI document:
`data.object` is the object the event is about, with its kind in `object` and its `id`.
"""

from __future__ import annotations

import re
from typing import Any

from awra_desk.connectors._http import JsonRefused, loads
from awra_desk.ports.connections import Hint

_STREAMS = {"charge": "charges", "refund": "refunds", "dispute": "disputes", "payout": "payouts"}
_MOVEMENTS = Hint("balance_transactions")
_ID = re.compile(r"[A-Za-z0-9_]{1,255}")


def hinted(payload: str) -> list[Hint] | None:
    """What to read for an event, nothing for objects that are not pulled; None when it is no event."""
    try:
        body = loads(payload)
    except JsonRefused:
        return None
    data = body.get("data") if isinstance(body, dict) else None
    told = data.get("object") if isinstance(data, dict) else None
    kind = told.get("object") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(kind, str):
        return None
    if kind == "balance":
        return [_MOVEMENTS]
    if kind not in _STREAMS or not _is_id(told.get("id")):
        return []
    touched = [Hint(_STREAMS[kind], told["id"])]
    if kind == "dispute" and _is_id(told.get("charge")):
        touched.append(Hint("charges", told["charge"]))
    return [*touched, _MOVEMENTS]


def _is_id(value: Any) -> bool:
    """Whether it can stand in a path as it is; anybody who learns the signing secret could send anything."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None
