"""Raw records, the transactions they were interpreted as, and the quarantine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from awra_desk.domain.events import Witness
from awra_desk.domain.mappings import Said
from awra_desk.domain.records import RawRecord, Reject, StreamHeld
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import TRANSACTIONS
from awra_desk.store import bulk
from awra_desk.store.raw_versions import RawVersions
from awra_desk.store.repo_base import Repository, names
from awra_desk.store.tables_events import witnesses
from awra_desk.store.tables_records import quarantine, raw_heads, raw_records, superseded, transactions

_RAW = (
    raw_records.c.source,
    raw_records.c.stream,
    raw_records.c.external_id,
    raw_records.c.payload,
    raw_records.c.fetched_at,
)
_MONEY = (
    (transactions.c.currency, transactions.c.amount),
    (transactions.c.settlement_currency, transactions.c.settlement_amount),
)
_SEARCHED = ("external_id", "references", "batch", "counterparty", "description")


class SqlRecords(Repository):
    """`ports.storage.Records`."""

    def __init__(self, connection: sa.Connection, company: str) -> None:
        super().__init__(connection, company)
        self._versions = RawVersions(connection, company)

    def append(self, records: Sequence[RawRecord], witness: Witness = Witness.POLL) -> int:
        return self._versions.append(records, witness)

    def witnesses(self, raw_id: str) -> list[tuple[Witness, datetime]]:
        query = sa.select(witnesses.c.witness, witnesses.c.seen_at)
        query = query.where(witnesses.c.company == self._company, witnesses.c.raw_id == raw_id)
        found = [(Witness(way), seen) for way, seen in self._connection.execute(query)]
        return sorted(found, key=lambda row: (row[1], row[0])) or [(Witness.POLL, self.get(raw_id).fetched_at)]

    def pending(self, source: str, stream: str, contract: str, limit: int) -> list[RawRecord]:
        return self._versions.pending(source, stream, contract, limit)

    def get(self, raw_id: str) -> RawRecord:
        query = sa.select(*_RAW).where(raw_records.c.company == self._company, raw_records.c.raw_id == raw_id)
        return RawRecord(**self._row(query, record=raw_id, what="this raw record", remedy="Pull its source again."))

    def contract(self, source: str, stream: str) -> str | None:
        return self._versions.contract((source, stream))

    def settled(self, source: str, stream: str, *, after: str, limit: int) -> list[RawRecord]:
        return self._versions.settled((source, stream), after=after, limit=limit)

    def interpreted(self, raw_ids: Collection[str]) -> Table:
        constants = {"company": self._company}
        query = bulk.selected(transactions, TRANSACTIONS, without=constants).where(
            transactions.c.company == self._company, bulk.among(self._connection, transactions.c.raw_id, raw_ids)
        )
        return bulk.read_table(self._connection, query.order_by(transactions.c.id), TRANSACTIONS, constants=constants)

    def put_transactions(
        self, interpreted: Sequence[RawRecord], contract: str, table: Table, rejects: Sequence[Reject]
    ) -> None:
        raw_ids = [record.raw_id for record in interpreted]
        self._check(set(raw_ids), table, rejects)
        if earlier := self._versions.take(interpreted, raw_ids, contract):
            self._move(earlier)
        without = {name: values for name, values in table.columns.items() if name != "company"}
        bulk.insert_table(self._connection, transactions, Table(without), constants={"company": self._company})
        self._insert(
            quarantine,
            [
                {
                    "raw_id": reject.raw_id,
                    "position": position,
                    "source": reject.source,
                    "stream": reject.stream,
                    "external_id": reject.external_id,
                    "contract": reject.contract,
                    "path": reject.path,
                    "value": reject.value,
                    "reason": reject.reason,
                }
                for position, reject in enumerate(rejects)
            ],
        )

    def transactions(
        self,
        source: str,
        streams: Collection[str] = (),
        *,
        account: str = "",
        batch: str = "",
        ids: Collection[str] | None = None,
    ) -> Table:
        constants = {"company": self._company, "source": source}
        query = bulk.selected(transactions, TRANSACTIONS, without=constants).where(
            transactions.c.company == self._company, transactions.c.source == source
        )
        if streams:
            query = query.where(transactions.c.stream.in_(sorted(streams)))
        if account:
            query = query.where(transactions.c.account == account)
        if batch:
            query = query.where(transactions.c.batch == batch)
        if ids is not None:
            query = query.where(bulk.among(self._connection, transactions.c.id, ids))
        return bulk.read_table(self._connection, query.order_by(transactions.c.id), TRANSACTIONS, constants=constants)

    def holding(self, text: str, amounts: Mapping[str, int], limit: int) -> Table:
        constants = {"company": self._company}
        held = [transactions.c[name].icontains(text, autoescape=True) for name in _SEARCHED]
        held += [
            sa.and_(code == currency, amount.in_((minor, -minor)))
            for currency, minor in sorted(amounts.items())
            for code, amount in _MONEY
        ]
        query = bulk.selected(transactions, TRANSACTIONS, without=constants)
        query = query.where(transactions.c.company == self._company, sa.or_(*held))
        other = sa.func.lower(transactions.c.external_id) != text.lower()
        query = query.order_by(other, transactions.c.booking_date.desc(), transactions.c.id).limit(limit)
        return bulk.read_table(self._connection, query, TRANSACTIONS, constants=constants)

    def said(self, source: str, first: date, last: date) -> list[Said]:
        at = transactions.c
        same = (at.booking_date, at.stream, at.account, at.kind, at.currency, at.dimensions)
        figures = (sa.func.min(at.id), sa.func.count(), sa.cast(sa.func.sum(at.amount), sa.BigInteger))
        query = sa.select(*same, *figures).where(
            at.company == self._company,
            at.source == source,
            at.booking_date.between(first, last),
            at.dimensions.not_in(("", "{}")),
        )
        rows = self._connection.execute(query.group_by(*same)).all()
        return sorted(
            Said(day, example, stream, account, kind, currency, dimensions, count, int(minor))
            for day, stream, account, kind, currency, dimensions, example, count, minor in rows
        )

    def rejects(self, source: str = "") -> list[Reject]:
        columns = [quarantine.c[name] for name in names(Reject)]
        query = sa.select(*columns).where(quarantine.c.company == self._company)
        if source:
            query = query.where(quarantine.c.source == source)
        return [Reject(**row) for row in self._rows(query.order_by(quarantine.c.raw_id, quarantine.c.position))]

    def versions(self, source: str) -> Iterator[tuple[str, bool, RawRecord]]:
        yield from self._versions.all(source)

    def streams(self, source: str) -> list[str]:
        query = sa.select(raw_heads.c.stream).distinct()
        query = query.where(raw_heads.c.company == self._company, raw_heads.c.source == source)
        return list(self._connection.execute(query.order_by(raw_heads.c.stream)).scalars())

    def known(self, source: str, stream: str) -> int:
        query = sa.select(sa.func.count()).select_from(raw_heads)
        held = (raw_heads.c.company == self._company, raw_heads.c.source == source, raw_heads.c.stream == stream)
        return int(self._connection.execute(query.where(*held)).scalar_one())

    def ids(self, source: str, stream: str) -> list[str]:
        query = sa.select(raw_heads.c.external_id)
        held = (raw_heads.c.company == self._company, raw_heads.c.source == source, raw_heads.c.stream == stream)
        return sorted(self._connection.execute(query.where(*held)).scalars())

    def held(self, source: str) -> list[StreamHeld]:
        query = sa.select(
            raw_heads.c.stream, sa.func.count().label("records"), sa.func.max(raw_heads.c.seen_at).label("newest")
        ).where(raw_heads.c.company == self._company, raw_heads.c.source == source)
        return [
            StreamHeld(**row) for row in self._rows(query.group_by(raw_heads.c.stream).order_by(raw_heads.c.stream))
        ]

    def counts(self, source: str) -> Mapping[str, int]:
        """raw: versions stored. transactions: current. quarantined: raw records. superseded: transactions replaced by
        later versions.
        """

        def count(table: sa.Table, what: sa.ColumnElement[int]) -> int:
            query = sa.select(what).where(table.c.company == self._company, table.c.source == source)
            return int(self._connection.execute(query).scalar_one())

        return {
            "raw": count(raw_records, sa.func.count()),
            "transactions": count(transactions, sa.func.count()),
            "quarantined": count(quarantine, sa.func.count(quarantine.c.raw_id.distinct())),
            "superseded": count(superseded, sa.func.count()),
        }

    def _check(self, raw_ids: set[str], table: Table, rejects: Sequence[Reject]) -> None:
        """Everything given comes from `interpreted`; else a later version could never supersede it."""
        strangers = {*table["raw_id"].tolist(), *(reject.raw_id for reject in rejects)} - raw_ids
        if strangers:
            raise ValueError(f"not among the interpreted records: {min(strangers)}")
        if len(table) and not bool((table["company"] == self._company).all()):
            raise ValueError(f"transactions of another company in a unit of {self._company}")

    def _move(self, raw_ids: Sequence[str]) -> None:
        """What these versions gave is superseded."""
        gone = sa.and_(
            transactions.c.company == self._company, bulk.among(self._connection, transactions.c.raw_id, raw_ids)
        )
        before = (
            sa.select(sa.func.count() + 1)
            .where(superseded.c.company == transactions.c.company, superseded.c.id == transactions.c.id)
            .scalar_subquery()
            .correlate(transactions)
        )
        names = [column.name for column in transactions.columns]
        moved = sa.select(*(transactions.c[name] for name in names), before).where(gone)
        self._connection.execute(sa.insert(superseded).from_select([*names, "revision"], moved))
        self._connection.execute(sa.delete(transactions).where(gone))
        rejected = sa.and_(
            quarantine.c.company == self._company, bulk.among(self._connection, quarantine.c.raw_id, raw_ids)
        )
        self._connection.execute(sa.delete(quarantine).where(rejected))
