"""What follows from the cafés' sales at Square: payments, refunds, disputes, and payouts of each location every bank
day, one of which the bank returns, one is paid out at once, and one is a withdrawal.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.merchant.clock import DAY, Clock, bank_day
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.square import objects
from awra_desk.sandbox.square.model import CafeSpec, SquareBooks
from awra_desk.sandbox.square.objects import Cafe, moment
from awra_desk.sandbox.square.sales import (
    CARD,
    CASH,
    EXTERNAL,
    GIFT,
    LATER,
    WALLET,
    Sale,
    make_cafes,
    make_sales,
    new_id,
)

_FEES_AFTER = 2 * 3600
_PAID_AT = 3 * 3600 + 600
_DISPUTED, _WON, _LOST = 2, "WON", "LOST"
_BRANDS = ("VISA", "MASTERCARD", "AMERICAN_EXPRESS", "DISCOVER")
_CLOSING_CHARGE = 21_000
_INSTANT, _INSTANT_FEE = 15_000, 263
_SUBSCRIPTION = 6_000


@dataclass(frozen=True, slots=True)
class _Move:
    """Something that moves a location's balance."""

    cafe: Cafe
    at: int
    entry: Json


@dataclass(slots=True)
class _Account:
    books: SquareBooks
    clock: Clock
    draw: random.Random
    moves: list[_Move] = field(default_factory=list)
    paid: list[tuple[Sale, Json, int]] = field(default_factory=list)
    numbers: int = 0

    def move(self, cafe: Cafe, at: int, kind: str, gross: int, fee: int = 0, **details: str) -> None:
        identity = f"poe_{new_id(self.draw, 26)}"
        self.moves.append(_Move(cafe, at, objects.entry(identity, kind, at, gross, fee, **details)))

    def payout(self, cafe: Cafe, at: int, minor: int, **fields: object) -> Json:
        self.numbers += 1
        code = f"{self.draw.getrandbits(128):032x}"
        identity = f"po_{code[:8]}-{code[8:12]}-{code[12:16]}-{code[16:20]}-{code[20:]}"
        arrival = bank_day(self.clock.day(at) + timedelta(days=1))
        row = objects.payout(identity, cafe, at, minor, arrival=arrival, number=self.numbers, **fields)
        if row["status"] == "SENT" and arrival <= self.clock.last:
            row |= {"status": "PAID", "updated_at": moment(at + 20 * 3600), "version": 2}
        self.books.payouts.append(row)
        self.books.payout_entries[identity] = []
        return row


def simulate_cafes(spec: CafeSpec) -> SquareBooks:
    """The whole month.

    Raises:
        UsageError: the month is not one.
    """
    clock, cafes = Clock(spec.period, spec.zone), make_cafes(spec)
    books = SquareBooks(spec, clock.now, cafes[0].id)
    books.locations = [
        objects.location(cafe, clock.start - 400 * DAY) for cafe in sorted(cafes, key=lambda one: one.name)
    ]
    account = _Account(books, clock, stream(spec.seed, "cafe account"))
    for sale in make_sales(spec, clock, cafes):
        _pay(account, sale)
    _give_back(account)
    _dispute(account, cafes)
    for cafe in cafes:
        _pay_out(account, cafe)
    books.payouts.sort(key=lambda row: (row["created_at"], row["id"]))
    for rows in (books.payments, books.refunds, books.disputes):
        rows.sort(key=lambda row: (row["created_at"], row["id"]))
    return books


