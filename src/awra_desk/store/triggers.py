"""The rules as triggers of both dialects: made, re-made after each migration, and required to be there unchanged at
every opening.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from awra_desk.domain.errors import UserError
from awra_desk.store.rule import ALWAYS, MARK, Rule
from awra_desk.store.rules import RULES

# Bits of PostgreSQL's pg_trigger.tgtype (catalog/pg_trigger.h): row 1, before 2, insert 4, delete 8, update 16,
# truncate 32.
_TYPE_BITS = {"INSERT": 7, "DELETE": 11, "UPDATE": 19, "TRUNCATE": 34}


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger: the rules of one table and statement, in order.

    Attributes:
        body: what the database keeps of it and `differences` compares; create: statements that make it.
    """

    name: str
    table: str
    on: str
    body: str
    create: tuple[str, ...]


def declared(dialect: str) -> list[Trigger]:
    """Every trigger of this dialect ("sqlite" or "postgresql"), sorted by name."""
    grouped: dict[tuple[str, str], list[Rule]] = {}
    for rule in RULES:
        if rule.dialect in ("", dialect):
            grouped.setdefault((rule.table, rule.on), []).append(rule)
    if dialect == "sqlite":
        triggers = [_sqlite(table, on, rules) for (table, on), rules in grouped.items()]
    else:
        triggers = [_postgresql(table, on, rules) for (table, on), rules in grouped.items()]
        triggers += [_postgresql(table, "TRUNCATE", rules) for (table, on), rules in grouped.items() if on == "DELETE"]
    return sorted(triggers, key=lambda trigger: trigger.name)


def install(connection: sa.Connection) -> None:
    """Drop every trigger that is there and create the declared ones."""
    postgresql = connection.dialect.name == "postgresql"
    for name, (table, _) in _present(connection).items():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON "{table}"' if postgresql else f'DROP TRIGGER "{name}"')
    for trigger in declared(connection.dialect.name):
        for statement in trigger.create:
            connection.exec_driver_sql(statement)


def differences(connection: sa.Connection) -> list[str]:
    """Triggers that are missing, changed, switched off or not ours, one sentence each."""
    present = _present(connection)
    wanted = {
        trigger.name: (trigger.table, _fingerprint(trigger, connection))
        for trigger in declared(connection.dialect.name)
    }
    found = [f"The rule {name} is missing." for name in wanted if name not in present]
    found += [
        f"The rule {name} was changed or switched off."
        for name in wanted
        if name in present and present[name] != wanted[name]
    ]
    return found + [f"The trigger {name} is not one of ours." for name in present if name not in wanted]


def require(connection: sa.Connection) -> None:
    """Refuse a workspace whose rules are not as declared.

    Raises:
        UserError: naming the first of them.
    """
    if wrong := differences(connection):
        raise UserError(
            f"the rules this workspace keeps were tampered with: {wrong[0]}",
            record=str(connection.engine.url.database),
            remedy="Verify the trail, compare with a backup, then restore the rules (awra_desk.store.restore_rules).",
        )


def _sqlite(table: str, on: str, rules: list[Rule]) -> Trigger:
    name = f"guard_{table}_{on.lower()}"
    checks = "\n".join(f"  SELECT RAISE(ABORT, '{MARK}{rule.code}') WHERE {rule.refuse_when};" for rule in rules)
    text = f"CREATE TRIGGER {name} BEFORE {on} ON {table} BEGIN\n{checks}\nEND"
    return Trigger(name, table, on, text, (text,))


def _postgresql(table: str, on: str, rules: list[Rule]) -> Trigger:
    """A function with a fixed search path; it first waits for the company's write lock, so that it judges what is
    committed.
    """
    name = f"guard_{table}_{on.lower()}"
    lines = [f"  IF {rule.refuse_when} THEN RAISE EXCEPTION '{MARK}{rule.code}'; END IF;" for rule in rules]
    if any(rule.refuse_when != ALWAYS for rule in rules):
        lines.insert(0, "  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.company, 0));")
    body = "\n".join(["", "BEGIN", *lines, f"  RETURN {'NULL' if on in ('DELETE', 'TRUNCATE') else 'NEW'};", "END", ""])
    each = "STATEMENT" if on == "TRUNCATE" else "ROW"
    head = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
    trigger = f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()"
    return Trigger(name, table, on, body, (f"{head} AS $rule${body}$rule$", trigger))


def _fingerprint(trigger: Trigger, connection: sa.Connection) -> str:
    return f"{_TYPE_BITS[trigger.on]} O {trigger.body}" if connection.dialect.name == "postgresql" else trigger.body


def _present(connection: sa.Connection) -> dict[str, tuple[str, str]]:
    """Name -> (table, fingerprint) of the triggers that are there now."""
    if connection.dialect.name == "postgresql":
        query = """
            SELECT t.tgname, c.relname, t.tgtype::text || ' ' || t.tgenabled::text || ' ' || p.prosrc ||
            COALESCE(t.tgqual::text, '')
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"""
    else:
        query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    return {row[0]: (row[1], row[2]) for row in connection.exec_driver_sql(query)}
