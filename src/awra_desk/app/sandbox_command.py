"""`awra-desk sandbox`: serve the simulated merchant on loopback until stopped."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from awra_desk.app.stopping import POLL_SECONDS, stop_signal
from awra_desk.domain.errors import UsageError
from awra_desk.sandbox.merchant import Month, MonthSpec, simulate
from awra_desk.sandbox.nairobi import NairobiMonth, NairobiSpec, simulate_nairobi
from awra_desk.sandbox.servers import CAFE_PROVIDERS, MORE_PROVIDERS, NAIROBI_PROVIDERS, PROVIDERS, running_sandbox
from awra_desk.sandbox.square import CafeSpec, SquareBooks, simulate_cafes

MPESA = "mpesa"


def add_parser(commands: Any, name: str) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(name, help="serve the simulated merchant until stopped")
    parser.add_argument(
        "--provider",
        action="append",
        choices=(*PROVIDERS, *MORE_PROVIDERS, *CAFE_PROVIDERS, *NAIROBI_PROVIDERS, MPESA),
        help=f"may be repeated (default: {' and '.join(PROVIDERS)}, the US company, which also has "
        f"{' and '.join(MORE_PROVIDERS)}); {CAFE_PROVIDERS[0]} is its cafés', the others are the Nairobi entity's, "
        f"{MPESA} being its statement files, which need --mpesa",
    )
    parser.add_argument("--orders", type=int, default=2000, help="orders in the month (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same month (default 1)")
    parser.add_argument("--month", default=MonthSpec().month, help=f"YYYY-MM (default {MonthSpec().month})")
    parser.add_argument(
        "--port", type=int, default=0, help="of the first provider; the next takes the next (default any)"
    )
    parser.add_argument("--truth", metavar="FILE", help="write the truth about the month to this JSON file")
    parser.add_argument("--bank", metavar="FILE", help="write the bank's statement to this CSV file")
    parser.add_argument(
        "--mpesa",
        metavar="DIR",
        help="write the Nairobi entity's M-PESA and bank statements, and its truth, to this folder",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; one JSON line says when and where it is ready."""
    if args.orders < 1:
        raise UsageError(f"--orders {args.orders} is no month", remedy="Give at least 1.")
    month = simulate(MonthSpec(seed=args.seed, orders=args.orders, month=args.month))
    if args.truth:
        Path(args.truth).write_text(truth_json(month), encoding="utf-8")
    if args.bank:
        Path(args.bank).write_text(month.bank_csv, encoding="utf-8", newline="")
    nairobi, cafes = _nairobi(args), _cafes(args)
    try:
        with stop_signal() as stopped, _serving(month, nairobi, cafes, args) as connections:
            print(json.dumps(connections), flush=True)
            while not stopped.wait(POLL_SECONDS):
                continue
    except OSError as error:
        raise UsageError(f"port {args.port} cannot be used: {error.strerror}", remedy="Give another --port.") from error
    return 0


def _nairobi(args: argparse.Namespace) -> NairobiMonth | None:
    """The Nairobi entity's month, with its files written, when something of it was asked for."""
    asked = set(args.provider or ())
    if (MPESA in asked) is not bool(args.mpesa):
        raise UsageError(
            f"--provider {MPESA} and --mpesa DIR go together",
            remedy="Give both: M-PESA's portal has no API, its statements are files.",
        )
    if not asked & {*NAIROBI_PROVIDERS, MPESA}:
        return None
    month = simulate_nairobi(NairobiSpec(seed=args.seed, orders=args.orders, month=args.month))
    if args.mpesa:
        folder = Path(args.mpesa)
        folder.mkdir(parents=True, exist_ok=True)
        texts = {
            "paybill.csv": month.paybill_csv,
            "till.csv": month.till_csv,
            "bank.csv": month.bank_csv,
            "truth.json": truth_json(month),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    return month


def _cafes(args: argparse.Namespace) -> SquareBooks | None:
    """The cafés' account, when it was asked for."""
    if not {*(args.provider or ())} & {*CAFE_PROVIDERS}:
        return None
    return simulate_cafes(CafeSpec(seed=args.seed, orders=args.orders, month=args.month))


def truth_json(month: Month | NairobiMonth) -> str:
    """The truth about the month as JSON text; record references are arrays."""
    return json.dumps(dataclasses.asdict(month.truth), default=_plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


@contextmanager
def _serving(
    month: Month, nairobi: NairobiMonth | None, cafes: SquareBooks | None, args: argparse.Namespace
) -> Iterator[dict[str, dict[str, Any]]]:
    providers = [provider for provider in args.provider or PROVIDERS if provider != MPESA]
    served = {"nairobi": nairobi, "cafes": cafes, "providers": providers}
    with running_sandbox(month, **served, port=args.port, admin=True) as box:  # type: ignore[arg-type]
        files = {MPESA: {"folder": str(Path(args.mpesa).absolute())}} if args.mpesa else {}
        yield {**box.connections(), **files}
