"""What each reconciliation shows of the month: its source rows and its ledger rows, as the desk names them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from awra_desk.sandbox.bank_file import STREAM as BANK_STREAM
from awra_desk.sandbox.bank_file import BankRow
from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.evidence import Row, provider_ids, tokens
from awra_desk.sandbox.merchant.model import Document, Json, OpeningItem
from awra_desk.sandbox.merchant.movements import PAYOUT_STREAM, cost_legs, gross_ref
from awra_desk.sandbox.merchant.payouts import PaidOut


def balance_rows(transactions: Iterable[Json], clock: Clock, carried: dict[str, PaidOut]) -> list[Row]:
    """Gross, fee and tax legs of the month, and the payouts in transit at its start (`carried`: by balance transaction
    id).
    """
    rows = []
    for transaction in transactions:
        paid = carried.get(transaction["id"])
        if paid is None and not clock.in_month(transaction["created"]):
            continue
        day = clock.day(transaction["created"])
        texts = transaction["id"], transaction["source"] or "", transaction["description"]
        known, own = tokens(*texts), provider_ids(*texts)
        legs = [(gross_ref(transaction), transaction["amount"]), *cost_legs(transaction)]
        rows += [Row(ref, (day,), minor, transaction["description"], known, own) for ref, minor in legs]
    return rows


def payout_rows(payouts: Iterable[PaidOut], clock: Clock) -> list[Row]:
    """Payouts created in the month or in transit at its start, positive; failures negative. A payout may be dated by
    creation or by arrival.
    """
    rows = []
    for paid in payouts:
        if paid.arrival < clock.first:
            continue
        payout_id = paid.payout["id"]
        days = (clock.day(paid.created), paid.arrival)
        rows.append(
            Row(
                (PAYOUT_STREAM, payout_id),
                days,
                paid.minor,
                "STRIPE PAYOUT",
                tokens(payout_id),
                provider_ids(payout_id),
            )
        )
        if paid.failure is not None:
            day = clock.day(paid.failure["created"])
            ref = (PAYOUT_STREAM, f"{payout_id}:failure")
            rows.append(
                Row(ref, (day,), -paid.minor, "STRIPE PAYOUT FAILURE", tokens(payout_id), provider_ids(payout_id))
            )
    return rows


def statement_rows(rows: Iterable[BankRow]) -> list[Row]:
    """The bank statement's rows."""
    return [
        Row((BANK_STREAM, row.id), (row.date,), row.minor, row.text, tokens(row.id, row.text), provider_ids(row.text))
        for row in rows
    ]


def ledger_rows(documents: Iterable[Document], role: str, *, contains: str = "") -> list[Row]:
    """The lines posted to one account, with all text of their documents; only those whose text holds `contains`."""
    rows = []
    for document in documents:
        for line in document.lines:
            if line.account_role != role:
                continue
            text = f"{document.number}\n{document.memo}\n{line.description}\n{document.counterparty}"
            if contains in text.casefold():
                texts = document.number, document.memo, line.description
                known, own = tokens(*texts), provider_ids(*texts)
                rows.append(Row((document.key, line.line_no), (document.date,), line.minor, text, known, own))
    return rows


def opening_rows(items: Sequence[OpeningItem], reconciliation: str) -> list[Row]:
    """The ledger's opening items of a reconciliation."""
    found: list[Row] = []
    for item in items:
        if item.reconciliation == reconciliation and item.side == "ledger":
            days: tuple[date, ...] = (item.date,)
            found.append(
                Row((item.external_id, 0), days, item.minor, item.description, tokens(item.reference, item.description))
            )
    return found
