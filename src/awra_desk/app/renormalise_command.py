"""`awra-desk renormalise`: what a changed contract makes different, and applying it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.drift_command import spans_words
from awra_desk.app.output import LineProgress, aligned, common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.services.renormalise import Differences, differences, renormalise

LISTED = 20


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments."""
    parser = common_options(commands.add_parser(name, help="read what was pulled again with a changed contract"))
    parser.add_argument("source", metavar="NAME", help="the connection")
    parser.add_argument("--apply", action="store_true", help="do it; without it the differences are only shown")
    parser.add_argument("--as", dest="who", default="", metavar="PERSON", help="who applies it")


def run(args: argparse.Namespace) -> int:
    """Show the differences, or apply them; 1 while there are some that are not applied."""
    progress = LineProgress()
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        if args.apply:
            found = renormalise(desk, args.source, who=args.who, progress=progress)
        else:
            found = differences(desk, args.source, progress=progress)
    progress.end()
    say({**asdict(found), "applied": args.apply}, text=_text(found, applied=args.apply), as_json=args.json)
    return 1 if found.any and not args.apply else 0


def _text(found: Differences, *, applied: bool) -> str:
    if not found.records:
        return f"{found.source}: everything was read with {found.after}."
    counts = [f"{count:,} {what}" for what, count in sorted(found.counts.items())]
    counts += [f"{found.rejected:,} no longer fit", f"{found.accepted:,} fit now"]
    rows = [("record", "what", "field", "now", "then")]
    for change in found.changes[:LISTED]:
        cells = [(field, *values) for field, values in change.fields.items()] or [("", "", "")]
        rows += [(change.record_id, change.what, *cell) for cell in cells]
    lines = [
        f"{found.source}: {found.records:,} records, read with {', '.join(found.before)}, then with {found.after}.",
        f"{'Done' if applied else 'Transactions'}: {', '.join(counts)}.",
    ]
    lines += [f"{found.after} is {spans_words(found.versions)}."] if len(found.versions) > 1 else []
    lines += [aligned(rows)] if found.changes else []
    if len(found.changes) > LISTED:
        lines.append(f"… and {sum(found.counts.values()) - LISTED:,} more; --json lists up to 1,000.")
    if found.lost:
        lines.append(
            f"It cannot be applied: people decided about {len(found.lost):,} of what vanishes, {found.lost[0]} first."
        )
    elif found.any and not applied:
        lines.append("Apply it with --apply --as PERSON.")
    return "\n".join(lines)
