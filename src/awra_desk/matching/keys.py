"""The keys pass: provider ids carried along the chain decide, whatever the dates.

First reference meets reference, then keys found in texts. What is unique on both sides and agrees in amount is
confirmed; what is unique and disagrees is suggested, and then amount alone may not confirm its rows any more.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates, numbering, text
from awra_desk.matching.book import NO_DAY, Book, Mask, Rows
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group, PairBlock
from awra_desk.matching.links import Holders, KeyIndex, Meeting, meet, reference_holders, shared
from awra_desk.matching.twins import all_twins
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

RULE = "keys"
BY_REFERENCE, BY_TEXT, BY_TEXTS = 1.0, 0.98, 0.96
SAMPLE = 20_000  # matched keys from which numbering schemes are learned
PHONE = 9  # digits from which a number may be a telephone's
AGAIN = 14  # days after which a number that comes again is that of a party, not of one event
DOUBTFUL = 0.5  # the score of a pair whose key names no document, or another sign or currency
INEXACT = 0.02  # taken off a score whose amounts agree within the tolerance only


def run(book: Book, config: MatchConfig, found: Found) -> None:
    """Match by keys; leaves `book.suspended` and `book.key_links` for the passes that go by amount."""
    usable = book.usable
    index, source, ledger = reference_holders(book, config, usable)
    _link(book, config, found, index, (source, ledger), BY_REFERENCE)
    _cross(book, found, index, source, ledger)
    for (left, right), score in _text_holders(book, index, usable, source, ledger):
        _link(book, config, found, index, (left, right), score)


def _link(
    book: Book, config: MatchConfig, found: Found, index: KeyIndex, holders: tuple[Holders, Holders], score: float
) -> None:
    """Confirm or suggest what meets under one kind of link."""
    source, ledger, codes, meetings = meet(book, *holders)
    alive = book.open[source] & book.open[ledger] & ~book.pairs_refused(source, ledger)
    source, ledger, codes = source[alive], ledger[alive], codes[alive]
    names = index.names
    keys = [names[code] for code in codes.tolist()]
    sound = _without_doubtful(book, config, found, (source, ledger, keys), score)
    source, ledger, codes = source[sound], ledger[sound], codes[sound]
    source, ledger, codes, torn = _single_minded(source, ledger, codes)
    if len(codes) != len(keys):
        keys = [names[code] for code in codes.tolist()]
    _judge(book, config, found, (source, ledger, keys), score)
    for rows, code in torn:
        _suggest(book, found, rows, Reason.AMBIGUOUS, score - config.margin, {"key": names[code], "blocks": ["rivals"]})
    for meeting in meetings:
        _several(book, config, found, names[meeting.code], meeting, score)


def _without_doubtful(
    book: Book, config: MatchConfig, found: Found, pairs: tuple[Rows, Rows, list[str]], base: float
) -> Mask:
    """Which pairs have a key that names a document; the others are suggested, and give way to anything better."""
    source, ledger, keys = pairs
    own = numbering.own_forms(book, config, *pairs)
    if base == BY_REFERENCE:
        book.own = own
    why = numbering.doubts(keys, own)
    sound = np.ones(len(source), dtype=bool)
    if not any(why):
        return sound
    allowed = gates.allowed(book, config, ledger)
    explanations = _explanations(book, *pairs, base, "reference" if base == BY_REFERENCE else "text", allowed)
    for place in [place for place, doubt in enumerate(why) if doubt]:
        one, other = source[place].item(), ledger[place].item()
        sound[place] = False
        far = abs(book.amount[one].item() - book.amount[other].item()) > allowed[place]
        blocks = [why[place], "amount"] if far else [why[place]]
        reason = Reason.AMOUNT_DIFFERENCE if far else Reason.AMBIGUOUS
        extra = {**json.loads(explanations[place]), "blocks": blocks}
        _suggest(book, found, (one, other), reason, gates.cap(DOUBTFUL, config), extra, weak=True)
    return sound


def _single_minded(
    source: Rows, ledger: Rows, codes: NDArray[np.int64]
) -> tuple[Rows, Rows, NDArray[np.int64], list[tuple[tuple[int, ...], int]]]:
    """Pairs whose rows have no other partner under another key, each once; and the groups of rows that are torn."""
    if not len(source):
        return source, ledger, codes, []
    if np.bincount(source).max() == np.bincount(ledger).max() == 1:  # as nearly always
        return source, ledger, codes, []
    packed = source * (ledger.max() + 1) + ledger
    _, first = np.unique(packed, return_index=True)
    first.sort()
    source, ledger, codes = source[first], ledger[first], codes[first]
    torn = (np.bincount(source)[source] > 1) | (np.bincount(ledger)[ledger] > 1)
    groups = _components(list(zip(source[torn].tolist(), ledger[torn].tolist(), codes[torn].tolist(), strict=True)))
    return source[~torn], ledger[~torn], codes[~torn], groups


def _components(edges: list[tuple[int, int, int]]) -> list[tuple[tuple[int, ...], int]]:
    """Connected rows, each group with its lowest key code."""
    leader: dict[int, int] = {}

    def top(row: int) -> int:
        while leader.setdefault(row, row) != row:
            row = leader[row]
        return row

    for left, right, _ in edges:
        one, other = sorted((top(left), top(right)))
        leader[other] = one
    members: dict[int, set[int]] = defaultdict(set)
    code_of: dict[int, int] = {}
    for left, right, code in edges:
        members[top(left)] |= {left, right}
        code_of[top(left)] = min(code, code_of.get(top(left), code))
    return [(tuple(sorted(rows)), code_of[head]) for head, rows in sorted(members.items())]


def _judge(book: Book, config: MatchConfig, found: Found, pairs: tuple[Rows, Rows, list[str]], base: float) -> None:
    """Confirm the pairs whose amounts agree and that nothing speaks against; suggest the others."""
    source, ledger, keys = pairs
    if not len(source):
        return
    diff = book.amount[ledger] - book.amount[source]
    allowed = gates.allowed(book, config, ledger)
    within = np.abs(diff) <= allowed
    exact_only = book.payout[source] | book.payout[ledger]  # a decomposed batch meets its opposite row exactly
    within &= ~exact_only | (diff == 0)
    score = np.where(diff == 0, base, base - INEXACT)
    hard = gates.disagree(book, config, source, ledger)
    far = np.zeros(len(source), dtype=bool)
    if base == BY_TEXTS:  # a number that two texts share may be a telephone's or an account's: then the dates must fit
        parties = np.fromiter((_names_party(book, key) for key in keys), dtype=bool, count=len(keys))
        far = parties & ~gates.in_window(book, config, source, ledger)
    broken = book.broken[source] | book.broken[ledger]
    divided = numbering.divided(book, source, ledger, keys)
    short = within | (config.partial & ~exact_only)
    good = short & ~hard & ~far & ~broken & ~divided & (score >= config.floor)
    link = "reference" if base == BY_REFERENCE else "text"
    explanations = _explanations(book, source, ledger, keys, base, link, allowed)
    if base == BY_REFERENCE:  # where a number of a scheme leads to its like, other numbers of the scheme disagree
        book.schemes.update(
            filter(None, (text.scheme(keys[place]) for place in np.flatnonzero(within)[:SAMPLE].tolist()))
        )
    found.confirm_pairs(
        PairBlock(
            source[good],
            ledger[good],
            score[good],
            RULE,
            list(compress(explanations, good.tolist())),
            *_allocated(book, source[good], ledger[good], within[good]),
        )
    )
    for place in np.flatnonzero(~good).tolist():
        blocks = [
            name
            for name, holds in (
                ("amount", not within[place]),
                ("hard", hard[place]),
                ("date", far[place]),
                (numbering.DIVIDED, divided[place]),
                ("batch", broken[place]),
            )
            if holds
        ] or ["floor"]
        reason = (
            Reason.BALANCE_BREAK if broken[place] else Reason.AMBIGUOUS if within[place] else Reason.AMOUNT_DIFFERENCE
        )
        extra = {**json.loads(explanations[place]), "blocks": blocks}
        _suggest(book, found, (source[place].item(), ledger[place].item()), reason, gates.cap(base, config), extra)


def _names_party(book: Book, key: str) -> bool:
    """Whether a key may be that of a party, which comes again, and not of one document."""
    return (key.isdigit() and len(key) >= PHONE) or text.scheme(key) in book.accounts


def _allocated(book: Book, source: Rows, ledger: Rows, within: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Full amounts within the tolerance; else (partial) both sides use the smaller amount and the larger keeps the
    rest.
    """
    left, right = book.amount[source], book.amount[ledger]
    used = np.where(np.abs(left) < np.abs(right), left, right)
    return np.where(within, left, used), np.where(within, right, used)


