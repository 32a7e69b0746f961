"""Reads Xero's trial balance report; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from awra_desk.connectors._http import Reply, out_of_order
from awra_desk.domain.money import InvalidAmount, parse


def trial_balance(reply: Reply, currency: str) -> dict[str, int]:
    """AccountID -> balance in minor units of the organisation's currency, debit positive; accounts at zero have no row.

    The columns "YTD Debit" and "YTD Credit" stand at the end of the report's day; "Debit" and "Credit" are its month's
    movement.

    Raises:
        TransportError: kind "protocol"; it is no trial balance, an amount is not exact, or its rows do not add up to
            its own total.
    """
    try:
        (report,) = reply.body["Reports"]
        head = next(row for row in report["Rows"] if row["RowType"] == "Header")
        titles = [cell["Value"] for cell in head["Cells"]]
        places = titles.index("YTD Debit"), titles.index("YTD Credit")
        balances: dict[str, int] = {}
        totals, stated = [0, 0], None
        for row in _rows(report):
            sides = [_minor(row["Cells"][place]["Value"], currency) for place in places]
            if row["RowType"] == "SummaryRow":
                stated = sides
                continue
            totals = [total + side for total, side in zip(totals, sides, strict=True)]
            account = _account(row["Cells"][0])
            balances[account] = balances.get(account, 0) + sides[0] - sides[1]
    except (KeyError, TypeError, ValueError, IndexError, StopIteration, InvalidAmount) as error:
        raise out_of_order(reply, f"the trial balance cannot be read ({type(error).__name__}: {error})") from None
    if stated is not None and stated != totals:
        raise out_of_order(reply, "the trial balance's rows do not add up to its total")
    return balances


def _rows(report: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every row with figures, those in sections included."""
    for block in report["Rows"]:
        for row in block.get("Rows") or ([block] if block["RowType"] in ("Row", "SummaryRow") else []):
            if row["RowType"] in ("Row", "SummaryRow"):
                yield row


def _account(cell: Mapping[str, Any]) -> str:
    (found,) = [attribute["Value"] for attribute in cell["Attributes"] if attribute["Id"] == "account"]
    return str(found)


def _minor(text: str, currency: str) -> int:
    return parse(text, currency) if text else 0
