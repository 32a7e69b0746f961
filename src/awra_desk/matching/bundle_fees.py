"""Fees that are kept of every deposit: a share, a sum, or a sum a row, told by their coming again and again.

No fee is known beforehand. The whole runs of rows a little larger than a total each leave a difference; a fee is what
explains the differences of many totals at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

RATES = np.arange(0, 1001, 5)  # hundredths of a per cent
LARGEST = 10  # a fee is no more than one in so many
VOTES, SHARE = 4, 0.15  # least totals, and share of all that leave differences, that a fee explains
PER_VOTE = 1_000  # differences for each of which it takes one total more
ROUNDED = 0.05  # odds of a fee that is rounded otherwise
MOST = 4_000  # differences looked at


@dataclass(frozen=True, slots=True)
class Fee:
    """What is kept. rate: hundredths of a per cent of the sum; fixed: minor units, of each row or of the whole. seen:
    totals that it explains.
    """

    rate: int
    fixed: int
    each: bool
    seen: int

    def of(self, gross: Ints, rows: Ints) -> Ints:
        """The fee of each sum of so many rows, minor units, halves up."""
        fee: Ints = (gross * self.rate + 5_000) // 10_000 + self.fixed * (rows if self.each else 1)
        return fee

    def gross(self, total: int) -> list[tuple[int, float]]:
        """Sums of which the fee leaves the total, and their shares: the less where it would be rounded otherwise. None
        where it depends on the number of rows.
        """
        if self.each:
            return []
        about = (total + self.fixed) * 10_000 // (10_000 - self.rate)
        near = np.arange(about - 2, about + 4)
        off = np.abs(near - self.of(near, near) - total)
        shares = np.select([off == 0, off <= (1 if self.rate else 0)], [1.0, ROUNDED], 0.0)
        return [(near[at].item(), shares[at].item() / shares.sum()) for at in np.flatnonzero(shares).tolist()]

    def slack(self, rows: int) -> int:
        """Minor units by which rounding row by row differs from rounding the whole."""
        return 1 + rows // 4 if self.rate else 0

    def words(self, decimals: int) -> str:
        """For people: "2.9 % and 0.30 a row"."""
        parts = [f"{self.rate / 100:g} %"] if self.rate else []
        if self.fixed:
            parts.append(f"{self.fixed / 10**decimals:.{decimals}f}{' a row' if self.each else ''}")
        return " and ".join(parts)


def recurring(total: Ints, gross: Ints, rows: Ints) -> Fee | None:
    """The fee that explains most totals, if it explains enough of them.

    Args:
        total: what was paid out; gross, rows: sum and number of the rows that may stand behind it. A total may come
            several times, each with other rows.
    """
    fit = np.flatnonzero((gross > total) & ((gross - total) * LARGEST <= gross))[:MOST]
    total, gross, rows = total[fit], gross[fit], rows[fit]
    several, votes_needed = len(np.unique(total)), VOTES + len(fit) // PER_VOTE
    if several < votes_needed:
        return None
    best: Fee | None = None
    for each in (False, True):
        rest = (gross - total)[None, :] - (gross[None, :] * RATES[:, None] + 5_000) // 10_000
        usable = rest >= 0
        if each:
            usable &= rest % rows[None, :] == 0
            rest //= rows[None, :]
        rate, at = np.nonzero(usable)
        votes = np.unique(np.stack([rate, rest[rate, at], total[at]], axis=1), axis=0)[:, :2]
        cells, counts = np.unique(votes, axis=0, return_counts=True)
        # A share alone, or a sum alone, explains as much with less.
        rank = np.lexsort((cells[:, 0], cells[:, 1], (cells > 0).sum(axis=1), -counts))
        for place in rank[:1].tolist():
            rate_of, fixed = RATES[cells[place, 0]].item(), cells[place, 1].item()
            fee = Fee(rate_of, fixed, each and fixed > 0, counts[place].item())
            if fee.seen >= max(votes_needed, SHARE * several) and (best is None or fee.seen > best.seen):
                best = fee
    return best
