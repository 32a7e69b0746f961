"""Reported balances and control totals; every fetched figure is kept, the latest one answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date

import sqlalchemy as sa

from awra_desk.domain.controls import ControlTotal, ReportedBalance
from awra_desk.store.repo_base import Repository
from awra_desk.store.tables_records import balances, control_totals


class SqlControls(Repository):
    """`ports.storage.Controls`."""

    def put_balances(self, reported: Sequence[ReportedBalance]) -> None:
        self._upsert(
            balances,
            [
                {
                    "source": balance.source,
                    "account": balance.account,
                    "currency": balance.currency,
                    "present": balance.day is None,
                    "day": balance.day or balance.fetched_at.astimezone(UTC).date(),
                    "fetched_at": balance.fetched_at,
                    "minor": balance.minor,
                    "basis": balance.basis,
                }
                for balance in reported
            ],
        )

    def balance(self, source: str, account: str, currency: str, day: date | None) -> ReportedBalance | None:
        query = sa.select(balances).where(
            *self._of(source, account, currency), balances.c.present == sa.literal(day is None)
        )
        if day is not None:
            query = query.where(balances.c.day == day)
        row = self._connection.execute(query.order_by(balances.c.fetched_at.desc()).limit(1)).mappings().one_or_none()
        if row is None:
            return None
        return ReportedBalance(source, account, currency, row["minor"], day, row["fetched_at"], row["basis"])

    def last_day(self, source: str, account: str, currency: str) -> date | None:
        query = sa.select(sa.func.max(balances.c.day)).where(*self._of(source, account, currency), ~balances.c.present)
        found: date | None = self._connection.execute(query).scalar_one()
        return found

    def days(self, source: str, account: str, currency: str) -> list[date]:
        query = sa.select(balances.c.day).where(*self._of(source, account, currency), ~balances.c.present).distinct()
        return list(self._connection.execute(query.order_by(balances.c.day)).scalars())

    def put_totals(self, totals: Sequence[ControlTotal]) -> None:
        self._upsert(
            control_totals,
            [
                {
                    "source": total.source,
                    "name": total.name,
                    "currency": total.currency,
                    "checked_at": total.checked_at,
                    "expected": total.expected,
                    "actual": total.actual,
                }
                for total in totals
            ],
        )

    def totals(self, source: str = "") -> list[ControlTotal]:
        table = control_totals
        key = (table.c.source, table.c.name, table.c.currency)
        newest = sa.select(*key, sa.func.max(table.c.checked_at).label("newest")).where(
            table.c.company == self._company
        )
        if source:
            newest = newest.where(table.c.source == source)
        latest = newest.group_by(*key).subquery()
        same = [column == latest.c[column.name] for column in key]
        query = (
            sa.select(table)
            .join(latest, sa.and_(*same, table.c.checked_at == latest.c.newest))
            .where(table.c.company == self._company)
            .order_by(table.c.name, table.c.source, table.c.currency)
        )
        return [
            ControlTotal(row["source"], row["name"], row["currency"], row["expected"], row["actual"], row["checked_at"])
            for row in self._rows(query)
        ]

    def _of(self, source: str, account: str, currency: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            balances.c.company == self._company,
            balances.c.source == source,
            balances.c.account == account,
            balances.c.currency == currency,
        )
