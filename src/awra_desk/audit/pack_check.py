"""Checks a finished audit workbook by itself: its seal, every formula, the trail's chain, and the entries' digests.

Pure; the other half of `pack`: it reads what the file holds and takes no word of the workspace it came from.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from awra_desk.audit import chain
from awra_desk.audit.checks import Check, Finding
from awra_desk.audit.pack_grid import TITLE_ROWS
from awra_desk.audit.recompute import NotOurs, Recomputed
from awra_desk.audit.seal import ALL, FIRST_ROW, SEAL, cells_digest, whole
from awra_desk.domain.errors import UsageError
from awra_desk.domain.trail import TrailEntry
from awra_desk.ports.workbook import Formula, ReadSheet, Value

_HEAD = re.compile(r"Trail head, row ([0-9]+)")
_POINTER = re.compile(r" … \[whole text: sheet Overflow, (T[0-9]+)\]$")
_APPROVED = frozenset({"approved", "posting", "posted", "verified", "uncertain", "reversed"})

Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class PackCheck:
    """What a workbook says of itself, and whether it holds.

    Attributes:
        head: end of the trail when it was written, to be looked for in the workspace's trail.
        contents: digest over its cells, recomputed; survives a spreadsheet's saving of the unchanged file.
    """

    company: str
    head: chain.Head
    contents: str
    checks: tuple[Check, ...]


def check_pack(sheets: Sequence[ReadSheet]) -> PackCheck:
    """Check a workbook.

    Raises:
        UsageError: it is no audit workbook of ours.
    """
    cover = next((sheet for sheet in sheets if sheet.name == "Cover"), None)
    company, head = _said(cover.rows if cover else ())
    tables = _Tables(sheets)
    lines = [(sheet.name, cells_digest(sheet.rows)) for sheet in sheets if sheet.name != SEAL]
    checks = (
        _seal(sheets, lines),
        _formulas(Recomputed(sheets)),
        _trail(tables, company, head),
        _entries(tables),
    )
    return PackCheck(company, head, whole(lines), checks)


class _Tables:
    """The detail sheets as tables, split ones joined, long texts whole again."""

    def __init__(self, sheets: Sequence[ReadSheet]) -> None:
        self._sheets = sheets
        self._texts: dict[str, str] = {}
        for row in self.rows("Overflow"):
            key = str(row["Reference"])
            self._texts[key] = self._texts.get(key, "") + str(row["Text"])

    def rows(self, name: str) -> Iterator[Row]:
        """Each row by column title."""
        for sheet in self._sheets:
            if sheet.name != name and not re.fullmatch(rf"{re.escape(name)} \([0-9]+\)", sheet.name):
                continue
            titles = [str(value) for value in sheet.rows[TITLE_ROWS]] if len(sheet.rows) > TITLE_ROWS else []
            for values in sheet.rows[TITLE_ROWS + 1 :]:
                if any(value is not None for value in values):
                    padded = [*values, *[None] * (len(titles) - len(values))]
                    yield {title: self._whole(value) for title, value in zip(titles, padded, strict=False)}

    def _whole(self, value: Value) -> Value:
        found = _POINTER.search(value) if isinstance(value, str) else None
        return self._texts.get(found[1], value) if found else value


def _said(cover: Sequence[Sequence[Value]]) -> tuple[str, chain.Head]:
    """Company and trail head as the cover names them."""
    said = {row[0]: row[1] for row in cover if len(row) > 1 and isinstance(row[0], str)}
    heads = [(found, digest) for label, digest in said.items() if (found := _HEAD.fullmatch(str(label)))]
    if "Company" not in said or len(heads) != 1:
        raise UsageError(
            "this is no audit workbook of AWRA Desk",
            record="sheet Cover",
            remedy="Give a file that `awra-desk export` wrote.",
        )
    found, digest = heads[0]
    return str(said["Company"]), chain.Head(int(found[1]), str(digest))


def _seal(sheets: Sequence[ReadSheet], lines: list[tuple[str, str]]) -> Check:
    """Every sheet's cells are those that were written, and no sheet came or went."""
    rows = next((sheet.rows for sheet in sheets if sheet.name == SEAL), None)
    if rows is None:
        return Check("seal", 0, (Finding(f"sheet {SEAL}", "The seal is missing."),))
    sealed = [(str(row[0]), str(row[1])) for row in rows[FIRST_ROW:] if len(row) > 1]
    *written, (last, total) = sealed or [("", "")]
    findings = []
    if last != ALL or total != whole(written):
        findings.append(Finding(f"sheet {SEAL}", "The seal itself was changed."))
    expected, found = dict(written), dict(lines)
    for name, digest in found.items():
        if name not in expected:
            findings.append(Finding(f"sheet {name}", "The sheet is not one of those that were written."))
        elif digest != expected[name]:
            findings.append(Finding(f"sheet {name}", "A cell was changed after it was written."))
    gone = [name for name in expected if name not in found]
    findings += [Finding(f"sheet {name}", "The sheet is missing.") for name in gone]
    if not findings and written != lines:
        findings.append(Finding(f"sheet {SEAL}", "The sheets stand in another order, or one stands twice."))
    return Check("seal", len(lines), tuple(findings))


