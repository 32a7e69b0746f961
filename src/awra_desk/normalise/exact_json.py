"""Strict JSON in which a number stays what the provider wrote.

The standard library reads NaN, takes the last of two equal keys, turns 1e400 into infinity and 1.10 into a binary
float. Providers' money
comes through here instead: whole numbers as `int`, others as `Number` (an exact Decimal that remembers its literal), so
that `dumps(loads(text))` keeps every digit. Called by connectors and by the contract interpreter; knows nothing of
either.
"""

from __future__ import annotations

import json
import re
from abc import ABC
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Annotated, Any, Self

import msgspec

MAX_DEPTH = 64
MAX_DIGITS = 400
"""Digits of one number, and the largest power of ten it may stand for; beyond it there is no money, only an attack."""

_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_QUOTED = re.compile(rb'"[^"]*"')
_WORDS = {None: "null", True: "true", False: "false"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_STRIDE = 40
_LONG = re.compile(f"[0-9]{{{MAX_DIGITS // _STRIDE}}}")
"""What every fortieth character of a text shows where it has more than `MAX_DIGITS` digits in a row."""


class JsonRefused(ValueError):
    """The text is not JSON as we accept it; the message says where and why."""


class Number(Decimal):
    """An exact JSON number that keeps its literal.

    Attributes:
        literal: as the provider wrote it ("1.10", "2E3").
    """

    literal: str

    def __new__(cls, literal: str) -> Self:
        """Read the literal exactly.

        Raises:
            JsonRefused: too long, or too large or small to be an amount.
        """
        if len(literal) > MAX_DIGITS:
            raise JsonRefused(f"a number of {len(literal)} characters")
        try:
            number = super().__new__(cls, literal)
        except InvalidOperation:
            raise JsonRefused(f"number {literal} is beyond reading") from None
        if number and abs(number.adjusted()) >= MAX_DIGITS:
            raise JsonRefused(f"number {literal} is beyond reading")
        number.literal = literal
        return number


WHOLE = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""Type of whole numbers, for a `Reader`."""


class Decimal64(ABC):  # noqa: B024 - what belongs to it is registered
    """Type of numbers, for a `Reader`: any `Number`, and whole ones of 64 bits."""


Decimal64.register(int)
Decimal64.register(Number)


def loads(text: str) -> Any:
    """The value of a JSON text: dict, list, str, int, `Number`, bool or None.

    Raises:
        JsonRefused: malformed or cut off, NaN or Infinity, a key twice in one object, nested deeper than `MAX_DEPTH`,
            or an absurd number.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise JsonRefused(f"nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        where = f"line {error.lineno} column {error.colno}"
        raise JsonRefused(f"{'cut off' if cut else 'malformed'} at {where}: {error.msg}") from None
    if _too_deep(text):
        raise JsonRefused(f"nested deeper than {MAX_DEPTH} levels")
    return value


class Reader:
    """Reads texts that are as `dumps` writes them, and leaves others.

    A quicker parser reads them, one that keeps the last of two equal keys and drops the sign of -0. So what was read is
    written again: where that gives the same text, nothing was lost.

    Args:
        kind: type of the values it takes, as msgspec has types. bounded: nothing of that type can be nested too deep or
            have too many digits.
    """

    def __init__(self, kind: Any = Any, *, bounded: bool = False) -> None:
        self._decode = msgspec.json.Decoder(kind, float_hook=Number, dec_hook=_numeric).decode
        self._bounded = bounded

    def read(self, text: str) -> Any:
        """The value, as `loads` gives it; None where the text is left to that (or is null)."""
        if not self._bounded and (_too_deep(text) or _LONG.search(text[::_STRIDE])):
            return None
        try:
            value = self._decode(text)
            return value if _WRITTEN(value) == text.encode() else None
        except (msgspec.MsgspecError, UnicodeEncodeError):
            return None


def loads_stored(text: str) -> Any:
    """`loads`, in half its time where the text is as `dumps` writes it, which what is stored nearly always is.

    Raises:
        JsonRefused: as of `loads`.
    """
    value = _ANY.read(text)
    return loads(text) if value is None else value


def dumps(value: Any) -> str:
    """Compact JSON text of such a value; keys in the order they came, numbers by their literals.

    Raises:
        TypeError: a value that JSON has no word for; a float is one, because it is not exact.
    """
    text = _text(value, encode_basestring)
    # Half a surrogate pair is legal JSON when escaped, and cannot be encoded otherwise.
    return _text(value, encode_basestring_ascii) if _SURROGATE.search(text) else text


def _text(value: Any, quoted: Callable[[str], str]) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{quoted(key)}:{_text(item, quoted)}" for key, item in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(item, quoted) for item in value]) + "]"
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, Number):
        return value.literal
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no exact JSON form")


def _too_deep(text: str) -> bool:
    """Whether balanced brackets nest too deep; by whole passes, as a loop over a page costs more than reading it."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    plain = text.encode(errors="replace").replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = _QUOTED.sub(b"", plain.translate(_AS_SQUARE, _NO_BRACKETS))
    for _ in range(MAX_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _integer(literal: str) -> int | Number:
    if literal == "-0":
        return Number(literal)
    if len(literal) > MAX_DIGITS:
        raise JsonRefused(f"a number of {len(literal)} characters")
    return int(literal)


def _numeric(_: type, value: Any) -> Any:
    """What a `Decimal64` may be."""
    if type(value) is Number or (type(value) is int and -(2**63) <= value < 2**63):
        return value
    raise ValueError("no number")


def _constant(literal: str) -> Any:
    raise JsonRefused(f"{literal} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise JsonRefused(f"key {_twice(pairs)!r} stands twice in one object")
    return value


def _twice(pairs: list[tuple[str, Any]]) -> str:
    """The first key that comes again; there is one."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return key
        seen.add(key)
    raise ValueError("no key comes twice")


_DECODER = json.JSONDecoder(
    parse_float=Number, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object, strict=True
)
_WRITTEN = msgspec.json.Encoder(enc_hook=lambda number: msgspec.Raw(number.literal.encode())).encode
_ANY = Reader()
