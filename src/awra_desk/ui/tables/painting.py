"""How one cell is drawn: elided text, amounts that are never elided, and the characters that differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen

from awra_desk.ui import icons
from awra_desk.ui.fonts import advance, font, metrics
from awra_desk.ui.theme import color
from awra_desk.ui.widgets.buttons import rounded

PAD = 8
TOO_NARROW = "####"
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows.

    Attributes:
        kind: text | id (elided in the middle) | money (right, never elided) | mono.
        tone: a colour role of the ink. tint: a colour role of the ground, or "".
        runs: [start, end) of the characters that differ. mild: these differ within tolerance: dotted line, no tint.
        glyph, glyph_tone: a sign before the text, in its own colour. weight: 0 takes the kind's own.
        raw: what copying gives; "" gives the text. checked: None where the cell is no check box.
    """

    text: str = ""
    kind: str = "text"
    tone: str = "text.primary"
    tint: str = ""
    runs: tuple[tuple[int, int], ...] = ()
    mild: bool = False
    glyph: str = ""
    glyph_tone: str = "text.primary"
    weight: int = 0
    tip: str = ""
    raw: str = ""
    chips: tuple[str, ...] = field(default=())
    checked: bool | None = None


def paint_cell(painter: QPainter, frame: QRectF, cell: Cell) -> None:
    """Ground, glyph, text with its differing characters, chips."""
    if cell.tint:
        painter.fillRect(frame, color(cell.tint))
    inner = frame.adjusted(PAD, 0, -PAD, 0)
    if cell.checked is not None:
        _paint_box(painter, frame, checked=cell.checked)
        return
    if cell.glyph:
        painter.setFont(font("cell", weight=600))
        painter.setPen(color(cell.glyph_tone))
        painter.drawText(inner, _LEFT, cell.glyph)
        inner.adjust(metrics("cell", weight=600).horizontalAdvance(cell.glyph) + 5, 0, 0, 0)
    paint_text(painter, inner, cell)


def paint_text(painter: QPainter, frame: QRectF, cell: Cell) -> None:
    """The words alone, in the frame given."""
    face = {"id": "id", "mono": "mono"}.get(cell.kind, "ui")
    role = "mono" if face == "mono" else "cell"
    weight = cell.weight or (500 if cell.kind == "money" else 400)
    measure = metrics(role, face, weight)
    chips = sum(chip_width(words) + 6 for words in cell.chips)
    room = int(frame.width()) - chips
    text = fit(cell.text, cell.kind, room, lambda words: advance(words, role, face, weight))
    if text is None:
        text = measure.elidedText(cell.text, _elide(cell.kind), room)
    right = cell.kind == "money"
    painter.setFont(font(role, face, weight))
    painter.setPen(color(cell.tone))
    if cell.runs and text == cell.text:
        left = frame.right() - measure.horizontalAdvance(text) if right else frame.left()
        _paint_runs(painter, QRectF(left, frame.top(), room, frame.height()), cell, role=role, face=face, weight=weight)
    else:
        painter.drawText(frame, _RIGHT if right else _LEFT, text)
    left = frame.left() + (advance(text, role, face, weight) if cell.chips else 0) + 8
    for words in cell.chips:
        paint_chip(painter, QPointF(left, frame.center().y()), words)
        left += chip_width(words) + 6


def fit(text: str, kind: str, room: int, width: Callable[[str], int]) -> str | None:
    """The text if it fits, `####` for an amount that does not, None where it may be elided."""
    if width(text) <= room:
        return text
    return TOO_NARROW if kind == "money" else None


def chip_width(words: str) -> int:
    """Room a chip in a row takes."""
    return metrics("small").horizontalAdvance(words) + 12


def paint_chip(painter: QPainter, at: QPointF, words: str, *, tone: str = "text.secondary", fill: str = "bg.surface",
               edge: str = "line.strong") -> None:  # fmt: skip
    """A small framed word; `at` is the middle of its left edge."""
    frame = QRectF(round(at.x()), round(at.y() - 7.5), chip_width(words), 15)
    rounded(painter, frame, color(edge), color(fill), 3)
    painter.setFont(font("small"))
    painter.setPen(color(tone))
    painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), words)


def _paint_box(painter: QPainter, frame: QRectF, *, checked: bool) -> None:
    """A check box of 12 pixels."""
    box = QRectF(round(frame.center().x()) - 6, round(frame.center().y()) - 6, 12, 12)
    edge = color("accent" if checked else "line.control")
    rounded(painter, box, edge, color("accent" if checked else "bg.surface"), 2.5)
    if checked:
        icons.paint(painter, "check", box.adjusted(1, 1, -1, -1), color("on.accent"))


def _elide(kind: str) -> Qt.TextElideMode:
    return Qt.TextElideMode.ElideMiddle if kind == "id" else Qt.TextElideMode.ElideRight


def _paint_runs(painter: QPainter, frame: QRectF, cell: Cell, *, role: str, face: str, weight: int) -> None:
    """The text in pieces: what differs stands on a stronger ground, bold and underlined, or dotted when tolerated."""
    plain = metrics(role, face, weight)
    at, left = 0, frame.left()
    for start, end in (*cell.runs, (len(cell.text), len(cell.text))):
        before, differing = cell.text[at:start], cell.text[start:end]
        painter.drawText(QRectF(left, frame.top(), 4000, frame.height()), _LEFT, before)
        left += plain.horizontalAdvance(before)
        if differing:
            start_at = QRectF(left, frame.top(), 0, frame.height())
            left = _paint_differing(painter, start_at, differing, (role, face, weight), mild=cell.mild)
        at = end


def _paint_differing(
    painter: QPainter,
    frame: QRectF,
    text: str,
    face: tuple[str, str, int],
    *,
    mild: bool,
) -> float:
    width = metrics(*face).horizontalAdvance(text)
    box = QRectF(frame.left(), frame.top(), width, frame.height())
    base = frame.center().y() + 7.5
    if not mild:
        painter.fillRect(QRectF(box.left(), box.top() + 1, width, box.height() - 2), color("state.changed.strong"))
    painter.save()
    painter.setPen(QPen(color("text.primary"), 1, Qt.PenStyle.DotLine if mild else Qt.PenStyle.SolidLine))
    painter.drawLine(QPointF(box.left(), base), QPointF(box.right(), base))
    painter.restore()
    painter.drawText(box.adjusted(0, 0, 8, 0), _LEFT, text)
    return box.right()


def paint_hatch(painter: QPainter, frame: QRectF) -> None:
    """A gap: nothing stands here because the group is longer on the other side."""
    painter.fillRect(frame, color("row.gap"))
    painter.setBrushOrigin(QPointF(0, 0))
    painter.fillRect(frame, QBrush(color("row.gap.hatch"), Qt.BrushStyle.BDiagPattern))


def hairline(painter: QPainter, frame: QRectF, role: str = "line.hair") -> None:
    """The line below a row."""
    painter.fillRect(QRectF(frame.left(), frame.bottom() - 1, frame.width(), 1), color(role))
