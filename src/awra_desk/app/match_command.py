"""`awra-desk match`: match two files without a workspace, and write what matched, what did not, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awra_desk.domain.errors import UsageError

if TYPE_CHECKING:
    from awra_desk.app.match_settings import MatchSettings
    from awra_desk.files.items import Items
    from awra_desk.files.match_output import Paths
    from awra_desk.matching import MatchResult
    from awra_desk.ports.columns import Table

DONE, FINDINGS = 0, 1


def add_parser(commands: Any, name: str = "match") -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        name,
        help="match two CSV, Parquet or XLSX files",
        description="Match LEFT (the source) with RIGHT (the ledger). "
        "Exit 0 all confirmed, 1 something is left for people, 2 unusable input or configuration, 3 failure.",
    )
    parser.add_argument("left", metavar="LEFT", help="the source side: CSV, Parquet or XLSX")
    parser.add_argument("right", metavar="RIGHT", help="the ledger side: CSV, Parquet or XLSX")
    parser.add_argument("--config", metavar="FILE", help="TOML: columns, signs, tolerances, passes")
    parser.add_argument(
        "--out", metavar="FILE", required=True, help="CSV of matches; FILE's .unmatched.csv goes beside it"
    )
    parser.add_argument(
        "--explain", action="store_true", help="also write FILE's .why.jsonl: waterfall and candidates of each row"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Match, write, summarise."""
    from awra_desk.app.match_settings import load_settings  # noqa: PLC0415 - the parser stays quick
    from awra_desk.app.output import LineProgress, say  # noqa: PLC0415

    left, right, out = Path(args.left), Path(args.right), Path(args.out)
    settings = load_settings(Path(args.config) if args.config else None)
    paths = _paths(out, [left, right, *([Path(args.config)] if args.config else [])])
    progress = LineProgress()
    sides = _read(left, right, settings)
    result = _match(sides, settings, progress)
    progress.end()
    _write(paths, result, sides, explain=args.explain)
    summary = _summary(paths, result, sides, explain=args.explain)
    say(summary, text=_words(summary), as_json=args.json)
    return DONE if summary["all_confirmed"] else FINDINGS


def _paths(out: Path, inputs: list[Path]) -> Paths:
    from awra_desk.files.match_output import Paths  # noqa: PLC0415

    if not out.parent.is_dir():
        raise UsageError("there is no such folder", record=str(out.parent), remedy="Create it or choose another --out.")
    if not out.name or out.is_dir():
        raise UsageError("this is a folder", record=str(out), remedy="Name a file in --out.")
    paths = Paths.of(out)
    written = {path.resolve() for path in (paths.matched, paths.unmatched, paths.why)}
    for path in sorted(written):
        if path.exists() and not path.is_file():
            raise UsageError("this is not a file", record=str(path), remedy="Name a file in --out.")
    for path in inputs:
        if path.resolve() in written:
            raise UsageError("the result would overwrite this input", record=str(path), remedy="Choose another --out.")
    return paths


def _read(left: Path, right: Path, settings: MatchSettings) -> dict[str, Items]:
    from awra_desk.files.items import to_items  # noqa: PLC0415
    from awra_desk.files.tables import read_table  # noqa: PLC0415
    from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE  # noqa: PLC0415

    names = {SOURCE_SIDE: ("left", left), LEDGER_SIDE: ("right", right)}
    raw = {side: read_table(path, settings.columns[name]) for side, (name, path) in names.items()}
    unnamed = not any(table.has("currency") for table in raw.values())
    style, zone, signs = settings.amounts, settings.zone, settings.sign
    return {  # a file's cells are let go as soon as they are read
        side: to_items(raw.pop(side), sign=signs[name], style=style, zone=zone, unnamed=unnamed)
        for side, (name, _) in names.items()
    }


def _match(sides: dict[str, Items], settings: MatchSettings, progress: Any) -> MatchResult:
    from awra_desk.matching import match  # noqa: PLC0415
    from awra_desk.ports.schemas import LEDGER_SIDE, SOURCE_SIDE  # noqa: PLC0415

    return match(sides[SOURCE_SIDE].table, sides[LEDGER_SIDE].table, settings.config, progress=progress)


def _write(paths: Paths, result: MatchResult, sides: dict[str, Items], *, explain: bool) -> None:
    from awra_desk.app.match_why import why_lines  # noqa: PLC0415
    from awra_desk.files import match_output  # noqa: PLC0415
    from awra_desk.matching import sentences  # noqa: PLC0415

    def words(members: Table) -> list[str]:
        return sentences(members["explanation"].tolist(), members["reason"].tolist())

    signs = {side: items.sign for side, items in sides.items()}
    match_output.write_unmatched(paths.unmatched, result.open, sides)
    if explain:
        match_output.write_lines(paths.why, why_lines(result, sides))
    match_output.write_matched(paths.matched, result.members, words, signs)


def _summary(paths: Paths, result: MatchResult, sides: dict[str, Items], *, explain: bool) -> dict[str, Any]:
    """Counts of matches and rows."""
    import numpy as np  # noqa: PLC0415

    from awra_desk.files.match_output import SIDES  # noqa: PLC0415

    members = result.members
    confirmed = members["status"] == "confirmed"
    rows = {}
    for side, items in sides.items():
        mine = members["side"] == side
        sure, proposed = int(np.count_nonzero(mine & confirmed)), int(np.count_nonzero(mine & ~confirmed))
        total = len(items.table) + len(items.rejected)
        rows[SIDES[side]] = {
            "rows": total,
            "confirmed": sure,
            "suggested": proposed,
            "unmatched": len(items.table) - sure - proposed,
            "invalid": len(items.rejected),
        }
    ids = members["match_id"]
    return {
        "out": str(paths.matched),
        "unmatched_out": str(paths.unmatched),
        "why_out": str(paths.why) if explain else None,
        "confirmed": len(set(ids[confirmed].tolist())),
        "suggested": len(set(ids[~confirmed].tolist())),
        "unmatched": len(result.open),
        "invalid": sum(side["invalid"] for side in rows.values()),
        "sides": rows,
        "digest": result.digest,
        "all_confirmed": bool(confirmed.all())
        and not len(result.open)
        and not any(side["invalid"] for side in rows.values()),
    }


def _words(summary: dict[str, Any]) -> str:
    """The summary for people."""
    from awra_desk.app.output import aligned  # noqa: PLC0415

    heading = ("", "rows", "confirmed", "suggested", "unmatched", "invalid")
    lines: list[tuple[str, ...]] = [heading]
    for side, counts in summary["sides"].items():
        lines.append((side, *(f"{counts[name]:,}" for name in heading[1:])))
    files: Sequence[str] = [path for path in (summary["out"], summary["unmatched_out"], summary["why_out"]) if path]
    closing = "Everything is confirmed." if summary["all_confirmed"] else "Something is left for people."
    return "\n".join(
        [
            f"{summary['confirmed']:,} matches confirmed, {summary['suggested']:,} suggested.",
            aligned(lines, right=frozenset(range(1, len(heading)))),
            closing,
            f"Written: {', '.join(files)}",
        ]
    )
