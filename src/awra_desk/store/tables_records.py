"""Connections, raw records and what they were interpreted as, balances and control totals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Index, Table
from sqlalchemy.types import TypeEngine

from awra_desk.domain.ladder import Rung
from awra_desk.ports import columns
from awra_desk.ports.schemas import TRANSACTIONS
from awra_desk.store.tables_base import company_column, key, metadata, needed, one_of, within_company
from awra_desk.store.types import TEXT, Instant

SQL_TYPES: dict[str, TypeEngine[Any]] = {
    columns.TEXT: TEXT,
    columns.INTEGER: BigInteger(),
    columns.REAL: Double(),
    columns.DAY: Date(),
    columns.INSTANT: Instant(),
}
"""SQL type of each kind of a columnar schema; days and instants may be absent there, nothing else."""


def schema_columns(schema: columns.Schema, *, without: frozenset[str]) -> list[Column[Any]]:
    """SQL columns of a columnar schema, less the key columns that the table declares itself."""
    absent = {columns.DAY, columns.INSTANT}
    return [
        Column(name, SQL_TYPES[kind], nullable=kind in absent) for name, kind in schema.items() if name not in without
    ]


connections = Table(
    "connections",
    metadata,
    company_column(),
    key("name"),
    needed("provider"),
    needed("base_url"),
    needed("zone"),
    needed("options"),  # JSON object
    Column("rung", TEXT, nullable=False, server_default=Rung.READ_ONLY.value),
    one_of("rung", Rung),
)

# What processes share outside units of work: paces of accounts, locks.
shared_states = Table(
    "shared_states",
    metadata,
    company_column(),
    key("name"),
    needed("text"),
)

cursors = Table(
    "cursors",
    metadata,
    company_column(),
    key("source"),
    key("stream"),
    needed("cursor"),
    within_company(["source"], connections, ["name"]),
)

accounts = Table(
    "accounts",
    metadata,
    company_column(),
    key("source"),
    key("account_id"),
    needed("code"),
    needed("name"),
    needed("kind"),
    needed("currency"),
    needed("active", Boolean),
    within_company(["source"], connections, ["name"]),
)

# Every version ever received; append-only.
raw_records = Table(
    "raw_records",
    metadata,
    company_column(),
    key("raw_id"),
    needed("source"),
    needed("stream"),
    needed("external_id"),
    needed("digest"),
    needed("payload"),
    needed("fetched_at", Instant),
)

# The version of each external id that holds now.
raw_heads = Table(
    "raw_heads",
    metadata,
    company_column(),
    key("source"),
    key("stream"),
    key("external_id"),
    needed("raw_id"),
    needed("seen_at", Instant),
    within_company(["raw_id"], raw_records, ["raw_id"]),
)

# Heads that wait to be interpreted.
raw_pending = Table(
    "raw_pending",
    metadata,
    company_column(),
    key("source"),
    key("stream"),
    key("raw_id"),
    sqlite_with_rowid=False,
)

# Versions whose transactions are superseded as soon as their external id is interpreted again.
raw_replaced = Table(
    "raw_replaced",
    metadata,
    company_column(),
    key("source"),
    key("stream"),
    key("external_id"),
    key("raw_id"),
    sqlite_with_rowid=False,
)

# The contract version that every head but the pending ones was interpreted with.
interpreted_with = Table(
    "interpreted_with",
    metadata,
    company_column(),
    key("source"),
    key("stream"),
    needed("contract"),
)

transactions = Table(
    "transactions",
    metadata,
    key("company"),
    key("id"),
    *schema_columns(TRANSACTIONS, without=frozenset({"company", "id"})),
    within_company(["raw_id"], raw_records, ["raw_id"]),
)
Index(None, transactions.c.company, transactions.c.source, transactions.c.stream, transactions.c.account)
Index(None, transactions.c.company, transactions.c.raw_id)

# What earlier versions or contracts gave; revision counts from 1 per id.
superseded = Table(
    "superseded_transactions",
    metadata,
    key("company"),
    key("id"),
    key("revision", BigInteger),
    *schema_columns(TRANSACTIONS, without=frozenset({"company", "id"})),
    within_company(["raw_id"], raw_records, ["raw_id"]),
)
Index(None, superseded.c.company, superseded.c.source)

quarantine = Table(
    "quarantine",
    metadata,
    company_column(),
    key("raw_id"),
    key("position", BigInteger),
    needed("source"),
    needed("stream"),
    needed("external_id"),
    needed("contract"),
    needed("path"),
    needed("value"),
    needed("reason"),
    within_company(["raw_id"], raw_records, ["raw_id"]),
)
Index(None, quarantine.c.company, quarantine.c.source, quarantine.c.stream, quarantine.c.external_id)

# `day` of a present balance is the UTC day it was fetched on.
balances = Table(
    "balances",
    metadata,
    company_column(),
    key("source"),
    key("account"),
    key("currency"),
    key("present", Boolean),
    key("day", Date),
    key("fetched_at", Instant),
    needed("minor", BigInteger),
    needed("basis"),
)

control_totals = Table(
    "control_totals",
    metadata,
    company_column(),
    key("source"),
    key("name"),
    key("currency"),
    key("checked_at", Instant),
    needed("expected", BigInteger),
    needed("actual", BigInteger),
)
