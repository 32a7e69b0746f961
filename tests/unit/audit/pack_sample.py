"""A made-up month big enough to try the audit pack on; every figure follows from its rows."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np

from awra_desk.audit import chain
from awra_desk.audit.pack import Attempt, AuditPack, ReconciliationPack, SidePack, SourcePack
from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.dates import Period
from awra_desk.domain.decisions import Decision, DecisionKind, decision_id
from awra_desk.domain.entries import Account, Approval, Entry, EntryLine, StagedWrite, WriteState
from awra_desk.domain.exception_items import Comment, ExceptionItem, ExceptionState, Severity
from awra_desk.domain.reasons import Reason
from awra_desk.domain.reconciliations import ChannelRule, Reconciliation, Scope, SideSpec
from awra_desk.domain.records import Reject
from awra_desk.domain.runs import ItemCategory, ReconcilingItem, RunSummary, SideTotals, Statement
from awra_desk.domain.trail import GENESIS, TrailEntry
from awra_desk.ledger.staging import digest
from awra_desk.ports.columns import Table, table
from awra_desk.ports.schemas import MATCH_MEMBERS, OPEN_ITEMS, TRANSACTIONS
from awra_desk.services.remedy import stored_remedy

CANDIDATES = (
    '[{"id":"quickbooks/sales_receipts/9001:0","failed_gate":"date","by_how_much":"3 days","then":"confirmed",'
    '"changes":[{"kind":"after_days","value":"6"}]}]'
)
COMPANY = "Kilimani Roasters US Inc."
PERIOD = Period.month("2026-10")
NOW = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
DIGEST = "9f" * 32

Text = Callable[[str], str]


def plain(text: str) -> str:
    """Texts as they are."""
    return text


@dataclass
class _Books:
    """Rows, matches and items while they are made up."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=lambda: {"source": [], "ledger": []})
    members: list[dict[str, object]] = field(default_factory=list)
    open: list[dict[str, object]] = field(default_factory=list)
    items: list[ReconcilingItem] = field(default_factory=list)


def reconciliation_pack(
    name: str = "Stripe balance",
    *,
    orders: int = 300,
    currency: str = "USD",
    seed: int = 1,
    text: Text = plain,
    sign: int = 1,
) -> ReconciliationPack:
    """One reconciliation with matches 1:1 and N:1, differences, suggestions, cut-off, missing and opening items.

    Args:
        text: applied to every free text (descriptions, names, references), so that tests can put hostile ones there.
    """
    rng, books = random.Random(seed), _Books()
    for number in range(orders):
        _order(books, rng, number, currency, text)
    _daily_fees(books, rng, currency, text)
    _opening(books, currency, text)
    openings = {"source": 1_234_56, "ledger": 1_184_56}
    source, ledger = (_side(books.rows[name], sign if name == "source" else 1) for name in ("source", "ledger"))
    spec = Reconciliation(
        company=COMPANY,
        name=name,
        currency=currency,
        zone="America/New_York",
        source=SideSpec(
            "stripe",
            ("balance_transactions",),
            "",
            sign=sign,
            channels=(ChannelRule("stripe-fees", kinds=("fee", "tax")),),
        ),
        ledger=SideSpec("quickbooks", (), "1150", scope=Scope("stripe", "other lines of the bank account")),
        tolerance_minor=2,
        percent=Decimal("0.5"),
        owner="wanjiru",
    )
    statement = Statement(
        company=COMPANY,
        reconciliation=name,
        currency=currency,
        period=PERIOD,
        source=_totals(source, openings["source"]),
        ledger=_totals(ledger, openings["ledger"]),
        items=tuple(sorted(books.items, key=lambda item: (item.category, item.day, item.side, item.record_id))),
    )
    members = _table(
        MATCH_MEMBERS, sorted(books.members, key=lambda row: (row["match_id"], row["side"] != "source", row["id"]))
    )
    confirmed = len({row["match_id"] for row in books.members if row["status"] == "confirmed"})
    suggested = len({row["match_id"] for row in books.members if row["status"] == "suggested"})
    run = RunSummary(
        COMPANY, name, str(PERIOD), NOW, DIGEST, DIGEST[::-1], "rules-3f2a", confirmed, suggested, len(books.open)
    )
    rules = (("Confirm floor", "0.900"), ("Passes", "keys, batch, contra, tolerance, groups, fuzzy"))
    return ReconciliationPack(spec, statement, source, ledger, members, _table(OPEN_ITEMS, books.open), run, rules,
                              remedy=stored_remedy)  # fmt: skip


