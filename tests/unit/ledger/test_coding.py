"""Coding: the connection's fixed accounts first, then the tables; what disagrees or is missing is named."""

from datetime import UTC, date, datetime

import pytest

from awra_desk.domain.errors import UserError
from awra_desk.domain.mappings import Axis, MappingBook, MappingRow
from awra_desk.ledger.coding import Coder
from awra_desk.ledger.templates import Booking, missing_entry

DAY = date(2026, 10, 5)
AT = datetime(2026, 10, 31, tzinfo=UTC)
CARD = ((Axis.GATEWAY, "Card"), (Axis.LOCATION, "Karen"))


def coder(*said, roles=None):
    """A coder over rows of (table, value, field, target)."""
    rows = [
        MappingRow("co", number, "books", Axis(axis), value, field, target, date(2026, 1, 1), "amina", AT)
        for number, (axis, value, field, target) in enumerate(said, 1)
    ]
    return Coder("books", roles or {}, MappingBook(rows))


def test_the_connections_account_holds_whatever_the_record_says():
    found = coder(("gateway", "card", "account", "62"), roles={"fees": "61"}).code("fee", CARD, DAY, "r")
    assert (found.account, found.rows) == ("61", ())


def test_a_row_of_the_role_goes_before_one_of_any_role():
    tables = coder(("gateway", "card", "account", "62"), ("location", "karen", "account.fees", "63"))
    fee, sale = (tables.code(kind, CARD, DAY, "r") for kind in ("fee", "charge"))
    assert (fee.account, [row.number for row in fee.rows]) == ("63", [2])
    assert (sale.account, [row.number for row in sale.rows]) == ("62", [1])


def test_dimensions_come_from_every_table_and_name_their_rows():
    tables = coder(("location", "Karen", "location", "7"), ("gateway", "card", "class", "3"),
                   ("gateway", "cash", "class", "4"))  # fmt: skip
    found = Coder("books", {"fees": "61"}, tables.book).code("fee", CARD, DAY, "r")
    assert found.dimensions == (("class", "3"), ("location", "7"))
    assert [row.number for row in found.rows] == [1, 2]
    assert Coder("other", {"fees": "61"}, tables.book).code("fee", CARD, DAY, "r").dimensions == ()


def test_tables_that_disagree_are_named_and_nothing_is_chosen():
    tables = coder(("location", "Karen", "account.fees", "62"), ("gateway", "card", "account.fees", "63"))
    with pytest.raises(UserError) as caught:
        tables.code("fee", CARD, DAY, "fee_1")
    assert caught.value.text == (
        "fee_1: the mapping tables disagree: gateway card: account.fees 63 from 2026-01-01 (row 2); location Karen:"
        " account.fees 62 from 2026-01-01 (row 1). End one of the two, or give both the same target."
    )
    same = coder(("location", "Karen", "account.fees", "62"), ("gateway", "card", "account.fees", "62"))
    assert same.code("fee", CARD, DAY, "fee_1").account == "62"


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("fee", CARD, "no ledger account is mapped for fees. Map gateway 'Card' or location 'Karen' to account.fees"),
        ("fee", (), "Map the role in books's accounts (option account.fees)."),
        ("adjustment", CARD, "no ledger account is mapped for adjustment. No template books this kind"),
    ],
)
def test_what_no_table_answers_is_named_with_the_remedy(kind, values, says):
    with pytest.raises(UserError) as caught:
        coder().code(kind, values, DAY, "r_1")
    assert says in caught.value.text


def test_a_mapping_counts_from_its_day_on():
    tables = coder(("gateway", "card", "account.fees", "62"))
    with pytest.raises(UserError, match="no ledger account"):
        tables.code("fee", CARD, date(2025, 12, 31), "r")


def test_open_is_what_other_values_of_the_table_have():
    cash = ((Axis.GATEWAY, "cash"),)
    assert coder().open("fee", cash, DAY) == ()
    tables = coder(("gateway", "card", "class", "3"), ("gateway", "card", "account.fees", "62"))
    assert tables.open("fee", cash, DAY) == ("account.fees", "class")
    assert tables.open("charge", cash, DAY) == ("class",)
    assert tables.open("fee", cash, date(2025, 12, 31)) == ()
    assert tables.open("fee", CARD, DAY) == ()
    fixed = Coder("books", {"fees": "61"}, tables.book)
    assert fixed.open("fee", cash, DAY) == ("class",)


def test_one_entry_splits_by_what_its_bookings_are_coded_to():
    tables = coder(("gateway", "card", "account.fees", "62"), ("gateway", "mpesa", "account.fees", "63"),
                   ("location", "Karen", "branch", "K"))  # fmt: skip
    said = [((Axis.GATEWAY, "card"),), ((Axis.GATEWAY, "mpesa"),), CARD]
    bookings = [Booking("fee", -10 - n, DAY, f"f{n}", "fee", values) for n, values in enumerate(said)]
    made = missing_entry(bookings, account="35", coder=tables, currency="KES", words="Fees")
    assert [(line.account, line.minor, line.dimensions) for line in made.entry.lines] == [
        ("35", -33, ()),
        ("62", 10, ()),
        ("62", 12, (("branch", "K"),)),
        ("63", 11, ()),
    ]
    assert [row.number for row in made.mappings] == [1, 2, 3]
    with pytest.raises(UserError, match="the reconciled account itself"):
        missing_entry(bookings, account="62", coder=tables, currency="KES", words="Fees")
