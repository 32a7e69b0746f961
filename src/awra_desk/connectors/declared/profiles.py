"""The declared files that ship with the desk, and where a connection's own file is kept."""

from __future__ import annotations

from importlib.resources import files

from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection

PROFILES = {"awra": "profiles/awra.toml", "erpnext": "profiles/erpnext.toml"}
"""Provider -> its declared file here."""

DECLARED = "declared"
"""Provider of a connection that brings its own file, in this option as text."""

OPTION = "declaration"


def declaration_text(connection: Connection) -> tuple[str, str]:
    """The connection's declared file: its text and its name for messages.

    Raises:
        UsageError: the connection brings none.
    """
    if connection.provider in PROFILES:
        name = PROFILES[connection.provider]
        return (files(__package__) / name).read_text("utf-8"), name.rpartition("/")[2]
    if text := connection.options.get(OPTION):
        return text, f"{connection.name}'s declared file"
    raise UsageError("the connection has no declared file", record=connection.name,
                     remedy="Give --option file=PATH to `awra-desk connect declared`.")  # fmt: skip
