"""Rows ready to match: ids made unique, and what cannot be read set aside."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from awra_desk.files.amounts import AmountStyle
from awra_desk.files.items import Items, to_items
from awra_desk.files.raw import RawTable


def items(columns: dict[str, list[str]], *, sign: int = 1, unnamed: bool = False) -> Items:
    arrays = {name: pa.array(cells, pa.string()) for name, cells in columns.items()}
    raw = RawTable(Path("a.csv"), arrays, len(next(iter(columns.values()))))
    return to_items(raw, sign=sign, style=AmountStyle(), zone="UTC", unnamed=unnamed)


def test_repeated_and_blank_ids() -> None:
    found = items(
        {
            "id": ["a", "a", "", "a", "a#2"],
            "date": ["2026-10-07", "2026-10-05", "", "2026-10-06", ""],
            "amount": ["1"] * 5,
        }
    )
    assert found.table["id"].tolist() == ["a#4", "a", "row:3", "a#3", "a#2"]
    assert found.table["repeated"].tolist() == [1, 0, 0, 1, 0]


def test_occurrences_do_not_depend_on_the_order() -> None:
    rows = [("a", "2026-10-05", "3"), ("a", "2026-10-05", "1"), ("a", "2026-10-04", "9")]
    names = {}
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        chosen = [rows[at] for at in order]
        found = items({name: [row[at] for row in chosen] for at, name in enumerate(("id", "date", "amount"))})
        names[tuple(order)] = dict(zip(chosen, found.table["id"].tolist(), strict=True))
    assert len({tuple(sorted(found.items())) for found in names.values()}) == 1
    assert names[0, 1, 2][rows[2]] == "a"


def test_an_unreadable_amount_takes_no_name_from_a_readable_one() -> None:
    found = items({"id": ["a", "a"], "date": ["2026-10-05"] * 2, "amount": ["x", "-3"], "reference": ["1", "2"]})
    assert found.table["id"].tolist() == ["a"]
    assert [(bad.row, bad.id) for bad in found.rejected] == [(1, "a#2")]


def test_unreadable_rows_are_set_aside_with_field_and_row() -> None:
    found = items(
        {
            "id": ["a", "b", "c", "d", "e"],
            "date": ["2026-10-05", "2026-02-30", "", "", ""],
            "amount": ["x", "5.00", "1.00", "1.5", "2.00"],
            "currency": ["USD", "usd ", "ZZZ", "UGX", ""],
        }
    )
    assert [(bad.row, bad.id, bad.field, bad.amount) for bad in found.rejected] == [
        (1, "a", "amount", None),
        (2, "b", "date", 500),
        (3, "c", "currency", None),
        (4, "d", "amount", None),
    ]
    assert found.table["id"].tolist() == ["e"]
    assert found.table["currency"].tolist() == [""]


def test_debit_and_credit() -> None:
    found = items({"id": ["a", "b", "c", "d"], "debit": ["5.00", "", "1", ""], "credit": ["", "2.50", "3", " "]})
    assert found.table["amount"].tolist() == [500, -250, -200]
    assert [(bad.id, bad.field) for bad in found.rejected] == [("d", "amount")]


def test_signs_and_the_unnamed_currency() -> None:
    found = items({"id": ["a"], "amount": ["1.25"]}, sign=-1, unnamed=True)
    assert found.table["amount"].tolist() == [-125]
    assert found.table["currency"].tolist() == ["XXX"]
    assert np.isnat(found.table["date"]).all()
    assert items({"id": ["a"], "amount": ["1.25"]}).table["currency"].tolist() == [""]
