"""Rules and aliases that people's own matches point to: the same names, the same difference, the same lag, again and
again. Proposals only; nothing here changes anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from awra_desk.matching import text
from awra_desk.matching.config import MatchConfig, decimals
from awra_desk.matching.decisions import Decisions, Member
from awra_desk.matching.rules import Alias, Condition, Dates, Key, Rule, RuleSet, TextTest, Tolerance
from awra_desk.ports.columns import Table
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

SAME_NAMES = 2  # matches by people that make an alias worth proposing
ALIKE = 3  # and a rule
COMMON = 0.5  # a word in more of the ledger's rows says nothing
MIN_WORD = 3

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One rule or alias worth a back-test.

    Attributes:
        rules: a set of just that. support: matches by people that it would have found. against: pairs that people
            rejected and that it would propose. pairs: the matches, as (source id, ledger id).
    """

    name: str
    words: str
    rules: RuleSet
    support: int
    against: int
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    source: Row
    ledger: Row

    @property
    def ids(self) -> tuple[str, str]:
        return str(self.source["id"]), str(self.ledger["id"])

    @property
    def diff(self) -> int:
        return int(str(self.ledger["amount"])) - int(str(self.source["amount"]))

    @property
    def lag(self) -> int | None:
        days = [np.datetime64(str(row["date"]), "D") if row["date"] else None for row in (self.source, self.ledger)]
        return None if days[0] is None or days[1] is None else int((days[1] - days[0]).astype(int))

    @property
    def words(self) -> frozenset[str]:
        told = text.words(str(self.ledger["description"]))
        return frozenset(word for word in told if len(word) >= MIN_WORD and word.isalpha())


def mine(source: Table, ledger: Table, decisions: Decisions, config: MatchConfig) -> list[Proposal]:
    """Proposals, the best supported first; what is among the rules already, on or off, is not proposed again.

    Args:
        source, ledger: schema ITEMS, the rows that the decisions are about among them.
    """
    rows = _rows(source, ledger, decisions)
    matched = [pair for members in decisions.confirmed if (pair := _pair(members, rows))]
    refused = [pair for members in sorted(map(sorted, decisions.rejected)) if (pair := _pair(members, rows))]
    found = [*_aliases(matched, refused), *_alike(matched, refused, ledger, config)]
    known = {alias.name for alias in config.rules.aliases} | {rule.name for rule in config.rules}
    fresh = [proposal for proposal in found if proposal.name not in known]
    return sorted(fresh, key=lambda proposal: (proposal.against, -proposal.support, proposal.name))


def _rows(source: Table, ledger: Table, decisions: Decisions) -> dict[Member, Row]:
    """The rows that are in some decision."""
    wanted = {member for members in [*decisions.confirmed, *decisions.rejected] for member in members}
    found: dict[Member, Row] = {}
    for side, table in ((SOURCE_SIDE, source), (LEDGER_SIDE, ledger)):
        names = {name for where, name in wanted if where == side}
        mask = np.fromiter((name in names for name in table["id"].tolist()), dtype=bool, count=len(table))
        found |= {(side, row["id"]): row for row in table.take(mask).dicts()}
    return found


def _pair(members: Iterable[Member], rows: Mapping[Member, Row]) -> _Pair | None:
    """The two rows of a 1:1 decision in one currency, None for any other."""
    sides = dict(members)
    if len(list(members)) != 2 or set(sides) != {SOURCE_SIDE, LEDGER_SIDE}:
        return None
    found = [rows.get((side, sides[side])) for side in (SOURCE_SIDE, LEDGER_SIDE)]
    if found[0] is None or found[1] is None or found[0]["currency"] != found[1]["currency"]:
        return None
    return _Pair(found[0], found[1])


def _aliases(matched: list[_Pair], refused: list[_Pair]) -> list[Proposal]:
    seen: dict[tuple[str, str], list[_Pair]] = defaultdict(list)
    names: dict[tuple[str, str], Alias] = {}
    for pair in matched:
        ours, theirs = (str(row["counterparty"]).strip() for row in (pair.source, pair.ledger))
        key = text.normalise(ours), text.normalise(theirs)
        if all(key) and key[0] not in key[1] and key[1] not in key[0]:
            seen[key].append(pair)
            names.setdefault(key, Alias(ours, theirs))
    against = Counter(
        (text.normalise(str(pair.source["counterparty"])), text.normalise(str(pair.ledger["counterparty"])))
        for pair in refused
    )
    return [
        Proposal(
            names[key].name,
            f"the source's {names[key].source} is the ledger's {names[key].ledger}",
            RuleSet(aliases=(names[key],)),
            len(pairs),
            against[key],
            tuple(sorted(pair.ids for pair in pairs)),
        )
        for key, pairs in sorted(seen.items())
        if len(pairs) >= SAME_NAMES and against[key] < len(pairs)
    ]


