"""Loads `.ui` forms and binds their widgets to a typed dataclass; a view owns the loaded root.

Fields of the binding are named like the widgets; `root` is the form itself.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtUiTools import QUiLoader

from awra_desk.domain.errors import UserError
from awra_desk.ui import resources

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

B = TypeVar("B")


def load(name: str, binding: type[B], parent: QWidget | None = None) -> B:
    """The form `forms/<name>.ui` with its widgets.

    Raises:
        UserError: the form is damaged, or lacks a widget that the binding names.
    """
    buffer = QBuffer()
    buffer.setData(QByteArray(resources.text(f"forms/{name}.ui").encode()))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    loader = QUiLoader()
    root = loader.load(buffer, parent)
    if root is None:
        raise UserError("a form of the program is damaged", record=f"{name}.ui", remedy=loader.errorString())
    hints = get_type_hints(binding)
    found: dict[str, Any] = {"root": root}
    for field in dataclasses.fields(binding):  # type: ignore[arg-type]
        if field.name != "root":
            found[field.name] = root.findChild(hints[field.name], field.name)
            if found[field.name] is None:
                raise UserError(f"the form has no {hints[field.name].__name__} {field.name!r}", record=f"{name}.ui")
    return binding(**found)
