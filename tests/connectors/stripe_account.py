"""A Stripe account in nine currencies, made of the official fixtures: every kind of payout and end of a dispute."""

from typing import Any

from awra_desk.sandbox.merchant import StripeBooks
from awra_desk.sandbox.servers.stripe import StripeApplication
from tests.contracts import stripe_contract

START = 1_790_827_200
HOUR = 3600
KEY = "rk_test_0123456789abcdef"

# Amounts as Stripe sends them: JPY without decimals, KWD with three, UGX and ISK times 100 although ISO 4217 has none.
CHARGES = {
    "usd": (12_345, 99_900, 5_000, 25_000),
    "eur": (4_200, 8_100),
    "jpy": (1_200, 77),
    "kwd": (12_340, 5_670),
    "ugx": (5_000_000, 1_250_000),
    "isk": (990_000,),
    "huf": (123_456, 200_000),
    "twd": (30_000, 4_500),
    "mga": (15_000,),
}


_TYPES = {"dispute": "adjustment", "dispute_reversal": "adjustment", "payout_reversal": "payout_failure"}


class Account:
    """Grows object by object, an hour apart."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("charges", "refunds", "disputes", "payouts", "balance_transactions")
        }
        self.members: dict[str, tuple[str, ...]] = {}
        self.time = START

    def move(self, source: str, amount: int, category: str, currency: str = "usd", fee: int = 0) -> dict[str, Any]:
        number = len(self.rows["balance_transactions"])
        detail = {"amount": fee, "application": None, "currency": currency, "description": "x", "type": "stripe_fee"}
        row = {
            **stripe_contract.fixture("balance_transaction"),
            "id": f"txn_{number:04}",
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": currency,
            "created": self.time,
            "available_on": self.time,
            "source": source,
            "reporting_category": category,
            "type": _TYPES.get(category, category),
            "fee_details": [detail] if fee else [],
        }
        self.rows["balance_transactions"].append(row)
        self.time += HOUR
        return row

    def charge(self, amount: int, currency: str = "usd", fee: int = 0) -> dict[str, Any]:
        identity = f"ch_{len(self.rows['charges']):04}"
        charge = {**stripe_contract.fixture("charge"), "id": identity, "amount": amount, "currency": currency}
        row = self.move(identity, amount, "charge", currency, fee)
        self.rows["charges"].append({**charge, "created": row["created"], "balance_transaction": row["id"]})
        return row

    def payout(self, amount: int, currency: str = "usd", *, fee: int = 0, **fields: Any) -> dict[str, Any]:
        """A payout; manual unless `fields` say otherwise."""
        identity = f"po_{len(self.rows['payouts']):04}"
        manual = {"automatic": False, "method": "standard", "reconciliation_status": "not_applicable"}
        payout = {**stripe_contract.fixture("payout"), "id": identity, "amount": amount, "currency": currency}
        row = self.move(identity, -amount, "payout", currency, fee)
        payout |= {"created": row["created"], "balance_transaction": row["id"], **manual, **fields}
        self.rows["payouts"].append(payout)
        return payout

    def dispute(self, amount: int, status: str, *, fee: int, fee_back: int = 0) -> dict[str, Any]:
        identity = f"dp_{len(self.rows['disputes']):04}"
        moved = [self.move(identity, -amount, "dispute", fee=fee)]
        if status == "won":
            moved.append(self.move(identity, amount, "dispute_reversal", fee=-fee_back))
        fields = {"id": identity, "amount": amount, "status": status, "created": moved[0]["created"]}
        dispute = {**stripe_contract.fixture("dispute"), **fields, "currency": "usd", "balance_transactions": moved}
        self.rows["disputes"].append(dispute)
        return dispute

    def books(self) -> StripeBooks:
        """As the sandbox serves it."""
        sums: dict[str, int] = {}
        for row in self.rows["balance_transactions"]:
            sums[row["currency"]] = sums.get(row["currency"], 0) + row["net"]
        money = [
            {"amount": amount, "currency": code, "source_types": {"card": amount}} for code, amount in sums.items()
        ]
        none = [{**row, "amount": 0, "source_types": {"card": 0}} for row in money]
        return StripeBooks(
            account_id="acct_many",
            period_start=START,
            period_end=self.time + HOUR,
            now=self.time,
            **self.rows,
            events=[],
            payout_members=self.members,
            balance={**stripe_contract.fixture("balance"), "available": money, "pending": none},
            opening_balance=0,
        )


def many_currencies() -> Account:
    """The account. Every payout but the first is one whose members Stripe does not tell."""
    account = Account()
    first = account.charge(40_000, fee=1_190)
    swept = account.payout(first["net"], automatic=True, reconciliation_status="completed", status="paid")
    account.members[swept["id"]] = (first["id"],)
    for code, amounts in CHARGES.items():
        for amount in amounts:
            account.charge(amount, code, fee=100 if code in ("usd", "eur", "ugx", "isk", "huf", "twd") else 10)
    account.dispute(5_000, "lost", fee=1_500)
    account.dispute(7_000, "won", fee=1_500, fee_back=1_500)
    account.dispute(9_000, "won", fee=1_500)
    account.payout(60_000, status="paid")  # by hand
    account.payout(10_000, method="instant", fee=100, status="paid")  # at once, for a fee
    account.payout(5_000, automatic=True, method="instant", status="paid")  # at once, on a schedule
    account.payout(100_000, "huf", status="paid")  # whole forints only
    account.payout(1_000_000, "ugx", status="paid")
    failed = account.payout(2_500, "eur", status="failed", failure_message="no such account")
    back = account.move(failed["id"], 2_500, "payout_reversal", "eur")
    failed["failure_balance_transaction"] = back["id"]
    return account


def application(account: Account) -> StripeApplication:
    """The account behind the sandbox's Stripe."""
    return StripeApplication(account.books(), api_key=KEY)