def _explanations(
    book: Book, source: Rows, ledger: Rows, keys: list[str], base: float, link: str, allowed: NDArray[np.int64]
) -> list[str]:
    """One explanation for each pair; written by hand because there may be a million of them (keys are letters and
    digits only), and most say the same of different keys.
    """

    @cache
    def around(most: int, currency: int, day: int, known: bool, gap: int) -> tuple[str, str]:  # noqa: FBT001 - mapped
        name, days = book.currencies[currency], day if known else "null"
        parts = json.dumps([[link, base], ["amount", -INEXACT]] if gap else [[link, base]], separators=(",", ":"))
        before = f'{{"allowed":{most},"currency":"{name}","days":{days},"diff":{gap},"key":"'
        return before, f'","link":"{link}","parts":{parts},"rule":"{RULE}","version":1}}'

    days, dated = gates.lag(book, source, ledger)
    facts = (allowed, book.currency[source], days, dated, book.amount[ledger] - book.amount[source])
    frames = map(around, *(column.tolist() for column in facts))
    return [f"{before}{key}{after}" for (before, after), key in zip(frames, keys, strict=True)]


def _suggest(
    book: Book,
    found: Found,
    rows: Iterable[int],
    reason: Reason,
    score: float,
    extra: dict[str, object],
    *,
    weak: bool = False,
) -> None:
    """A key suggestion; from now on amount alone confirms none of its rows, unless it is a weak one."""
    members = tuple(sorted(rows))
    score = round(max(score, 0.0), 4)
    explanation = {"version": 1, "rule": RULE, "link": "reference", **extra, "parts": [["reference", score]]}
    book.suspended[list(members)] |= not weak
    found.suggest(Group(members, score, RULE, reason, encode(explanation), confirmed=False, weak=weak))


