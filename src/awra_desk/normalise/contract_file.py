r"""Reads contract files: how one provider's raw records become transactions, as versioned data instead of code.

A contract is TOML in the provider's package (`contract-1.toml`). `load_contract` compiles it once; `interpret` applies
it. The file's language, by example:

    version = "shop-2"
    effective_from = 2026-07-01      # reads records from this day on; without it, from the beginning (see `versions`)
    api_version = { path = "api", in = ["2026-07"] }  # and every record that says this, whatever its day
    [exponents]                      # decimals on the wire, where they differ from ISO 4217
    UGX = 2
    [patterns]                       # lists of regular expressions that legs may name
    ids = ['\bpo_[A-Za-z0-9]+\b']
    [maps.kinds]                     # closed: a word that is not here is a reject
    sale = "charge"
    hold = { positive = "reserve_release", negative = "reserve_hold" }
    [streams.payouts]
    dated = { unix = "created" }     # the record's day, which `effective_from` is compared with
    gone = { path = "status", in = ["Deleted"] }    # gives nothing, and supersedes what it gave before
    one_currency = ["currency", "fees[].currency"]  # all these must be equal
    [[streams.payouts.checks]]       # terms that must add up to zero
    name = "Net is amount less fee, and that"
    currency = "{currency}"
    zero = [
      { path = "net", unit = "minor" },
      { path = "amount", unit = "minor", times = -1 },
      { path = "fee", unit = "minor" },
    ]
    [streams.payouts.common]         # keys that all its legs share
    currency = "{currency}"
    [[streams.payouts.legs]]         # each leg of a record is one transaction; a leg of zero is absent
    external_id = "{id}:fee"
    ...
    [streams.orders]
    evidence = "kept as proof; money moves in payouts"    # gives no transactions at all

Leg keys: `each` (a list's path: one transaction per element), `when` (conditions), `external_id`, `kind` (a word, or `{
map, of }`), `occurred_at`, `booking_date` (default: the day of `occurred_at` in the connection's zone), `amount`,
`currency`, `settles` (true: this is the settlement amount), `original` (`{ amount, currency }`: the transaction amount,
used where its currency is another), `home` (the books' currency), `fx_rate`, `fee`, `tax`, `net` (default: the amount),
`batch`, `references` (paths), `found` (`{ in, patterns }`: references inside texts; the patterns, or a list's name),
`counterparty`, `description`, `account`, `dimensions`, `status`. A payment of many lines is not cut up: `sku = "{only
lines[].sku}"` is the SKU that all of them have, nothing where they differ. See `fields` for paths, templates, amounts
and moments; an amount that the provider keeps with more decimals than its currency has may be `rounded = true`. Files
of people write `amount = { path, unit = "major", style = { decimal = ",", thousands = "." } }`, and `{ day = path,
format = "%d.%m.%Y" }` or `{ local = path, format = "%Y-%m-%d %H:%M", zone = "UTC" }`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from awra_desk.domain.errors import UsageError
from awra_desk.domain.transactions import Kind
from awra_desk.normalise.contract import NOTHING, Check, Contract, Dimension, KindRule, Leg, Stream
from awra_desk.normalise.fields import Amount, Condition, Moment, Template
from awra_desk.normalise.written import Style

Of = TypeVar("Of")


@dataclass(frozen=True, slots=True)
class _Names:
    """What legs may refer to by name."""

    maps: Mapping[str, Mapping[str, tuple[Kind, Kind]]]
    patterns: Mapping[str, tuple[re.Pattern[str], ...]]


def load_contract(text: str, *, beside: Collection[str] = ()) -> Contract:
    """Compile a contract file's text.

    Args:
        beside: tables of the file that are another language's business.

    Raises:
        UsageError: it is not TOML, or says something this language has no word for; the message names the place.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the contract is not TOML: {error}", remedy="Correct the contract file.") from None
    top = _Keys({key: value for key, value in document.items() if key not in beside}, "contract")
    name = top.take("version", str)
    names = _Names(
        maps={key: _kinds(words, f"maps.{key}") for key, words in top.take("maps", dict, {}).items()},
        patterns={key: _patterns(items, f"patterns.{key}") for key, items in top.take("patterns", dict, {}).items()},
    )
    exponents = top.take("exponents", dict, {})
    effective_from = top.maybe("effective_from", _day)
    streams = {key: _stream(value, f"streams.{key}", names) for key, value in top.take("streams", dict).items()}
    for key, stream in streams.items():
        if not stream.evidence and (stream.dated is None) is not (effective_from is None):
            raise _wrong(f"streams.{key}.dated", "is needed where the contract has an effective_from, and only there")
    api_version = top.maybe("api_version", _stated)
    top.done()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Contract(name, digest, exponents, streams, effective_from, api_version)


