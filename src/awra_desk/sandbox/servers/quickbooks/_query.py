"""QuickBooks' query language: parses a statement, and runs it over JSON objects.

`select * | count(*) | property, ... from Entity [where property operator value and ...] [orderby property [asc |
desc], ...] [startposition n] [maxresults n]`; operators =, <, >, <=, >=, like (with %), in. There is no `or`, no
join, no negation.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from awra_desk.sandbox.servers.quickbooks._faults import query_error
from awra_desk.sandbox.servers.quickbooks._times import read_instant

MAX_RESULTS = 1000
DEFAULT_RESULTS = 100

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)"""
    r"""|(?P<sign><=|>=|[=<>*(),]))"""
)
_OPERATORS = ("=", "<", ">", "<=", ">=", "like", "in")


@dataclass(frozen=True, slots=True)
class Condition:
    """`name operator values`; only `in` has more than one value. Values are text as written, without quotes."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement.

    Attributes:
        columns: () for `*`.
        count: whether `count(*)` was asked for.
        order: property and whether descending.
        start: position of the first row, from 1.
        limit: most rows to give.
    """

    entity: str
    columns: tuple[str, ...] = ()
    count: bool = False
    where: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    start: int = 1
    limit: int = DEFAULT_RESULTS


def parse(text: str) -> Statement:
    """The statement's meaning.

    Raises:
        Refusal: 4000 with the place where parsing stopped, 4001 for a number out of range.
    """
    return _Parser(text).statement()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str, int]] = []
        self._next = 0
        position, text = 0, text.rstrip().rstrip(";")
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise query_error(f"Lexical error at line 1, column {position + 1}.", parsing=True)
            self._tokens.append((match.lastgroup, match.group(match.lastgroup), match.start(match.lastgroup)))
            position = match.end()

    def statement(self) -> Statement:
        self._expect("select")
        columns, count = self._columns()
        self._expect("from")
        entity = self._take("word")
        where: list[Condition] = []
        if self._accept("where"):
            where.append(self._condition())
            while self._accept("and"):
                where.append(self._condition())
        order = self._order()
        start = self._number("startposition", 1, None) or 1
        limit = self._number("maxresults", 1, MAX_RESULTS) or DEFAULT_RESULTS
        if self._next < len(self._tokens):
            raise self._unexpected()
        return Statement(entity, columns, count, tuple(where), order, start, limit)

    def _columns(self) -> tuple[tuple[str, ...], bool]:
        if self._accept("*"):
            return (), False
        if self._accept("count"):
            for sign in ("(", "*", ")"):
                self._expect(sign)
            return (), True
        columns = [self._take("word")]
        while self._accept(","):
            columns.append(self._take("word"))
        return tuple(columns), False

    def _condition(self) -> Condition:
        name = self._take("word")
        operator = next((sign for sign in _OPERATORS if self._accept(sign)), None)
        if operator is None:
            raise self._unexpected()
        if operator != "in":
            return Condition(name, operator, (self._value(),))
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return Condition(name, operator, tuple(values))

    def _order(self) -> tuple[tuple[str, bool], ...]:
        if self._accept("order"):
            self._expect("by")
        elif not self._accept("orderby"):
            return ()
        order = []
        while True:
            name = self._take("word")
            descending = self._accept("desc")
            if not descending:
                self._accept("asc")
            order.append((name, descending))
            if not self._accept(","):
                return tuple(order)

    def _number(self, word: str, least: int, most: int | None) -> int | None:
        if not self._accept(word):
            return None
        text = self._take("number")
        if not text.isdigit() or int(text) < least or (most is not None and int(text) > most):
            bounds = f"at least {least}" + (f" and at most {most}" if most else "")
            raise query_error(f"{word} must be a whole number of {bounds}, not {text}", parsing=False)
        return int(text)

    def _value(self) -> str:
        kind, text, _ = self._peek()
        if kind == "text":
            self._next += 1
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "number" or text.lower() in ("true", "false"):
            self._next += 1
            return text.lower()
        raise self._unexpected()

    def _peek(self) -> tuple[str, str, int]:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("end", "<EOF>", 0)

    def _accept(self, word: str) -> bool:
        kind, text, _ = self._peek()
        found = kind in ("word", "sign") and text.lower() == word
        self._next += found
        return found

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected(f'"{word}"')

    def _take(self, kind: str) -> str:
        found, text, _ = self._peek()
        if found != kind:
            raise self._unexpected(f"<{kind}>")
        self._next += 1
        return text

    def _unexpected(self, wanted: str = "") -> Exception:
        _, text, place = self._peek()
        detail = f'Encountered "{text}" at line 1, column {place + 1}.' + (
            f" Was expecting: {wanted}" if wanted else ""
        )
        return query_error(detail, parsing=True)


