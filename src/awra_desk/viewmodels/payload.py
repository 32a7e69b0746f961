"""A JSON payload laid out for reading without touching one character of its values."""

from __future__ import annotations

import re

INDENT = "  "
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def pretty(payload: str) -> str:
    """One field a line; number literals stay as they came. Text that is no JSON object or array stays as it is."""
    if not payload.lstrip().startswith(("{", "[")):
        return payload
    parts: list[str] = []
    depth = 0
    tokens = _TOKEN.findall(payload)
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if token in "{[":
            depth += 1
            parts.append(token if following in ("}", "]") else f"{token}\n{INDENT * depth}")
        elif token in "}]":
            depth -= 1
            empty = at > 0 and tokens[at - 1] in ("{", "[")
            parts.append(token if empty else f"\n{INDENT * depth}{token}")
        elif token == ",":
            parts.append(f",\n{INDENT * depth}")
        else:
            parts.append(": " if token == ":" else token)
    return "".join(parts)
