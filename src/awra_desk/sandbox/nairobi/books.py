"""What the Nairobi bookkeeper wrote about the month, with the slips that bookkeepers make, and the truth about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from awra_desk.sandbox.merchant.clock import Clock
from awra_desk.sandbox.merchant.draft import Draft, Posting
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.slips import mistype, mistype_reference, transpose
from awra_desk.sandbox.nairobi import model
from awra_desk.sandbox.nairobi.bank import NairobiBank
from awra_desk.sandbox.nairobi.model import Sale
from awra_desk.sandbox.nairobi.paystack import PaystackAccount, Settled
from awra_desk.sandbox.nairobi.statement_file import STREAM as STATEMENT
from awra_desk.sandbox.nairobi.wallets import WalletHistory
from awra_desk.sandbox.truth import AnomalyKind, LedgerRef, SourceRef

CLEARING = {"paybill": "mpesa_paybill", "till": "mpesa_till", "card": "paystack_clearing", "courier": "courier"}
RECONCILIATION = {"paybill": model.PAYBILL, "till": model.TILL, "card": model.PAYSTACK_BALANCE}
FEE_TEXT = {"paybill": "M-Pesa paybill charges", "till": "M-Pesa till charges", "card": "Paystack fees"}

_VAT_PER_116 = 16
_SLIPS: tuple[tuple[AnomalyKind, int, int], ...] = (
    (AnomalyKind.MISSING, 150, 2),
    (AnomalyKind.DOUBLED, 90, 1),
    (AnomalyKind.MISTYPED_AMOUNT, 80, 1),
    (AnomalyKind.TRANSPOSED, 70, 1),
    (AnomalyKind.MISTYPED_REFERENCE, 90, 1),
    (AnomalyKind.MISDATED, 90, 1),
)
"""Kind, sales per ten thousand, least number."""
_TO_BANK = {"600123": ("M-Pesa paybill", "mpesa_paybill", model.PAYBILL),
            "5123456": ("M-Pesa till", "mpesa_till", model.TILL)}  # fmt: skip


class Bookkeeper:
    """Enters the month into a draft of ledger and truth.

    Args:
        paid: tender kind -> order number -> the receipt's or transaction's name in its source, and what the ledger
            would cite of it.
    """

    def __init__(
        self, draft: Draft, clock: Clock, seed: int, paid: dict[str, dict[int, tuple[SourceRef, str]]]
    ) -> None:
        self._draft = draft
        self._clock = clock
        self._seed = seed
        self._paid = paid
        self._slip = stream(seed, "nairobi slips")

    def sales(self, sales: Sequence[Sale]) -> None:
        """Every order of the month: one document, or two, or none."""
        style, month = stream(self._seed, "nairobi style"), [sale for sale in sales if self._clock.in_month(sale.at)]
        slips = self._plan(month)
        for sale in month:
            cites = style.random() < 0.8
            if len(sale.tenders) > 1:
                self._split(sale)
            elif sale.tenders[0].kind == "courier":
                self._receipt(sale, self._clock.day(sale.at), sale.minor, "Cash on delivery")
            else:
                self._sale(sale, slips.get(sale.number), cites=cites)

    def _plan(self, month: Sequence[Sale]) -> dict[int, AnomalyKind]:
        """Order number -> what goes wrong with it."""
        fit = [sale for sale in month if len(sale.tenders) == 1 and sale.tenders[0].kind != "courier"]
        stream(self._seed, "nairobi plan").shuffle(fit)
        found: dict[int, AnomalyKind] = {}
        late = self._clock.last - timedelta(days=2)
        last = [sale for sale in fit if self._clock.day(sale.at) >= late][: max(1, len(fit) // 500)]
        found |= {sale.number: AnomalyKind.CUTOFF for sale in last}
        left = iter([sale for sale in fit if sale.number not in found])
        for kind, rate, least in _SLIPS:
            for _ in range(max(least, len(fit) * rate // 10_000)):
                sale = next(left, None)
                if sale is not None:
                    found[sale.number] = kind
        return found

    def _sale(self, sale: Sale, slip: AnomalyKind | None, *, cites: bool) -> None:
        """A sale of one tender, and the truth about it."""
        kind, day = sale.tenders[0].kind, self._clock.day(sale.at)
        source, cited = self._paid[kind][sale.number]
        name, typed = RECONCILIATION[kind], sale.minor
        if slip is AnomalyKind.MISSING:
            note = f"Order {sale.name} is not booked."
            self._draft.wrong(slip, name, source=[source], difference=-sale.minor, note=note)
            return
        if slip in (AnomalyKind.MISTYPED_AMOUNT, AnomalyKind.TRANSPOSED):
            typed = (mistype if slip is AnomalyKind.MISTYPED_AMOUNT else transpose)(sale.minor, self._slip)
        if slip is AnomalyKind.MISTYPED_REFERENCE:
            cited, cites = mistype_reference(cited, self._slip), True
        if slip is AnomalyKind.CUTOFF:
            day = self._clock.last + timedelta(days=1 + self._slip.randrange(2))
        if slip is AnomalyKind.MISDATED:
            day = self._other_day(day)
        memo = f"{'Paystack' if kind == 'card' else 'M-Pesa'} {cited}" if cites else ""
        lines = [(self._receipt(sale, day, typed, memo), 0)]
        if slip is AnomalyKind.DOUBLED:
            lines.append((self._receipt(sale, day, typed, memo), 0))
        provable = slip in (None, AnomalyKind.MISDATED)
        self._draft.group(name, "charge", [source], lines, provable=provable)
        if slip is not None:
            booked = 0 if day > self._clock.last else typed * len(lines)
            note = f"Order {sale.name}: {slip.value.replace('_', ' ')}, {booked} booked for {sale.minor} (cents)."
            difference = booked - sale.minor
            self._draft.wrong(slip, name, source=[source], ledger=lines, difference=difference, note=note)

    def _other_day(self, day: date) -> date:
        """Some days away, in the month."""
        shift = 4 + self._slip.randrange(6)
        return day - timedelta(days=shift) if day.day > shift else day + timedelta(days=shift)

    def _receipt(self, sale: Sale, day: date, minor: int, memo: str) -> str:
        tax = minor * _VAT_PER_116 // 116
        account = CLEARING[sale.tenders[0].kind]
        postings = [(account, minor, ""), ("sales", tax - minor, "Coffee"), ("sales_tax", -tax, "VAT 16 %")]
        return self._draft.book(
            "SalesReceipt", day, postings, number=sale.name, memo=memo or "Sale", counterparty=sale.customer
        )

    def _split(self, sale: Sale) -> None:
        """Two tenders of one order, in one entry whose lines cite each payment."""
        postings: list[Posting] = []
        for tender in sale.tenders:
            cited = self._paid[tender.kind][sale.number][1]
            postings.append((CLEARING[tender.kind], tender.minor, f"Split tender {sale.name} {cited}"))
        tax = sale.minor * _VAT_PER_116 // 116
        postings += [("sales", tax - sale.minor, "Coffee"), ("sales_tax", -tax, "VAT 16 %")]
        key = self._draft.book("JournalEntry", self._clock.day(sale.at), postings, memo="Split tender")
        for line, tender in enumerate(sale.tenders, start=1):
            source = self._paid[tender.kind][sale.number][0]
            self._draft.group(RECONCILIATION[tender.kind], "charge", [source], [(key, line)])

    def reversals(self, history: WalletHistory, kind: str) -> None:
        """Money that went back to a customer's phone; every third time nobody noticed."""
        for number, (sale, row) in enumerate(history.reversed):
            if not self._clock.in_month(row.at):
                continue
            source, minor = (STATEMENT, row.receipt), -row.minor
            if number % 3 == 1:
                note = f"The reversal {row.receipt} of order {sale.name} is not booked."
                self._draft.wrong(
                    AnomalyKind.MISSING, RECONCILIATION[kind], source=[source], difference=minor, note=note
                )
                continue
            text = f"Reversal order {sale.name}"
            postings = [("refunds", minor, text), (CLEARING[kind], -minor, text)]
            key = self._draft.book("JournalEntry", self._clock.day(row.at), postings, memo=f"M-Pesa {row.receipt}")
            self._draft.group(RECONCILIATION[kind], "refund", [source], [(key, 2)])

    def refunds(self, account: PaystackAccount) -> None:
        """Card refunds; every fifth is forgotten, and so is the lost dispute."""
        for number, one in enumerate(account.given_back):
            if not self._clock.in_month(one.at):
                continue
            refund, source = one.refund, ("refunds", str(one.refund["id"]))
            disputed = refund["dispute"] is not None
            if disputed or number % 5 == 3:
                kind = AnomalyKind.CHARGEBACK_UNBOOKED if disputed else AnomalyKind.MISSING
                note = f"What went back for order {one.charged.sale.name} is not booked."
                difference = refund["amount"]
                self._draft.wrong(kind, model.PAYSTACK_BALANCE, source=[source], difference=difference, note=note)
                continue
            text = f"Refund order {one.charged.sale.name}"
            postings = [("refunds", refund["amount"], text), ("paystack_clearing", -refund["amount"], text)]
            memo = f"Paystack refund {refund['id']}"
            key = self._draft.book("JournalEntry", self._clock.day(one.at), postings, memo=memo)
            self._draft.group(model.PAYSTACK_BALANCE, "refund", [source], [(key, 2)])

    def fees(self, kind: str, legs: Iterable[tuple[SourceRef, date, int]]) -> None:
        """One entry a day with all its charges; one day is forgotten, one is mistyped. `legs`: ref, day, cost."""
        by_day: dict[date, list[tuple[SourceRef, int]]] = {}
        for ref, day, minor in legs:
            by_day.setdefault(day, []).append((ref, minor))
        draw = stream(self._seed, f"nairobi fees {kind}")
        odd = draw.sample(sorted(by_day), 2) if len(by_day) > 3 else []
        for day in sorted(by_day):
            refs, total = [ref for ref, _ in by_day[day]], sum(minor for _, minor in by_day[day])
            name, typed = RECONCILIATION[kind], total
            if odd and day == odd[0]:
                note = f"The {FEE_TEXT[kind]} of {day} are not booked."
                self._draft.wrong(AnomalyKind.FEES_MISSING, name, source=refs, difference=total, note=note)
                continue
            if odd and day == odd[1]:
                typed = mistype(total, draw)
            text = f"{FEE_TEXT[kind]} {day}"
            key = self._draft.book("JournalEntry", day, [("fees", typed, text), (CLEARING[kind], -typed, text)])
            self._draft.group(name, "fees_day" if len(refs) > 1 else "fee", refs, [(key, 2)], provable=typed == total)
            if typed != total:
                note = f"The {FEE_TEXT[kind]} of {day}: {typed} booked for {total} (cents)."
                difference = total - typed
                self._draft.wrong(
                    AnomalyKind.FEES_WRONG, name, source=refs, ledger=[(key, 2)], difference=difference, note=note
                )

    def withdrawals(self, history: WalletHistory, bank: NairobiBank) -> None:
        """What went from M-PESA to the bank, booked when it arrives."""
        words, clearing, name = _TO_BANK[history.code]
        for row, arrival in history.withdrawals:
            if arrival < self._clock.first:
                continue
            source = (STATEMENT, row.receipt)
            if arrival > self._clock.last:
                self._in_transit(name, source, -row.minor, f"Withdrawal {row.receipt}")
                continue
            key = self._deposit(arrival, -row.minor, clearing, f"{words} settlement {row.receipt}")
            self._draft.group(name, "payout", [source], [(key, 1)])
            self._draft.group(model.BANK, "bank", [bank.row_of[row.receipt]], [(key, 0)])

    def settlements(self, account: PaystackAccount, bank: NairobiBank) -> None:
        """What Paystack paid out, booked when it arrives; one is forgotten, one has two digits swapped."""
        arrived = [one for one in account.settled if self._clock.first <= one.arrival <= self._clock.last]
        within = [one for one in arrived if self._clock.in_month(one.at)]
        forgotten = within[len(within) // 3] if len(within) > 3 else None
        swapped = within[len(within) * 2 // 3] if len(within) > 3 else None
        for one in arrived:
            identity = str(one.settlement["id"])
            if one is forgotten:
                self._note_settlement(AnomalyKind.PAYOUT_UNBOOKED, one, bank, None, one.minor)
                continue
            typed = transpose(one.minor, self._slip) if one is swapped else one.minor
            key = self._deposit(one.arrival, typed, "paystack_clearing", f"Paystack settlement {identity}")
            for name, source, line in _settlement_rows(one, bank, key):
                self._draft.group(name, "payout", [source], [line], provable=typed == one.minor)
            if typed != one.minor:
                self._note_settlement(AnomalyKind.TRANSPOSED, one, bank, key, one.minor - typed)
        for one in account.settled:
            if one.arrival > self._clock.last:
                identity = str(one.settlement["id"])
                self._in_transit(model.PAYSTACK_BALANCE, ("settlements", identity), one.minor, f"Settlement {identity}")
                self._in_transit(
                    model.PAYSTACK_SETTLEMENTS,
                    ("settlements", f"{identity}:bank"),
                    -one.minor,
                    f"Settlement {identity}",
                )

    def other(self, bank: NairobiBank) -> None:
        """The courier's cash, rent and wages; the bank's own charges nobody booked."""
        for one in bank.remittances:
            net, text = one.gross - one.commission, f"Piki Couriers COD remittance {one.day}"
            postings = [("bank", net, text), ("courier", -one.gross, text), ("delivery", one.commission, text)]
            key = self._draft.book("Deposit", one.day, postings, memo=text)
            self._draft.group(model.BANK, "bank", [bank.row_of[f"cod {one.day}"]], [(key, 0)])
        for row in bank.rows:
            for role in ("rent", "wages"):
                if bank.row_of[role] == ("statement", row.id):
                    text = f"{role.title()} {row.date:%m/%Y}"
                    key = self._draft.book(
                        "JournalEntry", row.date, [(role, -row.minor, text), ("bank", row.minor, text)]
                    )
                    self._draft.group(model.BANK, "bank", [bank.row_of[role]], [(key, 2)])
        charges = bank.minor_of["charges"]
        self._draft.wrong(
            AnomalyKind.BANK_FEE_UNBOOKED,
            model.BANK,
            source=[bank.row_of["charges"]],
            difference=-charges,
            note="The bank's own charges are not booked.",
        )

    def _deposit(self, day: date, minor: int, clearing: str, text: str) -> str:
        return self._draft.book("Deposit", day, [("bank", minor, text), (clearing, -minor, text)], memo=text)

    def _in_transit(self, name: str, source: SourceRef, difference: int, what: str) -> None:
        note = f"{what} is on its way to the bank."
        self._draft.wrong(AnomalyKind.IN_TRANSIT, name, source=[source], difference=difference, note=note)

    def _note_settlement(self, kind: AnomalyKind, one: Settled, bank: NairobiBank, key: str | None, less: int) -> None:
        """`less`: by how much the books fall short of the settlement."""
        for name, source, line in _settlement_rows(one, bank, key or ""):
            difference = less if name == model.PAYSTACK_BALANCE else -less
            note = f"Settlement {one.settlement['id']}: {less} cents not booked."
            self._draft.wrong(
                kind, name, source=[source], ledger=[line] if key else [], difference=difference, note=note
            )


def _settlement_rows(one: Settled, bank: NairobiBank, key: str) -> list[tuple[str, SourceRef, LedgerRef]]:
    identity = str(one.settlement["id"])
    return [
        (model.PAYSTACK_BALANCE, ("settlements", identity), (key, 1)),
        (model.PAYSTACK_SETTLEMENTS, ("settlements", f"{identity}:bank"), (key, 0)),
        (model.BANK, bank.row_of[identity], (key, 0)),
    ]
