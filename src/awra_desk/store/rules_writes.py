"""Rules of staged writes: who may approve what, in which order a write lives, and that nothing approved is ever
changed.
"""
# ruff: noqa: S608 (made of this module's own words; no value from outside enters)

from __future__ import annotations

from awra_desk.domain.entries import LEGAL_TRANSITIONS, WriteState
from awra_desk.domain.ladder import WRITING, Rung
from awra_desk.domain.people import Role
from awra_desk.store.rule import ALWAYS, Rule, changed, listed, same

_STEPS = ", ".join(
    f"('{before.value}', '{after.value}')"
    for before, afters in LEGAL_TRANSITIONS.items()
    for after in sorted(afters)
    if after != WriteState.DRAFT  # back to draft is an edit
)
_EDITABLE = listed(
    [before.value for before, afters in LEGAL_TRANSITIONS.items() if WriteState.DRAFT in afters]
    + [WriteState.DRAFT.value]
)
_MAY_WRITE = listed([rung.value for rung in WRITING])
_TARGET_RUNG = "SELECT 1 FROM connections c WHERE c.company = NEW.company AND c.name = "
_DONE = listed([WriteState.POSTED.value, WriteState.VERIFIED.value, WriteState.REVERSED.value])
_OF_WRITE = same("w", "write_id")
_LINES = f"FROM write_lines l WHERE {same('l', 'write_id', 'generation')}"

# The write an approval or outbox row speaks of, with what it says now.
_SUBJECT = f"""SELECT 1 FROM writes w JOIN write_generations g
    ON g.company = w.company AND g.write_id = w.write_id AND g.generation = w.generation WHERE {_OF_WRITE}"""
_IS_DRAFT = f"SELECT 1 FROM writes w WHERE {_OF_WRITE} AND w.generation = NEW.generation AND w.state = 'draft'"

_LOOK = "Load it again and look at what it says now."
_EDIT = "Edit it: that makes a new generation, which is approved anew."
_SECOND = "Another supervisor has to approve it."

WRITES = (
    Rule(
        "write_begins",
        "writes",
        "INSERT",
        "NEW.state <> 'draft' OR NEW.generation <> 1 OR NEW.document_id <> '' OR NEW.document_number <> ''"
        f" OR EXISTS (SELECT 1 FROM writes w WHERE {_OF_WRITE})",
        "a staged write begins as a draft, once",
        "Stage it as a draft and submit it.",
    ),
    Rule("write_deleted", "writes", "DELETE", ALWAYS, "a staged write is never deleted", "Void it instead."),
    Rule(
        "write_identity",
        "writes",
        "UPDATE",
        changed("company", "write_id", "reference", "maker", "created_at"),
        "maker, reference and time of a staged write never change",
        "Void it and stage another.",
    ),
    Rule(
        "write_edit",
        "writes",
        "UPDATE",
        "NEW.generation <> OLD.generation AND (NEW.generation <> OLD.generation + 1 OR NEW.state <> 'draft'"
        f" OR OLD.state NOT IN ({_EDITABLE}) OR {changed('document_id', 'document_number')})",
        "this write can no longer be edited, or not in this way",
        "An edit makes the next generation, a draft; what is posted is reversed instead.",
    ),
    Rule(
        "write_step",
        "writes",
        "UPDATE",
        f"NEW.generation = OLD.generation AND NOT ((OLD.state, NEW.state) IN (VALUES {_STEPS}))",
        "this step is not allowed in the present state of the write",
        _LOOK,
    ),
    Rule(
        "write_balance",
        "writes",
        "UPDATE",
        f"NEW.state = 'submitted' AND COALESCE((SELECT SUM(l.minor) {_LINES}), 1) <> 0",
        "debits and credits of this write differ",
        "Edit it until it balances.",
    ),
    Rule(
        "write_debits",
        "writes",
        "UPDATE",
        "NEW.state = 'submitted' AND NOT EXISTS (SELECT 1 FROM write_generations g"
        f" WHERE {same('g', 'write_id', 'generation')} AND g.debits_minor ="
        f" (SELECT SUM(l.minor) {_LINES} AND l.minor > 0))",
        "the sum this write is to be approved for is not that of its lines",
        _EDIT,
    ),
    Rule(
        "write_approved",
        "writes",
        "UPDATE",
        "NEW.state = 'approved' AND NOT EXISTS (SELECT 1 FROM approvals a JOIN write_generations g"
        " ON g.company = a.company AND g.write_id = a.write_id"
        " AND g.generation = a.generation AND g.payload_sha256 = a.payload_sha256"
        f" WHERE {same('a', 'write_id', 'generation')})",
        "nobody has approved what this write says now",
        "Have a supervisor approve it.",
    ),
    Rule(
        "write_authority",
        "writes",
        "UPDATE",
        "OLD.state = 'approved' AND NEW.state = 'posting' AND NOT EXISTS (SELECT 1 FROM approvals a"
        " JOIN people p ON p.company = a.company AND p.name = a.approver AND p.active"
        f" JOIN person_roles r ON r.company = p.company AND r.name = p.name AND r.role = '{Role.SUPERVISOR.value}'"
        f" WHERE {same('a', 'write_id', 'generation')})",
        "whoever approved this write has no authority any more",
        _EDIT,
    ),
    Rule(
        "write_rung",
        "writes",
        "UPDATE",
        "OLD.state = 'approved' AND NEW.state = 'posting' AND NOT EXISTS (SELECT 1 FROM write_generations g"
        " JOIN connections c ON c.company = g.company AND c.name = g.target"
        f" WHERE {same('g', 'write_id', 'generation')} AND c.rung IN ({_MAY_WRITE}))",
        "the ledger's connection may not write yet",
        "Have the integration owner open the next rung (`awra-desk ladder`).",
    ),
    Rule(
        "write_outbox",
        "writes",
        "UPDATE",
        f"NEW.state = 'posting' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE {same('o', 'write_id', 'generation')})",
        "this write is not in the outbox",
        _LOOK,
    ),
    Rule(
        "write_document",
        "writes",
        "UPDATE",
        "NEW.state = 'posted' AND NEW.document_id = ''",
        "a posted write names its document in the ledger",
        "Look the document up by our reference.",
    ),
    Rule(
        "write_posted",
        "writes",
        "UPDATE",
        f"OLD.state IN ({_DONE}) AND (NEW.document_id <> OLD.document_id"
        " OR (OLD.document_number <> '' AND NEW.document_number <> OLD.document_number))",
        "the document of a posted write never changes",
        "Reverse the write and stage another.",
    ),
)

