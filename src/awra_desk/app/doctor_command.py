"""`awra-desk doctor` and `awra-desk ladder`: how each connection is, and how far it is trusted."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import LineProgress, aligned, common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.domain.controls import ControlTotal
from awra_desk.domain.errors import UsageError
from awra_desk.domain.ladder import Check, Rung
from awra_desk.domain.money import to_people, to_text
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.health import SOUND, Health, examine
from awra_desk.services.ladder import climb, descend
from awra_desk.services.pull import pull
from awra_desk.system.secrets import KeyringSecrets

HELP = {
    "doctor": "check every connection, the keyring and the database",
    "ladder": "let a connection do more, on evidence, or less",
}
_TOTALS_SHOWN = 6


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments of one of these commands."""
    parser = common_options(commands.add_parser(name, help=HELP[name]))
    parser.set_defaults(step=_STEPS[name])
    if name == "doctor":
        parser.add_argument("names", nargs="*", metavar="NAME", help="connections (default: all)")
        parser.add_argument("--replay", action="store_true", help="pull each once more first: it must change nothing")
        return
    parser.add_argument("connection", metavar="NAME")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--up", action="store_true", help="open the next rung, if everything it needs holds")
    way.add_argument("--down", metavar="REASON", help="go one rung down")
    parser.add_argument("--as", dest="who", default=ENGINE, metavar="PERSON", help="the integration owner")


def run(args: argparse.Namespace) -> int:
    """Run the step named by the command."""
    secrets = KeyringSecrets()
    with open_desk(workspace_url(args.workspace), company=args.company, secrets=secrets) as desk:
        return int(args.step(desk, args, secrets))


def _doctor(desk: Desk, args: argparse.Namespace, secrets: KeyringSecrets) -> int:
    with desk.read() as uow:
        known = [connection.name for connection in uow.connections.all()]
    if unknown := sorted(set(args.names) - set(known)):
        raise UsageError(f"connection {unknown[0]!r} is unknown", remedy=f"Use one of: {', '.join(known) or 'none'}.")
    names = args.names or known
    if args.replay:
        progress = LineProgress()
        for name in names:
            pull(desk, name, progress=progress)
        progress.end()
    found = [examine(desk, name) for name in names]
    machine = (_database(desk), _keyring(secrets))
    document = {
        "machine": [asdict(check) for check in machine],
        "connections": [health_json(health) for health in found],
    }
    text = "\n\n".join(["This machine\n" + _lines(machine), *(health_text(health) for health in found)])
    say(document, text=text, as_json=args.json)
    return 0 if all(check.holds for check in machine) and all(health.sound for health in found) else 1


def _ladder(desk: Desk, args: argparse.Namespace, secrets: KeyringSecrets) -> int:
    del secrets
    if args.up:
        rung = climb(desk, args.connection, who=args.who)
    else:
        rung = descend(desk, args.connection, who=args.who, reason=args.down)
    say(
        {"connection": args.connection, "rung": rung.value},
        text=f"{args.connection} is now on rung {rung.words}.",
        as_json=args.json,
    )
    return 0


def health_json(health: Health) -> dict[str, Any]:
    """A connection's health as JSON; instants as text, money as decimal text."""
    connection, above = health.connection, health.connection.rung.above
    return {
        "name": connection.name,
        "provider": connection.provider,
        "base_url": connection.base_url,
        "rung": connection.rung.value,
        "next_rung": above.value if above else None,
        "lacking": list(health.lacking),
        "sound": health.sound,
        "checks": [asdict(check) for check in health.checks],
        "standing": asdict(health.standing),
        "control_totals": [
            {
                "name": total.name,
                "currency": total.currency,
                "expected": _figure(total, total.expected, to_text),
                "actual": _figure(total, total.actual, to_text),
                "holds": total.holds,
            }
            for total in health.totals
        ],
    }


def _figure(total: ControlTotal, figure: int, write: Callable[[int, str], str]) -> str:
    """Money as it is written, or how many records there are."""
    return write(figure, total.currency) if total.currency else str(figure)


def health_text(health: Health) -> str:
    """A connection's health for people."""
    connection = health.connection
    lines = [f"{connection.name} ({connection.provider}, {connection.base_url})", _lines(health.checks, SOUND)]
    broken_first = sorted(health.totals, key=lambda total: (total.holds, total.name))
    for total in broken_first[:_TOTALS_SHOWN]:
        figures = (_figure(total, figure, to_people) for figure in (total.expected, total.actual))
        lines.append(f"    {'=' if total.holds else '≠'} {total.name}: {' / '.join(figures)}")
    if len(health.totals) > _TOTALS_SHOWN:
        lines.append(f"    … {len(health.totals) - _TOTALS_SHOWN:,} more control totals")
    rungs = " → ".join(f"[{rung.words}]" if rung == connection.rung else rung.words for rung in Rung)
    lines.append(f"  ladder: {rungs}")
    if above := connection.rung.above:
        lacking = f"needs first: {', '.join(health.lacking)}" if health.lacking else "may be opened"
        lines.append(f"  next: {above.words}; {lacking}")
    return "\n".join(lines)


def _lines(checks: tuple[Check, ...], critical: Collection[str] = ("database", "keyring")) -> str:
    """One line a check; · marks what is wanting for a higher rung only."""
    rows = []
    for check in checks:
        mark = "✓" if check.holds else "✗" if check.name in critical else "·"
        words = check.words if check.words.endswith((".", "!", "?")) else f"{check.words}."
        rows.append((f"  {mark}", check.name, f"{words} {check.remedy}".strip()))
    return aligned(rows)


def _database(desk: Desk) -> Check:
    facts = desk.workspace.facts()
    journal = f", journal {facts['journal']}" if facts["journal"] else ""
    words = f"{facts['kind']} {facts['version']}{journal}, schema {facts['schema']}. {facts['rules']}".strip()
    return Check(
        "database", not facts["rules"], words, "Verify the trail and restore the rules." if facts["rules"] else ""
    )


def _keyring(secrets: KeyringSecrets) -> Check:
    secrets.get("doctor")  # asks the keyring, so that a locked one shows
    return Check("keyring", not secrets.notice, secrets.notice or "Secrets are in this system's keyring.")


_STEPS = {"doctor": _doctor, "ladder": _ladder}
