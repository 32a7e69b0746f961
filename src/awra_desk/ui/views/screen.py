"""What every screen is to the frame: a widget with a band, a banner, handlers of keys and its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QApplication, QMenu, QStackedWidget, QTableView, QWidget

from awra_desk.ui.keymap import hint
from awra_desk.ui.theme import size
from awra_desk.ui.widgets.bottom_bar import Total
from awra_desk.ui.widgets.notices import Banner
from awra_desk.ui.widgets.plain import column, grounded
from awra_desk.viewmodels.observable import Command


class Screen(QWidget):
    """One item of the rail.

    Attributes:
        handlers: command of the key map -> what it does here. banner: troubles and notices of this screen.
    """

    totals_changed = Signal()

    def __init__(self, key: str, name: str) -> None:
        super().__init__()
        self.key = key
        self.setAccessibleName(name)
        self.handlers: dict[str, Callable[[], object]] = {}
        self.banner = Banner()
        self.page = column(self)

    def totals(self) -> tuple[Total, ...]:
        """Figures of the bottom bar."""
        return ()

    def swap(self, stack: QStackedWidget, index: int) -> None:
        """Show rows or what stands in their place; the keyboard goes along where it was inside."""
        before = stack.currentWidget()
        if stack.currentIndex() == index:
            return
        focus = QApplication.focusWidget()
        inside = focus is not None and before is not None and before.isAncestorOf(focus)
        stack.setCurrentIndex(index)
        if inside:
            self.enter()

    def offer_at(
        self, table: QTableView, point: QPoint, commands: Mapping[str, Command], act: Callable[[str], object]
    ) -> QMenu:
        """The menu of a row: what can be done with it now, each with its key; `act` does the chosen one."""
        menu = QMenu(self)
        for name, command in commands.items():
            if command.enabled:
                key = hint(name)
                menu.addAction(f"{command.text}\t{key}" if key else command.text, partial(act, name))
        menu.popup(table.viewport().mapToGlobal(point))
        return menu

    def enter(self) -> None:
        """The screen came up: put the focus where work goes on."""


def band() -> QWidget:
    """The band over a screen's rows: name, views, figures."""
    made = grounded(QWidget(), "screenBand")
    made.setFixedHeight(size("screen_band"))
    return made


def action_bar(height: int = 0) -> QWidget:
    """The bar under a list or a panel: what can be done with what is chosen. height: 0 is the usual one."""
    made = grounded(QWidget(), "actionBar")
    made.setFixedHeight(height or size("action_bar"))
    return made
