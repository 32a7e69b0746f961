"""`awra-desk rules …`: the rules of a reconciliation: list, add, test, switch, suggest, count."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from awra_desk.app.bootstrap import open_desk
from awra_desk.app.output import LineProgress, aligned, common_options, say
from awra_desk.app.rules_words import changed_text, list_text, proposals_text, rules_json, test_text
from awra_desk.app.workspace import workspace_url
from awra_desk.app.write_commands import password_of
from awra_desk.domain.errors import UsageError
from awra_desk.matching import RuleSet, parse_rules, rules_toml
from awra_desk.services import rules as service
from awra_desk.services.backtest import back_test
from awra_desk.services.desk import Desk
from awra_desk.services.people import authenticate
from awra_desk.services.rule_counts import rule_counts
from awra_desk.services.rule_sets import names, text_of
from awra_desk.services.suggest_rules import suggest_rules

DONE, FINDINGS = 0, 1
_READ = {
    "list": "the rules in their order",
    "show": "the rules as the TOML they were written in",
    "history": "every version, who made it and when",
    "counts": "hits, overrides and false matches of each rule",
    "test": "what a change would do to the books as they are; nothing is changed",
    "suggest": "rules and aliases that people's decisions so far point to",
    "sets": "the ready-made sets (SET: show it)",
}
_WRITE = {
    "add": "add the rules of a TOML file, switched off",
    "adopt": "add a ready-made set, switched off",
    "enable": "switch a rule on, back-tested",
    "disable": "switch a rule off",
    "remove": "take a rule away; earlier versions keep it",
    "move": "put a rule at another place of the order",
    "restore": "bring an earlier version back, back-tested",
}


def add_parser(commands: Any, name: str) -> None:
    """Declare the subcommands."""
    parser = commands.add_parser(name, help="the matching rules of a reconciliation")
    verbs = parser.add_subparsers(dest="verb", metavar="verb", required=True)
    for verb, words in {**_READ, **_WRITE}.items():
        one = common_options(verbs.add_parser(verb, help=words, description=words))
        if verb == "sets":
            one.add_argument("set", nargs="?", default="", metavar="SET")
            continue
        one.add_argument("reconciliation", metavar="RECONCILIATION")
        _own_arguments(one, verb)
        if verb in _WRITE or verb == "suggest":
            who = verb in _WRITE
            one.add_argument("--as", dest="who", required=who, default="", metavar="PERSON", help="who acts")
            one.add_argument("--password-stdin", action="store_true", help="read the password from stdin, do not ask")


def _own_arguments(one: argparse.ArgumentParser, verb: str) -> None:
    if verb == "add":
        one.add_argument("file", type=Path, metavar="FILE.toml")
    if verb == "adopt":
        one.add_argument("set", metavar="SET", help="see `rules sets`")
    if verb in ("enable", "disable", "remove", "move"):
        one.add_argument("rule", metavar="RULE")
    if verb == "move":
        one.add_argument("place", type=int, metavar="PLACE", help="from 1")
    if verb == "restore":
        one.add_argument("version", type=int, metavar="VERSION")
    if verb in ("enable", "move", "restore"):
        one.add_argument("--note", default="", help="why, although decisions of people are contradicted")
    if verb == "test":
        change = one.add_mutually_exclusive_group(required=True)
        change.add_argument("--enable", metavar="RULE")
        change.add_argument("--disable", metavar="RULE")
        change.add_argument("--file", type=Path, metavar="FILE.toml", help="as if these rules were there, switched on")
    if verb == "suggest":
        one.add_argument("--add", action="store_true", help="add them, switched off (needs --as)")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    if args.verb == "sets":
        text = text_of(args.set) if args.set else "\n".join(names())
        say({"sets": list(names()), **({"toml": text} if args.set else {})}, text=text.rstrip(), as_json=args.json)
        return DONE
    with open_desk(workspace_url(args.workspace), company=args.company) as desk:
        if args.verb in _WRITE or (args.verb == "suggest" and args.add):
            authenticate(desk, args.who, password_of(args))
        return _VERBS[args.verb](desk, args)


def _list(desk: Desk, args: argparse.Namespace) -> int:
    rules, version = service.read_all(desk, args.reconciliation)
    say({"version": version, **rules_json(rules)}, text=list_text(rules, version), as_json=args.json)
    return DONE


def _show(desk: Desk, args: argparse.Namespace) -> int:
    rules, version = service.read_all(desk, args.reconciliation)
    text = rules_toml(rules)
    say({"version": version, "toml": text}, text=text.rstrip() or "No rule yet.", as_json=args.json)
    return DONE


def _history(desk: Desk, args: argparse.Namespace) -> int:
    versions = service.history(desk, args.reconciliation)
    rows = [("version", "at", "by", "change")]
    rows += [(str(each.version), f"{each.at:%Y-%m-%d %H:%M} UTC", each.actor, each.change) for each in versions]
    text = aligned(rows, right=frozenset({0})) if versions else "No rule was ever laid down."
    say({"versions": [asdict(each) for each in versions]}, text=text, as_json=args.json)
    return DONE


def _counts(desk: Desk, args: argparse.Namespace) -> int:
    counts = rule_counts(desk, args.reconciliation)
    rows: list[tuple[str, ...]] = [("rule", "on", "confirmed", "suggested", "accepted", "overridden", "false matches")]
    for each in counts:
        numbers = (each.confirmed, each.suggested, each.accepted, each.overridden, each.false_matches)
        rows.append((each.rule, "yes" if each.enabled else "no", *(f"{number:,}" for number in numbers)))
    text = aligned(rows, right=frozenset(range(2, 7))) if counts else "Nothing to count yet."
    say({"counts": [asdict(each) for each in counts]}, text=text, as_json=args.json)
    return DONE


def _test(desk: Desk, args: argparse.Namespace) -> int:
    progress = LineProgress()
    tested = back_test(desk, args.reconciliation, _asked(args), progress=progress)
    progress.end()
    report = tested.report
    say({"inputs": tested.inputs_digest, **asdict(report)}, text=test_text(report), as_json=args.json)
    return FINDINGS if report.contradicted else DONE


def _asked(args: argparse.Namespace) -> Callable[[RuleSet], RuleSet]:
    if args.file:
        more = parse_rules(_text(args.file), str(args.file))
        return lambda rules: rules.extended(more)
    name, on = args.enable or args.disable, bool(args.enable)
    return lambda rules: rules.switched(name, on=on)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"the file cannot be read: {error.strerror}", record=str(path), remedy="Check the path."
        ) from None
    except UnicodeDecodeError:
        raise UsageError("the file is not UTF-8", record=str(path), remedy="Save it as UTF-8.") from None


def _suggest(desk: Desk, args: argparse.Namespace) -> int:
    proposals = suggest_rules(desk, args.reconciliation)
    added = False
    if args.add and proposals:
        new = RuleSet()
        for proposal in proposals:
            new = new.extended(proposal.rules)
        service.add_rules(desk, args.reconciliation, new, who=args.who)
        added = True
    document = [{**asdict(each), "rules": rules_toml(each.rules)} for each in proposals]
    say({"proposals": document, "added": added}, text=proposals_text(proposals, added=added), as_json=args.json)
    return DONE


def _changed(change: Callable[[Desk, argparse.Namespace, LineProgress], service.Changed]) -> Callable[..., int]:
    def run_it(desk: Desk, args: argparse.Namespace) -> int:
        progress = LineProgress()
        changed = change(desk, args, progress)
        progress.end()
        document = {**rules_json(changed.rules), "back_test": asdict(changed.report) if changed.report else None}
        say(document, text=changed_text(changed), as_json=args.json)
        return DONE

    return run_it


_VERBS: dict[str, Callable[[Desk, argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "history": _history,
    "counts": _counts,
    "test": _test,
    "suggest": _suggest,
    "add": _changed(
        lambda desk, args, _: service.add(
            desk, args.reconciliation, _text(args.file), who=args.who, document=str(args.file)
        )
    ),
    "adopt": _changed(lambda desk, args, _: service.adopt(desk, args.reconciliation, args.set, who=args.who)),
    "enable": _changed(
        lambda desk, args, progress: service.enable(
            desk, args.reconciliation, args.rule, who=args.who, note=args.note, progress=progress
        )
    ),
    "disable": _changed(
        lambda desk, args, progress: service.disable(
            desk, args.reconciliation, args.rule, who=args.who, progress=progress
        )
    ),
    "remove": _changed(
        lambda desk, args, progress: service.remove(
            desk, args.reconciliation, args.rule, who=args.who, progress=progress
        )
    ),
    "move": _changed(
        lambda desk, args, progress: service.move(
            desk, args.reconciliation, args.rule, args.place, who=args.who, note=args.note, progress=progress
        )
    ),
    "restore": _changed(
        lambda desk, args, progress: service.restore(
            desk, args.reconciliation, args.version, who=args.who, note=args.note, progress=progress
        )
    ),
}
