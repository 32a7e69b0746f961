"""Colours and sizes of the desktop, from `tokens.json`: palettes, the rendered style sheet, and the look now in force.

One `Look` lives as long as the application; painted widgets ask it for colours and repaint when it changes. No colour
is written anywhere else in Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from awra_desk.ui import resources

LIGHT, DARK, HIGH_CONTRAST, SYSTEM = "light", "dark", "high_contrast", "system"
SCHEMES = {SYSTEM: "As the system", LIGHT: "Light", DARK: "Dark", HIGH_CONTRAST: "High contrast"}
"""Choice -> its words in the menu."""
MIDDLE = 128
"""Lightness under which the system's window counts as dark."""

_ROLES = {
    QPalette.ColorRole.Window: "bg.window",
    QPalette.ColorRole.WindowText: "text.primary",
    QPalette.ColorRole.Base: "bg.surface",
    QPalette.ColorRole.AlternateBase: "bg.band",
    QPalette.ColorRole.Text: "text.primary",
    QPalette.ColorRole.PlaceholderText: "text.muted",
    QPalette.ColorRole.Button: "bg.surface",
    QPalette.ColorRole.ButtonText: "text.primary",
    QPalette.ColorRole.BrightText: "on.danger",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on.accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.ToolTipBase: "bg.tooltip",
    QPalette.ColorRole.ToolTipText: "text.on_tooltip",
    QPalette.ColorRole.Light: "line.soft",
    QPalette.ColorRole.Midlight: "line.soft",
    QPalette.ColorRole.Mid: "line.strong",
    QPalette.ColorRole.Dark: "line.control",
    QPalette.ColorRole.Shadow: "line.strong",
}
_DISABLED = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)


@cache
def tokens() -> dict[str, Any]:
    """The design tokens as they stand in the file."""
    found: dict[str, Any] = json.loads(resources.text("tokens.json"))
    return found


def size(name: str) -> int:
    """A length in device-independent pixels: `size` of the tokens."""
    return int(tokens()["size"][name])


@dataclass(frozen=True, slots=True)
class Theme:
    """One palette of the tokens.

    Attributes:
        name: light | dark | high_contrast. colors: role -> colour, made once.
    """

    name: str
    colors: Mapping[str, QColor]

    @classmethod
    def named(cls, name: str) -> Theme:
        """The palette of that name."""
        return cls(name, {role: QColor(code) for role, code in tokens()["color"][name].items()})

    def palette(self) -> QPalette:
        """The full palette; one colour is not enough for Fusion to derive a readable one."""
        made = QPalette()
        for role, name in _ROLES.items():
            made.setColor(role, self.colors[name])
        for role in _DISABLED:
            made.setColor(QPalette.ColorGroup.Disabled, role, self.colors["text.disabled"])
        return made

    def style_sheet(self) -> str:
        """The style sheet's template with this palette put in; `@{name}` is a colour or a size.

        Raises:
            KeyError: the template names something the tokens do not have.
        """
        lengths = {f"size.{name}": f"{value}px" for name, value in tokens()["size"].items()}
        radii = {f"radius.{name}": f"{value}px" for name, value in tokens()["radius"].items()}
        values = {name: color.name() for name, color in self.colors.items()} | lengths | radii
        icons = (resources.root() / "icons").as_posix()
        sheet = resources.text("qss/desk.qss.in").replace("@{icons}", icons)
        return re.sub(r"@\{([\w.]+)\}", lambda found: values[found[1]], sheet)


class Look(QObject):
    """The look in force; `changed` fires after palette and style sheet are in place."""

    changed = Signal()

    def __init__(self, choice: str = SYSTEM) -> None:
        super().__init__()
        # The system's own palette, while it is still in force. Its colour scheme says the same, but the first use of
        # Qt's enumerations takes as long as a fifth of the first paint.
        self._system = DARK if QGuiApplication.palette().window().color().lightness() < MIDDLE else LIGHT
        self.choice = choice
        self.theme = Theme.named(self._resolved())
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)

    def choose(self, choice: str) -> None:
        """Take one of `SCHEMES` and put it on the whole application; selection and scroll stay."""
        self.choice = choice
        self.theme = Theme.named(self._resolved())
        self.apply()

    def apply(self) -> None:
        """Put the theme on the application."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(self.theme.palette())
            app.setStyleSheet(self.theme.style_sheet())
        self.changed.emit()

    def _resolved(self) -> str:
        """The palette for the choice; the system's word is only a hint, and unknown means light."""
        return self._system if self.choice == SYSTEM else self.choice

    def _system_changed(self) -> None:
        from PySide6.QtCore import Qt  # noqa: PLC0415 - see above

        self._system = DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
        if self.choice == SYSTEM:
            self.choose(SYSTEM)


@cache
def look() -> Look:
    """The one look of this process; an application must be there."""
    return Look()


def color(role: str) -> QColor:
    """The colour of a role in the look now in force."""
    return look().theme.colors[role]
