"""Computes a workbook's formulas anew, in exact decimals and from its other cells alone: cached values take no part.

Pure. Knows the functions that the pack's own formulas use and no others; a formula with another one is not one of ours,
and so a finding. Our own because the engines that could do it are copyleft, or compute in binary floats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fnmatch import translate

from awra_desk.ports.workbook import Formula, ReadSheet, Value

Plain = str | Decimal | None
Operand = Plain | list[Plain]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"]|"")*")
      | (?P<cell>(?:(?:'(?P<quoted>(?:[^']|'')+)'|(?P<bare>\w+))!)?
          \$?(?P<c1>[A-Z]{1,3})\$?(?P<r1>[0-9]+)(?::\$?(?P<c2>[A-Z]{1,3})\$?(?P<r2>[0-9]+))?(?![\w(]))
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Z]+)(?=\()
      | (?P<sign><>|[-+&=(),])
    )""",
    re.VERBOSE,
)


class NotOurs(Exception):
    """The formula is not one that the pack writes, or what it refers to is not there."""


class Recomputed:
    """A workbook whose formulas are computed on demand.

    Args:
        sheets: as read; text that a cell shows, and cached values, are never used as a formula's result.
    """

    def __init__(self, sheets: Sequence[ReadSheet]) -> None:
        self._rows = {sheet.name: sheet.rows for sheet in sheets}
        self._known: dict[tuple[str, int, int], Plain] = {}
        self._ranges: dict[tuple[str, int, int, int, int], list[Plain]] = {}

    def formulas(self) -> Iterator[tuple[str, str, Formula]]:
        """(sheet, address, formula) of each, in order."""
        for name, rows in self._rows.items():
            for row, values in enumerate(rows, 1):
                for column, value in enumerate(values, 1):
                    if isinstance(value, Formula):
                        yield name, f"{_letters(column)}{row}", value

    def value(self, sheet: str, row: int, column: int) -> Plain:
        """A cell's value, counted from 1; None where it is empty.

        Raises:
            NotOurs: the cell's formula cannot be computed.
        """
        place = (sheet, row, column)
        if place not in self._known:
            found = self._cell(sheet, row, column)
            if isinstance(found, Formula):
                self._known[place] = None  # a circle reads itself as empty, and so does not agree with its cached value
                self._known[place] = self.compute(found.text, sheet)
            else:
                self._known[place] = _plain(found)
        return self._known[place]

    def compute(self, text: str, sheet: str) -> Plain:
        """What a formula on this sheet gives."""
        reader = _Reader(text, sheet, self)
        return _single(reader.whole())

    def block(self, sheet: str, top: int, left: int, bottom: int, right: int) -> list[Plain]:
        """The values of a range, row by row."""
        place = (sheet, top, left, bottom, right)
        if place not in self._ranges:
            self._ranges[place] = [
                self.value(sheet, row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)
            ]
        return self._ranges[place]

    def _cell(self, sheet: str, row: int, column: int) -> Value:
        if sheet not in self._rows:
            raise NotOurs(f"the sheet {sheet} is not there")
        rows = self._rows[sheet]
        values = rows[row - 1] if row <= len(rows) else ()
        return values[column - 1] if column <= len(values) else None


class _Reader:
    """Reads one formula from left to right and computes it on the way: comparison, then &, then + and -."""

    def __init__(self, text: str, sheet: str, book: Recomputed) -> None:
        self._text, self._sheet, self._book = text, sheet, book
        self._at = 1 if text.startswith("=") else 0
        self._token = self._next()

    def whole(self) -> Operand:
        """The formula's value."""
        value = self._comparison()
        if self._token is not None:
            raise NotOurs(f"the formula goes on unexpectedly: {self._text}")
        return value

    def _next(self) -> re.Match[str] | None:
        if not self._text[self._at :].strip():
            return None
        token = _TOKEN.match(self._text, self._at)
        if token is None:
            raise NotOurs(f"this is no formula of ours: {self._text}")
        self._at = token.end()
        return token

    def _take(self, *signs: str) -> str:
        """The sign that comes next if it is one of these, else ""."""
        found = self._token["sign"] if self._token else None
        if found is None or found not in signs:
            return ""
        self._token = self._next()
        return found

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise NotOurs(f"{sign} is missing: {self._text}")

    def _comparison(self) -> Operand:
        left = self._joined()
        if not (sign := self._take("=", "<>")):
            return left
        same = _same(_single(left), _single(self._joined()))
        return Decimal(same == (sign == "="))

    def _joined(self) -> Operand:
        left = self._sum()
        while self._take("&"):
            left = _shown(_single(left)) + _shown(_single(self._sum()))
        return left

    def _sum(self) -> Operand:
        negative = self._take("-") == "-"
        left = self._primary()
        if negative:
            left = -_number(left)
        while sign := self._take("+", "-"):
            right = _number(self._primary())
            left = _number(left) + (right if sign == "+" else -right)
        return left

    def _primary(self) -> Operand:
        if self._take("("):
            value = self._comparison()
            self._expect(")")
            return value
        token = self._token
        if token is None or token["sign"]:
            raise NotOurs(f"a value is missing: {self._text}")
        self._token = self._next()
        if token["text"]:
            return token["text"][1:-1].replace('""', '"')
        if token["number"]:
            return Decimal(token["number"])
        return self._call(token["name"]) if token["name"] else self._reference(token)

    def _call(self, name: str) -> Operand:
        self._expect("(")
        arguments = [self._comparison()]
        while self._take(","):
            arguments.append(self._comparison())
        self._expect(")")
        if name not in FUNCTIONS:
            raise NotOurs(f"the function {name} is none of ours")
        return FUNCTIONS[name](arguments)

    def _reference(self, token: re.Match[str]) -> Operand:
        sheet = (token["quoted"] or "").replace("''", "'") or token["bare"] or self._sheet
        top, left = int(token["r1"]), _index(token["c1"])
        if not token["c2"]:
            return self._book.value(sheet, top, left)
        return self._book.block(sheet, top, left, int(token["r2"]), _index(token["c2"]))


