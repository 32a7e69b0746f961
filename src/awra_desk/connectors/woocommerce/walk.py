"""Walks a list of the shop by ids, while rows are being added to it and taken out of it.

WooCommerce pages by offset only. A row that goes to the trash moves all behind it forward, and an order that changes
enters the middle of a list of changed ones, so an offset alone would skip rows. Here it is only a guess where to look:
what counts is the id of the last row read. Each page must begin at or before that row, else the walk steps back; then
the rows with higher ids are the next ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from awra_desk.connectors._http import Params, out_of_order
from awra_desk.connectors.woocommerce.api import Listing, WooCommerceApi, identity_of, rising

_BY_ID = (("orderby", "id"), ("order", "asc"))
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Step:
    """The next rows of a walk.

    Attributes:
        offset: where the page behind them is expected to begin, the last row included. end: there are no more.
    """

    rows: Sequence[dict[str, Any]]
    offset: int
    end: bool


def next_rows(api: WooCommerceApi, path: str, filters: Params, *, offset: int, last: int | None, size: int) -> Step:
    """The rows behind the one with the id `last`.

    Args:
        filters: of the list. size: rows a page, at least 2.

    Raises:
        TransportError: refused, unreachable, out of order, or the list moves faster than it can be read.
    """
    back, steps = 1, 0
    while True:
        steps += 1
        place = (("offset", str(offset)), ("per_page", str(size)))
        page = api.listing(path, (*filters, *_BY_ID, *place))
        rising(page)
        if steps > _STEPS:
            raise out_of_order(page.reply, "its rows change places faster than they can be read")
        if offset and not _reaches(page, last):
            offset, back = max(offset - back, 0), back * 2
            continue
        rows = [row for row in page.rows if last is None or identity_of(row) > last]
        end = offset + size >= page.total
        if rows or end:
            return Step(rows, offset + size - 1, end)
        offset += size - 1


def _reaches(page: Listing, last: int | None) -> bool:
    """Whether the page begins at or before the last row read, so that nothing behind it was passed over."""
    return last is None or (len(page.rows) > 0 and identity_of(page.rows[0]) <= last)
