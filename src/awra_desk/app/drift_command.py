"""`awra-desk drift`: what began to look otherwise at the sources, and acknowledging it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import aligned, common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.services.desk import Desk, InForce
from awra_desk.services.drift import DriftSeen, acknowledge, drifts, in_force

WORDS = {
    "new_field": "a new field",
    "new_word": "a new word",
    "new_type": "another type",
    "now_null": "now empty",
}


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments."""
    parser = common_options(commands.add_parser(name, help="list what began to look otherwise at the sources"))
    parser.add_argument("--all", action="store_true", help="also what somebody has acknowledged")
    parser.add_argument("--acknowledge", default="", metavar="ID", help="say that this one is in order")
    parser.add_argument("--as", dest="who", default="", metavar="PERSON", help="who acknowledges it")
    parser.add_argument("--note", default="", help="why it is in order")


def run(args: argparse.Namespace) -> int:
    """List, or acknowledge; 1 while something that a contract reads is not acknowledged."""
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        if args.acknowledge:
            acknowledge(desk, args.acknowledge, who=args.who, note=args.note)
        return _list(desk, args)


def _list(desk: Desk, args: argparse.Namespace) -> int:
    found = drifts(desk, acknowledged=args.all)
    document = [{**asdict(seen.drift), "books": list(seen.books)} for seen in found]
    spans = in_force(desk)
    contracts = {name: [asdict(version) for version in versions] for name, versions in spans.items()}
    several = [f"{name} is read with {spans_words(versions)}." for name, versions in spans.items() if len(versions) > 1]
    say({"drifts": document, "contracts": contracts}, text="\n".join([_text(found), *several]), as_json=args.json)
    return 1 if any(seen.drift.read and not seen.drift.acknowledged_by for seen in found) else 0


def spans_words(versions: Sequence[InForce]) -> str:
    """The versions of a contract with their spans: "shop-1@… until 2026-06-30, shop-2@… from 2026-07-01"."""
    nexts = [version.effective_from for version in versions[1:]] + [None]
    return ", ".join(
        " ".join(
            [
                version.version,
                *([f"from {version.effective_from}"] if version.effective_from else []),
                *([f"until {after - timedelta(days=1)}"] if after else []),
            ]
        )
        for version, after in zip(versions, nexts, strict=True)
    )


def _text(found: list[DriftSeen]) -> str:
    if not found:
        return "Every source looks as it did when its contract was proven."
    rows: list[tuple[str, ...]] = [
        ("id", "source", "stream", "place", "what", "before", "now", "contract", "books that may be wrong")
    ]
    rows += [
        (
            seen.drift.drift_id,
            seen.drift.source,
            seen.drift.stream,
            seen.drift.path,
            WORDS[seen.drift.kind],
            seen.drift.before or "-",
            seen.drift.now,
            seen.drift.contract.partition("@")[0],
            ", ".join(seen.books) or ("none yet" if seen.drift.read else "none: the contract does not read it"),
        )
        for seen in found
    ]
    return aligned(rows)
