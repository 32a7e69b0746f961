"""The statement strip: source closing, named items and ledger closing as one sum that reads from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.theme import color
from awra_desk.ui.widgets.plain import clear, row, rule

_LINES = (15, 20)  # label, figure
_HEIGHT = 40
_OPERATOR = 22


@dataclass(frozen=True, slots=True)
class StripItem:
    """One figure.

    Attributes:
        operator: stands before it, "" before the first. key: what it filters to, or "".
    """

    label: str
    value: str
    operator: str = ""
    key: str = ""
    tone: str = ""
    tooltip: str = ""


class _Figure(QAbstractButton):
    """A label over a figure, right-aligned; pressing it asks for the rows behind it."""

    def __init__(self, item: StripItem) -> None:
        super().__init__()
        self._item = item
        words = f"{item.label} {item.value}"
        self.setAccessibleName(words)
        self.setToolTip(item.tooltip)
        self.setEnabled(bool(item.key))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if item.key else Qt.FocusPolicy.NoFocus)
        if item.key:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(_width(item), _HEIGHT)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the wider of both lines."""
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Label above, figure below; under the pointer or the focus it looks like the link it is."""
        painter = QPainter(self)
        active = bool(self._item.key) and (self.underMouse() or self.hasFocus())
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font("caption", weight=500))
        painter.setPen(color("accent" if active else "text.secondary"))
        painter.drawText(QRectF(0, 2, self.width() - 2, _LINES[0]), right, self._item.label)
        painter.setFont(font("figure"))
        painter.setPen(color(self._item.tone or "text.primary"))
        painter.drawText(QRectF(0, 2 + _LINES[0], self.width() - 2, _LINES[1]), right, self._item.value)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(color("focus"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 3, 3)


def _width(item: StripItem) -> int:
    label = metrics("caption", weight=500).horizontalAdvance(item.label)
    return max(label, metrics("figure").horizontalAdvance(item.value)) + 4


class _Operator(QLabel):
    """A sign on the line of the figures."""

    def __init__(self, sign: str) -> None:
        super().__init__(sign)
        self.setProperty("role", "quiet")
        self.setFixedHeight(_HEIGHT)
        self.setContentsMargins(0, _LINES[0] + 1, 0, 0)
        self.setFixedWidth(_OPERATOR)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)


class StatementStrip(QWidget):
    """The sum; `asked` carries the key of a pressed item."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Statement")
        self._shown: tuple[StripItem, ...] = ()
        self._row = row(self, gap=0)
        self.setFixedHeight(_HEIGHT)

    @staticmethod
    def width_of(items: Sequence[StripItem]) -> int:
        """How wide these figures would be."""
        operators = sum(bool(item.operator) for item in items[:-1]) * _OPERATOR
        return sum(_width(item) for item in items) + operators + 16 + 1 + 12

    def show_items(self, items: Sequence[StripItem]) -> None:
        """Replace the figures; the last is what stays unexplained, after a rule."""
        if tuple(items) == self._shown:
            return
        self._shown = tuple(items)
        clear(self._row)
        for place, item in enumerate(self._shown):
            if place == len(self._shown) - 1:
                self._row.addSpacing(16)
                self._row.addWidget(rule(vertical=True, length=36))
                self._row.addSpacing(12)
            elif item.operator:
                self._row.addWidget(_Operator(item.operator))
            figure = _Figure(item)
            figure.clicked.connect(lambda _checked=False, key=item.key: self.asked.emit(key))
            self._row.addWidget(figure)
