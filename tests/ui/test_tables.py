"""The models behave as Qt expects, cells say what they show, copying gives plain values."""

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import TOO_NARROW, Cell, fit, paint_cell
from awra_desk.ui.theme import color, look
from awra_desk.viewmodels.states import View

NAMES = ("Down", "Up", "Left")


@pytest.fixture
def grid(qtbot):
    made = GridView((GridColumn("Word", 80, grows=True, key="word"), GridColumn("Amount", 60, right=True)), "Words")
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    made.show_rows(3, lambda at, number: Cell(NAMES[at]) if number == 0 else Cell("−1,234.50", "money", raw="-1234.50"))
    return made


def test_the_grid_model_is_a_model(qtmodeltester, grid):
    qtmodeltester.check(grid.grid, force_py=True)


def test_both_sides_are_models(qtmodeltester, workbench):
    qtmodeltester.check(workbench.pair.left.sheet, force_py=True)
    qtmodeltester.check(workbench.pair.right.sheet, force_py=True)


def test_the_cursor_opens_toggles_and_copies(qtbot, grid):
    grid.show_current(0)
    with qtbot.waitSignal(grid.picked) as picked:
        qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert picked.args == [1]
    with qtbot.waitSignal(grid.opened) as opened:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert opened.args == [1]
    with qtbot.waitSignal(grid.toggled) as toggled:
        qtbot.keyClick(grid, Qt.Key.Key_Space)
    assert toggled.args == [1]
    qtbot.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Up\t-1234.50"


def test_new_rows_keep_the_scroll_position(grid):
    grid.show_rows(500, lambda at, number: Cell(str(at)))
    grid.verticalScrollBar().setValue(250)
    grid.show_rows(400, lambda at, number: Cell(str(at)))
    assert grid.verticalScrollBar().value() == 250


def test_an_amount_is_whole_or_not_there(qapp):
    assert fit("1,234.50", "money", 1000, len) == "1,234.50"
    assert fit("1,234.50", "money", 3, len) == TOO_NARROW
    assert fit("some words", "text", 3, len) is None


def test_differing_characters_stand_on_the_strong_tint(qapp):
    image = QImage(120, 20, QImage.Format.Format_ARGB32)
    image.fill(color("bg.surface"))
    painter = QPainter(image)
    paint_cell(painter, QRectF(0, 0, 120, 20), Cell("128.50", "money", runs=((4, 6),), tint="state.changed"))
    painter.end()
    found = {QColor(image.pixel(x, 3)).name() for x in range(120)}
    assert {color("state.changed").name(), color("state.changed.strong").name()} <= found


def test_thirty_rows_are_in_view_with_the_inspector_open(workbench):
    assert workbench.inspector.isVisible()
    assert workbench.pair.rows_in_view() >= 29  # and the thirtieth begins
    assert workbench.pair.left.viewport().height() >= 30 * workbench.pair.row_height - workbench.pair.row_height // 2


def test_both_tables_scroll_as_one(workbench):
    pair = workbench.pair
    pair.right.verticalScrollBar().setValue(20)
    assert pair.left.verticalScrollBar().value() == 20
    assert pair.gutter.top == pair.overview.top == 20
    pair.overview.jumped.emit(0)
    assert pair.right.verticalScrollBar().value() == 0


def test_sorting_is_asked_of_the_view_model_and_shown_in_the_header(workbench):
    pair = workbench.pair
    number = next(at for at, column in enumerate(pair.left.sheet.columns) if column.key == "amount")
    pair.left.horizontalHeader().sectionClicked.emit(number)
    amounts = [slot for at in range(30) if (slot := workbench.workbench.slot(at)).left.record_id]
    assert workbench.workbench.state.sort.column == "amount"
    assert pair.left.sheet.headerData(number, Qt.Orientation.Horizontal).endswith("↑")
    assert amounts


def test_a_click_selects_a_group_and_ctrl_click_one_row_more(qtbot, workbench):
    pair, model = workbench.pair, workbench.workbench
    model.show_view(View.OPEN)
    pair.left.verticalScrollBar().setValue(0)
    height = pair.row_height
    qtbot.mouseClick(pair.left.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, height // 2))
    assert len(model.state.selected) == 1
    at = next(at for at in range(1, 8) if model.slot(at).left.record_id)
    where = QPoint(60, height // 2 + at * height)
    qtbot.mouseClick(pair.left.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, where)
    assert len(model.state.selected) == 2


def test_every_state_is_painted_in_every_look(workbench):
    for view in View:
        workbench.workbench.show_view(view)
        for scheme in ("light", "dark", "high_contrast"):
            look().choose(scheme)
            assert not workbench.grab().isNull()


def test_a_dragged_column_pushes_no_amount_out_of_view(workbench):
    table = workbench.pair.left
    heads = table.horizontalHeader()
    for number, width in ((2, 400), (4, 500), (3, 20)):
        heads.resizeSection(number, width)
        shown = [at for at in range(heads.count()) if not table.isColumnHidden(at)]
        assert sum(table.columnWidth(at) for at in shown) <= table.viewport().width()
        assert min(table.columnWidth(at) for at in shown) > 0
