"""The rules that the database itself keeps, as one declared list for both dialects. `triggers` turns it into SQL; nothing else does.

A condition is SQL that both SQLite and PostgreSQL read the same way, over NEW and OLD; where it holds, the statement is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

MARK = "awra:"
"""Begins the message a trigger raises; the rule's code follows."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing the database refuses.

    Attributes:
        code: unique name. table: guarded table. on: "INSERT", "UPDATE" or "DELETE".
        refuse_when: SQL condition. words, remedy: for people.
    """

    code: str
    table: str
    on: str
    refuse_when: str
    words: str
    remedy: str


RULES: tuple[Rule, ...] = ()
