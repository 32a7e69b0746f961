"""Draws the bookkeeper's documents as QuickBooks Online would hold them; pure, no HTTP.

Field names and structures are those of the provider's schemas, which the tests check. Ids follow the order of entry.
What has no place in QuickBooks has none here: a Payment has a PaymentRefNum instead of a DocNumber, a Deposit has
neither (its number goes to the lines' CheckNum), and the posting to a document's own account carries no text, so that
its text becomes the PrivateNote where there is no memo.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from awra_desk.domain.dates import Period
from awra_desk.sandbox.merchant import Account, Books, Document, Json, Line
from awra_desk.sandbox.servers.quickbooks._times import entered, stamp

STREAMS = {
    "JournalEntry": "journal_entries",
    "SalesReceipt": "sales_receipts",
    "Deposit": "deposits",
    "Payment": "payments",
}
"""Transaction entity -> the stream's name in the desk."""

OTHERS = ("BillPayment", "Purchase", "RefundReceipt", "Transfer")
"""Entities that move money too and that the bookkeeper of the month has no use for; tests enter them."""

FIRST_TRANSACTION_ID = 101
_CLASSIFICATION = {
    "Bank": ("Asset", "Checking"),
    "Other Current Asset": ("Asset", "OtherCurrentAssets"),
    "Accounts Receivable": ("Asset", "AccountsReceivable"),
    "Other Current Liability": ("Liability", "OtherCurrentLiabilities"),
    "Equity": ("Equity", "OpeningBalanceEquity"),
    "Income": ("Revenue", "SalesOfProductIncome"),
    "Expense": ("Expense", "OtherMiscellaneousServiceCost"),
}
_REFERENCE_LENGTH = 21
_ADDRESSES = {
    "USD": {
        "Id": "1",
        "Line1": "48 Harbor Street",
        "City": "Providence",
        "CountrySubDivisionCode": "RI",
        "Country": "US",
        "PostalCode": "02903",
    },
    "KES": {"Id": "1", "Line1": "12 Argwings Kodhek Road", "City": "Nairobi", "Country": "KE", "PostalCode": "00100"},
}
"""Currency of the books -> where the company sits."""


class BookedSpec(Protocol):
    """Period and zone of a month."""

    @property
    def period(self) -> Period:
        """Its booking days."""

    @property
    def zone(self) -> str:
        """IANA zone of its booking days."""


class BookedMonth(Protocol):
    """A company's month as QuickBooks needs it; the merchant's US company and its Nairobi entity are such."""

    @property
    def spec(self) -> BookedSpec:
        """Period and zone."""

    @property
    def company_name(self) -> str:
        """As it is registered."""

    @property
    def books(self) -> Books:
        """What the bookkeeper wrote."""


def money(minor: int) -> Decimal:
    """Major units with two decimals."""
    return Decimal(minor).scaleb(-2)


@dataclass(frozen=True)
class Chart:
    """The chart of accounts with the ids QuickBooks gave; from 1, in the chart's order."""

    accounts: tuple[Account, ...]

    @cached_property
    def ids(self) -> dict[str, str]:
        """Role -> account id."""
        return {account.role: str(number) for number, account in enumerate(self.accounts, start=1)}

    @cached_property
    def names(self) -> dict[str, str]:
        """Role -> account name."""
        return {account.role: account.name for account in self.accounts}

    def reference(self, role: str) -> dict[str, str]:
        """The reference to the role's account."""
        return {"value": self.ids[role], "name": self.names[role]}


def quickbooks_objects(month: BookedMonth) -> dict[str, list[Json]]:
    """Every object of the company by entity, as single reads and queries show them before anything is posted.

    Returns:
        Entity name (the keys of `STREAMS`, `OTHERS`, "Account", "CompanyInfo", "Preferences") to objects in order of
        id; amounts are Decimals. An Account's CurrentBalance is that after all documents.
    """
    chart = Chart(month.books.accounts)
    customers = _customers(month)
    objects: dict[str, list[Json]] = {entity: [] for entity in (*STREAMS, *OTHERS)}
    for identity, document in _numbered(month):
        objects[document.entity].append(render_document(document, identity, chart, customers, month.books.currency))
    last = max((document.date for document in month.books.documents), default=month.spec.period.last)
    objects["Account"] = [
        render_account(account, chart.ids[account.role], month.books.balance(account.role, last), opened(month))
        for account in month.books.accounts
    ]
    objects["CompanyInfo"] = [render_company(month)]
    objects["Preferences"] = [render_preferences(month, None)]
    return objects


