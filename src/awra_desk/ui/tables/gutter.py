"""The gutter between both tables: how rows belong together; and the strip that shows the whole list at once."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from awra_desk.ui import icons
from awra_desk.ui.fonts import font, metrics
from awra_desk.ui.tables.side_model import Marks
from awra_desk.ui.theme import color, look, size, tokens
from awra_desk.ui.widgets.buttons import rounded
from awra_desk.viewmodels.slot_view import Slot, SlotReader
from awra_desk.viewmodels.states import Link

_DOT, _BRACKET, _RADIUS = 3, 12, 4


class Gutter(QWidget):
    """Paints the links of visible slots; a click carries the position."""

    pressed = Signal(int, object)
    hovered = Signal(int)
    turned = Signal(QWheelEvent)

    def __init__(self, marks: Marks, row_height: int) -> None:
        super().__init__()
        self._marks, self.row_height = marks, row_height
        self.reader: SlotReader | None = None
        self.top = 0
        self.setFixedWidth(size("gutter"))
        self.setMouseTracking(True)
        self.setAccessibleName("Links between both sides")
        self._head: int = tokens()["row"]["header"]
        look().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Head, selected rows, then each visible group once."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("bg.gutter"))
        for at in (0, self.width() - 1):
            painter.fillRect(at, 0, 1, self.height(), color("line.soft"))
        if self.reader is not None:
            painter.save()
            painter.setClipRect(0, self._head, self.width(), self.height() - self._head)
            self._paint_links(painter)
            painter.restore()
        head = QRectF(0, 0, self.width(), self._head)
        painter.fillRect(head, color("bg.header"))
        painter.fillRect(QRectF(0, self._head - 1, self.width(), 1), color("line.soft"))
        painter.setFont(font("caption", weight=500))
        painter.setPen(color("text.secondary"))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignCenter), "Link")

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Select both ends."""
        position = self._position(event.position().y())
        if position >= 0:
            self.pressed.emit(position, event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """The row under the pointer is hovered in both tables, too."""
        self.hovered.emit(self._position(event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing is hovered any more."""
        self.hovered.emit(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scroll both tables."""
        self.turned.emit(event)

    def _position(self, y: float) -> int:
        at = self.top + int((y - self._head) // self.row_height)
        return at if y >= self._head and self.reader and 0 <= at < len(self.reader.table) else -1

    def _paint_links(self, painter: QPainter) -> None:
        assert self.reader is not None
        rows = (self.height() - self._head) // self.row_height + 2
        last = min(len(self.reader.table), self.top + rows)
        seen: set[int] = set()
        groups: list[Slot] = []
        for position in range(self.top, last):
            slot = self.reader.slot(position)
            top = self._head + (position - self.top) * self.row_height
            frame = QRectF(1, top, self.width() - 2, self.row_height)
            if self._marks.selected(slot, -1):
                painter.fillRect(frame, color("row.selected"))
            elif position == self._marks.hovered:
                painter.fillRect(frame, color("row.hover"))
            if slot.group not in seen:
                seen.add(slot.group)
                groups.append(slot)
        for slot in groups:
            if slot.link.kind != Link.NONE:
                self._paint_link(painter, slot)

    def _paint_link(self, painter: QPainter, slot: Slot) -> None:
        link, marked = slot.link, self._marks.selected(slot, -1)
        hovered = slot.first <= self._marks.hovered <= slot.last
        left = [self._y(slot.first + place) for place in link.left]
        right = [self._y(slot.first + place) for place in link.right]
        pen = self._pen(link.kind, strong=marked or hovered or link.pinned)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if link.kind == Link.CONFLICT:
            self._paint_fork(painter, left, right)
        else:
            self._paint_plain(painter, left, right)
        self._paint_dots(painter, pen, left, right)
        middle = self._middle(left, right)
        if link.chip:
            self._paint_chip(painter, middle, slot, marked=marked)
        elif link.pinned:
            frame = QRectF(self.width() / 2 - 7, middle - 7, 14, 14)
            painter.fillRect(frame, color("row.selected" if marked else "bg.gutter"))
            icons.paint(painter, "pin", frame.adjusted(1, 1, -1, -1), color("link.confirmed"))

    def _pen(self, kind: Link, *, strong: bool) -> QPen:
        spec = tokens()["link"][kind.value]
        pen = QPen(color(f"link.{kind.value}"), tokens()["link"]["selected"]["pen"] if strong else spec["pen"])
        if "dash" in spec:
            pen.setDashPattern([part / pen.widthF() for part in spec["dash"]])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    def _paint_plain(self, painter: QPainter, left: list[float], right: list[float]) -> None:
        """One to one is a line; many stand behind a bracket, and one line joins the brackets."""
        a, b = float(_DOT), float(self.width() - _DOT)
        middle = self._middle(left, right)
        start, end = a, b
        if len(left) > 1:
            self._bracket(painter, left, a, start := a + _BRACKET)
        if len(right) > 1:
            self._bracket(painter, right, b, end := b - _BRACKET)
        if not left or not right:
            return
        y1 = left[0] if len(left) == 1 else middle
        y2 = right[0] if len(right) == 1 else middle
        self._line(painter, QPointF(start, y1), QPointF(end, y2))

    def _paint_fork(self, painter: QPainter, left: list[float], right: list[float]) -> None:
        """All that may belong together, none preferred."""
        a, b = float(_DOT), float(self.width() - _DOT)
        for y1 in left:
            for y2 in right:
                self._line(painter, QPointF(a, y1), QPointF(b, y2))

    def _line(self, painter: QPainter, start: QPointF, end: QPointF) -> None:
        if start.y() == end.y():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            painter.drawLine(start, end)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        reach = (end.x() - start.x()) * 0.4
        path = QPainterPath(start)
        path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
        painter.drawPath(path)

    def _bracket(self, painter: QPainter, rows: list[float], edge: float, spine: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inward = _RADIUS if spine > edge else -_RADIUS
        first, last = rows[0], rows[-1]
        path = QPainterPath(QPointF(edge, first))
        path.lineTo(spine - inward, first)
        path.quadTo(QPointF(spine, first), QPointF(spine, first + _RADIUS))
        path.lineTo(spine, last - _RADIUS)
        path.quadTo(QPointF(spine, last), QPointF(spine - inward, last))
        path.lineTo(edge, last)
        painter.drawPath(path)
        for y in rows[1:-1]:
            painter.drawLine(QPointF(edge, y), QPointF(spine, y))

    def _paint_dots(self, painter: QPainter, pen: QPen, left: list[float], right: list[float]) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pen.color())
        for y in left:
            painter.drawEllipse(QPointF(_DOT, y), 2, 2)
        for y in right:
            painter.drawEllipse(QPointF(self.width() - _DOT, y), 2, 2)

    def _paint_chip(self, painter: QPainter, middle: float, slot: Slot, *, marked: bool) -> None:
        words = slot.link.chip
        # In a group longer than the pane, the chip stays in sight.
        middle = min(max(middle, self._head + 10.0), self.height() - 10.0)
        width = max(16, metrics("small", weight=600).horizontalAdvance(words) + 10)
        frame = QRectF(round((self.width() - width) / 2), round(middle - 8), width, 16)
        kind = slot.link.kind
        edge = color(f"link.{kind.value}") if kind != Link.CONFIRMED else color("line.control")
        fill, ink = color("bg.surface"), color("text.secondary")
        if kind == Link.CONFLICT:
            fill, ink = color("state.conflict"), color("text.primary")
        elif marked and kind == Link.SUGGESTED:
            fill, ink = color("accent"), color("on.accent")
        elif kind == Link.SUGGESTED:
            ink = color("accent")
        rounded(painter, frame, edge, fill, 3)
        painter.setFont(font("small", weight=600))
        painter.setPen(ink)
        painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), words)

    def _middle(self, left: list[float], right: list[float]) -> float:
        single = [side[0] for side in (left, right) if len(side) == 1]
        if len(single) == 2:
            return sum(single) / 2
        many = max((left, right), key=len)
        return single[0] if single else (many[0] + many[-1]) / 2

    def _y(self, position: int) -> float:
        return self._head + (position - self.top) * self.row_height + self.row_height // 2 + 0.5


class Overview(QWidget):
    """The whole list as marks of what is to do; the frame is the part in view, a click jumps there."""

    jumped = Signal(int)
    _TINTS = ("", "accent.soft", "state.only_ledger", "state.only_source", "state.changed", "state.conflict")
    _MARK = 4

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(size("overview_strip"))
        self.setAccessibleName("Overview of open items")
        self.setToolTip("What is open in the whole list; click to go there")
        self.reader: SlotReader | None = None
        self.top, self.rows = 0, 1
        self._picture: tuple[object, QPixmap] | None = None
        look().changed.connect(self._repaint)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """The marks from the cache, and the frame over them."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), color("bg.gutter"))
        painter.fillRect(0, 0, 1, self.height(), color("line.soft"))
        total = len(self.reader.table) if self.reader else 0
        if not total:
            return
        painter.drawPixmap(0, 0, self._marks())
        if total > self.rows:
            scale = self.height() / total
            frame = QRectF(1, self.top * scale, self.width() - 2, max(10.0, self.rows * scale))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(color("accent"), 1.25))
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go there."""
        self._jump(event.position().y())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag the frame."""
        self._jump(event.position().y())

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        """A hand says that it can be pressed."""
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def _jump(self, y: float) -> None:
        total = len(self.reader.table) if self.reader else 0
        if total:
            at = int(y / max(1, self.height()) * total) - self.rows // 2
            self.jumped.emit(max(0, min(total - 1, at)))

    def _repaint(self) -> None:
        self._picture = None
        self.update()

    def _marks(self) -> QPixmap:
        assert self.reader is not None
        ratio = self.devicePixelRatioF()
        key = (id(self.reader), self.reader.table.version, self.height(), ratio)
        if self._picture is None or self._picture[0] != key:
            self._picture = (key, self._draw_marks(ratio))
        return self._picture[1]

    def _draw_marks(self, ratio: float) -> QPixmap:
        assert self.reader is not None
        made = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        step = self._MARK + 1
        for number, level in enumerate(self.reader.table.overview(max(1, self.height() // step)).tolist()):
            if level:
                frame = QRectF(1.5, number * step + 0.5, self.width() - 3, self._MARK)
                painter.setPen(QPen(color("line.control"), 0.75))
                painter.setBrush(color(self._TINTS[level]))
                painter.drawRect(frame)
        painter.end()
        return made
