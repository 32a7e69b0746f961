"""The books of one Xero organisation in memory: its documents, what is posted, and the balances that follow.

The bookkeeper's month as Xero would hold it: a sale is an invoice and its payment into the clearing account, a payment
of an older sale pays an invoice of the month before, a deposit is money received at the bank, and a journal is a bank
transaction where it touches the bank, else a manual journal.
"""

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from awra_desk.sandbox.merchant import Document, Json, Line, Month

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:awra-desk:sandbox:xero")
IDENTITIES = {
    "BankTransactions": "BankTransactionID",
    "Payments": "PaymentID",
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "ManualJournals": "ManualJournalID",
    "BankTransfers": "BankTransferID",
    "Journals": "JournalID",
}
_TYPES = {
    "Bank": "BANK",
    "Other Current Asset": "CURRENT",
    "Accounts Receivable": "CURRENT",
    "Other Current Liability": "CURRLIAB",
    "Equity": "EQUITY",
    "Income": "REVENUE",
    "Expense": "EXPENSE",
}
_CLASSES = {"BANK": "ASSET", "CURRENT": "ASSET", "CURRLIAB": "LIABILITY", "EQUITY": "EQUITY", "REVENUE": "REVENUE"}
_SYSTEM = {"receivables": "DEBTORS", "sales_tax": "GST"}
BEFORE = timedelta(days=10)
"""So long before the month the invoices were made that are paid in it."""


