"""`awra-desk verify [FILE.xlsx] [--workspace W]`: recompute totals, chain and signatures, believing neither of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import LineProgress, common_options, say
from awra_desk.audit.chain import Head
from awra_desk.audit.checks import Check
from awra_desk.domain.errors import UsageError
from awra_desk.exporters.xlsx_read import XlsxReader
from awra_desk.services.verify import VerifiedWorkbook, check_export, verify_workbook, verify_workspace

FILE_HELP = "an audit workbook; its head of the trail must stand in the workspace's trail, too"
HEAD_HELP = "a head of the trail that was written down (cover of a workbook, printed sign-off)"
SHOWN = 20


def add_parser(commands: Any, name: str) -> None:
    """Declare the command's arguments."""
    words = "recompute a workbook's or workspace's totals, trail and approvals"
    parser = common_options(commands.add_parser(name, help=words))
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE.xlsx", help=FILE_HELP)
    parser.add_argument("--head", type=_head, metavar="ROW:DIGEST", help=HEAD_HELP)


def run(args: argparse.Namespace) -> int:
    """Verify; 0 when all holds, 1 when something does not."""
    if args.file is None and not args.workspace:
        raise UsageError("there is nothing to verify", remedy="Give a workbook, --workspace, or both.")
    workbook = verify_workbook(args.file, XlsxReader()) if args.file else None
    parts: dict[str, Sequence[Check]] = {str(args.file): workbook.pack.checks} if workbook else {}
    if args.workspace:
        parts["the workspace"] = _workspace(args, workbook)
    holds = all(check.holds for checks in parts.values() for check in checks)
    document = {
        "holds": holds,
        "workbook": _facts(workbook),
        "checks": [_check_document(place, check) for place, checks in parts.items() for check in checks],
    }
    say(document, text="\n".join(_text(parts, holds=holds)), as_json=args.json)
    return 0 if holds else 1


def _workspace(args: argparse.Namespace, workbook: VerifiedWorkbook | None) -> list[Check]:
    progress = LineProgress()
    company = args.company or (workbook.pack.company if workbook else "")
    with open_desk(args.workspace, company=company) as desk:
        anchor = args.head or (workbook.pack.head if workbook else None)
        checks = verify_workspace(desk, anchor=anchor, progress=progress)
        if workbook:
            checks.append(check_export(desk, workbook))
    progress.end()
    return checks


def _head(text: str) -> Head:
    row, _, digest = text.partition(":")
    if not row.isdigit() or len(digest) != 64:
        raise argparse.ArgumentTypeError("give the row's number and its digest, as 44:1e5b…")
    return Head(int(row), digest.lower())


def _facts(workbook: VerifiedWorkbook | None) -> dict[str, Any] | None:
    if workbook is None:
        return None
    pack = workbook.pack
    return {
        "file": str(workbook.path),
        "sha256": workbook.sha256,
        "contents": pack.contents,
        "company": pack.company,
        "head": {"row": pack.head.sequence, "digest": pack.head.digest},
    }


def _check_document(place: str, check: Check) -> dict[str, Any]:
    findings = [{"place": finding.place, "what": finding.what} for finding in check.findings]
    return {"of": place, "check": check.name, "checked": check.checked, "holds": check.holds, "findings": findings}


def _text(parts: dict[str, Sequence[Check]], *, holds: bool) -> Iterator[str]:
    for place, checks in parts.items():
        yield f"{place[:1].upper()}{place[1:]}" if place.startswith("the ") else place
        for check in checks:
            yield f"  {'✓' if check.holds else '✗'} {check.name}: {check.checked:,} checked"
            for finding in check.findings[:SHOWN]:
                yield f"      {finding.place}: {finding.what}"
            if (more := len(check.findings) - SHOWN) > 0:
                yield f"      … and {more:,} more; --json gives all of them"
    yield "Everything holds." if holds else "Something does not hold; see ✗ above."
