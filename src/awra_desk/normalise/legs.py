"""Reads one leg of a contract out of many records: their transactions' columns, and what does not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Any

from awra_desk.domain.currencies import EXPONENTS
from awra_desk.domain.dates import booking_day
from awra_desk.domain.money import InvalidAmount, exponent
from awra_desk.domain.transactions import SIGN, Kind
from awra_desk.normalise.contract import Contract, Dimension, KindRule, Leg
from awra_desk.normalise.fields import Amount, Misfit, Scope, Template, first_texts
from awra_desk.normalise.reading import Reading
from awra_desk.normalise.rows import Rows

Columns = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class LegRows:
    """What a leg gave.

    Attributes:
        of: for each transaction the number of its record, rising. columns: their values, without what names the record.
        misfits: number of a record -> what does not fit in it.
    """

    of: list[int]
    columns: Columns
    misfits: dict[int, Misfit]

    def chosen(self, keep: Sequence[bool]) -> LegRows:
        """Some of its transactions."""
        if all(keep):
            return self
        columns = {name: list(compress(column, keep)) for name, column in self.columns.items()}
        return LegRows(list(compress(self.of, keep)), columns, self.misfits)


def read_leg(contract: Contract, leg: Leg, rows: Rows, zone: str) -> LegRows:
    """Read it out of all rows; where its amount is zero there is no transaction."""
    begun = Reading.of_parts(rows, leg.each) if leg.each else Reading(rows)
    of, reading = begun.rows.of, begun
    if leg.when:
        holds = reading.column(
            reading.rows.hold(leg.when), lambda scope, _: all(condition.holds(scope) for condition in leg.when), False
        )
        reading = reading.chosen(holds)
    currencies = read_currencies(reading, leg.currency)
    minors = read_amounts(reading, leg.amount, currencies, contract.exponents)
    moved = [minor != 0 and fits for minor, fits in zip(minors, reading.sound(), strict=True)]
    reading = reading.chosen(moved)
    columns: Columns = {}
    if len(reading.rows):
        money = list(compress(currencies, moved)), list(compress(minors, moved))
        columns = _columns(contract, leg, reading, zone, *money)
    misfits: dict[int, Misfit] = {}
    for place in sorted(reading.misfits):
        misfits.setdefault(of[place], reading.misfits[place])
    return LegRows(reading.rows.of, columns, misfits).chosen(reading.sound())


def read_currencies(reading: Reading, template: Template) -> list[str]:
    """Known codes, upper case."""
    texts = reading.rows.required(template)
    if texts is not None:
        codes = {text: text.upper() for text in set(texts)}
        texts = [codes[text] for text in texts] if EXPONENTS.keys() >= set(codes.values()) else None
    return reading.column(texts, lambda scope, _: currency_of(template, scope), "")


def currency_of(template: Template, scope: Scope) -> str:
    """The currency's code; raises Misfit."""
    code = template.required(scope).upper()
    _known(code, template)
    return code


def read_amounts(reading: Reading, amount: Amount, currencies: list[str], wire: Mapping[str, int]) -> list[int]:
    """Minor units."""
    found = reading.rows.amounts(amount, currencies, wire)
    return reading.column(found, lambda scope, at: amount.read(scope, currencies[at], wire), 0)


def _columns(
    contract: Contract, leg: Leg, reading: Reading, zone: str, currencies: list[str], minors: list[int]
) -> Columns:
    """In the order in which a record is judged: the first thing that does not fit is told."""
    rows, wire = reading.rows, contract.exponents

    def text(template: Template) -> list[str]:
        return reading.column(rows.template(template), lambda scope, _: template.text(scope), "")

    def required(template: Template) -> list[str]:
        return reading.column(rows.required(template), lambda scope, _: template.required(scope), "")

    def optional(amount: Amount | None, default: list[int]) -> list[int]:
        return default if amount is None else read_amounts(reading, amount, currencies, wire)

    nothing, no_text = [0] * len(rows), [""] * len(rows)
    occurred_at: list[Any] = reading.column(
        rows.instants(leg.occurred_at, zone), lambda scope, _: leg.occurred_at.instant(scope, zone), None
    )
    columns: Columns = {
        "occurred_at": occurred_at,
        "external_id": required(leg.external_id),
        "kind": _kinds(leg.kind, reading, minors, leg.amount.path),
        "booking_date": _booking_dates(leg, reading, zone, occurred_at),
        **_originals(contract, leg, reading, currencies, minors),
    }
    return columns | {
        "settlement_amount": minors if leg.settles else nothing,
        "settlement_currency": currencies if leg.settles else no_text,
        **_book(text(leg.home) if leg.home.parts else no_text, minors, currencies),
        "fee": optional(leg.fee, nothing),
        "tax": optional(leg.tax, nothing),
        "net": optional(leg.net, minors),
        "fx_rate": text(leg.fx_rate),
        "batch": text(leg.batch),
        "references": _references(leg, reading),
        "counterparty": text(leg.counterparty),
        "description": text(leg.description),
        "account": required(leg.account),
        "dimensions": _dimensions(leg.dimensions, reading),
        "status": text(leg.status),
    }


def _booking_dates(leg: Leg, reading: Reading, zone: str, occurred_at: list[Any]) -> list[Any]:
    stated = leg.booking_date
    if stated is not None:
        return reading.column(reading.rows.dates(stated), lambda scope, _: stated.date(scope), None)
    return reading.column(
        reading.rows.days(leg.occurred_at, zone), lambda _, at: booking_day(occurred_at[at], zone), None
    )


