"""What would have matched: for an open row and a candidate the changes that would bring them together.

Where one change suffices it is said what the next run would make of the pair: only where that is known without running
again, because both rows stand free and neither could meet anybody else under the changed gates. Otherwise the changes
are all that stands between the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from awra_desk.matching import gates, text
from awra_desk.matching.book import NO_DAY, Book, Mask, Rows
from awra_desk.matching.changes import Change
from awra_desk.matching.coincidence import LIMIT, Coincidence
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import minor_text
from awra_desk.matching.keys import BY_REFERENCE, INEXACT
from awra_desk.matching.links import key_column
from awra_desk.matching.neighbours import classes
from awra_desk.matching.standing import FREE, SURE, Standing
from awra_desk.matching.tolerance import EXACT, LATE, trusted
from awra_desk.matching.twins import likeness
from awra_desk.matching.vicinity import Vicinity
from awra_desk.ports import arrow
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

Ints = NDArray[np.int64]
Remedy = tuple[list[Change], str]

CONFIRMED, SUGGESTED = "confirmed", "suggested"
MAX_NAMED = 3
MANY = 2_000  # open rows of a side beyond which only the nearest candidate is looked into
WIDEST = 4  # no more of an amount than one in so many is a tolerance
_WINDOW = ("after_days", "before_days")
_DECIDED = ("exclude", "twin", "undo", "allow")


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs as they are: arrays of one length. mine: the open row; flip: whether the signs are opposite; gap: of the
    sizes; lag: days from source to ledger, 0 where not dated.
    """

    mine: Rows
    other: Rows
    source: Rows
    ledger: Rows
    flip: Mask
    gap: Ints
    allowed: Ints
    lag: Ints
    dated: Mask


