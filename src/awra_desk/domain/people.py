"""Persons, their roles and what each role may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Who somebody is at this company; a person may hold several."""

    ACCOUNTANT = "accountant"
    STAFF = "staff"
    SUPERVISOR = "supervisor"
    OWNER = "owner"  # the integration owner: connections and mappings


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in.

    Attributes:
        name: sign-in name, unique in the company; full_name: for people.
        approval_limit_minor: largest sum of debits this person may approve, in minor units of `limit_currency`; None
            means no limit.
    """

    company: str
    name: str
    full_name: str
    roles: frozenset[Role]
    limit_currency: str
    approval_limit_minor: int | None
    active: bool = True

    def may(self, *roles: Role) -> bool:
        """Whether the person is active and holds one of these roles."""
        return self.active and bool(self.roles & set(roles))
