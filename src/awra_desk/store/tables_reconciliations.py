"""Reconciliations with their openings, the engine's current result, runs, decisions, and the exception queue."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Table

from awra_desk.domain.decisions import DecisionKind
from awra_desk.domain.exception_items import ExceptionState, Severity
from awra_desk.domain.reasons import Reason
from awra_desk.ports.schemas import MATCH_MEMBERS, OPEN_ITEMS
from awra_desk.store.tables_base import company_column, key, metadata, needed, one_of, within_company
from awra_desk.store.tables_records import schema_columns
from awra_desk.store.types import Instant

reconciliations = Table(
    "reconciliations",
    metadata,
    company_column(),
    key("name"),
    needed("currency"),
    needed("zone"),
    needed("source_side"),  # JSON of a SideSpec
    needed("ledger_side"),
    needed("before_days", BigInteger),
    needed("after_days", BigInteger),
    needed("tolerance_minor", BigInteger),
    needed("percent"),  # plain decimal
    needed("materiality_minor", BigInteger),
    needed("owner"),
    needed("version", BigInteger),
)

opening_balances = Table(
    "opening_balances",
    metadata,
    company_column(),
    key("reconciliation"),
    key("side"),
    needed("day", Date),
    needed("minor", BigInteger),
    within_company(["reconciliation"], reconciliations, ["name"]),
)

opening_items = Table(
    "opening_items",
    metadata,
    company_column(),
    key("reconciliation"),
    key("side"),
    key("record_id"),
    needed("day", Date),
    needed("minor", BigInteger),
    needed("reference"),
    needed("description"),
    within_company(["reconciliation"], reconciliations, ["name"]),
)

# Every engine run for ever; sequence from 1 without gaps.
runs = Table(
    "runs",
    metadata,
    company_column(),
    key("reconciliation"),
    key("sequence", BigInteger),
    needed("period"),
    needed("started_at", Instant),
    needed("inputs_digest"),
    needed("matches_digest"),
    needed("rule_version"),
    needed("confirmed", BigInteger),
    needed("suggested", BigInteger),
    needed("open_items", BigInteger),
    within_company(["reconciliation"], reconciliations, ["name"]),
)

match_members = Table(
    "match_members",
    metadata,
    key("company"),
    key("reconciliation"),
    key("match_id"),
    key("side"),
    key("id"),
    *schema_columns(MATCH_MEMBERS, without=frozenset({"match_id", "side", "id"})),
    within_company(["reconciliation"], reconciliations, ["name"]),
)

open_items = Table(
    "open_items",
    metadata,
    key("company"),
    key("reconciliation"),
    key("side"),
    key("id"),
    *schema_columns(OPEN_ITEMS, without=frozenset({"side", "id"})),
    within_company(["reconciliation"], reconciliations, ["name"]),
)

decisions = Table(
    "decisions",
    metadata,
    company_column(),
    key("decision_id"),
    needed("reconciliation"),
    needed("kind"),
    needed("members"),  # JSON list of [side, id]
    needed("actor"),
    needed("at", Instant),
    needed("note"),
    Column("undone_at", Instant),
    needed("undone_by"),
    within_company(["reconciliation"], reconciliations, ["name"]),
    one_of("kind", DecisionKind),
)
Index(None, decisions.c.company, decisions.c.reconciliation)

exceptions = Table(
    "exceptions",
    metadata,
    company_column(),
    key("exception_id"),
    needed("reconciliation"),
    needed("reason"),
    needed("severity"),
    needed("state"),
    needed("members"),  # JSON list of [side, id]
    needed("minor", BigInteger),
    needed("currency"),
    needed("day", Date),
    needed("due", Date),
    needed("expected", Boolean),
    needed("evidence"),
    needed("owner"),
    needed("resolution"),
    needed("resolution_note"),
    Column("opened_at", Instant),
    Column("resolved_at", Instant),
    one_of("reason", Reason),
    one_of("severity", Severity),
    one_of("state", ExceptionState),
)
Index(None, exceptions.c.company, exceptions.c.reconciliation, exceptions.c.state)

comments = Table(
    "comments",
    metadata,
    company_column(),
    key("exception_id"),
    key("number", BigInteger),
    needed("author"),
    needed("text"),
    needed("at", Instant),
    within_company(["exception_id"], exceptions, ["exception_id"]),
)
