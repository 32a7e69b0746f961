"""`awra-desk chain | rescue`: where the money stopped, and what an inherited balance is made of."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import aligned, common_options, say
from awra_desk.app.work_commands import period_of
from awra_desk.app.workspace import workspace_url
from awra_desk.domain.money import to_people, to_text
from awra_desk.services.chain import Chain, chains
from awra_desk.services.desk import Desk
from awra_desk.services.rescue import Rescue, rescue

HELP = {
    "chain": "follow each payout and name the first leg that does not hold",
    "rescue": "decompose an inherited balance by month, source and cause",
}


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments of one of these commands."""
    parser = common_options(commands.add_parser(name, help=HELP[name]))
    parser.set_defaults(step=_STEPS[name])
    parser.add_argument("name", metavar="CONNECTION" if name == "chain" else "RECONCILIATION")
    parser.add_argument("--period", default="", metavar="YYYY-MM", help="default: last month")


def run(args: argparse.Namespace) -> int:
    """Run the step named by the command."""
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        return int(args.step(desk, args))


def _chain(desk: Desk, args: argparse.Namespace) -> int:
    with desk.read() as uow:
        uow.connections.get(args.name)
    found = chains(desk, args.name, period_of(desk, args.period))
    broken = [chain for chain in found if chain.broken]
    say({"payouts": [_chain_json(chain) for chain in found]}, text=_chain_text(found), as_json=args.json)
    return 1 if broken else 0


def _chain_json(chain: Chain) -> dict[str, Any]:
    """Money as decimal strings."""
    legs = [{**asdict(leg), "gap": to_text(leg.gap, chain.currency), "holds": leg.holds} for leg in chain.legs]
    broken = chain.broken.name if chain.broken else None
    facts = {"payout": chain.payout, "day": chain.day, "amount": to_text(chain.minor, chain.currency)}
    return {**facts, "currency": chain.currency, "broken": broken, "legs": legs}


def _chain_text(found: list[Chain]) -> str:
    if not found:
        return "No payout is dated in this period."
    rows: list[tuple[str, ...]] = [("day", "payout", "amount", "first leg that does not hold", "gap", "records")]
    for chain in found:
        leg = chain.broken
        waits = any(leg.waiting for leg in chain.legs)
        words = leg.name if leg else "none; a part is still under way" if waits else "none"
        gap = to_people(leg.gap, chain.currency) if leg else ""
        records = f"{len(leg.records):,}" if leg else ""
        rows.append((str(chain.day), chain.payout, to_people(chain.minor, chain.currency), words, gap, records))
    return aligned(rows, right=frozenset({2, 4, 5}))


def _rescue(desk: Desk, args: argparse.Namespace) -> int:
    found = rescue(desk, args.name, period_of(desk, args.period))
    say(_rescue_json(found), text=_rescue_text(found), as_json=args.json)
    return 0


def _rescue_json(found: Rescue) -> dict[str, Any]:
    """Money as decimal strings."""
    lines = [{**asdict(line), "minor": None, "amount": to_text(line.minor, found.currency)} for line in found.lines]
    for line in lines:
        del line["minor"]
    return {**asdict(found), "balance": to_text(found.balance, found.currency), "lines": lines}


def _rescue_text(found: Rescue) -> str:
    rows: list[tuple[str, ...]] = [("arose", "from", "cause", "records", "oldest", "amount")]
    rows += [
        (
            line.origin or "-",
            line.source,
            line.cause,
            f"{len(line.records):,}" if line.records else "",
            str(line.oldest or ""),
            to_people(line.minor, found.currency),
        )
        for line in found.lines
    ]
    rows.append(("", "", f"Ledger balance, {found.day}", "", "", to_people(found.balance, found.currency)))
    return aligned(rows, right=frozenset({3, 5}))


_STEPS = {"chain": _chain, "rescue": _rescue}