def _originals(contract: Contract, leg: Leg, reading: Reading, currencies: list[str], minors: list[int]) -> Columns:
    """What was transacted: the amount itself, or the original one where that is in another currency."""
    if leg.original is None:
        return {"amount": minors, "currency": currencies}
    amount, template = leg.original
    codes = reading.column(reading.rows.template(template), lambda scope, _: template.text(scope), "")
    upper = {code: code.upper() for code in set(codes)}
    codes = [upper[code] for code in codes]
    other = [
        code not in ("", currency) and fits
        for code, currency, fits in zip(codes, currencies, reading.sound(), strict=True)
    ]
    if not any(other):
        return {"amount": minors, "currency": currencies}
    foreign, codes = reading.chosen(other), list(compress(codes, other))
    wire = contract.exponents

    def read(scope: Scope, at: int) -> int:
        _known(codes[at], template)
        return abs(amount.read(scope, codes[at], wire))

    found = foreign.rows.amounts(amount, codes, wire) if EXPONENTS.keys() >= set(codes) else None
    magnitudes = foreign.column(None if found is None else [abs(minor) for minor in found], read, 0)
    amounts, currencies = list(minors), list(currencies)
    for at, magnitude, code in zip(compress(range(len(other)), other), magnitudes, codes, strict=True):
        amounts[at] = magnitude if amounts[at] > 0 else -magnitude
        currencies[at] = code
    return {"amount": amounts, "currency": currencies}


def _book(homes: list[str], minors: list[int], currencies: list[str]) -> Columns:
    """What it is in the books' currency, where that is the same one."""
    if not any(homes):
        return {"book_amount": [0] * len(homes), "book_currency": homes}
    homes = [home.upper() for home in homes]
    at_home = [home == code for home, code in zip(homes, currencies, strict=True)]
    return {
        "book_amount": [minor if here else 0 for minor, here in zip(minors, at_home, strict=True)],
        "book_currency": [home if here else "" for home, here in zip(homes, at_home, strict=True)],
    }


def _known(code: str, template: Template) -> None:
    try:
        exponent(code)
    except InvalidAmount as error:
        path = next((part[0] for part in template.parts if not isinstance(part, str)), "")
        raise Misfit(path, code, error.text) from None


def _kinds(rule: KindRule, reading: Reading, minors: list[int], path: str) -> list[str]:
    words = reading.rows.template(rule.of) if rule.kinds is None else reading.rows.required(rule.of)
    found: list[str] | None = None
    if words is not None:
        pairs = [(word, minor > 0) for word, minor in zip(words, minors, strict=True)]
        known = {pair: _fitting_kind(rule, *pair) for pair in set(pairs)}
        found = [known[pair] for pair in pairs] if all(known.values()) else None
    return reading.column(found, lambda scope, at: _kind(rule, scope, minors[at], path).value, "")


def _fitting_kind(rule: KindRule, word: str, positive: bool) -> str:  # noqa: FBT001
    """The word's kind, "" where there is none for it or an amount of this sign."""
    pair = (Kind(word),) * 2 if rule.kinds is None else rule.kinds.get(word)
    if pair is None:
        return ""
    kind = pair[0 if positive else 1]
    return "" if SIGN[kind] * (1 if positive else -1) < 0 else kind.value


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


def _references(leg: Leg, reading: Reading) -> list[str]:
    """Each reference once, in the contract's order, a line each."""
    stated, searched = (_turned(reading.rows, places) for places in (leg.references, leg.found_in))
    found = None
    if stated is not None and searched is not None:
        alone = len(leg.references) == 1 and not leg.found_in
        pairs = zip(stated, searched, strict=True)
        found = [text for (text,) in stated] if alone else [_lines(leg, here, there) for here, there in pairs]

    def read(scope: Scope, _: int) -> str:
        here, there = ([text for paths in places for text in first_texts(scope, paths)]
                       for places in (leg.references, leg.found_in))  # fmt: skip
        return _lines(leg, here, there)

    return reading.column(found, read, "")


def _turned(rows: Rows, places: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]] | None:
    """For each row the texts at these places, "" where there is none."""
    columns = [rows.texts(paths) for paths in places]
    plain = [column for column in columns if column is not None]
    if len(plain) < len(columns):
        return None
    return list(zip(*plain, strict=True)) if plain else [()] * len(rows)


def _lines(leg: Leg, stated: Sequence[str], searched: Sequence[str]) -> str:
    lines, different = dict.fromkeys(stated), dict.fromkeys(searched)
    lines.pop("", None)
    different.pop("", None)
    for pattern in leg.patterns:
        for text in different:
            for found in pattern.finditer(text):
                lines[found[0]] = None
    return "\n".join(lines)


def _dimensions(dimensions: Mapping[str, Dimension], reading: Reading) -> list[str]:
    columns = [reading.rows.template(dimension.of) for dimension in dimensions.values()]
    plain = [column for column in columns if column is not None]
    found = None
    if not plain:
        found = [_dimensions_text(())] * len(reading.rows) if not columns else None
    elif len(plain) == len(columns):
        rows = list(zip(*plain, strict=True))
        known = {row: _filled(dimensions, row) for row in set(rows)}
        found = [known[row] for row in rows]
    texts = [dimension.of for dimension in dimensions.values()]
    return reading.column(found, lambda scope, _: _filled(dimensions, [text.text(scope) for text in texts]), "")


def _filled(dimensions: Mapping[str, Dimension], texts: Sequence[str]) -> str:
    found = {
        name: text if dimension.words is None else dimension.words.get(text, "")
        for (name, dimension), text in zip(dimensions.items(), texts, strict=True)
    }
    return _dimensions_text(tuple(sorted((name, text) for name, text in found.items() if text)))


@lru_cache(maxsize=4096)
def _dimensions_text(filled: tuple[tuple[str, str], ...]) -> str:
    """As JSON; the same few repeat over all records."""
    return json.dumps(dict(filled), ensure_ascii=False)
