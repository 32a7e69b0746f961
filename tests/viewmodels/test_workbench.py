"""The workbench on a real finished month: what is listed, found, sorted, selected and proven."""

from __future__ import annotations

import pytest

from awra_desk.domain.dates import Period
from awra_desk.domain.errors import UserError
from awra_desk.viewmodels import states
from awra_desk.viewmodels.session import Session
from awra_desk.viewmodels.slot_view import remedy_words
from awra_desk.viewmodels.slots import Sort
from awra_desk.viewmodels.states import Link, Status, View
from awra_desk.viewmodels.workbench import Workbench
from tests.viewmodels.conftest import PASSWORD
from tests.viewmodels.doubles import HeldRunner, writer

NAME = "Stripe balance"


@pytest.fixture
def workbench(session):
    workbench = Workbench(session)
    workbench.choose(NAME)
    return workbench


def record_ids(workbench, side):
    slots = (workbench.slot(at) for at in range(workbench.state.rows))
    return [record for slot in slots if (record := getattr(slot, side).record_id)]


def test_every_row_of_both_sides_stands_in_exactly_one_slot(workbench):
    view = workbench.loaded.view
    assert sorted(record_ids(workbench, "left")) == view.source.rows["id"].tolist()
    assert sorted(record_ids(workbench, "right")) == view.ledger.rows["id"].tolist()


def test_members_of_each_match_share_a_group_and_nothing_else_does(workbench):
    members = workbench.loaded.view.members
    expected = {}
    for match, side, record in zip(*(members[c].tolist() for c in ("match_id", "side", "id")), strict=True):
        expected.setdefault(match, set()).add((side, record))
    found = {}
    for at in range(workbench.state.rows):
        if match := workbench.slot(at).match_id:
            found[match] = set(workbench.members_at(at))
    assert found == expected


def test_the_views_part_the_groups_and_all_is_their_sum(workbench):
    counts = dict(workbench.state.counts)
    assert all(counts.values())
    assert counts[View.ALL] == counts[View.OPEN] + counts[View.SUGGESTED] + counts[View.MATCHED]
    for view in (View.OPEN, View.SUGGESTED, View.MATCHED):
        workbench.show_view(view)
        groups = {workbench.table.group_at(at) for at in range(workbench.state.rows)}
        assert len(groups) == counts[view]


def test_the_strip_reads_as_one_sum_and_leaves_nothing(workbench):
    first, *items, last, unexplained = workbench.state.strip
    assert first.label == "Stripe closing"
    assert first.minor + sum(item.minor for item in items) == last.minor
    assert (unexplained.minor, unexplained.tone) == (0, "ok")
    assert all(item.operator in "+−" and item.members for item in items)


def test_a_figure_of_the_strip_lists_its_rows_and_again_all(workbench):
    rows = workbench.state.rows
    figure = next(figure for figure in workbench.state.strip if figure.label.startswith("Missing in ledger"))
    workbench.show_figure(figure.label)
    listed = {member for at in range(workbench.state.rows) for member in workbench.members_at(at)}
    assert figure.members <= listed
    assert workbench.state.only == figure.label
    workbench.show_figure(figure.label)
    assert (workbench.state.rows, workbench.state.only) == (rows, "")


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("side", "column"), [("source", "amount"), ("ledger", "amount"), ("source", "reference")])
def test_sorting_is_by_value_and_keeps_groups_whole(workbench, side, column, descending):
    workbench.sort(side, column)
    if descending:
        workbench.sort(side, column)
    assert workbench.state.sort == Sort(side, column, descending=descending)
    at = 0 if side == "source" else 1
    sheet, groups = workbench.loaded.sides[at], workbench.table.groups
    heads, seen = [], []
    for position in range(workbench.state.rows):
        group = workbench.table.group_at(position)
        if not seen or seen[-1] != group:
            seen.append(group)
            if (row := int(groups.first[at][group])) >= 0:
                heads.append(int(sheet.minor[row]) if column == "amount" else sheet.reference(row).casefold())
    assert len(seen) == len(set(seen))
    assert heads == sorted(heads, reverse=descending)


def test_sorting_a_third_time_goes_back_to_the_days(workbench):
    days = record_ids(workbench, "left")
    for _ in range(3):
        workbench.sort("source", "amount")
    assert record_ids(workbench, "left") == days


def test_the_filter_finds_text_and_amount_on_either_side(workbench):
    workbench.show_view(View.MATCHED)
    row = next(
        workbench.slot(at) for at in range(workbench.state.rows) if workbench.slot(at).link.kind == Link.CONFIRMED
    )
    amount = row.right.texts[0].replace(",", "").lstrip("−")
    workbench.set_filter(amount)
    assert row.right.record_id in record_ids(workbench, "right")
    workbench.set_filter(row.right.texts[4][:12].upper())
    assert row.right.record_id in record_ids(workbench, "right")