class _Keys:
    """A TOML table of which every key must be asked for."""

    def __init__(self, document: Any, place: str) -> None:
        if not isinstance(document, dict):
            raise _wrong(place, "must be a table")
        self._left = dict(document)
        self.place = place

    def take(self, key: str, kind: type[Of], default: Of | None = None) -> Of:
        """The value of a key, of that type; without a default it is required."""
        value = self._left.pop(key, default)
        if not isinstance(value, kind):
            raise _wrong(f"{self.place}.{key}", f"must be a {kind.__name__}" if value is not None else "is missing")
        return value

    def maybe(self, key: str, read: Callable[[Any, str], Of]) -> Of | None:
        """The value of a key, read; None when the key is absent."""
        return read(self._left.pop(key), f"{self.place}.{key}") if key in self._left else None

    def sure(self, key: str, read: Callable[[Any, str], Of]) -> Of:
        """The value of a required key, read."""
        if key not in self._left:
            raise _wrong(f"{self.place}.{key}", "is missing")
        return read(self._left.pop(key), f"{self.place}.{key}")

    def done(self) -> None:
        """Nothing may be left."""
        if self._left:
            raise _wrong(f"{self.place}.{min(self._left)}", "is not a word of this language")


def _wrong(place: str, words: str) -> UsageError:
    return UsageError(f"{place} {words}", record="contract", remedy="Correct the contract file.")


def _stream(document: Any, place: str, names: _Names) -> Stream:
    keys = _Keys(document, place)
    common = keys.take("common", dict, {})
    legs = enumerate(keys.take("legs", list, []))
    checks = enumerate(keys.take("checks", list, []))
    stream = Stream(
        legs=tuple(_leg(common, leg, f"{place}.legs[{index}]", names) for index, leg in legs),
        checks=tuple(_check(check, f"{place}.checks[{index}]") for index, check in checks),
        one_currency=keys.maybe("one_currency", _texts) or (),
        gone=keys.maybe("gone", _conditions) or (),
        evidence=keys.take("evidence", str, ""),
        dated=keys.maybe("dated", _moment),
    )
    keys.done()
    if bool(stream.legs) is bool(stream.evidence):
        raise _wrong(place, "needs either legs or the reason why its records are evidence only")
    return stream


def _leg(common: dict[str, Any], document: Any, place: str, names: _Names) -> Leg:
    keys = _Keys(common | document if isinstance(document, dict) else document, place)
    found = _Keys(keys.take("found", dict, {}), f"{place}.found")
    dimensions = keys.take("dimensions", dict, {}).items()
    leg = Leg(
        each=keys.take("each", str, ""),
        when=keys.maybe("when", _conditions) or (),
        external_id=keys.sure("external_id", _template),
        kind=keys.sure("kind", lambda value, at: _kind_rule(value, at, names)),
        occurred_at=keys.sure("occurred_at", _moment),
        booking_date=keys.maybe("booking_date", _moment),
        amount=keys.sure("amount", _amount),
        currency=keys.sure("currency", _template),
        settles=keys.take("settles", bool, False),
        original=keys.maybe("original", _original),
        home=keys.maybe("home", _template) or NOTHING,
        fx_rate=keys.maybe("fx_rate", _template) or NOTHING,
        fee=keys.maybe("fee", _amount),
        tax=keys.maybe("tax", _amount),
        net=keys.maybe("net", _amount),
        batch=keys.maybe("batch", _template) or NOTHING,
        references=keys.maybe("references", _alternatives) or (),
        found_in=found.maybe("in", _alternatives) or (),
        patterns=found.maybe("patterns", lambda value, at: _named_patterns(value, at, names)) or (),
        counterparty=keys.maybe("counterparty", _template) or NOTHING,
        description=keys.maybe("description", _template) or NOTHING,
        account=keys.sure("account", _template),
        dimensions={key: _dimension(value, f"{place}.dimensions.{key}") for key, value in sorted(dimensions)},
        status=keys.maybe("status", _template) or NOTHING,
    )
    keys.done()
    found.done()
    return leg


def _check(document: Any, place: str) -> Check:
    keys = _Keys(document, place)
    terms = tuple(_amount(term, f"{place}.zero[{index}]") for index, term in enumerate(keys.take("zero", list)))
    check = Check(keys.take("name", str), keys.sure("currency", _template), terms)
    keys.done()
    return check


def _template(value: Any, place: str) -> Template:
    if not isinstance(value, str):
        raise _wrong(place, "must be a text")
    return Template.read(value)


def _texts(value: Any, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(place, "must be a list of texts")
    return tuple(value)


def _named_patterns(value: Any, place: str, names: _Names) -> tuple[re.Pattern[str], ...]:
    if not isinstance(value, str):
        return _patterns(value, place)
    if value not in names.patterns:
        raise _wrong(place, f"names {value!r}, and there is no such list of patterns")
    return names.patterns[value]


def _patterns(value: Any, place: str) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(pattern) for pattern in _texts(value, place))
    except re.error as error:
        raise _wrong(place, f"has a pattern that cannot be read: {error}") from None


