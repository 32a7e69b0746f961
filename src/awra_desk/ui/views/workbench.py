"""The workbench: both sides face to face, the statement above them, the inspector below."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QMenu, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from awra_desk.domain.errors import UserError
from awra_desk.ui.keymap import WORKBENCH, hint
from awra_desk.ui.tables.pair import Pair, SideTable
from awra_desk.ui.theme import size
from awra_desk.ui.views.dialogs import ask_text
from awra_desk.ui.views.history import HistoryPane
from awra_desk.ui.views.inspector import InspectorView
from awra_desk.ui.views.screen import Screen, band
from awra_desk.ui.widgets.bottom_bar import Total
from awra_desk.ui.widgets.buttons import KeyButton, Segments
from awra_desk.ui.widgets.filter_field import FilterField
from awra_desk.ui.widgets.notices import EMPTY_SIGNS, EmptyState
from awra_desk.ui.widgets.plain import chip, elided, row
from awra_desk.ui.widgets.strip import StatementStrip, StripItem
from awra_desk.viewmodels.loaded import Loaded
from awra_desk.viewmodels.matches import SIDE_NAMES
from awra_desk.viewmodels.slot_view import Slot
from awra_desk.viewmodels.states import View
from awra_desk.viewmodels.workbench import Workbench, WorkbenchState

_VIEWS = ((View.OPEN, "Open"), (View.SUGGESTED, "Suggested"), (View.MATCHED, "Matched"), (View.ALL, "All"))

_NARROW = 1208
_BAND_LEFT = 42 + 480
"""Margins of the band, and what views and filter need beside the statement."""


class WorkbenchView(Screen):
    """Binds a `viewmodels.workbench.Workbench`."""

    export_asked = Signal()

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(WORKBENCH, "Workbench")
        self.workbench = workbench
        self._loaded: Loaded | None = None
        self._version, self._chosen = -1, ""
        self._items: list[StripItem] = []
        self._build()
        self._bind()
        workbench.subscribe(self._render)
        self._render()

    # Parts

    def _build(self) -> None:
        self.title = KeyButton("", kind="bar", role="title", arrow=True)
        self.title.setAccessibleDescription("Choose a reconciliation")
        self.choices = QMenu(self.title)
        self.title.setMenu(self.choices)
        self.currency, self.subtitle = chip(""), elided("caption")
        self.subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.views = Segments("Rows listed", _VIEWS)
        self.filter = FilterField("Filter the rows", 150)
        self.filter.setToolTip(f"Text, reference or the beginning of an amount  {hint('filter')}")
        self.only = KeyButton("", kind="bar", symbol="x", dense=True)
        self.strip = StatementStrip()
        self.pair = Pair()
        self.empty = EmptyState()
        self.lists = QStackedWidget()
        self.lists.addWidget(self.pair)
        self.lists.addWidget(self.empty)
        self.inspector = InspectorView(self.workbench)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.lists)
        self.splitter.addWidget(self.inspector)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 1)
        self.inspector.setMinimumHeight(size("inspector_min"))
        self.splitter.setSizes([10_000, size("inspector_default")])
        self.page.addWidget(self._band())
        self.page.addWidget(self.banner)
        self.page.addWidget(self.splitter, 1)

    def _band(self) -> QWidget:
        made = band()
        whole = row(made, margins=(6, 0, 20, 0), gap=16)
        left = QVBoxLayout()
        left.setContentsMargins(0, 4, 0, 4)
        left.setSpacing(2)
        first, second = row(gap=8), row(margins=(6, 0, 0, 0), gap=8)
        first.addWidget(self.title)
        first.addWidget(self.currency)
        first.addWidget(self.subtitle, 1)
        for control in (self.views, self.filter, self.only):
            second.addWidget(control)
        second.addStretch(1)
        left.addLayout(first)
        left.addLayout(second)
        whole.addLayout(left, 1)
        whole.addWidget(self.strip)
        return made

    def _bind(self) -> None:
        workbench, deciding = self.workbench, self.workbench.deciding
        self.views.chosen.connect(lambda key: workbench.show_view(View(key)))
        self.filter.typed.connect(workbench.set_filter)
        self.filter.left.connect(self._into_rows)
        self.only.clicked.connect(lambda _checked=False: workbench.clear_filter())
        self.strip.asked.connect(workbench.show_figure)
        self.pair.moved.connect(lambda position: workbench.go(position, extend=self._extending()))
        self.pair.pressed.connect(self._pressed)
        self.pair.toggled.connect(self._toggled)
        self.pair.opened.connect(lambda _position: self.inspector.focus())
        self.pair.sort_asked.connect(lambda side, column: workbench.sort(SIDE_NAMES[side], column))
        for table in (self.pair.left, self.pair.right):
            table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            table.customContextMenuRequested.connect(partial(self._offer, table))
        self.inspector.connect_action("note", self._note)
        self.inspector.connect_action("exclude", self._exclude)
        self.handlers = {
            "accept": deciding.accept,
            "reject": deciding.reject,
            "match": deciding.match,
            "unmatch": deciding.unmatch,
            "find": deciding.find,
            "note": self._note,
            "exclude": self._exclude,
            "undo": deciding.undo,
            "redo": deciding.redo,
            "next_open": workbench.next_to_decide,
            "previous_open": lambda: workbench.next_to_decide(step=-1),
            "select_all": workbench.select_all,
            "filter": self.filter.take_keyboard,
            "views": self.views.step,
            "choose": self.title.showMenu,
            "escape": self._escape,
            "history": lambda: HistoryPane(self, self.workbench.history).exec(),
            "why": self._why,
            "next_member": partial(self.workbench.inspector.step_member, 1),
            "previous_member": partial(self.workbench.inspector.step_member, -1),
            "open": self.inspector.focus,
        }

    # Showing

    def totals(self) -> tuple[Total, ...]:
        """Closings, reconciling, unexplained, and what is selected."""
        shown = self.workbench.state.totals
        folded = self.width() < _NARROW  # the strip has the closings; what is selected needs the room
        figures = [Total(figure.label, figure.text, figure.tone) for figure in shown.figures[2 if folded else 0 :]]
        if shown.selected_label:
            figures.append(Total(shown.selected_label, shown.selected))
        return tuple(figures)

    def find_everywhere(self, text: str) -> None:
        """List every row that holds the text, whatever its state."""
        self.workbench.show_view(View.ALL)
        self.workbench.set_filter(text)

    def enter(self) -> None:
        """The keyboard goes to the table."""
        (self.empty if self.lists.currentIndex() else self.pair.left).setFocus()

    def _render(self) -> None:
        state = self.workbench.state
        self._render_band(state)
        self._render_list(state)
        self.totals_changed.emit()

    def _render_band(self, state: WorkbenchState) -> None:
        self.title.setText(state.title or state.chosen or "Workbench")
        self.currency.setText(state.currency)
        self.currency.setVisible(bool(state.currency))
        pending = f"{state.pending:,} decided since the last run · " if state.pending else ""
        self.subtitle.setText(f"{pending}{state.subtitle}")
        if [action.text() for action in self.choices.actions()] != list(state.choices):
            self.choices.clear()
            for name in state.choices:
                self.choices.addAction(name, partial(self._choose, name))
        self.views.show_counts({view.value: count for view, count in state.counts}, state.view)
        self.only.setText(f"Only {state.only}" if state.only else "")
        self.only.setToolTip(f"{self.only.text()}: list all again")
        self.only.setVisible(bool(state.only))
        self.filter.show_text(state.filter)
        items = []
        for figure in state.strip:
            value, tip = figure.text, "Press to list only these rows" if figure.members else ""
            if figure.operator == "|":
                value = f"{'✓' if figure.tone == 'ok' else '×'} {value}"
            key = figure.label if figure.members else ""
            items.append(StripItem(figure.label, value, figure.operator, key, figure.tone, tip))
        self._items = items
        self._render_strip()

    def _render_strip(self) -> None:
        """The whole sum; where the window is too narrow for it, the named items as one figure."""
        items = self._items
        if items and self.strip.width_of(items) > self.width() - _BAND_LEFT:
            named = next((f for f in self.workbench.state.totals.figures if f.label == "Reconciling"), None)
            tip = "   ".join(f"{item.operator} {item.label} {item.value}" for item in items[1:-2])
            sign, text = ("−", named.text[1:]) if named and named.text.startswith("−") else ("+", named and named.text)
            middle = [StripItem("Reconciling", text, sign, tooltip=tip)] if text else []
            items = [items[0], *middle, *items[-2:]]
        if items:
            self.strip.show_items(items)
        self.strip.setVisible(bool(items))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The sum folds and unfolds with the room there is."""
        super().resizeEvent(event)
        self._render_strip()
        self.totals_changed.emit()

    def _render_list(self, state: WorkbenchState) -> None:
        loaded = self.workbench.loaded
        version = state.version if loaded else -1
        if loaded is not self._loaded or version != self._version:
            keep = self._loaded is not None and loaded is not None and self._chosen == state.chosen
            self._loaded, self._version, self._chosen = loaded, version, state.chosen
            side = SIDE_NAMES.index(state.sort.side) if state.sort.side else -1
            self.pair.show_list(
                loaded.reader if loaded else None,
                (side, state.sort.column, state.sort.descending),
                self._is_selected,
                keep=keep,
            )
        if state.cursor != self.pair.marks.cursor or keep_visible(self.pair, state.cursor):
            self.pair.go(state.cursor)
        self.pair.repaint_all()
        self._render_empty(state)

    def _render_empty(self, state: WorkbenchState) -> None:
        if state.failed is not None:
            session = self.workbench.session
            offers = [("Try again", "", self.workbench.reload)]
            if session.command("pull").enabled:
                offers.insert(0, (f"Pull {session.state.period_text}", hint("pull"), session.pull))
            self.empty.show_state("cloud-off", state.failed.what, state.failed.remedy, offers, "danger")
        elif state.empty is not None:
            self._show_empty(state)
        nothing = state.failed is not None or state.empty is not None
        self.swap(self.lists, int(nothing))
        self.inspector.setVisible(not nothing)

    def _show_empty(self, state: WorkbenchState) -> None:
        found = state.empty
        assert found is not None
        session = self.workbench.session
        acts = {
            "pull": (hint("pull"), session.pull),
            "reconcile": (hint("reconcile"), session.reconcile),
            "export": (hint("export"), self.export_asked.emit),
            "clear_filter": ("Esc", self.workbench.clear_filter),
        }
        offers = [(found.action, *acts[found.command])] if found.command in acts else []
        symbol, tone = EMPTY_SIGNS[found.kind]
        self.empty.show_state(symbol, found.title, "\n".join(found.lines), offers, tone)

    # What the person does

    def _choose(self, name: str) -> None:
        """What is open already stays as it is; the keyboard goes to the rows."""
        if name != self.workbench.state.chosen:
            self.workbench.choose(name)
        self.enter()

    def _extending(self) -> bool:
        return bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)

    def _pressed(self, position: int, side: int, modifiers: Qt.KeyboardModifier) -> None:
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self._toggled(position, side)
        else:
            self.workbench.go(position, extend=bool(modifiers & Qt.KeyboardModifier.ShiftModifier))

    def _offer(self, table: SideTable, point: QPoint) -> None:
        attempt = self.workbench.session.attempt
        commands = dict(self.workbench.state.commands)
        self.offer_at(table, point, commands, lambda name: attempt(self.handlers[name]))

    def _toggled(self, position: int, side: int) -> None:
        """In a table only the row standing there, in the gutter its whole group."""
        self.workbench.toggle(position, SIDE_NAMES[side] if side >= 0 else "")

    def _is_selected(self, slot: Slot, side: int) -> bool:
        """A row is marked where it stands; an empty place goes with the row opposite."""
        chosen = self.workbench.state.selected
        ids = [(name, half.record_id) for name, half in zip(SIDE_NAMES, (slot.left, slot.right), strict=True)]
        wanted = [ids[side]] if side >= 0 and ids[side][1] else ids
        return any(member in chosen for member in wanted)

    def _escape(self) -> None:
        state = self.workbench.state
        if state.filter or state.only:
            self.workbench.clear_filter()
        elif state.selected:
            self.workbench.clear_selection()
        self.enter()

    def _why(self) -> None:
        tabs = dict(self.workbench.inspector.state.tabs)
        self.workbench.inspector.show_tab("why" if "why" in tabs else "why_not")

    def _note(self) -> None:
        self._require("note")
        text = ask_text(self, "Note on the exception of the selected rows", label="Note", verb="Add note")
        if text:
            self.workbench.deciding.note(text)

    def _exclude(self) -> None:
        self._require("exclude")
        count = len(self.workbench.selected_groups())
        question = f"Exclude {count:,} open {'row' if count == 1 else 'rows'} from matching?"
        detail = "It stays named in the statement. You can undo this as one step."
        reason = ask_text(self, question, detail=detail, label="Reason", verb="Exclude")
        if reason:
            self.workbench.deciding.exclude(reason)

    def _require(self, name: str) -> None:
        command = dict(self.workbench.state.commands).get(name)
        if command is None or not command.enabled:
            raise UserError(command.reason if command else "No reconciliation is open.")

    def _into_rows(self) -> None:
        """To the rows, to the first if the cursor's is not listed."""
        self.enter()
        if self.workbench.state.cursor < 0:
            self.workbench.go(0)


def keep_visible(pair: Pair, position: int) -> bool:
    """Whether both tables' own cursors stand elsewhere (after the model was reset)."""
    return position >= 0 and pair.left.currentIndex().row() != position
