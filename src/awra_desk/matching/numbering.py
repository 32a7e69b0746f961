"""What looks like a shared key and names no document: numbers that each side gives its own rows, periods, placeholders.

Such a key only suggests: it confirms nothing, holds nothing back, and where it differs it says nothing.

Whether two sides number their own rows is measured from the books at hand. Where a numbering is shared, the amounts of
the rows that share a number agree roughly, fees and tips included, or all stand in much the same proportion. Where each
side counts for itself, equal numbers meet by chance, and so do their amounts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from awra_desk.matching import text
from awra_desk.matching.book import Book, Mask, Rows
from awra_desk.matching.config import MatchConfig

ENOUGH = 8  # pairs of one form whose amounts disagree, from which one may speak of two series
ROUGHLY = 10  # the larger amount's part by which amounts may differ and still be roughly the same: a tenth
OWN, PERIOD, PLACEHOLDER, DIVIDED = "numbers", "period", "placeholder", "divided"

_AS_DIGITS = bytes(ord("9") if 48 <= code <= 57 else code for code in range(256))
_SERIES = re.compile(r"[a-z]*9+")
_LETTER = re.compile(r"[^9\n]")
_NO_DOCUMENT = re.compile(rf"^(?:{text.PLACEHOLDER_KEY}|{text.PERIOD_KEY})$", re.MULTILINE)
_PERIOD_WORD = re.compile(text.PERIOD_WORD.encode())
_DIVIDED = re.compile(r"\d[\W_]+\d")
_DIGITS = re.compile(r"\d+")


def own_forms(book: Book, config: MatchConfig, source: Rows, ledger: Rows, keys: list[str]) -> frozenset[str]:
    """Forms of keys (`form`) that each side evidently gives its own rows.

    Nothing is said of few pairs, nor where amounts may differ at will (`partial`), nor where a person has listed a
    column as hard; identifiers of a recognised namespace are exempt.

    Args:
        source, ledger, keys: pairs of rows that hold one key, each alone on its side in this currency and sign.
    """
    if config.partial or set(config.hard_keys) - {"batch"}:
        return frozenset()
    ours, theirs = book.amount[source], book.amount[ledger]
    rough = np.abs(ours - theirs) <= np.maximum(np.abs(ours), np.abs(theirs)) // ROUGHLY
    if np.count_nonzero(~rough) < ENOUGH:
        return frozenset()
    forms = _forms(keys)
    against = Counter(compress(forms, (~rough).tolist()))
    suspects = [name for name, count in against.items() if count >= ENOUGH]
    found = set()
    for name in suspects:
        places = np.flatnonzero(np.fromiter((form == name for form in forms), dtype=bool, count=len(forms)))
        if not name.isdigit():
            known = [_named(book, source[at].item(), keys[at]) for at in places.tolist()]
            places = places[~np.array(known, dtype=bool)]
        agree = rough[places] | _in_proportion(ours[places], theirs[places])
        yes = int(np.count_nonzero(agree))
        if len(places) - yes >= ENOUGH and 2 * yes < len(places):
            found.add(name)
    return frozenset(found)


def form(key: str) -> str:
    """The form of a key, its digits as nines: "inv1001" -> "inv9999"; letters among digits are all one letter."""
    masked = key.encode("utf-8", "surrogatepass").translate(_AS_DIGITS).decode("utf-8", "surrogatepass")
    return _folded(masked)


def _forms(keys: list[str]) -> list[str]:
    """`form` of many."""
    together = "\n".join(keys).encode("utf-8", "surrogatepass").translate(_AS_DIGITS)
    return list(map(_folded, together.decode("utf-8", "surrogatepass").split("\n")))


@cache
def _folded(masked: str) -> str:
    return masked if _SERIES.fullmatch(masked) else _LETTER.sub("a", masked)


def _in_proportion(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> Mask:
    """Pairs whose amounts stand roughly in the proportion that is usual among them, as where every order pays one
    commission.
    """
    some = theirs != 0
    ratio = np.ones(len(ours))
    np.divide(ours, theirs, out=ratio, where=some)
    usual = float(np.median(ratio)) if len(ratio) else 1.0
    near: Mask = np.abs(ratio - usual) <= abs(usual) / ROUGHLY
    return near


def _named(book: Book, row: int, key: str) -> bool:
    """Whether the key is an identifier of a recognised namespace."""
    ids = text.hard_ids(book.texts["references"][row], book.texts["description"][row])
    return any(key in held for held in ids.values())


def doubts(keys: list[str], own: frozenset[str]) -> list[str]:
    """For each key why it names no document (OWN, PERIOD, PLACEHOLDER), "" where it may; empty where none does."""
    return [doubt(key, own) for key in keys] if own or _some_odd(keys) else []


def _some_odd(keys: list[str]) -> bool:
    """Whether any key is a period or a placeholder; quick where the letters of all keys are few and other ones."""
    together = "\n".join(keys)
    letters = set(together.encode("utf-8", "surrogatepass").translate(None, b"0123456789").split(b"\n"))
    if not any(len(word) < 2 or _PERIOD_WORD.search(word) for word in letters):
        return False
    return _NO_DOCUMENT.search(together) is not None


def doubt(key: str, own: frozenset[str]) -> str:
    """`doubts` of one key."""
    if _NO_DOCUMENT.match(key):
        return PLACEHOLDER if text.is_placeholder(key) else PERIOD
    return OWN if own and form(key) in own else ""


def divided(book: Book, source: Rows, ledger: Rows, keys: Sequence[str]) -> Mask:
    """Pairs that write one key with its digits divided in two ways: 2026/1/11 and 2026/11/1 are two documents."""
    found = np.zeros(len(source), dtype=bool)
    references = book.texts["references"]
    left, right = references[source], references[ledger]
    apart = np.flatnonzero(left != right)
    if not len(apart):
        return found
    for place in apart.tolist():
        key = keys[place]
        if any(map(str.isdigit, key[1:])):
            ours = _written(book, source[place].item(), key)
            theirs = _written(book, ledger[place].item(), key) if ours else []
            found[place] = bool(ours and theirs) and ours != theirs
    return found


def _written(book: Book, row: int, key: str) -> list[str]:
    """The groups of digits of a key as the row divides them; empty where it does not."""
    for column in ("references", "description"):
        value = book.texts[column][row]
        if _DIVIDED.search(value):
            folded = text.folded(value)
            if key in folded:
                return []
            if found := re.search(r"(?<![^\W_])" + r"[\W_]*".join(key) + r"(?![^\W_])", folded):
                return _DIGITS.findall(found.group()) if _DIVIDED.search(found.group()) else []
    return []
