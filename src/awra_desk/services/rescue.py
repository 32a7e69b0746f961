"""Rescue: an inherited account balance, decomposed by when each part arose, where it came from and why it stands there.

Whoever takes over a clearing account finds one figure. Here it becomes lines that add up to it, to the minor unit: what
the provider really holds, each open thing by month, source and cause, and what lies before the records reach back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from awra_desk.domain.dates import Period
from awra_desk.domain.runs import ReconcilingItem, Statement
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.services.desk import Desk
from awra_desk.services.month import load_month

HELD = "held there, as reported"
BEFORE = "from before the records begin"
UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class RescueLine:
    """One part of the balance.

    Attributes:
        origin: month in which it arose, "2026-09"; "" for what has no month. source: connection name. cause: words.
        minor: its part of the ledger's balance, minor units. oldest: None where there are no single records.
        records: ids of its records, by day, then id.
    """

    origin: str
    source: str
    cause: str
    minor: int
    oldest: date | None
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rescue:
    """The decomposed balance; the lines add up to it exactly."""

    reconciliation: str
    currency: str
    day: date
    balance: int
    lines: tuple[RescueLine, ...]


def rescue(desk: Desk, name: str, period: Period) -> Rescue:
    """Decompose the reconciled ledger account's balance at the end of the period.

    Raises:
        UserError: no opening balance, or no reported balance.
    """
    view = load_month(desk, name, period)
    names = {SOURCE_SIDE: view.spec.source.source, LEDGER_SIDE: view.spec.ledger.source}
    carried = view.ledger.opening - view.source.opening
    carried -= sum(
        sum(side.minor[side.opening_item].tolist()) * (1 if side.name == LEDGER_SIDE else -1)
        for side in (view.source, view.ledger)
    )
    return Rescue(name, view.spec.currency, period.last, view.statement.ledger.closing,
                  tuple(decomposed(view.statement, names, carried)))  # fmt: skip


def decomposed(statement: Statement, names: dict[str, str], carried: int) -> list[RescueLine]:
    """The lines: first what the source holds, then what arose, oldest first, then what nothing explains.

    Args:
        names: side -> connection name. carried: the part of the difference at the take-on that no opening item
            explains, minor units, ledger less source.
    """
    whole = [("", names[SOURCE_SIDE], HELD, statement.source.closing)]
    rest = [
        ("", names[LEDGER_SIDE], BEFORE, carried),
        ("", names[LEDGER_SIDE], UNEXPLAINED, statement.unexplained - carried),
    ]
    lines = [RescueLine(*facts, None, ()) for facts in whole]
    lines += _by_origin(statement.items, names)
    return lines + [RescueLine(*facts, None, ()) for facts in rest if facts[3]]


def _by_origin(items: Iterable[ReconcilingItem], names: dict[str, str]) -> list[RescueLine]:
    grouped: dict[tuple[str, str, str], list[ReconcilingItem]] = defaultdict(list)
    for item in items:
        grouped[f"{item.day:%Y-%m}", names[item.side], item.category.value].append(item)
    lines = []
    for (origin, source, cause), group in sorted(grouped.items()):
        group.sort(key=lambda item: (item.day, item.record_id))
        records = tuple(item.record_id for item in group)
        lines.append(RescueLine(origin, source, cause, sum(item.minor for item in group), group[0].day, records))
    return lines
