"""Provider-shaped identifiers and one random stream per topic, both derived from the seed alone."""

from __future__ import annotations

import random
from collections import Counter
from hashlib import sha256

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE = len(_ALPHABET)
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_TAIL = 8
_STEP = 131_071_934_113_873  # has no factor in common with 62**8, so that multiples of it visit every tail once


def stream(seed: int, topic: str) -> random.Random:
    """A random stream of its own for the topic: drawing more of one never reshuffles another."""
    return random.Random(f"{seed}:{topic}")


def base62(number: int, width: int) -> str:
    """The number in base 62, zero-padded to an even `width` and cut to its last `width` digits."""
    digits = []
    for _ in range(width // 2):
        number, pair = divmod(number, _BASE * _BASE)
        digits.append(_PAIRS[pair])
    return "".join(reversed(digits))


class Ids:
    """Issues ids like "ch_3PgafuB7WZ01zgkWXYmPNZs8": unique in their prefix, the same for the same seed and order of
    asking.
    """

    def __init__(self, seed: int) -> None:
        self._salt = int.from_bytes(sha256(f"ids:{seed}".encode()).digest()[:16], "big")
        self.account = base62(self._salt, 16)
        self._fragment = base62(self._salt // 7, 10)
        self._issued: Counter[str] = Counter()

    def new(self, prefix: str) -> str:
        """The next id with this prefix; charges and payment intents begin with 3, the others with 1, as Stripe's do."""
        count = self._issued[prefix]
        self._issued[prefix] += 1
        lead = "3" if prefix in {"ch", "pi"} else "1"
        head = base62(0x2A00_0000 + count // 40, 6)[1:]
        tail = base62((count * _STEP + self._salt) % _BASE**_TAIL, _TAIL)
        return f"{prefix}_{lead}{head}{self._fragment}{tail}"

    def short(self, prefix: str, number: int) -> str:
        """A fourteen-character id of a numbered thing ("cus_…")."""
        return f"{prefix}_{base62((number * _STEP + self._salt) % _BASE**_TAIL, 14)}"
