"""The rules as triggers of both dialects: made, re-made after each migration, and required to be there unchanged at every opening."""

from __future__ import annotations

import sqlalchemy as sa


def install(connection: sa.Connection) -> None:
    """Drop and create every trigger."""


def differences(connection: sa.Connection) -> list[str]:
    """Triggers that are missing, changed or switched off, one sentence each."""
    return []


def require(connection: sa.Connection) -> None:
    """Raise unless every trigger is as declared."""
