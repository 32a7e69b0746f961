"""What a simulated month of the Nairobi entity consists of: plain frozen values, read by servers, files and tests.

All money is integer cents of KES, all instants are unix seconds UTC, booking days are days in Nairobi.
"""

from __future__ import annotations

from dataclasses import dataclass

from awra_desk.domain.dates import Period
from awra_desk.sandbox.merchant.model import Account, Books, Json, TakeOn
from awra_desk.sandbox.truth import Truth

COMPANY = "Kilimani Roasters Ltd"
ZONE = "Africa/Nairobi"
CURRENCY = "KES"

PAYBILL = "M-Pesa paybill"
TILL = "M-Pesa till"
PAYSTACK_BALANCE = "Paystack balance"
PAYSTACK_SETTLEMENTS = "Paystack settlements"
BANK = "Bank statement"
RECONCILIATIONS = (PAYBILL, TILL, PAYSTACK_BALANCE, PAYSTACK_SETTLEMENTS, BANK)

ROLES: tuple[Account, ...] = (
    Account("bank", "1000", "Savanna Bank Current Account", "Bank", CURRENCY),
    Account("mpesa_paybill", "1110", "M-Pesa Paybill Clearing", "Other Current Asset", CURRENCY),
    Account("mpesa_till", "1120", "M-Pesa Till Clearing", "Other Current Asset", CURRENCY),
    Account("paystack_clearing", "1130", "Paystack Clearing", "Other Current Asset", CURRENCY),
    Account("courier", "1140", "Cash With Courier", "Other Current Asset", CURRENCY),
    Account("receivables", "1200", "Accounts Receivable", "Accounts Receivable", CURRENCY),
    Account("sales_tax", "2320", "VAT Payable", "Other Current Liability", CURRENCY),
    Account("opening_equity", "3000", "Opening Balance Equity", "Equity", CURRENCY),
    Account("sales", "4000", "Coffee Sales", "Income", CURRENCY),
    Account("refunds", "4900", "Refunds", "Income", CURRENCY),
    Account("fees", "6000", "Mobile Money and Card Charges", "Expense", CURRENCY),
    Account("chargebacks", "6010", "Chargebacks", "Expense", CURRENCY),
    Account("delivery", "6020", "Courier Commission", "Expense", CURRENCY),
    Account("rent", "6100", "Rent", "Expense", CURRENCY),
    Account("wages", "6200", "Wages", "Expense", CURRENCY),
    Account("bank_fees", "6400", "Bank Service Charges", "Expense", CURRENCY),
)
"""The chart of accounts: one account per role."""


@dataclass(frozen=True, slots=True)
class NairobiSpec:
    """What to simulate.

    Attributes:
        seed: same seed and size, same month, to the byte.
        orders: orders of the month; a proportional run-up of the seven days before comes on top.
        month: "YYYY-MM".
    """

    seed: int = 1
    orders: int = 600
    month: str = "2026-10"

    @property
    def zone(self) -> str:
        """Of its booking days."""
        return ZONE

    @property
    def period(self) -> Period:
        """The booking days of the month."""
        return Period.month(self.month)


@dataclass(frozen=True, slots=True)
class Tender:
    """One payment of an order: `kind` is "paybill", "till", "card" or "courier" (cash on delivery)."""

    kind: str
    minor: int


@dataclass(frozen=True, slots=True)
class Sale:
    """One order, paid when it was made (cash on delivery: when it was delivered).

    Attributes:
        name: as customers and staff call it ("KR-10001"). at: unix seconds.
        phone: the customer's, as M-PESA masks it.
        tenders: one, or two for a split tender; they add up to `minor`, which includes VAT.
    """

    number: int
    name: str
    at: int
    customer: str
    phone: str
    minor: int
    tenders: tuple[Tender, ...]


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of an M-PESA account.

    Attributes:
        receipt: shared by a payment and its charge. minor: signed; of a failed payment what was tried.
        linked: receipt of the payment a reversal takes back.
    """

    receipt: str
    at: int
    minor: int
    details: str
    reason: str
    party: str = ""
    linked: str = ""
    account_no: str = ""
    completed: bool = True


@dataclass(frozen=True, slots=True)
class Wallet:
    """One M-PESA account in the month.

    Attributes:
        account: "Utility Account" of the paybill, "Merchant Account" of the till.
        opening: balance at the month's first second. movements: of the month, oldest first.
        carried: the withdrawal that was on its way to the bank when the month began, or None.
    """

    short_code: str
    account: str
    opening: int
    movements: tuple[Movement, ...]
    carried: Movement | None

    @property
    def closing(self) -> int:
        """Balance at the month's end."""
        return self.opening + sum(row.minor for row in self.movements if row.completed)


@dataclass(frozen=True, slots=True)
class PaystackBooks:
    """The Paystack account: objects as the API would send them, each list oldest first.

    Its life begins seven days before the month with a balance of zero.

    Attributes:
        now: the simulation's present, the last second of the month; no object is younger.
        members: settlement id -> ids of the transactions settled by it.
    """

    now: int
    transactions: list[Json]
    refunds: list[Json]
    settlements: list[Json]
    disputes: list[Json]
    ledger: list[Json]
    members: dict[int, tuple[int, ...]]

    @property
    def balance(self) -> int:
        """What Paystack holds at the end."""
        return sum(row["difference"] for row in self.ledger)


@dataclass(frozen=True, slots=True)
class NairobiMonth:
    """The month: what providers and bank know, what the bookkeeper wrote, and the truth.

    Attributes:
        paybill_csv, till_csv: the M-PESA organisation portal's statements, as text.
        bank_csv: the bank's statement, see `sandbox.bank_file`.
    """

    spec: NairobiSpec
    company_name: str
    paybill: Wallet
    till: Wallet
    paystack: PaystackBooks
    books: Books
    paybill_csv: str
    till_csv: str
    bank_csv: str
    take_on: TakeOn
    truth: Truth
