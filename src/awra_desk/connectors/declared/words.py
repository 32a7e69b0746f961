"""Texts with words in them: "{reference}" in a path, a parameter, a header or a body.

A word may say how it is written: `{company:json}` as a JSON text with its quotes (for parameters that hold JSON),
`{debit:number}` as a JSON number (in a body, standing alone). What is filled into a path is percent-encoded, so that
no value can change where a request goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from awra_desk.connectors._http import Number
from awra_desk.domain.errors import UsageError

_WORD = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_]+)?)(?::(json|number))?\}")


@dataclass(frozen=True, slots=True)
class Filled:
    """A compiled text.

    Attributes:
        parts: plain texts and, as pairs, words with their form ("", "json" or "number").
    """

    parts: tuple[str | tuple[str, str], ...]

    @classmethod
    def read(cls, text: str) -> Filled:
        """Compile the text; braces that hold no word (JSON's own) stay as they are."""
        parts: list[str | tuple[str, str]] = []
        end = 0
        for found in _WORD.finditer(text):
            parts += [text[end : found.start()], (found[1], found[2] or "")]
            end = found.end()
        return cls(tuple(part for part in (*parts, text[end:]) if part))

    @property
    def words(self) -> tuple[str, ...]:
        """The words in it, in order."""
        return tuple(part[0] for part in self.parts if not isinstance(part, str))

    def text(self, values: Mapping[str, str]) -> str:
        """Filled in; a word without a value leaves nothing."""
        return "".join(
            part if isinstance(part, str) else _written(values.get(part[0], ""), part[1]) for part in self.parts
        )

    def path(self, values: Mapping[str, str]) -> str:
        """Filled in for a path.

        Raises:
            UsageError: a word is empty or would lead elsewhere.
        """
        return "".join(
            quote(part, safe="/%-._~!$&'()*+,;=:@") if isinstance(part, str) else _segment(part[0], values)
            for part in self.parts
        )

    def value(self, values: Mapping[str, str]) -> Any:
        """Filled in for a JSON body: a number where it is one word in the form `number`, else a text; None when it has
        words and none of them a value.
        """
        if len(self.parts) == 1 and not isinstance(self.parts[0], str) and self.parts[0][1] == "number":
            text = values.get(self.parts[0][0], "")
            return Number(text) if text else None
        if self.words and not any(values.get(word) for word in self.words):
            return None
        return self.text(values)


def _segment(word: str, values: Mapping[str, str]) -> str:
    value = values.get(word, "")
    if not value.strip("."):
        raise UsageError(f"{value!r} cannot stand in a path", record=word, remedy="Give the id that the system gave.")
    return quote(value, safe="")


def _written(value: str, form: str) -> str:
    return json.dumps(value, ensure_ascii=False) if form == "json" else value
