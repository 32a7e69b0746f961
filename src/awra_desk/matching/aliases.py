"""Aliases: two names of one party. Where the ledger uses its name, the source's is read beside it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from awra_desk.matching.book import Book
from awra_desk.matching.explain import encode
from awra_desk.matching.found import Found, Group, PairBlock
from awra_desk.matching.rules import Alias
from awra_desk.ports.columns import TEXT, Column, Table, column

Spoken = dict[str, tuple[str, ...]]
"""Ledger row's id -> names of the aliases read into it."""
Touched = dict[int, tuple[str, ...]]

_COLUMNS = ("counterparty", "description")


def applied(ledger: Table, aliases: Sequence[Alias]) -> tuple[Table, Spoken]:
    """The ledger with the source's names read into it: a counterparty that is the alias becomes the source's name, a
    description that holds it as whole words has the source's name added.
    """
    if not aliases:
        return ledger, {}
    listed = [(alias, _words(alias.ledger)) for alias in aliases]
    listed = [(alias, words) for alias, words in listed if words.strip()]
    spoken: Spoken = {}
    columns = {name: _read(ledger, name, listed, spoken) for name in _COLUMNS}
    return ledger.with_columns(**columns), spoken


def note(book: Book, found: Found, spoken: Spoken) -> None:
    """Say in the explanation of what words decided which alias was read."""
    if not spoken:
        return
    touched = {row: spoken[name] for row, name in enumerate(book.ids.tolist()) if row >= book.split and name in spoken}
    found.groups = [_noted(group, touched) for group in found.groups]
    found.suggestions = [_noted(group, touched) for group in found.suggestions]
    found.proposed = [_noted_pairs(block, touched) for block in found.proposed]


def _read(ledger: Table, name: str, aliases: list[tuple[Alias, str]], spoken: Spoken) -> Column:
    known: dict[str, tuple[str, tuple[str, ...]]] = {}
    result = []
    for row_id, value in zip(ledger["id"].tolist(), ledger[name].tolist(), strict=True):
        if value not in known:
            known[value] = _with_names(value, aliases, whole=name == "counterparty")
        said, names = known[value]
        if names:
            spoken[row_id] = tuple(dict.fromkeys((*spoken.get(row_id, ()), *names)))
        result.append(said)
    return column(TEXT, result)


def _with_names(value: str, aliases: list[tuple[Alias, str]], *, whole: bool) -> tuple[str, tuple[str, ...]]:
    words = _words(value)
    names: list[str] = []
    if not words.strip():
        return value, ()
    for alias, wanted in aliases:
        if words == wanted and whole:
            return alias.source, (alias.name,)
        if wanted in words:
            value, names = f"{value} {alias.source}", [*names, alias.name]
    return value, tuple(names)


def _words(value: str) -> str:
    """Folded words with a space before and after each, so that a part of a word is never found."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    return f" {' '.join(''.join(sign if sign.isalnum() else ' ' for sign in folded).split())} "


def _noted(group: Group, touched: Touched) -> Group:
    names = [name for row in group.rows for name in touched.get(row, ())]
    return replace(group, explanation=_told(group.explanation, names)) if names else group


def _noted_pairs(block: PairBlock, touched: Touched) -> PairBlock:
    pairs = zip(block.ledger.tolist(), block.explanations, strict=True)
    return replace(block, explanations=[_told(said, touched.get(row, ())) for row, said in pairs])


def _told(explanation: str, names: Sequence[str]) -> str:
    """The explanation with the aliases that were read, where words had a part in it."""
    facts = json.loads(explanation) if names else {}
    if not any(part == "words" for part, _ in facts.get("parts", ())):
        return explanation
    said = [facts.get("note", ""), f"alias {', '.join(dict.fromkeys(names))}"]
    return encode({**facts, "note": "; ".join(filter(None, said))})
