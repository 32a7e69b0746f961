"""`awra-desk replay`: list the events that came, and process some of them again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import LineProgress, aligned, common_options, say
from awra_desk.app.worker_command import events_words
from awra_desk.app.workspace import workspace_url
from awra_desk.domain.errors import UsageError
from awra_desk.domain.events import Event, EventState
from awra_desk.services.desk import ENGINE, Desk
from awra_desk.services.events import process_all, replay

LISTED = 50


def add_parser(commands: Any, name: str) -> None:
    """Declare the arguments."""
    parser = common_options(commands.add_parser(name, help="list the events that came, and process them again"))
    parser.add_argument("events", nargs="*", metavar="EVENT_ID", help="replay these; without any, and without --all or "
                        "--dead, events are listed")  # fmt: skip
    many = parser.add_mutually_exclusive_group()
    many.add_argument("--all", action="store_true", help="replay every event")
    many.add_argument("--dead", action="store_true", help="replay the dead letters")
    parser.add_argument("--source", default="", metavar="NAME", help="of this connection only")
    parser.add_argument("--state", choices=[state.value for state in EventState], help="list only these")
    parser.add_argument("--limit", type=int, default=LISTED, help=f"how many to list, latest first (default {LISTED})")
    parser.add_argument("--as", dest="who", default=ENGINE, metavar="PERSON", help="who replays them")


def run(args: argparse.Namespace) -> int:
    """List, or replay and process at once; 1 when dead letters are left, or a replay failed."""
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        if args.events or args.all or args.dead:
            return _replay(desk, args)
        return _list(desk, args)


def _list(desk: Desk, args: argparse.Namespace) -> int:
    states = {EventState(args.state)} if args.state else set()
    with desk.read() as uow:
        found = uow.events.all(source=args.source, states=states, limit=max(args.limit, 0))
        counts = uow.events.counts()
    totals = {state.value: sum(n for (_, each), n in counts.items() if each is state) for state in EventState}
    rows = [{name: value for name, value in asdict(event).items() if name != "payload"} for event in found]
    summary = ", ".join(f"{number:,} {state}" for state, number in totals.items())
    text = f"{_table(found)}\n{summary}." if found else f"No event is here to list. {summary}."
    say({"events": rows, "counts": totals}, text=text, as_json=args.json)
    return 1 if totals[EventState.DEAD.value] else 0


def _table(found: Sequence[Event]) -> str:
    rows: list[tuple[str, ...]] = [("received", "source", "event", "kind", "state", "tries", "new", "what went wrong")]
    rows += [
        (
            f"{event.received_at:%Y-%m-%d %H:%M:%S}",
            event.source,
            event.event_id,
            event.kind,
            event.state if event.verified else f"{event.state}, unsigned",
            str(event.attempts),
            str(event.brought),
            event.last_error,
        )
        for event in found
    ]
    return aligned(rows, right=frozenset({5, 6}))


def _replay(desk: Desk, args: argparse.Namespace) -> int:
    states = {EventState.DEAD} if args.dead else set()
    with desk.read() as uow:
        known = uow.events.all(source=args.source, states=states)
    keys = {event.key for event in known} if args.all or args.dead else set()
    for wanted in args.events:
        keys.add(_one([event.key for event in known if event.event_id == wanted], wanted))
    count = replay(desk, keys, who=args.who) if keys else 0
    progress = LineProgress()
    done = process_all(desk, who=args.who, progress=progress)
    progress.end()
    left = sum(each.failed + each.dead for each in done)
    document = {"replayed": count, "processed": [asdict(each) for each in done]}
    text = "\n".join([f"{count:,} events are replayed.", *(events_words(each) for each in done)])
    say(document, text=text, as_json=args.json)
    return 1 if left else 0


def _one(found: Sequence[tuple[str, str]], wanted: str) -> tuple[str, str]:
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError("no such event came", record=wanted, remedy="List them with `awra-desk replay`.")
    names = ", ".join(source for source, _ in found)
    raise UsageError(f"several connections have this event: {names}", record=wanted, remedy="Give --source.")
