"""Painted figures of the inspector: the waterfall of a score and the timeline of a record's life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.theme import color, look

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the waterfall: from where to where on the axis, and its figure in words."""

    label: str
    start: float
    end: float
    figure: str
    total: bool = False


class Waterfall(QWidget):
    """Bars that add up to a score; the floor is a dotted line, a loss is hatched, each bar has its figure."""

    ROW = 20

    def __init__(self) -> None:
        super().__init__()
        self._bars: tuple[Bar, ...] = ()
        self._floor: float | None = None
        self._note = ""
        look().changed.connect(self.update)

    def show_bars(self, bars: Sequence[Bar], floor: float | None, note: str) -> None:
        """Replace the bars; `note` says in words what the floor means."""
        self._bars, self._floor, self._note = tuple(bars), floor, note
        self.setAccessibleName("Why: " + ", ".join(f"{bar.label} {bar.figure}" for bar in bars) + f". {note}")
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """One row per bar and one for the note."""
        return QSize(440, self.ROW * (len(self._bars) + 1) + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Labels left, bars between, figures at the right edge."""
        if not self._bars:
            return
        painter = QPainter(self)
        names = min(160, max(metrics("cell").horizontalAdvance(bar.label) for bar in self._bars) + 16)
        area = QRectF(names, 0, self.width() - names - 72, self.ROW * len(self._bars))
        low = min(0.0, *(min(bar.start, bar.end) for bar in self._bars))
        high = max(1.0, *(max(bar.start, bar.end) for bar in self._bars))
        scale = area.width() / (high - low)
        for place, bar in enumerate(self._bars):
            top = place * self.ROW
            self._paint_row(painter, bar, QRectF(0, top, self.width(), self.ROW), names)
            left = area.left() + (min(bar.start, bar.end) - low) * scale
            frame = QRectF(left, top + 6, max(2.0, abs(bar.end - bar.start) * scale), 8)
            self._paint_bar(painter, bar, frame)
            if not bar.total and place + 1 < len(self._bars):
                painter.setPen(QPen(color("chart.grid"), 1))
                at = round(area.left() + (bar.end - low) * scale) + 0.5
                painter.drawLine(QPointF(at, top + 14), QPointF(at, top + self.ROW + 6))
        if self._floor is not None:
            painter.setPen(QPen(color("text.primary"), 1, Qt.PenStyle.DotLine))
            at = round(area.left() + (self._floor - low) * scale) + 0.5
            painter.drawLine(QPointF(at, 0), QPointF(at, area.height()))
        painter.setFont(font("small"))
        painter.setPen(color("text.muted"))
        painter.drawText(QRectF(0, area.height() + 2, self.width(), self.ROW), _LEFT, self._note)

    def _paint_row(self, painter: QPainter, bar: Bar, frame: QRectF, names: int) -> None:
        painter.setFont(font("cell", weight=600 if bar.total else 400))
        painter.setPen(color("text.primary" if bar.total else "text.secondary"))
        words = metrics("cell").elidedText(bar.label, Qt.TextElideMode.ElideRight, names - 8)
        painter.drawText(QRectF(0, frame.top(), names, self.ROW), _LEFT, words)
        painter.setFont(font("cell", weight=500))
        painter.setPen(color("text.primary"))
        painter.drawText(frame.adjusted(0, 0, -16, 0), _RIGHT, bar.figure)

    def _paint_bar(self, painter: QPainter, bar: Bar, frame: QRectF) -> None:
        loss = bar.end < bar.start
        role = "chart.total" if bar.total else "chart.minus" if loss else "chart.plus"
        painter.fillRect(frame, color(role))
        if loss and not bar.total:
            painter.fillRect(frame, QBrush(color("chart.minus.hatch"), Qt.BrushStyle.BDiagPattern))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trace. state: done | current | ahead."""

    title: str
    words: str
    detail: str
    moment: str
    state: str


class Timeline(QWidget):
    """A record's life up to the ledger's document: filled is done, a ring is now, dashed is ahead."""

    ROW = 38

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[Step, ...] = ()
        self.setAccessibleName("Trace")
        look().changed.connect(self.update)

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Replace the steps."""
        self._steps = tuple(steps)
        self.setAccessibleName("Trace: " + "; ".join(f"{step.title}, {step.words}, {step.state}" for step in steps))
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """One row per step."""
        return QSize(420, self.ROW * len(self._steps) + 12)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Marks and lines at the left, words beside them, moments at the right."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, step in enumerate(self._steps):
            self._paint_step(painter, step, place * self.ROW + 6, last=place == len(self._steps) - 1)

    def _paint_step(self, painter: QPainter, step: Step, top: int, *, last: bool) -> None:
        ahead = step.state == "ahead"
        mark = QPointF(14, top + 10)
        if not last:
            pen = QPen(color("line.control" if ahead else "accent"), 1.25)
            pen.setStyle(Qt.PenStyle.DashLine if ahead or step.state == "current" else Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            painter.drawLine(mark + QPointF(0, 5), mark + QPointF(0, self.ROW - 5))
        painter.setPen(QPen(color("line.control" if ahead else "accent"), 1.75))
        painter.setBrush(color("accent") if step.state == "done" else color("bg.surface"))
        painter.drawEllipse(mark, 4, 4)
        moment = metrics("small").horizontalAdvance(step.moment) + 16
        title, words = 30, 138
        self._text(painter, QRectF(title, top, words - title - 8, 20), step.title, "secondary" if ahead else "primary")
        room = self.width() - words - moment
        self._text(painter, QRectF(words, top, room, 20), step.words, "secondary" if ahead else "primary")
        painter.setFont(font("small"))
        painter.setPen(color("text.muted"))
        detail = metrics("small").elidedText(step.detail, Qt.TextElideMode.ElideRight, room + moment - 16)
        painter.drawText(QRectF(words, top + 18, room + moment, 15), _LEFT, detail)
        painter.drawText(QRectF(0, top, self.width() - 8, 20), _RIGHT, step.moment)

    def _text(self, painter: QPainter, frame: QRectF, words: str, tone: str) -> None:
        painter.setFont(font("cell"))
        painter.setPen(color(f"text.{tone}"))
        elided = metrics("cell").elidedText(words, Qt.TextElideMode.ElideMiddle, int(frame.width()))
        painter.drawText(frame, _LEFT, elided)
