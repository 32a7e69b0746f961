"""A connection's options as values."""

from __future__ import annotations

from awra_desk.domain.errors import UsageError
from awra_desk.ports.connections import Connection


def whole_option(connection: Connection, option: str, default: int, *, least: int, most: int | None = None) -> int:
    """The whole number that an option gives, `default` without it.

    Raises:
        UsageError: it is no number in these bounds.
    """
    text = connection.options.get(option, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < least or (most is not None and int(text) > most):
        bound = "on" if most is None else f"to {most}"
        raise UsageError(
            f"option {option} is {text!r}", record=connection.name, remedy=f"Give a whole number from {least} {bound}."
        )
    return int(text)
