"""The pack's formulas computed anew: exactly, from other cells alone, and refusing what is not ours."""

from decimal import Decimal

import pytest

from awra_desk.audit.recompute import NotOurs, Recomputed
from awra_desk.ports.workbook import Formula, ReadSheet

ROWS = [
    ["fee", Decimal("0.10"), "period"],
    ["Fee", Decimal("0.20"), "period"],
    ["tip*", Decimal(-5), "opening"],
    ["tips", Decimal(7), None],
    [Formula("=B1+B2", Decimal(99)), Formula("=A5", Decimal(99))],
]
BOOK = Recomputed([ReadSheet("It's", ROWS), ReadSheet("Two", [["fee", 3]])])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=B1+B2", Decimal("0.30")),  # 0.30000000000000004 in binary
        ("=B5", Decimal("0.30")),  # through two formulas, past their cached 99
        ("=ROUND(0.125,2)", Decimal("0.13")),
        ("=ROUND(-0.125,2)", Decimal("-0.13")),  # half away from zero
        ("=ROUND(SUM(B1:B4)-SUM('It''s'!$B$3:$B$3,'It''s'!$B$4:$B$4),2)", Decimal("0.30")),
        ("=ROUND(SUBTOTAL(109,B1:B4),2)", Decimal("2.30")),
        ('=SUMIFS(B1:B4,A1:A4,"fee")', Decimal("0.30")),  # criteria know no case
        ('=SUMIFS(B1:B4,A1:A4,Two!A1,C1:C4,"period")', Decimal("0.30")),
        ('=COUNTIFS(A1:A4,"tip*")', Decimal(2)),
        ('=COUNTIFS(A1:A4,"tip~*")', Decimal(1)),
        ('=COUNTIFS(C1:C4,"<>period")', Decimal(2)),
        ("=COUNTA(C1:C4)", Decimal(3)),
        ('="of "&COUNTA(A1:A4)', "of 4"),
        ('=IF(ROUND(B1-B2,2)=0,"✓ nil","✗ not nil")', "✗ not nil"),
        ('=IF(Z99=0,"✓ a ""nil""","✗")', '✓ a "nil"'),
        ("=A1", "fee"),
        ("=Z99", None),
        ("=-(B4-Two!B1)", Decimal(-4)),
    ],
)
def test_a_formula_gives(text, value):
    assert BOOK.compute(text, "It's") == value


@pytest.mark.parametrize(
    "text",
    [
        "=SUM(B1:B2", "=WEBSERVICE(A1)", "=B1*2", "=A1+1", "=Gone!A1", "=SUBTOTAL(9,B1:B2)", "=B1:B2+1", "=B1 B2", "=",
        "=[1]Book!A1", "=SUM(B1:B2)+", "=#REF!+1",
    ],
)  # fmt: skip
def test_what_the_pack_never_writes_is_not_computed(text):
    with pytest.raises(NotOurs):
        BOOK.compute(text, "It's")


def test_a_circle_ends():
    book = Recomputed([ReadSheet("S", [[Formula("=B1", 5), Formula("=A1", 5)]])])
    assert book.value("S", 1, 1) is None


def test_formulas_come_with_their_places():
    assert [(sheet, address) for sheet, address, _ in BOOK.formulas()] == [("It's", "A5"), ("It's", "B5")]
