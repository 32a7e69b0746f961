"""The Paystack account: card payments, refunds, a chargeback, daily settlements, and the ledger that all of it leaves.

Objects have the fields of the published samples (tests/contracts/paystack); rates are Paystack's for Kenya.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from awra_desk.sandbox.merchant.clock import Clock, bank_day
from awra_desk.sandbox.merchant.ids import base62, stream
from awra_desk.sandbox.merchant.model import Json
from awra_desk.sandbox.nairobi.model import CURRENCY, PaystackBooks, Sale

INTEGRATION = 463_433
_SETTLED_AT = 4 * 3600 + 300
_LOCAL, _ABROAD = 290, 380  # per ten thousand
_DAY = 86_400
_NOT_IN_DISPUTES = ("requested_amount", "source", "connect")


@dataclass(frozen=True, slots=True)
class Charged:
    """A successful card payment."""

    sale: Sale
    transaction: Json

    @property
    def net(self) -> int:
        """What it adds to the balance."""
        return int(self.transaction["amount"] - self.transaction["fees"])


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund, or what a lost dispute took; `at` is when the balance paid it."""

    charged: Charged
    refund: Json
    at: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement with the day it reaches the bank."""

    settlement: Json
    at: int
    arrival: date

    @property
    def minor(self) -> int:
        """What reaches the bank."""
        return int(self.settlement["effective_amount"])


@dataclass(slots=True)
class PaystackAccount:
    """Everything that happened, from the run-up on; lists oldest first."""

    charged: list[Charged] = field(default_factory=list)
    failed: list[Json] = field(default_factory=list)
    given_back: list[GivenBack] = field(default_factory=list)
    turned_down: list[Json] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    disputes: list[Json] = field(default_factory=list)
    members: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def books(self, clock: Clock) -> PaystackBooks:
        """As the API would send it."""
        by_age = lambda row: (row.get("createdAt") or row["created_at"], row["id"])  # noqa: E731
        return PaystackBooks(
            now=clock.now,
            transactions=sorted([one.transaction for one in self.charged] + self.failed, key=by_age),
            refunds=sorted([one.refund for one in self.given_back] + self.turned_down, key=by_age),
            settlements=[one.settlement for one in self.settled],
            disputes=self.disputes,
            ledger=_ledger(self),
            members=self.members,
        )

    def held(self, before: int) -> int:
        """The balance just before an instant."""
        return sum(minor for at, minor in _effects(self) if at < before)


def run_account(clock: Clock, sales: Sequence[Sale], seed: int) -> PaystackAccount:
    """Let the card payments happen, and what follows from them."""
    account, draw = PaystackAccount(), stream(seed, "paystack")
    due = [(sale, tender.minor) for sale in sales for tender in sale.tenders if tender.kind == "card"]
    for number, (sale, minor) in enumerate(due):
        identity = 4_100_000_000 + number * 37 + seed % 30
        reference = f"kr{sale.number}{base62(draw.randrange(62**6), 6).lower()}"
        abroad = draw.random() < 0.1
        if number % 20 == 11:
            account.failed.append(_transaction(sale, minor, identity - 9, f"{reference}0", None, abroad=abroad))
        fees = (minor * (_ABROAD if abroad else _LOCAL) + 5_000) // 10_000
        account.charged.append(Charged(sale, _transaction(sale, minor, identity, reference, fees, abroad=abroad)))
    _give_back(account, clock)
    _settle(account, clock)
    return account


def _give_back(account: PaystackAccount, clock: Clock) -> None:
    """Some are refunded, in part every third time; one refund is turned down; one payment is disputed and lost."""
    for number, one in enumerate(account.charged):
        at = one.sale.at + (1 + number % 4) * _DAY + 1800
        if number % 17 != 5 or at >= clock.end or len(one.sale.tenders) > 1:
            continue
        order = len(account.given_back) + len(account.turned_down)
        amount = one.transaction["amount"] // 2 if order % 3 == 2 else one.transaction["amount"]
        refused = order == 3
        refund = _refund(one, 15_000_000 + order, amount, at, "failed" if refused else "processed", None)
        if refused:
            account.turned_down.append(refund)
            continue
        account.given_back.append(GivenBack(one, refund, at))
        if amount == one.transaction["amount"]:
            one.transaction["status"] = "reversed"
    taken = {id(one.charged) for one in account.given_back}
    lost = next((one for one in account.charged if id(one) not in taken and one.sale.at + 4 * _DAY < clock.end
                 and one.sale.at > clock.start and len(one.sale.tenders) == 1), None)  # fmt: skip
    if lost is not None:
        at = lost.sale.at + 4 * _DAY - 3600
        account.disputes.append(_dispute(lost, at))
        refund = _refund(lost, 15_900_000, lost.transaction["amount"], at, "processed", account.disputes[0]["id"])
        account.given_back.append(GivenBack(lost, refund, at))
        lost.transaction["status"] = "reversed"
    account.given_back.sort(key=lambda one: (one.at, one.refund["id"]))


def _settle(account: PaystackAccount, clock: Clock) -> None:
    """On every bank day, what was paid before it, less what was given back; it reaches the bank on the next one."""
    waiting, owed = list(account.charged), list(account.given_back)
    for day in clock.days:
        if bank_day(day) != day:
            continue
        start, at = clock.at(day, 0), clock.at(day, _SETTLED_AT)
        paid = [one for one in waiting if one.sale.at < start]
        back = [one for one in owed if one.at < start]
        minor = sum(one.net for one in paid) - sum(one.refund["amount"] for one in back)
        if minor <= 0:
            continue
        waiting, owed = waiting[len(paid) :], owed[len(back) :]
        identity = 9_300_000 + clock.days.index(day) * 11
        for one in back:
            one.refund["settlement"] = identity
        arrival = bank_day(day + timedelta(days=1))
        settlement = _settlement(identity, at, paid, sum(one.refund["amount"] for one in back), arrival <= clock.last)
        account.settled.append(Settled(settlement, at, arrival))
        account.members[identity] = tuple(one.transaction["id"] for one in paid)


def _effects(account: PaystackAccount) -> list[tuple[int, int]]:
    """Instant and change of the balance."""
    return [
        *((one.sale.at, one.net) for one in account.charged),
        *((one.at, -int(one.refund["amount"])) for one in account.given_back),
        *((one.at, -one.minor) for one in account.settled),
    ]


def _ledger(account: PaystackAccount) -> list[Json]:
    """The balance ledger's rows, oldest first."""
    effects = [
        *((one.sale.at, one.net, "Transaction", one.transaction["id"]) for one in account.charged),
        *((one.at, -one.refund["amount"], "Refund", one.refund["id"]) for one in account.given_back),
        *((one.at, -one.minor, "Settlement", one.settlement["id"]) for one in account.settled),
    ]
    balance, rows = 0, []
    for number, (at, minor, model, row) in enumerate(sorted(effects)):
        balance += minor
        rows.append(
            {
                "integration": INTEGRATION,
                "domain": "test",
                "balance": balance,
                "currency": CURRENCY,
                "difference": minor,
                "reason": "",
                "model_responsible": model,
                "model_row": row,
                "id": 149_000_000 + number * 3,
                "createdAt": moment(at),
                "updatedAt": moment(at),
            }
        )
    return rows


