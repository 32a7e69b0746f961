"""How each style of a cell looks in a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awra_desk.ports.workbook import Style

FONT, SIZE = "Arial", 9
INK, QUIET, RULE, HAIR, BAND = "#1A2020", "#435050", "#818D8D", "#DEE3E3", "#ECEFEF"
GOOD_INK, BAD_INK, BAD_TINT, LINK_INK = "#0A665A", "#A8271D", "#FBE3E0", "#1F4F8F"

_RIGHT: Mapping[str, Any] = {"align": "right"}
_CLEAR = (
    "_0"  # a digit's width between a figure and the next column; LibreOffice drops a right indent beside a filled cell
)
_TEXT: Mapping[str, Any] = {"num_format": "@"}  # stays text when somebody edits it
_HEAD: Mapping[str, Any] = {"bold": True, "bg_color": BAND, "bottom": 1, "bottom_color": RULE, "text_wrap": True}
_TOTAL: Mapping[str, Any] = {"bold": True, "top": 1, "top_color": RULE}

LOOKS: Mapping[Style, Mapping[str, Any]] = {
    Style.TEXT: _TEXT,
    Style.WRAPPED: {**_TEXT, "text_wrap": True, "valign": "top"},
    Style.MONO: {**_TEXT, "font_name": "Courier New", "font_size": 8},
    Style.TITLE: {"bold": True, "font_size": 14},
    Style.SECTION: {"bold": True, "font_size": 11},
    Style.NOTE: {"font_color": QUIET},
    Style.HEADING: _HEAD,
    Style.HEADING_RIGHT: {**_HEAD, **_RIGHT, "indent": 1},
    Style.MONEY: _RIGHT,
    Style.TOTAL: {**_RIGHT, **_TOTAL},
    Style.TOTAL_TEXT: {**_TEXT, **_TOTAL},
    Style.COUNT: {**_RIGHT, "num_format": f"#,##0_){_CLEAR}"},
    Style.TOTAL_COUNT: {**_RIGHT, **_TOTAL, "num_format": f"#,##0_){_CLEAR}"},
    Style.SCORE: {**_RIGHT, "num_format": f"0.000_){_CLEAR}"},
    Style.DAY: {"num_format": "yyyy-mm-dd", "align": "left"},
    Style.INSTANT: _TEXT,
    Style.CHECK: {"bold": True, "font_color": QUIET},
    Style.GOOD: {**_TEXT, "bold": True, "font_color": GOOD_INK},
    Style.BAD: {**_TEXT, "bold": True, "font_color": BAD_INK, "bg_color": BAD_TINT},
    Style.SIGN_HERE: {"bottom": 1, "bottom_color": RULE},
}
MONEY_STYLES = frozenset({Style.MONEY, Style.TOTAL})
NEVER_RULED = frozenset({Style.HEADING, Style.HEADING_RIGHT, Style.TITLE, Style.NOTE})


def money_format(decimals: int) -> str:
    """Thousands separated, negative in parentheses, positive kept in line with them."""
    figure = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{figure}_){_CLEAR};({figure}){_CLEAR};{figure}_){_CLEAR}"


class Formats:
    """One workbook's formats, each made once.

    Args:
        workbook: XlsxWriter's.
    """

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._made: dict[tuple[Style, int, bool, bool], Any] = {}
        self.link = workbook.add_format(
            {"font_name": FONT, "font_size": SIZE, "font_color": LINK_INK, "underline": 1, "valign": "vcenter"}
        )
        self.good = workbook.add_format({"font_color": GOOD_INK})
        self.bad = workbook.add_format({"font_color": BAD_INK, "bg_color": BAD_TINT})

    def get(self, style: Style, *, decimals: int = 0, guarded: bool = False, ruled: bool = False) -> Any:
        """The format of a style.

        Args:
            decimals: of money. ruled: with a hairline below.
            guarded: the cell shows a leading quote when edited, so that its text stays text.
        """
        key = (style, decimals if style in MONEY_STYLES else 0, guarded, ruled)
        if key not in self._made:
            self._made[key] = self._make(style, key[1], guarded=guarded, ruled=ruled)
        return self._made[key]

    def _make(self, style: Style, decimals: int, *, guarded: bool, ruled: bool) -> Any:
        look = {"font_name": FONT, "font_size": SIZE, "font_color": INK, "valign": "vcenter", **LOOKS[style]}
        if style in MONEY_STYLES:
            look["num_format"] = money_format(decimals)
        if ruled and style not in NEVER_RULED and "bottom" not in look:
            look |= {"bottom": 4, "bottom_color": HAIR}
        made = self._workbook.add_format(look)
        if guarded:
            made.set_quote_prefix()
        return made
