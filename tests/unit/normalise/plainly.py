"""The contract's meaning record by record, value by value: the oracle of `test_batches`. No production code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np

from awra_desk import normalise
from awra_desk.domain.dates import booking_day
from awra_desk.domain.money import InvalidAmount, exponent, to_people
from awra_desk.domain.records import RawRecord, Reject
from awra_desk.domain.transactions import SIGN, Kind, record_id
from awra_desk.normalise.contract import Check, Contract, Dimension, KindRule, Leg, Stream
from awra_desk.normalise.exact_json import JsonRefused, loads
from awra_desk.normalise.fields import Amount, Misfit, Scope, Template, elements, first_texts, texts
from awra_desk.ports.columns import Table, table
from awra_desk.ports.schemas import TRANSACTIONS

Row = dict[str, Any]


@dataclass
class Normalised:
    table: Table
    rejects: list[Reject]
    evidence: tuple[str, ...]


def interpret(
    contract: Contract,
    records: Sequence[RawRecord],
    *,
    company: str,
    zone: str,
    watch: Callable[[RawRecord, Any], None] | None = None,
) -> Normalised:
    rows: list[Row] = []
    rejects: list[Reject] = []
    evidence: list[str] = []
    for record in records:
        raw_id = record.raw_id
        try:
            found = _rows(contract, record, zone, watch)
        except Misfit as misfit:
            rejects.append(_reject(contract, record, raw_id, misfit))
            continue
        for row in found:
            row |= {"company": company, "source": record.source, "stream": record.stream, "raw_id": raw_id}
        rows += found
        if not found:
            evidence.append(raw_id)
    columns = {name: [row[name] for row in rows] for name in TRANSACTIONS}
    return Normalised(table(TRANSACTIONS, columns), rejects, tuple(evidence))


def _reject(contract: Contract, record: RawRecord, raw_id: str, misfit: Misfit) -> Reject:
    return Reject(
        raw_id=raw_id,
        source=record.source,
        stream=record.stream,
        external_id=record.external_id,
        contract=contract.version,
        path=misfit.path,
        value=misfit.value,
        reason=misfit.reason,
    )


def _rows(
    contract: Contract, record: RawRecord, zone: str, watch: Callable[[RawRecord, Any], None] | None
) -> list[Row]:
    """The record's transactions; none if it is evidence only. Raises Misfit."""
    stream = contract.streams.get(record.stream)
    if stream is None:
        known = ", ".join(sorted(contract.streams))
        raise Misfit("", record.stream, f"Contract {contract.name} knows no such stream, only {known}.")
    if stream.evidence:
        return []
    try:
        payload = loads(record.payload)
    except JsonRefused as error:
        raise Misfit("", record.payload, f"The payload is not sound JSON ({error}). Pull the record again.") from None
    if watch is not None:
        watch(record, payload)
    scope = Scope(payload)
    if stream.gone and all(condition.holds(scope) for condition in stream.gone):
        return []
    _check(contract, stream, scope)
    rows = [
        row
        for leg in stream.legs
        for part in (elements(scope, leg.each) if leg.each else (scope,))
        if all(condition.holds(part) for condition in leg.when)
        for row in _leg_rows(contract, leg, part, zone)
    ]
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row["external_id"]] += 1
        row["occurrence"] = seen[row["external_id"]]
        row["id"] = record_id(record.source, record.stream, row["external_id"], row["occurrence"])
    return rows


def _check(contract: Contract, stream: Stream, scope: Scope) -> None:
    """Raises Misfit when the record contradicts itself."""
    named = [(path, text.upper()) for path in stream.one_currency for text in texts(scope, path)]
    for path, code in named:
        if code != named[0][1]:
            raise Misfit(
                path, code, f"The record is in {named[0][1]}, and this part of it is not. Correct it at its source."
            )
    for check in stream.checks:
        gap = _gap(contract, check, scope)
        if gap:
            currency = _currency(check.currency, scope)
            raise Misfit(
                check.terms[0].path, to_people(gap, currency), f"{check.name} does not hold. Report it to the provider."
            )


def _gap(contract: Contract, check: Check, scope: Scope) -> int:
    currency = _currency(check.currency, scope)
    return sum(term.read(scope, currency, contract.exponents) for term in check.terms)


