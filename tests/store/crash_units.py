"""Whole units of work for the crash tests, and the proof that none of them is there by half.

Also the child process of the kill test: `python -m tests.store.crash_units ADDRESS FIRST` works until it is killed.
"""

import sys
from dataclasses import replace

from awra_desk.audit import chain
from awra_desk.domain.decisions import Decision, DecisionKind
from awra_desk.domain.exception_items import ExceptionState
from awra_desk.store import SqlWorkspace, open_workspace
from tests.store.books import NOW, approval, charges, exception, raw, reconciliation, seed_people, staged

COMPANY = "Crashing"
KINDS = ("decide", "approve", "pull")
_SOURCE = "books"


def prepare(workspace: SqlWorkspace) -> None:
    """A company with people and a reconciliation."""
    workspace.add_company(COMPANY, at=NOW)
    seed_people(workspace, COMPANY)
    with workspace.write(COMPANY) as uow:
        uow.reconciliations.put(reconciliation(COMPANY))
        uow.commit()


def run_unit(workspace: SqlWorkspace, number: int) -> str:
    """One decision, approval or pull with all that belongs to it; returns its id after the commit."""
    kind = KINDS[number % len(KINDS)]
    identity = f"{kind}-{number}"
    with workspace.write(COMPANY) as uow:
        if kind == "decide":
            decision = Decision(identity, COMPANY, "clearing", DecisionKind.MATCH, (("source", identity),), "ann", NOW)
            uow.reconciliations.add_decision(decision)
            item = exception(COMPANY, identity)
            uow.exceptions.put([replace(item, state=ExceptionState.RESOLVED, resolution="matched", resolved_at=NOW)])
        elif kind == "approve":
            write = staged(COMPANY, identity)
            uow.writes.add(write)
            uow.writes.transition(identity, write.state, write.state.SUBMITTED)
            uow.writes.approve(approval(write))
        else:
            records = [raw(f"{number}-{row}", source=_SOURCE, stream=identity) for row in range(50)]
            uow.records.append(records)
            uow.records.put_transactions(records, "1", charges(COMPANY, records, "1"), [])
            uow.connections.save_cursor(_SOURCE, identity, "c")
        uow.trail.append(at=NOW, actor="ann", action=kind, subject=identity, detail={})
        uow.commit()
    return identity


def whole_units(workspace: SqlWorkspace) -> set[str]:
    """Ids of the units that are there, after proving that each is there with every part and that the chain holds."""
    with workspace.read(COMPANY) as uow:
        assert chain.verify(uow.trail.entries()) is None
        subjects = [entry.subject for entry in uow.trail.entries()]
        assert len(subjects) == len(set(subjects))
        decided = {decision.decision_id for decision in uow.reconciliations.decisions("clearing")}
        resolved = {item.exception_id for item in uow.exceptions.all(states={ExceptionState.RESOLVED})}
        writes = {write.write_id: write for write in uow.writes.all()}
        waiting = set(uow.writes.outbox("books"))
        assert all(len(uow.writes.approvals(identity)) == 1 for identity in writes)
        assert {write.state for write in writes.values()} <= {"approved"}
        pulled = set(uow.records.streams(_SOURCE))
        assert all(uow.connections.cursor(_SOURCE, stream) == "c" for stream in pulled)
        assert all(len(uow.records.transactions(_SOURCE, [stream])) == 50 for stream in pulled)
        assert not any(uow.records.pending(_SOURCE, stream, "1", 1) for stream in pulled)
    for kind, parts in (("decide", (decided, resolved)), ("approve", (set(writes), waiting)), ("pull", (pulled,))):
        told = {subject for subject in subjects if subject.startswith(kind)}
        assert all(part == told for part in parts), kind
    return set(subjects)


def check_file(workspace: SqlWorkspace) -> None:
    """SQLite's own checks of the file; a PostgreSQL server keeps its own."""
    if workspace.engine.dialect.name == "sqlite":
        with workspace.engine.begin() as connection:
            assert connection.exec_driver_sql("PRAGMA quick_check").scalar_one() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def main() -> None:
    """Work for ever, saying each id once it is committed."""
    workspace, number = open_workspace(sys.argv[1], create=False), int(sys.argv[2])
    while True:
        print(run_unit(workspace, number), flush=True)
        number += 1


if __name__ == "__main__":
    main()
