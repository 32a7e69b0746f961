"""A case says what change would have matched its record, in the words people use."""

from datetime import date

from awra_desk.services.queue import load_case
from awra_desk.services.remedy import remedy_words
from awra_desk.viewmodels.exception_case import case_view
from awra_desk.viewmodels.exceptions import load_queue
from tests.unit.services.doubles import row


def test_the_change_is_said_beside_the_candidates(scene):
    scene.source.rows.append(row("late", 484_723, day=date(2026, 10, 6)))
    scene.ledger.rows.append(row("J8", 484_723, kind="ledger_line", account="35", day=date(2026, 10, 15)))
    scene.pull()
    scene.reconcile()
    item = next(found for found in scene.exceptions() if found.members == (("source", "shop/balance/late"),))
    case = load_case(scene.desk, item.exception_id)
    assert case.remedy == "Would be confirmed if the ledger could follow 9 days later"
    view = case_view(case, load_queue(scene.desk), "UTC", date(2026, 11, 2))
    assert view.remedy == case.remedy
    assert view.nearest[0].failed == "6 days outside the window"


def test_only_a_change_that_is_known_to_suffice_is_said():
    change = {"kind": "exclude", "side": "ledger", "id": "x"}
    known = {"id": "y", "changes": [change], "then": "suggested"}
    assert remedy_words([known], lambda side, name: f"{side} {name}") == "Would be suggested if ledger x were excluded"
    assert remedy_words([{**known, "then": ""}, known], str) == ""
    assert remedy_words([], str) == ""
