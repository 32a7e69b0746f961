"""People, staged writes in generations, approvals, the outbox, posting attempts, and the trail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Table, UniqueConstraint

from awra_desk.domain.entries import WriteState
from awra_desk.domain.people import Role
from awra_desk.store.tables_base import company_column, key, metadata, needed, one_of, within_company
from awra_desk.store.tables_reconciliations import exceptions
from awra_desk.store.tables_records import connections
from awra_desk.store.types import Instant

people = Table(
    "people",
    metadata,
    company_column(),
    key("name"),
    needed("full_name"),
    needed("limit_currency"),
    Column("approval_limit_minor", BigInteger),  # absent: no limit
    needed("active", Boolean),
    needed("password_hash"),
)

person_roles = Table(
    "person_roles",
    metadata,
    company_column(),
    key("name"),
    key("role"),
    within_company(["name"], people, ["name"]),
    one_of("role", Role),
)

# Identity and life of a staged write; what it says is in `write_generations`.
writes = Table(
    "writes",
    metadata,
    company_column(),
    key("write_id"),
    needed("reference"),
    needed("maker"),
    needed("created_at", Instant),
    needed("state"),
    needed("generation", BigInteger),
    needed("document_id"),
    needed("document_number"),
    needed("note"),
    within_company(["maker"], people, ["name"]),
    UniqueConstraint("company", "reference", name="uq_writes_reference"),
    one_of("state", WriteState),
)

# One immutable row for each version of the payload. `debits_minor`: sum of the debits, what an approver's authority is
# held against.
write_generations = Table(
    "write_generations",
    metadata,
    company_column(),
    key("write_id"),
    key("generation", BigInteger),
    needed("target"),
    needed("day", Date),
    needed("currency"),
    needed("memo"),
    needed("debits_minor", BigInteger),
    needed("idempotency_key"),
    needed("payload"),
    needed("payload_sha256"),
    needed("editor"),
    needed("mapping_version"),
    within_company(["write_id"], writes, ["write_id"]),
    within_company(["target"], connections, ["name"]),
    within_company(["editor"], people, ["name"]),
    UniqueConstraint("company", "target", "idempotency_key", name="uq_write_generations_idempotency_key"),
    CheckConstraint("length(payload_sha256) = 64", name="payload_sha256"),
    CheckConstraint("debits_minor > 0", name="debits_minor"),
)
_GENERATION = ["write_id", "generation"]

write_lines = Table(
    "write_lines",
    metadata,
    company_column(),
    key("write_id"),
    key("generation", BigInteger),
    key("line", BigInteger),
    needed("account"),
    needed("minor", BigInteger),
    needed("description"),
    needed("dimensions"),  # JSON list of [name, value]
    within_company(_GENERATION, write_generations, _GENERATION),
    CheckConstraint("minor <> 0", name="minor"),
)

write_exceptions = Table(
    "write_exceptions",
    metadata,
    company_column(),
    key("write_id"),
    key("generation", BigInteger),
    key("exception_id"),
    needed("position", BigInteger),
    within_company(_GENERATION, write_generations, _GENERATION),
    within_company(["exception_id"], exceptions, ["exception_id"]),
)

approvals = Table(
    "approvals",
    metadata,
    company_column(),
    key("write_id"),
    key("generation", BigInteger),
    key("approver"),
    needed("payload_sha256"),
    needed("approved_at", Instant),
    within_company(_GENERATION, write_generations, _GENERATION),
    within_company(["approver"], people, ["name"]),
)

# Written in the approving transaction; a row counts while its write is approved, posting or uncertain in this
# generation.
outbox = Table(
    "outbox",
    metadata,
    company_column(),
    key("number", BigInteger),
    needed("write_id"),
    needed("generation", BigInteger),
    needed("target"),
    within_company(_GENERATION, write_generations, _GENERATION),
    UniqueConstraint("company", "write_id", "generation", name="uq_outbox_write_id"),
)

attempts = Table(
    "attempts",
    metadata,
    company_column(),
    key("write_id"),
    key("number", BigInteger),
    needed("at", Instant),
    needed("outcome"),
    needed("words"),
    within_company(["write_id"], writes, ["write_id"]),
)

trail = Table(
    "trail",
    metadata,
    company_column(),
    key("sequence", BigInteger),
    needed("at", Instant),
    needed("actor"),
    needed("action"),
    needed("subject"),
    needed("detail"),  # JSON object of strings
    needed("previous"),
    needed("digest"),
)