def _several(book: Book, config: MatchConfig, found: Found, key: str, meeting: Meeting, base: float) -> None:
    """A key held by several rows: twins match pairwise, unequal counts of one amount are a duplicate, the rest is left
    to the groups pass.
    """
    source = [row for row in meeting.source if book.open[row]]
    ledger = [row for row in meeting.ledger if book.open[row]]
    if not source or not ledger or numbering.doubt(key, book.own):
        return
    whole = len(source) == len(meeting.source) and len(ledger) == len(meeting.ledger)
    if whole and len(source) == len(ledger) and all_twins(book, source) and all_twins(book, ledger):
        pairs = (np.array(source, dtype=np.int64), np.array(ledger, dtype=np.int64), [key] * len(source))
        if not book.pairs_refused(pairs[0], pairs[1]).any():
            _judge(book, config, found, pairs, base)
        return
    if base != BY_REFERENCE:
        return
    for row in (*source, *ledger):
        book.key_links.setdefault(row, set()).add(key)
    left = Counter(book.amount[row].item() for row in source)
    right = Counter(book.amount[row].item() for row in ledger)
    for amount in sorted(left.keys() & right.keys()):
        if left[amount] != right[amount]:
            rows = [row for row in (*source, *ledger) if book.amount[row].item() == amount]
            extra: dict[str, object] = {"key": key, "blocks": ["twins"], "counts": [left[amount], right[amount]]}
            _suggest(book, found, rows, Reason.DUPLICATE, gates.cap(base, config), extra)


def _cross(book: Book, found: Found, index: KeyIndex, source: Holders, ledger: Holders) -> None:
    """The same key under another sign or currency, on one open row of each side: shown, never confirmed."""
    free = book.open & ~book.suspended
    left, right = source.where(free[source.rows]), ledger.where(free[ledger.rows])
    both = shared(left, right)
    if not len(both):
        return
    rows = [_by_code(side, both) for side in (left, right)]
    for code in both.tolist():
        ours, theirs = rows[0][code], rows[1][code]
        doubt = numbering.doubt(index.names[code], book.own)
        for row in () if doubt else (*ours, *theirs):
            book.key_links.setdefault(row, set()).add(index.names[code])
        if len(ours) != 1 or len(theirs) != 1 or book.suspended[[ours[0], theirs[0]]].any():
            continue
        one, other = ours[0], theirs[0]
        same = book.currency[one] == book.currency[other] and book.currency[one] > 0
        if same and book.sign[one] == book.sign[other]:
            continue
        reason = Reason.AMOUNT_DIFFERENCE if same else Reason.CURRENCY_MISMATCH
        extra: dict[str, object] = {"key": index.names[code], "blocks": ["sign" if same else "currency"]}
        extra["blocks"] = [doubt, "sign" if same else "currency"] if doubt else extra["blocks"]
        _suggest(book, found, (one, other), reason, DOUBTFUL, extra, weak=bool(doubt))