def _order(books: _Books, rng: random.Random, number: int, currency: str, text: Text) -> None:
    """A sale: most are booked, some late, wrong, twice or not at all."""
    day = PERIOD.first + timedelta(days=rng.randrange(31))
    minor = rng.randrange(500, 90_000)
    words, key = text(f"Order #{1000 + number}"), f"txn_{number:06d}"
    sale = _row("stripe", "balance_transactions", key, "charge", day, minor, currency, words, text)
    books.rows["source"].append(sale)
    fate = number % 40
    if fate == 7:
        _leave_open(books, "source", sale, ItemCategory.MISSING_IN_LEDGER, Reason.MISSING_IN_LEDGER)
        return
    booked = minor + (2 if fate == 9 else 0)
    late = fate == 11 and day + timedelta(days=5) > PERIOD.last
    posted = day + timedelta(days=5 if late else 0)
    words, key = text(f"Stripe sale {1000 + number}"), f"{9000 + number}:0"
    line = _row("quickbooks", "sales_receipts", key, "ledger_line", posted, booked, currency, words, text)
    books.rows["ledger"].append(line)
    rule, status = "keys" if number % 3 else "tolerance", "suggested" if fate == 13 else "confirmed"
    _match(books, f"m-{number:06d}", [("source", sale), ("ledger", line)], status, rule)
    if fate == 13:
        books.items += [_item(ItemCategory.SUGGESTED, "source", sale), _item(ItemCategory.SUGGESTED, "ledger", line)]
    elif fate == 9:
        category, words = ItemCategory.MATCHED_DIFFERENCE, "difference inside the match"
        books.items.append(ReconcilingItem(category, "ledger", str(line["id"]), day, 2, words))
    elif late:
        words = "booked after the period's end"
        books.items.append(ReconcilingItem(ItemCategory.CUT_OFF, "source", str(sale["id"]), day, -minor, words))
    elif fate == 21:
        _book_again(books, number, line, text)


def _book_again(books: _Books, number: int, line: dict[str, object], text: Text) -> None:
    """The bookkeeper's second entry of the same sale."""
    twin = {**line, "id": f"quickbooks/journal_entries/{50_000 + number}:1", "stream": "journal_entries"}
    twin["description"] = text("booked twice")
    books.rows["ledger"].append(twin)
    _leave_open(books, "ledger", twin, ItemCategory.MISSING_IN_SOURCE, Reason.DUPLICATE)


def _daily_fees(books: _Books, rng: random.Random, currency: str, text: Text) -> None:
    """Fees of a day met by one ledger line: N:1."""
    for offset in range(0, 31, 2):
        day = PERIOD.first + timedelta(days=offset)
        fees = [
            _row(
                "stripe",
                "balance_transactions",
                f"txn_fee_{offset:02d}_{n}",
                "fee",
                day,
                -rng.randrange(30, 900),
                currency,
                text("Fee"),
                text,
            )
            for n in range(4)
        ]
        total = sum(int(str(fee["amount"])) for fee in fees)
        line = _row(
            "quickbooks",
            "journal_entries",
            f"{70_000 + offset}:2",
            "ledger_line",
            day,
            total,
            currency,
            text(f"Stripe fees {day}"),
            text,
        )
        books.rows["source"] += fees
        books.rows["ledger"].append(line)
        _match(
            books,
            f"m-fee-{offset:02d}",
            [*(("source", fee) for fee in fees), ("ledger", line)],
            "confirmed",
            "groups",
            "N:1",
        )


def _opening(books: _Books, currency: str, text: Text) -> None:
    """An item open since before the take-on."""
    day = PERIOD.first - timedelta(days=40)
    row = _row("stripe", "opening", "take-on-1", "adjustment", day, 50_00, currency, text("take-on item"), text)
    books.rows["source"].append({**row, "opening": True})
    _leave_open(books, "source", row, ItemCategory.OPENING, Reason.MISSING_IN_LEDGER)


