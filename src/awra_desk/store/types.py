"""Column types that mean the same in SQLite and PostgreSQL; used by every `tables_*` module."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, TypeDecorator
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

# Compared by code point on both databases, so that sorted output does not depend on a server's locale.
TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant with microseconds: `timestamptz` in PostgreSQL, ISO text without offset
    ("2026-10-01T08:00:00.000000") in SQLite.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must be aware")
        return value if dialect.name == "postgresql" else instant_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else _instant(value)


@lru_cache(maxsize=1024)
def _instant(text: str) -> datetime:
    """What `instant_text` wrote; a page's records share theirs, and reading it costs more than looking it up."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def instant_text(value: datetime) -> str:
    """The SQLite form of an aware instant."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
