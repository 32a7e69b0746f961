"""Field by field: what a match's sides say, and what stands between an open row and its nearest candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from awra_desk.domain.decisions import Member
from awra_desk.viewmodels import words
from awra_desk.viewmodels.characters import Runs, alike, amount_runs, text_runs
from awra_desk.viewmodels.groups import LEFT, RIGHT, SIDES
from awra_desk.viewmodels.loaded import Loaded
from awra_desk.viewmodels.matches import SIDE_NAMES
from awra_desk.viewmodels.slot_view import candidates_of, gate_words, remedy_words
from awra_desk.viewmodels.states import Status

SIMILAR = 0.6
"""Texts less alike say different things; comparing their characters would only be noise."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of both sides.

    Attributes:
        glyph: "=", "≠", "≈" or "" where one side has nothing. tint: "changed" or "".
        left_runs, right_runs: characters that differ.
    """

    name: str
    left: str
    glyph: str
    right: str
    remark: str = ""
    tint: str = ""
    left_runs: Runs = ()
    right_runs: Runs = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate a candidate was held against."""

    holds: bool
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A nearest candidate of an open row; texts as its table shows them. remedy: what would have matched the two."""

    member: Member
    label: str
    day: str
    amount: str
    text: str
    amount_gate: Gate
    date_gate: Gate
    sign_gate: Gate
    free_gate: Gate
    score: float
    failed: str
    remedy: str


def fields(loaded: Loaded, group: int) -> tuple[FieldRow, ...]:
    """The fields of a group; larger groups show sums and spans."""
    rows = loaded.table.groups.rows(group)
    texts = {name: _texts(loaded, rows, name) for name in ("references", "counterparty", "description", "id")}
    left, right = loaded.sides
    kinds = (_joined(rows[LEFT], left.kind), _joined(rows[RIGHT], right.type))
    return (
        _amount(loaded, group, rows),
        _days(loaded, rows),
        _text("Reference", *texts["references"], shared=True),
        _text("Counterparty", *texts["counterparty"]),
        _text("Description", *texts["description"]),
        _plain("Kind", *kinds),
        _plain("Record", *texts["id"]),
    )


def candidates(loaded: Loaded, group: int) -> tuple[Candidate, ...]:
    """Nearest candidates of an open row, as the last run ranked them."""
    rows = loaded.table.groups.rows(group)
    side = LEFT if rows[LEFT] else RIGHT
    row, other = rows[side][0], loaded.sides[1 - side]
    found = []
    for listed in candidates_of(loaded.facts, side, str(loaded.sides[side].ids[row])):
        index = other.index(str(listed["id"]))
        if index is not None:
            found.append(_candidate(loaded, side, row, index, listed))
    return tuple(found)


def _candidate(loaded: Loaded, side: int, row: int, index: int, listed: dict[str, Any]) -> Candidate:
    mine, other, spec = loaded.sides[side], loaded.sides[1 - side], loaded.view.spec
    ours, theirs = int(mine.minor[row]), int(other.minor[index])
    group = int(loaded.table.groups.of_row[1 - side][index])
    gap = abs(theirs - ours)
    allowed = max(spec.tolerance_minor, int(abs(theirs if side == LEFT else ours) * spec.percent / 100))
    days = (other.days[index] - mine.days[row]).astype(int) * (1 if side == LEFT else -1)
    late = days - spec.after_days if days > 0 else -days - spec.before_days
    taken = loaded.table.groups.status[group] == Status.CONFIRMED
    return Candidate(
        member=(SIDE_NAMES[1 - side], str(other.ids[index])),
        label=other.label(index),
        day=other.text(index, "day"),
        amount=other.text(index, "amount"),
        text=other.memo(index) if side == LEFT else other.who(index),
        amount_gate=Gate(gap <= allowed, "exact" if not gap else f"{words.amount(gap, spec.currency)} apart"),
        date_gate=Gate(late <= 0, _lag(int(days)) if late <= 0 else f"{words.count(int(late), 'day')} over"),
        sign_gate=Gate(ours * theirs >= 0, "same" if ours * theirs >= 0 else "opposite"),
        free_gate=Gate(not taken, "in use" if taken else "free"),
        score=float(str(listed["score"])),
        failed=gate_words(str(listed["failed_gate"]), str(listed["by_how_much"])),
        remedy=remedy_words(loaded.sides, listed),
    )


def _amount(loaded: Loaded, group: int, rows: tuple[tuple[int, ...], tuple[int, ...]]) -> FieldRow:
    spec, difference = loaded.view.spec, int(loaded.table.groups.difference[group])
    name, texts = f"Amount {spec.currency}", ["", ""]
    for side in SIDES:
        if rows[side]:
            total = sum(int(loaded.sides[side].minor[row]) for row in rows[side])
            texts[side] = words.amount(total, spec.currency)
    if not rows[LEFT] or not rows[RIGHT]:
        return FieldRow(name, texts[LEFT] or words.NONE, "", texts[RIGHT] or words.NONE)
    counts = "" if max(map(len, rows)) == 1 else f"{words.count(len(rows[LEFT]), 'row')} against {len(rows[RIGHT])}. "
    if not difference:
        return FieldRow(name, texts[LEFT], "=", texts[RIGHT], f"{counts}Exact.")
    near = abs(difference) <= loaded.reader.tolerance(group)
    gap = words.amount(abs(difference), spec.currency)
    remark = f"{counts}Ledger is {gap} {'higher' if difference > 0 else 'lower'}."
    if near:
        remark = f"{counts}Within {gap}."
    elif sorted(texts[LEFT]) == sorted(texts[RIGHT]):
        remark += " Two digits swapped?"
    runs = amount_runs(texts[LEFT], texts[RIGHT])
    return FieldRow(name, texts[LEFT], "≈" if near else "≠", texts[RIGHT], remark, "" if near else "changed", *runs)


def _days(loaded: Loaded, rows: tuple[tuple[int, ...], tuple[int, ...]]) -> FieldRow:
    spec, texts = loaded.view.spec, [words.NONE, words.NONE]
    spans = []
    for side in SIDES:
        found = sorted(day for row in rows[side] if (day := loaded.sides[side].day(row)) is not None)
        if found:
            spans.append((found[0], found[-1]))
            last = words.full_day(found[-1])
            texts[side] = last if found[0] == found[-1] else f"{words.day(found[0])} to {last}"
    if len(spans) < 2 or not rows[LEFT] or not rows[RIGHT]:
        return FieldRow("Booking day", texts[LEFT], "", texts[RIGHT])
    lag = (spans[1][1] - spans[0][1]).days
    inside = -spec.before_days <= lag <= spec.after_days
    window = f"window −{spec.before_days} / +{spec.after_days}"
    glyph = "=" if texts[LEFT] == texts[RIGHT] else "≈" if inside else "≠"
    remark = "Same day." if glyph == "=" else f"Ledger {_lag(lag)}, {window}."
    return FieldRow(
        "Booking day", texts[LEFT], glyph, texts[RIGHT], remark, "" if glyph != "≠" else "changed", *text_runs(*texts)
    )


def _text(name: str, left: str, right: str, *, shared: bool = False) -> FieldRow:
    if not left or not right:
        return FieldRow(name, left or words.NONE, "", right or words.NONE)
    if left == right:
        return FieldRow(name, left, "=", right)
    if shared and (common := set(left.split(", ")) & set(right.split(", "))):
        return FieldRow(name, left, "=", right, f"{min(common)} is on both sides.")
    if left.casefold() == right.casefold():
        return FieldRow(name, left, "≈", right, "Same after folding case.", "", *text_runs(left, right))
    if alike(left, right) < SIMILAR:
        return FieldRow(name, left, "", right)
    return FieldRow(name, left, "≠", right, "", "", *text_runs(left, right))


def _plain(name: str, left: str, right: str) -> FieldRow:
    return FieldRow(name, left or words.NONE, "", right or words.NONE)


def _texts(loaded: Loaded, rows: tuple[tuple[int, ...], tuple[int, ...]], column: str) -> tuple[str, str]:
    """A column's texts of both sides."""
    left, right = (loaded.sides[side].rows[column] for side in SIDES)
    return (
        _joined(rows[LEFT], lambda row: str(left[row]).replace("\n", ", ")),
        _joined(rows[RIGHT], lambda row: str(right[row]).replace("\n", ", ")),
    )


def _joined(rows: tuple[int, ...], read: Callable[[int], str]) -> str:
    """The distinct texts of rows; of many, the first and how many more."""
    found = list(dict.fromkeys(text for row in rows if (text := read(row))))
    return found[0] + (f" and {len(found) - 1:,} more" if len(found) > 1 else "") if found else ""


def _lag(days: int) -> str:
    if not days:
        return "same day"
    return f"{words.count(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"
