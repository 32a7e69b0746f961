"""The inbox of events in the window, by keyboard and by the menu of a row."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu

from awra_desk.domain.errors import UserError
from awra_desk.viewmodels.event_rows import InboxView
from tests.ui.test_window import CONTROL, press
from tests.viewmodels.test_events import came, charge, desk

__all__ = ["came", "charge", "desk"]


@pytest.fixture
def screen(came, frame):
    frame.run("screen_6")
    return frame.screens["events"]


def test_dead_letters_are_chosen_and_replayed_by_keyboard(qtbot, screen, asker):
    assert QApplication.focusWidget() is screen.rows
    press(qtbot, Qt.Key.Key_L, CONTROL)
    press(qtbot, Qt.Key.Key_L, CONTROL)
    assert screen.inbox.state.view is InboxView.DEAD
    assert screen.panel.trouble.isVisible()
    press(qtbot, Qt.Key.Key_Space)
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_Space)
    assert screen.bulk.isVisible()
    assert not screen.panel.replay.isVisible()
    asker.answers = [True]
    press(qtbot, Qt.Key.Key_P)
    assert asker.questions == [("Replay 2 events?", "Replay 2")]
    assert screen.lists.currentWidget() is screen.empty
    assert screen.empty.title.text() == "No dead letters"
    assert not screen.replay_dead.isVisible()


def test_enter_goes_to_the_payload_and_escape_clears_the_filter(qtbot, screen):
    press(qtbot, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is screen.panel.payload
    assert screen.panel.payload.isReadOnly()
    screen.inbox.set_filter("dead1")
    assert len(screen.inbox.state.rows) == 1
    screen.handlers["escape"]()
    assert screen.inbox.state.filter == ""
    assert QApplication.focusWidget() is screen.rows


def test_menu_and_totals_say_what_can_be_done_and_what_is_dead(screen, monkeypatch):
    shown = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _at: shown.append(menu))
    screen.rows.customContextMenuRequested.emit(QPoint(40, 10))
    told = [action.text().partition("\t")[0] for action in shown[0].actions()]
    assert told == ["Replay", "Replay 2 dead letters", "Process due"]
    totals = {total.label: total.value for total in screen.totals()}
    assert (totals["Events"], totals["Waiting"], totals["Dead"]) == ("5", "2", "2")


def test_a_failure_offers_to_try_again(screen, monkeypatch):
    def fail(*_args):
        raise UserError("the workspace is busy", remedy="Try again.")

    with monkeypatch.context() as patch:
        patch.setattr("awra_desk.viewmodels.events.load_inbox", fail)
        screen.inbox.reload()
    assert screen.lists.currentWidget() is screen.empty
    assert screen.empty.title.text() == "The workspace is busy"
    screen.inbox.reload()
    assert screen.lists.currentWidget() is screen.rows


def test_an_empty_inbox_leads_to_the_connections(desk, frame):
    frame.run("screen_6")
    screen = frame.screens["events"]
    assert screen.empty.title.text() == "No event came yet"
    screen.connections_asked.emit()
    assert frame.screens["connections"].isVisible()
