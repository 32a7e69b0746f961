"""Puts a month together: what happened, what was written about it, and the truth."""

from __future__ import annotations

from datetime import timedelta
from operator import itemgetter

from awra_desk.sandbox import bank_file
from awra_desk.sandbox.merchant import account_book, sight
from awra_desk.sandbox.merchant.bank import Bank
from awra_desk.sandbox.merchant.charges import Rates, Refunded, Sale, charge_orders, refund_sales
from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.disputes import Disputed, dispute_sales
from awra_desk.sandbox.merchant.draft import Draft
from awra_desk.sandbox.merchant.evidence import Evidence
from awra_desk.sandbox.merchant.ids import Ids
from awra_desk.sandbox.merchant.model import (
    BANK_STATEMENT,
    ROLES,
    STRIPE_BALANCE,
    STRIPE_PAYOUTS,
    Books,
    Json,
    Month,
    MonthSpec,
    OpeningItem,
    StripeBooks,
    TakeOn,
    TakeOnBalance,
)
from awra_desk.sandbox.merchant.movements import PAYOUT_STREAM, STREAM, Journal
from awra_desk.sandbox.merchant.orders import make_orders
from awra_desk.sandbox.merchant.payouts import PaidOut, pay_out
from awra_desk.sandbox.merchant.plan import Plan, make_plan, with_twins
from awra_desk.sandbox.merchant.reserve import Held, hold_reserve
from awra_desk.sandbox.merchant.sales_book import SalesBook
from awra_desk.sandbox.truth import Truth

COMPANY = "Kilimani Roasters US Inc."
# Balances that other accounts carry into the month; opening equity takes the rest.
_CARRIED = {
    "gift_cards": -684_500,
    "tips": -121_340,
    "sales_tax": -902_711,
    "transfers": -2_150_000,
    "receivables": 1_318_260,
}


def simulate(spec: MonthSpec) -> Month:
    """The whole month of one merchant.

    Raises:
        UsageError: month or zone is not one.
    """
    clock = Clock(spec.period, spec.zone)
    happened = _Happened(spec, clock)
    bank = Bank(spec, clock, account_book.PayoutBook(Draft(), clock, happened.payouts).arrived)
    draft = _write(spec, clock, happened, bank)
    stripe = happened.stripe_books()
    take_on = _take_on(clock, happened.payouts, stripe, bank)
    documents = tuple(sorted(draft.documents, key=lambda document: (document.date, document.key)))
    opening = _opening(take_on)
    return Month(
        spec=spec,
        company_name=COMPANY,
        stripe=stripe,
        books=Books(ROLES, documents, opening),
        bank_csv=bank_file.render(bank.rows, spec.period, opening=bank.opening, closing=bank.closing),
        bank_opening_minor=bank.opening,
        bank_closing_minor=bank.closing,
        take_on=take_on,
        truth=_truth(draft, clock, happened, bank, take_on),
    )


class _Happened:
    """What happened in the Stripe account, before anybody wrote anything down."""

    def __init__(self, spec: MonthSpec, clock: Clock) -> None:
        seed = spec.seed
        orders = make_orders(spec, clock)
        self.plan: Plan = make_plan(orders, clock, seed)
        self.clock = clock
        self.journal = Journal(clock, Ids(seed))
        rates = Rates(spec, clock)
        self.sales: list[Sale] = charge_orders(self.journal, rates, with_twins(orders, self.plan), seed)
        self.refunds: list[Refunded] = refund_sales(self.journal, rates, self.sales, seed)
        self.disputes: list[Disputed] = dispute_sales(self.journal, self.sales, seed)
        self.holds: list[Held] = hold_reserve(self.journal, self.sales)
        self.payouts: list[PaidOut] = pay_out(self.journal, seed)
        self.transactions: list[Json] = sorted(self.journal.transactions, key=itemgetter("created", "id"))

    def stripe_books(self) -> StripeBooks:
        by_age = itemgetter("created", "id")
        return StripeBooks(
            account_id=f"acct_{self.journal.ids.account}",
            period_start=self.clock.start,
            period_end=self.clock.end,
            now=self.clock.now,
            charges=[sale.charge for sale in self.sales],
            refunds=sorted((one.refund for one in self.refunds), key=by_age),
            disputes=sorted((one.dispute for one in self.disputes), key=by_age),
            payouts=sorted((one.payout for one in self.payouts), key=by_age),
            balance_transactions=self.transactions,
            events=sorted(self.journal.events, key=by_age),
            payout_members={one.payout["id"]: one.members for one in self.payouts},
            balance=self._balance(),
            opening_balance=sum(row["net"] for row in self.transactions if row["created"] < self.clock.start),
        )

    def _balance(self) -> Json:
        """The /v1/balance object; payouts leave the available balance the moment they are created."""
        pending = sum(row["net"] for row in self.transactions if row["status"] == "pending" and row["type"] != "payout")
        available = sum(row["net"] for row in self.transactions) - pending
        return {
            "object": "balance",
            "available": [{"amount": available, "currency": "usd", "source_types": {"card": available}}],
            "livemode": False,
            "pending": [{"amount": pending, "currency": "usd", "source_types": {"card": pending}}],
        }


