"""Rules of reconciliations and fee schedules of sources: text, every version for ever."""

from __future__ import annotations

import sqlalchemy as sa

from awra_desk.domain.policies import Policy
from awra_desk.store.repo_base import Repository, names


class SqlPolicies(Repository):
    """`ports.storage.Policies` over one of the tables of `tables_policies`."""

    def __init__(self, connection: sa.Connection, company: str, table: sa.Table) -> None:
        super().__init__(connection, company)
        self._table = table

    def add(self, policy: Policy) -> None:
        if policy.company != self._company:
            raise ValueError(f"a policy of {policy.company} in a unit of {self._company}")
        self._insert(self._table, [{name: getattr(policy, name) for name in names(Policy) if name != "company"}])

    def current(self, subject: str) -> Policy | None:
        versions = self.history(subject)
        return versions[-1] if versions else None

    def history(self, subject: str) -> list[Policy]:
        table = self._table
        query = sa.select(*(table.c[name] for name in names(Policy))).where(
            table.c.company == self._company, table.c.subject == subject
        )
        return [Policy(**row) for row in self._rows(query.order_by(table.c.version))]
