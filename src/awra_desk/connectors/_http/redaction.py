"""Keeps secrets out of everything a person or a log can see: messages, URLs, answers quoted in errors."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "***"

# Shapes that are secret whoever issued them, so that a secret we were never told of is hidden too.
_SHAPES = (
    re.compile(r"(?P<kept>(?i:\b(?:bearer|basic|session)\s+))[A-Za-z0-9._~+/=-]{6,}"),
    re.compile(r"(?P<kept>\b(?:sk|rk|whsec)_)[A-Za-z0-9_]{4,}"),
    re.compile(
        r"(?P<kept>(?i:(?:access_token|refresh_token|client_secret|api_key|id_token|password)\"?\s*[=:]\s*\"?))[^\s\"&,;]+"
    ),
)
_SHORTEST = 4  # a shorter "secret" would blank out ordinary words


class Redactor:
    """Blanks out known secrets, their URL-quoted and base64 forms, and anything shaped like a credential."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        self.learn(secrets)

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these from now on as well."""
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                self._forms |= {
                    secret,
                    quote(secret, safe=""),
                    quote_plus(secret),
                    base64.b64encode(secret.encode()).decode(),
                }

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, HIDDEN)
        for shape in _SHAPES:
            text = shape.sub(rf"\g<kept>{HIDDEN}", text)
        return text
