"""The command line: one module per command, imported only when it is asked for.

Exit codes: 0 done, 1 findings left for people, 2 usage, 3 failure.
"""

from __future__ import annotations

import argparse
import gc
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from awra_desk import __version__
from awra_desk.domain.errors import Cancelled, UsageError, UserError

_YOUNG = 50_000
"""New objects after which cycles are looked for. Records make millions of objects and no cycle: with Python's own 700 a
tenth of the time of a large pull would go into looking.
"""
DONE, FINDINGS, USAGE, FAILURE = 0, 1, 2, 3

# Command -> (module with `add_parser(subparsers)` and `run(args) -> int`, one line of help).
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo_command", "a simulated merchant's month, end to end, into a workbook"),
    "sandbox": ("sandbox_command", "serve the simulated merchant until stopped"),
    "connect": ("connect_command", "add or change a connection"),
    "mapping": ("mapping_command", "how the columns of a source's files are read: try, save, list versions"),
    "pull": ("work_commands", "fetch from the connected systems"),
    "reconcile": ("work_commands", "match both sides and prove the balances"),
    "exceptions": ("work_commands", "list what is open"),
    "stage": ("write_commands", "propose and submit the entry that settles an exception"),
    "approve": ("write_commands", "approve a submitted entry as a second person"),
    "post": ("write_commands", "send approved entries to the ledger and read them back"),
    "chain": ("insight_commands", "follow each payout and name the first leg that does not hold"),
    "rescue": ("insight_commands", "decompose an inherited balance by month, source and cause"),
    "transactions": ("work_commands", "list the canonical transactions"),
    "renormalise": ("renormalise_command", "read what was pulled again with a changed contract"),
    "drift": ("drift_command", "list what began to look otherwise at the sources"),
    "rules": ("rules_command", "the matching rules of a reconciliation: list, add, test, enable, suggest, counts"),
    "fees": ("fees_command", "the fee schedules of a source: list, add, check"),
    "mappings": ("mappings_command", "what gateways, locations, SKUs and taxes mean in a ledger, by day"),
    "match": ("match_command", "match two CSV, Parquet or XLSX files"),
    "export": ("work_commands", "write the audit workbook"),
    "verify": ("verify_command", "recompute a workbook's or workspace's totals, trail and approvals"),
    "doctor": ("doctor_command", "check every connection, the keyring and the database"),
    "ladder": ("doctor_command", "let a connection do more, on evidence, or less"),
    "webhooks": ("webhooks_command", "take the events that providers send, until stopped"),
    "worker": ("worker_command", "process events and pull what is scheduled, until stopped"),
    "replay": ("replay_command", "list the events that came, and process them again"),
    "bench": ("bench_command", "measure against public baselines"),
    "shot": ("shots", "pictures of every screen on a simulated month"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(_YOUNG)
    parser = _parser(words)
    args = parser.parse_args(words)
    if args.command and args.window:
        parser.error(f"--workspace comes behind the command: awra-desk {args.command} --workspace {args.window}")
    # Without a command the desktop opens; its module comes first to the paint, so nothing else is imported before.
    name = COMMANDS[args.command][0] if args.command else "desktop_command"
    module = import_module(f"awra_desk.app.{name}")
    try:
        return int(module.run(args))
    except UsageError as error:
        return _tell(error, USAGE)
    except UserError as error:
        return _tell(error, FAILURE)
    except (Cancelled, KeyboardInterrupt):
        print("Cancelled; what was finished is kept.", file=sys.stderr)
        return FAILURE
    except Exception:  # noqa: BLE001  # a defect: told whole, and never an exit code that means something else
        traceback.print_exc()
        return FAILURE


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; only the asked-for command's module is imported, so that a small command starts fast."""
    parser = argparse.ArgumentParser(
        prog="awra-desk", description="Reconcile what was sold and paid out with what the ledger says."
    )
    parser.add_argument("--version", action="version", version=f"awra-desk {__version__}")
    parser.add_argument(
        "--workspace", dest="window", default="", metavar="PATH|URL", help="what the desktop opens, else your own"
    )
    commands = parser.add_subparsers(
        dest="command", metavar="command", description="Without a command the desktop opens."
    )
    asked = next((word for word in words if not word.startswith("-")), "")
    for name, (module, words_of_help) in COMMANDS.items():
        if name == asked:
            import_module(f"awra_desk.app.{module}").add_parser(commands, name)
            own = commands.choices[name]
            own.description = own.description or f"{words_of_help[0].upper()}{words_of_help[1:]}."
        else:
            commands.add_parser(name, help=words_of_help)
    return parser


def _tell(error: UserError, code: int) -> int:
    print(f"awra-desk: {error.text}", file=sys.stderr)
    return code
