"""What a connection's events need before they are taken: a signing secret, and a delivery that was signed with it."""

from __future__ import annotations

from awra_desk.domain.ladder import Check
from awra_desk.ports.connections import Connection, Signing
from awra_desk.services.deliveries import Deliveries

OPTION, POLLED = "events", "polled"
"""This option of a connection says that it is polled by choice; it then climbs without any event."""

_SECRET, _DELIVERY = "signing secret", "signed delivery"


def event_checks(connection: Connection, signing: Signing | None, told: Deliveries) -> tuple[Check, Check]:
    """Both checks, as things are now."""
    polled = "" if signing else "Its provider sends no events that are taken here; it is polled."
    if connection.options.get(OPTION) == POLLED:
        polled = f"It is polled by choice (option {OPTION}={POLLED})."
    if polled or signing is None:
        return Check(_SECRET, True, polled), Check(_DELIVERY, True, polled)
    return _secret(connection, signing), _delivery(connection, signing, told)


def _secret(connection: Connection, signing: Signing) -> Check:
    plural = "secret" if signing.secrets == 1 else "secrets"
    words = f"Events are signed by {signing.scheme}; {signing.secrets} {plural} in the keyring."
    remedy = (
        f"Give it with `awra-desk webhooks --signing-secret {connection.name}`, or set option {OPTION}={POLLED}."
        if not signing.secrets
        else ""
    )
    return Check(_SECRET, signing.secrets > 0, words, remedy)


def _delivery(connection: Connection, signing: Signing, told: Deliveries) -> Check:
    proof = "passed the check of their signature" if signing.signed else "came to its secret address; nothing is signed"
    parts = [f"{told.proven:,} deliveries {proof}"]
    if told.proven_at:
        parts.append(f"the last at {told.proven_at:%Y-%m-%d %H:%M} UTC")
    if told.refused:
        why = ", ".join(f"{reason} {number:,}" for reason, number in sorted(told.refused.items()))
        parts.append(f"{sum(told.refused.values()):,} were refused ({why})")
    remedy = (
        f"Run `awra-desk webhooks`, register the address of {connection.name} with the provider, and have it send one."
    )
    return Check(_DELIVERY, told.proven > 0, "; ".join(parts) + ".", "" if told.proven else remedy)
