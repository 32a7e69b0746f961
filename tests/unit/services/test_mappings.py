"""Mapping tables: recorded by whoever may, never changed, previewed before they are imported."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awra_desk.domain.errors import Refused, UsageError
from awra_desk.domain.mappings import MappingBook
from awra_desk.services import mappings as service
from awra_desk.services.mappings import COLUMNS, Effect, Wanted
from tests.unit.services.conftest import new_scene

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def said(value="mpesa", field="branch", target="M", valid_from="2026-10-01", **more):
    return {"table": "gateway", "value": value, "field": field, "target": target, "valid_from": valid_from, **more}


def lines(*cells):
    return [Wanted(f"row {number}", each) for number, each in enumerate(cells, 2)]


@pytest.fixture
def pulled(scene):
    scene.pull()
    return scene


def targets(desk, day):
    return {(row.value, row.field): row.target for row in service.in_force(desk, day)}


def test_a_row_is_recorded_with_who_when_and_a_trail_row(pulled):
    change = service.set_row(pulled.desk, said(note="new till"), who="amina")
    assert (change.effect, change.before) == (Effect.NEW, None)
    (row,) = service.history(pulled.desk)
    assert (row.number, row.ledger, row.actor, row.note) == (1, "books", "amina", "new till")
    last = pulled.trail()[-1]
    assert (last.action, last.actor, last.subject) == ("mappings.set", "amina", "gateway mpesa")
    assert (last.detail["rows"], last.detail["first"]) == ("1..1", "gateway mpesa: branch M from 2026-10-01 (row 1)")


def test_a_change_holds_from_its_day_on_and_an_end_ends_it(pulled):
    service.set_row(pulled.desk, said(), who="amina")
    changed = service.set_row(pulled.desk, said("MPESA ", target="N", valid_from="2026-10-15"), who="amina")
    ended = service.set_row(pulled.desk, said(target="", valid_from="2026-11-01"), who="amina")
    assert (changed.effect, changed.before.target, ended.effect) == (Effect.CHANGES, "M", Effect.ENDS)
    days = (date(2026, 9, 30), OCTOBER, date(2026, 10, 15), NOVEMBER)
    assert [list(targets(pulled.desk, day).values()) for day in days] == [[], ["M"], ["N"], []]
    assert [row.number for row in service.history(pulled.desk, axis="gateway", value="Mpesa")] == [1, 2, 3]
    assert service.history(pulled.desk, axis="sku") == []
    assert pulled.trail()[-1].action == "mappings.end"


def test_undo_brings_back_what_was_before_and_says_so(pulled):
    service.set_row(pulled.desk, said(), who="amina")
    service.set_row(pulled.desk, said(target="N"), who="amina")
    back = service.undo(pulled.desk, 2, who="amina")
    assert (back.row.target, back.row.note) == ("M", "undoes row 2")
    with pytest.raises(Refused, match="another row replaced it already"):
        service.undo(pulled.desk, 2, who="amina")
    service.undo(pulled.desk, 3, who="amina")
    assert targets(pulled.desk, OCTOBER) == {("mpesa", "branch"): "N"}
    first = service.set_row(pulled.desk, said("card"), who="amina")
    gone = service.undo(pulled.desk, first.row.number, who="amina")
    assert (gone.row.target, gone.effect) == (None, Effect.ENDS)
    with pytest.raises(UsageError, match="there is no such mapping"):
        service.undo(pulled.desk, 99, who="amina")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (said(ledger="shop"), "ledger 'shop': is no ledger of a reconciliation here. Name one of: books."),
        ({**said(), "table": "shelf"}, "table 'shelf': is no mapping table. Use one of: gateway, location, sku, tax."),
        (said(" "), "value '': is empty or too long"),
        (said("x" * 201), "is empty or too long"),
        (said(field="account.bread"), "field 'account.bread': is neither an account nor a dimension"),
        (said(field="1st"), "is neither an account nor a dimension"),
        (said(field="account.fees", target="35"), "is fixed: books books fees on account 61"),
        (said(field="account", target="99"), "target '99': is no account of the ledger. Give an account id of books."),
        (said(valid_from="1.10.2026"), "valid_from '1.10.2026': is no day. Write it like 2026-10-01."),
        (said(target=""), "that changes nothing"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named_with_the_remedy(pulled, cells, says):
    with pytest.raises((UsageError, Refused)) as caught:
        service.set_row(pulled.desk, cells, who="amina")
    assert says in caught.value.text
    assert service.history(pulled.desk) == []


def test_accounts_are_unknown_until_the_ledger_was_pulled(scene):
    with pytest.raises(UsageError, match="Pull books first: its accounts are unknown"):
        service.set_row(scene.desk, said(field="account.sales", target="61"), who="amina")
    scene.pull()
    assert service.set_row(scene.desk, said(field="account.sales", target="61"), who="amina").row.target == "61"


def test_only_who_keeps_mappings_may_record_them(pulled):
    for act in (
        lambda: service.set_row(pulled.desk, said(), who="joseph"),
        lambda: service.record(pulled.desk, lines(said()), who="joseph"),
        lambda: service.undo(pulled.desk, 1, who="joseph"),
    ):
        with pytest.raises(Refused, match="may not do this"):
            act()


def test_an_import_shows_first_and_then_takes_what_it_can(pulled):
    service.set_row(pulled.desk, said(), who="amina")
    wanted = lines(
        said(),
        said(target="N", valid_from="2026-11-01"),
        said("card", target="C"),
        said("card", target="D"),
        said("cash", field="account", target="99"),
        said("cash", target=""),
    )
    plan = service.preview(pulled.desk, wanted, who="amina")
    assert len(service.history(pulled.desk)) == 1
    assert [(change.place, change.effect) for change in plan.changes] == [
        ("row 2", Effect.SAME),
        ("row 3", Effect.CHANGES),
        ("row 4", Effect.NEW),
        ("row 7", Effect.SAME),
    ]
    assert [(problem.place, problem.column, problem.value, problem.words) for problem in plan.problems] == [
        ("row 5", "target", "D", "an earlier row says 'C' for the same day"),
        ("row 6", "target", "99", "is no account of the ledger"),
    ]
    done = service.record(pulled.desk, wanted, who="amina", file="tables.csv")
    assert [row.words for row in done.added] == [row.words for row in plan.added]
    assert [row.number for row in service.history(pulled.desk)] == [1, 2, 3]
    last = pulled.trail()[-1]
    assert (last.action, last.subject, last.detail["rows"], last.detail["file"]) == (
        "mappings.import",
        "2 mappings",
        "2..3",
        "tables.csv",
    )
    again = service.record(pulled.desk, wanted, who="amina")
    assert again.added == ()
    assert pulled.trail()[-1] == last


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["mpesa", "card"]),
        st.sampled_from(["branch", "class"]),
        st.sampled_from(["A", "B", ""]),
        st.integers(1, 4),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two companies' worth of desks; rows pile up over the examples, as they do in life."""
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    with new_scene(folders[0]) as first, new_scene(folders[1]) as second:
        yield first.desk, second.desk


