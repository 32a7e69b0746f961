"""Fee schedules of a source: stored with their history, and charges that are off them in the exception queue."""

import json

import pytest

from awra_desk.domain.errors import Refused, UsageError, UserError
from awra_desk.domain.reasons import Reason
from awra_desk.services import fees as service
from awra_desk.services.stage import propose
from tests.unit.services.doubles import DAY, row

SCHEDULE = """
[[schedules]]
name = "Cards"
currency = "USD"
[[schedules.steps]]
name = "fee"
percent = "2.9"
flat = "0.30"
"""


@pytest.fixture
def charged(scene):
    """Three charges of a day with their fees: one right, two too high."""
    fees = ((10_000, 320), (20_000, 650), (30_000, 1_000))
    for n, (gross, fee) in enumerate(fees):
        scene.source.rows.append(row(f"c{n}", gross, reference=f"ch_fee{n}", fee=fee))
        scene.ledger.rows.append(
            row(f"L{n}", gross, kind="ledger_line", account="35", reference=f"ch_fee{n}", text=f"Order {n}")
        )
    scene.pull()
    return scene


def fee_exceptions(scene):
    return [item for item in scene.exceptions() if item.reason == Reason.FEE_VARIANCE]


def test_fees_that_are_off_become_one_exception_a_day_with_both_amounts(charged):
    charged.reconcile()
    assert fee_exceptions(charged) == []
    service.lay_down(charged.desk, "shop", SCHEDULE, who="amina")
    shown = charged.reconcile()
    assert shown.statement.unexplained == 0  # a fee that is off is no open item
    (item,) = [each for each in fee_exceptions(charged) if json.loads(each.evidence)["charged"] != "0.00"]
    evidence = json.loads(item.evidence)
    assert (evidence["schedule"], evidence["expected"], evidence["charged"]) == ("Cards", "15.10", "16.50")
    assert [(each["expected"], each["charged"]) for each in evidence["of"]] == [("6.10", "6.50"), ("9.00", "10.00")]
    assert (item.minor, item.day) == (140, DAY)
    assert item.members == (("source", "shop/balance/c1"), ("source", "shop/balance/c2"))


def test_it_clears_itself_when_the_schedule_is_corrected(charged):
    service.lay_down(charged.desk, "shop", SCHEDULE, who="amina")
    charged.reconcile()
    assert any(item.state == "open" for item in fee_exceptions(charged))
    service.lay_down(charged.desk, "shop", "", who="amina")
    charged.reconcile()
    assert {(item.state, item.resolution) for item in fee_exceptions(charged)} == {("resolved", "cleared")}


def test_nothing_can_be_booked_from_a_fee_that_is_off(charged):
    service.lay_down(charged.desk, "shop", SCHEDULE, who="amina")
    charged.reconcile()
    with pytest.raises(UserError, match=r"no missing record\. Claim it from the provider"):
        propose(charged.desk, fee_exceptions(charged)[0].exception_id, who="amina")


def test_a_source_is_checked_without_a_run(charged):
    with pytest.raises(UsageError, match="no fee schedule"):
        service.check(charged.desk, "shop")
    service.lay_down(charged.desk, "shop", SCHEDULE.replace('"USD"', '"USD"\ncontains = ["nothing"]'), who="amina")
    found = service.check(charged.desk, "shop")
    assert (found.covered, found.uncovered, found.variances) == (0, 3, ())


def test_every_version_is_kept_and_has_a_trail_row(charged):
    service.lay_down(charged.desk, "shop", SCHEDULE, who="amina")
    service.adopt(charged.desk, "shop", "stripe-united-states", who="grace")
    assert [(each.version, each.actor) for each in service.history(charged.desk, "shop")] == [
        (1, "amina"),
        (2, "grace"),
    ]
    assert [entry.action for entry in charged.trail()[-2:]] == ["fees.set", "fees.set"]
    with pytest.raises(Refused, match="changes nothing"):
        service.adopt(charged.desk, "shop", "stripe-united-states", who="grace")
    with pytest.raises(UserError, match="connection is unknown"):
        service.adopt(charged.desk, "none", "stripe-united-states", who="grace")
    with pytest.raises(UsageError, match="no such tariff"):
        service.adopt(charged.desk, "shop", "none", who="grace")