def test_a_filter_that_hides_everything_says_how_much_it_hides(workbench):
    workbench.show_view(View.OPEN)
    count = dict(workbench.state.counts)[View.OPEN]
    workbench.set_filter("no such text")
    empty = workbench.state.empty
    assert (empty.kind, empty.command) == ("filtered", "clear_filter")
    assert empty.title == f"The filter hides {count} rows"
    workbench.clear_filter()
    assert workbench.state.empty is None
    assert workbench.state.rows


def test_selection_and_cursor_hold_over_sort_filter_and_reading_again(workbench):
    workbench.next_to_decide()
    workbench.next_to_decide()
    chosen, member = workbench.state.selected, next(iter(workbench.state.selected))
    workbench.sort("source", "amount")
    workbench.set_filter("2026")
    workbench.set_filter("")
    workbench.reload()
    assert workbench.state.selected == chosen
    assert member in workbench.members_at(workbench.state.cursor)


def test_the_selection_shows_ledger_less_source(workbench):
    workbench.show_view(View.SUGGESTED)
    at = next(at for at in range(workbench.state.rows) if workbench.slot(at).left.state == states.DIFFERS)
    workbench.go(at)
    totals, group = workbench.state.totals, workbench.table.group_at(at)
    difference = int(workbench.table.groups.difference[group])
    assert difference
    assert totals.selected.endswith(f"= {'−' if difference < 0 else ''}{abs(difference) / 100:,.2f}")
    workbench.toggle(at)
    assert workbench.state.totals.selected == ""


def test_one_row_of_a_pair_can_be_selected_alone(workbench):
    workbench.show_view(View.SUGGESTED)
    workbench.clear_selection()
    workbench.toggle(0, "ledger" if not workbench.slot(0).left.record_id else "source")
    assert len(workbench.state.selected) == 1


def test_open_rows_say_what_came_nearest_and_why_not(workbench):
    workbench.show_view(View.OPEN)
    found = next(at for at in range(workbench.state.rows) if "Nearest" in workbench.slot(at).right.note)
    assert workbench.slot(found).right.note.startswith("No ledger line. Nearest: ")
    workbench.go(found)
    workbench.inspector.show_tab("why_not")
    inspector = workbench.inspector.state
    assert inspector.tab == "why_not"
    for candidate in inspector.why_not:
        gates = (candidate.amount_gate, candidate.date_gate, candidate.sign_gate, candidate.free_gate)
        assert not all(gate.holds for gate in gates) or candidate.failed
    assert any("suffices" in candidate.remedy or " if " in candidate.remedy for candidate in inspector.why_not)


def test_what_would_have_matched_names_rows_as_people_do(workbench):
    listed = {
        "changes": [{"kind": "exclude", "side": "ledger", "id": str(workbench.loaded.sides[1].ids[0])}],
        "then": "",
    }
    words = remedy_words(workbench.loaded.sides, listed)
    assert words == f"Not surely enough: if {workbench.loaded.sides[1].label(0)} were excluded"
    elsewhere = {"changes": [{"kind": "exclude", "side": "ledger", "id": "gone"}], "then": "suggested"}
    assert remedy_words(workbench.loaded.sides, elsewhere) == "Would be suggested if gone were excluded"


def test_the_inspector_compares_explains_and_traces(workbench):
    workbench.show_view(View.SUGGESTED)
    at = next(at for at in range(workbench.state.rows) if workbench.slot(at).left.changed)
    workbench.go(at)
    inspector = workbench.inspector
    amount = inspector.state.difference[0]
    assert (amount.glyph, amount.tint) == ("≠", "changed")
    (start, end) = amount.left_runs[0]
    assert amount.left[start:end] != amount.right[slice(*amount.right_runs[0])]
    assert inspector.state.why.bars[-1].total == pytest.approx(sum(b.contribution for b in inspector.state.why.bars))
    assert inspector.state.why.caption.startswith("Amount difference: ")
    inspector.show_tab("trace")
    names = [step.name for step in inspector.state.trace]
    assert names[:3] == ["Source event", "Raw record", "Transaction"]
    assert {"Match run", "Exception"} <= set(names)
    inspector.show_tab("raw")
    assert inspector.state.raw.startswith("{\n  ")


def test_a_posted_correction_is_traced_to_its_document(workbench, desk):
    with desk.read() as uow:
        write = next(write for write in uow.writes.all() if write.document_id)
        member = next(m for i in write.exception_ids for m in uow.exceptions.get(i).members)
    row = workbench.loaded.sides[0].index(member[1])
    workbench.go(workbench.table.position_of(int(workbench.table.groups.of_row[0][row])))
    workbench.inspector.show_tab("trace")
    workbench.inspector.show_member(member)
    steps = {step.name: step for step in workbench.inspector.state.trace}
    assert {"Staged entry", "Approval", "Ledger document"} <= set(steps)
    assert steps["Ledger document"].detail == "Read back and equal"


