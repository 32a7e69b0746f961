"""Rules and fee schedules as text: every version for ever, on both databases."""

import pytest

from awra_desk.domain.errors import Refused
from awra_desk.domain.policies import Policy
from awra_desk.store import SqlWorkspace
from tests.store.books import connection, later, reconciliation


def policy(company: str, version: int, text: str = "", subject: str = "clearing") -> Policy:
    return Policy(company, subject, version, text or f"[[rules]]  # {version}é\n", f"change {version}", "ann",
                  later(version))  # fmt: skip


def test_every_version_stays_and_the_last_is_in_force(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        uow.reconciliations.put(reconciliation(company))
        uow.connections.put(connection(company))
        assert uow.rules.current("clearing") is None
        uow.rules.add(policy(company, 1))
        uow.rules.add(policy(company, 2))
        uow.fees.add(policy(company, 1, "fees", connection(company).name))
        assert uow.rules.history("clearing") == [policy(company, 1), policy(company, 2)]
        assert uow.rules.current("clearing") == policy(company, 2)
        assert uow.fees.history("clearing") == []
        with pytest.raises(ValueError, match="in a unit of"):
            uow.rules.add(policy("another", 3))


def test_two_people_cannot_make_the_same_version(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        uow.reconciliations.put(reconciliation(company))
        uow.rules.add(policy(company, 1))
        uow.commit()
    with workspace.write(company) as uow, pytest.raises(Refused, match="versions follow each other without gaps"):
        uow.rules.add(policy(company, 1))
