"""Whether records contradict themselves: parts in another currency, sums that do not hold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from awra_desk.domain.money import to_people
from awra_desk.normalise.contract import Check, Contract, Stream
from awra_desk.normalise.fields import Misfit, Scope, texts
from awra_desk.normalise.legs import currency_of, read_amounts, read_currencies
from awra_desk.normalise.reading import Reading
from awra_desk.normalise.rows import Rows


def check(contract: Contract, stream: Stream, reading: Reading) -> None:
    """Notes a misfit for each record that contradicts itself."""
    if stream.one_currency and not _agree(reading.rows, stream.one_currency):
        reading.column(None, lambda scope, _: _require_one(stream.one_currency, scope), True)
    for one in stream.checks:
        currencies = read_currencies(reading, one.currency)
        terms = [read_amounts(reading, term, currencies, contract.exponents) for term in one.terms]
        gaps = [sum(row) for row in zip(*terms, strict=True)]
        if any(gaps):
            reading.column(None, partial(_require_none, one, gaps), 0)


def _agree(rows: Rows, paths: Sequence[str]) -> bool:
    """Whether every row has the same currency everywhere, as far as can be seen at once."""
    first = rows.texts((paths[0],))
    if first is None or not all(first):
        return False
    for path in paths[1:]:
        place, many, rest = path.partition("[].")
        parts = rows.parts(place) if many else rows
        found = None if parts is None else parts.texts((f"@.{rest}" if many else path,))
        wanted = None if parts is None else parts.texts((paths[0],))
        if found is None or wanted is None:
            return False
        if any(
            code != want and code and code.upper() != want.upper() for code, want in zip(found, wanted, strict=True)
        ):
            return False
    return True


def _require_one(paths: Sequence[str], scope: Scope) -> bool:
    """Raises Misfit at the first code that is another than the first."""
    named = [(path, text.upper()) for path in paths for text in texts(scope, path)]
    for path, code in named:
        if code != named[0][1]:
            raise Misfit(
                path, code, f"The record is in {named[0][1]}, and this part of it is not. Correct it at its source."
            )
    return True


def _require_none(check: Check, gaps: list[int], scope: Scope, at: int) -> int:
    """Raises Misfit when there is a gap."""
    if gap := gaps[at]:
        currency = currency_of(check.currency, scope)
        raise Misfit(
            check.terms[0].path, to_people(gap, currency), f"{check.name} does not hold. Report it to the provider."
        )
    return gap
