"""A row of tabs with a ring round the present one while the keyboard is there."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QTabBar

from awra_desk.ui.theme import color


class Tabs(QTabBar):
    """Underlined tabs; the style sheet draws them, the ring is ours."""

    def __init__(self) -> None:
        super().__init__()
        self.setDrawBase(False)
        self.setExpanding(False)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The tabs, then the ring."""
        super().paintEvent(event)
        if self.hasFocus() and self.count():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(color("focus"), 2))
            painter.drawRoundedRect(QRectF(self.tabRect(self.currentIndex())).adjusted(4, 3, -4, -4), 3, 3)
