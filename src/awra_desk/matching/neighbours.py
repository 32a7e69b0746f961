"""Pairs worth comparing beyond the gates: rows that share the beginning of a word, or the amount, at about one time.

Never all pairs: each kind of key is one sorted list, and a row's candidates are an interval in it. A row whose interval
is too long is asked again with a narrower band of amounts, and then not at all: there nothing could be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching.book import Book, Rows
from awra_desk.matching.codes import coded
from awra_desk.matching.said import Said

Ints = NDArray[np.int64]

EARLY, LATE = 7, 35  # days from source to ledger, beyond the longest delays that settlements are known to have
BANDS = ((1, 2), (4, 5), (49, 50))  # least share of the larger amount, from wide to narrow
CROWD = 48  # candidates of one row under one key beyond which the band narrows
HEAD, LEAST = 4, 3  # letters of a word's beginning, most and least; typing mistakes and cut ends come later


def pairs(book: Book, rows: tuple[Rows, Rows], said: Said) -> tuple[Ints, Ints]:
    """Places of source and ledger rows that might belong together."""
    source, ledger = rows
    kind = classes(book, source), classes(book, ledger)
    size = np.abs(book.amount[source]), np.abs(book.amount[ledger])
    day = book.day[source], book.day[ledger]
    found = [_exact(kind, size, day)]
    heads = _heads(said)
    left, right = _held(said, heads, source), _held(said, heads, ledger)
    found += _by_key(left, right, kind, size)
    one, other = (np.concatenate([part[at] for part in found]) for at in range(2))
    lag = day[1][other] - day[0][one]
    timely = (lag >= -EARLY) & (lag <= LATE)
    return one[timely], other[timely]


def close(book: Book, source: Rows, ledger: Rows, crowd: int) -> tuple[Ints, Ints]:
    """Places of rows of about one amount at about one time, whatever they say; nothing for a row with a crowd of them.

    For the few rows that are left when words have had their say.
    """
    kind = classes(book, source), classes(book, ledger)
    size = np.abs(book.amount[source]), np.abs(book.amount[ledger])
    amounts = np.unique(size[1])
    packed = kind[1] * (len(amounts) + 1) + np.searchsorted(amounts, size[1])
    order = np.argsort(packed, kind="stable")
    ordered, base = packed[order], kind[0] * (len(amounts) + 1)
    least, most = BANDS[1]
    low = np.searchsorted(ordered, base + np.searchsorted(amounts, size[0] // most * least, "left"), "left")
    most_of = np.searchsorted(amounts, size[0] + size[0] // least + 1, "right")
    high = np.searchsorted(ordered, base + most_of, "left")
    one, other = expanded(np.arange(len(source)), low, np.where(high - low > crowd, low, high), order)
    lag = book.day[ledger[other]] - book.day[source[one]]
    timely = (lag >= -EARLY) & (lag <= LATE)
    packed = np.unique(one[timely] * max(len(ledger), 1) + other[timely])
    return packed // max(len(ledger), 1), packed % max(len(ledger), 1)


def same(book: Book, source: Rows, ledger: Rows, reach: tuple[int, int]) -> tuple[Ints, Ints]:
    """Places of rows of one amount, the ledger's no more than so many days before and after.

    For the few rows that are left when words have had their say.
    """
    size = np.abs(book.amount[source]), np.abs(book.amount[ledger])
    one, other = _exact((classes(book, source), classes(book, ledger)), size, (book.day[source], book.day[ledger]))
    lag = book.day[ledger[other]] - book.day[source[one]]
    timely = (lag >= -reach[0]) & (lag <= reach[1])
    packed = np.unique(one[timely] * max(len(ledger), 1) + other[timely])
    return packed // max(len(ledger), 1), packed % max(len(ledger), 1)


def classes(book: Book, rows: Rows) -> Ints:
    """Currency and sign packed."""
    return book.currency[rows] * 3 + book.sign[rows] + 1


def _exact(kind: tuple[Ints, Ints], size: tuple[Ints, Ints], day: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Rows of one amount within the days."""
    amounts = np.unique(np.concatenate(size))
    rank = [np.searchsorted(amounts, side) for side in size]
    first = min(int(side.min()) for side in day) - LATE
    span = max(int(side.max()) for side in day) - first + LATE + 1
    packed = [(kind[at] * len(amounts) + rank[at]) * span + day[at] - first for at in range(2)]
    order = np.argsort(packed[1], kind="stable")
    low = np.searchsorted(packed[1][order], packed[0] - EARLY, "left")
    high = np.searchsorted(packed[1][order], packed[0] + LATE, "right")
    return expanded(np.arange(len(packed[0])), low, np.where(high - low > CROWD, low, high), order)


