"""`awra-desk mappings …`: what gateways, locations, SKUs and taxes mean in a ledger, from which day on."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.mapping_files import TableFiles
from awra_desk.app.output import aligned, common_options, say
from awra_desk.app.work_commands import period_of
from awra_desk.app.workspace import workspace_url
from awra_desk.app.write_commands import password_of
from awra_desk.domain.errors import UsageError
from awra_desk.domain.mappings import Axis, MappingRow
from awra_desk.domain.money import to_people, to_text
from awra_desk.services import mappings as service
from awra_desk.services.coverage import missing
from awra_desk.services.desk import Desk
from awra_desk.services.mappings import COLUMNS, NEEDED, Change, Effect, Plan, Wanted
from awra_desk.services.people import authenticate

DONE, FINDINGS = 0, 1
SHOWN = 40  # changes of an import listed; --json has them all
HELP = {
    "list": "the mappings in force on a day",
    "missing": "values among a period's transactions that no mapping speaks of; exit 1 where some leave something open",
    "history": "every row ever recorded, of all or of one table or value",
    "set": "let a value mean a target from a day on",
    "end": "end a mapping from a day on",
    "undo": "take a row back: what was in force before it is again",
    "import": "show what a CSV or XLSX file would change; --apply records it",
    "export": "write the mappings to a CSV or XLSX file that can be imported again",
}
_ACTS = ("set", "end", "undo", "import")


def add_parser(commands: Any, name: str) -> None:
    """Declare the subcommands."""
    words = "What gateways, locations, SKUs and taxes mean in a ledger, from which day on."
    other = "How the columns of a source's files are read is another command: mapping."
    parser = commands.add_parser(name, help=words, description=f"{words} {other}")
    verbs = parser.add_subparsers(dest="verb", metavar="verb", required=True)
    for verb, words in HELP.items():
        one = common_options(verbs.add_parser(verb, help=words, description=words))
        _ARGUMENTS[verb](one)
        if verb in _ACTS:
            one.add_argument("--as", dest="who", required=True, metavar="PERSON", help="who acts")
            one.add_argument("--password-stdin", action="store_true", help="read the password from stdin, do not ask")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        if args.verb in _ACTS:
            authenticate(desk, args.who, password_of(args))
        return _VERBS[args.verb](desk, args)


def _row_arguments(one: argparse.ArgumentParser) -> None:
    one.add_argument("table", metavar="TABLE", help=", ".join(Axis))
    one.add_argument("value", metavar="VALUE", help="as the records say it")
    one.add_argument("field", metavar="FIELD", help="account, account.ROLE, or a dimension such as branch or class")


def _of_set(one: argparse.ArgumentParser) -> None:
    _row_arguments(one)
    one.add_argument("target", metavar="TARGET", help="the ledger's account id or code, or its id of the dimension")
    _of_day(one)


def _of_day(one: argparse.ArgumentParser) -> None:
    one.add_argument("--from", dest="valid_from", required=True, metavar="DAY", help="first booking day, 2026-10-01")
    one.add_argument("--ledger", default="", metavar="NAME", help="needed only where there are several")
    one.add_argument("--note", default="", help="why")


def _of_end(one: argparse.ArgumentParser) -> None:
    _row_arguments(one)
    _of_day(one)


def _of_history(one: argparse.ArgumentParser) -> None:
    one.add_argument("table", nargs="?", default="", metavar="TABLE")
    one.add_argument("value", nargs="?", default="", metavar="VALUE")


def _of_export(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", type=Path, metavar="FILE")
    which = one.add_mutually_exclusive_group()
    which.add_argument("--on", default="", metavar="DAY", help="those in force on this day (default: today)")
    which.add_argument("--history", action="store_true", help="all that ever hold, each from its day on")


def _of_import(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", type=Path, metavar="FILE", help=f"columns {', '.join(COLUMNS)}")
    one.add_argument("--apply", action="store_true", help="record it; without it nothing is changed")


_ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], Any]] = {
    "list": lambda one: one.add_argument("--on", default="", metavar="DAY", help="default: today"),
    "missing": lambda one: one.add_argument("--period", default="", metavar="YYYY-MM", help="default: last month"),
    "history": _of_history,
    "set": _of_set,
    "end": _of_end,
    "undo": lambda one: one.add_argument("number", type=int, metavar="ROW"),
    "import": _of_import,
    "export": _of_export,
}


def _list(desk: Desk, args: argparse.Namespace) -> int:
    day = _day(desk, args.on)
    rows = service.in_force(desk, day)
    text = _table(rows) if rows else f"No mapping is in force on {day}."
    say({"on": day, "mappings": [asdict(row) for row in rows]}, text=text, as_json=args.json)
    return DONE


def _history(desk: Desk, args: argparse.Namespace) -> int:
    rows = service.history(desk, axis=args.table, value=args.value)
    text = _table(rows) if rows else "Nothing was ever recorded for it."
    say({"mappings": [asdict(row) for row in rows]}, text=text, as_json=args.json)
    return DONE


def _missing(desk: Desk, args: argparse.Namespace) -> int:
    period = period_of(desk, args.period)
    found = missing(desk, period)
    rows: list[tuple[str, ...]] = [("ledger", "table", "value", "open", "count", "sum", "example")]
    rows += [
        (
            each.ledger,
            each.axis,
            each.value,
            ", ".join(each.open) or "-",
            f"{each.count:,}",
            ", ".join(to_people(minor, currency) for currency, minor in each.sums),
            each.example,
        )
        for each in found
    ]
    document = [
        {**asdict(each), "sums": {currency: to_text(minor, currency) for currency, minor in each.sums}}
        for each in found
    ]
    text = aligned(rows, right=frozenset({4, 5})) if found else f"No value of {period} lacks a mapping."
    say({"period": str(period), "missing": document}, text=text, as_json=args.json)
    return FINDINGS if any(each.open for each in found) else DONE


def _set(desk: Desk, args: argparse.Namespace) -> int:
    cells = {name: str(getattr(args, name, "")) for name in COLUMNS}
    return _told(service.set_row(desk, cells, who=args.who), args)


def _undo(desk: Desk, args: argparse.Namespace) -> int:
    return _told(service.undo(desk, args.number, who=args.who), args)


def _told(change: Change, args: argparse.Namespace) -> int:
    before = f" Before: {change.before.words}." if change.before else ""
    say(_change(change), text=f"Recorded: {change.row.words}.{before}", as_json=args.json)
    return DONE


def _import(desk: Desk, args: argparse.Namespace) -> int:
    wanted = [Wanted(place, cells) for place, cells in TableFiles().read(args.file, NEEDED)]
    if args.apply:
        plan = service.record(desk, wanted, who=args.who, file=args.file.name)
    else:
        plan = service.preview(desk, wanted, who=args.who)
    problems = [asdict(problem) for problem in plan.problems]
    document = {"applied": args.apply, "changes": [_change(each) for each in plan.changes], "problems": problems}
    say(document, text=_plan_text(plan, applied=args.apply), as_json=args.json)
    return FINDINGS if plan.problems or (plan.added and not args.apply) else DONE


def _plan_text(plan: Plan, *, applied: bool) -> str:
    real = [change for change in plan.changes if change.effect is not Effect.SAME]
    rows = [("row", "what", "mapping", "before")]
    rows += [
        (each.place, each.effect, each.row.words, each.before.words if each.before else "-") for each in real[:SHOWN]
    ]
    lines = [aligned(rows)] if real else []
    if len(real) > SHOWN:
        lines.append(f"… and {len(real) - SHOWN:,} more; --json lists all.")
    lines += [f"{each.place}, {each.column} {each.value!r}: {each.words}. {each.remedy}" for each in plan.problems]
    same = len(plan.changes) - len(real)
    lines.append(f"{'Recorded' if applied else 'Would record'} {len(real):,}; {same:,} say what holds already; "
                 f"{len(plan.problems):,} cannot be taken.")  # fmt: skip
    if real and not applied:
        lines.append("Record it with --apply.")
    return "\n".join(lines)


def _export(desk: Desk, args: argparse.Namespace) -> int:
    rows = service.exported(desk, None if args.history else _day(desk, args.on))
    TableFiles().write(args.file, COLUMNS, rows, at=desk.now())
    say({"file": str(args.file), "rows": len(rows)}, text=f"Wrote {args.file}: {len(rows):,} mappings.",
        as_json=args.json)  # fmt: skip
    return DONE


def _change(change: Change) -> dict[str, Any]:
    return {**asdict(change), "effect": change.effect.value}


def _table(rows: Sequence[MappingRow]) -> str:
    heads = ("row", "ledger", "table", "value", "field", "target", "from", "recorded", "by", "note")
    lines = [
        (str(row.number), row.ledger, row.axis, row.value, row.field, row.target if row.target is not None else "(end)",
         str(row.valid_from), f"{row.at:%Y-%m-%d %H:%M} UTC", row.actor, row.note)
        for row in rows
    ]  # fmt: skip
    return aligned([heads, *lines], right=frozenset({0}))


def _day(desk: Desk, text: str) -> date:
    try:
        return date.fromisoformat(text) if text else desk.today()
    except ValueError:
        raise UsageError(f"{text!r} is no day", remedy="Write it like 2026-10-01.") from None


_VERBS: dict[str, Callable[[Desk, argparse.Namespace], int]] = {
    "list": _list,
    "missing": _missing,
    "history": _history,
    "set": _set,
    "end": _set,
    "undo": _undo,
    "import": _import,
    "export": _export,
}
