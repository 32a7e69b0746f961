"""Lucide icons, drawn in any colour of the theme; cached until the look changes by the colour in the key."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from awra_desk.ui import resources
from awra_desk.ui.theme import color

_STROKE = "1.75"  # the design language's stroke; the files say 2
_RATIOS = (1.0, 2.0)


@cache
def _renderer(name: str, code: str) -> QSvgRenderer:
    source = resources.text(f"icons/{name}.svg").replace("currentColor", code)
    return QSvgRenderer(QByteArray(source.replace('stroke-width="2"', f'stroke-width="{_STROKE}"').encode()))


@cache
def pixmap(name: str, code: str, side: int, ratio: float = 1.0) -> QPixmap:
    """The icon as a square picture of `side` device-independent pixels; `code` is `#rrggbb`."""
    made = QPixmap(round(side * ratio), round(side * ratio))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    _renderer(name, code).render(painter, QRectF(0, 0, made.width(), made.height()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def icon(name: str, role: str = "text.secondary", side: int = 16) -> QIcon:
    """The icon in a colour role of the present look, sharp at 100 and 200 per cent."""
    made = QIcon()
    for ratio in _RATIOS:
        made.addPixmap(pixmap(name, color(role).name(), side, ratio))
    return made


def paint(painter: QPainter, name: str, rect: QRectF, ink: QColor) -> None:
    """Draw the icon into the rectangle."""
    _renderer(name, ink.name()).render(painter, rect)
