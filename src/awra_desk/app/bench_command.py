"""`awra-desk bench`: measures the product beside public baselines in the same run and prints ratios."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from awra_desk.app.output import say

# Suite -> function; imported on demand, so that one suite's imports do not weigh on another's figures.
SUITES = {"match": "bench_match:run_match_bench", "store": "bench_store:run_store_bench"}


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
    module, function = SUITES[name].split(":")
    measure: Callable[[int], dict[str, Any]] = getattr(import_module(f"awra_desk.app.{module}"), function)
    return measure
