"""How a request proves who asks. An `Auth` hands out headers, names its secrets for redaction, and may renew them once
they are refused.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Protocol

from awra_desk.ports.connections import TransportError


class Auth(Protocol):
    """Credentials of one connection."""

    def headers(self) -> Mapping[str, str]:
        """Headers for the next request."""

    def secrets(self) -> Iterable[str]:
        """Every secret text it holds now."""

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """The provider refused these headers: get new ones. False when there is no way but to ask the person.

        Raises:
            TransportError: the renewal itself failed.
        """


class NoAuth:
    """For endpoints that ask for nothing."""

    def headers(self) -> Mapping[str, str]:
        """None."""
        return {}

    def secrets(self) -> Iterable[str]:
        """None."""
        return ()

    def refresh(self, refused: Mapping[str, str]) -> bool:
        """There is nothing to renew."""
        del refused
        return False


class BearerAuth(NoAuth):
    """A fixed bearer key.

    Raises:
        TransportError: the key is empty or holds characters no header may hold.
    """

    def __init__(self, key: str) -> None:
        self._key = checked_secret(key)

    def __repr__(self) -> str:
        return "BearerAuth(***)"

    def headers(self) -> Mapping[str, str]:
        """The Authorization header."""
        return {"Authorization": f"Bearer {self._key}"}

    def secrets(self) -> Iterable[str]:
        """The key."""
        return (self._key,)


class BasicAuth(NoAuth):
    """Name and password, as OAuth token endpoints want them (RFC 6749 §2.3.1)."""

    def __init__(self, name: str, password: str) -> None:
        pair = f"{checked_secret(name)}:{checked_secret(password)}"
        self._encoded = base64.b64encode(pair.encode()).decode()
        self._password = password

    def __repr__(self) -> str:
        return "BasicAuth(***)"

    def headers(self) -> Mapping[str, str]:
        """The Authorization header."""
        return {"Authorization": f"Basic {self._encoded}"}

    def secrets(self) -> Iterable[str]:
        """The password, alone and encoded."""
        return (self._password, self._encoded)


def checked_secret(text: str) -> str:
    """The text, when it can stand in a header. HTTP libraries quote an illegal header in their error, so it must never
    reach them.

    Raises:
        TransportError: kind "auth"; the text is not shown.
    """
    if text and text.isascii() and text.isprintable() and " " not in text:
        return text
    raise TransportError(
        "the stored key is empty or holds blanks or control characters", kind="auth", remedy="Enter the key again."
    )
