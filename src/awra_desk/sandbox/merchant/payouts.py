"""Daily automatic payouts: each sweeps what is available, arrives two days later, and one fails and is retried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter

from awra_desk.sandbox.merchant.clock import DAY, SATURDAY, bank_day, utc_midnight
from awra_desk.sandbox.merchant.ids import stream
from awra_desk.sandbox.merchant.model import Json
from awra_desk.sandbox.merchant.movements import Journal

_HOUR_OF_DAY = 9 * 3_600
_FAILURE_AFTER = 2 * 3_600
_ROOM_FOR_RETRY = timedelta(days=4)  # a weekend and a working day
_CAUSE = "The bank account details on file are probably incorrect. Your bank could not process this payout."


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A payout with its members (balance transactions, its own row left out).

    Attributes:
        arrival: the day the money is at the bank; never, if `failure` is set.
        failure: the balance transaction that brought the money back; None unless it failed.
        retry: whether it sends out again what an earlier one failed to deliver.
    """

    payout: Json
    transaction: Json
    members: tuple[str, ...]
    created: int
    arrival: date
    failure: Json | None
    retry: bool

    @property
    def minor(self) -> int:
        return int(self.payout["amount"])


def pay_out(journal: Journal, seed: int) -> list[PaidOut]:
    """Sweep every working day of run-up and month. The journal must already hold everything else that happened."""
    clock = journal.clock
    waiting = sorted(journal.transactions, key=itemgetter("created", "id"))
    draw = stream(seed, "payouts")
    fails_from = clock.first + timedelta(days=6 + draw.randrange(10))
    found: list[PaidOut] = []
    failed: PaidOut | None = None
    for day in clock.days:
        instant = clock.at(day, _HOUR_OF_DAY + draw.randrange(600))
        if day.weekday() >= SATURDAY:
            continue
        if failed is not None and failed.failure is not None and failed.failure["created"] < instant:
            amount, again = failed.minor, (failed.failure["id"],)
            found.append(_payout(journal, amount, again, instant + 60, day, retry=True))
            failed = None
        due = [row for row in waiting if row["available_on"] <= utc_midnight(instant) and row["created"] < instant]
        amount = sum(row["net"] for row in due)
        if amount <= 0:
            continue
        taken = {row["id"] for row in due}
        waiting = [row for row in waiting if row["id"] not in taken]
        paid = _payout(journal, amount, tuple(row["id"] for row in due), instant, day)
        if day >= fails_from and paid.arrival + _ROOM_FOR_RETRY <= clock.last:
            paid = failed = _fail(journal, paid)
            fails_from = date.max
        found.append(paid)
    return found


def _payout(
    journal: Journal, amount: int, members: tuple[str, ...], created: int, day: date, *, retry: bool = False
) -> PaidOut:
    clock = journal.clock
    arrival = bank_day(day + timedelta(days=2))
    arrives = int(datetime(arrival.year, arrival.month, arrival.day, tzinfo=UTC).timestamp())
    payout_id = journal.ids.new("po")
    transaction = journal.move(
        ("payout", "payout"), -amount, created, available_on=arrives, source=payout_id, description="STRIPE PAYOUT"
    )
    paid = arrival <= clock.last
    payout: Json = {
        "id": payout_id,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrives,
        "automatic": True,
        "balance_transaction": transaction["id"],
        "created": created,
        "currency": "usd",
        "description": "STRIPE PAYOUT",
        "destination": f"ba_{journal.ids.account}",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "paid" if paid else "in_transit",
        "trace_id": {"status": "supported" if paid else "pending", "value": payout_id[-12:].upper() if paid else None},
        "type": "bank_account",
    }
    if paid:
        journal.tell("payout.paid", min(arrives + DAY // 2, clock.now), payout)
    return PaidOut(payout, transaction, members, created, arrival, None, retry)


def _fail(journal: Journal, paid: PaidOut) -> PaidOut:
    """The bank refuses the money on the arrival day: it returns to the balance in its own row."""
    instant = journal.clock.at(paid.arrival, _HOUR_OF_DAY + _FAILURE_AFTER)
    failure = journal.move(
        ("payout_failure", "payout_reversal"),
        paid.minor,
        instant,
        available_on=instant,
        source=paid.payout["id"],
        description="STRIPE PAYOUT FAILURE",
    )
    paid.payout.update(
        status="failed",
        failure_balance_transaction=failure["id"],
        failure_code="could_not_process",
        failure_message=_CAUSE,
        trace_id={"status": "unsupported", "value": None},
    )
    journal.first_event[paid.payout["id"]] |= {"type": "payout.failed", "created": instant}
    return replace(paid, failure=failure)
