"""The ladder of a connection: five rungs in a row; done is a check, now its number filled, ahead a ring with what is
still missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from awra_desk.ui import icons
from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.theme import color, look

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)
_DISC, _GAP = 22, 24


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One rung. state: done | now | ahead; strong: it may be opened."""

    number: int
    title: str
    state: str
    since: str
    words: str
    strong: bool = False


class Ladder(QWidget):
    """All rungs, as wide as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: tuple[LadderStep, ...] = ()
        self.setFixedHeight(self.sizeHint().height())
        look().changed.connect(self.update)

    def show_steps(self, steps: Sequence[LadderStep]) -> None:
        """Replace the rungs."""
        self._steps = tuple(steps)
        said = "; ".join(f"{step.title}, {step.state}, {step.since}, {step.words}" for step in steps)
        self.setAccessibleName(f"Ladder: {said}")
        self.setToolTip("\n".join(f"{step.title}: {step.words}" for step in steps if step.words))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Disc, title, since when, and two lines of evidence."""
        return QSize(600, _DISC + 66)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Discs joined by a line: solid up to where it stands, dashed beyond."""
        if not self._steps:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.width() / len(self._steps)
        for place, step in enumerate(self._steps):
            frame = QRectF(place * width, 0, width - _GAP, self.height())
            if place + 1 < len(self._steps):
                self._paint_line(painter, frame, width, ahead=self._steps[place + 1].state == "ahead")
            self._paint_disc(painter, QRectF(frame.left() + 1, 1, _DISC - 2, _DISC - 2), step)
            self._paint_words(painter, frame, step)

    def _paint_line(self, painter: QPainter, frame: QRectF, width: float, *, ahead: bool) -> None:
        pen = QPen(color("line.control" if ahead else "accent"), 1)
        pen.setStyle(Qt.PenStyle.DashLine if ahead else Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        y = _DISC / 2 + 0.5
        painter.drawLine(QPointF(frame.left() + _DISC + 6, y), QPointF(frame.left() + width - 6, y))

    def _paint_disc(self, painter: QPainter, disc: QRectF, step: LadderStep) -> None:
        ahead = step.state == "ahead"
        painter.setPen(QPen(color("line.control" if ahead and not step.strong else "accent"), 1.5))
        painter.setBrush(color("bg.surface") if ahead else color("accent"))
        painter.drawEllipse(disc)
        if step.state == "done":
            icons.paint(painter, "check", disc.adjusted(4, 4, -4, -4), color("on.accent"))
            return
        painter.setFont(font("small", weight=600))
        painter.setPen(color("text.secondary" if ahead else "on.accent"))
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(step.number))

    def _paint_words(self, painter: QPainter, frame: QRectF, step: LadderStep) -> None:
        top, ahead = _DISC + 3, step.state == "ahead"
        painter.setFont(font("cell", weight=600))
        painter.setPen(color("text.secondary" if ahead else "text.primary"))
        title = f"{step.title}, now" if step.state == "now" else step.title
        fitted = metrics("cell", weight=600).elidedText(title, Qt.TextElideMode.ElideRight, int(frame.width()))
        painter.drawText(QRectF(frame.left(), top, frame.width(), 18), _LEFT, fitted)
        painter.setFont(font("small"))
        painter.setPen(color("text.muted"))
        painter.drawText(QRectF(frame.left(), top + 18, frame.width(), 15), _LEFT, step.since)
        painter.setPen(color("accent" if step.strong else "text.secondary"))
        painter.drawText(QRectF(frame.left(), top + 33, frame.width(), 32), _WRAPPED, step.words)
