"""The inspector under the tables: difference, why or why not, trace and raw of the group under the cursor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPlainTextEdit, QScrollArea, QStackedWidget, QWidget

from awra_desk.ui.fonts import font
from awra_desk.ui.keymap import hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.theme import size
from awra_desk.ui.views.payout_page import PayoutPage
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.charts import Bar, Step, Timeline, Waterfall
from awra_desk.ui.widgets.plain import column, grounded, label, row, rule
from awra_desk.ui.widgets.tabs import Tabs
from awra_desk.viewmodels import words
from awra_desk.viewmodels.comparing import Candidate, FieldRow, Gate
from awra_desk.viewmodels.inspector import InspectorState
from awra_desk.viewmodels.workbench import Workbench

_OFFERED = 30  # rows that the menu lists
_ACTIONS = ("accept", "match", "reject", "unmatch", "find", "note", "exclude")
_FIELDS = (GridColumn("Field", 108), GridColumn("Source", 240), GridColumn("", 34), GridColumn("Ledger", 240),
           GridColumn("Remark", 200, grows=True))  # fmt: skip
_CANDIDATES = (
    GridColumn("", 26), GridColumn("Record", 110), GridColumn("Date", 62), GridColumn("Amount", 96, right=True),
    GridColumn("Text", 180, grows=True), GridColumn("Amount gate", 120), GridColumn("Date gate", 120),
    GridColumn("Sign", 90), GridColumn("Free", 84), GridColumn("Score", 60, right=True),
)  # fmt: skip


class InspectorView(QWidget):
    """Binds a `viewmodels.inspector.Inspector` and carries the decisions' buttons."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self.setAccessibleName("Inspector")
        self._workbench, self._inspector = workbench, workbench.inspector
        self.tabs = Tabs()
        self.tabs.setAccessibleName("Inspector tabs")
        self._keys: tuple[str, ...] = ()
        self.place = label("", "caption")
        self.buttons: dict[str, KeyButton] = {}
        self.pages = QStackedWidget()
        self._page_of: dict[str, QWidget] = {}
        whole = column(self)
        whole.addWidget(self._head())
        whole.addWidget(self.pages, 1)
        self._build_pages()
        self.tabs.currentChanged.connect(self._tab_chosen)
        self._inspector.subscribe(self._render)
        workbench.subscribe(self._render_head)
        self._render()
        self._render_head()

    def focus(self) -> None:
        """The keyboard goes to what the page shows."""
        page = self._page_of[self._inspector.state.tab]
        target = page.findChild(GridView) or page.findChild(QPlainTextEdit) or self.tabs
        target.setFocus()

    def _head(self) -> QWidget:
        head = grounded(QWidget(), "inspectorHead")
        head.setFixedHeight(size("inspector_tabs"))
        line = row(head, margins=(4, 1, 12, 0), gap=8)
        line.addWidget(self.tabs)
        line.addStretch(1)
        line.addWidget(self.place)
        self.member = KeyButton("", kind="bar", dense=True, arrow=True)
        self.member.setToolTip(f"Another row of the match  {hint('previous_member')}, {hint('next_member')}")
        self.member.clicked.connect(lambda _checked=False: self._offer_members())
        line.addWidget(self.member)
        deciding = self._workbench.deciding
        acts: dict[str, Callable[[], None]] = {
            "accept": deciding.accept, "match": deciding.match, "reject": deciding.reject, "unmatch": deciding.unmatch,
            "find": deciding.find,
        }  # fmt: skip
        for name in _ACTIONS:
            button = KeyButton("", hint=hint(name), dense=True)
            if name in acts:
                button.clicked.connect(lambda _checked=False, act=acts[name]: act())
            self.buttons[name] = button
            line.addWidget(button)
        return head

    def connect_action(self, name: str, act: Callable[[], None]) -> None:
        """Have the screen do what asks the person for words first."""
        self.buttons[name].clicked.connect(lambda _checked=False: act())

    def _build_pages(self) -> None:
        self.fields = GridView(_FIELDS, "Difference, field by field", row_height=17, current=False)
        self.fields.horizontalHeader().hide()
        self.small_why, self.why = Waterfall(), Waterfall()
        self.caption = label("", "quiet", wrap=True)
        page, line = _page()
        line.addWidget(self.fields, 5)
        self.why_rule = rule(vertical=True, length=100)
        line.addWidget(self.why_rule)
        line.addSpacing(16)
        self.why_side = _scrolled(self.small_why)
        line.addWidget(self.why_side, 3)
        self._add("difference", page)
        page, line = _page()
        inside = QWidget()
        stack = column(inside, margins=(12, 8, 12, 8), gap=6)
        stack.addWidget(self.caption)
        stack.addWidget(self.why)
        stack.addStretch(1)
        self.why.setMaximumWidth(820)
        line.addWidget(_scrolled(inside))
        self._add("why", page)
        self._add("why_not", self._why_not_page())
        self.timeline = Timeline()
        self.timeline.setMaximumWidth(900)
        page, line = _page()
        line.addWidget(_scrolled(self.timeline))
        self._add("trace", page)
        self.payout = PayoutPage()
        self._add("payout", self.payout)
        self._add("raw", self._raw_page())

    def _why_not_page(self) -> QWidget:
        page = grounded(QWidget(), "surface")
        stack = column(page, gap=0)
        head = row(margins=(12, 4, 12, 4), gap=8)
        self.why_not_title = label("", "quiet")
        self.match_with = KeyButton("Match with this", symbol="link", hint="↵", dense=True)
        head.addWidget(label("Why it has no match", "section"))
        head.addWidget(self.why_not_title, 1)
        head.addWidget(self.match_with)
        self.candidates = GridView(_CANDIDATES, "Nearest candidates")
        stack.addLayout(head)
        stack.addWidget(self.candidates, 1)
        self.remedy = label("", "quiet", wrap=True)
        self.remedy.setContentsMargins(12, 4, 12, 6)
        stack.addWidget(self.remedy)
        self.candidates.opened.connect(self._match_with)
        self.candidates.picked.connect(self._show_remedy)
        self.match_with.clicked.connect(lambda _checked=False: self._match_with(self.candidates.currentIndex().row()))
        return page

    def _raw_page(self) -> QWidget:
        self.raw = QPlainTextEdit()
        self.raw.setReadOnly(True)
        self.raw.setFont(font("mono", "mono"))
        self.raw.setAccessibleName("Raw payload as received")
        self.raw.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        copy = KeyButton("Copy", symbol="copy", dense=True)
        copy.clicked.connect(lambda _checked=False: QGuiApplication.clipboard().setText(self.raw.toPlainText()))
        page, line = _page()
        line.addWidget(self.raw, 1)
        line.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
        line.setContentsMargins(8, 4, 12, 0)
        return page

    def _add(self, key: str, page: QWidget) -> None:
        self._page_of[key] = page
        self.pages.addWidget(page)

    # Showing

    def _render_head(self) -> None:
        """Only what can be done now is offered, the first of it as the primary button."""
        commands = dict(self._workbench.state.commands)
        open_ = {name for name, command in commands.items() if command.enabled}
        # Matching what the engine could not tell apart is no step to invite to.
        primary = "accept" if "accept" in open_ else "match" if "match" in open_ and "reject" not in open_ else ""
        for name, button in self.buttons.items():
            command = commands.get(name)
            button.setVisible(command is not None and command.enabled)
            if command is not None and button.text() != command.text:
                button.setText(command.text)
            button.set_kind("primary" if name == primary else "")
        accept = commands.get("accept")
        undecided = accept is not None and not accept.enabled and "fit" in accept.reason
        self.place.setText(accept.reason if accept is not None and undecided else self._workbench.state.place)

    def _render(self) -> None:
        state = self._inspector.state
        self._render_tabs(state)
        self._render_member(state)
        self._render_difference(state.difference)
        bars = _bars(state)
        note = f"Dotted: confirm floor {state.why.floor:.2f}" if bars else ""
        self.small_why.show_bars(bars, state.why.floor if bars else None, note)
        self.why.show_bars(bars, state.why.floor if bars else None, note)
        for part in (self.why_side, self.why_rule):
            part.setVisible(bool(bars))
        self.caption.setText(state.why.caption)
        self._render_candidates(state)
        self.payout.show_payout(state.payout, looking=state.looking)
        zone = self._workbench.session.desk.zone
        steps = [
            Step(step.name, step.what, step.detail, words.moment(step.at, zone) if step.at else "",
                 "done" if step.done else "ahead")
            for step in state.trace
        ]  # fmt: skip
        self.timeline.show_steps(_with_current(steps))
        if self.raw.toPlainText() != state.raw:
            self.raw.setPlainText(state.raw)

    def _render_member(self, state: InspectorState) -> None:
        """Of which row of the match trace and raw are, where it has several."""
        several = state.tab in ("trace", "raw") and len(state.members) > 1 and state.place >= 0
        self.member.setVisible(several)
        self.place.setVisible(not several)
        if several:
            self.member.setText(self._inspector.member_words(state.place))

    def _render_tabs(self, state: InspectorState) -> None:
        keys = tuple(key for key, _ in state.tabs)
        self.tabs.blockSignals(True)
        if keys != self._keys:
            self._keys = keys
            while self.tabs.count():
                self.tabs.removeTab(0)
            for _, words_ in state.tabs:
                self.tabs.addTab(words_)
        if state.tab in keys:
            self.tabs.setCurrentIndex(keys.index(state.tab))
        self.tabs.blockSignals(False)
        self.pages.setCurrentWidget(self._page_of[state.tab])

    def _render_difference(self, rows: tuple[FieldRow, ...]) -> None:
        def cell(at: int, number: int) -> Cell:
            field = rows[at]
            tint = "state.changed" if field.tint and number in (1, 2, 3) else ""
            mild = not field.tint
            return (
                Cell(field.name, tone="text.secondary"),
                Cell(field.left, "mono", tint=tint, runs=field.left_runs, mild=mild, tip=field.left),
                Cell(field.glyph, "mono", "text.muted" if field.glyph == "=" else "text.primary", tint=tint),
                Cell(field.right, "mono", tint=tint, runs=field.right_runs, mild=mild, tip=field.right),
                Cell(field.remark, tone="text.secondary", tip=field.remark),
            )[number]

        self.fields.show_rows(len(rows), cell)

    def _render_candidates(self, state: InspectorState) -> None:
        found = state.why_not
        self.why_not_title.setText(state.why_not_title)

        def cell(at: int, number: int) -> Cell:
            return _candidate_cell(at, found[at], number)

        self.candidates.show_rows(len(found), cell)
        self.match_with.setVisible(bool(found))
        if found:
            self.candidates.show_current(0)
        self._show_remedy(0)

    def _show_remedy(self, at: int) -> None:
        """What would have matched the candidate under the cursor."""
        found = self._inspector.state.why_not
        words_ = found[at].remedy if 0 <= at < len(found) else ""
        self.remedy.setText(words_)
        self.remedy.setVisible(bool(words_))

    # What the person does

    def _tab_chosen(self, number: int) -> None:
        if 0 <= number < len(self._keys):
            self._inspector.show_tab(self._keys[number])

    def _offer_members(self) -> None:
        """The rows of the match around the one shown; the keys walk through all of them."""
        state = self._inspector.state
        first = max(0, min(state.place - _OFFERED // 2, len(state.members) - _OFFERED))
        self.members_menu = QMenu(self)
        for at in range(first, min(first + _OFFERED, len(state.members))):
            act = partial(self._inspector.show_member, state.members[at])
            action = self.members_menu.addAction(self._inspector.member_words(at), act)
            action.setCheckable(True)
            action.setChecked(at == state.place)
        self.members_menu.popup(self.member.mapToGlobal(self.member.rect().bottomLeft()))

    def _match_with(self, at: int) -> None:
        found = self._inspector.state.why_not
        if 0 <= at < len(found):
            self._workbench.deciding.match_with(found[at].member)


def _bars(state: InspectorState) -> list[Bar]:
    """Each part from where the one before ended, then their sum; a single part is the sum."""
    made, before = [], 0.0
    for found in state.why.bars:
        figure = f"{found.contribution:+.2f}".replace("-", words.MINUS)
        made.append(Bar(f"{found.label[:1].upper()}{found.label[1:]}", before, found.total, figure))
        before = found.total
    if len(made) > 1:
        made.append(Bar("Score", 0.0, before, f"{before:.2f}", total=True))
    return made


def _with_current(steps: list[Step]) -> list[Step]:
    """The last step that is done is where the record stands now, if others are still ahead."""
    done = [at for at, step in enumerate(steps) if step.state == "done"]
    if done and len(done) < len(steps):
        at = done[-1]
        now = steps[at]
        steps[at] = Step(now.title, now.words, now.detail, now.moment, "current")
    return steps


def _candidate_cell(at: int, found: Candidate, number: int) -> Cell:
    gates = (found.amount_gate, found.date_gate, found.sign_gate, found.free_gate)
    if 5 <= number <= 8:
        return _gate_cell(gates[number - 5])
    return {
        0: Cell(str(at + 1), tone="text.muted"),
        1: Cell(found.label, "id"),
        2: Cell(found.day),
        3: Cell(found.amount, "money"),
        4: Cell(found.text, tone="text.secondary", tip=found.text),
        9: Cell(f"{found.score:.2f}", "money", weight=400),
    }[number]


def _gate_cell(gate: Gate) -> Cell:
    if gate.holds:
        return Cell(gate.text, glyph="✓", glyph_tone="ok", tone="text.secondary")
    return Cell(gate.text, glyph="×", glyph_tone="danger", tone="danger", weight=500)


def _page() -> tuple[QWidget, QHBoxLayout]:
    page = grounded(QWidget(), "surface")
    return page, row(page, margins=(4, 2, 0, 0), gap=0)


def _scrolled(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName("surface")
    grounded(inside, "surface")
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
