"""The inbox of events, and by which ways raw records came."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table

from awra_desk.domain.events import EventState, Witness
from awra_desk.store.tables_base import company_column, key, metadata, needed, one_of, within_company
from awra_desk.store.tables_records import connections, raw_records
from awra_desk.store.types import Instant

# What came stays as it came; only how far it is with it moves on.
events = Table(
    "events",
    metadata,
    company_column(),
    key("source"),
    key("event_id"),
    needed("kind"),
    needed("verified", Boolean),
    needed("payload"),
    needed("received_at", Instant),
    needed("state"),
    needed("attempts", BigInteger),
    Column("next_attempt_at", Instant),
    needed("last_error"),
    needed("brought", BigInteger),
    Column("done_at", Instant),
    one_of("state", EventState),
    within_company(["source"], connections, ["name"]),
)
Index(None, events.c.company, events.c.state, events.c.next_attempt_at)

# Ways by which a version came. A version without a row here was polled and nothing else.
witnesses = Table(
    "witnesses",
    metadata,
    company_column(),
    key("raw_id"),
    key("witness"),
    needed("seen_at", Instant),
    one_of("witness", Witness),
    within_company(["raw_id"], raw_records, ["raw_id"]),
)
