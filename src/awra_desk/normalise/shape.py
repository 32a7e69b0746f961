"""The shape of a stream's payloads: which fields there are, with which types, which are always there, which words they
hold. Learned from the records themselves; kept as JSON text between runs. Called by `sentinel` alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Self

from awra_desk.normalise.exact_json import Number

OPEN_KEYS = 150
"""An object with more names than this is a table keyed by data (metadata, say): its names are no fields. A charge of
Stripe has 48, and what a balance transaction came from, be it a charge, refund or payout, half as many again."""
OPEN_WORDS = 200
"""A place with more words than this holds data, not words."""

Look = tuple[Any, ...]
"""Names and types of an object's fields, in order."""
_LOOKS = 500  # of one place that are remembered; where more come, they are learned each time

_TYPES = {str: "text", int: "number", Number: "number", bool: "truth", dict: "object", list: "list"}


@dataclass(slots=True)
class Shape:
    """What is known of one place in the payloads.

    Attributes:
        types: names of types, without null. nullable: null or absent was seen. words: texts seen, kept where asked for.
        fields: name -> shape of an object's field. items: shape of a list's elements, one for all.
        looks: of objects seen in this run -> the fields in which another object that looks so may differ.
    """

    types: set[str] = field(default_factory=set)
    nullable: bool = False
    words: set[str] = field(default_factory=set)
    fields: dict[str, Shape] = field(default_factory=dict)
    items: Shape | None = None
    looks: dict[Look, list[tuple[str, Shape]]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """From JSON text; "" gives an empty shape."""
        return cls.of(json.loads(text)) if text else cls()

    def text(self) -> str:
        """As JSON text, the same for equal shapes."""
        return json.dumps(self.plain(), ensure_ascii=False, separators=(",", ":"))

    def plain(self) -> dict[str, Any]:
        """As JSON values, in a fixed order."""
        plain: dict[str, Any] = {"types": sorted(self.types)}
        if self.nullable:
            plain["nullable"] = True
        if self.words:
            plain["words"] = sorted(self.words)
        if self.fields:
            plain["fields"] = {name: shape.plain() for name, shape in sorted(self.fields.items())}
        if self.items is not None:
            plain["items"] = self.items.plain()
        return plain

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """From what `plain` gave."""
        return cls(
            set(plain["types"]),
            plain.get("nullable", False),
            set(plain.get("words", ())),
            {name: cls.of(inner) for name, inner in plain.get("fields", {}).items()},
            cls.of(plain["items"]) if "items" in plain else None,
        )


@dataclass(frozen=True, slots=True)
class News:
    """One thing that was not known: at `path`, `kind` is a `DriftKind`'s value."""

    path: str
    kind: str
    before: str
    now: str


def is_known(shape: Shape, value: Any) -> bool:
    """Whether `learn` would find no news in a value that is not null and learn nothing from it; quick, as it is so for
    nearly every record. False may also be said of one that is known.
    """
    kind = type(value)
    if kind is dict:
        parts = shape.looks.get((*value, *map(type, value.values())))
        if parts is None:
            return False
        for name, inner in parts:  # noqa: SIM110  # a generator would cost as much as all the rest
            if not is_known(inner, value[name]):
                return False
        return True
    if kind is list:
        items = shape.items if "list" in shape.types else None
        return items is not None and all(item is not None and is_known(items, item) for item in value)
    return _TYPES[kind] in shape.types and (kind is not str or not shape.words or value in shape.words)


def learn(shape: Shape, value: Any, worded: Collection[str], path: str = "") -> list[News]:
    """Widen the shape by a value that is not null; what was not known, outermost only: a new object's fields are no
    further news.

    Args:
        worded: paths whose texts are words.
    """
    kind = _TYPES[type(value)]
    news = []
    fresh = kind not in shape.types
    if fresh:
        news.append(News(path, "new_type", ", ".join(sorted(shape.types)), kind))
        shape.types.add(kind)
    if kind == "object":
        news += _learn_object(shape, value, worded, path, fresh=fresh)
        _remember(shape, value, worded, path)
    elif kind == "list":
        news += _learn_list(shape, value, worded, path)
    elif kind == "text" and path in worded and value not in shape.words and len(shape.words) <= OPEN_WORDS:
        news.append(News(path, "new_word", ", ".join(sorted(shape.words)), value))
        shape.words.add(value)
    return news


def _learn_object(
    shape: Shape, value: dict[str, Any], worded: Collection[str], path: str, *, fresh: bool
) -> list[News]:
    """Fresh: no such object was seen before; a field that comes later was absent until then."""
    news: list[News] = []
    for name, inner in value.items():
        known = shape.fields.get(name)
        at = f"{path}.{name}" if path else name
        if known is None:
            if len(shape.fields) > OPEN_KEYS:
                continue
            shape.fields[name] = known = Shape(nullable=not fresh)
            news.append(News(at, "new_field", "", "null" if inner is None else _TYPES[type(inner)]))
        if inner is None:
            news += _learn_null(known, at)
        elif type(inner) is not str or "text" not in known.types or at in worded:  # most are plain texts
            first = not known.types
            news += [] if (found := learn(known, inner, worded, at)) and first else found
    if (
        len(value) < len(shape.fields) <= OPEN_KEYS
    ):  # a field that was always there and is not: the same as null, to a contract
        for name, known in shape.fields.items():
            if name not in value:
                news += _learn_null(known, f"{path}.{name}" if path else name)
    return news


def _remember(shape: Shape, value: dict[str, Any], worded: Collection[str], path: str) -> None:
    """Keep what an object that was learned looks like."""
    if len(shape.looks) >= _LOOKS:
        return
    inner = {name: item for name, item in value.items() if name in shape.fields}
    shape.looks[(*value, *map(type, value.values()))] = [
        (name, shape.fields[name])
        for name, item in inner.items()
        if isinstance(item, dict | list) or (isinstance(item, str) and (f"{path}.{name}" if path else name) in worded)
    ]


def _learn_null(shape: Shape, path: str) -> list[News]:
    if shape.nullable:
        return []
    shape.nullable = True
    return [News(path, "now_null", ", ".join(sorted(shape.types)), "null")] if shape.types else []


def _learn_list(shape: Shape, value: list[Any], worded: Collection[str], path: str) -> list[News]:
    news: list[News] = []
    shape.items = shape.items or Shape()
    for item in value:
        if item is None:
            shape.items.nullable = True
            continue
        first = not shape.items.types  # the first element ever seen shows what elements are; that is no change
        found = learn(shape.items, item, worded, f"{path}[]")
        news += [] if first else found
    return news
