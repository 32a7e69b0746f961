"""The window by keyboard, as the key map says, with a name for every control."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTableView,
    QWidget,
)

from awra_desk.domain.errors import UserError
from awra_desk.ui import keymap
from awra_desk.ui.views import workbench as workbench_module
from awra_desk.ui.views.history import HistoryPane
from awra_desk.ui.views.key_map import KeyMap
from awra_desk.ui.views.palette import Entry, Palette
from awra_desk.viewmodels.states import Status, View
from tests.viewmodels.conftest import PASSWORD

CONTROL = Qt.KeyboardModifier.ControlModifier


def press(qtbot, key, modifiers=Qt.KeyboardModifier.NoModifier):
    """Press a key where the keyboard is."""
    qtbot.keyClick(QApplication.focusWidget(), key, modifiers)


def first_suggestion(workbench):
    """Put the cursor on a suggestion that can be accepted."""
    model = workbench.workbench
    model.show_view(View.SUGGESTED)
    model.go(0)
    while not dict(model.state.commands)["accept"].enabled:
        model.next_to_decide()
    workbench.enter()


def test_accept_moves_on_and_undo_brings_it_back(qtbot, workbench):
    first_suggestion(workbench)
    model = workbench.workbench
    before, counts = model.state.cursor, dict(model.state.counts)
    group = model.current_group()
    press(qtbot, Qt.Key.Key_A)
    assert dict(model.state.counts)[View.SUGGESTED] == counts[View.SUGGESTED] - 1
    assert model.current_group() != group
    assert Status(int(model.table.groups.status[model.current_group()])) in (Status.OPEN, Status.SUGGESTED)
    assert model.state.cursor >= before - 1
    press(qtbot, Qt.Key.Key_Z, CONTROL)
    assert dict(model.state.counts) == counts
    press(qtbot, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert dict(model.state.counts)[View.SUGGESTED] == counts[View.SUGGESTED] - 1


def test_letters_belong_to_the_filter_while_it_has_the_keyboard(qtbot, frame, workbench):
    first_suggestion(workbench)
    counts = workbench.workbench.state.counts
    press(qtbot, Qt.Key.Key_F, CONTROL)
    assert QApplication.focusWidget() is workbench.filter
    for key in (Qt.Key.Key_A, Qt.Key.Key_R, Qt.Key.Key_X):
        press(qtbot, key)
    assert workbench.filter.text() == "arx"
    assert workbench.workbench.state.filter == "arx"
    assert workbench.workbench.state.counts == counts
    press(qtbot, Qt.Key.Key_Escape)
    assert not workbench.workbench.state.filter
    assert QApplication.focusWidget() is workbench.pair.left


def test_arrows_letters_and_tab_move_the_cursor_and_the_pane(qtbot, workbench):
    model = workbench.workbench
    model.show_view(View.ALL)
    model.go(5)
    workbench.enter()
    for key, position in ((Qt.Key.Key_Down, 6), (Qt.Key.Key_J, 7), (Qt.Key.Key_K, 6), (Qt.Key.Key_Up, 5)):
        press(qtbot, key)
        assert model.state.cursor == position
    press(qtbot, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is workbench.pair.right
    press(qtbot, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is workbench.pair.left
    press(qtbot, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert Status(int(model.table.groups.status[model.current_group()])) in (Status.OPEN, Status.SUGGESTED)


def test_any_row_of_a_match_is_traced_from_the_keyboard(qtbot, frame, workbench, asker):
    model, alt = workbench.workbench, Qt.KeyboardModifier.AltModifier
    model.show_view(View.MATCHED)
    model.go(0)
    workbench.enter()
    members = model.inspector.state.members
    assert len(members) > 1
    press(qtbot, Qt.Key.Key_Right, alt)
    assert (model.inspector.state.tab, model.inspector.state.member) == ("trace", members[1])
    button = workbench.inspector.member
    assert button.isVisible()
    assert button.text().startswith(f"2 of {len(members)}: ")
    assert model.inspector.state.trace[2].name == "Transaction"
    model.inspector.show_tab("raw")
    second = model.inspector.state.raw
    for _ in members:
        press(qtbot, Qt.Key.Key_Left, alt)
    assert model.inspector.state.member == members[0]
    assert asker.news[-1][0] == "First row of the match."
    assert model.inspector.state.raw not in ("", second)
    model.inspector.show_tab("why")
    assert not button.isVisible()
    model.show_view(View.OPEN)
    model.go(0)
    press(qtbot, Qt.Key.Key_Right, alt)
    assert frame.toast.words.text() == "It is a single row."


def test_a_refused_command_says_why(qtbot, frame, workbench):
    model = workbench.workbench
    model.show_view(View.MATCHED)
    model.go(0)
    workbench.enter()
    press(qtbot, Qt.Key.Key_A)
    assert frame.toast.isVisible()
    assert frame.toast.words.text() == dict(model.state.commands)["accept"].reason


def test_an_exclusion_asks_for_its_reason(qtbot, monkeypatch, workbench):
    model = workbench.workbench
    model.show_view(View.OPEN)
    model.go(0)
    workbench.enter()
    before = dict(model.state.counts)[View.OPEN]
    monkeypatch.setattr(workbench_module, "ask_text", lambda *_, **__: "")
    press(qtbot, Qt.Key.Key_X)
    assert dict(model.state.counts)[View.OPEN] == before
    monkeypatch.setattr(workbench_module, "ask_text", lambda *_, **__: "internal transfer")
    press(qtbot, Qt.Key.Key_X)
    assert dict(model.state.counts)[View.OPEN] == before - 1


def test_the_empty_place_explains_itself_and_leads_out(qtbot, workbench):
    workbench.workbench.set_filter("no such text")
    assert workbench.lists.currentWidget() is workbench.empty
    assert "filter hides" in workbench.empty.title.text()
    button = next(b for b in workbench.empty.findChildren(QAbstractButton) if b.text() == "Clear filter")
    button.click()
    assert workbench.lists.currentWidget() is workbench.pair


def test_a_figure_of_the_strip_lists_its_rows(workbench):
    figure = next(figure for figure in workbench.workbench.state.strip if figure.members)
    workbench.strip.asked.emit(figure.label)
    assert workbench.workbench.state.only == figure.label
    assert workbench.only.text() == f"Only {figure.label}"
    workbench.only.click()
    assert not workbench.workbench.state.only


def test_the_inspector_offers_only_what_can_be_done(workbench):
    first_suggestion(workbench)
    shown = {name for name, button in workbench.inspector.buttons.items() if button.isVisible()}
    enabled = {name for name, command in workbench.workbench.state.commands if command.enabled}
    assert shown == enabled & set(workbench.inspector.buttons)
    primary = [name for name, button in workbench.inspector.buttons.items() if button.property("kind") == "primary"]
    assert primary == ["accept"]


@pytest.mark.parametrize("tab", ["difference", "why", "trace", "raw"])
def test_every_page_of_the_inspector_has_something_to_say(workbench, tab):
    first_suggestion(workbench)
    inspector = workbench.workbench.inspector
    inspector.show_tab(tab)
    said = {
        "difference": workbench.inspector.fields.grid.rowCount(),
        "why": workbench.inspector.caption.text(),
        "trace": workbench.inspector.timeline.minimumHeight() > 50,
        "raw": workbench.inspector.raw.toPlainText(),
    }
    assert said[tab]


def test_an_entry_goes_from_an_exception_to_the_ledger(qtbot, frame, session, asker):
    press(qtbot, Qt.Key.Key_2, CONTROL)
    screen = frame.screens["exceptions"]
    queue = screen.queue
    assert QApplication.focusWidget() is screen.rows
    wanted = next(at for at, row in enumerate(queue.state.rows) if _can_propose(queue, at))
    queue.go(wanted)
    press(qtbot, Qt.Key.Key_Return, CONTROL)
    press(qtbot, Qt.Key.Key_3, CONTROL)
    waiting = frame.screens["approvals"]
    assert waiting.approvals.state.rows[0].waiting
    assert not waiting.approve.isVisible()
    assert waiting.words.text() == "You may propose entries; a supervisor approves them."
    session.sign_in("joseph", PASSWORD)
    assert waiting.approve.isVisible()
    assert waiting.approve.text().startswith("Approve ")
    waiting.password.setText(PASSWORD)
    waiting.password.setFocus()
    press(qtbot, Qt.Key.Key_Return, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert asker.told == []
    assert not waiting.password.text()
    assert waiting.approvals.state.outbox == 1
    asker.answers.append(True)
    press(qtbot, Qt.Key.Key_P, CONTROL)
    assert waiting.approvals.state.outbox == 0
    assert "posted" in asker.news[-1][0]


def _can_propose(queue, at):
    queue.go(at)
    return dict(queue.state.commands)["propose"].enabled and queue.state.case.entry is not None


def test_bulk_shows_count_and_sum_before(qtbot, frame):
    frame.show_screen("exceptions")
    screen = frame.screens["exceptions"]
    screen.rows.show_current(0)
    screen.enter()
    press(qtbot, Qt.Key.Key_Space)
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_Space)
    assert screen.bulk.isVisible()
    assert screen.chosen.text() == "2 selected"
    assert re.search(r"\d\.\d\d [A-Z]{3}", screen.sums.text())
    press(qtbot, Qt.Key.Key_Escape)
    assert not screen.bulk.isVisible()


def test_a_comment_is_said_from_the_keyboard(qtbot, frame):
    frame.show_screen("exceptions")
    screen = frame.screens["exceptions"]
    press(qtbot, Qt.Key.Key_N)
    assert QApplication.focusWidget() is screen.panel.comment
    qtbot.keyClicks(screen.panel.comment, "seen at the bank")
    press(qtbot, Qt.Key.Key_Return)
    assert [remark.text for remark in screen.queue.state.case.comments] == ["seen at the bank"]


def test_from_an_exception_to_its_rows(qtbot, frame):
    frame.show_screen("exceptions")
    queue = frame.screens["exceptions"].queue
    queue.go(0)
    item = queue.chosen()[0].item
    press(qtbot, Qt.Key.Key_F)
    model = frame.screens["workbench"].workbench
    assert frame.current is frame.screens["workbench"]
    assert model.state.chosen == item.reconciliation
    assert set(item.members) & model.members_at(model.state.cursor)


def test_no_two_commands_of_a_screen_share_a_key():
    screens = (
        keymap.WORKBENCH,
        keymap.EXCEPTIONS,
        keymap.APPROVALS,
        keymap.CONNECTIONS,
        keymap.MAPPINGS,
        keymap.EVENTS,
    )
    for screen in screens:
        keys = [QKeySequence(key.keys).toString() for key in keymap.KEYS if key.screen in ("", screen)]
        assert len(keys) == len(set(keys))


def test_every_command_of_the_map_does_something_somewhere(frame):
    known = set(frame.handlers()).union(*(screen.handlers for screen in frame.screens.values()))
    assert {key.command for key in keymap.KEYS if key.command} <= known
    assert KeyMap(frame).findChildren(QWidget)


def test_the_palette_runs_commands_then_records_then_lists(qtbot, frame):
    ran, listed, asked = [], [], []
    commands = [Entry(lambda: ran.append("pull"), "Pull all sources", "F5"), Entry(ran.clear, "This map")]
    palette = Palette(frame, commands, lambda text, done: asked.append((text, done)), listed.append)
    qtbot.addWidget(palette)
    palette.show()
    palette.field.setText("pull")
    assert [entry.words for entry in palette.shown] == ["Pull all sources", "List every row that holds “pull”"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    palette.show()
    palette.field.setText("128.50")
    qtbot.waitUntil(lambda: len(asked) == 1)  # once, after the pause
    text, done = asked[0]
    done([Entry(lambda: ran.append("ch_1"), "ch_1, charge 128.50 USD", "Stripe balance")])
    assert (text, palette.shown[0].words) == ("128.50", "ch_1, charge 128.50 USD")
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    palette.show()
    palette.field.setText("128.5")
    done([Entry(ran.clear, "what was asked before")])
    assert len(palette.shown) == 1
    assert (ran, listed) == (["pull"], ["128.50"])


def test_a_record_found_in_another_reconciliation_opens_there(qtbot, frame, workbench):
    names = workbench.workbench.state.choices
    workbench.workbench.choose(names[0])
    lines = []
    frame._look_up("payout", lines.extend)
    qtbot.waitUntil(lambda: bool(lines))
    other = next(line for line in lines if line.key != names[0])
    other.act()
    qtbot.waitUntil(lambda: workbench.workbench.state.chosen == other.key and workbench.workbench.state.cursor >= 0)


def test_a_text_asked_for_is_listed_in_the_workbench_whatever_is_up(frame, workbench):
    frame.show_screen("exceptions")
    frame.text_asked.emit("payout")
    assert frame.current is workbench
    assert (workbench.workbench.state.filter, workbench.workbench.state.view) == ("payout", View.ALL)


def test_the_history_pane_undoes_by_name(qtbot, workbench):
    first_suggestion(workbench)
    counts = dict(workbench.workbench.state.counts)
    press(qtbot, Qt.Key.Key_A)
    pane = HistoryPane(workbench, workbench.workbench.history)
    qtbot.addWidget(pane)
    pane.show()
    assert pane.rows.grid.rowCount() == 1
    pane.undo.click()
    assert dict(workbench.workbench.state.counts) == counts


def test_every_control_has_a_name(frame):
    kinds = (QAbstractButton, QLineEdit, QTableView, QPlainTextEdit, QComboBox)
    QAccessible.setActive(True)
    nameless = []
    for key in frame.screens:
        frame.show_screen(key)
        for control in (c for kind in kinds for c in frame.findChildren(kind)):
            named = QAccessible.queryAccessibleInterface(control).text(QAccessible.Text.Name)
            if control.focusPolicy() != Qt.FocusPolicy.NoFocus and not named and control.isVisible():
                nameless.append(f"{key}: {type(control).__name__} {control.objectName()}")
    assert nameless == []


def test_jobs_are_counted_and_can_be_cancelled(frame, session, runner):
    runner.cancel_next = True
    frame.run("reconcile")
    assert session.jobs.state == ()


def test_what_is_typed_into_the_filter_stays_in_its_order(qtbot, workbench):
    """Also where the row under the cursor falls out of the list on the way."""
    workbench.workbench.show_view(View.ALL)
    workbench.workbench.go(0)
    press(qtbot, Qt.Key.Key_F, CONTROL)
    qtbot.keyClicks(workbench.filter, "payout")
    assert workbench.filter.text() == workbench.workbench.state.filter == "payout"
    press(qtbot, Qt.Key.Key_Down)
    assert workbench.workbench.state.cursor >= 0


def test_a_click_leaves_the_keyboard_in_the_table_and_a_double_click_is_one(qtbot, workbench):
    first_suggestion(workbench)
    model = workbench.workbench
    before = dict(model.state.counts)[View.SUGGESTED]
    button = workbench.inspector.buttons["accept"]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(button, Qt.MouseButton.LeftButton)
    assert dict(model.state.counts)[View.SUGGESTED] == before - 1
    assert QApplication.focusWidget() is workbench.pair.left


def test_the_next_person_finds_no_notice_of_the_one_before(frame):
    frame.tell(UserError("already settled", record="x-7072639b75ede90b5726", remedy="Reject it first."))
    assert frame.current.banner.what.text() == "x-7072639b: already settled"
    frame.say("Accepted.", undo=True)
    frame.run("sign_out")
    assert frame.current.banner.isHidden()
    assert frame.toast.isHidden()


def test_a_pressed_cause_stays_where_it_is(qtbot, frame):
    frame.run("screen_2")
    screen = frame.current
    buttons = list(screen._cause_buttons.values())
    qtbot.mouseClick(buttons[-1], Qt.MouseButton.LeftButton)
    assert list(screen._cause_buttons.values()) == buttons
    assert [button.isChecked() for button in buttons] == [False] * (len(buttons) - 1) + [True]


def test_the_waterfall_shows_every_part_and_then_their_sum(workbench):
    first_suggestion(workbench)
    model = workbench.workbench
    several = 0
    for at in range(model.state.rows):
        model.go(at)
        parts = model.inspector.state.why.bars
        bars = workbench.inspector.why._bars
        if len(parts) > 1:
            several += 1
            assert len(bars) == len(parts) + 1
            assert bars[-1].figure == f"{parts[-1].total:.2f}"
    assert several


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_no_amount_is_cut_off_in_a_narrow_window(frame, width):
    frame.resize(width, 640)
    QApplication.processEvents()
    for command in ("screen_1", "screen_2", "screen_3"):
        frame.run(command)
        QApplication.processEvents()
        for table in frame.current.findChildren(QTableView):
            if not table.isVisible() or not table.model().rowCount():
                continue
            heads = table.horizontalHeader()
            for number in range(table.model().columnCount()):
                name = str(table.model().headerData(number, Qt.Orientation.Horizontal) or "")
                if name.startswith(("Amount", "Debit", "Credit", "Now", "This entry", "After")):
                    assert not table.isColumnHidden(number)
                    end = heads.sectionViewportPosition(number) + heads.sectionSize(number)
                    assert end <= table.viewport().width() + 1, (command, width, name)


def test_a_right_click_offers_what_can_be_done_with_the_row(monkeypatch, frame, workbench):
    shown = []  # a platform without a screen cannot pop a menu up
    monkeypatch.setattr(QMenu, "popup", lambda menu, _at: shown.append(menu))
    first_suggestion(workbench)
    model = workbench.workbench
    before = dict(model.state.counts)[View.SUGGESTED]
    point = workbench.pair.left.visualRect(workbench.pair.left.currentIndex()).center()
    workbench.pair.left.customContextMenuRequested.emit(point)
    offered = {action.text().partition("\t")[0]: action for action in shown[-1].actions()}
    assert offered.keys() == {command.text for _, command in model.state.commands if command.enabled}
    offered["Accept"].trigger()
    assert dict(model.state.counts)[View.SUGGESTED] == before - 1
    frame.run("screen_2")
    frame.current.rows.customContextMenuRequested.emit(point)
    assert any(action.text().startswith("Resolve") for action in shown[-1].actions())