def _formulas(book: Recomputed) -> Check:
    """Every formula, computed anew, gives the figure stored beside it."""
    count, findings = 0, []
    for sheet, address, formula in book.formulas():
        count += 1
        if said := _disagreement(book, sheet, formula):
            findings.append(Finding(f"sheet {sheet}, cell {address}", said))
    return Check("totals", count, tuple(findings))


def _disagreement(book: Recomputed, sheet: str, formula: Formula) -> str:
    try:
        found = book.compute(formula.text, sheet)
    except (NotOurs, ValueError, ArithmeticError) as error:
        return f"The formula cannot be computed: {error}"
    shown = formula.cached if isinstance(formula.cached, str) else Decimal(formula.cached)
    if ("" if found is None else found) == shown or (found is None and shown == 0):
        return ""
    return f"It shows {shown}, but its formula gives {'nothing' if found is None else found}."


def _trail(tables: _Tables, company: str, head: chain.Head) -> Check:
    """The trail's chain is whole and ends where the cover says."""
    entries: list[TrailEntry] = []
    for number, row in enumerate(tables.rows("Trail"), 1):
        try:
            entries.append(_entry(row, company))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            unread = Finding(f"trail row {number}", f"The row cannot be read: {error}.")
            return Check("trail", number, (unread,))
    flaw = chain.verify(entries, anchor=head)
    if flaw is None and len(entries) != head.sequence:
        flaw = chain.Break(head.sequence + 1, f"The trail goes on after row {head.sequence}, its head on the cover.")
    return Check("trail", len(entries), (Finding(f"trail row {flaw.sequence}", flaw.what),) if flaw else ())


def _entry(row: Row, company: str) -> TrailEntry:
    detail = json.loads(str(row["Detail"]))
    at = datetime.fromisoformat(str(row["At (UTC)"]))
    texts = [str(row[title] or "") for title in ("Actor", "Action", "Subject")]
    number, (actor, action, subject) = int(str(row["No."])), texts
    return TrailEntry(
        company, number, at, actor, action, subject, detail, str(row["Previous digest"]), str(row["Digest"])
    )


def _entries(tables: _Tables) -> Check:
    """Each entry's payload is the one whose digest was approved, by another person."""
    count, findings = 0, []
    for row in tables.rows("Entries"):
        count += 1
        findings += [Finding(f"entry {row['Entry']}", said) for said in _entry_flaws(row)]
    return Check("approvals", count, tuple(findings))


def _entry_flaws(row: Row) -> Iterator[str]:
    approvers = [name for name in str(row["Approved by"] or "").split(", ") if name]
    if hashlib.sha256(str(row["Payload"] or "").encode()).hexdigest() != row["Payload digest"]:
        yield "The payload is not the one that its digest was made of."
    if approvers and row["Approved digest"] != row["Payload digest"]:
        yield "What was approved is not this payload."
    if row["State"] in _APPROVED and not approvers:
        yield "It went on without an approval."
    for name in approvers:
        if name in {row["Maker"], row["Last editor"]}:
            yield f"{name} approved an entry of their own."