def test_the_cursor_starts_at_something_to_decide_and_walks_to_the_end(workbench, asker):
    seen = set()
    while not asker.news:
        group = workbench.current_group()
        assert Status(int(workbench.table.groups.status[group])) in (Status.OPEN, Status.SUGGESTED)
        seen.add(group)
        workbench.next_to_decide()
    counts = dict(workbench.state.counts)
    assert len(seen) == counts[View.OPEN] + counts[View.SUGGESTED]
    assert asker.news == [("End of list.", "")]


def test_a_month_nobody_reconciled_says_so(workbench, session):
    session.choose_period(Period.month("2026-11"))
    workbench.show_view(View.MATCHED)
    empty = workbench.state.empty
    assert empty is None or empty.kind in ("not_reconciled", "nothing")


def test_what_cannot_be_read_is_a_failure_of_the_screen_not_a_crash(workbench, session):
    workbench.choose("No such reconciliation")
    assert isinstance(workbench.state.failed, UserError)
    assert workbench.state.rows == 0
    workbench.choose(NAME)
    assert workbench.state.failed is None


def test_only_the_last_of_several_choices_is_shown(desk, asker):
    runner = HeldRunner(desk)
    session = Session(desk, runner, asker, writer=writer)
    session.sign_in("amina", PASSWORD)
    runner.let_go()
    runner.let_go()
    workbench = Workbench(session)
    runner.held.clear()
    workbench.choose("Stripe payouts")
    workbench.choose(NAME)
    runner.let_go()
    assert workbench.loaded.view.spec.name == NAME
    assert workbench.state.loading == ""


def test_a_record_is_opened_whatever_was_listed_before(workbench):
    workbench.show_view(View.OPEN)
    member = next(iter(workbench.members_at(3)))
    workbench.choose("Stripe payouts")
    workbench.set_filter("no such text")
    workbench.open_member(NAME, member)
    assert workbench.state.chosen == NAME
    assert member in workbench.members_at(workbench.state.cursor)
    assert member in workbench.state.selected
    workbench.set_filter("no such text")
    workbench.open_member(NAME, member)
    assert (workbench.state.filter, workbench.state.empty) == ("", None)
    assert member in workbench.members_at(workbench.state.cursor)


def test_rows_out_of_scope_are_no_work_and_say_why(workbench):
    workbench.choose("Stripe payouts")
    side = workbench.loaded.view.ledger
    outside = set(side.rows["id"][~side.in_scope].tolist())
    assert outside
    workbench.show_view(View.OPEN)
    assert not outside & set(record_ids(workbench, "right"))
    workbench.show_view(View.ALL)
    slots = [workbench.slot(at) for at in range(workbench.state.rows)]
    found = [slot for slot in slots if slot.right.record_id in outside]
    assert {slot.right.state for slot in found} == {states.OUT_OF_SCOPE}
    assert {slot.left.note for slot in found} == {"Not a Stripe payout; proven by the bank statement"}


def test_a_view_without_the_cursor_lands_on_the_first_to_decide(workbench):
    workbench.show_view(View.MATCHED)
    workbench.go(0)
    workbench.show_view(View.SUGGESTED)
    assert workbench.state.cursor == 0
    assert workbench.inspector.state.member is not None
    assert workbench.state.selected == workbench.members_at(0)


def test_groups_selected_by_hand_outlive_a_change_of_view(workbench):
    workbench.show_view(View.OPEN)
    workbench.go(0)
    workbench.toggle(1)
    chosen = workbench.state.selected
    workbench.show_view(View.MATCHED)
    assert workbench.state.selected == chosen


def test_a_filter_is_never_shown_as_it_was_before(workbench):
    """Whoever renders in between writes what the state says into the field that is being typed in."""
    workbench.go(0)
    seen = []
    workbench.subscribe(lambda: seen.append(workbench.state.filter))
    for text in ("z", "zz", "zzz"):
        seen.clear()
        workbench.set_filter(text)
        assert set(seen) == {text}


def test_a_payout_says_what_it_is_made_of_and_where_it_went(workbench):
    workbench.choose("Stripe payouts")
    explained = 0
    for at in range(workbench.state.rows):
        workbench.go(at)
        left, side = workbench.slot(at).left.record_id, workbench.loaded.sides[0]
        tabs = dict(workbench.inspector.state.tabs)
        row = side.index(left) if left else None
        assert ("payout" in tabs) == any(
            name == "source" and side.kind(side.index(record)) == "payout" for name, record in workbench.members_at(at)
        )
        if row is not None and side.kind(row) == "payout":
            workbench.inspector.show_tab("payout")
            shown = workbench.inspector.state.payout
            *parts, paid = shown.parts
            assert paid.amount == side.text(row, "amount")
            assert parts
            assert shown.legs
            explained += 1
    assert explained


def test_a_row_that_is_no_payout_shows_another_tab(workbench):
    workbench.choose("Stripe payouts")
    payout = next(at for at in range(workbench.state.rows) if workbench.slot(at).match_id)
    workbench.go(payout)
    workbench.inspector.show_tab("payout")
    workbench.choose(NAME)
    workbench.show_view(View.SUGGESTED)
    workbench.go(0)
    assert workbench.inspector.state.tab in dict(workbench.inspector.state.tabs)