def _pay(account: _Account, sale: Sale) -> None:
    """The payment, and what it adds to the balance once it is captured."""
    at, total = sale.at, sale.amount + sale.tip
    settles = sale.tender in (CARD, WALLET, LATER)
    waits = settles and sale.number % 7 == 3 and at + DAY > account.clock.now
    fee = _fee(total, online=sale.online) if settles else 0
    row = _payment(sale, state="FAILED" if sale.failed else "AUTHORIZED" if waits else "CAPTURED")
    account.books.payments.append(row)
    if sale.failed or waits:
        row["status"] = "FAILED" if sale.failed else "APPROVED"
        return
    account.paid.append((sale, row, fee))
    if not settles:
        return
    if at + _FEES_AFTER <= account.clock.now:
        row["processing_fee"] = [objects.processing_fee(fee, at + _FEES_AFTER)]
        row["updated_at"] = moment(at + _FEES_AFTER)
    account.move(sale.cafe, at + 1, "CHARGE", total, fee, payment_id=sale.id)
    if sale.online:
        row["app_fee_money"] = objects.money(total // 50)
        account.move(sale.cafe, at + 2, "THIRD_PARTY_FEE", -(total // 50), payment_id=sale.id)


def _payment(sale: Sale, *, state: str) -> Json:
    """The payment's object."""
    total = objects.money(sale.amount + sale.tip)
    brand = "SQUARE_GIFT_CARD" if sale.tender == GIFT else _BRANDS[sale.number % len(_BRANDS)]
    card = {"card_details": objects.card_details(brand, sale.at, state=state)}
    how: Json = {
        CARD: card,
        GIFT: card,
        WALLET: {"wallet_details": {"status": "CAPTURED", "brand": "CASH_APP"}},
        LATER: {"buy_now_pay_later_details": {"brand": "AFTERPAY"}},
        CASH: {"cash_details": {"buyer_supplied_money": total, "change_back_money": objects.money(0)}},
        EXTERNAL: {"external_details": {"type": "FOOD_DELIVERY_SERVICE", "source": "Dashing Deliveries"}},
    }[sale.tender]
    if sale.online:
        how["application_details"] = {"square_product": "ONLINE_STORE"}
        how["reference_id"] = f"KC-{20_000 + sale.number}"
        how["buyer_email_address"] = f"guest{sale.number % 97}@example.com"
    tender = CARD if sale.tender == GIFT else sale.tender
    return objects.payment(sale.id, sale.cafe, sale.at, tender, sale.amount, sale.tip, order_id=sale.order, **how)


def _fee(total: int, *, online: bool) -> int:
    """Square's published rates for the US: 2.6 % and 10 cents over the counter, 2.9 % and 30 cents online."""
    return (total * 29 + 500) // 1000 + 30 if online else (total * 26 + 500) // 1000 + 10


def _give_back(account: _Account) -> None:
    """Some payments are refunded, in part every third time; the last refund waits, another one failed."""
    clock, number = account.clock, 0
    for place, (sale, row, fee) in enumerate(account.paid):
        at = sale.at + (1 + place % 4) * DAY + 1800
        if place % 13 != 6 or at > clock.now - 3600:
            continue
        total = row["total_money"]["amount"]
        minor = total // 2 if number % 3 == 2 else total
        identity = f"{sale.id}_{new_id(account.draw, 40)}"
        waits, failed = at > clock.now - 3 * DAY, number == 4
        status = "PENDING" if waits else "FAILED" if failed else "COMPLETED"
        back = objects.refund(identity, row, at, minor, status, row["source_type"])
        number += 1
        account.books.refunds.append(back)
        if status != "COMPLETED":
            continue
        row |= {"refunded_money": objects.money(minor), "refund_ids": [identity], "updated_at": moment(at + 40)}
        if fee:
            kept = 0 if number % 2 else -(fee * minor // total)
            if kept:
                back["processing_fee"] = [objects.processing_fee(kept, at + 60)]
            account.move(sale.cafe, at + 40, "REFUND", -minor, kept, payment_id=sale.id, refund_id=identity)


def _dispute(account: _Account, cafes: tuple[Cafe, ...]) -> None:
    """Two cardholders dispute: one loses, one wins. The closed café is charged for something when its balance is empty,
    so Square takes it from the bank.
    """
    clock = account.clock
    whole = [(sale, row) for sale, row, fee in account.paid if fee and "refunded_money" not in row]
    later = [pair for pair in whole if clock.start < pair[0].at < clock.now - 8 * DAY and pair[0].cafe.open]
    for number, (sale, row) in enumerate(later[3 : 3 + _DISPUTED]):
        at, decided = sale.at + 2 * DAY, sale.at + 7 * DAY
        state, minor, identity = (_WON, _LOST)[number], row["total_money"]["amount"], new_id(account.draw, 21)
        account.books.disputes.append(objects.dispute(identity, row, at, decided, state))
        account.move(sale.cafe, at, "OPEN_DISPUTE", -minor, payment_id=sale.id, dispute_id=identity)
        if state == _WON:
            account.move(sale.cafe, decided, "DISPUTE", minor, payment_id=sale.id, dispute_id=identity)
    account.move(cafes[-1], clock.at(clock.first + timedelta(days=9), 40_000), "OTHER_ADJUSTMENT", -_CLOSING_CHARGE)
    account.move(cafes[0], clock.at(clock.first + timedelta(days=14), 30_000), "SUBSCRIPTION_FEE", -_SUBSCRIPTION)


def _pay_out(account: _Account, cafe: Cafe) -> None:
    """Every bank day at night, what moved the balance of the location until the evening before."""
    clock, returned = account.clock, False
    for number, day in enumerate(clock.days):
        at = clock.at(day, _PAID_AT)
        if bank_day(day) != day or at > clock.now:
            continue
        due = sorted((move for move in account.moves if move.cafe == cafe and move.at < clock.at(day, 0)),
                     key=lambda move: (move.at, move.entry["id"]))  # fmt: skip
        minor = sum(move.entry["net_amount_money"]["amount"] for move in due)
        if not minor:
            continue
        account.moves = [move for move in account.moves if move not in due]
        failed = not returned and cafe.id == account.books.main and day > clock.first + timedelta(days=5) and minor > 0
        row = account.payout(cafe, at, minor)
        account.books.payout_entries[row["id"]] = [move.entry | {"payout_id": row["id"]} for move in due]
        if failed:
            returned, back = True, at + 2 * DAY
            row |= {"status": "FAILED", "updated_at": moment(back), "version": 3}
            account.move(cafe, back, "RETURNED_PAYOUT", minor)
        if number == len(clock.days) // 2 and cafe.id != account.books.main and cafe.open:
            _pay_at_once(account, cafe, clock.at(day, 50_000))


def _pay_at_once(account: _Account, cafe: Cafe, at: int) -> None:
    """An instant transfer to a debit card: a payout of its own without entries, and an entry of the next one."""
    fee = {"amount_money": objects.money(_INSTANT_FEE), "effective_at": moment(at), "type": "TRANSFER_FEE"}
    row = account.payout(cafe, at, _INSTANT, type="SIMPLE", payout_fee=[fee], status="PAID",
                         destination={"type": "CARD", "id": "ccof:ZPp3oedR3AeEUNd3z7"})  # fmt: skip
    account.move(cafe, at, "MONEY_TRANSFER", -_INSTANT)
    account.move(cafe, at + 1, "DEPOSIT_FEE", -_INSTANT_FEE, payout_id=row["id"])
