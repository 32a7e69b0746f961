"""What a pane says in place of rows, above them, or for a moment over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QWidget

from awra_desk.ui import icons
from awra_desk.ui.theme import color, size
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import clear, column, grounded, label, retone, row

EMPTY_SIGNS = {
    "never_pulled": ("plug", ""),
    "not_reconciled": ("circle-dot-dashed", ""),
    "nothing": ("calendar-x", ""),
    "all_done": ("circle-check", "ok"),
    "filtered": ("list-filter", ""),
}
"""Kind of `viewmodels.empty.Empty` -> icon and colour role, "" for the quiet one."""

Offer = tuple[str, str, Callable[[], None]]
"""A button: words, key's words or "", what it does."""


class Symbol(QWidget):
    """An icon as a widget, drawn in a colour role."""

    def __init__(self, name: str, role: str = "text.secondary", side: int = 16) -> None:
        super().__init__()
        self.name, self.role = name, role
        self.setFixedSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The icon alone."""
        icons.paint(QPainter(self), self.name, QRectF(self.rect()), color(self.role))

    def change(self, name: str, role: str) -> None:
        """Another icon or colour."""
        self.name, self.role = name, role
        self.update()


class EmptyState(QWidget):
    """An empty place that explains itself: icon, one bold line, facts, one primary button and perhaps another."""

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "surface")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._symbol = Symbol("circle-check", side=28)
        self.title, self.facts = label("", "title"), label("", "quiet", wrap=True)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.facts.setMaximumWidth(460)
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._buttons = row(gap=8)
        stack = column(self, gap=8)
        stack.addStretch(2)
        stack.addWidget(self._symbol, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addSpacing(4)
        stack.addWidget(self.title)
        stack.addWidget(self.facts, 0, Qt.AlignmentFlag.AlignHCenter)
        stack.addSpacing(8)
        stack.addLayout(self._buttons)
        stack.addStretch(3)

    def show_state(self, symbol: str, title: str, facts: str, offers: Sequence[Offer] = (), tone: str = "") -> None:
        """Say what is, then offer what to do; the first offer is the primary one."""
        self._symbol.change(symbol, tone or "text.secondary")
        title = title[:1].upper() + title[1:]
        self.title.setText(title)
        self.facts.setText(facts)
        self.facts.setFixedWidth(min(460, self.facts.fontMetrics().horizontalAdvance(facts) + 8))
        self.setAccessibleName(f"{title}. {facts}")
        clear(self._buttons)
        self._buttons.addStretch(1)
        for place, (words, key, act) in enumerate(offers):
            button = KeyButton(words, kind="" if place else "primary", hint=key)
            button.clicked.connect(lambda _checked=False, act=act: act())
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)


class Banner(QFrame):
    """Above the pane it concerns: what, then what is safe and what to do; at most two buttons."""

    def __init__(self) -> None:
        super().__init__()
        self._symbol = Symbol("info")
        self.what, self.more = label("", "strong"), label("", "quiet", wrap=True)
        self._buttons = row(gap=8)
        line = row(self, margins=(12, 5, 12, 5), gap=12)
        line.addWidget(self._symbol)
        words = column(gap=1)
        words.addWidget(self.what)
        words.addWidget(self.more)
        line.addLayout(words, 1)
        line.addLayout(self._buttons)
        self.setMinimumHeight(44)
        self.hide()

    def show_words(self, tone: str, what: str, more: str, offers: Sequence[Offer] = ()) -> None:
        """Show it in a tone: danger | warning | info. It is announced to screen readers, too."""
        retone(self, "banner", tone)
        symbols = {"danger": "octagon-alert", "warning": "triangle-alert", "info": "info"}
        self._symbol.change(symbols[tone], tone)
        self.what.setText(what)
        self.more.setText(more)
        self.more.setVisible(bool(more))
        self.setAccessibleName(f"{what} {more}".strip())
        clear(self._buttons)
        for words, key, act in offers:
            button = KeyButton(words, hint=key)
            button.clicked.connect(lambda _checked=False, act=act: act())
            self._buttons.addWidget(button)
        close = KeyButton("", kind="quiet", symbol="x")
        close.setAccessibleName("Close this notice")
        close.clicked.connect(self.hide)
        self._buttons.addWidget(close)
        self.show()
        announce(self, f"{what} {more}".strip())


_FOOT = 52  # the tallest action bar, which a toast must not cover


class Toast(QFrame):
    """What was just done, with its undo; goes after six seconds unless the pointer rests on it."""

    SECONDS = 6
    WIDEST = 860

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setFixedSize(size("toast_width"), 36)
        self.words = label("", "cell")
        self._undo = KeyButton("Undo", kind="tip", hint="Ctrl Z", dense=True)
        line = row(self, margins=(12, 0, 6, 0), gap=8)
        line.addWidget(self.words, 1)
        line.addWidget(self._undo)
        self._undo.setProperty("tone", "text.on_tooltip")
        self._act: Callable[[], None] | None = None
        self._undo.clicked.connect(self._undone)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._expire)
        parent.installEventFilter(self)
        self.hide()

    def say(self, words: str, undo: Callable[[], None] | None) -> None:
        """Show it at the bottom left of its parent."""
        self._act = undo
        room = self.WIDEST - 36 - (self._undo.sizeHint().width() if undo is not None else 0)
        self.words.setText(self.words.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room))
        self.words.setToolTip(words)
        self._undo.setVisible(undo is not None)
        needed = self.words.fontMetrics().horizontalAdvance(self.words.text()) + self.WIDEST - room
        self.setFixedWidth(max(size("toast_width"), needed))
        self._place()
        self.show()
        self.raise_()
        self._timer.start(self.SECONDS * 1000)
        announce(self, words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Stay in the corner when the parent changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.move(size("rail") + 12, parent.height() - size("bottom_bar") - _FOOT - self.height() - 8)

    def _undone(self) -> None:
        self.hide()
        if self._act is not None:
            self._act()

    def _expire(self) -> None:
        if self.underMouse():
            self._timer.start(1000)
        else:
            self.hide()


def announce(widget: QWidget, words: str) -> None:
    """Have a screen reader say it."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))
