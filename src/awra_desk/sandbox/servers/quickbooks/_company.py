"""The books of one QuickBooks company in memory: what is there, what is posted, and the balances that follow.

Starts from the bookkeeper's month and keeps every entry that is posted. It knows no HTTP; the API asks it, and tests
and the demo may change it directly (close the books, make an account inactive, delete a document).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from awra_desk.sandbox.merchant import Json
from awra_desk.sandbox.servers.quickbooks import _faults
from awra_desk.sandbox.servers.quickbooks._journal import read_journal_entry
from awra_desk.sandbox.servers.quickbooks._render import (
    FIRST_TRANSACTION_ID,
    OTHERS,
    STREAMS,
    BookedMonth,
    Chart,
    metadata,
    opened,
    other_postings,
    quickbooks_objects,
    render_account,
    render_preferences,
)
from awra_desk.sandbox.servers.quickbooks._times import PROVIDER_ZONE, entered, read_instant, stamp

DEFAULT_REALM_ID = "9130357990000001"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A deleted object, as change data capture tells of it."""

    entity: str
    identity: str
    deleted: datetime


class Company:
    """One company's books.

    Args:
        month: the simulated month it starts from.
        realm_id: the company's id.

    Attributes:
        closed_through: the last day of the closed period; None if the books are open.
    """

    def __init__(self, month: BookedMonth, *, realm_id: str = DEFAULT_REALM_ID) -> None:
        self.month = month
        self.realm_id = realm_id
        self.closed_through: date | None = None
        self._chart = Chart(month.books.accounts)
        self._inactive: set[str] = set()
        self._answered: dict[str, Json] = {}
        self._tombstones: list[Tombstone] = []
        self._next_id = FIRST_TRANSACTION_ID + len(month.books.documents)
        objects = quickbooks_objects(month)
        self._objects = {
            entity: {row["Id"]: row for row in objects[entity]} for entity in (*STREAMS, *OTHERS, "CompanyInfo")
        }
        self._moved: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for entity in STREAMS:
            for row in self._objects[entity].values():
                self._book(entity, row, 1)
        last = max([month.spec.period.last, *(document.date for document in month.books.documents)])
        self._now = entered(last + timedelta(days=1))

    @property
    def now(self) -> datetime:
        """The company's present, aware UTC: the evening after the last document; each write is a second later."""
        return self._now

    @property
    def account_ids(self) -> dict[str, str]:
        """Role of the merchant's chart -> account id."""
        return dict(self._chart.ids)

    def rows(self, entity: str) -> list[Json]:
        """The entity's objects, the newest first as the provider gives them when no order is asked for; accounts by id.

        Raises:
            KeyError: QuickBooks' sandbox does not hold this entity.
        """
        if entity == "Account":
            return list(self.accounts().values())
        if entity == "Preferences":
            return [render_preferences(self.month, self.closed_through)]
        return list(reversed(self._objects[entity].values()))

    def row(self, entity: str, identity: str) -> Json | None:
        """One object; None if there is none."""
        if entity in ("Account", "Preferences"):
            return next((row for row in self.rows(entity) if row["Id"] == identity), None)
        return self._objects[entity].get(identity)

    def accounts(self) -> dict[str, Json]:
        """Account id -> Account with its balance now."""
        balances = self.balances(date.max)
        return {
            identity: {
                **render_account(account, identity, balances[identity], opened(self.month)),
                "Active": identity not in self._inactive,
            }
            for account in self.month.books.accounts
            for identity in (self._chart.ids[account.role],)
        }

    def balances(self, through: date) -> dict[str, int]:
        """Account id -> balance at the end of that day in minor units, debit positive, openings included."""
        found = {self._chart.ids[role]: minor for role, minor in self.month.books.opening.items()}
        for account in self._chart.ids.values():
            found.setdefault(account, 0)
        for day, moved in self._moved.items():
            if day <= through:
                for account, minor in moved.items():
                    found[account] += minor
        return found

    def changes(self, entity: str, since: datetime) -> tuple[list[Json], list[Tombstone]]:
        """The entity's objects written at or after an instant, and what was deleted since then."""
        rows = [row for row in self.rows(entity) if read_instant(row["MetaData"]["LastUpdatedTime"]) >= since]
        gone = [stone for stone in self._tombstones if stone.entity == entity and stone.deleted >= since]
        return rows, gone

    def write_journal_entry(self, body: Mapping[str, Any], *, request_id: str = "") -> Json:
        """Creates a journal entry, or replaces one if the body has an Id; a known request id gives its first answer
        again.

        Raises:
            Refusal: the entry is not acceptable; nothing was written.
        """
        if request_id and request_id in self._answered:
            return self._answered[request_id]
        today = self._now.astimezone(PROVIDER_ZONE).date()
        entry = read_journal_entry(body, self.accounts(), today=today, currency=self.month.books.currency)
        before = self._existing(body) if "Id" in body else None
        self._refuse_closed(entry["TxnDate"], *([before["TxnDate"]] if before else []))
        written = stamp(self._tick())
        if before is None:
            identity, token, created = str(self._next_id), "0", written
            self._next_id += 1
        else:
            identity, token, created = before["Id"], str(int(before["SyncToken"]) + 1), before["MetaData"]["CreateTime"]
            self._book("JournalEntry", before, -1)
        row = {
            **entry,
            "domain": "QBO",
            "sparse": False,
            "Id": identity,
            "SyncToken": token,
            "MetaData": metadata(created, written),
        }
        self._objects["JournalEntry"][identity] = row
        self._book("JournalEntry", row, 1)
        if request_id:
            self._answered[request_id] = row
        return row

    def delete_journal_entry(self, body: Mapping[str, Any]) -> Json:
        """Deletes the entry that the body names by Id and SyncToken; gives the answer's object.

        Raises:
            Refusal: it is unknown, was changed in between, or lies in a closed period.
        """
        row = self._existing(body)
        self._refuse_closed(row["TxnDate"])
        self.delete("JournalEntry", row["Id"])
        return {"domain": "QBO", "status": "Deleted", "Id": row["Id"]}

    def enter(self, entity: str, body: Json) -> Json:
        """A person enters a document in QuickBooks, or changes the one that the body names by Id."""
        written = stamp(self._tick())
        before = self._objects[entity].get(body.get("Id", ""))
        if before is not None:
            self._book(entity, before, -1)
        identity = before["Id"] if before is not None else str(self._next_id)
        self._next_id += before is None
        created = before["MetaData"]["CreateTime"] if before is not None else written
        head = {"domain": "QBO", "sparse": False, "SyncToken": "0", "MetaData": metadata(created, written)}
        row = {**body, **head, "Id": identity}
        self._objects[entity][identity] = row
        self._book(entity, row, 1)
        return row

    def delete(self, entity: str, identity: str) -> None:
        """Deletes a transaction as a person in QuickBooks would; it leaves a tombstone.

        Raises:
            KeyError: there is none.
        """
        self._book(entity, self._objects[entity].pop(identity), -1)
        self._tombstones.append(Tombstone(entity, identity, self._tick()))

    def close_books(self, through: date | None) -> None:
        """Closes the books through a day, or opens them again with None."""
        self.closed_through = through

    def set_active(self, account_id: str, *, active: bool) -> None:
        """Makes an account inactive or active.

        Raises:
            KeyError: there is no such account.
        """
        if account_id not in self._chart.ids.values():
            raise KeyError(account_id)
        self._inactive = self._inactive - {account_id} if active else self._inactive | {account_id}

    def _existing(self, body: Mapping[str, Any]) -> Json:
        for name in ("Id", "SyncToken"):
            if not isinstance(body.get(name), str):
                raise _faults.missing(name)
        row = self._objects["JournalEntry"].get(body["Id"])
        if row is None:
            raise _faults.not_found("JournalEntry", body["Id"])
        if row["SyncToken"] != body["SyncToken"]:
            raise _faults.stale()
        return row

    def _refuse_closed(self, *days: str) -> None:
        if self.closed_through is not None and min(days) <= self.closed_through.isoformat():
            raise _faults.period_closed()

    def _tick(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def _book(self, entity: str, row: Json, times: int) -> None:
        moved = self._moved[date.fromisoformat(row["TxnDate"])]
        for account, amount in self._postings(entity, row):
            moved[account] += times * int(amount.scaleb(2))

    def _postings(self, entity: str, row: Json) -> Iterator[tuple[str, Decimal]]:
        """(account id, amount in major units, debit positive) as the document itself tells."""
        if entity == "JournalEntry":
            for line in row["Line"]:
                detail = line["JournalEntryLineDetail"]
                sign = 1 if detail["PostingType"] == "Debit" else -1
                yield detail["AccountRef"]["value"], sign * line["Amount"]
            return
        if entity in OTHERS:
            yield from other_postings(entity, row)
            return
        yield row["DepositToAccountRef"]["value"], row["TotalAmt"]
        if entity == "Payment":
            yield row["ARAccountRef"]["value"], -row["TotalAmt"]
        if entity == "SalesReceipt":
            yield self._chart.ids["sales_tax"], -row["TxnTaxDetail"]["TotalTax"]
        for line in row["Line"]:
            if line["DetailType"] == "SalesItemLineDetail":
                yield line["SalesItemLineDetail"]["ItemAccountRef"]["value"], -line["Amount"]
            elif line["DetailType"] == "DepositLineDetail":
                yield line["DepositLineDetail"]["AccountRef"]["value"], -line["Amount"]