def _write(spec: MonthSpec, clock: Clock, happened: _Happened, bank: Bank) -> Draft:
    """The bookkeeper's month."""
    draft = Draft()
    seed, plan = spec.seed, happened.plan
    SalesBook(draft, plan, clock, seed).enter([sale for sale in happened.sales if clock.in_month(sale.order.created)])
    account_book.book_fees(draft, plan, clock, happened.transactions, seed)
    account_book.book_refunds(draft, clock, happened.refunds, seed)
    account_book.book_chargebacks(draft, clock, happened.disputes)
    account_book.note_reserve(draft, happened.holds)
    account_book.PayoutBook(draft, clock, happened.payouts).enter(bank.payout_rows, seed)
    account_book.note_unbooked_pairs(draft, clock, happened.refunds)
    bank.enter(draft)
    return draft


def _in_transit(payouts: list[PaidOut], clock: Clock) -> list[PaidOut]:
    """Payouts on their way to the bank when the month began."""
    return [paid for paid in payouts if paid.created < clock.start and paid.arrival >= clock.first]


def _take_on(clock: Clock, payouts: list[PaidOut], stripe: StripeBooks, bank: Bank) -> TakeOn:
    items = [bank.opening_item]
    moving = 0
    for paid in _in_transit(payouts, clock):
        payout_id, day = paid.payout["id"], clock.day(paid.created)
        moving += paid.minor
        words = f"STRIPE PAYOUT {payout_id} in transit"
        transaction_id = paid.transaction["id"]
        items.append(OpeningItem(STRIPE_BALANCE, "source", STREAM, transaction_id, day, -paid.minor, payout_id, words))
        items.append(OpeningItem(STRIPE_PAYOUTS, "source", PAYOUT_STREAM, payout_id, day, paid.minor, payout_id, words))
    balances = (
        TakeOnBalance(STRIPE_BALANCE, stripe.opening_balance, stripe.opening_balance + moving),
        TakeOnBalance(STRIPE_PAYOUTS, bank.books_opening + moving, bank.books_opening),
        TakeOnBalance(BANK_STATEMENT, bank.opening, bank.books_opening),
    )
    return TakeOn(clock.first - timedelta(days=1), balances, tuple(items))


def _opening(take_on: TakeOn) -> dict[str, int]:
    """Trial balance before the month; it sums to zero."""
    opening = {account.role: 0 for account in ROLES} | _CARRIED
    ledger = {balance.reconciliation: balance.ledger for balance in take_on.balances}
    opening["stripe_clearing"] = ledger[STRIPE_BALANCE]
    opening["bank"] = ledger[BANK_STATEMENT]
    opening["opening_equity"] = -sum(opening.values())
    return opening


def _truth(draft: Draft, clock: Clock, happened: _Happened, bank: Bank, take_on: TakeOn) -> Truth:
    carried = {paid.transaction["id"]: paid for paid in _in_transit(happened.payouts, clock)}
    documents = draft.documents
    evidence = (
        Evidence(
            STRIPE_BALANCE,
            sight.balance_rows(happened.transactions, clock, carried),
            sight.ledger_rows(documents, "stripe_clearing"),
        ),
        Evidence(
            STRIPE_PAYOUTS,
            sight.payout_rows(happened.payouts, clock),
            sight.ledger_rows(documents, "bank", contains="stripe"),
        ),
        Evidence(
            BANK_STATEMENT,
            sight.statement_rows(bank.rows),
            sight.ledger_rows(documents, "bank") + sight.opening_rows(take_on.items, BANK_STATEMENT),
        ),
    )
    groups, twins = [], []
    for one in evidence:
        own = [group for group in draft.groups if group.reconciliation == one.reconciliation]
        groups += one.judge(own)
        twins += one.twins(own)
    return Truth(tuple(groups), tuple(twins), tuple(draft.anomalies))
