"""What the rows that found no partner may be: reversals inside one side, amounts typed with two digits exchanged, and
one party's exact amount outside the date window. Suggestions only; several rows that make up one are for `bundles`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates
from awra_desk.matching.book import NO_DAY, Book, Mask, Rows
from awra_desk.matching.bundle_pools import NAMED
from awra_desk.matching.coincidence import multiples_near
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.contra import reverse
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.grams import Texts
from awra_desk.matching.neighbours import EARLY, LATE, classes, expanded
from awra_desk.matching.weights import digits, slips
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

Ints = NDArray[np.int64]

PLAUSIBLE = 0.05  # above this chance of an accident a pair is not shown
COVERED = 0.5  # share of the shorter text that a reversal has in common with its original
MAX_POOL = 80
SCORE = 0.7


class Leftovers:
    """Works on the rows that `free` still holds; what it suggests, it takes out of there.

    Attributes:
        taken: rows of its suggestions.
    """

    def __init__(self, book: Book, config: MatchConfig, found: Found, free: Mask, texts: Texts) -> None:
        self._book, self._config, self._found, self._free = book, config, found, free
        self._texts, self._code = texts, texts.code
        self.taken = np.zeros(len(book), dtype=bool)

    def without(self, rows: Mask) -> None:
        """Leave these rows, which somebody else has suggested."""
        self._free &= ~rows
        self.taken |= rows

    def reversals(self) -> None:
        """Pairs of one side that cancel out, are close in time, name the same and are each other's only such row."""
        book = self._book
        for side in (SOURCE_SIDE, LEDGER_SIDE):
            alike: dict[tuple[int, int], list[int]] = defaultdict(list)
            for row in book.side_rows(side, self._free).tolist():
                alike[book.currency[row].item(), abs(book.amount[row].item())].append(row)
            for rows in alike.values():
                pairs = [
                    (one, other) for at, one in enumerate(rows) for other in rows[at + 1 :] if self._cancels(one, other)
                ]
                if len(rows) <= MAX_POOL and len(pairs) == 1:
                    self._suggest(pairs[0], "contra", "reversal", {"diff": 0})

    def _cancels(self, one: int, other: int) -> bool:
        book = self._book
        if not reverse(book, [one, other]) or abs(book.day[one] - book.day[other]) > self._config.window:
            return False
        codes = self._code[[one, other]]
        if (codes < 0).any() or gates.rows_disagree(book, self._config, one, other):
            return False
        least = self._texts.weight[codes].min()
        return bool(self._texts.shared(codes[:1], codes[1:])[0] >= max(COVERED * least, NAMED))

    def _suggest(self, rows: tuple[int, ...], rule: str, part: str, facts: dict[str, object]) -> None:
        score = gates.cap(SCORE, self._config)
        explanation = encode(
            {
                "version": 1,
                "rule": rule,
                "currency": self._book.currencies[self._book.currency[rows[0]]],
                "parts": [[part, score]],
                "blocks": ["amount" if facts["diff"] else "late" if part == "words" else "evidence"],
                **facts,
            }
        )
        self._free[list(rows)], self.taken[list(rows)] = False, True
        exact = Reason.DATE_CUTOFF if part == "words" else Reason.AMBIGUOUS
        reason = Reason.AMOUNT_DIFFERENCE if facts["diff"] else exact
        self._found.suggest(Group(rows, score, rule, reason, explanation, confirmed=False))

    def slips(self) -> None:
        """Pairs inside the date window whose amounts have two digits exchanged, each other's only such row and hardly
        an accident.
        """
        one, other = self._alike(lambda rows: digits(np.abs(self._book.amount[rows])))
        size, theirs = np.abs(self._book.amount[one]), np.abs(self._book.amount[other])
        fit = gates.in_window(self._book, self._config, one, other) & slips(size, theirs)
        chance = self._near(one, (self._config.before_days, self._config.after_days)) / multiples_near(size)
        chance *= np.log10(np.maximum(size, 1)).astype(np.int64) + 1
        self._pairs(one[fit], other[fit], chance[fit], "amount", "two digits exchanged")

    def late(self) -> None:
        """Pairs of one amount that name one party, beyond the date window, each other's only such row and hardly an
        accident.
        """
        one, other = self._alike(lambda rows: self._book.amount[rows])
        lag, _ = gates.lag(self._book, one, other)
        timely = (lag >= -EARLY) & (lag <= LATE) & ~gates.in_window(self._book, self._config, one, other)
        one, other = one[timely], other[timely]
        bits = np.zeros(len(one))
        said = (self._code[one] >= 0) & (self._code[other] >= 0)
        bits[said] = self._texts.shared(self._code[one[said]], self._code[other[said]])
        chance = self._near(one, (EARLY, LATE)) / multiples_near(np.abs(self._book.amount[one])) / 2**bits
        fit = bits >= NAMED
        self._pairs(one[fit], other[fit], chance[fit], "words", "")

    def _alike(self, key: Callable[[Rows], Ints]) -> tuple[Rows, Rows]:
        """Free rows of either side with the same key, currency and sign; a crowd of them says nothing."""
        book = self._book
        free = self._free & (book.day != NO_DAY) & (book.currency > 0)
        source, ledger = (book.side_rows(side, free) for side in (SOURCE_SIDE, LEDGER_SIDE))
        ours, theirs = key(source), key(ledger)
        order = np.argsort(theirs, kind="stable")
        low, high = (np.searchsorted(theirs[order], ours, "left"), np.searchsorted(theirs[order], ours, "right"))
        one, place = expanded(source, low, np.where(high - low > MAX_POOL, low, high), order)
        other = ledger[place]
        same = classes(book, one) == classes(book, other)
        return one[same], other[same]

    def _near(self, source: Rows, reach: tuple[int, int]) -> NDArray[np.float64]:
        """Free rows of the ledger so many days before and after each source row."""
        days = np.sort(self._book.day[self._book.side_rows(LEDGER_SIDE, self._free & (self._book.day != NO_DAY))])
        first, last = self._book.day[source] - reach[0], self._book.day[source] + reach[1]
        return (np.searchsorted(days, last, "right") - np.searchsorted(days, first, "left")).astype(np.float64)

    def _pairs(self, one: Rows, other: Rows, chance: NDArray[np.float64], part: str, note: str) -> None:
        """Suggest those of the pairs that stand alone on both sides and are hardly an accident."""
        book = self._book
        single = (np.bincount(one)[one] == 1) & (np.bincount(other)[other] == 1) if len(one) else one > 0
        single &= (chance <= PLAUSIBLE) & ~book.pairs_refused(one, other)
        single &= ~gates.disagree(book, self._config, one, other)
        for left, right, odds in zip(*(values[single].tolist() for values in (one, other, chance)), strict=True):
            facts: dict[str, object] = {
                "diff": (book.amount[right] - book.amount[left]).item(),
                "days": (book.day[right] - book.day[left]).item(),
                "chance": round(odds, 7),
                **({"note": note} if note else {}),
            }
            self._suggest((left, right), "fuzzy", part, facts)