def _by_code(holders: Holders, codes: NDArray[np.int64]) -> dict[int, list[int]]:
    wanted = np.isin(holders.codes, codes)
    found: dict[int, list[int]] = {}
    for code, row in sorted(zip(holders.codes[wanted].tolist(), holders.rows[wanted].tolist(), strict=True)):
        found.setdefault(code, []).append(row)
    return found


def _text_holders(
    book: Book, index: KeyIndex, usable: Mask, source: Holders, ledger: Holders
) -> list[tuple[tuple[Holders, Holders], float]]:
    """Holders by text for the keys that open rows hold: text to reference first, then text to text.

    Uniqueness is counted over all rows, consumed ones too: a word that a thousand matched rows share is no key for the
    last two.
    """
    texts = [_texts(book, book.side_rows(name, usable & book.open)) for name in (SOURCE_SIDE, LEDGER_SIDE)]
    said = [{key for keys in side.values() for key in keys} for side in texts]
    index.ask(said[0] | said[1])
    names = [index.held(side.codes, said[0] | said[1]) for side in (source, ledger)]
    mixed = ((said[0] & names[1]) - names[0]) | ((said[1] & names[0]) - names[1])
    both = (said[0] & said[1]) - names[0] - names[1]
    both &= _strong(book, texts[0], both) & _strong(book, texts[1], both)
    if not mixed and not both:
        return []
    everyone = [_texts(book, book.side_rows(name, usable)) for name in (SOURCE_SIDE, LEDGER_SIDE)]
    if both:
        book.accounts = _recurring(book, everyone)
    result = []
    for keys, score in ((mixed, BY_TEXT), (both, BY_TEXTS)):
        sides = []
        for at, holders in enumerate((source, ledger)):
            wanted = keys - names[at]
            pairs = [(row, key) for row, held in everyone[at].items() for key in sorted(held & wanted)]
            spoken = index.holders([row for row, _ in pairs], [key for _, key in pairs])
            codes = np.array([index.get(key) for key in sorted(keys & names[at])], dtype=np.int64)
            kept = holders.where(np.isin(holders.codes, codes))
            sides.append(Holders(np.concatenate([kept.rows, spoken.rows]), np.concatenate([kept.codes, spoken.codes])))
        result.append(((sides[0], sides[1]), score))
    return result


def _recurring(book: Book, texts: list[dict[int, frozenset[str]]]) -> set[str]:
    """Numbering schemes of which a number comes again in one side's texts, half a month later or more."""
    found: set[str] = set()
    for side in texts:
        seen: dict[str, list[int]] = defaultdict(list)
        for row, keys in side.items():
            if book.day[row] != NO_DAY:
                for key in keys:
                    seen[key].append(book.day[row].item())
        found.update(text.scheme(key) for key, days in seen.items() if max(days) - min(days) >= AGAIN)
    return found - {""}


def _strong(book: Book, texts: dict[int, frozenset[str]], keys: set[str]) -> set[str]:
    """Those of the keys that stand in these rows' texts as identifiers on their own."""
    found: set[str] = set()
    for row, held in texts.items():
        if held & keys:
            found.update(text.strong_keys(book.texts["description"][row]))
            found.update(text.strong_keys(book.texts["references"][row]))
    return found


def _texts(book: Book, rows: Rows) -> dict[int, frozenset[str]]:
    """Row -> keys in its description and in a reference of several words."""
    references = book.texts["references"]
    found: dict[int, frozenset[str]] = {}
    for row in rows.tolist():
        keys, reference = book.keys_said(row), references[row]
        if " " in reference or "," in reference or ";" in reference:
            keys |= {key for line in reference.split("\n") for key in text.reference_parts(line)}
        if keys:
            found[row] = keys
    return found
