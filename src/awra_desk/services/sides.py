"""One side of a reconciliation as numbers: its rows since the take-on, with signed amounts, scope and channel."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from awra_desk.domain.errors import UserError
from awra_desk.domain.reconciliations import OpeningItem, Reconciliation, SideSpec
from awra_desk.domain.transactions import Kind
from awra_desk.ports.columns import DAY, INSTANT, INTEGER, TEXT, Column, Table, column, concat, table
from awra_desk.ports.schemas import SOURCE_SIDE, TRANSACTIONS
from awra_desk.ports.storage import UnitOfWork

_SAYS_NOTHING: dict[str, object] = {TEXT: "", INTEGER: 0, DAY: None, INSTANT: None}


@dataclass(frozen=True, slots=True)
class Side:
    """One side's rows, by id.

    Attributes:
        rows: schema TRANSACTIONS; only those after the take-on day, and the opening items.
        minor: int64, minor units of the reconciliation's currency, side's sign applied; 0 where the row is of another
            currency.
        comparable: bool, the row is in the reconciliation's currency.
        in_scope: bool, the row takes part in matching.
        opening_item: bool, the row is inside the opening balance.
        channel: text, "" for none.
        opening: take-on balance, sign applied; opening_day: the day at whose end it holds.
    """

    name: str
    spec: SideSpec
    rows: Table
    minor: Column
    comparable: Column
    in_scope: Column
    opening_item: Column
    channel: Column
    opening: int
    opening_day: date

    def items(self, mask: Column, currency: str) -> Table:
        """The chosen rows as the matcher wants them (schema ITEMS).

        A row of another currency keeps its own amount and currency.
        """
        chosen = self.rows.take(mask)
        same = self.comparable[mask]
        return Table(
            {
                "id": chosen["id"],
                "date": chosen["booking_date"],
                "amount": np.where(same, self.minor[mask], chosen["amount"] * self.spec.sign),
                "currency": np.where(same, np.full(len(chosen), currency, dtype=object), chosen["currency"]),
                "references": chosen["references"],
                "description": chosen["description"],
                "counterparty": chosen["counterparty"],
                "kind": chosen["kind"],
                "batch": chosen["batch"],
                "channel": self.channel[mask],
                "source": chosen["source"],
                "account": chosen["account"],
            }
        )

    def take(self, rows: Column) -> Side:
        """The chosen rows (a boolean mask); openings stay those of the whole side."""
        return replace(
            self,
            rows=self.rows.take(rows),
            minor=self.minor[rows],
            comparable=self.comparable[rows],
            in_scope=self.in_scope[rows],
            opening_item=self.opening_item[rows],
            channel=self.channel[rows],
        )

    def movements(self, through: date, after: date | None = None) -> int:
        """Sum of the rows dated after the take-on (or after `after`) up to and including `through`.

        Opening items do not count.
        """
        dates = self.rows["booking_date"]
        mask = ~self.opening_item & (dates <= np.datetime64(through, "D"))
        if after is not None:
            mask &= dates > np.datetime64(after, "D")
        return int(self.minor[mask].sum())


def load_side(uow: UnitOfWork, spec: Reconciliation, name: str) -> Side:
    """Read one side ("source" or "ledger") of a reconciliation.

    Raises:
        UserError: no opening balance was imported for it.
    """
    side = spec.source if name == SOURCE_SIDE else spec.ledger
    openings = {balance.side: balance for balance in uow.reconciliations.opening_balances(spec.name)}
    if name not in openings:
        raise UserError(
            f"the {name} side has no opening balance",
            record=spec.name,
            remedy="Import the take-on balance (and open items) first.",
        )
    opening = openings[name]
    items = [item for item in uow.reconciliations.opening_items(spec.name) if item.side == name]
    rows = uow.records.transactions(side.source, side.streams, account=side.account)
    carried = np.isin(rows["id"].astype(str), np.array([item.record_id for item in items], dtype=str))
    taken = (rows["booking_date"] > np.datetime64(opening.day, "D")) | carried
    rows = _whole_batches(rows, taken).take(taken)
    known = set(rows["id"].tolist())
    absent = [item for item in items if item.record_id not in known]
    if absent:
        rows = _sorted(concat([rows, _as_rows(absent, spec, side)]))
    minor, comparable = _amounts(rows, spec.currency, side.sign)
    opening_item = np.isin(rows["id"].astype(str), np.array([item.record_id for item in items], dtype=str))
    return Side(
        name=name,
        spec=side,
        rows=rows,
        minor=minor,
        comparable=comparable,
        in_scope=_in_scope(rows, side),
        opening_item=opening_item,
        channel=_channels(rows, side),
        opening=opening.minor,
        opening_day=opening.day,
    )


def _whole_batches(rows: Table, taken: Column) -> Table:
    """Rows whose batch reaches back before the take-on without it.

    Its earlier members are inside the opening balance, so here it cannot add up; the pull's control total proves it.
    """
    cut = set(rows["batch"][~taken].tolist()) - {""}
    if not cut:
        return rows
    kept = ["" if batch in cut else batch for batch in rows["batch"].tolist()]
    return rows.with_columns(batch=column("text", kept))


def _amounts(rows: Table, currency: str, sign: int) -> tuple[Column, Column]:
    """Signed minor units in the currency.

    The settlement amount where it settles in it, else the amount where it is in it.
    """
    settled = rows["settlement_currency"] == currency
    same = rows["currency"] == currency
    minor = np.where(settled, rows["settlement_amount"], np.where(same, rows["amount"], 0)) * sign
    return minor.astype(np.int64), np.asarray(settled | same, dtype=bool)


def _in_scope(rows: Table, side: SideSpec) -> Column:
    if side.scope is None:
        return np.ones(len(rows), dtype=bool)
    wanted = side.scope.contains.casefold()
    texts = zip(rows["description"].tolist(), rows["references"].tolist(), rows["counterparty"].tolist(), strict=True)
    return np.fromiter((any(wanted in text.casefold() for text in row) for row in texts), dtype=bool, count=len(rows))


def _channels(rows: Table, side: SideSpec) -> Column:
    """The first rule that fits names the channel."""
    found = column("text", [""] * len(rows))
    for rule in reversed(side.channels):
        by_kind = (
            np.isin(rows["kind"].astype(str), np.array(rule.kinds, dtype=str))
            if rule.kinds
            else np.ones(len(rows), dtype=bool)
        )
        if rule.begins:
            start = rule.begins.casefold()
            by_text = np.fromiter(
                (text.casefold().startswith(start) for text in rows["description"].tolist()),
                dtype=bool,
                count=len(rows),
            )
            by_kind = by_kind & by_text
        found[by_kind] = rule.channel
    return found


def _as_rows(items: list[OpeningItem], spec: Reconciliation, side: SideSpec) -> Table:
    """Opening items whose record no source serves any more, as transactions."""
    count = len(items)
    kind = Kind.LEDGER_LINE if items[0].side != SOURCE_SIDE else Kind.ADJUSTMENT
    fixed = {
        "company": spec.company,
        "source": side.source,
        "stream": "opening",
        "kind": kind.value,
        "currency": spec.currency,
        "account": side.account,
        "dimensions": json.dumps({}),
        "status": "opening",
        "contract": "opening",
    }
    values: dict[str, list[object]] = {
        name: [fixed.get(name, _SAYS_NOTHING[kind_])] * count for name, kind_ in TRANSACTIONS.items()
    }
    values |= {
        "id": [item.record_id for item in items],
        "external_id": [item.record_id for item in items],
        "occurrence": [1] * count,
        "booking_date": [item.day for item in items],
        "amount": [item.minor * side.sign for item in items],
        "net": [item.minor * side.sign for item in items],
        "references": [item.reference for item in items],
        "description": [item.description for item in items],
    }
    return table(TRANSACTIONS, values)


def _sorted(rows: Table) -> Table:
    return rows.take(np.argsort(rows["id"].astype(str), kind="stable"))