@given(ROWS)
def test_what_is_exported_with_its_history_says_the_same_wherever_it_is_imported(two, rows):
    first, second = two
    cells = [said(value, field, target, f"2026-10-0{day}") for value, field, target, day in rows]
    for each in cells:
        service.record(first, lines(each), who="amina")
    exported = [dict(zip(COLUMNS, row, strict=True)) for row in service.exported(first, None)]
    plan = service.record(second, lines(*exported), who="amina")
    assert plan.problems == ()
    days = [date(2026, 10, day) for day in range(1, 6)]
    assert [targets(second, day) for day in days] == [targets(first, day) for day in days]
    assert service.preview(second, lines(*exported), who="amina").added == ()


def test_the_export_of_a_day_is_what_is_in_force_then(pulled):
    service.set_row(pulled.desk, said(note="why"), who="amina")
    service.set_row(pulled.desk, said(target="", valid_from="2026-11-01"), who="amina")
    assert service.exported(pulled.desk, OCTOBER) == [("books", "gateway", "mpesa", "branch", "M", "2026-10-01", "why")]
    assert service.exported(pulled.desk, NOVEMBER) == []
    assert len(service.exported(pulled.desk, None)) == 2
    with pulled.desk.read() as uow:
        assert MappingBook(uow.mappings.all()).in_force(NOVEMBER) == []