def quickbooks_line_ids(month: BookedMonth) -> dict[tuple[str, int], tuple[str, str]]:
    """(document key, line number) -> (stream, external id) of every ledger line that QuickBooks can show.

    The external id is `<Id>:<n>`: the Line.Id, or 0 for the posting to a SalesReceipt's, Deposit's or Payment's own
    account. Sales tax and the receivables side of a Payment have no line of their own and are absent.
    """
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for identity, document in _numbered(month):
        for line in document.lines:
            line_id = line_identity(document, line)
            if line_id is not None:
                found[document.key, line.line_no] = (STREAMS[document.entity], f"{identity}:{line_id}")
    return found


def line_identity(document: Document, line: Line) -> str | None:
    """The n of `<Id>:<n>`; None for a posting that QuickBooks shows on no line."""
    if document.entity == "JournalEntry":
        return str(document.lines.index(line))
    if line.line_no == 0:
        return "0"
    if document.entity == "Payment" or (document.entity == "SalesReceipt" and line.account_role == "sales_tax"):
        return None
    return str(line.line_no)


def opened(month: BookedMonth) -> str:
    """When the company was set up: a month before the first day."""
    return stamp(entered(month.spec.period.first - timedelta(days=30)))


def metadata(created: str, updated: str | None = None) -> dict[str, str]:
    """The MetaData of an object."""
    return {"CreateTime": created, "LastUpdatedTime": updated or created}


def render_account(account: Account, identity: str, balance: int, created: str) -> Json:
    """The Account; `balance` in minor units, debit positive, as of now."""
    classification, subtype = _CLASSIFICATION[account.kind]
    shown = {"Asset": balance, "Liability": -balance, "Equity": -balance}.get(classification, 0)
    return {
        "Name": account.name,
        "SubAccount": False,
        "FullyQualifiedName": account.name,
        "Active": True,
        "Classification": classification,
        "AccountType": account.kind,
        "AccountSubType": subtype,
        "AcctNum": account.code,
        "CurrentBalance": money(shown),
        "CurrentBalanceWithSubAccounts": money(shown),
        "CurrencyRef": currency_reference(account.currency),
        **_entity(identity, created),
    }


def render_company(month: BookedMonth) -> Json:
    """The CompanyInfo."""
    domain = re.sub(r"[^a-z]", "", month.company_name.lower())
    address = _ADDRESSES[month.books.currency]
    return {
        "CompanyName": month.company_name,
        "LegalName": month.company_name,
        "CompanyAddr": address,
        "CompanyStartDate": (month.spec.period.first - timedelta(days=30)).isoformat(),
        "FiscalYearStartMonth": "January",
        "Country": address["Country"],
        "Email": {"Address": f"books@{domain}.example"},
        "SupportedLanguages": "en",
        "DefaultTimeZone": month.spec.zone,
        **_entity("1", opened(month)),
    }


def render_preferences(month: BookedMonth, closed_through: date | None) -> Json:
    """The Preferences; the books are closed through that day, None if they are open."""
    accounting: Json = {"UseAccountNumbers": True, "FirstMonthOfFiscalYear": "January"}
    if closed_through is not None:
        accounting["BookCloseDate"] = closed_through.isoformat()
    return {
        "AccountingInfoPrefs": accounting,
        "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": month.books.currency}},
        **_entity("1", opened(month)),
    }


def currency_reference(code: str) -> dict[str, str]:
    """The reference to a currency."""
    return {"value": code, "name": {"USD": "United States Dollar", "KES": "Kenyan Shilling"}.get(code, code)}


def render_document(
    document: Document, identity: str, chart: Chart, customers: Mapping[str, str], currency: str = "USD"
) -> Json:
    """The transaction of a document.

    Raises:
        ValueError: QuickBooks cannot hold such a document (its lines do not suit its entity, or its number is too
        long).
    """
    if len(document.number) > _REFERENCE_LENGTH:
        raise ValueError(
            f"{document.key}: the number {document.number!r} is longer than {_REFERENCE_LENGTH} characters"
        )
    draw = {"JournalEntry": _journal_entry, "SalesReceipt": _sales_receipt, "Deposit": _deposit, "Payment": _payment}
    number = int(identity) - FIRST_TRANSACTION_ID
    common: Json = {
        "TxnDate": document.date.isoformat(),
        "CurrencyRef": currency_reference(currency),
        **_entity(identity, stamp(entered(document.date, number))),
    }
    note = document.memo or ("" if document.entity == "JournalEntry" else _split(document)[0].description)
    if note:
        common["PrivateNote"] = note
    if document.entity in ("SalesReceipt", "Payment") and document.counterparty:
        common["CustomerRef"] = {"value": customers[document.counterparty], "name": document.counterparty}
    return {**draw[document.entity](document, chart), **common}


