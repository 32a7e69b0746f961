"""Scripted trouble: which call goes wrong and how, and which rows come late or change.

A `FaultPlan` decides by counting calls, never by chance or clock, so a test or a demo repeats exactly. The HTTP base
asks it once per call; the providers ask `RowFaults` for what a list shows. Both are safe to use from several threads.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class FaultKind(StrEnum):
    """What happens to one call.

    ANSWER: the provider's own error answer with `status` (429 and 503 with `retry_after`; QuickBooks also knows a
    fault in a 200).
    CUT: the connection is closed without an answer. SILENCE: no answer for `seconds`, then the connection is closed.
    DELAY: the right answer after `seconds`. TRUNCATE: half of the body although the header announces all.
    BROKEN_JSON: half of the body, announced as such.
    REPLAY: the previous answer of the same rule again, such as a page twice.
    """

    ANSWER = "answer"
    CUT = "cut"
    SILENCE = "silence"
    DELAY = "delay"
    TRUNCATE = "truncate"
    BROKEN_JSON = "broken_json"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble with its details.

    Attributes:
        kind: see `FaultKind`.
        status: HTTP status of an ANSWER.
        retry_after: the Retry-After header's text, as odd as wished; "" sends none.
        seconds: length of a SILENCE or DELAY.
        acts: whether the server does what was asked before the trouble begins (an answer lost after the server
            acted). TRUNCATE, BROKEN_JSON and DELAY always act; REPLAY never does.
    """

    kind: FaultKind
    status: int = 500
    retry_after: str = ""
    seconds: float = 30.0
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a fault strikes.

    Attributes:
        path: shell pattern of the path without query, e.g. "/v1/payouts" or "/v3/company/*/query".
        fault: what happens.
        nth: the first call it strikes, counted from 1 among the calls that this rule matches.
        times: how many calls from then on.
        method: "GET", "POST" or "*".
        query: text that must occur in the decoded query string or body; "" asks for nothing.
    """

    path: str
    fault: Fault
    nth: int = 1
    times: int = 1
    method: str = "*"
    query: str = ""

    def matches(self, method: str, path: str, query: str) -> bool:
        """Whether the rule looks at this call at all."""
        return self.method in ("*", method) and fnmatchcase(path, self.path) and self.query in query

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Rule":
        """The rule of a flat JSON object whose keys are the attributes of `Rule` and `Fault`, `kind` and `path` being
        required.

        Raises:
            ValueError: a key is unknown or missing, or the kind is unknown.
        """
        place = {key: document[key] for key in ("nth", "times", "method", "query") if key in document}
        detail = {key: document[key] for key in ("status", "retry_after", "seconds", "acts") if key in document}
        unknown = set(document) - set(place) - set(detail) - {"kind", "path"}
        if unknown or "kind" not in document or "path" not in document:
            raise ValueError(
                f"a fault needs kind and path, and does not take: {', '.join(sorted(unknown)) or 'nothing else'}"
            )
        return cls(path=str(document["path"]), fault=Fault(FaultKind(document["kind"]), **detail), **place)


@dataclass(slots=True)
class FaultPlan:
    """The rules in force, with their counts."""

    rules: Sequence[Rule] = ()
    _counts: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *rules: Rule) -> None:
        """Puts further rules in force; they count from now."""
        with self._lock:
            self.rules = [*self.rules, *rules]

    def clear(self) -> None:
        """Ends all trouble on calls."""
        with self._lock:
            self.rules = []
            self._counts.clear()

    def next_fault(self, method: str, path: str, query: str) -> tuple[Fault | None, tuple[int, ...]]:
        """The fault that strikes this call (the first rule's that is due), and the numbers of all rules that match
        it.
        """
        with self._lock:
            matching = tuple(number for number, rule in enumerate(self.rules) if rule.matches(method, path, query))
            struck: Fault | None = None
            for number in matching:
                count = self._counts[number] = self._counts.get(number, 0) + 1
                rule = self.rules[number]
                if struck is None and rule.nth <= count < rule.nth + rule.times:
                    struck = rule.fault
            return struck, matching


@dataclass(slots=True)
class _Withheld:
    ids: frozenset[str]
    calls_left: int | None


@dataclass(slots=True)
class RowFaults:
    """Rows that appear late, and rows that change after they were first served."""

    _withheld: dict[str, list[_Withheld]] = field(default_factory=dict)
    _changes: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _served: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def withhold(self, resource: str, ids: Iterable[str], *, calls: int | None = None) -> None:
        """Hides rows from lists and single reads until `calls` further lists of the resource were answered; None:
        until `release`.
        """
        with self._lock:
            self._withheld.setdefault(resource, []).append(_Withheld(frozenset(ids), calls))

    def release(self) -> None:
        """Shows every withheld row from now on."""
        with self._lock:
            self._withheld.clear()

    def mutate(self, resource: str, identity: str, changes: Mapping[str, Any]) -> None:
        """Lets one object change: from its second serving on, top-level fields have these values."""
        with self._lock:
            self._changes[resource, identity] = dict(changes)

    def hidden(self, resource: str) -> frozenset[str]:
        """The ids that the resource does not show now."""
        with self._lock:
            return frozenset().union(*(entry.ids for entry in self._withheld.get(resource, ())))

    def list_answered(self, resource: str) -> None:
        """Counts one answered list of the resource."""
        with self._lock:
            for entry in self._withheld.get(resource, []):
                if entry.calls_left is not None:
                    entry.calls_left -= 1
            left = [entry for entry in self._withheld.get(resource, []) if entry.calls_left != 0]
            self._withheld[resource] = left

    def served(self, resource: str, identity: str, row: dict[str, Any]) -> dict[str, Any]:
        """The row as it is to be served now, with its change if it was served before."""
        if not self._changes:
            return row
        with self._lock:
            place = (resource, identity)
            changes = self._changes.get(place) if place in self._served else None
            if place in self._changes:
                self._served.add(place)
            return row | changes if changes else row