def _heads(said: Said) -> tuple[Ints, Ints]:
    """(text, head) of every beginning of a word and of two words one after another, each once. A number is whole."""
    short = [word if word[:1].isdigit() else word[:HEAD] for word in said.names]
    code, _ = coded(short)
    long = np.array([len(head) >= LEAST for head in short], dtype=bool)
    owner, heads = said.owner, code[said.words] if short else said.words
    kinds = int(code.max(initial=0)) + 1
    both = owner[1:] == owner[:-1]
    texts = np.concatenate([owner[long[said.words]] if short else owner, owner[1:][both]])
    pairs = ((heads[:-1] + 1) * kinds + heads[1:])[both]
    found = np.concatenate([heads[long[said.words]] if short else heads, pairs])
    order = np.lexsort((found, texts))
    texts, found = texts[order], found[order]
    new = np.concatenate([[True], (texts[1:] != texts[:-1]) | (found[1:] != found[:-1])])[: len(texts)]
    return texts[new], found[new]


def _held(said: Said, heads: tuple[Ints, Ints], rows: Rows) -> tuple[Ints, Ints]:
    """(place, head) of each row."""
    counts = np.bincount(heads[0], minlength=len(said.rows))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    code = said.code[rows]
    count = np.where(code >= 0, counts[code], 0)
    place = np.repeat(np.arange(len(rows)), count)
    first = np.repeat(starts[code] - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return place, heads[1][first + np.arange(len(place))]


def _by_key(
    left: tuple[Ints, Ints], right: tuple[Ints, Ints], kind: tuple[Ints, Ints], size: tuple[Ints, Ints]
) -> Iterator[tuple[Ints, Ints]]:
    """Rows that share a beginning, a currency, a sign and about the amount."""
    names, heads = np.unique(right[1], return_inverse=True)
    place = np.searchsorted(names, left[1])
    known = names[np.minimum(place, len(names) - 1)] == left[1] if len(names) else np.zeros(len(place), dtype=bool)
    rows, asking, right = left[0][known], place[known], (right[0], heads.reshape(-1))
    if not len(rows):
        return
    amounts = np.unique(size[1])
    width = int(max(kind[0].max(), kind[1].max())) + 1
    packed = (right[1] * width + kind[1][right[0]]) * (len(amounts) + 1) + np.searchsorted(amounts, size[1][right[0]])
    order = np.argsort(packed, kind="stable")
    ordered, base = packed[order], (asking * width + kind[0][rows]) * (len(amounts) + 1)
    asked = np.arange(len(rows))
    for least, most in BANDS:
        value = size[0][rows[asked]]
        low = np.searchsorted(ordered, base[asked] + np.searchsorted(amounts, value // most * least, "left"), "left")
        high = np.searchsorted(
            ordered, base[asked] + np.searchsorted(amounts, value + value // least + 1, "right"), "left"
        )
        fine = high - low <= CROWD
        one, other = expanded(rows[asked[fine]], low[fine], high[fine], order)
        yield one, right[0][other]
        asked = asked[~fine]


def expanded(owner: Ints, low: Ints, high: Ints, order: Ints) -> tuple[Ints, Ints]:
    """One (owner, place) for each place of each interval [low, high) of the order."""
    counts = np.maximum(high - low, 0)
    starts = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) if len(counts) else low
    return np.repeat(owner, counts), order[starts + np.arange(int(counts.sum()))]
