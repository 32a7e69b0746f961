"""The form of a stream's payloads: a parser made from their shape, which takes the texts that bring no news and no
others.

Nearly every payload looks like some before it. The parser checks that while it reads, in a third of the time that
reading first and looking afterwards takes. Called by `sentinel` alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, NotRequired, TypedDict, Union

from msgspec import Meta

from awra_desk.normalise.exact_json import WHOLE, Decimal64, Number, Reader
from awra_desk.normalise.shape import OPEN_KEYS, OPEN_WORDS, Shape

_NO_ITEMS = Annotated[list[Any], Meta(max_length=0)]


def form_of(shape: Shape, worded: Collection[str]) -> Reader | None:
    """Reads those texts in which `learn` would find no news and from which it would learn nothing, and may leave some
    of them too; None where the shape has names or words that no text can have.

    Args:
        worded: as of `learn`.
    """
    try:
        return Reader(_type(shape, worded, "", nullable=False), bounded=not _has_open(shape))
    except UnicodeEncodeError:  # half a surrogate pair, which the parser does not refuse by itself
        return None


def _type(
    shape: Shape, worded: Collection[str], path: str, seen: Collection[type] = (Number,), *, nullable: bool
) -> Any:
    """The place's type as the parser has it.

    Args:
        seen: Python types of what stood there in this run.
    """
    types: list[Any] = []
    if "text" in shape.types:
        types += _texts(shape, worded, path)
    if "number" in shape.types:
        # The parser takes decimals only where no other type but null may stand.
        types.append(Decimal64 if Number in seen and shape.types == {"number"} else WHOLE)
    if "truth" in shape.types:
        types.append(bool)
    if "object" in shape.types:
        types.append(_object(shape, worded, path))
    if "list" in shape.types:
        types.append(_list(shape.items, worded, f"{path}[]"))
    if nullable or not types:
        types.append(None)
    return Union[tuple(types)]  # noqa: UP007 - of as many as there are


def _texts(shape: Shape, worded: Collection[str], path: str) -> list[Any]:
    if path not in worded or len(shape.words) > OPEN_WORDS:
        return [str]
    for word in shape.words:
        word.encode()
    return [Literal[tuple(sorted(shape.words))]] if shape.words else []


def _object(shape: Shape, worded: Collection[str], path: str) -> Any:
    seen = _seen(shape)
    is_open = len(shape.fields) > OPEN_KEYS
    fields: dict[str, Any] = dict.fromkeys(seen, NotRequired[Any]) if is_open else {}
    for name, inner in shape.fields.items():
        place = f"{path}.{name}" if path else name
        name.encode()
        kind = _type(inner, worded, place, seen.get(name, ()), nullable=inner.nullable)
        fields[name] = NotRequired[kind] if inner.nullable or is_open else kind
    made: Any = TypedDict
    return made("Form", fields)


def _list(items: Shape | None, worded: Collection[str], path: str) -> Any:
    if items is None or not (items.types or items.nullable):
        return _NO_ITEMS
    kind: Any = list
    return kind[_type(items, worded, path, nullable=items.nullable)]


def _seen(shape: Shape) -> Mapping[str, set[type]]:
    """Name -> Python types, of the objects that stood here in this run."""
    seen: dict[str, set[type]] = defaultdict(set)
    for look in shape.looks:
        half = len(look) // 2
        for name, kind in zip(look[:half], look[half:], strict=True):
            seen[name].add(kind)
    return seen


def _has_open(shape: Shape) -> bool:
    inner = [*shape.fields.values(), *([shape.items] if shape.items else [])]
    return len(shape.fields) > OPEN_KEYS or any(map(_has_open, inner))
