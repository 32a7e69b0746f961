"""Groups that share a key: a reference, a batch, or a day and channel. The key says who belongs together, the sum
proves it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

from awra_desk.domain.reasons import Reason
from awra_desk.matching import gates, numbering, text
from awra_desk.matching.book import NO_DAY, Book
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group
from awra_desk.matching.links import meet, reference_holders
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

RULE = "groups"
SCORE = 0.97
PROPOSED = 0.7
DOUBTFUL = 0.5  # where the key names no document


def run(book: Book, config: MatchConfig, found: Found) -> None:
    """Groups by reference, then by batch, then by day and channel."""
    _by_reference(book, config, found)
    _by_batch(book, config, found)
    _by_channel(book, config, found)


def _by_reference(book: Book, config: MatchConfig, found: Found) -> None:
    index, ours, theirs = reference_holders(book, config, book.usable)
    for meeting in meet(book, ours, theirs)[3]:
        source = [row for row in meeting.source if book.open[row]]
        ledger = [row for row in meeting.ledger if book.open[row]]
        if source and ledger:
            _settle(book, config, found, (source, ledger), ("reference", index.names[meeting.code]))


def _by_batch(book: Book, config: MatchConfig, found: Found) -> None:
    """Several rows of one batch on both sides; one opposite row is the batch pass's business."""
    sides = [_batch_rows(book, side) for side in (SOURCE_SIDE, LEDGER_SIDE)]
    for key in sorted(sides[0].keys() & sides[1].keys()):
        source, ledger = ([row for row in side[key] if book.open[row]] for side in sides)
        if len(source) > 1 and len(ledger) > 1 and not book.broken[[*source, *ledger]].any():
            _settle(book, config, found, (source, ledger), ("batch", key[0]))


def _batch_rows(book: Book, side: str) -> dict[tuple[str, int], list[int]]:
    """(batch, currency) -> usable rows, payout rows of decomposed batches left out."""
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in book.side_rows(side, book.usable & ~book.payout).tolist():
        if (name := book.texts["batch"][row]) and (key := text.normalise(name)) and book.currency[row]:
            found[key, book.currency[row].item()].append(row)
    return found


def _settle(
    book: Book, config: MatchConfig, found: Found, sides: tuple[list[int], list[int]], link: tuple[str, str]
) -> None:
    """Pairs where the amounts are the same ones, else a group where the sums agree, else a suggestion."""
    source, ledger = sides
    left, right = (Counter(book.amount[rows].tolist()) for rows in sides)
    if left == right:
        if len(left) == len(source):
            _pairs(book, config, found, sides, link)
        else:
            _propose(book, config, found, sides, link, Reason.AMBIGUOUS, "rivals")
        return
    rows = [*source, *ledger]
    if left & right:
        return  # some amounts meet, others do not: no group; pairs are left to amount and date
    gap = abs(book.sum_of(ledger) - book.sum_of(source))
    exact = link[0] == "batch" or (len(source) > 1 and len(ledger) > 1)
    most = 0 if exact else _allowed(book, config, ledger)
    if gap <= most:
        _confirm(book, config, found, rows, link, {})
    elif allocated := _partial(book, config, sides, link):
        _confirm(book, config, found, rows, link, allocated)
    elif not exact:
        _propose(book, config, found, sides, link, Reason.AMOUNT_DIFFERENCE, "incomplete")


def _allowed(book: Book, config: MatchConfig, ledger: list[int]) -> int:
    """The tolerance of the ledger rows' sum: absolute once, percentage of the sum."""
    absolute = config.allowed_minor(book.currencies[book.currency[ledger[0]]])
    share = gates.shares(np.array([abs(book.sum_of(ledger))], dtype=np.int64), config) if config.percent else [0]
    return max(absolute, int(share[0]))


def _partial(
    book: Book, config: MatchConfig, sides: tuple[list[int], list[int]], link: tuple[str, str]
) -> dict[int, int]:
    """With `partial`: instalments that do not yet fill their one opposite row; that row keeps the residual."""
    if not config.partial or link[0] != "reference":
        return {}
    for single, several in (sides, sides[::-1]):
        part = book.sum_of(several)
        if len(single) == 1 and 0 < abs(part) < abs(book.amount[single[0]].item()):
            return {single[0]: part}
    return {}


def _pairs(
    book: Book, config: MatchConfig, found: Found, sides: tuple[list[int], list[int]], link: tuple[str, str]
) -> None:
    """Every amount of the key once on each side: each finds its own."""
    partner = {book.amount[row].item(): row for row in sides[1]}
    for row in sides[0]:
        _confirm(book, config, found, [row, partner[book.amount[row].item()]], link, {})


def _confirm(
    book: Book, config: MatchConfig, found: Found, rows: list[int], link: tuple[str, str], allocated: dict[int, int]
) -> None:
    """Confirm unless identifiers disagree, a batch is broken, or a person refused it."""
    source = [row for row in rows if row < book.split]
    ledger = [row for row in rows if row >= book.split]
    members = tuple(sorted(rows))
    if book.refused(members):
        return
    hard = any(gates.rows_disagree(book, config, one, other) for one in source for other in ledger)
    broken = bool(book.broken[rows].any())
    late = link[0] == "reference" and not _same_time(book, config, source, ledger)
    doubt = numbering.doubt(link[1], book.own) if link[0] == "reference" else ""
    if hard or broken or late or doubt or config.floor > SCORE:
        block = doubt or ("hard" if hard else "batch" if broken else "late" if late else "floor")
        reason = Reason.BALANCE_BREAK if broken else Reason.AMBIGUOUS
        _propose(book, config, found, (source, ledger), link, reason, block)
        return
    facts = {**_facts(book, source, ledger, link), "parts": [[link[0], SCORE]]}
    found.confirm(Group(members, SCORE, RULE, "", encode(facts), confirmed=True, allocated=allocated))


