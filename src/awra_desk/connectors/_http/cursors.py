"""How far a stream was read, as JSON text that is saved with the rows and survives a cut at any page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Self

from awra_desk.domain.errors import UsageError


@dataclass(frozen=True, slots=True)
class TextCursor:
    """What the cursors of all connectors share; each adds its fields, whose defaults are the beginning."""

    @classmethod
    def read(cls, text: str | None) -> Self:
        """The cursor of this text; None is the beginning.

        Raises:
            UsageError: the text is no cursor.
        """
        if text is None:
            return cls()
        try:
            values = json.loads(text)
            return cls(**{field.name: values[field.name] for field in fields(cls)}).checked()
        except (ValueError, KeyError, TypeError, AttributeError):
            remedy = "Pull this stream from the beginning."
            raise UsageError("the stored cursor cannot be read", record=text[:80], remedy=remedy) from None

    def checked(self) -> Self:
        """This cursor, its fields as they must be.

        Raises:
            ValueError, TypeError: one of them is not what it must be.
        """
        return self

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), sort_keys=True)


def stamps(*texts: str | None, read: Callable[[str], datetime] = datetime.fromisoformat) -> None:
    """Make sure that each is an instant that `read` can read, or None.

    Raises:
        ValueError, TypeError: one is neither.
    """
    for text in texts:
        if text is not None:
            read(text)
