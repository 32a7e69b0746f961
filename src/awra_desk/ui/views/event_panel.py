"""One event beside the inbox: what it is, how far it is with it, what went wrong, and its payload as it came."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QWidget

from awra_desk.ui.fonts import font
from awra_desk.ui.keymap import hint
from awra_desk.ui.theme import size
from awra_desk.ui.views.screen import action_bar
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.plain import clear, column, edge, elided, grounded, label, row
from awra_desk.viewmodels.event_rows import EventDetail
from awra_desk.viewmodels.observable import Command


class EventPanel(QWidget):
    """Shows an `EventDetail`."""

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "panel")
        self.setAccessibleName("Event in full")
        self.setFixedWidth(size("detail_panel"))
        self._shown: EventDetail | None = None
        self.heading, self.subtitle = elided("title"), elided("quiet")
        self.trouble, self.remedy = label("", "cell", tone="danger", wrap=True), label("", "quiet", wrap=True)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(16)
        self.facts.setVerticalSpacing(4)
        self.facts.setColumnStretch(1, 1)
        self.payload = QPlainTextEdit()
        self.payload.setReadOnly(True)
        self.payload.setTabChangesFocus(True)
        self.payload.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.payload.setFont(font("mono", "mono"))
        self.payload.setAccessibleName("Payload as it came")
        self.replay, self.why_not = KeyButton("Replay", kind="primary", hint=hint("replay")), label("", "note")
        self._build()

    def show_state(self, detail: EventDetail | None, commands: Mapping[str, Command], *, bulk: bool) -> None:
        """The event under the cursor; while several are selected, they are replayed from below the list."""
        command = commands.get("replay")
        if command is not None:
            self.replay.setText(command.text)
            self.replay.setVisible(command.enabled and not bulk)
            self.why_not.setText(command.reason)
        if detail is None or detail == self._shown:
            return
        self._shown = detail
        self.heading.setText(detail.heading)
        self.subtitle.setText(detail.subtitle)
        for part, text in ((self.trouble, detail.trouble), (self.remedy, detail.remedy)):
            part.setText(text)
            part.setVisible(bool(text))
        clear(self.facts)
        for number, (name, text) in enumerate(detail.facts):
            self.facts.addWidget(label(name, "quiet"), number, 0)
            self.facts.addWidget(label(text, "cell"), number, 1)
        self.payload.setPlainText(detail.payload)

    def _build(self) -> None:
        inside = grounded(QWidget(), "surface")
        stack = column(inside, margins=(16, 12, 16, 12), gap=6)
        for part in (self.heading, self.subtitle, self.trouble, self.remedy):
            stack.addWidget(part)
        stack.addSpacing(4)
        stack.addLayout(self.facts)
        stack.addSpacing(8)
        stack.addWidget(label("Payload as it came", "section"))
        stack.addWidget(self.payload, 1)
        stack.addWidget(label("It is a hint. What it names is read from the provider before it counts.", "note"))
        whole = row(self, gap=0)
        whole.addWidget(edge())
        right = column()
        right.addWidget(inside, 1)
        right.addWidget(self._actions())
        whole.addLayout(right, 1)

    def _actions(self) -> QWidget:
        bar = action_bar()
        line = row(bar, margins=(12, 0, 12, 0), gap=6)
        line.addWidget(self.replay)
        line.addWidget(self.why_not, 1)
        return bar
