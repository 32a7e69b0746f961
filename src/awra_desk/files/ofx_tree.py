"""Reads the elements of an OFX file: version 1 (SGML, where a value needs no end tag) and version 2 (XML) alike.

Banks mix the two, leave end tags out of files that call themselves XML and write empty elements, so one tolerant reader
serves both. It expands no entities but the few characters' own and reads no document type: there is nothing in a file
that could make it grow or fetch. A text that ends inside an element is an error, for a statement cut short must not
pass for a whole one.
"""

from __future__ import annotations

import codecs
import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from awra_desk.domain.errors import UsageError

_TOKEN = re.compile(
    r"<!\[CDATA\[(?P<data>.*?)\]\]>|<(?P<end>/?)(?P<name>[A-Za-z][\w.\-]*)(?P<empty>\s*/)?\s*>", re.DOTALL
)
_CHARSET = re.compile(rb"^\s*CHARSET:\s*(\S+)", re.MULTILINE)
_XML_ENCODING = re.compile(rb"""<\?xml[^>]*encoding=["']([\w-]+)""")


@dataclass(slots=True)
class Node:
    """An element: its name, line, text (of a value) and children."""

    name: str
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def find(self, path: str) -> Node | None:
        """The first element at a path like "STATUS/CODE"."""
        return next(self.all(path), None)

    def all(self, path: str) -> Iterator[Node]:
        """Every element at a path."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                yield from child.all(rest) if rest else (child,)

    def value(self, path: str) -> str:
        """The text at a path, "" where there is none."""
        found = self.find(path)
        return found.text if found else ""


def read_tree(path: Path, data: bytes) -> Node:
    """The OFX element.

    Raises:
        UsageError: there is none, or it ends before its end.
    """
    text = _decoded(data)
    start = re.search(r"<OFX\s*>", text, re.IGNORECASE)
    if start is None:
        remedy = "Download the statement again, as OFX or QFX."
        raise UsageError("it is no OFX file: it has no <OFX>", record=str(path), remedy=remedy)
    breaks = [at.start() for at in re.finditer("\n", text)]
    root = Node("", 1)
    stack = [root]
    tokens = list(_TOKEN.finditer(text, start.start()))
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        between = text[token.end() : after.start() if after else len(text)]
        if token["data"] is not None:
            stack[-1].text += token["data"]
            continue
        name, line = token["name"].upper(), bisect_right(breaks, token.start()) + 1
        if token["end"]:
            _close(path, stack, name, line)
            continue
        node = Node(name, line, html.unescape(between).strip())
        stack[-1].children.append(node)
        data_follows = after is not None and after["data"] is not None
        # A value ends with the next tag whether it has an end tag or not; an element without one may hold others.
        if (not node.text or data_follows) and not token["empty"]:
            stack.append(node)
    found = root.find("OFX")
    if len(stack) > 1 or found is None:
        words = f"it ends inside <{stack[-1].name}>, which began on line {stack[-1].line}"
        raise UsageError(words, record=str(path), remedy="It was cut short: download the statement again.")
    return found


def _close(path: Path, stack: list[Node], name: str, line: int) -> None:
    """End the element; those opened inside it and never ended were empty values: what followed them stands beside them.

    The end tag of a value that was read already ends nothing.
    """
    if not any(node.name == name for node in stack):
        if stack[-1].children and stack[-1].children[-1].name == name:
            return
        words = f"</{name}> ends what never began"
        raise UsageError(words, record=f"{path}, line {line}", remedy="Download the statement again.")
    while stack[-1].name != name:
        empty = stack.pop()
        stack[-1].children += empty.children
        empty.children = []
    node = stack.pop()
    node.text = node.text.strip()


def _decoded(data: bytes) -> str:
    """The text, in the encoding its head names or, where that is not true, the one it is in."""
    if data.startswith(codecs.BOM_UTF8):
        return data.decode("utf-8-sig", errors="replace")
    head = data[:1000]
    named = _XML_ENCODING.search(head) or _CHARSET.search(head)
    word = named[1].decode("ascii", errors="replace") if named else ""
    names = [f"cp{word}" if word.isdigit() else word, "utf-8", "cp1252"]
    if word.upper() in ("NONE", "", "UNICODE", "US-ASCII") or b"ENCODING:UTF-8" in head.upper():
        names = names[1:]
    for name in names:
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")