class Remedies:
    """What would have matched, over one finished run."""

    def __init__(self, book: Book, config: MatchConfig, stand: Standing) -> None:
        self._book, self._config, self._stand = book, config, stand
        near = ~book.excluded & (stand.state != SURE) & (book.day != NO_DAY) & (book.currency > 0)
        self._near = [Vicinity(book, book.side_rows(side, near)) for side in (SOURCE_SIDE, LEDGER_SIDE)]
        self._rules = bool(config.rules.in_force.rules)
        self._keys: Any = None  # of all rows, once they are asked for

    def of(self, side: str, rows: Rows, candidate: Ints) -> list[list[Remedy]]:
        """For each open row of the side and each of its candidates (-1 for none): the changes, and what they lead to
        (CONFIRMED, SUGGESTED, or "" where no single one suffices). Of very many rows only the nearest candidate's.
        """
        if len(rows) > MANY:
            candidate = np.where(np.arange(candidate.shape[1]) == 0, candidate, -1)
        flat: list[Remedy] = [([], "")] * candidate.size
        mine, other = np.broadcast_to(rows[:, None], candidate.shape).reshape(-1), candidate.reshape(-1)
        real = np.flatnonzero((other >= 0) & self._book.open[mine])
        if len(real):
            pairs = self._pairs(side, mine[real], other[real])
            needs = self._needs(pairs)
            for place, remedy in zip(real.tolist(), self._judge(pairs, needs), strict=True):
                flat[place] = remedy
        width = candidate.shape[1]
        return [flat[at * width : (at + 1) * width] for at in range(len(rows))]

    def _pairs(self, side: str, mine: Rows, other: Rows) -> _Pairs:
        book = self._book
        source, ledger = (mine, other) if side == SOURCE_SIDE else (other, mine)
        lag, dated = gates.lag(book, source, ledger)
        gap = np.abs(np.abs(book.amount[ledger]) - np.abs(book.amount[source]))
        flip = book.sign[mine] * book.sign[other] < 0
        return _Pairs(mine, other, source, ledger, flip, gap, gates.allowed(book, self._config, ledger), lag, dated)

    def _needs(self, pairs: _Pairs) -> list[list[Change]]:
        """What each pair fails, but for rivals."""
        book = self._book
        needs: list[list[Change]] = [[] for _ in pairs.mine]
        for at in np.flatnonzero(pairs.flip).tolist():
            needs[at].append(self._of_row("sign", pairs.mine[at].item()))
        for at in np.flatnonzero(pairs.gap > pairs.allowed).tolist():
            code = book.currencies[book.currency[pairs.mine[at]]]
            needs[at].append(Change("tolerance", minor_text(pairs.gap[at].item(), code)))
        late = pairs.dated & (pairs.lag > self._config.after_days)
        early = pairs.dated & (pairs.lag < -self._config.before_days)
        for at in np.flatnonzero(late | early).tolist():
            days = pairs.lag[at].item()
            needs[at].append(Change(_WINDOW[days < 0], str(abs(days))))
        for at in np.flatnonzero(~pairs.dated).tolist():
            needs[at] += self._undated(pairs.mine[at].item(), pairs.other[at].item())
        taken = self._stand.state[pairs.other] != FREE
        refused = book.pairs_refused(pairs.source, pairs.ledger)
        for mask, kind, rows in (
            (book.repeated[pairs.mine], "id", pairs.mine),
            (book.repeated[pairs.other], "id", pairs.other),
            (book.broken[pairs.mine], "batch", pairs.mine),
            (book.broken[pairs.other], "batch", pairs.other),
            (taken, "undo", pairs.other),
        ):
            for at in np.flatnonzero(mask).tolist():
                needs[at].append(self._of_row(kind, rows[at].item()))
        for at in np.flatnonzero(refused).tolist():
            needs[at].append(Change("allow"))
        return needs

    def _undated(self, mine: int, other: int) -> Iterator[Change]:
        days = self._book.day
        for row, like in ((mine, other), (other, mine)):
            if days[row] == NO_DAY:
                value = "" if days[like] == NO_DAY else str(np.datetime64(days[like].item(), "D"))
                yield self._of_row("date", row, value)

    def _of_row(self, kind: str, row: int, value: str = "") -> Change:
        return Change(kind, value, self._book.side_of(row), self._book.ids[row])

    def _judge(self, pairs: _Pairs, needs: list[list[Change]]) -> list[Remedy]:
        """Add the rivals, and say what a single change leads to."""
        kinds = np.array([held[0].kind if len(held) == 1 else "" if held else "rivals" for held in needs], dtype=object)
        single = np.flatnonzero(kinds != "")
        rivals, crowded = self._rivals(pairs, single)
        for at, rows in rivals.items():
            likes = {likeness(self._book, row) for row in (pairs.mine[at].item(), pairs.other[at].item())}
            for row in rows[:MAX_NAMED]:
                kind = "twin" if likeness(self._book, row) in likes else "exclude"
                needs[at].append(self._of_row(kind, row))
            if len(rows) == 1 and kinds[at] == "rivals":
                kinds[at] = needs[at][0].kind
            else:
                kinds[at] = ""
        for at in crowded:
            needs[at].append(Change("crowd"))
            kinds[at] = ""
        thens = self._outcomes(pairs, kinds)
        by_key = self._by_key(pairs, np.array([then != CONFIRMED for then in thens], dtype=bool))
        return [([by_key[at]], CONFIRMED) if at in by_key else (needs[at], thens[at]) for at in range(len(needs))]

    # Whether anybody else could meet either row

    def _rivals(self, pairs: _Pairs, chosen: Ints) -> tuple[dict[int, list[int]], list[int]]:
        """Rows that could meet a row of the chosen pairs as they would be after their change, and pairs in a crowd."""
        book, config = self._book, self._config
        allowed = np.maximum(pairs.allowed, pairs.gap)[chosen]
        before, after = np.maximum(-pairs.lag, config.before_days), np.maximum(pairs.lag, config.after_days)
        turned = pairs.flip & (pairs.mine == pairs.source), pairs.flip & (pairs.mine == pairs.ledger)
        amount = [
            np.where(flip, -book.amount[rows], book.amount[rows])[chosen]
            for flip, rows in zip(turned, (pairs.source, pairs.ledger), strict=True)
        ]
        day = [book.day[rows][chosen] for rows in (pairs.source, pairs.ledger)]
        day = [np.where(day[at] == NO_DAY, day[1 - at], day[at]) for at in range(2)]
        kind = classes(book, pairs.ledger[chosen]) // 3 * 3 + 1
        mine = (pairs.source[chosen], pairs.ledger[chosen])
        wide = np.maximum(allowed, self._share_of(amount[0]))
        found: dict[int, list[int]] = {}
        crowded = np.zeros(len(chosen), dtype=bool)
        spans = ((day[0] - before[chosen], day[0] + after[chosen]), (day[1] - after[chosen], day[1] + before[chosen]))
        for at, (reach, span) in enumerate(((wide, spans[0]), (allowed, spans[1]))):
            asked, rows, crowd = self._near[1 - at].within(kind + np.sign(amount[at]), amount[at], reach, span)
            crowded |= crowd
            gap = np.abs(book.amount[rows] - amount[at][asked])
            limit = np.maximum(allowed[asked], gates.allowed(book, config, rows)) if at == 0 else allowed[asked]
            rival = (rows != mine[1 - at][asked]) & (gap <= limit)
            undone = self._stand.partner[pairs.other[chosen]][asked] == rows
            for place, row in zip(asked[rival & ~undone].tolist(), rows[rival & ~undone].tolist(), strict=True):
                found.setdefault(chosen[place].item(), []).append(row)
        return {at: sorted(set(rows)) for at, rows in found.items()}, chosen[crowded].tolist()

    def _share_of(self, amount: Ints) -> Ints:
        """How far beyond its own amount a source row may be and still be within the percentage of a ledger amount."""
        share = min(Fraction(self._config.percent) / 100, Fraction(9, 10))
        more = share / (1 - share)
        return np.array([abs(value) * more.numerator // more.denominator for value in amount.tolist()], dtype=np.int64)

    # What a single change leads to

    def _outcomes(self, pairs: _Pairs, kinds: NDArray[np.object_]) -> list[str]:
        """What the next run makes of pairs that need one change of this kind; "" where it is not known."""
        book, config = self._book, self._config
        if self._rules or not {"tolerance", "fuzzy"} & set(config.passes):
            return [""] * len(kinds)  # what a person's rule takes first is known only when it runs
        both = (pairs.mine, pairs.other)
        known = ~np.isin(kinds, ("", "rivals", "batch", "crowd"))
        known &= ~np.logical_or.reduce([book.suspended[rows] | book.payout[rows] for rows in both])
        size = np.minimum(np.abs(book.amount[pairs.source]), np.abs(book.amount[pairs.ledger]))
        known &= (kinds != "tolerance") | (pairs.gap <= size // WIDEST)
        known &= (kinds != "undo") | (self._stand.partner[pairs.other] >= 0)
        for at in np.flatnonzero(known & np.isin(kinds, ("sign", "date", "id", *_DECIDED))).tolist():
            known[at] = all(self._plain(rows[at].item()) for rows in both)
        result = np.where(known, SUGGESTED, "").astype(object)
        result[self._proven(pairs, np.flatnonzero(known & np.isin(kinds, (*_WINDOW, "exclude", "twin"))), kinds)] = (
            CONFIRMED
        )
        return list(result)

    def _plain(self, row: int) -> bool:
        """Whether nothing but amount, day and words can tie the row to another, whatever changes around it."""
        texts = self._book.texts
        named = any(texts[name][row] for name in ("references", "batch", "channel"))
        return not named and not text.may_hold_keys(texts["description"][row])

    def _proven(self, pairs: _Pairs, chosen: Ints, kinds: NDArray[np.object_]) -> Ints:
        """Those of the chosen pairs that the tolerance pass would confirm."""
        book, config = self._book, self._config
        if "tolerance" not in config.passes or not len(chosen):
            return chosen[:0]
        chosen = chosen[trusted(book, config, pairs.source[chosen], pairs.ledger[chosen])]
        lag = pairs.lag[chosen]
        window = np.maximum(-lag, config.before_days), np.maximum(lag, config.after_days)
        chance = Coincidence(book, config).of_pairs(pairs.source[chosen], pairs.ledger[chosen], window=window)
        score = np.round(EXACT - LATE * np.abs(lag) / np.maximum(np.maximum(*window), 1), 4)
        fewer = np.isin(kinds[chosen], ("exclude", "twin"))  # one row less may double its share
        return chosen[(chance <= np.where(fewer, LIMIT / 2, LIMIT)) & (score >= config.floor)]

    def _by_key(self, pairs: _Pairs, wanted: Mask) -> dict[int, Change]:
        """The reference that would tie a pair as a key does: one that its other row carries and nobody else."""
        book, config = self._book, self._config
        if "keys" not in config.passes or self._rules or not set(config.hard_keys) <= {"references"}:
            return {}
        if config.floor > BY_REFERENCE - INEXACT:
            return {}
        limit = np.where(book.payout[pairs.mine] | book.payout[pairs.other], 0, pairs.allowed)
        fit = wanted & ~pairs.flip & (pairs.gap <= limit) & ~book.pairs_refused(pairs.source, pairs.ledger)
        fit &= self._stand.state[pairs.other] == FREE
        for rows in (pairs.mine, pairs.other):
            fit &= ~(book.suspended[rows] | book.broken[rows] | book.repeated[rows])
            fit &= np.array([row not in book.key_links for row in rows.tolist()], dtype=bool)
        found: dict[int, tuple[int, int, list[str]]] = {}
        for at in np.flatnonzero(fit).tolist():
            mine, other = pairs.mine[at].item(), pairs.other[at].item()
            for row, like in ((mine, other), (other, mine)):
                if keys := self._own_keys(row, like):
                    found[at] = row, like, keys
                    break
        return self._unique(found)

    def _own_keys(self, row: int, like: int) -> list[str]:
        """Keys that the other row carries as references; none where texts could still speak against them."""
        texts = self._book.texts
        if any(text.hard_ids("", texts["description"][one]) for one in (row, like)):
            return []
        keys = [key for key in text.keys_of(texts["references"][like].split("\n")) if key]
        return [] if text.normalise(texts["batch"][row]) in keys else keys

    def _unique(self, found: dict[int, tuple[int, int, list[str]]]) -> dict[int, Change]:
        """Of these (row, like, keys of like) those whose keys no third row carries."""
        references, result = self._book.texts["references"], {}
        held = self._holders({key for _, _, keys in found.values() for key in keys})
        for at, (row, like, keys) in found.items():
            if all(held[key] == 1 for key in keys):
                line = next(line for line in references[like].split("\n") if text.key_of(line))
                result[at] = self._of_row("reference", row, line)
        return result

    def _holders(self, keys: set[str]) -> Counter[str]:
        """How many rows carry each of these keys."""
        if not keys:
            return Counter()
        if self._keys is None:
            references = self._book.texts["references"]
            lines = references[references != ""].tolist()
            if any("\n" in line for line in lines):
                lines = [line for held in lines for line in set(held.split("\n"))]
            self._keys = key_column("\n".join(lines), len(lines))
        asked = pc.is_in(self._keys, value_set=arrow.strings(sorted(keys)))
        return Counter(self._keys.filter(asked).to_pylist())
