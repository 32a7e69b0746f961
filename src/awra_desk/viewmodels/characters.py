"""Which characters of two texts differ; worked out for what is on screen only."""

from __future__ import annotations

from difflib import SequenceMatcher

Runs = tuple[tuple[int, int], ...]


def amount_runs(left: str, right: str) -> tuple[Runs, Runs]:
    """Of two amounts: from the first digit that differs, both being aligned at their end."""
    if left == right:
        return (), ()
    if len(left) != len(right):
        return ((0, len(left)),), ((0, len(right)),)
    at = next(place for place, pair in enumerate(zip(left, right, strict=True)) if pair[0] != pair[1])
    return ((at, len(left)),), ((at, len(right)),)


def text_runs(left: str, right: str) -> tuple[Runs, Runs]:
    """Of two texts, case aside: [start, end) of each differing stretch."""
    if left == right or not left or not right:
        return (), ()
    matcher = SequenceMatcher(None, _folded(left), _folded(right), autojunk=False)
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    ours = tuple((a, b) for _, a, b, _, _ in blocks if b > a)
    theirs = tuple((c, d) for _, _, _, c, d in blocks if d > c)
    return ours, theirs


def alike(left: str, right: str) -> float:
    """0 for nothing in common to 1 for equal, case aside."""
    return SequenceMatcher(None, _folded(left), _folded(right), autojunk=False).ratio()


def _folded(text: str) -> str:
    """Case folded, every character staying one character."""
    return "".join(folded if len(folded := character.casefold()) == 1 else character for character in text)
