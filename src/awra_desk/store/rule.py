"""What a rule of the database is, and the few SQL phrases that many rules share."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "awra:"
"""Begins the message a trigger raises; the rule's code follows."""
ALWAYS = "1 = 1"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing the database refuses.

    Attributes:
        code: unique name. table: guarded table. on: "INSERT", "UPDATE" or "DELETE" (which stands for TRUNCATE, too).
        refuse_when: SQL over NEW and OLD that SQLite and PostgreSQL read the same way; where it is true, the statement
            is refused.
        words, remedy: for people. dialect: "" for both databases, else the one that needs it or is able to.
    """

    code: str
    table: str
    on: str
    refuse_when: str
    words: str
    remedy: str
    dialect: str = ""


def changed(*columns: str) -> str:
    """Any of these columns changes."""
    return " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)


def listed(values: list[str]) -> str:
    """A list of SQL texts, in a fixed order."""
    return ", ".join(f"'{value}'" for value in sorted(values))


def same(alias: str, *columns: str) -> str:
    """The aliased row has NEW's values in these columns, its company first."""
    return " AND ".join(f"{alias}.{column} = NEW.{column}" for column in ("company", *columns))
