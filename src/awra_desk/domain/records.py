"""Raw records as fetched, and what does not fit its contract."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class derived(Generic[Value]):  # noqa: N801 - a decorator
    """`functools.cached_property` without the lock it takes in Python 3.11, which costs half as much as a digest."""

    def __init__(self, derive: Callable[[Any], Value]) -> None:
        self._derive = derive
        self._name = derive.__name__
        self.__doc__ = derive.__doc__

    @overload
    def __get__(self, record: None, owner: type) -> Self: ...
    @overload
    def __get__(self, record: object, owner: type) -> Value: ...
    def __get__(self, record: object | None, owner: type) -> Self | Value:
        if record is None:
            return self
        value = record.__dict__[self._name] = self._derive(record)
        return value


@dataclass(frozen=True)
class RawRecord:
    """One object of a provider exactly as it was received; append-only, interpreted later.

    Attributes:
        source: connection name; stream: kind of record there; external_id: the provider's id.
        payload: JSON text with the provider's own number literals.
        fetched_at: aware UTC.
    """

    source: str
    stream: str
    external_id: str
    payload: str
    fetched_at: datetime

    @classmethod
    def stored(cls, raw_id: str, *fields: Any) -> Self:
        """One that was stored under its id, which is not derived again; its fields as above."""
        record = cls(*fields)
        record.__dict__["raw_id"] = raw_id
        return record

    @derived
    def digest(self) -> str:
        """SHA-256 of the payload, hex; a new digest for a known external id is a new version of it."""
        return hashlib.sha256(self.payload.encode()).hexdigest()

    @derived
    def raw_id(self) -> str:
        """Derived id of this version."""
        return f"{self.source}/{self.stream}/{self.external_id}@{self.digest[:16]}"


@dataclass(frozen=True, slots=True)
class StreamHeld:
    """What is held of one stream.

    Attributes:
        records: external ids. newest: aware UTC, when the last new version came.
    """

    stream: str
    records: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Reject:
    """A raw record that does not fit its contract; it waits in quarantine while the rest goes on.

    Attributes:
        path: where in the payload, "fee_details[0].amount"; value: what stands there, as text; reason: one sentence
            with the remedy.
    """

    raw_id: str
    source: str
    stream: str
    external_id: str
    contract: str
    path: str
    value: str
    reason: str
