"""A small contract with every word of the language in it, and records for it."""

from datetime import UTC, datetime

from awra_desk.domain.records import RawRecord
from awra_desk.normalise import dumps, interpret, load_contract

SHOP = r"""
version = "shop-1"
[exponents]
UGX = 2
ISK = 2
MGA = 0
[patterns]
ids = ['\bpo_\w+', '#\d{3,}\b']
[maps.kinds]
sale = "charge"
back = "refund"
hold = { positive = "reserve_release", negative = "reserve_hold" }
fix = "adjustment"
[streams.sales]
gone = { path = "status", in = ["void"] }
one_currency = ["currency", "fees[].currency"]
[[streams.sales.checks]]
name = "Net is amount less fees, and that"
currency = "{currency}"
zero = [
  { path = "net", unit = "minor" },
  { path = "amount", unit = "minor", times = -1 },
  { each = "fees", path = "@.amount", unit = "minor" },
]
[streams.sales.common]
occurred_at = { unix = "at" }
currency = "{currency}"
settles = true
account = "balance"
[[streams.sales.legs]]
external_id = "{id}"
kind = { map = "kinds", of = "{type}" }
amount = { path = "amount", unit = "minor" } # gross
original = { amount = { path = "source.amount", unit = "minor" }, currency = "{source.currency}" }
references = ["number"]
found = { in = ["note"], patterns = "ids" }
counterparty = "{source.customer.name|source.customer}"
description = "{note}"
dimensions = { channel = { of = "{type}", words = { sale = "shop" } }, till = "{till}" }
status = "{status}"
[[streams.sales.legs]]
external_id = "{id}:fee"
kind = "fee"
amount = { each = "fees", where = { path = "@.type", not_in = ["tax"] }, path = "@.amount", unit = "minor", times = -1 }
[[streams.sales.legs]]
when = { path = "fees", present = true }
external_id = "{id}:tax"
kind = "tax"
amount = { each = "fees", where = { path = "@.type", in = ["tax"] }, path = "@.amount", unit = "minor", times = -1 }
[[streams.lines.legs]]
each = "lines"
external_id = "{id}:{@.no|@#}"
kind = "ledger_line"
occurred_at = { iso = "created", day = "day" }
booking_date = { day = "day" }
amount = { path = "@.amount", unit = "major", sign = { path = "@.way", words = { in = 1, out = -1 } } }
currency = "{currency|home}"
home = "{home}"
account = "{@.account}"
description = "{@.text} {texts[].line}"
[streams.proofs]
evidence = "kept as proof"
"""

CONTRACT = load_contract(SHOP)
FETCHED = datetime(2026, 11, 2, tzinfo=UTC)


def record(payload, stream="sales", external_id="s_1"):
    text = payload if isinstance(payload, str) else dumps(payload)
    return RawRecord("Shop", stream, external_id, text, FETCHED)


def sale(**changes):
    """A sale of 10.00 with a fee of 0.30 and tax on it of 0.05; `None` removes a key."""
    fees = [
        {"type": "card", "amount": 30, "currency": "usd"},
        {"type": "tax", "amount": 5, "currency": "usd"},
    ]
    whole = {
        "id": "s_1",
        "type": "sale",
        "at": 1_790_827_200,
        "currency": "usd",
        "amount": 1000,
        "fees": fees,
        "net": 965,
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def normalised(*records, zone="America/New_York"):
    return interpret(CONTRACT, records, company="Acme", zone=zone)
