"""`awra-desk stage | approve | post`: a correcting entry on its way to the ledger."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import asdict
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import LineProgress, common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import to_people
from awra_desk.services.approve import approve
from awra_desk.services.desk import Desk
from awra_desk.services.people import authenticate
from awra_desk.services.post import drain
from awra_desk.services.stage import propose, submit

HELP = {
    "stage": "propose and submit the entry that settles an exception",
    "approve": "approve a submitted entry as a second person",
    "post": "send approved entries to the ledger and read them back",
}


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments of one of these commands."""
    parser = common_options(commands.add_parser(name, help=HELP[name]))
    parser.set_defaults(step=_STEPS[name])
    if name == "post":
        parser.add_argument("ledger", metavar="NAME", help="the ledger connection")
        return
    parser.add_argument("subject", metavar="EXCEPTION" if name == "stage" else "WRITE")
    parser.add_argument("--as", dest="who", required=True, metavar="PERSON", help="who acts")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from stdin, do not ask")
    if name == "approve":
        parser.add_argument("--digest", required=True, metavar="SHA256", help="digest of the payload you have seen")


def run(args: argparse.Namespace) -> int:
    """Run the step named by the command."""
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        return int(args.step(desk, args))


def _stage(desk: Desk, args: argparse.Namespace) -> int:
    authenticate(desk, args.who, password_of(args))
    write = propose(desk, args.subject, who=args.who)
    facts = submit(desk, write.write_id, who=args.who)
    entry = write.entry
    lines = [f"{write.write_id}  {entry.day}  {entry.memo}", f"payload sha256 {write.payload_sha256}"]
    for line in entry.lines:
        side, amount = "Dr" if line.minor > 0 else "Cr", to_people(abs(line.minor), entry.currency)
        lines.append(f"  {side} {line.account:<10} {amount:>20}  {line.description}")
    lines += [f"  ✓ {fact.words}" for fact in facts]
    document = {"write": asdict(write), "preflight": [asdict(fact) for fact in facts]}
    say(document, text="\n".join(lines), as_json=args.json)
    return 0


def _approve(desk: Desk, args: argparse.Namespace) -> int:
    write = approve(desk, args.subject, who=args.who, password=password_of(args), seen_sha256=args.digest)
    say(
        {"approved": write.write_id, "payload_sha256": args.digest},
        text=f"Approved {write.write_id}.",
        as_json=args.json,
    )
    return 0


def password_of(args: argparse.Namespace) -> str:
    """The acting person's password, asked for or from stdin."""
    if args.password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass(f"Password of {args.who}: ")
    if not password:
        raise UsageError("no password was given", remedy="Type it, or send it with --password-stdin.")
    return password


def _post(desk: Desk, args: argparse.Namespace) -> int:
    progress = LineProgress()
    result = drain(desk, args.ledger, progress=progress)
    progress.end()
    text = (
        f"{len(result.verified)} posted and verified, {len(result.failed)} refused, "
        f"{len(result.uncertain)} uncertain, {len(result.waiting)} waiting."
    )
    say(asdict(result), text=text, as_json=args.json)
    return 1 if result.failed or result.uncertain or result.waiting else 0


_STEPS = {"stage": _stage, "approve": _approve, "post": _post}
