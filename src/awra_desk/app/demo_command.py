"""`awra-desk demo`: a simulated merchant's month, end to end, into a workbook; then the window on it, or a summary."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from awra_desk.app.demo import DemoResult, run_demo
from awra_desk.app.desktop_command import has_display
from awra_desk.app.output import LineProgress, say
from awra_desk.app.work_commands import pull_text, reconciled_json, reconciled_text
from awra_desk.sandbox.scoring import as_text, combine


def add_parser(commands: Any, name: str) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(name, help="a simulated merchant's month, end to end, into a workbook")
    parser.add_argument("--headless", action="store_true", help="without a window (also where there is no display)")
    parser.add_argument("--orders", type=int, default=2000, help="orders in the month (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same month (default 1)")
    parser.add_argument(
        "--out", type=Path, default=Path("awra-demo"), metavar="DIR", help="where the workspace and the workbook go"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Run the job and say what came of it."""
    if not args.headless and not args.json and has_display():
        from awra_desk.app.demo_window import run_demo_window  # noqa: PLC0415 - Qt is loaded only to show a window

        return run_demo_window(orders=args.orders, seed=args.seed, out=args.out)
    progress = LineProgress()
    result = run_demo(orders=args.orders, seed=args.seed, out=args.out, progress=progress)
    progress.end()
    say(document(result), text=summary(result), as_json=args.json)
    sound = all(pull.control_ok for pull in result.pulls) and all(r.statement.unexplained == 0 for r in result.last)
    return 0 if sound and not combine(result.scores.values()).false_confirmations and not result.posted.uncertain else 1


def document(result: DemoResult) -> dict[str, Any]:
    """The JSON form; money as decimal strings."""
    return {
        "sources": [
            {
                "name": pull.name,
                "pulled": pull.transactions,
                "quarantined": pull.quarantined,
                "control_ok": pull.control_ok,
            }
            for pull in result.pulls
        ],
        "reconciliations": [reconciled_json(outcome) for outcome in result.last],
        "writes": {
            "posted": result.posted.posted,
            "verified": len(result.posted.verified),
            "uncertain": len(result.posted.uncertain),
        },
        "truth": truth(result),
        "workbook": str(result.workbook.resolve()),
    }


def truth(result: DemoResult) -> dict[str, Any]:
    """All reconciliations' results against the truth, summed."""
    whole = combine(result.scores.values())
    return {
        "false_confirmations": whole.false_confirmations,
        "confirmed_precision": float(as_text(whole.confirmed_precision)),
        "confirmable_recall": float(as_text(whole.confirmable_recall)),
        "suggested_recall": float(as_text(whole.suggested_recall)),
    }


def summary(result: DemoResult) -> str:
    """The story of the month in a screenful."""
    month, against = result.month, truth(result)
    opened = sum(outcome.new for outcome in result.first)
    left = sum(outcome.exceptions for outcome in result.last)
    heading = f"{month.company_name}, {month.spec.period}: {month.spec.orders:,} orders, seed {month.spec.seed}"
    story = (
        f"{opened:,} exceptions were found. {result.posted.posted} entries for missing fees were proposed,\n"
        f"approved by a second person, posted and read back. {left:,} exceptions are left for people."
    )
    false, recall = against["false_confirmations"], against["confirmable_recall"]
    judged = (
        f"Against the truth: {false} false confirmations; {recall:.2%} of what is provable is confirmed,\n"
        f"and of the rest {against['suggested_recall']:.2%} is among the suggestions."
    )
    place = f"Workbook: {result.workbook.resolve()}\n({result.seconds:.0f} s)"
    return "\n" + "\n\n".join((heading, pull_text(result.pulls), reconciled_text(result.last), story, judged, place))
