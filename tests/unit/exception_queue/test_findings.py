"""From suggestions to findings: the reason says what a difference is."""

from datetime import date

import pytest

from awra_desk.domain.dates import Period
from awra_desk.domain.reasons import Reason
from awra_desk.domain.reconciliations import Reconciliation, SideSpec
from awra_desk.exception_queue.findings import Item, of_suggestions
from awra_desk.matching import MatchConfig, match
from tests.unit.matching.builders import item, side

DAY = date(2026, 10, 5)
SPEC = Reconciliation("co", "Balance", "USD", "UTC", SideSpec("shop", (), ""), SideSpec("books", (), "35"))


@pytest.mark.parametrize(
    ("exchanged", "kind", "reason"),
    [
        (True, "charge", Reason.FX_DIFFERENCE),
        (False, "charge", Reason.AMOUNT_DIFFERENCE),
        (True, "fee", Reason.FEE_VARIANCE),
    ],
)
def test_a_difference_of_exchanged_money_is_one_of_the_rate(exchanged: bool, kind: str, reason: Reason) -> None:
    result = match(side([item("a", 10_000, "KR-1001")]), side([item("x", 9_940, "KR-1001")]), MatchConfig())
    known = {
        ("source", "a"): Item("source", "a", DAY, 10_000, kind, "", exchanged),
        ("ledger", "x"): Item("ledger", "x", DAY, 9_940, "ledger_line", ""),
    }
    found = of_suggestions(result.members, known, SPEC, Period.month("2026-10"))
    assert [(one.reason, one.minor) for one in found] == [(reason, -60)]
