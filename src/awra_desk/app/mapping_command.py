"""`awra-desk mapping NAME`: look at how files are read, try a mapping on them, save it, list its versions."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from awra_desk.app.bootstrap import FILES, open_desk
from awra_desk.app.output import aligned, common_options, say
from awra_desk.app.workspace import workspace_url
from awra_desk.domain.errors import UsageError
from awra_desk.domain.money import to_people, to_text
from awra_desk.files.mapping import OPTION, TABLE
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.file_mapping import MappingVersion, Preview, mapping_versions, preview, save_mapping

_SHOWN = ("booking_date", "kind", "counterparty", "description")
_WIDTH = 40


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments."""
    words = "How the columns of a source's files are read. Without an option its versions are listed."
    other = "What gateways, locations, SKUs and taxes mean in a ledger is another command: mappings."
    parser = common_options(commands.add_parser(name, help=words, description=f"{words} {other}"))
    parser.add_argument("source", metavar="NAME", help="the connection")
    parser.add_argument("--file", type=Path, metavar="FILE.toml", help="a mapping, in the short or the long form")
    parser.add_argument("--preview", action="store_true", help="show what the files give and store nothing")
    parser.add_argument("--rows", type=int, default=10, metavar="N", help="how many rows a preview shows")
    parser.add_argument("--as", dest="who", default=ENGINE, metavar="PERSON", help="who saves it")


def run(args: argparse.Namespace) -> int:
    """Preview, save, or list; 1 when a preview found something to look at."""
    text = _text_of(args.file) if args.file else ""
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        _refuse_others(desk, args.source, change=bool(text) or not args.preview)
        if args.preview:
            found = preview(desk, args.source, text)
            say(_preview_json(found), text=_preview_text(found, args.rows), as_json=args.json)
            return 1 if found.rejects or found.notices or found.broken else 0
        if text:
            saved = save_mapping(desk, args.source, text, by=args.who)
            words = f"{args.source} is read by version {saved.version} from now on. Pull it."
            say(asdict(saved), text=words, as_json=args.json)
            return 0
        versions = mapping_versions(desk, args.source)
    say([asdict(one) for one in versions], text=_versions_text(args.source, versions), as_json=args.json)
    return 0


def _refuse_others(desk: Desk, name: str, *, change: bool) -> None:
    """Only files can be looked at before they are read, and only tables have a mapping of their own."""
    with desk.read() as uow:
        provider = uow.connections.get(name).provider
    if provider not in FILES:
        remedy = "Name a connection of files; what a contract makes of others `renormalise` shows."
        raise UsageError(f"{provider} is not read from files", record=name, remedy=remedy)
    if change and provider != TABLE:
        remedy = "Use --preview without --file, or connect these files as table."
        raise UsageError(f"files of {provider} are read by its own contract", record=name, remedy=remedy)


def _text_of(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Give the path of a UTF-8 text file."
        raise UsageError(f"the mapping cannot be read: {error}", record=str(path), remedy=remedy) from None
    if not text.strip():
        raise UsageError("the mapping is empty", record=str(path), remedy=f"Write its {OPTION} into it.")
    return text


def _preview_text(found: Preview, shown: int) -> str:
    rows = [("day", "kind", "amount", "with", "what")]
    for row in islice(found.table.dicts(), max(shown, 0)):
        amount = to_people(int(row["amount"]), str(row["currency"]))
        day, kind, party, words = (str(row[name])[:_WIDTH] for name in _SHOWN)
        rows.append((day, kind, amount, party, words))
    lines = [aligned(rows, right=frozenset({2}))] if len(rows) > 1 else []
    if found.count > shown:
        lines.append(f"… and {found.count - shown:,} more.")
    for (currency, account), (count, minor) in found.totals.items():
        lines.append(f"Account {account}: {to_people(minor, currency)} in {count:,}.")
    lines.append(f"New records: {found.new:,}. Read by {found.contract}; nothing was stored.")
    lines += [f"{reject.external_id}: {reject.path} {reject.value!r}: {reject.reason}" for reject in found.rejects]
    lines += [f"does not hold: {total.name}" for total in found.broken]
    return "\n".join([*lines, *found.notices])


def _preview_json(found: Preview) -> dict[str, Any]:
    totals = [
        {"currency": currency, "account": account, "transactions": count, "amount": to_text(minor, currency)}
        for (currency, account), (count, minor) in found.totals.items()
    ]
    return {
        "contract": found.contract,
        "files": found.files,
        "transactions": found.count,
        "new": found.new,
        "totals": totals,
        "rejects": [asdict(reject) for reject in found.rejects],
        "notices": found.notices,
        "broken": [total.name for total in found.broken],
    }


def _versions_text(name: str, versions: list[MappingVersion]) -> str:
    if not versions:
        return f"{name} has no mapping saved."
    rows = [("version", "digest", "by", "at", "what changed")]
    rows += [(str(v.version), v.digest[:12], v.by, v.at, "; ".join(v.changed)) for v in versions]
    return aligned(rows)
