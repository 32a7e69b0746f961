"""The schema's root: metadata with constraint names, and the companies every other table hangs from."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, MetaData, Table

from awra_desk.store.types import TEXT, Instant

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

companies = Table(
    "companies", metadata, Column("company", TEXT, primary_key=True), Column("created_at", Instant, nullable=False)
)


def company_column() -> Column[str]:
    """First column of every primary key."""
    return Column("company", TEXT, ForeignKey("companies.company"), primary_key=True)


def within_company(columns: Sequence[str], target: Table, names: Sequence[str]) -> ForeignKeyConstraint:
    """A foreign key that never leaves the company."""
    return ForeignKeyConstraint(["company", *columns], [target.c["company"], *(target.c[name] for name in names)])


def key(name: str, kind: Any = TEXT) -> Column[Any]:
    """A further column of the primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def needed(name: str, kind: Any = TEXT) -> Column[Any]:
    """A column that always has a value."""
    return Column(name, kind, nullable=False)


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """The column holds one of these words."""
    words = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)
