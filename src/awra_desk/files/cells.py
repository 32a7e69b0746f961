"""A workbook's cell as text."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any


def cell_text(cell: Any) -> str:
    """A cell as text: dates in ISO form, whole numbers without a point, "" for an empty one."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
