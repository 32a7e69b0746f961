"""Approvals: what waits at the left, one entry in full at the right, and another person's yes or no at its foot."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.ui.keymap import APPROVALS, hint
from awra_desk.ui.tables.write_list import WriteList
from awra_desk.ui.theme import size
from awra_desk.ui.views.screen import Screen, action_bar, band
from awra_desk.ui.views.write_panel import WritePanel
from awra_desk.ui.widgets.bottom_bar import Total
from awra_desk.ui.widgets.buttons import KeyButton, Segments
from awra_desk.ui.widgets.notices import EmptyState
from awra_desk.ui.widgets.plain import chip, column, edge, elided, grounded, label, retone, row
from awra_desk.viewmodels.approvals import Approvals, ApprovalsState, WritesView
from awra_desk.viewmodels.write_view import WriteView

_VIEWS = ((WritesView.WAITING, "Waiting"), (WritesView.MINE, "Sent by me"), (WritesView.ALL, "All"))

_NARROW, _NARROW_LIST = 1208, 244


class ApprovalsView(Screen):
    """Binds a `viewmodels.approvals.Approvals`."""

    def __init__(self, approvals: Approvals) -> None:
        super().__init__(APPROVALS, "Approvals")
        self.approvals = approvals
        self._rows: object = None
        self._shown: WriteView | None = None
        self._build()
        self._bind()
        approvals.subscribe(self._render)
        self._render()

    # Parts

    def _build(self) -> None:
        whole = row(gap=0)
        whole.addWidget(self._list_panel())
        whole.addWidget(edge())
        self.panel, self.empty = WritePanel(), EmptyState()
        right = column()
        right.addWidget(self._head())
        right.addWidget(self.panel, 1)
        right.addWidget(self._foot())
        self.right = QWidget()
        self.right.setLayout(right)
        self.sides = QStackedWidget()
        self.sides.addWidget(self.right)
        self.sides.addWidget(self.empty)
        whole.addWidget(self.sides, 1)
        self.page.addWidget(self.banner)
        self.page.addLayout(whole, 1)

    def _list_panel(self) -> QWidget:
        made = grounded(QWidget(), "panel")
        made.setFixedWidth(size("list_panel"))
        self.list_panel = made
        stack = column(made)
        head = band()
        lines = column(head, margins=(12, 6, 12, 4), gap=4)
        lines.addWidget(label("Approvals", "title"))
        self.views = Segments("Entries listed", _VIEWS)
        lines.addWidget(self.views, 0, Qt.AlignmentFlag.AlignLeft)
        self.rows = WriteList()
        self.post_bar = action_bar(52)
        line = row(self.post_bar, margins=(12, 0, 12, 0), gap=8)
        self.post_words = label("", "quiet")
        self.post = KeyButton("Post", symbol="refresh-cw", hint=hint("post"))
        line.addWidget(self.post_words, 1)
        line.addWidget(self.post)
        stack.addWidget(head)
        stack.addWidget(self.rows, 1)
        stack.addWidget(self.post_bar)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Debits, credits and the amount are never what a narrow window cuts off."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        self.list_panel.setFixedWidth(_NARROW_LIST if narrow else size("list_panel"))
        self.panel.set_narrow(narrow=narrow)
        self.password.setFixedWidth(130 if narrow else 190)
        self._render_foot(self.approvals.state)

    def _head(self) -> QWidget:
        made = band()
        whole = row(made, margins=(16, 0, 16, 0), gap=16)
        left, first = column(margins=(0, 8, 0, 6), gap=4), row(gap=8)
        self.heading, self.state = elided("title"), chip("")
        self.subtitle = elided("quiet")
        first.addWidget(self.heading)
        first.addWidget(self.state)
        first.addStretch(1)
        left.addLayout(first)
        left.addWidget(self.subtitle)
        right = column(margins=(0, 6, 0, 4))
        self.amount_label, self.amount = label("", "caption"), label("", "headline")
        for part in (self.amount_label, self.amount):
            right.addWidget(part, 0, Qt.AlignmentFlag.AlignRight)
        whole.addLayout(left, 1)
        whole.addLayout(right)
        return made

    def _foot(self) -> QWidget:
        self.foot = action_bar(52)
        line = row(self.foot, margins=(16, 0, 16, 0), gap=8)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText("Your password")
        self.password.setAccessibleName("Your password, to approve")
        self.password.setFixedWidth(190)
        self.approve = KeyButton("Approve", kind="primary", symbol="stamp", hint=hint("approve"))
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("Reason, needed to reject")
        self.reason.setAccessibleName("Reason, to reject")
        self.reason.setMinimumWidth(110)
        self.reject = KeyButton("Reject")
        self.submit = KeyButton("Submit", kind="primary")
        self.words = label("", "quiet", wrap=True)
        for part in (self.password, self.approve, self.submit):
            line.addWidget(part)
        line.addSpacing(8)
        line.addWidget(self.reason, 1)
        line.addWidget(self.reject)
        line.addWidget(self.words, 1)
        return self.foot

    def _bind(self) -> None:
        approvals = self.approvals
        self.views.chosen.connect(lambda key: approvals.show_view(WritesView(key)))
        self.rows.picked.connect(approvals.go)
        self.rows.opened.connect(lambda _row: self.password.setFocus())
        self.panel.check_again.connect(approvals.check)
        self.reason.textChanged.connect(lambda text: self.reject.setEnabled(bool(text.strip())))
        self.reject.setEnabled(False)
        self.handlers = {
            "approve": self._approve,
            "post": approvals.post,
            "next_open": lambda: self._step(1),
            "previous_open": lambda: self._step(-1),
            "escape": self.enter,
            "views": self.views.step,
        }
        for button, act in ((self.approve, self._approve), (self.reject, self._reject), (self.post, approvals.post),
                            (self.submit, approvals.submit)):  # fmt: skip
            button.clicked.connect(partial(self._run, act))
        self.password.returnPressed.connect(partial(self._run, self._approve))

    # Showing

    def totals(self) -> tuple[Total, ...]:
        """What waits, what is to be posted, what is uncertain."""
        state = self.approvals.state
        waiting = next((count for view, count in state.counts if view == WritesView.WAITING), 0)
        figures = [Total("Waiting", f"{waiting:,}"), Total("To be posted", f"{state.outbox:,}")]
        if state.uncertain:
            figures.append(Total("Uncertain", f"{state.uncertain:,}", "warning"))
        return tuple(figures)

    def enter(self) -> None:
        """The keyboard goes to the list."""
        self.rows.setFocus()

    def _render(self) -> None:
        state = self.approvals.state
        self.views.show_counts({view.value: count for view, count in state.counts}, state.view)
        if state.rows is not self._rows:
            self._rows = state.rows
            self.rows.show_found(state.rows)
        self.rows.show_current(state.cursor)
        if state.shown is not None:
            self._render_head(state.shown)
        self.panel.show_write(state.shown, state.preflight, checking=state.checking, unchecked=state.unchecked)
        self._render_foot(state)
        self._render_empty(state)
        self.totals_changed.emit()

    def _render_head(self, shown: WriteView) -> None:
        if shown is self._shown:
            return
        if self._shown is None or self._shown.write.write_id != shown.write.write_id:
            self.password.clear()
            self.reason.clear()
        self._shown = shown
        self.heading.setText(shown.heading)
        self.state.setText(f"{shown.glyph} {shown.state}")
        retone(self.state, "chip", shown.tone)
        self.subtitle.setText(shown.subtitle + (f" · document {shown.document}" if shown.document else ""))
        self.amount_label.setText(f"Amount {shown.currency}")
        self.amount.setText(shown.amount)

    def _render_foot(self, state: ApprovalsState) -> None:
        commands = dict(state.commands)
        approve, reject, submit, post = (commands.get(name) for name in ("approve", "reject", "submit", "post"))
        may = approve is not None and approve.enabled
        self.password.setVisible(may)
        self.approve.setVisible(may)
        if approve is not None:
            self.approve.setText(approve.text)
        self.reason.setVisible(reject is not None and reject.enabled)
        self.reject.setVisible(reject is not None and reject.enabled)
        self.submit.setVisible(submit is not None and submit.enabled)
        self.words.setText(state.authority if may or approve is None else approve.reason)
        self.words.setVisible(not may or self.width() >= _NARROW)
        self.approve.setToolTip(state.authority)
        self.post_bar.setVisible(post is not None and post.enabled)
        if post is not None:
            self.post.setText(post.text)
        self.post_words.setText("Approved, not in the ledger yet")

    def _render_empty(self, state: ApprovalsState) -> None:
        nothing = state.failed is not None or not state.rows
        if state.failed is not None:
            self.empty.show_state("cloud-off", state.failed.what, state.failed.remedy,
                                  [("Try again", "", self.approvals.reload)], "danger")  # fmt: skip
        elif state.empty is not None:
            self.empty.show_state("stamp", state.empty.title, "\n".join(state.empty.lines))
        self.sides.setCurrentIndex(int(nothing))

    # What the person does

    def _run(self, act: object, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - Qt's signal
        try:
            act()  # type: ignore[operator]
        except UserError as error:
            self.approvals.session.asker.tell(error)

    def _approve(self) -> None:
        password = self.password.text()
        if not password:
            self.password.setFocus()
        self.password.clear()
        self.approvals.approve(password)

    def _reject(self) -> None:
        self.approvals.reject(self.reason.text())

    def _step(self, step: int) -> None:
        self.approvals.go(self.approvals.state.cursor + step)
