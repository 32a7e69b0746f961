"""How the bookkeeper enters the rest of the Stripe account: fees by day, refunds, chargebacks, payouts; and what is
never entered.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from operator import attrgetter

from awra_desk.sandbox.merchant.charges import Refunded
from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.disputes import Disputed
from awra_desk.sandbox.merchant.draft import Draft
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.model import BANK_STATEMENT, STRIPE_BALANCE, STRIPE_PAYOUTS, Json
from awra_desk.sandbox.merchant.movements import PAYOUT_STREAM, cost_legs, gross_ref
from awra_desk.sandbox.merchant.payouts import PaidOut
from awra_desk.sandbox.merchant.plan import Plan
from awra_desk.sandbox.merchant.reserve import Held
from awra_desk.sandbox.merchant.slips import mistype, transpose
from awra_desk.sandbox.truth import AnomalyKind, LedgerRef, SourceRef


def book_fees(draft: Draft, plan: Plan, clock: Clock, transactions: list[Json], seed: int) -> None:
    """One journal entry a day over all fees and taxes of the day; some days have none, on some the amount is off."""
    slip = stream(seed, "fee slips")
    days: defaultdict[date, list[tuple[SourceRef, int]]] = defaultdict(list)
    for transaction in transactions:
        if clock.in_month(transaction["created"]):
            days[clock.day(transaction["created"])] += cost_legs(transaction)
    for day in sorted(days):
        legs, text = days[day], f"Stripe fees {day}"
        total = -sum(minor for _, minor in legs)
        source = [ref for ref, _ in legs]
        if total == 0:
            continue
        if day in plan.fees_missing:
            note = f"The fees of {day} are not booked."
            draft.wrong(AnomalyKind.FEES_MISSING, STRIPE_BALANCE, source=source, difference=total, note=note)
            continue
        taxes = -sum(minor for (_, name), minor in legs if name.endswith(":tax"))
        forgets_tax = day == plan.fees_wrong[0] and 0 < taxes < total
        typed = total if day not in plan.fees_wrong else total - taxes if forgets_tax else transpose(abs(total), slip)
        key = draft.book(
            "JournalEntry",
            day,
            [("fees", typed, text), ("stripe_clearing", -typed, text)],
            number=f"FEES {day}",
            memo=text,
        )
        draft.group(STRIPE_BALANCE, "fees_day", source, [(key, 2)], provable=typed == total)
        if typed != total:
            note = (
                f"The fees of {day}: {typed} booked for {total} (minor units){', without tax' if forgets_tax else ''}."
            )
            draft.wrong(
                AnomalyKind.FEES_WRONG,
                STRIPE_BALANCE,
                source=source,
                ledger=[(key, 2)],
                difference=total - typed,
                note=note,
            )


def book_refunds(draft: Draft, clock: Clock, refunds: list[Refunded], seed: int) -> None:
    """One journal entry per refund; one in twelve is forgotten, one amount is mistyped."""
    style, slip = stream(seed, "refund style"), stream(seed, "refund slips")
    for number, refunded in enumerate(sorted(refunds, key=lambda one: one.transaction["created"])):
        source, amount = gross_ref(refunded.transaction), -refunded.usd
        order, drawn = refunded.sale.order, style.randrange(10)
        if number % 12 == 1:
            note = f"The refund of order {order.name} is not booked."
            draft.wrong(AnomalyKind.MISSING, STRIPE_BALANCE, source=[source], difference=amount, note=note)
            continue
        typed = mistype(amount, slip) if number == 2 else amount
        text = f"Refund order {order.name}" if drawn < 9 else "Card refund"
        memo = f"Stripe {refunded.refund['id']}" if drawn < 7 else text
        day = clock.day(refunded.transaction["created"])
        key = draft.book(
            "JournalEntry",
            day,
            [("refunds", typed, text), ("stripe_clearing", -typed, text)],
            memo=memo,
            counterparty=order.customer_name,
        )
        line = (key, 2)
        draft.group(STRIPE_BALANCE, "refund", [source], [line], provable=typed == amount)
        if typed != amount:
            note = f"The refund of order {order.name}: {typed} booked for {amount} (minor units)."
            draft.wrong(
                AnomalyKind.MISTYPED_AMOUNT,
                STRIPE_BALANCE,
                source=[source],
                ledger=[line],
                difference=amount - typed,
                note=note,
            )


def book_chargebacks(draft: Draft, clock: Clock, disputes: list[Disputed]) -> None:
    """Only the last chargeback was noticed; a won one that was never booked cancels out within the account."""
    for number, disputed in enumerate(disputes, start=1):
        rows = [row for row in (disputed.withdrawal, disputed.reversal) if row is not None]
        amount, dispute_id = disputed.sale.usd, disputed.dispute["id"]
        if number == len(disputes):
            text = f"Chargeback {dispute_id}"
            postings = [("chargebacks", amount, text), ("stripe_clearing", -amount, text)]
            key = draft.book("JournalEntry", clock.day(disputed.withdrawal["created"]), postings, memo=text)
            draft.group(STRIPE_BALANCE, "chargeback", [gross_ref(disputed.withdrawal)], [(key, 2)])
            rows = rows[1:]
        elif disputed.reversal is not None:
            draft.group(STRIPE_BALANCE, "contra", map(gross_ref, rows), [], provable=False)
        for row in rows:
            note = f"Dispute {dispute_id} of order {disputed.sale.order.name}: {row['reporting_category']} not booked."
            draft.wrong(
                AnomalyKind.CHARGEBACK_UNBOOKED,
                STRIPE_BALANCE,
                source=[gross_ref(row)],
                difference=-row["amount"],
                note=note,
            )


def note_reserve(draft: Draft, holds: list[Held]) -> None:
    """The reserve is never booked; what was released cancels its hold."""
    for held in holds:
        rows = [row for row in (held.hold, held.release) if row is not None]
        if len(rows) > 1:
            draft.group(STRIPE_BALANCE, "contra", map(gross_ref, rows), [], provable=False)
        for row in rows:
            note = f"{row['description']}: not booked."
            draft.wrong(
                AnomalyKind.RESERVE_UNBOOKED,
                STRIPE_BALANCE,
                source=[gross_ref(row)],
                difference=-row["amount"],
                note=note,
            )


class PayoutBook:
    """Books payouts when they arrive at the bank, and notes the truth about them in all three reconciliations.

    Attributes:
        arrived: payouts that reach the bank in the month, in order of arrival.
    """

    def __init__(self, draft: Draft, clock: Clock, payouts: list[PaidOut]) -> None:
        self._draft = draft
        self._clock = clock
        self._payouts = payouts
        arrived = [paid for paid in payouts if paid.failure is None and clock.first <= paid.arrival <= clock.last]
        self.arrived = sorted(arrived, key=attrgetter("arrival", "created"))

    def enter(self, statement: dict[str, SourceRef], seed: int) -> None:
        """Book the arrived payouts; one is forgotten, one has two digits swapped. `statement`: payout id -> its bank
        row.
        """
        slip = stream(seed, "payout slips")
        within = [paid for paid in self.arrived if self._clock.in_month(paid.created) and not paid.retry]
        forgotten = within[len(within) // 3] if len(within) > 2 else None
        swapped = within[len(within) * 2 // 3] if len(within) > 2 else None
        for number, paid in enumerate(self.arrived):
            bank_row = statement[paid.payout["id"]]
            if paid is forgotten:
                self._note_all(AnomalyKind.PAYOUT_UNBOOKED, paid, bank_row, None, paid.minor)
                continue
            typed = transpose(paid.minor, slip) if paid is swapped else paid.minor
            text = "STRIPE PAYOUT" if number % 4 == 3 else f"Stripe payout {paid.payout['id']}"
            postings = [("bank", typed, text), ("stripe_clearing", -typed, text)]
            key = self._draft.book("Deposit", paid.arrival, postings, memo=text)
            for reconciliation, source, line in self._rows(paid, bank_row, key):
                self._draft.group(reconciliation, "payout", [source], [line], provable=typed == paid.minor)
            if typed != paid.minor:
                self._note_all(AnomalyKind.TRANSPOSED, paid, bank_row, key, paid.minor - typed)
        self._note_open()

    def _rows(self, paid: PaidOut, bank_row: SourceRef, key: str) -> list[tuple[str, SourceRef, LedgerRef]]:
        """The payout in each reconciliation: source record and ledger line."""
        return [
            (STRIPE_BALANCE, gross_ref(paid.transaction), (key, 1)),
            (STRIPE_PAYOUTS, (PAYOUT_STREAM, paid.payout["id"]), (key, 0)),
            (BANK_STATEMENT, bank_row, (key, 0)),
        ]

    def _note_all(self, kind: AnomalyKind, paid: PaidOut, bank_row: SourceRef, key: str | None, less: int) -> None:
        """`less`: by how much the books fall short of the payout."""
        for reconciliation, source, line in self._rows(paid, bank_row, key or ""):
            self._draft.wrong(
                kind,
                reconciliation,
                source=[source],
                ledger=[line] if key else [],
                difference=less if reconciliation == STRIPE_BALANCE else -less,
                note=f"Payout {paid.payout['id']} of {paid.arrival}: {less} minor units not booked.",
            )

    def _note_open(self) -> None:
        """Payouts on their way at the month's end, and the one that came back."""
        for paid in self._payouts:
            payout_id = paid.payout["id"]
            if paid.failure is not None:
                rows = [gross_ref(paid.transaction), gross_ref(paid.failure)]
                ends = [(PAYOUT_STREAM, payout_id), (PAYOUT_STREAM, f"{payout_id}:failure")]
                for reconciliation, source in ((STRIPE_BALANCE, rows), (STRIPE_PAYOUTS, ends)):
                    self._draft.group(reconciliation, "contra", source, [], provable=False)
                    note = f"Payout {payout_id} failed and came back; the books rightly have nothing."
                    self._draft.wrong(AnomalyKind.PAYOUT_FAILED, reconciliation, source=source, note=note)
            elif paid.arrival > self._clock.last:
                note = f"Payout {payout_id} arrives on {paid.arrival}."
                source = [gross_ref(paid.transaction)]
                self._draft.wrong(
                    AnomalyKind.IN_TRANSIT, STRIPE_BALANCE, source=source, difference=paid.minor, note=note
                )
                source = [(PAYOUT_STREAM, payout_id)]
                self._draft.wrong(
                    AnomalyKind.IN_TRANSIT, STRIPE_PAYOUTS, source=source, difference=-paid.minor, note=note
                )


def note_unbooked_pairs(draft: Draft, clock: Clock, refunds: list[Refunded]) -> None:
    """A sale and its full refund, both never booked, cancel out within the account: a contra that is true."""
    booked = {ref for group in draft.groups for ref in group.source if group.ledger}
    for refunded in refunds:
        pair = gross_ref(refunded.sale.transaction), gross_ref(refunded.transaction)
        cancels = refunded.full and refunded.sale.usd == -refunded.usd and clock.in_month(refunded.sale.order.created)
        if cancels and not booked & set(pair):
            draft.group(STRIPE_BALANCE, "contra", pair, [], provable=False)
