"""An organisation statement in the portal's layout, as CSV and as XLSX."""

import csv
import io

import openpyxl

HEADING = (
    "Receipt No.",
    "Completion Time",
    "Initiation Time",
    "Details",
    "Transaction Status",
    "Paid In",
    "Withdrawn",
    "Balance",
    "Balance Confirmed",
    "Reason Type",
    "Other Party Info",
    "Linked Transaction ID",
    "A/C No.",
)
OPENING, CLOSING, PAID_IN, WITHDRAWN = "10,000.00", "5,746.50", "3,552.50", "7,806.00"

_BANK = "Utility Account to Organization Settlement Account"
_JANE, _JOHN, _ANN = "2547****678 - JANE DOE", "2547****111 - JOHN DOE", "2547****222 - ANN W"

# Oldest first: receipt, time, details, status, paid in, withdrawn, balance, reason, party, linked, account number. One
# payment failed, one charge has its payment's receipt and one is linked to it, and one row is a reversal.
ROWS = (
    ("TJ10AA0001", "01-10-2026 00:10:11", f"Pay Bill from {_JANE} Acc. KR-1001", "Completed", "1,053.00", "",
     "11,053.00", "Pay Bill Online", _JANE, "", "KR-1001"),
    ("TJ10AA0001", "01-10-2026 00:10:11", "Pay Bill Charge", "Completed", "", "-5.00", "11,048.00", "Pay Bill Charge",
     "", "", ""),
    ("TJ10AA0002", "01-10-2026 09:30:00", f"Pay Bill from {_JOHN} Acc. KR-1002", "Failed", "500.00", "", "11,048.00",
     "Pay Utility", _JOHN, "", "KR-1002"),
    ("TJ20AA0003", "02-10-2026 23:59:59", f"Pay Utility from {_ANN} Acc. KR-1003", "Completed", "2,499.50", "",
     "13,547.50", "Pay Utility with OD via STK", _ANN, "", "KR-1003"),
    ("TJ20AA0004", "02-10-2026 23:59:59", "Pay Bill Charge", "Completed", "", "7.00", "13,540.50", "Pay Bill Charge",
     "", "TJ20AA0003", ""),
    ("TJ50AA0005", "05-10-2026 08:00:00", "Reversal of TJ10AA0001", "Completed", "", "-1,053.00", "12,487.50",
     "Pay Bill Reversal", _JANE, "TJ10AA0001", ""),
    ("TJ50AA0006", "05-10-2026 17:00:00", _BANK, "Completed", "", "-6,741.00", "5,746.50", _BANK, "", "", ""),
)  # fmt: skip


def block(opening=OPENING, closing=CLOSING, paid_in=PAID_IN, withdrawn=WITHDRAWN, account="Utility Account"):
    period = ["Time Period", "", "From", "01-10-2026 00:00:00", "To", "31-10-2026 23:59:59"]
    labels = ("Opening Balance", opening, "Closing Balance", closing, "Available Balance", closing)
    return [
        ["Account Holder", "Kilimani Roasters Ltd"],
        ["Short Code", "600123"],
        ["Account", account],
        period,
        ["Operator", "W. Kamau"],
        [*labels, "Total Paid In", paid_in, "Total Withdrawn", withdrawn],
    ]


def grid(rows=ROWS, above=None):
    """Newest first, as the portal gives it; initiated when completed."""
    listed = [
        [receipt, at, at, details, status, into, out, balance, "true", *rest]
        for receipt, at, details, status, into, out, balance, *rest in reversed(rows)
    ]
    return [*(block() if above is None else above), list(HEADING), *listed]


def as_csv(lines) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue().encode()


def as_xlsx(lines) -> bytes:
    """With amounts as numbers, as people's spreadsheets have them after saving."""
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append([_typed(cell) for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _typed(cell):
    plain = cell.replace(",", "")
    return float(plain) if plain.replace(".", "").replace("-", "").isdigit() and "." in plain else cell or None
