"""Drift: what began to look otherwise at a source, which books that may touch, and that somebody has looked at it."""

from __future__ import annotations

from dataclasses import dataclass

from awra_desk.domain.drift import Drift
from awra_desk.domain.people import Role
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.services.desk import Desk, InForce, actor


@dataclass(frozen=True, slots=True)
class DriftSeen:
    """One difference and its reach.

    Attributes:
        books: names of the reconciliations that read this stream, sorted; none where the contract does not read the
            place.
    """

    drift: Drift
    books: tuple[str, ...]


def drifts(desk: Desk, *, acknowledged: bool = False) -> list[DriftSeen]:
    """Everything that is new at the sources: what the contracts read first, then by time."""
    with desk.read() as uow:
        found = uow.drifts.all(acknowledged=acknowledged)
        specs = uow.reconciliations.all()
    return [DriftSeen(drift, _books(drift, specs)) for drift in sorted(found, key=lambda drift: not drift.read)]


def in_force(desk: Desk) -> dict[str, tuple[InForce, ...]]:
    """Connection name -> the versions of its contract, each in force until the next one is."""
    with desk.read() as uow:
        connections = uow.connections.all()
    return {connection.name: desk.mapping(connection).versions for connection in connections}


def acknowledge(desk: Desk, drift_id: str, *, who: str, note: str) -> None:
    """Say that a difference is in order, and why; one trail row.

    Raises:
        Refused: `who` keeps no mappings here, or somebody has acknowledged it. UserError: no such drift.
    """
    with desk.write() as uow:
        actor(uow, who, Role.OWNER, Role.ACCOUNTANT, Role.SUPERVISOR)
        uow.drifts.acknowledge(drift_id, actor=who, note=note)
        uow.trail.append(at=desk.now(), actor=who, action="drift.acknowledge", subject=drift_id, detail={"note": note})
        uow.commit()


def _books(drift: Drift, specs: list[Reconciliation]) -> tuple[str, ...]:
    if not drift.read:
        return ()
    return tuple(
        sorted(
            spec.name
            for spec in specs
            if any(side.reads_stream(drift.source, drift.stream) for side in (spec.source, spec.ledger))
        )
    )
