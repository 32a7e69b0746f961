"""Mapping rows: every one for ever, in the order in which they were recorded, on both databases."""

from datetime import date

import pytest
import sqlalchemy as sa

from awra_desk.domain.errors import Refused
from awra_desk.domain.mappings import Axis
from awra_desk.ports.columns import DAY, INTEGER, TEXT, column
from awra_desk.store import SqlWorkspace
from tests.store.books import DAY_ONE, charges, connection, mapping, raw


def test_every_row_stays_as_it_was_recorded(workspace: SqlWorkspace, company: str):
    rows = [
        mapping(company, 1),
        mapping(company, 2, None, valid_from=date(2026, 11, 1)),
        mapping(company, 3, "W", axis=Axis.LOCATION, value="Westlands ", field="branch", note=""),
    ]
    with workspace.write(company) as uow:
        uow.connections.put(connection(company))
        uow.mappings.add(rows[:1])
        uow.mappings.add(rows[1:])
        uow.mappings.add([])
        uow.commit()
    with workspace.read(company) as uow:
        assert uow.mappings.all() == rows


def test_two_people_cannot_record_the_same_number(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow:
        uow.connections.put(connection(company))
        uow.mappings.add([mapping(company, 1)])
        uow.commit()
    for number in (1, 3):
        with workspace.write(company) as uow, pytest.raises(Refused, match=r"mappings follow|is never replaced"):
            uow.mappings.add([mapping(company, number)])


def test_a_row_belongs_to_its_company_and_to_a_connection_of_it(workspace: SqlWorkspace, company: str):
    with workspace.write(company) as uow, pytest.raises(ValueError, match="in a unit of"):
        uow.mappings.add([mapping("another", 1)])
    with workspace.write(company) as uow, pytest.raises(sa.exc.IntegrityError):
        uow.mappings.add([mapping(company, 1)])


def test_what_transactions_say_is_counted_by_day_and_words(workspace: SqlWorkspace, company: str):
    records = [raw(number) for number in range(1, 7)]
    table = charges(company, records, "1")
    said = ['{"gateway": "card"}', '{"gateway": "card"}', "{}", "", '{"gateway": "mpesa"}', '{"gateway": "card"}']
    days = [DAY_ONE] * 5 + [date(2026, 11, 1)]
    amounts = [100, -30, 1, 1, 5, 7]
    table = table.with_columns(
        dimensions=column(TEXT, said), booking_date=column(DAY, days), amount=column(INTEGER, amounts)
    )
    with workspace.write(company) as uow:
        uow.connections.put(connection(company))
        uow.records.append(records)
        uow.records.put_transactions(records, "1", table, [])
        uow.commit()
    with workspace.read(company) as uow:
        found = uow.records.said("stripe", DAY_ONE, date(2026, 10, 31))
        assert [(each.day, each.dimensions, each.count, each.minor) for each in found] == [
            (DAY_ONE, '{"gateway": "card"}', 2, 70),
            (DAY_ONE, '{"gateway": "mpesa"}', 1, 5),
        ]
        assert [each.example for each in found] == [table["id"][0], table["id"][4]]
        assert len(uow.records.said("stripe", date(2026, 11, 1), date(2026, 11, 1))) == 1
        assert uow.records.said("books", DAY_ONE, date(2026, 12, 31)) == []