def _same_time(book: Book, config: MatchConfig, source: list[int], ledger: list[int]) -> bool:
    """Whether every source member passes the date gate with every ledger member."""
    ours, theirs = book.day[source], book.day[ledger]
    if (ours == NO_DAY).any() or (theirs == NO_DAY).any():
        return False
    return bool(theirs.max() - ours.min() <= config.after_days and ours.max() - theirs.min() <= config.before_days)


def _propose(
    book: Book,
    config: MatchConfig,
    found: Found,
    sides: tuple[list[int], list[int]],
    link: tuple[str, str],
    reason: Reason,
    block: str,
) -> None:
    doubt = numbering.doubt(link[1], book.own) if link[0] == "reference" else ""
    score = gates.cap(DOUBTFUL if doubt else PROPOSED, config)
    blocks = [name for name in dict.fromkeys((doubt, block)) if name]
    facts = {**_facts(book, *sides, link), "parts": [[link[0], score]], "blocks": blocks}
    members = tuple(sorted((*sides[0], *sides[1])))
    book.suspended[list(members)] |= not doubt  # what a key ties together, an equal sum elsewhere does not take apart
    found.suggest(Group(members, score, RULE, reason, encode(facts), confirmed=False, weak=bool(doubt)))


def _facts(book: Book, source: Iterable[int], ledger: Iterable[int], link: tuple[str, str]) -> dict[str, object]:
    ours, theirs = list(source), list(ledger)
    return {
        "version": 1,
        "rule": RULE,
        "key": link[1],
        "link": link[0],
        "currency": book.currencies[book.currency[ours[0]]],
        "diff": book.sum_of(theirs) - book.sum_of(ours),
        "proof": {"members": len(ours) + len(theirs), "sum": book.sum_of(ours)},
    }


def _by_channel(book: Book, config: MatchConfig, found: Found) -> None:
    """A day's rows of one channel and the one row that sums them up on the other side, exactly."""
    sides = [_channel_rows(book, side) for side in (SOURCE_SIDE, LEDGER_SIDE)]
    days: dict[tuple[str, int], list[int]] = defaultdict(list)
    for day, channel, currency in sorted(sides[0].keys() | sides[1].keys()):
        days[channel, currency].append(day)
    for key in sorted(sides[0].keys() & sides[1].keys()):
        source, ledger = ([row for row in side[key] if book.open[row]] for side in sides)
        if max(len(source), len(ledger)) < 2 or not (source and ledger):
            continue  # a day's channel names a total, not a row: one against one is for passes that weigh the evidence
        link = ("channel", f"{key[1]} {np.datetime64(key[0], 'D')}")
        if min(len(source), len(ledger)) > 1:
            _settle_days(book, config, found, (source, ledger), link)
            continue
        exact = book.sum_of(source) == book.sum_of(ledger) and not book.suspended[[*source, *ledger]].any()
        if not exact:
            _propose(book, config, found, (source, ledger), link, Reason.AMOUNT_DIFFERENCE, "incomplete")
        elif _claimed(book, config, sides, key, days[key[1:]]):
            _propose(book, config, found, (source, ledger), link, Reason.AMBIGUOUS, "rivals")
        else:
            _confirm(book, config, found, [*source, *ledger], link, {})


def _channel_rows(book: Book, side: str) -> dict[tuple[int, str, int], list[int]]:
    """(day, channel, currency) -> usable rows."""
    found: dict[tuple[int, str, int], list[int]] = defaultdict(list)
    usable = book.usable & (book.day != NO_DAY) & (book.currency > 0)
    for row in book.side_rows(side, usable).tolist():
        if (name := book.texts["channel"][row]) and (key := text.normalise(name)):
            found[book.day[row].item(), key, book.currency[row].item()].append(row)
    return found


def _claimed(
    book: Book,
    config: MatchConfig,
    sides: list[dict[tuple[int, str, int], list[int]]],
    key: tuple[int, str, int],
    days: list[int],
) -> bool:
    """Whether the channel has another row of this day's total within the date window that is not its own day's total.

    Args:
        days: on which the channel has rows, ascending.
    """
    today = [[row for row in side[key] if book.open[row]] for side in sides]
    single = 0 if len(today[0]) == 1 else 1
    total = book.sum_of(today[single])
    before, after = (config.before_days, config.after_days) if single else (config.after_days, config.before_days)
    for day in days[bisect_left(days, key[0] - before) : bisect_right(days, key[0] + after)]:
        rows, others = (
            [row for row in sides[at].get((day, *key[1:]), ()) if book.open[row]] for at in (single, 1 - single)
        )
        settled = len(rows) == 1 and others and book.sum_of(others) == total
        if day != key[0] and not settled and any(book.amount[row] == total for row in rows):
            return True
    return False


def _settle_days(
    book: Book, config: MatchConfig, found: Found, sides: tuple[list[int], list[int]], link: tuple[str, str]
) -> None:
    """Several rows on both sides: perhaps the day was booked twice, or only in part by rows of its own."""
    source = sides[0]
    for several, others in (sides, sides[::-1]):
        total = book.sum_of(several)
        whole = [row for row in others if book.amount[row] == total]
        if len(whole) == len(others):  # the day was booked twice
            _propose(book, config, found, sides, link, Reason.DUPLICATE, "twins")
            return
        if len(whole) == 1:
            rows = (several, whole) if several is source else (whole, several)
            _propose(book, config, found, rows, link, Reason.AMBIGUOUS, "rivals")
            return
