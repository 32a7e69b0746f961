"""Text in a workbook: what could act as a formula, how what XML cannot hold is written, and what no file can hold."""

from __future__ import annotations

import re
from typing import Any

from xlsxwriter.worksheet import Worksheet

from awra_desk.domain.errors import UserError

# OWASP ASVS 5.0 V1.2.10 and full-width forms; also behind blanks, quotes and separators, where an import may split.
_ACTIVE = re.compile(r"""[\s"'’;,|]*[=+\-@%＝＋－＠−\t\r\n]""")
_SURROGATE = re.compile("[\ud800-\udfff]")
# ECMA-376 part 1, 22.9.2.19: _xHHHH_ stands for a character; an underscore that would begin one is itself written so.
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def looks_active(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula or command when somebody edits or re-imports the cell."""
    return _ACTIVE.match(text) is not None


def refuse_unwritable(text: str, *, sheet: str, cell: str) -> None:
    """Raises UserError for text that is no valid Unicode, so that no file can hold it."""
    if not text.isascii() and (found := _SURROGATE.search(text)):
        raise UserError(
            f"the text holds half of a surrogate pair (U+{ord(found.group()):04X})",
            record=f"sheet {sheet}, cell {cell}",
            remedy="Correct the text at its source.",
        )


def escaped(text: str) -> str:
    """The text as a workbook part writes it before XML's own escaping; every reader of the standard turns it back.

    XlsxWriter 3.3 misses the second of two escape-like texts that share an underscore.
    """
    text = _ESCAPE_LIKE.sub("_x005F_", text)
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


class SafeWorksheet(Worksheet):  # type: ignore[misc]  # XlsxWriter publishes no types
    """A worksheet in which text is only ever text; in constant-memory mode every cell's text takes this way.

    XlsxWriter 3.3 passes on as raw XML what begins with <r> and ends with </r>, so that a stranger's text could bring
    cells and formulas of its own. We write no rich text, so that way is closed.
    """

    @staticmethod
    def _escape_control_characters(data: Any) -> Any:
        return escaped(data) if isinstance(data, str) else data

    def _xml_rich_inline_string(self, string: str, attributes: Any = ()) -> None:
        self._xml_inline_string(string, False, attributes)
