"""Text as the matcher compares it: normalised keys, tokens of a description, namespaces of identifiers, and
near-agreement.

Facts: Stripe-like ids are two to four lower-case letters and an underscore (ch_, po_), which a bank may print in
capitals; an M-Pesa receipt is ten capitals and digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

MIN_KEY = 4
MIN_NEAR = 6
MAX_SPAN = 3
RECEIPT = 10  # characters of an M-Pesa receipt

_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}
_PREFIXED = re.compile(r"[a-z]{2,4}_(?=[A-Za-z0-9])")
_PRINTED = re.compile(r"[A-Z]{2,4}_(?=[A-Z0-9]*[0-9])")
_RECEIPT = re.compile(r"(?=.*[A-Z])[A-Z0-9]{10}")
_TOKEN = re.compile(r"[^\s,;:/|()\[\]{}\"'=#<>*]+")
_REFERENCE_PART = re.compile(r"[^\s,;|]+")
_DAY = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01]))?|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d|(?:19|20)\d\d"
)
_MONEY = re.compile(r"[-+(]?\d+(?:,\d{3})*\.\d{1,3}\)?")
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:19|20)\d\d"
# A month with its year or day, a financial year, a quarter, a week: normalised, spelt with letters.
PERIOD_KEY = (
    rf"(?:[0-3]?\d)?{_MONTH}(?:{_YEAR}|\d\d)|{_MONTH}[0-3]?\d{_YEAR}|{_YEAR}{_MONTH}(?:[0-3]?\d)?|[0-3]?\d{_MONTH}"
    rf"|fy(?:{_YEAR}(?:{_YEAR}|\d\d)?|\d\d|\d{{4}})"
    rf"|q[1-4](?:fy)?(?:{_YEAR}|\d\d)|(?:fy)?(?:{_YEAR}|\d\d)q[1-4]"
    rf"|(?:wk|week)[0-5]?\d(?:{_YEAR})?|{_YEAR}(?:wk|week|w)[0-5]?\d"
)
PERIOD_WORD = rf"{_MONTH}|fy|q|wk|week|w"  # one of them is in every period
PLACEHOLDER_KEY = r"[a-z]?0+"  # "ord0000" may be the first of its series
_PERIOD = re.compile(PERIOD_KEY)
_PLACEHOLDER = re.compile(PLACEHOLDER_KEY)
_CLOCK = re.compile(
    rf"(?:{_YEAR}\d{{4}})?[0-5]?\d(?:[0-5]\d){{0,2}}(?:am|pm|hrs?)|{_YEAR}\d{{4}}t\d{{1,6}}|[0-2]\dh[0-5]\d|h[12]{_YEAR}"
)
_PRINTED_DAY = re.compile(
    rf"{_YEAR}[-.][01]?\d[-.][0-3]?\d|[0-3]?\d[-.][0-3]?\d[-.](?:{_YEAR}|\d\d)|[0-2]?\d\.[0-5]\d\.[0-5]\d"
)
_DIGIT_OR_BAR = re.compile(r"[0-9_]")
_WORDS = re.compile(r"\w{2,}")
_PART = re.compile(
    r"(?P<stem>.*\d.*?)[-./_ #](?P<part>[0-9]{1,2}|[A-Za-z])|(?P<run>.*[0-9]{3})(?P<letter>[A-Za-z])", re.DOTALL
)
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def folded(text: str) -> str:
    """NFKC and case folded."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def normalise(text: str) -> str:
    """NFKC, case folded, letters and digits only: "INV-1001 " -> "inv1001"."""
    if text.isascii():
        return text.lower() if text.isalnum() else text.lower().translate(_DROPPED)
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def namespace(text: str) -> str:
    """Prefix of a recognised identifier ("ch_"), "mpesa" for a receipt, "" for any other text."""
    if found := _PREFIXED.match(text) or _PRINTED.match(text):
        return found.group().lower()
    return "mpesa" if _RECEIPT.fullmatch(text) else ""


def key_of(reference: str) -> str:
    """The key a whole reference is, or "" where it is none: at least four characters, one of them a digit unless its
    namespace is known.
    """
    key = normalise(reference)
    if len(key) < MIN_KEY or (key.isalpha() and not namespace(reference.strip())):
        return ""
    return key


def keys_of(references: Sequence[str]) -> list[str]:
    """`key_of` each; `links.key_column` for the many."""
    return [key_of(reference) for reference in references]


def reference_parts(reference: str) -> list[str]:
    """Keys of the single words of a reference of several words ("INV-1 INV-2"); nothing for a reference of one word."""
    parts = _REFERENCE_PART.findall(reference)
    return [key for part in parts if (key := _text_key(part, normalise(part)))] if len(parts) > 1 else []


def may_hold_keys(text: str) -> bool:
    """Whether a text can hold a key at all: one has a digit, or an underscore after its namespace."""
    return _DIGIT_OR_BAR.search(text) is not None or not text.isascii()


def text_keys(text: str) -> Iterator[str]:
    """Every key a text may hold as whole tokens, spans of up to three consecutive tokens included; no dates, years or
    amounts.
    """
    tokens = _TOKEN.findall(text)
    folded = [normalise(token) for token in tokens]
    for start, token in enumerate(tokens):
        if key := _text_key(token, folded[start]):
            yield key
        span = folded[start]
        for following in range(start + 1, min(start + MAX_SPAN, len(tokens))):
            span += folded[following]
            if len(span) >= MIN_KEY and not span.isalpha() and not span.isdigit() and not _is_time(span):
                yield span


