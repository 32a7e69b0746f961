"""Persons, their roles and their password hashes."""

from __future__ import annotations

import sqlalchemy as sa

from awra_desk.domain.people import Person, Role
from awra_desk.store.repo_base import Repository
from awra_desk.store.tables_writes import people, person_roles


class SqlPeople(Repository):
    """`ports.storage.People`."""

    def put(self, person: Person, password_hash: str) -> None:
        if person.company != self._company:
            raise ValueError(f"a person of {person.company} in a unit of {self._company}")
        self._upsert(
            people,
            [
                {
                    "name": person.name,
                    "full_name": person.full_name,
                    "limit_currency": person.limit_currency,
                    "approval_limit_minor": person.approval_limit_minor,
                    "active": person.active,
                    "password_hash": password_hash,
                }
            ],
        )
        here = (person_roles.c.company == self._company, person_roles.c.name == person.name)
        self._connection.execute(sa.delete(person_roles).where(*here))
        self._insert(person_roles, [{"name": person.name, "role": role.value} for role in sorted(person.roles)])

    def get(self, name: str) -> Person:
        return self._person(self._of(name))

    def password_hash(self, name: str) -> str:
        return str(self._of(name)["password_hash"])

    def all(self) -> list[Person]:
        query = sa.select(people).where(people.c.company == self._company).order_by(people.c.name)
        return [self._person(row) for row in self._rows(query)]

    def _of(self, name: str) -> sa.RowMapping:
        query = sa.select(people).where(people.c.company == self._company, people.c.name == name)
        return self._row(query, record=name, what="this person", remedy="Correct the name, or have the person added.")

    def _person(self, row: sa.RowMapping) -> Person:
        query = sa.select(person_roles.c.role).where(
            person_roles.c.company == self._company, person_roles.c.name == row["name"]
        )
        return Person(
            company=row["company"],
            name=row["name"],
            full_name=row["full_name"],
            roles=frozenset(Role(role) for role in self._connection.execute(query).scalars()),
            limit_currency=row["limit_currency"],
            approval_limit_minor=row["approval_limit_minor"],
            active=row["active"],
        )