def identity(*parts: object) -> str:
    """The same id for the same thing, always."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, parts))))


def moment(instant: datetime) -> str:
    """An instant as Xero writes it."""
    return f"/Date({int(instant.timestamp() * 1000)}+0000)/"


def dated(day: date) -> Json:
    """A document's day: the organisation's midnight written as if it were UTC, with its readable twin."""
    midnight = datetime.combine(day, time(), UTC)
    return {"Date": moment(midnight), "DateString": midnight.strftime("%Y-%m-%dT%H:%M:%S")}


def money(minor: int) -> Decimal:
    """Major units with two decimals."""
    return Decimal(minor).scaleb(-2)


class XeroBooks:
    """One organisation's books.

    Attributes:
        documents: resource -> id -> document. period_lock: last locked day, or None. tenant_id: the organisation's id.
    """

    def __init__(self, month: Month) -> None:
        self.month = month
        self.tenant_id = identity("tenant", month.company_name)
        self.period_lock: date | None = None
        self.codes = {account.role: account.code for account in month.books.accounts}
        self.account_ids = {account.code: identity("account", account.code) for account in month.books.accounts}
        self._archived: set[str] = set()
        self.documents: dict[str, dict[str, Json]] = {resource: {} for resource in IDENTITIES}
        self._eve = month.spec.period.first - timedelta(days=1)
        self._now = datetime.combine(self._eve, time(9), UTC)
        for document in month.books.documents:
            self._enter(document)
        self._opening = {self.codes[role]: minor for role, minor in month.books.opening.items()}
        for account, minor in self._moved(self._eve).items():
            self._opening[account] = self._opening.get(account, 0) - minor

    @property
    def now(self) -> datetime:
        """The organisation's present, aware UTC; each change is a second later."""
        return self._now

    def tick(self) -> str:
        """The stamp of the next change."""
        self._now += timedelta(seconds=1)
        return moment(self._now)

    def accounts(self) -> list[Json]:
        """The chart."""
        found = []
        for account in self.month.books.accounts:
            kind = _TYPES[account.kind]
            row: Json = {
                "AccountID": self.account_ids[account.code],
                "Code": account.code,
                "Name": account.name,
                "Status": "ARCHIVED" if account.code in self._archived else "ACTIVE",
                "Type": kind,
                "Class": _CLASSES.get(kind, "EXPENSE"),
                "TaxType": "NONE",
                "EnablePaymentsToAccount": account.role == "stripe_clearing",
                "ShowInExpenseClaims": False,
                "HasAttachments": False,
                "UpdatedDateUTC": moment(datetime.combine(self._eve, time(), UTC)),
            }
            if kind == "BANK":
                row |= {"BankAccountType": "BANK", "CurrencyCode": account.currency, "BankAccountNumber": "0012345"}
            if account.role in _SYSTEM:
                row["SystemAccount"] = _SYSTEM[account.role]
            found.append(row)
        return found

    def archive(self, code: str) -> None:
        """Takes an account out of use."""
        self._archived.add(code)

    def put(self, resource: str, document: Json) -> Json:
        """Keeps a new document, or a change of one, with its stamp."""
        kept = {**document, "UpdatedDateUTC": self.tick()}
        self.documents[resource][kept[IDENTITIES[resource]]] = kept
        return kept

    def change(self, resource: str, name: str, **fields: Any) -> Json:
        """A later edit of a document."""
        return self.put(resource, {**self.documents[resource][name], **fields})

    def balances(self, through: date) -> dict[str, int]:
        """Code -> balance at the end of that day in minor units, debit positive."""
        found = dict(self._opening)
        for account, minor in self._moved(through).items():
            found[account] = found.get(account, 0) + minor
        return found

    def bank_transaction(self, name: str, day: date, bank: str, total: int, lines: Iterable[Json], **more: Any) -> Json:
        """Money received (total above zero) or spent; lines as items, credits positive when received."""
        items = list(lines)
        return {
            "BankTransactionID": name,
            "Type": "RECEIVE" if total > 0 else "SPEND",
            "BankAccount": self._account(bank),
            "Status": "AUTHORISED",
            **dated(day),
            **_totals(abs(total)),
            "IsReconciled": False,
            "LineItems": items,
            **more,
        }

    def _moved(self, through: date) -> dict[str, int]:
        found: dict[str, int] = {}
        for day, account, minor in self._postings():
            if day <= through:
                found[account] = found.get(account, 0) + minor
        return found

    def _postings(self) -> Iterator[tuple[date, str, int]]:
        """Everything that counts, as (day, code, minor); the server's own double entry, apart from any contract."""
        legs = {
            "Invoices": self._invoice_legs,
            "Payments": self._payment_legs,
            "BankTransactions": _bank_legs,
            "ManualJournals": _journal_legs,
            "BankTransfers": _transfer_legs,
        }
        for resource, read in legs.items():
            for row in self.documents[resource].values():
                if row["Status"] in ("AUTHORISED", "PAID", "POSTED"):
                    yield from ((_day(row), account, minor) for account, minor in read(row))

    def _invoice_legs(self, row: Json) -> list[tuple[str, int]]:
        items = [(item["AccountCode"], -_minor(item["LineAmount"])) for item in row["LineItems"]]
        return [(self.codes["receivables"], _minor(row["Total"])), *items]

    def _payment_legs(self, row: Json) -> list[tuple[str, int]]:
        minor = _minor(row["Amount"])
        return [(row["Account"]["Code"], minor), (self.codes["receivables"], -minor)]

    def _enter(self, document: Document) -> None:
        if document.entity in ("SalesReceipt", "Payment"):
            self._sale(document)
        elif any(line.account_role == "bank" for line in document.lines):
            self._bank(document)
        else:
            self._journal(document)

    def _sale(self, document: Document) -> None:
        own, *others = document.lines
        paid_before = document.entity == "Payment"
        lines = [Line("sales", -own.minor, "", 1)] if paid_before else others
        invoice = identity("invoice", document.key)
        text = _text(document, own.description)
        name = document.counterparty or "Walk-in"
        contact = {"ContactID": identity("contact", name), "Name": name}
        self.put(
            "Invoices",
            {
                "InvoiceID": invoice,
                "Type": "ACCREC",
                "InvoiceNumber": f"INV-{document.key}",
                "Reference": text,
                "Contact": contact,
                "Status": "PAID",
                **dated(self._eve - BEFORE if paid_before else document.date),
                **_totals(own.minor),
                "AmountDue": money(0),
                "AmountPaid": money(own.minor),
                "AmountCredited": money(0),
                "LineItems": [self.item(document.key, line, -line.minor) for line in lines],
            },
        )
        self.put(
            "Payments",
            {
                "PaymentID": identity("payment", document.key),
                "PaymentType": "ACCRECPAYMENT",
                "Status": "AUTHORISED",
                "Account": self._account(own.account_role),
                **dated(document.date),
                "Amount": money(own.minor),
                "BankAmount": money(own.minor),
                "CurrencyRate": money(100),
                "Reference": text,
                "IsReconciled": False,
                "HasAccount": True,
                "Invoice": {
                    "InvoiceID": invoice,
                    "InvoiceNumber": f"INV-{document.key}",
                    "Type": "ACCREC",
                    "CurrencyCode": "USD",
                    "Contact": contact,
                },
            },
        )

    def _bank(self, document: Document) -> None:
        bank = next(line for line in document.lines if line.account_role == "bank")
        sign = 1 if bank.minor > 0 else -1
        items = [self.item(document.key, line, -sign * line.minor) for line in document.lines if line is not bank]
        name = document.counterparty or "Unnamed"
        contact = {"ContactID": identity("contact", name), "Name": name}
        text = _text(document, bank.description)
        self.put(
            "BankTransactions",
            self.bank_transaction(
                identity("bank", document.key),
                document.date,
                "bank",
                bank.minor,
                items,
                Reference=text,
                Contact=contact,
            ),
        )

    def _journal(self, document: Document) -> None:
        lines = [
            {
                "LineAmount": money(line.minor),
                "AccountCode": self.codes[line.account_role],
                "AccountID": self.account_ids[self.codes[line.account_role]],
                "Description": line.description,
                "TaxType": "NONE",
                "TaxAmount": money(0),
                "IsBlank": False,
                "Tracking": [],
            }
            for line in document.lines
        ]
        self.put(
            "ManualJournals",
            {
                "ManualJournalID": identity("journal", document.key),
                "Narration": _text(document, ""),
                "Status": "POSTED",
                "LineAmountTypes": "NoTax",
                "ShowOnCashBasisReports": True,
                "HasAttachments": False,
                "Date": dated(document.date)["Date"],
                "JournalLines": lines,
            },
        )

    def item(self, key: str, line: Line, minor: int) -> Json:
        """A line item; `minor` in the document's own direction."""
        return {
            "LineItemID": identity("line", key, line.line_no),
            "Description": line.description,
            "Quantity": Decimal("1.0000"),
            "UnitAmount": money(minor),
            "LineAmount": money(minor),
            "AccountCode": self.codes[line.account_role],
            "TaxType": "NONE",
            "TaxAmount": money(0),
            "Tracking": [],
        }

    def _account(self, role: str) -> Json:
        code = self.codes[role]
        return {"AccountID": self.account_ids[code], "Code": code}


