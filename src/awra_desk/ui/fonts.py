"""The bundled typefaces and the type scale: every font of the desktop is made here, once.

Inter and JetBrains Mono come with the program so that each machine looks alike. Sizes are whole device-independent
pixels, because Qt rounds fractions. Called by the theme, delegates and painted widgets.
"""

from __future__ import annotations

from functools import cache, lru_cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics

from awra_desk.ui import resources
from awra_desk.ui.theme import tokens

FILES = {
    "ui": ("Inter-Regular.ttf", "Inter-Medium.ttf", "Inter-SemiBold.ttf"),
    "mono": ("JetBrainsMono-Regular.ttf", "JetBrainsMono-SemiBold.ttf"),
}


@cache
def load(typeface: str = "ui") -> tuple[str, ...]:
    """Register a bundled typeface, once per process; the families it holds.

    "ui" comes before the first widget, "mono" with its first use: the first paint does not wait for it.
    """
    families: list[str] = []
    for name in FILES[typeface]:
        number = QFontDatabase.addApplicationFont(str(resources.path(f"fonts/{name}")))
        families.extend(QFontDatabase.applicationFontFamilies(number))
    return tuple(dict.fromkeys(families))


@cache
def font(role: str, face: str = "ui", weight: int = 0) -> QFont:
    """A font of the scale.

    Args:
        role: name in the tokens' `type` table (cell, caption, title, …).
        face: ui | id (slashed zero, for identifiers) | mono.
        weight: 400, 500 or 600; 0 takes the role's own.
    """
    load("mono" if face == "mono" else "ui")
    scale, faces = tokens()["type"][role], tokens()["font"]
    spec = faces[face]
    made = QFont([spec["family"], *faces["ui"]["fallback"]])
    made.setPixelSize(scale["px"])
    made.setWeight(QFont.Weight(weight or scale["weight"]))
    for tag in spec["features"]:
        made.setFeature(QFont.Tag(tag), 1)
    for tag in spec.get("disable", ()):
        made.setFeature(QFont.Tag(tag), 0)
    return made


@cache
def metrics(role: str, face: str = "ui", weight: int = 0) -> QFontMetrics:
    """Measures of that font."""
    return QFontMetrics(font(role, face, weight))


@lru_cache(16_384)
def advance(text: str, role: str, face: str = "ui", weight: int = 0) -> int:
    """Width of a text in that font; the cells in view say the same few words again and again."""
    return metrics(role, face, weight).horizontalAdvance(text)
