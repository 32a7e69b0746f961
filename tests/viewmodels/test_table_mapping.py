"""Which column of a table is what, without Qt: guess, preview, refusals, versions, and what is never lost."""

from __future__ import annotations

import shutil

import pytest

from awra_desk.app.bootstrap import open_desk
from awra_desk.domain.errors import UserError
from awra_desk.domain.people import Person, Role
from awra_desk.files.samples import SampleFiles
from awra_desk.ports.connections import Connection
from awra_desk.services.file_mapping import mapping_versions
from awra_desk.services.people import add_person
from awra_desk.services.pull import pull
from awra_desk.services.setup import put_connection
from awra_desk.system.secrets import MemorySecrets
from awra_desk.viewmodels import table_mapping as module
from awra_desk.viewmodels.connections import Connections
from awra_desk.viewmodels.session import Session
from awra_desk.viewmodels.table_mapping import TableMapping
from tests.viewmodels.conftest import PASSWORD
from tests.viewmodels.doubles import HeldRunner, ImmediateRunner, ScriptedAsker, writer

ROWS = (
    "Ref,Day,Sum (KES),Text\n"
    "R1,10/13/2026,250.00,Paid INV-1001\nR2,10/14/2026,-12.00,Fee\nR3,10/15/2026,x,Fee\n"
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "statements"
    made.mkdir()
    (made / "october.csv").write_text(ROWS)
    return made


def open_at(folder, **options):
    return open_desk(str(folder / "w.sqlite"), company="co", zone="UTC", secrets=MemorySecrets(), **options)


@pytest.fixture(scope="module")
def peopled(tmp_path_factory):
    """A folder with a workspace that has people; only to be copied."""
    made = tmp_path_factory.mktemp("people")
    with open_at(made, create=True) as desk:
        for name, role in (("amina", Role.ACCOUNTANT), ("peter", Role.STAFF)):
            add_person(desk, Person("co", name, name.title(), frozenset({role}), "USD", None), PASSWORD, by="engine")
    return made


@pytest.fixture
def desk(tmp_path, folder, peopled):
    for file in peopled.glob("w.sqlite*"):
        shutil.copy(file, tmp_path / file.name)
    with open_at(tmp_path) as made:
        put_connection(made, Connection("co", "Bank 1", "table", str(folder), "UTC"), by="engine")
        yield made


def opened(desk, runner=None, who="amina"):
    session = Session(desk, runner or ImmediateRunner(desk), ScriptedAsker(), writer=writer)
    session.sign_in(who, PASSWORD)
    model = TableMapping(Connections(session), SampleFiles())
    model.open()
    return model


def command(model, name):
    return dict(model.state.commands)[name]


def meaning(model):
    return {one.heading: one.meaning for one in model.state.columns}


def test_the_guess_stands_in_the_form_and_the_rows_below_it(desk):
    model = opened(desk)
    state = model.state
    assert meaning(model) == {"Ref": "reference", "Day": "date", "Sum (KES)": "amount", "Text": "description"}
    model.mean(2, "")
    state = model.state
    assert state.lacks == "Say which column is the amount, or which are money out and money in."
    assert command(model, "save").reason == state.lacks
    model.mean(2, "amount")
    state = model.state
    assert state.lacks == ""
    assert [(line.day, line.amount, line.currency, line.state) for line in state.read.lines] == [
        ("13 Oct 2026", "250.00", "KES", "new"), ("14 Oct 2026", "−12.00", "KES", "new"),
    ]  # fmt: skip
    assert state.read.totals == ("238.00 KES in 2 rows",)
    assert (state.read.new, state.read.count, state.read.rejected) == (3, 2, 1)
    (reject,) = state.read.rejects
    assert (reject.column, reject.value) == ("Sum (KES)", "x")
    assert command(model, "save").text == "Save version 1"


def test_one_column_is_one_thing_and_rivals_give_way(desk):
    model = opened(desk)
    model.mean(2, "amount")
    model.mean(2, "debit")
    assert meaning(model)["Sum (KES)"] == "debit"
    model.mean(0, "description")
    assert model._drawn.columns["description"] == ("Ref", "Text")
    model.mean(3, "date")
    assert [name for name, what in meaning(model).items() if what == "date"] == ["Text"]
    model.mean(1, "amount")
    assert "debit" not in meaning(model).values()
    model.mean(1, "currency")
    assert "currency" not in model.state.written
    model.mean(1, "")
    assert model.state.written["currency"] == "KES"


def test_saving_makes_versions_and_says_what_changed(desk):
    model = opened(desk)
    model.mean(2, "amount")
    model.save()
    assert model.state.name == ""
    assert model.session.asker.news[-1][0] == "Bank 1 is read by version 1 from now on. Pull it."
    assert mapping_versions(desk, "Bank 1")[0].by == "amina"
    assert pull(desk, "Bank 1").transactions == 2
    model.open()
    assert not model.state.changed
    assert command(model, "save").reason == "It is what is in force."
    assert {line.state for line in model.state.read.lines} == {"stored"}
    model.mean(3, "counterparty")
    model.write("sign", -1)
    assert model.state.read.totals == ("−238.00 KES in 2 rows",)
    model.save()
    model.open()
    newest, first = model.state.versions
    said = "columns.counterparty: nothing → Text; columns.description: Text → nothing; written.sign: nothing → -1"
    assert (newest.number, newest.in_force, newest.changed) == (2, True, said)
    assert (first.number, first.in_force, first.changed) == (1, False, "first version")
    model.take(1)
    assert meaning(model)["Text"] == "description"
    assert model.state.changed
    model.save()
    assert len(mapping_versions(desk, "Bank 1")) == 3


def test_a_change_that_would_count_rows_twice_is_refused_and_nothing_is_lost(desk):
    model = opened(desk)
    model.mean(2, "amount")
    model.save()
    pull(desk, "Bank 1")
    model.open()
    model.mean(0, "id")
    model.save()
    assert "count twice" in model.session.asker.told[-1]
    assert meaning(model)["Ref"] == "id"
    model.session.asker.answers = [False, True]
    assert not model.close()
    assert model.close()
    assert model.state.name == ""


def test_only_keepers_save_and_only_tables_have_columns(desk, tmp_path):
    model = opened(desk, who="peter")
    model.mean(2, "amount")
    assert command(model, "save").reason == "It takes an accountant or the integration owner."
    with pytest.raises(UserError, match="accountant"):
        model.save()
    assert model.close()
    put_connection(desk, Connection("co", "Other", "ofx", str(tmp_path), "UTC"), by="engine")
    model.connections.reload()
    model.connections.go_to("Other")
    assert command(model, "columns").reason == "Only tables are read by your own mapping."


def test_no_file_a_file_that_cannot_be_read_and_another_try(desk, folder):
    (folder / "october.csv").unlink()
    model = opened(desk)
    assert model.state.failed.what == "there is no table file yet"
    (folder / "a.csv").write_text("just words\n")
    model.reload()
    assert "no row with headings" in model.state.failed.what
    (folder / "b.csv").write_text(ROWS.replace(",", ";"))
    model.reload()
    assert model.state.failed is None
    assert model.state.files == ("a.csv", "b.csv")
    assert model.state.written["delimiter"] == ";"
    model.write("delimiter", "|")
    assert "no row with headings" in model.state.failed.what
    model.write("delimiter", ";")
    assert model.state.failed is None
    model.mean(2, "amount")
    assert model.state.read.said[0] == "Does not hold: file a.csv is read"


def test_files_that_cannot_be_read_so_are_said_in_place(desk, folder):
    model = opened(desk)
    model.mean(2, "amount")
    model.write("currency", "XXQ")
    assert model.state.read is None or not model.state.read.lines
    model.write("currency", "KES")
    model.write("date", "%d/%m/%Y")
    assert (model.state.read.count, model.state.read.rejected) == (0, 3)
    (folder / "october.csv").write_text("Other,Words\n1,2\n")
    model.write("date", "%m/%d/%Y")
    assert model.state.trouble is not None
    assert command(model, "save").reason == "The files cannot be read so."


def test_a_mapping_in_the_long_form_is_shown_by_what_it_reads(desk):
    from awra_desk.files.mapping_columns import expanded
    from awra_desk.services.file_mapping import save_mapping

    words = {"columns": {"date": "Day", "amount": "Sum (KES)"}, "written": {"currency": "KES", "date": "%m/%d/%Y"}}
    save_mapping(desk, "Bank 1", expanded({"version": "x-1", **words}), by="engine")
    model = opened(desk)
    assert model.state.long
    assert set(meaning(model).values()) == {""}
    assert model.state.read.count == 2
    assert command(model, "guess").reason
    model.mean(0, "id")
    assert not model.state.changed


def test_an_answer_that_is_overtaken_is_dropped(desk):
    runner = HeldRunner(desk)
    session = Session(desk, runner, ScriptedAsker(), writer=writer)
    session.sign_in("amina", PASSWORD)
    for _ in range(6):
        runner.let_go()
    model = TableMapping(Connections(session), SampleFiles())
    for _ in range(3):
        runner.let_go()
    model.open()
    assert model.state.loading
    runner.let_go()
    runner.let_go()
    model.mean(2, "amount")
    model.write("sign", -1)
    assert (model.state.reading, command(model, "save").reason) == (True, "The files are being read.")
    runner.let_go()
    assert model.state.read.totals == ("−238.00 KES in 2 rows",)
    model.write("sign", 1)
    session.sign_out()
    runner.let_go()
    assert model.state.name == ""


def test_many_rows_are_read_in_another_process_and_can_be_stopped(desk, monkeypatch):
    monkeypatch.setattr(module, "LARGE", 10)
    model = opened(desk)
    model.mean(2, "amount")
    assert model.state.read.count == 2
    model.session.jobs._runner.cancel_next = True
    model.write("sign", -1)
    assert model.state.read is None
    assert model.session.asker.news[-1][0] == "Read the files stopped. Nothing was stored."
    model.session.jobs._runner.cancel_next = False
    model.write("sign", 1)
    model.save()
    assert len(mapping_versions(desk, "Bank 1")) == 1
