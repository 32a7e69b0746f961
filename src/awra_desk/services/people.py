"""People: who may act here, and proving who it is."""

from __future__ import annotations

from awra_desk.domain.errors import Refused
from awra_desk.domain.people import Person, Role
from awra_desk.services.desk import Desk, actor

MINIMUM_PASSWORD = 12


def add_person(desk: Desk, person: Person, password: str, *, by: str) -> None:
    """Add somebody, or change their roles and password.

    Args:
        by: an integration owner; the first persons of a company, while it has no owner, may be set up by anybody.

    Raises:
        Refused: the password is too short, or `by` is no owner where there is one.
    """
    if len(password) < MINIMUM_PASSWORD:
        raise Refused(
            f"the password has fewer than {MINIMUM_PASSWORD} characters",
            record=person.name,
            remedy="Choose a longer one; words are fine.",
        )
    with desk.write() as uow:
        if any(known.may(Role.OWNER) for known in uow.people.all()):
            actor(uow, by, Role.OWNER)
        uow.people.put(person, desk.hash_password(password))
        limit = "none" if person.approval_limit_minor is None else str(person.approval_limit_minor)
        detail = {"roles": ", ".join(sorted(person.roles)), "limit_minor": limit, "active": str(person.active)}
        uow.trail.append(
            at=desk.now(),
            actor=by,
            action="person.put",
            subject=person.name,
            detail=detail,
        )
        uow.commit()


def authenticate(desk: Desk, name: str, password: str) -> Person:
    """The person, if the password is theirs. A failed try leaves a trail row; the words never say which of the two was
    wrong.

    Raises:
        Refused: unknown or inactive person, or wrong password.
    """
    with desk.read() as uow:
        known = {person.name: person for person in uow.people.all()}
        stored = uow.people.password_hash(name) if name in known else ""
    if not stored or not known[name].active or not desk.check_password(stored, password):
        with desk.write() as uow:
            uow.trail.append(at=desk.now(), actor=name, action="person.refused", subject=name, detail={})
            uow.commit()
        raise Refused(
            "name and password do not fit together", remedy="Try again; ask the integration owner for a new password."
        )
    return known[name]
