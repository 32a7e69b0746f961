"""The rules that the database itself keeps, as one declared list for both dialects. `triggers` turns it into SQL;
nothing else does.

Rules of one table and statement are tried in the order of this list; the first that holds gives the words.
"""
# ruff: noqa: S608 (made of this module's own words; no value from outside enters)

from __future__ import annotations

from awra_desk.domain.ladder import Rung
from awra_desk.domain.trail import GENESIS
from awra_desk.store.rule import ALWAYS, Rule, changed, same
from awra_desk.store.rules_writes import APPROVALS, GENERATIONS, OUTBOX, WRITES

# Tables whose rows are written once, with their primary key after the company and what people call a row of them.
_WRITTEN_ONCE = {
    "raw_records": (("raw_id",), "a raw record"),
    "witnesses": (("raw_id", "witness"), "the way by which a record came"),
    "runs": (("reconciliation", "sequence"), "a run"),
    "rule_versions": (("subject", "version"), "a version of the rules"),
    "fee_versions": (("subject", "version"), "a version of the fee schedules"),
    "mapping_rows": (("number",), "a mapping"),
    "comments": (("exception_id", "number"), "a comment"),
    "write_generations": (("write_id", "generation"), "what a staged write says"),
    "write_lines": (("write_id", "generation", "line"), "a line of a staged write"),
    "write_exceptions": (("write_id", "generation", "exception_id"), "what a staged write settles"),
    "approvals": (("write_id", "generation", "approver"), "an approval"),
    "outbox": (("number",), "the outbox"),
    "attempts": (("write_id", "number"), "a posting attempt"),
    "trail": (("sequence",), "the trail"),
}
_NEVER_DELETED = {
    "companies": "a company",
    "people": "a person",
    "superseded_transactions": "a superseded transaction",
    "exceptions": "an exception",
    "decisions": "a decision",
    "drifts": "a drift",
    "events": "an event",
}
_ADD = "Add to it instead; what was written stays."


def _written_once() -> list[Rule]:
    rules = []
    for table, (keys, name) in _WRITTEN_ONCE.items():
        # SQLite's REPLACE deletes a row without firing the trigger of DELETE, unless a connection asks for it.
        exists = f"EXISTS (SELECT 1 FROM {table} x WHERE {same('x', *keys)})"
        rules.append(
            Rule(f"{table}_replaced", table, "INSERT", exists, f"{name} is never replaced", _ADD, dialect="sqlite")
        )
        rules.append(Rule(f"{table}_changed", table, "UPDATE", ALWAYS, f"{name} is never changed", _ADD))
        rules.append(Rule(f"{table}_deleted", table, "DELETE", ALWAYS, f"{name} is never deleted", _ADD))
    return rules


_TRAIL = (
    Rule(
        "trail_order",
        "trail",
        "INSERT",
        "NEW.sequence <> COALESCE((SELECT MAX(t.sequence) FROM trail t WHERE t.company = NEW.company), 0) + 1",
        "the trail's rows follow each other without gaps",
        _ADD,
    ),
    Rule(
        "trail_previous",
        "trail",
        "INSERT",
        "NEW.previous <> COALESCE((SELECT t.digest FROM trail t"
        f" WHERE t.company = NEW.company AND t.sequence = NEW.sequence - 1), '{GENESIS}')",
        "a row of the trail carries the digest of the row before it",
        _ADD,
    ),
    Rule(
        "trail_digest",
        "trail",
        "INSERT",
        "length(NEW.digest) <> 64 OR NEW.digest = NEW.previous",
        "a row of the trail carries its own digest",
        _ADD,
    ),
)

