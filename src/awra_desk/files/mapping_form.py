"""The short form of a mapping as fields (`ports.table_samples.Drawn`): written out as its TOML text, and read back."""

from __future__ import annotations

import tomllib
from typing import Any

from awra_desk.files.mapping import load_mapping
from awra_desk.files.mapping_columns import COLUMNS, WRITTEN, heading, quoted
from awra_desk.ports.table_samples import Drawn

_MANY = ("id", "description", "reference", "counterparty")
"""Words that several columns may be."""


def mapping_text(drawn: Drawn, version: str) -> str:
    """The mapping file, in an order of its own, without what is as it is by default: the same form, the same text."""
    lines = [f"version = {quoted(version)}", "[columns]"]
    for word in COLUMNS:
        names = drawn.columns.get(word, ())
        if names:
            lines.append(f"{word} = {quoted(list(names) if word in _MANY and len(names) > 1 else names[0])}")
    written = [
        f"{word} = {quoted(drawn.written[word])}"
        for word, default in WRITTEN.items()
        if drawn.written.get(word, default) != default
    ]
    return "\n".join([*lines, "[written]", *written]) + "\n"


def drawn_mapping(text: str) -> Drawn | None:
    """The form of a mapping file; None where it is written in the long form.

    Raises:
        UsageError: it is no mapping.
    """
    load_mapping(text)  # says what is wrong with it
    document: dict[str, Any] = tomllib.loads(text)
    if "columns" not in document:
        return None
    columns = {
        word: tuple(heading(name) for name in (names if isinstance(names, list) else [names]))
        for word, names in document["columns"].items()
    }
    written = document.get("written", {})
    return Drawn(columns, {word: value for word, value in written.items() if value != WRITTEN[word]})
