"""Finds the files under `resources/ui`: fonts, icons, style sheet, forms and tokens.

One in-package path, `awra_desk/_resources/ui`, serves a wheel and a bundle alike; a checkout serves its live files.
Called by theme, fonts, icons and forms; nobody else opens these files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from awra_desk.domain.errors import UserError

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def root() -> Path:
    """The folder of the resources.

    Raises:
        UserError: neither an installed copy nor a checkout is there.
    """
    return locate(_PACKAGE)


def locate(package: Path) -> Path:
    """The resources that belong to this copy of the package: a checkout's own before an installed copy.

    An editable install copies the files once and lets them go stale; the checkout's are the live ones.
    """
    checkout = package.parents[1]
    if package.parent.name == "src" and (checkout / "pyproject.toml").is_file():
        live = checkout / "resources" / "ui"
        if live.is_dir():
            return live
    installed = package / "_resources" / "ui"
    if installed.is_dir():
        return installed
    raise UserError("the program's own files are missing", record=str(installed), remedy="Install AWRA Desk again.")


def path(name: str) -> Path:
    """The file of that name below the folder, for example `icons/check.svg`.

    Raises:
        UserError: there is none.
    """
    found = root() / name
    if not found.is_file():
        raise UserError("a file of the program is missing", record=name, remedy="Install AWRA Desk again.")
    return found


def text(name: str) -> str:
    """The UTF-8 text of that file."""
    return path(name).read_text(encoding="utf-8")
