"""How fingers slip: a wrong digit, two digits swapped, a wrong character in a reference."""

from __future__ import annotations

import random


def mistype(minor: int, draw: random.Random) -> int:
    """The positive amount with one digit wrong; any digit may be hit, and the result stays positive."""
    digits = list(str(minor))
    place = draw.randrange(len(digits))
    wrong = [digit for digit in "123456789" if digit != digits[place]]
    digits[place] = wrong[draw.randrange(len(wrong))]
    return int("".join(digits))


def transpose(minor: int, draw: random.Random) -> int:
    """The positive amount with two neighbouring digits swapped; with one wrong where no swap changes it."""
    text = str(minor)
    places = [place for place in range(len(text) - 1) if text[place] != text[place + 1] and (place or text[1] != "0")]
    if not places:
        return mistype(minor, draw)
    place = places[draw.randrange(len(places))]
    return int(text[:place] + text[place + 1] + text[place] + text[place + 2 :])


def mistype_reference(reference: str, draw: random.Random) -> str:
    """The reference with one of its last five characters wrong, a digit for a digit and a letter for a letter."""
    place = len(reference) - 1 - draw.randrange(5)
    right = reference[place]
    pool = (
        "0123456789"
        if right.isdigit()
        else "ABCDEFGHJKLMNPQRSTUVWXYZ"
        if right.isupper()
        else "abcdefghijkmnpqrstuvwxyz"
    )
    wrong = [character for character in pool if character != right]
    return reference[:place] + wrong[draw.randrange(len(wrong))] + reference[place + 1 :]
