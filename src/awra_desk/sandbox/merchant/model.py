"""What a simulated month consists of: plain frozen values, filled by `simulate` and read by servers, demo and tests.

All money is integer minor units of USD unless a Stripe object says otherwise; all instants are unix seconds UTC;
booking days are days in `MonthSpec.zone`. Lists are shared and must not be changed by readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from awra_desk.domain.dates import Period
from awra_desk.sandbox.truth import Truth

Json = dict[str, Any]
"""A JSON object as the provider would send it."""

STRIPE_BALANCE = "Stripe balance"
STRIPE_PAYOUTS = "Stripe payouts"
BANK_STATEMENT = "Bank statement"
RECONCILIATIONS = (STRIPE_BALANCE, STRIPE_PAYOUTS, BANK_STATEMENT)

OPENING_STREAM = "opening_items"
"""Stream of the ledger's opening items, whose documents are older than the books that are served."""


@dataclass(frozen=True, slots=True)
class MonthSpec:
    """What to simulate.

    Attributes:
        seed: same seed and size, same month, to the byte.
        orders: orders paid through Stripe in the month; a proportional run-up of the seven days before comes on top.
        month: "YYYY-MM".
        zone: IANA zone of the merchant's booking days.
    """

    seed: int = 1
    orders: int = 2000
    month: str = "2026-10"
    zone: str = "America/New_York"

    @property
    def period(self) -> Period:
        """The booking days of the month."""
        return Period.month(self.month)


@dataclass(frozen=True, slots=True)
class Account:
    """One ledger account.

    Attributes:
        role: what the merchant uses it for; one of `ROLES`.
        code: account number, unique.
        name: unique.
        kind: "Bank", "Other Current Asset", "Accounts Receivable", "Other Current Liability", "Equity", "Income" or
            "Expense" (QuickBooks' AccountType values).
        currency: that of the books.
    """

    role: str
    code: str
    name: str
    kind: str
    currency: str = "USD"


ROLES: tuple[Account, ...] = (
    Account("bank", "1000", "Harbor Community Bank Checking", "Bank"),
    Account("stripe_clearing", "1100", "Payments Clearing", "Other Current Asset"),
    Account("reserve", "1150", "Payments Reserve", "Other Current Asset"),
    Account("receivables", "1200", "Accounts Receivable", "Accounts Receivable"),
    Account("gift_cards", "2300", "Gift Cards Outstanding", "Other Current Liability"),
    Account("tips", "2310", "Tips Payable", "Other Current Liability"),
    Account("sales_tax", "2320", "Sales Tax Payable", "Other Current Liability"),
    Account("transfers", "2900", "Due to Kilimani Roasters Nairobi", "Other Current Liability"),
    Account("opening_equity", "3000", "Opening Balance Equity", "Equity"),
    Account("sales", "4000", "Coffee Sales", "Income"),
    Account("refunds", "4900", "Refunds", "Income"),
    Account("fees", "6000", "Payment Processing Fees", "Expense"),
    Account("chargebacks", "6010", "Chargebacks", "Expense"),
    Account("rent", "6100", "Rent", "Expense"),
    Account("wages", "6200", "Wages", "Expense"),
    Account("postage", "6300", "Postage", "Expense"),
    Account("bank_fees", "6400", "Bank Service Charges", "Expense"),
)
"""The chart of accounts: one account per role."""


@dataclass(frozen=True, slots=True)
class Line:
    """One posting of a document.

    Attributes:
        account_role: the account's role.
        minor: USD minor units, debit positive, credit negative; never 0.
        description: the line's own text; "" if the bookkeeper wrote none.
        line_no: unique in the document. For SalesReceipt, Payment and Deposit line 0 is the posting to the document's
            own deposit-to account and the others count from 1; for a JournalEntry lines count from 1.
    """

    account_role: str
    minor: int
    description: str
    line_no: int


@dataclass(frozen=True, slots=True)
class Document:
    """One ledger document; its lines sum to zero.

    Attributes:
        key: unique and stable ("SR-000123"); the neutral name in the truth. It is not shown by any ledger.
        entity: how QuickBooks would hold it: "JournalEntry", "SalesReceipt", "Deposit" or "Payment".
        date: the document's date, a booking day; may lie in the next month (cut-off errors).
        number: the document number as typed, at most 21 characters; "" if none. Not unique: duplicates are among the
            errors.
        memo: the private note; "" if none.
        lines: the postings. A SalesReceipt deposits to stripe_clearing, a Payment to stripe_clearing against
            receivables, a Deposit to bank from stripe_clearing; a JournalEntry may touch anything.
        counterparty: the customer or payee; "" if none.
    """

    key: str
    entity: str
    date: date
    number: str
    memo: str
    lines: tuple[Line, ...]
    counterparty: str = ""


