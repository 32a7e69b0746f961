"""Bundles: several rows of one side that make up one of the other, where no key and perhaps no word says so.

Suggestions only. For each row that found no partner the subsets that make it up are weighed against each other and
against its being no bundle at all (`bundle_odds`); the best is shown where it is more probable than everything else
together. The clearest are taken first: what they look like is learned, and their rows are no candidates for the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates
from awra_desk.matching.book import NO_DAY, Book, Mask, Rows
from awra_desk.matching.bundle_fees import Fee, recurring
from awra_desk.matching.bundle_odds import RUN, SPREAD, WAYS, Bundle, Habits, Odds, Places
from awra_desk.matching.bundle_pools import Pool, Pools
from awra_desk.matching.bundle_runs import Runs
from awra_desk.matching.bundle_sums import FULL, PAIRED, Sums
from awra_desk.matching.coincidence import multiples_near
from awra_desk.matching.config import MatchConfig, decimals
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.grams import Texts
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BARS = (0.95, 0.8, 0.6)  # least probability of what is taken, from round to round
ROUNDS = 3  # of each bar, while something is taken
CLEAR = 0.9  # from which a bundle teaches
MAX_POOL = 600
CROWD = 100_000  # rows looked through for totals that have more around them
RUN_BACK = 12  # days before the usual delay in which a run may begin
WORK, LEAST, MOST = 300, 120_000, 600_000  # candidates looked through in all rounds for each free row; bounds of all
EACH = 30  # work of a total besides its candidates
TRIAL = 100  # totals of all pools, after which a side is left alone where hardly any is a bundle
HARDLY = 0.02
BEST_SCORE = 0.8
FIRST = 12  # likeliest answers that are compared
FEE_TOTALS = 100  # from which a fee is told
FEE_SHARE = 0.5  # of totals from which it is kept, where there is one


@dataclass(frozen=True, slots=True)
class _Looked:
    """What there is of one total among these candidates: of the total itself, and of what a fee leaves of more.

    Attributes:
        wide: all candidates. close: those from which any subset may come.
    """

    wide: Rows
    close: Pool
    answers: list[_Answers]

    @property
    def complete(self) -> bool:
        """Whether every subset of all candidates was looked at."""
        return len(self.close.rows) == len(self.wide) and not any(answers.unseen for answers in self.answers)


@dataclass(frozen=True, slots=True)
class _Answers:
    """Subsets that make up one sum. share: of the sum among those that could be meant.

    Attributes:
        subsets: places in the close pool. unseen: sizes that nobody looked at. runs: rows of whole runs, of how many
            rows they leave out, and their share.
    """

    sum: int
    share: float
    fee: Fee | None
    subsets: list[Places]
    unseen: set[int]
    runs: list[tuple[tuple[int, ...], int, float]]


class Bundles:
    """Works on the rows that `free` holds; what it suggests, it takes out of there.

    Attributes:
        taken: rows of its suggestions.
    """

    def __init__(self, book: Book, config: MatchConfig, found: Found, free: Mask, texts: Texts, days: Floats) -> None:
        """days: share of each delay from source to ledger, from -EARLY."""
        self._book, self._config, self._found = book, config, found
        self._free = free & (book.day != NO_DAY) & (book.currency > 0) & (book.amount != 0)
        self._pools = Pools(book, self._free, texts)
        self._habits = {side: Habits(days) for side in (SOURCE_SIDE, LEDGER_SIDE)}
        self._fees: dict[str, Fee | None] = {}
        self._looked: dict[int, _Looked] = {}
        self._expected: dict[int, float] = {}  # probability that the total is a bundle
        self._accepted: list[Bundle] = []
        self._left = min(max(WORK * int(np.count_nonzero(self._free)), LEAST), MOST)
        self._closed: set[str] = set()  # sides on which hardly any row is a total
        self.taken = np.zeros(len(book), dtype=bool)

    def run(self, reach: tuple[int, int]) -> None:
        """Suggest what is clear enough. reach: days that the ledger usually is before and after the source."""
        sides = [(SOURCE_SIDE, LEDGER_SIDE, reach), (LEDGER_SIDE, SOURCE_SIDE, reach[::-1])]
        for bar in BARS if self._config.max_members >= 2 else ():
            for _ in range(ROUNDS):
                found = [
                    bundle
                    for side, other, days in sides
                    if side not in self._closed
                    for bundle in self._side(side, other, days)
                ]
                took = self._accept(found, bar)
                for side in self._habits:
                    self._learn(side)
                if not took:
                    break

    def _learn(self, side: str) -> None:
        of = self._book.side_of
        chances = [chance for row, chance in self._expected.items() if of(row) == side]
        clear = [one for one in self._accepted if one.likely >= CLEAR and of(one.target) == side]
        self._habits[side].learn(clear, sum(chances), len(chances))

    def _side(self, side: str, other: str, reach: tuple[int, int]) -> list[Bundle]:
        """The best bundle of each total on one side: a trial of all pools, then small ones first, as there a sum says
        most.
        """
        book, habits = self._book, self._habits[side]
        near = self._near(side, other, (reach[0] + SPREAD + RUN_BACK, reach[1] + SPREAD))
        if side not in self._fees:
            self._fees[side] = self._fee(near)
        found: list[Bundle] = []
        clear = 0
        for count, (target, rows) in enumerate(_trial_first(near)):
            if count >= TRIAL and clear < count * HARDLY and not self._accepted:
                self._closed.add(side)
                break
            looked = self._looked.get(target)
            if looked is None or not np.array_equal(looked.wide, rows):
                if self._left <= 0:
                    continue
                self._left -= EACH + len(rows)
                since = book.day[target].item() - reach[0] - SPREAD
                looked = self._looked[target] = self._look(target, rows, since, self._fees[side])
            if bundle := self._best(target, looked, habits):
                found.append(bundle)
                clear += bundle.likely >= BARS[-1]
        return found

    def _near(self, side: str, other: str, reach: tuple[int, int]) -> list[tuple[int, Rows]]:
        """Totals and the smaller rows around each that could be members, fewest first."""
        book = self._book
        targets, pool = book.side_rows(side, self._free), book.side_rows(other, self._free)
        if not len(targets) or len(pool) < 2:
            return []
        order = self._pools.ordered(pool)
        first, last = self._pools.within(order, targets, reach)
        size, crowd, found = last - first, CROWD, []
        for at in np.lexsort((targets, size)).tolist():
            if size[at] < 2:
                continue
            rows, total = order[first[at] : last[at]], abs(book.amount[targets[at]].item())
            if size[at] > MAX_POOL:  # among so many only those who name the party
                if (crowd := crowd - size[at]) < 0:
                    break
                rows = rows[self._pools.named(targets[at].item(), rows)]
            rows = rows[np.abs(book.amount[rows]) < total]
            if len(rows) >= 2 and int(np.abs(book.amount[rows]).sum()) >= total:
                found.append((targets[at].item(), rows))
        return found

    def _fee(self, near: list[tuple[int, Rows]]) -> Fee | None:
        """The fee that whole runs say is kept of most totals."""
        facts = []
        for target, rows in near[:: len(near) // FEE_TOTALS + 1]:
            gross, count = Runs(np.abs(self._book.amount[rows]), self._book.day[rows]).sums()
            facts.append(np.stack([np.full(len(gross), abs(self._book.amount[target].item())), gross, count]))
        return recurring(*np.concatenate(facts, axis=1)) if facts else None

    def _look(self, target: int, rows: Rows, since: int, fee: Fee | None) -> _Looked:
        """Search. rows: those that could be members of a run; since: first day of anything else."""
        total = abs(self._book.amount[target].item())
        wide = self._pools.of(target, rows)
        close = wide.take(wide.day >= since)
        share = (1 - FEE_SHARE) if fee else 1.0
        answers = [_Answers(total, share, None, *_subsets(close, total), list(_runs(wide, total, None)))]
        if fee:
            for one, part in fee.gross(total):
                kept = FEE_SHARE * part
                answers.append(_Answers(one, kept, fee, *_subsets(close, one), list(_runs(wide, one, None))))
            if fee.each:
                answers.append(_Answers(total, FEE_SHARE, fee, [], set(), list(_runs(wide, total, fee))))
        return _Looked(rows, close, answers)

    def _best(self, target: int, looked: _Looked, habits: Habits) -> Bundle | None:
        """The likeliest bundle of one total."""
        book = self._book
        none = habits.none(int(multiples_near(np.abs(book.amount[[target]]))[0]))
        found, fees, against = self._weighed(looked, habits)
        found = {rows: ways for rows, ways in found.items() if len(rows) <= self._config.max_members}
        every = none + against + sum(float(ways.sum()) for ways in found.values())
        self._expected[target] = 1 - none / every
        if not found:
            return None
        alike: dict[tuple[tuple[int, int], ...], float] = defaultdict(float)  # rows that look the same are one answer
        first = sorted(found, key=lambda rows: (-found[rows].sum(), rows))[:FIRST]
        looks = {rows: tuple(sorted((book.amount[row].item(), book.day[row].item()) for row in rows)) for rows in first}
        for rows in first:
            alike[looks[rows]] += float(found[rows].sum())
        best = max(first, key=lambda rows: (alike[looks[rows]], found[rows].sum(), [-row for row in rows]))
        out, fee = fees.get(best, (0, None))
        return Bundle(
            target,
            best,
            round(alike[looks[best]] / every, 6),
            found[best] / max(float(found[best].sum()), 1e-300),
            out,
            self._pools.of(target, np.array(best)).lag,
            len(found),
            len(looked.wide),
            looked.complete,
            fee.words(decimals(book.currencies[book.currency[target]])) if fee else "",
        )

    def _weighed(
        self, looked: _Looked, habits: Habits
    ) -> tuple[dict[tuple[int, ...], Floats], dict[tuple[int, ...], tuple[int, Fee | None]], float]:
        """Weight of each answer by the way it came about, rows that it leaves out and the fee, and of what was not
        looked at.
        """
        found: dict[tuple[int, ...], Floats] = defaultdict(lambda: np.zeros(len(WAYS)))
        more: dict[tuple[int, ...], tuple[int, Fee | None]] = {}
        against, rows_of = 0.0, looked.close.rows
        odds = Odds(looked.close, habits, FULL if len(rows_of) <= FULL else 6)
        for answers in looked.answers:
            against += odds.unseen(answers.sum, answers.unseen) * answers.share
            for places in answers.subsets:
                rows = tuple(rows_of[list(places)].tolist())
                found[rows] += odds.of(places) * answers.share
                more[rows] = 0, answers.fee
            for rows, out, share in answers.runs:
                found[rows][RUN] += share * habits.ways[RUN] * habits.out[out] * answers.share
                more[rows] = out, answers.fee
        return found, more, against

    def _accept(self, found: list[Bundle], bar: float) -> int:
        """Take the likeliest first, each row once; returns how many were taken."""
        book, took = self._book, 0
        for bundle in sorted(found, key=lambda one: (-one.likely, len(one.members), one.target)):
            rows = tuple(sorted((bundle.target, *bundle.members)))
            if bundle.likely < bar or not self._free[list(rows)].all() or book.refused(rows):
                continue
            pairs = [sorted((bundle.target, row)) for row in bundle.members]
            if not any(gates.rows_disagree(book, self._config, one, other) for one, other in pairs):
                self._suggest(bundle, rows)
                took += 1
        return took

    def _suggest(self, bundle: Bundle, rows: tuple[int, ...]) -> None:
        book, target, score = self._book, bundle.target, gates.cap(BEST_SCORE * bundle.likely, self._config)
        diff = book.sum_of(bundle.members) - book.amount[target].item()
        facts: dict[str, object] = {
            "version": 1,
            "rule": "groups",
            "currency": book.currencies[book.currency[target]],
            "parts": [["subset", score]],
            "blocks": ["amount"] if diff else ["evidence"],
            "diff": diff if target < book.split else -diff,
            "chance": round(1 - bundle.likely, 6),
            "proof": {
                "complete": bundle.complete,
                "solutions": 1,
                "subsets": bundle.sums,
                "candidates": bundle.candidates,
            },
            **({"note": f"less a fee of {bundle.fee}, as others here"} if bundle.fee else {}),
        }
        self._free[list(rows)], self.taken[list(rows)] = False, True
        self._accepted.append(bundle)
        reason = Reason.AMOUNT_DIFFERENCE if diff else Reason.AMBIGUOUS
        self._found.suggest(Group(rows, score, "groups", reason, encode(facts), confirmed=False))


def _trial_first(near: list[tuple[int, Rows]]) -> list[tuple[int, Rows]]:
    """Some of all sizes of pools first, then the rest."""
    step = max(len(near) // TRIAL, 1)
    tried = near[step // 2 :: step][:TRIAL]
    held = {target for target, _ in tried}
    return [*tried, *(one for one in near if one[0] not in held)]


def _subsets(pool: Pool, total: int) -> tuple[list[Places], set[int]]:
    """Places of the subsets that make up the total, from wherever a person would look; sizes not looked at."""
    count = len(pool.rows)
    found, unseen = _stretches(pool.size, total), set(range(2, count + 1))
    done: list[tuple[int, int]] = []  # windows of which every subset is known
    for places in [np.arange(count), *pool.windows(), *pool.parties()]:
        first, last = (places[0].item(), places[-1].item()) if len(places) else (0, 0)
        if not 2 <= len(places) <= PAIRED or int(pool.size[places].sum()) < total:
            continue
        if any(low <= first and last <= high for low, high in done):
            continue
        sums = Sums(pool.size[places])
        subsets, crowded = sums.of(total)
        found |= {tuple(places[list(subset)].tolist()) for subset in subsets}
        if len(places) == count:
            unseen = crowded | set(range(sums.most + 1, count + 1))
        if sums.most == len(places) == last - first + 1 and not crowded:
            done.append((first, last))
    return sorted(found), unseen


def _stretches(size: Ints, total: int) -> set[Places]:
    """Places of the rows one after another that make up the total."""
    sums = np.concatenate([[0], np.cumsum(size)])
    first = np.arange(len(size))
    last = np.minimum(np.searchsorted(sums, sums[:-1] + total), len(size))
    hit = np.flatnonzero((sums[last] - sums[:-1] == total) & (last - first >= 2))
    return {tuple(range(at, last[at])) for at in hit.tolist()}


def _runs(pool: Pool, total: int, fee: Fee | None) -> Iterator[tuple[tuple[int, ...], int, float]]:
    """Rows of each whole run that makes up the total, or leaves it after the fee, how many are left out, its share."""
    held = [np.arange(len(pool.rows)), *pool.parties()]
    for places in held:
        if int(pool.size[places].sum()) < total:
            continue
        runs = Runs(pool.size[places], pool.day[places])
        share = 0.5 if len(places) == len(pool.rows) else 0.5 / (len(held) - 1)
        for run in runs.less_fee(total, fee) if fee else runs.of(total):
            yield tuple(sorted(pool.rows[places[list(run.places)]].tolist())), len(run.out), share / run.among
