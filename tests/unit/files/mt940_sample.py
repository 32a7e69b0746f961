"""Writes MT940 files, from scratch."""

from datetime import timedelta

from awra_desk.domain.money import to_text
from tests.unit.files.bank_sample import Cut, Move

ACCOUNT = "COBADEFFXXX/0532013000"


def amount(minor: int, currency: str) -> str:
    whole, _, rest = to_text(abs(minor), currency).partition(".")
    return f"{whole},{rest}"


def balance(tag: str, minor: int, day, currency: str) -> str:
    return f":{tag}:{'D' if minor < 0 else 'C'}{day:%y%m%d}{currency}{amount(minor, currency)}"


def line(move: Move, currency: str = "EUR", *, mark: str = "") -> str:
    sign = mark or ("D" if move.minor < 0 else "C")
    value = move.day - timedelta(days=2)
    bank = f"//{move.key}" if move.key else ""
    return f":61:{value:%y%m%d}{move.day:%m%d}{sign}{amount(move.minor, currency)}NTRFNONREF{bank}\n:86:{move.text}"


def message(
    cut: Cut, currency: str = "EUR", *, lines: str | None = None, tags: str = "FF", account: str = ACCOUNT
) -> str:
    """One statement; `tags` says whether its balances are final (F) or those of a part (M)."""
    found = "\n".join(line(move, currency) for move in cut.moves) if lines is None else lines
    eve = cut.first - timedelta(days=tags[0] == "F")
    parts = [
        ":20:STARTUMS", f":25:{ACCOUNT}", f":28C:{cut.number}", balance(f"60{tags[0]}", cut.opening, eve, currency),
        *([found] if found else []), balance(f"62{tags[1]}", cut.closing, cut.last, currency),
        ":86:What is said after the closing balance belongs to no entry", "-",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def document(*messages: str, encoding: str = "utf-8") -> bytes:
    return "".join(messages).replace("\n", "\r\n").encode(encoding)