def xero_line_ids(month: Month) -> dict[tuple[str, int], tuple[str, str]]:
    """(document key, line number) of the simulated books -> (stream, external id) of the ledger line in Xero."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for document in month.books.documents:
        key = document.key
        bank = any(line.account_role == "bank" for line in document.lines)
        for place, line in enumerate(document.lines):
            own = identity("line", key, line.line_no)
            if document.entity == "Payment" or (document.entity == "SalesReceipt" and line.line_no == 0):
                where = "payments", f"{identity('payment', key)}:{place}"
            elif document.entity == "SalesReceipt":
                where = "invoices", f"{identity('invoice', key)}:{own}"
            elif bank:
                name = identity("bank", key)
                where = "bank_transactions", f"{name}:0" if line.account_role == "bank" else f"{name}:{own}"
            else:
                where = "manual_journals", f"{identity('journal', key)}:{place}"
            found[key, line.line_no] = where
    return found


def _bank_legs(row: Json) -> list[tuple[str, int]]:
    sign = 1 if row["Type"] == "RECEIVE" else -1
    items = [(item["AccountCode"], -sign * _minor(item["LineAmount"])) for item in row["LineItems"]]
    return [(row["BankAccount"]["Code"], sign * _minor(row["Total"])), *items]


def _journal_legs(row: Json) -> list[tuple[str, int]]:
    return [(line["AccountCode"], _minor(line["LineAmount"])) for line in row["JournalLines"]]


def _transfer_legs(row: Json) -> list[tuple[str, int]]:
    minor = _minor(row["Amount"])
    return [(row["FromBankAccount"]["Code"], -minor), (row["ToBankAccount"]["Code"], minor)]


def _text(document: Document, own: str) -> str:
    return " ".join(text for text in (own, document.memo, document.number) if text)


def _totals(minor: int) -> Json:
    return {
        "LineAmountTypes": "NoTax",
        "SubTotal": money(minor),
        "TotalTax": money(0),
        "Total": money(minor),
        "CurrencyCode": "USD",
    }


def _day(row: Json) -> date:
    found: str = row["Date"]
    return datetime.fromtimestamp(int(found[6:-7]) // 1000, UTC).date()


def _minor(amount: Decimal) -> int:
    return int(amount.scaleb(2))