def _journal_entry(document: Document, chart: Chart) -> Json:
    lines = [
        _line(
            str(place),
            line.description,
            abs(line.minor),
            "JournalEntryLineDetail",
            {"PostingType": "Debit" if line.minor > 0 else "Credit", "AccountRef": chart.reference(line.account_role)},
        )
        for place, line in enumerate(document.lines)
    ]
    return {"Adjustment": False, **_number("DocNumber", document), "Line": lines}


def _sales_receipt(document: Document, chart: Chart) -> Json:
    own, others = _split(document)
    tax = -sum(line.minor for line in others if line.account_role == "sales_tax")
    items = [line for line in others if line.account_role != "sales_tax"]
    lines = [
        _line(
            str(line.line_no),
            line.description,
            -line.minor,
            "SalesItemLineDetail",
            {
                "ItemRef": {"value": chart.ids[line.account_role], "name": chart.names[line.account_role]},
                "ItemAccountRef": chart.reference(line.account_role),
                "TaxCodeRef": {"value": "TAX" if tax and line.account_role == "sales" else "NON"},
            },
        )
        | {"LineNum": line.line_no}
        for line in items
    ]
    subtotal = {
        "Amount": money(own.minor - tax),
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }
    return {
        **_number("DocNumber", document),
        "Line": [*lines, subtotal],
        "TxnTaxDetail": {"TotalTax": money(tax)},
        "DepositToAccountRef": chart.reference(own.account_role),
        "TotalAmt": money(own.minor),
        "Balance": money(0),
    }


def _deposit(document: Document, chart: Chart) -> Json:
    own, others = _split(document)
    lines = [
        _line(
            str(line.line_no),
            line.description,
            -line.minor,
            "DepositLineDetail",
            {"AccountRef": chart.reference(line.account_role), **_number("CheckNum", document)},
        )
        | {"LineNum": line.line_no}
        for line in others
    ]
    return {
        "Line": lines,
        "DepositToAccountRef": chart.reference(own.account_role),
        "TotalAmt": money(own.minor),
    }


def _payment(document: Document, chart: Chart) -> Json:
    own, others = _split(document)
    if [line.account_role for line in others] != ["receivables"]:
        raise ValueError(f"{document.key}: a Payment moves money between its own account and receivables only")
    return {
        "ARAccountRef": chart.reference("receivables"),
        "DepositToAccountRef": chart.reference(own.account_role),
        **_number("PaymentRefNum", document),
        "TotalAmt": money(own.minor),
        "UnappliedAmt": money(own.minor),
        "ProcessPayment": False,
        "Line": [],
    }


def _split(document: Document) -> tuple[Line, list[Line]]:
    """The posting to the document's own account, and the others."""
    own = [line for line in document.lines if line.line_no == 0]
    if len(own) != 1 or own[0].minor <= 0:
        raise ValueError(f"{document.key}: a {document.entity} has one line 0, and it is a debit")
    return own[0], [line for line in document.lines if line.line_no != 0]


def _line(identity: str, description: str, minor: int, detail_type: str, detail: Json) -> Json:
    text = {"Description": description} if description else {}
    return {"Id": identity, **text, "Amount": money(minor), "DetailType": detail_type, detail_type: detail}


def _number(name: str, document: Document) -> dict[str, str]:
    return {name: document.number} if document.number else {}


def _entity(identity: str, created: str) -> Json:
    return {"domain": "QBO", "sparse": False, "Id": identity, "SyncToken": "0", "MetaData": metadata(created)}


def _numbered(month: BookedMonth) -> list[tuple[str, Document]]:
    return [(str(number), document) for number, document in enumerate(month.books.documents, FIRST_TRANSACTION_ID)]


def _customers(month: BookedMonth) -> dict[str, str]:
    """Customer name -> id, in order of first appearance."""
    names = dict.fromkeys(document.counterparty for document in month.books.documents if document.counterparty)
    return {name: str(number) for number, name in enumerate(names, start=1)}


def other_postings(entity: str, row: Json) -> Iterator[tuple[str, Decimal]]:
    """(account id, amount in major units, debit positive) of a document of `OTHERS`, as far as it names accounts."""
    if entity == "Transfer":
        yield row["FromAccountRef"]["value"], -row["Amount"]
        yield row["ToAccountRef"]["value"], row["Amount"]
    elif entity == "RefundReceipt":
        yield row["DepositToAccountRef"]["value"], -row["TotalAmt"]
    elif entity == "BillPayment":
        paid = (
            row["CheckPayment"]["BankAccountRef"] if "CheckPayment" in row else row["CreditCardPayment"]["CCAccountRef"]
        )
        yield paid["value"], -row["TotalAmt"]
    else:
        sign = 1 if row.get("Credit") else -1
        yield row["AccountRef"]["value"], sign * row["TotalAmt"]
        for line in row["Line"]:
            yield line["AccountBasedExpenseLineDetail"]["AccountRef"]["value"], -sign * line["Amount"]