GENERATIONS = (
    *(
        Rule(
            f"{table}_late",
            table,
            "INSERT",
            f"NOT EXISTS ({_IS_DRAFT})",
            "only the present draft of a write can be filled in",
            _EDIT,
        )
        for table in ("write_generations", "write_lines", "write_exceptions")
    ),
    Rule(
        "write_target_rung",
        "write_generations",
        "INSERT",
        f"EXISTS ({_TARGET_RUNG}NEW.target AND c.rung = '{Rung.READ_ONLY.value}')",
        "the ledger's connection only reads yet; nothing is staged for it",
        "Have the integration owner open the next rung (`awra-desk ladder`).",
    ),
    Rule(
        "payload_digest",
        "write_generations",
        "INSERT",
        "encode(sha256(convert_to(NEW.payload, 'UTF8')), 'hex') <> NEW.payload_sha256",
        "the digest is not that of the payload",
        "Build the write again.",
        dialect="postgresql",
    ),
)

APPROVALS = (
    Rule(
        "approval_state",
        "approvals",
        "INSERT",
        f"NOT EXISTS ({_SUBJECT} AND w.state = 'submitted')",
        "only a submitted write can be approved",
        _LOOK,
    ),
    Rule(
        "approval_generation",
        "approvals",
        "INSERT",
        f"NOT EXISTS ({_SUBJECT} AND w.generation = NEW.generation)",
        "this write was edited since you looked at it",
        _LOOK,
    ),
    Rule(
        "approval_digest",
        "approvals",
        "INSERT",
        f"NOT EXISTS ({_SUBJECT} AND g.payload_sha256 = NEW.payload_sha256)",
        "this is not the payload that you looked at",
        _LOOK,
    ),
    Rule(
        "approval_maker",
        "approvals",
        "INSERT",
        f"EXISTS ({_SUBJECT} AND w.maker = NEW.approver)",
        "nobody approves a write they made",
        _SECOND,
    ),
    Rule(
        "approval_editor",
        "approvals",
        "INSERT",
        f"EXISTS ({_SUBJECT} AND g.editor = NEW.approver)",
        "nobody approves a write they edited last",
        _SECOND,
    ),
    Rule(
        "approval_role",
        "approvals",
        "INSERT",
        "NOT EXISTS (SELECT 1 FROM people p JOIN person_roles r ON r.company = p.company AND r.name = p.name"
        " WHERE p.company = NEW.company AND p.name = NEW.approver AND p.active"
        f" AND r.role = '{Role.SUPERVISOR.value}')",
        "only an active supervisor approves writes",
        _SECOND,
    ),
    Rule(
        "approval_limit",
        "approvals",
        "INSERT",
        f"NOT EXISTS ({_SUBJECT} AND EXISTS (SELECT 1 FROM people p"
        " WHERE p.company = NEW.company AND p.name = NEW.approver AND (p.approval_limit_minor IS NULL"
        " OR (p.limit_currency = g.currency AND p.approval_limit_minor >= g.debits_minor))))",
        "this write is above the approver's limit, or in another currency than it",
        "A supervisor with a higher limit has to approve it.",
    ),
)

OUTBOX = (
    Rule(
        "outbox_unapproved",
        "outbox",
        "INSERT",
        f"NOT EXISTS ({_SUBJECT} AND w.state = 'approved' AND w.generation = NEW.generation AND g.target = NEW.target)",
        "only an approved write goes to the outbox of its ledger",
        "Have a supervisor approve it.",
    ),
)
