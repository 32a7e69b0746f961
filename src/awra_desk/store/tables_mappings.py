"""What gateways, locations, SKUs and taxes mean in a ledger; rows are only added."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Table

from awra_desk.domain.mappings import Axis
from awra_desk.store.tables_base import company_column, key, metadata, needed, one_of, within_company
from awra_desk.store.tables_records import connections
from awra_desk.store.types import TEXT, Instant

mapping_rows = Table(
    "mapping_rows",
    metadata,
    company_column(),
    key("number", BigInteger),
    needed("ledger"),
    needed("axis"),
    needed("value"),
    needed("field"),
    Column("target", TEXT, nullable=True),  # NULL ends the mapping
    needed("valid_from", Date),
    needed("actor"),
    needed("at", Instant),
    needed("note"),
    one_of("axis", Axis),
    CheckConstraint("value <> '' AND field <> '' AND target <> ''", name="said"),
    within_company(["ledger"], connections, ["name"]),
)
