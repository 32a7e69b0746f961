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
    pieces = _TOKEN.findall(payload)
    for at, piece in enumerate(pieces):
        following = pieces[at + 1] if at + 1 < len(pieces) else ""
        if piece in "{[":
            depth += 1
            parts.append(piece if following in ("}", "]") else f"{piece}\n{INDENT * depth}")
        elif piece in "}]":
            depth -= 1
            empty = at > 0 and pieces[at - 1] in ("{", "[")
            parts.append(piece if empty else f"\n{INDENT * depth}{piece}")
        elif piece == ",":
            parts.append(f",\n{INDENT * depth}")
        else:
            parts.append(": " if piece == ":" else piece)
    return "".join(parts)