def _alternatives(value: Any, place: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(text.split("|")) for text in _texts(value, place))


def _paths(value: Any, place: str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else _texts(value, place)


def _conditions(value: Any, place: str) -> tuple[Condition, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(_condition(item, f"{place}[{index}]") for index, item in enumerate(items))


def _condition(value: Any, place: str) -> Condition:
    keys = _Keys(value, place)
    condition = Condition(
        path=keys.take("path", str),
        among=keys.maybe("in", _texts),
        outside=keys.maybe("not_in", _texts),
        present=keys.maybe("present", _truth),
        filled=keys.maybe("filled", _truth),
    )
    keys.done()
    if (condition.among, condition.outside, condition.present, condition.filled) == (None, None, None, None):
        raise _wrong(place, "has no condition in it")
    return condition


def _day(value: Any, place: str) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _wrong(place, "must be a day, written without quotes: 2026-07-01")
    return value


def _stated(value: Any, place: str) -> Condition:
    condition = _condition(value, place)
    if not condition.among or (condition.outside, condition.present, condition.filled) != (None, None, None):
        raise _wrong(place, "must be a path and, as `in`, the versions that may stand there")
    return condition


def _truth(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(place, "must be true or false")
    return value


def _amount(value: Any, place: str) -> Amount:
    keys = _Keys(value, place)
    unit = keys.take("unit", str)
    if unit not in ("minor", "major"):
        raise _wrong(f"{place}.unit", "must be minor or major")
    amount = Amount(
        path=keys.take("path", str),
        minor=unit == "minor",
        times=keys.take("times", int, 1),
        sign=keys.maybe("sign", _sign),
        each=keys.take("each", str, ""),
        where=keys.maybe("where", _condition),
        style=keys.maybe("style", _style),
        rounded=keys.take("rounded", bool, False),
    )
    keys.done()
    return amount


def _style(value: Any, place: str) -> Style:
    keys = _Keys(value, place)
    style = Style(
        decimal=keys.take("decimal", str, "."),
        thousands=keys.take("thousands", str, ""),
        parentheses=keys.take("parentheses", bool, False),
        strip=keys.take("strip", str, ""),
    )
    keys.done()
    if len(style.decimal) != 1 or len(style.thousands) > 1 or style.decimal == style.thousands:
        raise _wrong(place, "must have one sign as decimal mark and another one, or none, for thousands")
    return style


def _sign(value: Any, place: str) -> tuple[str, Mapping[str, int]]:
    keys = _Keys(value, place)
    words = keys.take("words", dict)
    path = keys.take("path", str)
    keys.done()
    if not words or any(factor not in (1, 0, -1) for factor in words.values()):
        raise _wrong(f"{place}.words", "must map words to 1, -1 or 0")
    return path, words


def _moment(value: Any, place: str) -> Moment:
    keys = _Keys(value, place)
    moment = Moment(
        unix=keys.maybe("unix", _paths) or (),
        iso=keys.maybe("iso", _paths) or (),
        day=keys.maybe("day", _paths) or (),
        local=keys.maybe("local", _paths) or (),
        form=keys.take("format", str, ""),
        zone=keys.take("zone", str, ""),
    )
    keys.done()
    if not (moment.unix or moment.iso or moment.day or moment.local):
        raise _wrong(place, "names no path")
    if moment.local and not moment.form:
        raise _wrong(f"{place}.format", "is missing")
    return moment


def _original(value: Any, place: str) -> tuple[Amount, Template]:
    keys = _Keys(value, place)
    pair = keys.sure("amount", _amount), keys.sure("currency", _template)
    keys.done()
    return pair


def _dimension(value: Any, place: str) -> Dimension:
    if isinstance(value, str):
        return Dimension(Template.read(value), None)
    keys = _Keys(value, place)
    dimension = Dimension(keys.sure("of", _template), keys.take("words", dict))
    keys.done()
    return dimension


def _kind_rule(value: Any, place: str, names: _Names) -> KindRule:
    if isinstance(value, str):
        return KindRule(Template((_kind(value, place).value,)), None)
    keys = _Keys(value, place)
    name = keys.take("map", str)
    rule = KindRule(keys.sure("of", _template), names.maps.get(name))
    keys.done()
    if rule.kinds is None:
        raise _wrong(f"{place}.map", f"names {name!r}, and there is no such map")
    return rule


def _kinds(words: Any, place: str) -> dict[str, tuple[Kind, Kind]]:
    found = {}
    for word, value in _Keys(words, place)._left.items():  # noqa: SLF001
        at = f"{place}.{word}"
        pair = value if isinstance(value, dict) else {"positive": value, "negative": value}
        keys = _Keys(pair, at)
        found[word] = _kind(keys.take("positive", str), at), _kind(keys.take("negative", str), at)
        keys.done()
    return found


def _kind(value: str, place: str) -> Kind:
    try:
        return Kind(value)
    except ValueError:
        raise _wrong(place, f"names the kind {value!r}, which does not exist") from None
