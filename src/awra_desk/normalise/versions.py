"""Several versions of one provider's contract, each in force for its own span.

The first reads from the beginning, every later one the records from its `effective_from` on, until the next one's. A
record's day is what the later version's stream calls `dated`; a record in which it finds no day has the form of the
version before. A record that states the provider's interface version is read by the contract that lists it, whatever
its day. A version that has no such stream says nothing about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from awra_desk.domain.dates import booking_day
from awra_desk.domain.drift import Drift
from awra_desk.domain.errors import UsageError
from awra_desk.domain.records import RawRecord
from awra_desk.normalise.contract import Contract
from awra_desk.normalise.exact_json import JsonRefused, loads_stored
from awra_desk.normalise.fields import Misfit, Scope
from awra_desk.normalise.interpret import Normalised, Read, interpret
from awra_desk.normalise.sentinel import Sentinel
from awra_desk.ports.columns import concat


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one contract, the first from the beginning; made by `versions_of`."""

    contracts: tuple[Contract, ...]

    @property
    def version(self) -> str:
        """What decides whether a record must be read again: the only version's own, else the latest's name with a
        digest over all.
        """
        if len(self.contracts) == 1:
            return self.contracts[0].version
        digests = "".join(contract.digest for contract in self.contracts)
        return f"{self.contracts[-1].name}@{hashlib.sha256(digests.encode()).hexdigest()[:12]}"

    def of(self, record: RawRecord, payload: Any, zone: str) -> Contract:
        """The version in force for a record.

        Args:
            payload: the record's, as read. zone: IANA zone of the connection's booking days.
        """
        knowing = [contract for contract in self.contracts if record.stream in contract.streams]
        scope = Scope(payload)
        for contract in knowing:
            if contract.api_version is not None and contract.api_version.holds(scope):
                return contract
        for contract in reversed(knowing[1:]):
            day = _day(contract, record.stream, scope, zone)
            if day is not None and contract.effective_from is not None and day >= contract.effective_from:
                return contract
        return (knowing or self.contracts)[0]

    def interpret(
        self, records: Sequence[RawRecord], *, company: str, zone: str, read: Read | None = None
    ) -> Normalised:
        """As `interpret.interpret`, each record by the version in force for it; versions one after the other."""
        found = [
            interpret(contract, part, company=company, zone=zone, read=read)
            for contract, part in self._parts(records, zone)
        ]
        if len(found) == 1:
            return found[0]
        rejects = [reject for each in found for reject in each.rejects]
        evidence = tuple(raw_id for each in found for raw_id in each.evidence)
        return Normalised(concat([each.table for each in found]), rejects, evidence)

    def sentinel(self, zone: str, known: Mapping[str, str], now: datetime) -> Sentinel | VersionsSentinel:
        """Who watches the records of a source for what is new; arguments as of `VersionsSentinel`."""
        several = len(self.contracts) > 1
        return VersionsSentinel(self, zone, known, now) if several else Sentinel(self.contracts[0], known, now)

    def _parts(self, records: Sequence[RawRecord], zone: str) -> list[tuple[Contract, Sequence[RawRecord]]]:
        if len(self.contracts) == 1:
            return [(self.contracts[0], records)]
        parts: dict[str, list[RawRecord]] = {contract.name: [] for contract in self.contracts}
        for record in records:
            parts[self.of(record, _payload(record), zone).name].append(record)
        return [(contract, parts[contract.name]) for contract in self.contracts]


class VersionsSentinel:
    """The drift sentinel of several versions: what one of them reads has a shape of its own.

    So the day on which the next version comes into force is no drift, and a record of the old form afterwards is.

    Args:
        zone: IANA zone of the connection's booking days. known: as `shapes` gave it. now: aware UTC, when these records
            are interpreted.
    """

    def __init__(self, versions: Versions, zone: str, known: Mapping[str, str], now: datetime) -> None:
        self._versions = versions
        self._zone = zone
        self._marks = {
            contract.name: f"@{contract.name}" if place else "" for place, contract in enumerate(versions.contracts)
        }
        self._each = {
            contract.name: Sentinel(contract, _own(known, contract, self._marks[contract.name]), now)
            for contract in versions.contracts
        }

    def read(self, record: RawRecord) -> Any:
        """As `Sentinel.read`."""
        payload = loads_stored(record.payload)
        self._each[self._versions.of(record, payload, self._zone).name].watch(record, payload)
        return payload

    def told(self) -> list[Drift]:
        """What was new, version by version."""
        return [drift for sentinel in self._each.values() for drift in sentinel.told()]

    def shapes(self) -> dict[str, str]:
        """Stream, from the second version on with "@" and the version's name -> its shape now, as text."""
        return {
            f"{stream}{self._marks[name]}": shape
            for name, sentinel in self._each.items()
            for stream, shape in sentinel.shapes().items()
        }


def versions_of(contracts: Sequence[Contract]) -> Versions:
    """The versions of one contract, in the order in which they come into force.

    Raises:
        UsageError: the first has an `effective_from`, a later one has none or not a later one, two have one name, or
            two read the same interface version.
    """
    first, later = contracts[0], contracts[1:]
    if first.effective_from is not None:
        raise _wrong(first, "is the first version, which is in force from the beginning", "Take effective_from out.")
    before = date.min
    for contract in later:
        if contract.effective_from is None or contract.effective_from <= before:
            raise _wrong(
                contract, "does not say from which later day on it is in force", "Give it an effective_from after that "
                "of the version before it.",
            )  # fmt: skip
        before = contract.effective_from
    names = [contract.name for contract in contracts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError("two versions have this name", record=twice[0], remedy="Give each file its own version.")
    for place, contract in enumerate(contracts):
        for other in contracts[:place]:
            if both := sorted(_stated(contract) & _stated(other)):
                words = f"reads interface version {both[0]}, as {other.name} does"
                raise _wrong(contract, words, "Leave it to one of them.")
    return Versions(tuple(contracts))


def _stated(contract: Contract) -> set[str]:
    stated = contract.api_version
    return set() if stated is None or stated.among is None else {f"{word} in {stated.path}" for word in stated.among}


def _own(known: Mapping[str, str], contract: Contract, mark: str) -> dict[str, str]:
    """What is known of the streams as this version reads them."""
    return {stream: known[stream + mark] for stream in contract.streams if stream + mark in known}


def _day(contract: Contract, stream: str, scope: Scope, zone: str) -> date | None:
    """The record's day as this version reads it; None where it cannot, or has no say."""
    dated = contract.streams[stream].dated
    try:
        return None if dated is None else booking_day(dated.instant(scope, zone), zone)
    except Misfit:
        return None


def _payload(record: RawRecord) -> Any:
    """None for what is no JSON: the first version says so."""
    try:
        return loads_stored(record.payload)
    except JsonRefused:
        return None


def _wrong(contract: Contract, words: str, remedy: str) -> UsageError:
    return UsageError(words, record=contract.name, remedy=remedy)
