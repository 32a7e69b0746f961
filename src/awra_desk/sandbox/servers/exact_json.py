"""JSON as the providers write it, without floats: decimals are written digit by digit and read as `Decimal`."""

import json
from decimal import Decimal
from typing import Any


def dumps(value: Any) -> str:
    """Compact JSON text of dicts, lists, str, int, bool, None and Decimal; a Decimal keeps its digits (12.30 stays
    12.30).

    Raises:
        TypeError: a float or another type is inside.
    """
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{dumps(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dumps, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no exact form in JSON")


def loads(text: str | bytes) -> Any:
    """The value of JSON text with every number that has a point or an exponent as `Decimal`.

    Raises:
        ValueError: the text is not JSON, or holds NaN or Infinity.
    """
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
