"""Sample values for the store's tests, and a way to speak to the database as a stranger's tool would."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pysqlite3.dbapi2 as sqlite
import sqlalchemy as sa
from psycopg import sql

from awra_desk.domain.entries import Approval, Entry, EntryLine, StagedWrite, WriteState
from awra_desk.domain.exception_items import ExceptionItem, ExceptionState, Severity
from awra_desk.domain.ladder import Rung
from awra_desk.domain.mappings import Axis, MappingRow
from awra_desk.domain.people import Person, Role
from awra_desk.domain.reasons import Reason
from awra_desk.domain.reconciliations import Reconciliation, SideSpec
from awra_desk.domain.records import RawRecord
from awra_desk.ports.columns import DAY, INSTANT, INTEGER, REAL, TEXT, Schema, Table, table
from awra_desk.ports.connections import Connection
from awra_desk.ports.schemas import TRANSACTIONS
from awra_desk.ports.storage import UnitOfWork
from awra_desk.store import SqlWorkspace
from awra_desk.store.tables import metadata

NOW = datetime(2026, 10, 1, 8, 30, 15, 123456, tzinfo=UTC)
DAY_ONE = date(2026, 10, 1)
_BLANK: dict[str, Any] = {TEXT: "", INTEGER: 0, REAL: 0.0, DAY: None, INSTANT: None}


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def raw(number: int | str, payload: str = "{}", *, source: str = "stripe", stream: str = "charges", minutes: int = 0):
    return RawRecord(source, stream, f"ch_{number}", payload, later(minutes))


def mapping(company: str, number: int, target: str | None = "62", **changes: Any) -> MappingRow:
    """M-Pesa's fees in the books, recorded a minute after the other."""
    row = MappingRow(company, number, "books", Axis.GATEWAY, "mpesa", "account.fees", target, DAY_ONE, "ann",
                     later(number), "é")  # fmt: skip
    return replace(row, **changes)


def rows_of(schema: Schema, rows: Sequence[dict[str, Any]]) -> Table:
    """A table from dictionaries; what a row leaves out is blank."""
    return table(schema, {name: [row.get(name, _BLANK[kind]) for row in rows] for name, kind in schema.items()})


def charges(company: str, records: Sequence[RawRecord], contract: str = "stripe.charges@1", **same: Any) -> Table:
    """One transaction for each raw record."""
    return rows_of(
        TRANSACTIONS,
        [
            {
                "id": f"{record.source}/{record.stream}/{record.external_id}",
                "company": company,
                "source": record.source,
                "stream": record.stream,
                "external_id": record.external_id,
                "occurrence": 1,
                "kind": "charge",
                "occurred_at": record.fetched_at,
                "booking_date": DAY_ONE,
                "amount": 1000 + number,
                "currency": "USD",
                "account": "balance",
                "raw_id": record.raw_id,
                "contract": contract,
                **same,
            }
            for number, record in enumerate(records)
        ],
    )


def connection(company: str, name: str = "books") -> Connection:
    return Connection(company, name, "quickbooks", "https://example.test", "America/New_York", {"realm": "1"})


def reconciliation(company: str, name: str = "clearing") -> Reconciliation:
    return Reconciliation(
        company, name, "USD", "Africa/Nairobi", SideSpec("stripe", ("balance",), ""), SideSpec("books", (), "35")
    )


def exception(company: str, identity: str = "e-1", **changes: Any) -> ExceptionItem:
    item = ExceptionItem(
        identity,
        company,
        "clearing",
        Reason.MISSING_IN_LEDGER,
        Severity.MEDIUM,
        ExceptionState.OPEN,
        (("source", "stripe/charges/ch_1"),),
        -125,
        "USD",
        DAY_ONE,
        date(2026, 10, 8),
        expected=False,
        evidence="{}",
        opened_at=NOW,
    )
    return replace(item, **changes)


def person(company: str, name: str, *roles: Role, limit: int | None = None, **changes: Any) -> Person:
    return replace(Person(company, name, name.title(), frozenset(roles), "USD", limit), **changes)


def staged(
    company: str, identity: str = "w-1", *, minor: int = 5_000, maker: str = "ann", **changes: Any
) -> StagedWrite:
    payload = changes.pop("payload", f'{{"amount":{minor},"write":"{identity}"}}')
    write = StagedWrite(
        write_id=identity,
        company=company,
        target="books",
        entry=Entry(
            DAY_ONE, "USD", "fees", (EntryLine("35", minor, "fee", (("class", "web"),)), EntryLine("60", -minor, "fee"))
        ),
        reference=f"awra:{identity}",
        idempotency_key=f"{identity}/1",
        payload=payload,
        payload_sha256=sha256(payload),
        state=WriteState.DRAFT,
        maker=maker,
        last_editor=maker,
        generation=1,
        mapping_version="m1",
        created_at=NOW,
    )
    return replace(write, **changes)


def edited(write: StagedWrite, payload: str, editor: str) -> StagedWrite:
    generation = write.generation + 1
    return replace(
        write,
        payload=payload,
        payload_sha256=sha256(payload),
        last_editor=editor,
        generation=generation,
        idempotency_key=f"{write.write_id}/{generation}",
        state=WriteState.DRAFT,
    )


def approval(write: StagedWrite, approver: str = "sue") -> Approval:
    return Approval(write.write_id, write.generation, write.payload_sha256, approver, NOW)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def connected(uow: UnitOfWork, company: str, name: str = "books") -> None:
    """A connection that may write."""
    uow.connections.put(connection(company, name))
    for rung in (Rung.STAGED, Rung.WRITES):
        uow.connections.set_rung(name, rung)


def seed_people(workspace: SqlWorkspace, company: str) -> None:
    """Ann and Ed make and edit, Sue and Sam approve (Sam up to 10.00 USD), Old Tom no longer works here."""
    with workspace.write(company) as uow:
        connected(uow, company)
        for someone in (
            person(company, "ann", Role.ACCOUNTANT, Role.SUPERVISOR),
            person(company, "ed", Role.ACCOUNTANT, Role.SUPERVISOR),
            person(company, "sue", Role.SUPERVISOR),
            person(company, "sam", Role.SUPERVISOR, limit=1_000),
            person(company, "kim", Role.SUPERVISOR, limit=10**9, limit_currency="KES"),
            person(company, "tom", Role.SUPERVISOR, active=False),
            person(company, "joe", Role.STAFF),
        ):
            uow.people.put(someone, "hash")
        uow.commit()


def as_stranger(workspace: SqlWorkspace, statement: str, values: Sequence[Any] = ()) -> int:
    """Run one statement with `?` on a connection without our settings, and commit; returns how many rows it touched."""
    url = workspace.engine.url
    if workspace.engine.dialect.name == "sqlite":
        tool = sqlite.connect(url.database)
    else:
        tool = psycopg.connect(url.set(drivername="postgresql", query={}).render_as_string(hide_password=False))
        statement = statement.replace("?", "%s")
    try:
        touched = tool.execute(statement, values).rowcount
        tool.commit()
        return touched
    finally:
        tool.close()


@contextmanager
def postgresql_database(server: str, name: str) -> Iterator[str]:
    """A new database on this server, gone afterwards; its address."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield f"{server.rpartition('/')[0]}/{name}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def everything(workspace: SqlWorkspace, company: str) -> dict[str, list[Any]]:
    """Every row of the company, by table, in a fixed order."""
    with workspace.engine.begin() as connection:
        return {
            each.name: sorted(map(repr, connection.execute(sa.select(each).where(each.c.company == company))))
            for each in metadata.sorted_tables
        }
