"""The top bar: company, period, search, freshness of the data, and the person."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from awra_desk.ui.fonts import font
from awra_desk.ui.theme import color, size
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.notices import Symbol
from awra_desk.ui.widgets.plain import chip, elided, grounded, label, retone, rule


class Avatar(QWidget):
    """Two initials in a soft disc."""

    def __init__(self, side: int = 22) -> None:
        super().__init__()
        self._initials = ""
        self.setFixedSize(side, side)

    def show_initials(self, initials: str) -> None:
        """The letters, at most two."""
        self._initials = initials[:2]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Disc and letters."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color("accent.soft"))
        painter.drawEllipse(QRectF(self.rect()))
        painter.setPen(color("accent"))
        painter.setFont(font("badge"))
        painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, self._initials)


class TopBar(QWidget):
    """Everything above the screens; menus are filled by the frame."""

    search_asked = Signal()
    freshness_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "topBar")
        self.setFixedHeight(size("top_bar"))
        self.company_mark = Symbol("building-2")
        self.company = elided("title")
        self.period = KeyButton("", kind="bar", symbol="calendar", role="title", arrow=True)
        self.period_menu = QMenu(self)
        self.period.setMenu(self.period_menu)
        self.period_state = chip("", "outline")
        self.search = KeyButton("Find an id or amount, or run a command", kind="field", symbol="search", hint="Ctrl K")
        self.search.setMinimumWidth(120)
        self.search.setMaximumWidth(344)
        self.search.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.search.clicked.connect(lambda _checked=False: self.search_asked.emit())
        self.freshness = KeyButton("", kind="bar", symbol="check")
        self.freshness.clicked.connect(lambda _checked=False: self.freshness_asked.emit())
        self.avatar = Avatar()
        self.person = KeyButton("", kind="bar", arrow=True)
        self.person_menu = QMenu(self)
        self.person.setMenu(self.person_menu)
        self.role = label("", "quiet")
        self._compose()

    def show_freshness(self, words: str, *, stale: bool) -> None:
        """The worst source first; stale data is a warning."""
        self.freshness.set_symbol("triangle-alert" if stale else "check")
        retone(self.freshness, "tone", "warning" if stale else "")
        self.freshness.setText(words)
        self.freshness.setVisible(bool(words))

    def _compose(self) -> None:
        bar = QHBoxLayout(self)
        bar.setContentsMargins(16, 0, 16, 0)
        bar.setSpacing(6)
        parts = (self.company_mark, self.company, rule(vertical=True), self.period, self.period_state)
        for part in parts:
            bar.addWidget(part)
        bar.addStretch(1)
        bar.addWidget(self.search, 1000)
        bar.addStretch(1)
        for control in (self.freshness, rule(vertical=True), self.avatar, self.person, self.role):
            bar.addWidget(control)
