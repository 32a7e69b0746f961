"""Scores a desk's matches against the truth: what was confirmed wrongly, and how much of what can be confirmed was.

Called by the demo and by tests after the desk has finished. Records are named as the desk names them; ledger lines are
translated with the map the ledger's own renderer gives.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from awra_desk.sandbox.truth import LedgerRef, SourceRef, TrueGroup, Truth

Member = tuple[str, str, str]
"""Side ("source" or "ledger"), stream, external id."""

Match = tuple[str, str, Iterable[Member]]
"""Match id, status ("confirmed" counts, everything else does not), members."""

_CONFIRMED = "confirmed"
_OTHER_READING = "net"
_Name = tuple[str, SourceRef | LedgerRef]
_Bag = Counter[_Name]


@dataclass(frozen=True, slots=True)
class Score:
    """The verdict on one reconciliation, or on several together.

    Attributes:
        confirmed: automatic confirmations. false_confirmations: those of them that hold a record nobody generated, or
            records of more than one true group (rows of one twin class may stand for each other).
        confirmable: true groups whose records prove them. found: those of them that one confirmation holds exactly.
        rest: true groups with records on both sides of which no confirmation holds any, other readings of the same
            records left out. suggested: those of them that one suggestion holds whole, alone or among its rivals.
        false_matches: ids of the false confirmations, sorted. missed: confirmable groups not found, unsuggested: groups
            of the rest that no suggestion holds; both in the truth's order.
    """

    confirmed: int
    false_confirmations: int
    confirmable: int
    found: int
    rest: int = 0
    suggested: int = 0
    false_matches: tuple[str, ...] = ()
    missed: tuple[TrueGroup, ...] = ()
    unsuggested: tuple[TrueGroup, ...] = ()

    @property
    def confirmed_precision(self) -> Fraction:
        """Share of confirmations that are true; 1 if there are none."""
        return Fraction(self.confirmed - self.false_confirmations, self.confirmed) if self.confirmed else Fraction(1)

    @property
    def confirmable_recall(self) -> Fraction:
        """Share of the confirmable groups that were found; 1 if there are none."""
        return Fraction(self.found, self.confirmable) if self.confirmable else Fraction(1)

    @property
    def suggested_recall(self) -> Fraction:
        """Share of the rest that is among the suggestions; 1 if there is none."""
        return Fraction(self.suggested, self.rest) if self.rest else Fraction(1)


def score(
    truth: Truth, reconciliation: str, matches: Iterable[Match], line_ids: Mapping[LedgerRef, tuple[str, str]]
) -> Score:
    """Judge one reconciliation.

    Args:
        matches: the desk's matches of this reconciliation; each record is in at most one confirmed match.
        line_ids: (document key, line number) -> (stream, external id) of the ledger's lines as the desk pulled them. A
            ledger member absent from it is taken for an opening item, whose external id is its name in the truth.
    """
    groups = [group for group in truth.groups if group.reconciliation == reconciliation]
    judge = _Judge(truth, reconciliation, groups, {name: ref for ref, name in line_ids.items()})
    bags = [(match_id, status == _CONFIRMED, judge.bag(members)) for match_id, status, members in matches]
    confirmed = [(match_id, bag) for match_id, sure, bag in bags if sure]
    wrong = sorted(match_id for match_id, bag in confirmed if not judge.is_true(bag))
    left = Counter(frozenset(bag.items()) for _, bag in confirmed)
    missed = []
    confirmable = [group for group in groups if group.confirmable]
    for group in confirmable:
        shape = frozenset(judge.bag_of(group).items())
        if left[shape] > 0:
            left[shape] -= 1
        else:
            missed.append(group)
    rest = judge.rest(groups, [bag for _, bag in confirmed])
    unsuggested = judge.unsuggested(rest, [bag for _, sure, bag in bags if not sure])
    return Score(
        confirmed=len(confirmed),
        false_confirmations=len(wrong),
        confirmable=len(confirmable),
        found=len(confirmable) - len(missed),
        rest=len(rest),
        suggested=len(rest) - len(unsuggested),
        false_matches=tuple(wrong),
        missed=tuple(missed),
        unsuggested=tuple(unsuggested),
    )


def combine(scores: Iterable[Score]) -> Score:
    """The verdict on several reconciliations as one."""
    every = list(scores)
    return Score(
        confirmed=sum(one.confirmed for one in every),
        false_confirmations=sum(one.false_confirmations for one in every),
        confirmable=sum(one.confirmable for one in every),
        found=sum(one.found for one in every),
        rest=sum(one.rest for one in every),
        suggested=sum(one.suggested for one in every),
        false_matches=tuple(match_id for one in every for match_id in one.false_matches),
        missed=tuple(group for one in every for group in one.missed),
        unsuggested=tuple(group for one in every for group in one.unsuggested),
    )


def as_text(share: Fraction, places: int = 4) -> str:
    """A share as a decimal string, rounded down so that only a whole is written as 1."""
    scale = 10**places
    return str(Decimal(share.numerator * scale // share.denominator).scaleb(-places))


class _Judge:
    """Knows the true groups with every twin named by its class."""

    def __init__(
        self,
        truth: Truth,
        reconciliation: str,
        groups: list[TrueGroup],
        line_of: Mapping[tuple[str, str], LedgerRef],
    ) -> None:
        self._line_of = line_of
        self._class: dict[_Name, _Name] = {}
        for twins in truth.twins:
            if twins.reconciliation == reconciliation:
                self._class |= {(twins.side, ref): (twins.side, twins.members[0]) for ref in twins.members}
        times = Counter(frozenset(self.bag_of(group).items()) for group in groups)
        self._groups: defaultdict[_Name, list[_Bag]] = defaultdict(list)
        for shape, count in times.items():
            whole: _Bag = Counter({name: number * count for name, number in shape})
            for name in whole:
                self._groups[name].append(whole)

    def bag_of(self, group: TrueGroup) -> _Bag:
        names = [("source", ref) for ref in group.source] + [("ledger", ref) for ref in group.ledger]
        return Counter(self._class.get(name, name) for name in names)

    def bag(self, members: Iterable[Member]) -> _Bag:
        """The members of a match by their names in the truth."""
        found: _Bag = Counter()
        for side, stream, external_id in members:
            ref: SourceRef | LedgerRef = (stream, external_id)
            if side == "ledger":
                ref = self._line_of.get((stream, external_id), (external_id, 0))
            found[self._class.get((side, ref), (side, ref))] += 1
        return found

    def is_true(self, bag: _Bag) -> bool:
        """Whether one true group, or several alike in every compared field, holds all of the records."""
        return any(bag <= whole for whole in self._groups[next(iter(bag))]) if bag else False

    def rest(self, groups: Iterable[TrueGroup], confirmed: Iterable[_Bag]) -> list[TrueGroup]:
        """Groups of both sides whose records are all left over; of twins, as many as are left over."""
        left: _Bag = Counter()
        for group in groups:
            left += self.bag_of(group)
        for bag in confirmed:
            left -= bag
        two_sided = (group for group in groups if group.source and group.ledger and group.kind != _OTHER_READING)
        return [group for group in two_sided if _taken(left, self.bag_of(group))]

    def unsuggested(self, groups: Iterable[TrueGroup], suggestions: Iterable[_Bag]) -> list[TrueGroup]:
        """Those of the groups that no suggestion holds whole; a suggestion of several alike holds as many."""
        holding: defaultdict[_Name, list[_Bag]] = defaultdict(list)
        for bag in suggestions:
            for name in bag:
                holding[name].append(bag)
        missing = []
        for group in groups:
            wanted = self.bag_of(group)
            if not any(_taken(bag, wanted) for bag in holding[next(iter(wanted))]):
                missing.append(group)
        return missing


def _taken(bag: _Bag, wanted: _Bag) -> bool:
    """Take the wanted records out of the bag, if it holds them all."""
    if not wanted <= bag:
        return False
    bag -= wanted
    return True
