"""A made-up account for statement tests: moves on days, cut into statements the ways banks and people do."""

import itertools
import json
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

from awra_desk.normalise import interpret
from awra_desk.ports.connections import Connection
from tests.unit.services.doubles import StillClock

FIRST = date(2026, 10, 1)


@dataclass(frozen=True)
class Move:
    """One movement: minor units, money in positive; `key` is the bank's id, "" for none."""

    day: date
    minor: int
    text: str
    key: str = ""


@dataclass(frozen=True)
class Cut:
    """What one statement holds."""

    number: str
    first: date
    last: date
    opening: int
    moves: tuple[Move, ...]

    @property
    def closing(self) -> int:
        return self.opening + sum(move.minor for move in self.moves)


OPENING = 1_000_00

amounts = st.integers(-500_00, 500_00).filter(bool)
moves = st.lists(
    st.builds(
        Move,
        st.integers(0, 9).map(lambda days: FIRST + timedelta(days=days)),
        # Few amounts and texts, so that equal entries are frequent.
        st.sampled_from([-12_00, 12_00, 100_00]) | amounts,
        st.sampled_from(["FEE", "Rent & <Co>", "Café 'ß' 100 %"]),
    ),
    min_size=1,
    max_size=12,
).map(lambda found: tuple(sorted(found, key=lambda move: move.day)))


quiet = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([-12, 12, 24]), st.sampled_from(["FEE", "Rent"]), st.booleans()),
    min_size=1,
    max_size=5,
).map(
    lambda found: tuple(
        Move(FIRST + timedelta(days=day), minor * sign, text)
        for day, minor, text, taken_back in sorted(found)
        for sign in ([1, -1] if taken_back else [1])
    )
)
"""Moves of which many are taken back on the same day, so that a day, or a part of it, moves nothing in sum."""


def whole(of: tuple[Move, ...], number: str = "1") -> Cut:
    return Cut(number, FIRST, FIRST + timedelta(days=9), OPENING, of)


def parts(of: tuple[Move, ...], places: list[int]) -> list[Cut]:
    """One statement after the other, cut at any entries, within a day too."""
    bounds = sorted({0, len(of), *(place % (len(of) + 1) for place in places)})
    found, opening, first = [], OPENING, FIRST
    for number, (start, end) in enumerate(itertools.pairwise(bounds), start=1):
        own = of[start:end]
        last = own[-1].day if end < len(of) else FIRST + timedelta(days=9)
        cut = Cut(f"{number}", first, last, opening, own)
        found.append(cut)
        opening = cut.closing
        first = last if end < len(of) and of[end].day == last else last + timedelta(days=1)
    return found


def days_cut(of: tuple[Move, ...], spans: list[tuple[int, int]]) -> list[Cut]:
    """Statements of whole days that may overlap and leave gaps, as people download them.

    Their numbers do not follow each other: where a bank's do, the second goes on where the first ended.
    """
    found = []
    for number, (one, other) in enumerate(spans, start=1):
        first, last = FIRST + timedelta(days=min(one, other)), FIRST + timedelta(days=max(one, other))
        own = tuple(move for move in of if first <= move.day <= last)
        opening = OPENING + sum(move.minor for move in of if move.day < first)
        found.append(Cut(f"{number}5", first, last, opening, own))
    return found


def connected(factory, path, **options):
    """The source over a file or folder."""
    return factory(Connection("co", "Bank", "bank", str(path), "UTC", options), clock=StillClock())


def records(source, cursor=None):
    return [record for page in source.pages("statement", cursor) for record in page.records]


def read(source, contract):
    return interpret(contract, records(source), company="co", zone="UTC")


def broken(source):
    return [total.name.removeprefix("proof: ") for total in source.proofs() if not total.holds]


DOUBT = "The balances cannot tell"
"""Of the notice where a part of a day moves nothing in sum and the next statement holds the same entries."""


def sure(source):
    """The notices that are no such doubt."""
    return [words for words in source.notices() if DOUBT not in words]


def shown(table):
    """(day, minor, description) of each transaction, sorted."""
    columns = (table["booking_date"].tolist(), table["amount"].tolist(), table["description"].tolist())
    return sorted(zip(*columns, strict=True))


def expected(of):
    return sorted((move.day, move.minor, move.text) for move in of)


def dimensions(table):
    return [json.loads(text or "{}") for text in table["dimensions"]]
