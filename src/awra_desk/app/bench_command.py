"""`awra-desk bench`: measures the product beside public baselines in the same run and prints ratios."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from awra_desk.app.output import say

SUITES = ("match", "store")


def add_parser(commands: Any, name: str) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(name, help="measure against public baselines")
    parser.add_argument(
        "suites",
        nargs="*",
        choices=[[], *SUITES],
        default=[],
        metavar="SUITE",
        help=f"of {', '.join(SUITES)}; default: all",
    )
    parser.add_argument("--rows", type=int, default=100_000, help="rows a side (default 100000)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Run the suites and print their ratios."""
    results = {suite: _suite(suite)(args.rows) for suite in args.suites or SUITES}
    lines = [f"{suite}: {name} {value}" for suite, result in results.items() for name, value in result.items()]
    say(results, text="\n".join(lines), as_json=args.json)
    return 0


def _suite(name: str) -> Callable[[int], dict[str, Any]]:
    """Imported on demand, so that one suite's imports do not weigh on another's figures."""
    if name == "match":
        from awra_desk.app.bench_match import run_match_bench

        return run_match_bench
    from awra_desk.app.bench_store import run_store_bench

    return run_store_bench