def _round(arguments: list[Operand]) -> Plain:
    """Half away from zero, as a spreadsheet does it."""
    value, digits = arguments
    return _number(value).quantize(Decimal(1).scaleb(-int(_number(digits))), ROUND_HALF_UP)


def _sum(arguments: list[Operand]) -> Plain:
    """Numbers add up; text and empty cells of a range count nothing."""
    return sum((value for item in arguments for value in _many(item) if isinstance(value, Decimal)), Decimal(0))


def _subtotal(arguments: list[Operand]) -> Plain:
    """109 is the sum of what a filter leaves; a stored file's rows are taken as all shown."""
    if _number(arguments[0]) != 109:
        raise NotOurs("a SUBTOTAL other than 109 is none of ours")
    return _sum(arguments[1:])


def _count(arguments: list[Operand]) -> Plain:
    return Decimal(sum(value is not None for item in arguments for value in _many(item)))


def _if(arguments: list[Operand]) -> Plain:
    condition, yes, no = arguments
    return _single(yes if _number(condition) else no)


def _sum_ifs(arguments: list[Operand]) -> Plain:
    values, *criteria = arguments
    wanted = zip(_many(values), _hits(criteria), strict=True)
    return sum((value for value, hit in wanted if hit and isinstance(value, Decimal)), Decimal(0))


def _count_ifs(arguments: list[Operand]) -> Plain:
    return Decimal(sum(_hits(arguments)))


FUNCTIONS: Mapping[str, Callable[[list[Operand]], Plain]] = {
    "ROUND": _round,
    "SUM": _sum,
    "SUBTOTAL": _subtotal,
    "COUNTA": _count,
    "IF": _if,
    "SUMIFS": _sum_ifs,
    "COUNTIFS": _count_ifs,
}


def _hits(criteria: list[Operand]) -> list[bool]:
    """Whether each row meets all criteria; they come as range, criterion, range, criterion and so on."""
    columns = [list(map(_test(_single(given)), _many(values))) for values, given in _pairs(criteria)]
    return [all(row) for row in zip(*columns, strict=True)]


def _pairs(criteria: list[Operand]) -> Iterator[tuple[Operand, Operand]]:
    return zip(criteria[::2], criteria[1::2], strict=True)


def _test(criterion: Plain) -> Callable[[Plain], bool]:
    """A criterion as a test: equal, or with "<>" before it unequal; * and ? stand for any text, ~ takes that away."""
    if not isinstance(criterion, str):
        number = criterion or Decimal(0)
        return lambda value: value == number
    negated = criterion.startswith("<>")
    text = criterion.removeprefix("<>").removeprefix("=") if negated or criterion.startswith("=") else criterion
    if not any(sign in text for sign in "*?~"):
        wanted = text.casefold()
        return lambda value: (_shown(value).casefold() == wanted) != negated
    literal = re.sub(r"~([*?~])|(\[)", lambda found: f"[{found[1] or found[2]}]", text)
    pattern = re.compile(translate(literal.casefold()))
    return lambda value: (pattern.match(_shown(value).casefold()) is not None) != negated


def _same(left: Plain, right: Plain) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        return _shown(left).casefold() == _shown(right).casefold()
    return (left or 0) == (right or 0)


def _shown(value: Plain) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    return value or ""


def _number(value: Operand) -> Decimal:
    found = _single(value)
    if isinstance(found, str):
        raise NotOurs(f"text where a number belongs: {found[:40]!r}")
    return found or Decimal(0)


def _single(value: Operand) -> Plain:
    if isinstance(value, list):
        raise NotOurs("a range where one cell belongs")
    return value


def _many(value: Operand) -> list[Plain]:
    return value if isinstance(value, list) else [value]


def _plain(value: Value) -> Plain:
    if isinstance(value, int):
        return Decimal(value)
    if value is None or isinstance(value, str | Decimal):
        return None if value == "" else value
    return str(value)  # a day; no formula of ours computes with one


def _index(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
