"""What no mapping table answers: listed with its money, before an entry is submitted and before a rung opens."""

from dataclasses import replace
from datetime import date

import pytest

from awra_desk.domain.dates import Period
from awra_desk.domain.entries import WriteState
from awra_desk.domain.errors import Refused
from awra_desk.domain.mappings import Axis
from awra_desk.services import mappings as service
from awra_desk.services.approve import approve
from awra_desk.services.coverage import missing
from awra_desk.services.health import examine
from awra_desk.services.post import drain
from awra_desk.services.queue import load_case
from awra_desk.services.setup import put_connection
from awra_desk.services.stage import propose, submit
from tests.unit.services.conftest import PASSWORD, PERIOD
from tests.unit.services.doubles import DAY, row


@pytest.fixture
def open_fees(scene):
    """Fees that say their gateway, and a ledger connection that fixes no account of them."""
    scene.source.rows = [each for each in scene.source.rows if each["kind"] != "fee"]
    for number, gateway in enumerate(("mpesa", "mpesa", "card"), 1):
        scene.source.rows.append(row(f"fee_{number}", -30 - number, kind="fee", says={"gateway": gateway}))
    with scene.desk.read() as uow:
        books = uow.connections.get("books")
    put_connection(scene.desk, replace(books, options={}), by="engine")
    scene.pull()
    scene.reconcile()
    return scene


def fees_of(scene):
    return next(item for item in scene.exceptions() if len(item.members) == 3)


def put(scene, value, target, field="account.fees", valid_from="2026-10-01", table="gateway"):
    cells = {"table": table, "value": value, "field": field, "target": target, "valid_from": valid_from}
    return service.set_row(scene.desk, cells, who="amina").row


def test_every_value_without_a_mapping_is_listed_with_count_sum_and_example(open_fees):
    found = missing(open_fees.desk, PERIOD)
    assert [(each.axis, each.value, each.count, each.sums, each.example, each.open) for each in found] == [
        (Axis.GATEWAY, "card", 1, (("USD", -33),), "shop/balance/fee_3", ()),
        (Axis.GATEWAY, "mpesa", 2, (("USD", -63),), "shop/balance/fee_1", ()),
    ]
    assert (found[0].ledger, found[0].source, found[0].first, found[0].last) == ("books", "shop", DAY, DAY)
    assert missing(open_fees.desk, Period.month("2026-11")) == []


def test_what_others_of_its_table_have_is_open(open_fees):
    put(open_fees, "mpesa", "61")
    (left,) = missing(open_fees.desk, PERIOD)
    assert (left.value, left.open, left.words) == ("card", ("account.fees",), "gateway card (account.fees)")
    put(open_fees, "card", "61")
    assert missing(open_fees.desk, PERIOD) == []


def test_a_mapping_that_ended_is_missing_again(open_fees):
    put(open_fees, "mpesa", "61")
    put(open_fees, "card", "61")
    put(open_fees, "card", "", valid_from="2026-10-03")
    assert [each.value for each in missing(open_fees.desk, PERIOD)] == ["card"]


def test_tables_that_disagree_are_listed_in_words(open_fees):
    open_fees.source.rows.append(row("fee_4", -5, kind="fee", says={"gateway": "card", "sku": "S1"}))
    open_fees.pull()
    put(open_fees, "mpesa", "61")
    put(open_fees, "card", "61")
    put(open_fees, "S1", "35", table="sku")
    found = missing(open_fees.desk, PERIOD)
    assert {each.value for each in found} == {"card", "S1"}
    assert all(each.open[0].startswith("the mapping tables disagree: gateway card") for each in found)


def test_an_entry_is_coded_by_the_tables_and_names_the_rows(open_fees):
    item = fees_of(open_fees)
    assert "Map gateway 'mpesa' to account.fees" in load_case(open_fees.desk, item.exception_id).no_entry
    rows = [put(open_fees, "mpesa", "61"), put(open_fees, "card", "61"), put(open_fees, "card", "C", field="class")]
    case = load_case(open_fees.desk, item.exception_id)
    assert case.mappings == tuple(rows)
    write = propose(open_fees.desk, item.exception_id, who="amina")
    assert [(line.account, line.minor, line.dimensions) for line in write.entry.lines] == [
        ("35", -96, ()),
        ("61", 63, ()),
        ("61", 33, (("class", "C"),)),
    ]
    assert write.mapping_version.endswith("+1+2+3")
    assert open_fees.trail()[-1].detail["mappings"] == "; ".join(each.words for each in rows)
    with pytest.raises(Refused, match=r"Not mapped: gateway mpesa \(class\)"):
        submit(open_fees.desk, write.write_id, who="amina")


def test_its_facts_name_the_rows_and_that_nothing_is_open(open_fees):
    item = fees_of(open_fees)
    put(open_fees, "mpesa", "61")
    put(open_fees, "card", "61")
    put(open_fees, "card", "C", field="class")
    put(open_fees, "mpesa", "M", field="class")
    write = propose(open_fees.desk, item.exception_id, who="amina")
    facts = {fact.name: fact for fact in submit(open_fees.desk, write.write_id, who="amina")}
    assert facts["mapping complete"].holds
    assert "gateway card: class C from 2026-10-01 (row 3)" in facts["mapping current"].words


def test_a_row_that_changed_voids_what_was_built_with_it_and_no_other_entry(open_fees):
    item = fees_of(open_fees)
    put(open_fees, "mpesa", "61")
    put(open_fees, "card", "61")
    write = propose(open_fees.desk, item.exception_id, who="amina")
    put(open_fees, "cash", "61")  # nothing of this entry
    submit(open_fees.desk, write.write_id, who="amina")
    approve(open_fees.desk, write.write_id, who="joseph", password=PASSWORD, seen_sha256=write.payload_sha256)
    put(open_fees, "card", "35", valid_from="2026-10-04")
    drain(open_fees.desk, "books")
    with open_fees.desk.read() as uow:
        kept = uow.writes.get(write.write_id)
    assert kept.state is WriteState.VOIDED
    assert "a mapping changed since the entry was staged" in kept.note
    assert open_fees.ledger.posts == 0


def test_a_row_that_would_choose_otherwise_now_voids_it_too(open_fees):
    item = fees_of(open_fees)
    put(open_fees, "mpesa", "61", field="account")
    put(open_fees, "card", "61", field="account")
    write = propose(open_fees.desk, item.exception_id, who="amina")
    put(open_fees, "card", "61")  # its fees by themselves: the same account, by another row
    with pytest.raises(Refused, match="The mapping changed since; build the entry again"):
        submit(open_fees.desk, write.write_id, who="amina")


def test_a_later_row_leaves_earlier_entries_as_they_are(open_fees):
    item = fees_of(open_fees)
    put(open_fees, "mpesa", "61")
    put(open_fees, "card", "61")
    write = propose(open_fees.desk, item.exception_id, who="amina")
    put(open_fees, "card", "35", valid_from=date(2026, 10, 6).isoformat())
    assert submit(open_fees.desk, write.write_id, who="amina")


def test_the_health_of_both_connections_uses_the_same_list(open_fees):
    def check(name):
        return next(each for each in examine(open_fees.desk, name).checks if each.name == "mapping coverage")

    assert (check("books").holds, check("shop").holds) == (True, True)
    assert "2 values in no mapping table" in check("shop").words
    put(open_fees, "mpesa", "61")
    for name in ("books", "shop"):
        found = check(name)
        assert not found.holds
        assert found.remedy == "Map gateway card (account.fees) (`awra-desk mappings missing`)."
    put(open_fees, "card", "61")
    assert check("books").holds
