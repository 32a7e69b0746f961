"""`awra-desk fees …`: what a source agreed to charge, and which of its charges are off."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import aligned, common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.app.write_commands import password_of
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import to_people, to_text
from awra_desk.domain.policies import Policy
from awra_desk.services import fees as service
from awra_desk.services.desk import Desk
from awra_desk.services.people import authenticate
from awra_desk.services.tariffs import names, text_of

DONE, FINDINGS = 0, 1
SHOWN = 40  # charges listed; --json has them all
HELP = {
    "tariffs": "published tariffs (TARIFF: show it)",
    "list": "every version of a source's schedules",
    "show": "the schedules in force, as the TOML they were written in",
    "check": "hold a source's charges against its schedules; exit 1 where some are off",
    "set": "put the schedules of a TOML file in force (an empty file: none)",
    "adopt": "put a published tariff in force",
}


def add_parser(commands: Any, name: str) -> None:
    """Declare the subcommands."""
    parser = commands.add_parser(name, help="the fee schedules of a source")
    verbs = parser.add_subparsers(dest="verb", metavar="verb", required=True)
    for verb, words in HELP.items():
        one = common_options(verbs.add_parser(verb, help=words, description=words))
        if verb == "tariffs":
            one.add_argument("tariff", nargs="?", default="", metavar="TARIFF")
            continue
        one.add_argument("source", metavar="SOURCE", help="the connection's name")
        if verb == "set":
            one.add_argument("file", type=Path, metavar="FILE.toml")
        if verb == "adopt":
            one.add_argument("tariff", metavar="TARIFF", help="see `fees tariffs`")
        if verb in ("set", "adopt"):
            one.add_argument("--as", dest="who", required=True, metavar="PERSON", help="who acts")
            one.add_argument("--password-stdin", action="store_true", help="read the password from stdin, do not ask")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    if args.verb == "tariffs":
        text = text_of(args.tariff) if args.tariff else "\n".join(names())
        say({"tariffs": list(names()), **({"toml": text} if args.tariff else {})}, text=text.rstrip(),
            as_json=args.json)  # fmt: skip
        return DONE
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        if args.verb in ("set", "adopt"):
            authenticate(desk, args.who, password_of(args))
        return _VERBS[args.verb](desk, args)


def _list(desk: Desk, args: argparse.Namespace) -> int:
    versions = service.history(desk, args.source)
    rows = [("version", "at", "by", "schedules")]
    rows += [(str(each.version), f"{each.at:%Y-%m-%d %H:%M} UTC", each.actor, each.change) for each in versions]
    text = aligned(rows, right=frozenset({0})) if versions else "No schedule yet. `fees tariffs` lists published ones."
    say({"versions": [asdict(each) for each in versions]}, text=text, as_json=args.json)
    return DONE


def _show(desk: Desk, args: argparse.Namespace) -> int:
    versions = service.history(desk, args.source)
    text = versions[-1].text if versions else ""
    say({"version": len(versions), "toml": text}, text=text.rstrip() or "No schedule is in force.", as_json=args.json)
    return DONE


def _check(desk: Desk, args: argparse.Namespace) -> int:
    found = service.check(desk, args.source)
    rows: list[tuple[str, ...]] = [("day", "charge", "gross", "expected", "charged", "difference", "schedule")]
    document = []
    for each in found.variances:
        charge, currency = each.charge, each.charge.currency
        money = {"gross": charge.gross, "expected": each.expected, "charged": each.charged,
                 "difference": each.difference}  # fmt: skip
        rows.append((str(charge.day), charge.record_id, *(to_people(minor, currency) for minor in money.values()),
                     each.schedule))  # fmt: skip
        document.append({"id": charge.record_id, "day": charge.day, "currency": currency, "schedule": each.schedule,
                         **{name: to_text(minor, currency) for name, minor in money.items()},
                         "steps": {name: to_text(minor, currency) for name, minor in each.parts}})  # fmt: skip
    text = (f"{found.covered:,} charges held against the schedules, {len(found.variances):,} off; "
            f"{found.uncovered:,} with a fee that no schedule speaks of.")  # fmt: skip
    if document:
        text = f"{aligned(rows[: SHOWN + 1], right=frozenset(range(2, 6)))}\n{text}"
    say({"covered": found.covered, "uncovered": found.uncovered, "variances": document}, text=text, as_json=args.json)
    return FINDINGS if document else DONE


def _set(desk: Desk, args: argparse.Namespace) -> int:
    try:
        text = args.file.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"the file cannot be read: {error.strerror}", record=str(args.file), remedy="Check the path."
        ) from None
    except UnicodeDecodeError:
        raise UsageError("the file is not UTF-8", record=str(args.file), remedy="Save it as UTF-8.") from None
    return _told(service.lay_down(desk, args.source, text, who=args.who, document=str(args.file)), args)


def _adopt(desk: Desk, args: argparse.Namespace) -> int:
    return _told(service.adopt(desk, args.source, args.tariff, who=args.who), args)


def _told(policy: Policy, args: argparse.Namespace) -> int:
    text = f"In force for {policy.subject}, version {policy.version}: {policy.change}."
    say(asdict(policy), text=text, as_json=args.json)
    return DONE


_VERBS: dict[str, Callable[[Desk, argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "check": _check,
    "set": _set,
    "adopt": _adopt,
}
