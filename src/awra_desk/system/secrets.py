"""Secrets in the operating system's keyring, and nowhere else.

Where there is no usable keyring (a server without a session, say), secrets are kept in memory until the program ends,
and the person is told so; they are never written in the clear. Built by the composition root; keyring itself is loaded
with the first secret.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)

SERVICE = "AWRA Desk"
NOTICE = (
    "This machine offers no keyring, so secrets are kept in memory only and are gone when the program ends. "
    "Unlock or install one (Secret Service on Linux), then connect again."
)

_SAFE = (
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.Windows",
    "keyring.backends.macOS",
)
"""Modules of the operating systems' own keyrings. Third-party backends may write files in the clear, so none is taken
by chance.
"""


class MemorySecrets:
    """Secrets until the program ends."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"MemorySecrets({len(self._kept)} kept)"

    def get(self, name: str) -> str | None:
        """The secret, or None."""
        return self._kept.get(name)

    def put(self, name: str, secret: str) -> None:
        """Store or replace."""
        self._kept[name] = secret

    def delete(self, name: str) -> None:
        """Remove; silent when absent."""
        self._kept.pop(name, None)


class KeyringSecrets:
    """Secrets in the keyring, or in memory with a notice.

    Args:
        backend: the keyring; None finds the operating system's own.

    Attributes:
        notice: what the person must be told, or "" while secrets are in the keyring. It is also logged, once.
    """

    def __init__(self, backend: KeyringBackend | None = None) -> None:
        self._backend = backend
        self._asked = backend is not None
        self._memory = MemorySecrets()
        self._finding = threading.Lock()
        self.notice = ""

    def get(self, name: str) -> str | None:
        """The secret, or None when there is none."""
        kept = self._memory.get(name)
        keyring = None if kept is not None else self._keyring()
        if keyring is None:
            return kept
        try:
            return keyring.get_password(SERVICE, name)
        except _trouble():
            self._give_up()
            return None

    def put(self, name: str, secret: str) -> None:
        """Store or replace."""
        keyring = self._keyring()
        try:
            if keyring is not None:
                keyring.set_password(SERVICE, name, secret)
                self._memory.delete(name)
                return
        except _trouble():
            self._give_up()
        self._memory.put(name, secret)

    def delete(self, name: str) -> None:
        """Remove; silent when absent."""
        from keyring.errors import PasswordDeleteError  # noqa: PLC0415  # not before the first window

        self._memory.delete(name)
        keyring = self._keyring()
        try:
            if keyring is not None:
                keyring.delete_password(SERVICE, name)
        except PasswordDeleteError:
            return  # it was not there
        except _trouble():
            self._give_up()

    def _keyring(self) -> KeyringBackend | None:
        """The operating system's keyring, or None after the notice."""
        with self._finding:  # several threads may need the first secret
            if not self._asked:
                self._backend = _system_keyring()
                self._asked = True
                if self._backend is None:
                    self._give_up()
        return self._backend

    def _give_up(self) -> None:
        """Go on in memory. The cause stays out of the log: backends quote what they were asked to store."""
        self._backend = None
        if not self.notice:
            self.notice = NOTICE
            log.warning(NOTICE)


def _system_keyring() -> KeyringBackend | None:
    """The best of the operating system's own keyrings that says it works here."""
    import keyring.backend  # noqa: PLC0415  # not before the first window

    viable = [
        found
        for found in keyring.backend.get_all_keyring()
        if type(found).__module__.startswith(_SAFE) and found.priority > 0
    ]
    return max(viable, key=lambda found: found.priority, default=None)


def _trouble() -> tuple[type[Exception], ...]:
    """What a keyring raises when it cannot serve: its own errors, and those of the session bus or the system below
    it.
    """
    from keyring.errors import KeyringError  # noqa: PLC0415  # not before the first window

    kinds: list[type[Exception]] = [KeyringError, OSError, RuntimeError]
    # The Secret Service library is there on Linux only, and lets its own errors through.
    library = sys.modules.get("secretstorage.exceptions")
    if library is not None:
        kinds.append(library.SecretStorageException)
    return tuple(kinds)