def _transaction(sale: Sale, minor: int, identity: int, reference: str, fees: int | None, *, abroad: bool) -> Json:
    """A transaction; failed when it has no fees."""
    done = fees is not None
    paid, created = moment(sale.at) if done else None, moment(sale.at - 45)
    return {
        "id": identity,
        "domain": "test",
        "status": "success" if done else "failed",
        "reference": reference,
        "amount": minor,
        "message": None,
        "gateway_response": "Successful" if done else "Declined",
        "paid_at": paid,
        "created_at": created,
        "channel": "card",
        "currency": CURRENCY,
        "ip_address": None,
        "metadata": {"order": sale.name},
        "log": None,
        "fees": fees,
        "fees_split": None,
        "customer": _customer(sale),
        "authorization": _authorization(abroad=abroad),
        "plan": {},
        "split": {},
        "subaccount": {},
        "order_id": None,
        "paidAt": paid,
        "createdAt": created,
        "requested_amount": minor,
        "source": None,
        "connect": None,
        "pos_transaction_data": None,
    }


def _customer(sale: Sale) -> Json:
    first, last = sale.customer.title().split()
    return {
        "id": 44_000_000 + sale.number,
        "first_name": first,
        "last_name": last,
        "email": f"{first.lower()}.{last.lower()}@example.com",
        "phone": None,
        "metadata": None,
        "customer_code": f"CUS_{sale.number}",
        "risk_action": "default",
    }


