"""One connection in full: ladder, completeness, control totals, checks, pulls; freshness, budget, access, streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from awra_desk.ui.keymap import hint
from awra_desk.ui.tables.grid import GridColumn, GridView
from awra_desk.ui.tables.painting import Cell
from awra_desk.ui.widgets.buttons import KeyButton
from awra_desk.ui.widgets.ladder import Ladder, LadderStep
from awra_desk.ui.widgets.plain import clear, column, edge, elided, grounded, label, retone, row
from awra_desk.viewmodels.connection_rows import DriftRow, ProofRow, PullRow, StreamRow, TotalRow
from awra_desk.viewmodels.connection_view import CheckRow, ConnectionView, Meter, ScopeRow
from awra_desk.viewmodels.observable import Command

_PROOFS = (GridColumn("Interval", 108), GridColumn("What", 120, grows=True), GridColumn("Opening", 96, right=True),
           GridColumn("Movements", 96, right=True), GridColumn("Closing", 96, right=True), GridColumn("", 52),
           GridColumn("Agrees", 84))  # fmt: skip
_TOTALS = (GridColumn("What", 200, grows=True), GridColumn("Reported", 108, right=True),
           GridColumn("Our rows", 108, right=True), GridColumn("", 60), GridColumn("Agrees", 84))  # fmt: skip
_CHECKS = (GridColumn("Check", 144), GridColumn("What was found", 240, grows=True), GridColumn("Keeps shut", 100))
_PULLS = (GridColumn("When", 108), GridColumn("By", 100), GridColumn("Received", 76, right=True),
          GridColumn("New", 64, right=True), GridColumn("Result", 160, grows=True))  # fmt: skip
_STREAMS = (GridColumn("Stream", 104, grows=True), GridColumn("Records", 76, right=True), GridColumn("Newest", 100))
_DRIFTS = (GridColumn("Seen", 100), GridColumn("Place", 190, grows=True), GridColumn("What", 92),
           GridColumn("Before → now", 130, grows=True), GridColumn("May be wrong", 116))  # fmt: skip
_SIDE, _NARROW_SIDE = 344, 272
R = TypeVar("R")


class ConnectionPanel(QWidget):
    """Shows a `ConnectionView`; the signals carry what is asked for.

    Signals: `exception_asked` an exception's id, `acknowledged` a drift's id.
    """

    exception_asked = Signal(str)
    acknowledged = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        grounded(self, "panel")
        self.setAccessibleName("Connection in full")
        self._shown: ConnectionView | None = None
        whole = column(self)
        whole.addWidget(self._ladder_strip())
        halves = row(gap=0)
        halves.addWidget(self._left(), 1)
        halves.addWidget(edge())
        halves.addWidget(self._right())
        whole.addLayout(halves, 1)

    def set_narrow(self, *, narrow: bool) -> None:
        """In a narrow window the figures take their room from the facts beside them."""
        self.side.setFixedWidth(_NARROW_SIDE if narrow else _SIDE)

    def show_view(self, shown: ConnectionView | None, commands: Mapping[str, Command]) -> None:
        """Show it; None leaves the one before until the next is read."""
        self._show_actions(commands)
        if shown is None or shown is self._shown:
            return
        self._shown = shown
        steps = [LadderStep(r.number, r.title, r.state, r.since, r.words, strong=r.ready) for r in shown.ladder]
        self.ladder.show_steps(steps)
        self._show_left(shown)
        self._show_right(shown)

    # Parts

    def _ladder_strip(self) -> QWidget:
        strip = QWidget()
        stack, inside = column(strip), column(margins=(16, 10, 16, 8), gap=8)
        head = row(gap=8)
        self.why_shut = elided("caption")
        self.up = KeyButton("Open next rung", hint=hint("climb"), dense=True)
        self.down = KeyButton("Step down…", hint=hint("descend"), dense=True)
        head.addWidget(label("Ladder", "section"))
        head.addWidget(self.why_shut, 1)
        head.addWidget(self.down)
        head.addWidget(self.up)
        self.ladder = Ladder()
        inside.addLayout(head)
        inside.addWidget(self.ladder)
        stack.addLayout(inside)
        stack.addWidget(edge(level=True))
        return strip

    def _left(self) -> QScrollArea:
        inside, stack = _page()
        self.drifts = GridView(_DRIFTS, "What looks otherwise than before", row_height=22)
        self.acknowledge = KeyButton("In order…", dense=True)
        self.acknowledge.clicked.connect(lambda _checked=False: self._acknowledge())
        self.drift_head, _ = self._section(stack, "Looks otherwise than before", self.acknowledge)
        stack.addWidget(self.drifts)
        self.proofs = GridView(_PROOFS, "Completeness")
        self.proofs_head, self.proofs_note = self._section(stack, "Completeness: opening + movements = closing")
        stack.addWidget(self.proofs)
        self.totals = GridView(_TOTALS, "Control totals")
        _, self.totals_note = self._section(stack, "Control totals of the last pull")
        stack.addWidget(self.totals)
        self.checks = GridView(_CHECKS, "Checks")
        _, self.checks_note = self._section(stack, "Checks")
        stack.addWidget(self.checks)
        self.pulls = GridView(_PULLS, "Pulls")
        _, self.pulls_note = self._section(stack, "Pulls")
        stack.addWidget(self.pulls)
        stack.addStretch(1)
        self.proofs.opened.connect(lambda at: self._open(self._shown.proofs[at] if self._shown else None))
        self.totals.opened.connect(lambda at: self._open(self._shown.totals[at] if self._shown else None))
        return _scrolled(inside)

    def _right(self) -> QScrollArea:
        inside, stack = _page()
        self.facts, self.meters, self.scopes = column(gap=4), column(gap=8), column(gap=3)
        self.streams = GridView(_STREAMS, "Streams")
        self.remove = KeyButton("Remove credentials", kind="link", dense=True)
        self._section(stack, "Freshness")
        stack.addLayout(self.facts)
        self.meters_head, self.limits = self._section(stack, "Rate budget")
        stack.addLayout(self.meters)
        self._section(stack, "Access", self.remove)
        stack.addLayout(self.scopes)
        self.scopes_note = label("", "note", wrap=True)
        stack.addWidget(self.scopes_note)
        _, self.streams_note = self._section(stack, "Streams")
        stack.addWidget(self.streams)
        self.cursor_words = label("", "note", wrap=True)
        stack.addWidget(self.cursor_words)
        stack.addStretch(1)
        self.streams.picked.connect(self._show_cursor)
        area = _scrolled(inside)
        area.setFixedWidth(_SIDE)
        self.side = area
        return area

    @staticmethod
    def _section(stack: QVBoxLayout, title: str, *buttons: KeyButton) -> tuple[QWidget, QLabel]:
        """A title with a note at its right; (the line, its note)."""
        line = QWidget()
        inside = row(line, margins=(0, 8 if stack.count() else 0, 0, 0), gap=8)
        note = label("", "caption")
        inside.addWidget(label(title, "section"))
        inside.addStretch(1)
        inside.addWidget(note)
        for button in buttons:
            inside.addWidget(button)
        stack.addWidget(line)
        return line, note

    # Showing

    def _show_actions(self, commands: Mapping[str, Command]) -> None:
        for name, button in (("climb", self.up), ("descend", self.down), ("forget", self.remove)):
            command = commands.get(name)
            if command is not None:
                button.setText(command.text)
                button.setEnabled(command.enabled)
                button.setToolTip(command.reason)
        climb, forget = commands.get("climb"), commands.get("forget")
        _say(self.why_shut, climb.reason if climb is not None else "")
        self.remove.setVisible(forget is not None and forget.enabled)
        note = commands.get("acknowledge")
        self.acknowledge.setEnabled(note is not None and note.enabled)

    def _show_left(self, shown: ConnectionView) -> None:
        for part in (self.drift_head, self.drifts):
            part.setVisible(bool(shown.drifts))
        _fill(self.drifts, shown.drifts, _drift_cell)
        for part in (self.proofs_head, self.proofs):
            part.setVisible(bool(shown.proofs))
        off = sum(bool(proof.off) for proof in shown.proofs)
        _say(self.proofs_note, f"≠ {off:,} of {len(shown.proofs):,} do not agree" if off else "", "danger")
        _fill(self.proofs, shown.proofs, _proof_cell)
        _say(self.totals_note, shown.totals_note, shown.totals_tone)
        self.totals.setVisible(bool(shown.totals))
        _fill(self.totals, shown.totals, _total_cell)
        failed = sum(check.glyph == "×" for check in shown.checks)
        held = sum(check.glyph == "✓" for check in shown.checks)
        _say(self.checks_note, f"{held} of {len(shown.checks)} hold", "warning" if failed else "")
        _fill(self.checks, shown.checks, _check_cell)
        _say(self.pulls_note, shown.pulls_note or "Not pulled yet")
        self.pulls.setVisible(bool(shown.pulls))
        _fill(self.pulls, shown.pulls, _pull_cell)

    def _show_right(self, shown: ConnectionView) -> None:
        clear(self.facts)
        for name, text, tone in shown.facts:
            self.facts.addLayout(_fact(name, text, tone))
        self.meters_head.setVisible(bool(shown.meters))
        self.limits.setText(shown.limits)
        clear(self.meters)
        for meter in shown.meters:
            self.meters.addLayout(_meter(meter))
        clear(self.scopes)
        for scope in shown.scopes:
            self.scopes.addLayout(_scope(scope))
        self.scopes_note.setText(shown.scopes_note)
        _say(self.streams_note, shown.contract if shown.streams else "Nothing pulled yet")
        self.streams.setVisible(bool(shown.streams))
        _fill(self.streams, shown.streams, _stream_cell)
        self._show_cursor(0 if shown.streams else -1)

    def _show_cursor(self, at: int) -> None:
        streams = self._shown.streams if self._shown else ()
        words = ""
        if 0 <= at < len(streams):
            stream = streams[at]
            words = f"Next pull of {stream.stream}: {_breakable(stream.cursor) or 'from the beginning'}"
        self.cursor_words.setText(words)

    # What the person does

    def _open(self, found: ProofRow | TotalRow | None) -> None:
        if found is not None and found.exception_id:
            self.exception_asked.emit(found.exception_id)

    def _acknowledge(self) -> None:
        shown, at = self._shown, max(0, self.drifts.currentIndex().row())
        if shown is not None and at < len(shown.drifts):
            self.acknowledged.emit(shown.drifts[at].drift_id)


def _page() -> tuple[QWidget, QVBoxLayout]:
    inside = grounded(QWidget(), "surface")
    return inside, column(inside, margins=(16, 8, 16, 12), gap=4)


def _scrolled(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setObjectName("surface")
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _say(note: QLabel, words: str, tone: str = "") -> None:
    note.setText(words)
    retone(note, "tone", "" if tone == "muted" else tone)


def _fill(table: GridView, rows: Sequence[R], cell: Callable[[R, int], Cell]) -> None:
    table.show_rows(len(rows), lambda at, number: cell(rows[at], number))
    table.fit_height()


def _breakable(cursor: str) -> str:
    """With invisible places where a line may end; a cursor may be one long word."""
    return "\u200b".join(cursor[at : at + 24] for at in range(0, len(cursor), 24))


def _fact(name: str, text: str, tone: str) -> QHBoxLayout:
    line = row(gap=8)
    head, value = label(name, "quiet"), elided("cell")
    head.setFixedWidth(104)
    value.setText(text)
    retone(value, "tone", tone)
    line.addWidget(head)
    line.addWidget(value, 1)
    return line


def _meter(meter: Meter) -> QVBoxLayout:
    stack = column(gap=4)
    line = row(gap=8)
    line.addWidget(label(meter.label, "quiet"))
    line.addStretch(1)
    line.addWidget(label(meter.value, "strong", tone=meter.tone))
    stack.addLayout(line)
    if meter.share is not None:
        bar = QProgressBar()
        bar.setTextVisible(False)
        bar.setRange(0, 1000)
        bar.setValue(round(meter.share * 1000))
        bar.setAccessibleName(f"{meter.label} {meter.value}")
        stack.addWidget(bar)
    return stack


def _scope(scope: ScopeRow) -> QHBoxLayout:
    line = row(gap=6)
    sign, words = label(scope.glyph, "strong", tone="" if scope.tone == "muted" else scope.tone), elided("cell")
    sign.setFixedWidth(12)
    words.setText(scope.scope)
    line.addWidget(sign)
    line.addWidget(words, 1)
    line.addWidget(label(scope.words, "caption"))
    return line


def _proof_cell(proof: ProofRow, number: int) -> Cell:
    return (
        Cell(proof.until),
        Cell(proof.what, tone="text.secondary", tip=proof.what),
        Cell(proof.opening, "money"),
        Cell(proof.movements, "money"),
        Cell(proof.closing, "money", weight=600),
        Cell(proof.currency, tone="text.muted"),
        _agrees(proof.off, proof.exception_id),
    )[number]


def _total_cell(total: TotalRow, number: int) -> Cell:
    return (
        Cell(total.name, tip=total.name),
        Cell(total.expected, "money"),
        Cell(total.actual, "money"),
        Cell(total.currency, tone="text.muted"),
        _agrees(total.off, total.exception_id),
    )[number]


def _agrees(off: str, exception_id: str) -> Cell:
    if not off:
        return Cell("", glyph="✓", glyph_tone="ok", tip="Agrees")
    tip = "Enter opens its exception" if exception_id else "It becomes an exception with the next run"
    return Cell(off, tone="danger", glyph="≠", glyph_tone="danger", weight=600, tip=f"Off by {off}. {tip}.")


def _check_cell(check: CheckRow, number: int) -> Cell:
    ink = "text.muted" if check.tone == "muted" else check.tone
    return (
        Cell(check.name, glyph=check.glyph, glyph_tone=ink, weight=500),
        Cell(check.words, tone="text.secondary" if check.glyph != "×" else "text.primary", tip=check.words),
        Cell(check.needed, tone=ink, tip=check.needed),
    )[number]


def _pull_cell(pull: PullRow, number: int) -> Cell:
    return (
        Cell(pull.at, tone="text.secondary"),
        Cell(pull.who, tone="text.secondary"),
        Cell(pull.fetched, "money"),
        Cell(pull.new, "money"),
        Cell(pull.words, glyph=pull.glyph, glyph_tone=pull.tone, tip=pull.words,
             tone="text.primary" if pull.tone == "ok" else pull.tone),
    )[number]  # fmt: skip


def _stream_cell(stream: StreamRow, number: int) -> Cell:
    if number == 0:
        glyph = ("!", "warning") if stream.stale else ("", "text.primary")
        tip = f"Read with {stream.contract}\nCursor {stream.cursor or 'none yet'}"
        return Cell(stream.stream, glyph=glyph[0], glyph_tone=glyph[1], tip=tip)
    return Cell(stream.records, "money") if number == 1 else Cell(stream.newest, tone="text.secondary")


def _drift_cell(drift: DriftRow, number: int) -> Cell:
    sign = {"glyph": "!", "glyph_tone": "warning"} if drift.read else {}
    return (
        Cell(drift.seen, tone="text.secondary"),
        Cell(drift.place, "id", tip=drift.place),
        Cell(drift.what, **sign),  # type: ignore[arg-type]
        Cell(drift.change, tip=drift.change),
        Cell(drift.books, tone="warning" if drift.read else "text.muted", tip=drift.books),
    )[number]