def strong_keys(text: str) -> Iterator[str]:
    """Single tokens that are an identifier wherever they stand: of a recognised namespace, or six characters and more
    that are mostly digits. "October 2026" or "table 12" in two texts proves nothing.
    """
    for token in _TOKEN.findall(text):
        key = _text_key(token, normalise(token))
        if key and (namespace(token) or (len(key) >= MIN_NEAR and 2 * sum(map(str.isdigit, key)) >= len(key))):
            yield key


def _text_key(token: str, key: str) -> str:
    """A token as the key that it is normalised; in running text a word without digits is none, even if it looks like an
    identifier ("bank_fee", "RESTAURANT").
    """
    if len(key) < MIN_KEY:
        return ""
    if key.isalpha():
        mixed = not token.islower() and not token.isupper()
        return key if namespace(token) and mixed else ""
    bare = token.strip(".,")
    if _MONEY.fullmatch(bare) or _PRINTED_DAY.fullmatch(bare) or (key.isdigit() and _DAY.fullmatch(key)):
        return ""
    return "" if _is_time(key) else key


def _is_time(key: str) -> bool:
    """Whether a key is a period, a date or a time of day spelt with letters."""
    return _PERIOD.fullmatch(key) is not None or _CLOCK.fullmatch(key) is not None


def is_placeholder(key: str) -> bool:
    """Whether a key is nothing but zeros, after one letter at most: "0000", "x000"."""
    return _PLACEHOLDER.fullmatch(key) is not None


def hard_ids(references: str, description: str) -> dict[str, set[str]]:
    """Namespace -> normalised identifiers found in a row's references (newline-separated) and description."""
    found: dict[str, set[str]] = {}
    whole = [(part, True) for part in references.split("\n") if part]
    for token, sure in [*whole, *((token, False) for token in _TOKEN.findall(f"{references} {description}"))]:
        if "_" not in token and len(token) < RECEIPT:
            continue
        stripped = token.strip().strip(".,")
        if (space := namespace(stripped)) and (sure or _text_key(token, normalise(token))):
            found.setdefault(space, set()).add(normalise(stripped))
    return found


def near(one: str, other: str) -> bool:
    """Whether two different keys agree but for truncation, zero padding or one slip of the keyboard.

    A slip is one character changed, added, left out, or two neighbours swapped. Keys under six characters are never
    near, nor are
    neighbouring running numbers: INV-1001 and INV-1002 are two invoices.
    """
    return resembles(one, other) and not neighbours(one, other)


def resembles(one: str, other: str) -> bool:
    """`near`, neighbouring running numbers included."""
    if one == other or min(len(one), len(other)) < MIN_NEAR:
        return False
    if unpadded(one) == unpadded(other):
        return True
    short, long = sorted((one, other), key=len)
    return long.startswith(short) or long.endswith(short) or _one_slip(short, long)


def unpadded(key: str) -> str:
    """A key without the zeros that pad its numbers: "inv000123" -> "inv123"."""
    return _ZEROS.sub("", key)


def part_of(reference: str) -> tuple[str, str]:
    """The number of a document and which part of it a reference names: "ORD97922-1" -> ("ord97922", "1"), "ORD97922B"
    -> ("ord97922", "b"); two empty texts where it names none. A year is no document's number.
    """
    found = _PART.fullmatch(reference.strip())
    stem = normalise(found["stem"] or found["run"]) if found else ""
    if not found or len(stem) < MIN_KEY + 1 or not any(map(str.isdigit, stem)):
        return "", ""
    part = normalise(found["part"] or found["letter"])
    return stem, part.lstrip("0") or part


def neighbours(one: str, other: str) -> bool:
    """Whether two keys differ only in the last two digits of a running number of three digits or more."""
    if len(one) != len(other):
        return False
    first = next(place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
    end = first
    while end < len(one) and one[end].isdigit() and other[end].isdigit():
        end += 1
    start = first
    while start and one[start - 1].isdigit():
        start -= 1
    return end > first and one[end:] == other[end:] and end - start >= 3 and end - first <= 2


def scheme(key: str) -> str:
    """The numbering scheme a key seems to follow: its leading letters, and its length where it is all digits; "" for
    no scheme.
    """
    if key.isdigit():
        return f"#{len(key)}"
    letters = key[: len(key) - len(key.lstrip("abcdefghijklmnopqrstuvwxyz"))]
    return letters if len(letters) >= 2 and key[len(letters) :].isdigit() else ""


def informative(key: str) -> bool:
    """Whether enough of a key varies for a near-agreement to mean something: six characters after the letters."""
    return len(key.lstrip("abcdefghijklmnopqrstuvwxyz")) >= MIN_NEAR


def _one_slip(short: str, long: str) -> bool:
    if len(long) - len(short) > 1:
        return False
    same = 0
    while same < len(short) and short[same] == long[same]:
        same += 1
    rest_short, rest_long = short[same:], long[same:]
    if len(short) < len(long):
        return rest_short == rest_long[1:]
    return rest_short[1:] == rest_long[1:] or (
        rest_short[:2] == rest_long[:2][::-1] and rest_short[2:] == rest_long[2:]
    )


def words(text: str) -> frozenset[str]:
    """Words of a text for comparing names: folded, at least two characters."""
    return frozenset(_WORDS.findall(folded(text)))
