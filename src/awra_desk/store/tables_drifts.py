"""What payloads look like, and where they began to look otherwise."""

from __future__ import annotations

from sqlalchemy import Boolean, Table

from awra_desk.domain.drift import DriftKind
from awra_desk.store.tables_base import company_column, key, metadata, needed, one_of, within_company
from awra_desk.store.tables_records import connections, raw_records
from awra_desk.store.types import Instant

shapes = Table(
    "shapes",
    metadata,
    company_column(),
    key("source"),
    key("stream"),
    needed("shape"),  # JSON
    within_company(["source"], connections, ["name"]),
)

drifts = Table(
    "drifts",
    metadata,
    company_column(),
    key("drift_id"),
    needed("source"),
    needed("stream"),
    needed("path"),
    needed("kind"),
    needed("before"),
    needed("now"),
    needed("raw_id"),
    needed("seen_at", Instant),
    needed("contract"),
    needed("read", Boolean),
    needed("acknowledged_by"),
    needed("note"),
    one_of("kind", DriftKind),
    within_company(["raw_id"], raw_records, ["raw_id"]),
)
