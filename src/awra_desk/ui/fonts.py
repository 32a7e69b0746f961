"""The bundled typefaces and the type scale: every font of the desktop is made here, once.

Inter and JetBrains Mono come with the program so that each machine looks alike. Sizes are whole device-independent
pixels, because Qt rounds fractions. Called by the theme, delegates and painted widgets.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics

from awra_desk.ui import resources
from awra_desk.ui.theme import tokens

FILES = (
    "Inter-Regular.ttf",
    "Inter-Medium.ttf",
    "Inter-SemiBold.ttf",
    "JetBrainsMono-Regular.ttf",
    "JetBrainsMono-SemiBold.ttf",
)


@cache
def load() -> tuple[str, ...]:
    """Register the bundled files, once per process and before the first widget; the families they hold."""
    families: list[str] = []
    for name in FILES:
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
