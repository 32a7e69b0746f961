"""Square's objects, with the fields of its OpenAPI document (tests/contracts/square)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.square.model import CURRENCY, ZONE

MERCHANT = "MLKILIMANIROAST"


@dataclass(frozen=True, slots=True)
class Cafe:
    """One location."""

    id: str
    name: str
    open: bool = True


def moment(at: int) -> str:
    """An instant as Square writes it."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def money(minor: int) -> Json:
    """An amount."""
    return {"amount": minor, "currency": CURRENCY}


def location(cafe: Cafe, born: int) -> Json:
    """A location."""
    return {
        "id": cafe.id,
        "name": cafe.name,
        "timezone": ZONE,
        "capabilities": ["CREDIT_CARD_PROCESSING"],
        "status": "ACTIVE" if cafe.open else "INACTIVE",
        "created_at": moment(born),
        "merchant_id": MERCHANT,
        "country": "US",
        "language_code": "en-US",
        "currency": CURRENCY,
        "business_name": "Kilimani Roasters US Inc.",
        "type": "PHYSICAL",
        "mcc": "5814",
    }


def payment(identity: str, cafe: Cafe, at: int, tender: str, amount: int, tip: int, **fields: Any) -> Json:
    """A payment, completed when it was made unless `fields` say otherwise."""
    total = money(amount + tip)
    found = {
        "id": identity,
        "created_at": moment(at),
        "updated_at": moment(at + 3),
        "amount_money": money(amount),
        **({"tip_money": money(tip)} if tip else {}),
        "total_money": total,
        "approved_money": total,
        "status": "COMPLETED",
        "delay_duration": "PT36H",
        "delay_action": "CANCEL",
        "delayed_until": moment(at + 36 * 3600),
        "source_type": tender,
        "location_id": cafe.id,
        "application_details": {"square_product": "SQUARE_POS"},
        "receipt_number": identity[:4],
        "version_token": f"{identity}0",
    }
    return {**found, **fields}


def card_details(brand: str, at: int, *, state: str = "CAPTURED") -> Json:
    """How a card paid."""
    timeline = {"authorized_at": moment(at)}
    if state == "CAPTURED":
        timeline["captured_at"] = moment(at + 1)
    return {
        "status": state,
        "card": {"card_brand": brand, "last_4": "1111", "exp_month": 11, "exp_year": 2030, "card_type": "CREDIT"},
        "entry_method": "ON_FILE" if brand == "SQUARE_GIFT_CARD" else "EMV",
        "card_payment_timeline": timeline,
    }


def processing_fee(minor: int, at: int) -> Json:
    """What Square assessed; it comes some hours later."""
    return {"effective_at": moment(at), "type": "INITIAL", "amount_money": money(minor)}


def refund(identity: str, of: Json, at: int, minor: int, status: str, destination: str) -> Json:
    """A refund of a payment."""
    return {
        "id": identity,
        "status": status,
        "location_id": of["location_id"],
        "unlinked": False,
        "destination_type": destination,
        "amount_money": money(minor),
        "payment_id": of["id"],
        "order_id": of["order_id"],
        "reason": "Returned goods",
        "created_at": moment(at),
        "updated_at": moment(at + 40),
    }


def dispute(identity: str, of: Json, at: int, decided: int, state: str) -> Json:
    """A cardholder's dispute of a payment."""
    return {
        "id": identity,
        "amount_money": of["total_money"],
        "reason": "NO_KNOWLEDGE",
        "state": state,
        "due_at": moment(at + 14 * 86_400),
        "disputed_payment": {"payment_id": of["id"]},
        "card_brand": "VISA",
        "created_at": moment(at),
        "updated_at": moment(decided),
        "brand_dispute_id": f"1000{identity[:6]}",
        "reported_at": moment(at),
        "version": 2,
        "location_id": of["location_id"],
    }


def payout(identity: str, cafe: Cafe, at: int, minor: int, *, arrival: date, number: int, **fields: Any) -> Json:
    """A payout to the bank account, unless `fields` say otherwise."""
    found = {
        "id": identity,
        "status": "SENT",
        "location_id": cafe.id,
        "created_at": moment(at),
        "updated_at": moment(at),
        "amount_money": money(minor),
        "destination": {"type": "BANK_ACCOUNT", "id": "bact:ZPp3oedR3AeEUNd3z7"},
        "version": 1,
        "type": "BATCH",
        "arrival_date": arrival.isoformat(),
        "end_to_end_id": f"L21{number:08d}",
    }
    return {**found, **fields}


def entry(identity: str, kind: str, at: int, gross: int, fee: int = 0, **details: str) -> Json:
    """A payout entry; its payout's id is filled in when it is paid out."""
    named = {f"type_{kind.lower()}_details": dict(details)} if details else {}
    return {
        "id": identity,
        "payout_id": "",
        "effective_at": moment(at),
        "type": kind,
        "gross_amount_money": money(gross),
        "fee_amount_money": money(fee),
        "net_amount_money": money(gross - fee),
        **named,
    }
