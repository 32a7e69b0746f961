"""Reports of the day and notifications beside statements: they tell of entries first, the statement decides.

Until the statement of a day is there, what a witness says is booked counts. Once it is there, its entries alone count:
what a witness said of them stays under the statement's name, however the bank named it before, and an entry that the
statement does not hold counts no more and is told. What a notification says of the payments in an entry belongs to the
statement's entry, where that does not say it itself. A report of whole days, with both balances, is as good as their
statement where there is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from awra_desk.files.bank import BankStatement, Entry, identity, order
from awra_desk.files.bank_order import Arranged, arrange


def arrange_all(statements: Sequence[BankStatement]) -> Arranged:
    """As `bank_order.arrange`, with the witnesses among them in their place."""
    own = [one for one in statements if not one.witness]
    as_good = [one for one in statements if one.witness and _is_whole(one) and not any(_meet(one, of) for of in own)]
    told = sorted((one for one in statements if one.witness and one not in as_good), key=order)
    arranged = arrange([*own, *(replace(one, witness="") for one in as_good)])
    if not told:
        return arranged
    hearing = _Hearing(arranged)
    heard: dict[str, BankStatement] = {}
    for one in told:
        if (same := heard.get(one.digest)) is not None and same.path != one.path:
            hearing.notices.append(f"{one.path.name} holds the same bytes as {same.path.name}; it counts once.")
            continue
        heard.setdefault(one.digest, one)
        hearing.hear(one)
    return hearing.judged(tuple(one for one in told if heard[one.digest].path == one.path))


def _is_whole(one: BankStatement) -> bool:
    return one.opening is not None and one.closing is not None


def _meet(one: BankStatement, other: BankStatement) -> bool:
    return one.currency == other.currency and one.first <= other.last and other.first <= one.last


@dataclass(slots=True)
class _Hearing:
    """The entries as they become while one witness after the other is heard.

    Attributes:
        found: external id -> where it was met first, and the entry. own: names that statements gave.
    """

    arranged: Arranged
    found: dict[str, tuple[BankStatement, Entry]] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    copies: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    named: dict[tuple[str, str, int], list[str]] = field(default_factory=dict)
    dated: dict[tuple[str, date, int], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.found = {external: (one, entry) for external, one, entry in self.arranged.entries}
        self.own = frozenset(self.found)
        self.copies = dict(self.arranged.copies)
        for external, (one, entry) in self.found.items():
            if entry.minor is None or entry.day is None or not entry.booked:
                continue
            if entry.key:
                self.named.setdefault((one.currency, entry.key, entry.minor), []).append(external)
            self.dated.setdefault((one.currency, entry.day, entry.minor), []).append(external)

    def hear(self, one: BankStatement) -> None:
        """What one witness says."""
        taken: set[str] = set()
        for name, entry in _names(one):
            if entry.problem:
                self.notices.append(f"{one.path.name}, {entry.place}: {entry.problem}")
            known, sure = self._known(one.currency, entry, taken)
            if not known and not self._covered(one.currency, entry):
                self._count(name, one, entry)
                continue
            if known:
                taken.add(known)
                first, own = self.found[known]
                if sure:
                    self.found[known] = first, own.told_by(entry, f"{one.word} {one.number}")
            elif entry.booked:
                self.notices.append(
                    f"{one.path.name}, {entry.place}: the statement of {entry.day} does not hold this entry, so it "
                    "counts no more."
                )
            if name not in self.own:
                self.copies[name] = known

    def judged(self, witnesses: tuple[BankStatement, ...]) -> Arranged:
        """All of it together."""
        entries = tuple((external, one, entry) for external, (one, entry) in self.found.items())
        copies = {name: other for name, other in self.copies.items() if name not in self.found}
        notices = tuple(dict.fromkeys((*self.arranged.notices, *self.notices)))
        return replace(self.arranged, entries=entries, copies=copies, notices=notices, witnesses=witnesses)

    def _covered(self, currency: str, entry: Entry) -> bool:
        """Whether a statement says which entries its day has; of an entry that cannot be read, none does."""
        if entry.day is None or entry.minor is None:
            return False
        spans = (one for one in self.arranged.statements if one.currency == currency)
        return any(one.first <= entry.day <= one.last for one in spans)

    def _known(self, currency: str, entry: Entry, taken: set[str]) -> tuple[str, bool]:
        """The statement's entry that is meant, "" if there is none, and whether it is that one for sure: by the bank's
        id, or because no other of the day has this amount.
        """
        if entry.day is None or entry.minor is None or not entry.booked:
            return "", False
        by_id = self.named.get((currency, entry.key, entry.minor), []) if entry.key else []
        if free := [external for external in by_id if external not in taken]:
            return free[0], len(by_id) == 1
        same = self.dated.get((currency, entry.day, entry.minor), [])
        # An entry to which the bank gives another id is another one.
        like = [one for one in same if not (entry.key and self.found[one][1].key)]
        free = [external for external in like if external not in taken]
        return (free[0], len(like) == 1) if free else ("", False)

    def _count(self, name: str, one: BankStatement, entry: Entry) -> None:
        """An entry whose day no statement covers yet: as the last witness has it, with the payments that any told."""
        if name not in self.found:
            self.found[name] = one, entry
            return
        first, before = self.found[name]
        self.found[name] = first, entry.told_by(before, f"{first.word} {first.number}")


def _names(one: BankStatement) -> Iterator[tuple[str, Entry]]:
    """Each entry with its name, as `arrange` gives them within one statement."""
    met: Counter[str] = Counter()
    for entry in one.entries:
        key = identity(entry, one.currency)
        met[key] += 1
        yield (key if met[key] == 1 else f"{key}#{met[key]}"), entry