@dataclass(frozen=True, slots=True)
class Books:
    """The bookkeeper's ledger.

    Attributes:
        accounts: the chart.
        documents: everything entered since the month began, sorted by (date, key).
        opening: trial balance at the end of the day before the month, by role, debit positive; sums to zero; a role
            without a balance is 0.
        currency: they are kept in.
    """

    accounts: tuple[Account, ...]
    documents: tuple[Document, ...]
    opening: dict[str, int]
    currency: str = "USD"

    def balance(self, role: str, through: date) -> int:
        """Balance of the account at the end of a day, debit positive, in minor units."""
        moved = sum(
            line.minor
            for document in self.documents
            if document.date <= through
            for line in document.lines
            if line.account_role == role
        )
        return self.opening[role] + moved


@dataclass(frozen=True, slots=True)
class StripeBooks:
    """The Stripe account: objects as the API would send them, each list oldest first.

    The account's life begins seven days before the month with a balance of zero, so that refunds of last month's sales,
    the members of the first payouts and the payouts in transit at the start are real objects. Whoever lists with
    `created[gte]=period_start` sees the month only.

    Attributes:
        account_id: "acct_…".
        period_start: first second of the month.
        period_end: first second after the month.
        now: the simulation's present, the last second of the month; no object is younger.
        charges, refunds, disputes, payouts, balance_transactions, events: JSON objects.
        payout_members: payout id -> ids of the balance transactions paid out by it, without the payout's own row, in
            order of creation. `GET /v1/balance_transactions?payout=` answers these and the payout's own row
            (`payout["balance_transaction"]`).
        balance: the `/v1/balance` object at `now`; available + pending equals the sum of all balance transactions' net.
        opening_balance: available + pending at `period_start`: the sum of net of the balance transactions created
            before it.
    """

    account_id: str
    period_start: int
    period_end: int
    now: int
    charges: list[Json]
    refunds: list[Json]
    disputes: list[Json]
    payouts: list[Json]
    balance_transactions: list[Json]
    events: list[Json]
    payout_members: dict[str, tuple[str, ...]]
    balance: Json
    opening_balance: int


@dataclass(frozen=True, slots=True)
class OpeningItem:
    """An item of an earlier month that was open when the month began.

    Attributes:
        reconciliation: one of `RECONCILIATIONS`.
        side: "source" or "ledger".
        stream: the source's stream, with the very external id of the record there (a look-back pull meets the same
            record again); `OPENING_STREAM` on the ledger side.
        external_id: unique within the stream.
        date: booking day.
        minor: USD minor units with the reconciliation's sign applied: a payout is negative in "Stripe balance",
            positive in "Stripe payouts".
        reference: a payout id, a check number, …
        description: as it would be typed.
    """

    reconciliation: str
    side: str
    stream: str
    external_id: str
    date: date
    minor: int
    reference: str
    description: str


@dataclass(frozen=True, slots=True)
class TakeOnBalance:
    """Both sides' opening balances of one reconciliation, USD minor units, sign applied.

    `ledger - source = sum(ledger opening items) - sum(source opening items)`.

    Attributes:
        reconciliation: one of `RECONCILIATIONS`.
        source: Stripe balance: the balance. Bank statement: the statement's opening balance. Stripe payouts: what the
            bank account holds in the books plus the payouts in transit, so that both sides start from the same money.
        ledger: the account's balance, debit positive.
    """

    reconciliation: str
    source: int
    ledger: int


@dataclass(frozen=True, slots=True)
class TakeOn:
    """What a bookkeeper types in before the first month: balances and open items. Known to the user, no part of the
    truth.
    """

    as_of: date
    balances: tuple[TakeOnBalance, ...]
    items: tuple[OpeningItem, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """One merchant's month: what providers and bank know, what the bookkeeper wrote, and the truth.

    Attributes:
        bank_csv: the bank's statement file as text, see `sandbox.bank_file`.
        bank_opening_minor, bank_closing_minor: the balances that file states.
        truth: which record belongs to which; kept from the app.
    """

    spec: MonthSpec
    company_name: str
    stripe: StripeBooks
    books: Books
    bank_csv: str
    bank_opening_minor: int
    bank_closing_minor: int
    take_on: TakeOn
    truth: Truth
