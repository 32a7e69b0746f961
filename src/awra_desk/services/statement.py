"""The reconciliation statement: both closings as reported, every open thing named, and what is left unexplained."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.dates import Period
from awra_desk.domain.decisions import DecisionKind
from awra_desk.domain.reconciliations import Reconciliation
from awra_desk.domain.runs import ItemCategory, ReconcilingItem, SideTotals, Statement
from awra_desk.domain.transactions import Kind
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE
from awra_desk.ports.storage import UnitOfWork
from awra_desk.services.closing import closing
from awra_desk.services.sides import Side

MOVED_MONEY = frozenset({Kind.PAYOUT, Kind.PAYOUT_FAILURE, Kind.TRANSFER})


def statement(
    uow: UnitOfWork, spec: Reconciliation, period: Period, source: Side, ledger: Side, members: Table
) -> Statement:
    """The statement at the end of the period.

    A record dated after the period is not there yet: a match that reaches over the end leaves its earlier members as a
    cut-off item.
    """
    excluded = {
        member
        for decision in uow.reconciliations.decisions(spec.name)
        if decision.kind == DecisionKind.EXCLUDE
        for member in decision.members
    }
    items = [
        *_matched(members, source, ledger, period),
        *_unmatched(members, (source, ledger), spec, period, excluded),
    ]
    items.sort(key=lambda item: (item.category, item.day, item.side, item.record_id))
    return Statement(
        company=spec.company,
        reconciliation=spec.name,
        currency=spec.currency,
        period=period,
        source=_totals(uow, spec, source, period),
        ledger=_totals(uow, spec, ledger, period),
        items=tuple(items),
    )


def _totals(uow: UnitOfWork, spec: Reconciliation, side: Side, period: Period) -> SideTotals:
    eve = period.first - timedelta(days=1)
    opening = side.opening + side.movements(eve)
    return SideTotals(opening, side.movements(period.last, after=eve), closing(uow, spec, side, period.last))


def _matched(matched: Table, source: Side, ledger: Side, period: Period) -> list[ReconcilingItem]:
    """What confirmed matches leave: a tolerated difference, or members on different sides of the period's end."""
    lookup = {SOURCE_SIDE: _facts(source), LEDGER_SIDE: _facts(ledger)}
    groups: dict[str, list[tuple[str, str, int, date]]] = defaultdict(list)
    members = matched.take(matched["status"] == "confirmed")
    members = members.take(_uneven(members, (source, ledger), period))
    for match_id, side, record_id in zip(
        members["match_id"].tolist(), members["side"].tolist(), members["id"].tolist(), strict=True
    ):
        minor, day = lookup[side][record_id]
        groups[match_id].append((side, record_id, minor, day))
    found = []
    for match_id, rows in groups.items():
        inside = [row for row in rows if row[3] <= period.last]
        effect = sum(minor if side == LEDGER_SIDE else -minor for side, _, minor, _ in inside)
        if effect == 0:
            continue
        side, record_id, _, day = min(inside)
        late = [row for row in rows if row[3] > period.last]
        if late:
            words = f"met by {min(late)[1]} on {min(row[3] for row in late)}"
            found.append(ReconcilingItem(ItemCategory.CUT_OFF, side, record_id, day, effect, words))
        else:
            found.append(
                ReconcilingItem(
                    ItemCategory.MATCHED_DIFFERENCE, side, record_id, day, effect, f"difference inside match {match_id}"
                )
            )
    return found


def _uneven(members: Table, sides: tuple[Side, Side], period: Period) -> NDArray[np.bool_]:
    """Members of the matches that leave something at the end of the period, told by the sums of all at once."""
    effect = np.zeros(len(members), dtype=np.int64)
    for side in sides:
        here = members["side"] == side.name
        place = {name: at for at, name in enumerate(side.rows["id"].tolist())}
        rows = np.array([place[name] for name in members["id"][here].tolist()], dtype=np.int64)
        inside = side.rows["booking_date"][rows] <= np.datetime64(period.last, "D")
        effect[here] = np.where(inside, side.minor[rows], 0) * (1 if side.name == LEDGER_SIDE else -1)
    number: dict[str, int] = {}
    match = np.array([number.setdefault(name, len(number)) for name in members["match_id"].tolist()], dtype=np.int64)
    total = np.zeros(len(number), dtype=np.int64)
    np.add.at(total, match, effect)
    uneven: NDArray[np.bool_] = total[match] != 0
    return uneven


def _facts(side: Side) -> dict[str, tuple[int, date]]:
    return dict(
        zip(
            side.rows["id"].tolist(),
            zip(side.minor.tolist(), side.rows["booking_date"].tolist(), strict=True),
            strict=True,
        )
    )


def _unmatched(
    members: Table, sides: tuple[Side, Side], spec: Reconciliation, period: Period, excluded: set[tuple[str, str]]
) -> list[ReconcilingItem]:
    keys = zip(members["side"].tolist(), members["id"].tolist(), strict=True)
    status = dict(zip(keys, members["status"].tolist(), strict=True))
    found = []
    for side in sides:
        inside = (side.rows["booking_date"] <= np.datetime64(period.last, "D")) & (side.minor != 0)
        texts = side.rows["description"].tolist()
        for row in np.flatnonzero(inside).tolist():
            record_id = side.rows["id"][row]
            known = status.get((side.name, record_id), "")
            if known == "confirmed":
                continue
            category = _category(side, row, spec, period, "excluded" if (side.name, record_id) in excluded else known)
            words = side.spec.scope.words if side.spec.scope and category == ItemCategory.OUT_OF_SCOPE else texts[row]
            minor = int(side.minor[row]) * (1 if side.name == LEDGER_SIDE else -1)
            day: date = side.rows["booking_date"][row].astype(object)
            found.append(ReconcilingItem(category, side.name, record_id, day, minor, words))
    return found


def _category(side: Side, row: int, spec: Reconciliation, period: Period, status: str) -> ItemCategory:
    """Why a row stands open; `status` is "suggested", "excluded" or ""."""
    if not side.in_scope[row]:
        return ItemCategory.OUT_OF_SCOPE
    if status:
        return ItemCategory.EXCLUDED if status == "excluded" else ItemCategory.SUGGESTED
    if side.opening_item[row]:
        return ItemCategory.OPENING
    from_source = side.name == SOURCE_SIDE
    lag = timedelta(days=spec.after_days if from_source else spec.before_days)
    if side.rows["booking_date"][row].astype(object) > period.last - lag:
        return ItemCategory.IN_TRANSIT if side.rows["kind"][row] in MOVED_MONEY else ItemCategory.CUT_OFF
    return ItemCategory.MISSING_IN_LEDGER if from_source else ItemCategory.MISSING_IN_SOURCE
