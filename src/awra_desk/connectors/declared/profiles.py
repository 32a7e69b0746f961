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

EARLIER = "earlier"
"""The files that were in force before it, as text: options of this name and of names that begin with it and a dot,
oldest first by name.
"""


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


def earlier_texts(connection: Connection) -> tuple[tuple[str, str], ...]:
    """The declared files in force before the connection's present one, oldest first: text, and name for messages."""
    names = sorted(name for name in connection.options if is_earlier(name))
    return tuple((connection.options[name], f"{connection.name}'s declared file {name!r}") for name in names)


def is_earlier(option: str) -> bool:
    """Whether the option holds a declared file that was in force before."""
    return option == EARLIER or option.startswith(f"{EARLIER}.")