def _authorization(*, abroad: bool) -> Json:
    country = "US" if abroad else "KE"
    texts = {"authorization_code": "AUTH_sandbox", "bin": "408408", "last4": "4081", "exp_month": "12", "bank": ""}
    texts |= {"exp_year": "2030", "channel": "card", "card_type": "visa", "country_code": country, "brand": "visa"}
    return {**texts, "reusable": True, "signature": "SIG_sandbox", "account_name": None}


def _refund(one: Charged, identity: int, amount: int, at: int, status: str, dispute: int | None) -> Json:
    note = f"Refund of order {one.sale.name}"
    return {
        "id": identity,
        "integration": INTEGRATION,
        "domain": "test",
        "transaction": one.transaction["id"],
        "dispute": dispute,
        "amount": amount,
        "deducted_amount": 0 if status == "failed" else amount,
        "currency": CURRENCY,
        "channel": "migs",
        "fully_deducted": 0 if status == "failed" else 1,
        "refunded_by": "accounts@kilimani.example",
        "refunded_at": None if status == "failed" else moment(at + _DAY),
        "expected_at": moment(at + 7 * _DAY),
        "settlement": None,
        "customer_note": note,
        "merchant_note": note,
        "created_at": moment(at),
        "updated_at": moment(at + _DAY),
        "status": status,
    }


def _dispute(one: Charged, at: int) -> Json:
    created = moment(at - 2 * _DAY)
    return {
        "id": 2_867_001,
        "refund_amount": one.transaction["amount"],
        "currency": CURRENCY,
        "status": "resolved",
        "resolution": "merchant-accepted",
        "domain": "test",
        "transaction": {name: value for name, value in one.transaction.items() if name not in _NOT_IN_DISPUTES},
        "transaction_reference": None,
        "category": "chargeback",
        "customer": {**one.transaction["customer"], "international_format_phone": None},
        "bin": "408408",
        "last4": "4081",
        "dueAt": moment(at),
        "resolvedAt": moment(at),
        "evidence": None,
        "attachments": "[]",
        "note": None,
        "history": [{"status": "pending", "by": "bank@example.com", "createdAt": created}],
        "messages": [],
        "createdAt": created,
        "updatedAt": moment(at),
    }


def _settlement(identity: int, at: int, paid: Sequence[Charged], deducted: int, done: bool) -> Json:  # noqa: FBT001
    processed = sum(one.transaction["amount"] for one in paid)
    fees = sum(one.transaction["fees"] for one in paid)
    return {
        "id": identity,
        "domain": "test",
        "status": "success" if done else "pending",
        "currency": CURRENCY,
        "integration": INTEGRATION,
        "total_amount": processed - fees,
        "effective_amount": processed - fees - deducted,
        "total_fees": fees,
        "total_processed": processed,
        "deductions": deducted or None,
        "settlement_date": f"{moment(at)[:10]}T00:00:00.000Z",
        "settled_by": None,
        "createdAt": moment(at),
        "updatedAt": moment(at + 7 * 3600 if done else at),
    }


def moment(at: int) -> str:
    """An instant as Paystack writes it."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}.000Z"
