"""Scripted counterparts for use-case tests: a clock that stands still, a source and a ledger in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

from awra_desk.domain.controls import ReportedBalance
from awra_desk.domain.entries import Account, DocumentState, Entry, EntryLine, LedgerDocument
from awra_desk.domain.records import RawRecord, Reject
from awra_desk.normalise import Sentinel, load_contract
from awra_desk.ports.columns import table
from awra_desk.ports.connections import OutcomeUnknown, Page, PostingRefused, TransportError
from awra_desk.ports.schemas import TRANSACTIONS
from awra_desk.services.desk import Mapping

DAY = date(2026, 10, 5)
EVE = date(2026, 9, 30)


class StillClock:
    """Time moves by a second whenever it is looked at, and never otherwise."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 2, 9, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def elapsed(self) -> float:
        return self.at.timestamp()


def row(
    name: str, minor: int, *, kind: str = "charge", day: date = DAY, account: str = "", reference: str = "", **more
) -> dict:
    """One record as the scripted systems hold it."""
    fields = {"kind": kind, "day": day.isoformat(), "minor": minor, "account": account, "reference": reference}
    return {"id": name, **fields, "text": "", "batch": "", **more}


@dataclass
class ScriptedSource:
    """A source over a list of rows; serves pages of two, in order, and reports its own balances."""

    name: str
    stream: str
    rows: list[dict]
    clock: StillClock
    opening: int = 0
    cut_after: int | None = None

    @property
    def streams(self):
        return (self.stream,)

    def pages(self, stream, cursor):
        assert stream == self.stream
        start = int(cursor or 0)
        for number, first in enumerate(range(start, len(self.rows), 2)):
            if number == self.cut_after:
                raise TransportError("the line was cut", kind="unavailable", record=self.name, remedy="Pull again.")
            chunk = self.rows[first : first + 2]
            records = [
                RawRecord(self.name, stream, item["id"], json.dumps(item, sort_keys=True), self.clock.now())
                for item in chunk
            ]
            yield Page(records, str(first + len(chunk)), first + 2 >= len(self.rows))

    def balances(self, days):
        minor = self.opening + sum(item["minor"] for item in self.rows)
        return [ReportedBalance(self.name, "balance", "USD", minor, None, self.clock.now(), "scripted")]


@dataclass
class ScriptedLedger(ScriptedSource):
    """A ledger that keeps posted documents; answers can be lost before or after it acted."""

    lose: str = ""  # "" | "before" | "after" | "unreachable" | "refuse"
    documents: list[LedgerDocument] = field(default_factory=list)
    posts: int = 0

    def balances(self, days):
        found = []
        for account in sorted({item["account"] for item in self.rows} | {"35"}):
            for day in days:
                moved = sum(i["minor"] for i in self.rows if i["account"] == account and i["day"] <= day.isoformat())
                base = self.opening if account == "35" else 0
                found.append(
                    ReportedBalance(self.name, account, "USD", base + moved, day, self.clock.now(), "scripted")
                )
        return found

    def accounts(self):
        return [
            Account(number, number, name, "x", "USD", active=True)
            for number, name in (("35", "Clearing"), ("61", "Fees"))
        ]

    def render(self, entry: Entry, reference: str) -> str:
        lines = [[line.account, line.minor, line.description] for line in entry.lines]
        return json.dumps({"day": entry.day.isoformat(), "memo": entry.memo, "lines": lines, "reference": reference})

    def period_open(self, day):
        return day > EVE

    def find(self, reference):
        return [document for document in self.documents if document.reference == reference]

    def post(self, payload, *, reference, key):
        if self.lose == "unreachable":
            raise TransportError("no route", kind="unavailable", remedy="Try again.")
        if self.lose == "refuse":
            raise PostingRefused("the account is locked", record=reference, remedy="Unlock it.")
        if self.lose == "before":
            raise OutcomeUnknown("no answer", record=reference, remedy="It is looked up next time.")
        self.posts += 1
        body = json.loads(payload)
        lines = tuple(EntryLine(*line) for line in body["lines"])
        number = str(len(self.documents) + 1)
        made = LedgerDocument(
            number, f"JE{number}", DocumentState.POSTED, date.fromisoformat(body["day"]), "USD", reference, lines
        )
        self.documents.append(made)
        for index, line in enumerate(lines):
            facts = {"kind": "ledger_line", "account": line.account, "text": line.description, "day": made.day}
            self.rows.append(row(f"{number}:{index}", line.minor, **facts))
        if self.lose == "after":
            raise OutcomeUnknown("no answer", record=reference, remedy="It is looked up next time.")
        return made

    def read(self, document_id):
        return next(document for document in self.documents if document.document_id == document_id)

    def tamper(self) -> None:
        """Somebody changes the last document in the ledger."""
        last = self.documents[-1]
        self.documents[-1] = replace(last, day=last.day + timedelta(days=1))


@dataclass(frozen=True)
class _Interpreted:
    table: object
    rejects: list


READ = load_contract("""
version = "scripted-1"
[maps.kinds]
charge = "charge"
[streams.balance.common]
occurred_at = { day = "day" }
currency = "USD"
[[streams.balance.legs]]
external_id = "{id}"
kind = { map = "kinds", of = "{kind}" }
amount = { path = "minor", unit = "minor" }
account = "{account}"
[streams.lines]
evidence = "only the sentinel reads this contract"
""")
"""What the scripted mapping reads of the source's rows, for the drift sentinel."""


def mapping(connection) -> Mapping:
    """Reads the scripted rows; a row of kind "unknown" does not fit."""

    def interpret(records, read):
        good = [(record, read(record) if read else json.loads(record.payload)) for record in records]
        rejects = [
            Reject(
                r.raw_id,
                r.source,
                r.stream,
                r.external_id,
                "scripted-1",
                "kind",
                "unknown",
                "kind is not known; map it",
            )
            for r, body in good
            if body["kind"] == "unknown"
        ]
        kept = [(record, body) for record, body in good if body["kind"] != "unknown"]
        blank = {name: [{"integer": 0, "text": ""}.get(kind)] * len(kept) for name, kind in TRANSACTIONS.items()}
        values = {
            **blank,
            "id": [f"{r.source}/{r.stream}/{r.external_id}" for r, _ in kept],
            "company": [connection.company] * len(kept),
            "source": [r.source for r, _ in kept],
            "stream": [r.stream for r, _ in kept],
            "external_id": [r.external_id for r, _ in kept],
            "occurrence": [1] * len(kept),
            "kind": [body["kind"] for _, body in kept],
            "booking_date": [date.fromisoformat(body["day"]) for _, body in kept],
            "amount": [body["minor"] for _, body in kept],
            "net": [body["minor"] for _, body in kept],
            "fee": [body.get("fee", 0) for _, body in kept],
            "currency": ["USD"] * len(kept),
            "settlement_currency": [body.get("settled", "") for _, body in kept],
            "references": [body["reference"] for _, body in kept],
            "description": [body["text"] for _, body in kept],
            "batch": [body["batch"] for _, body in kept],
            "account": [body["account"] for _, body in kept],
            "dimensions": [json.dumps(body.get("says", {}), sort_keys=True) for _, body in kept],
            "raw_id": [r.raw_id for r, _ in kept],
            "contract": ["scripted-1"] * len(kept),
        }
        return _Interpreted(table(TRANSACTIONS, values), rejects)

    return Mapping("scripted-1", interpret, partial(Sentinel, READ))
