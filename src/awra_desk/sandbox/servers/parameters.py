"""Query parameters by table: what an endpoint takes, and the refusal of everything else.

A table maps a parameter's name to a `Parameter`. The provider's server turns a `ParameterError` into the provider's
own words; tests prove every table against the provider's contract.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto

_NAME = re.compile(r"^([A-Za-z_]+)(?:\[([A-Za-z0-9_]*)\])?$")
_BOUNDS = ("gt", "gte", "lt", "lte")


class Kind(Enum):
    """The form of a parameter's value, and the type `read_parameters` gives it."""

    TEXT = auto()
    INTEGER = auto()
    BOOLEAN = auto()
    CHOICE = auto()
    DATE = auto()
    INSTANT = auto()
    TEXTS = auto()
    RANGE = auto()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared query parameter.

    Attributes:
        kind: TEXT -> str, INTEGER -> int, BOOLEAN -> bool, CHOICE -> str, DATE -> date, INSTANT -> aware datetime,
            TEXTS (`name[]=`) -> tuple of str, RANGE (`name[gte]=` or `name=`) -> dict of bound to int, "eq" for the
            bare form.
        minimum, maximum: inclusive bounds of an INTEGER; for TEXT the greatest length.
        choices: what a CHOICE may be.
        required: whether a request without it is refused.
    """

    kind: Kind
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False


Value = str | int | bool | date | datetime | tuple[str, ...] | dict[str, int]
Table = Mapping[str, Parameter]


class ParameterError(Exception):
    """A parameter that the endpoint does not take as given.

    Attributes:
        name: as the client wrote it.
        problem: "unknown", "missing", "repeated", "integer", "minimum", "maximum", "choice", "boolean", "date",
            "instant" or "length".
        value: as the client wrote it; "" if missing.
    """

    def __init__(self, name: str, problem: str, value: str = "", limit: object = None) -> None:
        self.name = name
        self.problem = problem
        self.value = value
        self.limit = limit
        super().__init__(f"{name}: {problem}")


def read_parameters(table: Table, pairs: Iterable[tuple[str, str]]) -> dict[str, Value]:
    """The values of a request's parameters by name; names that were not sent are absent.

    Raises:
        ParameterError: a name is not in the table, a value does not fit, or a required one is missing.
    """
    found: dict[str, Value] = {}
    for name, text in pairs:
        parts = _NAME.match(name)
        base, key = (parts.group(1), parts.group(2)) if parts else (name, None)
        parameter = table.get(base)
        if parameter is None:
            raise ParameterError(name, "unknown", text)
        if parameter.kind is Kind.TEXTS:
            if key is None:
                raise ParameterError(name, "unknown", text)
            before = found.get(base, ())
            found[base] = (*(before if isinstance(before, tuple) else ()), text)
        elif parameter.kind is Kind.RANGE:
            bounds = found.setdefault(base, {})
            assert isinstance(bounds, dict)
            bounds[_bound(name, key, text)] = _integer(name, text, parameter)
        elif key is not None:
            raise ParameterError(name, "unknown", text)
        elif base in found:
            raise ParameterError(name, "repeated", text)
        else:
            found[base] = _single(name, text, parameter)
    for name, parameter in table.items():
        if parameter.required and name not in found:
            raise ParameterError(name, "missing")
    return found


def _bound(name: str, key: str | None, text: str) -> str:
    if key is None:
        return "eq"
    if key not in _BOUNDS:
        raise ParameterError(name, "unknown", text)
    return key


def _single(name: str, text: str, parameter: Parameter) -> Value:
    match parameter.kind:
        case Kind.INTEGER:
            return _integer(name, text, parameter)
        case Kind.BOOLEAN:
            if text not in ("true", "false"):
                raise ParameterError(name, "boolean", text)
            return text == "true"
        case Kind.DATE:
            try:
                return date.fromisoformat(text)
            except ValueError:
                raise ParameterError(name, "date", text) from None
        case Kind.INSTANT:
            return _instant(name, text)
        case Kind.CHOICE if text not in parameter.choices:
            raise ParameterError(name, "choice", text, parameter.choices)
    if parameter.maximum is not None and len(text) > parameter.maximum:
        raise ParameterError(name, "length", text, parameter.maximum)
    return text


def _integer(name: str, text: str, parameter: Parameter) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ParameterError(name, "integer", text)
    number = int(text)
    if parameter.minimum is not None and number < parameter.minimum:
        raise ParameterError(name, "minimum", text, parameter.minimum)
    if parameter.maximum is not None and number > parameter.maximum:
        raise ParameterError(name, "maximum", text, parameter.maximum)
    return number


def _instant(name: str, text: str) -> datetime:
    """An ISO 8601 instant with an offset; a plain `+` in a query arrives as a space."""
    try:
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise ParameterError(name, "instant", text) from None
    if instant.tzinfo is None:
        raise ParameterError(name, "instant", text)
    return instant
