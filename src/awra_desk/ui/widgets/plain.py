"""Small labelled things every screen uses: text in a role of the scale, chips, rules and boxes without margins."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

L = TypeVar("L", bound=QLayout)
W = TypeVar("W", bound=QWidget)


def label(text: str = "", role: str = "cell", *, tone: str = "", wrap: bool = False) -> QLabel:
    """Plain text, never markup. role: title | headline | figure | section | strong | cell | quiet | caption | note."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    if tone:
        made.setProperty("tone", tone)
    made.setWordWrap(wrap)
    return made


_TELLING = 48
"""Narrower than this, in pixels, an ellipsis leaves nothing to read."""


class ElidedLabel(QLabel):
    """One line that gives way: it is cut with an ellipsis where room is short, and whole in the tooltip."""

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """The words, also for the tooltip."""
        super().setText(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Hardly anything is needed."""
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """What fits; a beginning too short to tell anything is left out."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        if words != self.text() and self.width() < _TELLING:
            return
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)


def elided(role: str = "cell") -> ElidedLabel:
    """An empty line that gives way; the role is that of `label`."""
    made = ElidedLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    return made


def chip(text: str = "", tone: str = "neutral") -> QLabel:
    """A word in a small tinted box. tone: neutral | accent | warning | danger | info | outline."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    retone(made, "chip", tone)
    return made


def retone(widget: QWidget, name: str, value: str) -> None:
    """Change a dynamic property that the style sheet asks for."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def rule(*, vertical: bool = False, length: int = 16) -> QFrame:
    """A line of one pixel; a vertical one is `length` high."""
    made = QFrame()
    made.setObjectName("rule")
    if vertical:
        made.setFixedSize(1, length)
    else:
        made.setFixedHeight(1)
    return made


def edge(*, level: bool = False) -> QFrame:
    """The line between two panes: upright, or level between one above and one below."""
    made = QFrame()
    made.setObjectName("rule")
    made.setFixedHeight(1) if level else made.setFixedWidth(1)
    return made


def grounded(widget: W, name: str) -> W:
    """The widget with the ground that the style sheet gives to this object name."""
    widget.setObjectName(name)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    return widget


def row(
    parent: QWidget | None = None, *, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 8
) -> QHBoxLayout:
    """A horizontal layout with the margins said (left, top, right, bottom)."""
    return _set(QHBoxLayout(parent) if parent else QHBoxLayout(), margins, gap)


def column(
    parent: QWidget | None = None, *, margins: tuple[int, int, int, int] = (0, 0, 0, 0), gap: int = 0
) -> QVBoxLayout:
    """A vertical layout with the margins said (left, top, right, bottom)."""
    return _set(QVBoxLayout(parent) if parent else QVBoxLayout(), margins, gap)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and let it go."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


def _set(layout: L, margins: tuple[int, int, int, int], gap: int) -> L:
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    return layout
