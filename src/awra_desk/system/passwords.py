"""Password hashes: argon2id, never truncated, with argon2-cffi's present defaults (RFC 9106, low memory)."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from awra_desk.domain.errors import UsageError, UserError

MINIMUM_LENGTH = 8  # OWASP ASVS 5.0.0, V6.2.1

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The encoded hash to store.

    Raises:
        UsageError: shorter than `MINIMUM_LENGTH` characters.
    """
    if len(password) < MINIMUM_LENGTH:
        raise UsageError(f"a password needs at least {MINIMUM_LENGTH} characters", remedy="Choose a longer one.")
    return _hasher.hash(_normal(password))


def check_password(encoded: str, password: str) -> bool:
    """Whether this is the password.

    Raises:
        UserError: the stored hash is damaged, so nobody can be let in by it.
    """
    try:
        return _hasher.verify(encoded, _normal(password))
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as error:
        raise UserError("the stored password hash is damaged", remedy="Have the password set again.") from error


def _normal(password: str) -> str:
    """One form whatever keyboard composed the accents (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
