"""Reads QuickBooks' trial balance report; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awra_desk.connectors._http import Reply, out_of_order
from awra_desk.domain.money import InvalidAmount, parse


def trial_balance(reply: Reply) -> tuple[str, dict[str, int]]:
    """The report's currency, and account id -> balance in minor units, debit positive; accounts at zero have no row.

    Raises:
        TransportError: kind "protocol"; it is no trial balance, an amount is not exact, or its rows do not add up to
            its own total.
    """
    try:
        currency = reply.body["Header"]["Currency"]
        titles = [str(column["ColTitle"]).casefold() for column in reply.body["Columns"]["Column"]]
        debit, credit = titles.index("debit"), titles.index("credit")
        rows = list(_rows(reply.body["Rows"]))
        balances: dict[str, int] = {}
        totals = [0, 0]
        for row in (row for row in rows if "ColData" in row):
            cells = row["ColData"]
            sides = [_minor(cells[place], currency) for place in (debit, credit)]
            totals = [total + side for total, side in zip(totals, sides, strict=True)]
            account = cells[0].get("id")
            if account:
                balances[account] = balances.get(account, 0) + sides[0] - sides[1]
        grand = next((row["Summary"]["ColData"] for row in rows if row.get("group") == "GrandTotal"), None)
        stated = [_minor(grand[place], currency) for place in (debit, credit)] if grand else totals
    except (KeyError, TypeError, ValueError, IndexError, InvalidAmount) as error:
        raise out_of_order(reply, f"the trial balance cannot be read ({error})") from None
    if stated != totals:
        raise out_of_order(reply, "the trial balance's rows do not add up to its total")
    return currency, balances


def _rows(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every row, those in sections included."""
    for row in block.get("Row", []):
        yield row
        if "Rows" in row:
            yield from _rows(row["Rows"])


def _minor(cell: Mapping[str, Any], currency: str) -> int:
    text = cell.get("value", "")
    return parse(text, currency) if text else 0
