"""Runs the passes in order over one book and hands out the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from awra_desk.matching import (
    aliases,
    batches,
    contra,
    fuzzy,
    groups,
    keys,
    linkage,
    rule_changes,
    ruled,
    suggestions,
    tolerance,
)
from awra_desk.matching.book import Book, build
from awra_desk.matching.coincidence import Coincidence
from awra_desk.matching.config import MatchConfig
from awra_desk.matching.decisions import Decisions
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found
from awra_desk.matching.graph import build as build_graph
from awra_desk.matching.nearest import open_table
from awra_desk.matching.result import MatchResult, batches_table, decided_group, digest, members_table
from awra_desk.matching.said import read as read_texts
from awra_desk.matching.scoring import score
from awra_desk.matching.similarity import Likeness
from awra_desk.ports.columns import Table
from awra_desk.ports.progress import Progress, silent


def match(
    source: Table,
    ledger: Table,
    config: MatchConfig,
    *,
    decisions: Decisions | None = None,
    salt: str = "",
    progress: Progress = silent,
) -> MatchResult:
    """Match two sides.

    Args:
        source, ledger: schema ITEMS, ids unique on each side, comparable signs, minor units; an optional INTEGER
            column `repeated` is 1 for
            rows that may only be rivals (later occurrences of an id).
        decisions: what people decided; None means nothing. salt: enters every match id (the reconciliation's name).
        progress: told after each pass; may raise Cancelled.

    Raises:
        ValueError: an id comes twice on one side.
        Cancelled: `progress` asked for it.
    """

    def again(other: MatchConfig) -> Table:
        return _match(source, ledger, other, decisions, salt, silent)[1].members

    book, result = _match(source, ledger, config, decisions, salt, progress)
    result = replace(result, open=rule_changes.told(book, config, result.open, again))
    progress(len(book), len(book), "matched")
    return result


def _match(
    source: Table, ledger: Table, config: MatchConfig, decisions: Decisions | None, salt: str, progress: Progress
) -> tuple[Book, MatchResult]:
    """The result, and the book that it was found in."""
    ledger, spoken = aliases.applied(ledger, config.rules.in_force.aliases)
    book, decided = build(source, ledger, decisions or Decisions.none())
    found = Found(book)
    for rows in decided:
        found.confirm(decided_group(rows, encode({"version": 1, "rule": "decision", "parts": [["decision", 1.0]]})))
    proven = batches.prove(book, found)
    _run(book, config, found, proven, progress)
    aliases.note(book, found, spoken)
    settled = found.settled_suggestions()
    members = members_table(book, config, found, settled, salt)
    open_items = open_table(book, config, found, settled)
    return book, MatchResult(members, open_items, batches_table(found), digest(members))


def _run(book: Book, config: MatchConfig, found: Found, proven: list[batches.Batch], progress: Progress) -> None:
    coincidence = Coincidence(book, config)
    if config.rules:
        ruled.run(book, config, found, keyed=True)
    steps: dict[str, Callable[[], None]] = {
        "keys": lambda: keys.run(book, config, found),
        "batch": lambda: batches.run(book, config, found, proven),
        "contra": lambda: contra.run(book, config, found),
        "tolerance": lambda: tolerance.run(book, config, found, coincidence),
        "groups": lambda: groups.run(book, config, found),
    }
    for name, step in steps.items():
        if name == "tolerance" and config.rules:
            ruled.run(book, config, found, keyed=False)
        if name in config.passes:
            progress(int(np.count_nonzero(~book.open)), len(book), f"pass {name}")
            step()
    if {"tolerance", "fuzzy"} & set(config.passes):
        progress(int(np.count_nonzero(~book.open)), len(book), "pass fuzzy")
        _propose(book, config, found, coincidence)


def _propose(book: Book, config: MatchConfig, found: Found, coincidence: Coincidence) -> None:
    """Score what could still meet; let the fuzzy pass confirm what its text decides, and suggest the rest."""
    graph = build_graph(book, config)
    rows = graph.source.first[graph.left], graph.ledger.first[graph.right]
    if "fuzzy" in config.passes:
        said = read_texts(book, np.flatnonzero(book.open))
        likeness = Likeness(book, said)
        scores = score(book, config, *rows, likeness)
        fuzzy.run(book, config, found, graph, scores, likeness=likeness, coincidence=coincidence)
        linked = linkage.run(book, config, found, graph, said)
        suggestions.run(book, config, found, graph, scores, linked=linked, likeness=likeness)
    else:
        scores = score(book, config, *rows, None)
        nobody = np.zeros(len(book), dtype=bool)
        suggestions.run(book, config, found, graph, scores, linked=nobody, likeness=None)
