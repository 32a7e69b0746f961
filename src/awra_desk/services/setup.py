"""Setting a company up: connections, reconciliations, the take-on."""

from __future__ import annotations

from collections.abc import Sequence

from awra_desk.domain.dates import zone
from awra_desk.domain.money import exponent, to_text
from awra_desk.domain.reconciliations import OpeningBalance, OpeningItem, Reconciliation
from awra_desk.ports.connections import Connection
from awra_desk.services.desk import Desk


def put_connection(desk: Desk, connection: Connection, *, by: str, signed_in: str = "") -> None:
    """Add or change a connection; its secret is stored by the caller in the keyring, never here.

    Args:
        signed_in: scopes that a person has just granted by signing in, or "".
    """
    zone(connection.zone)
    with desk.write() as uow:
        uow.connections.put(connection)
        detail = {
            "provider": connection.provider,
            "base_url": connection.base_url,
            "rung": uow.connections.get(connection.name).rung.value,
            **({"signed_in": signed_in} if signed_in else {}),
        }
        uow.trail.append(at=desk.now(), actor=by, action="connection.put", subject=connection.name, detail=detail)
        uow.commit()


def put_reconciliation(desk: Desk, spec: Reconciliation, *, by: str) -> None:
    """Define or change a reconciliation.

    Raises:
        UsageError, InvalidAmount: unknown zone or currency.
    """
    zone(spec.zone)
    exponent(spec.currency)
    with desk.write() as uow:
        uow.reconciliations.put(spec)
        detail = {
            "currency": spec.currency,
            "source": spec.source.source,
            "ledger": spec.ledger.source,
            "version": str(spec.version),
        }
        uow.trail.append(at=desk.now(), actor=by, action="reconciliation.put", subject=spec.name, detail=detail)
        uow.commit()


def import_take_on(desk: Desk, balances: Sequence[OpeningBalance], items: Sequence[OpeningItem], *, by: str) -> None:
    """Import opening balances and open items, so that a first month starts from the take-on."""
    with desk.write() as uow:
        uow.reconciliations.put_openings(balances, items)
        for balance in balances:
            spec = uow.reconciliations.get(balance.reconciliation)
            count = sum(
                1 for item in items if (item.reconciliation, item.side) == (balance.reconciliation, balance.side)
            )
            detail = {
                "side": balance.side,
                "day": str(balance.day),
                "balance": to_text(balance.minor, spec.currency),
                "items": str(count),
            }
            uow.trail.append(at=desk.now(), actor=by, action="takeon.import", subject=spec.name, detail=detail)
        uow.commit()
