"""A value that no mapping speaks of is an exception of the queue: raised with its money, cleared once it is mapped."""

import json
from datetime import timedelta

import pytest

from awra_desk.domain.exception_items import ExceptionState, Severity
from awra_desk.domain.reasons import Reason
from awra_desk.services import mappings as service
from awra_desk.services.queue import UNMAPPED, load_case
from awra_desk.services.review import resolve
from tests.unit.services.conftest import NAME
from tests.unit.services.doubles import DAY, row
from tests.unit.services.test_coverage import open_fees, put  # noqa: F401 - a fixture


def unmapped(scene):
    return [item for item in scene.exceptions() if item.reason == Reason.MAPPING_MISSING]


def test_tables_that_nobody_filled_ask_for_nothing(open_fees):  # noqa: F811
    assert unmapped(open_fees) == []


def test_a_value_that_others_leave_behind_is_raised_and_clears_itself_when_mapped(open_fees):  # noqa: F811
    put(open_fees, "mpesa", "61")
    (found,) = unmapped(open_fees)
    assert (found.reconciliation, found.members) == (NAME, (("ledger", "gateway card"),))
    assert (found.minor, found.currency, found.state, found.severity) == (33, "USD", ExceptionState.OPEN, Severity.LOW)
    said = json.loads(found.evidence)
    assert (said["value"], said["open"], said["records"]) == ("card", ["account.fees"], 1)
    case = load_case(open_fees.desk, found.exception_id)
    assert [facts.member for facts in case.records] == [("source", "shop/balance/fee_3")]
    assert (case.entry, case.no_entry) == (None, UNMAPPED)
    open_fees.reconcile()
    assert [item.exception_id for item in unmapped(open_fees)] == [found.exception_id]
    card = put(open_fees, "CARD", "61")
    (after,) = unmapped(open_fees)
    assert (after.state, after.resolution) == (ExceptionState.RESOLVED, "cleared")
    detail = open_fees.trail()[-1].detail
    assert (detail["exceptions"], detail["exceptions_cleared"]) == ("1", "1")
    service.undo(open_fees.desk, card.number, who="amina")
    assert [item.state for item in unmapped(open_fees)] == [ExceptionState.OPEN]


def test_what_a_person_resolved_stays_resolved(open_fees):  # noqa: F811
    put(open_fees, "mpesa", "61")
    (found,) = unmapped(open_fees)
    resolve(open_fees.desk, found.exception_id, who="amina", note="booked by hand this month")
    open_fees.reconcile()
    put(open_fees, "paypal", "61")
    (after,) = unmapped(open_fees)
    assert (after.state, after.resolution_note) == (ExceptionState.RESOLVED, "booked by hand this month")


def said(number, minor):
    day = DAY + timedelta(days=number)
    return row(f"fee_x{number}", minor, kind="fee", day=day, says={"gateway": "till"})


@pytest.mark.parametrize(("minor", "level"), [(40, Severity.LOW), (60_000, Severity.HIGH)])
def test_its_severity_follows_all_money_that_hangs_on_it(open_fees, minor, level):  # noqa: F811
    for number, sign in enumerate((-1, 1)):
        open_fees.source.rows.append(said(number, sign * minor))
    put(open_fees, "mpesa", "61")
    put(open_fees, "card", "61")
    open_fees.pull()
    open_fees.reconcile()
    found = [item for item in unmapped(open_fees) if item.state == ExceptionState.OPEN]
    assert [(item.minor, item.severity) for item in found] == [(2 * minor, level)]
