"""A mapping file: how a CSV or XLSX table is read into rows, and how a row becomes transactions.

One TOML text says both, so that it can be saved, versioned and looked at as one thing. What a row means is said in the
contract language (`normalise.contract_file`): the cells stand under `row` by their headings, in which signs that have
a meaning in paths (. | [ ] { } @) are blanks; an empty cell is absent; `{external_id}` is the row's id. How the rows
are found is said in its table `[table]`:

    [table]
    only_with = "Date"              # rows without it are none: totals, remarks
    encoding = "utf-8"
    delimiter = ","                 # of a CSV file
    sheet = ""                      # of a workbook; "": the first
    balance = { column = "Balance", style = { thousands = "," } }   # after each row, proven row by row
    [table.reports.statement]       # each report's rows are a stream of its own, `[streams.statement]`
    needs = ["Date", "Amount"]      # headings that tell its heading row
    key = ["Transaction ID"]        # columns that together are the id of a row; none: all its cells
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from awra_desk.domain.errors import UsageError
from awra_desk.files.mapping_columns import expanded, heading
from awra_desk.normalise import Contract, load_contract
from awra_desk.normalise.fields import Condition
from awra_desk.normalise.written import Style
from awra_desk.ports.connections import Connection

TABLE = "table"
OPTION = "mapping"
"""Option of a connection under which the workspace keeps the mapping in force."""
_COPY = (Condition("same_as", present=True),)
"""An entry that is another one under a second id gives nothing."""
_WORDS = {"only_with": str, "encoding": str, "delimiter": str, "sheet": str, "balance": dict, "reports": dict}


@dataclass(frozen=True, slots=True)
class Report:
    """One kind of table: its stream, the headings it needs, the columns that are a row's id."""

    stream: str
    needs: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableLayout:
    """How rows are found; attributes as the module says, headings as paths have them."""

    reports: tuple[Report, ...]
    only_with: str
    encoding: str
    delimiter: str
    sheet: str
    balance: str
    balance_style: Style


@dataclass(frozen=True, slots=True)
class FileMapping:
    """A mapping, read."""

    layout: TableLayout
    contract: Contract


def saved_mapping(connection: Connection) -> FileMapping:
    """The mapping in force of a connection of provider "table".

    Raises:
        UsageError: none is saved.
    """
    text = connection.options.get(OPTION, "")
    if not text:
        command = f"`awra-desk mapping {connection.name!r} --file FILE`"
        remedy = f"Say in Connections which column is what, or save one with {command}; --preview shows what it reads."
        raise UsageError("no mapping is saved for these files", record=connection.name, remedy=remedy)
    return load_mapping(text)


@cache
def load_mapping(text: str) -> FileMapping:
    """Read a mapping file.

    Raises:
        UsageError: it is not TOML, or says something that it has no word for; the message names the place.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the mapping is not TOML: {error}", remedy="Correct the mapping file.") from None
    if "columns" in document:
        text = expanded(document)
    contract = load_contract(text, beside=(TABLE,))
    layout = _layout(tomllib.loads(text).get(TABLE, {}))
    if not any(stream.gone for stream in contract.streams.values()):
        contract = replace(contract, streams={name: replace(one, gone=_COPY) for name, one in contract.streams.items()})
    if {one.stream for one in layout.reports} != set(contract.streams):
        raise _wrong(f"{TABLE}.reports", f"must be of the streams {', '.join(sorted(contract.streams))}")
    return FileMapping(layout, contract)


def _layout(table: Any) -> TableLayout:
    if not isinstance(table, dict):
        raise _wrong(TABLE, "must be a table")
    for word, value in table.items():
        if word not in _WORDS:
            raise _wrong(f"{TABLE}.{word}", f"is not a word of this language: {', '.join(_WORDS)}")
        if not isinstance(value, _WORDS[word]):
            raise _wrong(f"{TABLE}.{word}", f"must be a {_WORDS[word].__name__}")
    encoding, delimiter = table.get("encoding", "utf-8"), table.get("delimiter", ",")
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise _wrong(f"{TABLE}.encoding", f"names {encoding!r}, which does not exist") from None
    if len(delimiter) != 1:
        raise _wrong(f"{TABLE}.delimiter", "must be one sign")
    column, style = _balance(table.get("balance", {}))
    return TableLayout(
        reports=tuple(_report(name, value) for name, value in table.get("reports", {}).items()),
        only_with=heading(table.get("only_with", "")),
        encoding=encoding,
        delimiter=delimiter,
        sheet=table.get("sheet", ""),
        balance=heading(column),
        balance_style=style,
    )


def _report(name: str, value: Any) -> Report:
    place = f"{TABLE}.reports.{name}"
    if not isinstance(value, dict) or set(value) - {"needs", "key"}:
        raise _wrong(place, "must say needs and key, and no more")
    needs, key = value.get("needs"), value.get("key", [])
    if not _texts(needs) or not needs:
        raise _wrong(f"{place}.needs", 'must be a list of headings, such as ["Date", "Amount"]')
    if not _texts(key):
        raise _wrong(f"{place}.key", "must be a list of headings")
    return Report(name, tuple(map(heading, needs)), tuple(map(heading, key)))


def _balance(value: Mapping[str, Any]) -> tuple[str, Style]:
    column, style = value.get("column", ""), value.get("style", {})
    if set(value) - {"column", "style"} or not isinstance(column, str) or not isinstance(style, dict):
        raise _wrong(f"{TABLE}.balance", "must be a column and a style")
    try:
        return column, Style(**style)
    except TypeError:
        raise _wrong(f"{TABLE}.balance.style", "says something that amounts have no word for") from None


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _wrong(place: str, words: str) -> UsageError:
    return UsageError(f"{place} {words}", record="mapping", remedy="Correct the mapping file.")