def run(
    statement: Statement, rows: Iterable[Mapping[str, Any]], properties: frozenset[str]
) -> tuple[list[Mapping[str, Any]], int]:
    """The page of rows a statement asks for, and how many rows there are in all.

    Args:
        statement: what to find.
        rows: the entity's objects in the order they have without `orderby`.
        properties: dotted names that conditions and order may use.

    Raises:
        Refusal: 4001, a property is not among them.
    """
    for name in (*(condition.name for condition in statement.where), *(name for name, _ in statement.order)):
        if name not in properties:
            raise query_error(f"Property {name} not found for Entity {statement.entity}", parsing=False)
    tests = [_test(condition) for condition in statement.where]
    found = [row for row in rows if all(test(row) for test in tests)]
    for name, descending in reversed(statement.order):
        found.sort(key=lambda row, name=name: _sort_key(name, row), reverse=descending)  # type: ignore[misc]
    page = found[statement.start - 1 : statement.start - 1 + statement.limit]
    return [_cut(row, statement.columns) for row in page], len(found)


def _cut(row: Mapping[str, Any], columns: Sequence[str]) -> Mapping[str, Any]:
    """The row with the properties asked for; like the provider's, a part says that it is sparse."""
    if not columns:
        return row
    tops = dict.fromkeys(column.partition(".")[0] for column in columns)
    return {"domain": row["domain"], "sparse": True, **{top: row[top] for top in tops if top in row}}


def _test(condition: Condition) -> Callable[[Mapping[str, Any]], bool]:
    name = condition.name
    if condition.operator == "like":
        parts = (re.escape(part) for part in condition.values[0].split("%"))
        pattern = re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)
        return lambda row: pattern.fullmatch(str(_property(row, name) or "")) is not None
    wanted = [_comparable(name, value) for value in condition.values]
    compare: dict[str, Callable[[Any], bool]] = {
        "=": lambda value: value == wanted[0],
        "in": lambda value: value in wanted,
        "<": lambda value: value < wanted[0],
        ">": lambda value: value > wanted[0],
        "<=": lambda value: value <= wanted[0],
        ">=": lambda value: value >= wanted[0],
    }
    test = compare[condition.operator]
    return lambda row: _property(row, name) is not None and test(_comparable(name, _property(row, name)))


def _sort_key(name: str, row: Mapping[str, Any]) -> tuple[bool, Any]:
    value = _property(row, name)
    return (value is not None, None if value is None else _comparable(name, value))


def _property(row: Mapping[str, Any], name: str) -> Any:
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _comparable(name: str, value: Any) -> Any:
    """The value in the property's own order: numbers as numbers, instants as instants, words without case."""
    text = str(value)
    if name in ("Id", "SyncToken", "TotalAmt", "CurrentBalance"):
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise query_error(f"{text} is not a value of {name}", parsing=False)
        return Decimal(text)
    if name.startswith("MetaData."):
        try:
            return read_instant(text)
        except ValueError:
            raise query_error(f"{text} is not a value of {name}", parsing=False) from None
    return text.lower()
