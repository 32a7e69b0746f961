"""How commands speak: one JSON document on stdout with --json, else text for people; progress goes to stderr."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any


def common_options(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """--workspace, --company, --json."""
    parser.add_argument(
        "--workspace", metavar="PATH|URL", default="", help="SQLite file or postgresql:// URL (default: the user's own)"
    )
    parser.add_argument("--company", default="", help="needed only when the workspace holds several")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def say(document: Any, *, text: str, as_json: bool) -> None:
    """Print the document as JSON, or the text."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=str) if as_json else text)


class LineProgress:
    """Counts on stderr: one line, rewritten at most ten times a second, and only on a terminal."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, total: int | None, words: str) -> None:
        """See `ports.progress.Progress`."""
        if not self._live or time.monotonic() - self._shown < 0.1:
            return
        self._shown = time.monotonic()
        of = f" of {total:,}" if total is not None else ""
        sys.stderr.write(f"\r\x1b[K{words}: {done:,}{of}")
        sys.stderr.flush()

    def end(self) -> None:
        """Clear the line."""
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def aligned(rows: Sequence[tuple[str, ...]], *, right: frozenset[int] = frozenset()) -> str:
    """Text columns; those in `right` are right-aligned. The first row is the heading."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
