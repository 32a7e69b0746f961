"""Writes what a match of two files found: FILE, its .unmatched.csv and, on demand, its .why.jsonl. Each file appears
whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awra_desk.domain.currencies import EXPONENTS
from awra_desk.files.items import Items
from awra_desk.files.whole import WholeFile
from awra_desk.ports.columns import TEXT, Table, column
from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE

SIDES = {SOURCE_SIDE: "left", LEDGER_SIDE: "right"}
MATCHED = ("match_id", "side", "id", "allocated", "status", "score", "shape", "rule", "why")
UNMATCHED = ("side", "id", "amount_open", "reason", "nearest_id", "failed_gate", "by_how_much")
INVALID_ROW = "INVALID_ROW"
AT_ONCE = 50_000  # rows made ready and written at a time
_QUOTE = '"'
_SPECIAL = (",", _QUOTE, "\r", "\n")
_CENTS = np.array([f".{cents:02d}" for cents in range(100)], dtype=object)

Words = Callable[[Table], Sequence[str]]
Cells = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the results go: beside each other, named after the first."""

    matched: Path
    unmatched: Path
    why: Path

    @classmethod
    def of(cls, out: Path) -> Paths:
        """x.csv, x.unmatched.csv, x.why.jsonl."""
        return cls(out, out.with_name(f"{out.stem}.unmatched.csv"), out.with_name(f"{out.stem}.why.jsonl"))


def write_matched(path: Path, members: Table, words: Words, signs: Mapping[str, int]) -> None:
    """One row per (match, member), amounts in major units with the file's own sign.

    Args:
        members: schema MATCH_MEMBERS; the members of a match follow each other. words: why, for each of some rows.
            signs: side -> what its amounts had been multiplied with.
    """
    _write(path, MATCHED, (_matched(part, words, signs) for part in members.parts(AT_ONCE)))


def _matched(members: Table, words: Words, signs: Mapping[str, int]) -> Cells:
    """The columns of some members; what all members of a match share is one column, made once for each match."""
    amounts = members["allocated"].copy()
    for side, sign in signs.items():
        if sign < 0:
            amounts[members["side"] == side] *= -1
    ids = members["match_id"]
    first = np.concatenate([[True], ids[1:] != ids[:-1]])
    shared = _shared(members.take(first), words)
    return [
        ids.tolist(),
        [SIDES[side] for side in members["side"].tolist()],
        _quoted(members["id"].tolist()),
        major_texts(amounts, members["currency"].tolist()),
        column(TEXT, shared)[np.cumsum(first) - 1].tolist(),
    ]


def _shared(matches: Table, words: Words) -> list[str]:
    """Status, score, shape, rule and why of each match, as they stand in its lines."""
    scores = matches["score"].tolist()
    written = {score: str(score) for score in set(scores)}
    facts = (matches["status"], matches["shape"], matches["rule"])
    status, shape, rule = (_quoted(fact.tolist()) for fact in facts)
    cells = zip(status, map(written.__getitem__, scores), shape, rule, _quoted(words(matches)), strict=True)
    return [",".join(facts) for facts in cells]


def write_unmatched(path: Path, open_items: Table, sides: Mapping[str, Items]) -> None:
    """One row per row left open, and per row that could not be read.

    Args:
        open_items: schema OPEN_ITEMS. sides: "source" and "ledger" -> what was read.
    """
    rows: list[Sequence[Any]] = []
    amounts = zip(open_items["side"].tolist(), open_items["amount_open"].tolist(), strict=True)
    signed = [amount * sides[side].sign for side, amount in amounts]
    texts = major_texts(np.array(signed, dtype=np.int64), open_items["currency"].tolist())
    names = ("side", "id", "reason", "nearest_id", "failed_gate", "by_how_much")
    for text, (side, name, *rest) in zip(
        texts, zip(*(open_items[cells].tolist() for cells in names), strict=True), strict=True
    ):
        rows.append((SIDES[side], name, text, *rest))
    for side, items in sides.items():
        for bad in items.rejected:
            amount = "" if bad.amount is None else _major(bad.amount, EXPONENTS.get(bad.currency, 2))
            rows.append((SIDES[side], bad.id, amount, INVALID_ROW, "", bad.field, f"data row {bad.row}: {bad.words}"))
    rows.sort(key=lambda row: (row[0], row[1]))
    _write(path, UNMATCHED, [[_quoted(cells) for cells in zip(*rows, strict=True)]] if rows else [])


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """One JSON object a line."""
    with WholeFile(path) as file:
        for line in lines:
            file.write(line + "\n")


def major_texts(minor: NDArray[np.int64], currencies: list[str]) -> list[str]:
    """Plain decimal text of minor units, each with its currency's decimals (two where it has none)."""
    digits = {code: EXPONENTS.get(code, 2) for code in set(currencies)}
    if set(digits.values()) <= {2} and not (minor < 0).any():
        whole, cents = np.divmod(minor, 100)
        return [f"{major}{rest}" for major, rest in zip(whole.tolist(), _CENTS[cents].tolist(), strict=True)]
    return [_major(value, digits[code]) for value, code in zip(minor.tolist(), currencies, strict=True)]


def _major(minor: int, digits: int) -> str:
    sign = "-" if minor < 0 else ""
    whole = f"{abs(minor):0{digits + 1}d}"
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else f"{sign}{whole}"


def _write(path: Path, header: Sequence[str], parts: Iterable[Cells]) -> None:
    """CSV from the columns of one part after another, quoted where they need it."""
    with WholeFile(path) as file:
        file.write(",".join(header) + "\n")
        for columns in parts:
            file.write("\n".join([*map(",".join, zip(*columns, strict=True)), ""]))


def _quoted(cells: Sequence[str]) -> Sequence[str]:
    """The cells, those with a sign of CSV's own in quotes."""
    together = "\x00".join(cells)
    special = [sign for sign in _SPECIAL if sign in together]  # far quicker than looking at each cell for each sign
    if not special:
        return cells
    if special == [","]:
        return [f'"{cell}"' if "," in cell else cell for cell in cells]
    return [
        f'"{cell.replace(_QUOTE, _QUOTE * 2)}"' if any(sign in cell for sign in special) else cell for cell in cells
    ]
