"""The mapping tables' screen without Qt: two lists, the history of a value, set, end, undo, and files."""

from __future__ import annotations

import json
from datetime import date

import pytest

from awra_desk.app.mapping_files import TableFiles
from awra_desk.domain.errors import UserError
from awra_desk.viewmodels.mappings import Mappings, MappingsTab
from awra_desk.viewmodels.session import Changes
from tests.viewmodels.conftest import PASSWORD


@pytest.fixture
def says(session, desk):
    """Two charges of the month say their gateway from now on, as a changed contract would make them."""
    with desk.workspace.engine.begin() as connection:
        rows = connection.exec_driver_sql(
            "SELECT id FROM transactions WHERE kind = 'charge' AND stream = 'balance_transactions'"
            " AND booking_date BETWEEN '2026-10-10' AND '2026-10-20' ORDER BY booking_date, id LIMIT 3"
        ).fetchall()
        for (name,), gateway in zip(rows, ("card", "card", "mpesa"), strict=True):
            dimensions = json.dumps({"gateway": gateway})
            connection.exec_driver_sql("UPDATE transactions SET dimensions = ? WHERE id = ?", (dimensions, name))
    return [name for (name,) in rows]


@pytest.fixture
def mappings(session, says):
    return Mappings(session, TableFiles())


def cells(value="card", field="branch", target="C", valid_from="2026-10-01"):
    return {"table": "gateway", "value": value, "field": field, "target": target, "valid_from": valid_from}


def commands(mappings):
    return {name: command.enabled for name, command in mappings.state.commands}


def test_it_begins_with_nothing_in_force_and_the_month_s_missing_values(mappings):
    assert mappings.state.day == date(2026, 10, 31)
    assert mappings.state.empty.title == "No mapping is in force on 31 Oct 2026"
    assert dict(mappings.state.counts) == {MappingsTab.IN_FORCE: 0, MappingsTab.MISSING: 2}
    assert commands(mappings) == {"set": True, "end": False, "undo": False, "import": True, "export": False}
    mappings.show_tab(MappingsTab.MISSING)
    card, mpesa = mappings.state.rows
    assert (card.subject.value, card.count, mpesa.count) == ("card", "2", "1")
    assert mappings.state.open == 0


def test_what_is_set_is_in_force_and_leaves_the_other_values_open(mappings, asker, says):
    mappings.set(cells())
    assert asker.news[-1][0] == "Recorded: gateway card: branch C from 2026-10-01 (row 1)."
    (line,) = mappings.state.rows
    assert (line.subject.value, line.field, line.target_id, line.since, line.by) == (
        "card", "branch", "C", "1 Oct 2026", "Amina W.",
    )  # fmt: skip
    assert mappings.state.open == 1
    mappings.show_tab(MappingsTab.MISSING)
    assert [(row.subject.value, row.field, row.example) for row in mappings.state.rows] == [
        ("mpesa", "branch", says[2])
    ]


def test_the_history_of_the_value_under_the_cursor_says_how_each_row_stands(mappings):
    mappings.set(cells())
    mappings.set(cells(target="D"))
    mappings.set(cells(target="E", valid_from="2026-10-20"))
    mappings.set(cells(target="F", valid_from="2026-12-01"))
    found = [(line.number, line.target, line.state) for line in mappings.state.history]
    assert found == [(4, "F", "to come"), (3, "E", "in force"), (2, "D", "over"), (1, "C", "replaced")]
    mappings.show_day("2026-10-19")
    assert [row.target for row in mappings.state.rows] == ["D"]
    with pytest.raises(UserError, match="is no day"):
        mappings.show_day("soon")


def test_an_end_and_its_undo(mappings, asker):
    mappings.set(cells())
    mappings.set(cells(target=""))
    assert mappings.state.rows == ()
    assert not commands(mappings)["undo"]
    mappings.show_tab(MappingsTab.MISSING)
    mappings.go(0)
    assert [line.state for line in mappings.state.history] == ["ended", "replaced"]
    assert dict(mappings.state.commands)["undo"].text == "Undo row 2"
    mappings.undo()
    mappings.show_tab(MappingsTab.IN_FORCE)
    assert [row.target for row in mappings.state.rows] == ["C"]
    assert "undoes row 2" in mappings.state.history[0].note


def test_accounts_are_told_by_their_names(mappings, desk):
    with desk.read() as uow:
        (ledger,) = {spec.ledger.source for spec in uow.reconciliations.all()}
        account = next(account for account in uow.connections.accounts(ledger) if account.active)
    mappings.set(cells(field="account", target=account.account_id))
    assert mappings.state.rows[0].target == f"{account.code or account.account_id} {account.name}".strip()


def test_a_refusal_is_told_and_nothing_changes(mappings, asker, session):
    mappings.set(cells(valid_from="tomorrow"))
    assert asker.told == ["valid_from 'tomorrow': is no day. Write it like 2026-10-01."]
    session.sign_in("joseph", PASSWORD)
    with pytest.raises(UserError, match="It takes an accountant or the integration owner"):
        mappings.set(cells())
    assert mappings.state.counts[0] == (MappingsTab.IN_FORCE, 0)


def test_a_file_is_recorded_only_when_the_person_agrees(mappings, asker, tmp_path):
    path = tmp_path / "tables.csv"
    path.write_text(
        "table,value,field,target,valid_from\ngateway,card,branch,C,2026-10-01\nshelf,x,branch,C,\n", "utf-8"
    )
    asker.answers += [False, True]
    mappings.import_file(path)
    assert mappings.state.rows == ()
    mappings.import_file(path)
    assert asker.questions == [("Record 1 mapping of tables.csv, leave out 1?", "Record 1")] * 2
    assert [row.target for row in mappings.state.rows] == ["C"]
    mappings.import_file(path)
    (told,) = asker.told
    assert told == (
        "tables.csv changes nothing. 1 row cannot be taken. row 3, table: is no mapping table."
        " Use one of: gateway, location, sku, tax."
    )


def test_what_is_exported_is_the_day_or_all_days(mappings, asker, tmp_path):
    with pytest.raises(UserError, match="Nothing was recorded yet"):
        mappings.export_file(tmp_path / "m.csv", whole=True)
    mappings.set(cells())
    mappings.set(cells(target="D", valid_from="2026-12-01"))
    for whole, count in ((False, "1 mapping"), (True, "2 mappings")):
        mappings.export_file(tmp_path / "m.csv", whole=whole)
        assert asker.news[-1][0] == f"Wrote m.csv: {count}."
    assert len((tmp_path / "m.csv").read_text("utf-8").splitlines()) == 3


def test_the_filter_hides_and_says_so(mappings):
    mappings.set(cells())
    mappings.set_filter("nothing like it")
    assert mappings.state.empty.title == "The filter hides 1 row"
    mappings.set_filter("CARD")
    assert len(mappings.state.rows) == 1


def test_other_screens_hear_of_it(mappings, session):
    heard = []
    session.on_changes(lambda changes, _initiator: heard.append(changes))
    mappings.set(cells())
    assert heard[-1] == Changes.EXCEPTIONS | Changes.WRITES
