"""The mapping tables in the window, by keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from awra_desk.viewmodels.mappings import MappingsTab
from tests.ui.test_window import CONTROL, press
from tests.viewmodels.test_mappings import says

__all__ = ["says"]

CARD = {"table": "gateway", "value": "card", "field": "class", "target": "C", "valid_from": "2026-10-05"}


@pytest.fixture
def screen(says, frame):
    found = frame.screens["mappings"]
    found.mappings.reload()
    frame.show_screen("mappings")
    return found


def test_a_missing_value_is_mapped_by_keyboard_and_undone(qtbot, frame, screen):
    press(qtbot, Qt.Key.Key_L, CONTROL)
    assert screen.mappings.state.tab is MappingsTab.MISSING
    assert QApplication.focusWidget() is screen.missing
    form = screen.panel.form
    assert (form.value.text(), form.axis.currentText(), form.validFrom.text()) == ("card", "Gateway", "2026-10-01")
    press(qtbot, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is form.target
    form.field.setCurrentText("class")
    qtbot.keyClicks(form.target, "C1")
    press(qtbot, Qt.Key.Key_S, CONTROL)
    assert [row.subject.value for row in screen.mappings.state.rows] == ["mpesa"]
    press(qtbot, Qt.Key.Key_L, CONTROL)
    assert screen.in_force.grid.cell(0, 3).text == "C1"
    assert screen.panel.history.grid.cell(0, 2).text == "class C1"
    assert screen.panel.end_button.isVisible()
    press(qtbot, Qt.Key.Key_Z, CONTROL)
    assert screen.lists.currentWidget() is screen.empty


def test_what_is_typed_stays_until_another_value_is_chosen(qtbot, screen, asker):
    screen.mappings.show_tab(MappingsTab.MISSING)
    screen.mappings.go(0)
    screen.panel.form.target.setText("half typ")
    press(qtbot, Qt.Key.Key_S, CONTROL)
    assert "is no account of the ledger" in asker.told[-1]
    screen.mappings.reload()
    assert screen.panel.form.target.text() == "half typ"
    press(qtbot, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert (screen.panel.form.value.text(), screen.panel.form.target.text()) == ("mpesa", "")


def test_another_day_is_typed_and_a_wrong_one_is_told(qtbot, screen, asker):
    screen.mappings.set(CARD)
    screen.day.setFocus()
    screen.day.setText("2026-10-04")
    press(qtbot, Qt.Key.Key_Return)
    assert screen.mappings.state.rows == ()
    screen.day.setFocus()
    screen.day.setText("soon")
    press(qtbot, Qt.Key.Key_Return)
    assert "is no day" in asker.told[-1]


def test_files_go_out_and_come_in(qtbot, monkeypatch, screen, asker, tmp_path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "m"), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "m.xlsx"), ""))
    screen.mappings.set(CARD)
    screen.give_all.trigger()
    assert (tmp_path / "m.xlsx").is_file()
    screen.mappings.undo()
    asker.answers.append(True)
    press(qtbot, Qt.Key.Key_I, CONTROL)
    assert asker.questions[-1] == ("Record 1 mapping of m.xlsx?", "Record 1")
    assert [row.target for row in screen.mappings.state.rows] == ["C"]
    assert screen.panel.form.validFrom.text() == "2026-10-05"
    screen.panel.form.validFrom.setText("2026-10-06")
    screen.panel.end_button.click()
    assert screen.mappings.state.rows == ()


def test_an_exception_leads_to_the_value_it_asks_a_mapping_for(qtbot, frame, screen):
    screen.mappings.set(CARD)
    screen.mappings.session.reconcile()
    frame.show_screen("exceptions")
    queue = frame.screens["exceptions"].queue
    queue.set_filter("Gateway mpesa")
    (found,) = queue.state.rows
    assert found.what == "Gateway mpesa, said by 1 record"
    assert frame.screens["exceptions"].panel.map.isVisible()
    assert [record.side for record in queue.state.case.records] == ["Source"]
    press(qtbot, Qt.Key.Key_Return, CONTROL)
    assert frame.current is screen
    assert screen.mappings.state.tab is MappingsTab.MISSING
    form = screen.panel.form
    assert (form.value.text(), form.field.currentText()) == ("mpesa", "class")
    assert QApplication.focusWidget() is form.target
    qtbot.keyClicks(form.target, "C2")
    press(qtbot, Qt.Key.Key_S, CONTROL)
    frame.show_screen("exceptions")
    assert queue.state.rows == ()
