"""`awra-desk bench`: measures the product beside public baselines in the same run and prints ratios."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from awra_desk.app.output import aligned, say

# Suite -> (function, rows a side); imported on demand, so that one suite's imports do not weigh on another's figures.
SUITES = {
    "match": ("bench_match:run_match_bench", 100_000),
    "normalise": ("bench_normalise:run_normalise_bench", 1_000_000),
    "reconcile": ("bench_reconcile:run_reconcile_bench", 100_000),
    "store": ("bench_store:run_store_bench", 100_000),
    "ui": ("bench_ui:run_ui_bench", 1_000_000),
}


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
    sizes = ", ".join(f"{suite} {rows:,}" for suite, (_, rows) in SUITES.items())
    parser.add_argument("--rows", type=int, default=0, help=f"rows a side (default: {sizes})")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Run the suites and print their ratios."""
    results = {suite: _suite(suite)(args.rows or SUITES[suite][1]) for suite in args.suites or SUITES}
    lines = [_line(suite, name, value) for suite, result in results.items() for name, value in result.items()]
    say(results, text="\n".join(lines), as_json=args.json)
    return 0


def _suite(name: str) -> Callable[[int], dict[str, Any]]:
    module, function = SUITES[name][0].split(":")
    measure: Callable[[int], dict[str, Any]] = getattr(import_module(f"awra_desk.app.{module}"), function)
    return measure


def _line(suite: str, name: str, value: Any) -> str:
    """A figure; a table; or a measure as one line of one: milliseconds, ratio and the limit it must not pass."""
    if isinstance(value, list):
        return _table(value)
    if not isinstance(value, dict):
        return f"{suite}: {name} {value}"
    verdict = _verdict(value)
    times = f"{value['ours']:9,.1f} ms of {value['base']:9,.1f} ms"
    return f"{suite}: {name:26} {times}  ratio {value['ratio']:5.2f}, limit {value['limit']:.1f}  {verdict}"


def _table(measures: list[dict[str, Any]]) -> str:
    """Ours beside the others', with the limits that some ratios have."""
    heading = ("measure", "ours", "beside", "theirs", "ratio", "limit", "")
    cells = [
        (
            line["measure"],
            f"{line['ours']:,.2f}",
            line["beside"],
            f"{line['base']:,.2f}",
            f"{line['ratio']:.2f}",
            "" if line["limit"] is None else f"{line['limit']:.1f}",
            "" if line["limit"] is None else _verdict(line),
        )
        for line in measures
    ]
    return aligned([heading, *cells], right=frozenset((1, 3, 4, 5)))


def _verdict(measure: dict[str, Any]) -> str:
    return "holds" if measure["ratio"] <= measure["limit"] else "MISSED"
