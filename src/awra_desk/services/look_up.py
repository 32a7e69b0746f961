"""Look-up: the records that hold a piece of text or are of an amount, in every reconciliation. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from awra_desk.domain.errors import UserError
from awra_desk.domain.money import parse
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.services.desk import Desk

MOST = 8
SHORTEST = 2
"""Characters of a text worth looking up."""
_SHOWN = ("id", "source", "stream", "account", "external_id", "kind", "currency")
_LARGEST = 2**63 - 1
_ROWS = 100  # looked through for those that stand in a reconciliation


@dataclass(frozen=True, slots=True)
class Found:
    """One record in one reconciliation.

    Attributes:
        member: (side, record id). external_id: the provider's own. minor: minor units of `currency`. day: booking day.
    """

    reconciliation: str
    member: tuple[str, str]
    external_id: str
    kind: str
    minor: int
    currency: str
    day: date


def look_up(desk: Desk, text: str) -> list[Found]:
    """At most `MOST` records, latest first; a record of two reconciliations is found in both."""
    wanted = text.strip()
    if len(wanted) < SHORTEST:
        return []
    with desk.read() as uow:
        specs = uow.reconciliations.all()
        rows = uow.records.holding(wanted, _amounts(wanted, specs), _ROWS)
    sides = [(spec.name, *side) for spec in specs for side in ((SOURCE_SIDE, spec.source), (LEDGER_SIDE, spec.ledger))]
    found: list[Found] = []
    for at in range(len(rows)):
        row = {name: str(rows[name][at]) for name in _SHOWN}
        for name, side, part in sides:
            if part.reads(row["source"], row["stream"], row["account"]):
                member, amount = (side, row["id"]), int(rows["amount"][at])
                day: date = rows["booking_date"][at].item()
                found.append(Found(name, member, row["external_id"], row["kind"], amount, row["currency"], day))
    return found[:MOST]


def _amounts(text: str, specs: list[Reconciliation]) -> dict[str, int]:
    """Currency -> minor units, for each currency in use that the text is an amount of."""
    amounts = {}
    for currency in {spec.currency for spec in specs}:
        try:
            minor = abs(parse(text.replace(",", ""), currency))
        except UserError:
            continue  # a text, not an amount
        if minor <= _LARGEST:
            amounts[currency] = minor
    return amounts