def _leg_rows(contract: Contract, leg: Leg, scope: Scope, zone: str) -> list[Row]:
    """The leg's transaction, in a list; an empty one when its amount is zero."""
    currency = _currency(leg.currency, scope)
    minor = leg.amount.read(scope, currency, contract.exponents)
    if minor == 0:
        return []
    occurred_at = leg.occurred_at.instant(scope, zone)
    return [
        {
            "external_id": leg.external_id.required(scope),
            "kind": _kind(leg.kind, scope, minor, leg.amount.path).value,
            "occurred_at": occurred_at,
            "booking_date": _booking_date(leg, scope, occurred_at, zone),
            **_amounts(contract, leg, scope, currency, minor),
            "fee": _optional(contract, leg.fee, scope, currency, 0),
            "tax": _optional(contract, leg.tax, scope, currency, 0),
            "net": _optional(contract, leg.net, scope, currency, minor),
            "fx_rate": leg.fx_rate.text(scope),
            "batch": leg.batch.text(scope),
            "references": "\n".join(_references(leg, scope)),
            "counterparty": leg.counterparty.text(scope),
            "description": leg.description.text(scope),
            "account": leg.account.required(scope),
            "dimensions": _dimensions(leg.dimensions, scope),
            "status": leg.status.text(scope),
            "contract": contract.version,
        }
    ]


def _amounts(contract: Contract, leg: Leg, scope: Scope, currency: str, minor: int) -> Row:
    """The three amounts: as transacted, as settled, in the books' currency."""
    amounts: Row = {"amount": minor, "currency": currency}
    amounts |= {"settlement_amount": minor, "settlement_currency": currency} if leg.settles else _absent("settlement")
    if leg.original is not None:
        wire, code = leg.original[0], leg.original[1].text(scope).upper()
        if code and code != currency:
            _known(code, leg.original[1])
            magnitude = abs(wire.read(scope, code, contract.exponents))
            amounts |= {"amount": magnitude if minor > 0 else -magnitude, "currency": code}
    home = leg.home.text(scope).upper()
    return amounts | ({"book_amount": minor, "book_currency": home} if home == currency else _absent("book"))


def _absent(name: str) -> Row:
    return {f"{name}_amount": 0, f"{name}_currency": ""}


def _optional(contract: Contract, amount: Amount | None, scope: Scope, currency: str, default: int) -> int:
    return default if amount is None else amount.read(scope, currency, contract.exponents)


def _currency(template: Template, scope: Scope) -> str:
    code = template.required(scope).upper()
    _known(code, template)
    return code


def _known(code: str, template: Template) -> None:
    try:
        exponent(code)
    except InvalidAmount as error:
        path = next((part[0] for part in template.parts if not isinstance(part, str)), "")
        raise Misfit(path, code, error.text) from None


def _kind(rule: KindRule, scope: Scope, minor: int, path: str) -> Kind:
    if rule.kinds is None:
        kind = Kind(rule.of.text(scope))
    else:
        word = rule.of.required(scope)
        place = next((part[0] for part in rule.of.parts if not isinstance(part, str)), "")
        if word not in rule.kinds:
            raise Misfit(place, word, "The contract does not know this word. A new one needs a new contract version.")
        kind = rule.kinds[word][0 if minor > 0 else 1]
    if SIGN[kind] * minor < 0:
        raise Misfit(path, str(minor), f"A {kind.value} never has this sign. The record needs a look at its source.")
    return kind


def _booking_date(leg: Leg, scope: Scope, occurred_at: datetime, zone: str) -> date:
    return booking_day(occurred_at, zone) if leg.booking_date is None else leg.booking_date.date(scope)


def _references(leg: Leg, scope: Scope) -> list[str]:
    """Each reference once, in the contract's order."""
    stated = [text for paths in leg.references for text in first_texts(scope, paths)]
    searched = [text for paths in leg.found_in for text in first_texts(scope, paths)]
    inside = [found[0] for pattern in leg.patterns for text in searched for found in pattern.finditer(text)]
    return list(dict.fromkeys(stated + inside))


def _dimensions(dimensions: Mapping[str, Dimension], scope: Scope) -> str:
    texts_of = {name: dimension.of.text(scope) for name, dimension in dimensions.items()}
    filled = {
        name: text if (words := dimensions[name].words) is None else words.get(text, "")
        for name, text in texts_of.items()
    }
    return _dimensions_text(tuple(sorted((name, text) for name, text in filled.items() if text)))


@lru_cache(maxsize=4096)
def _dimensions_text(filled: tuple[tuple[str, str], ...]) -> str:
    """As JSON; the same few repeat over all records."""
    return json.dumps(dict(filled), ensure_ascii=False)


def compare(contract, records, zone):
    """Requires that the batches of the product read what is read here; returns the rejects."""
    batch = normalise.interpret(contract, records, company="Acme", zone=zone)
    each = interpret(contract, records, company="Acme", zone=zone)
    assert batch.rejects == each.rejects
    assert batch.evidence == each.evidence
    assert batch.table.names == each.table.names
    for name in each.table.names:
        assert batch.table[name].dtype == each.table[name].dtype, name
        assert np.array_equal(batch.table[name], each.table[name]), name
    return batch.rejects