def _row(
    source: str, stream: str, key: str, kind: str, day: date, minor: int, currency: str, words: str, text: Text
) -> dict[str, object]:
    return {
        "id": f"{source}/{stream}/{key}",
        "company": COMPANY,
        "source": source,
        "stream": stream,
        "external_id": key,
        "occurrence": 1,
        "kind": kind,
        "occurred_at": datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC),
        "booking_date": day,
        "amount": minor,
        "currency": currency,
        "settlement_amount": 0,
        "settlement_currency": "",
        "book_amount": 0,
        "book_currency": "",
        "fx_rate": "",
        "fee": 0,
        "tax": 0,
        "net": minor,
        "batch": "po_1" if source == "stripe" else "",
        "references": text(f"ch_{key}\n#{key}"),
        "counterparty": text("Amina Ødegård"),
        "description": words,
        "account": "1150" if source == "quickbooks" else "",
        "dimensions": "{}",
        "status": "posted",
        "raw_id": f"{source}/{stream}/{key}@0123456789abcdef",
        "contract": "contract-1@abcd",
    }


def _match(
    books: _Books, match_id: str, legs: list[tuple[str, dict[str, object]]], status: str, rule: str, shape: str = "1:1"
) -> None:
    why = json.dumps({"pass": rule, "gates": {"amount": 0, "days": 1}})
    for side, row in legs:
        books.members.append(
            {
                "match_id": match_id,
                "side": side,
                "id": row["id"],
                "allocated": row["amount"],
                "currency": row["currency"],
                "status": status,
                "score": 0.987 if status == "confirmed" else 0.71,
                "shape": shape,
                "rule": rule,
                "reason": "" if status == "confirmed" else "AMBIGUOUS",
                "explanation": why,
            }
        )


def _leave_open(books: _Books, side: str, row: dict[str, object], category: ItemCategory, reason: Reason) -> None:
    books.items.append(_item(category, side, row))
    books.open.append(
        {
            "side": side,
            "id": row["id"],
            "amount_open": row["amount"],
            "currency": row["currency"],
            "reason": reason.value,
            "nearest_id": "quickbooks/sales_receipts/9001:0",
            "failed_gate": "date",
            "by_how_much": "3 days",
            "candidates": CANDIDATES,
        }
    )


def _item(category: ItemCategory, side: str, row: dict[str, object]) -> ReconcilingItem:
    minor, day = row["amount"], row["booking_date"]
    assert isinstance(minor, int)
    assert isinstance(day, date)
    return ReconcilingItem(
        category, side, str(row["id"]), day, minor if side == "ledger" else -minor, str(row["description"])
    )


def _side(rows: list[dict[str, object]], sign: int) -> SidePack:
    rows = sorted(rows, key=lambda row: str(row["id"]))
    made = _table(TRANSACTIONS, rows)
    return SidePack(
        made.with_columns(amount=made["amount"] * sign),
        made["amount"],
        np.array([bool(row.get("opening")) for row in rows]),
    )


def _totals(side: SidePack, opening: int) -> SideTotals:
    days = side.rows["booking_date"]
    inside = (days <= np.datetime64(PERIOD.last)) & ~side.opening_item
    moved = int(side.minor[inside].sum())
    return SideTotals(opening, moved, opening + moved)


def _table(schema: dict[str, str], rows: list[dict[str, object]]) -> Table:
    return table(schema, {name: [row[name] for row in rows] for name in schema})


def audit_pack(*packs: ReconciliationPack, text: Text = plain, currency: str = "USD", writes: int = 6) -> AuditPack:
    """A whole pack around these reconciliations (by default one)."""
    packs = packs or (reconciliation_pack(text=text, currency=currency),)
    staged = [_write(number, currency, text) for number in range(writes)]
    made = [_exception(number, item, currency, text) for number, item in enumerate(packs[0].statement.items)]
    return AuditPack(
        company=COMPANY,
        period=PERIOD,
        zone="America/New_York",
        prepared_by=text("Wanjirũ Kamau"),
        prepared_at=NOW,
        sources=(
            SourcePack(
                "stripe",
                "stripe",
                "api.stripe.com",
                NOW,
                {"raw": 2400, "transactions": 4100, "quarantined": 1, "superseded": 12},
            ),
            SourcePack(
                "quickbooks", "quickbooks", "quickbooks.api.intuit.com", NOW, {"raw": 2300, "transactions": 2290}
            ),
            SourcePack("bank", "statement file", "", None, {}),
        ),
        reconciliations=packs,
        exceptions=made,
        comments=[Comment(made[0].exception_id, "wanjiru", text("Asked the shop."), NOW)] if made else [],
        decisions=[_decision(packs[0], text)],
        writes=staged,
        approvals=[Approval(write.write_id, 1, write.payload_sha256, "otieno", NOW) for write in staged[1:]],
        attempts=[
            Attempt(write.write_id, NOW, "posted", text("written once, read back equal")) for write in staged[1:]
        ],
        control_totals=[
            ControlTotal(
                "stripe", f"payout po_{number}", currency, 10_000 + number, 10_000 + number + (number == 7), NOW
            )
            for number in range(30)
        ],
        rejects=[
            Reject(
                "stripe/charges/ch_1@ab",
                "stripe",
                "charges",
                "ch_1",
                "stripe@1",
                "amount",
                text("12.345"),
                text("Three decimals."),
            )
        ],
        trail=trail(12, text),
        accounts=[("quickbooks", Account("60", "6100", "Payment fees", "Expense", "USD", True))],
        digests=(("Contract stripe", DIGEST),),
    )


