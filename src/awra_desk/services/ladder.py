"""Ladder: let a connection do more, one rung at a time and only on evidence, or less, at once."""

from __future__ import annotations

from awra_desk.domain.errors import Refused
from awra_desk.domain.ladder import Rung
from awra_desk.services.desk import Desk, owner
from awra_desk.services.health import NEEDS, examine


def climb(desk: Desk, name: str, *, who: str) -> Rung:
    """Open the next rung, after everything it needs was looked at; returns it.

    Args:
        who: an integration owner; while the company has none, anybody who sets it up.

    Raises:
        Refused: there is no rung above, a check does not hold (its words say which), or the person may not.
    """
    with desk.read() as uow:
        owner(uow, who)
    found = examine(desk, name)
    above = found.connection.rung.above
    if above is None:
        raise Refused("it is on the last rung already", record=name, remedy="There is nothing more to open.")
    needed = [check for check in found.checks if check.name in NEEDS[above]]
    if lacking := [check for check in needed if not check.holds]:
        words = "; ".join(f"{check.name}: {check.words.rstrip('.')}" for check in lacking)
        remedy = " ".join(dict.fromkeys(check.remedy for check in lacking))
        raise Refused(f"the rung {above.words} stays shut ({words})", record=name, remedy=remedy)
    _move(desk, name, found.connection.rung, above, who, {check.name: check.words for check in needed})
    return above


def descend(desk: Desk, name: str, *, who: str, reason: str) -> Rung:
    """Go one rung down; returns it.

    Raises:
        Refused: it is on the first rung, no reason is given, or the person may not.
    """
    if not reason.strip():
        raise Refused("going down needs a reason", record=name, remedy="Say in a few words why.")
    with desk.read() as uow:
        owner(uow, who)
        before = uow.connections.get(name).rung
    below = before.below
    if below is None:
        raise Refused("it is on the first rung already", record=name, remedy="It can do no less than read.")
    _move(desk, name, before, below, who, {"reason": reason.strip()})
    return below


def _move(desk: Desk, name: str, before: Rung, after: Rung, who: str, evidence: dict[str, str]) -> None:
    with desk.write() as uow:
        owner(uow, who)
        if uow.connections.get(name).rung != before:
            raise Refused("somebody else moved it meanwhile", record=name, remedy="Look at it again.")
        uow.connections.set_rung(name, after)
        detail = {"from": before.value, "to": after.value, **evidence}
        uow.trail.append(at=desk.now(), actor=who, action="connection.rung", subject=name, detail=detail)
        uow.commit()