def _alike(matched: list[_Pair], refused: list[_Pair], ledger: Table, config: MatchConfig) -> list[Proposal]:
    """A rule for each kind and difference that people matched several times and whose ledger rows share a word."""
    if len(matched) < ALIKE:
        return []
    found: list[Proposal] = []
    shares = _shares(ledger)
    for (kind, currency, diff), pairs in _groups(matched):
        counts = Counter(word for pair in pairs for word in pair.words if shares.get(word, 0.0) <= COMMON)
        known = [word for word, count in counts.items() if count >= ALIKE]
        if not known:
            continue
        word = min(known, key=lambda each: (-counts[each], shares[each], each))
        alike = [pair for pair in pairs if word in pair.words]
        against = [pair for pair in refused if str(pair.source["kind"]) == kind and word in pair.words]
        wrong = sum(pair.diff == diff for pair in against)
        if wrong < len(alike):
            found.append(_rule(kind, currency, diff, word, alike, wrong, config))
    return found


def _rule(
    kind: str, currency: str, diff: int, word: str, pairs: list[_Pair], against: int, config: MatchConfig
) -> Proposal:
    offset = Decimal(diff).scaleb(-decimals(currency))
    lags = [pair.lag for pair in pairs if pair.lag is not None]
    before, after = max([0, *(-lag for lag in lags)]), max([0, *lags])
    key = Key(("references",), ("references",)) if all(map(_share_reference, pairs)) else None
    dates = None if key else Dates(max(before, config.before_days), max(after, config.after_days))
    said = [f"{kind or 'rows'} against ledger lines that say {word}"]
    said += [f"{offset:+f} {currency} apart"] if diff else []
    said += [f"{before} days before to {after} after"] if dates else ["by reference"]
    rule = Rule(
        name="-".join(filter(None, [kind, word, f"{abs(offset):f}" if diff else ""])),
        source=Condition(kinds=(kind,) if kind else (), currencies=(currency,) if diff else ()),
        ledger=Condition(text=TextTest(contains=(word,))),
        words="As matched by people: " + ", ".join(said),
        key=key,
        tolerance=Tolerance(offset=offset) if diff else None,
        dates=dates,
    )
    ids = tuple(sorted(pair.ids for pair in pairs))
    return Proposal(rule.name, ", ".join(said), RuleSet((rule,)), len(pairs), against, ids)


def _share_reference(pair: _Pair) -> bool:
    held = [set(text.keys_of(str(row["references"]).split("\n"))) - {""} for row in (pair.source, pair.ledger)]
    return not held[0].isdisjoint(held[1])


def _groups(matched: list[_Pair]) -> Iterator[tuple[tuple[str, str, int], list[_Pair]]]:
    """Matches of one kind, currency and difference (minor units), where there are enough of them; sorted by these."""
    import pandas as pd  # noqa: PLC0415 - slow to import, and only who asks for proposals needs it

    by = ["kind", "currency", "diff"]
    facts = [(str(pair.source["kind"]), str(pair.source["currency"]), pair.diff, pair) for pair in matched]
    for _, group in pd.DataFrame(facts, columns=[*by, "pair"]).groupby(by):
        if len(group) >= ALIKE:
            first: _Pair = group["pair"].iloc[0]
            yield (str(first.source["kind"]), str(first.source["currency"]), first.diff), group["pair"].tolist()


def _shares(ledger: Table) -> dict[str, float]:
    """Word -> share of the ledger's rows that say it."""
    import pandas as pd  # noqa: PLC0415 - as above

    told = pd.Series(ledger["description"], dtype=object, name="told").value_counts().reset_index(name="rows")
    said = told.assign(word=told["told"].map(lambda value: sorted(text.words(value)))).explode("word")
    counts = said.groupby("word")["rows"].sum()
    return {str(word): int(rows) / len(ledger) for word, rows in counts.items()}