_BOOKS = (
    Rule(
        "runs_order",
        "runs",
        "INSERT",
        "NEW.sequence <> COALESCE((SELECT MAX(r.sequence) FROM runs r WHERE r.company = NEW.company"
        " AND r.reconciliation = NEW.reconciliation), 0) + 1",
        "runs follow each other without gaps",
        _ADD,
    ),
    *(
        Rule(
            f"{table}_order",
            table,
            "INSERT",
            f"NEW.version <> COALESCE((SELECT MAX(v.version) FROM {table} v WHERE v.company = NEW.company"
            " AND v.subject = NEW.subject), 0) + 1",
            "versions follow each other without gaps",
            "Load the present version and change that one.",
        )
        for table in ("rule_versions", "fee_versions")
    ),
    Rule(
        "mapping_rows_order",
        "mapping_rows",
        "INSERT",
        "NEW.number <> COALESCE((SELECT MAX(m.number) FROM mapping_rows m WHERE m.company = NEW.company), 0) + 1",
        "mappings follow each other without gaps",
        "Load the tables again, then record it.",
    ),
    Rule(
        "decision_begins",
        "decisions",
        "INSERT",
        "NEW.undone_at IS NOT NULL OR NEW.undone_by <> ''"
        " OR EXISTS (SELECT 1 FROM decisions d WHERE d.company = NEW.company AND d.decision_id = NEW.decision_id)",
        "a decision is made once, and undone only afterwards",
        "Make a new decision.",
    ),
    Rule(
        "decision_reason",
        "decisions",
        "INSERT",
        "NEW.kind = 'exclude' AND NEW.note = ''",
        "leaving a record out needs a reason",
        "Write down why.",
    ),
    Rule(
        "decision_changed",
        "decisions",
        "UPDATE",
        "OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR NEW.undone_by = '' OR "
        + changed("company", "decision_id", "reconciliation", "kind", "members", "actor", "at", "note"),
        "a decision is undone once and never changed",
        "Make a new decision.",
    ),
    *(
        Rule(
            f"exception_unexplained_{on.lower()}",
            "exceptions",
            on,
            "NEW.state = 'resolved' AND NEW.resolution = ''",
            "an exception is resolved in some way, and says how",
            "Say how it was resolved.",
        )
        for on in ("INSERT", "UPDATE")
    ),
)

_EVENTS = (
    Rule(
        "event_begins",
        "events",
        "INSERT",
        "NEW.state <> 'received' OR NEW.attempts <> 0 OR EXISTS (SELECT 1 FROM events e"
        f" WHERE {same('e', 'source', 'event_id')})",
        "an event is received once, and processed only afterwards",
        "Nothing is to do: it is in the inbox.",
    ),
    Rule(
        "event_changed",
        "events",
        "UPDATE",
        changed("company", "source", "event_id", "kind", "verified", "payload", "received_at"),
        "what an event says is never changed",
        _ADD,
    ),
    Rule(
        "event_attempts",
        "events",
        "UPDATE",
        "NEW.attempts < OLD.attempts",
        "the tries at an event are only added to",
        "Load it again.",
    ),
)

_RUNGS = ", ".join(f"('{rung.value}', '{rung.above.value}')" for rung in Rung if rung.above)
_FALLS = ", ".join(
    f"('{before.value}', '{after.value}')" for place, before in enumerate(Rung) for after in list(Rung)[: place + 1]
)
_LADDER = (
    Rule(
        "rung_begins",
        "connections",
        "INSERT",
        f"NEW.rung <> '{Rung.READ_ONLY.value}'",
        "a connection begins by reading only",
        "Climb one rung after the other.",
    ),
    Rule(
        "rung_step",
        "connections",
        "UPDATE",
        f"NOT ((OLD.rung, NEW.rung) IN (VALUES {_RUNGS}, {_FALLS}))",
        "a connection climbs one rung at a time",
        "Climb one rung after the other.",
    ),
    Rule(
        "rung_elsewhere",
        "connections",
        "UPDATE",
        f"NEW.rung <> '{Rung.READ_ONLY.value}' AND ({changed('provider', 'base_url')})",
        "a connection to another system begins by reading only",
        "Climb one rung after the other.",
    ),
)

RULES: tuple[Rule, ...] = (
    *_LADDER,
    *_TRAIL,
    *_BOOKS,
    *_EVENTS,
    *WRITES,
    *GENERATIONS,
    *APPROVALS,
    *OUTBOX,
    *_written_once(),
    *(
        Rule(f"{table}_deleted", table, "DELETE", ALWAYS, f"{name} is never deleted", _ADD)
        for table, name in _NEVER_DELETED.items()
    ),
)
