"""Verify: recompute what a workbook and a workspace claim, from what cannot be changed without being seen.

Of the workspace nothing is believed that can be worked out again: the trail's chain from its rows, raw ids from
payloads, transactions from raw records, digests from matches, decisions and approvals from the trail.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from awra_desk.audit import chain
from awra_desk.audit.checks import Check, Finding
from awra_desk.audit.pack_check import PackCheck, check_pack
from awra_desk.domain.trail import TrailEntry
from awra_desk.ports.progress import Progress, silent
from awra_desk.ports.workbook import WorkbookReader
from awra_desk.services.desk import Desk
from awra_desk.services.verify_people import check_decisions, check_writes
from awra_desk.services.verify_records import check_openings, check_records, check_runs


@dataclass(frozen=True, slots=True)
class VerifiedWorkbook:
    """A workbook checked by itself.

    Attributes:
        sha256: hex digest of the file's bytes.
    """

    path: Path
    sha256: str
    pack: PackCheck


def verify_workbook(path: Path, reader: WorkbookReader) -> VerifiedWorkbook:
    """Check a workbook without any workspace.

    Raises:
        UsageError: no such file, or no audit workbook.
    """
    pack = check_pack(reader.read(path))
    return VerifiedWorkbook(path, hashlib.sha256(path.read_bytes()).hexdigest(), pack)


def verify_workspace(desk: Desk, *, anchor: chain.Head | None = None, progress: Progress = silent) -> list[Check]:
    """Check one company of a workspace; nothing is written.

    Args:
        anchor: a head of the trail that was written down elsewhere; without it a trail cut at its end looks whole.
    """
    with desk.read() as uow:
        trail = list(uow.trail.entries())
        records, newest = check_records(uow, desk, progress)
        return [
            check_trail(trail, anchor),
            *records,
            check_openings(uow, trail),
            *check_runs(uow, trail, newest),
            check_decisions(uow, trail),
            check_writes(uow, trail),
        ]


def check_trail(trail: list[TrailEntry], anchor: chain.Head | None) -> Check:
    """The chain is whole, and still contains the head that was written down."""
    flaw = chain.verify(trail, anchor=anchor)
    return Check("trail", len(trail), (Finding(f"trail row {flaw.sequence}", flaw.what),) if flaw else ())


def check_export(desk: Desk, workbook: VerifiedWorkbook) -> Check:
    """The workbook is one that this workspace exported, with these contents."""
    with desk.read() as uow:
        exports = [row for row in uow.trail.entries() if row.action == "workbook.export"]
    place = str(workbook.path)
    if desk.company != workbook.pack.company:
        said = f"It is of the company {workbook.pack.company}, not of {desk.company}."
        return Check("export", 1, (Finding(place, said),))
    if any(row.detail.get("sha256") == workbook.sha256 for row in exports):
        return Check("export", 1)
    if any(row.detail.get("contents") == workbook.pack.contents for row in exports):
        return Check("export", 1)  # a spreadsheet saved it again, every cell as it was
    return Check("export", 1, (Finding(place, "No export in the trail wrote a workbook with these contents."),))
