"""Mapping rows: every one for ever, in the order in which they were recorded, on both databases."""

from datetime import date

import pytest
import sqlalchemy as sa

from awra_desk.domain.errors import Refused
from awra_desk.domain.mappings import Axis
from awra_desk.store import SqlWorkspace
from tests.store.books import connection, mapping


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
