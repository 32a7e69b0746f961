"""A month made by hand: every kind of Stripe object and of ledger document, few enough to know by heart."""

from datetime import date
from decimal import Decimal
from typing import Any

from awra_desk.sandbox.merchant import ROLES, Books, Document, Line, Month, MonthSpec, StripeBooks, TakeOn
from awra_desk.sandbox.truth import Truth
from tests.contracts import stripe_contract

START = 1_790_827_200  # 2026-10-01 04:00 UTC, midnight in New York
HOUR = 3600
CHARGES = 23
OPENING = {"bank": 500_000, "stripe_clearing": 20_000, "sales": -300_000, "opening_equity": -220_000}


def small_month() -> Month:
    """The month; its truth is empty, since nothing is matched here."""
    spec = MonthSpec(orders=CHARGES)
    return Month(
        spec=spec,
        company_name="Kilimani Roasters US Inc.",
        stripe=_stripe(),
        books=Books(ROLES, _documents(), {account.role: OPENING.get(account.role, 0) for account in ROLES}),
        bank_csv="id,date,amount\n",
        bank_opening_minor=OPENING["bank"],
        bank_closing_minor=OPENING["bank"],
        take_on=TakeOn(date(2026, 9, 30), (), ()),
        truth=Truth((), (), ()),
    )


def _object(resource: str, **fields: Any) -> dict[str, Any]:
    return {**stripe_contract.fixture(resource), **fields}


def _movement(number: int, source: str, amount: int, kind: str, *, fee: int = 0, **fields: Any) -> dict[str, Any]:
    parts = [("stripe_fee", fee - fee // 10), ("tax", fee // 10)]
    details = [
        {"amount": part, "application": None, "currency": "usd", "description": name, "type": name}
        for name, part in parts
        if part
    ]
    return _object(
        "balance_transaction",
        id=f"txn_{number:03}",
        amount=amount,
        fee=fee,
        fee_details=details,
        net=amount - fee,
        created=START + number * HOUR,
        available_on=START + (number + 48) * HOUR,
        type=kind,
        reporting_category=kind,
        source=source,
        currency="usd",
        **fields,
    )


Rows = list[dict[str, Any]]


def _sales() -> tuple[Rows, Rows]:
    """The charges and their movements; the eighth was paid in euros."""
    charges, movements = [], []
    for number in range(CHARGES):
        foreign = number == 7
        rate = {"exchange_rate": Decimal("1.08")} if foreign else {}
        amount = 1000 + 137 * number
        charges.append(
            _object(
                "charge",
                id=f"ch_{number:03}",
                amount=amount,
                currency="eur" if foreign else "usd",
                created=START + number * HOUR,
                balance_transaction=f"txn_{number:03}",
                payment_intent=f"pi_{number:03}",
            )
        )
        movements.append(_movement(number, f"ch_{number:03}", amount, "charge", fee=30 + number, **rate))
    return charges, movements


def _refunds() -> tuple[Rows, Rows]:
    refunds, movements = [], []
    for number, charge in ((23, 2), (24, 3)):
        refunds.append(
            _object(
                "refund",
                id=f"re_{number:03}",
                charge=f"ch_{charge:03}",
                amount=500,
                created=START + number * HOUR,
                balance_transaction=f"txn_{number:03}",
            )
        )
        movements.append(_movement(number, f"re_{number:03}", -500, "refund"))
    return refunds, movements


def _dispute() -> tuple[dict[str, Any], dict[str, Any]]:
    lost = _movement(25, "dp_025", -1685, "adjustment", fee=1500)
    dispute = _object(
        "dispute",
        id="dp_025",
        charge="ch_005",
        amount=1685,
        status="lost",
        created=START + 25 * HOUR,
        balance_transactions=[lost],
    )
    return dispute, lost


def _payout(paid: int) -> tuple[dict[str, Any], dict[str, Any]]:
    payout = _object(
        "payout",
        id="po_026",
        amount=paid,
        created=START + 26 * HOUR,
        arrival_date=START + 72 * HOUR,
        balance_transaction="txn_026",
        status="paid",
    )
    return payout, _movement(26, "po_026", -paid, "payout")


def _stripe() -> StripeBooks:
    charges, movements = _sales()
    refunds, refund_movements = _refunds()
    dispute, lost = _dispute()
    members = movements[:10]
    payout, payout_movement = _payout(sum(movement["net"] for movement in members))
    movements = [*movements, *refund_movements, lost, payout_movement]
    total = sum(movement["net"] for movement in movements)
    money = {"amount": total, "currency": "usd", "source_types": {"card": total}}
    news = [*(("charge.succeeded", charge) for charge in charges[:12]), ("payout.paid", payout)]
    return StripeBooks(
        account_id="acct_small",
        period_start=START,
        period_end=START + 31 * 24 * HOUR,
        now=START + 31 * 24 * HOUR - 1,
        charges=charges,
        refunds=refunds,
        disputes=[dispute],
        payouts=[payout],
        balance_transactions=movements,
        events=[
            _object("event", id=f"evt_{number:03}", type=kind, created=row["created"], data={"object": row})
            for number, (kind, row) in enumerate(news)
        ],
        payout_members={"po_026": tuple(movement["id"] for movement in members)},
        balance=_object("balance", available=[money], pending=[{**money, "amount": 0, "source_types": {"card": 0}}]),
        opening_balance=0,
    )


def _documents() -> tuple[Document, ...]:
    documents = [
        Document(
            f"SR-{number:03}",
            "SalesReceipt",
            date(2026, 10, 1 + number),
            f"ch_{number:03}",
            f"Order {number}",
            (
                Line("stripe_clearing", 1000 + 137 * number, "", 0),
                Line("sales", -(800 + 137 * number), "Beans", 1),
                Line("tips", -150, "Tip", 2),
                Line("sales_tax", -50, "", 3),
            ),
            f"Customer {number % 3}",
        )
        for number in range(6)
    ]
    documents.append(
        Document(
            "PM-001",
            "Payment",
            date(2026, 10, 8),
            "ch_006",
            "",
            (Line("stripe_clearing", 1822, "", 0), Line("receivables", -1822, "", 1)),
            "Customer 1",
        )
    )
    documents.append(
        Document(
            "DP-001",
            "Deposit",
            date(2026, 10, 9),
            "",
            "Stripe payout po_026",
            (
                Line("bank", 9000, "", 0),
                Line("stripe_clearing", -9500, "Stripe payout po_026", 1),
                Line("fees", 500, "Fees", 2),
            ),
        )
    )
    documents.append(
        Document(
            "JE-001",
            "JournalEntry",
            date(2026, 11, 2),
            "FEES-1001",
            "",
            (
                Line("fees", 730, "Stripe fees 2026-10-05", 1),
                Line("stripe_clearing", -730, "Stripe fees 2026-10-05", 2),
            ),
        )
    )
    return tuple(documents)
