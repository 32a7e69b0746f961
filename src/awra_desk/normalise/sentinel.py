"""The drift sentinel: tells where arriving records differ from what a stream's records looked like before, and whether
its contract reads that place.

The first run over a stream is the baseline: the contract was proven on those records. Afterwards every difference is
told once and becomes part of what is known. Fields the contract does not read may come, go and be null; only that they
are new, or of another type, is told.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from awra_desk.domain.drift import Drift, DriftKind
from awra_desk.domain.records import RawRecord
from awra_desk.normalise.contract import Contract, Leg, Stream
from awra_desk.normalise.exact_json import Reader, loads_stored
from awra_desk.normalise.fields import Amount, Condition, Moment, Template
from awra_desk.normalise.form import form_of
from awra_desk.normalise.shape import News, Shape, is_known, learn

_CHOSEN = re.compile(r"\[[^\[\]]*=[^\[\]]*\]")  # of a list, the elements that a path chooses by a word
_FORMED = 64
"""Records of a stream that are read without a form before one is made: making it costs as much as some hundred save."""


class Sentinel:
    """Watches the records of one source while they are interpreted.

    Args:
        known: stream -> its shape as text; a stream that is not there is learned in silence.
        now: aware UTC, when these records are interpreted.
    """

    def __init__(self, contract: Contract, known: Mapping[str, str], now: datetime) -> None:
        self._contract = contract
        self._now = now
        self._silent = {name for name in contract.streams if name not in known}
        self._shapes = {name: Shape.read(text) for name, text in known.items()}
        self._places = {name: _places(stream) for name, stream in contract.streams.items()}
        self._told: dict[str, Drift] = {}
        self._forms: dict[str, Reader] = {}
        self._unfit: Counter[str] = Counter()

    def read(self, record: RawRecord) -> Any:
        """The record's payload, looked at.

        Raises:
            JsonRefused: it is not sound JSON.
        """
        form = self._forms.get(record.stream)
        payload = None if form is None else form.read(record.payload)
        if payload is None:
            payload = loads_stored(record.payload)
            self.watch(record, payload)
            self._reform(record.stream)
        return payload

    def watch(self, record: RawRecord, payload: Any) -> None:
        """Look at one record's payload."""
        shape = self._shapes.get(record.stream)
        if shape is None:
            shape = self._shapes[record.stream] = Shape()
        if payload is None or is_known(shape, payload):
            return
        read, worded = self._places[record.stream]
        for news in learn(shape, payload, worded):
            affected = news.path in read or any(path.startswith((f"{news.path}.", f"{news.path}[")) for path in read)
            if record.stream in self._silent or (news.kind == DriftKind.NOW_NULL and not affected):
                continue
            drift = self._drift(record, news, read=affected)
            self._told.setdefault(drift.drift_id, drift)

    def told(self) -> list[Drift]:
        """What was new, in the order in which it came."""
        return list(self._told.values())

    def shapes(self) -> dict[str, str]:
        """Stream -> its shape now, as text."""
        return {name: shape.text() for name, shape in sorted(self._shapes.items())}

    def _reform(self, stream: str) -> None:
        """Make the stream's form anew from time to time, ever more rarely; until then an outgrown one takes less."""
        self._unfit[stream] = unfit = self._unfit[stream] + 1
        if unfit >= _FORMED and unfit.bit_count() == 1:
            form = form_of(self._shapes[stream], self._places[stream][1])
            self._forms = self._forms | {stream: form} if form else self._forms

    def _drift(self, record: RawRecord, news: News, *, read: bool) -> Drift:
        name = f"{record.source}\n{record.stream}\n{news.path}\n{news.kind}\n{news.now}"
        return Drift(
            drift_id=hashlib.sha256(name.encode(errors="replace")).hexdigest()[:12],
            source=record.source,
            stream=record.stream,
            path=news.path,
            kind=DriftKind(news.kind),
            before=news.before,
            now=news.now,
            raw_id=record.raw_id,
            seen_at=self._now,
            contract=self._contract.version,
            read=read,
        )


def _places(stream: Stream) -> tuple[frozenset[str], frozenset[str]]:
    """The paths a stream's contract reads, and those among them whose words decide something."""
    words = {path for leg in stream.legs for path in _leg_words(leg)}
    words |= {condition.path for condition in stream.gone if _by_word(condition)}
    read = {path for leg in stream.legs for path in _leg_paths(leg)} | set(stream.one_currency) | words
    read |= {condition.path for condition in stream.gone}
    for check in stream.checks:
        read |= {*_template(check.currency), *(path for term in check.terms for path in _amount(term, ""))}
    return frozenset(read), frozenset(words)


def _leg_words(leg: Leg) -> Iterator[str]:
    """Paths of a leg whose words choose a kind, a sign, or whether it applies."""
    yield from (_absolute(condition.path, leg.each) for condition in leg.when if _by_word(condition))
    if leg.kind.kinds is not None:
        yield from (_absolute(path, leg.each) for path in _template(leg.kind.of))
    for amount in (leg.amount, leg.fee, leg.tax, leg.net):
        if amount is not None and amount.sign is not None:
            yield _absolute(amount.sign[0], amount.each or leg.each)
        if amount is not None and amount.where is not None and _by_word(amount.where):
            yield _absolute(amount.where.path, amount.each)


def _by_word(condition: Condition) -> bool:
    return condition.among is not None or condition.outside is not None


def _leg_paths(leg: Leg) -> Iterator[str]:
    templates = [leg.external_id, leg.kind.of, leg.currency, leg.account, leg.home, leg.fx_rate, leg.batch]
    templates += [
        leg.counterparty,
        leg.description,
        leg.status,
        *(dimension.of for dimension in leg.dimensions.values()),
    ]
    if leg.original is not None:
        templates.append(leg.original[1])
    yield from (_absolute(path, leg.each) for template in templates for path in _template(template))
    for moment in (leg.occurred_at, leg.booking_date or Moment()):
        yield from (_absolute(path, leg.each) for path in (*moment.unix, *moment.iso, *moment.local, *moment.day))
    yield from (_absolute(path, leg.each) for paths in (*leg.references, *leg.found_in) for path in paths)
    amounts = [leg.amount, leg.fee, leg.tax, leg.net, leg.original[0] if leg.original else None]
    yield from (path for amount in amounts if amount is not None for path in _amount(amount, leg.each))
    yield from (_absolute(condition.path, leg.each) for condition in leg.when)


def _amount(amount: Amount, each: str) -> Iterator[str]:
    yield _absolute(amount.path, amount.each or each)
    if amount.where is not None:
        yield _absolute(amount.where.path, amount.each)


def _template(template: Template) -> Iterator[str]:
    return (path for part in template.parts if not isinstance(part, str) for path in part)


def _absolute(path: str, each: str) -> str:
    """The path from the record's root; "@.type" inside `each` "fees" is "fees[].type"."""
    path = _CHOSEN.sub("[]", path)
    if not path.startswith("@"):
        return path
    rest = path[1:].removeprefix(".")
    return f"{each}[].{rest}" if rest and rest != "#" else f"{each}[]"