def _exception(number: int, item: ReconcilingItem, currency: str, text: Text) -> ExceptionItem:
    evidence = json.dumps(
        {
            "nearest_id": "quickbooks/sales_receipts/9001:0",
            "failed_gate": "date",
            "by_how_much": "3 days",
            "note": text("seen"),
        }
    )
    done = number % 5 == 0
    return ExceptionItem(
        exception_id=f"x-{number:04d}",
        company=COMPANY,
        reconciliation="Stripe balance",
        reason=list(Reason)[number % len(Reason)],
        severity=list(Severity)[number % 4],
        state=ExceptionState.RESOLVED if done else ExceptionState.OPEN,
        members=((item.side, item.record_id),),
        minor=item.minor,
        currency=currency,
        day=item.day,
        due=item.day + timedelta(days=7),
        expected=number % 3 == 0,
        evidence=evidence,
        owner="wanjiru",
        resolution="entry" if done else "",
        resolution_note=text("Corrected by an entry.") if done else "",
        opened_at=NOW,
        resolved_at=NOW if done else None,
    )


def _write(number: int, currency: str, text: Text) -> StagedWrite:
    entry = Entry(
        PERIOD.last,
        currency,
        text(f"Fee correction {number}"),
        (
            EntryLine("60", 1234 + number, text("fee"), (("branch", "Nairobi"),)),
            EntryLine("12", -1000, text("part")),
            EntryLine("12", -234 - number, "rest"),
        ),
    )
    payload = json.dumps({"Line": [number], "PrivateNote": text("note")})
    return StagedWrite(
        write_id=f"w-{number:04d}",
        company=COMPANY,
        target="quickbooks",
        entry=entry,
        reference=f"awra:w-{number:04d}",
        idempotency_key=f"0000-{number}",
        payload=payload,
        payload_sha256=digest(payload),
        state=WriteState.VERIFIED if number else WriteState.DRAFT,
        maker="wanjiru",
        last_editor="wanjiru",
        generation=1,
        mapping_version="1",
        created_at=NOW,
        exception_ids=(f"x-{number:04d}",),
        document_id=str(100 + number) if number else "",
        document_number=f"JE-{number}" if number else "",
        note=text(""),
    )


def _decision(pack: ReconciliationPack, text: Text) -> Decision:
    first = pack.members.take(pack.members["match_id"] == "m-000000")
    members = tuple(sorted(zip(first["side"].tolist(), first["id"].tolist(), strict=True)))
    key = decision_id(pack.spec.name, DecisionKind.MATCH, members, 1)
    return Decision(
        key, COMPANY, pack.spec.name, DecisionKind.MATCH, members, "wanjiru", NOW, text("Seen on the receipt.")
    )


def trail(count: int, text: Text) -> list[TrailEntry]:
    """A whole chain."""
    entries: list[TrailEntry] = []
    previous = GENESIS
    for number in range(1, count + 1):
        at = NOW + timedelta(seconds=number, microseconds=number)
        draft = TrailEntry(
            COMPANY,
            number,
            at,
            "wanjiru",
            "decision.match",
            f"d-{number}",
            {"note": text("why"), "n": str(number)},
            previous,
            "",
        )
        previous = chain.digest(draft)
        entries.append(
            TrailEntry(
                COMPANY, number, at, draft.actor, draft.action, draft.subject, draft.detail, draft.previous, previous
            )
        )
    return entries
