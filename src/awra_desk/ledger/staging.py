"""Building a staged write: derived ids, the idempotency key, the digest that an approval binds to."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from awra_desk.domain.entries import Entry, EntryLine, StagedWrite, WriteState
from awra_desk.domain.mappings import MappingRow

_KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:awra-desk:staged-write")
REFERENCE_PREFIX = "awra:"


def write_id(company: str, target: str, entry: Entry, exception_ids: Sequence[str], attempt: int) -> str:
    """Derived id of a staged write.

    `attempt` tells apart a new proposal after an earlier one for the same exceptions ended.
    """
    lines = [[line.account, line.minor, line.description] for line in entry.lines]
    text = json.dumps(
        [company, target, entry.day.isoformat(), entry.currency, entry.memo, lines, sorted(exception_ids), attempt]
    )
    return "w-" + hashlib.sha256(text.encode()).hexdigest()[:16]


def reference(identity: str) -> str:
    """Our reference inside the ledger's document, by which it is found again."""
    return REFERENCE_PREFIX + identity


def idempotency_key(identity: str, generation: int) -> str:
    """Deterministic UUID text; a new generation has another payload and so another key."""
    return str(uuid.uuid5(_KEYS, f"{identity}/{generation}"))


def digest(payload: str) -> str:
    """SHA-256 of the exact request body, hex."""
    return hashlib.sha256(payload.encode()).hexdigest()


def mapping_version(connection: str, rows: Sequence[MappingRow]) -> str:
    """What an entry was built with: where it goes, and the mapping rows that chose something of it; "4f…c0+12+15".

    Args:
        connection: digest of the target's provider, address and options.
    """
    return "+".join([connection, *(str(row.number) for row in rows)])


def built_with(version: str) -> tuple[str, tuple[int, ...]]:
    """The connection's digest and the numbers of the mapping rows in a `mapping_version`."""
    connection, *numbers = version.split("+")
    return connection, tuple(int(number) for number in numbers)


def stage(
    identity: str,
    *,
    company: str,
    target: str,
    entry: Entry,
    payload: str,
    maker: str,
    mapping_version: str,
    exception_ids: Sequence[str],
    at: datetime,
) -> StagedWrite:
    """A draft of generation 1.

    `payload` is what the target's connector rendered from the entry and `reference(identity)`.
    """
    return StagedWrite(
        write_id=identity,
        company=company,
        target=target,
        entry=entry,
        reference=reference(identity),
        idempotency_key=idempotency_key(identity, 1),
        payload=payload,
        payload_sha256=digest(payload),
        state=WriteState.DRAFT,
        maker=maker,
        last_editor=maker,
        generation=1,
        mapping_version=mapping_version,
        created_at=at,
        exception_ids=tuple(sorted(exception_ids)),
    )


def edit(write: StagedWrite, entry: Entry, payload: str, *, editor: str) -> StagedWrite:
    """The next generation: another payload, so every earlier approval is void and it is a draft again."""
    generation = write.generation + 1
    return replace(
        write,
        entry=entry,
        payload=payload,
        payload_sha256=digest(payload),
        idempotency_key=idempotency_key(write.write_id, generation),
        state=WriteState.DRAFT,
        last_editor=editor,
        generation=generation,
    )


def reversal(entry: Entry, memo: str) -> Entry:
    """The opposite entry, on the same day."""
    lines = tuple(EntryLine(line.account, -line.minor, line.description, line.dimensions) for line in entry.lines)
    return replace(entry, memo=memo, lines=lines)
