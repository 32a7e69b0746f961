"""The left rail: one item per screen that exists, with a badge of what waits there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from awra_desk.ui import icons
from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.theme import color, look, size
from awra_desk.ui.widgets.plain import grounded


class RailItem(QAbstractButton):
    """An icon over a word; the present screen has the surface's colour, accent ink and a bar at the left."""

    def __init__(self, symbol: str, words: str, key: str) -> None:
        super().__init__()
        self._symbol, self._badge, self._urgent = symbol, 0, False
        self.setText(words)
        self.setToolTip(f"{words}  {key}")
        self.setAccessibleName(words)
        self.setCheckable(True)
        self.setFixedSize(size("rail") - 1, size("rail_item"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_badge(self, count: int, *, urgent: bool) -> None:
        """How many wait there; red only when something is overdue."""
        self._badge, self._urgent = count, urgent
        overdue = ", some overdue" if urgent else ""
        self.setAccessibleDescription(f"{count:,} waiting{overdue}" if count else "")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The item's fixed size."""
        return QSize(size("rail") - 1, size("rail_item"))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Background, bar, icon, word, badge, focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color("bg.surface"))
            painter.drawRoundedRect(area.adjusted(1, 0, 4, 0), 4, 4)
            painter.fillRect(QRectF(0, 0, 3, area.height()), color("accent"))
        elif self.underMouse():
            painter.fillRect(area, color("row.hover"))
        ink = color("accent" if self.isChecked() else "text.secondary")
        side = size("icon_rail")
        icons.paint(painter, self._symbol, QRectF((area.width() - side) / 2, 5, side, side), ink)
        painter.setFont(font("caption", weight=500))
        painter.setPen(ink)
        painter.drawText(QRectF(0, 27, area.width(), 16), Qt.AlignmentFlag.AlignCenter, self.text())
        if self._badge:
            self._paint_badge(painter, area.width() / 2 + 3)
        if self.hasFocus():
            painter.setPen(QPen(color("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), 4, 4)

    def _paint_badge(self, painter: QPainter, left: float) -> None:
        words = f"{self._badge}" if self._badge < 1000 else "999+"
        width = max(18, metrics("badge").horizontalAdvance(words) + 8)
        frame = QRectF(left, 3, min(width, self.width() - left - 2), 14)
        painter.setPen(QPen(color("danger" if self._urgent else "line.strong"), 1))
        painter.setBrush(QColor(color("danger" if self._urgent else "bg.window")))
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        painter.setPen(color("on.danger" if self._urgent else "text.primary"))
        painter.setFont(font("badge"))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, words)


class Rail(QWidget):
    """All items, exclusive; `chosen` carries the screen's key."""

    chosen = Signal(str)

    def __init__(self, screens: Sequence[tuple[str, str, str, str]]) -> None:
        """`screens` are (key, icon, words, shortcut's words)."""
        super().__init__()
        grounded(self, "rail")
        self.setAccessibleName("Screens")
        self.setFixedWidth(size("rail"))
        self.items: dict[str, RailItem] = {}
        self._group = QButtonGroup(self)
        stack = QVBoxLayout(self)
        stack.setContentsMargins(0, 0, 1, 8)
        stack.setSpacing(4)
        stack.addWidget(_Mark(), 0, Qt.AlignmentFlag.AlignHCenter)
        for key, symbol, words, shortcut in screens:
            item = RailItem(symbol, words, shortcut)
            item.clicked.connect(lambda _checked, key=key: self.chosen.emit(key))
            self._group.addButton(item)
            self.items[key] = item
            stack.addWidget(item)
        stack.addStretch(1)
        look().changed.connect(self.update)


class _Mark(QWidget):
    """The product's mark: three lines that face each other."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(size("rail") - 1, size("top_bar"))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A rounded square of the accent with three bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, top = (self.width() - 24) / 2, (self.height() - 24) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("accent"))
        painter.drawRoundedRect(QRectF(left, top, 24, 24), 5, 5)
        painter.setBrush(color("on.accent"))
        for number in range(3):
            painter.drawRoundedRect(QRectF(left + 6, top + 6.5 + 4.5 * number, 12, 2), 1, 1)
