"""Buttons that show the key that presses them, and rows of buttons of which one is down."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from awra_desk.ui import icons
from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.theme import color
from awra_desk.ui.widgets.plain import retone

_PAD, _GAP, _ICON = 10, 6, 16


class KeyButton(QPushButton):
    """A push button with an icon and, at its right, the key that does the same.

    Args:
        text: a verb with its object. kind: primary | danger | quiet | bar | link | "" (outlined).
        dense: 22 instead of 26 high. hint: the key's words, shown in a small frame; "" shows none.
        role: of the type scale. arrow: it opens a menu.
    """

    def __init__(
        self, text: str, *, kind: str = "", symbol: str = "", hint: str = "", dense: bool = False, role: str = "body",
        arrow: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(text)
        self._symbol, self._hint, self._kind, self._role, self._arrow = symbol, hint, kind, role, arrow
        self.setProperty("kind", kind)
        self.setProperty("dense", "true" if dense else "false")
        self.setFixedHeight(22 if dense else 26)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        # A click leaves the keyboard where the work is; Tab still comes here.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if kind in {"bar", "field"}:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A double click is one click: the row in hand is another by then."""
        event.accept()

    def set_kind(self, kind: str) -> None:
        """Become the primary button of the pane, or cease to be."""
        if kind != self._kind:
            self._kind = kind
            retone(self, "kind", kind)

    def set_symbol(self, symbol: str) -> None:
        """Show another icon."""
        self._symbol = symbol
        self.updateGeometry()
        self.update()

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """The words, which are the accessible name, too."""
        super().setText(text)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for icon, words and key."""
        width = 2 * self._padding() + self._metrics().horizontalAdvance(self.text())
        width += (_ICON + _GAP * bool(self.text())) * bool(self._symbol)
        width += (self._hint_width() + _GAP + 2) * bool(self._hint) + (_ICON + 4) * self._arrow
        return QSize(width, self.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Words are elided before they are clipped, but not below this."""
        whole = self.sizeHint()
        return QSize(min(whole.width(), 48), whole.height()) if self._kind in {"bar", "field"} else whole

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The style draws frame and focus; words, icon and key are ours."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text, option.icon = "", QIcon()
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        content = self.sizeHint().width() - 2 * self._padding()
        left = self._padding() if self._kind == "field" else max(self._padding(), (self.width() - content) // 2)
        ink = self._ink()
        if self._symbol:
            icons.paint(painter, self._symbol, QRectF(left, (self.height() - _ICON) / 2, _ICON, _ICON), ink)
            left += _ICON + _GAP
        painter.setFont(font(self._role, weight=self._weight()))
        painter.setPen(ink)
        taken = (self._hint_width() + _GAP) * bool(self._hint) + (_ICON + 4) * self._arrow
        room = self.width() - left - self._padding() - taken
        words = self._metrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room + 2)
        painter.drawText(QRectF(left, 0, room + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, words)
        if self._arrow:
            end = left + self._metrics().horizontalAdvance(words) + 4
            icons.paint(painter, "chevron-down", QRectF(end, (self.height() - _ICON) / 2 + 1, _ICON, _ICON), ink)
        if self._hint:
            right = self.width() if self._kind == "field" else (self.width() + content) // 2 + self._padding()
            self._paint_hint(painter, right - self._padding() - self._hint_width(), ink)

    def _paint_hint(self, painter: QPainter, left: float, ink: QColor) -> None:
        frame = QRectF(left + 0.5, (self.height() - 15) / 2 + 0.5, self._hint_width() - 1, 14)
        edge = QColor(ink)
        edge.setAlpha(110)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(edge, 1))
        painter.drawRoundedRect(frame, 3, 3)
        painter.setFont(font("badge", weight=500))
        painter.setPen(ink)
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, self._hint)

    def _weight(self) -> int:
        return 600 if self._role == "title" else 400 if self._kind == "field" else 500

    def _metrics(self) -> QFontMetrics:
        return metrics(self._role, weight=self._weight())

    def _hint_width(self) -> int:
        return max(16, metrics("badge", weight=500).horizontalAdvance(self._hint) + 8) if self._hint else 0

    def _padding(self) -> int:
        return {"link": 2, "bar": 6}.get(self._kind, 8 if self.property("dense") == "true" else _PAD)

    def _ink(self) -> QColor:
        if not self.isEnabled():
            return color("text.disabled")
        tone = self.property("tone")
        if tone:
            return color(str(tone))
        roles = {"primary": "on.accent", "danger": "on.danger", "link": "accent", "field": "text.muted"}
        return color(roles.get(self._kind, "text.primary"))


class Segments(QWidget):
    """Exclusive buttons in one frame, each with a count; `chosen` carries the key of the one that was pressed."""

    chosen = Signal(str)

    def __init__(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """`name` is the accessible name; `choices` are (key, words)."""
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._words = dict(choices)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for place, (key, words) in enumerate(choices):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setProperty("segment", {0: "first", len(choices) - 1: "last"}.get(place, "middle"))
            button.setFixedHeight(24)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self.buttons[key] = button
            row.addWidget(button)

    def step(self) -> None:
        """Choose the next one, after the last the first."""
        keys = list(self.buttons)
        now = next((at for at, key in enumerate(keys) if self.buttons[key].isChecked()), -1)
        self.chosen.emit(keys[(now + 1) % len(keys)])

    def show_counts(self, counts: dict[str, int], current: str) -> None:
        """Put each choice's count beside its words, and press the current one."""
        for key, button in self.buttons.items():
            words = f"{self._words[key]}  {counts[key]:,}" if key in counts else self._words[key]
            button.setText(words)
            button.setAccessibleName(words)
            button.setChecked(key == current)


def rounded(painter: QPainter, frame: QRectF, edge: QColor, fill: QColor, radius: float = 4) -> None:
    """A frame with round corners, aligned to the pixel."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(edge, 1))
    painter.setBrush(fill)
    painter.drawRoundedRect(frame.translated(QPointF(0.5, 0.5)).adjusted(0, 0, -1, -1), radius, radius)
    painter.restore()
